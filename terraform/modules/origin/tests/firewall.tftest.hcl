# The origin's machines: what is open, what is kept, what cannot be destroyed by a slip.

mock_provider "aws" {
  override_during = plan
}

override_resource {
  target          = aws_lightsail_instance.this["origin-a"]
  override_during = plan
  values          = { ipv6_addresses = ["2001:db8::a"] }
}

override_resource {
  target          = aws_lightsail_instance.this["origin-b"]
  override_during = plan
  values          = { ipv6_addresses = ["2001:db8::b"] }
}

variables {
  name                 = "rcr"
  user_data            = { origin-a = "#!/bin/sh", origin-b = "#!/bin/sh" }
  blueprint_id         = "debian_12"
  ssh_public_key       = "ssh-ed25519 AAAA operators"
  ports                = { readers = 443, origin = 8443, ssh = 22, postgres = 5432, mongodb = 27017 }
  admin_networks       = ["2001:db8:1::/48"]
  third_copy_addresses = ["2001:db8:3::1"]
  tags                 = {}
  machines = {
    origin-a = { name = "rcr-origin-a", aws = "sa-east-1", zone = "sa-east-1a", bundle_id = "2xlarge_ipv6_3_0", ip = "ipv6" }
    origin-b = { name = "rcr-origin-b", aws = "sa-east-1", zone = "sa-east-1b", bundle_id = "2xlarge_ipv6_3_0", ip = "ipv6" }
  }
}

run "databases_are_reached_from_their_peers_only" {
  command = plan
  assert {
    condition     = jsonencode({ for rule in local.rules["origin-a"] : rule.port => rule.networks if contains([5432, 27017], rule.port) }) == jsonencode({ 5432 = ["2001:db8::b/128"], 27017 = ["2001:db8::b/128", "2001:db8:3::1/128"] })
    error_message = jsonencode(local.rules["origin-a"])
  }
  assert {
    condition     = jsonencode({ for rule in local.rules["origin-b"] : rule.port => rule.networks if contains([5432, 27017], rule.port) }) == jsonencode({ 5432 = ["2001:db8::a/128"], 27017 = ["2001:db8::a/128", "2001:db8:3::1/128"] })
    error_message = jsonencode(local.rules["origin-b"])
  }
}

run "only_tls_is_open_to_everybody" {
  command = plan
  assert {
    condition     = alltrue([for rule in flatten(values(local.rules)) : contains(rule.networks, "::/0") == contains([443, 8443], rule.port)])
    error_message = "another port is open to everybody"
  }
  assert {
    condition     = alltrue([for rules in values(local.rules) : toset([for rule in rules : rule.port]) == toset([443, 8443, 22, 5432, 27017])])
    error_message = "a port is open that nothing needs"
  }
}

run "each_machine_has_a_disk_in_its_zone_and_daily_snapshots" {
  command = plan
  assert {
    condition     = alltrue([for key, disk in aws_lightsail_disk.data : disk.availability_zone == aws_lightsail_instance.this[key].availability_zone])
    error_message = "a disk in another zone cannot be attached"
  }
  assert {
    condition     = alltrue([for instance in aws_lightsail_instance.this : instance.add_on[0].type == "AutoSnapshot" && instance.add_on[0].status == "Enabled"])
    error_message = "a machine without snapshots"
  }
  assert {
    condition     = alltrue([for instance in aws_lightsail_instance.this : instance.ip_address_type == "ipv6"])
    error_message = "the price is that of IPv6-only machines"
  }
}
