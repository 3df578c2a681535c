"""`metaorg audit run`, killed at any moment, goes on, and ends as one that was let be."""

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy, ranged
from audit.history import HANDBOOK, History

from cli.conftest import Cli
from metaorg.types import Cid

KILLS = 50
RUN = ("audit", "run", "--json")


@pytest.fixture
def narrow(lived: History) -> Iterator[str]:
    """A node that tells few blocks at once, so that reading them takes long."""
    with FaultProxy(lived.chain.url, before=[ranged(8)]) as node:
        yield node.url


def killed(cli: Cli, after: float, *arguments: str) -> float:
    """Run a command in a process of its own and kill it; how long it took when it was done before.

    The process has everything imported already, so that fifty of them take little time.
    """
    begun, process = time.monotonic(), os.fork()
    if process == 0:
        try:
            cli.run(*arguments)
        finally:
            os._exit(0)
    while time.monotonic() < begun + after:
        if os.waitpid(process, os.WNOHANG)[0]:
            return time.monotonic() - begun
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return 0


def cite(lived: History) -> None:
    """Some new blocks, with an event that changes what is told."""
    org = lived.by(lived.founders[2])
    org.send(org.commons.cite(Cid.of(HANDBOOK)))
    lived.chain.request("anvil_mine", "0x3", "0x1")


def told(cli: Cli, store: str) -> Any:
    found = cli.done(*RUN, "--store", store).json
    return found["statement"], found["provenance"]["log_digest"], found["provenance"]["headers"]


def test_killed_fifty_times_an_audit_ends_as_one_that_was_let_be(
    auditor: Cli, lived: History, narrow: str
) -> None:
    auditor.environment["METAORG_RPC"] = narrow
    moments, kills, longest = random.Random(17), 0, 1.0
    before = told(auditor, "whole.db")

    while kills < KILLS:
        took = killed(auditor, moments.uniform(0, longest), *RUN, "--store", "killed.db")
        longest = took or longest
        kills += not took
        if not took and kills % 10 == 0:
            cite(lived)

    after = told(auditor, "killed.db")
    assert after == told(auditor, "fresh.db") == told(auditor, "whole.db")
    assert after[1] != before[1]
