output "machines" {
  description = "Every machine by its key (`origin-a`, `edge-na-a`): role, place, bundle, release, weight, name, host."
  value       = local.machines

  precondition {
    condition     = toset(keys(var.edges)) == toset(keys(var.edge_regions))
    error_message = "Each of the regions ${join(", ", keys(var.edge_regions))} needs its edge, and no other has one."
  }
}

output "hosts" {
  description = "The names that readers, edges and editors use."
  value       = local.hosts
}

output "region_hosts" {
  description = "The name of each region's edges."
  value       = local.region_hosts
}

output "origin_key" {
  description = "The machine that takes writes."
  value       = "origin-${var.primary}"
}

output "metrics_key" {
  description = "The machine whose Prometheus judges; none in a plan that is refused."
  value       = try([for key, machine in local.machines : key if machine.watches][0], null)
}

output "ports" {
  description = "Ports that other machines reach."
  value       = local.ports
}

output "instances_usd_month" {
  description = "What all instances cost in a month."
  value       = local.instances_usd_month

  # The company's table is a limit, not a hope: a plan above it is refused before anything is created.
  precondition {
    condition     = local.instances_usd_month <= local.limit_usd_month
    error_message = "Instances would cost $${local.instances_usd_month} a month; the limit is $${local.limit_usd_month}."
  }
}

output "metered_usd_month" {
  description = "What is billed by use, under the assumptions in costs.tf."
  value       = local.metered_usd_month
}

output "cost_tables" {
  description = "Both tables in Markdown."
  value       = local.cost_tables
}
