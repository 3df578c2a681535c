"""How votes become a decision. The contract's counterpart is `contracts/libraries/Rules.sol`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import STRICT, IntFlag
from functools import reduce
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from metaorg.types import Address, Hex, Model

UNITS_PER_SEAT = 10_000
"""One vote weighs 10,000 units, so that an organization can split its vote exactly."""
BASIS = 10_000
ORDINARY, AMENDMENT = 0, 1
"""Numbers of the two rules that every meta-organization has."""
SUPPORT = ("against", "for", "abstain")
"""The names of a vote's values 0, 1 and 2 (Governor Bravo)."""


SPLIT = 255
"""The value of a vote that is given in three parts (fractional counting)."""
SHARE = 10**9
"""Weighted shares are counted in parts of 1e-9, rounded down."""
REMOVAL = "expel"
"""The register's function that no constituency can make harder to decide."""


class Method(IntFlag, boundary=STRICT):
    """How votes become a decision; later ones are stricter, and a set asks for all its members."""

    MAJORITY = 1
    WEIGHTED = 2
    IN_EACH_CLASS = 4
    CONSENT = 8
    EACH_CLASS = MAJORITY | IN_EACH_CLASS

    @property
    def words(self) -> str:
        """By name, in the order of strictness: "weighted and each class"."""
        implied = Method.MAJORITY if Method.EACH_CLASS in self else None
        chosen = (name for name, one in METHODS.items() if one in self and one != implied)
        return " and ".join(chosen)


_MAJORITY, _WEIGHTED = int(Method.MAJORITY), int(Method.WEIGHTED)
_IN_EACH_CLASS, _CONSENT = int(Method.IN_EACH_CLASS), int(Method.CONSENT)
METHODS = {
    "majority": Method.MAJORITY,
    "weighted": Method.WEIGHTED,
    "each class": Method.EACH_CLASS,
    "consent": Method.CONSENT,
}
"""The methods as people choose them, by name; a majority in each class comes with one over all."""


class Rule(Model):
    """A decision rule.

    Args:
        methods: see `Method`; at least one.
        approval: basis points that must be exceeded, 5000..9999; 0 for consent alone.
        quorum: basis points of active seats at the snapshot that must take part, 0..10000.
        objections: consent: so many votes against stop the decision, at least 1; otherwise 0.
        closing: percent of the voting period, at its end, in which a vote that changes the outcome
            extends the voting once, by as long again; 0 for never.
        upgradable: whether a constituency can ask for each class before voting starts.
        delay: seconds between queueing and execution.
        voting_period: seconds in which votes are cast, 1..2^31 - 1.
    """

    methods: Method
    approval: int = Field(ge=0, lt=BASIS)
    quorum: int = Field(ge=0, le=BASIS)
    objections: int = Field(default=0, ge=0, lt=1 << 16)
    closing: int = Field(default=0, ge=0, le=100)
    upgradable: bool = False
    delay: int = Field(ge=0, lt=1 << 32)
    voting_period: int = Field(ge=1, lt=1 << 31)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if not self.methods:
            raise ValueError("a rule has at least one method")
        if Method.IN_EACH_CLASS in self.methods and Method.MAJORITY not in self.methods:
            raise ValueError("a majority in each class comes with one over all: each class")
        if self.methods == Method.CONSENT:
            if self.approval:
                raise ValueError("consent has no approval: nobody needs to be in favour")
        elif self.approval < BASIS // 2:
            raise ValueError("approval is at least 50 % and below 100 %; it must be exceeded")
        if (Method.CONSENT in self.methods) != bool(self.objections):
            raise ValueError("consent needs a number of objections from 1; no other method does")
        return self


class ClassTally(Model):
    """The votes of one constituency, in units, and its active seats at the snapshot."""

    against: int = Field(default=0, ge=0)
    in_favour: int = Field(default=0, ge=0)
    abstain: int = Field(default=0, ge=0)
    seats: int = Field(default=0, ge=0)


class PlainTally(NamedTuple):
    """The same without its checks, where thousands are made."""

    against: int
    in_favour: int
    abstain: int
    seats: int


Tally = ClassTally | PlainTally


class Vote(Model):
    """One vote: where it counts, and its units against, for and abstaining, 10,000 together."""

    constituency: int
    units: tuple[int, int, int]

    @classmethod
    def whole(cls, constituency: int, support: int) -> Self:
        """All 10,000 units for one value: 0 against, 1 for, 2 abstain."""
        against, in_favour, abstain = (UNITS_PER_SEAT * (support == value) for value in range(3))
        return cls(constituency=constituency, units=(against, in_favour, abstain))


