"""Code is what was shipped, and what was shipped is what the source compiles to."""

import json
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from onchain.nodes import proxy
from onchain.world import actor

from audit.history import History
from metaorg.audit import source
from metaorg.audit.findings import Finding
from metaorg.audit.source import Built, rebuild, trailer_of
from metaorg.errors import InvalidInput, Misconfigured
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain
from metaorg.onchain.factory import clone_code, expected_code, implementations
from metaorg.types import Address
from tests.programs import required
from tools.artifacts import ROOT
from tools.source import metadata

RECORDED = json.loads((resources.files("metaorg") / "artifacts" / "source.json").read_text())


@pytest.fixture(scope="module")
def solc() -> Path:
    """The real compiler."""
    return Path(required("solc-v0.8.37", "setup"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources, to be altered."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def altered(checkout: Path, path: str, old: str, new: str) -> None:
    text = (checkout / path).read_text()
    assert old in text
    (checkout / path).write_text(text.replace(old, new, 1))


# ---------------------------------------------------------------- from source


def test_every_contract_comes_out_of_its_source_byte_for_byte(solc: Path) -> None:
    rebuilt = rebuild(ROOT, solc)

    assert rebuilt.contracts == tuple(Built(name=name, match="exact") for name in CONTRACTS)
    assert rebuilt.altered == ()
    assert rebuilt.exact("Membership") is True


def test_another_comment_leaves_a_partial_match(checkout: Path, solc: Path) -> None:
    altered(checkout, "contracts/Relay.sol", "/// @dev", "/// @dev ")

    rebuilt = rebuild(checkout, solc, ["Relay"])

    assert rebuilt.contracts == (Built(name="Relay", match="partial"),)
    assert rebuilt.altered == ("contracts/Relay.sol",)
    assert rebuilt.exact("Relay") is False
    assert rebuilt.exact("Membership") is None


def test_another_statement_makes_different_code(checkout: Path, solc: Path) -> None:
    altered(checkout, "contracts/Relay.sol", "++done", "done += 2")

    rebuilt = rebuild(checkout, solc, ["Relay"])

    assert rebuilt.contracts == (Built(name="Relay", match="different"),)


def test_missing_sources_are_all_named(checkout: Path, solc: Path) -> None:
    for name in ("Relay", "Commons"):
        (checkout / f"contracts/{name}.sol").unlink()
    (checkout / "contracts/Timelock.sol").write_bytes(b" " * (source.SOURCE_LIMIT + 1))

    with pytest.raises(InvalidInput) as caught:
        rebuild(checkout, solc)

    assert {problem.split(":")[0] for problem in caught.value.problems[1:]} == {
        f"contracts/{name}.sol" for name in ("Relay", "Commons", "Timelock")
    }


def test_sources_that_do_not_compile_are_refused(checkout: Path, solc: Path) -> None:
    altered(checkout, "contracts/Relay.sol", "contract Relay", "contract Relay is Nothing, ")

    with pytest.raises(InvalidInput, match="do not compile"):
        rebuild(checkout, solc, ["Relay"])


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo Version: 0.8.20+commit.a1b79de6", "is 0.8.20.*compiled by solc 0.8.37"),
        ("echo hello", "is no Solidity compiler"),
        ("exit 3", "cannot be used"),
        ("echo Version: 0.8.37+commit.f401782d; cat >/dev/null", "not solc's JSON"),
    ],
    ids=["older", "another", "failing", "mute"],
)
def test_what_is_not_the_compiler_is_refused(tmp_path: Path, script: str, why: str) -> None:
    fake = tmp_path / "solc"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)

    with pytest.raises(Misconfigured, match=why):
        rebuild(ROOT, fake, ["Relay"])


def test_a_compiler_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be used"):
        rebuild(ROOT, tmp_path / "solc")


@pytest.mark.parametrize("name", CONTRACTS)
def test_shipped_code_names_the_metadata_that_were_recorded(name: str) -> None:
    trailer = trailer_of(load(name).runtime)

    assert trailer is not None
    assert str(trailer.metadata) == RECORDED["contracts"][name]["metadata"]
    assert trailer.solc == RECORDED["compiler"].split("+")[0]


def test_metadata_of_the_source_have_the_recorded_cids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(
        os.environ, "SOLCX_BINARY_PATH", str(Path(required("solc-v0.8.37", "setup")).parent)
    )
    given, changed = source.standard_input(ROOT)

    found = metadata(given, RECORDED["contracts"])

    assert changed == ()
    assert found.keys() == set(CONTRACTS)


