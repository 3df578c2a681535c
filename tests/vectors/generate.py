"""Writes decision.json: `python tests/vectors/generate.py`.

What is expected of the named cases was worked out by hand; exact fractions, which the code under
test does not use, must agree, and give the expectations of the drawn cases.
"""

import itertools
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "decision.json"
UNITS = 10_000
MAJORITY, WEIGHTED, EACH_CLASS, CONSENT = 1, 2, 5, 8
IN_EACH_CLASS = 4
SETS = [one for one in range(1, 16) if one & EACH_CLASS != IN_EACH_CLASS]
"""Sets of methods in range: a majority in each class comes with one over all."""
EVERY_METHOD = MAJORITY | WEIGHTED | EACH_CLASS | CONSENT
Rule = dict[str, int | bool]
Tally = dict[str, int]
Votes = tuple[float, float, float, int]
"""Votes against, for and abstaining (fractions of 1/10,000 are exact units), and active seats."""

HALF, TWO_THIRDS, ALL_BUT_ONE = 5000, 6667, 9999


def rule(
    methods: int,
    approval: int = HALF,
    quorum: int = 0,
    objections: int = 0,
    closing: int = 0,
    upgradable: bool = False,
    delay: int = 60,
    period: int = 600,
) -> Rule:
    """A rule in the words and the order of the contract's struct."""
    return {
        "methods": methods,
        "approval": approval,
        "quorum": quorum,
        "objections": objections,
        "closing": closing,
        "upgradable": upgradable,
        "delay": delay,
        "votingPeriod": period,
    }


def weighted(approval: int = HALF, quorum: int = 0) -> Rule:
    return rule(WEIGHTED, approval, quorum)


def consent(objections: int = 1, quorum: int = 0) -> Rule:
    return rule(CONSENT, 0, quorum, objections)


# name, methods, approval, quorum, votes by constituency, whether it passes (by hand)
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
    # 0, 1 and 100,000 seats
    ("100,000 seats tie", MAJORITY, HALF, 10_000, [(50_000, 50_000, 0, 100_000)], False),
    (
        "100,000 seats, one vote changes sides",
        MAJORITY,
        HALF,
        10_000,
        [(49_999, 50_001, 0, 100_000)],
        True,
    ),
    (
        "100,000 seats, a quorum of 20 % to the seat",
        MAJORITY,
        HALF,
        2000,
        [(0, 20_000, 0, 100_000)],
        True,
    ),
    (
        "100,000 seats, one short of the quorum",
        MAJORITY,
        HALF,
        2000,
        [(0, 19_999, 0, 100_000)],
        False,
    ),
    (
        "100,000 seats and a class of one, against",
        EACH_CLASS,
        HALF,
        0,
        [(0, 100_000, 0, 100_000), (1, 0, 0, 1)],
        False,
    ),
    ("one seat abstains", MAJORITY, HALF, 10_000, [(0, 0, 1, 1)], False),
    ("one seat is silent", MAJORITY, HALF, 0, [(0, 0, 0, 1)], False),
    ("2^32 - 1 seats, one silent", MAJORITY, HALF, 10_000, [(0, 2**32 - 2, 0, 2**32 - 1)], False),
]


