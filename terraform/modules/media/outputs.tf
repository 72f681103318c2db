output "bucket" {
  description = "The bucket: name, ARN, and the name by which CloudFront reaches it."
  value = {
    id     = module.bucket.id
    arn    = module.bucket.arn
    domain = module.bucket.domain
  }
}
