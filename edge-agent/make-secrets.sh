#!/bin/sh
# Makes the secrets that edge-agent/docker-compose.yml needs, in EDGE_SECRETS_DIR (default: edge-agent/secrets), and puts
# there what "pharos device provision --out <directory>" gave this device. What is there already stays, but for that.
#   edge-agent/make-secrets.sh <directory>
set -eu
[ $# -eq 1 ] || { echo "usage: $0 <directory of \"pharos device provision\">" >&2; exit 2; }
for file in identity.json device.creds api-key; do
  [ -r "$1/$file" ] || { echo "$1/$file cannot be read: give the directory that \"pharos device provision\" wrote" >&2; exit 1; }
done
dir=${EDGE_SECRETS_DIR:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$dir"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { # name: content on stdin
  cat > "$dir/$1.new"
  # Readable for the users in the containers; the folder is its owner's alone.
  chmod 444 "$dir/$1.new"
  mv "$dir/$1.new" "$dir/$1"
}
once() { if [ -e "$dir/$1" ]; then cat > /dev/null; else keep "$1"; fi; }

random | once edge_postgres_password
random | once edge_api_token
printf 'postgres://pharos:%s@edge-postgres:5432/edge' "$(cat "$dir/edge_postgres_password")" | once edge_database_url
keep device_identity < "$1/identity.json"
keep device_creds < "$1/device.creds"
keep device_api_key < "$1/api-key"
echo "secrets are in $dir"
