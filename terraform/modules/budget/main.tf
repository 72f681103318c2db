# The month's money: a budget that looks ahead, and an alarm on the bill itself. Billing figures live in us-east-1.

locals {
  region = "us-east-1"

  # When who is told: what was spent, and what will have been by the end of the month.
  warnings = {
    spent_80     = { type = "ACTUAL", percent = 80 }
    spent_100    = { type = "ACTUAL", percent = 100 }
    expected_105 = { type = "FORECASTED", percent = 105 }
  }
}

resource "aws_budgets_budget" "month" {
  name         = "${var.name}-month"
  budget_type  = "COST"
  limit_amount = tostring(ceil(var.usd_month))
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = var.tags

  dynamic "notification" {
    for_each = local.warnings
    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value.type
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.emails
    }
  }
}

resource "aws_sns_topic" "bill" {
  #checkov:skip=CKV_AWS_26:Its messages say that the bill is high, and alarms cannot write to a topic under AWS's own key.
  region = local.region
  name   = "${var.name}-bill"
  tags   = var.tags
}

resource "aws_sns_topic_subscription" "bill" {
  for_each = toset(var.emails)

  region    = local.region
  topic_arn = aws_sns_topic.bill.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "bill" {
  region              = local.region
  alarm_name          = "${var.name}-bill"
  alarm_description   = "The month's bill has passed what the plan costs."
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  dimensions          = { Currency = "USD" }
  statistic           = "Maximum"
  period              = 21600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = ceil(var.usd_month)
  # The figure exists only after billing alerts have been switched on for the account: until then the alarm must not look well.
  treat_missing_data = "missing"
  alarm_actions      = [aws_sns_topic.bill.arn]
  tags               = var.tags
}
