output "addresses" {
  description = "The machines' IPv6 addresses, by key."
  value       = local.address
}
