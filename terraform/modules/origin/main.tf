# Primary and standby: two machines alike, in two zones of São Paulo. Which of them leads is not written here.

locals {
  region = one(distinct([for machine in var.machines : machine.aws]))
}

resource "aws_lightsail_key_pair" "operators" {
  region = local.region
  # A key cannot change, so another key is another pair; both are there while one follows the other.
  name       = "${var.name}-operators-${substr(sha256(var.ssh_public_key), 0, 8)}"
  public_key = var.ssh_public_key
  tags       = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lightsail_instance" "this" {
  for_each = var.machines

  region            = each.value.aws
  name              = each.value.name
  availability_zone = each.value.zone
  blueprint_id      = var.blueprint_id
  bundle_id         = each.value.bundle_id
  ip_address_type   = each.value.ip
  key_pair_name     = aws_lightsail_key_pair.operators.name
  user_data         = var.user_data[each.key]
  tags              = var.tags

  # Daily, seven are kept; they hold the data disk, too.
  add_on {
    type          = "AutoSnapshot"
    status        = "Enabled"
    snapshot_time = "06:00"
  }

  lifecycle {
    # It holds the truth: it is replaced by promoting the other one, and by hand.
    prevent_destroy = true
    # A changed script, image or key is for machines to come.
    ignore_changes = [user_data, blueprint_id, key_pair_name]
  }
}
