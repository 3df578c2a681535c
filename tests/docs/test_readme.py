"""What the documents say can be done, is done."""

import re
from pathlib import Path

import pytest

from docs import session
from tests.programs import required

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


def test_the_first_session_runs_as_it_stands(tmp_path: Path) -> None:
    output = session.run(ROOT / "README.md", tmp_path, ["sh session"])

    assert "executed" in output
    assert "Ivy Lane Nursery Co-op" in output


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_and_prints_what_it_shows(page: Path, tmp_path: Path) -> None:
    if "\n$ ipfs " in page.read_text(encoding="utf-8"):
        required("ipfs", "kubo")

    session.run(page, tmp_path)


def test_every_file_that_documents_name_is_there() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!http)([^)#]+)", text):
            assert (document.parent / link).exists(), f"{document.name} names {link}"
        for name in re.findall(
            r"`((?:contracts|metaorg|scripts|examples|docs|tests|snapshots)/[\w/.-]+)`", text
        ):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}

    assert pages - {"README.md"} == set(re.findall(r"\]\((\S+\.md)\)", index))


def test_the_figures_in_the_readme_are_those_of_the_snapshot() -> None:
    import json

    gas = json.loads((ROOT / "snapshots/gas.json").read_text(encoding="utf-8"))["gas"]

    assert f"{gas['vote, later in a page']:,} gas" in README
