"""An endpoint: kept connections, patience with an end, and no word about passwords."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from onchain.nodes import Node, Silent, answering, proxy
from onchain.world import actor

from audit.fault_proxy import FaultProxy, refusal
from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.onchain.chain import Block, Chain, NodeRefused, Reading, shown
from metaorg.onchain.devnet import Devnet, free_port
from metaorg.onchain.endpoint import Endpoint

CHAIN_ID = "0x7a69"
BOUND = 3.0
"""Seconds within which an endpoint with a patience below a second must have given up."""


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with Devnet() as devnet:
        yield devnet


def impatient(url: str, **options: Any) -> Endpoint:
    return Endpoint(url, timeout=0.3, **{"patience": 0.8, **options})


def bounded(use: Callable[[], Any]) -> str:
    """What is said about a use that ends in time."""
    started = time.monotonic()
    with pytest.raises(ChainUnreachable) as refused:
        use()
    assert time.monotonic() - started < BOUND
    return str(refused.value)


def echo(method: str, parameters: list[Any]) -> Any:
    return CHAIN_ID if method == "eth_chainId" else parameters[0]


def failing(times: int, status: int, body: bytes = b"") -> Node:
    """A node that answers so to the first requests after the one for its chain."""
    left = [times]

    def respond(asked: Any) -> tuple[int, bytes]:
        first = asked if isinstance(asked, dict) else asked[0]
        if first["method"] != "eth_chainId" and left[0] > 0:
            left[0] -= 1
            return status, body
        return answering(echo)(asked)

    return Node(respond)


# ---------------------------------------------------------------------- as a chain


def test_it_answers_as_a_chain_does(devnet: Devnet) -> None:
    endpoint, chain = Endpoint(devnet.url), Chain(devnet.url)
    calls = [("eth_getBlockByNumber", [hex(number), False]) for number in range(3)]

    assert endpoint.id == chain.id
    assert endpoint.block() == chain.block()
    assert endpoint.requests(calls) == chain.requests(calls)
    assert endpoint.client_version().startswith("anvil/")


def test_a_refusal_is_the_same(devnet: Devnet) -> None:
    with pytest.raises(NodeRefused) as ours:
        Endpoint(devnet.url).request("eth_nonsense")
    with pytest.raises(NodeRefused) as theirs:
        Chain(devnet.url).request("eth_nonsense")

    assert (ours.value.code, str(ours.value)) == (theirs.value.code, str(theirs.value))


def test_another_chain_is_misconfigured(devnet: Devnet) -> None:
    with pytest.raises(Misconfigured, match="is on chain 31337, but the settings say 1"):
        Endpoint(devnet.url, chain_id=1).block()


def test_a_node_that_does_not_name_its_software_is_not_named() -> None:
    def nameless(method: str, parameters: list[Any]) -> Any:
        return refusal(-32601, "no") if method == "web3_clientVersion" else CHAIN_ID

    with Node(answering(nameless)) as node:
        assert Endpoint(node.url).client_version() == ""


def test_a_name_of_software_is_one_short_line() -> None:
    named = answering(lambda method, _: CHAIN_ID if method == "eth_chainId" else "a\n" * 5000)
    with Node(named) as node:
        name = Endpoint(node.url).client_version()

    assert "\n" not in name and len(name) < 300


class _Counting(ThreadingHTTPServer):
    daemon_threads = True
    connections = 0

    def process_request(self, *arguments: Any) -> None:
        self.connections += 1
        super().process_request(*arguments)


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _, body = answering(echo)(asked)
        self.server.seen = dict(self.headers), self.path  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def counting() -> Iterator[_Counting]:
    server = _Counting(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_one_connection_carries_all_requests(counting: _Counting) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{counting.server_port}")

    for number in range(20):
        assert endpoint.request("echo", number) == number

    assert counting.connections == 1


# ---------------------------------------------------------------------- secrets


def test_a_user_and_a_key_are_sent_and_never_shown(counting: _Counting) -> None:
    port, key = counting.server_port, "k3yOfThirtyTwoCharactersAndMore_-"
    endpoint = Endpoint(f"http://anna:s%20cret@127.0.0.1:{port}/v3/{key}?apikey={key}")

    endpoint.request("echo", 1)

    headers, path = counting.seen  # type: ignore[attr-defined]
    assert headers["Authorization"] == "Basic " + b64encode(b"anna:s cret").decode()
    assert path == f"/v3/{key}?apikey={key}"
    assert endpoint.where == f"http://127.0.0.1:{port}/v3/..."


def test_errors_keep_secrets() -> None:
    port, key = free_port(), "a" * 32
    endpoint = impatient(f"http://anna:secret@127.0.0.1:{port}/v3/{key}?apikey=hidden")

    error = bounded(lambda: endpoint.id)

    assert not [word for word in ("anna", "secret", key, "hidden") if word in error]
    assert f"127.0.0.1:{port}" in error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("https://mainnet.example.org/rpc/", "https://mainnet.example.org/rpc/"),
        ("https://a-very-long-name-of-a-host:8545/", "https://a-very-long-name-of-a-host:8545/"),
        ("https://averyveryverylonghostname/", "https://averyveryverylonghostname/"),
    ],
    ids=str,
)
def test_an_address_without_secrets_is_shown_whole(url: str, said: str) -> None:
    assert shown(url) == said


def test_no_proxy_of_the_environment_is_used(
    devnet: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert Endpoint(devnet.url).id == 31337


# ---------------------------------------------------------------------- patience


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_node_is_asked_again(status: int) -> None:
    with failing(1, status) as node:
        assert Endpoint(node.url, timeout=5, patience=5).request("echo", 7) == 7


@pytest.mark.parametrize(
    "error",
    [refusal(429, "no"), refusal(-32005, "project ID request rate exceeded: rate limit")],
    ids=["by code", "by words"],
)
def test_a_refusal_for_asking_too_often_is_waited_out(error: dict[str, Any]) -> None:
    told = [error, error]

    def busy(method: str, parameters: list[Any]) -> Any:
        return told.pop() if method == "echo" and told else echo(method, parameters)

    with Node(answering(busy)) as node:
        assert Endpoint(node.url, patience=5).request("echo", 7) == 7


def test_a_batch_of_which_something_was_asked_too_often_is_asked_again() -> None:
    told = [refusal(429, "no")]

    def busy(method: str, parameters: list[Any]) -> Any:
        return told.pop() if parameters == [2] and told else echo(method, parameters)

    with Node(answering(busy)) as node:
        endpoint = Endpoint(node.url, patience=5)

        assert endpoint.requests([("echo", [number]) for number in range(4)]) == [0, 1, 2, 3]


def test_a_node_that_stays_busy_is_given_up_in_time() -> None:
    with failing(99, 429) as node:
        error = bounded(lambda: impatient(node.url).request("echo", 1))

    assert "429" in error


def test_a_closed_connection_is_opened_again() -> None:
    dropped = [True, True]

    def dropping(method: str, parameters: list[Any]) -> Any:
        if method == "echo" and dropped:
            raise ConnectionError(dropped.pop())
        return echo(method, parameters)

    with Node(answering(dropping)) as node:
        assert Endpoint(node.url, patience=5).request("echo", 3) == 3


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"],
    ids=["nothing", "a line", "a brace"],
)
def test_a_node_that_hangs_is_given_up(beginning: bytes) -> None:
    with Silent(beginning) as silent:
        error = bounded(lambda: impatient(silent.url).id)

    assert silent.url in error


def test_one_that_hangs_after_it_answered_is_asked_again_until_the_end() -> None:
    def late(method: str, parameters: list[Any]) -> Any:
        if method == "echo":
            time.sleep(0.5)
        return echo(method, parameters)

    with Node(answering(late)) as node:
        bounded(lambda: impatient(node.url).request("echo", 1))
        asked = [one for one in node.requests if one["method"] == "echo"]

    assert len(asked) >= 2


def test_an_attempt_is_made_once() -> None:
    with failing(99, 200, b"") as node:
        bounded(lambda: impatient(node.url).attempt("echo", 1))

        assert len(node.requests) == 2


# ---------------------------------------------------------------------- garbage


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b""),
        (200, b"\xff\xfe\0"),
        (200, b"null"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": {}}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": "zz"}'),
        (200, b'{"jsonrpc": "2.0", "id": 99, "result": "0x1"}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": "no"}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": {}}'),
        (200, b'{"result": ' + b"[" * 100_000),
        (301, b""),
        (404, b"not found"),
        (429, b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}'),
        (500, b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}'),
        (503, b""),
    ],
    ids=lambda value: f"{value!r:.50}",
)
def test_a_node_that_talks_nonsense_is_unreachable(status: int, body: bytes) -> None:
    with Node(lambda _: (status, body)) as node:
        bounded(lambda: impatient(node.url).id)


@pytest.mark.parametrize(
    "url", ["", "nowhere", "ftp://127.0.0.1", "http://", "http://[", "http://a:b", "http://é.org"]
)
def test_an_address_that_is_none_is_a_setting_to_check(url: str) -> None:
    assert "check the setting `rpc`" in bounded(lambda: impatient(url).id)


def test_an_error_in_json_that_comes_with_a_status_is_a_refusal() -> None:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "too wide"}}
    with (
        failing(1, 400, json.dumps(body).encode()) as node,
        pytest.raises(NodeRefused, match="too wide"),
    ):
        Endpoint(node.url).request("echo", 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:-1],
        lambda found: [*found[:-1], found[0]],
        lambda found: [*found[:-1], found[-1] | {"id": 999_999}],
        lambda found: [*found, found[0]],
        lambda found: [1, 2, 3],
    ],
    ids=["one less", "one twice", "a foreign id", "one more", "numbers"],
)
def test_a_batch_is_answered_by_its_ids_or_not_at_all(change: Callable[[Any], Any]) -> None:
    def respond(asked: Any) -> tuple[int, bytes]:
        status, body = answering(echo)(asked)
        if isinstance(asked, list):
            body = json.dumps(change(json.loads(body))).encode()
        return status, body

    with Node(respond) as node:
        bounded(lambda: impatient(node.url).requests([("echo", [n]) for n in range(3)]))


def test_a_batch_may_be_answered_in_any_order() -> None:
    def respond(asked: Any) -> tuple[int, bytes]:
        status, body = answering(echo)(asked)
        many = isinstance(asked, list)
        return status, json.dumps(json.loads(body)[::-1]).encode() if many else body

    with Node(respond) as node:
        found = Endpoint(node.url).requests([("echo", [number]) for number in range(250)])

    assert found == list(range(250))


def test_an_answer_that_is_too_long_is_not_read() -> None:
    with failing(0, 200) as node:
        error = bounded(lambda: impatient(node.url, limit=1000).request("echo", "x" * 2000))

    assert "more than 1,000 bytes" in error


def test_a_batch_whose_answer_is_too_long_is_asked_in_halves() -> None:
    with failing(0, 200) as node:
        endpoint = Endpoint(node.url, limit=2000)
        found = endpoint.requests([("echo", ["x" * 400]) for _ in range(16)])

    assert found == ["x" * 400] * 16


# ---------------------------------------------------------------------- reads by hash


def test_reads_of_state_name_the_block_by_its_hash(devnet: Devnet) -> None:
    with proxy(devnet.url, lambda _method, _parameters, result: result) as node:
        reading = Endpoint(node.url).at()
        reading.call(actor(1).address, b"")
        reading.code(actor(1).address)
        reading.balance(actor(1).address)
        reading.storage(actor(1).address, [0])
        reading.proof(actor(1).address, [0])
        asked = [one for one in node.requests if one["method"] not in ("eth_chainId",)][1:]

    pinned = {"blockHash": "0x" + reading.block.hash.hex(), "requireCanonical": True}
    assert len(asked) == 5
    assert all(one["params"][-1] == pinned for one in asked)


def test_words_of_storage_have_32_bytes(devnet: Devnet) -> None:
    account, chain = actor(60).address, devnet.chain
    chain.request("anvil_setStorageAt", account, f"0x{5:064x}", f"0x{7:064x}")
    chain.request("evm_mine")

    words = Endpoint(devnet.url).at().storage(account, [5, 6])

    assert words == [(7).to_bytes(32), bytes(32)]


def test_a_node_that_shortens_words_is_understood(devnet: Devnet) -> None:
    def short(method: str, _: list[Any], result: Any) -> Any:
        return "0x07" if method == "eth_getStorageAt" else result

    with proxy(devnet.url, short) as node:
        assert Endpoint(node.url).at().storage(actor(60).address, [0]) == [(7).to_bytes(32)]


def by_number_only(_: str, parameters: list[Any]) -> Any:
    if parameters and isinstance(parameters[-1], dict) and "blockHash" in parameters[-1]:
        return refusal(-32602, "invalid argument: expected a string")
    return None


def test_a_node_that_knows_blocks_by_number_only_is_asked_by_number(devnet: Devnet) -> None:
    account = actor(61).address
    devnet.chain.request("anvil_setBalance", account, "0x5")

    with FaultProxy(devnet.url, before=[by_number_only]) as node:
        reading = Endpoint(node.url).at()
        found = [reading.balance(account) for _ in range(3)]

    assert found == [5, 5, 5]
    assert node.asked["eth_getBalance"] == 4


def test_by_number_the_block_must_still_be_the_same(devnet: Devnet) -> None:
    block = devnet.chain.block()
    with FaultProxy(devnet.url, before=[by_number_only]) as node:
        other = Block(number=block.number, hash=bytes(32), time=block.time)
        reading = Reading(Endpoint(node.url), other)

        with pytest.raises(ChainUnreachable, match="no longer the one that was read from"):
            reading.balance(actor(1).address)


def test_a_block_that_was_reorganized_away_is_not_read(devnet: Devnet) -> None:
    chain = devnet.chain
    for _ in range(3):
        chain.request("evm_mine")
    reading = Endpoint(devnet.url).at()
    chain.request("anvil_reorg", 2, [])

    with pytest.raises(ChainUnreachable):
        reading.balance(actor(1).address)


def test_a_refusal_of_what_is_asked_leaves_the_hash_in_use(devnet: Devnet) -> None:
    endpoint = Endpoint(devnet.url)
    reading = endpoint.at()

    with pytest.raises(NodeRefused):
        reading.call("0x12", b"")
    assert reading.balance(actor(62).address) == 0
    assert not endpoint._by_number
