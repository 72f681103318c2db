# The distribution does what the cache rules say, and gives up on a dead edge soon.

mock_provider "aws" {}

variables {
  name            = "rcr"
  hosts           = { api = "api.x.example.com", edges = "edges.x.example.com", origin = "origin.x.example.com", media = "media.x.example.com" }
  ports           = { readers = 443, origin = 8443, ssh = 22, postgres = 5432, mongodb = 27017 }
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  media_domain    = "rcr-media.s3.sa-east-1.amazonaws.com"
  tags            = {}
}

run "rules" {
  module {
    source = "../cache"
  }
  variables {
    policy_file = "../../cache-policy.json"
  }
}

run "every_rule_is_a_behaviour_in_its_order" {
  variables {
    cache = run.rules
  }
  assert {
    condition = [for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern] == concat(
      [run.rules.editorial_pattern], [for rule in run.rules.behaviours : rule.path_pattern]
    )
    error_message = "behaviours are missing, too many, or in another order"
  }
  assert {
    condition = alltrue([
      for rule in run.rules.behaviours : [
        for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.cache_policy_id if behaviour.path_pattern == rule.path_pattern
      ][0] == aws_cloudfront_cache_policy.class[rule.class].id
    ])
    error_message = "a behaviour has another class's cache policy"
  }
  assert {
    condition = alltrue([
      for name, class in run.rules.classes :
      aws_cloudfront_cache_policy.class[name].max_ttl == class.max_s && aws_cloudfront_cache_policy.class[name].min_ttl == class.min_s
    ])
    error_message = "a cache policy keeps answers for another time"
  }
  assert {
    condition     = aws_cloudfront_distribution.this.cache_tag_config[0].header_name == run.rules.cache_tag_header
    error_message = "CloudFront reads tags from another header"
  }
}

run "a_group_of_origins_is_asked_only_what_it_can_fail_over" {
  variables {
    cache = run.rules
  }
  assert {
    condition = alltrue([
      for behaviour in concat(aws_cloudfront_distribution.this.ordered_cache_behavior, aws_cloudfront_distribution.this.default_cache_behavior) :
      behaviour.target_origin_id != "readers" || behaviour.allowed_methods == toset(["GET", "HEAD", "OPTIONS"])
    ])
    error_message = "a write could be sent to the group"
  }
  assert {
    condition     = [for group in aws_cloudfront_distribution.this.origin_group : [for member in group.member : member.origin_id]] == [["edges", "origin-read"]]
    error_message = "the edges come first, the origin second"
  }
}

run "a_dead_edge_costs_a_reader_two_seconds" {
  variables {
    cache = run.rules
  }
  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin : origin.connection_attempts == 1 && origin.connection_timeout >= 1 && origin.connection_timeout <= 2
    ])
    error_message = "CloudFront would try for longer"
  }
  assert {
    condition = alltrue(flatten([
      for origin in aws_cloudfront_distribution.this.origin : [
        for config in origin.custom_origin_config : config.ip_address_type == "ipv6" && config.origin_protocol_policy == "https-only"
      ]
    ]))
    error_message = "the machines answer by TLS and IPv6 only"
  }
  assert {
    condition     = alltrue([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_caching_min_ttl == 0])
    error_message = "an error would be kept after it has passed"
  }
}

run "what_editors_call_is_never_stored" {
  variables {
    cache = run.rules
  }
  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.disabled.id && aws_cloudfront_distribution.this.ordered_cache_behavior[0].target_origin_id == "origin-write"
    error_message = "an editor's request could be stored or answered by an edge's copy"
  }
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.disabled.id
    error_message = "what is no route would be stored"
  }
}

run "only_widths_of_photographs_leave_the_bucket" {
  variables {
    cache = run.rules
  }
  assert {
    condition     = strcontains(aws_cloudfront_function.media.code, "([0-9a-f]{64})\\/(480|960|1920)$")
    error_message = aws_cloudfront_function.media.code
  }
  assert {
    condition = alltrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behaviour.target_origin_id != "media" || length(behaviour.function_association) == 1
    ])
    error_message = "the bucket could be asked without the function"
  }
}

run "answers_have_security_headers" {
  variables {
    cache = run.rules
  }
  assert {
    condition = alltrue([
      for behaviour in concat(aws_cloudfront_distribution.this.ordered_cache_behavior, aws_cloudfront_distribution.this.default_cache_behavior) :
      behaviour.response_headers_policy_id == aws_cloudfront_response_headers_policy.security.id
    ])
    error_message = "a behaviour has no security headers"
  }
}
