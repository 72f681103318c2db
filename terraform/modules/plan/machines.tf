# Every machine once: its name, place, size, and what it is for.

locals {
  origin_machines = {
    for slot, machine in var.origins : "origin-${slot}" => {
      role    = "origin"
      region  = "sa"
      aws     = var.origin_region.aws
      zone    = var.origin_region.zones[slot]
      bundle  = var.bundles.origin
      slot    = slot
      release = machine.release
      weight  = machine.weight
      # Whether it holds the third copy of the manuscripts, which votes and never leads.
      third_copy = false
      temporary  = false
      # Whether the origin starts here at the machine's birth; a promotion changes that by hand.
      leads   = slot == var.primary
      central = false
      watches = false
    }
  }

  edge_machines = merge([
    for region, place in var.edge_regions : {
      for slot, machine in lookup(var.edges, region, {}) : "edge-${region}-${slot}" => {
        role       = "edge"
        region     = region
        aws        = place.aws
        zone       = place.zone
        bundle     = var.bundles.edge
        slot       = slot
        release    = machine.release
        weight     = machine.weight
        third_copy = region == "na"
        # Of two machines in a region one has no readers yet, or none any more, and is here for hours only.
        temporary = machine.weight == 0
        leads     = false
        # The central Prometheus is where the origin is not. One judges: another, to which nobody sends, would find all regions silent.
        central = region == "na"
        watches = region == "na" && machine.weight > 0
      }
    }
  ]...)

  machines = {
    for key, machine in merge(local.origin_machines, local.edge_machines) : key => merge(machine, {
      name      = "${var.name}-${key}"
      host      = "${key}.hosts.${var.domain}"
      bundle_id = local.bundle_prices[machine.bundle].id
      memory_gb = local.bundle_prices[machine.bundle].memory_gb
      ip        = local.bundle_prices[machine.bundle].ip
    })
  }

  hosts = {
    # What readers know. By IPv6 an edge answers, by IPv4 CloudFront.
    api = "api.${var.domain}"
    # The same edges for CloudFront, which must not find itself.
    edges = "edges.${var.domain}"
    # Where edges and editors find the primary.
    origin = "origin.${var.domain}"
    media  = "media.${var.domain}"
    # Where machines send what they measure.
    metrics = "metrics.${var.domain}"
  }

  # Names of one region's edges, below the latency records.
  region_hosts = { for region in setunion(keys(var.edge_regions), ["sa"]) : region => "${region}.edges.${var.domain}" }

  ports = {
    readers  = 443
    origin   = 8443
    ssh      = 22
    postgres = 5432
    mongodb  = 27017
    metrics  = 9443
  }
}
