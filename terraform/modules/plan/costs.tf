# What the plan costs in a month: instances, which have a limit, and what is billed by use.

locals {
  lasting = { for key, machine in local.machines : key => machine if !machine.temporary }

  # One line for each kind of machine in each place, in a fixed order.
  kinds = distinct([
    for key in sort(keys(local.lasting)) : format("%s|%s|%s|%s",
    local.lasting[key].role == "origin" ? "0" : "1", local.lasting[key].role, local.lasting[key].region, local.lasting[key].bundle)
  ])

  instance_rows = [
    for kind in sort(local.kinds) : {
      service = "Lightsail"
      detail = format("%s (%d vCPU, %d GB), %s: %s",
        local.bundle_prices[split("|", kind)[3]].label,
        local.bundle_prices[split("|", kind)[3]].vcpus,
        local.bundle_prices[split("|", kind)[3]].memory_gb,
        [for machine in local.lasting : machine.aws if machine.region == split("|", kind)[2]][0],
        split("|", kind)[1] == "origin" ? "origin and standby, each also an sa edge" : "${split("|", kind)[2]} edge"
      )
      amount = length([for machine in local.lasting : 1 if machine.role == split("|", kind)[1] && machine.region == split("|", kind)[2]])
      unit   = local.bundle_prices[split("|", kind)[3]].usd_month
    }
  ]

  instances_usd_month = sum([for row in local.instance_rows : row.amount * row.unit])

  # The database's backups (infra/postgres/pgbackrest.conf): weekly full ones, of which two are kept and a third is being made, and
  # what hangs on them; what has been removed stays for a week more. A segment of the log is closed every minute at the latest
  # and mostly empty.
  backup = { fulls = 4, full_gb = 5, differences = 24, difference_gb = 0.5, log_days = 28, segment_mb = 0.5 }
  backup_gb = ceil(
    local.backup.fulls * local.backup.full_gb + local.backup.differences * local.backup.difference_gb +
    local.backup.log_days * 24 * 60 * local.backup.segment_mb / 1024
  )
  backup_detail = format("backups: %d full ones of %d GB, %d differences of %s GB, %d days of log at a segment of 16 MB a minute, compressed to %s MB",
  local.backup.fulls, local.backup.full_gb, local.backup.differences, local.backup.difference_gb, local.backup.log_days, local.backup.segment_mb)
  segments_month = local.hours_month * 60

  # The assumptions are part of the lines. `free` is what the price list gives away each month.
  readers = length(local.lasting)
  metered_rows = [
    { service = "Lightsail", detail = "data disks: 2 × 64 GB", amount = 128, free = 0, unit = local.metered_prices.disk_gb, per = "GB" },
    { service = "Lightsail", detail = "automatic snapshots of the origin's machines, 7 days, 50 GB of changes each", amount = 100, free = 0, unit = local.metered_prices.snapshot_gb, per = "GB" },
    { service = "Lightsail", detail = "a second edge while one is replaced: 3 edges, 2 releases, 2 hours each", amount = 12, free = 0, unit = local.bundle_prices[var.bundles.edge].usd_month / local.hours_month, per = "hour" },
    { service = "S3", detail = "photographs", amount = 40, free = 0, unit = local.metered_prices.s3_gb, per = "GB" },
    { service = "S3", detail = local.backup_detail, amount = local.backup_gb, free = 0, unit = local.metered_prices.s3_gb, per = "GB" },
    { service = "S3", detail = "writes and listings: 10,000 objects uploaded, 1,000 of backups, ${local.segments_month} segments of the log with a listing each", amount = ceil((11000 + 2 * local.segments_month) / 1000), free = 0, unit = local.metered_prices.s3_put_thousand, per = "1,000" },
    { service = "S3", detail = "reads: CloudFront's misses of photographs", amount = 1000, free = 0, unit = local.metered_prices.s3_get_thousand, per = "1,000" },
    { service = "CloudFront", detail = "to readers: 800 GB, dearest region's price, 1 TB free", amount = 800, free = 1000, unit = local.metered_prices.cdn_gb, per = "GB" },
    { service = "CloudFront", detail = "requests: 8 million, 10 million free", amount = 800, free = 1000, unit = local.metered_prices.cdn_https_10k, per = "10,000" },
    { service = "CloudFront", detail = "function on photographs: 4 million runs, 2 million free", amount = 4, free = 2, unit = local.metered_prices.cdn_function_m, per = "million" },
    { service = "CloudFront", detail = "invalidated tags, held at the free 1,000 by CLOUDFRONT_MONTHLY_BUDGET", amount = 1000, free = 1000, unit = local.metered_prices.cdn_invalidation, per = "tag" },
    { service = "Route 53", detail = "hosted zone", amount = 1, free = 0, unit = local.metered_prices.dns_zone, per = "zone" },
    { service = "Route 53", detail = "latency queries: 10 million", amount = 10, free = 0, unit = local.metered_prices.dns_latency_m, per = "million" },
    { service = "Route 53", detail = "health checks, one a machine, as for endpoints outside of AWS", amount = local.readers, free = 0, unit = local.metered_prices.dns_check, per = "check" },
    { service = "Route 53", detail = "their options: HTTPS, every 10 s", amount = local.readers * 2, free = 0, unit = local.metered_prices.dns_check_option, per = "option" },
    { service = "CloudWatch", detail = "alarm on the bill", amount = 1, free = 0, unit = local.metered_prices.alarm, per = "alarm" },
    { service = "Budgets", detail = "one budget, two free", amount = 1, free = 2, unit = local.metered_prices.budget_after_second, per = "budget" },
  ]

  metered_usd_month = sum([for row in local.metered_rows : max(row.amount - row.free, 0) * row.unit])
}
