# A bucket is closed to the public, encrypted, and forgets nothing at once.

mock_provider "aws" {
  override_during = plan
}

variables {
  name            = "rcr-backup-1"
  region          = "sa-east-1"
  noncurrent_days = 7
  tags            = {}
}

run "nobody_comes_in_by_way_of_the_public" {
  command = plan
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "a way to the public is open"
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "objects could have owners and lists of their own"
  }
  assert {
    condition     = [for statement in data.aws_iam_policy_document.this.statement : [for condition in statement.condition : condition.variable] if statement.effect == "Deny"] == [["aws:SecureTransport"]]
    error_message = "plain HTTP is not refused"
  }
}

run "what_lies_in_it_is_encrypted" {
  command = plan
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "another encryption, or none"
  }
}

run "what_is_overwritten_or_deleted_can_be_brought_back_for_a_while" {
  command = plan
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "no versions are kept"
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 7
    error_message = "versions are kept for another time"
  }
}

run "nothing_goes_for_its_age" {
  command = plan
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule) == 1 && aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == null
    error_message = "the last backup could go without a newer one"
  }
}