THIRDS = [3334, 3333, 3333]
# name, rule, weights, votes by constituency, whether it passes (by hand)
HARD: list[tuple[str, Rule, list[int], list[Votes], bool]] = [
    # weighted: nobody and nothing
    ("weighted, no constituency at all", weighted(), [10_000], [], False),
    ("weighted, no seats", weighted(), [5000, 5000], [(0, 0, 0, 0), (0, 0, 0, 0)], False),
    ("weighted, nobody votes", weighted(), [5000, 5000], [(0, 0, 0, 5), (0, 0, 0, 5)], False),
    ("weighted, only abstentions", weighted(), [5000, 5000], [(0, 0, 5, 5), (0, 0, 5, 5)], False),
    ("weighted, no weights at all", weighted(), [], [(0, 5, 0, 5)], False),
    # weighted: the sum of share times weight
    ("weighted, one seat with all the weight", weighted(), [10_000], [(0, 1, 0, 1)], True),
    ("weighted, one tie with all the weight", weighted(), [10_000], [(2, 2, 0, 4)], False),
    (
        "weighted, all the weight and one unit more for",
        weighted(),
        [10_000],
        [(2, 2.0001, 0, 5)],
        True,
    ),
    (
        "weighted, a few seats outweigh many",
        weighted(),
        [6000, 4000],
        [(0, 2, 0, 2), (90, 0, 0, 90)],
        True,
    ),
    (
        "weighted, the same under majority",
        rule(MAJORITY),
        [6000, 4000],
        [(0, 2, 0, 2), (90, 0, 0, 90)],
        False,
    ),
    (
        "weighted, two halves against each other",
        weighted(),
        [5000, 5000],
        [(0, 9, 0, 9), (1, 0, 0, 1)],
        False,
    ),
    ("weighted, a tie in each", weighted(), [6000, 4000], [(1, 1, 0, 2), (3, 3, 0, 6)], False),
    # 0.5 x 0.7 + 0.5 x 0.31 = 0.505, and 0.5 x 0.7 + 0.5 x 0.3 = 0.5
    (
        "weighted, 50.5 % by weight",
        weighted(),
        [5000, 5000],
        [(3, 7, 0, 10), (69, 31, 0, 100)],
        True,
    ),
    (
        "weighted, 50 % by weight",
        weighted(),
        [5000, 5000],
        [(3, 7, 0, 10), (70, 30, 0, 100)],
        False,
    ),
    # thirds
    (
        "thirds, two of three agree",
        weighted(),
        THIRDS,
        [(1, 0, 0, 1), (0, 1, 0, 1), (0, 1, 0, 1)],
        True,
    ),
    (
        "thirds, one of three agrees",
        weighted(),
        THIRDS,
        [(0, 1, 0, 1), (1, 0, 0, 1), (1, 0, 0, 1)],
        False,
    ),
    (
        "thirds, the larger two are exactly 66.67 %",
        weighted(6667),
        THIRDS,
        [(0, 1, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1)],
        False,
    ),
    (
        "thirds, the larger two exceed 66.66 %",
        weighted(6666),
        THIRDS,
        [(0, 1, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1)],
        True,
    ),
    (
        "thirds, the smaller two are exactly 66.66 %",
        weighted(6666),
        THIRDS,
        [(1, 0, 0, 1), (0, 1, 0, 1), (0, 1, 0, 1)],
        False,
    ),
    # 0.222266666 (rounded down) + 0.2222 + 0.2222 = 0.666666666
    ("thirds of thirds exceed 66.66 %", weighted(6666), THIRDS, [(1, 2, 0, 3)] * 3, True),
    ("thirds of thirds do not exceed 66.67 %", weighted(6667), THIRDS, [(1, 2, 0, 3)] * 3, False),
    ("thirds, all agree under 99.99 %", weighted(ALL_BUT_ONE), THIRDS, [(0, 1, 0, 3)] * 3, True),
    # weights that do not divide: 0.142857142 is 1 of 7 with all the weight, rounded down
    ("weights that do not divide, 4 of 7", weighted(5714), [10_000], [(3, 4, 0, 7)], True),
    (
        "weights that do not divide, 4 of 7, asked 57.15 %",
        weighted(5715),
        [10_000],
        [(3, 4, 0, 7)],
        False,
    ),
    (
        "weights that do not divide, three sevenths twice",
        weighted(),
        [7000, 3000],
        [(3, 4, 0, 7), (4, 3, 0, 7)],
        True,
    ),
    (
        "weights that do not divide, the lesser has the four",
        weighted(),
        [7000, 3000],
        [(4, 3, 0, 7), (3, 4, 0, 7)],
        False,
    ),
    (
        "weights 1 and 9,999, the 1 alone agrees",
        weighted(),
        [1, 9999],
        [(0, 9, 0, 9), (1, 0, 0, 1)],
        False,
    ),
    (
        "weights 1 and 9,999, the 1 tips a tie",
        weighted(),
        [1, 9999],
        [(0, 9, 0, 9), (1, 1, 0, 2)],
        True,
    ),
    (
        "weights 1 and 9,999, the 1 against a tie",
        weighted(),
        [1, 9999],
        [(9, 0, 0, 9), (1, 1, 0, 2)],
        False,
    ),
    # rounded down at 1e-9: one unit of 50,000 votes with half the weight is 1e-9 exactly
    (
        "rounding, 1e-9 over one half",
        weighted(),
        [5000, 5000],
        [(0, 1, 0, 1), (49_999.9999, 0.0001, 0, 50_000)],
        True,
    ),
    (
        "rounding, less than 1e-9 over one half",
        weighted(),
        [5000, 5000],
        [(0, 1, 0, 1), (50_000.9999, 0.0001, 0, 50_001)],
        False,
    ),
    (
        "rounding, exactly one half",
        weighted(),
        [5000, 5000],
        [(0, 1, 0, 1), (50_000, 0, 0, 50_000)],
        False,
    ),
    (
        "rounding, less than 1e-9 below one half",
        weighted(),
        [5000, 5000],
        [(0.0001, 99_999.9999, 0, 100_000), (1, 0, 0, 1)],
        False,
    ),
    # 0.5e-9 over one half from each of two would be 1e-9 together, but each is rounded down
    (
        "rounding, two halves of 1e-9 are not one",
        weighted(),
        [5000, 2500, 2500],
        [(0, 1, 0, 1), *[(49_999.9999, 0.0001, 0, 50_000)] * 2],
        False,
    ),
    (
        "rounding, twice 1e-9",
        weighted(),
        [5000, 2500, 2500],
        [(0, 1, 0, 1), *[(24_999.9999, 0.0001, 0, 25_000)] * 2],
        True,
    ),
    # a constituency that says nothing
    (
        "weighted, a silent constituency's weight is void",
        weighted(),
        [5000, 5000],
        [(0, 9, 0, 9), (0, 0, 0, 1)],
        False,
    ),
    (
        "weighted, the weight of the others is enough",
        weighted(),
        [5001, 4999],
        [(0, 9, 0, 9), (0, 0, 0, 1)],
        True,
    ),
    (
        "weighted, and not enough for 60 %",
        weighted(6000),
        [6000, 4000],
        [(0, 9, 0, 9), (0, 0, 0, 1)],
        False,
    ),
    (
        "weighted, two of three silent",
        weighted(),
        THIRDS,
        [(0, 9, 0, 9), (0, 0, 0, 9), (0, 0, 0, 9)],
        False,
    ),
    (
        "weighted, a constituency without seats: its weight is void",
        weighted(),
        [5000, 5000],
        [(0, 9, 0, 9), (0, 0, 0, 0)],
        False,
    ),
    (
        "weighted, without seats and without need",
        weighted(),
        [9000, 1000],
        [(0, 9, 0, 9), (0, 0, 0, 0)],
        True,
    ),
    (
        "weighted, one only abstains: its weight is void",
        weighted(),
        [5000, 5000],
        [(0, 9, 0, 9), (0, 0, 4, 4)],
        False,
    ),
    ("weighted, abstentions within change no share", weighted(), [10_000], [(1, 2, 6, 9)], True),
    # as many weights as constituencies, fewer, more
    (
        "weights longer than the constituencies: the rest is void",
        weighted(),
        [5000, 5000],
        [(0, 9, 0, 9)],
        False,
    ),
    ("weights longer, and enough is left", weighted(), [5001, 4999], [(0, 9, 0, 9)], True),
    (
        "weights shorter: a new constituency weighs nothing",
        weighted(),
        [10_000],
        [(1, 0, 0, 1), (0, 99, 0, 99)],
        False,
    ),
    (
        "weights shorter: what weighs nothing cannot stop",
        weighted(),
        [10_000],
        [(0, 1, 0, 1), (99, 0, 0, 99)],
        True,
    ),
    (
        "one constituency has all the weight: the other cannot stop it",
        weighted(),
        [10_000, 0],
        [(0, 1, 0, 1), (99, 0, 0, 99)],
        True,
    ),
    (
        "one constituency has all the weight: the other cannot bring it about",
        weighted(),
        [0, 10_000],
        [(0, 99, 0, 99), (1, 0, 0, 1)],
        False,
    ),
    (
        "weights without a weighted rule do nothing",
        rule(MAJORITY),
        [0, 10_000],
        [(0, 2, 0, 2), (1, 0, 0, 1)],
        True,
    ),
    # weighted: the quorum is one of seats
    (
        "weighted, quorum of seats missed",
        weighted(quorum=5000),
        [9000, 1000],
        [(0, 4, 0, 4), (0, 0, 0, 5)],
        False,
    ),
    (
        "weighted, quorum of seats by abstentions",
        weighted(quorum=5000),
        [9000, 1000],
        [(0, 4, 0, 4), (0, 0, 1, 5)],
        True,
    ),
    (
        "weighted, 64 constituencies, 33 agree",
        weighted(),
        [157] * 16 + [156] * 48,
        [*[(0, 1, 0, 1)] * 33, *[(1, 0, 0, 1)] * 31],
        True,
    ),
    # 31 x 156 + 1 x 157 = 4,993
    (
        "weighted, 64 constituencies, 32 agree",
        weighted(),
        [157] * 16 + [156] * 48,
        [(0, 1, 0, 1), *[(1, 0, 0, 1)] * 15, *[(0, 1, 0, 1)] * 31, *[(1, 0, 0, 1)] * 17],
        False,
    ),
    (
        "weighted, 100,000 seats, one vote over the tie",
        weighted(),
        [10_000],
        [(49_999, 50_001, 0, 100_000)],
        True,
    ),
    (
        "weighted, 2^32 - 1 seats, the tie but for a unit is rounded away",
        weighted(),
        [10_000],
        [(2**31 - 1, 2**31 - 0.9999, 0, 2**32 - 1)],
        False,
    ),
    # consent
    ("consent, no objections", consent(), [], [(0, 3, 0, 3)], True),
    ("consent, nobody votes", consent(), [], [(0, 0, 0, 3)], True),
    ("consent, all abstain", consent(quorum=10_000), [], [(0, 0, 3, 3)], True),
    ("consent, one abstains and no one else", consent(), [], [(0, 0, 1, 3)], True),
    ("consent, no objections, quorum missed", consent(quorum=5000), [], [(0, 2, 0, 5)], False),
    ("consent, no objections, quorum reached", consent(quorum=4000), [], [(0, 2, 0, 5)], True),
    ("consent, nobody votes, quorum of 0.01 %", consent(quorum=1), [], [(0, 0, 0, 3)], False),
    (
        "consent, objections make the quorum of those who consent",
        consent(2, 5000),
        [],
        [(1, 2, 0, 6)],
        True,
    ),
    ("consent, one objects", consent(), [], [(1, 99, 0, 100)], False),
    ("consent, one of one objects", consent(), [], [(1, 0, 0, 1)], False),
    ("consent, one unit below the number", consent(), [], [(0.9999, 0.0001, 0, 1)], True),
    (
        "consent, two halves of an objection",
        consent(),
        [],
        [(0.5, 0.5, 0, 1), (0.5, 0.5, 0, 1)],
        False,
    ),
    ("consent, a split objection", consent(), [], [(0.5, 0.2, 0.3, 1)], True),
    ("consent, as many objections as stop it", consent(3), [], [(3, 9, 0, 12)], False),
    ("consent, one objection fewer", consent(3), [], [(2, 9, 0, 12)], True),
    ("consent, three objections less one unit", consent(3), [], [(2.9999, 9.0001, 0, 12)], True),
    ("consent, more against than for", consent(3), [], [(2, 1, 0, 12)], True),
    ("consent, only objections, too few", consent(3), [], [(2, 0, 0, 12)], True),
    (
        "consent, objections of all constituencies together",
        consent(2),
        [],
        [(1, 9, 0, 10), (1, 9, 0, 10)],
        False,
    ),
    ("consent, more objections asked than there are seats", consent(9), [], [(3, 0, 0, 3)], True),
    ("consent, no seats", consent(), [], [(0, 0, 0, 0)], False),
    ("consent, no constituency at all", consent(), [], [], False),
    ("consent, 65,535 objections", consent(65_535), [], [(65_535, 34_465, 0, 100_000)], False),
    (
        "consent, 65,534 of 65,535 objections",
        consent(65_535),
        [],
        [(65_534, 34_466, 0, 100_000)],
        True,
    ),
    # sets: by each method alone, and so by all
    (
        "weighted and each class, both",
        rule(WEIGHTED | EACH_CLASS),
        [9000, 1000],
        [(0, 1, 0, 1), (1, 2, 0, 3)],
        True,
    ),
    (
        "weighted and each class, a class against",
        rule(WEIGHTED | EACH_CLASS),
        [9000, 1000],
        [(0, 9, 0, 9), (1, 0, 0, 1)],
        False,
    ),
    # 0.9 x 2/3 + 0.1 = 0.7 by weight, while 11 of 12 votes are in favour
    (
        "weighted and each class, 70 % by weight exceed 69.99 %",
        rule(WEIGHTED | EACH_CLASS, 6999),
        [9000, 1000],
        [(1, 2, 0, 3), (0, 9, 0, 9)],
        True,
    ),
    (
        "weighted and each class, 70 % by weight do not exceed 70 %",
        rule(WEIGHTED | EACH_CLASS, 7000),
        [9000, 1000],
        [(1, 2, 0, 3), (0, 9, 0, 9)],
        False,
    ),
    (
        "weighted and each class, a silent class",
        rule(WEIGHTED | EACH_CLASS),
        [9000, 1000],
        [(0, 9, 0, 9), (0, 0, 0, 1)],
        False,
    ),
    (
        "majority and weighted, the majority is missed",
        rule(MAJORITY | WEIGHTED),
        [9000, 1000],
        [(0, 1, 0, 1), (9, 0, 0, 9)],
        False,
    ),
    (
        "majority and weighted, the weight is missed",
        rule(MAJORITY | WEIGHTED),
        [1000, 9000],
        [(0, 9, 0, 9), (1, 0, 0, 1)],
        False,
    ),
    (
        "majority and weighted, both",
        rule(MAJORITY | WEIGHTED),
        [5000, 5000],
        [(0, 9, 0, 9), (4, 5, 0, 9)],
        True,
    ),
    (
        "majority and each class are each class",
        rule(MAJORITY | EACH_CLASS),
        [],
        [(0, 9, 0, 9), (1, 1, 0, 2)],
        False,
    ),
    (
        "each class and consent, agreed with one objection too many",
        rule(EACH_CLASS | CONSENT, HALF, 0, 1),
        [],
        [(1, 2, 0, 3), (0, 3, 0, 3)],
        False,
    ),
    (
        "each class and consent, both",
        rule(EACH_CLASS | CONSENT, HALF, 0, 2),
        [],
        [(1, 2, 0, 3), (0, 3, 0, 3)],
        True,
    ),
    (
        "each class and consent, nobody objects and one is silent",
        rule(EACH_CLASS | CONSENT, HALF, 0, 2),
        [],
        [(0, 3, 0, 3), (0, 0, 0, 3)],
        False,
    ),
    (
        "majority and consent, nobody votes",
        rule(MAJORITY | CONSENT, HALF, 0, 1),
        [],
        [(0, 0, 0, 3)],
        False,
    ),
    (
        "majority and consent, a tie below the objections",
        rule(MAJORITY | CONSENT, HALF, 0, 9),
        [],
        [(2, 2, 0, 4)],
        False,
    ),
    (
        "weighted and consent, the objection is of no weight",
        rule(WEIGHTED | CONSENT, HALF, 0, 1),
        [10_000, 0],
        [(0, 3, 0, 3), (1, 0, 0, 1)],
        False,
    ),
    (
        "all methods, all agree",
        rule(EVERY_METHOD, ALL_BUT_ONE, 10_000, 1),
        THIRDS,
        [(0, 1, 0, 1)] * 3,
        True,
    ),
    (
        "all methods, quorum missed",
        rule(EVERY_METHOD, HALF, 10_000, 1),
        THIRDS,
        [(0, 1, 0, 1), (0, 1, 0, 1), (0, 1, 0, 2)],
        False,
    ),
    (
        "all methods, one objects",
        rule(EVERY_METHOD, HALF, 0, 1),
        THIRDS,
        [(1, 9, 0, 10), (0, 9, 0, 9), (0, 9, 0, 9)],
        False,
    ),
    ("all methods, no seats", rule(EVERY_METHOD, HALF, 0, 1), THIRDS, [(0, 0, 0, 0)] * 3, False),
]


