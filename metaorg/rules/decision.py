"""How votes become a decision. The contract's counterpart is `contracts/libraries/Rules.sol`."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from pydantic import Field

from metaorg.types import Address, Hex, Model

UNITS_PER_SEAT = 10_000
"""One vote weighs 10,000 units, so that an organization can split its vote exactly."""
BASIS = 10_000
ORDINARY, AMENDMENT = 0, 1
"""Numbers of the two rules that every meta-organization has."""
SUPPORT = ("against", "for", "abstain")
"""The names of a vote's values 0, 1 and 2 (Governor Bravo)."""


class Method(IntEnum):
    """How votes become a decision; later ones are the stricter."""

    MAJORITY = 0
    WEIGHTED = 1
    EACH_CLASS = 2
    CONSENT = 3

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


class Rule(Model):
    """A decision rule.

    Args:
        method: see `Method`.
        approval: basis points of (for + against) that the votes in favour must exceed, 5000..9999.
        quorum: basis points of active seats at the snapshot that must take part, 0..10000.
        delay: seconds between queueing and execution.
        voting_period: seconds in which votes are cast, at least 1.
    """

    method: Method
    approval: int = Field(ge=BASIS // 2, lt=BASIS)
    quorum: int = Field(ge=0, le=BASIS)
    delay: int = Field(ge=0, lt=1 << 32)
    voting_period: int = Field(ge=1, lt=1 << 32)


class ClassTally(Model):
    """The votes of one constituency, in units, and its active seats at the snapshot."""

    against: int = Field(default=0, ge=0)
    in_favour: int = Field(default=0, ge=0)
    abstain: int = Field(default=0, ge=0)
    seats: int = Field(default=0, ge=0)


class Vote(Model):
    """One seat's vote: where it counts, 0 against / 1 for / 2 abstain, and its units."""

    constituency: int
    support: int = Field(ge=0, le=2)
    weight: int = Field(default=UNITS_PER_SEAT, ge=0)


class Outcome(Model):
    """Whether a proposal passed, and every reason why not; no reasons when it passed."""

    passed: bool
    reasons: tuple[str, ...]


def strictness(rule: Rule) -> int:
    """The rule as one number: the larger, the stricter.

    A total order, and so transitive: who must agree (method), how many of them (approval), how many
    take part (quorum), how long others can react (delay), how long all can vote (period).
    """
    return (
        rule.method << 96
        | rule.approval << 80
        | rule.quorum << 64
        | rule.delay << 32
        | rule.voting_period
    )


def strictest(rules: Iterable[Rule]) -> Rule:
    """The rule that is as strict as all of these in every part; at least one is given.

    The larger of each part, so that no action of a proposal weakens what another one needs.

    Source: Rules.strictest.
    """
    parts = [[getattr(rule, part) for part in Rule.model_fields] for rule in rules]
    return Rule(**dict(zip(Rule.model_fields, map(max, *parts, parts[0]), strict=True)))


def no_weaker(rule: Rule, other: Rule) -> bool:
    """Whether every part of `rule` is at least as strict as that of `other`."""
    return all(getattr(rule, part) >= getattr(other, part) for part in Rule.model_fields)


class Action(Model):
    """What a proposal would call: the target and the first four bytes of its call data."""

    target: Address
    selector: Hex


def rule_for(
    actions: Sequence[Action],
    rules: Sequence[Rule],
    assigned: Mapping[tuple[Address, bytes], int],
    kernel: frozenset[Address],
    governed: frozenset[Address],
) -> Rule:
    """The rule of a proposal: as strict as that of each action, and as the ordinary rule.

    Args:
        actions: in any order; none gives the ordinary rule.
        rules: by number; 0 is the ordinary rule, 1 the amendment rule.
        assigned: (target, selector) -> number of the rule, for functions with a rule of their own.
        kernel: contracts that always need the amendment rule.
        governed: targets that obey this meta-organization's Authority, or get data without having
            code: one that obeys may stand there later.

    Source: Assembly.ruleFor.
    """
    numbers = [_rule_number(action, assigned, kernel, governed) for action in actions]
    return strictest(rules[number] for number in (ORDINARY, *numbers))


def _rule_number(
    action: Action,
    assigned: Mapping[tuple[Address, bytes], int],
    kernel: frozenset[Address],
    governed: frozenset[Address],
) -> int:
    if action.target in kernel:
        return AMENDMENT
    fallback = AMENDMENT if action.target in governed else ORDINARY
    return assigned.get((action.target, action.selector), fallback)


def tally(votes_cast: Sequence[Vote], seats: Sequence[int]) -> list[ClassTally]:
    """Add up votes by constituency; `seats` are the active seats of each at the snapshot."""
    sums = [[0, 0, 0] for _ in seats]
    for vote in votes_cast:
        sums[vote.constituency][vote.support] += vote.weight
    return [
        ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=count)
        for (against, in_favour, abstain), count in zip(sums, seats, strict=True)
    ]


def decide(rule: Rule, tallies: Sequence[ClassTally], names: Sequence[str] = ()) -> Outcome:
    """Whether enough seats took part and enough of them agreed.

    Ties fail. Abstentions count for the quorum only. Shares are compared by cross-multiplying
    integers, so that nothing is rounded. *Each class*: every constituency that has seats must be in
    favour by majority; one in which nobody voted for or against has not agreed.

    Args:
        rule: majority or each class.
        tallies: one per constituency, in order of index.
        names: of the constituencies, for the reasons; may be shorter than `tallies`.

    Raises:
        NotImplementedError: the method cannot be chosen yet.

    Source: Rules.passes (the same vectors: tests/vectors/decision.json).
    """
    if rule.method not in (Method.MAJORITY, Method.EACH_CLASS):
        raise NotImplementedError(rule.method.words)
    against = sum(tally.against for tally in tallies)
    in_favour = sum(tally.in_favour for tally in tallies)
    cast = against + in_favour + sum(tally.abstain for tally in tallies)
    seats = sum(tally.seats for tally in tallies)
    reasons = []
    if cast * BASIS < seats * UNITS_PER_SEAT * rule.quorum:
        reasons.append(
            f"quorum missed: {votes(cast)} of {seats} seats took part, "
            f"{percent(rule.quorum)} are needed"
        )
    if in_favour * BASIS <= (against + in_favour) * rule.approval:
        reasons.append(
            f"not approved: {votes(in_favour)} for and {votes(against)} against, "
            f"more than {percent(rule.approval)} in favour are needed"
        )
    if rule.method == Method.EACH_CLASS:
        reasons += [
            f"{names[index] if index < len(names) else f'constituency {index}'} did not agree: "
            f"{votes(tally.in_favour)} for and {votes(tally.against)} against"
            for index, tally in enumerate(tallies)
            if tally.seats and tally.in_favour <= tally.against
        ]
    return Outcome(passed=not reasons, reasons=tuple(reasons))


def votes(units: int) -> str:
    """Units as votes: 15000 -> "1.5"."""
    whole, part = divmod(units, UNITS_PER_SEAT)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")


def percent(basis_points: int) -> str:
    """Basis points as a percentage: 6667 -> "66.67 %"."""
    return f"{basis_points / 100:g} %"
