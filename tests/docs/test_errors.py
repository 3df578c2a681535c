"""Every error that a person can meet is on its page, with what to do."""

from pathlib import Path

import pytest

from metaorg.onchain.artifacts import CONTRACTS, load
from tools.docs import errors

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", errors.classes(), ids=lambda one: one.__name__)
def test_every_exception_says_what_happened_and_what_to_do(one: type) -> None:
    happened, to_do = errors.words(one)

    assert happened.endswith(".") and to_do.endswith(".")
    assert f"| `{one.__name__}` | {happened} | {to_do} |" in PAGE


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_error_of_a_contract_is_on_the_page_with_a_sentence(contract: str) -> None:
    for entry in load(contract).errors.values():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{entry['name']}` |"))

        assert contract in row
        assert row.split(" | ")[1].endswith(".")
