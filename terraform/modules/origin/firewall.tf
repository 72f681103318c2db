# Readers and edges from everywhere, databases from each other only. What is not named is closed.

locals {
  address = { for key, instance in aws_lightsail_instance.this : key => instance.ipv6_addresses[0] }
  # The other machine of the two.
  peers = { for key in keys(var.machines) : key => [for other, address in local.address : "${address}/128" if other != key] }

  rules = {
    for key in keys(var.machines) : key => [
      # TLS: the edge of São Paulo, and the origin for edges, editors and CloudFront.
      { port = var.ports.readers, networks = ["::/0"] },
      { port = var.ports.origin, networks = ["::/0"] },
      { port = var.ports.ssh, networks = var.admin_networks },
      { port = var.ports.postgres, networks = local.peers[key] },
      { port = var.ports.mongodb, networks = concat(local.peers[key], [for address in var.third_copy_addresses : "${address}/128"]) },
    ]
  }
}

module "firewall" {
  source   = "../firewall"
  for_each = var.machines

  instance = { region = each.value.aws, name = aws_lightsail_instance.this[each.key].name, arn = aws_lightsail_instance.this[each.key].arn }
  rules    = local.rules[each.key]
}
