"""Fixtures: a chain, a meta-organization founded on it, and those who act in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from metaorg.ipfs import Embedded
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from onchain.world import World, actor


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    """A real Anvil on a free port of loopback, one for each test process."""
    with Devnet() as running:
        yield running


@pytest.fixture(scope="session")
def founded(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The meta-organization as it is right after its founding."""
    return World.founded(devnet.chain, tmp_path_factory.mktemp("founding"))


@pytest.fixture
def world(founded: World, chain: Chain, tmp_path: Path) -> Iterator[World]:
    """The founded meta-organization with a store of its own; the chain is put back afterwards."""
    store = Embedded(tmp_path / "commons.db")
    yield founded.with_store(store)
    store.close()


@pytest.fixture
def chain(founded: World) -> Iterator[Chain]:
    """The chain of the founding; it is put back afterwards."""
    chain = founded.chain
    snapshot = chain.request("evm_snapshot")
    yield chain
    chain.request("evm_setAutomine", True)
    assert chain.request("evm_revert", snapshot)


@pytest.fixture
def bakery(world: World) -> LocalSigner:
    """The first founder, of the workers; it founded."""
    return world.founders[0]


@pytest.fixture
def loom(world: World) -> LocalSigner:
    """The second founder, of the workers."""
    return world.founders[1]


@pytest.fixture
def food_coop(world: World) -> LocalSigner:
    """The third founder, the only one of the users."""
    return world.founders[2]


@pytest.fixture
def outsider(chain: Chain) -> LocalSigner:
    """An account with ETH that nobody knows."""
    signer = actor(77)
    chain.request("anvil_setBalance", signer.address, hex(10**20))
    return signer
