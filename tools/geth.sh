#!/usr/bin/env bash
# Provides `geth` for the tests on a second kind of node: from PATH, otherwise built with Go.
set -euo pipefail
version=v1.17.8
bin="$PWD/.tools/bin"

build() { # inside geth's own module, so that its go.sum pins and checks every dependency
    local source
    mkdir -p "$bin"
    source=$(cd / && go mod download -json "github.com/ethereum/go-ethereum@$version" | sed -nE 's/^\t"Dir": "(.*)",?$/\1/p')
    (cd "$source" && go build -o "$bin/geth" ./cmd/geth)
}

if command -v geth >/dev/null; then
    geth --version
elif command -v go >/dev/null; then
    echo "building geth $version with $(go version)"
    build
    "$bin/geth" --version
else
    echo "geth is missing: install geth or Go >= 1.25; the tests on geth cannot run." >&2
    [ "${CI:-}" != true ]
fi
