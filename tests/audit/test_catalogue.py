"""Every kind of finding is explained, and every explanation is of a finding that there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import metaorg.audit
from metaorg.audit.catalogue import CATALOGUE
from tools.docs.findings import TOPICS, page

FOLDER = Path(metaorg.audit.__file__).parent
MAKERS = {"difference", "unknown", "compare", "Expected", "_wrong", "_agree"}
"""Functions whose first argument is a code."""


def modules() -> Iterator[ast.Module]:
    """The package without the catalogue itself."""
    for path in FOLDER.rglob("*.py"):
        if path.name != "catalogue.py":
            yield ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def made() -> Iterator[str]:
    """The codes of findings that are made where they are named."""
    for tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in MAKERS and isinstance(first, ast.Constant):
                    yield str(first.value)


def test_every_code_is_explained() -> None:
    topics = {code.partition(".")[0] for code in CATALOGUE}
    named = {text for tree in modules() for text in texts(tree)}
    codes = {text for text in named if text.count(".") == 1 and text.partition(".")[0] in topics}

    assert codes == CATALOGUE.keys()
    assert {*made()} <= CATALOGUE.keys()


def test_no_explanation_is_of_something_else() -> None:
    named = {text for tree in modules() for text in texts(tree)}

    assert CATALOGUE.keys() <= named


def test_an_explanation_is_a_sentence_that_holds_and_what_to_do() -> None:
    texts = [text for kind in CATALOGUE.values() for text in kind]

    assert [text for text in texts if not text.endswith(".") or "|" in text] == []
    assert [kind.rule for kind in CATALOGUE.values() if len(kind.rule) > 100] == []


def test_codes_are_in_order_and_their_topics_have_a_heading() -> None:
    assert [*CATALOGUE] == sorted(CATALOGUE)
    assert [*TOPICS] == sorted({code.partition(".")[0] for code in CATALOGUE})


def test_the_page_has_every_code_once() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]

    assert [row.split("`")[1] for row in rows] == [*CATALOGUE]
