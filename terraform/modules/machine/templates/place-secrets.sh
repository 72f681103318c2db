#!/bin/sh
# rcr-place-secrets edge|origin|backup|route53: takes NAME=value lines from standard input, keeps them where only root reads
# them, and starts what waited for them. Nothing is printed and nothing is kept elsewhere.
set -eu
case "${1:-}" in
edge) names='EDGE_TOKEN|EDGE_PURGE_TOKEN' values='[!-~]+' ;;
origin) names='DATABASE_URL|MANUSCRIPTS_URL|EDGE_TOKENS|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|ORIGIN_TRUSTED_PROXIES' values='[ -~]+' ;;
backup | route53) names='AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY' values='[A-Za-z0-9/+=]+' ;;
*)
  echo "usage: rcr-place-secrets edge|origin|backup|route53 < file" >&2
  exit 2
  ;;
esac
umask 077
file=$(mktemp /etc/rcr/secrets/.new.XXXXXX)
trap 'rm -f "$file"' EXIT
cat >"$file"
if [ ! -s "$file" ] || grep -qvE "^($names)=$values\$" "$file"; then
  echo "only lines NAME=value with NAME one of $names" >&2
  exit 1
fi
mv "$file" "/etc/rcr/secrets/$1"
case "$1" in
route53) systemctl start rcr-certificate.service ;;
backup) ;;
*) /usr/local/sbin/rcr-start ;;
esac
