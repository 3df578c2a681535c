"""How votes become a decision: the shared vectors, and properties of every rule and tally."""

import importlib.util
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.rules.decision import (
    AMENDMENT,
    UNITS_PER_SEAT,
    Action,
    ClassTally,
    Method,
    Rule,
    Vote,
    decide,
    no_weaker,
    percent,
    rule_for,
    strictest,
    strictness,
    tally,
    votes,
)

VECTORS = Path(__file__).parents[1] / "vectors"
DECISION = json.loads((VECTORS / "decision.json").read_text(encoding="utf-8"))
PARTS = ("method", "approval", "quorum", "delay", "voting_period")


def rule_from(raw: dict[str, int]) -> Rule:
    return Rule(
        method=Method(raw["method"]),
        approval=raw["approval"],
        quorum=raw["quorum"],
        delay=raw["delay"],
        voting_period=raw["votingPeriod"],
    )


def tallies_from(raw: Sequence[dict[str, int]]) -> list[ClassTally]:
    return [
        ClassTally(
            against=one["against"],
            in_favour=one["inFavour"],
            abstain=one["abstain"],
            seats=one["seats"],
        )
        for one in raw
    ]


methods = st.sampled_from((Method.MAJORITY, Method.EACH_CLASS))
rules = st.builds(
    Rule,
    method=st.sampled_from(Method),
    approval=st.integers(5000, 9999),
    quorum=st.integers(0, 10_000),
    delay=st.integers(0, 2**32 - 1),
    voting_period=st.integers(1, 2**32 - 1),
)
close_rules = st.builds(
    Rule,
    method=st.sampled_from(Method),
    approval=st.integers(5000, 5002),
    quorum=st.integers(0, 2),
    delay=st.integers(0, 2),
    voting_period=st.integers(1, 3),
)
decidable = st.builds(
    Rule,
    method=methods,
    approval=st.integers(5000, 9999),
    quorum=st.integers(0, 10_000),
    delay=st.just(0),
    voting_period=st.just(1),
)


@st.composite
def class_tallies(draw: Any) -> ClassTally:
    seats = draw(st.integers(0, 30))
    left, parts = seats * UNITS_PER_SEAT, []
    for _ in range(3):
        parts.append(draw(st.integers(0, left)))
        left -= parts[-1]
    against, in_favour, abstain = draw(st.permutations(parts))
    return ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=seats)


many_tallies = st.lists(class_tallies(), max_size=5)


# ---------------------------------------------------------------------- the shared vectors


def test_the_vectors_are_those_of_their_generator() -> None:
    place = importlib.util.spec_from_file_location("generate", VECTORS / "generate.py")
    assert place is not None and place.loader is not None
    generator = importlib.util.module_from_spec(place)

    place.loader.exec_module(generator)

    assert generator.content() == generator.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", DECISION["outcomes"], ids=lambda case: case["name"])
def test_an_outcome_is_the_one_worked_out_by_hand(case: dict[str, Any]) -> None:
    rule, tallies = rule_from(case["rule"]), tallies_from(case["tallies"])

    outcome = decide(rule, tallies)

    assert outcome.passed == case["passes"]
    assert bool(outcome.reasons) != case["passes"]


@pytest.mark.parametrize("case", DECISION["pairs"])
def test_a_pair_of_rules_has_the_order_worked_out_by_hand(case: dict[str, Any]) -> None:
    first, second = rule_from(case["first"]), rule_from(case["second"])

    one, other = strictness(first), strictness(second)

    assert (one > other) - (one < other) == case["stricter"]
    assert no_weaker(first, second) == case["noWeaker"]
    assert strictest([first, second]) == rule_from(case["strictest"])


# ---------------------------------------------------------------------- decide


@given(decidable, many_tallies)
def test_decide_agrees_with_exact_fractions(rule: Rule, tallies: list[ClassTally]) -> None:
    in_favour, against, cast = (
        Fraction(sum(part(one) for one in tallies), UNITS_PER_SEAT)
        for part in (
            lambda one: one.in_favour,
            lambda one: one.against,
            lambda one: one.against + one.in_favour + one.abstain,
        )
    )
    seats = sum(one.seats for one in tallies)
    quorum_reached = cast >= seats * Fraction(rule.quorum, 10_000)
    agreed = in_favour + against > 0 and in_favour / (in_favour + against) > Fraction(
        rule.approval, 10_000
    )
    classes = all(one.in_favour > one.against for one in tallies if one.seats)
    expected = quorum_reached and agreed and (rule.method == Method.MAJORITY or classes)

    assert decide(rule, tallies).passed == expected


