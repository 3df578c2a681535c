"""What the book knows of proposals and votes."""

from collections import Counter
from collections.abc import Sequence

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from metaorg.onchain.reverts import STATES
from metaorg.rules.decision import (
    SPLIT,
    UNITS_PER_SEAT,
    Action,
    ClassTally,
    Method,
    Rule,
    Vote,
    decide,
)
from metaorg.rules.voting import (
    Cast,
    Poll,
    Turns,
    UpgradeRequest,
    closing_part,
    frozen,
    upgraded,
)
from metaorg.types import Address
from tests.stateful.membership import Membership
from tests.stateful.refusal import No, require
from tests.stateful.rulebook import Rulebook

Calls = tuple[tuple[Address, bytes], ...]
"""Target and data of each action."""


def number_of(calls: Calls, description: str) -> int:
    """The Governor's number of a proposal that sends no ETH."""
    targets, data = [target for target, _ in calls], [data for _, data in calls]
    return int.from_bytes(
        keccak(
            encode(
                ["address[]", "uint256[]", "bytes[]", "bytes32"],
                [targets, [0] * len(calls), data, keccak(text=description)],
            )
        )
    )


class Proposal:
    """One proposal, from the acts that the book saw."""

    def __init__(
        self, calls: Calls, description: str, seat: int, start: int, rule: Rule, edition: int
    ) -> None:
        self.calls, self.description = calls, description
        self.seat, self.start, self.edition = seat, start, edition
        self.frozen = rule
        self.requests: list[UpgradeRequest] = []
        self.poll: Poll | None = None
        """Since the second after the snapshot."""
        self.voted: set[tuple[int, int]] = set()
        self.cancelled = False
        self.queued_until = 0
        self.executed = False

    @property
    def rule(self) -> Rule:
        return upgraded(self.frozen, self.requests)

    @property
    def deadline(self) -> int:
        return self.poll.deadline if self.poll else self.start + self.frozen.voting_period

    @property
    def extended(self) -> bool:
        return self.poll is not None and self.poll.extended_at is not None

    @property
    def watched_from(self) -> int:
        """The first second in which a vote that changes the outcome extends the voting."""
        return self.start + self.frozen.voting_period - closing_part(self.frozen) + 1

    @property
    def shown_rule(self) -> Rule:
        """The rule with the time that voting takes in all, as the contract shows it."""
        return self.rule.model_copy(update={"voting_period": self.deadline - self.start})


