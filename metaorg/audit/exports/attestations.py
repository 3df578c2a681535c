"""Attestations of governance contributions (DAOIP-3): which seat proposed, and took part in what.

Verified against the text of DAOIP-3 "Attestations for DAOs" (status Draft, of October 2023, in
metagov/daostar): an attestation is a verifiable credential with `@context`, `type`, `issuer`,
`attestationURI` and `credentialSubject`; a contribution attestation has the type
`ContributionAttestation` and its contributions, with `type`, `name`, `description`,
`hasContributors`, `engagementDate` and `externalData`, in the subject; an endpoint of an issuer
gives an array of attestations about one subject. `evidence` is of the VC Data Model 2.

Not as the text recommends: there is no `expirationDate`, for what was done stays done, and version
2 of the data model has no such field. `attestationURI` names the act by the identifiers of
ERC-4824's activity log, by which anybody finds it in a node; it is no web address. Not verified:
whether `http://www.daostar.org/schemas` defines all terms; what it does not define, readers of
JSON-LD pass over.

That a seat took part is attested, and neither how it voted nor why: names, titles and reasons are
what people wrote, and may be personal data, which the standard is not for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from metaorg.audit.events import Happened
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.ipfs.documents import Jsonable
from metaorg.ipfs.files import FILE_LIMIT
from metaorg.onchain.modules import Modules
from metaorg.times import moment
from metaorg.types import Address, Digest, Model

CONTEXT = ("https://daostar.org/schemas", "https://www.w3.org/ns/credentials/v2")
TYPES = ("VerifiableCredential", "Attestation", "ContributionAttestation")
Kind = Literal["proposal", "vote"]
_NAMES: Mapping[Kind, str] = {"proposal": "Proposal", "vote": "Vote"}
_WORDS: Mapping[Kind, str] = {"proposal": "Proposed", "vote": "Took part in the vote on"}
_ACTS: Mapping[str, tuple[Kind, str]] = {
    "ProposalCreated": ("proposal", "proposer"),
    "VoteCast": ("vote", "voter"),
    "VoteCastWithParams": ("vote", "voter"),
}
"""Events of the Assembly, what they are, and the argument that names who did it."""
_ACCOUNT = re.compile(r"eip155:(0|[1-9][0-9]{0,30}):(0x[0-9a-fA-F]{40})")
_ISSUER = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]{1,2000}")
_Head = tuple[str, int, Address, Address]
"""Issuer, chain, front door and Assembly."""
_DIGITS = re.compile(r"0|[1-9][0-9]{0,77}")


class Contribution(Model):
    """What a seat did.

    Args:
        account: that did it. seat: its number then. proposal: its number. time: Unix seconds.
        block, transaction, index: of the log that tells it.
    """

    what: Kind
    account: Address
    seat: int = Field(ge=1)
    proposal: int = Field(ge=0, lt=1 << 256)
    time: int = Field(ge=0)
    block: int = Field(ge=0)
    transaction: Digest
    index: int = Field(ge=0)


class Attestations(Model):
    """Contributions, and who attests them of which meta-organization.

    Args:
        issuer: a URI of whoever attests. front_door, assembly: of the meta-organization.
        contributions: in order of the chain.
    """

    issuer: str
    chain_id: int
    front_door: Address
    assembly: Address
    contributions: tuple[Contribution, ...]


def contributions(modules: Modules, events: Iterable[Happened]) -> tuple[Contribution, ...]:
    """Proposals and votes of all seats, in order.

    Args:
        events: of Membership and Assembly from the founding on, in order, with votes.
    """
    seats: dict[Address, int] = {}
    found = []
    for event in events:
        given = event.arguments
        if event.contract == modules.membership and event.name in ("Admitted", "Moved"):
            seats[given.get("to") or given["organization"]] = given["seat"]
        elif event.contract == modules.assembly and event.name in _ACTS:
            what, who = _ACTS[event.name]
            seat = seats.get(given[who])
            if seat:
                found.append(_contribution(event, what, given[who], seat))
    return tuple(found)


def attest(
    issuer: str, chain_id: int, modules: Modules, done: Sequence[Contribution]
) -> Attestations:
    """Contributions with who attests them.

    Raises:
        InvalidInput: the issuer is no URI.
    """
    if not _ISSUER.fullmatch(issuer):
        raise InvalidInput(
            f"{issuer!r:.80} is no URI of an issuer: give one like https://auditor.example or "
            "did:web:auditor.example"
        )
    return Attestations(
        issuer=issuer,
        chain_id=chain_id,
        front_door=modules.meta_organization,
        assembly=modules.assembly,
        contributions=tuple(done),
    )


def of_seats(attested: Attestations) -> dict[int, Attestations]:
    """The same by seat, in order of numbers: what an issuer's endpoint answers about a subject."""
    parts: dict[int, list[Contribution]] = {}
    for one in attested.contributions:
        parts.setdefault(one.seat, []).append(one)
    return {
        seat: attested.model_copy(update={"contributions": tuple(parts[seat])})
        for seat in sorted(parts)
    }


def encode(attested: Attestations) -> bytes:
    """An array of attestations, as canonical JSON; one for each contribution.

    Raises:
        InvalidInput: larger than 64 MiB; write one for each seat then.
    """
    items = [_attestation(attested, one) for one in attested.contributions]
    return documents.encode(items, FILE_LIMIT)


