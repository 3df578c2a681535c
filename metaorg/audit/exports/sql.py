"""One file of SQL that sqlite3 and psql load, and that is read back without running it.

Numbers are BIGINT and bytes are texts of 0x-hex, as no literal for bytes is common to both. Every
row has a line of its own, and the last line is COMMIT.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from metaorg.audit.exports.columns import STANDARDS, Column, Values, columns_of
from metaorg.audit.exports.text import lines, read, shown
from metaorg.errors import InvalidInput

AUDIT = (
    *columns_of("", "number", "format chain_id"),
    *columns_of("", "text", "address"),
    *columns_of("", "number", "block"),
    *columns_of("", "bytes", "block_hash"),
    *columns_of("", "number", "windows blocks logs"),
    *columns_of("", "bytes", "log_digest"),
)
"""What the whole is of, in one row of the table `audit`."""
TABLES = {"audit": AUDIT, **STANDARDS["sql"].tables}
"""Columns by table, in the order in which they stand there."""
NAMES = {"audit": "audit", "windows": "window_read", "blocks": "block", "logs": "log"}
"""Of the tables in SQL."""
_ROWS = 500
"""In one INSERT."""
_QUOTED = r"'[^']*(?:''[^']*)*'"
_TEXT = re.compile(_QUOTED)
_FIELD = f"(?:[0-9]+|{_QUOTED})"
_ROW = re.compile(rf"{_FIELD}(?:,{_FIELD})*")
_FIELDS = re.compile(rf"({_FIELD})(?:,|$)")


class SqlWriter:
    """A table that is being written, row by row."""

    def __init__(self, file: TextIO, table: str) -> None:
        self._file, self._insert, self._columns = file, _insert(table), TABLES[table]
        self._waiting: str | None = None
        self._count = 0

    def add(self, values: Values) -> None:
        begins = self._count % _ROWS == 0
        self._end(";" if begins else ",")
        if begins:
            self._file.write(self._insert + "\n")
        self._waiting = f"({','.join(map(_literal, self._columns, values))})"
        self._count += 1

    def _end(self, mark: str) -> None:
        if self._waiting is not None:
            self._file.write(f"{self._waiting}{mark}\n")
        self._waiting = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._end(";")


def preamble() -> list[str]:
    """The first lines: what every dump begins with."""
    return [
        "-- What was read of a meta-organization: sqlite3 FILE.db < this, or psql -f this.",
        "BEGIN;",
        *(_definition(table, columns) for table, columns in TABLES.items()),
    ]


END = "COMMIT;"


def read_sql(path: Path, table: str) -> Iterator[tuple[str, Values]]:
    """The rows of a table, each with where it stands.

    Raises:
        InvalidInput: a line before them, or one of them, is not as `SqlWriter` writes it; after the
            logs, the file does not end.
    """
    columns, order = TABLES[table], [*TABLES]
    for where, found, fields in _rows(path):
        if order.index(found) > order.index(table):
            return
        if found == table:
            try:
                yield where, tuple(map(_value, columns, _split(columns, fields)))
            except ValueError as error:
                raise InvalidInput(f"{where}: {error}") from None


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """What stands between the parentheses of each row, where, and in which table."""
    begins, starts = preamble(), {_insert(table): table for table in TABLES}
    table, where = "", f"{path}:1"
    for number, line in lines(path):
        where = f"{path}:{number}"
        if number <= len(begins):
            known = line == begins[number - 1]
        elif table == END:
            known = False
        elif table:
            known = line[:1] == "(" and line[-2:] in ("),", ");")
            if known:
                yield where, table, line[1:-2]
                table = table if line.endswith(",") else ""
        else:
            known = line == END or line in starts
            table = starts.get(line, END)
        if not known:
            raise InvalidInput(f"{where}: this line is in no export: {line!r:.60}")
    if table != END:
        raise InvalidInput(f"{where}: the export is cut off: its last line is not {END}")


def _split(columns: Sequence[Column], row: str) -> list[str]:
    fields = row.split(",")
    if len(fields) != len(columns) or "''" in row:  # a text with a comma or a quote
        fields = _FIELDS.findall(row) if _ROW.fullmatch(row) else []
    if len(fields) != len(columns):
        raise ValueError(f"there are not {len(columns)} fields")
    return fields


def _insert(table: str) -> str:
    return f"INSERT INTO {NAMES[table]} VALUES"


def _definition(table: str, columns: Sequence[Column]) -> str:
    types = {"number": "BIGINT"}
    each = ", ".join(f"{c.name} {types.get(c.kind, 'TEXT')} NOT NULL" for c in columns)
    return f"CREATE TABLE {NAMES[table]} ({each});"


def _literal(column: Column, value: Any) -> str:
    text = shown(column.kind, value)
    return text if column.kind == "number" else "'" + text.replace("'", "''") + "'"


def _value(column: Column, field: str) -> Any:
    if column.kind == "number":
        return read(column, field)
    if not _TEXT.fullmatch(field):
        raise ValueError(f"{column.name} has {field:.40}, which is no text")
    return read(column, field[1:-1].replace("''", "'"))
