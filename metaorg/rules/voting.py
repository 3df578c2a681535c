"""What is decided around a proposal: until when votes count, under which rule, who may propose.

The contract's counterpart is `Assembly`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import Field

from metaorg.rules.decision import (
    BASIS,
    UNITS_PER_SEAT,
    Action,
    ClassTally,
    Method,
    Outcome,
    Rule,
    Vote,
    decide,
)
from metaorg.rules.membership import Inconsistent
from metaorg.types import Model

MAX_OPEN = 5
"""Places for a seat's open proposals."""


class Cast(Model):
    """A vote as it was cast.

    Args:
        time: Unix seconds.
        ordinal: with the vote's constituency, the place of the seat at the snapshot.
    """

    time: int
    ordinal: int = Field(ge=0)
    vote: Vote


def closing_part(rule: Rule) -> int:
    """Seconds at the end of the voting period in which the outcome is watched, rounded down."""
    return rule.voting_period * rule.closing // 100


class Poll:
    """One proposal's votes, counted in the order in which they were cast.

    The first vote in the closing part after which the outcome is another one extends the voting, to
    the vote's time and the closing part; there is no second extension. Votes of one transaction
    are judged one after the other.

    Args:
        rule: the one that was frozen, upgraded where a constituency asked for it.
        start: the snapshot, Unix seconds; votes are cast after it, up to the deadline.
        seats: active votes of each constituency at the snapshot.
        weights: of the constituencies, in the edition that was frozen.

    Raises:
        Inconsistent: one of `casts` cannot have been counted.

    Source: Assembly._open, _record and _watch (the same vectors: tests/vectors/votes.json).
    """

    def __init__(
        self,
        rule: Rule,
        start: int,
        seats: Sequence[int],
        weights: Sequence[int] = (),
        casts: Iterable[Cast] = (),
    ) -> None:
        self.rule = rule
        self.start = start
        self.seats = tuple(seats)
        self.weights = tuple(weights)
        self.extended_at: int | None = None
        """When a vote changed the outcome late, Unix seconds."""
        self._latest = start
        self._places: set[tuple[int, int]] = set()
        self._sums = [[0, 0, 0] for _ in seats]
        for cast in casts:
            self.count(cast)

    @property
    def deadline(self) -> int:
        """The last second in which votes are cast, as far as it is known."""
        end = self.start + self.rule.voting_period
        return end if self.extended_at is None else self.extended_at + closing_part(self.rule)

    def deadline_at(self, time: int) -> int:
        """The deadline as it stood at the end of the second `time`."""
        extended = self.extended_at is not None and self.extended_at <= time
        return self.deadline if extended else self.start + self.rule.voting_period

    @property
    def tallies(self) -> list[ClassTally]:
        """The votes so far, by constituency."""
        return [
            ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=seats)
            for (against, in_favour, abstain), seats in zip(self._sums, self.seats, strict=True)
        ]

    @property
    def outcome(self) -> Outcome:
        """What it would be if no further vote came."""
        return decide(self.rule, self.tallies, self.weights)

    def count(self, cast: Cast) -> None:
        """Count one vote more.

        Raises:
            Inconsistent: earlier than the vote before it, before voting began or after it ended;
                its place has voted, or there is none; not 10,000 units.
        """
        self._require_countable(cast)
        watched = self._watched(cast.time)
        before = watched and self.outcome.passed
        sums = self._sums[cast.vote.constituency]
        sums[:] = [sum(pair) for pair in zip(sums, cast.vote.units, strict=True)]
        self._places.add((cast.vote.constituency, cast.ordinal))
        self._latest = cast.time
        if watched and self.outcome.passed != before:
            self.extended_at = cast.time

    def _watched(self, time: int) -> bool:
        return self.extended_at is None and time > self.deadline - closing_part(self.rule)

    def _require_countable(self, cast: Cast) -> None:
        vote, place = cast.vote, (cast.vote.constituency, cast.ordinal)
        if cast.time < self._latest:
            raise Inconsistent(f"the vote at {cast.time} comes after one at {self._latest}")
        if not self.start < cast.time <= self.deadline:
            raise Inconsistent(
                f"the vote at {cast.time} was cast outside of the time from {self.start + 1} to "
                f"{self.deadline}"
            )
        if place in self._places:
            raise Inconsistent(f"the seat at {place} has voted already")
        if min(vote.units) < 0 or sum(vote.units) != UNITS_PER_SEAT:
            raise Inconsistent(f"the vote at {place} has {vote.units} units, not {UNITS_PER_SEAT}")
        if vote.constituency not in range(len(self.seats)) or self._silent(vote.constituency) < 1:
            raise Inconsistent(f"constituency {vote.constituency} has no seat that has not voted")

    def _silent(self, constituency: int) -> int:
        return self.seats[constituency] - sum(self._sums[constituency]) // UNITS_PER_SEAT


