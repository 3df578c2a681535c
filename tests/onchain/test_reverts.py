"""A revert becomes an error with the contract's own sentence, however the node wraps it."""

import re
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from metaorg.errors import ContractReverted, Refused
from metaorg.onchain import abi, reverts
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import NodeRefused
from metaorg.onchain.reverts import STATES, explain
from onchain.world import World

ACCOUNT = "0x" + "11" * 20
INTERFACES = Path(__file__).parents[2] / "contracts" / "interfaces"


def error_data(contract: str, name: str, *arguments: Any) -> bytes:
    found = next(e for e in load(contract).errors.values() if e["name"] == name)
    return abi.encode_call(found, arguments)


def refusal(data: Any = None, message: str = "execution reverted") -> NodeRefused:
    return NodeRefused("eth_call", 3, message, data)


SEAT_REQUIRED = error_data("Membership", "MembershipSeatRequired", ACCOUNT)
SENTENCE = load("Membership").notice(load("Membership").errors[SEAT_REQUIRED[:4]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("0x" + SEAT_REQUIRED.hex(), "execution reverted"),  # Anvil, geth
        ({"result": "0x" + SEAT_REQUIRED.hex()}, "execution reverted"),
        ({"data": "0x" + SEAT_REQUIRED.hex()}, "VM execution error"),
        ({"data": {"result": "0x" + SEAT_REQUIRED.hex()}}, "revert"),
        ({"originalError": {"code": 3, "data": "0x" + SEAT_REQUIRED.hex()}}, "revert"),
        ("Reverted 0x" + SEAT_REQUIRED.hex(), "VM execution error."),  # OpenEthereum, Nethermind
        (None, "execution reverted: 0x" + SEAT_REQUIRED.hex()),
        (None, f'execution reverted, data: "0x{SEAT_REQUIRED.hex()}"'),
        ("0x", "execution reverted: 0x" + SEAT_REQUIRED.hex()),
        ("0x" + SEAT_REQUIRED.hex().upper(), "execution reverted"),
    ],
)
def test_revert_data_are_found_where_the_node_puts_them(data: Any, message: str) -> None:
    error = explain(refusal(data, message), "admit an organization")

    assert isinstance(error, ContractReverted)
    assert (error.name, error.notice) == ("MembershipSeatRequired", SENTENCE)
    assert error.arguments == {"account": ACCOUNT}
    assert error.doing == "admit an organization"
    assert str(error) == (
        f"admit an organization: {SENTENCE} [MembershipSeatRequired(account={ACCOUNT})]"
    )


@pytest.mark.parametrize(
    ("data", "name", "notice"),
    [
        (keccak(text="Error(string)")[:4] + encode(["string"], ["no, thanks"]), "", "no, thanks"),
        (keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11]), "Panic", "impossible"),
        (b"\1\2\3\4" + bytes(32), "", "an error that is not known here: 0x01020304"),
        (b"\1\2\3\4", "", "an error that is not known here: 0x01020304"),
        (b"", "", "refused without saying why"),
    ],
)
def test_other_reverts_have_a_sentence_too(data: bytes, name: str, notice: str) -> None:
    error = explain(refusal("0x" + data.hex()))

    assert isinstance(error, ContractReverted)
    assert error.name == name
    assert notice in error.notice
    assert error.exit_code == 4


@pytest.mark.parametrize("cut", [4, 20, 35])
def test_an_error_with_arguments_that_cannot_be_read_is_a_revert_all_the_same(cut: int) -> None:
    error = explain(refusal("0x" + SEAT_REQUIRED[:cut].hex()))

    assert isinstance(error, ContractReverted)
    assert SEAT_REQUIRED[:4].hex() in error.notice


def test_a_text_that_lies_about_its_length_is_a_revert_all_the_same() -> None:
    data = keccak(text="Error(string)")[:4] + encode(["uint256", "uint256"], [32, 2**255])

    assert isinstance(explain(refusal("0x" + data.hex())), ContractReverted)


def test_a_huge_unknown_error_is_shown_by_its_beginning() -> None:
    error = explain(refusal("0x" + "ab" * 100_000))

    assert isinstance(error, ContractReverted) and len(str(error)) < 300


