"""The register as a value, against a model that keeps a list of everything and knows no tricks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.decision import UNITS_PER_SEAT
from metaorg.rules.membership import Census, Inconsistent, Register, Standing, Status, Transition

ACCOUNTS = ["0x" + digit * 40 for digit in "1234"]
CONSTITUENCIES = 3


class Model:
    """The register, naively: every state after every event, looked up by scanning."""

    def __init__(self) -> None:
        self.now: dict[str, dict[str, int]] = {}
        self.seats: dict[str, int] = {}
        self.issued = [0] * CONSTITUENCIES
        self.log: list[tuple[int, dict[str, dict[str, int]]]] = []

    def status(self, account: str) -> Status:
        return Status(self.now.get(account, {}).get("status", 0))

    def follow(self, event: Transition) -> None:
        state = dict(self.now.get(event.organization, {}))
        state["since"] = event.time
        if event.name == "Applied":
            state |= {
                "status": Status.APPLIED,
                "constituency": event.constituency,
                "kind": event.kind,
                "admissible_at": event.admissible_at,
            }
        elif event.name == "Objected":
            state["status"] = Status.OBJECTED
        elif event.name == "Admitted":
            self.seats.setdefault(event.organization, len(self.seats) + 1)
            state |= {
                "status": Status.ACTIVE,
                "seat": self.seats[event.organization],
                "ordinal": self.issued[state["constituency"]],
            }
            self.issued[state["constituency"]] += 1
        elif event.name == "Exited" or event.organization in self.seats:
            state["status"] = Status.EXITED
        else:
            state["status"] = Status.NONE
        self.now = {**self.now, event.organization: state}
        self.log.append((event.time, self.now))

    def at(self, time: int) -> dict[str, dict[str, int]]:
        before = [state for moment, state in self.log if moment <= time]
        return before[-1] if before else {}


@st.composite
def histories(draw: Any) -> tuple[list[Transition], Model]:
    """Histories that the contract allows; many events share a second, rejoining included."""
    model, events, time = Model(), [], 0
    for _ in range(draw(st.integers(0, 40))):
        time += draw(st.sampled_from((0, 0, 1, 3)))
        account = draw(st.sampled_from(ACCOUNTS))
        status = model.status(account)
        if status in (Status.NONE, Status.EXITED):
            event = Transition(
                time=time,
                name="Applied",
                organization=account,
                constituency=draw(st.integers(0, CONSTITUENCIES - 1)),
                kind=draw(st.integers(0, 2)),
                admissible_at=time + draw(st.integers(0, 5)),
            )
        elif status == Status.ACTIVE:
            event = Transition(time=time, name="Exited", organization=account)
        else:
            names = ["Admitted", "Admitted", "Refused", "Withdrawn"]
            names += ["Objected"] if status == Status.APPLIED else []
            name = draw(st.sampled_from(names))
            event = Transition(time=time, name=name, organization=account)
            if name == "Admitted":
                constituency = model.now[account]["constituency"]
                event = event.model_copy(
                    update={
                        "seat": model.seats.get(account, len(model.seats) + 1),
                        "ordinal": model.issued[constituency],
                    }
                )
        model.follow(event)
        events.append(event)
    return events, model


@given(histories())
def test_the_register_agrees_with_the_model_at_every_time(
    history: tuple[list[Transition], Model],
) -> None:
    events, model = history

    register = Register(events)

    last = events[-1].time if events else 0
    for time in range(-1, last + 2):
        for account in ACCOUNTS:
            state = model.at(time).get(account, {})
            assert register.standing_at(account, time) == Standing(**state)
            active = state.get("status") == Status.ACTIVE
            assert register.votes_at(account, time) == (UNITS_PER_SEAT if active else 0)
        expected = [
            Census(
                active=sum(
                    state["status"] == Status.ACTIVE and state["constituency"] == index
                    for state in model.at(time).values()
                ),
                issued=model.issued[index],
            )
            for index in range(CONSTITUENCIES)
        ]
        assert register.census_at(time, CONSTITUENCIES) == expected


@given(histories())
def test_seat_numbers_and_ordinals_are_given_once(
    history: tuple[list[Transition], Model],
) -> None:
    events, model = history

    register = Register(events)

    assert register.seats == len(model.seats)
    numbers = [s.seat for s in register.standings.values() if s.seat]
    assert sorted(numbers) == list(range(1, len(model.seats) + 1))
    active = [register.standings[account] for account in register.active()]
    assert [s.seat for s in active] == sorted(s.seat for s in active)
    places = [(s.constituency, s.ordinal) for s in active]
    assert len(set(places)) == len(places)


@given(histories(), st.data())
def test_an_event_that_the_rules_do_not_allow_is_named(
    history: tuple[list[Transition], Model], data: st.DataObject
) -> None:
    events, model = history
    account = data.draw(st.sampled_from(ACCOUNTS))
    allowed = {
        Status.NONE: {"Applied"},
        Status.EXITED: {"Applied"},
        Status.ACTIVE: {"Exited"},
        Status.APPLIED: {"Objected", "Admitted", "Refused", "Withdrawn"},
        Status.OBJECTED: {"Admitted", "Refused", "Withdrawn"},
    }[model.status(account)]
    every = {"Applied", "Objected", "Admitted", "Refused", "Withdrawn", "Exited"}
    name = data.draw(st.sampled_from(sorted(every - allowed)))

    with pytest.raises(Inconsistent, match=f"{name} of {account}"):
        Register([*events, Transition(time=10**6, name=name, organization=account)])


def joined(account: str, seat: int, ordinal: int, time: int = 1) -> list[Transition]:
    return [
        Transition(time=time, name="Applied", organization=account),
        Transition(time=time, name="Admitted", organization=account, seat=seat, ordinal=ordinal),
    ]


@pytest.mark.parametrize(("seat", "ordinal"), [(1, 0), (3, 1), (2, 0), (2, 2)])
def test_a_seat_number_or_ordinal_out_of_turn_is_named(seat: int, ordinal: int) -> None:
    events = joined(ACCOUNTS[0], 1, 0) + joined(ACCOUNTS[1], seat, ordinal)

    with pytest.raises(Inconsistent, match="next were 2 and 1"):
        Register(events)


def test_a_returning_organization_keeps_its_number_and_gets_a_new_ordinal() -> None:
    account = ACCOUNTS[0]
    events = joined(account, 1, 0, time=5)
    events += [Transition(time=5, name="Exited", organization=account)]
    events += joined(account, 1, 1, time=5)

    register = Register(events)

    assert register.standings[account].seat == 1
    assert register.standings[account].ordinal == 1
    assert register.history(account) == [(5, register.standings[account])]
    assert register.votes_at(account, 4) == 0
    assert register.votes_at(account, 5) == UNITS_PER_SEAT


def test_leaving_takes_no_vote_from_the_past() -> None:
    events = joined(ACCOUNTS[0], 1, 0, time=5)
    events += [Transition(time=9, name="Exited", organization=ACCOUNTS[0])]

    register = Register(events)

    assert [register.votes_at(ACCOUNTS[0], time) for time in (4, 5, 8, 9)] == [0, 10_000, 10_000, 0]
    assert register.active() == []


def test_whoever_never_applied_has_no_standing() -> None:
    register = Register([])

    assert register.standing_at(ACCOUNTS[0], 10**9) == Standing()
    assert register.history(ACCOUNTS[0]) == []
    assert register.census_at(0, 2) == [Census(active=0, issued=0)] * 2
