"""Everything that can be read of a network, as the book has it."""

from collections.abc import Iterator
from random import Random
from typing import Any

from metaorg.onchain.membership import admission_arguments, readoption_arguments
from metaorg.onchain.rulebook import rule_arguments
from metaorg.rules.decision import BASIS, UNITS_PER_SEAT
from metaorg.rules.membership import Standing
from metaorg.types import ZERO_DIGEST
from tests.stateful.assembly import Proposal, state_number
from tests.stateful.book import Book
from tests.stateful.network import ACTORS, START, Network, account

Expectation = tuple[str, str, tuple[Any, ...], Any]
"""Contract, function, arguments, and the answer: a value, or the name of an error."""
PLACED = 1 << 40
NOBODY = "0x" + "0" * 40
LATEST = 3
"""Proposals that are compared after every step, besides those that are open; one more is drawn."""


class Reads:
    """What each contract has to answer now."""

    def __init__(self, book: Book, network: Network, rng: Random) -> None:
        self.book, self.network, self.rng = book, network, rng
        self.accounts = [account(number) for number in range(ACTORS)]

    def all(self) -> Iterator[Expectation]:
        yield from self._register()
        yield from self._standings()
        yield from self._past(self.rng.randint(START - 2, self.book.now))
        yield from self._past(self.book.now)
        yield from self._text()
        yield from self._rules()
        proposals = self.book.assembly.proposals
        numbers = list(proposals)
        open_ = [number for number in numbers if self.book.now <= proposals[number].deadline]
        some = self.rng.sample(numbers, min(1, len(numbers)))
        for number in dict.fromkeys((*open_, *numbers[-LATEST:], *some)):
            yield from self._proposal(number)

    # ------------------------------------------------------------------ the register

    def _register(self) -> Iterator[Expectation]:
        membership = self.book.membership
        remaining, following = membership.pace(self.book.now)
        names = ("method", "window", "period", "share", "floor")
        admission = dict(zip(names, admission_arguments(membership.admission), strict=True))
        grace, consequence = readoption_arguments(membership.readoption)
        yield "membership", "seats", (), membership.register.seats
        yield "membership", "activeSeats", (), len(membership.active())
        yield "membership", "pace", (), {"remaining": remaining, "nextPeriod": following}
        yield "membership", "admission", (), admission
        yield "membership", "readoption", (), {"grace": grace, "consequence": consequence}
        for seat in range(1, membership.register.seats + 2):
            holder = membership.accounts.get(seat, NOBODY)
            yield "membership", "accountOf", (seat,), holder
            held = membership.status(holder).holds
            yield "membership", "ownerOf", (seat,), holder if held else "ERC721NonexistentToken"
        for group in range(1, len(membership.register.groups) + 2):
            constituency, ordinal = membership.register.groups.get(group, (0, 0))
            active = membership.group_active(group)
            shown = {"constituency": constituency, "ordinal": ordinal, "active": active}
            yield "membership", "groupOf", (group,), shown

    def _standings(self) -> Iterator[Expectation]:
        membership = self.book.membership
        for one in self.accounts:
            standing = membership.standing(one)
            nonce = membership.nonces[one]
            yield "membership", "standingOf", (one,), _shown(standing, nonce)
            active = standing.active
            where = {"seat": standing.seat, "votesIn": standing.votes_in}
            nowhere = {"seat": 0, "votesIn": 0}
            yield "membership", "seatOf", (one,), where if active else nowhere
            yield "membership", "profileOf", (one,), membership.profiles.get(one, ZERO_DIGEST)
            yield "membership", "declaredBy", (one,), membership.declared.get(one, NOBODY)
            yield "membership", "balanceOf", (one,), int(standing.status.holds)
            yield "membership", "getVotes", (one,), UNITS_PER_SEAT * active

    def _past(self, time: int) -> Iterator[Expectation]:
        membership = self.book.membership
        register, census = membership.register, membership.census(time)
        shown = [{"active": one.active, "issued": one.issued} for one in census]
        yield "membership", "censusAt", (time,), shown
        places = [_place(register.standing_at(one, time)) for one in self.accounts]
        yield "membership", "placesAt", (tuple(self.accounts), time), places
        supply: Any = sum(one.active for one in census) * UNITS_PER_SEAT
        one = self.rng.choice(self.accounts)
        votes: Any = register.votes_at(one, time)
        quorum: Any = -(-supply * self.book.rulebook.rules[0].quorum // BASIS)
        if time >= self.book.now:
            supply = votes = quorum = "MembershipFutureLookup"
        yield "membership", "getPastTotalSupply", (time,), supply
        yield "membership", "getPastVotes", (one, time), votes
        yield "assembly", "getVotes", (one, time), votes
        yield "assembly", "quorum", (time,), quorum

    # ------------------------------------------------------------------ text and rules

    def _text(self) -> Iterator[Expectation]:
        text = self.book.text
        yield "text", "version", (), text.version
        unknown = "InterConstitutionVersionUnknown"
        yield "text", "versionAt", (text.version + 1,), unknown
        for number, (digest, codec, since) in list(enumerate(text.versions, 1))[-2:]:
            shown = {"digest": digest, "codec": codec, "since": since}
            yield "text", "versionAt", (number,), shown
        drawn = self.rng.randint(1, text.version)
        for one in self.accounts:
            for number in {drawn, text.version}:
                record = text.record(one, number)
                shown = {
                    "recordedAt": record.recorded_at,
                    "constituency": record.constituency,
                    "count": record.count,
                    "pledge": record.pledge,
                }
                yield "text", "adoptionOf", (one, number), shown
            done = bool(text.record(one).recorded_at)
            shown = {"done": done, "inForce": text.version, "since": text.since}
            yield "text", "adopted", (one,), shown

    def _rules(self) -> Iterator[Expectation]:
        rulebook = self.book.rulebook
        yield "rulebook", "rules", (), [rule_arguments(rule) for rule in rulebook.rules]
        yield "rulebook", "edition", (), rulebook.edition
        yield "rulebook", "weights", (rulebook.edition,), list(rulebook.weights[-1])
        yield "rulebook", "votingDelay", (), rulebook.voting_delay
        yield "rulebook", "openProposals", (), rulebook.open_proposals
        yield "rulebook", "ruleAt", (len(rulebook.rules),), "RulebookRuleUnknown"
        yield "rulebook", "ruleFor", ((), ()), "RulebookActionsInvalid"
        yield "timelock", "getMinDelay", (), self.book.minimum
        yield "front", "charter", (), self.book.charter
        for (target, selector), number in rulebook.assigned.items():
            shown = {"assigned": True, "index": number}
            yield "rulebook", "assignedRule", (target, selector), shown

    # ------------------------------------------------------------------ proposals

    def _proposal(self, number: int) -> Iterator[Expectation]:
        assembly, now = self.book.assembly, self.book.now
        proposal = assembly.proposals[number]
        edition = proposal.edition
        rule = rule_arguments(proposal.shown_rule)
        proposer = self.book.membership.accounts[proposal.seat]
        yield "assembly", "state", (number,), state_number(assembly.state(number, now))
        yield "assembly", "proposalRule", (number,), {"rule": rule, "edition": edition}
        yield "assembly", "proposalSnapshot", (number,), proposal.start
        yield "assembly", "proposalDeadline", (number,), proposal.deadline
        yield "assembly", "proposalEta", (number,), proposal.queued_until
        yield "assembly", "proposalSeat", (number,), proposal.seat
        yield "assembly", "proposalProposer", (number,), proposer
        yield "assembly", "proposalExtended", (number,), proposal.extended
        yield from self._votes(number, proposal)
        requests = assembly.requests(proposal)
        for index in range(self.book.membership.constituencies):
            yield "assembly", "upgradeRequests", (number, index), requests[index]
        yield "rulebook", "ruleFor", tuple(zip(*proposal.calls, strict=True)), self._rule(proposal)

    def _votes(self, number: int, proposal: Proposal) -> Iterator[Expectation]:
        assembly = self.book.assembly
        tallies = assembly.tallies(proposal, self.book.now)
        shown = [
            {
                "against": one.against,
                "inFavour": one.in_favour,
                "abstain": one.abstain,
                "seats": one.seats,
            }
            for one in tallies
        ]
        yield "assembly", "proposalTallies", (number,), shown
        sums = {
            "againstVotes": sum(one.against for one in tallies),
            "forVotes": sum(one.in_favour for one in tallies),
            "abstainVotes": sum(one.abstain for one in tallies),
        }
        yield "assembly", "proposalVotes", (number,), sums
        rule = tuple(rule_arguments(proposal.shown_rule).values())
        asked = (rule, proposal.edition, tuple(tuple(one.values()) for one in shown))
        yield "rulebook", "passes", asked, assembly.passes(proposal, self.book.now)
        for one in self.accounts:
            yield "assembly", "hasVoted", (number, one), assembly.has_voted(proposal, one)

    def _rule(self, proposal: Proposal) -> dict[str, Any]:
        """The rule that the same calls would have now."""
        return rule_arguments(self.book.rulebook.rule_for(proposal.calls, self.network.code))


def _shown(standing: Standing, nonce: int) -> dict[str, Any]:
    return {
        "since": standing.since,
        "status": int(standing.status),
        "constituency": standing.constituency,
        "kind": standing.kind,
        "seat": standing.seat,
        "ordinal": standing.ordinal,
        "admissibleAt": standing.admissible_at,
        "votesIn": standing.votes_in,
        "group": standing.group,
        "nonce": nonce,
    }


def _place(standing: Standing) -> int:
    if not standing.active:
        return 0
    return PLACED | standing.votes_in << 32 | standing.ordinal
