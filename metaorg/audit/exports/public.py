"""The public documents (ERC-4824, DAOIP-2) as files of a folder, and what they say, read again.

They are generated from events alone (`Facts` by `metaorg.audit.dao.facts_of`) and carry less than
that: no rules but in words, no seats, no weights. What they carry is `Carried`, which comes back
equal. The Markdown of the governance is compared by its CID and not taken apart.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from metaorg import dao
from metaorg.dao import FILES, Activity, Documents, Facts, Origin
from metaorg.dao.facts import FRONT_DOOR, NEWEST
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents, file_cid
from metaorg.ipfs.documents import Json
from metaorg.ipfs.files import FILE_LIMIT
from metaorg.onchain.assembly import Actions
from metaorg.onchain.reverts import STATES
from metaorg.records import read_description
from metaorg.types import Address, Digest, Hex, Model

_LINKED = {
    "membersURI": "members",
    "proposalsURI": "proposals",
    "activityLogURI": "activity_log",
    "governanceURI": "governance",
    "contractsURI": "contracts",
}
"""Field of the DAO document -> the document that it names."""
_ACCOUNT = re.compile(r"eip155:(0|[1-9][0-9]{0,30}):(0x[0-9a-fA-F]{40})")
_PROPOSAL = re.compile(r"(eip155:.{1,80})\?proposalId=(0|[1-9][0-9]{0,77})")
_ACTIVITY = re.compile(r"(.+)&activity=(proposal|vote)&member=(0x[0-9a-fA-F]{40})")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,77}")
Shape = TypeVar("Shape", bound=Model)


class CarriedProposal(Model):
    """A proposal as the documents tell it.

    Args:
        body: URI of its text, empty for none. state: as in `ProposalFacts`.
    """

    number: int
    title: str
    body: str
    state: str
    actions: Actions


class Carried(Model):
    """What the documents carry of `Facts`; the fields mean what they mean there.

    Args:
        hash: of the block. purpose: from the charter document. governance: the Markdown.
        activities: the newest.
    """

    chain_id: int
    block: int
    hash: Digest
    name: str
    purpose: str
    contracts: tuple[tuple[str, Address], ...]
    members: tuple[Address, ...]
    proposals: tuple[CarriedProposal, ...]
    activities: tuple[Activity, ...]
    governance: str


def carried(facts: Facts, purpose: str) -> Carried:
    """What the documents generated from these facts carry."""
    made = dao.generate(facts, purpose)
    return Carried(
        chain_id=facts.chain_id,
        block=facts.block.number,
        hash=facts.block.hash,
        name=facts.name,
        purpose=purpose,
        contracts=facts.contracts,
        members=facts.members,
        proposals=tuple(_proposals(facts)),
        activities=facts.activities[-NEWEST:],
        governance=made.governance.decode(),
    )


def write_public(facts: Facts, purpose: str, folder: Path) -> Documents:
    """Generate the documents and write them as files; files of these names are replaced.

    Raises:
        InvalidInput: a document is too large, or the folder cannot be written to.
    """
    made = dao.generate(facts, purpose)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written to: {error.strerror}") from None
    return made


def read_public(folder: Path) -> Carried:
    """What the documents in a folder say.

    Raises:
        InvalidInput: a file is missing, is not the one that the DAO document names, or is none as
            metaorg generates it.
    """
    found = {name: content_of(folder / file) for name, file in FILES.items()}
    said = _shaped("dao", _Dao, _decoded("dao", found["dao"]))
    for field, name in _LINKED.items():
        if getattr(said, field) != file_cid(found[name]).uri:
            _refuse(FILES[name], f"it is not the file that {FILES['dao']} names as {field}")
    return _carried(said, found)


def _proposals(facts: Facts) -> Iterator[CarriedProposal]:
    for one in facts.proposals:
        title, body = read_description(one.description)
        yield CarriedProposal(
            number=one.number,
            title=title,
            body=body.uri if body else "",
            state=one.state,
            actions=one.actions,
        )


# ---------------------------------------------------------------------- reading


def _account(value: Any) -> Any:
    found = _ACCOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("an account is written as eip155:CHAIN:ADDRESS (CAIP-10)")
    return int(found[1]), found[2]


def _proposal(value: Any) -> Any:
    found = _PROPOSAL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a proposal is written as ACCOUNT?proposalId=NUMBER")
    return _account(found[1]), int(found[2])


def _amount(value: Any) -> Any:
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise ValueError("an amount of wei is written as decimal digits in text")
    return int(value)


Account = Annotated[tuple[int, Address], BeforeValidator(_account)]
"""Chain and address, from CAIP-10."""
Numbered = Annotated[tuple[tuple[int, Address], int], BeforeValidator(_proposal)]
"""The Assembly and the number of a proposal."""
Wei = Annotated[int, BeforeValidator(_amount)]


class _Document(Model):
    context: Literal["https://www.daostar.org/schemas"] = Field(alias="@context")


class _Dao(_Document):
    type: Literal["DAO"]
    name: str = ""
    description: str = ""
    membersURI: str
    proposalsURI: str
    activityLogURI: str
    governanceURI: str
    contractsURI: str
    generatedFrom: Origin


class _Member(Model):
    type: Literal["EthereumAddress"]
    id: Account


class _Members(_Document):
    type: Literal["DAO"]
    members: tuple[_Member, ...]


class _Call(Model):
    type: Literal["CallDataEVM"]
    operation: Literal["call"]
    from_: Address = Field(alias="from")
    to: Address
    value: Wei
    data: Hex


class _Proposal(Model):
    type: Literal["proposal"]
    id: Numbered
    name: str = ""
    contentURI: str = ""
    status: str
    calls: tuple[_Call, ...] = ()


class _Proposals(_Document):
    proposals: tuple[_Proposal, ...]


class _Ref(Model):
    type: Literal["proposal"]
    id: str


class _By(Model):
    id: str


class _Activity(Model):
    id: str
    type: Literal["activity"]
    proposal: _Ref
    member: _By


class _Activities(_Document):
    activities: tuple[_Activity, ...]


class _Contract(Model):
    id: Account
    name: str
    description: str = ""


class _Contracts(_Document):
    contracts: tuple[_Contract, ...]


def content_of(path: Path) -> bytes:
    """A file's bytes, no more of them than a document may have.

    Raises:
        InvalidInput: it cannot be read, or has more.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > FILE_LIMIT:
        _refuse(path.name, f"it is larger than {FILE_LIMIT >> 20} MiB")
    return data