def units(votes: float) -> int:
    exact = Fraction(str(votes)) * UNITS
    assert exact.denominator == 1, votes
    return int(exact)


def tally(votes: Votes) -> Tally:
    against, in_favour, abstain, seats = votes
    return {
        "against": units(against),
        "inFavour": units(in_favour),
        "abstain": units(abstain),
        "seats": seats,
    }


def passes(rule: Rule, tallies: Sequence[Tally], weights: Sequence[int]) -> bool:
    """The rule of decision in exact fractions: all that each method alone needs."""
    seats = sum(one["seats"] for one in tallies)
    took_part = sum(_sum(tallies, part) for part in ("against", "inFavour", "abstain"))
    if not seats or took_part < Fraction(rule["quorum"], 10_000) * seats:
        return False
    alone: dict[int, Callable[[], bool]] = {
        MAJORITY: lambda: _approved(rule, tallies),
        WEIGHTED: lambda: _weighty(rule, tallies, weights),
        IN_EACH_CLASS: lambda: all(_share(one) > Fraction(1, 2) for one in tallies if one["seats"]),
        CONSENT: lambda: _sum(tallies, "against") < rule["objections"],
    }
    return all(decided() for method, decided in alone.items() if rule["methods"] & method)


def _sum(tallies: Sequence[Tally], part: str) -> Fraction:
    return sum((Fraction(one[part], UNITS) for one in tallies), Fraction())


