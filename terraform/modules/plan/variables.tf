variable "name" {
  description = "What every resource's name begins with."
  type        = string
  default     = "rcr"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.name))
    error_message = "A name is 2 to 12 lower-case letters and digits, the first a letter: bucket names are made from it."
  }
}

variable "domain" {
  description = "The domain below which all names lie, without a trailing dot."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain is lower-case labels separated by dots: reviews.example.com."
  }
}

variable "origin_region" {
  description = "Where the origin is, with a zone for each of its two machines."
  type        = object({ aws = string, zones = map(string) })
  default     = { aws = "sa-east-1", zones = { a = "sa-east-1a", b = "sa-east-1b" } }
}

variable "edge_regions" {
  description = "Where edges stand by themselves. The origin's region needs none: each of its machines is one, too."
  type        = map(object({ aws = string, zone = string }))
  default = {
    na   = { aws = "us-east-1", zone = "us-east-1a" }
    eu   = { aws = "eu-central-1", zone = "eu-central-1a" }
    asia = { aws = "ap-northeast-1", zone = "ap-northeast-1a" }
  }

  validation {
    condition     = alltrue([for region in keys(var.edge_regions) : can(regex("^[a-z]+$", region)) && region != "sa"])
    error_message = "A region's name is lower-case letters; `sa` is the origin's."
  }
}

variable "origins" {
  description = "The origin's two machines: which release each was born with, and its share of South America's readers."
  type        = map(object({ release = string, weight = number }))

  validation {
    condition     = toset(keys(var.origins)) == toset(["a", "b"])
    error_message = "There are two: `a` and `b`, one the primary and one its standby."
  }
}

variable "primary" {
  description = "Which of the two takes writes. Changing it is the last step of a promotion, never the first."
  type        = string
  default     = "a"

  validation {
    condition     = contains(["a", "b"], var.primary)
    error_message = "The primary is `a` or `b`."
  }
}

variable "edges" {
  description = "The edges' machines: by region, then by slot. A second slot in one region is a replacement under way."
  type        = map(map(object({ release = string, weight = number })))

  validation {
    condition     = alltrue([for slots in values(var.edges) : length(slots) >= 1 && length(slots) <= 2])
    error_message = "A region has one machine, or two while one replaces the other."
  }
  validation {
    condition     = length([for slots in values(var.edges) : slots if length(slots) == 2]) <= 1
    error_message = "One edge after the other: only one region may have two machines."
  }
  validation {
    condition     = alltrue([for slots in values(var.edges) : length([for slot in values(slots) : slot if slot.weight > 0]) == 1])
    error_message = "In every region exactly one machine has a weight above 0: with none its readers would go elsewhere, and two are one too many for the budget."
  }
}

variable "bundles" {
  description = "Which instance plan origin machines and edges have: keys of the price list in prices.tf."
  type        = object({ origin = string, edge = string })
  default     = { origin = "2xlarge_ipv6", edge = "xlarge_ipv6" }
}
