"""The public documents against the chain: generated again from events alone, compared by byte.

Nothing is asked of the contracts as of the documents' block, whose state most nodes have forgotten:
the events up to it say everything.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from metaorg import dao
from metaorg.audit import replay
from metaorg.audit.findings import Finding, Findings, differs
from metaorg.audit.read import Evidence
from metaorg.dao import Facts, Origin, ProposalFacts
from metaorg.dao import facts as gathered
from metaorg.dao.documents import FORMAT, URIS
from metaorg.errors import ContentCorrupt, InvalidInput, Unreachable
from metaorg.ipfs import Store, file_cid, read_file
from metaorg.ipfs import documents as json_documents
from metaorg.ipfs.documents import Json
from metaorg.onchain.assembly import Actions
from metaorg.onchain.contract import unpadded
from metaorg.onchain.inter_constitution import Version
from metaorg.onchain.meta_organization import MODULES, MetaOrganization
from metaorg.onchain.modules import Modules
from metaorg.rules.admission import Admission, Readoption
from metaorg.rules.membership import Register
from metaorg.times import moment
from metaorg.types import ZERO_DIGEST, Address, Cid, Model

SHOWN = 200
"""Characters that a finding repeats of what others wrote."""


class Published(Model):
    """The public documents that are in force.

    Args:
        block, time: what they were generated from, time in Unix seconds.
        decisions_since: proposals executed later, without the one that published them.
    """

    uri: str
    block: int
    time: int
    decisions_since: int

    @property
    def words(self) -> str:
        """How old they are: that is told, and no finding."""
        plural = "" if self.decisions_since == 1 else "s"
        when = f"block {self.block}, {moment(self.time)}"
        return f"as of {when}: {self.decisions_since} decision{plural} since"


class _Stated(NamedTuple):
    """A DAO document, what it says it was generated from, and the evidence up to there."""

    cid: Cid
    content: dict[str, Json]
    origin: Origin
    then: Evidence


def documents(evidence: Evidence, store: Store, tell: Callable[[Published], None]) -> Findings:
    """The published documents are those that the chain gave at the block that they name.

    None published is no finding. How old they are goes to `tell`.
    """
    update = evidence.last(evidence.modules.meta_organization, "DAOURIUpdate")
    uri = update.event.arguments["daoURI"] if update else ""
    if update is None or not uri:
        return
    stated = _stated(evidence, store, uri)
    if isinstance(stated, Finding):
        yield stated
        return
    tell(
        Published(
            uri=uri,
            block=stated.origin.block,
            time=stated.then.reading.block.time,
            decisions_since=_decisions(evidence, stated.origin.block, update.event.transaction),
        )
    )
    name = MetaOrganization(evidence.modules.meta_organization).read(evidence.reading, "name")
    yield from _compared(stated, facts_of(stated.then, name), store)


def _stated(evidence: Evidence, store: Store, uri: str) -> _Stated | Finding:
    """What is published at a URI, as far as it can be generated again."""
    subject = f"public documents at {uri:.{SHOWN}}"
    try:
        cid = _cid(uri)
        content = json_documents.decode(store.get(cid))
        origin = dao.origin_of(content)
    except ContentCorrupt as error:
        return differs(subject, "the bytes that hash to its CID", str(error))
    except Unreachable as error:
        return _unknown(subject, "present", str(error))
    except _Elsewhere:
        return _unknown(subject, "ipfs:// and a CID", "an address whose content no hash fixes")
    except InvalidInput as error:
        return differs(subject, "a DAO document as metaorg generates it", str(error))
    assert isinstance(content, dict)  # it has an origin
    if origin.format != FORMAT:
        return _unknown(
            subject, f"format {FORMAT}", f"format {origin.format}, of another version of metaorg"
        )
    founded = evidence.events[0].event.block if evidence.events else 0
    head = evidence.reading.block.number
    if not founded <= origin.block <= head:
        return differs(subject, f"a block from {founded} to {head}", f"block {origin.block}")
    then = evidence.until(origin.block)
    if then.reading.block.hash != origin.hash:
        seen = f"a block {origin.block} with hash 0x{origin.hash.hex()}"
        return differs(subject, f"the hash 0x{then.reading.block.hash.hex()}", seen)
    return _Stated(cid=cid, content=content, origin=origin, then=then)


def _compared(stated: _Stated, facts: Facts, store: Store) -> Findings:
    replaced = _replaced(facts, stated.then.modules)
    if replaced:
        yield _unknown("public documents", "generated again", f"{replaced} was replaced since")
        return
    try:
        expected = dao.generate(facts, _purpose(facts, store))
    except InvalidInput as error:
        yield differs("public documents", str(error), "documents all the same")
        return
    if file_cid(expected.dao) != stated.cid:
        yield from _fields(stated, json_documents.decode(expected.dao))
    for field in URIS:
        value = stated.content.get(field)
        if isinstance(value, str):
            yield from _there(store, field, value)


def _fields(stated: _Stated, wanted: Json) -> Findings:
    assert isinstance(wanted, dict)  # it was just generated
    when = f"the public documents as of block {stated.origin.block}"
    for field, value in wanted.items():
        if value != stated.content.get(field):
            shown = _shown(value), _shown(stated.content.get(field))
            yield differs(f"{field} of {when}", *shown)
    more: list[Json] = [field for field in stated.content if field not in wanted]
    if more:
        yield differs(f"fields of {when}", "those of the standard", f"also {_shown(more)}")


def _there(store: Store, field: str, uri: str) -> Findings:
    subject = f"document at {field} ({uri:.{SHOWN}})"
    try:
        read_file(store, _cid(uri))
    except ContentCorrupt as error:
        yield differs(subject, "the bytes that hash to its CID", str(error))
    except Unreachable as error:
        yield _unknown(subject, "present", str(error))
    except _Elsewhere:
        return  # it differs from what was expected, which is a finding already


class _Elsewhere(Exception):
    """A URI that is not ipfs:// and a CID."""


