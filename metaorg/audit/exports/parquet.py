"""Tables as Parquet, by way of pyarrow, which is an extra.

pyarrow takes the size of a page from the file itself: whoever imports a stranger's Parquet trusts
pyarrow's reader with it. CSV and SQL are read by this project alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from metaorg.audit.exports.columns import Column, Values
from metaorg.audit.exports.text import read, shown, topics_of
from metaorg.errors import InvalidInput, Misconfigured

_ROWS, _BYTES = 32_768, 32 << 20
"""In one group of rows, which is in memory while it is written."""
_GROUP_LIMIT = 1 << 30
"""Bytes that a group of rows may announce."""
_PART = 512


class ParquetWriter:
    """A table that is being written, a group of rows at a time."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = _schema(columns)
        # Without dictionaries a page is as large as its values: none repeats one at no cost.
        self._file = _library().parquet.ParquetWriter(
            path, self._schema, compression="zstd", use_dictionary=False
        )
        self._rows: list[Values] = []
        self._size = 0

    def add(self, values: Values) -> None:
        self._rows.append(values)
        self._size += sum(len(value) for value in values if isinstance(value, bytes | str))
        if len(self._rows) >= _ROWS or self._size >= _BYTES:
            self._flush()

    def _flush(self) -> None:
        pa = _library()
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._columns)
        arrays = [
            pa.array([_stored(column, value) for value in values], field.type)
            for column, values, field in zip(self._columns, columns, self._schema, strict=True)
        ]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None and self._rows:
                self._flush()
        finally:
            self._file.close()


def read_parquet(path: Path, columns: Sequence[Column]) -> Iterator[tuple[str, Values]]:
    """The rows of a table, each with where it stands.

    Raises:
        InvalidInput: the file is not as `ParquetWriter` writes it.
    """
    number = 0
    with _told(path), _library().parquet.ParquetFile(path) as file:
        _check(path, file, columns)
        for part in file.iter_batches(batch_size=_PART):
            for row in zip(*(column.to_pylist() for column in part.columns), strict=True):
                number += 1
                where = f"{path}, row {number}"
                try:
                    yield where, tuple(map(_value, columns, row))
                except ValueError as error:
                    raise InvalidInput(f"{where}: {error}") from None


def _check(path: Path, file: Any, columns: Sequence[Column]) -> None:
    if not file.schema_arrow.equals(_schema(columns)):
        expected = ", ".join(f"{column.name} ({column.arrow})" for column in columns)
        raise InvalidInput(f"{path}: the columns are not {expected}")
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    if any(group.total_byte_size > _GROUP_LIMIT for group in groups):
        raise InvalidInput(f"{path}: a group of rows is larger than {_GROUP_LIMIT >> 20} MiB")
    chunks = (group.column(at) for group in groups for at in range(group.num_columns))
    if any(chunk.has_dictionary_page for chunk in chunks):
        raise InvalidInput(f"{path}: a column has a dictionary, which exports never have")


def _stored(column: Column, value: Any) -> Any:
    if value is None or column.arrow not in ("string", "list"):
        return value
    return topics_of(value) if column.arrow == "list" else shown(column.kind, value)


def _value(column: Column, value: Any) -> Any:
    if column.arrow == "list":
        return read(column, ",".join(value if value is not None else ["none"]))
    if column.filled == "always" and value is None:
        raise ValueError(f"{column.name} is empty")
    if column.filled == "never" and value is not None:
        raise ValueError(f"{column.name} is never filled here")
    if value is None or column.arrow != "string":
        return value
    return read(column, value)


def _schema(columns: Sequence[Column]) -> Any:
    pa = _library()
    types = {"decimal128": pa.decimal128(38, 9), "list": pa.list_(pa.string())}
    return pa.schema([(c.name, types.get(c.arrow) or getattr(pa, c.arrow)()) for c in columns])


@contextmanager
def _told(path: Path) -> Iterator[None]:
    arrow = _library().ArrowException
    try:
        yield
    except (arrow, MemoryError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as Parquet: {error!s:.200}") from None


def _library() -> Any:
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError:
        raise Misconfigured(
            'Parquet needs pyarrow: pip install "metaorg[parquet]"; CSV does not'
        ) from None
    return pyarrow
