"""A Kubo daemon as a store: for networks, clusters and commons that outgrow one machine.

Blocks and CIDs are made here and the daemon is asked to agree, because what `add` gives depends on
the daemon's own configuration.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from metaorg.errors import ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs.blocks import Block, batches, verified
from metaorg.ipfs.rpc import Refusal, Rpc, printable
from metaorg.ipfs.store import Store
from metaorg.types import BLOCK_LIMIT, CODECS, Cid, Model

OLDEST = (0, 28)
"""Daemons before this version are refused: their commands were never checked against this code."""
TESTED = (0, 43)
"""The version that the tests run; others from `OLDEST` on are used, with a warning."""

_ADDRESS = re.compile(
    r"/(ip4/(?P<ip4>[^/]+)|ip6/(?P<ip6>[^/]+)|dns[46]?/[\w.-]+)/tcp/(?P<port>\d{1,5})(/https?)?",
    re.ASCII,
)
_BATCH_BLOCKS, _BATCH_BYTES = 256, 8 << 20
_LISTING_LIMIT = 128 << 20
"""Bytes of a list of pins, about 1.4 million of them."""


class KuboVersion(Model):
    """A daemon's version, and what to know about it."""

    text: str
    warning: str = ""
    """Empty for a version that the tests run."""


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
        timeout: seconds in which each command ends, one way or the other.

    Raises:
        InvalidInput: the address is none.
    """

    name = "kubo"

    def __init__(self, address: str = "/ip4/127.0.0.1/tcp/5001", *, timeout: float = 30.0) -> None:
        _check_address(address)
        self.address, self.timeout = address, timeout
        self._rpc = Rpc(address, timeout)
        self._version: KuboVersion | None = None

    def describe(self) -> str:
        return f"Kubo at {self.address}"

    def version(self) -> KuboVersion:
        """The version of the daemon that answers now.

        Raises:
            StoreUnreachable: it names none, or one before `OLDEST`.
        """
        answer = list(self._objects(self._call("version")))
        text = answer[0].get("Version") if len(answer) == 1 else None
        number = re.match(r"(\d{1,6})\.(\d{1,6})\b", str(text))
        if number is None:
            raise StoreUnreachable(f"{self.describe()} names no version: is it a Kubo daemon?")
        self._version = self._judged(printable(str(text)), (int(number[1]), int(number[2])))
        return self._version

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks, many in one request.

        Raises:
            StoreUnreachable: the daemon refuses, or keeps them under another name.
        """
        for batch in batches(blocks, count=_BATCH_BLOCKS, size=_BATCH_BYTES):
            for codec in CODECS:
                self._put_batch([one for one in batch if one.cid.codec == codec], codec, pin)

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified.

        Raises:
            ContentMissing: the daemon does not have it and looks nowhere else.
            ContentCorrupt: it sent other bytes.
            StoreUnreachable: it found nobody in time, or sends more than a block.
        """
        return verified(cid, self._about(cid, "block/get", limit=BLOCK_LIMIT), self.describe())

    def has(self, cid: Cid) -> bool:
        """Whether the daemon itself holds the block, without asking its peers."""
        try:
            answer = self._about(cid, "block/stat", offline="true")
        except ContentMissing:
            return False
        self._agree([found.get("Key") for found in self._objects(answer)], [str(cid)])
        return True

    def pin(self, cid: Cid) -> None:
        """Keep a block and all that it links to.

        Raises:
            ContentMissing: the daemon lacks a part of it and looks nowhere else.
        """
        answer = self._about(cid, "pin/add", recursive="true")
        self._agree([found.get("Pins") for found in self._objects(answer)], [[str(cid)]])

    def unpin(self, cid: Cid) -> None:
        raise NotImplementedError

    def pins(self) -> Iterator[Cid]:
        raise NotImplementedError

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        raise NotImplementedError

    def cids(self) -> Iterator[Cid]:
        """Every pinned block, in no order; older kinds of CID that `Cid` cannot name are left out.

        Pins, because the daemon forgets the codecs of all other blocks.
        """
        listing = self._checked("pin/ls", limit=_LISTING_LIMIT, type="recursive", stream="true")
        for found in self._objects(listing):
            try:
                yield Cid.parse(str(found.get("Cid")))
            except InvalidInput:
                continue

    def close(self) -> None:
        """Nothing to free: no connection outlives its command."""

    def _judged(self, text: str, number: tuple[int, int]) -> KuboVersion:
        oldest, tested = (".".join(map(str, version)) for version in (OLDEST, TESTED))
        if number < OLDEST:
            raise StoreUnreachable(
                f"{self.describe()} is version {text}; {oldest} or later is needed: update it"
            )
        warning = f"Kubo {text} is untested with metaorg, {tested} is tested"
        return KuboVersion(text=text, warning="" if number == TESTED else warning)

    def _put_batch(self, batch: Sequence[Block], codec: int, pin: bool) -> None:
        if not batch:
            return
        boundary = uuid.uuid4().hex
        answer = self._checked(
            "block/put",
            body=_multipart(boundary, [data for _, data in batch]),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            **{"cid-codec": CODECS[codec], "mhtype": "sha2-256", "pin": str(pin).lower()},
        )
        named = [kept.get("Key") for kept in self._objects(answer)]
        self._agree(named, [str(cid) for cid, _ in batch])

    def _agree(self, said: Sequence[object], expected: Sequence[object]) -> None:
        """Refuse an answer that speaks of other blocks than the question."""
        if said != expected:
            shown = printable(", ".join(map(str, said)) or "nothing")
            raise StoreUnreachable(
                f"{self.describe()} was asked about {expected[0]}"
                + (f" and {len(expected) - 1} more" if expected[1:] else "")
                + f" and answered about {shown}: do not rely on it"
            )

    def _about(self, cid: Cid, command: str, **options: Any) -> bytes:
        """A command on one CID; the daemon gives up a little before we do, and can say so."""
        patience = f"{0.9 * self.timeout:.3f}s"
        return self._checked(command, cid=cid, arg=str(cid), timeout=patience, **options)

    def _checked(self, command: str, **options: Any) -> bytes:
        if self._version is None:
            self.version()
        return self._call(command, **options)

    def _objects(self, answer: bytes) -> Iterator[dict[str, Any]]:
        """The JSON objects of an answer, one in each line."""
        for line in filter(None, answer.splitlines()):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict) or found.get("Type") == "error":
                shown = printable(line.decode(errors="replace"))
                raise StoreUnreachable(f"{self.describe()} gave no usable answer: {shown}")
            yield found

    def _call(
        self,
        command: str,
        *,
        cid: Cid | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        limit: int = BLOCK_LIMIT,
        **options: str,
    ) -> bytes:
        try:
            return self._rpc.call(command, options, body=body, headers=headers, limit=limit)
        except Refusal as refusal:
            if cid is not None and "ipld: could not find" in str(refusal):
                raise ContentMissing(cid, [self.describe()]) from refusal
            about = f" for {cid}" if cid is not None else ""
            raise StoreUnreachable(
                f"{self.describe()} refused {command}{about}: {refusal}"
            ) from refusal


def _check_address(address: str) -> None:
    found = _ADDRESS.fullmatch(address)
    if found is None or not _exists(found["ip4"], found["ip6"], int(found["port"])):
        raise InvalidInput(
            f"{address!r} is no address of a daemon; it would look like /ip4/127.0.0.1/tcp/5001"
        )


def _exists(ip4: str | None, ip6: str | None, port: int) -> bool:
    try:
        return bool(IPv4Address(ip4 or "127.0.0.1") and IPv6Address(ip6 or "::1")) and port < 65536
    except ValueError:
        return False


def _multipart(boundary: str, blocks: Sequence[bytes]) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="block"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    parts = [part for data in blocks for part in (head, data, b"\r\n")]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])
