"""From events to state: what the contracts must answer if they keep their rules."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metaorg.audit.read import Evidence, Timed
from metaorg.onchain.assembly import split_of
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import rule_of
from metaorg.rules.admission import Admission, Passage
from metaorg.rules.decision import Rule, Vote
from metaorg.rules.membership import Inconsistent, Register, Transition
from metaorg.rules.voting import Cast, Poll, Turns, UpgradeRequest, upgraded
from metaorg.types import Address, Hex, Model

TRANSITIONS = (
    "Applied",
    "Objected",
    "Admitted",
    "Refused",
    "Withdrawn",
    "Exited",
    "Expelled",
    "Suspended",
    "Reinstated",
    "Lapsed",
    "Resumed",
    "Affiliated",
    "Separated",
    "ConstituencyChanged",
    "Moved",
)
"""Events of the register that change a standing."""
_VOTING = {
    "Admitted": True,
    "Reinstated": True,
    "Resumed": True,
    "Exited": False,
    "Expelled": False,
    "Suspended": False,
    "Lapsed": False,
}
"""Events after which a seat is active, or is not."""

Place = tuple[int, int]
"""Where a vote counts: constituency and ordinal there."""


class Rulebook(Model):
    """How decisions were made after some event.

    Args:
        rules: by number. editions: weights in basis points, edition 1 first.
    """

    rules: tuple[Rule, ...] = ()
    assigned: Mapping[tuple[Address, bytes], int] = {}
    editions: tuple[tuple[int, ...], ...] = ()
    voting_delay: int = 0
    open_proposals: int = 0

    def weights(self, edition: int) -> tuple[int, ...]:
        """The weights of an edition; none in edition 0, or in one that was not told."""
        return dict(enumerate(self.editions, 1)).get(edition, ())


class Ballot(Model):
    """A vote as it was told.

    Args:
        place: where it counts, which one vote can take; None without an active seat then.
        units: against, for and abstaining; None when they are not 10,000 together.
        weight: units, as told.
    """

    time: int
    voter: Address
    place: Place | None
    units: tuple[int, int, int] | None
    weight: int
    reason: str


class Refusal(Model):
    """A signed vote that was not counted; `place` as in `Ballot`, and whether that had voted."""

    voter: Address
    reason: Hex
    place: Place | None
    voted: bool


class Asked(Model):
    """A request for the upgrade of a proposal, as it was told.

    Args:
        place: where the seat's vote counted then; None when it was not active.
        active: active votes of the constituency of that place then.
    """

    time: int
    seat: int
    constituency: int
    place: Place | None
    active: int


class Proposed(Model):
    """A proposal as its events tell: what, when, by which rule, who voted how, how it ended.

    Args:
        seat: the proposer's, 0 when it had no active one.
        crowded: why the seat could not propose once more; empty when it could.
        rulebook: when it was proposed. frozen: the rule as told; None when that was not told.
        extended_to: deadlines of extensions that were told. queued_at, eta, executed_at: 0
            until then.
    """

    number: int
    proposer: Address
    seat: int
    crowded: str
    block: int
    time: int
    snapshot: int
    voting_end: int
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    calldatas: tuple[Hex, ...]
    description: str
    rulebook: Rulebook
    frozen: Rule | None
    edition: int
    asked: tuple[Asked, ...] = ()
    upgraded_by: tuple[int, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    extended_to: tuple[int, ...] = ()
    queued_at: int = 0
    eta: int = 0
    executed_at: int = 0
    ending: str = ""

    def rule(self) -> Rule:
        """The rule that decides: as frozen, and upgraded where a constituency asked for it.

        Raises:
            Inconsistent: a request that could not be made. LookupError: no rule was told.
        """
        if self.frozen is None:
            raise LookupError(f"proposal {self.number} has no rule")
        return upgraded(
            self.frozen,
            [
                UpgradeRequest(
                    seat=one.seat,
                    constituency=one.constituency,
                    ordinal=one.place[1],
                    active=one.active,
                )
                for one in self.asked
                if one.place is not None
            ],
        )

    def poll(self, rule: Rule, seats: Sequence[int]) -> "Counted":
        """The votes, counted one after the other.

        Args:
            seats: active votes of each constituency at the snapshot.
        """
        weights = self.rulebook.weights(self.edition)
        poll, uncounted = Poll(rule, self.snapshot, seats, weights), []
        for ballot in self.ballots:
            try:
                poll.count(_cast(ballot))
            except Inconsistent as error:
                uncounted.append((ballot, str(error)))
        return Counted(poll, uncounted)

    def state(self, poll: Poll, now: int) -> str:
        """The Governor's state at a time, if the votes came out so."""
        if self.ending == "canceled":
            return "canceled"
        if now <= self.snapshot:
            return "pending"
        if now <= poll.deadline:
            return "active"
        return (self.ending or "succeeded") if poll.outcome.passed else "defeated"


