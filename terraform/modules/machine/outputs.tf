output "user_data" {
  description = "The script of a machine's first start."
  value       = local.script

  precondition {
    condition     = length(local.script) < 16384
    error_message = "User data of ${length(local.script)} bytes; 16,384 are too many. A shorter list of trusted proxies helps."
  }
}

output "units" {
  description = "What starts with the machine."
  value       = local.units
}

output "certificate_names" {
  description = "The names that the machine proves to be its own."
  value       = local.certificate_names
}

output "edge_settings" {
  description = "What the edge on this machine is set to; the token comes with the secrets."
  value       = local.edge_settings
}

output "origin_settings" {
  description = "What the origin on this machine is set to; the rest comes with the secrets."
  value       = local.is_origin ? local.origin_settings : {}
}