def _approved(rule: Rule, tallies: Sequence[Tally]) -> bool:
    whole = {part: sum(one[part] for one in tallies) for part in ("against", "inFavour")}
    return _share(whole) > Fraction(rule["approval"], 10_000)


def _weighty(rule: Rule, tallies: Sequence[Tally], weights: Sequence[int]) -> bool:
    grains = sum(
        math.floor(_share(one) * Fraction(weight, 10_000) * 10**9)
        for one, weight in zip(tallies, weights, strict=False)
    )
    return Fraction(grains, 10**9) > Fraction(rule["approval"], 10_000)


def _share(tally: Tally) -> Fraction:
    """Of those who voted for or against; 0 where nobody did."""
    voices = tally["against"] + tally["inFavour"]
    return Fraction(tally["inFavour"], voices) if voices else Fraction()


def outcomes() -> Iterator[dict[str, Any]]:
    for name, methods, approval, quorum, votes, expected in NAMED:
        yield _outcome(name, rule(methods, approval, quorum), [], votes, expected)
    for name, given, weights, votes, expected in HARD:
        yield _outcome(name, given, weights, votes, expected)
    drawn = random.Random(1)
    for number in range(80):
        given, weights = _drawn_rule(drawn), _drawn_weights(drawn)
        tallies = [_drawn(drawn) for _ in range(drawn.randint(1, 5))]
        yield {
            "name": f"drawn {number}",
            "rule": given,
            "tallies": tallies,
            "weights": weights,
            "passes": passes(given, tallies, weights),
        }


