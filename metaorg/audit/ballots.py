"""One proposal, from the rule that it began with to what became of it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from metaorg.audit.findings import Findings, compare, differs
from metaorg.audit.read import Evidence
from metaorg.audit.replay import Ballot, Proposed, Refusal
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import Assembly, ProposalState
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.rulebook import describe_rule
from metaorg.rules.decision import REMOVAL, UNITS_PER_SEAT, Action, Method, Rule, rule_for
from metaorg.rules.membership import Census, Inconsistent
from metaorg.rules.voting import Poll, frozen
from metaorg.types import Address

PAGE = 128
"""Places of one constituency in a page of votes. Source: contracts/libraries/VotePages.sol."""
_TALLY_BITS = 42
_AUTHORITY_GAS = 30_000 + 21_064
"""What a target has to name its Authority (Rulebook), and what asking for it as a call costs."""


def proposal(evidence: Evidence, proposed: Proposed, census: Sequence[Census]) -> Findings:
    """Rule, times, votes and state of a proposal are those that events and rules give.

    Args:
        census: votes of each constituency at the snapshot.
    """
    contract, reading = Assembly(evidence.modules.assembly), evidence.reading
    state = contract.state(reading, proposed.number)
    yield from _making(contract, reading, proposed, state)
    rule = _rule(evidence, proposed)
    told = describe_rule(proposed.frozen) if proposed.frozen else "none"
    yield from compare(f"rule of {_name(proposed)}", describe_rule(rule), told)
    yield from _requests(contract, reading, proposed, len(census))
    try:
        rule = proposed.model_copy(update={"frozen": rule}).rule()
    except Inconsistent as error:
        yield differs(f"upgrade of {_name(proposed)}", "one that the rule allows", str(error))
    counted = proposed.poll(rule, [one.active for one in census])
    for ballot, reason in counted.uncounted:
        yield differs(_vote(ballot, proposed), "one that counts", reason)
    yield from _ballots(proposed, rule)
    yield from _refusals(proposed, rule)
    yield from _times(proposed, counted.poll, state)
    if proposed.snapshot < reading.block.time:
        seen = contract.tallies(reading, proposed.number)
        yield from compare(f"tally of {_name(proposed)}", counted.poll.tallies, seen)
        yield from _pages(contract, reading, proposed, census)
    expected = proposed.state(counted.poll, reading.block.time)
    yield from compare(f"state of {_name(proposed)}", expected, state.state)


def _name(proposed: Proposed) -> str:
    return f"proposal {proposed.number}"


def _vote(ballot: Ballot, proposed: Proposed) -> str:
    return f"vote of {ballot.voter} on {_name(proposed)}"


def _making(
    contract: Assembly, reading: Reading, proposed: Proposed, state: ProposalState
) -> Findings:
    """Who held an active seat proposed, in turn, with the weights and times of the rulebook."""
    subject, book = _name(proposed), proposed.rulebook
    if not proposed.seat:
        yield differs(f"proposer of {subject}", "an active seat", f"none of {proposed.proposer}")
    seat = contract.read(reading, "proposalSeat", proposed.number)
    yield from compare(f"seat that proposed {subject}", proposed.seat, seat)
    if proposed.crowded:
        limit = f"at most {book.open_proposals} at once"
        yield differs(f"turn of {subject}", limit, proposed.crowded)
    edition = len(book.editions)
    yield from compare(f"weights of {subject}", edition, proposed.edition)
    yield from compare(f"stored weights of {subject}", edition, state.edition)
    begins = proposed.time + book.voting_delay
    period = proposed.frozen.voting_period if proposed.frozen else 0
    told = (proposed.snapshot, proposed.voting_end)
    yield from compare(f"voting time of {subject}", (begins, begins + period), told)
    yield from compare(f"snapshot of {subject}", proposed.snapshot, state.snapshot)


def _requests(
    contract: Assembly, reading: Reading, proposed: Proposed, constituencies: int
) -> Findings:
    """Each request for the upgrade came from an active seat of the constituency, in time."""
    subject = f"request for the upgrade of {_name(proposed)}"
    asked_by: set[tuple[int, int]] = set()
    for one in proposed.asked:
        by = f"{subject} by seat {one.seat}"
        if one.place is None:
            yield differs(by, "an active seat", "none")
        elif one.place[0] != one.constituency:
            yield differs(by, f"in constituency {one.place[0]}", f"in {one.constituency}")
        elif one.place in asked_by:
            yield differs(by, "one of its group", "another one asked before")
        else:
            asked_by.add(one.place)
        if one.time > proposed.snapshot:
            yield differs(by, f"until {proposed.snapshot}", f"at {one.time}")
    asked = Counter(one.constituency for one in proposed.asked)
    calls = [("upgradeRequests", (proposed.number, i)) for i in range(constituencies)]
    expected_counts = [asked[index] for index in range(constituencies)]
    counts = contract.reads(reading, calls)
    yield from compare(f"requests for the upgrade of {_name(proposed)}", expected_counts, counts)
    upgrade = list(_majority(proposed))
    yield from compare(f"upgrade of {_name(proposed)}", upgrade, list(proposed.upgraded_by))


def _majority(proposed: Proposed) -> Iterator[int]:
    """The constituency whose request was the one that made it more than half."""
    asked: Counter[int] = Counter()
    for one in proposed.asked:
        asked[one.constituency] += 1
        if asked[one.constituency] * 2 > one.active:
            yield one.constituency
            return


def _ballots(proposed: Proposed, rule: Rule) -> Findings:
    for ballot in proposed.ballots:
        if ballot.weight != UNITS_PER_SEAT:
            subject = f"weight of {ballot.voter} in {_name(proposed)}"
            yield differs(subject, str(UNITS_PER_SEAT), str(ballot.weight))
        objects = ballot.units is not None and ballot.units[0] > 0
        if Method.CONSENT in rule.methods and objects and not ballot.reason:
            yield differs(_vote(ballot, proposed), "an objection with a reason", "none")


def _refusals(proposed: Proposed, rule: Rule) -> Findings:
    """Each signed vote that was left out could not be counted, as far as events tell why."""
    for refusal in proposed.refusals:
        error = load("Assembly").errors.get(refusal.reason, {"name": "0x" + refusal.reason.hex()})
        if not _refusable(refusal, rule, error["name"]):
            subject = f"refusal of the vote of {refusal.voter} on {_name(proposed)}"
            yield differs(subject, "a reason that holds", error["name"])


def _refusable(refusal: Refusal, rule: Rule, error: str) -> bool:
    seatless = refusal.place is None
    if seatless or error == "AssemblySeatRequired":
        return seatless and error == "AssemblySeatRequired"
    if error == "AssemblyAlreadyVoted":
        return refusal.voted
    if error == "AssemblyReasonMissing":
        return Method.CONSENT in rule.methods
    return error in ("AssemblySupportUnknown", "GovernorInvalidSignature")


def _times(proposed: Proposed, poll: Poll, state: ProposalState) -> Findings:
    """A late swing, and nothing else, extended the voting; the delay was kept."""
    subject, swung = _name(proposed), poll.extended_at is not None
    told = [poll.deadline] if swung else []
    yield from compare(f"extensions of {subject}", told, list(proposed.extended_to))
    yield from compare(f"deadline of {subject}", poll.deadline, state.deadline)
    yield from compare(f"stored extension of {subject}", swung, state.extended)
    stored = poll.rule.model_copy(update={"voting_period": poll.deadline - poll.start})
    seen = describe_rule(state.rule)
    yield from compare(f"stored rule of {subject}", describe_rule(stored), seen)
    yield from compare(f"time of execution of {subject}", proposed.eta, state.eta)
    earliest = proposed.queued_at + poll.rule.delay
    if proposed.queued_at and proposed.eta < earliest:
        yield differs(f"delay of {subject}", f"until {earliest}", f"until {proposed.eta}")
    if proposed.executed_at and proposed.executed_at < proposed.eta:
        seen = f"at {proposed.executed_at}"
        yield differs(f"execution of {subject}", f"from {proposed.eta} on", seen)


def _pages(
    contract: Assembly, reading: Reading, proposed: Proposed, census: Sequence[Census]
) -> Findings:
    """Each page of votes has the places that voted, and their units."""
    expected = {
        (index, page): 0
        for index, one in enumerate(census)
        for page in range(-(-one.issued // PAGE))
    }
    for (constituency, ordinal), units in _places(proposed).items():
        key = (constituency, ordinal // PAGE)
        if key in expected:
            expected[key] = (expected[key] | 1 << ordinal % PAGE) + _tallied(units)
    pages = contract.reads(reading, [("votePage", (proposed.number, *key)) for key in expected])
    for (constituency, page), seen in zip(expected, pages, strict=True):
        subject = f"page {page} of constituency {constituency} in {_name(proposed)}"
        yield from compare(subject, hex(expected[constituency, page]), hex(seen))


def _places(proposed: Proposed) -> dict[tuple[int, int], tuple[int, int, int]]:
    """The first vote of each place."""
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for ballot in proposed.ballots:
        if ballot.place is not None and ballot.units is not None:
            found.setdefault(ballot.place, ballot.units)
    return found


def _tallied(units: tuple[int, int, int]) -> int:
    return sum(part << PAGE + _TALLY_BITS * index for index, part in enumerate(units))


def _rule(evidence: Evidence, proposed: Proposed) -> Rule:
    """The rule that a proposal begins with, by its actions and the rulebook at that time."""
    modules = evidence.modules
    kernel = frozenset(
        (
            modules.rulebook,
            modules.timelock,
            modules.authority,
            modules.meta_organization,
            modules.inter_constitution,
        )
    )
    then = evidence.reading.chain.at(proposed.block)
    calls = list(zip(proposed.targets, proposed.calldatas, strict=True))
    governed = [
        target not in kernel and _governed(then, target, data, modules.authority)
        for target, data in calls
    ]
    actions = [Action(target=to, selector=data[:4].ljust(4, b"\0")) for to, data in calls]
    book = proposed.rulebook
    expel = abi.selector(load("Membership").functions[REMOVAL])
    removal = Action(target=modules.membership, selector=expel)
    return frozen(rule_for(actions, book.rules, book.assigned, kernel, governed), actions, removal)


def _governed(reading: Reading, target: Address, data: bytes, authority: Address) -> bool:
    if not reading.code(target):
        return bool(data)
    asked = abi.selector(load("Commons").functions["authority"])
    try:
        answer = reading.call(target, asked, gas=_AUTHORITY_GAS)
    except NodeRefused:
        return False
    return len(answer) >= 32 and answer[:32] == bytes.fromhex(authority[2:]).rjust(32, b"\0")
