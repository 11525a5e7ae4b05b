#!/bin/sh
# Makes the secrets that edge-agent/docker-compose.yml needs, in EDGE_SECRETS_DIR (default: edge-agent/secrets), and puts
# there what "pharos device provision" gave this device. What is there already stays, but for identity and credential.
#   edge-agent/make-secrets.sh <identity file> <creds file>
set -eu
[ $# -eq 2 ] || { echo "usage: $0 <identity file> <creds file>" >&2; exit 2; }
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
keep device_identity < "$1"
keep device_creds < "$2"
echo "secrets are in $dir"
