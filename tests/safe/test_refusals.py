"""What is wrong with a file or an account is said in a sentence, and nothing is sent."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Cli
from onchain.world import actor

from metaorg.onchain.chain import Chain
from safe.conftest import ANNA, BEN, CHLOE, DORA, EMIL, OUTSIDER, STRANGER, By, Wallets
from safe.test_journeys import ADOPT, APPLY
from safe.wallets import NEW, Release

RELAY = ("constitution", "adopt", "--signed", "act.json")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def nothing_sent(wallets: Wallets, chain: Chain) -> Iterator[None]:
    before = chain.block().number
    yield
    assert chain.block().number == before


@pytest.fixture
def act(wallets: Wallets, by: By, home: Path) -> Path:
    """The mill's adoption, which Dora has signed."""
    by(wallets.mill.address).done(*ADOPT, "--sign-only", "act.json")
    by(DORA).done("safe", "sign", "act.json")
    return home / "act.json"


@pytest.fixture
def complete(act: Path, by: By) -> Path:
    """The mill's adoption, signed by enough of its owners."""
    by(EMIL).done("safe", "sign", act)
    return act


def change(file: Path, alter: Change) -> None:
    content = json.loads(file.read_text())
    alter(content)
    file.write_text(json.dumps(content))


def refused(cli: Cli, code: int, sentence: str, *arguments: object) -> None:
    result = cli.run(*arguments)
    assert (result.code, result.stdout) == (code, ""), result
    assert sentence in result.stderr


def test_too_few_signatures_are_refused_and_the_missing_owners_named(
    act: Path, by: By, wallets: Wallets
) -> None:
    refused(by(OUTSIDER), 1, "1 of the 2 owners have signed", *RELAY)
    refused(by(OUTSIDER), 1, f"missing are some of {wallets.press.address}", *RELAY)


def test_a_safe_that_owns_needs_enough_of_its_own_owners(act: Path, by: By) -> None:
    by(ANNA).done("safe", "sign", act)

    refused(by(OUTSIDER), 1, "1 of the 2 owners have signed", *RELAY)


def test_who_is_no_owner_cannot_sign(act: Path, by: By, wallets: Wallets) -> None:
    before = act.read_bytes()

    sentence = f"{actor(STRANGER).address} is not an owner of the Safe {wallets.mill.address}"
    refused(by(STRANGER), 1, sentence, "safe", "sign", act)

    assert act.read_bytes() == before


def test_the_signature_of_one_who_is_no_owner_is_refused(
    act: Path, by: By, wallets: Wallets
) -> None:
    def add(content: dict[str, Any]) -> None:
        content["signature"]["owners"][actor(STRANGER).address] = "0x" + "11" * 64 + "1b"

    change(act, add)

    sentence = f"{actor(STRANGER).address} has signed and is not an owner"
    for who, command in ((OUTSIDER, RELAY), (EMIL, ("safe", "sign", act))):
        refused(by(who), 2, sentence, *command)


@pytest.mark.parametrize("signature", ["0x" + "11" * 64 + "1b", "0x" + "ff" * 65, "0x11", "0x"])
def test_a_wrong_signature_of_an_owner_is_refused(act: Path, by: By, signature: str) -> None:
    def replace(content: dict[str, Any]) -> None:
        content["signature"]["owners"][actor(EMIL).address] = signature

    change(act, replace)

    refused(by(OUTSIDER), 2, f"the signature of {actor(EMIL).address} is not one over", *RELAY)


def test_one_owners_signature_does_not_count_for_another(act: Path, by: By) -> None:
    def copy(content: dict[str, Any]) -> None:
        owners = content["signature"]["owners"]
        owners[actor(EMIL).address] = owners[actor(DORA).address]

    change(act, copy)

    refused(by(OUTSIDER), 2, f"the signature of {actor(EMIL).address} is not one over", *RELAY)


@pytest.mark.parametrize("spelled", [str, str.lower])
def test_an_owner_who_stands_there_twice_is_refused(
    act: Path, by: By, spelled: Callable[[str], str]
) -> None:
    dora = actor(DORA).address
    signature = json.loads(act.read_text())["signature"]["owners"][dora]
    again = f'"{spelled(dora)}": "{signature}", "{dora}"'
    act.write_text(act.read_text().replace(f'"{dora}"', again, 1))

    refused(by(OUTSIDER), 2, "twice", *RELAY)


