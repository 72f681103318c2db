# The databases' disk outlives its machine. Lightsail encrypts it at rest.

resource "aws_lightsail_disk" "data" {
  for_each = var.machines

  region            = each.value.aws
  name              = "${each.value.name}-data"
  availability_zone = each.value.zone
  size_in_gb        = var.data_disk_gb
  tags              = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_lightsail_disk_attachment" "data" {
  for_each = var.machines

  region        = each.value.aws
  disk_name     = aws_lightsail_disk.data[each.key].name
  instance_name = aws_lightsail_instance.this[each.key].name
  disk_path     = "/dev/xvdf"
}
