#!/bin/sh
# rcr-dns-proof add|remove: certbot's hook. Says in DNS that this machine may have a certificate for $CERTBOT_DOMAIN, and takes
# it back. By curl, because Debian's library for AWS does not know Route 53's name for IPv6. Two machines that prove the same
# name in the same minute disturb each other; the next day's try is at another hour.
set -eu
. /etc/rcr/certificate
. /etc/rcr/secrets/route53
api=${ROUTE53_API:-https://route53.global.api.aws}/2013-04-01
case "$1" in add) action=UPSERT ;; remove) action=DELETE ;; *) exit 2 ;; esac

# The key goes in by standard input: arguments can be read by everybody.
ask() {
  printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
    curl --config - --fail --silent --show-error --retry 5 --aws-sigv4 aws:amz:us-east-1:route53 "$@"
}

record="<Name>_acme-challenge.$CERTBOT_DOMAIN</Name><Type>TXT</Type><TTL>60</TTL>
<ResourceRecords><ResourceRecord><Value>\"$CERTBOT_VALIDATION\"</Value></ResourceRecord></ResourceRecords>"
answer=$(ask --header 'content-type: text/xml' --data "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">
<ChangeBatch><Changes><Change><Action>$action</Action><ResourceRecordSet>$record</ResourceRecordSet></Change></Changes></ChangeBatch>
</ChangeResourceRecordSetsRequest>" "$api/hostedzone/$ZONE/rrset")
[ "$action" = UPSERT ] || exit 0

# All of Route 53's servers have it when it says so.
change=$(printf '%s' "$answer" | tr '\n' ' ' | sed -nE 's#.*<Id>/change/([A-Za-z0-9]+)</Id>.*#\1#p')
tries=0
until ask "$api/change/$change" | grep -q INSYNC; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || exit 1
  sleep 3
done