def read_attestations(data: bytes) -> tuple[Attestations, ...]:
    """What `encode` was given; one for each issuer and meta-organization, in order of appearance.

    Raises:
        InvalidInput: not such an array, or one that attests the same log twice.
    """
    items = documents.decode(data, FILE_LIMIT)
    if not isinstance(items, list):
        raise InvalidInput("attestations are an array, and this is none")
    found: dict[_Head, list[Contribution]] = {}
    seen: set[tuple[_Head, bytes, int]] = set()
    for place, item in enumerate(items):
        head, one = _read(place, item)
        act = (head, one.transaction, one.index)
        if act in seen:
            raise InvalidInput(f"attestation {place} is of a log that an earlier one attests")
        seen.add(act)
        found.setdefault(head, []).append(one)
    return tuple(
        Attestations(
            issuer=issuer,
            chain_id=chain,
            front_door=front_door,
            assembly=assembly,
            contributions=tuple(done),
        )
        for (issuer, chain, front_door, assembly), done in found.items()
    )


def _contribution(event: Happened, what: Kind, account: Address, seat: int) -> Contribution:
    return Contribution(
        what=what,
        account=account,
        seat=seat,
        proposal=event.arguments["proposalId"],
        time=event.time,
        block=event.block,
        transaction=event.transaction,
        index=event.place,
    )


def _attestation(attested: Attestations, one: Contribution) -> Jsonable:
    """One attestation; `_read` takes only what this gives."""
    account = _caip10(attested.chain_id, one.account)
    subject = {"type": "CAIP10Address", "id": account}
    proposal = f"{_caip10(attested.chain_id, attested.assembly)}?proposalId={one.proposal}"
    act = f"{proposal}&activity={one.what}&member={one.account}"
    return {
        "@context": CONTEXT,
        "type": TYPES,
        "issuer": attested.issuer,
        "attestationURI": act,
        "credentialSubject": subject
        | {
            "contributions": {
                "type": "Contribution",
                "name": _NAMES[one.what],
                "description": f"{_WORDS[one.what]} proposal {one.proposal}, with seat {one.seat}",
                "hasContributors": [subject],
                "engagementDate": moment(one.time),
                "externalData": [
                    {
                        "issuer": attested.issuer,
                        "dao": _caip10(attested.chain_id, attested.front_door),
                        "proposal": proposal,
                        "seat": one.seat,
                    }
                ],
            }
        },
        "evidence": [
            {
                "type": "Transaction",
                "chain": f"eip155:{attested.chain_id}",
                "block": one.block,
                "transaction": "0x" + one.transaction.hex(),
                "logIndex": one.index,
            }
        ],
    }


def _caip10(chain_id: int, account: Address) -> str:
    return f"eip155:{chain_id}:{account}"


# ---------------------------------------------------------------------- reading


class _Loose(Model):
    """What is needed of a part; the rest follows from it, and is compared."""

    model_config = ConfigDict(extra="ignore", strict=True)


def _moment(value: object) -> int:
    try:
        found = datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("a time is written as 2026-01-31T12:00:00Z") from None
    return int(found.timestamp())


class _Data(_Loose):
    dao: str
    proposal: str
    seat: int


class _Done(_Loose):
    name: str
    engagementDate: Annotated[int, BeforeValidator(_moment)]
    externalData: list[_Data] = Field(min_length=1, max_length=1)


class _Subject(_Loose):
    id: str
    contributions: _Done


class _Evidence(_Loose):
    block: int
    transaction: Annotated[Digest, Field(strict=False)]
    logIndex: int


class _Item(_Loose):
    issuer: str = Field(pattern=_ISSUER.pattern)
    credentialSubject: _Subject
    evidence: list[_Evidence] = Field(min_length=1, max_length=1)


def _read(place: int, item: object) -> tuple[_Head, Contribution]:
    try:
        found = _Item.model_validate(item)
        head, one = _parts(found)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        raise InvalidInput(f"attestation {place}: {where}: {fault['msg']}") from None
    except InvalidInput as error:
        raise InvalidInput(f"attestation {place}: {error}") from None
    issuer, chain_id, front_door, assembly = head
    same = Attestations(
        issuer=issuer,
        chain_id=chain_id,
        front_door=front_door,
        assembly=assembly,
        contributions=(one,),
    )
    if documents.encode(_attestation(same, one)) != documents.encode(item):  # type: ignore[arg-type]
        raise InvalidInput(
            f"attestation {place} contradicts itself, or says more than the acts that it is about; "
            "its description, identifiers and evidence must all be of the same act"
        )
    return head, one


def _parts(found: _Item) -> tuple[_Head, Contribution]:
    done, evidence = found.credentialSubject.contributions, found.evidence[0]
    data = done.externalData[0]
    chain_id, account = _account(found.credentialSubject.id)
    _, front_door = _account(data.dao)
    assembly_id, _, number = data.proposal.partition("?proposalId=")
    _, assembly = _account(assembly_id)
    kinds = {name: what for what, name in _NAMES.items()}
    if done.name not in kinds or not _DIGITS.fullmatch(number):
        raise InvalidInput("it is neither a proposal nor a vote, or its proposal has no number")
    one = Contribution(
        what=kinds[done.name],
        account=account,
        seat=data.seat,
        proposal=int(number),
        time=done.engagementDate,
        block=evidence.block,
        transaction=evidence.transaction,
        index=evidence.logIndex,
    )
    return (found.issuer, chain_id, front_door, assembly), one


def _account(text: str) -> tuple[int, str]:
    """Chain and address of a CAIP-10 account."""
    found = _ACCOUNT.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r:.80} is no account of an EVM chain (CAIP-10)")
    return int(found[1]), found[2]
