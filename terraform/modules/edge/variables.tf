variable "name" {
  description = "What names begin with."
  type        = string
}

variable "machines" {
  description = "The plan's machines of role edge, by key."
  type = map(object({
    name       = string
    region     = string
    aws        = string
    zone       = string
    bundle_id  = string
    ip         = string
    third_copy = bool
    central    = bool
  }))
}

variable "user_data" {
  description = "The script of the first start, by machine."
  type        = map(string)
}

variable "blueprint_id" {
  description = "The system image."
  type        = string
}

variable "ssh_public_key" {
  description = "The operators' public key."
  type        = string
}

variable "ports" {
  description = "The ports of the plan."
  type        = object({ readers = number, origin = number, ssh = number, postgres = number, mongodb = number, metrics = number })
}

variable "admin_networks" {
  description = "IPv6 networks from which operators log in."
  type        = list(string)
}

variable "origin_addresses" {
  description = "IPv6 addresses of the origin's machines."
  type        = list(string)
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
