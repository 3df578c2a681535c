"""The register of seats as a value: events in, standings and votes at every past time out.

The contract's counterpart is `Membership`. An auditor feeds the events and compares the answers.
"""

from bisect import bisect_right
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

    @property
    def words(self) -> str:
        return self.name.lower()


class Standing(Model):
    """An organization's place in the register.

    Args:
        since: when this standing began, Unix seconds.
        constituency, kind: indices into the register's lists.
        seat: number from 1, 0 until first admitted; also the certificate's token id.
        ordinal: place within the constituency, from 0.
        admissible_at: when an application may be finished, Unix seconds.
    """

    since: int = 0
    status: Status = Status.NONE
    constituency: int = 0
    kind: int = 0
    seat: int = 0
    ordinal: int = 0
    admissible_at: int = 0

    @property
    def active(self) -> bool:
        return self.status == Status.ACTIVE


class Census(Model):
    """The seats of one constituency: active at the time asked for, ordinals issued so far."""

    active: int
    issued: int


class Transition(Model):
    """One event of the register, at a time in Unix seconds; fields that do not apply are zero."""

    time: int
    name: str
    organization: Address
    constituency: int = 0
    kind: int = 0
    admissible_at: int = 0
    seat: int = 0
    ordinal: int = 0


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
        self._history: dict[Address, list[tuple[int, Standing]]] = {}
        self._issued: dict[int, int] = {}
        for transition in transitions:
            self._follow(transition)

    def active(self) -> list[Address]:
        """Accounts with an active seat, by seat number."""
        held = [(s.seat, account) for account, s in self.standings.items() if s.active]
        return [account for _, account in sorted(held)]

    def history(self, account: Address) -> Sequence[tuple[int, Standing]]:
        """Every standing of an account that lasted at least a second, with when it began."""
        return self._history.get(account, [])

    def standing_at(self, account: Address, time: int) -> Standing:
        """The last standing that began at or before `time`."""
        history = self._history.get(account, [])
        index = bisect_right(history, time, key=lambda entry: entry[0])
        return history[index - 1][1] if index else Standing()

    def votes_at(self, account: Address, time: int) -> int:
        """Units that `account` had at `time`. Source: Membership.getPastVotes."""
        return UNITS_PER_SEAT if self.standing_at(account, time).active else 0

    def census_at(self, time: int, constituencies: int) -> list[Census]:
        """Each constituency's active seats at `time`. Source: Membership.censusAt."""
        active = [0] * constituencies
        for account in self._history:
            standing = self.standing_at(account, time)
            if standing.active:
                active[standing.constituency] += 1
        return [
            Census(active=count, issued=self._issued.get(index, 0))
            for index, count in enumerate(active)
        ]

    def _follow(self, event: Transition) -> None:
        before = self.standings.get(event.organization, Standing())
        allowed, after = _TRANSITIONS[event.name]
        if before.status not in allowed:
            raise Inconsistent(
                f"{event.name} of {event.organization} at {event.time}: "
                f"it was {before.status.words}"
            )
        standing = self._next(before, event, after).model_copy(update={"since": event.time})
        self.standings[event.organization] = standing
        history = self._history.setdefault(event.organization, [])
        if history and history[-1][0] == event.time:
            history.pop()
        history.append((event.time, standing))

    def _next(self, before: Standing, event: Transition, after: Status | None) -> Standing:
        if event.name == "Applied":
            return before.model_copy(
                update={
                    "status": Status.APPLIED,
                    "constituency": event.constituency,
                    "kind": event.kind,
                    "admissible_at": event.admissible_at,
                }
            )
        if event.name == "Admitted":
            return self._admitted(before, event)
        if after is None:  # an application ended: back to where it came from
            after = Status.EXITED if before.seat else Status.NONE
        return before.model_copy(update={"status": after})

    def _admitted(self, before: Standing, event: Transition) -> Standing:
        seat = before.seat or self.seats + 1
        ordinal = self._issued.get(before.constituency, 0)
        if (event.seat, event.ordinal) != (seat, ordinal):
            raise Inconsistent(
                f"{event.organization} was given seat {event.seat} and ordinal {event.ordinal}; "
                f"next were {seat} and {ordinal}"
            )
        self._issued[before.constituency] = ordinal + 1
        self.seats = max(self.seats, seat)
        return before.model_copy(update={"status": Status.ACTIVE, "seat": seat, "ordinal": ordinal})


_PENDING = (Status.APPLIED, Status.OBJECTED)
_TRANSITIONS: dict[str, tuple[Sequence[Status], Status | None]] = {
    "Applied": ((Status.NONE, Status.EXITED), Status.APPLIED),
    "Objected": ((Status.APPLIED,), Status.OBJECTED),
    "Admitted": (_PENDING, Status.ACTIVE),
    "Refused": (_PENDING, None),
    "Withdrawn": (_PENDING, None),
    "Exited": ((Status.ACTIVE,), Status.EXITED),
}
