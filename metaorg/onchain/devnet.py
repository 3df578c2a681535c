"""A development chain on this machine: Anvil, on loopback, ended by whoever started it."""

import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.onchain.chain import Chain
from metaorg.types import Address, checksum_address

HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds until Anvil must answer."""


class Devnet:
    """An Anvil process.

    Args:
        port: 0 takes a free one.
        options: passed on to Anvil, for example `--state FILE` or `--block-time 2`.
    """

    def __init__(self, port: int = 0, options: Sequence[str] = ()) -> None:
        self.port = port or free_port()
        self._options = list(options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def chain(self) -> Chain:
        return Chain(self.url)

    def start(self) -> None:
        """Start Anvil and wait until it answers.

        Raises:
            Misconfigured: there is no Anvil here, or something else listens on the port.
            ChainUnreachable: it does not start.
        """
        with socket.socket() as probe:
            if probe.connect_ex((HOST, self.port)) == 0:
                raise Misconfigured(
                    f"port {self.port} is in use: choose another one, for example with --port 8600"
                )
        command = [str(find_anvil()), "--host", HOST, "--port", str(self.port), "--silent"]
        command.append("--preserve-historical-states")  # checks look at past blocks
        self._process = subprocess.Popen(
            [*command, *self._options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ChainUnreachable(
                    f"Anvil does not start on port {self.port}: run it by hand to see why"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End Anvil; with `--state` it writes its state first."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def wait(self) -> None:
        """Wait until Anvil ends by itself."""
        if self._process is not None:
            self._process.wait()

    def accounts(self) -> list[Address]:
        """The accounts that this chain unlocks and funds."""
        return [checksum_address(account) for account in self.chain.request("eth_accounts")]

    def _answers(self) -> bool:
        try:
            return bool(Chain(self.url, timeout=2).id)
        except ChainUnreachable:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def advance(chain: Chain, seconds: int) -> None:
    """Let a development chain's clock go forward, and mine a block there."""
    chain.request("evm_increaseTime", seconds)
    chain.request("evm_mine")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def find_anvil() -> Path:
    """Anvil on PATH, or as npm installs it below the current folder.

    Raises:
        Misconfigured: it is in none of these places.
    """
    found = shutil.which("anvil")
    if found:
        return Path(found)
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "amd64"
    package = f"anvil-{platform.system().lower()}-{machine}"
    for path in (
        Path(".tools/bin/anvil"),
        Path(f"node_modules/@foundry-rs/{package}/bin/anvil"),
    ):
        if os.access(path, os.X_OK):
            return path.resolve()
    raise Misconfigured(
        "there is no Anvil here: `npm install @foundry-rs/anvil` in this folder provides it"
    )
