"""The register of seats and what belongs to it, as the events lead to it."""

from collections import Counter
from typing import NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, at, difference
from metaorg.audit.replay.front import Front, Handlers
from metaorg.audit.replay.texts import Texts
from metaorg.rules.admission import Admission, Consequence, Passage, Readoption, may_lapse
from metaorg.rules.membership import Inconsistent, Register, Standing, Transition
from metaorg.types import Address

TRANSITIONS = (
    "Applied",
    "Objected",
    "Admitted",
    "Refused",
    "Withdrawn",
    "Exited",
    "Expelled",
    "Suspended",
    "Reinstated",
    "Lapsed",
    "Resumed",
    "Affiliated",
    "Separated",
    "ConstituencyChanged",
    "Moved",
)
"""Events of the register that change a standing."""
_RESTING = {
    "Admitted": "organization",
    "Resumed": "organization",
    "ConstituencyChanged": "organization",
    "Moved": "to",
}
"""Events that rest on an adoption of the text in force, and the argument that names by whom."""
_SIGNED = ("Applied", "Moved")
"""Acts that an account can have signed for somebody else to send."""
_UNDECLARED = ("Moved", "Affiliated", "Exited", "Expelled")
"""Events of an account after which what it declared does not stand any more."""
Place = tuple[int, int]
"""Where a vote counts: constituency and ordinal there."""


class Step(NamedTuple):
    """Something that happened to a seat or to an application."""

    time: int
    block: int
    transaction: bytes
    event: str


