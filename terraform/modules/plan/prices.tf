# What AWS asks, in US dollars. The list prices are Virginia's; São Paulo's were not verified.

locals {
  # The most that instances may cost in a month, by the company's table. Not a variable on purpose.
  limit_usd_month = 560

  hours_month = 730

  bundle_prices = {
    "2xlarge_ipv6" = { id = "2xlarge_ipv6_3_0", label = "2XLarge, IPv6 only", vcpus = 8, memory_gb = 32, ip = "ipv6", usd_month = 160 }
    "xlarge_ipv6"  = { id = "xlarge_ipv6_3_0", label = "XLarge, IPv6 only", vcpus = 4, memory_gb = 16, ip = "ipv6", usd_month = 80 }
    "2xlarge"      = { id = "2xlarge_3_0", label = "2XLarge, dual-stack", vcpus = 8, memory_gb = 32, ip = "dualstack", usd_month = 164 }
    "xlarge"       = { id = "xlarge_3_0", label = "XLarge, dual-stack", vcpus = 4, memory_gb = 16, ip = "dualstack", usd_month = 84 }
  }

  # By unit, for what is billed by use.
  metered_prices = {
    disk_gb             = 0.10
    snapshot_gb         = 0.05
    s3_gb               = 0.0405
    s3_put_thousand     = 0.007
    s3_get_thousand     = 0.00056
    cdn_gb              = 0.11
    cdn_https_10k       = 0.022
    cdn_function_m      = 0.10
    cdn_invalidation    = 0.005
    dns_zone            = 0.50
    dns_latency_m       = 0.60
    dns_check           = 0.75
    dns_check_option    = 2.00
    alarm               = 0.10
    budget_after_second = 0.62
  }
}
