"""What the chain says of a meta-organization at one block, as plain values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Block
from metaorg.onchain.inter_constitution import Version
from metaorg.rules.admission import Admission, Readoption
from metaorg.rules.decision import Rule
from metaorg.rules.membership import Standing
from metaorg.types import Address, Digest, Event, Hex, Model

FRONT_DOOR = "metaOrganization"
"""The front door's name among its modules; it does not register itself."""
NEWEST = 1_800
"""Activities that the log holds, the newest: so many fit one block, however long the ids are."""
OPEN = ("pending", "active", "succeeded", "queued")
"""States of a proposal that can still be carried out."""
_ACTORS = {"ProposalCreated": "proposer", "VoteCast": "voter", "VoteCastWithParams": "voter"}
"""Events that members cause, and the argument that names the member."""


class Assignment(Model):
    """A function with a decision rule of its own."""

    target: Address
    selector: Hex
    rule: int


class ProposalFacts(Model):
    """A proposal; `state` is one of the Governor's, in small letters."""

    number: int
    description: str
    state: str
    actions: Actions


class Activity(Model):
    """What a member did with a proposal."""

    what: Literal["proposal", "vote"]
    proposal: int
    member: Address


class Facts(Model):
    """A meta-organization at one block.

    Args:
        name: as its front door says it. charter: digest of the charter document, zero for none.
        contracts: by name, the front door first, the others in order of their first registration.
        members: accounts with an active seat, by seat number.
        constituencies: name and active seats of each, by index. votes: that are counted in each.
        affiliated: active seats of groups that share a vote. kinds: of organizations.
        version: of the InterConstitution, in force.
        voting_delay: seconds. open_proposals: of one seat, at once.
        rules: by number. weights: of the constituencies in basis points, by index; none where none
            are set. assignments: by target and selector.
        proposals, activities: in order of the chain. earlier: activities before those, untold.
    """

    chain_id: int
    block: Block
    name: str
    charter: Digest
    contracts: tuple[tuple[str, Address], ...]
    members: tuple[Address, ...]
    constituencies: tuple[tuple[str, int], ...]
    votes: tuple[int, ...]
    affiliated: int
    kinds: tuple[str, ...]
    version: Version
    admission: Admission
    readoption: Readoption
    voting_delay: int
    open_proposals: int
    rules: tuple[Rule, ...]
    weights: tuple[int, ...]
    assignments: tuple[Assignment, ...]
    proposals: tuple[ProposalFacts, ...]
    activities: tuple[Activity, ...]
    earlier: int = 0

    def contract(self, name: str) -> Address:
        """The address of a contract that every meta-organization has."""
        return dict(self.contracts)[name]

    def caip10(self, address: Address) -> str:
        """An account of this chain, everywhere unique (CAIP-10)."""
        return f"eip155:{self.chain_id}:{address}"


def constituencies(
    names: Sequence[str], standings: Iterable[Standing]
) -> tuple[tuple[str, int], ...]:
    """Name and active seats of each, by index."""
    seats = Counter(standing.constituency for standing in standings if standing.active)
    return tuple((name, seats[index]) for index, name in enumerate(names))


def votes(count: int, standings: Iterable[Standing]) -> tuple[int, ...]:
    """The votes that are counted in each of `count` constituencies; affiliated seats share one."""
    places = {standing.place for standing in standings if standing.active}
    counted = Counter(votes_in for votes_in, _ in places)
    return tuple(counted[index] for index in range(count))


def affiliated(standings: Iterable[Standing]) -> int:
    """How many active seats are of a group."""
    return sum(1 for standing in standings if standing.active and standing.group)


def assignments(assigned: Mapping[tuple[Address, bytes], int]) -> tuple[Assignment, ...]:
    """(target, selector) -> number of the rule, in the order in which documents tell it."""
    return tuple(
        Assignment(target=target, selector=selector, rule=assigned[target, selector])
        for target, selector in sorted(assigned)
    )


def activities(events: Iterable[Event]) -> tuple[Activity, ...]:
    """What members did, by events of the Assembly in order; those of others are passed over."""
    return tuple(
        Activity(
            what="proposal" if event.name == "ProposalCreated" else "vote",
            proposal=event.arguments["proposalId"],
            member=event.arguments[_ACTORS[event.name]],
        )
        for event in events
        if event.name in _ACTORS
    )


def contracts(
    front_door: Address, registered: Iterable[tuple[str, Address]]
) -> tuple[tuple[str, Address], ...]:
    """Contracts by name from registrations in order; a later one replaces an earlier one."""
    return tuple({FRONT_DOOR: front_door, **dict(registered)}.items())