class Assembly:
    """Proposals by number, and when each seat may propose."""

    def __init__(self, membership: Membership, rulebook: Rulebook, removal: Action) -> None:
        self.membership, self.rulebook, self.removal = membership, rulebook, removal
        self.proposals: dict[int, Proposal] = {}
        self.turns: dict[int, Turns] = {}

    # ------------------------------------------------------------------ proposing

    def propose(
        self, account: Address, calls: Calls, description: str, code: frozenset[Address], now: int
    ) -> None:
        require(calls, "GovernorInvalidProposalLength")
        _, suffix, named = description.partition("#proposer=")
        unrestricted = not suffix or named.lower() == account.lower()
        require(unrestricted, "GovernorRestrictedProposer")
        standing = self.membership.standing(account)
        require(standing.active, "AssemblySeatRequired")
        number = number_of(calls, description)
        require(number not in self.proposals, "GovernorUnexpectedProposalState")
        actions = [
            Action(target=target, selector=data[:4].ljust(4, b"\0")) for target, data in calls
        ]
        rule = frozen(self.rulebook.rule_for(calls, code), actions, self.removal)
        start = now + self.rulebook.voting_delay
        turns = self.turns.get(standing.seat, Turns())
        allowed = self.rulebook.open_proposals
        require(turns.may_propose(allowed, now), "AssemblyProposalsOpen")
        self.turns[standing.seat] = turns.taken(start + rule.voting_period, allowed, now)
        self.proposals[number] = Proposal(
            calls, description, standing.seat, start, rule, self.rulebook.edition
        )

    def cancel(self, account: Address, number: int, now: int) -> None:
        proposal = self._in(number, "pending", now)
        proposer = self.membership.accounts[proposal.seat]
        require(proposer == account, "GovernorUnableToCancel")
        proposal.cancelled = True
        self._change_turn(proposal, proposal.deadline, 0)

    def request_upgrade(self, account: Address, number: int, now: int) -> None:
        proposal = self._in(number, "pending", now)
        rule = proposal.rule
        available = rule.upgradable and Method.IN_EACH_CLASS not in rule.methods
        require(available, "AssemblyUpgradeUnavailable")
        standing = self.membership.standing(account)
        require(standing.active, "AssemblySeatRequired")
        asked = any(
            request.seat == standing.seat or request.place == standing.place
            for request in proposal.requests
        )
        require(not asked, "AssemblyUpgradeRequested")
        proposal.requests.append(
            UpgradeRequest(
                seat=standing.seat,
                constituency=standing.votes_in,
                ordinal=standing.ordinal,
                active=self.membership.census(now)[standing.votes_in].active,
            )
        )

    # ------------------------------------------------------------------ voting

    def vote(
        self,
        account: Address,
        number: int,
        support: int,
        reason: str,
        params: bytes,
        now: int,
    ) -> None:
        proposal = self._open(number, now)
        then = self.membership.register.standing_at(account, proposal.start)
        if not then.active:
            recent = self.membership.standing(account).active
            raise No("AssemblySeatTooRecent" if recent else "AssemblySeatRequired")
        units = _units(support, params)
        consented = Method.CONSENT in proposal.rule.methods
        require(not consented or not units[0] or reason, "AssemblyReasonMissing")
        require(then.place not in proposal.voted, "AssemblyAlreadyVoted")
        self._count(proposal, then.place, units, now)

    def vote_by_sig(
        self,
        account: Address,
        number: int,
        support: int,
        reason: str,
        params: bytes,
        signed: bool,
        now: int,
    ) -> None:
        require(signed, "GovernorInvalidSignature")
        self.vote(account, number, support, reason, params, now)

    def vote_batch(
        self, number: int, votes: Sequence[tuple[Address, int, bool]], now: int
    ) -> list[str]:
        """For each vote (account, support, signed) the error that leaves it out; "" for none."""
        proposal = self._open(number, now)
        return [self._fault(proposal, vote, now) for vote in votes]

    # ------------------------------------------------------------------ after the vote

    def count_votes(self, number: int, now: int) -> None:
        proposal = self._existing(number)
        over = now > proposal.deadline and not proposal.cancelled and not proposal.queued_until
        require(over, "GovernorUnexpectedProposalState")

    def queue(self, number: int, minimum: int, now: int) -> None:
        proposal = self._in(number, "succeeded", now)
        proposal.queued_until = now + max(proposal.frozen.delay, minimum)

    def execute(self, number: int, now: int) -> Proposal:
        """The proposal whose actions come next."""
        proposal = self._in(number, "queued", now)
        ready = now >= proposal.queued_until
        require(ready, "TimelockUnexpectedOperationState")
        proposal.executed = True
        return proposal

    # ------------------------------------------------------------------ reads

    def state(self, number: int, now: int) -> str:
        proposal = self._existing(number)
        if proposal.executed:
            return "executed"
        if proposal.cancelled:
            return "canceled"
        if now <= proposal.start:
            return "pending"
        if now <= proposal.deadline:
            return "active"
        if proposal.queued_until:
            return "queued"
        return "succeeded" if self.passes(proposal, now) else "defeated"

    def tallies(self, proposal: Proposal, now: int) -> list[ClassTally]:
        """By constituency, also those that were added since."""
        if now <= proposal.start:
            census = self.membership.census(now)
            return [ClassTally(seats=one.active) for one in census]
        tallies = self._poll(proposal).tallies
        return tallies + [ClassTally()] * (self.membership.constituencies - len(tallies))

    def passes(self, proposal: Proposal, now: int) -> bool:
        weights = self.rulebook.weights[proposal.edition]
        return decide(proposal.rule, self.tallies(proposal, now), weights).passed

    def requests(self, proposal: Proposal) -> Counter[int]:
        """Requests for an upgrade by constituency."""
        return Counter(request.constituency for request in proposal.requests)

    def may_propose(self, account: Address, now: int) -> str:
        """The error with which an account's next proposal is refused; "" for none."""
        standing = self.membership.standing(account)
        if not standing.active:
            return "AssemblySeatRequired"
        turns = self.turns.get(standing.seat, Turns())
        free = turns.may_propose(self.rulebook.open_proposals, now)
        return "" if free else "AssemblyProposalsOpen"

    def has_voted(self, proposal: Proposal, account: Address) -> bool:
        then = self.membership.register.standing_at(account, proposal.start)
        return then.active and then.place in proposal.voted

    # ------------------------------------------------------------------ helpers

    def _fault(self, proposal: Proposal, vote: tuple[Address, int, bool], now: int) -> str:
        account, support, signed = vote
        then = self.membership.register.standing_at(account, proposal.start)
        consented = Method.CONSENT in proposal.rule.methods
        if not then.active:
            return "AssemblySeatRequired"
        if support > 2:
            return "AssemblySupportUnknown"
        if consented and support == 0:
            return "AssemblyReasonMissing"
        if not signed:
            return "GovernorInvalidSignature"
        if then.place in proposal.voted:
            return "AssemblyAlreadyVoted"
        self._count(proposal, then.place, _units(support, b""), now)
        return ""

    def _count(
        self, proposal: Proposal, place: tuple[int, int], units: tuple[int, int, int], now: int
    ) -> None:
        poll, end = self._poll(proposal), proposal.deadline
        vote = Vote(constituency=place[0], units=units)
        poll.count(Cast(time=now, ordinal=place[1], vote=vote))
        proposal.voted.add(place)
        if poll.deadline != end:
            self._change_turn(proposal, end, poll.deadline)

    def _poll(self, proposal: Proposal) -> Poll:
        """The poll; until somebody has voted it is made anew: drawing asks of the future."""
        if proposal.poll is None or not proposal.voted:
            seats = [one.active for one in self.membership.census(proposal.start)]
            weights = self.rulebook.weights[proposal.edition]
            proposal.poll = Poll(proposal.rule, proposal.start, seats, weights)
        return proposal.poll

    def _change_turn(self, proposal: Proposal, end: int, new_end: int) -> None:
        self.turns[proposal.seat] = self.turns[proposal.seat].changed(end, new_end)

    def _existing(self, number: int) -> Proposal:
        require(number in self.proposals, "GovernorNonexistentProposal")
        return self.proposals[number]

    def _in(self, number: int, state: str, now: int) -> Proposal:
        proposal = self._existing(number)
        require(self.state(number, now) == state, "GovernorUnexpectedProposalState")
        return proposal

    def _open(self, number: int, now: int) -> Proposal:
        proposal = self._existing(number)
        open_ = proposal.start < now <= proposal.deadline and not proposal.cancelled
        require(open_, "GovernorUnexpectedProposalState")
        return proposal


def _units(support: int, params: bytes) -> tuple[int, int, int]:
    if support != SPLIT:
        require(support <= 2, "AssemblySupportUnknown")
        require(not params, "AssemblySplitInvalid")
        return Vote.whole(0, support).units
    require(len(params) == 48, "AssemblySplitInvalid")
    parts = [int.from_bytes(params[i : i + 16]) for i in (0, 16, 32)]
    require(sum(parts) == UNITS_PER_SEAT, "AssemblySplitInvalid")
    return parts[0], parts[1], parts[2]


def state_number(state: str) -> int:
    return STATES.index(state)
