# Photographs. Each object is named after its content, `<sha256>/<width>`, and never overwritten.

module "bucket" {
  source = "../bucket"

  name   = var.name
  region = var.region
  # A photograph that was deleted by mistake can be brought back for so long; after a legal withdrawal the versions are
  # deleted by hand.
  noncurrent_days = 30
  policies        = [data.aws_iam_policy_document.readers.json]
  tags            = var.tags
}

data "aws_iam_policy_document" "readers" {
  # CloudFront alone, of this distribution alone, and the widths alone.
  statement {
    sid       = "CloudFrontReadsWidths"
    actions   = ["s3:GetObject"]
    resources = [for width in var.widths : "${module.bucket.arn}/*/${width}"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [var.distribution_arn]
    }
  }

  # Or a photograph that is not there would be a 403. A listing needs the path `/`, which the function refuses.
  statement {
    sid       = "CloudFrontKnowsWhatIsMissing"
    actions   = ["s3:ListBucket"]
    resources = [module.bucket.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [var.distribution_arn]
    }
  }
}
