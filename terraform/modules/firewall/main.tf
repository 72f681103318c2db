# The ports of one machine, put by one call that replaces all of its rules at once. The provider's own resource knows no change: it
# closes every port, and opens them again.

locals {
  # In the API's words.
  rules = [for rule in var.rules : { protocol = "tcp", fromPort = rule.port, toPort = rule.port, ipv6Cidrs = sort(rule.networks) }]
}

resource "terraform_data" "rules" {
  triggers_replace = [var.instance.arn, local.rules]

  provisioner "local-exec" {
    command = "aws lightsail put-instance-public-ports --region \"$REGION\" --instance-name \"$NAME\" --port-infos \"$RULES\" --no-cli-pager"
    environment = {
      REGION = var.instance.region
      NAME   = var.instance.name
      RULES  = jsonencode(local.rules)
    }
  }
}
