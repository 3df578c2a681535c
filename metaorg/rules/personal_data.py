"""Which columns of a table look like e-mail addresses, phone numbers or dates of birth.

Names are matched by whole words in eight languages, values by their form. It is a safeguard against
oversight, not a proof: a finding can be wrong, and a table without one can still be about people.
"""

import codecs
import contextlib
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import PurePath

from metaorg.rules.column_words import says
from metaorg.types import Model

SAMPLE = 1 << 20
"""Bytes from the beginning of a file that are looked at."""
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".geojson")
"""Names of files that are looked at; without a name, the content decides."""

ROWS, COLUMNS, DEPTH = 2000, 2000, 100
"""Rows of a table, columns of any file and levels of nesting that are looked at."""
_CLIP = 100
"""Characters of a value or of a name that are looked at."""
_DELIMITERS = ",;\t|"
_PIECE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},]|[^][{},:"\s]+|"', re.DOTALL)
"""A piece of JSON; a quotation mark alone begins a text that the sample cuts off."""

_EMAIL = re.compile(
    r"(?<![\w.%+'/@-])[\w.%+'-]{1,64}@(?!\d+x\.)"
    r"(?>[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24})(?!:\w|@)"
)
"""Not `git@host:path`, `//user@host`, `@user@host`, `name@1.2.3` or `icon@2x.png`."""
_DIALLED = re.compile(r"(?:tel:)?\+?[\d\s().\-/\u2010-\u2013]{6,30}(?:(?:ext?|x)[. ]*\d+)?", re.I)
_AMERICAN = re.compile(r"(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}")
_AMOUNT = re.compile(r"[+-]?\d+[.,]\d+")
_DATE = re.compile(
    r"(?<!\d)(?:1[89]|20)\d\d(?:\d{4})?(?!\d)"  # a year, perhaps with month and day behind it
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)"
    r"|(?<!\d)\d{1,2}[. ]+[^\W\d]{3}|[^\W\d]{3} \d{1,2}(?!\d)"
)


class Kind(StrEnum):
    """What a column looks like."""

    EMAIL = "e-mail address"
    PHONE = "phone number"
    BIRTH = "date of birth"


class Finding(Model):
    """A column that looks like personal data.

    Args:
        column: its name; a path like `members[].email` in JSON; `column 3` where there is no name.
        why: "by its name", "37 of 40 values", or both.
    """

    column: str
    kind: Kind
    why: str

    def __str__(self) -> str:
        return f"{self.column}: {self.kind} ({self.why})"


def is_scanned(name: str) -> bool:
    """Whether a file of that name is looked at; so is what has no name."""
    return not name or PurePath(name).suffix.lower() in SUFFIXES


def personal_data(data: bytes, name: str = "") -> list[Finding]:
    """The columns that look like personal data, in their order.

    Args:
        data: a file, or its first `SAMPLE` bytes; more are not looked at.
        name: the file's name; empty for what comes from standard input.
    """
    if not is_scanned(name):
        return []
    text = _text(data[:SAMPLE])
    columns = _json(text) if _is_json(text, name) else _table(text, name)
    return [finding for column in columns for finding in column.findings()]


class _Column:
    """One column, and how many of its values look like what.

    Args:
        label: what says what is in it; in JSON the last two names of the path.
    """

    def __init__(self, name: str, label: str = "") -> None:
        self.name, self.label, self.seen = name, label or name, 0
        self._alike, self._possible = dict.fromkeys(Kind, 0), dict.fromkeys(Kind, 0)

    def add(self, value: str) -> None:
        value = value[:_CLIP].strip()
        if not value:
            return
        self.seen += 1
        for kind in Kind:
            self._alike[kind] += _alike(kind, value)
            self._possible[kind] += _possible(kind, value)

    def findings(self) -> Iterator[Finding]:
        for kind in Kind:
            named = says(self.label, kind.name) and (not self.seen or self._possible[kind] > 0)
            values = f"{self._alike[kind]} of {self.seen} values"
            why = ["by its name"] * named + [values] * self._are_many(kind)
            if why:
                yield Finding(column=self.name, kind=kind, why=" and ".join(why))

    def _are_many(self, kind: Kind) -> bool:
        """Whether enough values look alike: an address is hard to mistake, a phone number easy."""
        alike = self._alike[kind]
        if kind == Kind.PHONE:
            return alike >= 3 and 2 * alike >= self.seen and not says(self.label, "NUMBERED")
        return alike > 0 and 5 * alike >= self.seen


def _alike(kind: Kind, value: str) -> bool:
    """Whether a value alone shows what it is; a date never shows whose it is."""
    if kind == Kind.EMAIL:
        return _EMAIL.search(value) is not None
    return kind == Kind.PHONE and _is_phone(value)


