"""A node that hangs, lies, refuses or talks nonsense gives a sentence, in bounded time."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import BATCH, Chain, NodeRefused, integer, logs_of, octets
from metaorg.onchain.devnet import Devnet, free_port
from metaorg.onchain.modules import modules_at
from metaorg.organization import MetaOrganization
from onchain.nodes import Node, Silent, answering, proxy
from onchain.world import World, actor

CHAIN_ID = "0x7a69"
BOUND = 3.0
"""Seconds within which a node with a timeout of 0.3 s must have been given up."""


def nonsense(status: int, body: bytes) -> Node:
    return Node(lambda _: (status, body))


def bounded(use: Callable[[], Any]) -> ChainUnreachable:
    """The error of a use that ends in time."""
    started = time.monotonic()
    with pytest.raises(ChainUnreachable) as refused:
        use()
    assert time.monotonic() - started < BOUND
    assert refused.value.exit_code == 5
    return refused.value


@pytest.fixture(params=["request", "requests", "block", "id", "at", "first_block_with_code"])
def use(request: pytest.FixtureRequest) -> Callable[[Chain], Any]:
    """Each way to ask a node."""
    uses: dict[str, Callable[[Chain], Any]] = {
        "request": lambda chain: chain.request("eth_gasPrice"),
        "requests": lambda chain: chain.requests([("eth_gasPrice", [])]),
        "block": lambda chain: chain.block(),
        "id": lambda chain: chain.id,
        "at": lambda chain: chain.at(),
        "first_block_with_code": lambda chain: chain.first_block_with_code(actor(1).address),
    }
    return uses[request.param]


# ---------------------------------------------------------------------- nodes that are none


def test_a_node_that_is_down_is_said_to_be(use: Callable[[Chain], Any]) -> None:
    chain = Chain(f"http://127.0.0.1:{free_port()}", timeout=0.3)

    error = bounded(lambda: use(chain))

    assert "nothing answers there" in str(error) and chain.url in str(error)
    assert "check the setting `rpc`" in str(error)


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"]
)
def test_a_node_that_hangs_is_given_up(use: Callable[[Chain], Any], beginning: bytes) -> None:
    with Silent(beginning) as silent:
        error = bounded(lambda: use(Chain(silent.url, timeout=0.3)))

    assert silent.url in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><body>Welcome</body></html>"),
        (200, b""),
        (200, b"\xff\xfe\0"),
        (200, b"null"),
        (200, b"[]"),
        (200, b"[1]"),
        (200, b'"0x1"'),
        (200, b"{}"),
        (200, b'{"jsonrpc": "2.0", "id": 1}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": null}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": {}}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": [1, 2]}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": true}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": "zz"}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": "no"}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": {}}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}'),
        (200, b'{"result": ' + b"[" * 100_000),
        (404, b"not found"),
        (429, b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}'),
        (500, b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}'),
        (503, b""),
    ],
    ids=lambda value: f"{value!r:.60}",
)
def test_a_node_that_talks_nonsense_is_unreachable(
    use: Callable[[Chain], Any], status: int, body: bytes
) -> None:
    with nonsense(status, body) as node:
        bounded(lambda: use(Chain(node.url, timeout=0.3)))


def test_an_http_error_is_said_to_be_one() -> None:
    with nonsense(500, b"") as node:
        error = bounded(lambda: Chain(node.url, timeout=0.3).id)

    assert "it answers with an HTTP error" in str(error)


def test_html_is_said_not_to_be_json_rpc() -> None:
    with nonsense(200, b"<html>") as node:
        error = bounded(lambda: Chain(node.url, timeout=0.3).id)

    assert "it answers something that is not JSON-RPC" in str(error)


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://127.0.0.1", "http://", "http://[", "127.1"])
def test_an_address_that_is_none_is_a_setting_to_check(url: str) -> None:
    error = bounded(lambda: Chain(url, timeout=0.3).id)

    assert "check the setting `rpc`" in str(error)


def test_nothing_is_asked_before_the_first_use() -> None:
    with nonsense(500, b"") as node:
        Chain(node.url, chain_id=5)

        assert node.requests == []


# ---------------------------------------------------------------------- another chain, no batches


def test_a_node_of_another_chain_is_misconfigured(devnet: Devnet) -> None:
    chain = Chain(devnet.url, chain_id=1)

    for use in (lambda: chain.id, chain.block, lambda: chain.requests([("eth_gasPrice", [])])):
        with pytest.raises(Misconfigured, match="is on chain 31337, but the settings say 1"):
            use()


def test_the_chain_id_is_asked_once(devnet: Devnet) -> None:
    with proxy(devnet.url, lambda _method, _parameters, result: result) as node:
        chain = Chain(node.url, chain_id=31337)
        for _ in range(3):
            chain.block()

    assert sum(one["method"] == "eth_chainId" for one in node.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}},
        [],
        [{"jsonrpc": "2.0", "id": 0, "result": "0x1"}],
        "0x1",
    ],
)
def test_a_node_without_batches_is_said_to_have_none(answer: Any) -> None:
    def respond(asked: Any) -> tuple[int, bytes]:
        if isinstance(asked, list):
            return 200, json.dumps(answer).encode()
        return 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": CHAIN_ID}).encode()

    with Node(respond) as node:
        chain = Chain(node.url, timeout=0.3)
        error = bounded(lambda: chain.requests([("eth_gasPrice", []), ("eth_gasPrice", [])]))

    assert "batches" in str(error) or "JSON-RPC" in str(error)


def test_many_requests_go_in_batches_and_come_back_in_order() -> None:
    def answers(method: str, parameters: list[Any]) -> Any:
        return CHAIN_ID if method == "eth_chainId" else parameters[0]

    respond = answering(answers)

    def shuffled(asked: Any) -> tuple[int, bytes]:
        status, body = respond(asked)
        if isinstance(asked, list):
            body = json.dumps(json.loads(body)[::-1]).encode()
        return status, body

    with Node(shuffled) as node:
        results = Chain(node.url).requests([("echo", [number]) for number in range(250)])

    assert results == list(range(250))
    batches = [len(asked) for asked in node.requests if isinstance(asked, list)]
    assert batches == [BATCH, BATCH, 50]


@pytest.mark.parametrize("alone", [True, False], ids=["an error", "a list of one error"])
def test_a_node_that_takes_fewer_at_once_is_asked_for_fewer(alone: bool) -> None:
    def answers(method: str, parameters: list[Any]) -> Any:
        return CHAIN_ID if method == "eth_chainId" else parameters[0]

    def limited(asked: Any) -> tuple[int, bytes]:
        if isinstance(asked, list) and len(asked) > 30:
            error = {"code": -32600, "message": "batch too large"}
            refused = {"jsonrpc": "2.0", "id": asked[0]["id"], "error": error}
            return 200, json.dumps(refused if alone else [refused]).encode()
        return answering(answers)(asked)

    with Node(limited) as node:
        results = Chain(node.url).requests([("echo", [number]) for number in range(60)])

    assert results == list(range(60))
    batches = [len(asked) for asked in node.requests if isinstance(asked, list)]
    assert batches == [60, 30, 30]


def test_a_refused_request_of_a_batch_stands_in_its_place() -> None:
    def answers(method: str, parameters: list[Any]) -> Any:
        if method == "eth_chainId":
            return CHAIN_ID
        if parameters[0] == 1:
            return {"error": {"code": 3, "message": "execution reverted", "data": "0x12"}}
        return parameters[0]

    with Node(answering(answers)) as node:
        first, second, third = Chain(node.url).requests([("echo", [n]) for n in range(3)])

    assert (first, third) == (0, 2)
    assert isinstance(second, NodeRefused)
    assert (second.method, second.code, second.data) == ("echo", 3, "0x12")


def test_no_requests_ask_nothing(chain: Chain) -> None:
    assert chain.requests([]) == []


# ---------------------------------------------------------------------- blocks and reads


def test_a_block_that_there_is_not_is_unreachable(chain: Chain) -> None:
    with pytest.raises(ChainUnreachable, match="no block 999999"):
        chain.block(999_999)


def test_a_reading_stays_where_it_is_while_the_chain_goes_on(chain: Chain) -> None:
    account, reading = actor(500).address, chain.at()

    chain.request("evm_mine")
    chain.request("anvil_setBalance", account, "0x5")

    assert reading.balance(account) == 0
    assert chain.at().balance(account) == 5


def test_the_block_of_a_contract_is_found(founded: World, chain: Chain) -> None:
    address = founded.modules.meta_organization
    for _ in range(5):
        chain.request("evm_mine")

    first = chain.first_block_with_code(address)

    assert chain.at(first).code(address)
    assert not chain.at(first - 1).code(address)


def test_where_history_is_pruned_the_block_of_a_contract_is_the_first(founded: World) -> None:
    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_getCode" and parameters[1] != "latest":
            return {"error": {"code": -32000, "message": "missing trie node"}}
        return result

    with proxy(founded.chain.url, alter) as node:
        first = Chain(node.url).first_block_with_code(founded.modules.meta_organization)

    assert first == 0


def test_the_modules_are_found_from_the_front_door(founded: World) -> None:
    found = modules_at(founded.chain.at(), founded.modules.meta_organization)

    assert found == founded.modules


def test_an_address_without_a_contract_is_misconfigured(founded: World) -> None:
    with pytest.raises(Misconfigured, match="there is no contract at"):
        MetaOrganization.open(founded.chain, actor(9).address, founded.store)


def test_another_contract_is_misconfigured(founded: World) -> None:
    with pytest.raises(Misconfigured, match="is not a meta-organization"):
        MetaOrganization.open(founded.chain, founded.modules.commons, founded.store)


# ---------------------------------------------------------------------- logs


class Windows:
    """A node with one log in each block, that refuses windows of more than `limit` blocks."""

    def __init__(self, head: int, limit: int) -> None:
        self.head, self.limit, self.asked = head, limit, 0

    def __call__(self, method: str, parameters: list[Any]) -> Any:
        if method == "eth_chainId":
            return CHAIN_ID
        if method == "eth_getBlockByNumber":
            return {"number": hex(self.head), "hash": "0x" + "11" * 32, "timestamp": "0x5"}
        self.asked += 1
        first, last = (int(parameters[0][key], 16) for key in ("fromBlock", "toBlock"))
        assert first <= last <= self.head
        if last - first + 1 > self.limit:
            return {"error": {"code": -32005, "message": "query returned more than 10000 results"}}
        return [self.log(number) for number in range(first, last + 1)]

    def log(self, number: int) -> dict[str, Any]:
        return {
            "address": "0x" + "11" * 20,
            "topics": ["0x" + "22" * 32],
            "data": "0x",
            "blockNumber": hex(number),
            "transactionHash": "0x" + "33" * 32,
            "logIndex": "0x0",
        }


@pytest.mark.parametrize(
    ("since", "head", "limit"),
    [(0, 30, 1), (7, 300, 3), (0, 25_000, 999), (5, 5, 1), (6, 5, 1), (0, 20_001, 10_000)],
)
def test_windows_halve_while_the_node_refuses_and_lose_nothing(
    since: int, head: int, limit: int
) -> None:
    windows = Windows(head, limit)

    with Node(answering(windows)) as node:
        logs = Chain(node.url).at().logs(["0x" + "11" * 20], [], since)

    assert [log.block for log in logs] == list(range(since, head + 1))


def test_a_node_that_refuses_a_single_block_is_unreachable() -> None:
    windows = Windows(1000, 0)

    with Node(answering(windows)) as node:
        error = bounded(lambda: Chain(node.url, timeout=0.3).at().logs([], []))

    assert isinstance(error, NodeRefused) and "more than 10000 results" in str(error)
    assert windows.asked < 20


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "0x",
        {},
        [None],
        ["0x"],
        [{}],
        [{**Windows(1, 1).log(1), "address": 5}],
        [{**Windows(1, 1).log(1), "address": "0x12"}],
        [{**Windows(1, 1).log(1), "topics": None}],
        [{**Windows(1, 1).log(1), "topics": [5]}],
        [{**Windows(1, 1).log(1), "data": "0xz"}],
        [{**Windows(1, 1).log(1), "data": None}],
        [{**Windows(1, 1).log(1), "blockNumber": None}],
        [{**Windows(1, 1).log(1), "logIndex": 5}],
    ],
)
def test_what_is_no_list_of_logs_is_unreachable(answer: Any) -> None:
    with pytest.raises(ChainUnreachable, match="the node's answer is not a"):
        logs_of(answer)


# ---------------------------------------------------------------------- values

garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(garbage)
def test_hex_of_a_node_is_read_or_unreachable(value: Any) -> None:
    for read in (octets, integer):
        try:
            read(value)
        except ChainUnreachable as error:
            assert len(str(error)) < 200


@pytest.mark.parametrize(
    "method", ["eth_chainId", "eth_getBlockByNumber", "eth_call", "eth_getCode", "eth_getLogs"]
)
@pytest.mark.parametrize(
    "result", [None, True, 5, -1.5, "", "0x", "0xzz", "word", [], [None], {}, {"number": 1}]
)
def test_answers_of_the_wrong_type_are_unreachable_or_misconfigured(
    world: World, bakery: LocalSigner, method: str, result: Any
) -> None:
    def alter(asked: str, _: list[Any], true: Any) -> Any:
        return result if asked == method else true

    with proxy(world.chain.url, alter) as node:
        chain = Chain(node.url, timeout=2)
        try:
            org = MetaOrganization(chain, world.modules, world.store, bakery)
            org.membership.all()
            org.assembly.rules()
            modules_at(chain.at(), world.modules.meta_organization)
        except (ChainUnreachable, Misconfigured):
            return
    assert (method, result) == ("eth_getLogs", [])  # an empty list is an answer
