"""How votes become a decision: the shared vectors, and properties of every rule and tally."""

import importlib.util
import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.rules.decision import (
    AMENDMENT,
    METHODS,
    SHARE,
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
    weighted_share,
)

VECTORS = Path(__file__).parents[1] / "vectors"
DECISION = json.loads((VECTORS / "decision.json").read_text(encoding="utf-8"))


def rule_from(raw: Mapping[str, Any]) -> Rule:
    return Rule(
        voting_period=raw["votingPeriod"],
        **{part: raw[part] for part in Rule.model_fields if part != "voting_period"},
    )


def tallies_from(raw: Sequence[Mapping[str, int]]) -> list[ClassTally]:
    return [
        ClassTally(
            against=one["against"],
            in_favour=one["inFavour"],
            abstain=one["abstain"],
            seats=one["seats"],
        )
        for one in raw
    ]


SETS = [one for one in range(1, 16) if one & Method.EACH_CLASS != Method.IN_EACH_CLASS]
"""Sets of methods in range: a majority in each class comes with one over all."""


def made(methods: int, approval: int = 5000, objections: int = 1, **parts: Any) -> Rule:
    """A rule with the parts that its methods need."""
    return Rule(
        methods=Method(methods),
        approval=0 if methods == Method.CONSENT else approval,
        objections=objections if methods & Method.CONSENT else 0,
        **{"quorum": 0, "delay": 0, "voting_period": 1} | parts,
    )


rules = st.builds(
    made,
    methods=st.sampled_from(SETS),
    approval=st.integers(5000, 9999),
    quorum=st.integers(0, 10_000),
    objections=st.integers(1, 65_535),
    closing=st.integers(0, 100),
    upgradable=st.booleans(),
    delay=st.integers(0, 2**31 - 1),
    voting_period=st.integers(1, 2**31 - 1),
)
close_rules = st.builds(
    made,
    methods=st.sampled_from(SETS),
    approval=st.integers(5000, 5001),
    quorum=st.integers(0, 1),
    objections=st.integers(1, 2),
    closing=st.integers(0, 1),
    upgradable=st.booleans(),
    delay=st.integers(0, 1),
    voting_period=st.integers(1, 2),
)
any_rules = rules | close_rules
decidable = st.builds(
    made,
    methods=st.sampled_from(SETS),
    approval=st.sampled_from((5000, 5001, 6667, 9999)),
    quorum=st.sampled_from((0, 1, 2000, 5000, 10_000)),
    objections=st.integers(1, 5),
)
weights = st.lists(st.integers(0, 10_000), max_size=4).map(
    lambda cuts: [
        high - low for low, high in zip((0, *sorted(cuts)), (*sorted(cuts), 10_000), strict=True)
    ]
)


@st.composite
def class_tallies(draw: Any) -> ClassTally:
    seats = draw(st.integers(0, 30))
    step = draw(st.sampled_from((1, UNITS_PER_SEAT)))
    left, parts = seats * UNITS_PER_SEAT // step, []
    for _ in range(3):
        parts.append(draw(st.integers(0, left)))
        left -= parts[-1]
    against, in_favour, abstain = (part * step for part in draw(st.permutations(parts)))
    return ClassTally(against=against, in_favour=in_favour, abstain=abstain, seats=seats)


many_tallies = st.lists(class_tallies(), max_size=5)


# ---------------------------------------------------------------------- the shared vectors


@pytest.mark.parametrize("name", ["generate", "generate_votes"])
def test_the_vectors_are_those_of_their_generator(name: str) -> None:
    place = importlib.util.spec_from_file_location(name, VECTORS / f"{name}.py")
    assert place is not None and place.loader is not None
    generator = importlib.util.module_from_spec(place)

    place.loader.exec_module(generator)

    assert generator.content() == generator.FILE.read_text(encoding="utf-8")


def test_there_are_vectors_enough_and_none_twice() -> None:
    names = [case["name"] for case in DECISION["outcomes"]]

    assert len(set(names)) == len(names) >= 150
    assert len(DECISION["pairs"]) >= 120


