variable "name" {
  description = "What names begin with."
  type        = string
}

variable "machines" {
  description = "The plan's machines of role origin, by key."
  type = map(object({
    name      = string
    aws       = string
    zone      = string
    bundle_id = string
    ip        = string
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
  type        = object({ readers = number, origin = number, ssh = number, postgres = number, mongodb = number })
}

variable "admin_networks" {
  description = "IPv6 networks from which operators log in."
  type        = list(string)
}

variable "third_copy_addresses" {
  description = "IPv6 addresses of the machines that hold the third copy of the manuscripts."
  type        = list(string)
}

variable "data_disk_gb" {
  description = "Size of each machine's data disk."
  type        = number
  default     = 64
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
