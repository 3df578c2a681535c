"""The register of seats as a value: events in, standings and votes at every past time out.

The contract's counterpart is `Membership`. An auditor feeds the events and compares the answers.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum
from operator import itemgetter
from typing import Annotated, Any, Self

from pydantic import Field

from metaorg.rules.decision import UNITS_PER_SEAT
from metaorg.types import Address, Model


class Status(IntEnum):
    """Where an organization stands."""

    NONE = 0
    APPLIED = 1
    OBJECTED = 2
    ACTIVE = 3
    SUSPENDED = 4
    EXITED = 5
    LAPSED = 6
    BARRED = 7

    @property
    def words(self) -> str:
        return self.name.lower()

    @property
    def holds(self) -> bool:
        """Whether it is one of somebody who holds a seat, with a vote or without."""
        return self in (Status.ACTIVE, Status.SUSPENDED, Status.LAPSED)


NEVER = (1 << 48) - 1
"""`admissible_at` of an application that only a decision can finish."""
BARRED = NEVER - 1
"""The same for one who was barred, and is again when the application comes to nothing."""


class Standing(Model):
    """An organization's place in the register.

    Args:
        since: when this standing began, Unix seconds.
        constituency, kind: indices into the register's lists.
        seat: number from 1, 0 until first admitted; also the certificate's token id.
        ordinal: place of its vote within the constituency `votes_in`, from 0.
        admissible_at: when an application may be finished, Unix seconds; or `NEVER`, or `BARRED`.
        votes_in: the constituency in which its vote counts: its own, or its group's.
        group: number of the group of affiliated organizations that shares one vote; 0 for none.
        nonce: how many of its signed acts were used up; events do not tell.
    """

    since: int = 0
    status: Status = Status.NONE
    constituency: int = 0
    kind: int = 0
    seat: int = 0
    ordinal: int = 0
    admissible_at: int = 0
    votes_in: int = 0
    group: int = 0
    nonce: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Where its vote counts: constituency and ordinal there. Seats of a group share theirs."""
        return self.votes_in, self.ordinal

    @property
    def active(self) -> bool:
        return self.status == Status.ACTIVE


class Census(Model):
    """The votes of one constituency: active at the time asked for, ordinals issued so far.

    A group counts as one; where no vote is active, `issued` is 0.
    """

    active: int
    issued: int


_Kept = tuple[int, Status, int, int, int, int, int, int, int]


class Transition(Model):
    """One event of the register, at a time in Unix seconds; fields that do not apply are zero.

    `to` is the new account of a seat that moved.
    """

    time: int
    name: str
    organization: Address
    constituency: int = 0
    kind: int = 0
    admissible_at: int = 0
    seat: int = 0
    ordinal: int = 0
    group: int = 0
    to: Address | None = None


class RegisterState(Model):
    """A `Register` at rest, to be kept and gone on from.

    Args:
        groups: places of their votes, group 1 first. issued: ordinals given out, by constituency.
        active: by constituency, how many votes were active from which time on. accounts: in the
            order in which they came, each with all its standings: the fields of `Standing`, and no
            nonce.
    """

    seats: int
    groups: tuple[tuple[int, int], ...]
    issued: tuple[tuple[int, int], ...]
    active: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    accounts: tuple[tuple[str, Annotated[tuple[_Kept, ...], Field(min_length=1)]], ...]


class Inconsistent(ValueError):
    """The events contradict each other or the rules; the message says where."""


