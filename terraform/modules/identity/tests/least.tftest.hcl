# Each user may do what its program does, and no more.

mock_provider "aws" {
  override_during = plan
}

variables {
  name              = "rcr"
  media_bucket_arn  = "arn:aws:s3:::rcr-media-1"
  backup_bucket_arn = "arn:aws:s3:::rcr-backup-1"
  distribution_arn  = "arn:aws:cloudfront::1:distribution/E1"
  zone_arn          = "arn:aws:route53:::hostedzone/Z1"
  certificate_names = {
    origin-a  = ["origin-a.hosts.x.example.com", "api.x.example.com", "origin.x.example.com"]
    edge-eu-a = ["edge-eu-a.hosts.x.example.com", "api.x.example.com"]
  }
}

run "a_machine_proves_its_own_names" {
  command = plan
  assert {
    condition = [
      for condition in data.aws_iam_policy_document.certificates["edge-eu-a"].statement[1].condition : toset(condition.values) if endswith(condition.variable, "RecordNames")
    ] == [toset(["_acme-challenge.edge-eu-a.hosts.x.example.com", "_acme-challenge.api.x.example.com"])]
    error_message = "an edge could prove another machine's name"
  }
  assert {
    condition     = toset(aws_iam_user_group_membership.machine["certificates-edge-eu-a"].groups) == toset(["rcr-certificates-edge-eu-a"])
    error_message = "a machine's user has other rights"
  }
}

run "no_key_destroys_what_a_bucket_keeps" {
  command = plan
  assert {
    condition = !anytrue(flatten([
      for document in [data.aws_iam_policy_document.photographs, data.aws_iam_policy_document.texts, data.aws_iam_policy_document.backup] : [
        for statement in document.statement : [for action in statement.actions : can(regex("Version|[*]|Bucket(Policy|Versioning)|Lifecycle", action))]
      ]
    ]))
    error_message = "a version could be removed"
  }
}

run "the_origin_reaches_nothing_of_the_backups_but_its_texts" {
  command = plan
  assert {
    condition     = flatten([for statement in data.aws_iam_policy_document.texts.statement : statement.resources]) == ["arn:aws:s3:::rcr-backup-1/texts/*"]
    error_message = "the origin's key opens the database's backups"
  }
}
