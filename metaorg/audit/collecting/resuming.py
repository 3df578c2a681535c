"""Where a reading goes on: behind what was read before and is still the chain."""

from collections.abc import Callable
from typing import NamedTuple

from metaorg.audit.collecting.reader import Reader
from metaorg.audit.events import Header
from metaorg.audit.index import Index, Window
from metaorg.errors import ChainUnreachable, CheckFailed, InvalidInput
from metaorg.onchain.chain import Block


class Start(NamedTuple):
    """Where to go on.

    Args:
        first: the block to read first. kept: the one in front of it, if that was read. until: the
            last block that was read before and is now read again; below `first` for none.
    """

    first: int
    kept: Header | None
    until: int


def resume(
    reader: Reader, index: Index, since: int, head: Block, shallow: Callable[[Window], bool]
) -> Start:
    """Where to go on reading from block `since` up to a head.

    What was read when it was not final is read again, whether it has changed or not.

    Args:
        shallow: whether a window was proved less far than is wanted now; from the first such one on
            everything is read again.

    Raises:
        CheckFailed: a block that was final is no longer in the chain.
        InvalidInput: the index begins later.
    """
    windows, end = index.windows(), index.head()
    if not windows or end is None:
        return Start(since, None, since - 1)
    if windows[0].first > since:
        raise InvalidInput(
            f"{index.name} begins with block {windows[0].first}, not with {since}; name another one"
        )
    if head.number < end.number and reader.hash_of(end.number) == end.hash:
        return Start(end.number + 1, end, end.number)
    kept = _last_final(reader, index, windows, head)
    again = next(filter(shallow, windows), None)
    if again and kept and again.first <= kept.number:
        return Start(again.first, index.header(again.first - 1), again.first)
    first = windows[0].first if kept is None else kept.number + 1
    return Start(first, kept, min(end.number, head.number))


def _last_final(reader: Reader, index: Index, windows: list[Window], head: Block) -> Header | None:
    """The end of the last final window, which must still be in the chain."""
    final = next((window for window in reversed(windows) if window.final), None)
    kept = None if final is None else index.header(final.last)
    if kept is None:
        return None
    now = head.hash if kept.number == head.number else reader.hash_of(kept.number)
    if now is None:
        raise ChainUnreachable(
            f"{reader.endpoint.where} ends before block {kept.number}, up to which was read "
            "before: it lags behind, or is another chain; ask another endpoint with --rpc"
        )
    if now != kept.hash:
        raise CheckFailed(
            f"block {kept.number} was final and is no longer in the chain: it was "
            f"0x{kept.hash.hex()} and is 0x{now.hex()}. Either {reader.endpoint.where} is on "
            "another chain, or the chain was reorganized beyond finality: ask others, and read "
            "everything again into another index"
        )
    return kept
