"""Writes decision.json: `python tests/vectors/generate.py`.

What is expected of the named cases was worked out by hand; exact fractions, which the code under
test does not use, must agree, and give the expectations of the drawn cases.
"""

import itertools
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "decision.json"
UNITS = 10_000
MAJORITY, WEIGHTED, EACH_CLASS, CONSENT = range(4)
Votes = tuple[float, float, float, int]
"""Votes against, for and abstaining (fractions of 1/10,000 are exact units), and active seats."""

HALF, TWO_THIRDS, ALL_BUT_ONE = 5000, 6667, 9999


def rule(
    method: int, approval: int = HALF, quorum: int = 0, delay: int = 60, period: int = 600
) -> dict[str, int]:
    return {
        "method": method,
        "approval": approval,
        "quorum": quorum,
        "delay": delay,
        "votingPeriod": period,
    }


# name, method, approval, quorum, votes by constituency, whether it passes (by hand)
NAMED: list[tuple[str, int, int, int, list[Votes], bool]] = [
    # ties and the edge of approval
    ("one vote in favour, one constituency", MAJORITY, HALF, 0, [(0, 1, 0, 1)], True),
    ("one vote against", MAJORITY, HALF, 0, [(1, 0, 0, 1)], False),
    ("a tie of two", MAJORITY, HALF, 0, [(1, 1, 0, 2)], False),
    ("a tie of many", MAJORITY, HALF, 0, [(500, 500, 0, 1000)], False),
    ("a tie across constituencies", MAJORITY, HALF, 0, [(3, 0, 0, 3), (0, 3, 0, 3)], False),
    ("a tie with abstentions", MAJORITY, HALF, 0, [(2, 2, 5, 9)], False),
    ("one more than a tie", MAJORITY, HALF, 0, [(4, 5, 0, 9)], True),
    ("one less than a tie", MAJORITY, HALF, 0, [(5, 4, 0, 9)], False),
    ("a tie but for one unit more for", MAJORITY, HALF, 0, [(1, 1.0001, 0, 3)], True),
    ("a tie but for one unit more against", MAJORITY, HALF, 0, [(1.0001, 1, 0, 3)], False),
    ("exactly two thirds of three, asked 66.66 %", MAJORITY, 6666, 0, [(1, 2, 0, 3)], True),
    ("exactly two thirds of three, asked 66.67 %", MAJORITY, 6667, 0, [(1, 2, 0, 3)], False),
    ("exactly 60 % does not exceed 60 %", MAJORITY, 6000, 0, [(2, 3, 0, 5)], False),
    ("one unit over 60 %", MAJORITY, 6000, 0, [(2, 3.0001, 0, 6)], True),
    ("exactly 75 % does not exceed 75 %", MAJORITY, 7500, 0, [(1, 3, 0, 4)], False),
    ("76 % exceeds 75 %", MAJORITY, 7500, 0, [(24, 76, 0, 100)], True),
    ("unanimous under 99.99 %", MAJORITY, ALL_BUT_ONE, 0, [(0, 7, 0, 7)], True),
    ("9,999 of 10,000 under 99.99 %", MAJORITY, ALL_BUT_ONE, 0, [(1, 9999, 0, 10_000)], False),
    ("one unit against under 99.99 %", MAJORITY, ALL_BUT_ONE, 0, [(0.0001, 7, 0, 8)], True),
    ("10,000 of 10,001 under 99.99 %", MAJORITY, ALL_BUT_ONE, 0, [(1, 10_000, 0, 10_001)], True),
    # nobody and nothing
    ("no constituency at all", MAJORITY, HALF, 0, [], False),
    ("no constituency at all, each class", EACH_CLASS, HALF, 0, [], False),
    ("no seats", MAJORITY, HALF, 0, [(0, 0, 0, 0)], False),
    ("no seats, full quorum", MAJORITY, HALF, 10_000, [(0, 0, 0, 0)], False),
    ("no seats, each class", EACH_CLASS, HALF, 10_000, [(0, 0, 0, 0), (0, 0, 0, 0)], False),
    ("seats, and nobody votes", MAJORITY, HALF, 0, [(0, 0, 0, 5)], False),
    ("seats, and nobody votes, each class", EACH_CLASS, HALF, 0, [(0, 0, 0, 5)], False),
    ("only abstentions", MAJORITY, HALF, 5000, [(0, 0, 5, 5)], False),
    ("only abstentions, each class", EACH_CLASS, HALF, 0, [(0, 0, 5, 5)], False),
    # quorum
    ("quorum exactly reached", MAJORITY, HALF, 2000, [(0, 1, 0, 5)], True),
    ("quorum missed by one seat", MAJORITY, HALF, 2000, [(0, 1, 0, 6)], False),
    ("quorum missed by one unit", MAJORITY, HALF, 2000, [(0, 0.9999, 0, 5)], False),
    ("quorum reached to the unit", MAJORITY, HALF, 3333, [(0, 0.9999, 0, 3)], True),
    ("quorum one basis point higher", MAJORITY, HALF, 3334, [(0, 0.9999, 0, 3)], False),
    ("abstentions make the quorum", MAJORITY, HALF, 5000, [(0, 1, 4, 10)], True),
    ("without the abstentions it is missed", MAJORITY, HALF, 5000, [(0, 1, 3, 10)], False),
    ("votes against make the quorum", MAJORITY, HALF, 10_000, [(4, 5, 0, 9)], True),
    ("full quorum, one seat silent", MAJORITY, HALF, 10_000, [(0, 8, 0, 9)], False),
    (
        "full quorum, a fraction of a vote missing",
        MAJORITY,
        HALF,
        10_000,
        [(0, 1.9999, 0, 2)],
        False,
    ),
    (
        "quorum counts all constituencies together",
        MAJORITY,
        HALF,
        5000,
        [(0, 4, 0, 4), (0, 0, 0, 4)],
        True,
    ),
    ("quorum of both, missed", MAJORITY, HALF, 5000, [(0, 4, 0, 4), (0, 0, 0, 5)], False),
    (
        "a constituency without seats adds nothing to the quorum",
        MAJORITY,
        HALF,
        10_000,
        [(0, 2, 0, 2), (0, 0, 0, 0)],
        True,
    ),
    ("quorum 0 with a single vote of a thousand seats", MAJORITY, HALF, 0, [(0, 1, 0, 1000)], True),
    ("quorum reached and still refused", MAJORITY, HALF, 5000, [(6, 2, 0, 10)], False),
    # each class
    ("one constituency, each class", EACH_CLASS, HALF, 0, [(0, 1, 0, 1)], True),
    ("both agree", EACH_CLASS, HALF, 0, [(1, 2, 0, 3), (0, 1, 0, 1)], True),
    ("one ties", EACH_CLASS, HALF, 0, [(0, 9, 0, 9), (1, 1, 0, 2)], False),
    ("one is against", EACH_CLASS, HALF, 0, [(0, 90, 0, 90), (1, 0, 0, 1)], False),
    ("the same under majority", MAJORITY, HALF, 0, [(0, 90, 0, 90), (1, 0, 0, 1)], True),
    ("one has seats and is silent", EACH_CLASS, HALF, 0, [(0, 9, 0, 9), (0, 0, 0, 1)], False),
    ("the silent one under majority", MAJORITY, HALF, 0, [(0, 9, 0, 9), (0, 0, 0, 1)], True),
    (
        "one only abstains: it has not agreed",
        EACH_CLASS,
        HALF,
        0,
        [(0, 9, 0, 9), (0, 0, 4, 4)],
        False,
    ),
    (
        "one has no seats: it does not count",
        EACH_CLASS,
        HALF,
        0,
        [(0, 2, 0, 2), (0, 0, 0, 0)],
        True,
    ),
    ("the first has no seats", EACH_CLASS, HALF, 0, [(0, 0, 0, 0), (0, 2, 0, 2)], True),
    ("agreed by one unit", EACH_CLASS, HALF, 0, [(0, 2, 0, 2), (1, 1.0001, 0, 3)], True),
    ("tied to the unit", EACH_CLASS, HALF, 0, [(0, 2, 0, 2), (0.5, 0.5, 0, 1)], False),
    (
        "each by a hair, and overall by 75 %: missed",
        EACH_CLASS,
        7500,
        0,
        [(4, 5, 0, 9), (4, 5, 0, 9)],
        False,
    ),
    (
        "a small class needs its majority only",
        EACH_CLASS,
        6667,
        0,
        [(0, 9, 0, 9), (1, 2, 0, 3)],
        True,
    ),
    ("overall exactly two thirds", EACH_CLASS, 6666, 0, [(1, 2, 0, 3), (1, 2, 0, 3)], True),
    (
        "overall exactly the share asked",
        EACH_CLASS,
        6000,
        0,
        [(1, 2, 0, 3), (1, 1.5, 0, 3), (1, 1, 0, 2)],
        False,
    ),
    ("all agree, quorum missed", EACH_CLASS, HALF, 5000, [(0, 1, 0, 9), (0, 1, 0, 9)], False),
    ("all agree, quorum exact", EACH_CLASS, HALF, 5000, [(0, 5, 0, 9), (0, 4, 0, 9)], True),
    (
        "three classes, the last against",
        EACH_CLASS,
        HALF,
        0,
        [(0, 5, 0, 5), (0, 5, 0, 5), (3, 2, 0, 5)],
        False,
    ),
    (
        "three classes, the middle without seats",
        EACH_CLASS,
        HALF,
        0,
        [(0, 5, 0, 5), (0, 0, 0, 0), (2, 3, 0, 5)],
        True,
    ),
    ("64 classes agree", EACH_CLASS, HALF, 10_000, [(0, 1, 0, 1)] * 64, True),
    (
        "63 classes agree, the last abstains",
        EACH_CLASS,
        HALF,
        10_000,
        [*[(0, 1, 0, 1)] * 63, (0, 0, 1, 1)],
        False,
    ),
    # split votes and large numbers
    (
        "votes split by members' ballots",
        MAJORITY,
        HALF,
        10_000,
        [(0.3334, 0.6666, 0, 1), (0.5, 0.4999, 0.0001, 1)],
        True,
    ),
    (
        "split votes that tie to the unit",
        MAJORITY,
        HALF,
        10_000,
        [(0.3334, 0.6666, 0, 1), (0.6666, 0.3334, 0, 1)],
        False,
    ),
    ("one unit of a vote decides", MAJORITY, HALF, 0, [(0, 0.0001, 0, 1)], True),
    ("2^32 - 1 seats agree", EACH_CLASS, ALL_BUT_ONE, 10_000, [(0, 2**32 - 1, 0, 2**32 - 1)], True),
    (
        "2^32 - 1 seats, all but one",
        MAJORITY,
        ALL_BUT_ONE,
        10_000,
        [(1, 2**32 - 2, 0, 2**32 - 1)],
        True,
    ),
    ("2^32 - 1 seats, one silent", MAJORITY, HALF, 10_000, [(0, 2**32 - 2, 0, 2**32 - 1)], False),
]


