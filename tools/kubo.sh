#!/usr/bin/env bash
# Provides `ipfs` (Kubo) for the tests that need a real daemon: from PATH, otherwise built with Go.
set -euo pipefail
version=v0.43.0
bin="$PWD/.tools/bin"

build() { # inside Kubo's own module, so that its go.sum pins and checks every dependency
    local source
    mkdir -p "$bin"
    source=$(cd / && go mod download -json "github.com/ipfs/kubo@$version" | sed -nE 's/^\t"Dir": "(.*)",?$/\1/p')
    (cd "$source" && go build -o "$bin/ipfs" ./cmd/ipfs)
}

if command -v ipfs >/dev/null; then
    ipfs version
elif command -v go >/dev/null; then
    echo "building Kubo $version with $(go version)"
    build
    "$bin/ipfs" version
else
    echo "Kubo is missing: install Kubo or Go >= 1.26; the tests against a Kubo daemon cannot run." >&2
    [ "${CI:-}" != true ]
fi
