# What each group may do: every action is one that a program calls.

data "aws_iam_policy_document" "photographs" {
  # `origin` puts with If-None-Match, gets, and asks after the bucket. It never deletes.
  statement {
    sid       = "StoreAndRead"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.media_bucket_arn}/*"]
  }

  # For 404 instead of 403, and for the ping.
  statement {
    sid       = "KnowWhatIsMissing"
    actions   = ["s3:ListBucket"]
    resources = [var.media_bucket_arn]
  }
}

data "aws_iam_policy_document" "invalidation" {
  statement {
    sid       = "InvalidateTags"
    actions   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
    resources = [var.distribution_arn]
  }
}

data "aws_iam_policy_document" "backup" {
  # Versions stay when an object is overwritten, and no action here deletes: who steals the key cannot destroy backups.
  statement {
    sid       = "AppendAndRead"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${var.backup_bucket_arn}/*"]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.backup_bucket_arn]
  }
}

data "aws_iam_policy_document" "certificates" {
  statement {
    sid       = "SeeThatItIsThere"
    actions   = ["route53:GetChange"]
    resources = ["arn:aws:route53:::change/*"]
  }

  # The proof of a name, and no other record of the zone.
  statement {
    sid       = "ProveNames"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [var.zone_arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
      values   = [for name in var.certificate_names : "_acme-challenge.${name}"]
    }
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["TXT"]
    }
  }
}
