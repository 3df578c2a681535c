"""Proposals and their votes, as the events and the rules lead to them.

Votes are counted as they come and not kept: a proposal holds the words of its pages of votes, as
the contract does, so that a million votes take no more room than the seats that cast them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, at, difference, unknown
from metaorg.audit.replay.front import Front, Handlers
from metaorg.audit.replay.rulebook import Book
from metaorg.audit.replay.seats import Place, Seats
from metaorg.errors import Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import split_of
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import describe_rule, rule_of
from metaorg.rules.decision import REMOVAL, UNITS_PER_SEAT, Action, Method, Rule, Vote, rule_for
from metaorg.rules.membership import Inconsistent
from metaorg.rules.voting import Poll, Turns, Units, UpgradeRequest, frozen, upgraded
from metaorg.types import Address

PAGE = 128
"""Places of one constituency in a page of votes. Source: contracts/libraries/VotePages.sol."""
NEWEST = 1_800
"""Activities that are kept, the newest: what the public documents tell of."""
_WHOLE = {support: Vote.whole(0, support).units for support in range(3)}
_ACTIVITIES = {"ProposalCreated": "proposer", "VoteCast": "voter", "VoteCastWithParams": "voter"}

Governed = Callable[[int, Address, bytes], bool]
"""Whether a target obeyed this meta-organization's Authority in a block, when called with data.

