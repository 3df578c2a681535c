"""Writes votes.json: `python tests/vectors/generate_votes.py`.

Histories of one proposal each: when votes come, until when voting is open, what is decided. What is
expected of the named ones was worked out by hand; a slow count from the beginning for every vote,
in exact fractions, must agree, and gives the expectations of the drawn ones.

Solidity reads the file by parseJsonTypeArray(json, ".histories", ...) with these types, whose
fields are in this order:

    History(string name,Rule rule,uint16[] weights,uint32[] seats,Cast[] casts,uint32 deadline,
        Tally[] tallies,bool passes)
    Cast(uint32 time,uint8 constituency,uint32 ordinal,uint16 against,uint16 inFavour,
        uint16 abstain,bool counted,uint32 deadline)
    Rule(uint8 methods,uint16 approval,uint16 quorum,uint16 objections,uint8 closing,
        bool upgradable,uint32 delay,uint32 votingPeriod)
    Tally(uint256 against,uint256 inFavour,uint256 abstain,uint256 seats)

Times and deadlines are seconds from the snapshot, which is when the voting delay ends. `seats` are
the active seats of each constituency; each cast is one of the seat `ordinal` (from 0) there, in
units, 10,000 together. `counted` is false where the Assembly refuses: not open yet, over, or this
seat has voted. A cast's deadline is the one after it, the history's the last one; tallies and
`passes` are of the end. Casts of one second may be sent in one transaction or in several.
"""

import importlib.util
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "votes.json"


