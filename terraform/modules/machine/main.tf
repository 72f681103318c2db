# The script that a new machine runs once. Lightsail appends it to a script of its own, so it is a shell script and no
# #cloud-config. It holds no secret: Lightsail instances have no role that could fetch one, and user data can be read by
# every process of the machine and lies in the state. The operator places secrets when the machine is up.
#
# User data is short: programs and units come with the release, those of infra/ and those of files/ here.

locals {
  is_origin = var.machine.role == "origin"
  has_texts = local.is_origin || var.machine.third_copy

  packages = concat(
    ["ca-certificates", "certbot", "curl", "prometheus", "prometheus-node-exporter", "redis-server", "zstd"],
    local.is_origin ? ["haproxy", "pgbackrest", "postgresql"] : [],
    var.machine.central ? ["prometheus-alertmanager"] : [],
  )

  # What starts with the machine. The origin does where it leads, and what judges where the plan says: at a machine's birth, and
  # later by hand.
  units = concat(
    ["redis-regional.service", "edge-https.socket", "edge@a.service", "node-exporter.service", "prometheus-agent.service"],
    local.has_texts ? ["mongod.service"] : [],
    var.machine.leads ? ["origin.service", "origin-check.timer", "origin-archive.timer"] : [],
    var.machine.watches ? ["prometheus-central.service", "alertmanager.service"] : [],
  )

  # An origin machine's edge leaves the memory to the databases.
  edge_memory_bytes  = floor(var.machine.memory_gb * pow(1024, 3) / (local.is_origin ? 8 : 4))
  redis_memory_bytes = local.edge_memory_bytes

  edge_settings = {
    ORIGIN_URL           = "https://${var.hosts.origin}:${var.ports.origin}"
    EDGE_REGION          = var.machine.region
    EDGE_HOSTS           = join(",", [var.hosts.api, var.hosts.edges])
    EDGE_PREFETCH_HOST   = var.hosts.api
    EDGE_TLS_LISTEN      = "[::]:${var.ports.readers}"
    EDGE_TLS_CERT_FILE   = "/etc/edge/tls/chain.pem"
    EDGE_TLS_KEY_FILE    = "/etc/edge/tls/key.pem"
    EDGE_MEMORY_BYTES    = tostring(local.edge_memory_bytes)
    EDGE_NEGATIVE_MAX_S  = tostring(var.edge_negative_max_s)
    EDGE_TRUSTED_PROXIES = join(",", var.trusted_proxies)
    REDIS_URL            = "redis://127.0.0.1:6390"
    LOG_FORMAT           = "json"
  }

  origin_settings = {
    # The proxy on this machine; the operator places the whole list, since addresses are not known before machines are.
    ORIGIN_TRUSTED_PROXIES     = "127.0.0.1"
    ORIGIN_LISTEN              = "127.0.0.1:8080"
    PHOTOS_URL                 = "s3://${var.media_bucket.name}?endpoint=https://s3.dualstack.${var.media_bucket.region}.amazonaws.com&region=${var.media_bucket.region}"
    TEXT_ARCHIVE_URL           = "s3://${var.backup_bucket.name}?endpoint=https://s3.dualstack.${var.backup_bucket.region}.amazonaws.com&region=${var.backup_bucket.region}"
    MEDIA_BASE_URL             = "https://${var.hosts.media}"
    CLOUDFRONT_DISTRIBUTION_ID = var.distribution_id
    # The dual-stack endpoint: the usual one has no IPv6.
    CLOUDFRONT_ENDPOINT = "https://cloudfront.global.api.aws"
    LOG_FORMAT          = "json"
  }

  certificate_names = concat(
    [var.machine.host, var.hosts.api, var.hosts.edges],
    local.is_origin ? [var.hosts.origin] : [],
    var.machine.central ? [var.hosts.metrics] : [],
  )

  script = templatefile("${path.module}/templates/boot.sh.tftpl", {
    machine           = var.machine
    is_origin         = local.is_origin
    packages          = local.packages
    units             = local.units
    archives          = { for name, archive in var.archives : name => archive if name != "mongodb" || local.has_texts }
    edge_settings     = local.edge_settings
    origin_settings   = local.origin_settings
    redis_bytes       = local.redis_memory_bytes
    certificate_names = local.certificate_names
    certificate_email = var.certificate_email
    zone_id           = var.zone_id
    disk              = file("${path.module}/templates/disk.sh")
    haproxy           = templatefile("${path.module}/templates/haproxy.cfg.tftpl", { port = var.ports.origin })
    databases = templatefile("${path.module}/templates/databases.sh.tftpl", {
      is_origin     = local.is_origin
      has_texts     = local.has_texts
      backup_bucket = var.backup_bucket
    })
    watching = templatefile("${path.module}/templates/watching.sh.tftpl", {
      machine   = var.machine
      is_origin = local.is_origin
      host      = var.hosts.metrics
    })
  })
}
