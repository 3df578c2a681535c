"""A real `geth --dev`, whose clock only its blocks move, and accounts that it funds."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metaorg.errors import ChainUnreachable
from metaorg.onchain.chain import Chain, NodeRefused
from metaorg.onchain.devnet import HOST, free_port
from metaorg.types import Address
from tests.programs import required

PATIENCE = 60
"""Seconds until geth must answer."""
RICH = 10**20


class Geth:
    """A running `geth --dev`: it makes a block for each transaction, and none without one."""

    def __init__(self, url: str) -> None:
        self.url, self.chain = url, Chain(url)
        [self._developer] = self.chain.request("eth_accounts")

    def fund(self, *accounts: Address) -> None:
        """Pay from the account that geth unlocks."""
        for account in accounts:
            self._mine(account, RICH)

    def mine(self, blocks: int) -> None:
        """Make blocks; each is at least a second later than the one before."""
        for _ in range(blocks):
            self._mine(self._developer, 0)

    def advance(self, seconds: int) -> None:
        """Let the chain's clock go forward; there is no travelling in time, only blocks."""
        until = self.chain.block().time + seconds
        while self.chain.block().time < until:
            self.mine(1)

    def _mine(self, to: Address, value: int) -> None:
        transaction = {"from": self._developer, "to": to, "value": hex(value)}
        sent = self.chain.request("eth_sendTransaction", transaction)
        deadline = time.monotonic() + PATIENCE
        while self._waits(sent):
            assert time.monotonic() < deadline, f"geth does not mine {sent}"
            time.sleep(0.005)

    def _waits(self, sent: str) -> bool:
        try:
            return self.chain.request("eth_getTransactionReceipt", sent) is None
        except NodeRefused as refusal:  # so it says right after its start
            assert refusal.message == "transaction indexing is in progress"
            return True


@contextmanager
def running(program: str, folder: Path, *options: str) -> Iterator[Geth]:
    """Start geth with its data in `folder`, on free ports of loopback; end it afterwards."""
    port = free_port()
    command = [program, "--dev", "--datadir", str(folder / "data"), "--ipcdisable"]
    command += ["--nodiscover", "--maxpeers=0", "--port=0", f"--authrpc.port={free_port()}"]
    command += ["--http", f"--http.addr={HOST}", f"--http.port={port}", *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield _answering(process, f"http://{HOST}:{port}", folder / "log")
    finally:
        process.terminate()
        process.wait(30)


def _answering(process: "subprocess.Popen[bytes]", url: str, log: Path) -> Geth:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return Geth(url)
        except ChainUnreachable:
            time.sleep(0.05)
    raise RuntimeError("geth did not start:\n" + log.read_text())


@pytest.fixture(scope="session")
def geth_program() -> str:
    """The real `geth`, from PATH or from `make geth`."""
    return required("geth", "geth")


@pytest.fixture(scope="session")
def geth(geth_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Geth]:
    """The chain that all tests here share."""
    with running(geth_program, tmp_path_factory.mktemp("geth")) as geth:
        yield geth