class Counted:
    """A poll, and the votes that cannot have been counted, each with the reason."""

    def __init__(self, poll: Poll, uncounted: Sequence[tuple[Ballot, str]]) -> None:
        self.poll, self.uncounted = poll, uncounted


def _cast(ballot: Ballot) -> Cast:
    if ballot.place is None:
        raise Inconsistent("there was no active seat at the snapshot")
    if ballot.units is None:
        raise Inconsistent("its parts are not 10,000 units together")
    constituency, ordinal = ballot.place
    vote = Vote(constituency=constituency, units=ballot.units)
    return Cast(time=ballot.time, ordinal=ordinal, vote=vote)


def register(evidence: Evidence) -> Register:
    """The register of seats.

    Raises:
        Inconsistent: the events contradict each other.
    """
    events = evidence.of(evidence.modules.membership, *TRANSITIONS)
    return Register(transition(timed) for timed in events)


def transition(timed: Timed) -> Transition:
    """One event of the register as the rules know it."""
    given = timed.event.arguments
    return Transition(
        time=timed.time,
        name=timed.name,
        organization=given["from"] if timed.name == "Moved" else given["organization"],
        constituency=given.get("constituency", 0),
        kind=given.get("kind", 0),
        admissible_at=given.get("admissibleAt", 0),
        seat=given.get("seat", 0),
        ordinal=given.get("ordinal", 0),
        group=given.get("group", 0),
        to=given.get("to"),
    )


def passages(evidence: Evidence) -> list[Passage]:
    """What went through the gate of admission: rules, and admissions that nobody decided."""
    modules = evidence.modules
    decided = {_whose(timed) for timed in evidence.of(modules.membership, "AdmittedByDecision")}
    active: set[int] = set()
    found: list[Passage] = []
    for timed in evidence.of(modules.membership, "AdmissionChanged", *_VOTING):
        given = timed.event.arguments
        if timed.name == "AdmissionChanged":
            rule = Admission(**given["admission"])
            found.append(Passage(time=timed.time, active=len(active), rule=rule))
            continue
        if timed.name == "Admitted" and found and _whose(timed) not in decided:
            found.append(Passage(time=timed.time, active=len(active)))
        (active.add if _VOTING[timed.name] else active.discard)(given["seat"])
    return found


def _whose(timed: Timed) -> tuple[bytes, Address]:
    return timed.event.transaction, timed.event.arguments["organization"]


def rulebook(evidence: Evidence) -> Rulebook:
    """How decisions are made now.

    Raises:
        Inconsistent: weights of an edition that is not the next one.
    """
    book = Rulebook()
    for timed in evidence.of(evidence.modules.rulebook):
        book = _amended(book, timed)
    return book


def _amended(book: Rulebook, timed: Timed) -> Rulebook:
    change = _AMENDMENTS.get(timed.name)
    return book.model_copy(update=change(book, timed.event.arguments)) if change else book


def _rule_set(book: Rulebook, given: Mapping[str, Any]) -> dict[str, Any]:
    index, rule = given["index"], rule_of(given["rule"])
    return {"rules": (*book.rules[:index], rule, *book.rules[index + 1 :])}


def _assigned(book: Rulebook, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"assigned": {**book.assigned, (given["target"], given["selector"]): given["index"]}}


