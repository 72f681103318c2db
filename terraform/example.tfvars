# An example; every value here is made up. `terraform plan -var-file=production.tfvars` takes yours.

account_id = "123456789012"
domain     = "reviews.example.com"
zone       = "example.com"

origins = {
  a = { release = "0.1.0", weight = 100 }
  b = { release = "0.1.0", weight = 100 }
}
primary = "a"

edges = {
  na   = { a = { release = "0.1.0", weight = 100 } }
  eu   = { a = { release = "0.1.0", weight = 100 } }
  asia = { a = { release = "0.1.0", weight = 100 } }
}

releases = {
  "0.1.0" = "0000000000000000000000000000000000000000000000000000000000000000"
}
releases_url = "https://releases.example.com"

mongodb = {
  version = "6.0.5"
  url     = "https://releases.example.com/mongodb-6.0.5.tar.zst"
  sha256  = "0000000000000000000000000000000000000000000000000000000000000000"
}

ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA operators"
admin_networks = ["2001:db8:1::/48"]
alert_emails   = ["operations@example.com"]
