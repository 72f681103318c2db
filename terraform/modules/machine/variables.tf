variable "machine" {
  description = "One machine of the plan."
  type = object({
    role       = string
    region     = string
    aws        = string
    host       = string
    memory_gb  = number
    release    = string
    third_copy = bool
    leads      = bool
    central    = bool
    watches    = bool
  })
}

variable "hosts" {
  description = "The names of the plan."
  type        = object({ api = string, edges = string, origin = string, media = string, metrics = string })
}

variable "ports" {
  description = "The ports of the plan."
  type        = object({ readers = number, origin = number, ssh = number, postgres = number, mongodb = number, metrics = number })
}

variable "archives" {
  description = "What is unpacked below /opt/<name>: rcr, and mongodb where manuscripts lie."
  type        = map(object({ version = string, url = string, sha256 = string }))

  validation {
    condition     = alltrue([for archive in values(var.archives) : startswith(archive.url, "https://")])
    error_message = "Archives come by https:// only."
  }
  validation {
    condition     = alltrue([for archive in values(var.archives) : can(regex("^[0-9a-f]{64}$", archive.sha256))])
    error_message = "Every archive has its SHA-256, 64 lower-case hexadecimal digits."
  }
  validation {
    condition     = alltrue([for archive in values(var.archives) : can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+[0-9A-Za-z.+-]*$", archive.version))])
    error_message = "An archive's version is three numbers, and perhaps a suffix: no `latest`."
  }
}

variable "edge_negative_max_s" {
  description = "How long an edge may keep what is not there, from the cache policy."
  type        = number
}

variable "trusted_proxies" {
  description = "CloudFront's networks: who may say with X-Forwarded-For which reader asks."
  type        = list(string)
}

variable "media_bucket" {
  description = "The photographs' bucket and its region."
  type        = object({ name = string, region = string })
}

variable "backup_bucket" {
  description = "Where the database's backups and its log go, and its region."
  type        = object({ name = string, region = string })
}

variable "distribution_id" {
  description = "The CloudFront distribution whose tags the origin invalidates."
  type        = string
}

variable "certificate_email" {
  description = "Where the certificate authority writes when a certificate is about to expire."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone in which a machine proves its names to the certificate authority."
  type        = string
}
