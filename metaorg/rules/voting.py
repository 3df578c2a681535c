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
    PlainTally,
    Rule,
    Vote,
    decide,
    passes,
)
from metaorg.rules.membership import Inconsistent
from metaorg.types import Digest, Model

MAX_OPEN = 5
"""Places for a seat's open proposals."""
PAGE = 128
"""Places of one constituency in a page of votes. Source: contracts/libraries/VotePages.sol."""
_PAGE_BITS = 7
_TALLY_BITS = 42

Units = tuple[int, int, int]
"""Against, for and abstaining."""


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
        self.pages: dict[tuple[int, int], int] = {}
        """Constituency and page -> its votes in one word, as VotePages.sol keeps them."""
        self._latest = start
        self._end = start + rule.voting_period
        self._watched_after = self._end - closing_part(rule)
        self._passes: bool | None = None
        """The outcome after the vote before, where that was watched."""
        self._sums = [0] * len(self.seats)
        self._silent = dict(enumerate(self.seats))
        for cast in casts:
            self.count(cast)

    @property
    def deadline(self) -> int:
        """The last second in which votes are cast, as far as it is known."""
        return self._end

    def deadline_at(self, time: int) -> int:
        """The deadline as it stood at the end of the second `time`."""
        extended = self.extended_at is not None and self.extended_at <= time
        return self._end if extended else self.start + self.rule.voting_period

    @property
    def tallies(self) -> list[ClassTally]:
        """The votes so far, by constituency."""
        return [
            ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=seats)
            for (against, in_favour, abstain), seats in zip(
                map(_unpacked, self._sums), self.seats, strict=True
            )
        ]

    @property
    def outcome(self) -> Outcome:
        """What it would be if no further vote came."""
        return decide(self.rule, self._plain(), self.weights)

    def count(self, cast: Cast) -> None:
        """Count one vote more.

        Raises:
            Inconsistent: earlier than the vote before it, before voting began or after it ended;
                its place has voted, or there is none; not 10,000 units.
        """
        self.add(cast.time, cast.vote.constituency, cast.ordinal, cast.vote.units)

    def add(self, time: int, constituency: int, ordinal: int, units: Units) -> None:
        """Count one vote more, given by its parts; see `count`."""
        if not self._latest <= time <= self._end or time == self.start:
            raise self._untimely(time)
        key, bit = (constituency, ordinal >> _PAGE_BITS), 1 << (ordinal & PAGE - 1)
        page = self.pages.get(key, 0)
        if page & bit:
            raise Inconsistent(f"the seat at {constituency, ordinal} has voted already")
        packed = _WHOLE.get(units) or _packed(units)
        if not packed:
            raise Inconsistent(
                f"the vote at {constituency, ordinal} has {units} units, not {UNITS_PER_SEAT}"
            )
        silent = self._silent.get(constituency, 0)
        if silent < 1:
            raise Inconsistent(f"constituency {constituency} has no seat that has not voted")
        watched = time > self._watched_after
        before = watched and self._passed()
        self.pages[key] = page + bit + (packed << PAGE)
        self._silent[constituency] = silent - 1
        self._sums[constituency] += packed
        self._latest = time
        self._passes = passes(self.rule, self._plain(), self.weights) if watched else None
        if watched and self._passes != before:
            self._extend(time)

    def state(self) -> "PollState":
        """What has been counted, as a value from which it goes on; see `restored`."""
        pages = tuple((*key, page.to_bytes(32)) for key, page in self.pages.items())
        return PollState(
            rule=self.rule,
            start=self.start,
            seats=self.seats,
            weights=self.weights,
            extended_at=self.extended_at,
            latest=self._latest,
            pages=pages,
        )

    @classmethod
    def restored(cls, state: "PollState") -> Self:
        """The poll that has this state.

        Raises:
            Inconsistent: none has; a page of a constituency that is not there.
        """
        poll = cls(state.rule, state.start, state.seats, state.weights)
        for constituency, number, octets in state.pages:
            if constituency not in poll._silent:
                raise Inconsistent(f"there is no constituency {constituency} in this poll")
            page = int.from_bytes(octets)
            poll.pages[constituency, number] = page
            poll._silent[constituency] -= (page & (1 << PAGE) - 1).bit_count()
            poll._sums[constituency] += page >> PAGE
        poll._latest = state.latest
        if state.extended_at is not None:
            poll._extend(state.extended_at)
        return poll

    def _passed(self) -> bool:
        if self._passes is None:
            return passes(self.rule, self._plain(), self.weights)
        return self._passes

    def _plain(self) -> list[PlainTally]:
        pairs = zip(self._sums, self.seats, strict=True)
        return [PlainTally(*_unpacked(packed), seats) for packed, seats in pairs]

    def _extend(self, time: int) -> None:
        self.extended_at = time
        self._end = self._watched_after = time + closing_part(self.rule)

    def _untimely(self, time: int) -> Inconsistent:
        if time < self._latest:
            return Inconsistent(f"the vote at {time} comes after one at {self._latest}")
        return Inconsistent(
            f"the vote at {time} was cast outside of the time from {self.start + 1} to {self._end}"
        )


class PollState(Model):
    """A `Poll` at rest, to be kept and gone on from.

    Args:
        latest: time of the last vote that was counted. pages: constituency, number and word, each
            as in `Poll.pages`.
    """

    rule: Rule
    start: int
    seats: tuple[int, ...]
    weights: tuple[int, ...]
    extended_at: int | None
    latest: int
    pages: tuple[tuple[int, int, Digest], ...]


def _packed(units: Units) -> int:
    """Three tallies in one number; 0 for none that are 10,000 together."""
    if min(units) < 0 or sum(units) != UNITS_PER_SEAT:
        return 0
    return sum(part << _TALLY_BITS * index for index, part in enumerate(units))


def _unpacked(packed: int) -> Units:
    tally = (1 << _TALLY_BITS) - 1
    return packed & tally, packed >> _TALLY_BITS & tally, packed >> 2 * _TALLY_BITS


_WHOLE = {
    units: _packed(units)
    for units in ((UNITS_PER_SEAT, 0, 0), (0, UNITS_PER_SEAT, 0), (0, 0, UNITS_PER_SEAT))
}


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
