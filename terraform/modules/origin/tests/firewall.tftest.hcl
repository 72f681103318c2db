# The origin's machines: what is open, what is kept, what cannot be destroyed by a slip.

mock_provider "aws" {
  override_during = plan
  mock_resource "aws_lightsail_instance" {
    defaults = { ipv6_addresses = ["2001:db8::1"] }
  }
}

variables {
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
    condition = alltrue(flatten([
      for firewall in aws_lightsail_instance_public_ports.this : [
        for rule in firewall.port_info : contains([443, 8443], rule.from_port) == contains(rule.ipv6_cidrs, "::/0")
      ]
    ]))
    error_message = "another port is open to everybody"
  }
  assert {
    condition = alltrue(flatten([
      for firewall in aws_lightsail_instance_public_ports.this : [
        for rule in firewall.port_info : length(rule.ipv6_cidrs) == (rule.from_port == 27017 ? 2 : 1) if contains([5432, 27017], rule.from_port)
      ]
    ]))
    error_message = "PostgreSQL has one peer, MongoDB two"
  }
  assert {
    condition     = alltrue([for firewall in aws_lightsail_instance_public_ports.this : alltrue([for rule in firewall.port_info : rule.from_port == rule.to_port])])
    error_message = "a range of ports is open"
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
