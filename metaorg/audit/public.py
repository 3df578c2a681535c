"""The public documents against the chain: generated again from events alone, compared by byte.

Nothing is asked of the contracts as of the documents' block, whose state most nodes have forgotten:
the events up to it say everything.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from metaorg import dao
from metaorg.audit.documents import unread
from metaorg.audit.expectations import state
from metaorg.audit.findings import Finding, Findings, Look, difference, unknown
from metaorg.audit.replay import Replay
from metaorg.audit.statement import PublicDocuments
from metaorg.dao import Activity, Facts, Origin, ProposalFacts
from metaorg.dao import facts as gathered
from metaorg.dao.documents import FORMAT, URIS
from metaorg.errors import ChainUnreachable, ContentCorrupt, InvalidInput, Unreachable
from metaorg.ipfs import Store, file_cid, read_file
from metaorg.ipfs import documents as json_documents
from metaorg.ipfs.documents import Json
from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Block
from metaorg.onchain.contract import unpadded
from metaorg.onchain.inter_constitution import Version
from metaorg.onchain.meta_organization import MODULES
from metaorg.onchain.modules import Modules
from metaorg.types import Cid

SHOWN = 200
"""Characters that a finding repeats of what others wrote."""


class Then(NamedTuple):
    """What events lead to, at the block up to which they were followed."""

    replay: Replay
    block: Block


Until = Callable[[int], Then]
"""The same as of an earlier block, by its number."""


class _Stated(NamedTuple):
    """A DAO document, what it says it was generated from, and what events up to there lead to."""

    cid: Cid
    content: Mapping[str, Json]
    origin: Origin
    then: Then


class Published:
    """The public documents in force.

    Args:
        now: what events lead to. until: the same as of an earlier block. name: of the
            meta-organization, which no event tells, for it never changes; None where it could not
            be read.

    Attributes: documents: how old they are; None when there are none, or nobody can say of when.
    """

    def __init__(self, now: Then, until: Until, name: str | None, store: Store) -> None:
        self._now, self._until, self._name, self._store = now, until, name, store
        self.documents: PublicDocuments | None = None

    def findings(self) -> Findings:
        """They are those that the chain gave at the block that they name; none is no finding.

        Raises:
            ChainUnreachable: that cannot be said.
        """
        uri = self._now.replay.front.dao_uri
        if not uri:
            return
        stated = self._stated(uri)
        if isinstance(stated, Finding):
            yield stated
            return
        self.documents = PublicDocuments(
            uri=uri,
            block=stated.origin.block,
            time=stated.then.block.time,
            decisions_since=self._decisions(stated.origin.block),
        )
        yield from self._compared(stated)

    def _stated(self, uri: str) -> _Stated | Finding:
        """What is published at a URI, as far as it can be generated again."""
        subject, looks = f"public documents at {uri:.{SHOWN}}", _looks(uri)
        try:
            cid = _cid(uri)
            content = json_documents.decode(self._store.get(cid))
            origin = dao.origin_of(content)
        except ContentCorrupt as error:
            expected = "the bytes that hash to its CID"
            return difference("public.damaged", subject, expected, unread(error), looks)
        except Unreachable as error:
            return unknown("public.missing", subject, "present", unread(error), looks)
        except _Elsewhere:
            seen = "an address whose content no hash fixes"
            return unknown("public.elsewhere", subject, "ipfs:// and a CID", seen, looks)
        except InvalidInput as error:
            expected = "a DAO document as metaorg generates it"
            return difference("public.form", subject, expected, str(error), looks)
        assert isinstance(content, dict)  # it has an origin
        if origin.format != FORMAT:
            seen = f"format {origin.format}, of another version of metaorg"
            return unknown("public.format", subject, f"format {FORMAT}", seen, looks)
        return self._as_of(subject, cid, content, origin)

    def _as_of(
        self, subject: str, cid: Cid, content: dict[str, Json], origin: Origin
    ) -> _Stated | Finding:
        looks = [Look(what="document", cid=str(cid)), Look(what="block", block=origin.block)]
        founded, head = self._now.replay.founded, self._now.block.number
        if not founded <= origin.block <= head:
            expected, seen = f"a block from {founded} to {head}", f"block {origin.block}"
            return difference("public.block", subject, expected, seen, looks)
        then = self._until(origin.block)
        if then.block.hash != origin.hash:
            seen = f"a block {origin.block} with hash 0x{origin.hash.hex()}"
            expected = f"the hash 0x{then.block.hash.hex()}"
            return difference("public.block", subject, expected, seen, looks)
        return _Stated(cid, content, origin, then)

    def _decisions(self, block: int) -> int:
        """How many proposals were executed after a block, without the one that published them.

        The publication is younger than its documents whatever they say.
        """
        events = (e for e in self._now.replay.chronicle if e.name == "ProposalExecuted")
        publication = self._now.replay.front.published_in
        return sum(1 for e in events if e.block > block and e.transaction != publication)

    def _compared(self, stated: _Stated) -> Findings:
        subject = "public documents"
        if self._name is None:
            raise ChainUnreachable("the name of the meta-organization could not be read")
        facts = facts_of(stated.then, self._name)
        replaced = _replaced(facts, stated.then.replay.modules)
        if replaced:
            seen = f"{replaced} was replaced since"
            yield unknown("public.replaced", subject, "generated again", seen)
            return
        try:
            expected = dao.generate(facts, _purpose(facts, self._store))
        except InvalidInput as error:
            yield difference("public.impossible", subject, str(error), "documents all the same")
            return
        if file_cid(expected.dao) != stated.cid:
            yield from _fields(stated, json_documents.decode(expected.dao))
        for field in URIS:
            value = stated.content.get(field)
            if isinstance(value, str):
                yield from self._there(field, value)

    def _there(self, field: str, uri: str) -> Findings:
        subject = f"document at {field} ({uri:.{SHOWN}})"
        try:
            read_file(self._store, _cid(uri))
        except ContentCorrupt as error:
            expected = "the bytes that hash to its CID"
            yield difference("public.damaged", subject, expected, unread(error), _looks(uri))
        except Unreachable as error:
            yield unknown("public.missing", subject, "present", unread(error), _looks(uri))
        except _Elsewhere:
            return  # it differs from what was expected, which is a finding already


class _Elsewhere(Exception):
    """A URI that is not ipfs:// and a CID."""