def _outcome(
    name: str, given: Rule, weights: list[int], votes: list[Votes], expected: bool
) -> dict[str, Any]:
    tallies = [tally(one) for one in votes]
    assert passes(given, tallies, weights) == expected, name
    return {
        "name": name,
        "rule": given,
        "tallies": tallies,
        "weights": weights,
        "passes": expected,
    }


def _drawn_rule(drawn: random.Random) -> Rule:
    methods = drawn.choice((MAJORITY, WEIGHTED, EACH_CLASS, CONSENT, drawn.choice(SETS)))
    return rule(
        methods,
        drawn.choice((5000, 5001, 6000, 6667, 7500, 9999)) if methods != CONSENT else 0,
        drawn.choice((0, 1, 2000, 3333, 5000, 10_000)),
        drawn.choice((1, 2, 10)) if methods & CONSENT else 0,
    )


def _drawn_weights(drawn: random.Random) -> list[int]:
    cuts = sorted(drawn.randint(0, 10_000) for _ in range(drawn.randint(0, 3)))
    return [high - low for low, high in itertools.pairwise((0, *cuts, 10_000))]


def _drawn(drawn: random.Random) -> Tally:
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


RANGES: dict[str, tuple[int | bool, ...]] = {
    "methods": tuple(SETS),
    "approval": (0, 5000, 5001, 9999),
    "quorum": (0, 1, 10_000),
    "objections": (0, 65_535, 2, 1),
    "delay": (0, 1, 2**32 - 1),
    "votingPeriod": (1, 2, 2**31 - 1),
    "closing": (0, 1, 100),
    "upgradable": (False, True),
}
"""From the weakest to the strictest; the parts in the order in which they are compared."""