Raises Unreachable where nobody can say.
"""


@dataclass(slots=True)
class Asked:
    """A request for the upgrade of a proposal; `active`: votes of the constituency then.

    place: where the seat's vote counted then; None when it was not active.
    """

    time: int
    seat: int
    constituency: int
    place: Place | None
    active: int


@dataclass(slots=True)
class Proposed:
    """A proposal: what, when, by which rule, who voted how, how it ended. Times in Unix seconds.

    Args:
        seat: the proposer's, 0 when it had no active one. told: the rule as it was frozen; None
            when that was not told. expected: the rule that its actions and the rulebook lead to;
            None where nobody can say. edition: of the weights, as told. weights: then.
        extended_to: deadlines of extensions that were told. queued_at, eta, executed_at: 0 until
            then.
    """

    number: int
    proposer: Address
    seat: int
    block: int
    place: int
    transaction: bytes
    time: int
    snapshot: int
    voting_end: int
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    calldatas: tuple[bytes, ...]
    description: str
    told: Rule | None
    expected: Rule | None
    edition: int
    weights: tuple[int, ...]
    asked: list[Asked] = field(default_factory=list)
    upgraded_by: list[int] = field(default_factory=list)
    votes: int = 0
    refused: int = 0
    extended_to: list[int] = field(default_factory=list)
    queued_at: int = 0
    eta: int = 0
    executed_at: int = 0
    executed_in: bytes = b""
    ending: str = ""
    poll: Poll | None = None

    @property
    def rule(self) -> Rule | None:
        """The rule that it begins with."""
        return self.expected or self.told

    def voted(self, place: Place) -> bool:
        """Whether the seat of a place has voted."""
        constituency, ordinal = place
        pages = self.poll.pages if self.poll else {}
        return bool(pages.get((constituency, ordinal // PAGE), 0) >> ordinal % PAGE & 1)

    def upgraded_rule(self) -> Rule:
        """The rule that decides.

        Raises:
            Inconsistent: a request that could not be made. LookupError: no rule is known.
        """
        if self.rule is None:
            raise LookupError(f"proposal {self.number} has no rule")
        requests = (
            UpgradeRequest(
                seat=one.seat, constituency=one.place[0], ordinal=one.place[1], active=one.active
            )
            for one in self.asked
            if one.place is not None
        )
        return upgraded(self.rule, requests)

    def majority(self) -> Iterator[int]:
        """The constituency whose request was the one that made it more than half; or none."""
        asked: Counter[int] = Counter()
        for one in self.asked:
            asked[one.constituency] += 1
            if asked[one.constituency] * 2 > one.active:
                yield one.constituency
                return


class Decisions:
    """All proposals.

    Args (attributes): found: by number, in order. votes: how many were told of. activities: the
        newest proposals and votes: what, which proposal, which member.
    """

    PARTS = ("found", "votes", "activities", "_frozen", "_turns")

    def __init__(
        self,
        modules: Modules,
        parts: tuple[Front, Seats, Book],
        governed: Governed,
        findings: list[Finding],
    ) -> None:
        self._modules, self._governed, self._findings = modules, governed, findings
        self._front, self._seats, self._book = parts
        self._kernel = kernel_of(modules)
        self.found: dict[int, Proposed] = {}
        self.votes = 0
        self.activities: list[tuple[Literal["proposal", "vote"], int, Address]] = []
        self._frozen: dict[int, dict[str, Any]] = {}
        self._turns: dict[int, Turns] = {}

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        steps = {name: self._step(act) for name, act in self._STEPS.items()}
        return {
            "assembly": {
                "RuleFrozen": self._freeze,
                "ProposalCreated": self._create,
                "VoteCast": self._vote,
                "VoteCastWithParams": self._vote,
                **steps,
            }
        }

    @property
    def unmade(self) -> list[int]:
        """Proposals for which a rule was frozen, and which nobody made."""
        return [*self._frozen]

    def poll_of(self, proposed: Proposed) -> Poll:
        """The votes, counted; opened when voting begins, for then the electorate is settled.

        Raises:
            LookupError: no rule is known.
        """
        if proposed.poll is None:
            proposed.poll = self._open(proposed)
        return proposed.poll

    def _open(self, proposed: Proposed) -> Poll:
        count = len(self._front.constituencies)
        census = self._seats.register.census_at(proposed.snapshot, count)
        try:
            rule = proposed.upgraded_rule()
        except Inconsistent as error:
            assert proposed.rule is not None  # or it would be a LookupError
            rule = proposed.rule
            expected = "one that the rule allows"
            self._wrong(
                "decision.upgrade", f"upgrade of {name(proposed)}", expected, str(error), proposed
            )
        return Poll(rule, proposed.snapshot, [one.active for one in census], proposed.weights)

    # ------------------------------------------------------------------ proposals

    def _freeze(self, event: Happened) -> None:
        self._frozen[event.arguments["proposalId"]] = event.arguments

    def _create(self, event: Happened) -> None:
        given, number = event.arguments, event.arguments["proposalId"]
        told = self._frozen.pop(number, None)
        standing = self._seats.register.standings.get(given["proposer"])
        edition = told["edition"] if told else 0
        proposed = Proposed(
            number=number,
            proposer=given["proposer"],
            seat=standing.seat if standing and standing.active else 0,
            block=event.block,
            place=event.place,
            transaction=event.transaction,
            time=event.time,
            snapshot=_time(given["voteStart"]),
            voting_end=_time(given["voteEnd"]),
            targets=tuple(given["targets"]),
            values=tuple(given["values"]),
            calldatas=tuple(given["calldatas"]),
            description=given["description"],
            told=rule_of(told["rule"]) if told else None,
            expected=None,
            edition=edition,
            weights=self._book.weights(edition),
        )
        self.found[number] = proposed
        self.activities.append(("proposal", number, proposed.proposer))
        self._rule(proposed)
        self._making(proposed)

    def _rule(self, proposed: Proposed) -> None:
        """The rule by its actions and the rulebook at that time, against the one that was told."""
        subject = f"rule of {name(proposed)}"
        try:
            proposed.expected = expected_rule(proposed, self._book, self._modules, self._governed)
        except Unreachable as error:
            self._findings.append(
                unknown("decision.rule", subject, "what its targets obey", str(error), at(proposed))
            )
            return
        except LookupError:
            seen = "one that was never set"
            self._wrong("decision.rule", subject, "one of the rulebook", seen, proposed)
            return
        except ValueError as error:
            self._wrong("decision.rule", subject, "one of the rulebook", str(error), proposed)
            return
        told = describe_rule(proposed.told) if proposed.told else "none"
        self._agree("decision.rule", subject, describe_rule(proposed.expected), told, proposed)

    def _making(self, proposed: Proposed) -> None:
        """Who held an active seat proposed, in turn, with the weights and times of the rulebook."""
        subject, book = name(proposed), self._book
        if not proposed.seat:
            seen = f"none of {proposed.proposer}"
            self._wrong(
                "decision.proposer", f"proposer of {subject}", "an active seat", seen, proposed
            )
        turns = self._turns.get(proposed.seat, Turns())
        try:
            taken = turns.taken(proposed.voting_end, book.open_proposals, proposed.time)
            self._turns[proposed.seat] = taken
        except Inconsistent as error:
            limit = f"at most {book.open_proposals} at once"
            self._wrong("decision.turn", f"turn of {subject}", limit, str(error), proposed)
        edition = len(book.editions)
        self._agree(
            "decision.weights", f"weights of {subject}", edition, proposed.edition, proposed
        )
        begins = proposed.time + book.voting_delay
        period = proposed.told.voting_period if proposed.told else 0
        told = proposed.snapshot, proposed.voting_end
        expected = begins, begins + period
        self._agree("decision.time", f"voting time of {subject}", expected, told, proposed)

    # ------------------------------------------------------------------ votes

    def _vote(self, event: Happened) -> None:
        given = event.arguments
        number, voter = given["proposalId"], given["voter"]
        proposed = self.found.get(number)
        if proposed is None:
            self._never(event)
            return
        self.votes += 1
        self.activities.append(("vote", number, voter))
        units = _WHOLE.get(given["support"]) if "params" not in given else _split(given)
        standing = self._seats.register.standing_at(voter, proposed.snapshot)
        try:
            if not standing.active:
                raise Inconsistent("there was no active seat at the snapshot")
            if units is None:
                raise Inconsistent("its parts are not 10,000 units together")
            poll = proposed.poll or self.poll_of(proposed)
            poll.add(event.time, standing.votes_in, standing.ordinal, units)
            proposed.votes += 1
        except (Inconsistent, LookupError) as error:
            self._wrong(
                "decision.vote", _vote(event, proposed), "one that counts", str(error), event
            )
        if given["weight"] != UNITS_PER_SEAT:
            expected, seen = str(UNITS_PER_SEAT), str(given["weight"])
            subject = f"weight of {voter} in {name(proposed)}"
            self._wrong("decision.weight", subject, expected, seen, event)
        if units and units[0] and not given["reason"] and self._consent(proposed):
            expected = "an objection with a reason"
            self._wrong("decision.objection", _vote(event, proposed), expected, "none", event)

    def trim(self) -> None:
        """Forget all activities but the newest."""
        del self.activities[:-NEWEST]

    def _consent(self, proposed: Proposed) -> bool:
        return proposed.rule is not None and Method.CONSENT in proposed.rule.methods

    # ------------------------------------------------------------------ what becomes of it

    def _step(self, act: Callable[..., None]) -> Callable[[Happened], None]:
        def follow(event: Happened) -> None:
            proposed = self.found.get(event.arguments["proposalId"])
            if proposed is None:
                self._never(event)
            else:
                act(self, proposed, event, event.arguments)

        return follow

    def _never(self, event: Happened) -> None:
        subject = f"{event.name} of proposal {event.arguments['proposalId']}"
        self._wrong("decision.unknown", subject, "a proposal that was made", "none", event)

    def _refused(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        """A signed vote that was left out could not be counted, as far as events tell why."""
        proposed.refused += 1
        place = self._seats.place_at(given["voter"], proposed.snapshot)
        error = load("Assembly").errors.get(given["reason"], {"name": "0x" + given["reason"].hex()})
        if not self._refusable(proposed, place, error["name"]):
            subject = f"refusal of the vote of {given['voter']} on {name(proposed)}"
            self._wrong("decision.refusal", subject, "a reason that holds", error["name"], event)

    def _refusable(self, proposed: Proposed, place: Place | None, error: str) -> bool:
        if place is None or error == "AssemblySeatRequired":
            return place is None and error == "AssemblySeatRequired"
        if error == "AssemblyAlreadyVoted":
            return proposed.voted(place)
        if error == "AssemblyReasonMissing":
            return self._consent(proposed)
        return error in ("AssemblySupportUnknown", "GovernorInvalidSignature")

    def _asked(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        holder = self._seats.holders.get(given["seat"], "")
        standing = self._seats.register.standings.get(holder)
        place = standing.place if standing and standing.active else None
        active = self._seats.active_in(place[0]) if place else 0
        asked = Asked(event.time, given["seat"], given["constituency"], place, active)
        wrong = _request(proposed, asked)
        if wrong:
            subject = f"request for the upgrade of {name(proposed)} by seat {asked.seat}"
            self._wrong("decision.request", subject, *wrong, event)
        proposed.asked.append(asked)

    def _upgraded(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        proposed.upgraded_by.append(given["constituency"])

    def _extended(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        until = _time(given["extendedDeadline"])
        self._change_turn(proposed, until)
        proposed.extended_to.append(until)

    def _canceled(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        self._change_turn(proposed, 0)
        proposed.ending = "canceled"

    def _change_turn(self, proposed: Proposed, end: int) -> None:
        turns = self._turns.get(proposed.seat, Turns())
        self._turns[proposed.seat] = turns.changed(proposed.voting_end, end)

    def _queued(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        proposed.ending, proposed.queued_at = "queued", event.time
        proposed.eta = _time(given["etaSeconds"])
        delay = proposed.rule.delay if proposed.rule else 0
        if proposed.eta < event.time + delay:
            subject, expected = f"delay of {name(proposed)}", f"until {event.time + delay}"
            self._wrong("decision.delay", subject, expected, f"until {proposed.eta}", event)

    def _executed(self, proposed: Proposed, event: Happened, given: Mapping[str, Any]) -> None:
        proposed.ending, proposed.executed_at = "executed", event.time
        proposed.executed_in = event.transaction
        if event.time < proposed.eta:
            subject, expected = f"execution of {name(proposed)}", f"from {proposed.eta} on"
            self._wrong("decision.early", subject, expected, f"at {event.time}", event)

    _STEPS: Mapping[str, Callable[..., None]] = {
        "VoteRefused": _refused,
        "UpgradeRequested": _asked,
        "ProposalUpgraded": _upgraded,
        "ProposalExtended": _extended,
        "ProposalCanceled": _canceled,
        "ProposalQueued": _queued,
        "ProposalExecuted": _executed,
    }
    """Events of a proposal that was made; `VotesCounted` changes no sum."""

    def _agree(
        self, code: str, subject: str, expected: object, seen: object, proposed: Proposed
    ) -> None:
        if expected != seen:
            self._wrong(code, subject, str(expected), str(seen), proposed)

    def _wrong(
        self, code: str, subject: str, expected: str, seen: str, where: Happened | Proposed
    ) -> None:
        self._findings.append(difference(code, subject, expected, seen, at(where)))


def _time(seconds: int) -> int:
    """A time that the contracts can write: they have 48 bits for it.

    Raises:
        ValueError: it is larger.
    """
    if seconds >> 48:
        raise ValueError(f"the time {seconds} has more than 48 bits")
    return seconds


def name(proposed: Proposed) -> str:
    """How findings speak of a proposal."""
    return f"proposal {proposed.number}"


def kernel_of(modules: Modules) -> frozenset[Address]:
    """Contracts that always need the amendment rule. Source: Rulebook."""
    return frozenset(
        (
            modules.rulebook,
            modules.timelock,
            modules.authority,
            modules.meta_organization,
            modules.inter_constitution,
        )
    )


def expected_rule(proposed: Proposed, book: Book, modules: Modules, governed: Governed) -> Rule:
    """The rule that a proposal begins with, by its actions and the rulebook at that time.

    Raises:
        Unreachable: nobody can say what a target obeyed. LookupError: an assigned rule is missing.
    """
    kernel = kernel_of(modules)
    calls = list(zip(proposed.targets, proposed.calldatas, strict=True))
    ours = [to not in kernel and governed(proposed.block, to, data) for to, data in calls]
    actions = [Action(target=to, selector=data[:4].ljust(4, b"\0")) for to, data in calls]
    expel = abi.selector(load("Membership").functions[REMOVAL])
    removal = Action(target=modules.membership, selector=expel)
    return frozen(rule_for(actions, book.rules, book.assigned, kernel, ours), actions, removal)


def _vote(event: Happened, proposed: Proposed) -> str:
    return f"vote of {event.arguments['voter']} on {name(proposed)}"


def _request(proposed: Proposed, asked: Asked) -> tuple[str, str] | None:
    """What a request for the upgrade should have been, and what it was; None when it is right."""
    if asked.place is None:
        return "an active seat", "none"
    if asked.place[0] != asked.constituency:
        return f"in constituency {asked.place[0]}", f"in {asked.constituency}"
    if any(one.place == asked.place for one in proposed.asked):
        return "one of its group", "another one asked before"
    if asked.time > proposed.snapshot:
        return f"until {proposed.snapshot}", f"at {asked.time}"
    return None


def _split(given: Mapping[str, Any]) -> Units | None:
    """Units against, for and abstaining; None when they are not 10,000 together."""
    try:
        return split_of(given["params"])
    except ValueError:
        return None
