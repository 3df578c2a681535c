"""Brownie, forge and the shipped artifacts are one build, and every contract fits on a chain."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from metaorg.onchain.artifacts import CONTRACTS, load

METADATA = re.compile(r"a2646970667358221220[0-9a-f]{64}64736f6c6343[0-9a-f]{6}0033")
"""What solc appends to every code: a hash over sources and settings, comments included."""
DEPLOYED_LIMIT, CREATION_LIMIT = 24_576, 2 * 24_576
"""EIP-170 and EIP-3860."""


@pytest.fixture(scope="module")
def forge() -> Path:
    """The folder of a fresh forge build."""
    subprocess.run(["forge", "build", "--quiet", "contracts"], check=True)
    return Path(forge_config()["out"])


def forge_config() -> Any:
    """Every setting of forge, those that foundry.toml leaves out too."""
    asked = subprocess.run(["forge", "config", "--json"], check=True, capture_output=True)
    return json.loads(asked.stdout)


def without_metadata(code: str) -> str:
    """Code in hex without solc's metadata, wherever it stands."""
    stripped, count = METADATA.subn("", code.removeprefix("0x"))
    assert count > 0
    return stripped


def test_forge_has_the_compiler_settings_of_brownie() -> None:
    compiler = yaml.safe_load(Path("brownie-config.yaml").read_text())["compiler"]
    solc, forge = compiler["solc"], forge_config()

    assert Path(forge["solc"]).name == f"solc-v{solc['version']}"
    assert forge["evm_version"] == compiler["evm_version"]
    assert forge["optimizer"] is solc["optimizer"]["enabled"]
    assert forge["optimizer_runs"] == solc["optimizer"]["runs"]
    assert forge["remappings"] == solc["remappings"]


def test_forge_changes_nothing_else_that_makes_other_code() -> None:
    forge = forge_config()

    assert not any(forge[name] for name in ("via_ir", "optimizer_details", "revert_strings"))
    assert not any(
        forge[name]
        for name in ("additional_compiler_profiles", "compilation_restrictions", "libraries")
    )


def test_the_list_of_contracts_is_what_the_sources_declare_as_deployable() -> None:
    sources = [path.read_text() for path in Path("contracts").rglob("*.sol")]

    declared = [name for one in sources for name in re.findall(r"^contract (\w+)", one, re.M)]

    assert sorted(declared) == sorted(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_brownie_forge_and_the_artifact_have_the_same_creation_code(
    name: str, contracts: Any, forge: Path
) -> None:
    built = json.loads((forge / f"{name}.sol" / f"{name}.json").read_text())

    shipped = without_metadata(load(name).creation.hex())

    assert without_metadata(contracts[name].bytecode) == shipped
    assert without_metadata(built["bytecode"]["object"]) == shipped


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_code_is_within_the_limits_of_a_chain(name: str) -> None:
    artifact = load(name)

    assert 0 < len(artifact.runtime) < DEPLOYED_LIMIT
    assert 0 < len(artifact.creation) < CREATION_LIMIT
