# CloudFront's certificate for the names that readers use: it must lie in us-east-1 and renews itself. The machines get
# theirs by themselves.

resource "aws_acm_certificate" "readers" {
  region                    = "us-east-1"
  domain_name               = module.plan.hosts.api
  subject_alternative_names = [module.plan.hosts.media]
  validation_method         = "DNS"
  tags                      = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  for_each = toset([module.plan.hosts.api, module.plan.hosts.media])

  zone_id = data.aws_route53_zone.this.zone_id
  name    = one([for option in aws_acm_certificate.readers.domain_validation_options : option.resource_record_name if option.domain_name == each.value])
  type    = one([for option in aws_acm_certificate.readers.domain_validation_options : option.resource_record_type if option.domain_name == each.value])
  records = [for option in aws_acm_certificate.readers.domain_validation_options : option.resource_record_value if option.domain_name == each.value]
  ttl     = 60
}

resource "aws_acm_certificate_validation" "readers" {
  region                  = "us-east-1"
  certificate_arn         = aws_acm_certificate.readers.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}
