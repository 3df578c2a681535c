"""The wheel is all that a user needs: neither this repository, nor Node, nor a compiler."""

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from metaorg.onchain.artifacts import CONTRACTS
from metaorg.onchain.devnet import Devnet

ROOT = Path(__file__).parents[2]
FETCHED = shutil.ignore_patterns(".*", "build", "node_modules", "*.egg-info", "__pycache__")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")

Metaorg = Callable[..., str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: what an earlier build left in the tree cannot get into it."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=FETCHED)
    build = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder))
    subprocess.run([*PIP, *build, str(folder / "tree")], check=True, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and what it declares to need, no more."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    install = ("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    subprocess.run([*PIP, *install], check=True)
    [packages] = home.glob("lib/*/site-packages")
    [installed] = distributions(name="metaorg", path=[str(packages)])
    for top in needed(installed, frozenset(), {}):
        (packages / top.name).symlink_to(top)
    return home / "bin"


def needed(
    needing: Distribution, extras: frozenset[str], seen: dict[str, frozenset[str]]
) -> set[Path]:
    """Files and folders here of all that a distribution needs, directly or not."""
    found: set[Path] = set()
    for requirement in map(Requirement, needing.requires or []):
        marker, wanted = requirement.marker, frozenset(requirement.extras)
        applies = not marker or any(marker.evaluate({"extra": one}) for one in {"", *extras})
        if applies and not wanted | {""} <= seen.get(requirement.name, frozenset()):
            seen[requirement.name] = seen.get(requirement.name, frozenset()) | wanted | {""}
            needs = distribution(requirement.name)
            found |= tops(needs) | needed(needs, wanted, seen)
    return found


def tops(installed: Distribution) -> set[Path]:
    """What a distribution has directly in the folder of packages."""
    names = {file.parts[0] for file in installed.files or []}
    return {Path(str(installed.locate_file(name))) for name in names - {"..", "__pycache__"}}


@pytest.fixture
def run(programs: Path, tmp_path: Path) -> Metaorg:
    """Run a program of that environment where nothing else can be found; gives what it prints."""

    def run(program: str, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [programs / program, *arguments],
            check=False,
            cwd=tmp_path,
            env={"PATH": str(programs), "METAORG_HOME": str(tmp_path / "home")} | more,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_wheel_holds_the_package_with_its_contracts_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()

    folders = {name.partition("/")[0] for name in names}
    assert folders == {"metaorg", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    assert {f"metaorg/artifacts/{contract}.json" for contract in CONTRACTS} <= {*names}
    assert "metaorg/py.typed" in names
    endings = {Path(name).suffix for name in names if name.startswith("metaorg/")}
    assert endings == {".py", ".json", ".typed"}


def test_every_module_of_the_tree_is_in_the_wheel(wheel: Path) -> None:
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "metaorg").rglob("*.py")}

    assert sources == {name for name in ZipFile(wheel).namelist() if name.endswith(".py")}


def test_the_environment_has_the_wheels_metaorg_and_no_tools(run: Metaorg, programs: Path) -> None:
    found = run("python", "-c", "import metaorg; print(metaorg.__file__)")

    assert Path(found.strip()).is_relative_to(programs.parent)
    for tool in ("node", "npm", "forge", "anvil", "solc", "brownie", "git"):
        assert shutil.which(tool, path=str(programs)) is None


def test_help_and_version_are_shown(run: Metaorg) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert "membership" in run("metaorg", "--help")
    assert run("metaorg", "--version") == project["version"] + "\n"


def test_a_meta_organization_is_founded_listed_and_checked(
    run: Metaorg, devnet: Devnet, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    accounts = [f"rpc:{account}" for account in devnet.accounts()[:3]]
    others = [f"--sign-with={account}" for account in accounts[1:]]

    def asked(*arguments: str, **more: str) -> Any:
        return json.loads(run("metaorg", *arguments, "--json", METAORG_RPC=devnet.url, **more))

    found = asked("found", "examples/charter.yaml", *others, METAORG_ACCOUNT=accounts[0])
    address = found["modules"]["meta_organization"]
    listed = asked("membership", "list", METAORG_ADDRESS=address)
    report = asked("check", METAORG_ADDRESS=address)

    assert [one["account"] for one in listed] == devnet.accounts()[:3]
    assert all(one["standing"]["status"] == "active" for one in listed)
    assert report["findings"] == []
