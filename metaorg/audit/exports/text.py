"""Values as texts and back, and the lines of text files, strictly and within bounds."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from metaorg.audit.exports.columns import Column, Kind
from metaorg.audit.index.batch import DATA_LIMIT, INTEGER_LIMIT
from metaorg.errors import InvalidInput

LINE_LIMIT = 2 * DATA_LIMIT + 4096
"""Bytes in a line: the largest log in hex, and the rest."""

_SAYS: Mapping[Kind, str] = {
    "number": "a whole number",
    "bytes": "0x and lower-case hex digits",
    "topics": "up to four topics of 0x and 64 lower-case hex digits, with commas between them",
    "text": "a text",
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
    """The value that is shown so, and in no other way.

    Raises:
        ValueError: none is.
    """
    if column.filled == "never" or (column.filled == "sometimes" and not text):
        if text:
            raise ValueError(f"{column.name} is never filled here, but has {text!r:.40}")
        return None
    try:
        return _READ[column.kind](text)
    except ValueError:
        wanted = _SAYS[column.kind]
        raise ValueError(f"{column.name} has {text!r:.40} instead of {wanted}") from None


# Reading and comparing is ten times as fast as a pattern over long hex.


def _bytes(text: str) -> bytes:
    value = bytes.fromhex(text[2:])
    if text[:2] != "0x" or value.hex() != text[2:]:
        raise ValueError
    return value


def _number(text: str) -> int:
    value = int(text[:20])
    if str(value) != text or not 0 <= value < INTEGER_LIMIT:
        raise ValueError
    return value


def _topics(text: str) -> bytes:
    topics = [_bytes(topic) for topic in text.split(",")] if text else []
    if any(len(topic) != 32 for topic in topics):
        raise ValueError
    return b"".join(topics)


_READ: Mapping[Kind, Callable[[str], Any]] = {
    "number": _number,
    "bytes": _bytes,
    "topics": _topics,
    "text": str,
}


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
