"""From an index to tables and SQL, in constant memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from metaorg.audit.collecting.record import Counts
from metaorg.audit.events import Happened, Header, Row
from metaorg.audit.exports import sql
from metaorg.audit.exports.columns import EVENTS, STANDARDS, Placed, Standard, Values, window_values
from metaorg.audit.exports.csv import CsvWriter
from metaorg.audit.exports.manifest import Columns, Form, Held, Manifest, file_digest
from metaorg.audit.exports.parquet import ParquetWriter
from metaorg.audit.index import Index, digest_of
from metaorg.errors import InvalidInput, StoreUnreachable

Decode = Callable[[Sequence[tuple[Row, int]]], Sequence[Happened]]
"""From rows with the times of their blocks to events, as `decoding.Decoder` does it."""


class Writer(Protocol):
    """A table that is being written."""

    def add(self, values: Values) -> None: ...


Opened = Callable[[str], AbstractContextManager[Writer]]
"""A table by its name."""


def export_tables(
    index: Index,
    folder: Path,
    *,
    columns: Columns = "ethereum-etl",
    form: Form = "csv",
    decode: Decode | None = None,
) -> Manifest:
    """Write blocks, logs and windows of an index into an empty folder, and decoded events.

    Args:
        folder: made where it is missing. The manifest is written last: without it, the export was
            interrupted. columns: see columns.py. decode: None writes no events.

    Raises:
        InvalidInput: the index is empty, or the folder is not.
        StoreUnreachable: the index is damaged, or the folder cannot be written.
        Misconfigured: Parquet needs a package that is missing.
    """
    held, standard = Held.by(index), STANDARDS[columns]
    tables = dict(standard.tables) | ({"events": EVENTS} if decode else {})

    def opened(table: str) -> AbstractContextManager[Writer]:
        path = folder / f"{table}.{form}"
        if form == "parquet":
            return ParquetWriter(path, tables[table])
        return CsvWriter(path, tables[table], standard.line_end)

    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty; name another folder")
        _fill(index, held, standard, opened)
        events = _fill_events(index, decode, opened) if decode else None
        manifest = Manifest(
            held=held,
            columns=columns,
            form=form,
            tables={table: tuple(c.name for c in found) for table, found in tables.items()},
            files={path.name: file_digest(path) for path in sorted(folder.iterdir())},
            events=events,
        )
        manifest.write(folder)
    return manifest


def export_sql(index: Index, file: Path) -> Held:
    """Write an index as SQL into a new file, which sqlite3 and psql load.

    Raises:
        InvalidInput: the index is empty, or the file is there.
        StoreUnreachable: the index is damaged, or the file cannot be written.
    """
    held = Held.by(index)
    with _told(file), file.open("x", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{line}\n" for line in sql.preamble())
        with sql.SqlWriter(out, "audit") as audit:
            audit.add(tuple(held.model_dump().values()))
        _fill(index, held, STANDARDS["sql"], lambda table: sql.SqlWriter(out, table))
        out.write(f"{sql.END}\n")
    return held


def _fill(index: Index, held: Held, standard: Standard, opened: Opened) -> None:
    with opened("windows") as writer:
        for window in index.windows():
            writer.add(window_values(window, Counts.of(index, window)))
    with opened("blocks") as writer:
        for header in chain.from_iterable(index.headers()):
            writer.add(standard.header(header, held.chain_id))
    with opened("logs") as writer:
        found = digest_of(_written(index, held.chain_id, standard, writer))
    if found != held.log_digest:
        raise StoreUnreachable(
            f"{index.name} is damaged: its logs are not those that were read; delete it and read "
            "again"
        )


def _written(index: Index, chain_id: int, standard: Standard, writer: Writer) -> Iterator[Row]:
    """Rows in order, each after it was written."""
    headers = chain.from_iterable(index.headers())
    current = Header(-1, b"", b"", 0)
    for row, _ in chain.from_iterable(index.rows()):
        while current.number < row.block:
            current = next(headers, Header(row.block, b"", b"", 0))
        writer.add(standard.log(Placed(row, current.hash, chain_id)))
        yield row


def _fill_events(index: Index, decode: Decode, opened: Opened) -> int:
    count = 0
    with opened("events") as writer:
        for page in index.rows():
            for event in decode(page):
                writer.add(_event_values(event))
                count += 1
    return count


def _event_values(event: Happened) -> Values:
    block, place, time, transaction, contract, name, arguments = event
    shown = json.dumps(_plain(arguments), separators=(",", ":"))
    return block, place, time, transaction, contract.lower(), name, shown


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, bool | str) else str(value)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise InvalidInput(f"{path} is there already; name another one") from None
    except OSError as error:
        raise StoreUnreachable(
            f"{path} cannot be written ({error.strerror or error}); check the path, who may write "
            "there, and the room on the disk"
        ) from None
