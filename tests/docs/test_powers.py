"""Who may do what is what the contracts say; one that says nothing of it is found."""

from collections.abc import Iterator

import pytest

from metaorg.errors import ContractReverted
from metaorg.onchain import abi, transactions
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.modules import Modules
from metaorg.types import Call
from tools.artifacts import compiled
from tools.docs.contracts import Function, PowerUnknown, Sources
from tools.docs.powers import power
from tools.docs.wiring import Wiring, addresses, found, read

WIRING = Wiring(
    kernel=frozenset({"Kernel"}),
    administrator="Timelock",
    executor="Timelock",
    roles={"PROPOSER_ROLE": frozenset({"Assembly"}), "DEFAULT_ADMIN_ROLE": frozenset({"Timelock"})},
)
FIXTURE = """
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IShed {
    /// @notice Lends a tool.
    /// @dev Requirements: a tool.
    /// @custom:power whoever holds the key; at once;
    /// the steward
    function lend() external;
}

contract Elsewhere {
    uint256 internal _count;
    function inherited() external { ++_count; }
    function moved() public { _move(); }
    function _move() internal virtual { ++_count; }
    receive() external payable { }
}

/// @title Shed
/// @custom:power inherited, receive: anyone; at once; nobody
contract Shed is IShed, Elsewhere {
    modifier restricted() { _; }
    modifier onlyActive() { _; }
    modifier onlyRole(bytes32) { _; }
    modifier initializer() { _; }
    bytes32 public constant PROPOSER_ROLE = 0;

    /// @inheritdoc IShed
    function lend() external { ++_count; }
    function close() external restricted { ++_count; }
    /// @custom:power at once; a decision
    function object() external onlyActive { ++_count; }
    function start() external initializer { ++_count; }
    function schedule() external onlyRole(PROPOSER_ROLE) { ++_count; }
    function grant() external onlyRole(getRoleAdmin(0)) { ++_count; }
    function never() external pure { revert(); }
    function perhaps(bool no) external { if (no) revert(); ++_count; }
    function getRoleAdmin(bytes32) public pure returns (bytes32) { return 0; }
    function _move() internal pure override { revert Fixed(); }
    error Fixed();
}

contract Wordy {
    /// @custom:power anyone
    function knock() external { }
}
"""


def sources(text: str = FIXTURE) -> Sources:
    given = {
        "language": "Solidity",
        "sources": {"Shed.sol": {"content": text}},
        "settings": {"outputSelection": {"*": {"": ["ast"]}}},
    }
    return Sources([compiled(given)["sources"]["Shed.sol"]["ast"]])


@pytest.fixture(scope="module")
def shed() -> dict[str, Function]:
    return {function.name: function for function in sources().functions("Shed")}


def test_functions_that_only_read_are_left_out(shed: dict[str, Function]) -> None:
    assert "getRoleAdmin" not in shed and "PROPOSER_ROLE" not in shed


@pytest.mark.parametrize(
    ("name", "who", "when", "stop"),
    [
        ("close", "a decision", "when executed", "votes against"),
        ("grant", "a decision", "when executed", "votes against"),
        ("schedule", "Assembly only", "at once", "nobody"),
        ("object", "an active seat", "at once", "a decision"),
        ("start", "nobody: the founding did", "", ""),
        ("moved", "nobody: it always reverts", "", ""),
        ("lend", "whoever holds the key", "at once", "the steward"),
        ("inherited", "anyone", "at once", "nobody"),
        ("receive", "anyone", "at once", "nobody"),
    ],
)
def test_who_when_and_who_stops_it(
    shed: dict[str, Function], name: str, who: str, when: str, stop: str
) -> None:
    row = power(shed[name], WIRING)

    assert (row.who, row.when, row.stop) == (who, when, stop)


def test_a_function_that_may_revert_is_not_one_that_always_does(shed: dict[str, Function]) -> None:
    assert shed["perhaps"].guard == ""


@pytest.mark.parametrize(
    ("contract", "rule"), [("Kernel", "amendment, always"), ("Shed", "own, else amendment")]
)
def test_the_kernel_is_always_under_the_amendment_rule(contract: str, rule: str) -> None:
    assert power(Function(contract, "close", "restricted", ()), WIRING).rule == rule


def test_a_function_about_which_nothing_is_said_is_named(shed: dict[str, Function]) -> None:
    with pytest.raises(PowerUnknown, match=r"Shed\.perhaps: who may call it cannot be derived"):
        power(shed["perhaps"], WIRING)


def test_a_tag_that_says_too_little_is_named() -> None:
    with pytest.raises(PowerUnknown, match=r"Wordy\.knock: @custom:power needs"):
        sources().functions("Wordy")


def test_a_tag_may_not_say_what_the_code_says() -> None:
    with pytest.raises(PowerUnknown, match=r"Shed\.close: restricted says who"):
        power(Function("Shed", "close", "restricted", ("anyone", "at once", "nobody")), WIRING)


# ---------------------------------------------------------------------- on a chain


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with Devnet() as running:
        yield running


@pytest.fixture(scope="module")
def modules(devnet: Devnet) -> Modules:
    return found(devnet)


def test_the_wiring_is_that_of_a_founding(devnet: Devnet, modules: Modules) -> None:
    wiring = read(devnet.chain, modules)

    assert wiring.administrator == wiring.executor == "Timelock"
    assert wiring.roles["PROPOSER_ROLE"] == wiring.roles["EXECUTOR_ROLE"] == {"Assembly"}
    assert wiring.roles["DEFAULT_ADMIN_ROLE"] == {"Timelock"}
    assert {"Rulebook", "Timelock", "Authority"} <= wiring.kernel < set(CONTRACTS)


PROJECT = Sources.of_the_project()
GUARDED = [
    function
    for contract in CONTRACTS[1:]
    for function in PROJECT.functions(contract)
    if function.guard
]
REFUSALS = {
    "restricted": "AccessManagedUnauthorized",
    "onlyAuthorized": "AccessManagerUnauthorizedAccount",
    "onlyGovernance": "GovernorOnlyExecutor",
    "onlyActive": "MembershipSeatRequired",
    "initializer": "InvalidInitialization",
}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_function_that_changes_something_is_on_the_page(contract: str) -> None:
    changing = {
        entry.get("name", entry["type"])
        for entry in load(contract).abi
        if entry.get("stateMutability") in ("nonpayable", "payable")
        and entry["type"] in ("function", "receive", "fallback")
    }

    assert changing <= {function.name for function in PROJECT.functions(contract)}


@pytest.mark.parametrize("function", GUARDED, ids=str)
def test_what_is_not_for_everybody_refuses_an_outsider(
    function: Function, devnet: Devnet, modules: Modules
) -> None:
    outsider, target = devnet.accounts()[9], addresses(modules)[function.contract]
    entries = [e for e in load(function.contract).functions.values() if e["name"] == function.name]

    assert entries
    for entry in entries:
        data = abi.encode_call(entry, [zero(one) for one in entry["inputs"]])
        call = Call(to=target, data=data, says=function.name)
        with pytest.raises(ContractReverted) as refused:
            transactions.simulate(devnet.chain, call, outsider)
        if function.guard != "revert":
            role = "AccessControlUnauthorizedAccount"
            assert refused.value.name == REFUSALS.get(function.guard, role)


def zero(parameter: abi.Entry) -> object:
    """The smallest value of a type."""
    kind: str = parameter["type"]
    if kind.endswith("]"):
        return []
    if kind == "tuple":
        return tuple(zero(component) for component in parameter["components"])
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 0))
    return {"string": "", "bool": False, "address": "0x" + "00" * 20}.get(kind, 0)
