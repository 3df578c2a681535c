#!/usr/bin/env bash
# Writes package-lock.json and requirements/*.txt anew: hashes, no addresses.
set -euo pipefail
python3 -m venv .tools/uv && .tools/uv/bin/pip install -q uv

lock() {
    .tools/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}

lock pyproject.toml --group dev -o requirements/dev.txt
lock pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt
lock --group slither -o requirements/slither.txt
lock --group halmos -o requirements/halmos.txt

scratch=$(mktemp -d) # without node_modules, of which npm would record leftovers
cp package.json .npmrc "$scratch"
npm install --prefix "$scratch" --package-lock-only --ignore-scripts
mv "$scratch/package-lock.json" .
! grep -nE '"resolved"|://[^ ]*(simple|\.tgz|\.whl|\.tar\.gz)' package-lock.json requirements/*.txt
