"""`metaorg devnet`: a chain that ends when the command ends."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Cli
from metaorg.errors import ChainUnreachable
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, free_port


@pytest.fixture
def cli(home: Path) -> Cli:
    return Cli({"METAORG_HOME": str(home)}, home)


def _started(cli: Cli, *arguments: object) -> Any:
    running = cli.start("devnet", "--json", *arguments)
    assert running.stdout is not None
    said = b""
    while not said.endswith(b"\n}\n"):
        line = running.stdout.readline()
        assert line, running.communicate()
        said += line
    return running, json.loads(said)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_ends_the_chain(cli: Cli, how: signal.Signals) -> None:
    running, found = _started(cli, "--port", 0)
    assert found["accounts"][0].startswith("rpc:0x")
    assert Chain(found["rpc"]).id == found["chain_id"] == 31337

    running.send_signal(how)

    assert running.wait(20) == 0
    with pytest.raises(ChainUnreachable):
        _ = Chain(found["rpc"], timeout=2).id


def test_a_state_file_keeps_the_chain(cli: Cli, home: Path) -> None:
    port = free_port()
    running, found = _started(cli, "--port", port, "--state", home / "chain.json")
    Chain(found["rpc"]).request("evm_mine")
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0

    again, _ = _started(cli, "--port", port, "--state", home / "chain.json")

    assert Chain(found["rpc"]).block().number == 1
    again.terminate()
    assert again.wait(20) == 0


def test_a_port_in_use_is_told(cli: Cli, devnet: Devnet) -> None:
    result = cli.run("devnet", "--port", devnet.port)

    assert result.code == 3
    assert f"port {devnet.port} is in use" in result.stderr


def test_a_machine_without_anvil_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)

    result = cli.run("devnet", "--port", 0)

    assert result.code == 3
    assert "there is no Anvil here" in result.stderr
