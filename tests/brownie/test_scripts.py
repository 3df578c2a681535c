"""The five scripts on Brownie's development chain, in one session, as in `brownie console`."""

import secrets
from typing import Any

import pytest
from brownie import accounts, run

from metaorg.errors import ContractReverted
from metaorg.ipfs import open_store
from metaorg.organization import MetaOrganization
from metaorg.records import Pledge, Profile
from scripts import _brownie


@pytest.fixture(autouse=True)
def isolated(fn_isolation: None) -> None:
    """Every test begins with what was founded."""


@pytest.fixture
def orchard() -> Any:
    """An outsider whose key Brownie holds, with money for gas."""
    account = accounts.add("0x" + secrets.token_hex(32))
    accounts[8].transfer(account, "1 ether")
    return account


def test_a_proposal_goes_all_the_way(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    number = run("propose", args=[address, "3 days"])
    run("vote", args=[address, str(number), "for", "0", "1", "2"])
    run("execute", args=[address, "#1"])
    run("inspect", args=[address])

    said = capsys.readouterr().out
    assert "queued: 3 days for objections" in said
    assert "executed: 3 days for objections" in said
    assert "Aurora Commons Network" in said.splitlines()[-5]
    assert said.count("active    0x") == 3


def test_deploy_founds_once(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    again = run("deploy")

    assert again == address
    assert "was founded before" in capsys.readouterr().out


def test_a_vote_without_a_seat_is_refused_in_words(address: str) -> None:
    run("propose", args=[address])

    with pytest.raises(ContractReverted) as refusal:
        run("vote", args=[address, "#1", "for", "9"])

    assert refusal.value.name == "AssemblySeatRequired"
    assert refusal.value.notice


def test_a_key_that_brownie_holds_signs_without_being_shown(address: str, orchard: Any) -> None:
    signer = _brownie.signer_of(orchard)
    org = MetaOrganization.open(_brownie.connected(), address, _brownie.store(), signer)
    pledge = Pledge(text="Cider for every assembly.")
    adoption = org.constitution.adoption(signer.address, "Workers", pledge)

    org.send(org.constitution.adopt(org.constitution.sign(adoption), pledge))
    org.send(org.membership.apply("cooperative", Profile(name="Redcap Orchard")))

    assert org.membership.show(signer.address).standing.status.words == "applied"
    assert orchard.private_key[2:] not in repr(signer) + repr(vars(signer))


def test_the_commons_is_the_one_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("METAORG_STORE", f"embedded:{tmp_path / 'commons'}")

    cid = _brownie.store().put(b"shared")

    assert open_store(f"embedded:{tmp_path / 'commons'}").get(cid) == b"shared"