class Outcome(Model):
    """Whether a proposal passed, and every reason why not; no reasons when it passed."""

    passed: bool
    reasons: tuple[str, ...]


def strictness(rule: Rule) -> int:
    """The rule as one number: the larger, the stricter.

    A total order, and so transitive: who must agree (methods), how many of them (approval), how
    many take part (quorum), how few may object, how long others can react (delay), how long all can
    vote (period), how long a late swing keeps it open, whether a class can ask for more.

    Source: Rules.strictness.
    """
    return (
        rule.methods << 128
        | rule.approval << 112
        | rule.quorum << 96
        | _intolerance(rule) << 80
        | rule.delay << 48
        | rule.voting_period << 16
        | rule.closing << 8
        | rule.upgradable
    )


def strictest(rules: Iterable[Rule]) -> Rule:
    """The least rule that is as strict as all of these in every part; at least one is given.

    All methods that any of them asks for, and the stricter of each other part, so that no action of
    a proposal takes away what another one needs.

    Source: Rules.strictest.
    """
    return reduce(_both, rules)


def no_weaker(rule: Rule, other: Rule) -> bool:
    """Whether `rule` asks for all that `other` asks for, and every other part is as strict.

    Source: Rules.noWeaker.
    """
    return (
        other.methods in rule.methods
        and _intolerance(rule) >= _intolerance(other)
        and all(getattr(rule, part) >= getattr(other, part) for part in _LARGER_IS_STRICTER)
    )


_LARGER_IS_STRICTER = ("approval", "quorum", "delay", "voting_period", "closing")


def _both(one: Rule, other: Rule) -> Rule:
    parts = {part: max(getattr(one, part), getattr(other, part)) for part in _LARGER_IS_STRICTER}
    return Rule(
        methods=one.methods | other.methods,
        objections=max(one, other, key=_intolerance).objections,
        upgradable=one.upgradable or other.upgradable,
        **parts,
    )


def _intolerance(rule: Rule) -> int:
    """The fewer objections stop a decision, the larger; 0 where objections do not count."""
    return (1 << 16) - rule.objections if rule.objections else 0


class Action(Model):
    """What a proposal would call: the target and the first four bytes of its call data."""

    target: Address
    selector: Hex


def rule_for(
    actions: Sequence[Action],
    rules: Sequence[Rule],
    assigned: Mapping[tuple[Address, bytes], int],
    kernel: frozenset[Address],
    governed: Sequence[bool],
) -> Rule:
    """The rule of a proposal: as strict as that of each action.

    Args:
        actions: in any order, at least one.
        rules: by number; 0 is the ordinary rule, 1 the amendment rule.
        assigned: (target, selector) -> number of the rule, for functions with a rule of their own.
        kernel: contracts that always need the amendment rule.
        governed: for each action, whether its target obeys this meta-organization's Authority, or
            gets data without having code: one that obeys may stand there later. A call without
            data to the same target is another matter.

    Source: Rulebook.ruleFor.
    """
    numbers = [
        _rule_number(action, assigned, kernel, ours)
        for action, ours in zip(actions, governed, strict=True)
    ]
    return strictest(rules[number] for number in numbers)


def _rule_number(
    action: Action,
    assigned: Mapping[tuple[Address, bytes], int],
    kernel: frozenset[Address],
    governed: bool,
) -> int:
    if action.target in kernel:
        return AMENDMENT
    fallback = AMENDMENT if governed else ORDINARY
    return assigned.get((action.target, action.selector), fallback)


def tally(votes_cast: Sequence[Vote], seats: Sequence[int]) -> list[ClassTally]:
    """Add up votes by constituency; `seats` are the active seats of each at the snapshot."""
    sums = [[0, 0, 0] for _ in seats]
    for vote in votes_cast:
        for place, units in enumerate(vote.units):
            sums[vote.constituency][place] += units
    return [
        ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=count)
        for (against, in_favour, abstain), count in zip(sums, seats, strict=True)
    ]


def decide(
    rule: Rule,
    tallies: Sequence[Tally],
    weights: Sequence[int] = (),
    names: Sequence[str] = (),
) -> Outcome:
    """Whether enough seats took part and enough of them agreed, by every method of the rule.

    Ties fail. Abstentions count for the quorum only. Where there is no seat, nothing passes. Shares
    are compared by cross-multiplying integers, so that nothing is rounded but weighted shares.
    *Each class*: every constituency that has seats must be in favour by majority; one in which
    nobody voted for or against has not agreed.

    Args:
        tallies: one per constituency, in order of index.
        weights: fixed shares of the constituencies in basis points; those beyond its end have none.
        names: of the constituencies, for the reasons; may be shorter than `tallies`.

    Source: Rules.passes (the same vectors: tests/vectors/decision.json).
    """
    total = PlainTally(
        against=sum([tally.against for tally in tallies]),
        in_favour=sum([tally.in_favour for tally in tallies]),
        abstain=sum([tally.abstain for tally in tallies]),
        seats=sum([tally.seats for tally in tallies]),
    )
    reasons = [
        *_too_few(rule, total),
        *_not_approved(rule, total),
        *_not_weighty(rule, tallies, weights),
        *_not_agreed(rule, tallies, names),
        *_objected(rule, total),
    ]
    return Outcome(passed=not reasons, reasons=tuple(reasons))


