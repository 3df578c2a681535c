"""Organizations whose account is a contract: their word is what the contract says (ERC-1271)."""

import pytest
from onchain.world import PLEDGE

from audit.history import History, checked, only
from metaorg.ipfs import documents
from metaorg.onchain.inter_constitution import SignedAdoption
from metaorg.records import Profile
from metaorg.types import Address, Call, checksum_address

WALLET = checksum_address("0x" + "c0" * 20)
CONFIRMS = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
"""Code that confirms every signature: the magic value of ERC-1271, returned."""
DENIES = "0x60206000f3"
"""Code that returns 32 zero bytes."""


@pytest.fixture
def wallet(history: History) -> Address:
    """An applicant with a contract account; somebody else relayed its adoption."""
    chain, org = history.chain, history.by()
    chain.request("anvil_setCode", WALLET, CONFIRMS)
    adoption = org.constitution.adoption(WALLET, "Workers", PLEDGE)
    org.send(org.constitution.adopt(SignedAdoption(adoption=adoption, signature=b"ok"), PLEDGE))
    profile = Profile(name="Mutual Wallet")
    history.store.put(documents.encode(profile.content()))
    _send_as(history, org.membership.apply("trust", profile))
    assert org.membership.show(WALLET).name == "Mutual Wallet"
    return WALLET


def _send_as(history: History, call: Call) -> None:
    chain = history.chain
    chain.request("anvil_setBalance", WALLET, hex(10**18))
    chain.request("anvil_impersonateAccount", WALLET)
    sent = {"from": WALLET, "to": call.to, "data": "0x" + call.data.hex(), "gas": hex(10**6)}
    chain.request("eth_sendTransaction", sent)
    chain.request("evm_mine")
    chain.request("anvil_stopImpersonatingAccount", WALLET)


def test_a_contract_that_confirms_its_signature_is_believed(
    history: History, wallet: Address
) -> None:
    assert checked(history).findings == ()


@pytest.mark.parametrize("code", [DENIES, "0x60006000fd", "0xfe"], ids=["no", "revert", "invalid"])
def test_a_contract_that_does_not_confirm_any_more_is_unknown(
    history: History, wallet: Address, code: str
) -> None:
    """Its owners may have changed since, which is no wrong, and nothing proves that it signed."""
    history.chain.request("anvil_setCode", wallet, code)

    subject = f"signature of the adoption of version 2 by {wallet}"
    only(checked(history), "unknown", "adoptions.unconfirmed", subject)


def test_an_account_that_is_no_contract_is_not_believed_without_a_signature(
    history: History, wallet: Address
) -> None:
    history.chain.request("anvil_setCode", wallet, "0x")

    subject = f"signature of the adoption of version 2 by {wallet}"
    finding = only(checked(history), "difference", "adoptions.signature", subject)
    assert finding.seen == "nobody"
