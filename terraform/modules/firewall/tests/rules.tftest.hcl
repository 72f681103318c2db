# What is put is what is asked for, in the API's words. Only planned: applied, it would ask AWS.

variables {
  instance = { region = "eu-central-1", name = "rcr-edge-eu-a", arn = "arn:1" }
  rules = [
    { port = 443, networks = ["::/0"] },
    { port = 22, networks = ["2001:db8:2::/48", "2001:db8:1::/48"] },
  ]
}

run "every_rule_is_one_port_for_its_networks" {
  command = plan
  assert {
    condition = jsonencode(local.rules) == jsonencode([
      { protocol = "tcp", fromPort = 443, toPort = 443, ipv6Cidrs = ["::/0"] },
      { protocol = "tcp", fromPort = 22, toPort = 22, ipv6Cidrs = ["2001:db8:1::/48", "2001:db8:2::/48"] },
    ])
    error_message = jsonencode(local.rules)
  }
}

run "another_machine_or_another_rule_puts_them_again" {
  command = plan
  assert {
    condition     = jsonencode(terraform_data.rules.triggers_replace) == jsonencode([var.instance.arn, local.rules])
    error_message = "a change would go unnoticed"
  }
}

run "a_rule_for_nobody_is_refused" {
  command = plan
  variables {
    rules = [{ port = 5432, networks = [] }]
  }
  expect_failures = [var.rules]
}
