"""A meta-organization with a full history, on a chain of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.history import History
from audit.postgres import Postgres
from metaorg.ipfs import Embedded
from metaorg.onchain.devnet import Devnet


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """The history, made once for each test process."""
    with Devnet() as devnet:
        yield History.lived(devnet.chain, tmp_path_factory.mktemp("history"))


@pytest.fixture
def history(lived: History, tmp_path: Path) -> Iterator[History]:
    """The history with a copy of its store; the chain is put back afterwards."""
    lived.store.close()
    shutil.copy(lived.store.path, tmp_path / "commons.db")
    made = History.__new__(History)
    made.__dict__.update(lived.__dict__ | {"store": Embedded(tmp_path / "commons.db")})
    snapshot = lived.chain.request("evm_snapshot")
    yield made
    made.store.close()
    assert lived.chain.request("evm_revert", snapshot)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started once for each test process."""
    with Postgres() as server:
        yield server
