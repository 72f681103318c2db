# The whole system, module by module, in the order in which one needs the other.

locals {
  tags = { project = var.name }

  origin_machines = { for key, machine in module.plan.machines : key => machine if machine.role == "origin" }
  edge_machines   = { for key, machine in module.plan.machines : key => machine if machine.role == "edge" }

  addresses = merge(module.origin.addresses, module.edge.addresses)

  user_data = { for key, machine in module.machine : key => machine.user_data }

  # Whose word about a reader is believed: CloudFront speaks for those on IPv4.
  cdn_networks = coalesce(var.trusted_proxies, data.aws_ip_ranges.cloudfront.ipv6_cidr_blocks)
}

check "one_machine_a_region" {
  assert {
    condition     = alltrue([for slots in values(var.edges) : length(slots) == 1])
    error_message = "A region has two machines, which cost more than the plan for as long as both are there. README.md, Replacing an edge."
  }
}

data "aws_route53_zone" "this" {
  name = var.zone
}

module "plan" {
  source = "./modules/plan"

  name    = var.name
  domain  = var.domain
  origins = var.origins
  primary = var.primary
  edges   = var.edges
}

module "cache" {
  source = "./modules/cache"

  policy_file = "${path.module}/cache-policy.json"
}

module "media" {
  source = "./modules/media"

  name             = "${var.name}-media-${var.account_id}"
  region           = module.plan.machines[module.plan.origin_key].aws
  distribution_arn = module.cdn.distribution.arn
  widths           = module.cache.media_widths
  tags             = local.tags
}

module "backup" {
  source = "./modules/bucket"

  name   = "${var.name}-backup-${var.account_id}"
  region = module.plan.machines[module.plan.origin_key].aws
  # pgBackRest removes a backup when it has a newer one; days alone would remove the last. A removal can be taken back for so long.
  noncurrent_days = 7
  tags            = local.tags
}

module "cdn" {
  source = "./modules/cdn"

  name            = var.name
  hosts           = module.plan.hosts
  ports           = module.plan.ports
  certificate_arn = aws_acm_certificate_validation.readers.certificate_arn
  media_domain    = module.media.bucket.domain
  cache           = module.cache
  tags            = local.tags
}

module "origin" {
  source = "./modules/origin"

  name                 = var.name
  machines             = local.origin_machines
  user_data            = local.user_data
  blueprint_id         = var.blueprint_id
  ssh_public_key       = var.ssh_public_key
  ports                = module.plan.ports
  admin_networks       = var.admin_networks
  third_copy_addresses = [for key, machine in local.edge_machines : module.edge.addresses[key] if machine.third_copy]
  tags                 = local.tags
}

module "edge" {
  source = "./modules/edge"

  name             = var.name
  machines         = local.edge_machines
  user_data        = local.user_data
  blueprint_id     = var.blueprint_id
  ssh_public_key   = var.ssh_public_key
  ports            = module.plan.ports
  admin_networks   = var.admin_networks
  origin_addresses = values(module.origin.addresses)
  tags             = local.tags
}

module "dns" {
  source = "./modules/dns"

  zone_id         = data.aws_route53_zone.this.zone_id
  hosts           = module.plan.hosts
  region_hosts    = module.plan.region_hosts
  readers         = { for key, machine in module.plan.machines : key => merge(machine, { address = local.addresses[key] }) }
  origin_address  = local.addresses[module.plan.origin_key]
  metrics_address = local.addresses[module.plan.metrics_key]
  port            = module.plan.ports.readers
  distribution    = module.cdn.distribution
  tags            = local.tags
}

module "identity" {
  source = "./modules/identity"

  name              = var.name
  media_bucket_arn  = module.media.bucket.arn
  backup_bucket_arn = module.backup.arn
  distribution_arn  = module.cdn.distribution.arn
  zone_arn          = data.aws_route53_zone.this.arn
  certificate_names = { for key, machine in module.machine : key => machine.certificate_names }
}

module "budget" {
  source = "./modules/budget"

  name      = var.name
  usd_month = module.plan.instances_usd_month + module.plan.metered_usd_month
  emails    = var.alert_emails
  tags      = local.tags
}
