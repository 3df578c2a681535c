"""Reading the logs of some contracts, verified, into an index, and on from there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from typing import NamedTuple

from metaorg.audit.collecting.agreement import agreeing
from metaorg.audit.collecting.ahead import Ahead, rare_collections
from metaorg.audit.collecting.fetching import Fetch, Span
from metaorg.audit.collecting.heads import head_of
from metaorg.audit.collecting.logs import Contracts, Malformed
from metaorg.audit.collecting.reader import HEADERS, WIDEST, Reader
from metaorg.audit.collecting.record import Counts, Record
from metaorg.audit.collecting.resuming import Start, resume
from metaorg.audit.collecting.settling import USUAL, Depth, Settled, Settling
from metaorg.audit.events import Row
from metaorg.audit.finality import KNOWN, finality
from metaorg.audit.findings import Finding
from metaorg.audit.index import Batch, Index, Window
from metaorg.audit.statement import Source
from metaorg.onchain.chain import Block
from metaorg.onchain.endpoint import Endpoint
from metaorg.types import Address


class Plan(NamedTuple):
    """What to read.

    Args:
        addresses: the contracts. since: the first block. head: the block that the audit is pinned
            to, the last one. final: up to which block the chain is final; by its rule if None.
    """

    addresses: tuple[Address, ...]
    since: int
    head: Block
    final: int | None = None


Part = Sequence[tuple[Row, int]]
"""Rows in order with the times of their blocks, Unix seconds."""


def collect(
    endpoints: Sequence[Endpoint],
    index: Index,
    plan: Plan,
    advance: Callable[[int, int], None],
    *,
    depth: Depth = USUAL,
    record: Record | None = None,
) -> Iterator[Part]:
    """Read what the index does not have, or not as final, and give it when it is in the index.

    What comes follows `record.kept`: of what was read before, only rows up to that block stay, and
    these do not come again.

    Args:
        endpoints: the first is read, the others are compared, and take over when it fails.
        advance: is told the last block that was read, and the last of all.
        depth: how far logs are proved.
        record: is filled with what was found about endpoints and reading.

    Raises:
        ChainUnreachable: no endpoint can be read, or the chain was reorganized meanwhile.
        CheckFailed: a block that was final is no longer in the chain.
    """
    return _Run(endpoints, index, plan, depth, record or Record()).parts(advance)


class _Run:
    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        index: Index,
        plan: Plan,
        depth: Depth,
        record: Record,
    ) -> None:
        self.index, self.plan, self.depth, self.record = index, plan, depth, record
        self.contracts = Contracts(plan.addresses)
        self.noted: list[Finding] = []
        widest = HEADERS if depth.all_headers else WIDEST
        self.readers = [Reader(one, self.contracts, widest, record.find) for one in endpoints]

    def parts(self, advance: Callable[[int, int], None]) -> Iterator[Part]:
        head, readers = self.plan.head, self._prepare()
        final = self._final(readers[0])
        start = resume(readers[0], self.index, self.plan.since, head, self._is_shallow)
        self.record.kept = start.kept
        fetch = Fetch(
            readers,
            self.record,
            hashing=self._hashing(readers[0]),
            all_heads=self.depth.all_headers,
        )
        settling = Settling(fetch, self.contracts, self.record, self.depth)
        replaces = start.until >= start.first
        ahead = Ahead(fetch.parts(Span(start.first, head, final, start.kept)))
        with ExitStack() as stack:
            stack.enter_context(rare_collections())
            parts = stack.enter_context(closing(ahead))
            for reader in self.readers:
                stack.callback(reader.close)
            for one in _together(map(settling.settle, parts), start):
                self._note(final)
                yield self._write(one, final, replaces=replaces)
                replaces = False
                advance(one.part.last, head.number)

    def _prepare(self) -> list[Reader]:
        """The endpoints that can be used, and what is to be said of all."""
        readers = agreeing(self.readers, self.plan.head, self.record)
        self.record.sources = tuple(
            Source(where=reader.endpoint.where, client=reader.endpoint.client_version())
            for reader in readers
        )
        return readers

    def _final(self, reader: Reader) -> int:
        rule, head = finality(reader.endpoint), self.plan.head.number
        late = f"; block {head} is not, and may be replaced" if head > rule.number else ""
        self.record.finality = f"{rule.words}{late}"
        return rule.number if self.plan.final is None else self.plan.final

    def _hashing(self, reader: Reader) -> bool:
        """Whether the headers of this chain are of a known kind: that of the audited block is."""
        if reader.endpoint.id in KNOWN:
            return True
        number = self.plan.head.number
        answer = reader.endpoint.request("eth_getBlockByNumber", hex(number), False)
        try:
            return head_of(answer, number, True).hashed
        except Malformed:
            return False

    def _is_shallow(self, window: Window) -> bool:
        """Whether less proof was asked for than is now; what was imported stays what it is.

        How much was found does not matter: what a node has no proof of, it has none of again.
        """
        counts = Counts.of(self.index, window)
        return not counts.imported and bool(self.depth.bits & ~counts.asked)

    def _note(self, final: int) -> None:
        """Keep what was found about blocks that are not read again."""
        for finding in self.record.findings:
            about = finding.looks[0].block if finding.looks else final + 1
            if about <= final and finding not in self.noted and _stays(finding):
                self.noted.append(finding)
                self.index.note(finding)

    def _write(self, settled: Settled, final: int, *, replaces: bool) -> Part:
        part, timed, counts = settled
        rows = [row for row, _ in timed]
        heads = part.heads
        window = Window(
            first=part.first,
            last=part.last,
            endpoint=part.reader.endpoint.where,
            read_at=part.read_at,
            count=len(rows),
            final=part.last <= final,
        )
        numbers = sorted({row.block for row in rows} | {part.last})
        counts.keep(self.index, window)
        headers = [heads[number].header for number in numbers]
        self.index.write(Batch(window, headers, rows, replaces))
        return timed


def _stays(finding: Finding) -> bool:
    """Whether it is about what was read, and not about an endpoint that could not be asked."""
    return finding.kind == "difference" or finding.code == "reading.disagreement"


def _together(settled: Iterator[Settled], start: Start) -> Iterator[Settled]:
    """The same; but what replaces older windows comes when all of that is there."""
    held: list[Settled] = []
    for one in settled:
        held.append(one)
        if one.part.last >= start.until:
            yield from held
            held = []
            break
    yield from chain(held, settled)
