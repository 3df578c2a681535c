"""A command that was killed is run again: it goes on from what is on chain, and repeats nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cli.conftest import JOINING, TRUST, Cli, forwarded, serving
from metaorg.onchain import transactions
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.modules import modules_at

APPLY = (*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds for everyone.")


@contextmanager
def stalling(devnet: Devnet, at: int, forward: bool) -> Iterator[tuple[str, threading.Event]]:
    """A node that never answers the transaction with number `at`, which it forwards or not."""
    reached, over, count = threading.Event(), threading.Event(), 0

    def answer(body: bytes) -> tuple[int, str, bytes]:
        nonlocal count
        count += body.count(b"eth_sendRawTransaction")
        stall = b"eth_sendRawTransaction" in body and count == at
        found = forwarded(devnet.url, body) if forward or not stall else None
        if stall:
            reached.set()
            over.wait(30)
        return 200, "application/json", json.dumps(found).encode()

    with serving(answer) as url:
        yield url, reached
        over.set()


@pytest.mark.parametrize(
    ("at", "forward", "left"),
    [(1, False, 1), (1, True, 0)],
    ids=["before applying", "after applying"],
)
def test_a_killed_application_goes_on(
    trust: Cli, devnet: Devnet, chain: Chain, at: int, forward: bool, left: int
) -> None:
    with stalling(devnet, at, forward) as (url, reached):
        killed = trust.start(*APPLY, rpc=url)
        assert reached.wait(30)
        killed.kill()
        killed.wait()

    receipts = trust.done(*APPLY, "--json").json

    assert len(receipts) == left
    assert _happened(trust, chain) == ["Adopted", "Applied"]


def test_what_is_still_in_flight_is_waited_for(trust: Cli, devnet: Devnet, chain: Chain) -> None:
    chain.request("evm_setAutomine", False)
    killed = trust.start(*APPLY)
    _wait_for(lambda: _nonce(chain, "pending") > _nonce(chain, "latest"))
    killed.kill()
    killed.wait()

    again = trust.start(*APPLY, "--json")
    with pytest.raises(TimeoutError):
        _wait_for(lambda: again.poll() is not None, seconds=2)
    chain.request("evm_setAutomine", True)
    chain.request("evm_mine")
    stdout, stderr = again.communicate(timeout=30)

    assert again.returncode == 0, stderr
    assert json.loads(stdout) == []
    assert _happened(trust, chain) == ["Adopted", "Applied"]


def _happened(cli: Cli, chain: Chain) -> list[str]:
    """What the chain recorded of the trust."""
    reading = chain.at()
    modules = modules_at(reading, cli.environment["METAORG_ADDRESS"])
    logs = reading.logs([modules.inter_constitution, modules.membership], [])
    return [
        event.name
        for event in transactions.decode(logs)
        if event.arguments.get("organization") == TRUST
    ]


def _nonce(chain: Chain, tag: str) -> int:
    return int(chain.request("eth_getTransactionCount", TRUST, tag), 16)


def _wait_for(happened: Any, seconds: float = 20) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds * 20)):
        if happened():
            return
        waiting.wait(0.05)
    raise TimeoutError
