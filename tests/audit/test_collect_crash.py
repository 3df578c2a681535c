"""Killed at any moment, a reading goes on: the index is the same as after one that was let be."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.emitters import EMITTERS, history, place
from audit.fault_proxy import FaultProxy, ranged
from metaorg.audit.collect import Plan, collect
from metaorg.audit.index import open_index
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.endpoint import Endpoint

KILLS = 50
LONGEST = 0.12
"""Seconds after which a process is killed at the latest; a whole reading takes some of them."""


@pytest.fixture
def url() -> Iterator[str]:
    """A chain that can be read in small windows only."""
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, [0, 1, 2, 3] * 30)
        with FaultProxy(devnet.url, before=[ranged(3)]) as node:
            yield node.url


def read(url: str, path: Path) -> None:
    endpoint = Endpoint(url)
    with open_index(str(path)) as index:
        head = endpoint.block()
        for _ in collect([endpoint], index, Plan(EMITTERS, 0, head, head.number - 9), _ignore):
            pass


def _ignore(*_: int) -> None:
    return


def read_and_be_killed(url: str, path: Path, after: float) -> bool:
    """Whether a process of its own was killed before it was done."""
    process = os.fork()
    if process == 0:
        try:
            read(url, path)
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status)


def same(path: Path, other: Path) -> bool:
    with open_index(str(path)) as one, open_index(str(other)) as two:
        assert [*one.rows()] == [*two.rows()]
        assert one.head() == two.head()
        assert [(w.first, w.last, w.final) for w in one.windows()][-1][1:] == (120, False)
        return one.log_digest() == two.log_digest()


def test_killed_fifty_times_a_reading_ends_as_one_that_was_let_be(url: str, tmp_path: Path) -> None:
    whole, moments, kills = tmp_path / "whole.db", random.Random(5), 0
    read(url, whole)

    while kills < KILLS:
        killed = tmp_path / f"{kills}.db"
        while read_and_be_killed(url, killed, moments.uniform(0, LONGEST)):
            kills += 1
        assert same(killed, whole)
