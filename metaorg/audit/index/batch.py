"""What is written into an index at once, and what must hold for it."""

from collections.abc import Iterator, Sequence
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
NAME_LIMIT = 2048
"""Characters in the name of an endpoint, or of a fact."""


class Window(NamedTuple):
    """A part of the chain that was read.

    Args:
        first, last: block numbers, both in it. endpoint: where it was read, without a password.
        read_at: Unix seconds. count: of rows. digest: `digest_of` its rows. final: whether it
            cannot be reorganized any more.
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
    """Refuse a batch that says something else than it holds.

    Raises:
        InvalidInput: rows or headers are unordered, outside the window, too large or too few.
    """
    for problem in _problems(batch):
        window = batch.window
        raise InvalidInput(f"blocks {window.first} to {window.last} are not kept: {problem}")


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
    numbers = [*map(itemgetter(0), headers)]
    yield from _header_problems(window, headers, numbers)
    if not {*map(itemgetter(0), rows)} <= {*numbers}:
        yield "a log is in a block without a header"
    if not _ascending([*map(itemgetter(0, 1), rows)]):
        yield "the logs are out of order"
    yield from damages(rows)


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
        0 <= number < NUMBER_LIMIT
        and type(own) is type(parent) is bytes
        and len(own) == len(parent) == 32
        and 0 <= time < INTEGER_LIMIT
    )


def _ascending(values: Sequence[Any]) -> bool:
    return all(map(lt, values, values[1:]))


def damages(rows: Sequence[Row]) -> Iterator[str]:
    """What is wrong with rows, looked at column by column, which costs a tenth of row by row."""
    if not rows:
        return
    _, places, transactions, positions, contracts, topics, data = zip(*rows, strict=True)
    columns = (transactions, contracts, topics, data)
    if {kind for column in columns for kind in map(type, column)} != {bytes}:
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
