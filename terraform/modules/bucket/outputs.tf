output "id" {
  description = "Its name."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.this.arn
}

output "domain" {
  description = "Its regional name, for CloudFront."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
