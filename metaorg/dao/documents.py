"""ERC-4824 (the same as DAOIP-2): one value in, the documents' bytes out.

Each document is a file: canonical JSON (RFC 8785), and Markdown for the governance; one that fits a
block is that raw block. The same facts give the same bytes for anybody. `generatedFrom` is the one
member that the standard does not know: its JSON-LD context defines no such term, so that readers
pass over it.
"""

from pydantic import StrictInt, ValidationError

from metaorg.dao.facts import NEWEST, Activity, Facts, ProposalFacts
from metaorg.dao.governance import governance
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.ipfs.documents import Json, Jsonable
from metaorg.ipfs.files import FILE_LIMIT, file_cid
from metaorg.records import read_description
from metaorg.types import Cid, Digest, Model

CONTEXT = "https://www.daostar.org/schemas"
FORMAT = 1
"""Of these documents. Whatever changes their bytes for the same facts gets another number."""
FILES = {
    "dao": "dao.json",
    "members": "members.json",
    "proposals": "proposals.json",
    "activity_log": "activity-log.json",
    "governance": "governance.md",
    "contracts": "contracts.json",
}
"""The documents, and what they are called as files."""
URIS = ("membersURI", "proposalsURI", "activityLogURI", "governanceURI", "contractsURI")
"""Fields of the DAO document that name the others."""
_ROLES = {
    "metaOrganization": "The front door: name, modules, and the URI of these documents (ERC-4824).",
    "timelock": "Executes what was decided when its delay is over; holds what the network holds.",
    "authority": "The one table of who may call what.",
    "interConstitution": "The text that binds all, and who adopted which version of it.",
    "membership": "The register of seats; one certificate for each active seat (ERC-5192).",
    "commons": "Shared resources by the hash of their content.",
    "rulebook": "How decisions are made: rules, weights of the constituencies, times.",
    "assembly": "Proposals and votes of all active seats.",
}


class Documents(Model):
    """The documents of one block, by the names of `FILES`."""

    dao: bytes
    members: bytes
    proposals: bytes
    activity_log: bytes
    governance: bytes
    contracts: bytes

    @property
    def uri(self) -> str:
        """What the front door's `daoURI` says."""
        return file_cid(self.dao).uri

    @property
    def files(self) -> dict[str, bytes]:
        """Content by file name."""
        return {file: getattr(self, name) for name, file in FILES.items()}


class Origin(Model):
    """From which block documents were generated, and in which format."""

    block: StrictInt
    format: StrictInt
    hash: Digest


def generate(facts: Facts, purpose: str) -> Documents:
    """The documents of a meta-organization.

    Args:
        purpose: from the charter document; empty for none.

    Raises:
        InvalidInput: a document is larger than 64 MiB, or a name cannot be written as UTF-8.
    """
    parts = {
        "members": _encode(facts, "members", _members(facts)),
        "proposals": _encode(facts, "proposals", _proposals(facts)),
        "activity_log": _encode(facts, "activities", _activities(facts)),
        "governance": _fitting("governance", governance(facts, purpose).encode()),
        "contracts": _encode(facts, "contracts", _contracts(facts)),
    }
    return Documents(dao=documents.encode(_dao(facts, purpose, parts)), **parts)


def purpose_of(data: bytes) -> str:
    """The purpose that a charter document names; empty when it names none."""
    try:
        found = documents.decode(data)
    except InvalidInput:
        return ""
    purpose = found.get("purpose") if isinstance(found, dict) else None
    return purpose if isinstance(purpose, str) else ""


def linked(dao: Json) -> dict[str, Cid]:
    """The documents that a DAO document names, by field; what is no CID is left out."""
    fields = dao if isinstance(dao, dict) else {}
    found = {}
    for name in URIS:
        try:
            found[name] = Cid.parse(str(fields.get(name)))
        except InvalidInput:
            continue
    return found


