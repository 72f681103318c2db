# A machine whose readers get no answer is taken out of the answers. The three numbers are those of the load test
# `region-loss`: thirty seconds until it is noticed, sixty until resolvers have forgotten.

locals {
  check_every_s = 10
  failures      = 3
  ttl_s         = 60

  # A page that every edge has, and goes on answering while the origin is away: it proves the whole way of a read.
  checked_path = "/v1/openapi.json"
}

resource "aws_route53_health_check" "machine" {
  for_each = var.readers

  type              = "HTTPS"
  ip_address        = each.value.address
  port              = var.port
  fqdn              = var.hosts.api
  enable_sni        = true
  resource_path     = local.checked_path
  request_interval  = local.check_every_s
  failure_threshold = local.failures
  tags              = merge(var.tags, { Name = each.value.name })

  lifecycle {
    create_before_destroy = true
  }
}
