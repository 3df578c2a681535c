"""A node that is read from patiently and fast: a kept connection, and an end to all waiting."""

import itertools
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

import orjson

from metaorg.errors import ChainUnreachable
from metaorg.http.client import SAFE, Answer, Client, TooMuch, Url, printable
from metaorg.onchain.chain import (
    Chain,
    NodeRefused,
    is_refusal,
    result_of,
    result_or_refusal,
)

T = TypeVar("T")

ANSWER = 64 << 20
"""The most bytes that an answer may have."""
PATIENCE = 120.0
"""Seconds for which a node that answered before is asked again."""
_PAUSE, _LONGEST_PAUSE = 0.25, 10.0
_BUSY = re.compile(
    r"rate.?limit|too many requests|requests? limit|throttl|capacity|per second|try again later",
    re.IGNORECASE,
)
_LARGE = 1 << 20
"""Bytes of an answer whose parts are counted before it is read."""
_TOO_LARGE = -32003
"""Code with which geth refuses what did not fit into the answer to a batch."""


class NoAnswer(ChainUnreachable):
    """Nothing came that could be an answer. `wait`: seconds after which it may be different."""

    def __init__(self, message: str, wait: float = 0) -> None:
        self.wait = wait
        super().__init__(f"{message}; check the setting `rpc`")

    @property
    def lasting(self) -> bool:
        """Whether asking again would change nothing."""
        return isinstance(self.__cause__, TooMuch | ssl.SSLCertVerificationError)


class Endpoint(Chain):
    """A JSON-RPC node to read from: whatever is asked may be asked again, so it sends nothing.

    Args:
        url: the node's address, perhaps with a user and a password.
        chain_id: the chain that is expected; None accepts any.
        timeout: seconds that one attempt may take.
        patience: seconds that one request may take with all its attempts, where the node answered
            before; one that never did, or that was given up, is asked once.
        limit: the most bytes that an answer may have.
    """

    def __init__(
        self,
        url: str,
        chain_id: int | None = None,
        timeout: float = 30,
        patience: float = PATIENCE,
        limit: int = ANSWER,
    ) -> None:
        super().__init__(url, chain_id, timeout)
        self.patience, self.limit = patience, limit
        self._ids = itertools.count(1)
        self._answered = False

    def attempt(self, method: str, *parameters: Any) -> Any:
        """One request's result, or the error at once: for what is then asked for differently."""
        _ = self.id
        return self._once(method, parameters)

    def client_version(self) -> str:
        """How the node names its software, unverified; empty when it does not."""
        try:
            return printable(str(self.request("web3_clientVersion")))
        except ChainUnreachable:
            return ""

    def close(self) -> None:
        """Close the connections that are open; a later request opens one again."""
        if "_server" in self.__dict__:
            self._server.client.close()

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        return self._patiently(lambda: self._once(method, parameters))

    def _once(self, method: str, parameters: Sequence[Any]) -> Any:
        asked = _asked(next(self._ids), method, parameters)
        answer = self._post(orjson.dumps(asked))
        if isinstance(answer, dict) and not is_refusal(answer) and answer.get("id") != asked["id"]:
            raise ChainUnreachable(f"the node at {self.where} answers what was not asked")
        return result_of(method, answer)

    def _ask_batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any] | None:
        """The results in order; None when the node refuses so many at once."""
        held: list[list[Any] | None] = []

        def attempt() -> list[Any] | None:
            results = self._once_batch(calls)
            held[:] = [results]
            busy = next((one for one in results or () if _is_busy(one)), None)
            if busy is not None:
                raise busy
            return results

        try:
            return self._patiently(attempt)
        except NodeRefused:
            return held[0]
        except NoAnswer as error:
            if len(calls) > 1 and isinstance(error.__cause__, TooMuch):
                return None
            raise

    def _once_batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any] | None:
        asked = [_asked(next(self._ids), *call) for call in calls]
        answers = self._post(orjson.dumps(asked))
        if len(calls) > 1 and is_refusal(answers):
            return None
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise ChainUnreachable(f"the node at {self.where} does not answer batches of requests")
        by_id = {one.get("id"): one for one in answers if isinstance(one, dict)}
        if by_id.keys() != {one["id"] for one in asked}:
            raise ChainUnreachable(f"the node at {self.where} answers what was not asked")
        results = [result_or_refusal(one["method"], by_id[one["id"]]) for one in asked]
        return None if len(calls) > 1 and any(map(_is_too_large, results)) else results

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """What an attempt gives, again after ever longer pauses while that may help."""
        ends = time.monotonic() + (self.patience if self._answered else 0)
        pause = _PAUSE
        while True:
            try:
                result = attempt()
                self._answered = True
                return result
            except (NoAnswer, NodeRefused) as error:
                passing = not error.lasting if isinstance(error, NoAnswer) else _is_busy(error)
                wait = max(pause, getattr(error, "wait", 0))
                if not passing or time.monotonic() + wait > ends:
                    self._answered = self._answered and not passing
                    raise
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _post(self, body: bytes) -> Any:
        client, target, headers = self._server
        answer = client.request(
            "POST", target, timeout=self.timeout, limit=self.limit, headers=headers, body=body
        )
        if _is_crowded(answer.body):
            raise self._unusable("its answer consists of more parts than any has")
        try:
            said = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            said = None
        if answer.status == 200 and said is None:
            raise self._unusable("it answers something that is not JSON-RPC")
        if answer.status != 200 and (answer.busy or not is_refusal(said)):
            raise self._failed(answer)
        return said

    def _failed(self, answer: Answer) -> ChainUnreachable:
        why = f"it answers with an HTTP error ({answer.status})"
        passing = answer.busy or answer.status >= 500
        return (
            NoAnswer(f"the node at {self.where} cannot be used: {why}", answer.retry_after)
            if passing
            else self._unusable(why)
        )

    def _unusable(self, why: str) -> ChainUnreachable:
        return ChainUnreachable(
            f"the node at {self.where} cannot be used: {why}; check the setting `rpc`"
        )

    @cached_property
    def _server(self) -> "_Server":
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        if not (host and parts.scheme in ("http", "https") and self.url.isascii()):
            raise self._unusable("an address begins with http:// or https:// and has a host")
        url = Url(parts.scheme, host, port, "")
        headers = {"Content-Type": "application/json"}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        client = Client(url, f"the node at {self.where}", NoAnswer, (*SAFE, "POST"))
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        return _Server(client, target, headers)


class _Server(NamedTuple):
    client: Client
    target: str
    headers: Mapping[str, str]


def _asked(number: int, method: str, parameters: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}


def _is_crowded(body: bytes) -> bool:
    """Whether a large answer is of very small parts, which take thirty times its size in memory.

    The smallest that is answered many times, an empty result, has 39 bytes and counts for 5.
    """
    parts = body.count(b",") + 2 * (body.count(b"[") + body.count(b"{"))
    return len(body) > _LARGE and 6 * parts > len(body)


def _is_busy(result: Any) -> bool:
    """Whether a node refused because it was asked too often."""
    return isinstance(result, NodeRefused) and (
        result.code == 429 or bool(_BUSY.search(result.message))
    )


def _is_too_large(result: Any) -> bool:
    return isinstance(result, NodeRefused) and result.code == _TOO_LARGE