def _cid(uri: str) -> Cid:
    try:
        if uri.startswith("ipfs://"):
            return Cid.parse(uri)
    except InvalidInput:
        pass
    raise _Elsewhere


def _shown(value: Json) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _decisions(evidence: Evidence, block: int, publication: bytes) -> int:
    """How many proposals were executed after a block, in other transactions than the publication's.

    The publication's own is younger than its documents whatever they say.
    """
    executed = evidence.of(evidence.modules.assembly, "ProposalExecuted")
    return sum(1 for e in executed if e.event.block > block and e.event.transaction != publication)


def _replaced(facts: Facts, modules: Modules) -> str:
    """A contract that another one has replaced since; empty for none."""
    names = zip(MODULES, list(Modules.model_fields)[1:], strict=True)
    changed = (name for name, field in names if facts.contract(name) != getattr(modules, field))
    return next(changed, "")


def _purpose(facts: Facts, store: Store) -> str:
    if not any(facts.charter):
        return ""
    return dao.purpose_of(store.get(Cid(digest=facts.charter)))


# ---------------------------------------------------------------------- events to facts


def facts_of(evidence: Evidence, name: str) -> Facts:
    """What the events up to a block say. Only the name has no event, for it never changes."""
    modules, register = evidence.modules, replay.register(evidence)
    front, members = modules.meta_organization, register.active()
    now = evidence.reading
    constituencies = _names(evidence, "ConstituencyAdded")
    standings = register.standings.values()
    book = replay.rulebook(evidence)
    registered = evidence.of(front, "ModuleRegistered")
    amended = evidence.last(modules.inter_constitution, "Amended")
    if amended is None:
        raise LookupError("no text was ever put in force")
    text = amended.event.arguments
    return Facts(
        chain_id=now.chain.id,
        block=now.block,
        name=name,
        charter=_last(evidence, front, "CharterChanged", "digest", ZERO_DIGEST),
        contracts=gathered.contracts(
            front,
            (
                (unpadded(one.event.arguments["name"]), one.event.arguments["module"])
                for one in registered
            ),
        ),
        members=tuple(members),
        constituencies=gathered.constituencies(constituencies, standings),
        votes=gathered.votes(len(constituencies), standings),
        affiliated=gathered.affiliated(standings),
        kinds=tuple(_names(evidence, "KindAdded")),
        version=Version(
            number=text["version"],
            text=Cid(digest=text["digest"], codec=text["codec"]),
            since=amended.time,
        ),
        admission=Admission(
            **_last(evidence, modules.membership, "AdmissionChanged", "admission", {})
        ),
        readoption=Readoption(
            **_last(evidence, modules.membership, "ReadoptionChanged", "readoption", {})
        ),
        voting_delay=book.voting_delay,
        open_proposals=book.open_proposals,
        rules=book.rules,
        weights=book.editions[-1] if book.editions else (),
        assignments=gathered.assignments(dict(book.assigned)),
        proposals=tuple(_proposals(evidence, register, len(constituencies))),
        activities=gathered.activities(one.event for one in evidence.of(modules.assembly)),
    )


def _proposals(
    evidence: Evidence, register: Register, constituencies: int
) -> Iterator[ProposalFacts]:
    now = evidence.reading.block.time
    for proposal in replay.proposals(evidence):
        census = register.census_at(proposal.snapshot, constituencies)
        poll = proposal.poll(proposal.rule(), [one.active for one in census]).poll
        yield ProposalFacts(
            number=proposal.number,
            description=proposal.description,
            state=proposal.state(poll, now),
            actions=Actions(
                targets=proposal.targets, values=proposal.values, calldatas=proposal.calldatas
            ),
        )


def _names(evidence: Evidence, event: str) -> list[str]:
    added = evidence.of(evidence.modules.membership, event)
    return [unpadded(one.event.arguments["name"]) for one in added]


def _last(evidence: Evidence, module: Address, event: str, part: str, none: Any) -> Any:
    found = evidence.last(module, event)
    return found.event.arguments[part] if found else none


def _unknown(subject: str, expected: str, seen: str) -> Finding:
    return Finding(kind="unknown", subject=subject, expected=expected, seen=seen)