def _looks(uri: str) -> list[Look]:
    return [Look(what="document", cid=uri.removeprefix("ipfs://")[:SHOWN])]


def _fields(stated: _Stated, wanted: Json) -> Findings:
    assert isinstance(wanted, dict)  # it was just generated
    when, looks = f"the public documents as of block {stated.origin.block}", _looks(str(stated.cid))
    for field, value in wanted.items():
        if value != stated.content.get(field):
            shown = _shown(value), _shown(stated.content.get(field))
            yield difference("public.field", f"{field} of {when}", *shown, looks)
    more: list[Json] = [field for field in stated.content if field not in wanted]
    if more:
        expected, seen = "those of the standard", f"also {_shown(more)}"
        yield difference("public.field", f"fields of {when}", expected, seen, looks)


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


def facts_of(then: Then, name: str) -> Facts:
    """What the events up to a block say. Only the name has no event, for it never changes.

    Raises:
        LookupError: no text was ever put in force.
    """
    replay = then.replay
    front, book, decisions = replay.front, replay.book, replay.decisions
    constituencies = [unpadded(one) for one in front.constituencies]
    standings = replay.register.standings.values()
    text = replay.texts.in_force
    if not text.number:
        raise LookupError("no text was ever put in force")
    if front.admission is None or front.readoption is None:
        raise LookupError("no rule of admission was ever set")
    return Facts(
        chain_id=replay.chain_id,
        block=then.block,
        name=name,
        charter=front.charter,
        contracts=gathered.contracts(replay.modules.meta_organization, front.registered.items()),
        members=tuple(replay.register.active()),
        constituencies=gathered.constituencies(constituencies, standings),
        votes=gathered.votes(len(constituencies), standings),
        affiliated=gathered.affiliated(standings),
        kinds=tuple(unpadded(one) for one in front.kinds),
        version=Version(
            number=text.number, text=Cid(digest=text.digest, codec=text.codec), since=text.since
        ),
        admission=front.admission,
        readoption=front.readoption,
        voting_delay=book.voting_delay,
        open_proposals=book.open_proposals,
        rules=tuple(book.rules),
        weights=book.editions[-1] if book.editions else (),
        assignments=gathered.assignments(book.assigned),
        proposals=tuple(_proposals(then)),
        activities=tuple(
            Activity(what=what, proposal=number, member=member)
            for what, number, member in decisions.activities
        ),
        earlier=len(decisions.found) + decisions.votes - len(decisions.activities),
    )


def _proposals(then: Then) -> Iterator[ProposalFacts]:
    decisions = then.replay.decisions
    for proposed in decisions.found.values():
        yield ProposalFacts(
            number=proposed.number,
            description=proposed.description,
            state=state(proposed, decisions.poll_of(proposed), then.block.time),
            actions=Actions(
                targets=proposed.targets, values=proposed.values, calldatas=proposed.calldatas
            ),
        )
