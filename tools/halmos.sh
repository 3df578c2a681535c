#!/usr/bin/env bash
# Proves the properties in tests/halmos, and fuzzes there what cannot be proved. Says a line when all
# hold, and everything when one does not. A proof with a warning (a loop not followed to its end, say)
# is none.
set -euo pipefail
export FOUNDRY_PROFILE=halmos
log=build/halmos.log
halmos=.tools/halmos/bin

mkdir -p build
prove() {
    forge test
    # the folder of the solvers on PATH: otherwise halmos would offer to download them
    PATH="$PWD/$halmos:$PATH" halmos --config tests/halmos/halmos.toml
}
if ! prove >"$log" 2>&1 || grep -q WARNING "$log"; then
    cat "$log" >&2
    exit 1
fi
grep "test result" "$log" | sed 's/\x1b\[[0-9;]*m//g' | tr -d '\r' | awk '{ proved += $4 } END { print proved " properties proved" }'
