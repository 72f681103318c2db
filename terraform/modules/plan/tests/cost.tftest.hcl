# The cost rule, both ways: what is planned fits exactly, and everything dearer is refused.

variables {
  domain  = "reviews.example.com"
  origins = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.1.0", weight = 100 } }
  edges = {
    na   = { a = { release = "0.1.0", weight = 100 } }
    eu   = { a = { release = "0.1.0", weight = 100 } }
    asia = { a = { release = "0.1.0", weight = 100 } }
  }
}

run "the_plan_costs_the_limit_and_no_cent_more" {
  command = plan
  assert {
    condition     = output.instances_usd_month == 560
    error_message = "instances cost ${output.instances_usd_month}"
  }
  assert {
    condition     = output.instances_usd_month == sum([for machine in output.machines : machine.role == "origin" ? 160 : 80])
    error_message = "the sum of the table is not the sum of the machines"
  }
}

run "larger_edges_are_refused" {
  command = plan
  variables {
    bundles = { origin = "2xlarge_ipv6", edge = "2xlarge_ipv6" }
  }
  expect_failures = [output.instances_usd_month]
}

run "dual_stack_is_refused" {
  command = plan
  variables {
    bundles = { origin = "2xlarge", edge = "xlarge" }
  }
  expect_failures = [output.instances_usd_month]
}

run "a_fifth_region_is_refused" {
  command = plan
  variables {
    edge_regions = {
      na   = { aws = "us-east-1", zone = "us-east-1a" }
      eu   = { aws = "eu-central-1", zone = "eu-central-1a" }
      asia = { aws = "ap-northeast-1", zone = "ap-northeast-1a" }
      oc   = { aws = "ap-southeast-2", zone = "ap-southeast-2a" }
    }
    edges = {
      na   = { a = { release = "0.1.0", weight = 100 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
      oc   = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [output.instances_usd_month]
}

run "smaller_edges_cost_less" {
  command = plan
  variables {
    bundles = { origin = "xlarge_ipv6", edge = "xlarge_ipv6" }
  }
  assert {
    condition     = output.instances_usd_month == 400
    error_message = "instances cost ${output.instances_usd_month}"
  }
}

run "a_replacement_is_no_lasting_machine" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.2.0", weight = 0 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  assert {
    condition     = output.instances_usd_month == 560 && length(output.machines) == 6
    error_message = "instances cost ${output.instances_usd_month} for ${length(output.machines)} machines"
  }
  assert {
    condition     = output.machines["edge-na-b"].temporary && !output.machines["edge-na-a"].temporary
    error_message = "the machine without readers is the temporary one"
  }
}

run "two_replacements_at_once_are_refused" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.2.0", weight = 0 } }
      eu   = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.2.0", weight = 0 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [var.edges]
}

run "two_serving_machines_in_a_region_are_refused" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.2.0", weight = 100 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [var.edges]
}

run "a_region_without_readers_is_refused" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 0 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [var.edges]
}

run "a_region_without_an_edge_is_refused" {
  command = plan
  variables {
    edges = {
      na = { a = { release = "0.1.0", weight = 100 } }
      eu = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [output.machines]
}

run "the_readme_shows_this_very_table" {
  command = plan
  assert {
    condition     = strcontains(file("../../README.md"), output.cost_tables)
    error_message = "terraform/README.md has another table: `cargo stack terraform write` puts it right"
  }
}
