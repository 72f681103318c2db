variable "policy_file" {
  description = "The cache policy as the origin's code has it: cache-policy.json."
  type        = string
}
