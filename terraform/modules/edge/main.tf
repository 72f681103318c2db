# The edges that stand by themselves: nothing on them is kept, and each is replaced, never changed.

locals {
  regions = toset([for machine in var.machines : machine.aws])
}

resource "aws_lightsail_key_pair" "operators" {
  for_each = local.regions

  region = each.value
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
  key_pair_name     = aws_lightsail_key_pair.operators[each.value.aws].name
  user_data         = var.user_data[each.key]
  tags              = var.tags

  lifecycle {
    # A change that needs another machine makes the new one first. Lightsail refuses two of one name, so such a change
    # fails before it touches anything: it wants another slot (README.md, Replacing an edge).
    create_before_destroy = true
    # A changed script, image or key is for machines to come.
    ignore_changes = [user_data, blueprint_id, key_pair_name]
  }
}
