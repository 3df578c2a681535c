"""Hashes and signers of typed data, against eth_account, which does it slowly."""

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaorg.onchain.acts import SignedAct, kinds
from metaorg.onchain.typed_data import Form, Typed, digest, recover, signer_of
from onchain.test_abi import values
from onchain.world import actor

LARGE = [HealthCheck.data_too_large, HealthCheck.too_slow]
CONTRACT = actor(7).address
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""


def typed(kind: str, message: dict[str, Any]) -> Typed:
    account = message["from"] if kind == "Move" else None
    act = SignedAct.model_construct(
        kind=kind, chain_id=31337, contract=CONTRACT, message=message, account=account
    )
    return act.typed


def slowly(data: Typed, signature: bytes) -> str | None:
    """The signer as eth_account recovers it; of 65 bytes only, with a parity as contracts take."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    try:
        return str(
            Account.recover_message(encode_typed_data(full_message=dict(data)), signature=signature)
        )
    except Exception:
        return None


def drawn(data: st.DataObject, kind: str) -> dict[str, Any]:
    return {name: data.draw(values({"type": what})) for name, what in kinds()[kind].fields}


ADOPTION = typed(
    "Adoption",
    {
        "organization": actor(1).address,
        "version": 1,
        "text": b"\1" * 32,
        "constituency": 2,
        "pledge": bytes(32),
        "nonce": 3,
        "validUntil": 1_900_000_000,
    },
)
SIGNED = actor(1).sign_typed_data(ADOPTION)


@pytest.mark.parametrize("kind", list(kinds()))
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=LARGE)
def test_every_act_is_hashed_and_its_signer_found_as_eth_account_does(
    kind: str, data: st.DataObject
) -> None:
    message = drawn(data, kind)
    whole = typed(kind, message)
    form = Form({**whole, "message": {}})
    signer = actor(data.draw(st.integers(1, 9)))

    signature = signer.sign_typed_data(whole)

    assert form.digest(message) == digest(whole)
    assert form.recover(message, signature) == signer.address == slowly(whole, signature)
    assert recover(whole, signature) == signer.address


def numbers(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32) + bytes((v,))


R, S, V = int.from_bytes(SIGNED[:32]), int.from_bytes(SIGNED[32:64]), SIGNED[64]


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(SIGNED[:-1], id="64 bytes"),
        pytest.param(SIGNED + b"\0", id="66 bytes"),
        pytest.param(numbers(R, S, V - 27), id="parity from 0"),
        pytest.param(numbers(R, S, V + 8), id="parity with a chain id"),
        pytest.param(numbers(R, S, 29), id="parity 29"),
        pytest.param(numbers(R, S, 55 - V), id="the other parity"),
        pytest.param(numbers(R, ORDER - S, 55 - V), id="high s, same signer"),
        pytest.param(numbers(R, ORDER - S, V), id="high s, other signer"),
        pytest.param(numbers(0, S, V), id="r is 0"),
        pytest.param(numbers(R, 0, V), id="s is 0"),
        pytest.param(numbers(ORDER, S, V), id="r too large"),
        pytest.param(numbers(R, ORDER, V), id="s too large"),
        pytest.param(numbers(2**256 - 1, 2**256 - 1, V), id="both too large"),
        pytest.param(numbers(5, S, V), id="no point of the curve"),
    ],
)
def test_what_is_no_plain_signature_is_taken_as_eth_account_takes_it(signature: bytes) -> None:
    seen = Form(ADOPTION).recover(ADOPTION["message"], signature)

    assert seen == slowly(ADOPTION, signature) == recover(ADOPTION, signature)
    assert seen != actor(1).address or signature[32:64] == (ORDER - S).to_bytes(32)


@given(st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
def test_any_numbers_are_taken_as_eth_account_takes_them(numbers: bytes, parity: int) -> None:
    signature = numbers + bytes((parity,))

    assert signer_of(digest(ADOPTION), signature) == slowly(ADOPTION, signature)


def test_a_field_of_a_type_that_no_act_has_is_named() -> None:
    fields = ADOPTION["types"] | {"Adoption": [{"name": "names", "type": "string[]"}]}

    with pytest.raises(NotImplementedError, match=r"string\[\]"):
        Form({**ADOPTION, "types": fields})


def test_a_number_that_its_type_does_not_hold_is_not_hashed() -> None:
    with pytest.raises(OverflowError):
        Form(ADOPTION).digest(ADOPTION["message"] | {"version": 1 << 16})