class Register:
    """The register that a sequence of transitions leads to, with its history.

    >>> Register([]).votes_at("0x" + "0" * 40, 0)
    0
    """

    def __init__(self, transitions: Iterable[Transition]) -> None:
        self.standings: dict[Address, Standing] = {}
        self.seats = 0
        """How many seat numbers have been given out."""
        self.groups: dict[int, tuple[int, int]] = {}
        """Group number -> the place of its vote: constituency and ordinal."""
        self._history: dict[Address, list[tuple[int, Standing]]] = {}
        self._issued: dict[int, int] = {}
        self._voters: dict[tuple[int, int], int] = {}
        """Place of a vote -> active seats that share it, where there are any."""
        self._active: dict[int, list[tuple[int, int]]] = {}
        """Constituency -> how many votes were active from which time on."""
        for transition in transitions:
            self.follow(transition)

    def active(self) -> list[Address]:
        """Accounts with an active seat, by seat number."""
        held = [(s.seat, account) for account, s in self.standings.items() if s.active]
        return [account for _, account in sorted(held)]

    def history(self, account: Address) -> Sequence[tuple[int, Standing]]:
        """Every standing of an account that lasted at least a second, with when it began."""
        return self._history.get(account, [])

    def standing_at(self, account: Address, time: int) -> Standing:
        """The last standing of an account that began at or before `time`.

        The past of a seat belongs to the account that holds it: who took a seat over has its past,
        and who gave it away has none.
        """
        history = self._history.get(account)
        if not history:
            return _FRESH
        if history[-1][0] <= time:
            return history[-1][1]
        index = bisect_right(history, time, key=_when)
        return history[index - 1][1] if index else _FRESH

    def votes_at(self, account: Address, time: int) -> int:
        """Units that `account` had at `time`. Source: Membership.getPastVotes."""
        return UNITS_PER_SEAT if self.standing_at(account, time).active else 0

    def census_at(self, time: int, constituencies: int) -> list[Census]:
        """Each constituency's active votes at `time`. Source: Membership.censusAt."""
        active = [self._active_at(time, index) for index in range(constituencies)]
        return [
            Census(active=count, issued=self._issued.get(index, 0) if count else 0)
            for index, count in enumerate(active)
        ]

    def _active_at(self, time: int, constituency: int) -> int:
        counts = self._active.get(constituency, [])
        index = bisect_right(counts, time, key=_when)
        return counts[index - 1][1] if index else 0

    def follow(self, event: Transition) -> None:
        """Let one event more happen.

        Raises:
            Inconsistent: it contradicts what happened before, or the rules.
        """
        before = self.standings.get(event.organization, _FRESH)
        allowed, after = _TRANSITIONS[event.name]
        if before.status not in allowed:
            raise Inconsistent(
                f"{event.name} of {event.organization} at {event.time}: "
                f"it was {before.status.words}"
            )
        if before.status.holds and event.seat != before.seat:
            raise Inconsistent(
                f"{event.name} of {event.organization} names seat {event.seat}; "
                f"it held {before.seat}"
            )
        if event.name == "Moved":
            self._move(event, before)
            return
        standing = _changed(before, self._changes(before, event, after) | {"since": event.time})
        self._record(event.organization, standing, event.time)
        left = before.place if before.active else None
        taken = standing.place if standing.active else None
        if left != taken:
            self._vote(left, -1, event.time)
            self._vote(taken, 1, event.time)

    def state(self) -> "RegisterState":
        """All that has happened, as a value from which it goes on; see `restored`."""
        return RegisterState(
            seats=self.seats,
            groups=tuple(self.groups.values()),
            issued=tuple(self._issued.items()),
            active=tuple((index, tuple(counts)) for index, counts in self._active.items()),
            accounts=tuple(
                (account, tuple(_kept(standing) for _, standing in self._history[account]))
                for account in self.standings
            ),
        )

    @classmethod
    def restored(cls, state: "RegisterState") -> Self:
        """The register that has this state."""
        register = cls([])
        register.seats = state.seats
        register.groups = dict(enumerate(state.groups, 1))
        register._issued = dict(state.issued)
        register._active = {index: list(counts) for index, counts in state.active}
        for account, kept in state.accounts:
            past = [_changed(_FRESH, dict(zip(_FIELDS, one, strict=False))) for one in kept]
            register._history[account] = [(standing.since, standing) for standing in past]
            register.standings[account] = past[-1]
            if past[-1].active:
                place = past[-1].place
                register._voters[place] = register._voters.get(place, 0) + 1
        return register

    def _record(self, account: Address, standing: Standing, time: int) -> None:
        self.standings[account] = standing
        history = self._history.setdefault(account, [])
        if history and history[-1][0] == time:
            history.pop()
        history.append((time, standing))

    def _vote(self, place: tuple[int, int] | None, step: int, time: int) -> None:
        """One active seat more or less votes here; a place counts once while it has any."""
        if place is None:
            return
        before = self._voters.pop(place, 0)
        if before + step:
            self._voters[place] = before + step
        if before and before + step:
            return
        counts = self._active.setdefault(place[0], [])
        active = counts[-1][1] + step if counts else step
        if counts and counts[-1][0] == time:
            counts.pop()
        counts.append((time, active))

    def _changes(self, before: Standing, event: Transition, after: Status | None) -> dict[str, Any]:
        changes: dict[str, Any] = {"status": before.status if after is None else after}
        if event.name == "Applied":
            changes |= self._applied(before, event)
        elif event.name == "Admitted":
            changes |= self._admitted(before, event)
        elif event.name == "Affiliated":
            changes |= self._affiliated(before, event)
        elif event.name == "Separated":
            changes |= self._separated(before, event)
        elif event.name == "ConstituencyChanged":
            changes |= self._elsewhere(before, event)
        elif event.name in ("Refused", "Withdrawn"):  # back to where it came from
            changes["status"] = _outside(before)
        elif event.name == "Exited" and before.status == Status.SUSPENDED:
            changes["status"] = Status.BARRED  # who is suspended does not come back by leaving
        return changes

    def _applied(self, before: Standing, event: Transition) -> dict[str, object]:
        if (before.status == Status.BARRED) != (event.admissible_at == BARRED):
            raise Inconsistent(
                f"{event.organization} was {before.status.words} and applied, "
                f"admissible at {event.admissible_at}"
            )
        return {
            "constituency": event.constituency,
            "kind": event.kind,
            "admissible_at": event.admissible_at,
        }

    def _admitted(self, before: Standing, event: Transition) -> dict[str, object]:
        seat = before.seat or self.seats + 1
        if event.seat != seat:
            raise Inconsistent(f"{event.organization} was given seat {event.seat}; next was {seat}")
        if (event.constituency, event.kind) != (before.constituency, before.kind):
            raise Inconsistent(
                f"{event.organization} applied in constituency {before.constituency} as kind "
                f"{before.kind}; it was admitted in {event.constituency} as {event.kind}"
            )
        self.seats = max(self.seats, seat)
        return {"seat": seat} | self._where(before, event)

    def _elsewhere(self, before: Standing, event: Transition) -> dict[str, object]:
        if event.constituency == before.constituency:
            raise Inconsistent(
                f"{event.organization} changed to constituency {event.constituency}, its own"
            )
        return {"constituency": event.constituency} | self._where(before, event)

    def _separated(self, before: Standing, event: Transition) -> dict[str, object]:
        if not before.group or event.constituency != before.constituency:
            raise Inconsistent(
                f"{event.organization}, of group {before.group} and constituency "
                f"{before.constituency}, was separated in constituency {event.constituency}"
            )
        return {"group": 0} | self._settled(event, before.constituency)

    def _where(self, before: Standing, event: Transition) -> dict[str, object]:
        """The group's place, or without a group a place of its own."""
        if not before.group:
            return self._settled(event, event.constituency)
        if event.ordinal != before.ordinal:
            raise Inconsistent(
                f"{event.organization} was given ordinal {event.ordinal}; group {before.group} "
                f"has {before.ordinal}"
            )
        return {}

    def _settled(self, event: Transition, constituency: int) -> dict[str, object]:
        """A vote of its own, in the next place of a constituency."""
        self._issue(constituency, event)
        return {"votes_in": constituency, "ordinal": event.ordinal}

    def _affiliated(self, before: Standing, event: Transition) -> dict[str, object]:
        place = (event.constituency, event.ordinal)
        if before.group:
            raise Inconsistent(
                f"{event.organization} joined group {event.group} and was of group {before.group}"
            )
        if event.group not in self.groups:
            self._found(before, event)
        if self.groups[event.group] != place:
            raise Inconsistent(
                f"{event.organization} votes at {place} with group {event.group}, "
                f"which votes at {self.groups[event.group]}"
            )
        return {"votes_in": event.constituency, "ordinal": event.ordinal, "group": event.group}

    def _found(self, before: Standing, event: Transition) -> None:
        """A group has its vote where the first of its members voted."""
        if event.group != len(self.groups) + 1:
            raise Inconsistent(f"group {event.group} was founded after {len(self.groups)} others")
        if event.constituency != before.votes_in:
            raise Inconsistent(
                f"group {event.group} votes in constituency {event.constituency}; its first "
                f"member {event.organization} voted in {before.votes_in}"
            )
        self._issue(event.constituency, event)
        self.groups[event.group] = (event.constituency, event.ordinal)

    def _issue(self, constituency: int, event: Transition) -> None:
        ordinal = self._issued.get(constituency, 0)
        if event.ordinal != ordinal:
            raise Inconsistent(
                f"{event.organization} was given ordinal {event.ordinal} of constituency "
                f"{constituency}; next was {ordinal}"
            )
        self._issued[constituency] = ordinal + 1

    def _move(self, event: Transition, before: Standing) -> None:
        if event.to is None:
            raise Inconsistent(f"{event.organization} moved seat {event.seat} to nobody")
        fresh = self.standings.get(event.to, _FRESH)
        if fresh.status != Status.NONE or fresh.seat:
            raise Inconsistent(f"{event.to} took over seat {event.seat} and was known before")
        past = self._history.pop(event.organization)
        self._history[event.to] = past
        self._record(event.to, _changed(before, {"since": event.time}), event.time)
        self._record(event.organization, _changed(_FRESH, {"since": event.time}), event.time)