def _unassigned(book: Rulebook, given: Mapping[str, Any]) -> dict[str, Any]:
    gone = (given["target"], given["selector"])
    return {"assigned": {key: index for key, index in book.assigned.items() if key != gone}}


def _weighed(book: Rulebook, given: Mapping[str, Any]) -> dict[str, Any]:
    if given["edition"] != len(book.editions) + 1:
        raise Inconsistent(f"edition {given['edition']} of the weights after {len(book.editions)}")
    return {"editions": (*book.editions, tuple(given["weights"]))}


_AMENDMENTS: dict[str, Callable[[Rulebook, Mapping[str, Any]], dict[str, Any]]] = {
    "RuleSet": _rule_set,
    "RuleAssigned": _assigned,
    "RuleUnassigned": _unassigned,
    "WeightsSet": _weighed,
    "VotingDelayChanged": lambda _, given: {"voting_delay": given["votingDelay"]},
    "OpenProposalsChanged": lambda _, given: {"open_proposals": given["openProposals"]},
}


def proposals(evidence: Evidence) -> list[Proposed]:
    """Every proposal, in order, each with the rules and the register that it met.

    Raises:
        Inconsistent: an event of a proposal that was never made, or of a register that cannot be.
    """
    walk = _Walk(evidence.modules)
    for timed in evidence.events:
        walk.follow(timed)
    return walk.done()


