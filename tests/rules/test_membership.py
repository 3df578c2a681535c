"""The register as a value, against a model that keeps a list of everything and knows no tricks."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.decision import UNITS_PER_SEAT
from metaorg.rules.membership import (
    BARRED,
    Census,
    Inconsistent,
    Register,
    Standing,
    Status,
    Transition,
)

ACCOUNTS = ["0x" + digit * 40 for digit in "123456"]
BAKERY, DAIRY, PRESS, FARM, SPARE, OUTSIDER = ACCOUNTS
CONSTITUENCIES = 3
HOLDING = {"Exited", "Expelled", "Affiliated", "ConstituencyChanged", "Moved"}
ALLOWED = {
    Status.NONE: {"Applied"},
    Status.EXITED: {"Applied"},
    Status.BARRED: {"Applied"},
    Status.APPLIED: {"Objected", "Admitted", "Refused", "Withdrawn"},
    Status.OBJECTED: {"Admitted", "Refused", "Withdrawn"},
    Status.ACTIVE: {"Suspended", "Lapsed"} | HOLDING,
    Status.SUSPENDED: {"Reinstated"} | HOLDING,
    Status.LAPSED: {"Resumed"} | HOLDING,
}
"""What can happen to whom; *Separated* besides, to whoever holds a seat in a group."""
EVENTS = sorted(set().union(*ALLOWED.values()) | {"Separated"})
Person = dict[str, Any]


class Model:
    """The register, naively: who is who after every event, all of it kept."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.issued = [0] * CONSTITUENCIES
        self.groups: list[tuple[int, int]] = []
        self.seats = 0
        self.events: list[Transition] = []
        self.log: list[tuple[int, dict[int, Person]]] = []
        """After each event: seat -> what was known of it."""

    def person(self, account: str) -> Person:
        fresh = dict.fromkeys(Standing.model_fields, 0) | {"status": Status.NONE}
        return self.people.setdefault(account, fresh)

    def allowed(self, account: str) -> set[str]:
        person = self.person(account)
        grouped = person["status"].holds and person["group"]
        return ALLOWED[person["status"]] | ({"Separated"} if grouped else set())

    def seats_at(self, time: int) -> dict[int, Person]:
        return ([{}] + [known for moment, known in self.log if moment <= time])[-1]

    def at(self, account: str, time: int) -> Person | None:
        """What was known at `time` of the seat that `account` holds now, if it had a vote."""
        known = self.seats_at(time).get(self.person(account)["seat"])
        return known if known and known["status"] == Status.ACTIVE else None

    def census(self, time: int) -> list[Census]:
        """Seats of their own, and groups, one by one."""
        active = [one for one in self.seats_at(time).values() if one["status"] == Status.ACTIVE]
        counts = []
        for index in range(CONSTITUENCIES):
            here = [one for one in active if one["votes_in"] == index]
            groups = {one["group"] for one in here if one["group"]}
            votes = sum(not one["group"] for one in here) + len(groups)
            counts.append(Census(active=votes, issued=self.issued[index] if votes else 0))
        return counts

    def emit(self, time: int, name: str, account: str, **given: Any) -> None:
        self.people[given.get("to", account)]["since"] = time
        self.events.append(Transition(time=time, name=name, organization=account, **given))
        known = {p["seat"]: deepcopy(p) for p in self.people.values() if p["seat"]}
        self.log.append((time, known))

    def issue(self, constituency: int) -> dict[str, int]:
        self.issued[constituency] += 1
        return {"votes_in": constituency, "ordinal": self.issued[constituency] - 1}

    # ------------------------------------------------------------------ what can happen

    def apply(self, time: int, account: str, constituency: int, kind: int = 0) -> None:
        barred = self.person(account)["status"] == Status.BARRED
        when = BARRED if barred else time + 5
        given = {"constituency": constituency, "kind": kind, "admissible_at": when}
        self.person(account).update(given, status=Status.APPLIED)
        self.emit(time, "Applied", account, **given)

    def admit(self, time: int, account: str) -> None:
        person = self.person(account)
        if not person["seat"]:
            self.seats += 1
            person["seat"] = self.seats
        if not person["group"]:
            person.update(self.issue(person["constituency"]))
        person["status"] = Status.ACTIVE
        parts = ("seat", "constituency", "kind", "ordinal")
        self.emit(time, "Admitted", account, **{part: person[part] for part in parts})

    def end(self, time: int, account: str, name: str) -> None:
        person = self.person(account)
        seat, suspended = person["seat"], person["status"] == Status.SUSPENDED
        applied = name in ("Refused", "Withdrawn")
        barred = person["admissible_at"] == BARRED if applied else name == "Expelled" or suspended
        person["status"] = Status.BARRED if barred else Status.EXITED
        if not seat:
            person["status"] = Status.NONE
        self.emit(time, name, account, seat=seat if name in ("Exited", "Expelled") else 0)

    def turn(self, time: int, account: str, name: str, status: Status) -> None:
        self.person(account)["status"] = status
        self.emit(time, name, account, seat=self.person(account)["seat"])

    def move(self, time: int, account: str, to: str) -> None:
        self.people[to] = self.people.pop(account)
        self.person(account)["since"] = time
        self.emit(time, "Moved", account, seat=self.people[to]["seat"], to=to)

    def change_constituency(self, time: int, account: str, constituency: int) -> None:
        person = self.person(account)
        person["constituency"] = constituency
        if not person["group"]:
            person.update(self.issue(constituency))
        given = {part: person[part] for part in ("seat", "constituency", "ordinal")}
        self.emit(time, "ConstituencyChanged", account, **given)

    def affiliate(self, time: int, accounts: list[str]) -> None:
        groups = [self.person(account)["group"] for account in accounts]
        group = next((group for group in groups if group), 0)
        if not group:
            place = self.issue(self.person(accounts[0])["votes_in"])
            self.groups.append((place["votes_in"], place["ordinal"]))
            group = len(self.groups)
        votes_in, ordinal = self.groups[group - 1]
        for account in accounts:
            person = self.person(account)
            if person["group"]:
                continue
            person.update(group=group, votes_in=votes_in, ordinal=ordinal)
            given = {"seat": person["seat"], "constituency": votes_in}
            self.emit(time, "Affiliated", account, group=group, ordinal=ordinal, **given)

    def separate(self, time: int, account: str) -> None:
        person = self.person(account)
        person.update(self.issue(person["constituency"]), group=0)
        given = {part: person[part] for part in ("seat", "constituency", "ordinal")}
        self.emit(time, "Separated", account, **given)


