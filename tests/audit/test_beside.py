"""A process beside the reading one has the same logs, and what it cannot do is done without it."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from audit.emitters import EMITTERS, history, place
from audit.fault_proxy import FaultProxy, refusing
from metaorg.audit.collect import Plan, collect
from metaorg.audit.collecting import beside, reader
from metaorg.audit.collecting.beside import Beside
from metaorg.audit.collecting.logs import Contracts, Logs
from metaorg.audit.collecting.record import Record
from metaorg.audit.index import open_index
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.endpoint import Endpoint

BLOCKS = [3, 0, 2, 5, 1] * 4
HEAD = 19


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        yield devnet


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many windows, all of them through the process."""
    monkeypatch.setattr(reader, "FROM", 0)
    monkeypatch.setattr(reader, "START", 4)
    monkeypatch.setattr(reader, "HEADERS", 4)


def collected(url: str) -> tuple[bytes, int, Record]:
    """The digest of all logs, how many they are, and what was found."""
    record = Record()
    with open_index(":memory:") as index:
        endpoint = Endpoint(url, timeout=5, patience=3)
        plan = Plan(EMITTERS, 0, endpoint.block())
        count = sum(len(part) for part in collect([endpoint], index, plan, told, record=record))
        return index.log_digest(), count, record


def told(_last: int, _end: int) -> None:
    return


def test_the_logs_are_the_same_with_it_and_without(devnet: Devnet, narrow: None) -> None:
    with_it = collected(devnet.chain.url)
    reader.FROM = 1 << 60  # put back by the fixture
    without = collected(devnet.chain.url)

    assert with_it[:2] == without[:2] and with_it[1] == sum(BLOCKS)
    assert with_it[2].findings == without[2].findings == []


def test_every_window_of_a_long_history_is_read_by_it(
    devnet: Devnet, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    usual = Beside.window

    def counted(self: Beside, *window: int) -> Any:
        found = usual(self, *window)
        asked.append(found)
        return found

    monkeypatch.setattr(Beside, "window", counted)

    assert collected(devnet.chain.url)[1] == sum(BLOCKS)
    assert len(asked) > 1 and None not in asked


def test_a_process_that_is_killed_is_done_without(
    devnet: Devnet, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Beside.window

    def killed(self: Beside, *window: int) -> Any:
        if self._process is not None:
            self._process.kill()
        return usual(self, *window)

    monkeypatch.setattr(Beside, "window", killed)

    assert collected(devnet.chain.url)[1] == sum(BLOCKS)


def test_a_process_that_cannot_start_is_done_without(
    devnet: Devnet, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside.sys, "executable", "/nowhere/python")

    assert collected(devnet.chain.url)[1] == sum(BLOCKS)


@pytest.fixture
def process(devnet: Devnet) -> Iterator[Beside]:
    process = Beside(Endpoint(devnet.chain.url, timeout=5), Contracts(EMITTERS))
    yield process
    process.close()


def counts(found: tuple[int, list[Logs]] | None) -> tuple[int, dict[int, int]]:
    """The last block of a window, and how many logs each block has."""
    assert found is not None
    last, logs = found
    return last, {one.number: len(one.rows) for one in logs}


def test_what_was_read_ahead_is_taken_also_where_less_or_more_was_wanted(process: Beside) -> None:
    whole = counts(process.window(0, HEAD, HEAD))[1]
    until = HEAD - 1

    first, found = 0, dict[int, int]()
    for width in (3, 1, 6, 6, *[2] * until):
        if first > until:
            break
        last, logs = counts(process.window(first, min(first + width - 1, until), until))
        assert first <= last <= until
        first, found = last + 1, found | logs

    assert first == HEAD and found == {k: v for k, v in whole.items() if k < HEAD}


def test_what_was_read_ahead_and_is_not_wanted_is_left_out(process: Beside) -> None:
    begun = counts(process.window(0, 3, HEAD))

    assert counts(process.window(2, 5, HEAD))[0] == 5  # not the one that begins with block 4
    assert counts(process.window(0, 3, HEAD)) == begun
    assert counts(process.window(4, 5, 5))[0] == 5  # not the one that ends behind block 5


def test_what_a_node_refuses_it_is_refused_here_too(devnet: Devnet, narrow: None) -> None:
    with FaultProxy(devnet.chain.url, refusing(0)) as node:
        logs = Beside(Endpoint(node.url, timeout=5), Contracts(EMITTERS)).window(0, 3, 9)

    assert logs is None


def test_it_ends_with_the_reading_and_its_arguments_have_no_password(
    devnet: Devnet, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    usual = subprocess.Popen

    def noted(*given: Any, **options: Any) -> Any:
        started.append(usual(*given, **options))
        return started[-1]

    monkeypatch.setattr(beside.subprocess, "Popen", noted)
    url = devnet.chain.url.replace("//", "//auditor:secret@")

    assert collected(url)[1] == sum(BLOCKS)
    assert len(started) == 1 and started[0].poll() is not None
    assert "secret" not in str(started[0].args)