def units(votes: float) -> int:
    exact = Fraction(str(votes)) * UNITS
    assert exact.denominator == 1, votes
    return int(exact)


def tally(votes: Votes) -> dict[str, int]:
    against, in_favour, abstain, seats = votes
    return {
        "against": units(against),
        "inFavour": units(in_favour),
        "abstain": units(abstain),
        "seats": seats,
    }


def passes(rule: dict[str, int], tallies: list[dict[str, int]]) -> bool:
    """The rule of decision in exact fractions."""

    def share(part: str) -> Fraction:
        return sum((Fraction(t[part], UNITS) for t in tallies), Fraction())

    took_part = share("against") + share("inFavour") + share("abstain")
    needed = Fraction(rule["quorum"], 10_000) * sum(t["seats"] for t in tallies)
    decided = share("against") + share("inFavour")
    if took_part < needed or not decided:
        return False
    if rule["method"] == EACH_CLASS:
        for one in (t for t in tallies if t["seats"]):
            voices = one["against"] + one["inFavour"]
            if not voices or Fraction(one["inFavour"], voices) <= Fraction(1, 2):
                return False
    return share("inFavour") / decided > Fraction(rule["approval"], 10_000)


def outcomes() -> Iterator[dict[str, Any]]:
    for name, method, approval, quorum, votes, expected in NAMED:
        given, tallies = rule(method, approval, quorum), [tally(one) for one in votes]
        assert passes(given, tallies) == expected, name
        yield {"name": name, "rule": given, "tallies": tallies, "passes": expected}
    drawn = random.Random(1)
    for number in range(60):
        given = rule(
            drawn.choice((MAJORITY, EACH_CLASS)),
            drawn.choice((5000, 5001, 6000, 6667, 7500, 9999)),
            drawn.choice((0, 1, 2000, 3333, 5000, 10_000)),
        )
        tallies = [_drawn(drawn) for _ in range(drawn.randint(1, 5))]
        yield {
            "name": f"drawn {number}",
            "rule": given,
            "tallies": tallies,
            "passes": passes(given, tallies),
        }


