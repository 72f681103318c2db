# One distribution: photographs from the bucket, reads from the nearest edge with the origin behind it, editors' writes
# to the origin.

resource "aws_cloudfront_function" "media" {
  name    = "${var.name}-media"
  runtime = "cloudfront-js-2.0"
  comment = "From a photograph's path to its key; everything else is a 404."
  publish = true
  code    = templatefile("${path.module}/media.js.tftpl", { widths = var.cache.media_widths })
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:A web application firewall is not in the budget; edges and origin limit what one client may cost.
  #checkov:skip=CKV2_AWS_47:The same; and nothing here runs Java.
  #checkov:skip=CKV_AWS_86:Access logs would keep readers' addresses; requests are counted at edges and origin.
  #checkov:skip=CKV_AWS_374:Readers are everywhere.
  #checkov:skip=CKV_AWS_305:An API has no page at its root.
  enabled         = true
  comment         = "${var.name}: photographs, and the public API for readers on IPv4"
  aliases         = [var.hosts.api, var.hosts.media]
  is_ipv6_enabled = true
  http_version    = "http2and3"
  # All of it: the smaller ones leave South America out.
  price_class = "PriceClass_All"
  tags        = var.tags

  cache_tag_config {
    header_name = var.cache.cache_tag_header
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  origin {
    origin_id                = "media"
    domain_name              = var.media_domain
    origin_access_control_id = aws_cloudfront_origin_access_control.media.id
    connection_attempts      = local.attempts
    connection_timeout       = local.connect_s
  }

  dynamic "origin" {
    for_each = local.custom_origins
    content {
      origin_id           = origin.key
      domain_name         = origin.value.host
      connection_attempts = local.attempts
      connection_timeout  = local.connect_s

      custom_origin_config {
        http_port                = 80
        https_port               = origin.value.port
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_read_timeout      = origin.value.answer_s
        origin_keepalive_timeout = local.keep_alive
        # The machines have no IPv4 address.
        ip_address_type = "ipv6"
      }
    }
  }

  origin_group {
    origin_id = "readers"

    failover_criteria {
      status_codes = local.failover_statuses
    }
    member {
      origin_id = "edges"
    }
    member {
      origin_id = "origin-read"
    }
  }

  # First what editors call, so that no rule of a reader's page ever takes it.
  ordered_cache_behavior {
    path_pattern               = var.cache.editorial_pattern
    target_origin_id           = "origin-write"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = local.write_methods
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.disabled.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.write.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.cache.behaviours
    iterator = behaviour
    content {
      path_pattern               = behaviour.value.path_pattern
      target_origin_id           = var.cache.classes[behaviour.value.class].source == "media" ? "media" : "readers"
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = local.read_methods
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.class[behaviour.value.class].id
      origin_request_policy_id   = var.cache.classes[behaviour.value.class].source == "media" ? null : aws_cloudfront_origin_request_policy.read.id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id

      dynamic "function_association" {
        for_each = var.cache.classes[behaviour.value.class].source == "media" ? [aws_cloudfront_function.media.arn] : []
        content {
          event_type   = "viewer-request"
          function_arn = function_association.value
        }
      }
    }
  }

  # What is no route of the table is not kept.
  default_cache_behavior {
    target_origin_id           = "readers"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = local.read_methods
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.disabled.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.read.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.security.id
  }

  # CloudFront keeps errors for ten seconds unless told otherwise: an outage would last that much longer. What is not
  # there has a header that says how long.
  dynamic "custom_error_response" {
    for_each = [404, 500, 502, 503, 504]
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }
}
