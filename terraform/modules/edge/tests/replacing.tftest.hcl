# An edge is replaced beside the others: they, and the one that leaves, are not touched before it goes.

mock_provider "aws" {
  mock_resource "aws_lightsail_instance" {
    defaults = { ipv6_addresses = ["2001:db8::1"] }
  }
}

# It would ask AWS.
override_module {
  target = module.firewall
}

variables {
  name             = "rcr"
  user_data        = { edge-na-a = "#!/bin/sh", edge-na-b = "#!/bin/sh", edge-eu-a = "#!/bin/sh" }
  blueprint_id     = "debian_12"
  ssh_public_key   = "ssh-ed25519 AAAA operators"
  ports            = { readers = 443, origin = 8443, ssh = 22, postgres = 5432, mongodb = 27017, metrics = 9443 }
  admin_networks   = ["2001:db8:1::/48"]
  origin_addresses = ["2001:db8:2::1"]
  tags             = {}
  machines = {
    edge-na-a = { name = "rcr-edge-na-a", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
    edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false, central = false }
  }
}

run "before" {
  assert {
    condition     = length(aws_lightsail_instance.this) == 2
    error_message = "two machines"
  }
}

run "the_new_one_comes_beside_the_old_one" {
  variables {
    machines = {
      edge-na-a = { name = "rcr-edge-na-a", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false, central = false }
    }
  }
  assert {
    condition     = output.ids["edge-na-a"] == run.before.ids["edge-na-a"] && output.ids["edge-eu-a"] == run.before.ids["edge-eu-a"]
    error_message = "a machine that runs was made anew"
  }
}

run "the_old_one_goes_alone" {
  variables {
    machines = {
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false, central = false }
    }
  }
  assert {
    condition     = output.ids["edge-na-b"] == run.the_new_one_comes_beside_the_old_one.ids["edge-na-b"] && output.ids["edge-eu-a"] == run.before.ids["edge-eu-a"]
    error_message = "a machine that stays was made anew"
  }
}

run "a_changed_script_touches_no_machine_that_runs" {
  variables {
    machines = {
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false, central = false }
    }
    user_data = { edge-na-b = "#!/bin/sh\n# another", edge-eu-a = "#!/bin/sh\n# another" }
  }
  assert {
    condition     = aws_lightsail_instance.this["edge-eu-a"].user_data == "#!/bin/sh" && output.ids == run.the_old_one_goes_alone.ids
    error_message = "a changed script would replace every edge at once"
  }
}

run "another_key_touches_no_machine_that_runs" {
  variables {
    machines = {
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true, central = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false, central = false }
    }
    ssh_public_key = "ssh-ed25519 BBBB operators"
  }
  assert {
    condition     = output.ids == run.the_old_one_goes_alone.ids
    error_message = "another key would replace every edge at once"
  }
  assert {
    condition     = aws_lightsail_instance.this["edge-eu-a"].key_pair_name != aws_lightsail_key_pair.operators["eu-central-1"].name
    error_message = "the new key has the old one's name, which Lightsail gives once"
  }
}

run "only_readers_come_from_everywhere" {
  command = plan
  assert {
    condition     = alltrue([for rule in flatten(values(local.rules)) : contains(rule.networks, "::/0") == (rule.port == 443)])
    error_message = "another port is open to everybody"
  }
  assert {
    condition     = toset([for rule in local.rules["edge-eu-a"] : rule.port]) == toset([443, 22])
    error_message = "an edge has more ports than it needs"
  }
  assert {
    condition     = jsonencode([for rule in local.rules["edge-na-a"] : rule.networks if rule.port == 27017]) == jsonencode([["2001:db8:2::1/128"]])
    error_message = "the third copy of the manuscripts is open to others than the origin's machines"
  }
  assert {
    # The origin's machine and the other edge.
    condition     = [for rule in local.rules["edge-na-a"] : length(rule.networks) if rule.port == 9443] == [2]
    error_message = "metrics are taken from others than the machines, or not from all of them"
  }
}