def _drawn(drawn: random.Random) -> dict[str, int]:
    seats = drawn.choice((0, 1, 2, 3, 7, 40))
    left = seats * UNITS
    parts = []
    for _ in range(3):
        step = drawn.choice((1, UNITS))
        parts.append(drawn.randint(0, left // step) * step)
        left -= parts[-1]
    drawn.shuffle(parts)
    against, in_favour, abstain = parts
    return {"against": against, "inFavour": in_favour, "abstain": abstain, "seats": seats}


RANGES: dict[str, tuple[int, ...]] = {
    "method": (MAJORITY, WEIGHTED, EACH_CLASS, CONSENT),
    "approval": (5000, 5001, 9999),
    "quorum": (0, 1, 10_000),
    "delay": (0, 1, 2**32 - 1),
    "votingPeriod": (1, 2, 2**32 - 1),
}
"""From the weakest to the strictest; the parts in the order in which they are compared."""


def pairs() -> Iterator[dict[str, Any]]:
    """Pairs of rules: which is the stricter (-1 the second, 0 neither, 1 the first), whether the
    first is in no part weaker, and the rule that is as strict as both in every part.
    """
    lowest = {part: values[0] for part, values in RANGES.items()}
    highest = {part: values[-1] for part, values in RANGES.items()}
    given = [(lowest, lowest), (lowest, highest), (highest, lowest), (highest, highest)]
    # A step up in one part outweighs everything below it, and nothing above it.
    for part, values in RANGES.items():
        for low, high in itertools.pairwise(values):
            after = list(RANGES)[list(RANGES).index(part) + 1 :]
            weaker = lowest | {part: low} | {one: highest[one] for one in after}
            given += [(lowest | {part: high}, weaker), (weaker, lowest | {part: high})]
            given += [(lowest | {part: high}, lowest | {part: low})]
    drawn = random.Random(2)
    for _ in range(40):
        first, second = (
            {part: drawn.choice(values) for part, values in RANGES.items()} for _ in range(2)
        )
        given.append((first, second))
    for first, second in given:
        one, other = tuple(first.values()), tuple(second.values())
        yield {
            "first": first,
            "second": second,
            "stricter": (one > other) - (one < other),
            "noWeaker": all(a >= b for a, b in zip(one, other, strict=True)),
            "strictest": {part: sorted((first[part], second[part]))[1] for part in RANGES},
        }


def content() -> str:
    vectors = {"outcomes": list(outcomes()), "pairs": list(pairs())}
    parts = (
        f'"{name}": [\n' + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]"
        for name, cases in vectors.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