def origin_of(dao: Json) -> Origin:
    """What a DAO document says of its origin.

    Raises:
        InvalidInput: nothing, or not in the way of these documents.
    """
    said = dao.get("generatedFrom") if isinstance(dao, dict) else None
    try:
        return Origin.model_validate(said)
    except ValidationError:
        raise InvalidInput(
            "it does not say from which block it was generated (generatedFrom: block, format, hash)"
        ) from None


def _dao(facts: Facts, purpose: str, parts: dict[str, bytes]) -> Jsonable:
    origin: Jsonable = {
        "block": facts.block.number,
        "format": FORMAT,
        "hash": "0x" + facts.block.hash.hex(),
    }
    said: dict[str, Jsonable] = {
        "@context": CONTEXT,
        "type": "DAO",
        "name": facts.name,
        "description": purpose,
        "membersURI": file_cid(parts["members"]).uri,
        "proposalsURI": file_cid(parts["proposals"]).uri,
        "activityLogURI": file_cid(parts["activity_log"]).uri,
        "governanceURI": file_cid(parts["governance"]).uri,
        "contractsURI": file_cid(parts["contracts"]).uri,
        "generatedFrom": origin,
    }
    return {key: value for key, value in said.items() if value}


def _members(facts: Facts) -> list[Jsonable]:
    """Who has a vote. `type` is the ERC's older form, the CAIP-10 id its newer one."""
    return [{"type": "EthereumAddress", "id": facts.caip10(member)} for member in facts.members]


def _proposals(facts: Facts) -> list[Jsonable]:
    return [_proposal(facts, proposal) for proposal in facts.proposals]


def _proposal(facts: Facts, proposal: ProposalFacts) -> Jsonable:
    title, body = read_description(proposal.description)
    actions = proposal.actions
    said: dict[str, Jsonable] = {
        "type": "proposal",
        "id": _proposal_id(facts, proposal.number),
        "name": title,
        "contentURI": body.uri if body else "",
        "status": proposal.state.capitalize(),
        "calls": [
            {
                "type": "CallDataEVM",
                "operation": "call",
                "from": facts.contract("timelock"),
                "to": to,
                "value": str(value),
                "data": "0x" + data.hex(),
            }
            for to, value, data in zip(
                actions.targets, actions.values, actions.calldatas, strict=True
            )
        ],
    }
    return {key: value for key, value in said.items() if value}


def _activities(facts: Facts) -> list[Jsonable]:
    return [_activity(facts, activity) for activity in facts.activities[-NEWEST:]]


def _activity(facts: Facts, activity: Activity) -> Jsonable:
    proposal = _proposal_id(facts, activity.proposal)
    return {
        "id": f"{proposal}&activity={activity.what}&member={activity.member}",
        "type": "activity",
        "proposal": {"type": "proposal", "id": proposal},
        "member": {"id": facts.caip10(activity.member)},
    }


def _contracts(facts: Facts) -> list[Jsonable]:
    return [
        {"id": facts.caip10(address), "name": name}
        | ({"description": _ROLES[name]} if name in _ROLES else {})
        for name, address in facts.contracts
    ]


def _proposal_id(facts: Facts, number: int) -> str:
    return f"{facts.caip10(facts.contract('assembly'))}?proposalId={number}"


def _encode(facts: Facts, what: str, items: list[Jsonable]) -> bytes:
    """A list of the standard as its document; the one of members says that they are a DAO's."""
    kind = {"type": "DAO"} if what == "members" else {}
    try:
        return documents.encode({"@context": CONTEXT, **kind, what: items}, FILE_LIMIT)
    except InvalidInput:
        raise InvalidInput(
            f"the document of the {len(items):,} {what} of {facts.name!r} is larger than "
            f"{FILE_LIMIT >> 20} MiB, and ERC-4824 has no document in parts"
        ) from None


def _fitting(what: str, data: bytes) -> bytes:
    if len(data) > FILE_LIMIT:
        raise InvalidInput(f"the document of the {what} is larger than {FILE_LIMIT >> 20} MiB")
    return data
