# From a reader to a machine in two steps: latency chooses the region, weight a healthy machine in it. Route 53 takes one
# latency record a region, and São Paulo has two machines, as any region has while an edge is replaced.

locals {
  regions = { for region in distinct([for reader in var.readers : reader.region]) : region => [
    for reader in var.readers : reader.aws if reader.region == region
  ][0] }
  # By both names the same machines answer.
  names = toset(["api", "edges"])
}

resource "aws_route53_record" "machine_of_region" {
  for_each = var.readers

  zone_id         = var.zone_id
  name            = var.region_hosts[each.value.region]
  type            = "AAAA"
  ttl             = local.ttl_s
  records         = [each.value.address]
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.machine[each.key].id

  # With 0 a machine gets readers only when no other of its region is healthy.
  weighted_routing_policy {
    weight = each.value.weight
  }
}

resource "aws_route53_record" "nearest" {
  for_each = { for pair in setproduct(local.names, keys(local.regions)) : "${pair[0]}-${pair[1]}" => { name = pair[0], region = pair[1] } }

  zone_id        = var.zone_id
  name           = var.hosts[each.value.name]
  type           = "AAAA"
  set_identifier = each.value.region

  latency_routing_policy {
    region = local.regions[each.value.region]
  }

  # Its health is that of the machines behind it: a region without a healthy one is skipped.
  alias {
    name                   = var.region_hosts[each.value.region]
    zone_id                = var.zone_id
    evaluate_target_health = true
  }

  depends_on = [aws_route53_record.machine_of_region]
}
