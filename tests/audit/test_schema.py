"""Reports as JSON: the published schema says what they are, and what is none is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit import reports
from metaorg.audit.reports import read_report, schema
from metaorg.audit.reports.schema import schema_text
from metaorg.audit.statement import LIMIT
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "audit-report.json"
MAKERS = (reports.rich, reports.clean, reports.young, reports.dark, reports.odd)
VALIDATOR = Draft202012Validator(schema())


def test_the_published_schema_is_fresh_and_valid() -> None:
    Draft202012Validator.check_schema(schema())
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_report_is_as_the_schema_says_and_reads_back(make: Any) -> None:
    report = make()
    data = report.encode()

    assert [error.message for error in VALIDATOR.iter_errors(json.loads(data))] == []
    assert read_report(data) == report
    assert data == documents.encode(report.model_dump(mode="json"))


def test_a_vast_report_reads_back() -> None:
    report = reports.vast()

    assert read_report(report.encode()) == report


def test_keys_beyond_ascii_are_in_canonical_order() -> None:
    """The order of UTF-16 units is not that of UTF-8 bytes."""
    report = reports.young()
    counts = {"\U0001f33b": 1, "\uffee": 2, "seats": 3}
    statement = report.statement.model_copy(update={"counts": counts})

    assert statement.encode() == documents.encode(statement.model_dump(mode="json"))


def altered(*path: str | int, value: Any) -> Any:
    """The rich report with another value somewhere."""
    told = json.loads(reports.rich().encode())
    at = told
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return told


WRONGS: dict[str, tuple[Any, str]] = {
    "address": (altered("statement", "modules", "timelock", value="0x12"), "is not an address"),
    "checksum": (
        altered("statement", "roles", 0, "account", value="0x" + "aB" * 20),
        "wrong checksum",
    ),
    "digest": (altered("statement", "code", 0, "code_hash", value="0x00"), "32 bytes"),
    "hex": (altered("statement", "block", "hash", value="12"), "0x and an even number"),
    "cid": (altered("statement", "documents", 0, "cid", value="Qm"), "match pattern"),
    "number": (altered("statement", "decisions", 0, "number", value="-1"), "match pattern"),
    "presence": (altered("statement", "documents", 0, "presence", value="absent"), "present"),
    "more": (altered("statement", "rumours", value=[]), "Extra inputs"),
    "less": (altered("provenance", "endpoints", value=None), "provenance.endpoints"),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_the_schema_does_not_allow_is_refused_with_its_place(name: str) -> None:
    told, why = WRONGS[name]

    with pytest.raises(InvalidInput, match=why):
        read_report(documents.encode(told))
    if name != "checksum":  # which no pattern can say
        assert not VALIDATOR.is_valid(told)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no statement.format"),
        (b'{"statement": {"format": 2, "software": "9.9"}}', "format 2.*'9.9'"),
        (b'{"statement": {"format": 1}}', "and [0-9]+ more"),
        (b" " * (LIMIT + 1), "at most 64 MiB"),
    ],
    ids=["empty", "no-text", "deep", "list", "format", "bare", "huge"],
)
def test_what_is_no_report_is_refused_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=f"(?s){why}"):
        read_report(data)


@pytest.mark.parametrize("wrong", ["space", "twice", "float"])
def test_a_report_in_another_writing_is_refused(wrong: str) -> None:
    data = reports.young().encode()
    number = b'"number":31415926'
    changes = {
        "space": (b'{"provenance"', b'{ "provenance"'),
        "twice": (number, number + b"," + number),
        "float": (number, number + b".0"),
    }

    with pytest.raises(InvalidInput, match="not in canonical form"):
        read_report(data.replace(*changes[wrong]))
