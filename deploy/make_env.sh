#!/bin/sh
# Writes .env beside docker-compose.yml, with fresh secrets: sh deploy/make_env.sh exams.example.org
#
# An .env that exists is never touched: SECRET_KEY seals the session passwords, and the database knows its own.
set -eu
umask 077
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

# 32 random bytes, in characters that need no quoting in an address, in SQL or in YAML.
secret() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }

address=${1:-}
case $address in
    '' | *[!A-Za-z0-9.-]*)
        say "usage: sh deploy/make_env.sh NAME"
        say "NAME is what people type after https://, a name or an address: exams.example.org, 192.0.2.7, localhost."
        exit 2
        ;;
esac

if [ -e .env ]; then
    say ".env is there already and was not changed. To change the address, edit SITE_ADDRESS in it."
    exit 1
fi

cat >.env.new <<END
# Read by docker compose. Keep a copy in a safe place, apart from the backups of the database; show it to nobody.
# docs/containers.md says what each line is for.
SITE_ADDRESS=$address
SITE_TLS=internal
POSTGRES_PASSWORD=$(secret)
OWNER_PASSWORD=$(secret)
APP_PASSWORD=$(secret)
REDIS_PASSWORD=$(secret)
SECRET_KEY=$(secret)
END
mv .env.new .env
say "Wrote .env for https://$address"
