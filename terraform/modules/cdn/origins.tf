# Where CloudFront asks, and how long it is patient. Its defaults, three attempts of ten seconds, would keep a reader
# waiting for half a minute before the failover.

locals {
  connect_s  = 2
  attempts   = 1
  read_s     = 5
  write_s    = 60
  keep_alive = 60

  # `origin-read` and `origin-write` are one machine: a read fails over and gives up soon, an upload may take its time.
  custom_origins = {
    edges        = { host = var.hosts.edges, port = var.ports.readers, answer_s = local.read_s }
    origin-read  = { host = var.hosts.origin, port = var.ports.origin, answer_s = local.read_s }
    origin-write = { host = var.hosts.origin, port = var.ports.origin, answer_s = local.write_s }
  }

  # What a failing edge answers; 429 and the other 4xx are answers.
  failover_statuses = [500, 502, 503, 504]

  # Origin groups know these methods only, so nothing else is ever sent to one.
  read_methods  = ["GET", "HEAD", "OPTIONS"]
  write_methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
}

resource "aws_cloudfront_origin_access_control" "media" {
  name                              = "${var.name}-media"
  description                       = "Signs what is asked of the photographs' bucket."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}
