"""Contributions are attested as DAOIP-3 asks, say no more than who took part, and come back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from onchain.world import actor

from audit.happened import happened
from audit.history import History
from metaorg.audit.events import Happened
from metaorg.audit.exports.attestations import (
    Attestations,
    attest,
    contributions,
    encode,
    of_seats,
    read_attestations,
)
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents

ISSUER = "did:web:auditor.example"
VOTES = ("VoteCast", "VoteCastWithParams")


@pytest.fixture
def events(history: History) -> list[Happened]:
    return happened(history)


@pytest.fixture
def attested(history: History, events: list[Happened]) -> Attestations:
    done = contributions(history.modules, events)
    return attest(ISSUER, history.chain.id, history.modules, done)


def test_every_proposal_and_every_vote_is_attested(
    events: list[Happened], attested: Attestations
) -> None:
    counted = [one.what for one in attested.contributions]

    assert counted.count("proposal") == sum(one.name == "ProposalCreated" for one in events)
    assert counted.count("vote") == sum(one.name in VOTES for one in events)


def test_a_seat_that_moved_keeps_its_number(history: History, attested: Attestations) -> None:
    """It voted as one account, moved, and voted as another one later."""
    old, new = actor(21).address, actor(31).address
    seats = {one.account: one.seat for one in attested.contributions}

    assert seats[old] == seats.get(new, seats[old])
    assert {one.seat for one in attested.contributions if one.account == old} == {seats[old]}


def test_they_have_the_form_of_the_standard(history: History, attested: Attestations) -> None:
    one, data = attested.contributions[0], json.loads(encode(attested))[0]
    account = f"eip155:31337:{one.account}"
    subject = data["credentialSubject"]
    done = subject["contributions"]

    assert data["type"] == ["VerifiableCredential", "Attestation", "ContributionAttestation"]
    assert "https://www.w3.org/ns/credentials/v2" in data["@context"]
    assert data["issuer"] == ISSUER and data["attestationURI"]
    assert (subject["type"], subject["id"]) == ("CAIP10Address", account)
    assert done["type"] == "Contribution" and done["hasContributors"] == [
        {"type": "CAIP10Address", "id": account}
    ]
    assert done["engagementDate"].endswith("Z")
    front = history.modules.meta_organization
    assert done["externalData"][0]["dao"] == f"eip155:31337:{front}"
    assert data["evidence"][0]["transaction"] == "0x" + one.transaction.hex()
    assert data["evidence"][0]["chain"] == "eip155:31337"


def test_nothing_that_a_person_wrote_or_how_it_voted_is_told(
    events: list[Happened], attested: Attestations
) -> None:
    data = encode(attested).decode()

    made = [e for e in events if e.name == "ProposalCreated"]
    titles = [e.arguments["description"].splitlines()[0] for e in made]
    reasons = [e.arguments["reason"] for e in events if e.name in VOTES and e.arguments["reason"]]
    assert titles and reasons
    for text in [*(title.removeprefix("# ") for title in titles), *reasons, "support", "against"]:
        assert f'"{text}' not in data and f"{text}." not in data


def test_they_come_back(attested: Attestations) -> None:
    data = encode(attested)

    assert read_attestations(data) == (attested,)
    assert encode(read_attestations(data)[0]) == data


def test_those_of_each_seat_are_those_of_all(attested: Attestations) -> None:
    parts = of_seats(attested)
    together = [
        one for part in parts.values() for one in read_attestations(encode(part))[0].contributions
    ]

    assert list(parts) == sorted(parts) and len(parts) > 5
    assert sorted(together, key=str) == sorted(attested.contributions, key=str)
    assert all(one.seat == seat for seat, part in parts.items() for one in part.contributions)


def test_attestations_of_several_issuers_are_kept_apart(
    history: History, attested: Attestations
) -> None:
    other = attested.model_copy(update={"issuer": "https://other.example"})
    both = json.loads(encode(attested)) + json.loads(encode(other))

    assert read_attestations(documents.encode(both)) == (attested, other)


def test_none_are_none(history: History) -> None:
    none = attest(ISSUER, 1, history.modules, contributions(history.modules, []))

    assert encode(none) == b"[]" and read_attestations(b"[]") == ()


@pytest.mark.parametrize(
    "issuer", ["", "auditor", "a b:c", "x:" + "y" * 3000, "did:\x00"], ids=range(5)
)
def test_an_issuer_is_a_uri(history: History, issuer: str) -> None:
    with pytest.raises(InvalidInput, match="no URI of an issuer"):
        attest(issuer, 1, history.modules, [])


# ---------------------------------------------------------------------- hostile and damaged


def done(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item["credentialSubject"]["contributions"]
    return found


Wrong = Callable[[dict[str, Any]], Any]
WRONGS: dict[str, tuple[Wrong, str]] = {
    "no subject": (lambda i: i.pop("credentialSubject"), "credentialSubject: Field required"),
    "two kinds": (lambda i: i.update(evidence=i["evidence"] * 2), "evidence: Tuple|evidence: List"),
    "another date": (
        lambda i: done(i).update(engagementDate="yesterday"),
        "engagementDate: Value error, a time is written",
    ),
    "another act": (lambda i: done(i).update(name="Tweet"), "neither a proposal nor a vote"),
    "another name": (lambda i: done(i).update(description="Said"), "contradicts itself"),
    "more": (lambda i: i.update(proof={"type": "DataIntegrityProof"}), "contradicts itself"),
    "a person": (lambda i: i["credentialSubject"].update(name="Ada"), "contradicts itself"),
    "another account": (
        lambda i: i["credentialSubject"].update(id="ada.example"),
        r"no account of an EVM chain \(CAIP-10\)",
    ),
    "another chain": (
        lambda i: i["evidence"][0].update(chain="eip155:1"),
        "contradicts itself",
    ),
    "short hash": (lambda i: i["evidence"][0].update(transaction="0x12"), "32 bytes"),
    "text for a number": (lambda i: i["evidence"][0].update(block="12"), "valid integer"),
    "seat nought": (lambda i: done(i)["externalData"][0].update(seat=0), "greater than or equal"),
    "no number": (
        lambda i: done(i)["externalData"][0].update(proposal="eip155:1:0x" + "00" * 20),
        "has no number",
    ),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_attestation_is_named(attested: Attestations, wrong: str) -> None:
    items = json.loads(encode(attested))[:3]
    change, why = WRONGS[wrong]
    change(items[1])

    with pytest.raises(InvalidInput, match=f"attestation 1: .*({why})|attestation 1.*{why}"):
        read_attestations(documents.encode(items))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{}", "are an array"),
        (b"[1]", "attestation 0"),
        (b"[[]]", "attestation 0"),
        (b"\xff", "UTF-8|not text"),
        (b"[ ]", "canonical"),
        (b"[" * 100_000, "deep|JSON"),
    ],
    ids=range(7),
)
def test_what_is_no_array_of_attestations_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read_attestations(data)


def test_a_file_that_is_cut_is_refused(attested: Attestations) -> None:
    with pytest.raises(InvalidInput, match="not JSON"):
        read_attestations(encode(attested)[:-7])


def test_the_same_log_is_not_attested_twice(attested: Attestations) -> None:
    items = json.loads(encode(attested))

    with pytest.raises(InvalidInput, match="an earlier one attests"):
        read_attestations(documents.encode([*items, items[4]]))