_FRESH = Standing()
_FIELDS = tuple(Standing.model_fields)
_SET = set(_FIELDS)
_parts = itemgetter(*_FIELDS[:-1])
_when = itemgetter(0)


def _kept(standing: Standing) -> _Kept:
    kept: _Kept = _parts(standing.__dict__)
    return kept


def _changed(standing: Standing, changes: dict[str, Any]) -> Standing:
    """The same as `model_copy`, in half of its time; the changes are known to be right."""
    made = Standing.__new__(Standing)
    object.__setattr__(made, "__dict__", standing.__dict__ | changes)
    object.__setattr__(made, "__pydantic_fields_set__", _SET)
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


def _outside(applicant: Standing) -> Status:
    """What an applicant was before it applied."""
    if not applicant.seat:
        return Status.NONE
    return Status.BARRED if applicant.admissible_at == BARRED else Status.EXITED


_NOBODY = (Status.NONE, Status.EXITED, Status.BARRED)
_PENDING = (Status.APPLIED, Status.OBJECTED)
_HOLDING = tuple(status for status in Status if status.holds)
_TRANSITIONS: dict[str, tuple[Sequence[Status], Status | None]] = {
    "Applied": (_NOBODY, Status.APPLIED),
    "Objected": ((Status.APPLIED,), Status.OBJECTED),
    "Admitted": (_PENDING, Status.ACTIVE),
    "Refused": (_PENDING, None),
    "Withdrawn": (_PENDING, None),
    "Exited": (_HOLDING, Status.EXITED),
    "Expelled": (_HOLDING, Status.BARRED),
    "Suspended": ((Status.ACTIVE,), Status.SUSPENDED),
    "Reinstated": ((Status.SUSPENDED,), Status.ACTIVE),
    "Lapsed": ((Status.ACTIVE,), Status.LAPSED),
    "Resumed": ((Status.LAPSED,), Status.ACTIVE),
    "Affiliated": (_HOLDING, None),
    "Separated": (_HOLDING, None),
    "ConstituencyChanged": (_HOLDING, None),
    "Moved": (_HOLDING, None),
}
"""Event -> standings in which it can happen, and the status after it; None: see `_next`."""
