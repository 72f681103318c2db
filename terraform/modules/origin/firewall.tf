# Readers and edges from everywhere, databases from each other only. What is not named is closed.

locals {
  address = { for key, instance in aws_lightsail_instance.this : key => instance.ipv6_addresses[0] }
  # The other machine of the two.
  peers = { for key in keys(var.machines) : key => [for other, address in local.address : "${address}/128" if other != key] }
}

resource "aws_lightsail_instance_public_ports" "this" {
  for_each = var.machines

  region        = each.value.aws
  instance_name = aws_lightsail_instance.this[each.key].name

  # TLS: the edge of São Paulo, and the origin for edges, editors and CloudFront.
  dynamic "port_info" {
    for_each = [var.ports.readers, var.ports.origin]
    content {
      protocol   = "tcp"
      from_port  = port_info.value
      to_port    = port_info.value
      ipv6_cidrs = ["::/0"]
    }
  }

  port_info {
    protocol   = "tcp"
    from_port  = var.ports.ssh
    to_port    = var.ports.ssh
    ipv6_cidrs = var.admin_networks
  }

  port_info {
    protocol   = "tcp"
    from_port  = var.ports.postgres
    to_port    = var.ports.postgres
    ipv6_cidrs = local.peers[each.key]
  }

  port_info {
    protocol   = "tcp"
    from_port  = var.ports.mongodb
    to_port    = var.ports.mongodb
    ipv6_cidrs = concat(local.peers[each.key], [for address in var.third_copy_addresses : "${address}/128"])
  }
}
