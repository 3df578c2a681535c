"""Every command explains itself, and `docs/commands.md` says the same."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("docs", ROOT / "tools" / "docs.py")
assert spec is not None and spec.loader is not None
docs: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docs)
COMMANDS: dict[str, str] = dict(docs.commands())
GROUPS = {name for name in COMMANDS if any(other.startswith(f"{name} ") for other in COMMANDS)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_section(name: str) -> None:
    page = docs.PAGE.read_text()

    assert f"\n## {name}\n" in page
    sentence = COMMANDS[name].split("\n\n")[1].strip()
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    options = re.findall(r"^  (-.+)$", COMMANDS[name], re.MULTILINE)

    for line in options:
        assert re.search(r"\S  +\S", line) or f"{line}\n     " in COMMANDS[name], line


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - GROUPS))
def test_reads_have_json_and_writes_have_a_dry_run(name: str) -> None:
    assert "  --json " in COMMANDS[name]
    if "  --account " in COMMANDS[name]:
        assert "  --dry-run " in COMMANDS[name]
        assert " --yes " in COMMANDS[name]


def test_the_page_is_fresh_whatever_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs.py", "--check"],
        env={"COLUMNS": "50"},
        check=False,
    )

    assert done.returncode == 0
