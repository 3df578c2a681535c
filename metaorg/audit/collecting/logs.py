"""Logs as an endpoint reports them, read strictly: what cannot be true is not taken.

This runs once for each log of a history, so it asks each thing once: a topic is checked and hashed
when it is first seen, a transaction when it begins.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from metaorg.audit.events import Row
from metaorg.audit.proofs.blooms import mask
from metaorg.types import Address

_LARGEST = 1 << 24
"""Above every place of a log and position of a transaction in a block."""
_TOPICS = 4
_REMEMBERED = 1 << 16
"""Topics that are kept with their bits, about 0.5 KB each."""
_block_of = itemgetter("blockNumber")
_row = partial(tuple.__new__, Row)


class Malformed(Exception):
    """An answer that cannot be true; the text says what it has, as "a log without a block"."""


class Logs(NamedTuple):
    """The logs of one block as an endpoint reports them, in order.

    Args:
        hash: of the block. bits: of the bloom filter that these logs make.
    """

    number: int
    hash: bytes
    rows: list[Row]
    bits: int

    @property
    def gapless(self) -> bool:
        """Whether these can be all logs of a block in which nobody else has any."""
        return self.rows[-1].place == len(self.rows) - 1


def plain(logs: Iterable[Logs]) -> list[tuple[Any, ...]]:
    """Logs as plain tuples, for `restored`."""
    return [(one.number, one.hash, [*map(tuple, one.rows)], one.bits) for one in logs]


def restored(logs: Iterable[tuple[Any, ...]]) -> list[Logs]:
    """Logs from what `plain` gave."""
    return [Logs(number, own, [*map(_row, rows)], bits) for number, own, rows, bits in logs]


class Contracts:
    """The contracts whose logs are read."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self.addresses = [*addresses]
        self.own = {bytes.fromhex(address[2:]) for address in self.addresses}
        self.masks = [mask(contract) for contract in self.own]
        self._known = _Known((a.lower(), _masked(a, 20)) for a in self.addresses)
        self._topics, self._numbers = _Topics(), _Numbers()

    def admitted(self, bloom: int) -> bool:
        """Whether a block with this filter may have one of their logs; False is certain."""
        return any(bloom & wanted == wanted for wanted in self.masks)

    def logs(self, answer: Any, first: int, last: int) -> list[Logs]:
        """The logs of an eth_getLogs answer for these blocks, by block, in order.

        Raises:
            Malformed: a log that has another shape, was not asked for, was removed, or is out of
                order or there twice.
        """
        if not isinstance(answer, list):
            raise Malformed("something that is not a list of logs")
        try:
            return [*self._blocks(answer, first, last)]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Malformed("something that is not a log") from None

    def _blocks(self, answer: Sequence[Any], first: int, last: int) -> Iterator[Logs]:
        before = first - 1
        for shown, logs in groupby(answer, _block_of):
            number = int(shown, 16)
            if not before < number <= last:
                where = "out of order" if first <= number <= before else "outside of the window"
                raise Malformed(f"a log of block {number}, which is {where}")
            before = number
            yield self._block(number, [*logs])

    def _block(self, number: int, logs: Sequence[Any]) -> Logs:
        rows, bits, last, position = [], 0, -1, -1
        shown, block_hash = None, logs[0]["blockHash"]
        known, topics_of, numbers = self._known, self._topics, self._numbers
        for log in logs:
            if log["transactionHash"] != shown:
                shown = log["transactionHash"]
                position, before = numbers[log["transactionIndex"]], position
                transaction = _octets(shown, 32)
                if position <= before:
                    raise Malformed(f"transactions of block {number} out of order")
            place, text, topics = numbers[log["logIndex"]], log["data"], log["topics"]
            data = bytes.fromhex(text[2:])
            if place <= last:
                raise Malformed(_disorder(number, place, last))
            if 2 * len(data) + 2 != len(text) or text[:2] != "0x" or len(topics) > _TOPICS:
                raise Malformed(f"log {place} of block {number} in a form that no log has")
            if log["blockHash"] != block_hash or log.get("removed"):
                raise Malformed(f"log {place} of block {number}, which was removed or is elsewhere")
            last = place
            contract, its_bits = known[log["address"]]
            bits |= its_bits
            words = b""
            for topic in topics:
                word, its_bits = topics_of[topic]
                words += word
                bits |= its_bits
            rows.append(_row((number, place, transaction, position, contract, words, data)))
        return Logs(number, _octets(block_hash, 32), rows, bits)


class _Known(dict[str, tuple[bytes, int]]):
    """The contracts by their addresses in small letters, or as an endpoint writes them."""

    def __missing__(self, text: str) -> tuple[bytes, int]:
        small = text.lower()
        if small == text or small not in self:
            raise Malformed(f"a log of {text[:42]!a}, which was not asked for")
        return self[small]


class _Topics(dict[str, tuple[bytes, int]]):
    """Topics as they are written -> 32 bytes, and their bits in a bloom filter."""

    def __missing__(self, text: str) -> tuple[bytes, int]:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = found = _masked(text, 32)
        return found


class _Numbers(dict[str, int]):
    """Places of logs and positions of transactions as they are written."""

    def __missing__(self, text: str) -> int:
        value = int(text, 16)
        if not 0 <= value < _LARGEST:
            raise ValueError("not a place in a block")
        if len(self) < _REMEMBERED:
            self[text] = value
        return value


def _masked(text: str, size: int) -> tuple[bytes, int]:
    value = _octets(text, size)
    return value, mask.__wrapped__(value)


def _octets(text: str, size: int) -> bytes:
    value = bytes.fromhex(text[2:])
    if len(value) != size or len(text) != 2 * size + 2 or text[:2] != "0x":
        raise ValueError(f"not {size} bytes")
    return value


def _disorder(number: int, place: int, last: int) -> str:
    how = "twice" if place == last else "out of order"
    return f"log {place} of block {number} {how}"


def holds(rows: Sequence[Row], transactions: Sequence[str] | None) -> bool:
    """Whether a block with these transactions holds these logs; None for any."""
    seen = None
    if transactions is None:
        return True
    for row in rows:
        if row.transaction is not seen:
            seen = row.transaction
            if row.position >= len(transactions) or transactions[row.position] != "0x" + seen.hex():
                return False
    return True
