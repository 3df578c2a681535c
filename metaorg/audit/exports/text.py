"""Values as texts and back, and the lines of text files, strictly and within bounds."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from metaorg.audit.exports.columns import Column, Kind
from metaorg.audit.index.batch import DATA_LIMIT, INTEGER_LIMIT
from metaorg.errors import InvalidInput

LINE_LIMIT = 2 * DATA_LIMIT + 4096
"""Bytes in a line: the largest log in hex, and the rest."""

_PATTERNS: Mapping[Kind, re.Pattern[str]] = {
    "number": re.compile(r"0|[1-9][0-9]{0,18}"),
    "bytes": re.compile(r"0x(?:[0-9a-f]{2})*"),
    "topics": re.compile(r"(?:0x[0-9a-f]{64}(?:,0x[0-9a-f]{64}){0,3})?"),
    "text": re.compile(r"[^\r\n]*"),
}
_SAYS: Mapping[Kind, str] = {
    "number": "a whole number",
    "bytes": "0x and lower-case hex digits",
    "topics": "up to four topics of 0x and 64 lower-case hex digits, with commas between them",
    "text": "a text of one line",
}


def shown(kind: Kind, value: Any) -> str:
    """A value as text; of None, an empty one."""
    if value is None:
        return ""
    if kind == "bytes":
        return f"0x{value.hex()}"
    if kind == "topics":
        return ",".join(topics_of(value))
    text: str = str(value)
    return text


def topics_of(joined: bytes) -> list[str]:
    """The topics as hex."""
    return ["0x" + joined[at : at + 32].hex() for at in range(0, len(joined), 32)]


def read(column: Column, text: str) -> Any:
    """The value that is shown so.

    Raises:
        ValueError: none is.
    """
    if column.filled == "never" or (column.filled == "sometimes" and not text):
        if text:
            raise ValueError(f"{column.name} is never filled here, but has {text!r:.40}")
        return None
    if not _PATTERNS[column.kind].fullmatch(text):
        raise ValueError(f"{column.name} has {text!r:.40} instead of {_SAYS[column.kind]}")
    return _value(column, text)


def _value(column: Column, text: str) -> Any:
    if column.kind == "bytes":
        return bytes.fromhex(text[2:])
    if column.kind == "topics":
        return bytes.fromhex(text.replace(",", "").replace("0x", ""))
    if column.kind == "text":
        return text
    number = int(text)
    if number >= INTEGER_LIMIT:
        raise ValueError(f"{column.name} has {number}, which is too large")
    return number


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers from 1, without their ends.

    Raises:
        InvalidInput: one is too long, not UTF-8, or the last one has no end.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LINE_LIMIT + 2):
            number += 1
            if not raw.endswith(b"\n"):
                why = "is too long" if len(raw) > LINE_LIMIT else "is cut off"
                raise InvalidInput(f"{path}:{number}: the line {why}")
            try:
                yield number, raw.removesuffix(b"\n").removesuffix(b"\r").decode()
            except UnicodeDecodeError:
                raise InvalidInput(f"{path}:{number}: the line is not UTF-8") from None