STATUS_AFTER = {
    "Objected": Status.OBJECTED,
    "Suspended": Status.SUSPENDED,
    "Reinstated": Status.ACTIVE,
    "Lapsed": Status.LAPSED,
    "Resumed": Status.ACTIVE,
}


def happen(draw: Callable[..., Any], model: Model, time: int, account: str, name: str) -> None:
    """Let the model live through an event that is allowed."""
    if name in STATUS_AFTER:
        model.turn(time, account, name, STATUS_AFTER[name])
    elif name in ("Refused", "Withdrawn", "Exited", "Expelled"):
        model.end(time, account, name)
    elif name == "Admitted":
        model.admit(time, account)
    elif name == "Separated":
        model.separate(time, account)
    else:
        happen_with(draw, model, time, account, name)


def happen_with(draw: Callable[..., Any], model: Model, time: int, account: str, name: str) -> None:
    """The events that need somebody or something else; nothing where there is none."""
    person = model.person(account)
    if name == "Applied":
        kind = draw(st.integers(0, 1))
        model.apply(time, account, draw(st.integers(0, CONSTITUENCIES - 1)), kind)
    elif name == "ConstituencyChanged":
        others = [index for index in range(CONSTITUENCIES) if index != person["constituency"]]
        model.change_constituency(time, account, draw(st.sampled_from(others)))
    elif name == "Moved" and (fresh := fresh_accounts(model)):
        model.move(time, account, draw(st.sampled_from(fresh)))
    elif name == "Affiliated" and (partners := partners_of(model, account)):
        model.affiliate(time, [account, draw(st.sampled_from(partners))])


