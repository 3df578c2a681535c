"""A node that is down, hangs, is another chain's, or answers garbage: a sentence, and exit code 5.

Never a traceback, never an empty answer in place of an unknown one, and nothing is sent.
"""

import socket
import time
from typing import Any

import pytest

from cli.conftest import TRUST, Cli, altered, serving
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet

pytestmark = pytest.mark.usefixtures("nothing_sent")
COMMANDS = {
    "read": ("membership", "list"),
    "write": ("membership", "object", TRUST, "--reason", "x"),
    "check": ("check",),
    "decision": ("membership", "decide", TRUST, "--verdict", "admit", "--reason", "x"),
}


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    given: tuple[str, ...] = request.param
    return given


def test_another_chain_is_refused(bakery: Cli, command: tuple[str, ...]) -> None:
    result = bakery.run(*command, "--chain-id", "5")

    assert result.code == 3
    assert "is on chain 31337, but the settings say 5" in result.stderr


def test_an_address_without_contract_is_refused(bakery: Cli, command: tuple[str, ...]) -> None:
    result = bakery.run(*command, "--address", "0x" + "12" * 20)

    assert result.code == 3
    assert "there is no contract at 0x1212" in result.stderr


@pytest.mark.parametrize("part", ["membership", "assembly", "timelock", "commons"])
def test_the_address_of_another_contract_is_refused(
    bakery: Cli, command: tuple[str, ...], part: str
) -> None:
    from metaorg.onchain.modules import modules_at

    reading = Chain(bakery.environment["METAORG_RPC"]).at()
    modules = modules_at(reading, bakery.environment["METAORG_ADDRESS"])

    result = bakery.run(*command, "--address", getattr(modules, part))

    assert result.code == 3
    assert "is not a meta-organization" in result.stderr


def test_a_node_that_is_down_is_unreachable(bakery: Cli, command: tuple[str, ...]) -> None:
    result = bakery.run(*command, "--rpc", "http://127.0.0.1:1")

    assert result.code == 5
    assert "check the setting `rpc`" in result.stderr
    assert "nothing answers there" in result.stderr or "nobody answers" in result.stderr


@pytest.mark.parametrize("url", ["nowhere", "http://", "ftp://127.0.0.1", "http://[::1", ""])
def test_what_is_no_url_is_unreachable(bakery: Cli, url: str) -> None:
    result = bakery.run("membership", "list", "--rpc", url)

    assert result.code in (3, 5)
    assert "check the setting `rpc`" in result.stderr


def test_a_node_that_never_answers_is_given_up(bakery: Cli, command: tuple[str, ...]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()

        result = bakery.run(*command, "--rpc", url, "--timeout", "0.5")

    assert time.monotonic() - started < 5
    assert result.code == 5
    assert "answer within 0.5 s" in result.stderr


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<html>Welcome to the hotel's network</html>"),
        (200, "application/json", b""),
        (200, "application/json", b"[]"),
        (200, "application/json", b'"yes"'),
        (200, "application/json", b"{}"),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "result": null}'),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "result": 31337}'),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "result": "0xzz"}'),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "result": {"a": []}}'),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "error": "no"}'),
        (200, "application/json", b'{"jsonrpc": "2.0", "id": 1, "error": {}}'),
        (200, "application/json", b"\xff\xfe"),
        (200, "application/json", b"[" * 100_000),
        (404, "text/plain", b"not here"),
        (429, "application/json", b'{"error": "slow down"}'),
        (502, "text/html", b"<html>Bad gateway</html>"),
    ],
)
def test_a_node_that_answers_garbage_is_unreachable(
    bakery: Cli, status: int, kind: str, body: bytes
) -> None:
    with serving(lambda _: (status, kind, body)) as url:
        result = bakery.run(*COMMANDS["write"], "--rpc", url)

    assert result.code == 5
    assert result.stdout == ""
    assert "unexpected" not in result.stderr


WORD = "0x" + "ff" * 40
GARBAGE = [None, 5, "0xzz", {}, [{}], WORD]
READS = ("eth_getBlockByNumber", "eth_getCode", "eth_call", "eth_getLogs")
WRITES = (
    *("eth_estimateGas", "eth_getTransactionCount", "eth_maxPriorityFeePerGas", "eth_getBalance"),
    *("eth_signTransaction", "eth_signTypedData_v4"),
)


@pytest.mark.parametrize("value", GARBAGE, ids=repr)
@pytest.mark.parametrize("method", READS)
def test_one_wrong_answer_is_never_taken_for_an_empty_one(
    bakery: Cli, devnet: Devnet, method: str, value: Any
) -> None:
    if (method, value) == ("eth_getCode", WORD):
        pytest.skip("any bytes may be the code of some contract")

    with serving(
        altered(devnet.url, lambda asked, found: value if asked == method else found)
    ) as url:
        names = ("read",) if method == "eth_getLogs" else ("read", "check")
        results = [bakery.run(*COMMANDS[name], "--rpc", url) for name in names]

    for result in results:
        assert "unexpected" not in result.stderr, result
        # Where calls give nonsense, the contract may be another one than was meant.
        assert result.code == 5 or (method, result.code) == ("eth_call", 3), result
        assert result.stdout == ""


@pytest.mark.parametrize("value", GARBAGE, ids=repr)
def test_logs_that_are_none_are_found_and_replaced_by_those_of_receipts(
    bakery: Cli, devnet: Devnet, value: Any
) -> None:
    def lying(asked: str, found: Any) -> Any:
        return value if asked == "eth_getLogs" else found

    with serving(altered(devnet.url, lying)) as url:
        read, check = (bakery.run(*COMMANDS[name], "--rpc", url) for name in ("read", "check"))

    assert (read.code, read.stdout) == (5, "")
    assert check.code == 6 and "reading.log-malformed" in check.stdout


@pytest.mark.parametrize("value", GARBAGE, ids=repr)
@pytest.mark.parametrize("method", WRITES)
def test_one_wrong_answer_while_writing_gives_a_sentence(
    trust: Cli, devnet: Devnet, method: str, value: Any
) -> None:
    if (method, value) == ("eth_getBalance", WORD):
        pytest.skip("an account may be as rich as that")
    adopt = ("constitution", "adopt", "--constituency", "Workers", "--pledge", "Seeds.")

    with serving(
        altered(devnet.url, lambda asked, found: value if asked == method else found)
    ) as url:
        result = trust.run(*adopt, "--rpc", url, "--timeout", "5")

    assert "unexpected" not in result.stderr, result
    assert result.code in (1, 3, 4, 5)
