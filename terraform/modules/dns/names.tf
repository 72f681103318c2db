# The names that do not depend on where a reader is.

# Readers on IPv4 enter through CloudFront: the machines have no such address.
resource "aws_route53_record" "api_ipv4" {
  zone_id = var.zone_id
  name    = var.hosts.api
  type    = "A"

  alias {
    name                   = var.distribution.domain
    zone_id                = var.distribution.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "media" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.hosts.media
  type    = each.value

  alias {
    name                   = var.distribution.domain
    zone_id                = var.distribution.zone_id
    evaluate_target_health = false
  }
}

# One record, changed by a promotion: a failover that nobody decides could give the truth two owners.
resource "aws_route53_record" "origin" {
  zone_id = var.zone_id
  name    = var.hosts.origin
  type    = "AAAA"
  ttl     = local.ttl_s
  records = [var.origin_address]
}

# One record, that of the machine whose Prometheus judges: it moves with the readers of its region.
resource "aws_route53_record" "metrics" {
  zone_id = var.zone_id
  name    = var.hosts.metrics
  type    = "AAAA"
  ttl     = local.ttl_s
  records = [var.metrics_address]
}

# Each machine's own name: for operators, for replication, and for its certificate.
resource "aws_route53_record" "machine" {
  for_each = var.readers

  zone_id = var.zone_id
  name    = each.value.host
  type    = "AAAA"
  ttl     = local.ttl_s
  records = [each.value.address]
}