def fresh_accounts(model: Model) -> list[str]:
    return [account for account in ACCOUNTS if model.person(account)["status"] == Status.NONE]


def partners_of(model: Model, account: str) -> list[str]:
    """Who holds a seat and is not of another group."""
    alone = not model.person(account)["group"]
    return [
        other
        for other in ACCOUNTS
        if other != account
        and model.person(other)["status"].holds
        and (alone or not model.person(other)["group"])
    ]


def founded() -> Model:
    """Four seats in two constituencies, at time 1."""
    model = Model()
    for account, constituency in ((BAKERY, 0), (DAIRY, 0), (PRESS, 1), (FARM, 1)):
        model.apply(1, account, constituency)
        model.admit(1, account)
    return model


@st.composite
def histories(draw: Any) -> Model:
    """Histories that the contract allows; many events share a second, rejoining included."""
    model, time = draw(st.sampled_from((Model, founded)))(), 1
    for _ in range(draw(st.integers(0, 30))):
        time += draw(st.sampled_from((0, 0, 1, 3)))
        account = draw(st.sampled_from(ACCOUNTS))
        name = draw(st.sampled_from(sorted(model.allowed(account))))
        happen(draw, model, time, account, name)
    return model


# ---------------------------------------------------------------------- against the model


@given(histories())
def test_votes_and_places_agree_with_the_model_at_every_time(model: Model) -> None:
    register = Register(model.events)

    last = model.events[-1].time if model.events else 0
    for time in range(-1, last + 2):
        assert register.census_at(time, CONSTITUENCIES) == model.census(time)
        for account in ACCOUNTS:
            known = model.at(account, time)
            assert register.votes_at(account, time) == (UNITS_PER_SEAT if known else 0)
            if known:
                place = (known["votes_in"], known["ordinal"])
                assert register.standing_at(account, time).place == place


@given(histories())
def test_every_account_stands_where_the_model_says(model: Model) -> None:
    register = Register(model.events)

    for account in ACCOUNTS:
        standing = register.standings.get(account, Standing())
        assert standing == Standing(**model.person(account))
    held = sorted((p["seat"], a) for a, p in model.people.items() if p["status"] == Status.ACTIVE)
    assert register.active() == [account for _, account in held]
    assert list(register.groups.values()) == model.groups


@given(histories())
def test_the_census_is_the_number_of_places_from_which_votes_can_come(model: Model) -> None:
    """Whatever happened before: places are never shared but in a group, and none is lost."""
    register = Register(model.events)

    last = model.events[-1].time if model.events else 0
    for time in range(last + 2):
        standings = [register.standing_at(account, time) for account in ACCOUNTS]
        places = {standing.place for standing in standings if standing.active}
        census = register.census_at(time, CONSTITUENCIES)
        assert sum(one.active for one in census) == len(places)
        assert all(ordinal < census[where].issued for where, ordinal in places)


@given(histories())
def test_seat_numbers_are_given_once_and_places_too(model: Model) -> None:
    register = Register(model.events)

    assert register.seats == model.seats
    numbers = [s.seat for s in register.standings.values() if s.seat]
    assert sorted(numbers) == list(range(1, model.seats + 1))
    active = [register.standings[account] for account in register.active()]
    alone = [standing.place for standing in active if not standing.group]
    assert len(set(alone)) == len(alone)
    assert not set(alone) & set(register.groups.values())


@given(histories(), st.data())
def test_an_event_that_the_rules_do_not_allow_is_named(model: Model, data: st.DataObject) -> None:
    account = data.draw(st.sampled_from(ACCOUNTS))
    name = data.draw(st.sampled_from(sorted(set(EVENTS) - model.allowed(account))))
    seat = model.person(account)["seat"]
    event = Transition(time=10**6, name=name, organization=account, seat=seat, to=OUTSIDER)

    with pytest.raises(Inconsistent, match=account):
        Register([*model.events, event])


# ---------------------------------------------------------------------- every step by itself

