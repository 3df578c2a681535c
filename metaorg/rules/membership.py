"""The register of seats as a value: events in, standings and votes at every past time out.

The contract's counterpart is `Membership`. An auditor feeds the events and compares the answers.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum

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

    @property
    def words(self) -> str:
        return self.name.lower()

    @property
    def holds(self) -> bool:
        """Whether it is one of somebody who holds a seat, with a vote or without."""
        return self in (Status.ACTIVE, Status.SUSPENDED, Status.LAPSED)


NEVER = (1 << 48) - 1
"""`admissible_at` of an application that only a decision can finish."""


class Standing(Model):
    """An organization's place in the register.

    Args:
        since: when this standing began, Unix seconds.
        constituency, kind: indices into the register's lists.
        seat: number from 1, 0 until first admitted; also the certificate's token id.
        ordinal: place of its vote within the constituency `votes_in`, from 0.
        admissible_at: when an application may be finished, Unix seconds; or `NEVER`.
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
        history = self._history.get(account, [])
        index = bisect_right(history, time, key=lambda entry: entry[0])
        return history[index - 1][1] if index else Standing()

    def votes_at(self, account: Address, time: int) -> int:
        """Units that `account` had at `time`. Source: Membership.getPastVotes."""
        return UNITS_PER_SEAT if self.standing_at(account, time).active else 0

    def census_at(self, time: int, constituencies: int) -> list[Census]:
        """Each constituency's active votes at `time`. Source: Membership.censusAt."""
        standings = (self.standing_at(account, time) for account in self._history)
        places = {standing.place for standing in standings if standing.active}
        active = Counter(votes_in for votes_in, _ in places)
        return [
            Census(active=active[i], issued=self._issued.get(i, 0) if active[i] else 0)
            for i in range(constituencies)
        ]

    def follow(self, event: Transition) -> None:
        """Follow one event more.

        Raises:
            Inconsistent: it contradicts those before it, or the rules.
        """
        before = self.standings.get(event.organization, Standing())
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
        else:
            self._record(event.organization, self._next(before, event, after), event.time)

    def _record(self, account: Address, standing: Standing, time: int) -> None:
        standing = standing.model_copy(update={"since": time})
        self.standings[account] = standing
        history = self._history.setdefault(account, [])
        if history and history[-1][0] == time:
            history.pop()
        history.append((time, standing))

    def _next(self, before: Standing, event: Transition, after: Status | None) -> Standing:
        changes: dict[str, object] = {"status": before.status if after is None else after}
        if event.name == "Applied":
            changes |= {
                "constituency": event.constituency,
                "kind": event.kind,
                "admissible_at": event.admissible_at,
            }
        elif event.name == "Admitted":
            changes |= self._admitted(before, event)
        elif event.name == "Affiliated":
            changes |= self._affiliated(before, event)
        elif event.name == "Separated":
            changes |= self._separated(before, event)
        elif event.name == "ConstituencyChanged":
            changes |= self._elsewhere(before, event)
        elif event.name in ("Refused", "Withdrawn"):  # back to where it came from
            changes["status"] = Status.EXITED if before.seat else Status.NONE
        return before.model_copy(update=changes)

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
        fresh = self.standings.get(event.to, Standing())
        if fresh.status != Status.NONE or fresh.seat:
            raise Inconsistent(f"{event.to} took over seat {event.seat} and was known before")
        past = self._history.pop(event.organization)
        self._history[event.to] = past
        self._record(event.to, before, event.time)
        self._record(event.organization, Standing(), event.time)


_NOBODY = (Status.NONE, Status.EXITED)
_PENDING = (Status.APPLIED, Status.OBJECTED)
_HOLDING = tuple(status for status in Status if status.holds)
_TRANSITIONS: dict[str, tuple[Sequence[Status], Status | None]] = {
    "Applied": (_NOBODY, Status.APPLIED),
    "Objected": ((Status.APPLIED,), Status.OBJECTED),
    "Admitted": (_PENDING, Status.ACTIVE),
    "Refused": (_PENDING, None),
    "Withdrawn": (_PENDING, None),
    "Exited": (_HOLDING, Status.EXITED),
    "Expelled": (_HOLDING, Status.EXITED),
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
