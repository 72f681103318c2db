variable "name" {
  description = "The bucket's name, unique in all of S3."
  type        = string
}

variable "region" {
  description = "Where it lies."
  type        = string
}

variable "noncurrent_days" {
  description = "How long an overwritten or deleted object can be brought back."
  type        = number
}

variable "policies" {
  description = "Who else may do what with it, as policy documents; TLS is demanded of everybody."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
