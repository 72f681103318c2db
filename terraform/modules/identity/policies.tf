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

# The archive of texts: `origin archive` puts with If-None-Match, `origin check --repair` gets. It never deletes, and reaches nothing else there.
data "aws_iam_policy_document" "texts" {
  statement {
    sid       = "StoreAndRead"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${var.backup_bucket_arn}/texts/*"]
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
  # pgBackRest removes what it no longer needs. The bucket keeps versions, and no action here removes one: what the thief of this
  # key deletes or overwrites can be brought back for as long as old versions are kept.
  statement {
    sid       = "WriteReadAndHide"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${var.backup_bucket_arn}/*"]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.backup_bucket_arn]
  }
}

data "aws_iam_policy_document" "certificates" {
  for_each = var.certificate_names

  statement {
    sid       = "SeeThatItIsThere"
    actions   = ["route53:GetChange"]
    resources = ["arn:aws:route53:::change/*"]
  }

  # The proof of this machine's names, and no other record of the zone.
  statement {
    sid       = "ProveNames"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [var.zone_arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
      values   = [for name in each.value : "_acme-challenge.${name}"]
    }
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["TXT"]
    }
  }
}
