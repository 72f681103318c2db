#!/bin/sh
# Gets or renews this machine's certificate over DNS: port 80 stays closed, and a name that latency leads elsewhere can
# be proven here all the same. Files are renamed into place, the key first, as the edge wants it.
set -eu
umask 077
. /etc/rcr/certificate
# shellcheck disable=SC2086 # several names
certbot certonly --non-interactive --keep-until-expiring --agree-tos --email "$EMAIL" --cert-name rcr --key-type ecdsa \
  --manual --preferred-challenges dns --manual-auth-hook '/usr/local/sbin/rcr-dns-proof add' \
  --manual-cleanup-hook '/usr/local/sbin/rcr-dns-proof remove' $NAMES
live=/etc/letsencrypt/live/rcr
put() {
  install -m 0640 -g rcr "$1" "/etc/rcr/tls/.$2"
  mv "/etc/rcr/tls/.$2" "/etc/rcr/tls/$2"
}
put "$live/privkey.pem" key.pem
put "$live/fullchain.pem" chain.pem
if [ -d /etc/haproxy ]; then
  cat "$live/fullchain.pem" "$live/privkey.pem" >/etc/rcr/tls/.both.pem
  mv /etc/rcr/tls/.both.pem /etc/rcr/tls/both.pem
  systemctl reload-or-restart haproxy
fi
/usr/local/sbin/rcr-start
