# What CloudFront and the edges must do with each answer, out of the one table in the origin's code. No number of
# it is written a second time here.

locals {
  contract = jsondecode(file(var.policy_file))

  # CloudFront obeys `s-maxage`; the longest it may be told is a limit of its own, so that a header that a store in
  # between lost or changed (S3 says a year) cannot keep a copy longer than its invalidation is tried.
  classes = {
    for name, policy in local.contract.policies : name => {
      min_s     = 0
      default_s = name == "immutable" ? policy.cdn_s : 0
      max_s     = policy.cdn_s
      # The bytes of a photograph depend on its path alone.
      query  = name != "immutable"
      source = name == "immutable" ? "media" : "api"
    } if contains([for route in local.contract.public_routes : route.policy], name)
  }

  # One behaviour a public route; CloudFront takes the first that fits, so the more exact path comes first: without
  # its parameters, then by length.
  patterns = [
    for route in local.contract.public_routes : {
      path_pattern = replace(route.path, "/\\{[^}]+\\}/", "*")
      class        = route.policy
    }
  ]
  behaviours = [
    for key in sort([
      for pattern in local.patterns : format("%d %04d %s %s",
      strcontains(pattern.path_pattern, "*") ? 1 : 0, 1000 - length(pattern.path_pattern), pattern.path_pattern, pattern.class)
    ]) : { path_pattern = split(" ", key)[2], class = split(" ", key)[3] }
  ]

  # What editors call: passed on, whatever the method. Edges' own calls never come through CloudFront.
  editorial_pattern = "/v1/editorial/*"
}
