# Readers from everywhere, operators from their networks, and the third copy of the manuscripts from the other two.

locals {
  rules = {
    for key, machine in var.machines : key => concat(
      [
        { port = var.ports.readers, networks = ["::/0"] },
        { port = var.ports.ssh, networks = var.admin_networks },
      ],
      [for port in [var.ports.mongodb] : { port = port, networks = [for address in var.origin_addresses : "${address}/128"] } if machine.third_copy],
    )
  }
}

module "firewall" {
  source   = "../firewall"
  for_each = var.machines

  instance = { region = each.value.aws, name = aws_lightsail_instance.this[each.key].name, arn = aws_lightsail_instance.this[each.key].arn }
  rules    = local.rules[each.key]
}
