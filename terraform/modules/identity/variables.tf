variable "name" {
  description = "What users' and groups' names begin with."
  type        = string
}

variable "media_bucket_arn" {
  description = "Where photographs are stored."
  type        = string
}

variable "backup_bucket_arn" {
  description = "Where backups and the log archive are stored."
  type        = string
}

variable "distribution_arn" {
  description = "The distribution whose tags are invalidated."
  type        = string
}

variable "zone_arn" {
  description = "The hosted zone in which certificates are proven."
  type        = string
}

variable "certificate_names" {
  description = "The names that each machine's certificate is for."
  type        = map(list(string))
}