def test_a_blob_that_counts_one_owner_twice_is_not_confirmed(
    complete: Path, by: By, wallets: Wallets
) -> None:
    def repeat(content: dict[str, Any]) -> None:
        one = content["signature"]["owners"][actor(DORA).address]
        content["signature"] = one + one[2:]

    change(complete, repeat)

    sentence = f"{wallets.mill.address} does not confirm this signature"
    refused(by(OUTSIDER), 2, sentence, *RELAY)


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (lambda one: one["message"].update(constituency=1), "is not one over exactly this"),
        (lambda one: one["message"].update(validUntil=2**47), "is not one over exactly this"),
        (lambda one: one.update(documents=["0x7b7d"]), "not those whose hashes were signed"),
        (lambda one: one.update(chain_id=1), "signed for chain 1, and the node is on chain 31337"),
        (lambda one: one.update(contract="0x" + "ab" * 20), "this was signed for 0x"),
        (lambda one: one.update(kind="Ballot"), "its fields are proposalId"),
        (
            lambda one: one.update(kind="Permit"),
            "it is one of: Adoption, Application, Move, Ballot",
        ),
        (lambda one: one.update(more=1), "more: Extra inputs"),
        (lambda one: one["message"].pop("nonce"), "its fields are organization"),
        (lambda one: one["message"].update(more=1), "its fields are organization"),
        (lambda one: one["message"].update(nonce=-1), "nonce: a whole number below 2^32"),
        (lambda one: one["message"].update(nonce=2**32), "nonce: a whole number below 2^32"),
        (lambda one: one["message"].update(nonce=True), "nonce: a whole number below 2^32"),
        (lambda one: one["message"].update(nonce=0.5), "nonce: a whole number below 2^32"),
        (lambda one: one["message"].update(text="0x11"), "text: 32 bytes in 0x-hex"),
        (lambda one: one["message"].update(text=None), "text: 32 bytes in 0x-hex"),
        (lambda one: one["message"].update(organization="0x1"), "organization: '0x1' is not an"),
        (lambda one: one.update(signature=5), "signature"),
        (lambda one: one.update(signature={"owners": {"0x1": "0x"}}), "is not an address"),
        (lambda one: one.update(signature={"owner": {}}), "Extra inputs"),
    ],
)
def test_a_file_that_was_changed_is_neither_sent_nor_signed(
    complete: Path, by: By, alter: Change, sentence: str
) -> None:
    change(complete, alter)

    for who, command in ((OUTSIDER, RELAY), (EMIL, ("safe", "sign", "act.json"))):
        refused(by(who), 2, sentence, *command)


def test_signatures_of_one_safe_do_not_serve_another(
    complete: Path, by: By, wallets: Wallets
) -> None:
    change(complete, lambda one: one["message"].update(organization=wallets.press.address))

    refused(by(OUTSIDER), 2, f"is not an owner of the Safe {wallets.press.address}", *RELAY)


def test_signatures_do_not_serve_a_safe_of_the_same_owners(
    act: Path, by: By, wallets: Wallets, chain: Chain
) -> None:
    """The Safe's address is part of what owners sign."""
    twin = "0x" + "77" * 20
    for slot in range(5):  # singleton, modules, owners, their number, threshold
        value = chain.request("eth_getStorageAt", wallets.mill.address, hex(slot), "latest")
        chain.request("anvil_setStorageAt", twin, f"0x{slot:064x}", value)
    code = chain.request("eth_getCode", wallets.mill.address, "latest")
    chain.request("anvil_setCode", twin, code)
    copy_owners(chain, wallets, twin)
    change(act, lambda one: one["message"].update(organization=twin))

    refused(by(OUTSIDER), 2, f"the signature of {actor(DORA).address} is not one over", *RELAY)


def copy_owners(chain: Chain, wallets: Wallets, twin: str) -> None:
    """The linked list of owners, a mapping at slot 2."""
    from eth_utils.crypto import keccak

    for owner in ("0x" + "00" * 19 + "01", *wallets.mill.owners):
        slot = "0x" + keccak(bytes.fromhex(owner[2:]).rjust(32, b"\0") + bytes(31) + b"\2").hex()
        value = chain.request("eth_getStorageAt", wallets.mill.address, slot, "latest")
        chain.request("anvil_setStorageAt", twin, slot, value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" " * (1 << 20) + b"{}", "larger than 1048576 bytes"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "is not a signed act"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"a": {"owners": ' * 300 + b"1" + b"}}" * 300, "kind"),
        (b'{"kind": "Ballot", "kind": "Ballot"}', "a name stands twice"),
    ],
)
def test_what_is_no_signed_act_is_refused(
    by: By, home: Path, content: bytes, sentence: str
) -> None:
    (home / "act.json").write_bytes(content)

    for who, command in ((OUTSIDER, RELAY), (EMIL, ("safe", "sign", "act.json"))):
        refused(by(who), 2, sentence, *command)


def test_signatures_nested_without_end_are_refused(act: Path, by: By) -> None:
    nested: Any = "0x"
    for _ in range(300):
        nested = {"owners": {actor(DORA).address: nested}}
    change(act, lambda one: one.update(signature=nested))

    result = by(OUTSIDER).run(*RELAY)

    assert result.code in (2, 3)
    assert "fault of metaorg" not in result.stderr


def test_a_copy_that_says_something_else_is_not_collected(
    act: Path, by: By, home: Path, wallets: Wallets
) -> None:
    other = ("--constituency", "Users", "--sign-only", "other.json")
    by(wallets.mill.address).done("constitution", "adopt", *other)

    sentence = "copy 1 is none: it says something else"
    refused(by(OUTSIDER), 2, sentence, "safe", "collect", "act.json", "other.json")


