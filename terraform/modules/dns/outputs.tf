output "health_checks" {
  description = "Each machine's health check, for whoever watches a replacement."
  value       = { for key, check in aws_route53_health_check.machine : key => check.id }
}