STEPS = {
    Status.NONE: [],
    Status.APPLIED: ["Applied"],
    Status.OBJECTED: ["Applied", "Objected"],
    Status.ACTIVE: ["Applied", "Admitted"],
    Status.SUSPENDED: ["Applied", "Admitted", "Suspended"],
    Status.LAPSED: ["Applied", "Admitted", "Lapsed"],
    Status.EXITED: ["Applied", "Admitted", "Exited"],
    Status.BARRED: ["Applied", "Admitted", "Expelled"],
}


def led_to(status: Status) -> list[Transition]:
    """Events after which the bakery stands so."""
    seated = {"Admitted", "Suspended", "Lapsed", "Exited", "Expelled"}
    return [
        Transition(time=1, name=name, organization=BAKERY, seat=int(name in seated))
        for name in STEPS[status]
    ]


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("name", EVENTS)
def test_each_step_is_possible_from_its_standings_only(status: Status, name: str) -> None:
    seat = 0 if status in (Status.NONE, Status.APPLIED, Status.OBJECTED) else 1
    details: dict[str, Any] = {
        "Applied": {"admissible_at": BARRED if status == Status.BARRED else 0},
        "Admitted": {"seat": 1, "ordinal": 1 if status == Status.EXITED else 0},
        "Moved": {"seat": seat, "to": SPARE},
        "ConstituencyChanged": {"seat": seat, "constituency": 1},
        "Affiliated": {"seat": seat, "group": 1, "ordinal": 1},
    }.get(name, {"seat": seat})
    event = Transition(time=2, name=name, organization=BAKERY, **details)

    if name in ALLOWED[status]:
        Register([*led_to(status), event])
    else:
        with pytest.raises(Inconsistent, match=f"{name} of {BAKERY}|separated"):
            Register([*led_to(status), event])


@pytest.mark.parametrize("name", sorted({"Suspended", "Lapsed", "Separated"} | HOLDING))
def test_an_event_of_another_seat_is_named(name: str) -> None:
    event = Transition(time=2, name=name, organization=BAKERY, seat=2, to=SPARE)

    with pytest.raises(Inconsistent, match="names seat 2; it held 1"):
        Register([*led_to(Status.ACTIVE), event])


def contradiction(change: Callable[[Model], None], problem: str, **wrong: Any) -> None:
    """The last event of a history, with something wrong in it, is named."""
    model = founded()
    change(model)
    *before, last = model.events
    Register(model.events)

    with pytest.raises(Inconsistent, match=problem):
        Register([*before, last.model_copy(update=wrong)])


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"seat": 1}, "given seat 1; next was 5"),
        ({"seat": 6}, "given seat 6; next was 5"),
        ({"ordinal": 1}, "given ordinal 1 of constituency 0; next was 2"),
        ({"ordinal": 3}, "given ordinal 3 of constituency 0; next was 2"),
        ({"constituency": 1}, "admitted in 1"),
        ({"kind": 1}, "admitted in 0 as 1"),
    ],
)
def test_an_admission_that_contradicts_the_register_is_named(
    wrong: dict[str, int], problem: str
) -> None:
    def joined(model: Model) -> None:
        model.apply(2, SPARE, 0)
        model.admit(2, SPARE)

    contradiction(joined, problem, **wrong)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"constituency": 0}, "changed to constituency 0, its own"),
        ({"ordinal": 1}, "next was 2"),
        ({"constituency": 2}, "constituency 2; next was 0"),
    ],
)
def test_a_change_of_constituency_that_contradicts_the_register_is_named(
    wrong: dict[str, int], problem: str
) -> None:
    contradiction(lambda model: model.change_constituency(2, BAKERY, 1), problem, **wrong)