def test_what_an_account_signed_itself_has_nothing_for_owners(by: By, home: Path) -> None:
    by(DORA).done(*ADOPT, "--sign-only", "own.json")

    result = by(EMIL).run("safe", "sign", "own.json")

    assert result.code == 3
    assert f"there is no Safe at {actor(DORA).address}" in result.stderr


@pytest.mark.parametrize("address", ["0x" + "ab" * 20, actor(DORA).address])
def test_an_account_that_is_no_safe_does_not_act_as_one(by: By, home: Path, address: str) -> None:
    sentence = "there is no Safe at 0x"
    refused(by(address), 3, sentence, *ADOPT, "--sign-only", "act.json")
    refused(by(address), 3, sentence, *APPLY, "--pledge", "Paper.", "--as", "safe", "--dry-run")

    assert not (home / "act.json").exists()


def test_the_code_behind_all_safes_is_none_itself(by: By) -> None:
    singleton = NEW.addresses[Release.SAFE]

    refused(by(singleton), 3, "there is no Safe at", *ADOPT, "--sign-only", "act.json")


@pytest.mark.parametrize(
    "code",
    [
        "0x60206000f3",  # 32 zero bytes, to every question
        "0x7f1626ba7e" + "00" * 28 + "60005260206000f3",  # confirms everything
        "0x00",  # nothing
        "0xfe",  # a failure
    ],
)
def test_a_contract_that_answers_otherwise_is_no_safe(by: By, chain: Chain, code: str) -> None:
    liar = "0x" + "66" * 20
    chain.request("anvil_setCode", liar, code)

    refused(by(liar), 3, "there is no Safe at", *ADOPT, "--sign-only", "act.json")


def test_a_safe_too_old_to_name_the_chain_is_not_served(
    by: By, chain: Chain, wallets: Wallets
) -> None:
    singleton = NEW.addresses[Release.SAFE]
    code = chain.request("eth_getCode", singleton, "latest")
    chain.request("anvil_setCode", singleton, code.replace(b"1.5.0".hex(), b"1.1.1".hex()))

    sentence = "has version 1.1.1; known are 1.3 to 1.5"
    refused(by(wallets.mill.address), 2, sentence, *ADOPT, "--sign-only", "act.json")


def test_a_safe_neither_sends_nor_signs_by_itself(by: By, wallets: Wallets) -> None:
    mill = by(wallets.mill.address)

    refused(mill, 2, "is a Safe, and its owners send", "membership", "leave", "--reason", "No.")
    refused(mill, 1, "a Safe signs by its owners", *ADOPT, "--as", "safe")
    refused(mill, 1, "a Safe signs by its owners", *APPLY, "--pledge", "Paper.", "--as", "safe")


def test_options_that_do_not_go_together_are_refused(by: By, wallets: Wallets, home: Path) -> None:
    leave = ("membership", "leave", "--reason", "No.")
    mill = by(wallets.mill.address)

    refused(by(DORA), 2, "--account safe:ADDRESS", *leave, "--as", "safe")
    refused(by(DORA), 2, "--output goes with", *leave, "--output", "calls.json")
    sign = (*ADOPT, "--sign-only", "act.json")
    refused(mill, 2, "choose one", *sign, "--as", "safe")
    refused(mill, 2, "choose one", *sign, "--output", "batch.json")
    assert list(home.glob("*.json")) == []


def test_a_batch_of_what_would_be_refused_is_refused(by: By, wallets: Wallets, home: Path) -> None:
    leave = ("membership", "leave", "--reason", "No.", "--as", "safe", "--output", "batch.json")

    result = by(wallets.mill.address).run(*leave)

    assert result.code == 4
    assert not (home / "batch.json").exists()


def test_an_act_for_another_meta_organization_is_not_signed(act: Path, by: By) -> None:
    change(act, lambda one: one.update(contract="0x" + "ab" * 20, signature={"owners": {}}))

    refused(by(EMIL), 2, "this was signed for 0x", "safe", "sign", act)


def test_a_dry_run_leaves_the_file_as_it_is(act: Path, by: By) -> None:
    before = act.read_bytes()

    shown = by(EMIL).done("safe", "sign", act, "--dry-run")

    assert act.read_bytes() == before
    assert "will sign as" in shown.stderr and "1 of 2 signatures" in shown.stdout


def test_signatures_are_not_collected_on_stdin(act: Path, by: By, home: Path) -> None:
    result = by(EMIL).run("safe", "sign", "-", stdin=act.read_bytes())

    assert result.code == 2
    assert "give its name, not -" in result.stderr
    assert not (home / "-").exists()


def test_the_owners_of_the_press_cannot_sign_for_the_mill_alone(act: Path, by: By) -> None:
    for owner in (ANNA, BEN, CHLOE):
        by(owner).done("safe", "sign", act)
    change(act, lambda one: one["signature"]["owners"].pop(actor(DORA).address))

    refused(by(OUTSIDER), 1, "1 of the 2 owners have signed", *RELAY)
