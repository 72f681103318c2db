variable "name" {
  description = "What names begin with."
  type        = string
}

variable "usd_month" {
  description = "What a month may cost, instances and metered services."
  type        = number
}

variable "emails" {
  description = "Who is told."
  type        = list(string)

  validation {
    condition     = length(var.emails) >= 1 && length(var.emails) <= 10
    error_message = "A budget tells one to ten addresses."
  }
}

variable "tags" {
  description = "What every resource is tagged with."
  type        = map(string)
}
