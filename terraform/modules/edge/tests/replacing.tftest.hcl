# An edge is replaced beside the others: they, and the one that leaves, are not touched before it goes.

mock_provider "aws" {
  mock_resource "aws_lightsail_instance" {
    defaults = { ipv6_addresses = ["2001:db8::1"] }
  }
}

variables {
  user_data        = { edge-na-a = "#!/bin/sh", edge-na-b = "#!/bin/sh", edge-eu-a = "#!/bin/sh" }
  blueprint_id     = "debian_12"
  ssh_public_key   = "ssh-ed25519 AAAA operators"
  ports            = { readers = 443, origin = 8443, ssh = 22, postgres = 5432, mongodb = 27017 }
  admin_networks   = ["2001:db8:1::/48"]
  origin_addresses = ["2001:db8:2::1"]
  tags             = {}
  machines = {
    edge-na-a = { name = "rcr-edge-na-a", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true }
    edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false }
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
      edge-na-a = { name = "rcr-edge-na-a", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true }
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false }
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
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false }
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
      edge-na-b = { name = "rcr-edge-na-b", region = "na", aws = "us-east-1", zone = "us-east-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = true }
      edge-eu-a = { name = "rcr-edge-eu-a", region = "eu", aws = "eu-central-1", zone = "eu-central-1a", bundle_id = "xlarge_ipv6_3_0", ip = "ipv6", third_copy = false }
    }
    user_data = { edge-na-b = "#!/bin/sh\n# another", edge-eu-a = "#!/bin/sh\n# another" }
  }
  assert {
    condition     = aws_lightsail_instance.this["edge-eu-a"].user_data == "#!/bin/sh" && output.ids == run.the_old_one_goes_alone.ids
    error_message = "a changed script would replace every edge at once"
  }
}

run "only_readers_come_from_everywhere" {
  command = plan
  assert {
    condition = alltrue(flatten([
      for firewall in aws_lightsail_instance_public_ports.this : [
        for rule in firewall.port_info : !contains(rule.ipv6_cidrs, "::/0") || (rule.from_port == 443 && rule.to_port == 443)
      ]
    ]))
    error_message = "another port is open to everybody"
  }
  assert {
    condition     = [for key, firewall in aws_lightsail_instance_public_ports.this : key if anytrue([for rule in firewall.port_info : rule.from_port == 27017])] == ["edge-na-a"]
    error_message = "MongoDB can be reached where there is none"
  }
}
