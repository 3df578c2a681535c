"""What is read of the chain, window by window, from one endpoint and for comparison from others."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from metaorg.audit.collecting.heads import Head
from metaorg.audit.collecting.logs import Logs, holds
from metaorg.audit.collecting.reader import Reader, Told, Unusable
from metaorg.audit.collecting.record import Record
from metaorg.audit.events import Header
from metaorg.audit.findings import Look, difference, unknown
from metaorg.errors import ChainUnreachable
from metaorg.http.threads import started
from metaorg.onchain.chain import Block

_TRIES = 3
"""Times that logs and headers of a window are read while they are of different chains."""


class Reorganized(ChainUnreachable):
    """The chain that was being read is no longer the chain."""


class Claim(NamedTuple):
    """What one endpoint says that the logs of a window are, by block."""

    reader: Reader
    logs: dict[int, Logs]


class Part(NamedTuple):
    """A window as it was read.

    Args:
        reader: which was read, and whose headers these are. heads: of all blocks, or of those with
            logs and of the last one. claims: of those whose logs can be true, the reader's first.
    """

    first: int
    last: int
    read_at: int
    reader: Reader
    heads: dict[int, Head]
    claims: list[Claim]


class Span(NamedTuple):
    """What is to be read: blocks from `first` to `head`, of which those up to `final` are final.

    `kept`: the block in front of `first`, where it is known.
    """

    first: int
    head: Block
    final: int
    kept: Header | None


class Fetch:
    """Reads the parts of a span, in order; one thread at a time.

    Args:
        readers: the first is read, the others are compared; one that fails is given up.
        hashing: whether headers of this chain are of a known kind. all_heads: read all headers.
    """

    def __init__(
        self, readers: Sequence[Reader], record: Record, *, hashing: bool, all_heads: bool
    ) -> None:
        self.readers, self.record = [*readers], record
        self.hashing, self._all_heads = hashing, all_heads

    def parts(self, span: Span) -> Iterator[Part]:
        """The windows that a span is read in; none is both final and not.

        Raises:
            ChainUnreachable: no endpoint can be used any more, or the chain was reorganized.
        """
        first, before = span.first, span.kept
        while first <= span.head.number:
            until = span.final if first <= span.final < span.head.number else span.head.number
            part = self._part(first, until, before)
            before = part.heads[part.last].header
            if part.last == span.head.number and before.hash != span.head.hash:
                raise self._reorganized(before.number, span.head.hash, before.hash)
            yield part
            first = part.last + 1

    def give_up(self, reader: Reader, error: Unusable) -> None:
        """Use an endpoint no more; the last one's failure is raised."""
        self.record.find(error.finding)
        if reader in self.readers:
            self.readers.remove(reader)
        if not self.readers:
            raise error

    def _part(self, first: int, until: int, before: Header | None) -> Part:
        while True:
            reader = self.readers[0]
            try:
                return self._read(reader, first, until, before)
            except Reorganized:
                raise
            except ChainUnreachable as error:
                self.give_up(reader, reader.unusable(error, first))

    def _read(self, reader: Reader, first: int, until: int, before: Header | None) -> Part:
        for _ in range(_TRIES):
            told = reader.window(first, until)
            heads = self._heads(reader, first, told)
            if _misfit(told.logs, heads) is None:
                break
        self._link(reader, heads, before)
        claims = [] if told.logs is None else [Claim(reader, told.logs)]
        claims += self._others(reader, first, heads[told.last].header)
        heads |= self._missing_heads(reader, heads, first, told.last, claims)
        claims = [claim for claim in claims if self._fits(claim, heads)]
        return Part(first, told.last, int(time.time()), reader, heads, claims)

    def _fits(self, claim: Claim, heads: dict[int, Head]) -> bool:
        """Whether logs are of the blocks that they were compared with."""
        number = _misfit(claim.logs, heads)
        if number is not None:
            seen = f"logs of block {number} that are of another block or transaction"
            self.record.find(claim.reader.lied("reading.log-malformed", seen, number))
        return number is None

    def _heads(self, reader: Reader, first: int, told: Told) -> dict[int, Head]:
        """All headers of a window, where its logs need them or all are wanted."""
        if self._all_heads or told.logs is None:
            numbers = [*range(first, told.last + 1)]
        else:
            numbers = sorted({*told.logs, told.last})
        heads = reader.heads(numbers, self.hashing, told.logs or ())
        return {head.header.number: head for head in heads}

    def _missing_heads(
        self, reader: Reader, heads: dict[int, Head], first: int, last: int, claims: list[Claim]
    ) -> dict[int, Head]:
        """Those that only other endpoints tell logs of, or all where the reader tells nonsense."""
        lost = not claims or _misfit(claims[0].logs, heads) is not None
        told = {number for claim in claims for number in claim.logs}
        numbers = sorted(({*range(first, last + 1)} if lost else told) - heads.keys())
        heads_ = reader.heads(numbers, self.hashing)
        return {head.header.number: head for head in heads_}

    def _link(self, reader: Reader, heads: dict[int, Head], before: Header | None) -> None:
        """Headers must follow each other, in time too, as far as they are there."""
        for head in heads.values():
            header = head.header
            if before is not None and before.number == header.number - 1:
                if header.parent != before.hash:
                    self._broken(reader, before)
                if header.time < before.time:
                    self._backwards(reader, before, header)
            before = header

    def _broken(self, reader: Reader, before: Header) -> None:
        """Two headers that do not follow: the chain has changed, or somebody made one up."""
        now = reader.hash_of(before.number)
        if now != before.hash:
            raise self._reorganized(before.number, before.hash, now or b"")
        raise Unusable(
            difference(
                "reading.header-unlinked",
                reader.subject,
                f"a block {before.number + 1} that follows block {before.number}",
                "one that follows another block",
                [Look(what="block", block=before.number + 1, endpoint=reader.endpoint.where)],
            )
        )

    def _backwards(self, reader: Reader, before: Header, header: Header) -> None:
        self.record.find(
            difference(
                "reading.clock",
                f"time of block {header.number}",
                f"not before {before.time}, the time of block {before.number}",
                str(header.time),
                [Look(what="block", block=header.number, endpoint=reader.endpoint.where)],
            )
        )

    def _reorganized(self, number: int, was: bytes, now: bytes) -> Reorganized:
        finding = unknown(
            "reading.reorganized",
            f"block {number}",
            f"0x{was.hex()}, as before",
            f"0x{now.hex()}" if now else "no such block",
        )
        self.record.find(finding)
        return Reorganized(
            f"the chain was reorganized while it was read: block {number} is no longer "
            f"0x{was.hex()}; run this again"
        )

    # Other endpoints.

    def _others(self, reader: Reader, first: int, end: Header) -> list[Claim]:
        """What the other endpoints say of a window, asked at once."""
        others = [other for other in self.readers if other is not reader]
        asked = [(other, started(partial(_claim, other, first, end))) for other in others]
        found = []
        for other, work in asked:
            try:
                claim = work.result()
            except Unusable as error:
                self.give_up(other, error)
                continue
            found += [Claim(other, claim)] if claim is not None else []
        return found


def _claim(reader: Reader, first: int, end: Header) -> dict[int, Logs] | None:
    """An endpoint's logs of a window that ends with a block, which must be its block too."""
    try:
        own = reader.hash_of(end.number)
        if own is None:
            raise Unusable(reader.missing(end.number))
        if own != end.hash:
            raise Unusable(reader.forked(end.number, end.hash, own))
        return reader.all_logs(first, end.number)
    except ChainUnreachable as error:
        raise reader.unusable(error, end.number) from None


def _misfit(logs: dict[int, Logs] | None, heads: dict[int, Head]) -> int | None:
    """A block whose logs are of another one with its number; None for none."""
    for number, one in (logs or {}).items():
        head = heads.get(number)
        if head and not (one.hash == head.header.hash and holds(one.rows, head.transactions)):
            return number
    return None
