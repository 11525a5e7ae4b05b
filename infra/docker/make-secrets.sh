#!/bin/sh
# Makes the secrets that docker-compose.yml needs, each at random, in the folder given (default: secrets). What is there
# already stays. The folder is its owner's alone; the files within must be readable for the users in the containers.
# Keys are made by pharos itself: by $PHAROS if set, from this checkout where its packages are installed, else in a container.
set -eu
cd "$(dirname "$0")/../.."
dir=${1:-secrets}
umask 077
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
secret() { # name: content on stdin
  if [ ! -e "$dir/$1" ]; then
    cat > "$dir/$1.new"
    chmod 444 "$dir/$1.new"
    mv "$dir/$1.new" "$dir/$1"
  fi
}
make_keys() {
  if [ -n "${PHAROS:-}" ]; then
    $PHAROS keys init "$dir"
  elif [ -d node_modules ]; then
    npm run --silent pharos -- keys init "$dir"
  else
    image=pharos:${PHAROS_VERSION:-local}
    docker build --quiet --file infra/docker/Dockerfile --tag "$image" . > /dev/null
    docker run --rm --user "$(id -u):$(id -g)" --volume "$dir:/keys" "$image" keys init /keys
  fi
  # offline/ and manifest_root are for no container.
  for key in nats_authority device_issuer nats_creds manifest_keys nats_accounts; do chmod 444 "$dir/$key"; done
}

if [ ! -e "$dir/nats_authority" ]; then
  if [ -e "$dir/nats_accounts" ]; then
    echo "$dir is of a version with a password for NATS: docs/operations.md, Upgrade, says how to go on" >&2
    exit 1
  fi
  make_keys
fi
random | secret secret_key
random | secret master_key
random | secret postgres_password
random | secret grafana_password
printf 'postgres://pharos:%s@postgres:5432/pharos' "$(cat "$dir/postgres_password")" | secret database_url
printf 'nats://nats:4222' | secret nats_url
echo "secrets are in $dir"