@pytest.mark.parametrize("case", DECISION["outcomes"], ids=lambda case: case["name"])
def test_an_outcome_is_the_one_worked_out_by_hand(case: dict[str, Any]) -> None:
    rule, tallies = rule_from(case["rule"]), tallies_from(case["tallies"])

    outcome = decide(rule, tallies, case["weights"])

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


def agreed(one: ClassTally) -> Fraction:
    voices = one.against + one.in_favour
    return Fraction(one.in_favour, voices) if voices else Fraction(0)


def whole(tallies: Sequence[ClassTally]) -> ClassTally:
    return ClassTally(
        **{part: sum(getattr(one, part) for one in tallies) for part in ClassTally.model_fields}
    )


def expected(rule: Rule, tallies: Sequence[ClassTally], weights: Sequence[int]) -> bool:
    """The outcome in exact fractions."""
    every, approval = whole(tallies), Fraction(rule.approval, 10_000)
    cast = Fraction(every.against + every.in_favour + every.abstain, UNITS_PER_SEAT)
    weighty = sum(
        Fraction(math.floor(agreed(one) * weight * SHARE / 10_000), SHARE)
        for one, weight in zip(tallies, weights, strict=False)
    )
    alone = {
        Method.MAJORITY: agreed(every) > approval,
        Method.WEIGHTED: weighty > approval,
        Method.IN_EACH_CLASS: all(agreed(one) > Fraction(1, 2) for one in tallies if one.seats),
        Method.CONSENT: Fraction(every.against, UNITS_PER_SEAT) < rule.objections,
    }
    came = every.seats > 0 and cast >= every.seats * Fraction(rule.quorum, 10_000)
    return came and all(alone[method] for method in rule.methods)


@given(decidable, many_tallies, weights)
def test_decide_agrees_with_exact_fractions(
    rule: Rule, tallies: list[ClassTally], weights: list[int]
) -> None:
    assert decide(rule, tallies, weights).passed == expected(rule, tallies, weights)


@given(decidable, many_tallies, weights)
def test_a_set_of_methods_passes_exactly_what_each_method_alone_passes(
    rule: Rule, tallies: list[ClassTally], weights: list[int]
) -> None:
    alone = [
        made(method, rule.approval, rule.objections, quorum=rule.quorum)
        for method in METHODS.values()
        if method in rule.methods
    ]

    assert decide(rule, tallies, weights).passed == all(
        decide(one, tallies, weights).passed for one in alone
    )


@given(decidable, weights, st.integers(0, 5))
def test_without_seats_nothing_passes(rule: Rule, weights: list[int], classes: int) -> None:
    assert not decide(rule, [ClassTally()] * classes, weights).passed


@given(decidable, many_tallies, weights, st.integers(1, UNITS_PER_SEAT), st.data())
def test_one_vote_more_in_favour_never_defeats(
    rule: Rule, tallies: list[ClassTally], weights: list[int], units: int, data: st.DataObject
) -> None:
    tallies = [*tallies, ClassTally(seats=1)]
    index = data.draw(st.integers(0, len(tallies) - 1))
    before = decide(rule, tallies, weights)

    more = tallies[index].in_favour + units
    tallies[index] = tallies[index].model_copy(update={"in_favour": more})

    assert decide(rule, tallies, weights).passed or not before.passed


@given(decidable, many_tallies, weights, st.integers(1, UNITS_PER_SEAT), st.data())
def test_one_vote_more_against_never_helps_but_by_completing_the_quorum(
    rule: Rule, tallies: list[ClassTally], weights: list[int], units: int, data: st.DataObject
) -> None:
    tallies = [*tallies, ClassTally(seats=1)]
    index = data.draw(st.integers(0, len(tallies) - 1))
    before = decide(rule, tallies, weights)

    more = tallies[index].against + units
    tallies[index] = tallies[index].model_copy(update={"against": more})

    quorum_alone = len(before.reasons) == 1 and before.reasons[0].startswith("quorum missed")
    assert not decide(rule, tallies, weights).passed or before.passed or quorum_alone


