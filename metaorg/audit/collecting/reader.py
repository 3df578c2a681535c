"""One endpoint: windows of logs as wide as it allows, headers, receipts, and why it fails."""

import re
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from metaorg.audit.collecting.beside import FROM, Beside
from metaorg.audit.collecting.heads import Head, head_of
from metaorg.audit.collecting.logs import Contracts, Logs, Malformed
from metaorg.audit.findings import Finding, Look, difference, unknown
from metaorg.errors import ChainUnreachable
from metaorg.onchain.chain import BATCH, NodeRefused
from metaorg.onchain.endpoint import Endpoint, NoAnswer

START, WIDEST = 32, 100_000
"""Blocks in the first window, and in the widest."""
MOST = 5_000
"""Logs that a window is made to have; after one with twice as many the next is narrower. Together
with START this bounds the memory."""
HEADERS = 5_000
"""Blocks in the widest window of which all headers are read."""
_FORGET = 8
"""Good windows after which a width that was refused is tried again."""
_PRUNED = re.compile(r"prun|missing|histor|no longer|not available|archive|not found", re.I)
_PRUNED_CODE = 4444


class Unusable(ChainUnreachable):
    """An endpoint cannot be used for what was asked; the finding says so, naming it."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"{finding.subject}: {finding.seen} (expected: {finding.expected})")


class Told(NamedTuple):
    """What an endpoint told of a window.

    Args:
        logs: by block; None where they cannot be true. last: the last block of the window.
    """

    last: int
    logs: dict[int, Logs] | None


class Reader:
    """Reads one endpoint.

    Args:
        widest: blocks in a window.
        find: takes findings.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        contracts: Contracts,
        widest: int,
        find: Callable[[Finding], None],
    ) -> None:
        self.endpoint, self.contracts, self.find = endpoint, contracts, find
        self.subject = f"endpoint {endpoint.where}"
        self._widest = self._allowed = widest
        self._width, self._good = min(START, widest), 0
        self._addresses = [address.lower() for address in contracts.addresses]
        self._receipts_at_once = True
        self._taken = 0
        """Logs so far."""
        self._beside: Beside | None = None

    # Logs.

    def window(self, first: int, until: int) -> Told:
        """The logs of the next window, which ends at `until` at the latest.

        Raises:
            Unusable: it does not even give those of one block.
        """
        beside = self._beside_this(first, until)
        if beside is not None:
            return beside
        last, answer = self._answer(first, until)
        try:
            logs = self.contracts.logs(answer, first, last)
        except Malformed as error:
            self.find(self.lied("reading.log-malformed", str(error), first))
            return Told(last, None)
        return Told(last, {one.number: one for one in logs})

    def all_logs(self, first: int, last: int) -> dict[int, Logs] | None:
        """The logs of these blocks, in as many windows as it takes; None where not all are true."""
        found: dict[int, Logs] = {}
        while first <= last:
            told = self.window(first, last)
            if told.logs is None:
                return None
            found |= told.logs
            first = told.last + 1
        return found

    def _beside_this(self, first: int, until: int) -> Told | None:
        """The next window as the process beside this one has it, in a history that is long."""
        if self._taken < FROM:
            return None
        if self._beside is None:
            self._beside = Beside(self.endpoint, self.contracts)
        found = self._beside.window(first, min(first + self._width - 1, until), until)
        if found is None:
            return None
        last, logs = found
        count = sum(len(one.rows) for one in logs)
        if is_round(count) and last > first:
            return None
        self._widen(count)
        return Told(last, {one.number: one for one in logs})

    def close(self) -> None:
        """End the process beside this one, if there is one."""
        if self._beside is not None:
            self._beside.close()

    def _answer(self, first: int, until: int) -> tuple[int, Sequence[Any]]:
        """An answer that was not cut off, and the last block that it is for."""
        ends = time.monotonic() + self.endpoint.patience
        while True:
            last = min(first + self._width - 1, until)
            try:
                answer = self._logs(first, last)
                if self._is_whole(answer, first, last):
                    break
                self._narrow(last - first + 1)
            except ChainUnreachable as error:
                if last == first or time.monotonic() > ends:
                    raise self.unusable(error, first) from None
                self._narrow(last - first + 1)
                self._wait_for_it(error, first)
        self._widen(len(answer) if isinstance(answer, list) else 0)
        return last, answer

    def _logs(self, first: int, last: int) -> Any:
        window = {"address": self._addresses, "fromBlock": hex(first), "toBlock": hex(last)}
        ask = self.endpoint.attempt if last > first else self.endpoint.request
        return ask("eth_getLogs", window)

    def _is_whole(self, answer: Any, first: int, last: int) -> bool:
        """Whether halves of the window have the same logs, where their number looks like a cap."""
        if not (isinstance(answer, list) and is_round(len(answer)) and last > first):
            return True
        middle = (first + last) // 2
        halves = [self._logs(first, middle), self._logs(middle + 1, last)]
        if all(isinstance(half, list) for half in halves) and halves[0] + halves[1] == answer:
            self._width = last - first  # so that the next one is not as round
            return True
        expected = f"all logs of blocks {first} to {last}, or a refusal"
        self.find(
            difference(
                "reading.truncated",
                self.subject,
                expected,
                f"{len(answer)} logs, and others in halves of it",
                [self._look(first)],
            )
        )
        return False

    def _narrow(self, refused: int) -> None:
        self._width = self._allowed = max(refused // 2, 1)
        self._good = 0

    def _widen(self, count: int) -> None:
        self._good += 1
        self._taken += count
        if self._good % _FORGET == 0:
            self._allowed = min(2 * self._allowed, self._widest)
        if count > 2 * MOST:
            self._width = max(self._width * MOST // count, 1)
        elif 2 * count <= MOST:
            self._width = min(2 * self._width, self._allowed)

    def _wait_for_it(self, error: ChainUnreachable, first: int) -> None:
        """Where no answer came at all, wait until the node answers something small."""
        if isinstance(error, NoAnswer) and not error.lasting:
            try:
                self.endpoint.request("eth_blockNumber")
            except ChainUnreachable as lasting:
                raise self.unusable(lasting, first) from None

    # Headers.

    def heads(
        self, numbers: Sequence[int], hashing: bool, busy: Collection[int] = ()
    ) -> list[Head]:
        """The headers of these blocks.

        Args:
            hashing: whether their kind is known. busy: blocks of which the transactions are kept.

        Raises:
            Unusable: one is missing, malformed, or does not hash to its hash.
        """
        found: list[Head] = []
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            asked = [("eth_getBlockByNumber", [hex(number), False]) for number in part]
            for number, answer in zip(part, self._many(asked), strict=True):
                found.append(self._head(answer, number, hashing, number in busy))
        return found

    def _head(self, answer: Any, number: int, hashing: bool, busy: bool) -> Head:
        try:
            head = head_of(answer, number, hashing)
        except Malformed as error:
            raise Unusable(self.lied("reading.header-forged", str(error), number)) from None
        transactions = answer.get("transactions") if busy else None
        return head._replace(transactions=transactions) if _is_texts(transactions) else head

    def has(self, number: int, expected: bytes) -> bool:
        """Whether the block with this number is the expected one now."""
        try:
            return self.hash_of(number) == expected
        except ChainUnreachable:
            return False

    def hash_of(self, number: int) -> bytes | None:
        """The hash of the block with this number now; None where there is none."""
        answer = self.endpoint.request("eth_getBlockByNumber", hex(number), False)
        return None if answer is None else self._head(answer, number, False, False).header.hash

    def _many(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        first = int(asked[0][1][0], 16) if asked else 0
        try:
            answers = self.endpoint.requests(asked)
        except ChainUnreachable as error:
            raise self.unusable(error, first) from None
        for (_, parameters), answer in zip(asked, answers, strict=True):
            if isinstance(answer, NodeRefused):
                raise self.unusable(answer, int(parameters[0], 16))
            if answer is None:
                raise Unusable(self.missing(int(parameters[0], 16)))
        return answers

    # Receipts.

    def receipts(self, number: int) -> Sequence[Any] | None:
        """All receipts of a block, in order; None where the endpoint does not give them."""
        try:
            return self._block_receipts(number) if self._receipts_at_once else self._each(number)
        except ChainUnreachable:
            return None

    def _block_receipts(self, number: int) -> Sequence[Any] | None:
        try:
            answer = self.endpoint.request("eth_getBlockReceipts", hex(number))
        except NodeRefused:
            receipts = self._each(number)
            self._receipts_at_once = receipts is None
            return receipts
        return answer if isinstance(answer, list) else None

    def _each(self, number: int) -> Sequence[Any] | None:
        block = self.endpoint.request("eth_getBlockByNumber", hex(number), False)
        hashes = block.get("transactions") if isinstance(block, dict) else None
        if not isinstance(hashes, list):
            return None
        answers = self.endpoint.requests([("eth_getTransactionReceipt", [one]) for one in hashes])
        return answers if all(isinstance(one, dict) for one in answers) else None

    # What fails, in words.

    def unusable(self, error: ChainUnreachable, number: int) -> Unusable:
        """Why this endpoint is given up, when it did so with block `number`."""
        if isinstance(error, Unusable):
            return error
        if isinstance(error, NodeRefused):
            return Unusable(self._refused(error, number))
        return Unusable(unknown("reading.unreachable", self.subject, "answers in time", str(error)))

    def _refused(self, refusal: NodeRefused, number: int) -> Finding:
        pruned = refusal.code == _PRUNED_CODE or bool(_PRUNED.search(refusal.message))
        code = "reading.pruned" if pruned else "reading.refused"
        seen = f"a refusal: {refusal.message} ({refusal.code})"
        return unknown(code, self.subject, f"block {number}", seen, [self._look(number)])

    def missing(self, number: int) -> Finding:
        """An endpoint that has no block: it lags behind, or has forgotten it."""
        head = self.endpoint.block().number
        if head < number:
            return self.lags(head, number)
        seen = f"no such block, while its last one is {head}"
        looks = [self._look(number)]
        return unknown("reading.pruned", self.subject, f"block {number}", seen, looks)

    def forked(self, number: int, expected: bytes, seen: bytes) -> Finding:
        """An endpoint that has another block."""
        looks = [self._look(number)]
        shown = (f"0x{expected.hex()}", f"0x{seen.hex()}")
        return difference("reading.fork", f"block {number} at {self.endpoint.where}", *shown, looks)

    def lags(self, head: int, number: int) -> Finding:
        """An endpoint whose chain ends before a block."""
        seen = f"a chain that ends with block {head}"
        return unknown("reading.lagging", self.subject, f"block {number}", seen)

    def lied(self, code: str, seen: str, number: int) -> Finding:
        """Something that no chain holds."""
        looks = [self._look(number)]
        return difference(code, self.subject, "what a chain can hold", seen, looks)

    def _look(self, number: int) -> Look:
        return Look(what="block", block=number, endpoint=self.endpoint.where)


def is_round(count: int) -> bool:
    """Whether so many results look like a cap: 500, 1000, 1500 ..., 1024, 2048 ..."""
    return count >= 100 and (
        count % 500 == 0 or count.bit_count() == 1 or len(str(count).rstrip("0")) == 1
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