def frozen(rule: Rule, actions: Sequence[Action], removal: Action) -> Rule:
    """The rule with which a proposal begins: no constituency can change it for who is removed.

    Args:
        rule: that of its actions, see `rule_for`.
        removal: the register's function that removes a member, see `REMOVAL`.

    Source: Assembly._create.
    """
    return rule.model_copy(update={"upgradable": rule.upgradable and removal not in actions})


class UpgradeRequest(Model):
    """One seat asks that a proposal needs the consent of each class.

    Args:
        seat: its number.
        constituency, ordinal: the place of its vote when it asks, which a group shares.
        active: active votes of that constituency when it asks, this one included.
    """

    seat: int
    constituency: int
    ordinal: int = Field(ge=0)
    active: int = Field(ge=1)

    @property
    def place(self) -> tuple[int, int]:
        return self.constituency, self.ordinal


def upgraded(rule: Rule, requests: Iterable[UpgradeRequest]) -> Rule:
    """The rule after these requests, all of them made before voting starts.

    With the request that makes them more than half of a constituency's active votes at that time,
    *each class* joins the methods, with an approval of more than 50 % where there was none. A
    request that was made stays, whatever becomes of its seat.

    Args:
        rule: as it was frozen, see `frozen`.
        requests: in the order in which they were made.

    Raises:
        Inconsistent: the rule cannot be upgraded, or not any more, or the seat, or one of its
            group, has asked before.

    Source: Assembly.requestUpgrade.
    """
    seats: set[int] = set()
    places: set[tuple[int, int]] = set()
    by_class: Counter[int] = Counter()
    for request in requests:
        if not rule.upgradable or Method.EACH_CLASS in rule.methods:
            raise Inconsistent(f"seat {request.seat} asked for an upgrade that is not to be had")
        if request.seat in seats or request.place in places:
            raise Inconsistent(f"seat {request.seat} has asked for the upgrade already")
        seats.add(request.seat)
        places.add(request.place)
        by_class[request.constituency] += 1
        if by_class[request.constituency] * 2 > request.active:
            rule = _with_each_class(rule)
    return rule


def _with_each_class(rule: Rule) -> Rule:
    changes = {"methods": rule.methods | Method.EACH_CLASS, "approval": rule.approval or BASIS // 2}
    return rule.model_copy(update=changes)


class Turns(Model):
    """When voting on the latest proposals of a seat ends, Unix seconds; 0 where there was none.

    Source: Assembly._takeTurn and _changeTurn.
    """

    ends: tuple[int, ...] = Field(default=(0,) * MAX_OPEN, min_length=MAX_OPEN, max_length=MAX_OPEN)

    def may_propose(self, allowed: int, now: int) -> bool:
        """Whether fewer than `allowed` (1 to 5) are open at `now`."""
        return sum(end >= now for end in self.ends) < allowed

    def taken(self, end: int, allowed: int, now: int) -> Self:
        """With one proposal more, which ends at `end`.

        Raises:
            Inconsistent: the seat has as many proposals open as it may.
        """
        if not self.may_propose(allowed, now):
            raise Inconsistent(f"{allowed} proposals of this seat are open at {now}")
        place = next(place for place, taken in enumerate(self.ends) if taken < now)
        return self._with(place, end)

    def changed(self, end: int, new_end: int) -> Self:
        """With another end of the one that ends at `end`: it was extended, or cancelled (0)."""
        return self._with(self.ends.index(end), new_end) if end in self.ends else self

    def _with(self, place: int, end: int) -> Self:
        return self.model_copy(update={"ends": (*self.ends[:place], end, *self.ends[place + 1 :])})
