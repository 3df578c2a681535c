"""The numbers of the DAO Index are exact, and right where they can be checked by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.dao_index import decimal, gini, holders_of_half, shares, turnout
from metaorg.rules.decision import ClassTally

HOLDINGS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("holdings", "expected"),
    [
        ([], 0),
        ([0, 0], 0),
        ([5], 0),
        ([1, 1, 1, 1], 0),
        ([0, 0, 0, 1], Fraction(3, 4)),
        ([1, 3], Fraction(1, 4)),
        ([1, 2, 3, 4], Fraction(1, 4)),
    ],
    ids=["none", "nothing", "one", "equal", "all", "two", "four"],
)
def test_gini_of_what_can_be_computed_by_hand(holdings: list[int], expected: Fraction) -> None:
    assert gini(holdings) == expected


@given(HOLDINGS)
def test_gini_is_half_the_mean_difference_by_the_mean(holdings: list[int]) -> None:
    count, total = len(holdings), sum(holdings)
    differences = sum(abs(one - other) for one in holdings for other in holdings)
    expected = Fraction(differences, 2 * count * total) if total else 0

    assert gini(holdings) == expected
    assert 0 <= gini(holdings) < 1


@given(HOLDINGS, st.integers(min_value=1, max_value=99))
def test_gini_does_not_depend_on_the_unit_or_the_order(holdings: list[int], factor: int) -> None:
    assert gini([Fraction(one, factor) for one in reversed(holdings)]) == gini(holdings)


@pytest.mark.parametrize(
    ("holdings", "expected"),
    [([], 0), ([0], 0), ([1], 1), ([1, 1], 2), ([1, 1, 1], 2), ([3, 1, 1], 1), ([2, 1, 1], 2)],
    ids=str,
)
def test_half_is_more_than_half(holdings: list[int], expected: int) -> None:
    """Exactly half decides nothing."""
    assert holders_of_half(holdings) == expected


@given(HOLDINGS)
def test_fewer_than_these_have_no_more_than_half(holdings: list[int]) -> None:
    count, ordered = holders_of_half(holdings), sorted(holdings, reverse=True)

    if sum(holdings):
        assert 2 * sum(ordered[:count]) > sum(holdings) >= 2 * sum(ordered[: count - 1])


def test_the_weight_of_a_constituency_without_votes_is_nobodys() -> None:
    assert shares([2, 0, 1, 1], [5000, 3000, 2000]) == [
        Fraction(1, 4),
        Fraction(1, 4),
        Fraction(1, 5),
        0,
    ]


def test_turnout_counts_abstentions_and_parts_of_votes() -> None:
    first = [ClassTally(against=2500, in_favour=7500, seats=2), ClassTally(abstain=10_000, seats=1)]

    assert turnout([first, [ClassTally(seats=3)]]) == Fraction(1, 3)
    assert turnout([]) is None
    assert turnout([[ClassTally()]]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (Fraction(1, 2), "0.5"),
        (Fraction(9, 80), "0.1125"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(1, 10**9), "0.000000"),
        (Fraction(100, 3), "33.333333"),
    ],
    ids=str,
)
def test_a_number_as_text(value: Fraction, text: str) -> None:
    assert decimal(value) == text
