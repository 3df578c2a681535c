"""A Kubo daemon as a store: for networks, clusters and commons that outgrow one machine.

Blocks and CIDs are made here and the daemon is asked to agree, because what `add` gives depends on
the daemon's own configuration.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from metaorg.errors import ContentMissing, InvalidInput, StoreUnreachable, Unreachable
from metaorg.http.client import printable
from metaorg.ipfs.blocks import Block, batches, verified
from metaorg.ipfs.car import parts
from metaorg.ipfs.daemon import Daemon, KuboVersion, Refused
from metaorg.ipfs.dag import links
from metaorg.ipfs.rpc import LONGEST, ahead
from metaorg.ipfs.store import Store
from metaorg.types import CODECS, RAW, Cid

_BATCH_BLOCKS, _BATCH_BYTES = 1000, 8 << 20
_AHEAD = 8
"""Blocks that are asked for at once."""
_LISTING_LIMIT = 128 << 20
"""Bytes of a list of blocks, about 1.4 million of them."""
_ANY_SIZE = {"allow-big-block": "true"}
"""Old daemons want to be told so above 1 MiB, today's above 2 MiB; we send no larger ones."""


class Kubo(Store):
    """The blocks of a Kubo daemon, through its RPC API.

    A raw block is pinned when it is put, so that the daemon's garbage collector leaves it. A block
    that links to others waits for `pin`, once all of them are there: pinned before, it would stop
    the collector with an error. A daemon that is online looks for a missing block among its peers
    for as long as the timeout allows; then its answer is *unknown*, not *missing*. The version is
    read before the first command.

    Args:
        address: a multiaddr with a port, as `/ip4/127.0.0.1/tcp/5001`, `/https` at its end for TLS.
            Whoever reaches a daemon's RPC API commands it: keep it on the loopback.
        timeout: seconds in which each command ends, one way or the other. Only pinning may take up
            to an hour, as long as it goes on, and so may collecting.

    Raises:
        InvalidInput: the address is none.
    """

    name = "kubo"

    def __init__(self, address: str = "/ip4/127.0.0.1/tcp/5001", *, timeout: float = 30.0) -> None:
        self._daemon = Daemon(address, timeout)
        self.address, self.timeout = address, timeout

    def describe(self) -> str:
        return str(self._daemon)

    def version(self) -> KuboVersion:
        """The version of the daemon that answers now.

        Raises:
            StoreUnreachable: it names none, or one that is too old.
        """
        return self._daemon.version()

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks, many in one request.

        Raises:
            StoreUnreachable: the daemon refuses, is full, or keeps them under another name.
        """
        for batch in batches(blocks, count=_BATCH_BLOCKS, size=_BATCH_BYTES):
            if pin or not self._import(batch):
                for codec in CODECS:
                    self._put([one for one in batch if one.cid.codec == codec], codec, pin)

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified.

        Raises:
            ContentMissing: the daemon does not have it and looks nowhere else.
            ContentCorrupt: it sent other bytes.
            StoreUnreachable: it found nobody in time, or sends more than a block.
        """
        return self._get(cid)

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """Each block or why not, in order, several asked for at once."""
        return ahead(self._got, cids, _AHEAD)

    def held(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """The same, without asking the daemon's peers."""
        return ahead(partial(self._got, offline="true"), cids, _AHEAD)

    def has(self, cid: Cid) -> bool:
        """Whether the daemon itself holds the block, without asking its peers."""
        try:
            said = [found.get("Key") for found in self._about(cid, "block/stat", offline="true")]
        except ContentMissing:
            return False
        self._daemon.agree(said, [str(cid)])
        return True

    def pin(self, cid: Cid) -> None:
        """Keep a block and all that it links to.

        Raises:
            ContentMissing: the daemon lacks a part of it and looks nowhere else.
        """
        self._pin(cid)

    def unpin(self, cid: Cid) -> None:
        self._pin_rm(cid, recursive="true")

    def pins(self) -> Iterator[Cid]:
        """What is pinned with all that it links to, in no order.

        CIDs that `Cid` cannot name, over other hashes, are left out here and in `cids`.
        """
        return self._listed("recursive")

    def cids(self) -> Iterator[Cid]:
        """Every block that a pin keeps, in no order.

        Of other blocks the daemon forgets the codecs.
        """
        return self._listed("all")

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        """Have the daemon delete what no pin and nothing in `keep` needs; gives how many went.

        What `keep` names is pinned when all of it is here. When only parts of it are, they are
        pinned one by one until the daemon is through.

        Args:
            keep: roots. When the root itself is not here, nobody knows what else of it is.
            older_than: not asked for, as the daemon knows no ages. What somebody is writing goes as
                well, unless it is pinned already; pinning it then says what is missing.

        Raises:
            StoreUnreachable: the daemon deleted nothing or not all, and says why; it does so when
                it cannot read something below a pin.
        """
        own = set(self._listed("direct"))
        loose = [part for root in keep for part in self._kept(root) if part not in own]
        try:
            for part in loose:
                self._pin_alone(part)
            return self._sweep()
        finally:
            for part in loose:
                self._pin_rm(part, recursive="false")

    def _import(self, batch: Sequence[Block]) -> bool:
        """Send blocks as a CAR, for small ones many times as fast; False when it is refused.

        The daemon refuses a CAR with a block that is no node of its codec, which `_put` keeps.
        """
        car = b"".join(parts([batch[0].cid], batch))
        options = {"pin-roots": "false", "stats": "true", **_ANY_SIZE}
        try:
            answer = self._daemon.tell("dag/import", options, files=[car])
        except Refused:
            return False
        size = sum(len(data) for _, data in batch)
        self._daemon.agree(list(map(_imported, answer)), [f"{len(batch)} blocks of {size} bytes"])
        return True

    def _put(self, batch: Sequence[Block], codec: int, pin: bool) -> None:
        if not batch:
            return
        options = {"cid-codec": CODECS[codec], "mhtype": "sha2-256", "pin": str(pin).lower()}
        data = [data for _, data in batch]
        answer = self._daemon.tell("block/put", options | _ANY_SIZE, files=data)
        self._daemon.agree([kept.get("Key") for kept in answer], [str(cid) for cid, _ in batch])

    def _get(self, cid: Cid, **options: str) -> bytes:
        data = self._daemon.bytes_about(cid, "block/get", **options)
        return verified(cid, data, self.describe())

    def _got(self, cid: Cid, **options: str) -> tuple[Cid, bytes | Unreachable]:
        try:
            return cid, self._get(cid, **options)
        except Unreachable as failure:
            return cid, failure

    def _about(self, cid: Cid, command: str, **options: str) -> Iterator[dict[str, Any]]:
        return self._daemon.about(cid, command, **options)

    def _pin(self, cid: Cid, **options: str) -> None:
        asked = {"arg": str(cid), "timeout": f"{LONGEST}s", "progress": "true", **options}
        answer = self._daemon.tell("pin/add", asked, cid=cid, progress=_Progress())
        self._agree_on_pin(cid, answer)

    def _pin_alone(self, cid: Cid) -> None:
        """Pin one block, unless a pin keeps it with all that it links to."""
        with _allowing("already pinned recursively"):
            self._agree_on_pin(cid, self._about(cid, "pin/add", recursive="false", offline="true"))

    def _pin_rm(self, cid: Cid, *, recursive: str) -> None:
        with _allowing("not pinned", "is pinned recursively"):
            self._agree_on_pin(cid, self._about(cid, "pin/rm", recursive=recursive))

    def _agree_on_pin(self, cid: Cid, answer: Iterable[dict[str, Any]]) -> None:
        said = [found.get("Pins") for found in answer if "Progress" not in found]
        self._daemon.agree(said, [[str(cid)]])

    def _listed(self, kind: str) -> Iterator[Cid]:
        """Pins of a kind; a proxy that lists others would have us collect what they keep."""
        options = {"type": kind, "stream": "true"}
        for found in self._daemon.tell("pin/ls", options, limit=_LISTING_LIMIT):
            if "Cid" not in found or kind not in ("all", found.get("Type")):
                self._daemon.agree([found], [f"{kind} pins"])
            with suppress(InvalidInput):
                yield Cid.parse(str(found["Cid"]))

    def _kept(self, root: Cid) -> Iterator[Cid]:
        """What is here of a root that cannot be pinned as a whole; nothing when it could be."""
        try:
            self._pin(root, offline="true")
        except ContentMissing:
            yield from self._parts(root)

    def _parts(self, root: Cid) -> Iterator[Cid]:
        seen, rest = set[Cid](), [root]
        while rest:
            cid = rest.pop()
            if cid not in seen and self.has(cid):
                yield cid
                rest += links(Block(cid, self.get(cid))) if cid.codec != RAW else []
            seen.add(cid)

    def _sweep(self) -> int:
        how = {"limit": _LISTING_LIMIT, "timeout": LONGEST}
        removed = 0
        for found in self._daemon.tell("repo/gc", {"stream-errors": "true"}, **how):
            if found.get("Error"):
                raise StoreUnreachable(
                    f"{self.describe()} did not collect: {printable(str(found['Error']))}; "
                    "fetch what is missing again, or unpin what needs it"
                )
            removed += 1
        return removed


class _Progress:
    """Whether an answer tells of more nodes than the pieces before it."""

    def __init__(self) -> None:
        self._most = 0

    def __call__(self, piece: bytes) -> bool:
        last = max(map(int, re.findall(rb'"Progress":(\d{1,18})\D', piece)), default=0)
        gone_on, self._most = last > self._most, max(last, self._most)
        return gone_on


@contextmanager
def _allowing(*words: str) -> Iterator[None]:
    """Pass over a refusal with one of these words, after which nothing is left to do."""
    try:
        yield
    except Refused as refusal:
        if not any(word in str(refusal) for word in words):
            raise


def _imported(found: dict[str, Any]) -> str:
    match found:
        case {"Stats": {"BlockCount": count, "BlockBytesCount": size}}:
            return f"{count} blocks of {size} bytes"
    return "something else"
