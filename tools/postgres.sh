#!/usr/bin/env bash
# Provides the programs of a PostgreSQL server, which tests start on a socket of their own, and the
# sqlite3 shell, into which the same SQL is loaded. On CI, as root with apt, installs Debian's.
set -euo pipefail

has_server() { command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; }
has_all() { has_server && command -v psql >/dev/null && command -v sqlite3 >/dev/null; }

if ! has_all && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q && apt-get install -qy --no-install-recommends postgresql sqlite3
fi

if has_all; then
    psql --version
else
    echo "PostgreSQL or the sqlite3 shell is missing (Debian, Ubuntu: apt install postgresql sqlite3);" \
        "the tests that need them cannot run." >&2
    [ "${CI:-}" != true ]
fi
