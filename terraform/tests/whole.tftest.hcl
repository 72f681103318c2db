# The example, planned as a whole over a provider that knows only the schema.

mock_provider "aws" {
  override_during = plan
  mock_resource "aws_lightsail_instance" {
    defaults = { ipv6_addresses = ["2001:db8::1"] }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "rcr-media-123456789012", arn = "arn:aws:s3:::rcr-media-123456789012", bucket_regional_domain_name = "rcr-media-123456789012.s3.sa-east-1.amazonaws.com" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { id = "E123EXAMPLE", arn = "arn:aws:cloudfront::123456789012:distribution/E123EXAMPLE", domain_name = "d1.cloudfront.net", hosted_zone_id = "Z2" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [
        { domain_name = "api.reviews.example.com", resource_record_name = "_a.api", resource_record_type = "CNAME", resource_record_value = "_b" },
        { domain_name = "media.reviews.example.com", resource_record_name = "_a.media", resource_record_type = "CNAME", resource_record_value = "_c" },
      ]
    }
  }
  mock_data "aws_route53_zone" {
    defaults = { zone_id = "Z1EXAMPLE", arn = "arn:aws:route53:::hostedzone/Z1EXAMPLE" }
  }
  mock_data "aws_ip_ranges" {
    defaults = { ipv6_cidr_blocks = ["2001:db8:9::/48"] }
  }
}

run "the_example_is_a_plan" {
  command = plan
  assert {
    condition     = length(output.machines) == 5 && output.usd_month.instances == 560
    error_message = "five machines for 560 dollars"
  }
  assert {
    condition     = output.hosts.api == "api.reviews.example.com"
    error_message = output.hosts.api
  }
  assert {
    # The proxy beside it, CloudFront's network, five machines.
    condition     = output.origin_trusted_proxies == "127.0.0.1,2001:db8:9::/48,2001:db8::1,2001:db8::1,2001:db8::1,2001:db8::1,2001:db8::1"
    error_message = output.origin_trusted_proxies
  }
}

run "no_user_data_is_larger_than_lightsail_takes" {
  command = plan
  assert {
    condition     = alltrue([for machine in module.machine : length(machine.user_data) < 16384])
    error_message = "a script that is too long"
  }
  # One machine judges, and the name that agents send to is its own.
  assert {
    condition     = [for key, machine in module.machine : key if contains(machine.units, "prometheus-central.service") && contains(machine.certificate_names, output.hosts.metrics)] == ["edge-na-a"]
    error_message = "nobody judges, or two do"
  }
  # All of São Paulo's machines and none else can read what the origin needs to know.
  assert {
    condition     = toset([for key, machine in module.machine : key if strcontains(machine.user_data, "E123EXAMPLE")]) == toset(["origin-a", "origin-b"])
    error_message = "the origin's settings are elsewhere, too"
  }
}

run "each_machine_may_prove_its_own_names_only" {
  command = plan
  assert {
    condition     = toset(keys(output.users)) == toset(concat(["origin", "backup"], [for key in keys(output.machines) : "certificates-${key}"]))
    error_message = join(", ", keys(output.users))
  }
}

run "a_second_machine_in_a_region_is_warned_of" {
  command = plan
  variables {
    edges = {
      na   = { a = { release = "0.1.0", weight = 100 }, b = { release = "0.1.0", weight = 0 } }
      eu   = { a = { release = "0.1.0", weight = 100 } }
      asia = { a = { release = "0.1.0", weight = 100 } }
    }
  }
  expect_failures = [check.one_machine_a_region]
}

run "a_release_without_a_checksum_is_refused" {
  command = plan
  variables {
    releases = {}
  }
  expect_failures = [var.releases]
}

run "operators_are_not_everybody" {
  command = plan
  variables {
    admin_networks = ["::/0"]
  }
  expect_failures = [var.admin_networks]
}
