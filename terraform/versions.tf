terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The one whose schema is checked against. A newer one comes with a new schema/aws.json.
      version = "6.69.1"
    }
  }

  # Where the state lies is the operator's: `terraform init -backend-config=backend.hcl` with bucket, key and region.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  # Every resource that lies in a region names it; this one is for those that lie in none.
  region = "us-east-1"
  # A profile of another account changes nothing there.
  allowed_account_ids = [var.account_id]
}
