# Readers from everywhere, operators from their networks, and the third copy of the manuscripts from the other two.

resource "aws_lightsail_instance_public_ports" "this" {
  for_each = var.machines

  region        = each.value.aws
  instance_name = aws_lightsail_instance.this[each.key].name

  port_info {
    protocol   = "tcp"
    from_port  = var.ports.readers
    to_port    = var.ports.readers
    ipv6_cidrs = ["::/0"]
  }

  port_info {
    protocol   = "tcp"
    from_port  = var.ports.ssh
    to_port    = var.ports.ssh
    ipv6_cidrs = var.admin_networks
  }

  dynamic "port_info" {
    for_each = each.value.third_copy ? [var.ports.mongodb] : []
    content {
      protocol   = "tcp"
      from_port  = port_info.value
      to_port    = port_info.value
      ipv6_cidrs = [for address in var.origin_addresses : "${address}/128"]
    }
  }
}
