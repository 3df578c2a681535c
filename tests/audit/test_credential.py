"""A report signed as a Verifiable Credential: by keys, by a node, by a Safe; and by nobody else."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from onchain.world import actor, fund
from safe.wallets import NEW, signed

from audit import reports
from metaorg.audit import credential
from metaorg.audit.credential import Credential, issue, typed_data, unsigned, verify
from metaorg.audit.statement import Report
from metaorg.errors import InvalidInput
from metaorg.onchain import safes
from metaorg.onchain.accounts import NodeSigner
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.safes import Request
from metaorg.onchain.typed_data import digest
from metaorg.types import checksum_address

AUDITOR, OTHER = actor(71), actor(72)
ISSUED = 1_767_300_000


@pytest.fixture(scope="module")
def report() -> Report:
    return reports.small()


@pytest.fixture(scope="module")
def made(report: Report) -> Credential:
    return parsed(issue(report, AUDITOR, ISSUED))


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with Devnet() as running:
        yield running


def parsed(value: Credential) -> Credential:
    """As somebody gets it: from a file."""
    read: Credential = json.loads(json.dumps(value))
    return read


def test_a_credential_has_the_form_of_the_data_model(report: Report, made: Credential) -> None:
    statement = report.statement

    assert made["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert made["type"] == ["VerifiableCredential", "MetaOrganizationAudit"]
    assert made["issuer"] == f"did:pkh:eip155:100:{AUDITOR.address}"
    assert made["validFrom"] == made["proof"]["created"] == "2026-01-01T20:40:00Z"
    subject = made["credentialSubject"]
    assert subject["id"] == f"did:pkh:eip155:100:{statement.modules.meta_organization}"
    assert [subject[name] for name in ("verdict", "differences")] == ["differences", 2]
    assert subject["blockHash"] == "0x" + statement.block.hash.hex()
    assert [one["name"] for one in made["relatedResource"]] == ["statement", "report"]
    assert made["proof"]["verificationMethod"] == made["issuer"] + "#blockchainAccountId"
    assert set(made["proof"]["eip712"]) == {"types", "primaryType", "domain"}


def test_the_digests_are_those_of_the_files(report: Report, made: Credential) -> None:
    hashes = [report.statement.digest, report.digest]

    for resource, expected in zip(made["relatedResource"], hashes, strict=True):
        assert base64.b64decode(resource["digestSRI"].removeprefix("sha256-")) == expected
        named = resource["id"].removeprefix("ni:///sha-256;") + "="
        assert base64.urlsafe_b64decode(named) == expected


def test_every_member_is_signed(made: Credential) -> None:
    types = made["proof"]["eip712"]["types"]

    def covered(kind: str, value: Any) -> None:
        if kind.endswith("[]"):
            for one in value:
                covered(kind[:-2], one)
        elif kind in types:
            assert [field["name"] for field in types[kind]] == list(value)
            for field in types[kind]:
                covered(field["type"], value[field["name"]])

    covered("VerifiableCredential", typed_data(made)["message"])


def test_whoever_signed_is_told(report: Report, made: Credential) -> None:
    assert verify(made, report) == AUDITOR.address


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if isinstance(one, dict | list):
            yield from leaves(one, (*path, key))
        else:
            yield (*path, key)


def test_no_member_can_be_changed(report: Report, made: Credential) -> None:
    for path in leaves(made):
        copy = parsed(made)
        at = copy
        for key in path[:-1]:
            at = at[key]
        value = at[path[-1]]
        at[path[-1]] = value + 1 if isinstance(value, int) else _turned(value)
        with pytest.raises(InvalidInput):
            verify(copy, report)


def test_a_number_is_not_written_in_another_way(report: Report, made: Credential) -> None:
    copy = parsed(made)
    copy["credentialSubject"]["blockNumber"] = float(copy["credentialSubject"]["blockNumber"])

    with pytest.raises(InvalidInput, match="is another, or was changed"):
        verify(copy, report)


def _turned(text: str) -> str:
    """The text with one character that is another."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


@pytest.mark.parametrize("place", ["", "proof", "credentialSubject"])
def test_nothing_can_be_added(report: Report, made: Credential, place: str) -> None:
    copy = parsed(made)
    (copy[place] if place else copy)["extra"] = "approved"

    with pytest.raises(InvalidInput, match="is another, or was changed"):
        verify(copy, report)


def test_it_is_of_one_report_only(made: Credential) -> None:
    with pytest.raises(InvalidInput, match="not one of this report: its `credentialSubject`"):
        verify(made, reports.clean())


def test_nobody_signs_for_another(report: Report) -> None:
    copy = unsigned(report, AUDITOR.address, ISSUED)
    forged = credential.signed(copy, OTHER.sign_typed_data(typed_data(copy)))

    with pytest.raises(InvalidInput, match=f"not one of the key of {AUDITOR.address}"):
        verify(forged, report)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "text",
        {},
        {"issuer": 5},
        {"issuer": "did:web:example.org", "validFrom": "2026-01-01T20:40:00Z", "proof": {}},
    ],
    ids=["none", "list", "text", "empty", "number", "other"],
)
def test_what_is_no_credential_is_refused_in_a_sentence(report: Report, wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="this is no credential of an audit"):
        verify(wrong, report)


@pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "ff" * 65, "0x" + "00" * 65])
def test_a_signature_of_nobody_is_refused(report: Report, made: Credential, signature: str) -> None:
    copy = parsed(made)
    copy["proof"]["proofValue"] = signature

    with pytest.raises(InvalidInput):
        verify(copy, report)


def test_an_external_signer_makes_the_same_signature(report: Report, devnet: Devnet) -> None:
    """Anvil hashes typed data by its own code."""
    chain = devnet.chain
    account = checksum_address(chain.request("eth_accounts")[0])
    on_chain = reports.Maker(8, 4, 5).report(chain_id=chain.id)

    made = parsed(issue(on_chain, NodeSigner(chain, account), ISSUED))

    assert verify(made, on_chain) == account
    assert verify(made, on_chain, chain.at()) == account


def test_the_owners_of_a_safe_sign_for_it(devnet: Devnet) -> None:
    chain = devnet.chain
    report = reports.Maker(8, 4, 5).report(chain_id=chain.id)
    fund(chain, OTHER)
    owners = [actor(number) for number in (81, 82, 83)]
    address = NEW.create(chain, OTHER, [owner.address for owner in owners], 2)
    safe = safes.required(chain.at(), address)

    copy = unsigned(report, address, ISSUED)
    request = Request(safe=safe, typed=safes.typed_message(safe, digest(typed_data(copy))))
    signatures = safes.encode_signatures(signed(chain, request, owners[:2]))
    made = parsed(credential.signed(copy, signatures))

    assert verify(made, report, chain.at()) == address
    with pytest.raises(InvalidInput, match="name a node of its chain"):
        verify(made, report)
    alone = safes.encode_signatures(signed(chain, request, owners[:2]))[:65]
    with pytest.raises(InvalidInput, match="does not confirm this signature"):
        verify(parsed(credential.signed(copy, alone)), report, chain.at())
