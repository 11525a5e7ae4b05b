#!/bin/sh
# Makes the secrets that docker-compose.yml needs, each at random, in the folder given (default: secrets). What is there
# already stays. The folder is its owner's alone; the files within must be readable for the users in the containers.
set -eu
cd "$(dirname "$0")/../.."
dir=${1:-secrets}
umask 077
mkdir -p "$dir"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
secret() { # name: content on stdin
  if [ ! -e "$dir/$1" ]; then
    cat > "$dir/$1.new"
    chmod 444 "$dir/$1.new"
    mv "$dir/$1.new" "$dir/$1"
  fi
}

random | secret secret_key
random | secret master_key
random | secret postgres_password
random | secret nats_password
random | secret grafana_password
printf 'postgres://pharos:%s@postgres:5432/pharos' "$(cat "$dir/postgres_password")" | secret database_url
printf 'nats://pharos:%s@nats:4222' "$(cat "$dir/nats_password")" | secret nats_url
printf 'accounts { PHAROS { jetstream: enabled, users: [{ user: pharos, password: "%s" }] } }\n' \
  "$(cat "$dir/nats_password")" | secret nats_accounts
echo "secrets are in $dir"