@pytest.mark.parametrize(
    ("accounts", "wrong", "problem"),
    [
        ([BAKERY, PRESS], {"ordinal": 1}, "which votes at"),
        ([BAKERY, PRESS], {"constituency": 1}, "which votes at"),
        ([BAKERY, PRESS], {"group": 3}, "group 3 was founded after 1 others"),
        ([BAKERY, PRESS], {"group": 0}, "group 0 was founded after 1 others"),
        ([BAKERY, PRESS], {"organization": BAKERY, "seat": 1}, "and was of group 1"),
        (
            [BAKERY, PRESS],
            {"group": 2, "constituency": 0, "ordinal": 3},
            "group 2 votes in constituency 0; its first member .* voted in 1",
        ),
    ],
)
def test_an_affiliation_that_contradicts_the_register_is_named(
    accounts: list[str], wrong: dict[str, Any], problem: str
) -> None:
    contradiction(lambda model: model.affiliate(2, accounts), problem, **wrong)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"ordinal": 2}, "next was 3"),
        ({"constituency": 1}, "was separated in constituency 1"),
        ({"organization": FARM, "seat": 4}, "of group 0 .* was separated"),
    ],
)
def test_a_separation_that_contradicts_the_register_is_named(
    wrong: dict[str, Any], problem: str
) -> None:
    def separated(model: Model) -> None:
        model.affiliate(2, [BAKERY, DAIRY])
        model.separate(3, DAIRY)

    contradiction(separated, problem, **wrong)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"to": None}, "to nobody"),
        ({"to": DAIRY}, "was known before"),
        ({"to": BAKERY}, "was known before"),
        ({"seat": 2}, "names seat 2"),
    ],
)
def test_a_move_that_contradicts_the_register_is_named(wrong: dict[str, Any], problem: str) -> None:
    contradiction(lambda model: model.move(2, BAKERY, SPARE), problem, **wrong)


# ---------------------------------------------------------------------- what does not change


def test_a_seat_that_moves_votes_once_and_from_the_same_place() -> None:
    model = founded()
    model.move(5, BAKERY, SPARE)

    register = Register(model.events)

    for time in (1, 4, 5, 9):
        assert register.votes_at(SPARE, time) == UNITS_PER_SEAT
        assert register.votes_at(BAKERY, time) == 0
        assert register.standing_at(SPARE, time).place == (0, 0)
        assert register.census_at(time, 2) == [Census(active=2, issued=2)] * 2


def test_an_account_that_gave_its_seat_away_can_apply_for_another() -> None:
    model = founded()
    model.move(5, BAKERY, SPARE)
    model.apply(6, BAKERY, 1)
    model.admit(7, BAKERY)

    register = Register(model.events)

    assert (register.standings[BAKERY].seat, register.standings[SPARE].seat) == (5, 1)
    assert [register.votes_at(BAKERY, time) for time in (1, 5, 6, 7)] == [0, 0, 0, UNITS_PER_SEAT]


def test_a_change_of_constituency_leaves_the_place_at_an_earlier_snapshot() -> None:
    model = founded()
    model.change_constituency(5, BAKERY, 1)

    register = Register(model.events)

    assert register.standing_at(BAKERY, 4).place == (0, 0)
    assert register.standing_at(BAKERY, 5).place == (1, 2)
    assert register.census_at(4, 2)[0].active == 2
    assert [one.active for one in register.census_at(5, 2)] == [1, 3]


@pytest.mark.parametrize("name", ["Suspended", "Lapsed", "Exited", "Expelled"])
def test_who_loses_the_vote_keeps_it_for_an_earlier_snapshot(name: str) -> None:
    model = founded()
    after = STATUS_AFTER | {"Exited": Status.EXITED, "Expelled": Status.BARRED}
    status = after[name]
    model.turn(5, BAKERY, name, status)

    register = Register(model.events)

    votes = [register.votes_at(BAKERY, time) for time in (0, 1, 4, 5)]
    assert votes == [0, UNITS_PER_SEAT, UNITS_PER_SEAT, 0]
    assert [register.census_at(time, 1)[0].active for time in (4, 5)] == [2, 1]
    assert register.standings[BAKERY].status == status
    assert BAKERY not in register.active()


@pytest.mark.parametrize("steps", [["Expelled"], ["Suspended", "Exited"]])
def test_who_was_expelled_or_left_while_suspended_stays_barred(steps: list[str]) -> None:
    model = founded()
    for time, name in enumerate(steps, 5):
        happen(lambda _: None, model, time, BAKERY, name)
    model.apply(8, BAKERY, 0)
    model.end(9, BAKERY, "Withdrawn")

    assert Register(model.events).standings[BAKERY].status == Status.BARRED
    with pytest.raises(Inconsistent, match="was barred and applied"):
        applied = {"constituency": 0, "admissible_at": 15}
        Register(
            [*model.events, Transition(time=10, name="Applied", organization=BAKERY, **applied)]
        )


