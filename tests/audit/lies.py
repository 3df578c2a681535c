"""Logs that a node tells otherwise than they are."""

from collections.abc import Callable
from typing import Any

from onchain.world import actor

from audit.fault_proxy import Fault, refusal
from audit.history import History
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import octets

Log = dict[str, Any]
Change = Callable[[list[Log]], list[Log]]
"""From all logs to those that are told."""
PRUNED = refusal(4444, "pruned history unavailable")


def telling(history: History, change: Change) -> Fault:
    """A node that tells other logs of the contracts than there are."""
    told = change(logs_of(history))

    def fault(method: str, parameters: list[Any], result: Any) -> Any:
        return within(told, parameters[0]) if method == "eth_getLogs" else result

    return fault


def without_receipts(method: str, _: list[Any], result: Any) -> Any:
    """A node that has forgotten what could prove logs."""
    return PRUNED if method in ("eth_getBlockReceipts", "eth_getTransactionReceipt") else result


def dropped(contract: str, event: str, **indexed: int) -> Change:
    """Without some events."""

    def change(logs: list[Log]) -> list[Log]:
        rest = [log for log in logs if not about(log, contract, event, **indexed)]
        assert len(rest) < len(logs)
        return rest

    return change


def rewritten(contract: str, event: str, rewrite: Callable[[Log], Log], **indexed: int) -> Change:
    """With some events otherwise."""

    def change(logs: list[Log]) -> list[Log]:
        meant = [about(log, contract, event, **indexed) for log in logs]
        assert any(meant)
        return [rewrite(log) if mine else log for log, mine in zip(logs, meant, strict=True)]

    return change


def adding(logs: list[Log], block: str, log: Log, **changes: Any) -> list[Log]:
    """The logs with a changed copy of one as the last of a block."""
    end = max(index for index, one in enumerate(logs) if one["blockNumber"] == block)
    last = logs[end]
    where = {
        key: last[key]
        for key in ("blockNumber", "blockHash", "transactionHash", "transactionIndex")
    }
    forgery = log | where | {"logIndex": hex(int(last["logIndex"], 16) + 1)} | changes
    return [*logs[: end + 1], forgery, *logs[end + 1 :]]


def retold(log: Log, contract: str, event: str, **arguments: Any) -> Log:
    """A log with other arguments, of those that are not indexed."""
    entry = next(e for e in load(contract).topics.values() if e["name"] == event)
    inputs = [one for one in entry["inputs"] if not one["indexed"]]
    values = abi.decode_values(inputs, octets(log["data"])) | arguments
    data = abi.encode_values(inputs, [values[one["name"]] for one in inputs])
    return log | {"data": "0x" + data.hex()}


def changed_word(log: Log, word: int, change: Callable[[int], int]) -> Log:
    data = bytearray(octets(log["data"]))
    old = int.from_bytes(data[32 * word : 32 * word + 32])
    data[32 * word : 32 * word + 32] = change(old).to_bytes(32)
    return log | {"data": "0x" + data.hex()}


def about(log: Log, contract: str, event: str, **indexed: int) -> bool:
    """Whether a log is this event with these indexed arguments."""
    entry = next(e for e in load(contract).topics.values() if e["name"] == event)
    if log["topics"][0] != topic(contract, event):
        return False
    names = [p["name"] for p in entry["inputs"] if p["indexed"]]
    values = dict(zip(names, (int(one, 16) for one in log["topics"][1:]), strict=True))
    return all(values[name] == value for name, value in indexed.items())


def number_of(signer: int) -> int:
    return int(actor(signer).address, 16)


def logs_of(history: History) -> list[dict[str, Any]]:
    """All logs of the contracts, as the node gives them."""
    addresses = [*history.modules.model_dump().values()]
    wanted = {"address": addresses, "fromBlock": "0x0", "toBlock": "latest"}
    logs: list[dict[str, Any]] = history.chain.request("eth_getLogs", wanted)
    return logs


def within(logs: list[dict[str, Any]], window: dict[str, str]) -> list[dict[str, Any]]:
    """The logs of the blocks that eth_getLogs asks for."""
    first, last = int(window["fromBlock"], 16), int(window["toBlock"], 16)
    return [log for log in logs if first <= int(log["blockNumber"], 16) <= last]


def topic(contract: str, event: str) -> str:
    entry = next(e for e in load(contract).topics.values() if e["name"] == event)
    return "0x" + abi.topic(entry).hex()