@given(decidable, many_tallies, st.data())
def test_one_vote_more_in_favour_never_defeats(
    rule: Rule, tallies: list[ClassTally], data: st.DataObject
) -> None:
    tallies = [*tallies, ClassTally(seats=1)]
    index = data.draw(st.integers(0, len(tallies) - 1))
    before = decide(rule, tallies)

    more = tallies[index].in_favour + 1
    tallies[index] = tallies[index].model_copy(update={"in_favour": more})

    assert decide(rule, tallies).passed or not before.passed


@given(decidable, many_tallies)
def test_an_abstention_counts_for_the_quorum_only(rule: Rule, tallies: list[ClassTally]) -> None:
    everybody_came = rule.model_copy(update={"quorum": 0})
    silent = [one.model_copy(update={"abstain": 0}) for one in tallies]

    assert decide(everybody_came, tallies).passed == decide(everybody_came, silent).passed


@given(decidable, many_tallies, st.data())
def test_the_order_of_constituencies_does_not_matter(
    rule: Rule, tallies: list[ClassTally], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(tallies))

    assert decide(rule, tallies).passed == decide(rule, shuffled).passed


@given(many_tallies)
def test_a_tie_fails(tallies: list[ClassTally]) -> None:
    tied = [one.model_copy(update={"in_favour": one.against}) for one in tallies]
    rule = Rule(method=Method.MAJORITY, approval=5000, quorum=0, delay=0, voting_period=1)

    assert not decide(rule, tied).passed


@given(close_rules, close_rules, many_tallies)
def test_what_a_rule_lets_pass_passes_under_every_weaker_one(
    first: Rule, second: Rule, tallies: list[ClassTally]
) -> None:
    choice = {Method.WEIGHTED: Method.MAJORITY, Method.CONSENT: Method.EACH_CLASS}
    stricter, weaker = (
        one.model_copy(update={"method": choice.get(one.method, one.method)})
        for one in (first, second)
    )
    if no_weaker(stricter, weaker) and decide(stricter, tallies).passed:
        assert decide(weaker, tallies).passed


def test_a_defeat_names_every_reason() -> None:
    rule = Rule(method=Method.EACH_CLASS, approval=6667, quorum=5000, delay=0, voting_period=1)
    tallies = [
        ClassTally(against=20_000, in_favour=15_000, seats=10),
        ClassTally(seats=4),
        ClassTally(seats=0),
        ClassTally(seats=1),
    ]

    outcome = decide(rule, tallies, ["Workers", "Users", "Friends"])

    assert not outcome.passed
    assert outcome.reasons == (
        "quorum missed: 3.5 of 15 seats took part, 50 % are needed",
        "not approved: 1.5 for and 2 against, more than 66.67 % in favour are needed",
        "Workers did not agree: 1.5 for and 2 against",
        "Users did not agree: 0 for and 0 against",
        "constituency 3 did not agree: 0 for and 0 against",
    )


@pytest.mark.parametrize("method", [Method.WEIGHTED, Method.CONSENT])
def test_a_method_that_cannot_be_chosen_yet_decides_nothing(method: Method) -> None:
    rule = Rule(method=method, approval=5000, quorum=0, delay=0, voting_period=1)

    with pytest.raises(NotImplementedError, match=method.words):
        decide(rule, [])


# ---------------------------------------------------------------------- tally


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=5).flatmap(
        lambda seats: st.tuples(
            st.just(seats),
            st.lists(
                st.builds(
                    Vote,
                    constituency=st.integers(0, len(seats) - 1),
                    support=st.integers(0, 2),
                    weight=st.integers(0, UNITS_PER_SEAT),
                )
            ),
        )
    )
)
def test_a_tally_keeps_every_unit_where_it_was_cast(given: tuple[list[int], list[Vote]]) -> None:
    seats, cast = given

    tallies = tally(cast, seats)

    for index, one in enumerate(tallies):
        for support, seen in enumerate((one.against, one.in_favour, one.abstain)):
            here = [v.weight for v in cast if (v.constituency, v.support) == (index, support)]
            assert seen == sum(here)
    assert [one.seats for one in tallies] == seats


# ---------------------------------------------------------------------- strictness


@given(rules, rules)
def test_strictness_compares_part_by_part_in_this_order(first: Rule, second: Rule) -> None:
    one, other = (tuple(getattr(rule, part) for part in PARTS) for rule in (first, second))

    assert (strictness(first) < strictness(second)) == (one < other)
    assert (strictness(first) == strictness(second)) == (first == second)