def _made(parts: dict[str, int | bool]) -> Rule:
    """A rule in range: approval where a method has it, objections where consent is asked."""
    methods = parts["methods"]
    approval = parts["approval"] or 5000 if methods != CONSENT else 0
    objections = parts["objections"] or 65_535 if methods & CONSENT else 0
    whole = parts | {"approval": approval, "objections": objections}
    return {part: whole[part] for part in rule(MAJORITY)}


def _rank(part: str, value: int | bool) -> int:
    return RANGES[part].index(value)


def pairs() -> Iterator[dict[str, Any]]:
    """Pairs of rules: which is the stricter (-1 the second, 0 neither, 1 the first), whether the
    first is in no part weaker, and the rule that is as strict as both in every part.
    """
    lowest = {part: values[0] for part, values in RANGES.items()}
    highest = {part: values[-1] for part, values in RANGES.items()}
    given = [(lowest, lowest), (lowest, highest), (highest, lowest), (highest, highest)]
    # A step up in one part outweighs everything below it, and nothing above it.
    for part, values in RANGES.items():
        base = lowest if part == "methods" else lowest | {"methods": 9}
        for low, high in itertools.pairwise(values):
            after = list(RANGES)[list(RANGES).index(part) + 1 :]
            weaker = base | {part: low} | {one: highest[one] for one in after}
            given += [(base | {part: high}, weaker), (weaker, base | {part: high})]
            given += [(base | {part: high}, base | {part: low})]
    # Other methods, and nothing else: what either needs, both need.
    for first, second in itertools.combinations((1, 2, 5, 8, 3, 13), 2):
        given += [(lowest | {"methods": first}, lowest | {"methods": second})]
    drawn = random.Random(2)
    for _ in range(60):
        first, second = (
            {part: drawn.choice(values) for part, values in RANGES.items()} for _ in range(2)
        )
        given.append((first, second))
    for first, second in given:
        yield _pair(_made(first), _made(second))


def _pair(first: Rule, second: Rule) -> dict[str, Any]:
    one, other = (tuple(_rank(part, rule[part]) for part in RANGES) for rule in (first, second))
    stricter = {
        part: RANGES[part][sorted((a, b))[1]]
        for part, a, b in zip(RANGES, one, other, strict=True)
        if part != "methods"
    }
    # A class that can ask for more is no part of the comparison: see Rules.noWeaker.
    return {
        "first": first,
        "second": second,
        "stricter": (one > other) - (one < other),
        "noWeaker": not second["methods"] & ~first["methods"]
        and all(a >= b for a, b in zip(one[1:-1], other[1:-1], strict=True)),
        "strictest": _made(stricter | {"methods": first["methods"] | second["methods"]}),
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
