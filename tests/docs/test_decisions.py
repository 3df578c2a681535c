"""docs/decisions.md: what it says is held by cases and tests that there are."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "decisions.md"
VECTORS = ROOT / "tests" / "vectors"


def rows() -> list[list[str]]:
    """The rows of all tables whose last column says what holds them: case, decision, names."""
    found, held = [], False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            held = False
        elif cells[-1] == "held by":
            held = True
        elif held and set(cells[-1]) != {"-"}:
            found.append(cells)
    return found


def names() -> set[str]:
    """Every worked case and every test."""
    decision, votes = (
        json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("decision", "votes")
    )
    found = {case["name"] for case in decision["outcomes"] + votes["histories"]}
    for pattern in ("*.py", "*.sol"):
        for file in (ROOT / "tests").rglob(pattern):
            text = file.read_text(encoding="utf-8")
            found |= set(re.findall(r"(?:def|function) (test\w+)\(", text))
    return found


def test_every_case_is_decided_and_names_what_holds_it() -> None:
    for case, decided, held in rows():
        assert case and decided, case
        assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*", held), case
    assert len(rows()) > 50


def test_whatever_holds_a_case_exists() -> None:
    known = names()

    missing = {name for *_, held in rows() for name in re.findall("`([^`]+)`", held)} - known

    assert not missing
