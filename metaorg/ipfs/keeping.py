"""Keeping a commons: what a store holds of it, and how what is missing or damaged comes back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from metaorg.errors import ContentCorrupt, ContentMalformed, ContentMissing, Unreachable
from metaorg.ipfs import dag
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.store import Source, Store
from metaorg.types import RAW, Cid, Model

_WINDOW = 64
"""Blocks without links that are brought together and held in memory, 2 MiB each at most."""
State = Literal["held", "partial", "missing", "damaged", "malformed", "unknown"]


class Holding(Model):
    """What a store has of one document, folder or file.

    Args:
        what: it is. missing: blocks that are known to be wanted and are not there, or are damaged;
            below them there may be more. pinned: the store keeps it. why: it is not all there.
    """

    cid: Cid
    what: str
    state: State
    missing: int = 0
    pinned: bool = False
    why: str = ""


def holdings(store: Store, named: Mapping[Cid, str], *, verify: bool = False) -> Iterator[Holding]:
    """What a store has of each of these.

    Args:
        verify: read every byte; otherwise a block without links counts by its name.
    """
    try:
        pinned = set(store.pins())
    except Unreachable as error:  # nobody is asked again for each of them
        yield from (
            Holding(cid=one, what=named[one], state="unknown", why=str(error)) for one in named
        )
        return
    for cid, what in named.items():
        yield _holding(store, cid, verify).model_copy(
            update={"what": what, "pinned": cid in pinned}
        )


def keep(
    store: Store,
    source: Source,
    named: Mapping[Cid, str],
    *,
    verify: bool = False,
    advance: Callable[[int], None] = lambda count: None,
) -> Iterator[Holding]:
    """Bring what a store lacks into it, pin it, and tell how that went, for each in some order.

    What is pinned is all there and is passed over. It can be killed and run again at any time.
    Memory is that of `_WINDOW` blocks and what `dag.copy` needs.

    Args:
        source: who is asked for what is missing. verify: trust no pin, and mend what is damaged.
        advance: gets the bytes that came.
    """
    pinned = set() if verify else set(store.pins())
    yield from (_held(cid, named[cid]) for cid in named if cid in pinned)
    wanted = [cid for cid in named if cid not in pinned]
    leaves = [cid for cid in wanted if cid.codec == RAW]
    for start in range(0, len(leaves), _WINDOW):
        window = {cid: named[cid] for cid in leaves[start : start + _WINDOW]}
        yield from _keep_leaves(store, source, window, advance)
    for cid in wanted:
        if cid.codec != RAW:
            yield _keep(store, source, cid, named[cid], advance)


def _keep_leaves(
    store: Store, source: Source, named: Mapping[Cid, str], advance: Callable[[int], None]
) -> Iterator[Holding]:
    """The same for blocks without links, all of them in one write."""
    got = dict(store.held(named))
    lacking = [cid for cid, data in got.items() if isinstance(data, Unreachable)]
    for cid, data in source.get_many(lacking):
        if isinstance(data, bytes) or isinstance(got[cid], ContentMissing):
            got[cid] = data  # what is damaged here stays so, whatever others lack
        advance(len(data) if isinstance(data, bytes) else 0)
    store.write((Block(cid, d) for cid, d in got.items() if isinstance(d, bytes)), pin=True)
    for cid, data in got.items():
        if isinstance(data, bytes):
            yield _held(cid, named[cid])
        else:
            yield Holding(cid=cid, what=named[cid], state=_state_of(data), why=str(data))


def _keep(
    store: Store, source: Source, cid: Cid, what: str, advance: Callable[[int], None]
) -> Holding:
    try:
        dag.copy(cid, source, store, advance)
        store.pin(cid)
    except Unreachable as error:
        return Holding(cid=cid, what=what, state=_state_of(error), why=str(error))
    return _held(cid, what)


def _held(cid: Cid, what: str) -> Holding:
    return Holding(cid=cid, what=what, state="held", pinned=True)


def _holding(store: Store, cid: Cid, verify: bool) -> Holding:
    try:
        missing = list(dag.missing(store, cid, verify=verify))
    except Unreachable as error:
        return Holding(cid=cid, what="", state=_state_of(error), why=str(error))
    state: State = "held"
    if missing:
        state = "partial"
        if cid in missing:
            state = "damaged" if store.has(cid) else "missing"
    why = f"{missing[0]} and {len(missing) - 1} more" if missing[1:] else "".join(map(str, missing))
    return Holding(cid=cid, what="", state=state, missing=len(missing), why=why)


def _state_of(error: Unreachable) -> State:
    return next((state for kind, state in _STATES.items() if isinstance(error, kind)), "unknown")


_STATES: dict[type[Unreachable], State] = {
    ContentMissing: "missing",
    ContentCorrupt: "damaged",
    ContentMalformed: "malformed",
}
