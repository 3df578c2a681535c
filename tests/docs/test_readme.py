"""What the README says can be done, is done."""

import re
from pathlib import Path

from docs.session import run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_session_runs_as_it_stands(tmp_path: Path) -> None:
    done = run(README, "$PWD/build/session", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "executed" in done.stdout
    assert "Ivy Lane Nursery Co-op" in done.stdout


def test_every_file_that_documents_name_is_there() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!http)([^)#]+)", text):
            assert (document.parent / link).exists(), f"{document.name} names {link}"
        for name in re.findall(
            r"`((?:contracts|metaorg|scripts|examples|docs|tests|snapshots)/[\w/.-]+)`", text
        ):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_the_figures_in_the_readme_are_those_of_the_snapshot() -> None:
    import json

    gas = json.loads((ROOT / "snapshots/gas.json").read_text(encoding="utf-8"))["gas"]

    assert f"{gas['vote, later in a page']:,} gas" in README
