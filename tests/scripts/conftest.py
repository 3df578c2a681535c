"""Fixtures: programs run as a user runs them; Brownie with a home folder of its own.

No `__init__.py` here: a package of this name would stand in the way of the repository's `scripts`.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from eth_account import Account

from metaorg.onchain.devnet import Devnet, free_port

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools/bin"
MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's: everybody knows these keys."""
PASSWORD = "only for tests"

Done = subprocess.CompletedProcess[str]
Program = Callable[..., Done]


def environment(**more: str) -> dict[str, str]:
    paths = (Path(sys.executable).parent, TOOLS, os.environ.get("PATH", ""))
    return os.environ | {"PATH": os.pathsep.join(map(str, paths)), "COLUMNS": "200"} | more


@pytest.fixture
def python(tmp_path: Path) -> Program:
    """Run Python on arguments, in an empty folder that has the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")

    def run(*arguments: str) -> Done:
        return subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=tmp_path,
            env=environment(PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    """A chain that lives on between scripts."""
    with Devnet() as devnet:
        yield devnet


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, devnet: Devnet) -> Path:
    """A home folder: Brownie's networks, with `valley` on the devnet, and one key, `bakery`.

    `elsewhere` is the same node under the wrong chain id; `development` is Brownie's own, but on a
    port that is free.
    """
    home = tmp_path_factory.mktemp("home")
    keys = home / ".brownie/accounts"
    keys.mkdir(parents=True)
    (home / ".brownie/network-config.yaml").write_text(yaml.safe_dump(_networks(devnet)))
    Account.enable_unaudited_hdwallet_features()
    key = Account.from_mnemonic(MNEMONIC).encrypt(PASSWORD, kdf="pbkdf2", iterations=1000)
    (keys / "bakery.json").write_text(json.dumps(key))
    return home


@pytest.fixture(scope="module")
def brownie(home: Path) -> Program:
    """Run `brownie run` with the password on standard input; the first run compiles."""

    def run(*arguments: str) -> Done:
        with alone():
            return subprocess.run(
                ["brownie", "run", *arguments],
                check=False,
                cwd=ROOT,
                env=environment(
                    HOME=str(home),
                    METAORG_STORE=f"embedded:{home / 'commons'}",
                    SOLCX_BINARY_PATH=str(TOOLS),
                ),
                input=PASSWORD + "\n",
                capture_output=True,
                text=True,
                start_new_session=True,  # no terminal: the password is read from standard input
                timeout=240,
            )

    return run


@contextmanager
def alone() -> Iterator[None]:
    """One Brownie at a time: each of them writes to the build folder."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build/brownie.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _networks(devnet: Devnet) -> dict[str, object]:
    node = {"host": devnet.url}
    valley = node | {"id": "valley", "chainid": devnet.chain.id}
    elsewhere = node | {"id": "elsewhere", "chainid": devnet.chain.id + 1}
    settings = {"port": free_port(), "gas_limit": 12_000_000, "accounts": 10, "base_fee": 0}
    development = {
        "id": "development",
        "cmd": "anvil",
        "host": "http://127.0.0.1",
        "cmd_settings": settings,
    }
    return {
        "live": [{"name": "Valley", "networks": [valley, elsewhere]}],
        "development": [development],
    }
