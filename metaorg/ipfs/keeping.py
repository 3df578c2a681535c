"""Keeping a commons: what a store holds of it, and how what is missing or damaged comes back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from metaorg.errors import ContentCorrupt, ContentMissing, Unreachable
from metaorg.ipfs import dag
from metaorg.ipfs.store import Source, Store
from metaorg.types import Cid, Model

State = Literal["held", "partial", "missing", "damaged", "unknown"]


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
    pinned = set(store.pins())
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
    """Bring what a store lacks into it and pin it, one after the other, and tell how that went.

    What is pinned is all there and is passed over. It can be killed and run again at any time.

    Args:
        source: who is asked for what is missing. verify: trust no pin, and mend what is damaged.
        advance: gets the bytes that came.
    """
    pinned = set() if verify else set(store.pins())
    for cid, what in named.items():
        found = Holding(cid=cid, what=what, state="held", pinned=True)
        try:
            if cid not in pinned:
                dag.copy(cid, source, store, advance)
                store.pin(cid)
        except Unreachable as error:
            state, why = _state_of(error), str(error)
            found = found.model_copy(update={"state": state, "why": why, "pinned": False})
        yield found


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
    if isinstance(error, ContentMissing):
        return "missing"
    return "damaged" if isinstance(error, ContentCorrupt) else "unknown"
