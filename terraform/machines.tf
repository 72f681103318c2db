# What each machine is told at its first start.

data "aws_ip_ranges" "cloudfront" {
  services = ["cloudfront_origin_facing"]
}

module "machine" {
  source   = "./modules/machine"
  for_each = module.plan.machines

  machine = each.value
  hosts   = module.plan.hosts
  ports   = module.plan.ports
  archives = {
    rcr = {
      version = each.value.release
      url     = "${var.releases_url}/rcr-${each.value.release}.tar.zst"
      sha256  = var.releases[each.value.release]
    }
    mongodb = var.mongodb
  }
  edge_negative_max_s = module.cache.edge_negative_max_s
  trusted_proxies     = local.cdn_networks
  media_bucket        = { name = module.media.bucket.id, region = module.plan.machines[module.plan.origin_key].aws }
  backup_bucket       = { name = module.backup.id, region = module.plan.machines[module.plan.origin_key].aws }
  distribution_id     = module.cdn.distribution.id
  certificate_email   = var.alert_emails[0]
  zone_id             = data.aws_route53_zone.this.zone_id
}
