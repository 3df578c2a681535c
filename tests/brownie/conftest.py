"""Fixtures: a meta-organization that the project's script founds on Brownie's development chain.

No `__init__.py` here: a package of this name would stand in the way of Brownie.
"""

from typing import Any

import pytest
from brownie import accounts, project, rpc, run


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what Brownie's compiled half warns of its other half."""
    config.addinivalue_line("filterwarnings", "ignore:rpc:FutureWarning")


@pytest.fixture(scope="session", autouse=True)
def own_chain() -> None:
    """Brownie started the chain itself; with another node on its port, it would use that one."""
    assert rpc.is_child(), "another chain listens on the port of Brownie's `development`: end it"


@pytest.fixture(scope="session")
def contracts() -> Any:
    """The project as Brownie compiled it: contract by name."""
    return project.get_loaded_projects()[0]


@pytest.fixture(scope="module")
def address(module_isolation: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The front door of a meta-organization; its documents lie in a folder of the test's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METAORG_STORE", f"embedded:{tmp_path_factory.mktemp('store') / 'commons'}")
        yield run("deploy")


@pytest.fixture
def bakery() -> Any:
    return accounts[0]


@pytest.fixture
def outsider() -> Any:
    return accounts[9]
