"""Fixtures: a store on disk, a real Kubo daemon, and one that is down."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from metaorg.ipfs import Embedded, Kubo
from tests.programs import required


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "commons" / "blocks.db")
    yield store
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes the folder that is a disk of so many MiB, which only root may do."""
    disk = tmp_path / "disk"

    def make(mebibytes: int) -> Path:
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", str(disk)]
        if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("this user or system cannot mount a small disk")
        return disk

    yield make
    if disk.is_mount():
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def nobody_there() -> Kubo:
    """A daemon that is down: a port of the loopback on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Kubo(f"/ip4/127.0.0.1/tcp/{port}", timeout=1)


@pytest.fixture(scope="session")
def kubo_program() -> str:
    """The real `ipfs`, from PATH or from `make kubo`."""
    return required("ipfs", "kubo")


@pytest.fixture(scope="session")
def kubo_daemon(
    kubo_program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a running daemon without peers, and the environment for `ipfs` to find it."""
    with running(kubo_program, tmp_path_factory.mktemp("kubo")) as daemon:
        yield daemon


@contextlib.contextmanager
def running(
    program: str, home: Path, *flags: str, config: Mapping[str, object] = MappingProxyType({})
) -> Iterator[tuple[str, dict[str, str]]]:
    """A daemon with a repository in a folder: its address, and the environment for `ipfs`."""
    environment = {**os.environ, "IPFS_PATH": str(home / "repo")}
    # The profile "test": loopback, free ports, no bootstrap peers, no discovery.
    subprocess.run(
        [program, "init", "--profile=test"], env=environment, check=True, capture_output=True
    )
    for name, value in config.items():
        command = [program, "config", "--json", name, json.dumps(value)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    with (home / "log").open("w") as log:
        daemon = subprocess.Popen(
            [program, "daemon", *(flags or ["--offline"])],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield _address(daemon, home), environment
    finally:
        daemon.terminate()
        daemon.wait(30)


@pytest.fixture
def kubo(kubo_daemon: tuple[str, dict[str, str]]) -> Kubo:
    return Kubo(kubo_daemon[0], timeout=30)


def _address(daemon: "subprocess.Popen[bytes]", home: Path) -> str:
    """The address that the daemon writes down once it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and daemon.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            if "Daemon is ready" in (home / "log").read_text():
                return (home / "repo" / "api").read_text().strip()
        time.sleep(0.05)
    raise RuntimeError("the daemon did not start:\n" + (home / "log").read_text())
