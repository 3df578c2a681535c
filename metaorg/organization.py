"""One meta-organization, as scripts and commands use it.

    org = MetaOrganization.open(chain, address, store, signer)
    org.send(org.membership.admit(applicant))
    org.send(org.propose([org.constitution.amend(text)], title="A new text", body="..."))

Reads take a pinned `Reading` and use the chain's head without one. Writes return a `Call`, which
can be shown, sent, or made an action of a proposal.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from metaorg.charter import encode, pledge_digest
from metaorg.errors import ContentCorrupt, InvalidInput, Misconfigured, Refused, Unreachable
from metaorg.ipfs import Store, documents
from metaorg.onchain import abi, transactions
from metaorg.onchain import assembly as onchain_assembly
from metaorg.onchain import commons as onchain_commons
from metaorg.onchain import inter_constitution as onchain_constitution
from metaorg.onchain import membership as onchain_membership
from metaorg.onchain import meta_organization as front_door
from metaorg.onchain.accounts import Signer
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.assembly import Actions, ProposalState, proposal_id
from metaorg.onchain.chain import Chain, Reading
from metaorg.onchain.commons import Access, Resource
from metaorg.onchain.inter_constitution import Adoption, SignedAdoption, Version
from metaorg.onchain.inter_constitution import Record as AdoptionRecord
from metaorg.onchain.modules import Modules, modules_at
from metaorg.records import (
    Description,
    Pledge,
    Profile,
    Proposal,
    Reason,
    made,
    read_description,
)
from metaorg.rules.admission import Admission, AdmissionMethod, pace_limit
from metaorg.rules.decision import ClassTally, Outcome, Rule, decide
from metaorg.rules.membership import Standing, Status
from metaorg.types import BLOCK_LIMIT, Address, Call, Cid, Event, Model, Receipt

SIGNATURE_DAYS = 30
"""How long a signed adoption may wait to be relayed, unless said otherwise."""
SHORTEST_PREFIX = 4
"""Digits that name a proposal at least, when its number is cut short."""
_LICENCE = re.compile(r"[A-Za-z0-9.+-]{1,32}")


class MemberView(Model):
    """An organization as the register shows it. `name` is None when its profile cannot be read."""

    account: Address
    standing: Standing
    constituency: str
    kind: str
    profile: Cid | None
    name: str | None = None


class ProposalView(Model):
    """A proposal at one block. `tallies` are in order of constituency."""

    number: int
    title: str
    body: Cid | None
    description: str
    calls: tuple[Call, ...]
    state: ProposalState
    tallies: tuple[ClassTally, ...]
    outcome: Outcome | None


class ResourceView(Model):
    """A resource of the commons; `title` is None when its description cannot be read."""

    resource: Resource
    title: str | None


class Decoded(Model):
    """What a call does by its data, whatever anybody says: the contract's name and a function."""

    contract: str
    function: str
    arguments: Mapping[str, Any]


class Joining(Model):
    """What is left to do to join: an adoption to sign, if there is none in force, and calls."""

    adoption: Adoption | None
    calls: tuple[Call, ...]


class Turn(Model):
    """Applications that anyone may finish, and how many of them the pace allows before when."""

    due: tuple[Address, ...]
    remaining: int
    next_period: int