@given(decidable, many_tallies, weights)
def test_an_abstention_counts_for_the_quorum_only(
    rule: Rule, tallies: list[ClassTally], weights: list[int]
) -> None:
    everybody_came = rule.model_copy(update={"quorum": 0})
    silent = [one.model_copy(update={"abstain": 0}) for one in tallies]

    with_them = decide(everybody_came, tallies, weights)

    assert with_them.passed == decide(everybody_came, silent, weights).passed


@given(decidable, many_tallies, st.data())
def test_the_order_of_constituencies_does_not_matter_without_weights(
    rule: Rule, tallies: list[ClassTally], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(tallies))

    assert decide(rule, tallies).passed == decide(rule, shuffled).passed


@given(st.sampled_from([one for one in SETS if one < Method.CONSENT]), many_tallies, weights)
def test_a_tie_fails_by_every_method_but_consent(
    methods: int, tallies: list[ClassTally], weights: list[int]
) -> None:
    tied = [one.model_copy(update={"in_favour": one.against}) for one in tallies]

    assert not decide(made(methods), tied, weights).passed


@given(any_rules, any_rules, many_tallies, weights)
def test_what_a_rule_lets_pass_passes_under_every_weaker_one_of_its_methods(
    first: Rule, second: Rule, tallies: list[ClassTally], weights: list[int]
) -> None:
    weaker = made(
        first.methods & second.methods or first.methods,
        max(5000, first.approval - second.approval // 10),
        min(65_535, first.objections + second.objections),
        quorum=first.quorum // 2,
    )
    if decide(first, tallies, weights).passed:
        assert decide(weaker, tallies, weights).passed


@given(st.lists(decidable, min_size=1, max_size=4), decidable, many_tallies, weights)
def test_another_action_never_makes_a_proposal_easier_to_pass(
    actions: list[Rule], another: Rule, tallies: list[ClassTally], weights: list[int]
) -> None:
    before, after = strictest(actions), strictest([*actions, another])

    if decide(after, tallies, weights).passed:
        assert decide(before, tallies, weights).passed
        assert decide(another, tallies, weights).passed


@given(many_tallies, weights)
def test_a_weighted_share_is_rounded_down_by_less_than_a_grain_for_each_constituency(
    tallies: list[ClassTally], weights: list[int]
) -> None:
    pairs = list(zip(tallies, weights, strict=False))
    exact = sum(agreed(one) * weight / 10_000 for one, weight in pairs) * SHARE

    share = weighted_share(tallies, weights)

    assert 0 <= exact - share <= len(pairs)
    assert exact == share or exact - share < len(pairs)


def test_a_defeat_names_every_reason() -> None:
    rule = made(15, 6667, objections=2, quorum=5000)
    tallies = [
        ClassTally(against=20_000, in_favour=15_000, seats=10),
        ClassTally(seats=4),
        ClassTally(seats=0),
        ClassTally(seats=1),
    ]

    outcome = decide(rule, tallies, [7000, 3000], ["Workers", "Users", "Friends"])

    assert not outcome.passed
    assert outcome.reasons == (
        "quorum missed: 3.5 of 15 seats took part, 50 % are needed",
        "not approved: 1.5 for and 2 against, more than 66.67 % in favour are needed",
        "not approved by weight: 30.0000000 % in favour, more than 66.67 % are needed",
        "Workers did not agree: 1.5 for and 2 against",
        "Users did not agree: 0 for and 0 against",
        "constituency 3 did not agree: 0 for and 0 against",
        "objected: 2 votes against with a reason, 2 stop the decision",
    )


# ---------------------------------------------------------------------- tally


@st.composite
def cast_votes(draw: Any) -> tuple[list[int], list[Vote]]:
    seats = draw(st.lists(st.integers(0, 100), min_size=1, max_size=5))
    cast = []
    for _ in range(draw(st.integers(0, 20))):
        against = draw(st.integers(0, UNITS_PER_SEAT))
        in_favour = draw(st.integers(0, UNITS_PER_SEAT - against))
        units = (against, in_favour, UNITS_PER_SEAT - against - in_favour)
        cast.append(Vote(constituency=draw(st.integers(0, len(seats) - 1)), units=units))
    return seats, cast


@given(cast_votes())
def test_a_tally_keeps_every_unit_where_it_was_cast(given: tuple[list[int], list[Vote]]) -> None:
    seats, cast = given

    tallies = tally(cast, seats)

    for index, one in enumerate(tallies):
        for place, seen in enumerate((one.against, one.in_favour, one.abstain)):
            assert seen == sum(v.units[place] for v in cast if v.constituency == index)
    assert [one.seats for one in tallies] == seats


@pytest.mark.parametrize(
    ("support", "units"), [(0, (10_000, 0, 0)), (1, (0, 10_000, 0)), (2, (0, 0, 10_000))]
)
def test_a_whole_vote_has_all_its_units_in_one_part(
    support: int, units: tuple[int, int, int]
) -> None:
    assert Vote.whole(3, support) == Vote(constituency=3, units=units)


# ---------------------------------------------------------------------- strictness


PARTS = ("methods", "approval", "quorum", "objections", "delay", "voting_period", "closing")


def key(rule: Rule) -> tuple[int, ...]:
    """The parts in the order of strictness; fewer objections are stricter, none is no part."""
    rarity = 65_536 - rule.objections if rule.objections else 0
    return tuple(rarity if part == "objections" else getattr(rule, part) for part in PARTS)


@given(any_rules, any_rules)
def test_strictness_compares_part_by_part_in_this_order(first: Rule, second: Rule) -> None:
    one, other = ((*key(rule), rule.upgradable) for rule in (first, second))

    assert (strictness(first) < strictness(second)) == (one < other)


@given(any_rules, any_rules, any_rules)
def test_strictness_is_a_total_order(first: Rule, second: Rule, third: Rule) -> None:
    one, two, three = strictness(first), strictness(second), strictness(third)

    assert (one == two) == (first == second)
    assert (one < two) + (one == two) + (one > two) == 1
    assert not (one <= two <= three) or one <= three


@given(any_rules, any_rules)
def test_a_rule_that_is_no_weaker_is_at_least_as_strict(first: Rule, second: Rule) -> None:
    """Whether a class can ask for more is left out of the comparison."""
    alike = second.model_copy(update={"upgradable": first.upgradable})

    assert no_weaker(first, second) == (
        second.methods in first.methods
        and all(a >= b for a, b in zip(key(first)[1:], key(second)[1:], strict=True))
    )
    if no_weaker(first, second):
        assert strictness(first) >= strictness(alike)


@given(any_rules, any_rules)
def test_the_strictest_is_as_strict_as_both_in_every_part_and_no_more(
    first: Rule, second: Rule
) -> None:
    both = strictest([first, second])

    for one in (first, second):
        assert no_weaker(both, one)
        assert strictness(both) >= strictness(one)
        assert one.methods & both.methods == one.methods
        assert both.upgradable >= one.upgradable
    assert both.methods == first.methods | second.methods
    assert key(both)[1:] == tuple(map(max, key(first)[1:], key(second)[1:]))


@given(any_rules, any_rules, any_rules)
def test_the_strictest_does_not_depend_on_order_grouping_or_repetition(
    first: Rule, second: Rule, third: Rule
) -> None:
    assert strictest([first, second]) == strictest([second, first])
    assert strictest([strictest([first, second]), third]) == strictest(
        [first, strictest([second, third])]
    )
    assert strictest([first, first]) == strictest([first]) == first


@given(any_rules, any_rules)
def test_the_strictest_of_rules_in_range_is_in_range(first: Rule, second: Rule) -> None:
    both = strictest([first, second])

    assert Rule.model_validate(both.model_dump()) == both


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("approval", 4999),
        ("approval", 0),
        ("approval", 10_000),
        ("quorum", -1),
        ("quorum", 10_001),
        ("objections", 1),
        ("objections", 1 << 16),
        ("closing", -1),
        ("closing", 101),
        ("delay", -1),
        ("delay", 2**32),
        ("voting_period", 0),
        ("voting_period", 2**31),
    ],
)
def test_a_rule_out_of_range_cannot_be_made(part: str, value: int) -> None:
    whole = {"methods": 1, "approval": 5000, "quorum": 0, "delay": 0, "voting_period": 1}

    with pytest.raises(ValidationError, match=part):
        Rule(**whole | {part: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("methods", "approval", "problem"),
    [
        (0, 5000, "at least one method"),
        (16, 5000, "methods"),
        (17, 5000, "methods"),
        (8, 5000, "nobody needs to be in favour"),
        (8, 0, "needs a number of objections"),
        (9, 5000, "needs a number of objections"),
        (9, 0, "at least 50 %"),
    ],
)
def test_methods_that_do_not_go_with_the_rest_cannot_be_chosen(
    methods: int, approval: int, problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        Rule(methods=methods, approval=approval, quorum=0, delay=0, voting_period=1)  # type: ignore[arg-type]


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


@given(rulebooks(), st.lists(actions, min_size=1, max_size=4))
def test_no_part_of_a_proposals_rule_is_weaker_than_that_of_any_action(
    rulebook: tuple[list[Rule], dict[tuple[str, bytes], int]], chosen: list[Action]
) -> None:
    book, assigned = rulebook
    kernel, governed = frozenset((KERNEL,)), [action.target == GOVERNED for action in chosen]

    whole = rule_for(chosen, book, assigned, kernel, governed)
    each = [
        rule_for([action], book, assigned, kernel, [ours])
        for action, ours in zip(chosen, governed, strict=True)
    ]

    assert whole == strictest(each)
    assert all(no_weaker(whole, one) for one in each)
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
    book = [made(Method.MAJORITY, approval) for approval in (5000, 7000, 6000)]
    assigned = {(GOVERNED, DECIDE): 2, (ELSEWHERE, DECIDE): 2, (KERNEL, DECIDE): 0}

    rule = rule_for(
        [Action(target=target, selector=selector)],
        book,
        assigned,
        frozenset((KERNEL,)),
        [target == GOVERNED],
    )

    assert rule == book[number]


def test_one_target_can_be_sent_eth_by_one_rule_and_called_by_another() -> None:
    ordinary, amendment = made(Method.MAJORITY, 5000), made(Method.MAJORITY, 7000)
    upgradable = ordinary.model_copy(update={"upgradable": True})
    actions = [Action(target=ELSEWHERE, selector=one) for one in (b"\0\0\0\0", DECIDE)]

    rule = rule_for(actions, [upgradable, amendment], {}, frozenset(), [False, True])

    assert rule == strictest([upgradable, amendment])
    assert rule.upgradable


# ---------------------------------------------------------------------- words


@given(st.integers(0, 10**15))
def test_votes_are_written_exactly(units: int) -> None:
    assert Fraction(votes(units)) == Fraction(units, UNITS_PER_SEAT)


@pytest.mark.parametrize(
    ("basis_points", "words"), [(5000, "50 %"), (6667, "66.67 %"), (0, "0 %"), (10_000, "100 %")]
)
def test_basis_points_are_shown_as_a_percentage(basis_points: int, words: str) -> None:
    assert percent(basis_points) == words


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        (Method.MAJORITY, "majority"),
        (Method.EACH_CLASS, "each class"),
        (Method.MAJORITY | Method.WEIGHTED, "majority and weighted"),
        (Method.WEIGHTED | Method.EACH_CLASS, "weighted and each class"),
        (Method.CONSENT, "consent"),
    ],
)
def test_methods_are_told_as_they_are_chosen(methods: Method, words: str) -> None:
    assert methods.words == words
