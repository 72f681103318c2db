# Readers from everywhere, operators from their networks, the third copy of the manuscripts from the other two, and what machines
# measure from all of them.

locals {
  address = { for key, instance in aws_lightsail_instance.this : key => instance.ipv6_addresses[0] }
  # Every other machine: what one sends to itself passes no firewall.
  others = { for key in keys(var.machines) : key => [
    for address in concat(var.origin_addresses, [for other, own in local.address : own if other != key]) : "${address}/128"
  ] }

  rules = {
    for key, machine in var.machines : key => concat(
      [
        { port = var.ports.readers, networks = ["::/0"] },
        { port = var.ports.ssh, networks = var.admin_networks },
      ],
      [for port in [var.ports.mongodb] : { port = port, networks = [for address in var.origin_addresses : "${address}/128"] } if machine.third_copy],
      [for port in [var.ports.metrics] : { port = port, networks = local.others[key] } if machine.central],
    )
  }
}

module "firewall" {
  source   = "../firewall"
  for_each = var.machines

  instance = { region = each.value.aws, name = aws_lightsail_instance.this[each.key].name, arn = aws_lightsail_instance.this[each.key].arn }
  rules    = local.rules[each.key]
}
