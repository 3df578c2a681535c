"""A proxy in front of a real node that drops, delays, cuts, repeats, limits, reorders and lies."""

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

from onchain.nodes import Node

Json = Any
Fault = Callable[[str, list[Any], Json], Json]
"""From method, parameters and the true result to what is told: a result, or {"error": ...}."""
Before = Callable[[str, list[Any]], Json]
"""From method and parameters to an answer that the node is not asked for; None to ask it."""
Wire = Callable[[Any, int, bytes], tuple[int, bytes]]
"""From the request, and the status and the bytes of the answer, to those that are sent."""


class FaultProxy:
    """A node with faults, as a context manager; `asked` counts requests by method.

    Args:
        url: of the real one. faults: each changes results. before: each may answer instead. wires:
            each changes bytes.
    """

    def __init__(
        self,
        url: str,
        *faults: Fault,
        before: Sequence[Before] = (),
        wires: Sequence[Wire] = (),
    ) -> None:
        self._target, self._faults, self._before, self._wires = url, faults, before, wires
        self.asked: dict[str, int] = {}
        self._node = Node(self._respond)

    @property
    def url(self) -> str:
        return self._node.url

    def __enter__(self) -> "FaultProxy":
        self._node.__enter__()
        return self

    def __exit__(self, *what: Any) -> None:
        self._node.__exit__(*what)

    def _respond(self, asked: Json) -> tuple[int, bytes]:
        many = isinstance(asked, list)
        told = self._answers(asked if many else [asked])
        status, body = 200, json.dumps(told if many else told[0]).encode()
        for wire in self._wires:
            status, body = wire(asked, status, body)
        return status, body

    def _answers(self, asked: list[Json]) -> list[Json]:
        instead = {one["id"]: self._instead(one) for one in asked}
        rest = [one for one in asked if instead[one["id"]] is None]
        told = _post(self._target, rest) if rest else []
        if len(told) != len(rest):
            return list(told)  # one refusal of so many at once
        true = {one["id"]: one for one in told}
        return [instead[one["id"]] or self._faulty(one, true[one["id"]]) for one in asked]

    def _instead(self, asked: Json) -> Json:
        self.asked[asked["method"]] = self.asked.get(asked["method"], 0) + 1
        for answer in self._before:
            told = answer(asked["method"], asked["params"])
            if told is not None:
                return _answer(asked, told)
        return None

    def _faulty(self, asked: Json, answer: Json) -> Json:
        if "result" not in answer:
            return answer
        result = answer["result"]
        for fault in self._faults:
            result = fault(asked["method"], asked["params"], result)
        return _answer(asked, result)


def _answer(asked: Json, result: Json) -> Json:
    refused = isinstance(result, dict) and set(result) == {"error"}
    body = result if refused else {"result": result}
    return {"jsonrpc": "2.0", "id": asked["id"]} | body


def _post(url: str, asked: Json) -> Json:
    request = urllib.request.Request(
        url, json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


# ---------------------------------------------------------------------- faults


def refusal(code: int, message: str) -> Json:
    return {"error": {"code": code, "message": message}}


def on(method: str, change: Callable[[Json], Json]) -> Fault:
    """Another result of one method."""

    def fault(asked: str, _: list[Any], result: Json) -> Json:
        return change(result) if asked == method else result

    return fault


def logs(change: Callable[[list[Json]], list[Json]]) -> Fault:
    """Other logs than there are."""
    return on("eth_getLogs", change)


def dropping(place: Callable[[Json], bool]) -> Fault:
    """Without some logs."""
    return logs(lambda found: [log for log in found if not place(log)])


def rewriting(field: str, change: Callable[[Json], Json], which: Callable[[Json], bool]) -> Fault:
    """With another value in one field of some logs."""

    def rewritten(found: list[Json]) -> list[Json]:
        return [log | {field: change(log[field])} if which(log) else log for log in found]

    return logs(rewritten)


def block_field(number: int, field: str, change: Callable[[Json], Json]) -> Fault:
    """With another value in one field of a header."""

    def fault(method: str, _: list[Any], result: Json) -> Json:
        if method == "eth_getBlockByNumber" and result and int(result["number"], 16) == number:
            return result | {field: change(result[field])}
        return result

    return fault


def capped(most: int) -> Fault:
    """The first logs, and nothing that says that there are more."""
    return logs(lambda found: found[:most])


def refusing(most: int, suggested: str = "") -> Fault:
    """A refusal of more than so many logs, which suggests a range that fails again."""

    def fault(method: str, _: list[Any], result: Json) -> Json:
        if method == "eth_getLogs" and len(result) > most:
            return refusal(-32005, f"query returned more than {most} results. {suggested}")
        return result

    return fault


def ranged(most: int) -> Before:
    """A refusal of windows of more than so many blocks."""

    def before(method: str, parameters: list[Any]) -> Json:
        if method != "eth_getLogs":
            return None
        first, last = (int(parameters[0][key], 16) for key in ("fromBlock", "toBlock"))
        wide = last - first + 1 > most
        return refusal(-32602, f"block range is limited to {most}") if wide else None

    return before


def without(method: str, answer: Json) -> Before:
    """A node that has something else to say to one method."""
    return lambda asked, _: answer if asked == method else None


def pruned(below: int, answer: Json) -> Fault:
    """A node that says this of headers, logs and receipts of old blocks."""

    def fault(method: str, parameters: list[Any], result: Json) -> Json:
        if method == "eth_getLogs":
            return answer if int(parameters[0]["fromBlock"], 16) < below else result
        if method in ("eth_getBlockByNumber", "eth_getBlockReceipts"):
            tag = parameters[0]
            return answer if tag[:2] == "0x" and int(tag, 16) < below else result
        return result

    return fault


def lagging(head: int) -> Fault:
    """A node that knows nothing behind a block, and says of newer logs that there are none."""

    def fault(method: str, parameters: list[Any], result: Json) -> Json:
        if method == "eth_blockNumber":
            return hex(min(int(result, 16), head))
        if method == "eth_getLogs":
            return [log for log in result if int(log["blockNumber"], 16) <= head]
        if method == "eth_getBlockByNumber" and result and int(result["number"], 16) > head:
            return None
        return result

    return fault


def busy(times: int, status: int = 429) -> Wire:
    """An answer that asks to be left alone, to the first so many requests for logs."""
    left = [times]

    def wire(asked: Json, good: int, body: bytes) -> tuple[int, bytes]:
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs" and left[0] > 0:
            left[0] -= 1
            return status, b"slow down"
        return good, body

    return wire


def slow(seconds: float, times: int) -> Wire:
    """An answer that comes late, to the first so many requests for logs."""
    left = [times]

    def wire(asked: Json, status: int, body: bytes) -> tuple[int, bytes]:
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs" and left[0] > 0:
            left[0] -= 1
            time.sleep(seconds)
        return status, body

    return wire


def cut(most: int) -> Wire:
    """Only the first bytes of long answers, as if that were all."""
    return lambda _, status, body: (status, body[:most])
