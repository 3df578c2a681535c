"""Every command explains itself, and the generated pages say what is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.docs.commands import commands

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = dict(commands())
GROUPS = {name for name in COMMANDS if any(other.startswith(f"{name} ") for other in COMMANDS)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_section(name: str) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

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


def test_the_pages_are_fresh_whatever_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--check"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "50"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
