output "classes" {
  description = "CloudFront's cache policies by the name of the policy in the code."
  value       = local.classes
}

output "behaviours" {
  description = "Path patterns with their class, the more exact first."
  value       = local.behaviours
}

output "editorial_pattern" {
  description = "Paths that nothing stores and editors write to."
  value       = local.editorial_pattern
}

output "cache_tag_header" {
  description = "The header in which the origin names an answer's tags to CloudFront."
  value       = local.contract.cache_tag_header
}

output "media_widths" {
  description = "The widths in which a photograph is served; nothing else of the bucket is."
  value       = local.contract.media_widths
}

output "edge_negative_max_s" {
  description = "How long an edge may keep what is not there, in seconds."
  value       = local.contract.policies.absent.edge_s
}
