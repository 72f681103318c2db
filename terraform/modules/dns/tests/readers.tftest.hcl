# Readers find the nearest healthy machine, in the times that the load tests reckon with.

mock_provider "aws" {}

variables {
  zone_id         = "Z1"
  hosts           = { api = "api.x.example.com", edges = "edges.x.example.com", origin = "origin.x.example.com", media = "media.x.example.com", metrics = "metrics.x.example.com" }
  region_hosts    = { sa = "sa.edges.x.example.com", na = "na.edges.x.example.com" }
  origin_address  = "2001:db8::1"
  metrics_address = "2001:db8::3"
  port            = 443
  distribution    = { id = "E1", arn = "arn:aws:cloudfront::1:distribution/E1", domain = "d1.cloudfront.net", zone_id = "Z2" }
  tags            = {}
  readers = {
    origin-a  = { name = "rcr-origin-a", host = "origin-a.hosts.x.example.com", region = "sa", aws = "sa-east-1", weight = 100, address = "2001:db8::1" }
    origin-b  = { name = "rcr-origin-b", host = "origin-b.hosts.x.example.com", region = "sa", aws = "sa-east-1", weight = 100, address = "2001:db8::2" }
    edge-na-a = { name = "rcr-edge-na-a", host = "edge-na-a.hosts.x.example.com", region = "na", aws = "us-east-1", weight = 100, address = "2001:db8::3" }
  }
}

run "health_checks_have_the_load_tests_numbers" {
  assert {
    condition = alltrue([
      for check in aws_route53_health_check.machine : check.request_interval == 10 && check.failure_threshold == 3 && check.type == "HTTPS"
    ])
    error_message = "a check with other numbers"
  }
  assert {
    condition     = alltrue([for record in aws_route53_record.machine_of_region : record.ttl == 60])
    error_message = "a time to live other than 60 s"
  }
}

run "each_machine_has_a_check_of_its_own" {
  assert {
    condition     = alltrue([for key, record in aws_route53_record.machine_of_region : record.health_check_id == aws_route53_health_check.machine[key].id])
    error_message = "a record with another machine's check"
  }
  assert {
    condition     = alltrue([for key, check in aws_route53_health_check.machine : check.ip_address == var.readers[key].address])
    error_message = "a check of another machine"
  }
}

run "one_latency_record_a_region_for_either_name" {
  assert {
    condition     = toset(keys(aws_route53_record.nearest)) == toset(["api-sa", "api-na", "edges-sa", "edges-na"])
    error_message = join(", ", keys(aws_route53_record.nearest))
  }
  assert {
    condition     = alltrue([for record in aws_route53_record.nearest : record.alias[0].evaluate_target_health && record.type == "AAAA"])
    error_message = "a region that is down would be answered"
  }
}

run "readers_on_ipv4_enter_through_cloudfront" {
  assert {
    condition     = aws_route53_record.api_ipv4.type == "A" && aws_route53_record.api_ipv4.alias[0].name == "d1.cloudfront.net"
    error_message = "the A record leads elsewhere"
  }
}

run "metrics_go_to_the_machine_that_judges" {
  assert {
    condition     = aws_route53_record.metrics.name == "metrics.x.example.com" && one(aws_route53_record.metrics.records) == "2001:db8::3"
    error_message = "the record of the metrics leads elsewhere"
  }
}