def _possible(kind: Kind, value: str) -> bool:
    """Whether a value can be what the name of its column says."""
    if kind == Kind.EMAIL:
        return "@" in value
    if kind == Kind.BIRTH:
        return _DATE.search(value) is not None
    return _DIALLED.fullmatch(value) is not None and len(_digits(value)) >= 6


def _is_phone(value: str) -> bool:
    """International with + or 00, national with a 0 in front, or written as in North America.

    Dates, postcodes and most numbers of companies are too short for these; amounts have a point.
    """
    if not _DIALLED.fullmatch(value) or _AMOUNT.fullmatch(value):
        return False
    digits = _digits(value)
    if value.lower().removeprefix("tel:").startswith("+"):
        return 9 <= len(digits) <= 15 and digits[0] != "0"
    if digits.startswith("00"):
        return 11 <= len(digits) <= 17 and digits[2] != "0"
    if digits.startswith("0"):
        return (10 if digits == value else 9) <= len(digits) <= 12
    return _AMERICAN.fullmatch(value) is not None


def _digits(value: str) -> str:
    return re.sub(r"[^0-9]", "", value)


def _text(data: bytes) -> str:
    """The text of a sample, whose last character may be cut.

    Spreadsheets save UTF-8 and UTF-16 with a mark, and western Europe's code page without. Zeros
    are half of UTF-16 without its mark, and nothing in a text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="ignore")
    data = data.replace(b"\0", b"")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _is_json(text: str, name: str) -> bool:
    suffix = PurePath(name).suffix.lower()
    return suffix not in (".csv", ".tsv") if suffix else text.lstrip()[:1] in ("{", "[")


def _table(text: str, name: str) -> Iterable[_Column]:
    """The columns of a table; lines above the first row of several cells are titles."""
    rows = _rows(text, "\t" if name.lower().endswith(".tsv") else _delimiter(text))
    top = next((number for number, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    head = rows[top] if rows else []
    columns = [_headed(cell.strip(), number) for number, cell in enumerate(head[:COLUMNS], 1)]
    for row in rows[top + 1 :]:
        for column, cell in zip(columns, row, strict=False):
            column.add(cell)
    return columns


def _headed(cell: str, number: int) -> _Column:
    """The column under a cell of the first row, which is a value where columns have no names."""
    if cell and not any(_alike(kind, cell) for kind in Kind):
        return _Column(_name(cell))
    column = _Column(f"column {number}")
    column.add(cell)
    return column


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """Rows that are not empty. Where quotation marks do not fit together they count as text."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
        try:
            return list(islice(filter(any, reader), ROWS))
        except csv.Error:  # a field of more than 128 KiB
            continue
    return []


def _delimiter(text: str) -> str:
    """What stands most often in the first lines, or what the first one says: `sep=;`."""
    said = re.match(r"sep=([,;\t|])\r?\n", text)
    if said:
        return said[1]
    start = "\n".join(text[: 100 * _CLIP].splitlines()[:10])
    return max(_DELIMITERS, key=start.count)


def _json(text: str) -> Iterable[_Column]:
    """The columns of JSON or of JSON lines, whole or cut off, whatever is wrong in it."""
    columns: dict[str, _Column] = {}
    for path, value in _leaves(text):
        if path not in columns and len(columns) < COLUMNS:
            columns[path] = _Column(path, " ".join(path.replace("[]", "").split(".")[-2:]))
        if path in columns:
            columns[path].add(value)
    return columns.values()


def _leaves(text: str) -> Iterator[tuple[str, str]]:
    """Path and text of everything that is no list and no object.

    Piece by piece, so that the end of the sample stops nothing but itself.
    """
    around = [("", False)]  # the path of what is open, and whether what comes in it has a name
    path, naming = "", False  # the path of what comes next, and whether that is a name
    for piece in map(re.Match.group, _PIECE.finditer(text)):
        match piece:
            case _ if piece == '"' or len(around) > DEPTH:
                return
            case "{" | "[":
                path, naming = path + "[]" * (piece == "["), piece == "{"
                around.append((path, naming))
            case "}" | "]":
                around = around[:-1] or [("", False)]
                path, naming = around[-1][0], False
            case ",":
                path, naming = around[-1]
            case _ if naming:
                path, naming = f"{around[-1][0]}.{_name(_unquoted(piece))}".lstrip("."), False
            case _:
                yield path, _unquoted(piece)


def _unquoted(piece: str) -> str:
    """The text that a piece of JSON stands for; none for null."""
    if "\\" in piece[:_CLIP]:
        with contextlib.suppress(ValueError):
            return str(json.loads(piece, strict=False))
    return "" if piece == "null" else piece.strip('"')


def _name(text: str) -> str:
    """A name as it can be shown: one line, of text that UTF-8 can carry."""
    return " ".join(text[:_CLIP].split()).encode("utf-8", "replace").decode()
