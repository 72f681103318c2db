# What is kept and for how long (from the origin's table), what is asked for, and which headers every answer has.

resource "aws_cloudfront_cache_policy" "class" {
  for_each = var.cache.classes

  name        = "${var.name}-${each.key}"
  comment     = "origin/src/api/policy.rs, ${each.key}"
  min_ttl     = each.value.min_s
  default_ttl = each.value.default_s
  max_ttl     = each.value.max_s

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = each.value.source == "api" ? "whitelist" : "none"

      # Who must see a write asks with its number: that answer is nobody else's.
      dynamic "headers" {
        for_each = each.value.source == "api" ? [["Rcr-Min-Seq", "Rcr-Log"]] : []
        content {
          items = headers.value
        }
      }
    }

    # All of it, also what the origin does not know: it answers that with a 400 that names the parameter.
    query_strings_config {
      query_string_behavior = each.value.query ? "all" : "none"
    }
  }
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

# Edges keep pages by the name that the reader used, so it is passed on: one copy, whichever way a reader comes.
resource "aws_cloudfront_origin_request_policy" "read" {
  name    = "${var.name}-read"
  comment = "The reader's host name, and what a browser asks before it reads for another site."

  cookies_config {
    cookie_behavior = "none"
  }

  headers_config {
    header_behavior = "whitelist"
    headers {
      items = ["Host", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
    }
  }

  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_origin_request_policy" "write" {
  name    = "${var.name}-write"
  comment = "All that an editor sends."

  cookies_config {
    cookie_behavior = "all"
  }

  headers_config {
    header_behavior = "allViewer"
  }

  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_response_headers_policy" "security" {
  #checkov:skip=CKV_AWS_259:Preloading is for the owner of the whole domain to decide; all else of the header is there.
  name    = "${var.name}-security"
  comment = "JSON and photographs: nothing that could run, frame or leak."

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      override                   = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    content_security_policy {
      content_security_policy = "default-src 'none'; frame-ancestors 'none'"
      override                = true
    }
  }

  # What the bucket says of itself is nobody's business.
  remove_headers_config {
    dynamic "items" {
      for_each = ["x-amz-version-id", "x-amz-server-side-encryption", "Server"]
      content {
        header = items.value
      }
    }
  }
}
