"""Organizations from a CSV file: every bad row is named at once, with its line."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from metaorg.errors import InvalidInput
from metaorg.records import Profile
from metaorg.types import Model

COLUMNS = (
    "identifier",
    "name",
    "ownership",
    "legal_form",
    "sector",
    "locality",
    "region",
    "country",
)
UNCLASSIFIED = "unclassified"
"""The constituency of a row whose `ownership` is empty."""
SIZE_LIMIT = 64 << 20
CONSTITUENCY_LIMIT = 28
"""Bytes of a constituency's name on chain."""


class Row(Model):
    """An organization of a table: who it is, and the constituency that its `ownership` names."""

    profile: Profile
    constituency: str


def read_organizations(path: Path, limit: int = 0) -> list[Row]:
    """The organizations of a CSV file with the columns of `COLUMNS`, in order.

    Args:
        limit: read at most this many rows; 0 reads all.

    Raises:
        InvalidInput: with every problem found in the rows that were read.
    """
    problems: list[str] = []
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for line, raw in _lines(path):
        if limit and len(rows) + len(problems) >= limit:
            break
        found = _row(raw) if isinstance(raw, Mapping) else raw
        identifier = raw.get("identifier") if isinstance(raw, Mapping) else None
        if isinstance(found, str):
            problems.append(f"{path}:{line}: {found}")
        elif identifier and identifier in seen:
            problems.append(f"{path}:{line}: {identifier!r} stands in line {seen[identifier]} too")
        else:
            rows.append(found)
        if identifier:
            seen.setdefault(identifier, line)
    if problems:
        raise InvalidInput(*problems)
    if not rows:
        raise InvalidInput(f"{path} has no rows")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str | None] | str]]:
    """Each row with the line in which it begins; last a sentence, where the rest is not CSV."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = reader.fieldnames or ()
    except csv.Error as error:
        raise InvalidInput(f"{path}:1: this is not CSV: {error}") from None
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InvalidInput(f"{path}:1: these columns are missing: {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise InvalidInput(f"{path}:1: a column stands there twice")
    line = reader.reader.line_num + 1
    try:
        for row in reader:
            yield line, row
            line = reader.reader.line_num + 1
    except csv.Error as error:
        yield line, f"this is not CSV: {error}"


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InvalidInput(f"{path} is larger than {SIZE_LIMIT} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidInput(f"{path}:{line}: this is not UTF-8") from None


def _row(raw: Mapping[str, str | None]) -> Row | str:
    """A row, or what is wrong with it."""
    if None in raw or None in raw.values():
        return f"it does not have {len(COLUMNS)} columns"
    fields = {name: raw[name] for name in COLUMNS if name != "ownership"}
    constituency = (raw["ownership"] or "").strip() or UNCLASSIFIED
    if len(constituency.encode()) > CONSTITUENCY_LIMIT:
        return f"ownership: {constituency!r} has more than {CONSTITUENCY_LIMIT} bytes"
    if not constituency.isprintable():
        return f"ownership: {constituency!r} has control characters"
    try:
        return Row(profile=Profile.model_validate(fields), constituency=constituency)
    except ValidationError as error:
        return "; ".join(
            f"{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        )
