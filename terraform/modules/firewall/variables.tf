variable "instance" {
  description = "The machine: its region, its name, and its ARN, by which another one is known."
  type        = object({ region = string, name = string, arn = string })
}

variable "rules" {
  description = "What is open, and to whom, in IPv6. What is not named is closed."
  type        = list(object({ port = number, networks = list(string) }))

  validation {
    condition     = alltrue([for rule in var.rules : length(rule.networks) > 0])
    error_message = "A rule names somebody: a port without networks could be everybody's."
  }
}
