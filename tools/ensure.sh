#!/usr/bin/env bash
# Says what is missing before anything is built. On CI, as root with apt, installs it instead.
set -euo pipefail

python="${1:-python3}"
has_python() { "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_node() { node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null && command -v npm >/dev/null; }

if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    packages=()
    has_python || packages+=(python3 python3-venv)
    has_node || packages+=(nodejs npm)
    if ((${#packages[@]})); then
        apt-get update -q && apt-get install -qy --no-install-recommends "${packages[@]}"
    fi
fi

has_python || {
    echo "Python >= 3.11 with venv is needed (Debian, Ubuntu: apt install python3-venv;" \
        "another interpreter: make PYTHON=python3.12)." >&2
    exit 1
}
has_node || { echo "Node.js >= 20 with npm is needed." >&2; exit 1; }
