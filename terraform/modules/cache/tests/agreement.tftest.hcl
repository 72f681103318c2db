# CloudFront's rules, the edges' rules and the policy table in the code are the same rules. The file that is read here is
# held against the code by the origin's test `the_cache_policy_file_is_what_the_code_says`.

variables {
  policy_file = "../../cache-policy.json"
}

run "every_public_route_has_one_behaviour_of_its_own_policy" {
  command = plan
  assert {
    condition = toset([for behaviour in output.behaviours : "${behaviour.path_pattern} ${behaviour.class}"]) == toset([
      for route in jsondecode(file("../../cache-policy.json")).public_routes : "${replace(route.path, "/\\{[^}]+\\}/", "*")} ${route.policy}"
    ])
    error_message = join(", ", [for behaviour in output.behaviours : behaviour.path_pattern])
  }
  assert {
    condition     = length(output.behaviours) == length(distinct([for behaviour in output.behaviours : behaviour.path_pattern]))
    error_message = "two behaviours for one path"
  }
}

run "cloudfront_keeps_an_answer_as_long_as_its_header_says_and_no_longer" {
  command = plan
  assert {
    condition = alltrue([
      for name, class in output.classes : class.max_s == jsondecode(file("../../cache-policy.json")).policies[name].cdn_s && class.min_s == 0
    ])
    error_message = "a time to live differs from s-maxage"
  }
  assert {
    condition = alltrue([
      for name, class in output.classes : class.max_s == tonumber(regex("s-maxage=([0-9]+)", jsondecode(file("../../cache-policy.json")).policies[name].cache_control)[0])
    ])
    error_message = "cdn_s is not the s-maxage of the header"
  }
}

run "no_copy_outlives_the_try_to_invalidate_it" {
  command = plan
  assert {
    condition     = alltrue([for class in output.classes : max(class.max_s, class.default_s) <= jsondecode(file("../../cache-policy.json")).invalidation_tried_for_s])
    error_message = "CloudFront would keep a copy longer than the worker tries to purge it"
  }
}

run "cloudfront_never_keeps_longer_than_an_edge" {
  command = plan
  assert {
    condition     = alltrue([for name, class in output.classes : class.max_s <= jsondecode(file("../../cache-policy.json")).policies[name].edge_s])
    error_message = "an edge, which hears of purges, must be the one that keeps longer"
  }
  assert {
    condition     = output.edge_negative_max_s == jsondecode(file("../../cache-policy.json")).policies.absent.edge_s
    error_message = "EDGE_NEGATIVE_MAX_S is not the policy's"
  }
}

run "an_answer_with_too_many_tags_is_gone_before_any_class_expires" {
  command = plan
  assert {
    condition     = alltrue([for class in output.classes : class.min_s <= jsondecode(file("../../cache-policy.json")).cdn_too_many_tags_s])
    error_message = "a minimum time to live would overrule its s-maxage"
  }
}

run "nothing_private_falls_into_a_behaviour_that_stores" {
  command = plan
  assert {
    condition = !anytrue(flatten([
      for path in jsondecode(file("../../cache-policy.json")).never_stored : [
        for behaviour in output.behaviours : can(regex("^${replace(behaviour.path_pattern, "*", ".*")}$", path))
      ]
    ]))
    error_message = "a private route would be stored"
  }
  assert {
    condition = alltrue([
      for path in jsondecode(file("../../cache-policy.json")).never_stored :
      can(regex("^${replace(output.editorial_pattern, "*", ".*")}$", path)) || startswith(path, "/internal/")
    ])
    error_message = "a private route has no behaviour that passes it on"
  }
}

run "the_more_exact_path_comes_first" {
  command = plan
  assert {
    condition = !anytrue(flatten([
      for place, behaviour in output.behaviours : [
        for earlier in slice(output.behaviours, 0, place) : can(regex("^${replace(earlier.path_pattern, "*", ".*")}$", behaviour.path_pattern))
      ]
    ]))
    error_message = "a behaviour can never be reached"
  }
}

run "only_photographs_come_from_the_bucket" {
  command = plan
  assert {
    condition     = [for behaviour in output.behaviours : behaviour.path_pattern if output.classes[behaviour.class].source == "media"] == ["/media/*/*"]
    error_message = "the bucket answers for other paths"
  }
}
