output "machines" {
  description = "Every machine: where to log in, its address, its release, its health check."
  value = {
    for key, machine in module.plan.machines : key => {
      host         = machine.host
      address      = local.addresses[key]
      release      = machine.release
      weight       = machine.weight
      health_check = module.dns.health_checks[key]
    }
  }
}

output "hosts" {
  description = "The names of the system."
  value       = module.plan.hosts
}

output "origin_trusted_proxies" {
  description = "ORIGIN_TRUSTED_PROXIES for the origin's secrets: the proxy beside it, CloudFront, and every edge."
  value       = join(",", concat(["127.0.0.1"], local.cdn_networks, values(local.addresses)))
}

output "users" {
  description = "The machine users for whom the operator makes keys."
  value       = module.identity.users
}

output "distribution_id" {
  description = "The CloudFront distribution."
  value       = module.cdn.distribution.id
}

output "usd_month" {
  description = "What the plan costs in a month."
  value       = { instances = module.plan.instances_usd_month, metered = module.plan.metered_usd_month }
}
