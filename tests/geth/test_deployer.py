"""How the CREATE2 deployer gets onto a chain of geth's that lacks it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from onchain.world import actor

from geth.conftest import RICH, Geth, running
from metaorg import founding
from metaorg.errors import Misconfigured
from metaorg.onchain import factory

Start = Callable[..., Geth]


@pytest.fixture
def start(geth_program: str, tmp_path: Path) -> Iterator[Start]:
    """Start geth with options on a chain without the deployer, where the first actor has ETH."""
    (tmp_path / "genesis.json").write_text(_genesis(geth_program))
    subprocess.run(
        [geth_program, "init", "--datadir", tmp_path / "data", tmp_path / "genesis.json"],
        check=True,
        capture_output=True,
    )
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(running(geth_program, tmp_path, *options))


def _genesis(geth_program: str) -> str:
    dumped = subprocess.run(
        [geth_program, "--dev", "dumpgenesis"], check=True, capture_output=True, text=True
    )
    genesis = json.loads(dumped.stdout)
    deployer = factory.DEPLOYER.removeprefix("0x").lower()
    genesis["alloc"] = {
        account: held
        for account, held in genesis["alloc"].items()
        if account.removeprefix("0x").lower() != deployer
    }
    genesis["alloc"][actor(1).address] = {"balance": hex(RICH)}
    return json.dumps(genesis)


def test_a_node_that_takes_transactions_without_a_chain_gets_it(start: Start) -> None:
    geth = start("--rpc.allow-unprotected-txs")
    assert not factory.has_deployer(geth.chain.at())

    founding.deploy(geth.chain, actor(1))

    assert factory.missing(geth.chain.at()) == []


def test_a_node_that_takes_none_is_named_with_the_way_out_and_nothing_is_paid(
    start: Start,
) -> None:
    geth = start()
    before = geth.chain.at()

    with pytest.raises(Misconfigured, match=r"--rpc\.allow-unprotected-txs"):
        founding.deploy(geth.chain, actor(1))

    assert geth.chain.block() == before.block
    assert geth.chain.at().balance(factory.DEPLOYERS_ACCOUNT) == 0
