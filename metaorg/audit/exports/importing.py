"""From exported tables or SQL back to an index."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from metaorg.audit.collecting.record import Counts
from metaorg.audit.events import Header, Row
from metaorg.audit.exports.columns import STANDARDS, Placed, Standard, Values, read_window
from metaorg.audit.exports.csv import read_csv
from metaorg.audit.exports.manifest import Held, read_manifest
from metaorg.audit.exports.parquet import read_parquet
from metaorg.audit.exports.sql import AUDIT, read_sql
from metaorg.audit.index import Batch, Index, Window
from metaorg.errors import InvalidInput, StoreUnreachable
from metaorg.types import Address

WINDOW_LIMIT = 2_000_000
"""Logs in one window, which are in memory while they are written."""

T = TypeVar("T")
Rows = Iterable[tuple[str, Values]]
"""Rows of a table, each with where it stands."""


class _Export(NamedTuple):
    held: Held
    standard: Standard
    windows: Rows
    blocks: Rows
    logs: Rows


def import_tables(source: Path, index: Index, about: Address | None = None) -> Held:
    """Bring an export back into an empty index: the same rows, headers and windows.

    What was exported is what somebody read, or says so: the index remembers that it was imported.

    Args:
        source: a folder that `export_tables` wrote, or a file of `export_sql`.
        about: whose it must be; anybody's when absent.

    Raises:
        InvalidInput: the index is not empty or another one's; the export is damaged, cut off, not
            of this version, or contradicts itself. Nothing is kept of it.
        StoreUnreachable: it cannot be read, or the index fails.
    """
    if not source.exists():
        raise InvalidInput(f"{source} is not there: name a folder or a file that was exported")
    try:
        export = _from_folder(source) if source.is_dir() else _from_sql(source)
        if about not in (None, export.held.address):
            raise InvalidInput(f"{source} is about {export.held.address}, not about {about}")
        _check_empty(index, export.held)
        try:
            _bring(export, index)
        except BaseException:
            index.clear()
            raise
    except OSError as error:
        raise StoreUnreachable(f"{source} cannot be read ({error.strerror or error})") from None
    return export.held


def _from_folder(folder: Path) -> _Export:
    manifest = read_manifest(folder)
    standard = STANDARDS[manifest.columns]
    read = read_parquet if manifest.form == "parquet" else read_csv
    tables = {
        name: read(folder / f"{name}.{manifest.form}", columns)
        for name, columns in standard.tables.items()
    }
    return _Export(manifest.held, standard, **tables)


def _from_sql(file: Path) -> _Export:
    standard = STANDARDS["sql"]
    names = [column.name for column in AUDIT]
    try:
        audits = [dict(zip(names, values, strict=True)) for _, values in read_sql(file, "audit")]
        (held,) = [Held.model_validate(audit) for audit in audits]
    except (ValidationError, ValueError) as error:
        raise InvalidInput(f"{file} is no export of this version: {error!s:.200}") from None
    return _Export(held, standard, **{name: read_sql(file, name) for name in standard.tables})


def _check_empty(index: Index, held: Held) -> None:
    if index.head() is not None:
        raise InvalidInput(f"{index.name} is not empty; import into a new index")
    if index.subject() not in (None, (held.chain_id, held.address)):
        raise InvalidInput(f"{index.name} is another meta-organization's; import into a new index")


def _bring(export: _Export, index: Index) -> None:
    held = export.held
    for batch, counts in _batches(export):
        index.write(batch)
        counts.keep(index, batch.window)
    head, windows = index.head(), index.windows()
    found = (
        len(windows),
        sum(map(len, index.headers())),
        sum(window.count for window in windows),
        index.log_digest(),
        (head.number, head.hash) if head else None,
    )
    announced = (held.windows, held.blocks, held.logs, held.log_digest)
    if found != (*announced, (held.block, held.block_hash)):
        raise InvalidInput("the export does not hold what it announces; nothing was imported")
    index.claim(held.chain_id, held.address)


class _Ahead(Generic[T]):
    """Values of an iterator, up to some condition, the next one being known."""

    def __init__(self, values: Iterator[T]) -> None:
        self._values = values
        self.next: T | None = next(values, None)

    def take(self) -> T:
        taken, self.next = self.next, next(self._values, None)
        assert taken is not None
        return taken


def _batches(export: _Export) -> Iterator[tuple[Batch, Counts]]:
    headers = _Ahead(_read_headers(export))
    logs = _Ahead(_read_logs(export))
    for where, values in export.windows:
        window, counts = _valid(where, read_window, values)
        if window.count > WINDOW_LIMIT:
            raise InvalidInput(f"{where}: a window has more than {WINDOW_LIMIT} logs")
        own: list[Header] = []
        while headers.next is not None and headers.next.number <= window.last:
            if len(own) > window.count:
                raise InvalidInput(f"{where}: there are more blocks than this window has logs")
            own.append(headers.take())
        yield Batch(window, own, _take_rows(logs, window, own)), counts
    if headers.next is not None or logs.next is not None:
        raise InvalidInput("the export has blocks or logs after the last window")


def _take_rows(
    logs: _Ahead[tuple[str, Placed]], window: Window, own: Sequence[Header]
) -> list[Row]:
    hashes = {header.number: header.hash for header in own}
    rows: list[Row] = []
    while logs.next is not None and logs.next[1].row.block <= window.last:
        where, placed = logs.take()
        expected = hashes.get(placed.row.block)
        if expected is None or placed.block_hash not in (b"", expected):
            raise InvalidInput(f"{where}: the block of this log is not among the blocks")
        if len(rows) == window.count:
            raise InvalidInput(f"{where}: its window announces no more than {window.count} logs")
        rows.append(placed.row)
    return rows


def _read_headers(export: _Export) -> Iterator[Header]:
    for where, values in export.blocks:
        yield _valid(where, export.standard.read_header, values)


def _read_logs(export: _Export) -> Iterator[tuple[str, Placed]]:
    for where, values in export.logs:
        placed = _valid(where, export.standard.read_log, values)
        if placed.chain_id not in (0, export.held.chain_id):
            raise InvalidInput(f"{where}: this log is of chain {placed.chain_id}")
        yield where, placed


def _valid(where: str, read: Callable[[Values], T], values: Values) -> T:
    try:
        return read(values)
    except ValueError as error:
        raise InvalidInput(f"{where}: {error}") from None
