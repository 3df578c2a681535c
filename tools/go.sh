#!/usr/bin/env bash
# Provides a program that tests need for real: from PATH, otherwise built with Go.
#     tools/go.sh PROGRAM MODULE@VERSION
set -euo pipefail
program=$1 module=$2
bin="$PWD/.tools/bin"

build() { # inside the module itself, so that its go.sum pins and checks every dependency
    local source
    mkdir -p "$bin"
    source=$(cd / && go mod download -json "$module" | sed -nE 's/^\t"Dir": "(.*)",?$/\1/p')
    (cd "$source" && go build -o "$bin/$program" "./cmd/$program")
}

if command -v "$program" >/dev/null; then
    "$program" --version
elif command -v go >/dev/null; then
    echo "building $module with $(go version)"
    build
    "$bin/$program" --version
else
    echo "$program is missing: install it, or Go >= 1.26; the tests that need it cannot run." >&2
    [ "${CI:-}" != true ]
fi
