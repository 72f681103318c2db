variable "name" {
  description = "The bucket's name."
  type        = string
}

variable "region" {
  description = "Where it lies."
  type        = string
}

variable "distribution_arn" {
  description = "The one CloudFront distribution that may read it."
  type        = string
}

variable "widths" {
  description = "The widths that readers may see; the original is nobody's but the origin's."
  type        = list(number)
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