@pytest.mark.parametrize(("lost", "back"), [("Suspended", "Reinstated"), ("Lapsed", "Resumed")])
def test_who_gets_the_vote_back_has_it_in_the_same_place(lost: str, back: str) -> None:
    model = founded()
    model.turn(5, BAKERY, lost, STATUS_AFTER[lost])
    model.turn(8, BAKERY, back, STATUS_AFTER[back])

    register = Register(model.events)

    assert [register.votes_at(BAKERY, time) for time in (7, 8)] == [0, UNITS_PER_SEAT]
    assert register.standings[BAKERY].place == (0, 0)


def test_a_group_counts_once_while_one_of_its_members_is_active() -> None:
    model = founded()
    model.affiliate(5, [BAKERY, PRESS])
    model.turn(6, BAKERY, "Suspended", Status.SUSPENDED)
    model.end(7, PRESS, "Exited")

    register = Register(model.events)

    assert [one.active for one in register.census_at(4, 2)] == [2, 2]
    assert [one.active for one in register.census_at(5, 2)] == [2, 1]
    assert [one.active for one in register.census_at(6, 2)] == [2, 1]
    assert [one.active for one in register.census_at(7, 2)] == [1, 1]
    places = {register.standing_at(account, 5).place for account in (BAKERY, PRESS)}
    assert places == {(0, 2)}


def test_affiliation_leaves_each_its_own_place_at_an_earlier_snapshot() -> None:
    model = founded()
    model.affiliate(5, [BAKERY, PRESS])

    register = Register(model.events)

    assert [register.standing_at(a, 4).place for a in (BAKERY, PRESS)] == [(0, 0), (1, 0)]


def test_leaving_and_returning_keeps_the_group_and_changing_constituency_too() -> None:
    model = founded()
    model.affiliate(5, [BAKERY, PRESS])
    model.end(6, PRESS, "Exited")
    model.apply(7, PRESS, 2)
    model.admit(8, PRESS)
    model.change_constituency(9, PRESS, 1)

    register = Register(model.events)

    assert register.standings[PRESS].group == 1
    assert register.standings[PRESS].place == register.standings[BAKERY].place == (0, 2)
    for time in (5, 6, 8, 9):
        assert [one.active for one in register.census_at(time, 3)] == [2, 1, 0]


def test_who_is_separated_votes_in_its_own_constituency_in_a_new_place() -> None:
    model = founded()
    model.affiliate(5, [BAKERY, PRESS])
    model.separate(6, PRESS)

    register = Register(model.events)

    assert register.standings[PRESS].place == (1, 2)
    assert register.standings[PRESS].group == 0
    assert [one.active for one in register.census_at(6, 2)] == [2, 2]


def test_a_returning_organization_keeps_its_number_and_gets_a_new_ordinal() -> None:
    model = founded()
    model.end(5, BAKERY, "Exited")
    model.apply(5, BAKERY, 0)
    model.admit(5, BAKERY)

    register = Register(model.events)

    assert register.standings[BAKERY].seat == 1
    assert register.standings[BAKERY].ordinal == 2
    assert [time for time, _ in register.history(BAKERY)] == [1, 5]
    assert register.votes_at(BAKERY, 4) == register.votes_at(BAKERY, 5) == UNITS_PER_SEAT


def test_issued_ordinals_are_those_of_today_and_none_without_an_active_vote() -> None:
    model = founded()
    model.end(5, BAKERY, "Exited")
    model.end(5, DAIRY, "Expelled")

    register = Register(model.events)

    assert register.census_at(4, 2) == [Census(active=2, issued=2)] * 2
    assert register.census_at(5, 2)[0] == Census(active=0, issued=0)


def test_whoever_never_applied_has_no_standing() -> None:
    register = Register([])

    assert register.standing_at(BAKERY, 10**9) == Standing()
    assert register.history(BAKERY) == []
    assert register.census_at(0, 2) == [Census(active=0, issued=0)] * 2
