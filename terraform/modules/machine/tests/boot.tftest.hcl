# The script of the first start: what it must do, must hold, and must never hold.

variables {
  machine = { role = "edge", region = "na", aws = "us-east-1", host = "edge-na-a.hosts.reviews.example.com", memory_gb = 16, release = "0.1.0", third_copy = true, leads = false, central = true, watches = true }
  hosts   = { api = "api.reviews.example.com", edges = "edges.reviews.example.com", origin = "origin.reviews.example.com", media = "media.reviews.example.com", metrics = "metrics.reviews.example.com" }
  ports   = { readers = 443, origin = 8443, ssh = 22, postgres = 5432, mongodb = 27017, metrics = 9443 }
  archives = {
    rcr     = { version = "0.1.0", url = "https://releases.example.com/rcr-0.1.0.tar.zst", sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
    mongodb = { version = "6.0.5", url = "https://releases.example.com/mongodb-6.0.5.tar.zst", sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }
  }
  edge_negative_max_s = 60
  trusted_proxies     = ["2600:9000::/28"]
  media_bucket        = { name = "rcr-media-1", region = "sa-east-1" }
  backup_bucket       = { name = "rcr-backup-1", region = "sa-east-1" }
  distribution_id     = "E1"
  certificate_email   = "operator@example.com"
  zone_id             = "Z1"
}

run "the_network_is_set_up_as_in_the_load_tests" {
  command = plan
  assert {
    condition = alltrue([
      for line in ["net.ipv4.tcp_slow_start_after_idle=0", "net.ipv4.tcp_congestion_control=cubic", "rcr-routes.timer"] : strcontains(output.user_data, line)
    ])
    error_message = "a setting of the network is missing"
  }
  assert {
    condition     = output.user_data != "" && strcontains(file("files/sbin/rcr-routes"), "initcwnd 32 rto_min 80ms")
    error_message = "a setting of the routes is missing"
  }
}

run "archives_are_fetched_with_version_and_checksum" {
  command = plan
  assert {
    condition = alltrue([
      for name, archive in var.archives : strcontains(output.user_data, "fetch ${name} ${archive.version} '${archive.url}' ${archive.sha256}")
    ])
    error_message = "an archive is missing"
  }
}

run "manuscripts_lie_only_where_the_plan_says" {
  command = plan
  variables {
    machine = { role = "edge", region = "eu", aws = "eu-central-1", host = "edge-eu-a.hosts.reviews.example.com", memory_gb = 16, release = "0.1.0", third_copy = false, leads = false, central = false, watches = false }
  }
  assert {
    condition     = !strcontains(output.user_data, "mongo") && !strcontains(output.user_data, "postgres") && length(output.origin_settings) == 0
    error_message = "an edge has a database"
  }
}

run "the_third_copy_has_its_server_and_no_more" {
  command = plan
  assert {
    condition     = strcontains(output.user_data, "/etc/mongodb/mongod.conf") && contains(output.units, "mongod.service") && !strcontains(output.user_data, "postgres")
    error_message = "MongoDB is not there, or another database is"
  }
}

run "an_origin_is_an_edge_too" {
  command = plan
  variables {
    machine = { role = "origin", region = "sa", aws = "sa-east-1", host = "origin-a.hosts.reviews.example.com", memory_gb = 32, release = "0.1.0", third_copy = false, leads = true, central = false, watches = false }
  }
  assert {
    condition     = join(" ", output.units) == "redis-regional.service edge-https.socket edge@a.service node-exporter.service prometheus-agent.service mongod.service origin.service origin-check.timer origin-archive.timer"
    error_message = "something is not started, or too much is"
  }
  assert {
    condition     = strcontains(output.user_data, "systemctl enable ${join(" ", output.units)}\n") && strcontains(output.user_data, "EDGE_REGION=sa")
    error_message = "the script enables something else"
  }
  assert {
    condition     = output.origin_settings.MEDIA_BASE_URL == "https://media.reviews.example.com" && output.edge_settings.ORIGIN_URL == "https://origin.reviews.example.com:8443"
    error_message = "the machine's programs do not find each other"
  }
}

run "the_standby_starts_no_second_origin" {
  command = plan
  variables {
    machine = { role = "origin", region = "sa", aws = "sa-east-1", host = "origin-b.hosts.reviews.example.com", memory_gb = 32, release = "0.1.0", third_copy = false, leads = false, central = false, watches = false }
  }
  assert {
    condition     = length([for unit in output.units : unit if startswith(unit, "origin")]) == 0 && contains(output.units, "mongod.service")
    error_message = "two origins on two databases"
  }
}

run "every_unit_is_one_that_the_release_has" {
  command = plan
  variables {
    machine = { role = "origin", region = "sa", aws = "sa-east-1", host = "origin-a.hosts.reviews.example.com", memory_gb = 32, release = "0.1.0", third_copy = false, leads = true, central = false, watches = false }
  }
  assert {
    condition     = alltrue([for unit in output.units : fileexists("../../../infra/systemd/system/${replace(unit, "/@[ab][.]/", "@.")}")])
    error_message = join(", ", output.units)
  }
  assert {
    condition     = output.edge_settings.REDIS_URL == "redis://127.0.0.1:${regex("\\nport ([0-9]+)\n", file("../../../infra/systemd/etc/redis-regional/redis.conf"))[0]}"
    error_message = "the edge asks another Redis"
  }
}

run "the_proxy_is_nobody_and_counts_whom_it_does_not_know" {
  command = plan
  variables {
    machine = { role = "origin", region = "sa", aws = "sa-east-1", host = "origin-a.hosts.reviews.example.com", memory_gb = 32, release = "0.1.0", third_copy = false, leads = true, central = false, watches = false }
  }
  assert {
    condition = alltrue([
      for line in ["user haproxy", "chroot /var/lib/haproxy", "timeout http-request 10s", "bind [::]:8443 ssl", "if !trusted { sc0_conn_cur gt 256 }", "if !trusted { sc0_http_req_rate gt 200 }"] :
      strcontains(output.user_data, line)
    ])
    error_message = "the proxy in front of the origin lacks a limit"
  }
}

run "user_data_holds_no_secret" {
  command = plan
  variables {
    machine = { role = "origin", region = "sa", aws = "sa-east-1", host = "origin-a.hosts.reviews.example.com", memory_gb = 32, release = "0.1.0", third_copy = false, leads = true, central = false, watches = false }
  }
  assert {
    # A name with a value behind it; the names alone stand in what checks them.
    condition     = length(regexall("(TOKENS?|SECRET[A-Z_]*|ACCESS_KEY_ID|PASSWORD|DATABASE_URL|MANUSCRIPTS_URL)=[^\"' |)]", output.user_data)) == 0
    error_message = "user data gives a secret a value"
  }
  assert {
    condition     = length(setintersection(keys(merge(output.edge_settings, output.origin_settings)), ["EDGE_TOKEN", "EDGE_PURGE_TOKEN", "EDGE_TOKENS", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"])) == 0
    error_message = "a secret stands among the settings"
  }
  assert {
    condition     = output.user_data != "" && alltrue([for file in fileset("files", "*/*") : length(regexall("(TOKENS?|SECRET[A-Z_]*|ACCESS_KEY_ID|PASSWORD|DATABASE_URL|MANUSCRIPTS_URL)=[^\"' |)$]", file("files/${file}"))) == 0])
    error_message = "a file of the release gives a secret a value"
  }
}

run "what_a_program_reads_again_lies_in_a_file_of_its_own" {
  command = plan
  assert {
    # The script adds `_FILE` to each name, and both programs' lists of settings have that one.
    condition = output.user_data != "" && alltrue([
      for program, names in { edge = ["EDGE_TOKEN", "EDGE_PURGE_TOKEN"], origin = ["DATABASE_URL", "MANUSCRIPTS_URL", "EDGE_TOKENS"] } : alltrue(concat(
        [strcontains(file("files/sbin/rcr-place-secrets"), "own='${join(" ", names)}'")],
        [for name in names : strcontains(file("../../../${program}/docs/settings.md"), "| `${name}_FILE` |")],
      ))
    ])
    error_message = "a secret whose file no program looks at"
  }
  assert {
    condition     = output.user_data != "" && strcontains(file("files/sbin/rcr-place-secrets"), "rotated AWS_KEYS ") && strcontains(file("../../../origin/docs/settings.md"), "| `AWS_KEYS_FILE` |")
    error_message = "the origin looks for its keys elsewhere"
  }
  assert {
    condition = output.user_data != "" && alltrue([
      for kind in split("|", regex("rcr-place-secrets ([a-z0-9|]+):", file("files/sbin/rcr-place-secrets"))[0]) : strcontains(file("../../README.md"), "sudo rcr-place-secrets ${kind} ")
    ])
    error_message = "the README lacks a kind of secrets"
  }
}

run "every_machine_tells_how_it_is" {
  command = plan
  variables {
    machine = { role = "edge", region = "eu", aws = "eu-central-1", host = "edge-eu-a.hosts.reviews.example.com", memory_gb = 16, release = "0.1.0", third_copy = false, leads = false, central = false, watches = false }
  }
  assert {
    condition     = contains(output.units, "node-exporter.service") && contains(output.units, "prometheus-agent.service") && strcontains(output.user_data, "\nREGION=eu\nMACHINE=edge-eu-a\n")
    error_message = "nobody would hear of the machine, or under another name"
  }
  assert {
    condition     = strcontains(output.user_data, "systemctl disable --now prometheus prometheus-node-exporter\n") && strcontains(output.user_data, "s/metrics\\.example\\.com/metrics.reviews.example.com/")
    error_message = "Debian's units run beside ours, or metrics are sent elsewhere"
  }
  assert {
    condition     = !strcontains(output.user_data, "alertmanager") && !strcontains(output.user_data, "targets/origin.yaml") && !contains(output.certificate_names, var.hosts.metrics)
    error_message = "an edge has what is the central machine's, or the origin's"
  }
}

run "one_machine_judges" {
  command = plan
  assert {
    condition     = contains(output.units, "prometheus-central.service") && contains(output.units, "alertmanager.service") && contains(output.certificate_names, var.hosts.metrics)
    error_message = "nobody judges, or under a name that is not proven"
  }
  assert {
    # Where the unit listens, agents send and the firewall is open.
    condition = output.user_data != "" && alltrue([
      strcontains(file("../../../infra/systemd/system/prometheus-central.service"), "--web.listen-address=:${var.ports.metrics}\n"),
      strcontains(file("../../../infra/observability/prometheus/machine.yaml"), "https://metrics.example.com:${var.ports.metrics}/"),
    ])
    error_message = "the port of the plan is not that of the settings"
  }
}

run "a_machine_that_may_judge_later_does_not_yet" {
  command = plan
  variables {
    machine = { role = "edge", region = "na", aws = "us-east-1", host = "edge-na-b.hosts.reviews.example.com", memory_gb = 16, release = "0.1.0", third_copy = true, leads = false, central = true, watches = false }
  }
  assert {
    condition     = !contains(output.units, "prometheus-central.service") && !contains(output.units, "alertmanager.service") && strcontains(output.user_data, "/etc/alertmanager") && contains(output.certificate_names, var.hosts.metrics)
    error_message = "it pages for regions that it does not hear of, or lacks what it needs to take over"
  }
}

run "an_edge_keeps_absence_as_long_as_the_policy_says" {
  command = plan
  assert {
    condition     = strcontains(output.user_data, "\nEDGE_NEGATIVE_MAX_S=60\n")
    error_message = "EDGE_NEGATIVE_MAX_S is not the policy's"
  }
}

run "a_release_is_fetched_by_the_name_that_it_is_given" {
  command = plan
  variables {
    # As infra/stack/src/release/mod.rs names it, here from a tree with changes.
    archives = {
      rcr     = { version = "0.1.0-g3b27800-dirty", url = "https://releases.example.com/rcr-0.1.0-g3b27800-dirty.tar.zst", sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
      mongodb = { version = "6.0.5", url = "https://releases.example.com/mongodb-6.0.5.tar.zst", sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }
    }
  }
  assert {
    condition     = strcontains(output.user_data, "fetch rcr 0.1.0-g3b27800-dirty 'https://releases.example.com/rcr-0.1.0-g3b27800-dirty.tar.zst'")
    error_message = "the archive is not fetched"
  }
}

run "an_archive_without_encryption_is_refused" {
  command = plan
  variables {
    archives = { rcr = { version = "0.1.0", url = "http://releases.example.com/rcr.tar.zst", sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } }
  }
  expect_failures = [var.archives]
}

run "an_archive_without_checksum_is_refused" {
  command = plan
  variables {
    archives = { rcr = { version = "0.1.0", url = "https://releases.example.com/rcr.tar.zst", sha256 = "" } }
  }
  expect_failures = [var.archives]
}

run "an_archive_without_version_is_refused" {
  command = plan
  variables {
    archives = { rcr = { version = "latest", url = "https://releases.example.com/rcr.tar.zst", sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } }
  }
  expect_failures = [var.archives]
}

run "user_data_that_lightsail_refuses_is_refused_here" {
  command = plan
  variables {
    trusted_proxies = [for n in range(1000) : "2600:9000:${n}::/48"]
  }
  expect_failures = [output.user_data]
}
