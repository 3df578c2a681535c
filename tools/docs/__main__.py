"""Write the generated pages of `docs/`; `--check` fails when one of them is stale."""

import argparse
import os
import sys
from pathlib import Path

from tools.docs import commands, errors, powers, schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "commands.md": commands.page,
    "errors.md": errors.page,
    "powers.md": powers.page,
    "schemas/audit-report.json": schema.page,
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    options.add_argument("--check", action="store_true", help="fail when a page is stale")
    check = options.parse_args().check
    os.chdir(ROOT)
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / ".tools/bin"))
    for name, page in PAGES.items():
        path, text = ROOT / "docs" / name, page()
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            sys.exit(f"docs/{name} is stale, run `make docs`")
        if not check:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
