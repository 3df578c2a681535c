"""A register that was kept and restored goes on as one that never rested."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.rules.membership import Inconsistent, Register, RegisterState, Status, Transition
from rules.test_membership import ACCOUNTS, CONSTITUENCIES, Model, founded, histories


def rested(register: Register) -> Register:
    """The register that was written as JSON and read again."""
    text = register.state().model_dump_json()
    return Register.restored(RegisterState.model_validate_json(text))


def answers(register: Register, until: int) -> list[Any]:
    """Everything that can be asked of a register."""
    times = range(-1, until + 2)
    return [
        list(register.standings.items()),
        register.seats,
        register.groups,
        register.active(),
        [register.history(account) for account in ACCOUNTS],
        [register.standing_at(account, time) for account in ACCOUNTS for time in times],
        [register.votes_at(account, time) for account in ACCOUNTS for time in times],
        [register.census_at(time, CONSTITUENCIES) for time in times],
    ]


def what_follows(register: Register, event: Transition) -> str:
    try:
        register.follow(event)
    except Inconsistent as error:
        return str(error)
    return ""


@given(histories(), st.data())
def test_a_history_cut_anywhere_goes_on_as_one_that_was_not(
    model: Model, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(model.events)))
    last = model.events[-1].time if model.events else 0
    whole = Register(model.events)

    register = rested(Register(model.events[:cut]))

    assert answers(register, last) == answers(Register(model.events[:cut]), last)
    for event in model.events[cut:]:
        register.follow(event)
    assert answers(register, last) == answers(whole, last)
    assert register.state() == whole.state()


@given(histories(), st.data())
def test_what_is_refused_after_a_rest_is_refused_in_the_same_words(
    model: Model, data: st.DataObject
) -> None:
    fields = {
        "organization": st.sampled_from(ACCOUNTS),
        "to": st.sampled_from(ACCOUNTS),
        "name": st.sampled_from(["Applied", "Admitted", "Affiliated", "Moved", "Separated"]),
        **dict.fromkeys(("seat", "group", "constituency", "ordinal"), st.integers(0, 3)),
    }
    event = Transition(time=10**6, **{name: data.draw(one) for name, one in fields.items()})
    register = Register(model.events)

    assert what_follows(rested(register), event) == what_follows(register, event)


def test_statuses_are_statuses_again() -> None:
    register = rested(Register(founded().events))

    statuses = [standing.status for standing in register.standings.values()]
    assert statuses == [Status.ACTIVE] * 4
    assert all(isinstance(status, Status) for status in statuses)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seats": "many"},
        {"groups": [[1]]},
        {"accounts": [[ACCOUNTS[0], []]]},
        {"accounts": [[ACCOUNTS[0], [[1, 2, 3]]]]},
        {"accounts": [[ACCOUNTS[0], [[1, 99, 0, 0, 0, 0, 0, 0, 0]]]]},
        {"more": 1},
    ],
    ids=["text", "half a place", "no standing", "short", "no status", "unknown field"],
)
def test_what_is_no_state_is_refused(wrong: dict[str, Any]) -> None:
    state = Register(founded().events).state().model_dump(mode="json")

    with pytest.raises(ValidationError):
        RegisterState.model_validate(state | wrong)
