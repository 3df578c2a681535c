"""Which logs of a window are the true ones: by filters, by receipts, by comparing endpoints."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from metaorg.audit.collecting.fetching import Claim, Fetch, Part
from metaorg.audit.collecting.heads import Head
from metaorg.audit.collecting.logs import Contracts, Logs, holds
from metaorg.audit.collecting.reader import Reader
from metaorg.audit.collecting.record import Counts, Record
from metaorg.audit.events import Row
from metaorg.audit.findings import Look, difference, unknown
from metaorg.audit.proofs import logs_of_receipts, receipts_root
from metaorg.errors import ChainUnreachable, InvalidInput

Rows = list[Row]


class Depth(NamedTuple):
    """How far logs are proved.

    Args:
        all_headers: read the header of every block, which shows whether a log was dropped; else of
            those with logs and of the ends of windows. every: prove the logs of each block that has
            some by its receipts, and not only doubtful ones. receipts: blocks whose receipts are
            read at most.
    """

    all_headers: bool = True
    every: bool = False
    receipts: int = 50_000

    @property
    def bits(self) -> int:
        """What is asked for, as a set: 1 all headers, 2 the receipts of every block with logs."""
        return self.all_headers | self.every << 1


USUAL = Depth()
"""All headers, and receipts where there is a doubt."""
ALL = Depth(every=True, receipts=sys.maxsize)
"""The receipts of every block with logs: a filter shows neither what a log's data are, nor that a
log is missing whose topics another one of its block has."""


class Settled(NamedTuple):
    """The logs of a window with the times of their blocks, and how far they were proved."""

    part: Part
    rows: list[tuple[Row, int]]
    counts: Counts


class Settling:
    """Settles one window after the other."""

    def __init__(self, fetch: Fetch, contracts: Contracts, record: Record, depth: Depth) -> None:
        self._fetch, self._contracts, self._record = fetch, contracts, record
        self._depth, self._left = depth, depth.receipts

    def settle(self, part: Part) -> Settled:
        """The logs of a window.

        Raises:
            ChainUnreachable: nobody tells the logs of a block that may have some.
        """
        told = part.claims[0].logs if part.claims else {}
        disputed = _disputed(part.claims)
        rows: list[tuple[Row, int]] = []
        counts = Counts(asked=self._depth.bits)
        for number in sorted(part.heads):
            head, logs = part.heads[number], told.get(number)
            counts.headers += head.hashed
            if number in disputed or self._is_doubtful(part, head, logs):
                true = self._examined(part, head, counts)
            else:
                true = logs.rows if logs else []
                counts.proved += self._is_proved(head, logs)
                counts.open += self._fetch.hashing and not head.hashed
            counts.with_logs += bool(true)
            rows += zip(true, repeat(head.header.time))
        return Settled(part, rows, counts)

    def _is_doubtful(self, part: Part, head: Head, logs: Logs | None) -> bool:
        """Whether a block may have other logs than were told, and that can be found out."""
        if not (head.hashed and part.claims):
            return not part.claims
        if self._depth.every and logs:
            return True
        if self._depth.all_headers or logs is None:
            return not self._is_proved(head, logs)
        return bool(logs.bits & ~head.bloom)

    def _is_proved(self, head: Head, logs: Logs | None) -> bool:
        """Whether the filter of a block shows that these are all logs of the contracts.

        It admits none of the contracts; or has no bit that the logs do not explain, and then they
        are numbered without a gap.
        """
        if not head.hashed:
            return False
        if logs is None:
            return not self._contracts.admitted(head.bloom)
        return head.bloom == logs.bits and logs.gapless

    def _examined(self, part: Part, head: Head, counts: Counts) -> Rows:
        """The logs of a doubtful block: proved by receipts, else as most endpoints say."""
        proven = self._proven(part, head)
        if proven is not None:
            counts.proved += 1
            counts.by_receipts += bool(proven)
            for claim in part.claims:
                self._blame(claim, head.header.number, proven)
            return proven
        counts.open += 1
        return self._likeliest(part, head)

    # By receipts.

    def _proven(self, part: Part, head: Head) -> Rows | None:
        if not head.hashed or self._left <= 0:
            return None
        self._left -= 1
        others = [reader for reader in self._fetch.readers if reader is not part.reader]
        found = (self._proven_by(reader, head) for reader in (part.reader, *others))
        return next((rows for rows in found if rows is not None), None)

    def _proven_by(self, reader: Reader, head: Head) -> Rows | None:
        number, expected, *_ = head.header
        receipts = reader.receipts(number)
        root = None if receipts is None else receipts_root(receipts)
        if receipts is None or root is None:
            return None
        if root != head.receipts:
            if reader.has(number, expected):
                seen = "receipts that do not hash to the root that the block has"
                self._record.find(reader.lied("reading.receipts-forged", seen, number))
            return None
        try:
            rows = logs_of_receipts(number, receipts)
        except InvalidInput:
            return None
        own = [row for row in rows if row.contract in self._contracts.own]
        return own if holds(own, head.transactions) else None

    def _blame(self, claim: Claim, number: int, proven: Rows) -> None:
        """Name an endpoint that told other logs than the block has."""
        told = claim.logs[number].rows if number in claim.logs else []
        places = {row.place for row in told}
        for row in proven:
            if row.place not in places:
                self._tell(claim, "reading.log-dropped", row, "log {}, by its receipts", "no log")
        for row in set(told) - {*proven}:
            self._tell(
                claim, "reading.log-forged", row, "the logs of the receipts", "another log {}"
            )

    def _tell(self, claim: Claim, code: str, row: Row, expected: str, seen: str) -> None:
        where = claim.reader.endpoint.where
        look = Look(
            what="log",
            block=row.block,
            transaction=row.transaction,
            index=row.place,
            endpoint=where,
        )
        about = (expected.format(row.place), seen.format(row.place))
        subject = f"logs of block {row.block} at {where}"
        self._record.find(difference(code, subject, *about, [look]))

    # Without receipts.

    def _likeliest(self, part: Part, head: Head) -> Rows:
        number = head.header.number
        if not part.claims:
            raise ChainUnreachable(
                f"no endpoint tells or proves the logs of block {number}; ask another with --rpc"
            )
        possible = [claim for claim in part.claims if self._is_possible(claim, head)]
        said = Counter(tuple(_rows(claim, number)) for claim in possible or part.claims)
        rows, count = said.most_common(1)[0]
        if len(said) > 1:
            self._disagree(part, number, rows, majority=2 * count > len(part.claims) > 2)
        return [*rows]

    def _is_possible(self, claim: Claim, head: Head) -> bool:
        """Whether the filter of a block admits the logs that are told of it."""
        number = head.header.number
        logs = claim.logs.get(number)
        if logs is None or not head.hashed or not logs.bits & ~head.bloom:
            return True
        expected = "logs that the filter of the block admits"
        self._tell(claim, "reading.log-forged", logs.rows[0], expected, "others, as perhaps log {}")
        return False

    def _disagree(self, part: Part, number: int, rows: tuple[Row, ...], *, majority: bool) -> None:
        counts = [
            f"{claim.reader.endpoint.where}: {len(_rows(claim, number))}" for claim in part.claims
        ]
        seen = "logs by endpoint: " + ", ".join(counts)
        looks = [
            Look(what="block", block=number, endpoint=claim.reader.endpoint.where)
            for claim in part.claims
        ]
        if not majority:
            subject = f"logs of block {number}"
            finding = unknown("reading.disagreement", subject, "the same everywhere", seen, looks)
            return self._record.find(finding)
        for claim in part.claims:
            if tuple(_rows(claim, number)) != rows:
                subject = f"logs of block {number} at {claim.reader.endpoint.where}"
                expected = "what most endpoints say"
                self._record.find(
                    difference("reading.disagreement", subject, expected, seen, looks)
                )


def _rows(claim: Claim, number: int) -> Rows:
    return claim.logs[number].rows if number in claim.logs else []


def _disputed(claims: list[Claim]) -> set[int]:
    """Blocks of which endpoints tell different logs."""
    return {*_differences(claims)}


def _differences(claims: list[Claim]) -> Iterator[int]:
    for claim in claims[1:]:
        if claim.logs != claims[0].logs:
            for number in claim.logs.keys() | claims[0].logs.keys():
                if claim.logs.get(number) != claims[0].logs.get(number):
                    yield number
