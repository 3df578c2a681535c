"""docs/audit.md: its figures, tables, chains and codes are those of the code."""

import re
from pathlib import Path

import pytest

from metaorg.audit.catalogue import CATALOGUE
from metaorg.audit.collecting.reader import HEADERS, MOST, START, WIDEST
from metaorg.audit.collecting.settling import USUAL
from metaorg.audit.finality import DEEP, DEVELOPMENT, RULES
from metaorg.audit.index.schema import TABLES
from metaorg.audit.statement import LIMIT
from metaorg.onchain.endpoint import ANSWER, PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = " ".join((ROOT / "docs" / "audit.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "said",
    [
        f"begin at {START} blocks",
        f"at most {HEADERS:,} blocks ({WIDEST:,} with `--no-headers`)",
        f"about {MOST:,} logs",
        f"At most {USUAL.receipts:,} blocks are settled by receipts",
        f"An answer may have {ANSWER >> 20} MiB",
        f"A report has at most {LIMIT >> 20} MiB",
        f"{DEEP} blocks behind the head",
        f"development chains ({', '.join(map(str, sorted(DEVELOPMENT)))})",
    ],
)
def test_the_figures_are_those_of_the_code(said: str) -> None:
    assert said in PAGE


def test_patience_is_two_minutes() -> None:
    assert PATIENCE == 120
    assert "for up to two minutes" in PAGE


@pytest.mark.parametrize("rule", sorted(set(RULES.values())))
def test_every_rule_of_finality_is_in_the_table(rule: str) -> None:
    assert f"| {rule} |" in PAGE


@pytest.mark.parametrize("table", [*TABLES, "log_provenance"])
def test_every_table_of_an_index_is_named(table: str) -> None:
    assert f"`{table}`" in PAGE


def test_every_code_that_the_page_names_is_in_the_catalogue() -> None:
    codes = set(re.findall(r"`((?:reading|proof|document|public|powers)\.[a-z-]+)`", PAGE))

    assert codes
    assert codes <= CATALOGUE.keys()
