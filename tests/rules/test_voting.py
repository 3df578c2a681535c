"""Late swings, upgrades and open proposals: the shared histories, and slow counts of drawn ones."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.decision import Action, ClassTally, Method, Rule, Vote, decide
from metaorg.rules.membership import Inconsistent
from metaorg.rules.voting import (
    MAX_OPEN,
    Cast,
    Poll,
    Turns,
    UpgradeRequest,
    closing_part,
    frozen,
    upgraded,
)

VECTORS = Path(__file__).parents[1] / "vectors"
HISTORIES = json.loads((VECTORS / "votes.json").read_text(encoding="utf-8"))["histories"]
START = 1_000_000
SETS = [one for one in range(1, 16) if one & Method.EACH_CLASS != Method.IN_EACH_CLASS]


def rule_from(raw: dict[str, Any]) -> Rule:
    return Rule(
        voting_period=raw["votingPeriod"],
        **{part: raw[part] for part in Rule.model_fields if part != "voting_period"},
    )


def cast_from(raw: dict[str, Any], start: int = START) -> Cast:
    units = (raw["against"], raw["inFavour"], raw["abstain"])
    return Cast(
        time=start + raw["time"],
        ordinal=raw["ordinal"],
        vote=Vote(constituency=raw["constituency"], units=units),
    )


def poll_from(history: dict[str, Any]) -> Poll:
    return Poll(rule_from(history["rule"]), START, history["seats"], history["weights"])


def tally_from(raw: dict[str, int]) -> ClassTally:
    return ClassTally(
        against=raw["against"],
        in_favour=raw["inFavour"],
        abstain=raw["abstain"],
        seats=raw["seats"],
    )


@cache
def generator() -> Any:
    place = importlib.util.spec_from_file_location("votes", VECTORS / "generate_votes.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def follow(history: dict[str, Any]) -> Poll:
    """Count every vote, and hold each step to the history."""
    poll = poll_from(history)
    for raw in history["casts"]:
        if raw["counted"]:
            poll.count(cast_from(raw))
        else:
            with pytest.raises(Inconsistent):
                poll.count(cast_from(raw))
        assert poll.deadline - START == raw["deadline"]
    return poll


# ---------------------------------------------------------------------- late swing


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history["name"])
def test_a_history_goes_as_worked_out_by_hand(history: dict[str, Any]) -> None:
    poll = follow(history)

    assert poll.deadline - START == history["deadline"]
    assert poll.tallies == [tally_from(raw) for raw in history["tallies"]]
    assert poll.outcome.passed == history["passes"]


@st.composite
def histories(draw: Any) -> dict[str, Any]:
    """Votes of a few seats, some too late and some cast twice, counted slowly."""
    slow = generator()
    methods = draw(st.sampled_from(SETS))
    rule = slow.rule(
        methods,
        draw(st.sampled_from((5000, 6666, 6667))) if methods != Method.CONSENT else 0,
        draw(st.sampled_from((0, 3333, 5000))),
        draw(st.integers(1, 2)) if methods & Method.CONSENT else 0,
        draw(st.sampled_from((0, 10, 34, 50, 100))),
        draw(st.integers(1, 20)),
    )
    seats = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    places = [(where, place) for where, count in enumerate(seats) for place in range(count)]
    chosen = draw(st.lists(st.sampled_from(places), max_size=8)) if places else []
    times = sorted(draw(st.integers(0, 40)) for _ in chosen)
    units = st.sampled_from((slow.AGAINST, slow.FOR, slow.ABSTAIN, (5000, 5000, 0), (1, 9999, 0)))
    casts = [(time, *place, draw(units)) for time, place in zip(times, chosen, strict=True)]
    history: dict[str, Any] = slow.replayed("drawn", rule, [6000, 4000], seats, casts)
    return history


@given(histories())
def test_every_deadline_is_that_of_a_slow_count_in_exact_fractions(history: dict[str, Any]) -> None:
    poll = follow(history)

    assert poll.tallies == [tally_from(raw) for raw in history["tallies"]]
    assert poll.outcome == decide(poll.rule, poll.tallies, history["weights"])


@given(histories())
def test_the_deadline_of_the_past_is_the_one_that_was_known_then(history: dict[str, Any]) -> None:
    counted = [cast_from(raw) for raw in history["casts"] if raw["counted"]]
    rule, seats, weights = rule_from(history["rule"]), history["seats"], history["weights"]
    whole = Poll(rule, START, seats, weights, counted)

    for time in range(START, START + 61):
        then = Poll(rule, START, seats, weights, [cast for cast in counted if cast.time <= time])
        assert whole.deadline_at(time) == then.deadline


@given(histories())
def test_an_extension_makes_voting_longer_by_at_most_the_closing_part(
    history: dict[str, Any],
) -> None:
    poll = follow(history)

    end = START + poll.rule.voting_period
    assert end <= poll.deadline <= end + closing_part(poll.rule)
    assert (poll.extended_at is not None) == (poll.deadline > end)


def vote(time: int, ordinal: int = 0, constituency: int = 0, against: int = 0) -> Cast:
    units = (against, 10_000 - against, 0)
    return Cast(time=time, ordinal=ordinal, vote=Vote(constituency=constituency, units=units))


def poll(seats: tuple[int, ...] = (2, 0), **parts: Any) -> Poll:
    whole = {"methods": 1, "approval": 5000, "quorum": 0, "delay": 0, "voting_period": 100} | parts
    return Poll(Rule(**whole), START, seats)


@pytest.mark.parametrize(
    ("cast", "problem"),
    [
        (vote(START), "from 1000001 to 1000100"),
        (vote(START - 1), "after one at 1000000"),
        (vote(START + 101), "from 1000001 to 1000100"),
        (vote(START + 1, constituency=1), "constituency 1 has no seat"),
        (vote(START + 1, constituency=2), "constituency 2 has no seat"),
        (vote(START + 1, constituency=-1), "constituency -1 has no seat"),
        (vote(START + 1, against=-1), "not 10000"),
        (
            Cast(time=START + 1, ordinal=0, vote=Vote(constituency=0, units=(1, 2, 3))),
            "not 10000",
        ),
    ],
)
def test_a_vote_that_the_assembly_refuses_is_named(cast: Cast, problem: str) -> None:
    counted = poll()

    with pytest.raises(Inconsistent, match=problem):
        counted.count(cast)

    assert counted.tallies == [ClassTally(seats=2), ClassTally()]


def test_votes_out_of_order_twice_or_more_than_seats_are_named() -> None:
    counted = poll()
    counted.count(vote(START + 5))

    with pytest.raises(Inconsistent, match="after one at"):
        counted.count(vote(START + 4, 1))
    with pytest.raises(Inconsistent, match="voted already"):
        counted.count(vote(START + 5))
    counted.count(vote(START + 5, 1))
    with pytest.raises(Inconsistent, match="no seat that has not voted"):
        counted.count(vote(START + 5, 2))


# ---------------------------------------------------------------------- class upgrade

UPGRADABLE = Rule(
    methods=Method.MAJORITY, approval=6000, quorum=0, upgradable=True, delay=0, voting_period=1
)


def request(
    seat: int, constituency: int = 0, active: int = 3, ordinal: int | None = None
) -> UpgradeRequest:
    place = seat if ordinal is None else ordinal
    return UpgradeRequest(seat=seat, constituency=constituency, ordinal=place, active=active)


@pytest.mark.parametrize(
    ("target", "selector", "upgradable"),
    [("1", b"exp1", False), ("2", b"exp1", True), ("1", b"susp", True)],
)
def test_the_removal_of_a_member_is_not_upgradable(
    target: str, selector: bytes, upgradable: bool
) -> None:
    removal, other, action = (
        Action(target="0x" + digit * 40, selector=part)
        for digit, part in (("1", b"exp1"), ("3", b"exp1"), (target, selector))
    )

    assert frozen(UPGRADABLE, [other, action], removal).upgradable == upgradable
    never = UPGRADABLE.model_copy(update={"upgradable": False})
    assert frozen(never, [other, action], removal) == never


@pytest.mark.parametrize(
    ("requests", "upgrades"),
    [
        ([], False),
        ([request(1, active=1)], True),
        ([request(1, active=2)], False),
        ([request(1, active=2), request(2, active=2)], True),
        ([request(1, active=4), request(2, active=4)], False),
        ([request(1, active=4), request(2, active=4), request(3, active=4)], True),
        # constituencies are counted apart
        ([request(1, 0), request(2, 1), request(3, 2)], False),
        ([request(1, 0), request(2, 1), request(3, 1)], True),
        # of the votes that are active when the request comes
        ([request(1, active=4), request(2, active=3)], True),
        ([request(1, active=3), request(2, active=4)], False),
    ],
)
def test_more_than_half_of_a_class_makes_each_class_necessary(
    requests: list[UpgradeRequest], upgrades: bool
) -> None:
    rule = upgraded(UPGRADABLE, requests)

    assert (Method.EACH_CLASS in rule.methods) == upgrades
    assert rule == UPGRADABLE or rule == UPGRADABLE.model_copy(update={"methods": Method(5)})


def test_consent_that_is_upgraded_needs_more_than_half_in_favour() -> None:
    consent = Rule(
        methods=Method.CONSENT,
        approval=0,
        objections=2,
        quorum=0,
        upgradable=True,
        delay=0,
        voting_period=1,
    )

    rule = upgraded(consent, [request(1, active=1)])

    assert (rule.methods, rule.approval, rule.objections) == (13, 5000, 2)
    assert Rule.model_validate(rule.model_dump()) == rule


@pytest.mark.parametrize(
    ("changes", "requests", "problem"),
    [
        # a member's removal is never upgradable, nor is what needs each class already
        ({"upgradable": False}, [request(1)], "not to be had"),
        ({"methods": Method.EACH_CLASS}, [request(1)], "not to be had"),
        ({}, [request(1, active=1), request(2, active=1)], "not to be had"),
        # seats of one group share a place, and ask once
        ({}, [request(1, active=9, ordinal=4), request(2, active=9, ordinal=4)], "already"),
        ({}, [request(1), request(1)], "asked for the upgrade already"),
        ({}, [request(1), request(1, 1)], "asked for the upgrade already"),
    ],
)
def test_a_request_that_the_assembly_refuses_is_named(
    changes: dict[str, Any], requests: list[UpgradeRequest], problem: str
) -> None:
    with pytest.raises(Inconsistent, match=problem):
        upgraded(UPGRADABLE.model_copy(update=changes), requests)


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(0, 2), st.integers(1, 6)),
        max_size=6,
        unique_by=lambda drawn: drawn[0],
    )
)
def test_an_upgrade_comes_with_the_first_request_that_makes_a_majority(
    drawn: list[tuple[int, int, int]],
) -> None:
    requests = [request(*one) for one in drawn]
    majorities = [
        number
        for number, one in enumerate(requests)
        if 2 * sum(other.constituency == one.constituency for other in requests[: number + 1])
        > one.active
    ]

    until = requests[: majorities[0]] if majorities else requests
    assert upgraded(UPGRADABLE, until) == UPGRADABLE
    if majorities:
        rule = upgraded(UPGRADABLE, requests[: majorities[0] + 1])
        assert rule.methods == Method.MAJORITY | Method.EACH_CLASS


# ---------------------------------------------------------------------- open proposals


def test_a_seat_has_as_many_proposals_open_as_it_may() -> None:
    turns = Turns().taken(100, 2, 10).taken(110, 2, 10)

    assert not turns.may_propose(2, 10)
    assert turns.may_propose(3, 10)
    with pytest.raises(Inconsistent, match="2 proposals of this seat are open"):
        turns.taken(120, 2, 10)


def test_a_turn_is_free_when_the_last_second_of_voting_is_over() -> None:
    turns = Turns().taken(100, 1, 10)

    assert not turns.may_propose(1, 100)
    assert turns.taken(200, 1, 101).ends == (200, 0, 0, 0, 0)


def test_a_cancelled_proposal_gives_its_turn_back() -> None:
    turns = Turns().taken(100, 2, 10).taken(110, 2, 10)

    assert turns.changed(110, 0).ends == (100, 0, 0, 0, 0)
    assert turns.changed(100, 0).taken(120, 2, 10).ends == (120, 110, 0, 0, 0)
    assert turns.changed(7, 0) == turns


def test_an_extended_proposal_keeps_its_turn() -> None:
    turns = Turns().taken(100, 1, 10).changed(100, 130)

    assert not turns.may_propose(1, 130)
    assert turns.may_propose(1, 131)


def test_a_lower_number_counts_all_that_are_open() -> None:
    turns = Turns().taken(100, 3, 10).taken(200, 3, 10).taken(300, 3, 10)

    assert not turns.may_propose(1, 101)
    assert not turns.may_propose(2, 101)
    assert turns.may_propose(1, 301)


@given(
    st.integers(1, MAX_OPEN),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 20), st.booleans()), max_size=30),
)
def test_turns_agree_with_a_list_of_all_proposals(
    allowed: int, steps: list[tuple[int, int, bool]]
) -> None:
    turns, ends, now = Turns(), list[int](), 1
    for wait, period, cancel in steps:
        now += wait
        still_open = [end for end in ends if end >= now]
        assert turns.may_propose(allowed, now) == (len(still_open) < allowed)
        if cancel and still_open:
            ends.remove(still_open[0])
            turns = turns.changed(still_open[0], 0)
        elif len(still_open) < allowed:
            ends.append(now + period)
            turns = turns.taken(now + period, allowed, now)
