# --- the data disk: attached after the start, so it is waited for. The databases' folders lie on it before their
# packages are there.
disk=
tries=0
while [ -z "$disk" ]; do
  disk=$(lsblk --noheadings --nodeps --paths --output NAME,TYPE | awk '$2 == "disk" { print $1 }' |
    while read -r name; do [ "$(lsblk --noheadings --output NAME "$name" | wc -l)" -eq 1 ] && echo "$name"; done | head -n 1)
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || { echo "no data disk within 10 minutes" >&2; exit 1; }
  [ -n "$disk" ] || sleep 5
done
# A disk that has a file system already is one that outlived another machine.
[ -n "$(blkid -o value -s TYPE "$disk" || true)" ] || mkfs.ext4 -q -L rcr-data "$disk"
mkdir -p /srv/data /var/lib/postgresql /var/lib/mongodb
echo "LABEL=rcr-data /srv/data ext4 defaults,noatime,nofail 0 2" >>/etc/fstab
mount /srv/data
for folder in postgresql mongodb; do
  mkdir -p "/srv/data/$folder"
  echo "/srv/data/$folder /var/lib/$folder none bind,nofail,x-systemd.requires-mounts-for=/srv/data 0 0" >>/etc/fstab
  mount "/var/lib/$folder"
done