@given(close_rules, close_rules)
def test_a_rule_that_is_no_weaker_is_at_least_as_strict(first: Rule, second: Rule) -> None:
    if no_weaker(first, second):
        assert strictness(first) >= strictness(second)
    assert no_weaker(first, second) == all(
        getattr(first, part) >= getattr(second, part) for part in PARTS
    )


@given(st.lists(close_rules, min_size=1, max_size=4))
def test_the_strictest_takes_the_larger_of_every_part_and_nothing_more(
    given: list[Rule],
) -> None:
    strict = strictest(given)

    for part in PARTS:
        assert getattr(strict, part) == sorted(getattr(rule, part) for rule in given)[-1]
    assert strictest(given[::-1]) == strict
    assert strictest([*given, strict]) == strict


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("approval", 4999),
        ("approval", 10_000),
        ("quorum", -1),
        ("quorum", 10_001),
        ("delay", -1),
        ("delay", 2**32),
        ("voting_period", 0),
        ("voting_period", 2**32),
        ("method", 4),
    ],
)
def test_a_rule_out_of_range_cannot_be_made(part: str, value: int) -> None:
    whole = {"method": 0, "approval": 5000, "quorum": 0, "delay": 0, "voting_period": 1}

    with pytest.raises(ValidationError, match=part):
        Rule(**whole | {part: value})  # type: ignore[arg-type]


# ---------------------------------------------------------------------- rule_for

KERNEL, GOVERNED, ELSEWHERE = ("0x" + digit * 40 for digit in "123")
DECIDE, OTHER = b"\1\2\3\4", b"\4\3\2\1"


@st.composite
def rulebooks(draw: Any) -> tuple[list[Rule], dict[tuple[str, bytes], int]]:
    book = draw(st.lists(close_rules, min_size=2, max_size=5))
    functions = [(target, s) for target in (KERNEL, GOVERNED, ELSEWHERE) for s in (DECIDE, OTHER)]
    assigned = draw(
        st.dictionaries(st.sampled_from(functions), st.integers(0, len(book) - 1), max_size=6)
    )
    return book, assigned


actions = st.builds(
    Action,
    target=st.sampled_from((KERNEL, GOVERNED, ELSEWHERE)),
    selector=st.sampled_from((DECIDE, OTHER)),
)


@given(rulebooks(), st.lists(actions, max_size=4))
def test_no_part_of_a_proposals_rule_is_weaker_than_that_of_any_action(
    rulebook: tuple[list[Rule], dict[tuple[str, bytes], int]], chosen: list[Action]
) -> None:
    book, assigned = rulebook
    sets = frozenset((KERNEL,)), frozenset((GOVERNED,))

    whole = rule_for(chosen, book, assigned, *sets)
    each = [rule_for([action], book, assigned, *sets) for action in chosen]

    assert whole == strictest([book[0], *each])
    assert all(no_weaker(whole, one) for one in [book[0], *each])
    if any(action.target == KERNEL for action in chosen):
        assert no_weaker(whole, book[AMENDMENT])


@pytest.mark.parametrize(
    ("target", "selector", "number"),
    [
        (KERNEL, DECIDE, 1),
        (KERNEL, OTHER, 1),
        (GOVERNED, DECIDE, 2),
        (GOVERNED, OTHER, 1),
        (ELSEWHERE, OTHER, 0),
        (ELSEWHERE, DECIDE, 2),
    ],
)
def test_a_rule_is_chosen_by_target_and_selector(target: str, selector: bytes, number: int) -> None:
    book = [
        Rule(method=Method.MAJORITY, approval=approval, quorum=0, delay=0, voting_period=1)
        for approval in (5000, 7000, 6000)
    ]
    assigned = {(GOVERNED, DECIDE): 2, (ELSEWHERE, DECIDE): 2, (KERNEL, DECIDE): 0}

    rule = rule_for(
        [Action(target=target, selector=selector)],
        book,
        assigned,
        frozenset((KERNEL,)),
        frozenset((GOVERNED,)),
    )

    assert rule == book[number]


# ---------------------------------------------------------------------- words


@given(st.integers(0, 10**15))
def test_votes_are_written_exactly(units: int) -> None:
    assert Fraction(votes(units)) == Fraction(units, UNITS_PER_SEAT)


@pytest.mark.parametrize(
    ("basis_points", "words"), [(5000, "50 %"), (6667, "66.67 %"), (0, "0 %"), (10_000, "100 %")]
)
def test_basis_points_are_shown_as_a_percentage(basis_points: int, words: str) -> None:
    assert percent(basis_points) == words
