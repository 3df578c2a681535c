"""A chain made of values, hashed as a real one: for what no real node does, and for great sizes."""

from collections.abc import Sequence
from typing import Any

import rlp
from eth_hash.auto import keccak

from metaorg.audit.proofs import bloom_of, logs_of_receipts, receipts_root

CHAIN_ID = 1337
EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
_ORDER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas"),
)
_NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}

Log = tuple[str, Sequence[str], str]
"""Address, topics and data, as in JSON."""


class TinyChain:
    """Blocks of one transaction each that has all logs; `answers` is a node's.

    Args:
        chain_id: as nodes tell it. proved: compute roots of receipts, which takes long.
    """

    def __init__(self, chain_id: int = CHAIN_ID, *, proved: bool = True) -> None:
        self.chain_id, self.proved = chain_id, proved
        self.blocks: list[dict[str, Any]] = []
        self.logs: list[list[dict[str, Any]]] = []
        self.receipts: list[list[dict[str, Any]]] = []
        self.add([], 1_000)

    def add(self, logs: Sequence[Log], time: int | None = None) -> None:
        """A block with these logs, a second after the last one."""
        number = len(self.blocks)
        transaction = "0x" + keccak(number.to_bytes(8)).hex()
        told = [_log(number, transaction, place, log) for place, log in enumerate(logs)]
        bloom = "0x" + bytes(bloom_of(logs_of_receipts(number, [_bare(transaction, told)]))).hex()
        receipts = [{**_bare(transaction, told), "logsBloom": bloom}] if logs else []
        root = receipts_root(receipts) if self.proved else bytes(32)
        assert root is not None
        block = self._block(number, time)
        block |= {"logsBloom": bloom, "receiptsRoot": "0x" + root.hex()}
        block["hash"] = "0x" + keccak(rlp.encode([_field(block, name) for name in _ORDER])).hex()
        block["transactions"] = [transaction] if logs else []
        for log in told:
            log["blockHash"] = block["hash"]
        self.blocks.append(block)
        self.logs.append(told)
        self.receipts.append(receipts)

    def answers(self, method: str, parameters: list[Any]) -> Any:
        """The result of a request."""
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_blockNumber":
            return self.blocks[-1]["number"]
        if method == "web3_clientVersion":
            return "Tiny/v1"
        if method == "eth_getLogs":
            first, last = (int(parameters[0][key], 16) for key in ("fromBlock", "toBlock"))
            asked = parameters[0]["address"]
            block_logs = self.logs[first : last + 1]
            return [log for logs in block_logs for log in logs if log["address"] in asked]
        number = self._number(parameters[0])
        if number >= len(self.blocks):
            return None
        return {
            "eth_getBlockByNumber": self.blocks,
            "eth_getBlockReceipts": self.receipts,
        }[method][number]

    def _number(self, tag: str) -> int:
        return len(self.blocks) - 1 if tag in ("latest", "finalized") else int(tag, 16)

    def _block(self, number: int, time: int | None) -> dict[str, Any]:
        last = self.blocks[-1] if self.blocks else {"hash": "0x" + "00" * 32, "timestamp": "0x0"}
        return {
            "number": hex(number),
            "parentHash": last["hash"],
            "timestamp": hex(int(last["timestamp"], 16) + 1 if time is None else time),
            "sha3Uncles": "0x" + "11" * 32,
            "miner": "0x" + "00" * 20,
            "stateRoot": "0x" + "22" * 32,
            "transactionsRoot": EMPTY_ROOT,
            "difficulty": "0x0",
            "gasLimit": "0x1c9c380",
            "gasUsed": "0x5208",
            "extraData": "0x",
            "mixHash": "0x" + "33" * 32,
            "nonce": "0x" + "00" * 8,
            "baseFeePerGas": "0x7",
        }


def _log(number: int, transaction: str, place: int, log: Log) -> dict[str, Any]:
    address, topics, data = log
    return {
        "address": address,
        "topics": [*topics],
        "data": data,
        "blockNumber": hex(number),
        "transactionHash": transaction,
        "transactionIndex": "0x0",
        "logIndex": hex(place),
        "removed": False,
    }


def _bare(transaction: str, logs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A receipt without its filter."""
    return {
        "type": "0x2",
        "status": "0x1",
        "cumulativeGasUsed": "0x5208",
        "transactionHash": transaction,
        "transactionIndex": "0x0",
        "logs": [*logs],
    }


def _field(block: dict[str, Any], name: str) -> bytes:
    value: str = block[name]
    if name in _NUMBERS:
        number = int(value, 16)
        return number.to_bytes((number.bit_length() + 7) // 8)
    return bytes.fromhex(value[2:])
