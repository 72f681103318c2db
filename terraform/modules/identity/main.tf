# Machine users, each with the least it needs. Lightsail instances take no role, so there are users; their keys are made
# by the operator and never pass through Terraform, whose state would keep them in plain text.

locals {
  # Who belongs to which group. The origin's program signs everything with one key; each machine has one for its own names.
  members = merge(
    {
      origin = ["photographs", "texts", "invalidation"]
      backup = ["backup"]
    },
    { for machine in keys(var.certificate_names) : "certificates-${machine}" => ["certificates-${machine}"] },
  )

  policies = merge(
    {
      photographs  = data.aws_iam_policy_document.photographs.json
      texts        = data.aws_iam_policy_document.texts.json
      invalidation = data.aws_iam_policy_document.invalidation.json
      backup       = data.aws_iam_policy_document.backup.json
    },
    { for machine, document in data.aws_iam_policy_document.certificates : "certificates-${machine}" => document.json },
  )
}

resource "aws_iam_user" "machine" {
  #checkov:skip=CKV_AWS_273:Lightsail instances have no role and no single sign-on; a user a program is what is left.
  for_each = local.members

  name = "${var.name}-${each.key}"
  path = "/machines/"
}

resource "aws_iam_group" "right" {
  for_each = local.policies

  name = "${var.name}-${each.key}"
  path = "/machines/"
}

resource "aws_iam_group_policy" "right" {
  for_each = local.policies

  name   = each.key
  group  = aws_iam_group.right[each.key].name
  policy = each.value
}

resource "aws_iam_user_group_membership" "machine" {
  for_each = local.members

  user   = aws_iam_user.machine[each.key].name
  groups = [for group in each.value : aws_iam_group.right[group].name]
}