def passes(rule: Rule, tallies: Sequence[Tally], weights: Sequence[int] = ()) -> bool:
    """Whether `decide` finds no reason against it; without the reasons it takes a fraction.

    Source: Rules.passes.
    """
    against = in_favour = abstain = seats = 0
    agreed = True
    for tally in tallies:
        against, in_favour = against + tally.against, in_favour + tally.in_favour
        abstain, seats = abstain + tally.abstain, seats + tally.seats
        agreed = agreed and (tally.in_favour > tally.against or not tally.seats)
    methods, cast = int(rule.methods), against + in_favour + abstain
    if not seats or cast * BASIS < seats * UNITS_PER_SEAT * rule.quorum:
        return False
    if methods & _MAJORITY and in_favour * BASIS <= (against + in_favour) * rule.approval:
        return False
    if methods & _IN_EACH_CLASS and not agreed:
        return False
    if methods & _CONSENT and against >= rule.objections * UNITS_PER_SEAT:
        return False
    return not methods & _WEIGHTED or (
        weighted_share(tallies, weights) * BASIS > rule.approval * SHARE
    )


def weighted_share(tallies: Sequence[Tally], weights: Sequence[int]) -> int:
    """The sum of each constituency's share in favour times its weight, in parts of 1e-9.

    Each product is rounded down. The weight of a constituency in which nobody voted for or against
    is void: it is not given to the others.

    Source: Rules.weightedShare.
    """
    return sum(
        tally.in_favour * weight * SHARE // ((tally.against + tally.in_favour) * BASIS)
        for tally, weight in zip(tallies, weights, strict=False)
        if tally.against + tally.in_favour
    )


def _too_few(rule: Rule, total: PlainTally) -> Iterator[str]:
    cast = total.against + total.in_favour + total.abstain
    if not total.seats:
        yield "nobody held a seat"
    elif cast * BASIS < total.seats * UNITS_PER_SEAT * rule.quorum:
        yield (
            f"quorum missed: {votes(cast)} of {total.seats} seats took part, "
            f"{percent(rule.quorum)} are needed"
        )


def _not_approved(rule: Rule, total: PlainTally) -> Iterator[str]:
    shared = Method.MAJORITY in rule.methods
    if shared and total.in_favour * BASIS <= (total.against + total.in_favour) * rule.approval:
        yield (
            f"not approved: {votes(total.in_favour)} for and {votes(total.against)} against, "
            f"more than {percent(rule.approval)} in favour are needed"
        )


def _not_weighty(rule: Rule, tallies: Sequence[Tally], weights: Sequence[int]) -> Iterator[str]:
    if Method.WEIGHTED not in rule.methods:
        return
    share = weighted_share(tallies, weights)
    if share * BASIS <= rule.approval * SHARE:
        yield (
            f"not approved by weight: {share * 100 / SHARE:.7f} % in favour, "
            f"more than {percent(rule.approval)} are needed"
        )


def _not_agreed(rule: Rule, tallies: Sequence[Tally], names: Sequence[str]) -> Iterator[str]:
    if Method.EACH_CLASS not in rule.methods:
        return
    for index, tally in enumerate(tallies):
        if tally.seats and tally.in_favour <= tally.against:
            name = names[index] if index < len(names) else f"constituency {index}"
            yield (
                f"{name} did not agree: {votes(tally.in_favour)} for and "
                f"{votes(tally.against)} against"
            )


def _objected(rule: Rule, total: PlainTally) -> Iterator[str]:
    if Method.CONSENT in rule.methods and total.against >= rule.objections * UNITS_PER_SEAT:
        yield (
            f"objected: {votes(total.against)} votes against with a reason, "
            f"{rule.objections} stop the decision"
        )


def votes(units: int) -> str:
    """Units as votes: 15000 -> "1.5"."""
    whole, part = divmod(units, UNITS_PER_SEAT)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")


def percent(basis_points: int) -> str:
    """Basis points as a percentage: 6667 -> "66.67 %"."""
    return f"{basis_points / 100:g} %"
