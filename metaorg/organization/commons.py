"""Shared resources by the hash of their content."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from metaorg import dao
from metaorg.charter import encode
from metaorg.errors import InvalidInput, Unreachable
from metaorg.ipfs import Root
from metaorg.onchain import commons as onchain_commons
from metaorg.onchain import recorded
from metaorg.onchain.chain import Reading
from metaorg.onchain.commons import Access, Resource
from metaorg.onchain.recorded import Named
from metaorg.onchain.reverts import STATES
from metaorg.organization.documents import because, with_documents
from metaorg.organization.resources import Deed, ResourceHistory, ResourceView
from metaorg.records import Description, Envelope
from metaorg.types import DOCUMENT_LIMIT, Address, Call, Cid, Event

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization

_LICENCE = re.compile(r"[A-Za-z0-9.+-]{1,32}")
_OVER = ("canceled", "defeated", "expired", "executed")
"""States in which a proposal brings nothing into force any more."""


class Commons:
    """Shared resources by the hash of their content."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization
        self.contract = onchain_commons.Commons(organization.modules.commons)

    # ------------------------------------------------------------------ writes

    def publish(
        self,
        content: bytes | Root,
        description: Description,
        *,
        licence: str,
        access: Access = Access.PUBLIC,
        previous: Cid | None = None,
    ) -> Call:
        """Publish a resource; size and profile are filled into the description.

        Args:
            content: what was imported into the store, or a file of at most 1 MiB, which goes along.
            licence: an SPDX identifier, like CC-BY-SA-4.0.
            previous: the resource of which this is the new version.
        """
        if not _LICENCE.fullmatch(licence):
            raise InvalidInput(f"{licence!r} is not an SPDX licence identifier like CC-BY-SA-4.0")
        goes_along = [content] if isinstance(content, bytes) else []
        cid, known = _facts(content)
        described = encode(description.model_copy(update=known))
        call = self.contract.publish(
            cid,
            access=access,
            licence=licence,
            description=Cid.of(described),
            previous=previous,
        )
        return with_documents(call, *goes_along, described)

    def cite(self, cid: Cid, context: Cid | None = None) -> Call:
        return self.contract.cite(cid, context)

    def grant(self, cid: Cid, seats: Sequence[int], envelope: Envelope) -> Call:
        """Let seats open a sealed resource with an envelope, which goes along."""
        block = encode(envelope)
        return with_documents(self.contract.grant(cid, seats, Cid.of(block)), block)

    def revoke(self, cid: Cid, organizations: Sequence[Address], reason: str) -> Call:
        """Record that organizations are no longer meant to use a resource; takes no key away."""
        seats = self._seats([*dict.fromkeys(organizations)])
        return because(self.contract.revoke, cid, seats, reason=reason)

    def retire(self, cid: Cid, reason: str) -> Call:
        """Advise against using a resource any longer."""
        return because(self.contract.retire, cid, reason=reason)

    def entrust(self, cid: Cid, organization: Address) -> Call:
        """Make another organization the steward of an own resource."""
        return self.contract.entrust(cid, *self._seats([organization]))

    def entrust_by_decision(self, cid: Cid, organization: Address, reason: str) -> Call:
        """Make another organization the steward of any resource."""
        [seat] = self._seats([organization])
        return because(self.contract.entrust_by_decision, cid, seat, reason=reason)

    # ------------------------------------------------------------------ reads

    def cited(self, cid: Cid, context: Cid | None, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has recorded this very use before."""
        digest = context.digest if context else bytes(32)
        return self._did("Cited", "seat", reading, digest=cid.digest, context=digest)

    def published(self, cid: Cid, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has published this very content before."""
        return self._did("Published", "steward", reading, digest=cid.digest)

    def all(self, reading: Reading | None = None) -> list[ResourceView]:
        reading = self._org.at(reading)
        digests = self.contract.digests(reading)
        return [self._view(found) for found in self.contract.resources(reading, digests)]

    def show(self, cid: Cid, reading: Reading | None = None) -> ResourceView:
        return self._view(self.contract.resource(self._org.at(reading), cid.digest))

    def history(self, cid: Cid, reading: Reading | None = None) -> ResourceHistory:
        """A resource with all that was done about it, and its other versions."""
        reading = self._org.at(reading)
        view = self.show(cid, reading)
        accounts = self._org.membership.contract.accounts(reading)
        profiles = self._org.membership.profiles(accounts, reading)
        names = [one.name if one else None for one in profiles]
        events = self._org.events(self.contract.address, reading=reading)
        about = [one for one in events if one.arguments["digest"] == cid.digest]
        previous, later = _versions(cid, events)
        return ResourceHistory(
            **dict(view),
            steward=accounts[view.resource.steward - 1],
            deeds=tuple(self._deed(event, names) for event in about),
            previous=previous,
            later=later,
        )

    def envelopes(self, cid: Cid, reading: Reading | None = None) -> list[Cid]:
        """The envelopes that open a sealed resource, the newest first."""
        events = self._org.events(self.contract.address, ["Granted"], reading)
        about = [one.arguments for one in events if one.arguments["digest"] == cid.digest]
        return [*dict.fromkeys(Cid(digest=given["envelope"]) for given in reversed(about))]

    def recorded(self, reading: Reading | None = None) -> Named:
        """Every document that the chain names: by events, by open proposals, and below `daoURI`."""
        reading = self._org.at(reading)
        found: Named = {}
        public: list[Cid] = []
        for event in self._org.all_events(reading):
            named = recorded.by_event(self._org.modules, event)
            public += [cid for cid, what in named.items() if what == recorded.PUBLIC]
            found |= named
        for cid in dict.fromkeys(public):  # whatever else somebody recorded them as
            found |= self._linked(cid)
        return found | self._proposed(reading)

    def fetch(self, cid: Cid) -> bytes:
        """One block of a resource, verified against its CID."""
        return self._org.store.get(cid)

    # ------------------------------------------------------------------ parts

    def _did(self, name: str, role: str, reading: Reading | None, **wanted: Any) -> bool:
        reading = self._org.at(reading)
        standing = self._org.membership.contract.standing_of(reading, self._org.signer.address)
        wanted[role] = standing.seat
        events = self._org.events(self.contract.address, [name], reading)
        return any(wanted.items() <= event.arguments.items() for event in events)

    def _seats(self, organizations: Sequence[Address]) -> list[int]:
        """The seats of organizations.

        Raises:
            InvalidInput: one of them never had any.
        """
        reading = self._org.at(None)
        standings = self._org.membership.contract.standings_of(reading, organizations)
        none = [
            f"{account} has no seat"
            for account, standing in zip(organizations, standings, strict=True)
            if not standing.seat
        ]
        if none:
            raise InvalidInput(*none)
        return [standing.seat for standing in standings]

    def _proposed(self, reading: Reading) -> Named:
        """What proposals would bring into force that are not over."""
        events = self._org.events(self._org.modules.assembly, ["ProposalCreated"], reading)
        contract = self._org.assembly.contract
        states = contract.reads(
            reading, [("state", (one.arguments["proposalId"],)) for one in events]
        )
        found: Named = {}
        for event, state in zip(events, states, strict=True):
            if STATES[state] not in _OVER:
                given = event.arguments
                for to, data in zip(given["targets"], given["calldatas"], strict=True):
                    found |= recorded.by_call(self._org.modules, to, data)
        return found

    def _linked(self, cid: Cid) -> Named:
        """The public documents that their first one names; none when it cannot be read."""
        try:
            content = self._org.document(cid)
        except (Unreachable, InvalidInput):
            return {}
        return {one: f"public document {name}" for name, one in dao.linked(content).items()}

    def _deed(self, event: Event, names: Sequence[str | None]) -> Deed:
        given = event.arguments
        seats = given.get("seats") or [
            given[role] for role in ("steward", "seat", "to") if role in given
        ]
        document = next((given[one] for one in _DOCUMENTS if any(given.get(one, b""))), None)
        cid = Cid(digest=document) if document else None
        return Deed(
            name=event.name,
            time=self._org.chain.at(event.block).block.time,
            seats=tuple(seats),
            names=tuple(names[one - 1] if 0 < one <= len(names) else None for one in seats),
            document=cid,
            text=self._org.reason(cid) if "reason" in given else None,
        )

    def _view(self, resource: Resource) -> ResourceView:
        try:
            said = Description(**self._org.document(resource.description))
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return ResourceView(resource=resource, title=None)
        return ResourceView(resource=resource, title=said.title, description=said)


_DOCUMENTS = ("envelope", "reason", "context")
"""Arguments of events that are the digest of a document about a resource."""


def _facts(content: bytes | Root) -> tuple[Cid, dict[str, Any]]:
    """The CID of content, and what its description says of it.

    Raises:
        InvalidInput: a file that does not fit one block.
    """
    if isinstance(content, Root):
        kind = "folder" if content.kind == "folder" else None
        return content.cid, {"size": content.size, "profile": content.profile, "kind": kind}
    if len(content) > DOCUMENT_LIMIT:
        raise InvalidInput(
            f"{len(content):,} bytes do not fit one block of {DOCUMENT_LIMIT:,}: import them"
        )
    return Cid.of(content), {"size": len(content)}


def _versions(cid: Cid, events: Sequence[Event]) -> tuple[tuple[Cid, ...], tuple[Cid, ...]]:
    """The versions before a resource and those after it, the nearest first."""
    published = [one.arguments for one in events if one.name == "Published"]
    codecs = {given["digest"]: given["codec"] for given in published}
    before = {given["digest"]: given["previous"] for given in published}

    def named(digest: bytes) -> Cid:
        return Cid(digest=digest, codec=codecs[digest])

    earlier, digest = [], before.get(cid.digest, b"")
    while digest in codecs:  # a version can only follow one that was published before
        earlier.append(named(digest))
        digest = before[digest]
    later, wave = [], {cid.digest}
    while wave:
        wave = {one for one, former in before.items() if former in wave}
        later += [named(one) for one in before if one in wave]
    return tuple(earlier), tuple(later)
