output "addresses" {
  description = "The machines' IPv6 addresses, by key."
  value       = { for key, instance in aws_lightsail_instance.this : key => instance.ipv6_addresses[0] }
}

output "ids" {
  description = "The machines themselves: another id is another machine."
  value       = { for key, instance in aws_lightsail_instance.this : key => instance.arn }
}
