output "user_data" {
  description = "The script of a machine's first start."
  value       = local.script

  precondition {
    condition     = length(local.script) < 16384
    error_message = "User data of ${length(local.script)} bytes; 16,384 are too many. A shorter list of trusted proxies helps."
  }
}

output "edge_settings" {
  description = "What the edge on this machine is set to; the token comes with the secrets."
  value       = local.edge_settings
}

output "origin_settings" {
  description = "What the origin on this machine is set to; the rest comes with the secrets."
  value       = local.is_origin ? local.origin_settings : {}
}
