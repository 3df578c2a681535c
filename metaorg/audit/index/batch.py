"""What is written into an index at once, and what must hold for it."""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter, lt
from typing import Any, NamedTuple

from metaorg.audit.events import Header, Row
from metaorg.audit.index.schema import PLACE_BITS
from metaorg.errors import InvalidInput
from metaorg.types import ZERO_DIGEST

NUMBER_LIMIT = 1 << 39
"""Of block numbers, so that block and place fit into one signed number of 64 bits."""
PLACE_LIMIT = 1 << PLACE_BITS
INTEGER_LIMIT = 1 << 63
TOPICS = {0, 32, 64, 96, 128}
"""Sizes of topics."""
DATA_LIMIT = 8 << 20
"""Bytes of a log's data, at 8 gas each more than a block pays for."""
_PART = 512
NAME_LIMIT = 2048
"""Characters in the name of an endpoint, or of a fact."""


class Window(NamedTuple):
    """A part of the chain that was read.

    Args:
        first, last: block numbers, both in it. endpoint: where it was read, without a password.
        read_at: Unix seconds. count: of rows. digest: `digest_of` all rows of the index up to its
            end, which the index computes; in a batch zeros, or what it must come to. final: whether
            it cannot be reorganized any more.
    """

    first: int
    last: int
    endpoint: str
    read_at: int
    count: int = 0  # type: ignore[assignment]  # nobody counts values in a tuple of this kind
    digest: bytes = ZERO_DIGEST
    final: bool = False


class Batch(NamedTuple):
    """A window with its rows, in order, and the headers of their blocks and of the last block.

    Args:
        replaces: every row, header and window from `window.first` on goes in the same transaction.
    """

    window: Window
    headers: Sequence[Header]
    rows: Sequence[Row]
    replaces: bool = False


def check(batch: Batch) -> None:
    """Refuse a batch that says something else than it holds; `stored` looks at the rows.

    Raises:
        InvalidInput: headers are unordered, outside the window, malformed, or too few.
    """
    for problem in _problems(batch):
        raise refused(batch.window, problem)


def stored(batch: Batch) -> Iterator[Iterable[tuple[object, ...]]]:
    """The rows as the table `log` has them, in parts.

    Parts are small so that they stay in a processor's cache. Databases are given plain tuples,
    which are bound a fifth faster than those with names.

    Raises:
        InvalidInput: rows are unordered, without a header, or malformed.
    """
    numbers = {header.number for header in batch.headers}
    last = -1
    for start in range(0, len(batch.rows), _PART):
        columns = [*zip(*batch.rows[start : start + _PART], strict=True)]
        for damage in damages(columns):
            raise refused(batch.window, damage)
        if not {*columns[0]} <= numbers:
            raise refused(batch.window, "a log is in a block without a header")
        at = [(block << PLACE_BITS) + place for block, place in zip(*columns[:2], strict=True)]
        if at[0] <= last or not _ascending(at):
            raise refused(batch.window, "the logs are out of order")
        last = at[-1]
        yield zip(at, *columns[2:], strict=True)


def refused(window: Window, problem: str) -> InvalidInput:
    """Says that a batch is not kept."""
    return InvalidInput(f"blocks {window.first} to {window.last} are not kept: {problem}")


def _problems(batch: Batch) -> Iterator[str]:
    window, headers, rows, _ = batch
    if not 0 <= window.first <= window.last < NUMBER_LIMIT:
        yield "this is no range of blocks"
    if not named(window.endpoint):
        yield "the endpoint has no printable name"
    if not 0 <= window.read_at < INTEGER_LIMIT or len(window.digest) != 32:
        yield "the time or the digest of the reading is malformed"
    if window.count != len(rows):
        yield f"{window.count} logs are announced and {len(rows)} are there"
    yield from _header_problems(window, headers, [*map(itemgetter(0), headers)])


def _header_problems(
    window: Window, headers: Sequence[Header], numbers: Sequence[int]
) -> Iterator[str]:
    if not all(map(sound, headers)):
        yield "a header is malformed"
    if not _ascending(numbers) or (numbers and numbers[0] < window.first):
        yield "the headers are out of order or outside"
    if not numbers or numbers[-1] != window.last:
        yield "the last header is not that of the last block"


def named(text: str) -> bool:
    """Whether every database can keep a text as a name."""
    return 0 < len(text) <= NAME_LIMIT and text.isprintable()


def sound(header: Header) -> bool:
    """Whether a header has the sizes of one."""
    number, own, parent, time = header
    return (
        type(number) is type(time) is int
        and 0 <= number < NUMBER_LIMIT
        and type(own) is type(parent) is bytes
        and len(own) == len(parent) == 32
        and 0 <= time < INTEGER_LIMIT
    )


def _ascending(values: Sequence[Any]) -> bool:
    return all(map(lt, values, values[1:]))


def damages(columns: Sequence[Sequence[Any]]) -> Iterator[str]:
    """What is wrong with rows, looked at by column, which costs a tenth of row by row."""
    _, places, transactions, positions, contracts, topics, data = columns
    if {kind for column in (*columns[2:3], *columns[4:]) for kind in map(type, column)} != {bytes}:
        yield "a log has something else than bytes"
        return
    if {*map(type, positions)} != {int} or not _within(positions, 1 << 32):
        yield "a log has no position of its transaction"
    if not _within(places, PLACE_LIMIT):
        yield f"a log has a place that is not below {PLACE_LIMIT}"
    if {*map(len, transactions)} != {32} or {*map(len, contracts)} != {20}:
        yield "a log has a transaction or a contract of the wrong size"
    if not {*map(len, topics)} <= TOPICS:
        yield "a log has no whole number of topics up to four"
    if max(map(len, data)) > DATA_LIMIT:
        yield f"a log has more than {DATA_LIMIT >> 20} MiB of data"


def _within(numbers: Sequence[int], limit: int) -> bool:
    return min(numbers) >= 0 and max(numbers) < limit