def _decoded(name: str, data: bytes) -> Json:
    try:
        return documents.decode(data, FILE_LIMIT)
    except InvalidInput as error:
        _refuse(FILES[name], str(error))


def _shaped(name: str, shape: type[Shape], content: Json) -> Shape:
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        _refuse(FILES[name], f"{where}: {fault['msg']}")


def _carried(said: _Dao, found: dict[str, bytes]) -> Carried:
    contracts = _listed(found, "contracts", _Contracts).contracts
    own = {one.name: one.id for one in contracts}
    if FRONT_DOOR not in own or not {"assembly", "timelock"} <= own.keys():
        _refuse(FILES["contracts"], "the front door, the Assembly or the Timelock is not in it")
    chain_id = own[FRONT_DOOR][0]
    members = _listed(found, "members", _Members).members
    if {chain for chain, _ in (*own.values(), *(one.id for one in members))} != {chain_id}:
        _refuse(FILES["members"], "members or contracts are of another chain than the front door")
    return Carried(
        chain_id=chain_id,
        block=said.generatedFrom.block,
        hash=said.generatedFrom.hash,
        name=said.name,
        purpose=said.description,
        contracts=tuple((one.name, one.id[1]) for one in contracts),
        members=tuple(one.id[1] for one in members),
        proposals=tuple(
            _carried_proposal(one, own) for one in _listed(found, "proposals", _Proposals).proposals
        ),
        activities=tuple(
            _carried_activity(one, own)
            for one in _listed(found, "activity_log", _Activities).activities
        ),
        governance=_text(found["governance"]),
    )


def _listed(found: dict[str, bytes], name: str, shape: type[Shape]) -> Shape:
    return _shaped(name, shape, _decoded(name, found[name]))


def _carried_proposal(one: _Proposal, own: dict[str, tuple[int, Address]]) -> CarriedProposal:
    (assembly, number), calls = one.id, one.calls
    if assembly != own["assembly"] or {call.from_ for call in calls} - {own["timelock"][1]}:
        _refuse(FILES["proposals"], f"proposal {number} is of another Assembly or Timelock")
    state = one.status.lower()
    if state not in STATES or one.status != state.capitalize():
        _refuse(FILES["proposals"], f"proposal {number} has the unknown status {one.status!r:.40}")
    return CarriedProposal(
        number=number,
        title=one.name,
        body=one.contentURI,
        state=state,
        actions=Actions(
            targets=tuple(call.to for call in calls),
            values=tuple(call.value for call in calls),
            calldatas=tuple(call.data for call in calls),
        ),
    )


def _carried_activity(one: _Activity, own: dict[str, tuple[int, Address]]) -> Activity:
    """What an activity's own id says; what stands beside it must say the same."""
    found = _ACTIVITY.fullmatch(one.id)
    chain_id, assembly = own["assembly"]
    begins = f"eip155:{chain_id}:{assembly}?proposalId="
    if found is None or not found[1].startswith(begins):
        _refuse(FILES["activity_log"], f"{one.id!r:.200} is no activity in this Assembly")
    number = found[1].removeprefix(begins)
    member = f"eip155:{chain_id}:{found[3]}"
    if not _DIGITS.fullmatch(number) or (one.proposal.id, one.member.id) != (found[1], member):
        _refuse(FILES["activity_log"], f"{one.id!r:.200} names another proposal or member")
    return Activity.model_validate({"what": found[2], "proposal": int(number), "member": found[3]})


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        _refuse(FILES["governance"], "it is not UTF-8")


def _refuse(file: str, why: str) -> NoReturn:
    raise InvalidInput(f"{file}: {why}")
