"""A meta-organization, and two Safes: one of people, and one of people and that one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.conftest import Cli
from onchain.world import World, actor, fund

from metaorg.ipfs import Embedded
from metaorg.onchain import safes
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.safes import Safe
from metaorg.types import Address
from safe.wallets import NEW, OLD, Release

ANNA, BEN, CHLOE, DORA, EMIL, OUTSIDER, STRANGER = range(21, 28)
"""The numbers of those who sign; only the outsider has ETH."""


@dataclass(frozen=True)
class Wallets:
    """Safe `press` (2 of Anna, Ben, Chloe) and Safe `mill` (2 of Dora, Emil and the press)."""

    press: Safe
    mill: Safe


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    with Devnet() as running:
        yield running


@pytest.fixture(scope="session")
def founded(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World.founded(devnet.chain, tmp_path_factory.mktemp("founding"))
    fund(world.chain, actor(OUTSIDER))
    return world


@pytest.fixture
def world(founded: World, tmp_path: Path) -> Iterator[World]:
    """The meta-organization with a store of its own; the chain is put back afterwards."""
    snapshot = founded.chain.request("evm_snapshot")
    store = Embedded(tmp_path / "commons.db")
    yield founded.with_store(store)
    store.close()
    founded.chain.request("evm_revert", snapshot)


@pytest.fixture
def chain(world: World) -> Chain:
    return world.chain


@pytest.fixture
def outsider() -> LocalSigner:
    """Somebody with ETH, who holds no seat and owns no Safe."""
    return actor(OUTSIDER)


@pytest.fixture(params=["1.5.0", "1.4.1", "1.5.0 over 1.4.1"])
def releases(request: pytest.FixtureRequest) -> tuple[Release, Release]:
    """The versions of the mill and of the press."""
    pairs = {"1.5.0": (NEW, NEW), "1.4.1": (OLD, OLD), "1.5.0 over 1.4.1": (NEW, OLD)}
    return pairs[request.param]


@pytest.fixture
def wallets(chain: Chain, outsider: LocalSigner) -> Wallets:
    """The two Safes, of version 1.5.0."""
    return made(chain, outsider, (NEW, NEW))


def made(chain: Chain, sender: LocalSigner, releases: tuple[Release, Release]) -> Wallets:
    people = [actor(number).address for number in (ANNA, BEN, CHLOE)]
    press = releases[1].create(chain, sender, people, 2)
    others = [actor(number).address for number in (DORA, EMIL)]
    mill = releases[0].create(chain, sender, [others[0], press, others[1]], 2)
    reading = chain.at()
    return Wallets(press=safes.required(reading, press), mill=safes.required(reading, mill))


By = Callable[[int | Address], Cli]


@pytest.fixture
def by(world: World, tmp_path: Path) -> By:
    """The command line as somebody uses it: by number who has a key, by address a Safe."""

    def command_line(who: int | Address) -> Cli:
        environment = {
            "METAORG_HOME": str(tmp_path),
            "METAORG_RPC": world.chain.url,
            "METAORG_STORE": f"embedded:{world.store.path}",
            "METAORG_ADDRESS": world.modules.meta_organization,
            "METAORG_ACCOUNT": f"safe:{who}" if isinstance(who, str) else "env:ACTOR_KEY",
        }
        if isinstance(who, int):
            environment["ACTOR_KEY"] = who.to_bytes(32, "big").hex()
        return Cli(environment, tmp_path)

    return command_line


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path
