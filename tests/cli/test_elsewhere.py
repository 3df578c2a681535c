"""`metaorg commons` with a Kubo daemon and a pinning service, which may be down."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.conftest import Cli
from tests.ipfs.hostile import Server
from tests.ipfs.pinning_service import TOKEN, PinningApi
from tests.programs import required

PUBLISH = ("commons", "publish", "--licence", "CC0-1.0", "survey.bin")
SURVEY = bytes(range(256)) * 10_000


@pytest.fixture
def surveyor(bakery: Cli, home: Path) -> Cli:
    """The bakery, with a file of several blocks."""
    (home / "survey.bin").write_bytes(SURVEY)
    return bakery


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def kubo(folder: Path, port: int) -> Iterator[dict[str, str]]:
    """A real daemon whose RPC API is at a port; gives the environment in which `ipfs` finds it."""
    program = required("ipfs", "kubo")
    environment = {**os.environ, "IPFS_PATH": str(folder / "repo")}
    api = f"/ip4/127.0.0.1/tcp/{port}"

    def ipfs(*arguments: str) -> None:
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True)

    ipfs("init", "--profile=test")
    ipfs("config", "Addresses.API", api)
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen(
            [program, "daemon", "--offline"], env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 60
        while "Daemon is ready" not in (folder / "log").read_text():
            assert time.monotonic() < deadline and daemon.poll() is None
            time.sleep(0.05)
        yield environment
    finally:
        daemon.terminate()
        daemon.wait(30)


def test_what_a_daemon_could_not_get_waits_and_goes_with_the_next_command(
    surveyor: Cli, home: Path, port: int
) -> None:
    store = {"store": f"kubo:/ip4/127.0.0.1/tcp/{port}"}

    down = surveyor.run(*PUBLISH, **store)
    waiting = surveyor.done("commons", "status", "--json", "--timeout", "2", **store)
    with kubo(home, port) as environment:
        done = surveyor.done(*PUBLISH, "--json", **store)
        status = surveyor.done("commons", "status", "--json", **store).json
        [found] = surveyor.done("commons", "list", "--json", **store).json
        cid = found["resource"]["cid"]
        cat = subprocess.run(
            [required("ipfs", "kubo"), "cat", cid], env=environment, capture_output=True, check=True
        )

    assert down.code == 5
    assert "wait" in down.stderr and "next command" in down.stderr
    assert waiting.json["waiting"]["blocks"] > 0
    assert {one["state"] for one in waiting.json["documents"]} == {"unknown"}
    assert len(done.json) == 1
    assert status["waiting"] == {"blocks": 0, "bytes": 0}
    assert [one["state"] for one in status["documents"] if one["cid"] == cid] == ["held"]
    assert cat.stdout == SURVEY


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    return TOKEN


def test_a_pinning_service_is_asked_told_and_released(surveyor: Cli, token: str) -> None:
    surveyor.done(*PUBLISH)
    [found] = surveyor.done("commons", "list", "--json").json
    cid = found["resource"]["cid"]
    with Server(PinningApi()) as service:
        at = ("--service", service.url)
        pinned = surveyor.done("commons", "pin", cid, *at, "--json", pinning_token=token)
        shown = surveyor.done("commons", "status", *at, "--json", pinning_token=token)
        surveyor.done("commons", "unpin", cid, *at, pinning_token=token)
        after = surveyor.done("commons", "status", *at, "--json", pinning_token=token)

    assert [one["state"] for one in pinned.json] == ["queued"]
    states = {one["cid"]: one["service"] for one in shown.json["documents"]}
    assert states[cid] in ("queued", "pinning", "pinned")
    assert {one["service"] for one in after.json["documents"]} == {None}
    assert token not in pinned.stdout + pinned.stderr + shown.stdout + shown.stderr


def test_a_pinning_service_wants_the_right_token(surveyor: Cli) -> None:
    surveyor.done(*PUBLISH)
    with Server(PinningApi()) as service:
        at = ("--service", service.url)
        without = surveyor.run("commons", "pin", *at)
        wrong = surveyor.run("commons", "pin", *at, pinning_token="guessed")

    assert (without.code, wrong.code) == (3, 3)
    assert "METAORG_PINNING_TOKEN" in without.stderr
    assert "guessed" not in wrong.stdout + wrong.stderr


def test_a_token_is_not_sent_in_clear(surveyor: Cli, token: str) -> None:
    result = surveyor.run(
        "commons", "status", "--service", "http://example.org", pinning_token=token
    )

    assert result.code == 3
    assert "https" in result.stderr
