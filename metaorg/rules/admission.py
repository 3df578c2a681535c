"""When an application may become a seat. The contract's counterpart is Membership's gate."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Self

from pydantic import Field, model_validator

from metaorg.rules.decision import BASIS
from metaorg.types import Model


class AdmissionMethod(IntEnum):
    """How an application becomes a seat."""

    OPEN = 0
    LAZY_CONSENT = 1
    DECISION = 2

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


class Admission(Model):
    """The rule of admission.

    Args:
        method: at once, after a window in which no active member objected, or only by a decision.
        window: seconds for objections; 0 when open or by decision.
        period: seconds over which admissions without a decision are counted, at least 1.
        share: seats that one period may admit, basis points of the active seats at its start.
        floor: seats that one period may admit at least, 1 or more.
    """

    method: AdmissionMethod
    window: int = Field(ge=0, lt=1 << 32)
    period: int = Field(ge=1, lt=1 << 32)
    share: int = Field(ge=0, le=BASIS)
    floor: int = Field(ge=1, lt=1 << 16)

    @model_validator(mode="after")
    def _only_silence_has_a_window(self) -> Self:
        if self.method != AdmissionMethod.LAZY_CONSENT and self.window:
            raise ValueError(
                f"admission by the method {self.method.words!r} has no window: set it to 0, "
                "or use lazy consent"
            )
        return self


class Consequence(IntEnum):
    """What becomes of a seat whose organization has not adopted the text in force in time.

    Nothing but that it is shown; it has no vote until it adopts; it ends.
    """

    SHOWN = 0
    SUSPENDED = 1
    EXITED = 2

    @property
    def words(self) -> str:
        return self.name.lower()


class Readoption(Model):
    """What follows an amendment of the InterConstitution.

    Args:
        grace: seconds in which every organization may adopt the new text, or leave.
        consequence: what anyone may bring about after that.
    """

    grace: int = Field(ge=0, lt=1 << 32)
    consequence: Consequence


def may_lapse(rule: Readoption, adopted: bool, since: int, now: int) -> bool:
    """Whether a seat's vote can be taken, or the seat ended, because its text is out of date.

    Args:
        adopted: the text in force. since: when it came into force, Unix seconds.

    Source: Membership.lapse.
    """
    return rule.consequence != Consequence.SHOWN and not adopted and now > since + rule.grace


class Gate(Model):
    """The running period: when it began, how many it may admit and has admitted."""

    period_start: int
    limit: int
    admitted: int = 0

    @property
    def remaining(self) -> int:
        return self.limit - self.admitted


def pace_limit(rule: Admission, active: int) -> int:
    """Seats that a period beginning with `active` seats may admit; the share is rounded down."""
    return max(active * rule.share // BASIS, rule.floor)


def begin(rule: Admission, active: int, now: int) -> Gate:
    """A new period."""
    return Gate(period_start=now, limit=pace_limit(rule, active))


def current(gate: Gate, rule: Admission, active: int, now: int) -> Gate:
    """The gate at `now`: a new period begins with the first look after the last one ended."""
    over = now >= gate.period_start + rule.period
    return begin(rule, active, now) if over else gate


class Passage(Model):
    """A moment at the gate: a new rule of admission, or (without one) an admission in silence.

    Args:
        time: Unix seconds. active: seats that were active just before.
    """

    time: int
    active: int
    rule: Admission | None = None


def pace_breaches(passages: Sequence[Passage]) -> list[int]:
    """Indices of the admissions in silence that the pace should have refused.

    Args:
        passages: in order of time, the first one a rule.

    Source: Membership._takeTurn.
    """
    rule: Admission | None = None
    gate = Gate(period_start=0, limit=0)
    breaches = []
    for index, passage in enumerate(passages):
        if passage.rule is not None:
            rule, gate = passage.rule, begin(passage.rule, passage.active, passage.time)
            continue
        if rule is not None:
            gate = current(gate, rule, passage.active, passage.time)
        if gate.remaining <= 0:
            breaches.append(index)
        gate = gate.model_copy(update={"admitted": gate.admitted + 1})
    return breaches
