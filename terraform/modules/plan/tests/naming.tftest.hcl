# Names: predictable, unique, and legal wherever they are used.

variables {
  domain  = "reviews.example.com"
  origins = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.1.0", weight = 100 } }
  edges = {
    na   = { a = { release = "0.1.0", weight = 100 } }
    eu   = { a = { release = "0.1.0", weight = 100 } }
    asia = { b = { release = "0.1.0", weight = 100 } }
  }
}

run "machines_are_named_after_role_region_and_slot" {
  command = plan
  assert {
    condition = toset([for machine in output.machines : machine.name]) == toset([
      "rcr-origin-a", "rcr-origin-b", "rcr-edge-na-a", "rcr-edge-eu-a", "rcr-edge-asia-b",
    ])
    error_message = join(", ", [for machine in output.machines : machine.name])
  }
  assert {
    condition     = output.machines["edge-asia-b"].host == "edge-asia-b.hosts.reviews.example.com"
    error_message = output.machines["edge-asia-b"].host
  }
  assert {
    # Lightsail: at least two characters, letters, digits and dashes, and no dash at either end.
    condition     = alltrue([for machine in output.machines : can(regex("^[a-z0-9][a-z0-9-]{0,252}[a-z0-9]$", machine.name))])
    error_message = "a name that Lightsail refuses"
  }
}

run "every_region_has_readers_and_a_zone_of_its_own_region" {
  command = plan
  assert {
    condition     = toset([for machine in output.machines : machine.region]) == toset(["sa", "na", "eu", "asia"])
    error_message = "a region has no machine"
  }
  assert {
    condition     = alltrue([for machine in output.machines : startswith(machine.zone, machine.aws)])
    error_message = "a zone lies in another region"
  }
  assert {
    condition     = output.machines["origin-a"].zone != output.machines["origin-b"].zone
    error_message = "the standby stands where the primary does"
  }
}

run "one_edge_machine_holds_the_third_copy_of_the_manuscripts" {
  command = plan
  assert {
    condition     = [for key, machine in output.machines : key if machine.third_copy] == ["edge-na-a"]
    error_message = "the third member of the replica set is North America's edge"
  }
}

run "one_machine_judges_and_another_may_follow_it" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 0 }, b = { release = "0.2.0", weight = 100 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { b = { release = "0.1.0", weight = 100 } }
    }
  }
  assert {
    condition     = output.metrics_key == "edge-na-b" && [for key, machine in output.machines : key if machine.watches] == ["edge-na-b"]
    error_message = "metrics go elsewhere than the region's readers, or two machines judge"
  }
  assert {
    condition     = [for key, machine in output.machines : key if machine.central] == ["edge-na-a", "edge-na-b"]
    error_message = "the central Prometheus is where the origin is not, on both machines while one replaces the other"
  }
}

run "hosts_lie_below_the_domain" {
  command = plan
  assert {
    condition     = alltrue([for host in concat(values(output.hosts), values(output.region_hosts)) : endswith(host, ".reviews.example.com")])
    error_message = "a host lies elsewhere"
  }
  assert {
    condition     = length(distinct(concat(values(output.hosts), values(output.region_hosts)))) == 9
    error_message = "two hosts share a name"
  }
}

run "the_origin_follows_the_primary" {
  command = plan
  variables {
    primary = "b"
  }
  assert {
    condition     = output.origin_key == "origin-b"
    error_message = output.origin_key
  }
  assert {
    condition     = [for key, machine in output.machines : key if machine.leads] == ["origin-b"]
    error_message = "the origin starts elsewhere, or twice"
  }
}

run "a_name_that_no_bucket_may_have_is_refused" {
  command = plan
  variables {
    name = "Rcr_1"
  }
  expect_failures = [var.name]
}

run "a_domain_with_a_trailing_dot_is_refused" {
  command = plan
  variables {
    domain = "reviews.example.com."
  }
  expect_failures = [var.domain]
}

run "a_third_origin_is_refused" {
  command = plan
  variables {
    origins = {
      a = { release = "0.1.0", weight = 100 }
      b = { release = "0.1.0", weight = 100 }
      c = { release = "0.1.0", weight = 100 }
    }
  }
  expect_failures = [var.origins]
}
