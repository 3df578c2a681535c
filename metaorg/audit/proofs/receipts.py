"""The receipts of a block against its header: a log that was dropped, added or changed shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.audit.events import Row
from metaorg.audit.proofs import rlp
from metaorg.audit.proofs.tries import ordered_root
from metaorg.errors import InvalidInput

_ETHEREUM = range(5)
"""Transaction types of Ethereum: their receipts are alike (EIP-2718, 2930, 1559, 4844, 7702)."""
_DEPOSIT = 0x7E
"""A deposit from the chain below, on chains of the OP Stack; its receipt has two fields more."""


def receipts_root(receipts: Sequence[Mapping[str, Any]]) -> bytes | None:
    """The root that a header has of its receipts, from an eth_getBlockReceipts answer, in order.

    Returns:
        32 bytes; None when a receipt is of a type that is not known, or is not a receipt.
    """
    try:
        return ordered_root([_encoded(receipt) for receipt in receipts])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def logs_of_receipts(block: int, receipts: Sequence[Mapping[str, Any]]) -> list[Row]:
    """All logs of a block, in order, from receipts whose root was verified.

    Places and positions are counted, not believed. The hashes of transactions are as the receipts
    give them: no root holds them.

    Raises:
        InvalidInput: these are not receipts.
    """
    rows: list[Row] = []
    try:
        for position, receipt in enumerate(receipts):
            transaction = _octets(receipt["transactionHash"], 32)
            for contract, topics, data in map(_log, receipt["logs"]):
                row = Row(block, len(rows), transaction, position, contract, b"".join(topics), data)
                rows.append(row)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidInput(f"what was given are not the receipts of block {block}") from None
    return rows


def _encoded(receipt: Mapping[str, Any]) -> bytes:
    kind = int(receipt.get("type") or "0x0", 16)
    if kind not in _ETHEREUM and kind != _DEPOSIT:
        raise ValueError(f"receipt of type {kind}")
    body = [
        _outcome(receipt),
        rlp.number(int(receipt["cumulativeGasUsed"], 16)),
        rlp.encode(_octets(receipt["logsBloom"], 256)),
        rlp.packed([rlp.encode(_log(log)) for log in receipt["logs"]]),
    ]
    if kind == _DEPOSIT and receipt.get("depositReceiptVersion") is not None:
        more = (receipt["depositNonce"], receipt["depositReceiptVersion"])
        body += [rlp.number(int(value, 16)) for value in more]
    return (bytes((kind,)) if kind else b"") + rlp.packed(body)


def _outcome(receipt: Mapping[str, Any]) -> bytes:
    """Whether it succeeded; before Byzantium, the state root after the transaction."""
    if receipt.get("status") is None:
        return rlp.encode(_octets(receipt["root"], 32))
    return rlp.number(int(receipt["status"], 16))


def _log(log: Mapping[str, Any]) -> tuple[bytes, list[bytes], bytes]:
    topics = [_octets(topic, 32) for topic in log["topics"]]
    return _octets(log["address"], 20), topics, _octets(log["data"])


def _octets(text: str, length: int | None = None) -> bytes:
    value = bytes.fromhex(text[2:])
    if text[:2] != "0x" or length not in (None, len(value)):
        raise ValueError(f"{text:.80} has not {length} bytes")
    return value
