"""What owners sign and what Safes read, as Safe's own contracts compute it."""

import json
from typing import Any

import pytest
from onchain.world import World, actor

from metaorg.onchain import abi, safes
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain
from metaorg.onchain.safes import NOBODY, SafeTransaction, Signatures
from metaorg.onchain.typed_data import digest
from metaorg.types import Address, Call
from safe.conftest import ANNA, Wallets, made
from safe.wallets import NEW, OLD, Release, made_at

SAFE_DEPLOYER = "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7"
"""With which Safe's contracts are made on every chain, at the same addresses."""


@pytest.mark.parametrize(
    ("release", "name", "address"),
    [
        (OLD, Release.SAFE, "0x41675C099F32341bf84BFc5382aF534df5C7461a"),
        (OLD, Release.FACTORY, "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"),
        (OLD, Release.HANDLER, "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"),
        (NEW, Release.SAFE, "0xFf51A5898e281Db6DfC7855790607438dF2ca44b"),
        (NEW, Release.FACTORY, "0x14F2982D601c9458F93bd70B218933A6f8165e7b"),
        (NEW, Release.HANDLER, "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4"),
    ],
)
def test_the_contracts_in_these_tests_are_those_that_everybody_uses(
    release: Release, name: str, address: Address
) -> None:
    assert made_at(SAFE_DEPLOYER, release.creation(name)) == address


def test_a_transaction_has_the_hash_that_the_safe_computes(
    chain: Chain, outsider: LocalSigner, releases: tuple[Release, Release]
) -> None:
    safe = made(chain, outsider, releases).mill
    one = SafeTransaction(to=outsider.address, value=7, data=b"\x01\x02", nonce=3)

    hashed = digest(safes.typed_transaction(safe, one))

    entry = releases[0].function(Release.SAFE, "getTransactionHash")
    arguments = (one.to, 7, one.data, 0, 0, 0, 0, NOBODY, NOBODY, 3)
    assert chain.at().call(safe.address, abi.encode_call(entry, arguments)) == hashed


def test_a_message_has_the_hash_that_the_safe_computes(
    chain: Chain, outsider: LocalSigner, releases: tuple[Release, Release]
) -> None:
    safe = made(chain, outsider, releases).mill
    message = bytes(range(32))

    hashed = digest(safes.typed_message(safe, message))

    entry = releases[0].function(Release.HANDLER, "getMessageHash")
    assert chain.at().call(safe.address, abi.encode_call(entry, (message,))) == hashed


def test_signatures_are_sorted_by_owner_and_a_safes_own_follow_behind() -> None:
    low, middle, high = ("0x" + one * 20 for one in ("11", "aa", "BB"))
    one, two, three = (bytes([number]) * 65 for number in (1, 2, 3))
    nested = Signatures(owners={low: three})

    encoded = safes.encode_signatures(Signatures(owners={high: two, middle: nested, low: one}))

    head, tail = encoded[:195], encoded[195:]
    pointer = bytes(12) + b"\xaa" * 20 + (195).to_bytes(32, "big") + b"\0"
    assert head == one + pointer + two
    assert tail == (65).to_bytes(32, "big") + three


@pytest.fixture
def batch(world: World, wallets: Wallets) -> Any:
    org = world.by(actor(1))
    calls = [org.membership.admit(actor(9).address), Call(to=NOBODY, data=b"", value=5, says="pay")]
    methods = [org._function(call) for call in calls]
    return safes.batch(wallets.mill, calls, [one and one[1] for one in methods], 1_700_000_000_000)


def test_a_batch_carries_calls_with_their_sentences(batch: Any, wallets: Wallets) -> None:
    admit, pay = batch["transactions"]

    assert (batch["version"], batch["chainId"], batch["createdAt"]) == (
        "1.0",
        "31337",
        1_700_000_000_000,
    )
    assert batch["meta"]["createdFromSafeAddress"] == wallets.mill.address
    assert batch["meta"]["description"].splitlines() == [
        f"1. admit {actor(9).address} to a seat",
        "2. pay",
    ]
    assert (admit["value"], pay["value"], pay["data"]) == ("0", "5", "0x")
    assert pay["contractMethod"] is None and pay["contractInputsValues"] is None


def test_a_batch_names_functions_and_values_for_the_reader(batch: Any) -> None:
    admit = batch["transactions"][0]

    assert admit["contractMethod"]["name"] == "admit"
    assert admit["contractMethod"]["payable"] is False
    assert [one["type"] for one in admit["contractMethod"]["inputs"]] == ["address"]
    assert admit["contractInputsValues"] == {"organization": actor(9).address}


def test_all_values_of_a_batch_are_text_lists_and_structs_too(
    world: World, wallets: Wallets
) -> None:
    org = world.by(actor(1))
    call = org.assembly.propose([org.membership.admit(actor(9).address)], "Admit", "Why.")
    signed = world.adoption(actor(1))
    adopt = org.constitution.contract.adopt(signed)

    methods = [found and found[1] for found in map(org._function, (call, adopt))]
    one, two = safes.batch(wallets.mill, [call, adopt], methods, 0)["transactions"]

    values = one["contractInputsValues"]
    assert json.loads(values["targets"]) == [org.modules.membership]
    assert json.loads(values["values"]) == ["0"]
    adoption = json.loads(two["contractInputsValues"]["adoption"])
    assert adoption[:2] == [actor(1).address, "1"]


def test_the_checksum_is_the_transaction_builders() -> None:
    """Its serialization of a small file, written out, and its hash."""
    serialized = safes._serialized({"b": ["x", None, 1], "a": {"ü": True}})

    assert serialized == '{["a","b"]{["ü"]true,},["x",null,1],}'


def test_enough_signatures_are_not_more_than_enough(chain: Chain, wallets: Wallets) -> None:
    given = Signatures(owners={owner: bytes(65) for owner in wallets.press.owners})

    chosen = safes.enough_of(wallets.press, given)

    assert chosen is not None and len(chosen.owners) == 2
    assert safes.enough_of(wallets.press, Signatures(owners={actor(ANNA).address: b""})) is None
