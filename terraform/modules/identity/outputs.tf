output "users" {
  description = "The machine users; the operator makes a key for each: `aws iam create-access-key --user-name …`."
  value       = { for key, user in aws_iam_user.machine : key => user.name }
}
