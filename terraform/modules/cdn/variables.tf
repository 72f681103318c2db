variable "name" {
  description = "What names begin with."
  type        = string
}

variable "hosts" {
  description = "The names of the plan."
  type        = object({ api = string, edges = string, origin = string, media = string })
}

variable "ports" {
  description = "The ports of the plan."
  type        = object({ readers = number, origin = number, ssh = number, postgres = number, mongodb = number })
}

variable "certificate_arn" {
  description = "The certificate for the names that readers use, in us-east-1."
  type        = string
}

variable "media_domain" {
  description = "The bucket's regional name."
  type        = string
}

variable "cache" {
  description = "The rules of the cache module."
  type = object({
    classes           = map(object({ min_s = number, default_s = number, max_s = number, query = bool, source = string }))
    behaviours        = list(object({ path_pattern = string, class = string }))
    editorial_pattern = string
    cache_tag_header  = string
    media_widths      = list(number)
  })
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
