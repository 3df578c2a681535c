"""How evenly power is spread and how much of it is used: the numbers of Ledgerback's DAO Index.

Exact: shares are fractions, and only their text is rounded.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from metaorg.rules.decision import BASIS, UNITS_PER_SEAT, ClassTally

PLACES = 6
"""Digits behind the point of a number that has no end."""


def gini(holdings: Sequence[Fraction | int]) -> Fraction:
    """The Gini coefficient: 0 when all hold the same, nearly 1 when one holds everything.

    Half the mean difference of all pairs, by the mean; 0 where nobody holds anything.

    Args:
        holdings: of each holder, each >= 0.
    """
    ordered, total = sorted(holdings), sum(holdings)
    if not total:
        return Fraction(0)
    count = len(ordered)
    ranked = sum(rank * one for rank, one in enumerate(ordered, 1))
    return Fraction(2 * ranked) / (count * total) - Fraction(count + 1, count)


def holders_of_half(holdings: Iterable[Fraction | int]) -> int:
    """How many of the largest holders hold more than half together; 0 where nobody holds anything.

    Args:
        holdings: of each holder, each >= 0.
    """
    ordered = sorted(holdings, reverse=True)
    total, held = sum(ordered), Fraction(0)
    for count, one in enumerate(ordered, 1):
        held += one
        if 2 * held > total:
            return count
    return 0


def shares(active: Sequence[int], weights: Sequence[int]) -> list[Fraction]:
    """What each active vote weighs of 1 in a weighted decision in which all take part.

    The weight of a constituency without votes is nobody's.

    Args:
        active: votes of each constituency. weights: basis points; those beyond its end have none.
    """
    return [
        Fraction(weight, BASIS * count)
        for count, weight in zip(active, [*weights, *[0] * len(active)], strict=False)
        for _ in range(count)
    ]


def turnout(tallies: Iterable[Sequence[ClassTally]]) -> Fraction | None:
    """The part of all votes that could be cast on these proposals that was; None for none.

    Args:
        tallies: of each proposal, by constituency.
    """
    cast = possible = 0
    for one in (part for tally in tallies for part in tally):
        cast += one.against + one.in_favour + one.abstain
        possible += one.seats * UNITS_PER_SEAT
    return Fraction(cast, possible) if possible else None


def decimal(value: Fraction | int) -> str:
    """A number >= 0 as decimal text: exact where it ends, else rounded to nearest, ties to even."""
    value = Fraction(value)
    places = next((p for p in range(PLACES) if _ends(value, p)), PLACES)
    digits = str(round(value * 10**places)).rjust(places + 1, "0")
    return digits if not places else f"{digits[:-places]}.{digits[-places:]}"


def _ends(value: Fraction, places: int) -> bool:
    return bool(10**places % value.denominator == 0)