class MetaOrganization:
    """The facade: `.constitution .membership .assembly .commons`, and what all of them share.

    Args:
        chain: the node. modules: the contracts. store: where documents are. signer: who writes; a
            reader needs none.
    """

    def __init__(
        self, chain: Chain, modules: Modules, store: Store, signer: Signer | None = None
    ) -> None:
        self.chain, self.modules, self.store = chain, modules, store
        self._signer = signer
        self._since: int | None = None

    @classmethod
    def open(
        cls, chain: Chain, address: Address, store: Store, signer: Signer | None = None
    ) -> "MetaOrganization":
        """The meta-organization whose front door is at `address`.

        Raises:
            Misconfigured: there is no meta-organization at the address.
        """
        return cls(chain, modules_at(chain.at(), address), store, signer)

    @cached_property
    def constitution(self) -> "Constitution":
        return Constitution(self)

    @cached_property
    def membership(self) -> "Membership":
        return Membership(self)

    @cached_property
    def assembly(self) -> "Assembly":
        return Assembly(self)

    @cached_property
    def commons(self) -> "Commons":
        return Commons(self)

    @property
    def front(self) -> front_door.MetaOrganization:
        return front_door.MetaOrganization(self.modules.meta_organization)

    @property
    def signer(self) -> Signer:
        """Who signs.

        Raises:
            Misconfigured: nobody was named.
        """
        if self._signer is None:
            raise Misconfigured(
                "no account is set: use --account keystore:FILE, env:NAME or rpc:ADDRESS"
            )
        return self._signer

    def at(self, reading: Reading | None) -> Reading:
        """The given reading, or one at the chain's head."""
        return self.chain.at() if reading is None else reading

    def send(self, *calls: Call) -> list[Receipt]:
        """Put the calls' documents on the commons, then send the calls one after the other."""
        blocks = [block for call in calls for block in call.documents]
        if blocks:
            self.store.put_many(blocks)
        return transactions.send(self.chain, self.signer, *calls)

    def simulate(self, *calls: Call) -> list[int]:
        """The gas that each call would take now, as the signer; nothing is sent."""
        return [transactions.simulate(self.chain, call, self.signer.address) for call in calls]

    def propose(self, calls: Sequence[Call], title: str, body: str = "") -> Call:
        """Make calls the actions of a proposal; `body` is Markdown and goes to the commons."""
        return self.assembly.propose(calls, title, body)

    def decode(self, call: Call) -> Decoded | None:
        """What a call to a contract of this meta-organization does; None when that is not known."""
        for name in CONTRACTS[1:]:
            address = getattr(self.modules, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
            entry = load(name).selectors.get(call.data[:4])
            if address == call.to and entry is not None:
                try:
                    arguments = abi.decode_values(entry["inputs"], call.data[4:])
                except Unreachable:
                    return None
                return Decoded(contract=name, function=entry["name"], arguments=arguments)
        return None

    def settle(self) -> None:
        """Wait for the signer's transactions that are still in flight."""
        transactions.settle(self.chain, [self.signer.address])

    def document(self, cid: Cid) -> Any:
        """A document of the commons, verified and parsed."""
        return documents.decode(self.store.get(cid))

    def events(
        self, module: Address, names: Sequence[str] = (), reading: Reading | None = None
    ) -> list[Event]:
        """A module's events since the founding, in order; all of them without names."""
        reading = self.at(reading)
        logs = reading.logs([module], [], self.since())
        found = transactions.decode(logs)
        return [event for event in found if event.name in names] if names else found

    def since(self) -> int:
        """The block in which the meta-organization was founded, or an earlier one."""
        if self._since is None:
            self._since = self.chain.first_block_with_code(self.modules.meta_organization)
        return self._since


class Constitution:
    """The text that binds all, and who adopted it."""

    def __init__(self, organization: MetaOrganization) -> None:
        self._org = organization
        self.contract = onchain_constitution.InterConstitution(
            organization.modules.inter_constitution
        )

    def version(self, reading: Reading | None = None) -> Version:
        """The version in force."""
        return self.contract.version(self._org.at(reading))

    def versions(self, reading: Reading | None = None) -> list[Version]:
        return self.contract.versions(self._org.at(reading))

    def text(self, version: Version) -> bytes:
        """The text of a version, verified against its hash."""
        return self._org.store.get(version.text)

    def adoption_of(self, account: Address, reading: Reading | None = None) -> AdoptionRecord:
        """The adoption of the version in force; `at` 0 when there is none."""
        reading = self._org.at(reading)
        return self.contract.adoption_of(reading, account, self.version(reading).number)

    def adoption(
        self,
        account: Address,
        constituency: str,
        pledge: Pledge | None,
        days: int = SIGNATURE_DAYS,
        reading: Reading | None = None,
    ) -> Adoption:
        """What `account` has to sign to adopt the version in force."""
        reading = self._org.at(reading)
        version = self.version(reading)
        record = self.contract.adoption_of(reading, account, version.number)
        return Adoption(
            organization=account,
            version=version.number,
            text=version.text.digest,
            constituency=self._org.membership.constituency(constituency, reading),
            pledge=pledge_digest(pledge),
            nonce=record.count,
            valid_until=reading.block.time + days * 86_400,
        )

    def recorded(self, adoption: Adoption, reading: Reading | None = None) -> bool:
        """Whether this adoption of the version in force, or one that says the same, is recorded."""
        reading = self._org.at(reading)
        version = self.version(reading)
        record = self.contract.adoption_of(reading, adoption.organization, version.number)
        said = (adoption.version, adoption.text, adoption.constituency, adoption.pledge)
        on_chain = (version.number, version.text.digest, record.constituency, record.pledge)
        return record.at > 0 and said == on_chain

    def sign(self, adoption: Adoption, signer: Signer | None = None) -> SignedAdoption:
        """An adoption with the organization's signature; anyone may relay it."""
        typed = self.contract.typed_adoption(self._org.chain, adoption)
        signature = (signer or self._org.signer).sign_typed_data(typed)
        return SignedAdoption(adoption=adoption, signature=signature)

    def adopt(self, signed: SignedAdoption, pledge: Pledge | None) -> Call:
        """Record a signed adoption, with the pledge that it names.

        Raises:
            InvalidInput: the pledge is not the one that was signed.
        """
        if pledge_digest(pledge) != signed.adoption.pledge:
            raise InvalidInput("the pledge is not the one whose hash was signed")
        blocks = (encode(pledge),) if pledge else ()
        return self.contract.adopt(signed).model_copy(update={"documents": blocks})

    def amend(self, text: bytes) -> Call:
        """Put a new text in force; only a decision can. At most 1 MiB."""
        if not text or len(text) > BLOCK_LIMIT:
            raise InvalidInput(f"a text has 1 to {BLOCK_LIMIT} bytes, this one has {len(text)}")
        return self.contract.amend(Cid.of(text)).model_copy(update={"documents": (text,)})


class Membership:
    """The register: who applies, who holds a seat."""

    def __init__(self, organization: MetaOrganization) -> None:
        self._org = organization
        self.contract = onchain_membership.Membership(organization.modules.membership)

    def constituencies(self, reading: Reading | None = None) -> list[str]:
        return self.contract.constituencies(self._org.at(reading))

    def kinds(self, reading: Reading | None = None) -> list[str]:
        return self.contract.kinds(self._org.at(reading))

    def constituency(self, name: str, reading: Reading | None = None) -> int:
        return _index(self.constituencies(reading), name, "constituency", "constituencies")

    def kind(self, name: str, reading: Reading | None = None) -> int:
        return _index(self.kinds(reading), name, "kind of organization", "kinds")

    def admission(self, reading: Reading | None = None) -> Admission:
        return self.contract.admission(self._org.at(reading))

    def pace(self, reading: Reading | None = None) -> tuple[int, int]:
        """How many more can be admitted without a decision, and when the next period begins."""
        return self.contract.pace(self._org.at(reading))

    def show(self, account: Address, reading: Reading | None = None) -> MemberView:
        return self.views([account], self._org.at(reading))[0]

    def all(self, reading: Reading | None = None) -> list[MemberView]:
        """Everyone who ever applied, in order of the first application or seat."""
        reading = self._org.at(reading)
        events = self._org.events(self.contract.address, ["Applied"], reading)
        accounts = dict.fromkeys(event.arguments["organization"] for event in events)
        return self.views([*accounts], reading)

    def views(self, accounts: Sequence[Address], reading: Reading) -> list[MemberView]:
        """Register entries; a profile that cannot be read gives no name."""
        constituencies, kinds = self.constituencies(reading), self.kinds(reading)
        standings = self.contract.standings_of(reading, accounts)
        profiles = self.contract.profiles_of(reading, accounts)
        return [
            MemberView(
                account=account,
                standing=standing,
                constituency=constituencies[standing.constituency] if profile else "",
                kind=kinds[standing.kind] if profile else "",
                profile=profile,
                name=self.name(profile),
            )
            for account, standing, profile in zip(accounts, standings, profiles, strict=True)
        ]

    def name(self, profile: Cid | None) -> str | None:
        """The name in a profile; None when there is none or it cannot be read."""
        try:
            return Profile(**self._org.document(profile)).name if profile else None
        except (Unreachable, InvalidInput, ValueError, TypeError):
            return None

    def apply(self, kind: str, profile: Profile, kinds: Sequence[str] = ()) -> Call:
        """Apply for a seat, in the constituency that the adoption names.

        Args:
            kinds: the register's kinds, when they were read before; saves a read for each of many.
        """
        block = encode(profile)
        kind_index = _index(kinds or self.kinds(), kind, "kind of organization", "kinds")
        return _with(self.contract.apply(kind_index, Cid.of(block)), block)

    def join(
        self, kind: str, profile: Profile, constituency: str, pledge: Pledge | None
    ) -> Joining:
        """What the signer still has to do to join, by what is on chain; nothing with a seat."""
        reading, account = self._org.at(None), self._org.signer.address
        status = self.contract.standing_of(reading, account).status
        if status in (Status.OBJECTED, Status.ACTIVE, Status.SUSPENDED):
            return Joining(adoption=None, calls=())
        calls: list[Call] = [] if status == Status.APPLIED else [self.apply(kind, profile)]
        if self.admission(reading).method == AdmissionMethod.OPEN:
            calls.append(self.admit(account))
        adoption = self._org.constitution.adoption(account, constituency, pledge, reading=reading)
        record = self._org.constitution.adoption_of(account, reading)
        same = status == Status.APPLIED or record.constituency == adoption.constituency
        needed = None if record.at and same else adoption
        return Joining(adoption=needed, calls=tuple(calls))

    def turn(self, now: int, reading: Reading | None = None) -> Turn:
        """Applications whose window is over at `now`, in order of application, and the pace.

        Those that would need a new adoption first, or another one, are left out.
        """
        reading = self._org.at(reading)
        events = self._org.events(self.contract.address, ["Applied"], reading)
        accounts = [*dict.fromkeys(event.arguments["organization"] for event in events)]
        version = self._org.constitution.version(reading).number
        records = self._org.constitution.contract.adoptions_of(reading, accounts, version)
        standings = self.contract.standings_of(reading, accounts)
        remaining, next_period = self.pace(reading)
        if now >= next_period:
            active = self.contract.active_seats(reading)
            remaining = pace_limit(self.admission(reading), active)
        due = tuple(
            account
            for account, standing, record in zip(accounts, standings, records, strict=True)
            if standing.status == Status.APPLIED and standing.admissible_at <= now
            if record.at and record.constituency == standing.constituency
        )
        return Turn(due=due, remaining=remaining, next_period=next_period)

    def object(self, organization: Address, reason: str) -> Call:
        block = encode(made(Reason, text=reason))
        return _with(self.contract.object(organization, Cid.of(block)), block)

    def admit(self, organization: Address) -> Call:
        return self.contract.admit(organization)

    def decide(self, organization: Address, admitted: bool, reason: str) -> Call:
        """Admit or refuse an applicant by decision."""
        block = encode(made(Reason, text=reason))
        return _with(self.contract.decide(organization, admitted, Cid.of(block)), block)

    def leave(self, reason: str) -> Call:
        block = encode(made(Reason, text=reason))
        return _with(self.contract.leave(Cid.of(block)), block)

    def change_profile(self, profile: Profile) -> Call:
        block = encode(profile)
        return _with(self.contract.change_profile(Cid.of(block)), block)

    def set_admission(self, admission: Admission) -> Call:
        return self.contract.set_admission(admission)


class Assembly:
    """All active seats deciding."""

    def __init__(self, organization: MetaOrganization) -> None:
        self._org = organization
        self.contract = onchain_assembly.Assembly(organization.modules.assembly)

    def rules(self, reading: Reading | None = None) -> list[Rule]:
        return self.contract.rules(self._org.at(reading))

    def propose(self, calls: Sequence[Call], title: str, body: str = "") -> Call:
        """A proposal of these calls.

        Its description is the title, a link to the body, and the proposer, so that nobody else can
        propose it first.
        """
        if not calls:
            raise InvalidInput("a proposal needs at least one action")
        says = tuple(call.says for call in calls)
        record = made(Proposal, title=title, body=body, actions=says)
        block = encode(record)
        description = (
            f"# {record.title}\n\n{Cid.of(block).uri}\n\n#proposer={self._org.signer.address}"
        )
        blocks = (block, *(one for call in calls for one in call.documents))
        return _with(self.contract.propose(Actions.of(calls), description), *blocks)

    def all(self, reading: Reading | None = None) -> list[ProposalView]:
        """Every proposal, the first first."""
        reading = self._org.at(reading)
        return [self._view(event, reading) for event in self._created(reading)]

    def show(self, number: int, reading: Reading | None = None) -> ProposalView:
        """One proposal.

        Raises:
            Refused: there is none with this number.
        """
        return self.find(str(number), reading)

    def find(self, name: str, reading: Reading | None = None) -> ProposalView:
        """The proposal that a person means.

        Args:
            name: its number, the first digits of it (at least four, of one proposal only), or `#3`,
                the third that was proposed.

        Raises:
            Refused: there is none, or more than one.
        """
        reading = self._org.at(reading)
        named = {str(e.arguments["proposalId"]): e for e in self._created(reading)}
        matches = [name] if name in named else []
        if re.fullmatch(r"#[1-9]\d{0,8}", name, re.ASCII):
            matches = [*named][int(name[1:]) - 1 : int(name[1:])]
        elif not matches and len(name) >= SHORTEST_PREFIX:
            matches = [number for number in named if number.startswith(name)]
        if len(matches) != 1:
            count = "more than one" if matches else "no"
            raise Refused(
                f"there is {count} proposal {name:.80}: give its number, {SHORTEST_PREFIX} or more "
                "of its first digits, or #3 for the third; `assembly list` shows all"
            )
        return self._view(named[matches[0]], reading)

    def known(self, number: int, reading: Reading | None = None) -> bool:
        """Whether there is a proposal with this number."""
        events = self._created(self._org.at(reading))
        return any(event.arguments["proposalId"] == number for event in events)

    def vote(self, number: int, support: int, reason: str = "") -> Call:
        """Cast the signer's vote: 0 against, 1 for, 2 abstain."""
        return self.contract.vote(number, support, reason)

    def queue(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.queue(proposal.number, actions, proposal.description)

    def execute(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.execute(proposal.number, actions, proposal.description)

    def cancel(self, proposal: ProposalView) -> Call:
        actions = Actions.of(proposal.calls)
        return self.contract.cancel(proposal.number, actions, proposal.description)

    def number(self, call: Call) -> int:
        """The number that a proposing call will have."""
        raw = self.contract.decode_call(call)
        actions = Actions(targets=raw["targets"], values=raw["values"], calldatas=raw["calldatas"])
        return proposal_id(actions, raw["description"])

    def _created(self, reading: Reading) -> list[Event]:
        return self._org.events(self.contract.address, ["ProposalCreated"], reading)

    def _view(self, event: Event, reading: Reading) -> ProposalView:
        raw, number = event.arguments, event.arguments["proposalId"]
        state = self.contract.state(reading, number)
        tallies = self.contract.tallies(reading, number)
        voting_over = reading.block.time > state.deadline
        title, body = read_description(raw["description"])
        says = self._says(body, len(raw["targets"]))
        return ProposalView(
            number=number,
            title=title,
            body=body,
            description=raw["description"],
            calls=tuple(
                Call(to=to, value=value, data=data, says=words)
                for to, value, data, words in zip(
                    raw["targets"], raw["values"], raw["calldatas"], says, strict=True
                )
            ),
            state=state,
            tallies=tuple(tallies),
            outcome=self._outcome(state, tallies, reading) if voting_over else None,
        )

    def _outcome(
        self, state: ProposalState, tallies: Sequence[ClassTally], reading: Reading
    ) -> Outcome:
        return decide(state.rule, tallies, self._org.membership.constituencies(reading))

    def _says(self, body: Cid | None, count: int) -> Sequence[str]:
        """The proposer's words for each action, which nobody has checked; empty when unreadable."""
        try:
            said = Proposal(**self._org.document(body)).actions if body else ()
        except (Unreachable, InvalidInput, ValueError, TypeError):
            said = ()
        return said if len(said) == count else [""] * count


class Commons:
    """Shared resources by the hash of their content."""

    def __init__(self, organization: MetaOrganization) -> None:
        self._org = organization
        self.contract = onchain_commons.Commons(organization.modules.commons)

    def publish(
        self,
        data: bytes,
        description: Description,
        *,
        licence: str,
        access: Access = Access.PUBLIC,
        previous: Cid | None = None,
    ) -> Call:
        """Publish a file of at most 1 MiB; its size is filled into the description.

        Args:
            licence: an SPDX identifier, like CC-BY-SA-4.0.
            previous: the resource of which this is the new version.
        """
        if len(data) > BLOCK_LIMIT:
            raise InvalidInput(f"the file has {len(data)} bytes; at most {BLOCK_LIMIT} fit a block")
        if not _LICENCE.fullmatch(licence):
            raise InvalidInput(f"{licence!r} is not an SPDX licence identifier like CC-BY-SA-4.0")
        described = encode(description.model_copy(update={"size": len(data)}))
        call = self.contract.publish(
            Cid.of(data),
            access=access,
            licence=licence,
            description=Cid.of(described),
            previous=previous,
        )
        return _with(call, data, described)

    def cite(self, cid: Cid, context: Cid | None = None) -> Call:
        return self.contract.cite(cid, context)

    def cited(self, cid: Cid, context: Cid | None, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has recorded this very use before."""
        digest = context.digest if context else bytes(32)
        return self._recorded("Cited", "seat", reading, digest=cid.digest, context=digest)

    def published(self, cid: Cid, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has published this very content before."""
        return self._recorded("Published", "steward", reading, digest=cid.digest)

    def all(self, reading: Reading | None = None) -> list[ResourceView]:
        reading = self._org.at(reading)
        digests = self.contract.digests(reading)
        return [self._view(found) for found in self.contract.resources(reading, digests)]

    def show(self, cid: Cid, reading: Reading | None = None) -> ResourceView:
        return self._view(self.contract.resource(self._org.at(reading), cid.digest))

    def fetch(self, cid: Cid) -> bytes:
        """A resource's bytes, verified against its CID."""
        return self._org.store.get(cid)

    def verify(self, reading: Reading | None = None) -> dict[Cid, str]:
        """What is wrong with the content of each recorded resource; empty when all is well."""
        faults = {}
        for view in self.all(reading):
            for cid in (view.resource.cid, view.resource.description):
                fault = self._fault(cid)
                if fault:
                    faults[cid] = fault
        return faults

    def _recorded(self, name: str, role: str, reading: Reading | None, **wanted: Any) -> bool:
        reading = self._org.at(reading)
        standing = self._org.membership.contract.standing_of(reading, self._org.signer.address)
        wanted[role] = standing.seat
        events = self._org.events(self.contract.address, [name], reading)
        return any(wanted.items() <= event.arguments.items() for event in events)

    def _fault(self, cid: Cid) -> str:
        try:
            self._org.store.get(cid)
        except ContentCorrupt as error:
            return f"corrupt: {error}"
        except Unreachable as error:
            return f"unknown: {error}"
        return ""

    def _view(self, resource: Resource) -> ResourceView:
        try:
            title = Description(**self._org.document(resource.description)).title
        except (Unreachable, InvalidInput, ValueError, TypeError):
            title = None
        return ResourceView(resource=resource, title=title)


def _index(names: Sequence[str], name: str, one: str, many: str) -> int:
    if name not in names:
        raise InvalidInput(f"{name!r} is not a {one}; the {many} are {', '.join(names)}")
    return names.index(name)


def _with(call: Call, *blocks: bytes) -> Call:
    return call.model_copy(update={"documents": blocks})
