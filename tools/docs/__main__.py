"""Write the generated pages of `docs/`, and the guards that the package ships.

`--check` fails when one of them is stale.
"""

import argparse
import os
import sys
from pathlib import Path

from tools.docs import commands, errors, findings, guards, powers, schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "docs/commands.md": commands.page,
    "docs/errors.md": errors.page,
    "docs/findings.md": findings.page,
    "docs/powers.md": powers.page,
    "docs/schemas/audit-report.json": schema.page,
    guards.PATH: guards.page,
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    options.add_argument("--check", action="store_true", help="fail when a page is stale")
    check = options.parse_args().check
    os.chdir(ROOT)
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / ".tools/bin"))
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            sys.exit(f"{name} is stale, run `make docs`")
        if not check:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
