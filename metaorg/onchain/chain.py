"""One node of one chain: requests that are answered or fail with a sentence; reads at one block."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from web3 import HTTPProvider

from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.types import Address, Hex, Model

BATCH = 100
"""Requests in one JSON-RPC batch; halved while a node refuses."""
LOG_WINDOW = 10_000
"""Blocks asked for in one eth_getLogs; halved while a node refuses."""


_FAILED = re.compile(r"revert|out of gas|OutOfGas|opcode|stack (over|under)flow|invalid jump")
"""How nodes say that a call failed in a contract."""


class Block(Model):
    """A block that reads are pinned to. `time` is Unix seconds."""

    number: int
    hash: Hex
    time: int


class NodeRefused(ChainUnreachable):
    """The node answered a request with an error. `data` is what it sent along, as it came."""

    def __init__(self, method: str, code: int, message: str, data: Any) -> None:
        self.method, self.code, self.message, self.data = method, code, message, data
        super().__init__(f"the node refused {method}: {message} ({code})")

    @property
    def by_contract(self) -> bool:
        """Whether a contract ran and failed, so that the node would answer the same again."""
        return self.code == 3 or bool(_FAILED.search(self.message))


class Log(Model):
    """A raw log."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    transaction: Hex
    index: int


class Chain:
    """A JSON-RPC node, reached over HTTP. Nothing is asked before the first use.

    Args:
        url: the node's address.
        chain_id: the chain that is expected; None accepts any.
        timeout: seconds that one request may take.

    Raises (every method): ChainUnreachable when the node is down, hangs or answers garbage;
        Misconfigured when it is a node of another chain.
    """

    def __init__(self, url: str, chain_id: int | None = None, timeout: float = 30) -> None:
        self.url, self.timeout = url, timeout
        self.where = shown(url)
        """The address as it is shown: without passwords and keys."""
        self.expected = chain_id
        self._id: int | None = None
        self._batch = BATCH
        self._by_number = False

    @property
    def id(self) -> int:
        """The chain id, asked once and compared with the expected one."""
        if self._id is None:
            found = integer(self._ask("eth_chainId", []))
            if self.expected not in (None, found):
                raise Misconfigured(
                    f"the node at {self.where} is on chain {found}, but the settings say "
                    f"{self.expected}; correct `rpc` or `chain_id`"
                )
            self._id = found
        return self._id

    def request(self, method: str, *parameters: Any) -> Any:
        """One request's result."""
        _ = self.id
        return self._ask(method, list(parameters))

    def requests(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Many requests, in batches; a refused one gives its `NodeRefused` in place of a result."""
        _ = self.id
        results: list[Any] = []
        while len(results) < len(calls):
            part = calls[len(results) : len(results) + self._batch]
            answers = self._ask_batch(part)
            if answers is None:
                self._batch = len(part) // 2
            else:
                results += answers
        return results

    def block(self, tag: int | str = "latest") -> Block:
        """The block with this number or tag."""
        shown = hex(tag) if isinstance(tag, int) else tag
        found = self.request("eth_getBlockByNumber", shown, False)
        if found is None:
            raise ChainUnreachable(f"the node has no block {tag}")
        try:
            return Block(
                number=int(found["number"], 16),
                hash=bytes.fromhex(found["hash"][2:]),
                time=int(found["timestamp"], 16),
            )
        except (KeyError, TypeError, ValueError):
            raise ChainUnreachable(f"the node's answer is not a block: {found!r:.80}") from None

    def at(self, tag: int | str = "latest") -> "Reading":
        """Reads as of one block."""
        return Reading(self, self.block(tag))

    def first_block_with_code(self, address: Address) -> int:
        """The block in which a contract was made, by bisection; 0 where history is pruned."""
        low, high = 0, self.block().number
        while low < high:
            middle = (low + high) // 2
            try:
                made = octets(self.request("eth_getCode", address, hex(middle))) != b""
            except NodeRefused:
                return 0
            low, high = (low, middle) if made else (middle + 1, high)
        return low

    @cached_property
    def _provider(self) -> HTTPProvider:
        return HTTPProvider(
            self.url, request_kwargs={"timeout": self.timeout}, exception_retry_configuration=None
        )

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        try:
            answer = self._provider.make_request(method, parameters)
        except Exception as error:
            raise self._unreachable(error) from None
        return result_of(method, answer)

    def _ask_batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any] | None:
        """The results in order; None when the node refuses so many at once."""
        try:
            answers = self._provider.make_batch_request(
                [(method, list(parameters)) for method, parameters in calls]  # type: ignore[misc]
            )
        except Exception as error:
            raise self._unreachable(error) from None
        if len(calls) > 1 and is_refusal(answers):
            return None
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise ChainUnreachable(f"the node at {self.where} does not answer batches of requests")
        return [
            result_or_refusal(method, answer)
            for (method, _), answer in zip(calls, answers, strict=True)
        ]

    def _unreachable(self, error: Exception) -> ChainUnreachable:
        kind = type(error).__name__
        why = {
            "ConnectionError": "nothing answers there (`metaorg devnet` starts a chain)",
            "ReadTimeout": f"no answer within {self.timeout:g} s",
            "ConnectTimeout": f"no answer within {self.timeout:g} s",
            "HTTPError": "it answers with an HTTP error",
            "MissingSchema": "an address begins with http:// or https://",
            "InvalidSchema": "an address begins with http:// or https://",
            "InvalidURL": "that is not an address",
        }.get(kind, "it answers something that is not JSON-RPC")
        return ChainUnreachable(
            f"the node at {self.where} cannot be used: {why}; check the setting `rpc` ({kind})"
        )


class Reading:
    """Reads that all hold at one block, which is named by its hash (EIP-1898).

    A node that does not know blocks by hash is asked by number, and then whether the block with
    this number still is the one that is meant.

    Raises (every method): ChainUnreachable when the node no longer has the block, or its state.
    """

    def __init__(self, chain: Chain, block: Block) -> None:
        self.chain, self.block = chain, block

    def call(
        self, to: Address, data: bytes, sender: Address | None = None, gas: int | None = None
    ) -> bytes:
        """What a contract answers. A revert is a `NodeRefused` with its data."""
        request = {"to": to, "data": "0x" + data.hex()}
        if sender is not None:
            request["from"] = sender
        if gas is not None:
            request["gas"] = hex(gas)
        return octets(self._one("eth_call", request))

    def calls(self, calls: Sequence[tuple[Address, bytes]]) -> list[bytes]:
        """What contracts answer to many calls, in batches; the first revert is raised."""
        return [octets(answer) for answer in self._all(_calls(calls))]

    def answers(self, calls: Sequence[tuple[Address, bytes]], gas: int | None = None) -> list[Any]:
        """What a node says to many calls, in batches: 0x-hex, or a `NodeRefused` in its place.

        Args:
            gas: that each of them may use; what the node allows when absent.
        """
        return self._answers(_calls(calls, gas))

    def code(self, address: Address) -> bytes:
        """The code at an address; empty when there is none."""
        return octets(self._one("eth_getCode", address))

    def balance(self, address: Address) -> int:
        """Wei that an address holds."""
        return integer(self._one("eth_getBalance", address))

    def storage(self, address: Address, slots: Sequence[int]) -> list[bytes]:
        """The words in these slots, 32 bytes each."""
        asked = [("eth_getStorageAt", [address, f"0x{slot:064x}"]) for slot in slots]
        return [_word(answer) for answer in self._all(asked)]

    def proof(self, address: Address, slots: Sequence[int]) -> Mapping[str, Any]:
        """What eth_getProof answers for an account and these slots, as it comes (EIP-1186)."""
        found = self._one("eth_getProof", address, [f"0x{slot:064x}" for slot in slots])
        if not isinstance(found, dict):
            raise ChainUnreachable(f"the node's answer is not a proof: {found!r:.80}")
        return found

    def logs(
        self, addresses: Sequence[Address], topics: Sequence[Any], since: int = 0
    ) -> list[Log]:
        """All logs of these contracts from block `since` to the pinned one, in order.

        Args:
            topics: as in eth_getLogs, with bytes; an empty list takes everything.
        """
        found: list[Log] = []
        start, width = since, LOG_WINDOW
        shown = [_topic(topic) for topic in topics]
        while start <= self.block.number:
            end = min(start + width - 1, self.block.number)
            window = {
                "address": list(addresses),
                "topics": shown,
                "fromBlock": hex(start),
                "toBlock": hex(end),
            }
            try:
                answer = self.chain.request("eth_getLogs", window)
            except NodeRefused:
                if width == 1:
                    raise
                width = max(width // 2, 1)
                continue
            found += logs_of(answer)
            start = end + 1
        return found

    def _one(self, method: str, *parameters: Any) -> Any:
        return self._all([(method, parameters)])[0]

    def _all(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The results; the first refusal is raised."""
        answers = self._answers(asked)
        for answer in answers:
            if isinstance(answer, NodeRefused):
                raise answer
        return answers

    def _answers(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        if not self.chain._by_number:
            pinned = {"blockHash": "0x" + self.block.hash.hex(), "requireCanonical": True}
            answers = self._tagged(asked, pinned)
            if not any(_is_malformed(answer) for answer in answers):
                return answers
        answers = self._tagged(asked, hex(self.block.number))
        self._require_canonical()
        self.chain._by_number = not any(_is_malformed(answer) for answer in answers)
        return answers

    def _tagged(self, asked: Sequence[tuple[str, Sequence[Any]]], block: Any) -> list[Any]:
        calls = [(method, [*parameters, block]) for method, parameters in asked]
        if len(calls) != 1:
            return self.chain.requests(calls)
        [(method, parameters)] = calls
        try:
            return [self.chain.request(method, *parameters)]
        except NodeRefused as refusal:
            return [refusal]

    def _require_canonical(self) -> None:
        if self.chain.block(self.block.number).hash != self.block.hash:
            raise ChainUnreachable(
                f"block {self.block.number} is no longer the one that was read from: the chain was "
                "reorganized; try again"
            )


def shown(url: str) -> str:
    """The address of a node without what may be a secret: user, query, long parts of the path.

    Of one that cannot be taken apart, as with a / in a password, only the scheme is left.
    """
    bare = re.sub(r"(?<=//)[^/]*@", "", re.sub(r"(?s)[?#].*", "", url))
    try:
        _ = urlsplit(bare).port
    except ValueError:
        return re.sub(r"(?s)(?<=//).*", "...", bare)
    return re.sub(r"(?<=[^/]/)[^/]{20,}", "...", bare)


def _calls(
    calls: Sequence[tuple[Address, bytes]], gas: int | None = None
) -> list[tuple[str, Sequence[Any]]]:
    limit = {} if gas is None else {"gas": hex(gas)}
    return [("eth_call", [{"to": to, "data": "0x" + data.hex(), **limit}]) for to, data in calls]


def _word(answer: Any) -> bytes:
    found = octets(answer)
    if len(found) > 32:
        raise ChainUnreachable(f"the node's answer is not a word: {answer!r:.80}")
    return found.rjust(32, b"\0")


def _is_malformed(answer: Any) -> bool:
    """Whether a node refused the form of a request, and not what was asked for."""
    return isinstance(answer, NodeRefused) and (
        answer.code == -32602 or "unmarshal" in answer.message or "invalid type" in answer.message
    )


def octets(value: Any) -> bytes:
    """Bytes from a node's 0x-hex.

    Raises:
        ChainUnreachable: it is not 0x-hex.
    """
    try:
        if value[:2] != "0x":
            raise ValueError(value)
        return bytes.fromhex(value[2:])
    except (KeyError, TypeError, ValueError):
        raise ChainUnreachable(f"the node's answer is not hex: {value!r:.80}") from None


def integer(value: Any) -> int:
    """A number from a node's 0x-hex.

    Raises:
        ChainUnreachable: it is not 0x-hex.
    """
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        raise ChainUnreachable(f"the node's answer is not a number: {value!r:.80}") from None


def result_of(method: str, answer: Any) -> Any:
    """The result of an answer; a refusal is raised."""
    result = result_or_refusal(method, answer)
    if isinstance(result, NodeRefused):
        raise result
    return result


def is_refusal(answers: Any) -> bool:
    """Whether a batch got one error for all, alone or as the only one of a list."""
    if isinstance(answers, list) and len(answers) == 1:
        answers = answers[0]
    return isinstance(answers, dict) and isinstance(answers.get("error"), dict)


def result_or_refusal(method: str, answer: Any) -> Any:
    """The result of an answer, or the `NodeRefused` that it is."""
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        error = answer["error"]
        return NodeRefused(
            method, error.get("code", 0), str(error.get("message", ""))[:1000], error.get("data")
        )
    if not isinstance(answer, dict) or "result" not in answer:
        raise ChainUnreachable(f"the node's answer to {method} is not JSON-RPC: {answer!r:.80}")
    return answer["result"]


def logs_of(answer: Any) -> list[Log]:
    """Logs from a node's list of them."""
    if not isinstance(answer, list):
        raise ChainUnreachable(f"the node's answer is not a list of logs: {answer!r:.80}")
    return [_log(raw) for raw in answer]


def _topic(topic: Any) -> Any:
    if isinstance(topic, bytes):
        return "0x" + topic.hex()
    return [_topic(one) for one in topic] if isinstance(topic, list | tuple) else topic


def _log(raw: Any) -> Log:
    try:
        return Log(
            address=raw["address"],
            topics=tuple(bytes.fromhex(topic[2:]) for topic in raw["topics"]),
            data=bytes.fromhex(raw["data"][2:]),
            block=int(raw["blockNumber"], 16),
            transaction=bytes.fromhex(raw["transactionHash"][2:]),
            index=int(raw["logIndex"], 16),
        )
    except (KeyError, TypeError, ValueError):
        raise ChainUnreachable(f"the node's answer is not a log: {raw!r:.80}") from None
