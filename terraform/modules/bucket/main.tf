# A closed bucket: encrypted, versioned, no public access by any way; policy.tf refuses plain HTTP.

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:A copy in another region is not in the budget; what it holds is also in the origin's snapshots.
  #checkov:skip=CKV_AWS_18:Access logs would keep readers' addresses; CloudFront and the origin count requests.
  #checkov:skip=CKV2_AWS_62:Nothing listens for its events.
  #checkov:skip=CKV_AWS_145:S3's own keys: a key of our own would cost a call for each photograph that everybody may see.
  region = var.region
  bucket = var.name
  tags   = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  region                  = var.region
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  region = var.region
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}
