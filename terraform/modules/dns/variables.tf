variable "zone_id" {
  description = "The hosted zone."
  type        = string
}

variable "hosts" {
  description = "The names of the plan."
  type        = object({ api = string, edges = string, origin = string, media = string, metrics = string })
}

variable "region_hosts" {
  description = "The name of each region's edges."
  type        = map(string)
}

variable "readers" {
  description = "Every machine that readers may be sent to, by key."
  type = map(object({
    name    = string
    host    = string
    region  = string
    aws     = string
    weight  = number
    address = string
  }))
}

variable "origin_address" {
  description = "The primary's IPv6 address."
  type        = string
}

variable "metrics_address" {
  description = "The IPv6 address of the machine whose Prometheus judges."
  type        = string
}

variable "port" {
  description = "Where readers are answered."
  type        = number
}

variable "distribution" {
  description = "CloudFront's name and zone for alias records."
  type        = object({ id = string, arn = string, domain = string, zone_id = string })
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
