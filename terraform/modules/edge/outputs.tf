output "addresses" {
  description = "The machines' IPv6 addresses, by key."
  value       = local.address
}

output "ids" {
  description = "The machines themselves: another id is another machine."
  value       = { for key, instance in aws_lightsail_instance.this : key => instance.arn }
}
