"""Signed acts of many organizations, sent in as few transactions as possible.

An act that is refused spoils only itself: it is found by a trial before anything is sent, or told
by the contracts when something else came first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from metaorg.errors import MetaorgError, Unreachable
from metaorg.onchain import reverts, transactions
from metaorg.onchain.assembly import Assembly, PlainVote
from metaorg.onchain.chain import Chain
from metaorg.onchain.relay import Act, Relay
from metaorg.types import Address, Call, Event, Hex, Model, Receipt

BATCH = 500
"""Plain votes in one call, at most."""
ROOM = 13_000_000
"""Gas that the acts of one transaction may use together; with the margins of a transaction it stays
under what one may have (2^24, EIP-7825)."""
MARGIN = 1.2
"""Over the gas of the trial: what comes first in the same transaction can make an act dearer."""
AFTERWARDS = 600_000
"""Gas for a call that cannot be tried alone, because one before it has to be done: an application,
an admission or a change of account takes up to 250,000, and the signatures of a Safe some more."""
SENT, VALID, REFUSED = "sent", "valid", "refused"


class Vote(Model):
    """A vote that can be cast in one call with others of its proposal."""

    proposal: int
    plain: PlainVote


class Errand(Model):
    """What a file of signed acts asks for, and what became of it.

    Args:
        about: whom and what it concerns, for people.
        calls: what carries it out, in order; none when there is nothing to do.
        vote: the vote that the only call casts, where others can be cast with it.
        outcome: empty until it is known; "sent", "valid" (it could be sent), "refused" or, for what
            was done before, "... already". reason: why it was refused.
    """

    about: Mapping[str, Any] = Field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    vote: Vote | None = None
    outcome: str = ""
    reason: str = ""
    transaction: Hex | None = None

    def refused(self, reason: object) -> "Errand":
        return self.model_copy(update={"outcome": REFUSED, "reason": str(reason)})

    def sent(self, transaction: bytes) -> "Errand":
        return self.model_copy(update={"outcome": SENT, "transaction": transaction})


class Parcel(Model):
    """Acts that go into one transaction together, and the places of the errands that they are."""

    acts: tuple[Act, ...]
    errands: tuple[int, ...]

    @property
    def gas(self) -> int:
        return sum(gas for _, gas in self.acts)


def tried(chain: Chain, relay: Relay, errands: Sequence[Errand], sender: Address) -> list[Errand]:
    """The errands with an outcome: those that could be sent now are valid."""
    made = list(errands)
    places = [place for place, errand in enumerate(made) if not errand.outcome]
    found = transactions.refusals(chain, [(made[place].calls[0], sender) for place in places])
    for place, refusal in zip(places, found, strict=True):
        errand = made[place]
        if isinstance(refusal, Unreachable):
            raise refusal
        if refusal is not None:
            made[place] = errand.refused(refusal)
        elif len(errand.calls) > 1 and not _all_done(chain, relay, errand):
            made[place] = errand.refused(
                "its first step would be done, and a later one refused: send the adoption alone "
                "(`metaorg constitution adopt --signed`), then this again, which will say why"
            )
        else:
            made[place] = errand.model_copy(update={"outcome": VALID})
    return made


def loads(
    chain: Chain, relay: Relay, assembly: Assembly, errands: Sequence[Errand], sender: Address
) -> list["Load"]:
    """What to send for the valid ones of these errands, a load for each transaction."""
    parcels = _parcels(assembly, chain, errands, sender)
    return [Load(relay, some) for some in _grouped(parcels)]


class Load:
    """One transaction."""

    def __init__(self, relay: Relay, parcels: Sequence[Parcel]) -> None:
        self._relay, self._parcels = relay, parcels

    @property
    def call(self) -> Call:
        return self._relay.relay([act for parcel in self._parcels for act in parcel.acts])

    def told(self, errands: Sequence[Errand], receipt: Receipt) -> Iterator[tuple[int, Errand]]:
        """What became of each errand of this transaction, with its place."""
        undone = self._relay.refused(receipt.events)
        uncounted = dict(_uncounted(receipt.events))
        first = 0
        for parcel in self._parcels:
            places = range(first, first + len(parcel.acts))
            first += len(parcel.acts)
            why: object = next((undone[place] for place in places if place in undone), None)
            for place in parcel.errands:
                errand = errands[place]
                vote = errand.vote
                reason = why or (vote and uncounted.get((vote.proposal, vote.plain[0])))
                yield (
                    place,
                    errand.refused(reason) if reason else errand.sent(receipt.transaction),
                )


def _all_done(chain: Chain, relay: Relay, errand: Errand) -> bool:
    acts = [(call, AFTERWARDS) for call in errand.calls]
    return relay.done(chain.at(), acts) == len(acts)


def _parcels(
    assembly: Assembly, chain: Chain, errands: Sequence[Errand], sender: Address
) -> list[Parcel]:
    votes: dict[int, list[int]] = defaultdict(list)
    planned: list[tuple[tuple[Call, ...], tuple[int, ...]]] = []
    for place, errand in enumerate(errands):
        if errand.outcome != VALID:
            continue
        if errand.vote is None:
            planned.append((errand.calls, (place,)))
        else:
            votes[errand.vote.proposal].append(place)
    for proposal, places in votes.items():
        for start in range(0, len(places), BATCH):
            part = tuple(places[start : start + BATCH])
            cast = [vote.plain for vote in (errands[place].vote for place in part) if vote]
            planned.append(((assembly.vote_batch(proposal, cast),), part))
    gas = transactions.simulate_each(chain, [(calls[0], sender) for calls, _ in planned])
    return [
        Parcel(acts=_with_gas(calls, first), errands=places)
        for (calls, places), first in zip(planned, gas, strict=True)
    ]


def _with_gas(calls: Sequence[Call], first: int | MetaorgError) -> tuple[Act, ...]:
    """Calls with the gas of each.

    Raises:
        MetaorgError: the first one, which could be made a moment ago, could not any more.
    """
    if isinstance(first, MetaorgError):
        raise first
    return ((calls[0], int(first * MARGIN)), *((call, AFTERWARDS) for call in calls[1:]))


def _grouped(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Parcels by transaction, in order, each within its room."""
    load: list[Parcel] = []
    for parcel in parcels:
        if load and sum(one.gas for one in load) + parcel.gas > ROOM:
            yield load
            load = []
        load.append(parcel)
    if load:
        yield load


def _uncounted(events: Iterable[Event]) -> Iterator[tuple[tuple[int, Address], str]]:
    """Votes of a batch that were not counted: proposal and voter, and why, in words."""
    for event in events:
        if event.name == "VoteRefused":
            proposal, voter, selector = (
                event.arguments[name] for name in ("proposalId", "voter", "reason")
            )
            _, notice = reverts.errors().get(selector, ({}, f"error 0x{selector.hex()}"))
            yield (proposal, voter), notice
