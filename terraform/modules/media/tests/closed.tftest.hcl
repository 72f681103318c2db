# The bucket is closed: nobody reads it but one distribution, and everything is kept in versions.

mock_provider "aws" {
  override_during = plan
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::rcr-media-1" }
  }
}

variables {
  name             = "rcr-media-1"
  region           = "sa-east-1"
  distribution_arn = "arn:aws:cloudfront::1:distribution/E1"
  widths           = [480, 960, 1920]
  tags             = {}
}

run "only_widths_and_only_for_the_distribution" {
  command = plan
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.readers.statement :
      alltrue([for condition in statement.condition : condition.values == tolist([var.distribution_arn])]) && length(statement.condition) == 1
    ])
    error_message = "somebody else may read"
  }
  assert {
    condition     = alltrue([for resource in data.aws_iam_policy_document.readers.statement[0].resources : can(regex("/[*]/(480|960|1920)$", resource))])
    error_message = "more than the widths may be read"
  }
}