def test_no_text_of_a_source_is_shipped() -> None:
    for recorded in RECORDED["input"]["sources"].values():
        assert recorded.keys() == {"keccak256", "urls"}


# ---------------------------------------------------------------- on chain


def wrong(history: History, chain: Chain | None = None) -> list[Finding]:
    return source.code((chain or history.chain).at(), history.modules)[1]


def plant(history: History, address: Address, code: bytes) -> None:
    history.chain.request("anvil_setCode", address, "0x" + code.hex())


def test_every_contract_of_a_founding_is_as_shipped(history: History) -> None:
    rebuilt = source.Rebuilt(compiler="", contracts=(Built(name="Commons", match="exact"),))

    rows, found = source.code(history.chain.at(), history.modules, rebuilt)

    assert found == []
    assert len(rows) == 16
    assert all(row.code_hash == row.expected for row in rows)
    behind = {row.name: row for row in rows if row.metadata}
    assert len(behind) == 8
    commons = behind["implementation of Commons"]
    assert commons.expected == keccak(load("Commons").runtime)
    assert commons.metadata == RECORDED["contracts"]["Commons"]["metadata"]
    assert {name for name, row in behind.items() if row.source} == {"implementation of Commons"}
    assert {row.source for row in rows if not row.metadata} == {None}


def test_other_code_behind_a_module_is_found(history: History) -> None:
    address, shipped = implementations().membership, load("Membership").runtime
    plant(history, address, shipped[:100] + b"\0" + shipped[101:])

    [found] = wrong(history)

    assert (found.kind, found.code) == ("difference", "code.implementation")
    assert found.subject == "code of the implementation Membership"
    assert f"metadata {RECORDED['contracts']['Membership']['metadata']}" in found.seen
    assert found.looks[0].address == address


def test_a_module_that_runs_something_else_is_found(history: History) -> None:
    modules, elsewhere = history.modules, actor(99).address
    plant(history, elsewhere, load("Membership").runtime)
    arguments = [modules.authority, modules.inter_constitution]
    plant(history, modules.membership, clone_code(elsewhere, arguments))

    [found] = wrong(history)

    assert (found.code, found.subject) == ("code.implementation", "implementation of membership")
    assert found.expected == implementations().membership
    assert found.seen == f"{elsewhere}, the same code"


def test_a_module_that_runs_nothing_is_found(history: History) -> None:
    plant(history, history.modules.timelock, clone_code(actor(98).address))

    first, second = wrong(history)

    assert (first.subject, first.seen) == ("code of the implementation Timelock", "no code")
    assert second.seen == f"{actor(98).address}, other code"


def test_an_altered_immutable_argument_is_found_and_named(history: History) -> None:
    modules, stranger = history.modules, actor(97).address
    given = [stranger, modules.inter_constitution]
    plant(history, modules.membership, clone_code(implementations().membership, given))

    [found] = wrong(history)

    assert (found.code, found.subject) == (
        "code.arguments",
        "immutable arguments of membership",
    )
    assert f"authority {modules.authority.lower()}" in found.expected
    assert f"authority {stranger.lower()}" in found.seen


def test_an_argument_too_many_is_found(history: History) -> None:
    timelock = history.modules.timelock
    plant(history, timelock, expected_code(history.modules)[timelock] + b"\1" * 20)

    [found] = wrong(history)

    assert (found.code, found.expected, found.seen) == (
        "code.arguments",
        "none",
        "and 0x" + "01" * 20,
    )


@pytest.mark.parametrize("code", [b"", b"\x60\x00", "runtime"], ids=["none", "other", "no clone"])
def test_a_module_that_is_no_clone_is_found(history: History, code: Any) -> None:
    planted = load("Commons").runtime if code == "runtime" else code
    plant(history, history.modules.commons, planted)

    [found] = wrong(history)

    assert (found.code, found.subject) == ("code.clone", "code of commons")
    assert found.seen.startswith(f"{len(planted)} bytes" if planted else "no code")


def test_a_node_that_refuses_leaves_code_unknown(history: History) -> None:
    refused = {"error": {"code": -32000, "message": "pruned"}}
    membership = history.modules.membership

    def refuse(method: str, parameters: list[Any], result: Any) -> Any:
        return refused if method == "eth_getCode" and parameters[0] == membership else result

    with proxy(history.chain.url, refuse) as node:
        [found] = wrong(history, Chain(node.url))

    assert (found.kind, found.code) == ("unknown", "reading.unanswered")
    assert "pruned" in found.seen