class _Walk:
    """Through all events in order, so that each vote meets the register as it was.

    Where a vote counts is asked of the register at the moment of the vote, as the contract does:
    the account that voted may have given its seat to another one since.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._register, self._holders = Register([]), dict[int, Address]()
        self._book = Rulebook()
        self._found: dict[int, dict[str, Any]] = {}
        self._frozen: dict[int, Mapping[str, Any]] = {}
        self._turns: dict[int, Turns] = {}
        self._voted_at: set[tuple[int, Place | None]] = set()
        self._constituencies = 0
        self._active: list[int] | None = None
        """Active votes of each constituency now; None when they are to be counted again."""

    def done(self) -> list[Proposed]:
        for number in self._frozen:
            raise Inconsistent(f"RuleFrozen on proposal {number}, never proposed")
        return [Proposed(**parts) for parts in self._found.values()]

    def follow(self, timed: Timed) -> None:
        contract = timed.event.contract
        if contract == self._modules.membership:
            self._follow_register(timed)
        elif contract == self._modules.rulebook:
            self._book = _amended(self._book, timed)
        elif contract == self._modules.assembly:
            self._follow_assembly(timed)

    def _follow_register(self, timed: Timed) -> None:
        given, self._active = timed.event.arguments, None
        if timed.name in TRANSITIONS:
            self._register.follow(transition(timed))
        if timed.name in ("Admitted", "Moved"):
            self._holders[given["seat"]] = given.get("to") or given["organization"]
        self._constituencies += timed.name == "ConstituencyAdded"

    def _follow_assembly(self, timed: Timed) -> None:
        given = timed.event.arguments
        number = given.get("proposalId")
        if timed.name == "RuleFrozen":
            self._frozen[given["proposalId"]] = given
        elif timed.name == "ProposalCreated":
            self._found[given["proposalId"]] = self._created(timed)
        elif number is not None and number not in self._found:
            raise Inconsistent(f"{timed.name} on proposal {number}, never proposed")
        elif number is not None and timed.name in self._STEPS:
            self._STEPS[timed.name](self, timed, self._found[number])

    def _created(self, timed: Timed) -> dict[str, Any]:
        given = timed.event.arguments
        standing = self._register.standings.get(given["proposer"])
        seat = standing.seat if standing and standing.active else 0
        frozen = self._frozen.pop(given["proposalId"], None)
        return {
            "number": given["proposalId"],
            "proposer": given["proposer"],
            "seat": seat,
            "crowded": self._take_turn(seat, given["voteEnd"], timed.time),
            "block": timed.event.block,
            "time": timed.time,
            "snapshot": given["voteStart"],
            "voting_end": given["voteEnd"],
            "targets": tuple(given["targets"]),
            "values": tuple(given["values"]),
            "calldatas": tuple(given["calldatas"]),
            "description": given["description"],
            "rulebook": self._book,
            "frozen": rule_of(frozen["rule"]) if frozen else None,
            "edition": frozen["edition"] if frozen else 0,
        }

    def _take_turn(self, seat: int, end: int, now: int) -> str:
        turns = self._turns.get(seat, Turns())
        try:
            self._turns[seat] = turns.taken(end, self._book.open_proposals, now)
        except Inconsistent as error:
            return str(error)
        return ""

    def _voted(self, timed: Timed, parts: dict[str, Any]) -> None:
        given = timed.event.arguments
        ballot = Ballot(
            time=timed.time,
            voter=given["voter"],
            place=self._place(given["voter"], parts["snapshot"]),
            units=_units(given),
            weight=given["weight"],
            reason=given["reason"],
        )
        self._voted_at.add((parts["number"], ballot.place))
        _append(parts, "ballots", ballot)

    def _refused(self, timed: Timed, parts: dict[str, Any]) -> None:
        given = timed.event.arguments
        place = self._place(given["voter"], parts["snapshot"])
        voted = (parts["number"], place) in self._voted_at
        refusal = Refusal(voter=given["voter"], reason=given["reason"], place=place, voted=voted)
        _append(parts, "refusals", refusal)

    def _place(self, voter: Address, snapshot: int) -> Place | None:
        standing = self._register.standing_at(voter, snapshot)
        return standing.place if standing.active else None

    def _asked(self, timed: Timed, parts: dict[str, Any]) -> None:
        given = timed.event.arguments
        holder = self._holders.get(given["seat"], "")
        standing = self._register.standings.get(holder)
        place = standing.place if standing and standing.active else None
        asked = Asked(
            time=timed.time,
            seat=given["seat"],
            constituency=given["constituency"],
            place=place,
            active=self._active_in(place[0], timed.time) if place else 0,
        )
        _append(parts, "asked", asked)

    def _active_in(self, constituency: int, now: int) -> int:
        if self._active is None:
            census = self._register.census_at(now, self._constituencies)
            self._active = [one.active for one in census]
        return self._active[constituency]

    def _upgraded(self, timed: Timed, parts: dict[str, Any]) -> None:
        _append(parts, "upgraded_by", timed.event.arguments["constituency"])

    def _extended(self, timed: Timed, parts: dict[str, Any]) -> None:
        end = timed.event.arguments["extendedDeadline"]
        self._change_turn(parts, end)
        _append(parts, "extended_to", end)

    def _canceled(self, _: Timed, parts: dict[str, Any]) -> None:
        self._change_turn(parts, 0)
        parts["ending"] = "canceled"

    def _change_turn(self, parts: dict[str, Any], end: int) -> None:
        turns = self._turns.get(parts["seat"], Turns())
        self._turns[parts["seat"]] = turns.changed(parts["voting_end"], end)

    def _queued(self, timed: Timed, parts: dict[str, Any]) -> None:
        eta = timed.event.arguments["etaSeconds"]
        parts |= {"ending": "queued", "eta": eta, "queued_at": timed.time}

    def _executed(self, timed: Timed, parts: dict[str, Any]) -> None:
        parts |= {"ending": "executed", "executed_at": timed.time}

    _STEPS: Mapping[str, Callable[["_Walk", Timed, dict[str, Any]], None]] = {
        "VoteCast": _voted,
        "VoteCastWithParams": _voted,
        "VoteRefused": _refused,
        "UpgradeRequested": _asked,
        "ProposalUpgraded": _upgraded,
        "ProposalExtended": _extended,
        "ProposalCanceled": _canceled,
        "ProposalQueued": _queued,
        "ProposalExecuted": _executed,
    }
    """Events of a proposal, and what they do; `VotesCounted` changes no sum."""


def _append(parts: dict[str, Any], name: str, one: object) -> None:
    parts.setdefault(name, []).append(one)


def _units(given: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """Units against, for and abstaining; None when they are not 10,000 together."""
    if "params" not in given:
        units = Vote.whole(0, given["support"]).units
        return units if any(units) else None
    try:
        return split_of(given["params"])
    except ValueError:
        return None
