"""The least that a JSON-RPC client can do, to measure others against: it believes every answer."""

from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

HEAD = {"Content-Type": "application/json"}


class Raw:
    """One connection to a node, kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=600)

    def ask(self, method: str, *parameters: Any) -> Any:
        """One result."""
        return _result(self._post(_request(method, parameters)))

    def ask_all(self, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of one method, asked in one batch."""
        return [_result(answer) for answer in self._post([_request(method, one) for one in calls])]

    def _post(self, content: Any) -> Any:
        self._connection.request("POST", "/", orjson.dumps(content), HEAD)
        return orjson.loads(self._connection.getresponse().read())


def _request(method: str, parameters: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}


def _result(answer: Any) -> Any:
    if "result" not in answer:
        raise RuntimeError(str(answer)[:400])
    return answer["result"]