class Seats:
    """The register, profiles, declarations, the gate, and the votes over time.

    Args (attributes): signed: how many acts each account can have signed at most; events do not
        tell which of them it sent itself. passages: through the gate of admission. steps: what
        happened to each account, which takes the past of its seat along. points: active votes of
        each constituency from a time on. broken: whether the events contradicted each other.
    """

    PARTS = (
        *("profiles", "declared", "signed", "holders", "steps", "points", "broken"),
        *("_gate", "_decided", "_constituencies", "_votes", "_counts", "_active"),
    )

    def __init__(self, front: Front, texts: Texts, findings: list[Finding]) -> None:
        self._front, self._texts, self._findings = front, texts, findings
        self.register = Register([])
        self.profiles: dict[Address, bytes] = {}
        self.declared: dict[Address, Address] = {}
        self.signed: dict[Address, int] = {}
        self.holders: dict[int, Address] = {}
        self.steps: dict[Address, list[Step]] = {}
        self.points: list[tuple[int, dict[int, int]]] = []
        self.broken = False
        self._gate: list[tuple[int, int, Admission | None, tuple[bytes, Address] | None]] = []
        self._decided: set[tuple[bytes, Address]] = set()
        self._constituencies: dict[int, int] = {}
        self._votes: dict[Place, int] = {}
        """Active seats of each place that has any."""
        self._counts: dict[int, int] = {}
        """Active votes of each constituency."""
        self._active: set[int] = set()

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        return {
            "membership": {
                **dict.fromkeys(TRANSITIONS, self._follow),
                "AdmissionChanged": self._gate_changed,
                "AdmittedByDecision": self._admitted_by_decision,
                "ProfileChanged": self._profile_changed,
                "AffiliationDeclared": self._declare,
            }
        }

    @property
    def passages(self) -> list[Passage]:
        """What went through the gate: rules, and admissions that nobody decided."""
        silent = (one for one in self._gate if one[3] is None or one[3] not in self._decided)
        return [Passage(time=time, active=active, rule=rule) for time, active, rule, _ in silent]

    def active_in(self, constituency: int) -> int:
        """Active votes of a constituency now; a group has one."""
        return self._counts.get(constituency, 0)

    def place_at(self, account: Address, time: int) -> Place | None:
        """Where an account's vote counted at a time; None without an active seat."""
        standing = self.register.standing_at(account, time)
        return standing.place if standing.active else None

    def _follow(self, event: Happened) -> None:
        step = transition(event)
        concerned = [one for one in (step.organization, step.to) if one]
        before = [self._standing(one) for one in concerned]
        try:
            self.register.follow(step)
        except Inconsistent as error:
            self._wrong(
                "seats.history",
                "history of the register",
                "one that the rules allow",
                str(error),
                event,
            )
            self.broken = True
            return
        self._tally(before, [self._standing(one) for one in concerned], event.time)
        self._pass(event)
        self._attend(event, step)
        self._rest(event)

    def _attend(self, event: Happened, step: Transition) -> None:
        """Profile, holder, declarations, signed acts and history."""
        who, given, name = step.organization, event.arguments, event.name
        taken = Step(event.time, event.block, event.transaction, name)
        self.steps.setdefault(who, []).append(taken)
        if name in _SIGNED:
            self.signed[who] = self.signed.get(who, 0) + 1
        if name == "Applied":
            self.profiles[who] = given["profile"]
        if name == "Admitted":
            self.holders[step.seat] = who
        if name in _UNDECLARED:
            self.declared.pop(who, None)
        if step.to is not None:
            self.holders[step.seat] = step.to
            self.steps[step.to] = [*self.steps.get(step.to, ()), *self.steps.pop(who)]
            if who in self.profiles:
                self.profiles[step.to] = self.profiles.pop(who)

    def _standing(self, account: Address) -> Standing:
        return self.register.standings.get(account, Standing())

    def _tally(self, before: list[Standing], after: list[Standing], time: int) -> None:
        """Count the active seats of each place, and note when a constituency's votes change."""
        old, new = _places(before), _places(after)
        if old == new:
            return
        for place in old.keys() | new.keys():
            had = self._votes.pop(place, 0)
            has = had + new[place] - old[place]
            self._counts[place[0]] = self.active_in(place[0]) + bool(has) - bool(had)
            if has:
                self._votes[place] = has
        if self.points and self.points[-1][0] == time:
            self.points.pop()
        self.points.append((time, dict(self._counts)))

    def _pass(self, event: Happened) -> None:
        """Through the gate, or back: who is active matters to the pace."""
        seat, name = event.arguments.get("seat", 0), event.name
        if name == "Admitted":
            whose = event.transaction, event.arguments["organization"]
            if self._gate:
                self._gate.append((event.time, len(self._active), None, whose))
        if name in ("Admitted", "Reinstated", "Resumed"):
            self._active.add(seat)
        elif name in ("Exited", "Expelled", "Suspended", "Lapsed"):
            self._active.discard(seat)

    def _gate_changed(self, event: Happened) -> None:
        rule = Admission(**event.arguments["admission"])
        self._gate.append((event.time, len(self._active), rule, None))

    def _admitted_by_decision(self, event: Happened) -> None:
        self._decided.add((event.transaction, event.arguments["organization"]))

    def _profile_changed(self, event: Happened) -> None:
        self.profiles[event.arguments["organization"]] = event.arguments["profile"]

    def _declare(self, event: Happened) -> None:
        """Of whom an account says that both are under one control; answered, it is settled."""
        one, other = event.arguments["organization"], event.arguments["other"]
        if self.declared.get(other) != one:
            self.declared[one] = other
        else:
            self.declared.pop(one, None)
            self.declared.pop(other, None)

    def _rest(self, event: Happened) -> None:
        """Who got a seat, a vote or a constituency had adopted so; who lost a vote had not."""
        given, name = event.arguments, event.name
        if name == "Lapsed":
            self._lapsed(event)
        if name not in _RESTING:
            return
        account, seat = given[_RESTING[name]], given["seat"]
        if "constituency" in given:
            self._constituencies[seat] = given["constituency"]
        version = self._texts.in_force.number
        adopted = self._texts.adopted.get(account, {}).get(version)
        wanted = self._constituencies.get(seat)
        if adopted is None:
            seen = "not adopted"
        elif name != "Resumed" and adopted.constituency != wanted:
            seen = f"adopted in constituency {adopted.constituency}, not {wanted}"
        else:
            return
        expected = f"version {version} adopted before"
        self._wrong("seats.adoption", f"seat of {account}", expected, seen, event)

    def _lapsed(self, event: Happened) -> None:
        account, version = event.arguments["organization"], event.arguments["version"]
        text, rule = self._texts.in_force, self._front.readoption
        rule = rule or Readoption(grace=0, consequence=Consequence.SHOWN)
        adopted = text.number in self._texts.adopted.get(account, {})
        allowed = may_lapse(rule, adopted, text.since, event.time)
        if allowed and rule.consequence == Consequence.SUSPENDED and version == text.number:
            return
        expected = (
            f"only after {rule.grace} s without adopting version {text.number}, in force since "
            f"{text.since}; then a seat is {rule.consequence.words}"
        )
        words = "adopted" if adopted else "not adopted"
        seen = f"at {event.time} for version {version}, {words}"
        self._wrong("seats.lapse", f"lapse of {account}", expected, seen, event)

    def _wrong(self, code: str, subject: str, expected: str, seen: str, event: Happened) -> None:
        self._findings.append(difference(code, subject, expected, seen, at(event)))


def transition(event: Happened) -> Transition:
    """One event of the register as the rules know it."""
    given = event.arguments
    return Transition.model_construct(
        time=event.time,
        name=event.name,
        organization=given["from"] if event.name == "Moved" else given["organization"],
        constituency=given.get("constituency", 0),
        kind=given.get("kind", 0),
        admissible_at=given.get("admissibleAt", 0),
        seat=given.get("seat", 0),
        ordinal=given.get("ordinal", 0),
        group=given.get("group", 0),
        to=given.get("to"),
    )


def _places(standings: list[Standing]) -> Counter[Place]:
    return Counter(standing.place for standing in standings if standing.active)
