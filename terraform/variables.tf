variable "account_id" {
  description = "The AWS account that all of this is in."
  type        = string
}

variable "name" {
  description = "What every resource's name begins with."
  type        = string
  default     = "rcr"
}

variable "domain" {
  description = "The domain below which all names lie: api.<domain>, media.<domain>, origin.<domain>."
  type        = string
}

variable "zone" {
  description = "The Route 53 hosted zone that holds the domain, which exists already."
  type        = string
}

variable "origins" {
  description = "The origin's machines `a` and `b`: the release each was born with, and its share of South America's readers."
  type        = map(object({ release = string, weight = number }))
}

variable "primary" {
  description = "Which of the two takes writes."
  type        = string
  default     = "a"
}

variable "edges" {
  description = "The edges' machines: by region, then by slot. README.md, Replacing an edge."
  type        = map(map(object({ release = string, weight = number })))
}

variable "releases" {
  description = "Every release that a machine names, with the SHA-256 of its archive."
  type        = map(string)

  validation {
    condition = alltrue([
      for release in concat([for machine in values(var.origins) : machine.release], flatten([for slots in values(var.edges) : [for slot in values(slots) : slot.release]])) :
      contains(keys(var.releases), release)
    ])
    error_message = "A machine names a release that has no checksum here."
  }
}

variable "releases_url" {
  description = "Where archives lie, by https:// and reachable by IPv6; `<url>/rcr-<version>.tar.zst`."
  type        = string
}

variable "mongodb" {
  description = "MongoDB's server as an archive, for the machines that hold manuscripts."
  type        = object({ version = string, url = string, sha256 = string })
}

variable "blueprint_id" {
  description = "Lightsail's system image."
  type        = string
  default     = "debian_12"
}

variable "ssh_public_key" {
  description = "The operators' public key."
  type        = string
}

variable "admin_networks" {
  description = "IPv6 networks from which operators log in; nobody else reaches port 22."
  type        = list(string)

  validation {
    condition     = length(var.admin_networks) > 0 && !contains(var.admin_networks, "::/0")
    error_message = "Name the operators' networks; ::/0 is everybody."
  }
}

variable "alert_emails" {
  description = "Who is told of money, and by the certificate authority."
  type        = list(string)
}

variable "trusted_proxies" {
  description = "Instead of CloudFront's published networks: who may name a reader to an edge in X-Forwarded-For."
  type        = list(string)
  default     = null
}
