#!/usr/bin/env bash
# Provides Chromium for the tests of pages. On CI, as root with apt, installs Debian's.
set -euo pipefail
browser=/usr/bin/chromium

if [ ! -x "$browser" ] && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && apt-get install -qy --no-install-recommends chromium fonts-dejavu-core
fi

if [ -x "$browser" ]; then
    "$browser" --version 2>/dev/null
else
    echo "Chromium is missing (Debian: apt install chromium); the tests of pages cannot run." >&2
    [ "${CI:-}" != true ]
fi