def _neighbour(name: str) -> Any:
    place = importlib.util.spec_from_file_location(name, FILE.parent / f"{name}.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


decision = _neighbour("generate")
MAJORITY, WEIGHTED, EACH_CLASS, CONSENT = 1, 2, 5, 8
SETS = [one for one in range(1, 16) if one & 5 != 4]
"""A majority in each class (4) comes with one over all (1)."""
UNITS = 10_000
Units = tuple[int, int, int]
AGAINST, FOR, ABSTAIN = (UNITS, 0, 0), (0, UNITS, 0), (0, 0, UNITS)
Cast = tuple[int, int, int, Units, int]
"""Second, constituency, ordinal, units; the deadline after it, or 0 where it is not counted."""
NOT = 0


def rule(
    methods: int = MAJORITY,
    approval: int = 5000,
    quorum: int = 0,
    objections: int = 0,
    closing: int = 10,
    period: int = 600,
) -> dict[str, Any]:
    made: dict[str, Any] = decision.rule(
        methods, approval, quorum, objections, closing, delay=60, period=period
    )
    return made


OBJECTION = rule(CONSENT, 0, objections=1)

# name, rule, weights, seats, casts, whether it passes (by hand). 10 % of 600 seconds are 60: a vote
# from second 541 on is watched.
NAMED: list[tuple[str, dict[str, Any], list[int], list[int], list[Cast], bool]] = [
    ("nobody votes", rule(), [], [3], [], False),
    ("nobody votes, consent", OBJECTION, [], [3], [], True),
    ("no seats", rule(), [], [0], [], False),
    ("an early vote decides", rule(), [], [3], [(100, 0, 0, FOR, 600)], True),
    ("the first second", rule(), [], [3], [(0, 0, 0, FOR, NOT), (1, 0, 0, FOR, 600)], True),
    ("the last second before the closing part", rule(), [], [3], [(540, 0, 0, FOR, 600)], True),
    (
        "a change just before the closing part does not use up the extension",
        rule(),
        [],
        [3],
        [(540, 0, 0, FOR, 600), (600, 0, 1, AGAINST, 660)],
        False,
    ),
    ("the first second of the closing part", rule(), [], [3], [(541, 0, 0, FOR, 601)], True),
    ("the last second of voting", rule(), [], [3], [(600, 0, 0, FOR, 660)], True),
    (
        "after the last second",
        rule(),
        [],
        [3],
        [(540, 0, 0, FOR, 600), (601, 0, 1, AGAINST, NOT)],
        True,
    ),
    (
        "until the last second of the extension",
        rule(),
        [],
        [3],
        [(600, 0, 0, FOR, 660), (660, 0, 1, AGAINST, 660), (661, 0, 2, FOR, NOT)],
        False,
    ),
    (
        "the extension ends sixty seconds after the vote, not after the period",
        rule(),
        [],
        [3],
        [(550, 0, 0, FOR, 610), (611, 0, 1, AGAINST, NOT)],
        True,
    ),
    (
        "voting is extended once",
        rule(),
        [],
        [5],
        [(560, 0, 0, FOR, 620), (590, 0, 1, AGAINST, 620), (620, 0, 2, FOR, 620)],
        True,
    ),
    (
        "a late vote that changes nothing, and one that does",
        rule(),
        [],
        [4],
        [
            (10, 0, 0, FOR, 600),
            (550, 0, 1, FOR, 600),
            (560, 0, 2, AGAINST, 600),
            (570, 0, 3, AGAINST, 630),
        ],
        False,
    ),
    (
        "a late tie is a change",
        rule(),
        [],
        [2],
        [(10, 0, 0, FOR, 600), (580, 0, 1, AGAINST, 640)],
        False,
    ),
    (
        "a late vote for what passes anyway",
        rule(),
        [],
        [2],
        [(10, 0, 0, FOR, 600), (580, 0, 1, FOR, 600)],
        True,
    ),
    # Together the votes of second 580 change nothing; singly, the first does.
    (
        "two votes of one second that undo each other",
        rule(),
        [],
        [3],
        [(10, 0, 0, FOR, 600), (580, 0, 1, AGAINST, 640), (580, 0, 2, FOR, 640)],
        True,
    ),
    (
        "two votes of one second that change the outcome only together",
        rule(approval=6666),
        [],
        [5],
        [
            (10, 0, 0, AGAINST, 600),
            (580, 0, 1, FOR, 600),
            (580, 0, 2, FOR, 640),
        ],
        True,
    ),
    (
        "a late abstention that completes the quorum",
        rule(quorum=5000),
        [],
        [4],
        [(10, 0, 0, FOR, 600), (590, 0, 1, ABSTAIN, 650)],
        True,
    ),
    (
        "a late vote against that completes the quorum",
        rule(quorum=10_000),
        [],
        [3],
        [(10, 0, 0, FOR, 600), (11, 0, 1, FOR, 600), (590, 0, 2, AGAINST, 650)],
        True,
    ),
    (
        "a late abstention with the quorum there",
        rule(quorum=2500),
        [],
        [4],
        [(10, 0, 0, FOR, 600), (590, 0, 1, ABSTAIN, 600)],
        True,
    ),
    ("a late split that ties", rule(), [], [2], [(590, 0, 0, (5000, 5000, 0), 600)], False),
    (
        "a late split that tips by a unit",
        rule(),
        [],
        [2],
        [(590, 0, 0, (4999, 5000, 1), 650)],
        True,
    ),
    # who votes twice
    (
        "a seat votes twice: the first vote stays",
        rule(),
        [],
        [3],
        [(10, 0, 0, FOR, 600), (20, 0, 0, AGAINST, NOT)],
        True,
    ),
    (
        "a second vote in the closing part extends nothing",
        rule(),
        [],
        [3],
        [(10, 0, 0, FOR, 600), (580, 0, 0, AGAINST, NOT), (580, 0, 1, FOR, 600)],
        True,
    ),
    (
        "the same ordinal of another constituency is another seat",
        rule(),
        [],
        [1, 1],
        [(10, 0, 0, FOR, 600), (20, 1, 0, FOR, 600)],
        True,
    ),
    # other methods
    ("consent, a late objection", OBJECTION, [], [3], [(590, 0, 0, AGAINST, 650)], False),
    (
        "consent, a late vote in favour",
        OBJECTION,
        [],
        [3],
        [(590, 0, 0, FOR, 600), (591, 0, 1, ABSTAIN, 600)],
        True,
    ),
    (
        "consent, the second of two objections is late",
        rule(CONSENT, 0, objections=2),
        [],
        [3],
        [(10, 0, 0, AGAINST, 600), (541, 0, 1, AGAINST, 601)],
        False,
    ),
    (
        "consent, a late vote completes the quorum",
        rule(CONSENT, 0, quorum=3334, objections=1),
        [],
        [6],
        [(10, 0, 0, ABSTAIN, 600), (20, 0, 1, ABSTAIN, 600), (599, 0, 2, FOR, 659)],
        True,
    ),
    (
        "each class, the silent class agrees late",
        rule(EACH_CLASS),
        [],
        [3, 1],
        [(10, 0, 0, FOR, 600), (20, 0, 1, FOR, 600), (555, 1, 0, FOR, 615)],
        True,
    ),
    (
        "each class, a class without seats",
        rule(EACH_CLASS),
        [],
        [2, 0],
        [(555, 0, 0, FOR, 615)],
        True,
    ),
    (
        "each class, a class tied late and agreed in the extension",
        rule(EACH_CLASS),
        [],
        [2, 3],
        [
            (10, 0, 0, FOR, 600),
            (20, 1, 0, FOR, 600),
            (600, 1, 1, AGAINST, 660),
            (650, 1, 2, FOR, 660),
        ],
        True,
    ),
    # 0.6 x 1 + 0.4 x 0 = 60 %, then 0.6 x 1/2 = 30 %
    (
        "weighted, the weighty class splits late",
        rule(WEIGHTED),
        [6000, 4000],
        [2, 3],
        [(10, 0, 0, FOR, 600), (20, 1, 0, AGAINST, 600), (542, 0, 1, AGAINST, 602)],
        False,
    ),
    (
        "weighted, a late vote of a class without weight",
        rule(WEIGHTED),
        [10_000],
        [1, 3],
        [(10, 0, 0, FOR, 600), (590, 1, 0, AGAINST, 600), (591, 1, 1, AGAINST, 600)],
        True,
    ),
    (
        "each class and consent, agreed early and objected late",
        rule(EACH_CLASS | CONSENT, objections=1),
        [],
        [3, 1],
        [
            (10, 0, 0, FOR, 600),
            (20, 0, 1, FOR, 600),
            (30, 1, 0, FOR, 600),
            (590, 0, 2, AGAINST, 650),
        ],
        False,
    ),
    # the closing part
    ("no closing part", rule(closing=0), [], [3], [(600, 0, 0, FOR, 600)], True),
    ("all of the period closes", rule(closing=100), [], [3], [(1, 0, 0, FOR, 601)], True),
    (
        "all of the period closes, from the first second to the last",
        rule(closing=100),
        [],
        [3],
        [(1, 0, 0, ABSTAIN, 600), (600, 0, 1, FOR, 1200), (1200, 0, 2, AGAINST, 1200)],
        False,
    ),
    # 20 % of 7 seconds are 1.4, rounded down to 1
    (
        "rounded down, before",
        rule(closing=20, period=7),
        [],
        [2],
        [(6, 0, 0, FOR, 7), (8, 0, 1, FOR, NOT)],
        True,
    ),
    (
        "rounded down, within",
        rule(closing=20, period=7),
        [],
        [2],
        [(7, 0, 0, FOR, 8), (8, 0, 1, FOR, 8), (9, 0, 1, FOR, NOT)],
        True,
    ),
    ("rounded down to nothing", rule(period=7), [], [2], [(7, 0, 0, FOR, 7)], True),
    (
        "one second, all of it closing",
        rule(closing=100, period=1),
        [],
        [1],
        [(1, 0, 0, FOR, 2)],
        True,
    ),
    ("one second, 99 % closing", rule(closing=99, period=1), [], [1], [(1, 0, 0, FOR, 1)], True),
]


def histories() -> Iterator[dict[str, Any]]:
    for name, given, weights, seats, casts, passes in NAMED:
        expected = [(deadline != NOT, deadline) for *_, deadline in casts]
        shown = replayed(name, given, weights, seats, [cast[:4] for cast in casts])
        slow = [(one["counted"], one["deadline"] * one["counted"]) for one in shown["casts"]]
        assert (slow, shown["passes"]) == (expected, passes), (name, slow)
        yield shown
    drawn = random.Random(3)
    for number in range(40):
        yield _drawn(drawn, f"drawn {number}")


def replayed(
    name: str,
    given: dict[str, Any],
    weights: list[int],
    seats: list[int],
    casts: Sequence[tuple[int, int, int, Units]],
) -> dict[str, Any]:
    """The history as the file has it; everything is counted again for every vote."""
    counted: list[tuple[int, int, int, Units]] = []
    shown = []
    for time, constituency, ordinal, units in casts:
        deadline = _deadline(given, weights, seats, counted)
        known = any((c, o) == (constituency, ordinal) for _, c, o, _ in counted)
        accepted = 0 < time <= deadline and not known
        if accepted:
            counted.append((time, constituency, ordinal, units))
            deadline = _deadline(given, weights, seats, counted)
        against, in_favour, abstain = units
        shown.append(
            {
                "time": time,
                "constituency": constituency,
                "ordinal": ordinal,
                "against": against,
                "inFavour": in_favour,
                "abstain": abstain,
                "counted": accepted,
                "deadline": deadline,
            }
        )
    tallies = _tallies(seats, counted)
    return {
        "name": name,
        "rule": given,
        "weights": weights,
        "seats": seats,
        "casts": shown,
        "deadline": _deadline(given, weights, seats, counted),
        "tallies": tallies,
        "passes": decision.passes(given, tallies, weights),
    }


def _deadline(
    given: dict[str, Any],
    weights: list[int],
    seats: list[int],
    counted: Sequence[tuple[int, int, int, Units]],
) -> int:
    """The first vote in the closing part with another outcome after it moves the end, once."""
    period: int = given["votingPeriod"]
    closing = period * given["closing"] // 100
    outcomes = [
        decision.passes(given, _tallies(seats, counted[:number]), weights)
        for number in range(len(counted) + 1)
    ]
    for number, (time, *_) in enumerate(counted):
        if time > period - closing and outcomes[number] != outcomes[number + 1]:
            return time + closing
    return period


def _tallies(
    seats: list[int], counted: Sequence[tuple[int, int, int, Units]]
) -> list[dict[str, int]]:
    return [
        {
            part: sum(units[place] for _, where, _, units in counted if where == index)
            for place, part in enumerate(("against", "inFavour", "abstain"))
        }
        | {"seats": count}
        for index, count in enumerate(seats)
    ]


def _drawn(drawn: random.Random, name: str) -> dict[str, Any]:
    methods = drawn.choice((MAJORITY, WEIGHTED, EACH_CLASS, CONSENT, drawn.choice(SETS)))
    given = rule(
        methods,
        drawn.choice((5000, 6000, 6667)) if methods != CONSENT else 0,
        drawn.choice((0, 2000, 5000)),
        drawn.choice((1, 2)) if methods & CONSENT else 0,
        drawn.choice((0, 10, 50, 100)),
        drawn.choice((10, 100)),
    )
    seats = [drawn.randint(0, 4) for _ in range(drawn.randint(1, 3))]
    weights = [10_000 - 3000 * (len(seats) - 1)] + [3000] * (len(seats) - 1)
    places = [(where, place) for where, count in enumerate(seats) for place in range(count)]
    times = sorted(drawn.randint(1, given["votingPeriod"] * 3 // 2) for _ in places)
    drawn.shuffle(places)
    casts = [
        (time, *place, drawn.choice((AGAINST, FOR, FOR, ABSTAIN, (2500, 5000, 2500))))
        for time, place in zip(times, places, strict=True)
    ]
    used = weights if methods & WEIGHTED else []
    return replayed(name, given, used, seats, casts)


def content() -> str:
    cases = ",\n".join("  " + json.dumps(case) for case in histories())
    return '{\n"histories": [\n' + cases + "\n]\n}\n"


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
