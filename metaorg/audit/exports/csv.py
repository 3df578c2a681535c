"""Tables as CSV (RFC 4180 within a line), one header line each."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from metaorg.audit.exports.columns import Column, Values
from metaorg.audit.exports.text import lines, read, shown
from metaorg.errors import InvalidInput

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|$)')


class CsvWriter:
    """A table that is being written, row by row."""

    def __init__(self, path: Path, columns: Sequence[Column], line_end: str) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._kinds = [column.kind for column in columns]
        self._rows = csv.writer(self._file, lineterminator=line_end)
        self._rows.writerow([column.name for column in columns])

    def add(self, values: Values) -> None:
        self._rows.writerow(map(shown, self._kinds, values))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def read_csv(path: Path, columns: Sequence[Column]) -> Iterator[tuple[str, Values]]:
    """The rows of a table, each with where it stands.

    Raises:
        InvalidInput: a row is not as `CsvWriter` writes it.
    """
    expected = ",".join(column.name for column in columns)
    for number, line in lines(path):
        where = f"{path}:{number}"
        if number == 1:
            if line != expected:
                raise InvalidInput(f"{where}: the columns are not {expected}")
            continue
        try:
            fields = _split(line)
            if len(fields) != len(columns):
                raise ValueError(f"{len(fields)} fields for {len(columns)} columns")
            yield where, tuple(map(read, columns, fields))
        except ValueError as error:
            raise InvalidInput(f"{where}: {error}") from None


def _split(line: str) -> list[str]:
    parts = line.split('"')
    if len(parts) == 1:
        return line.split(",")
    if len(parts) == 3 and not parts[2] and parts[0].endswith(","):
        return [*parts[0][:-1].split(","), parts[1]]
    fields, at = [], 0
    while found := _FIELD.match(line, at):
        quoted, plain, end = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if not end:
            return fields
    raise ValueError("a quote is not closed, or stands within a field")
