output "distribution" {
  description = "Id, ARN, and the name and zone for alias records."
  value = {
    id      = aws_cloudfront_distribution.this.id
    arn     = aws_cloudfront_distribution.this.arn
    domain  = aws_cloudfront_distribution.this.domain_name
    zone_id = aws_cloudfront_distribution.this.hosted_zone_id
  }
}
