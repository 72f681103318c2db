# The two tables as README.md shows them. `cargo stack terraform write` puts them there; a test compares.

locals {
  cost_tables = join("\n", concat(
    ["| service | detail | amount | unit, US$ a month | total, US$ a month |", "|---|---|---:|---:|---:|"],
    [for row in local.instance_rows : format("| %s | %s | %d | %.2f | %.2f |", row.service, row.detail, row.amount, row.unit, row.amount * row.unit)],
    [format("| | **all instances; the limit is %.2f** | | | **%.2f** |", local.limit_usd_month, local.instances_usd_month)],
    ["", "Metered, with their assumptions:", ""],
    ["| service | detail | amount | free | unit, US$ | total, US$ a month |", "|---|---|---:|---:|---:|---:|"],
    [for row in local.metered_rows : format("| %s | %s | %d | %d | %s / %s | %.2f |", row.service, row.detail, row.amount, row.free,
    format("%.4g", row.unit), row.per, max(row.amount - row.free, 0) * row.unit)],
    [format("| | **all metered** | | | | **%.2f** |", local.metered_usd_month)],
  ))
}