@pytest.mark.parametrize(
    "message",
    [
        "insufficient funds for gas * price + value: address 0x00 have 0 want 1",
        "Insufficient funds for gas * price + value",
    ],
)
def test_too_little_eth_is_said_as_such(message: str) -> None:
    error = explain(refusal(None, message), "vote")

    assert isinstance(error, Refused)
    assert str(error) == "vote: the account has too little ETH for gas and value"


@pytest.mark.parametrize(
    "message",
    [
        "missing trie node 0x" + "12" * 32,
        "nonce too low for 0x" + "11" * 20,
        "header not found",
        "rate limit exceeded",
        "",
    ],
)
def test_what_is_no_revert_stays_the_refusal_of_the_node(message: str) -> None:
    given = refusal(None, message)

    assert explain(given) is given


@pytest.mark.parametrize("state", range(len(STATES)))
def test_a_proposal_in_another_state_says_in_which(state: int) -> None:
    data = error_data("Assembly", "GovernorUnexpectedProposalState", 5, state, bytes(32))

    error = explain(refusal("0x" + data.hex()))

    assert isinstance(error, ContractReverted)
    assert error.arguments == {"proposalId": 5, "state": STATES[state]}
    assert error.notice.startswith("The proposal ") and error.notice.endswith(".")


def test_a_state_of_a_later_version_is_shown_as_its_number() -> None:
    data = error_data("Assembly", "GovernorUnexpectedProposalState", 5, 99, bytes(32))

    error = explain(refusal("0x" + data.hex()))

    assert isinstance(error, ContractReverted) and error.arguments["state"] == "99"


def test_a_struct_among_the_arguments_is_shown_by_name() -> None:
    rule = (1, 4000, 0, 0, 0, False, 0, 1)

    error = explain(refusal("0x" + error_data("Rulebook", "RulebookRuleInvalid", rule).hex()))

    assert isinstance(error, ContractReverted)
    assert error.arguments["rule"]["approval"] == 4000


# ---------------------------------------------------------------------- every error has a sentence


def declared_errors() -> list[str]:
    pattern = re.compile(r"^\s*error (\w+)\(", re.MULTILINE)
    return sorted(
        {name for file in INTERFACES.glob("*.sol") for name in pattern.findall(file.read_text())}
    )


def notices() -> dict[str, set[str]]:
    """Error name -> the sentences that a user could get for it."""
    found: dict[str, set[str]] = {}
    for name in CONTRACTS:
        for key, entry in load(name).errors.items():
            data = key + abi.encode_values(entry["inputs"], [_zero(p) for p in entry["inputs"]])
            found.setdefault(entry["name"], set()).add(reverts.reverted(data).notice)
    return found


def _zero(parameter: abi.Entry) -> Any:
    kind = parameter["type"]
    if kind.endswith("]"):
        return []
    if kind == "tuple":
        return tuple(_zero(component) for component in parameter["components"])
    if kind == "address":
        return "0x" + "00" * 20
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 0))
    return {"string": "", "bool": False}.get(kind, 0)


@pytest.mark.parametrize("name", declared_errors())
def test_every_error_of_the_interfaces_has_a_notice_in_the_artifacts(name: str) -> None:
    found = [
        load(contract).notice(entry)
        for contract in CONTRACTS
        for entry in load(contract).errors.values()
        if entry["name"] == name
    ]

    assert found, "no shipped contract has this error"
    assert any(sentence.endswith(".") and len(sentence) > 20 for sentence in found)


def test_every_error_of_every_shipped_contract_has_a_sentence() -> None:
    found = notices()

    without = [name for name, said in found.items() if f"The contract refused: {name}." in said]
    assert without == []
    assert all(sentence.endswith((".", ").")) for said in found.values() for sentence in said)


def test_no_sentence_is_written_for_an_error_that_there_is_not() -> None:
    assert set(reverts._NOTICES) <= {*notices(), "Error", "Panic"}


def test_a_real_refusal_has_its_sentence(world: World, outsider: LocalSigner) -> None:
    org = world.by(outsider)

    with pytest.raises(ContractReverted) as refused:
        org.send(org.membership.object(world.founders[0].address, "Because."))

    assert refused.value.name == "MembershipSeatRequired"
    assert refused.value.notice == SENTENCE
    assert refused.value.arguments == {"account": outsider.address}
