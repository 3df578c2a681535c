"""When an application may become a seat: the pace of admissions in silence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.rules.admission import (
    Admission,
    AdmissionMethod,
    Consequence,
    Passage,
    Readoption,
    begin,
    current,
    may_lapse,
    pace_breaches,
    pace_limit,
)


def admission(period: int = 10, share: int = 5000, floor: int = 1) -> Admission:
    return Admission(
        method=AdmissionMethod.LAZY_CONSENT, window=5, period=period, share=share, floor=floor
    )


admissions = st.builds(
    Admission,
    method=st.just(AdmissionMethod.LAZY_CONSENT),
    window=st.integers(0, 100),
    period=st.integers(1, 20),
    share=st.integers(0, 10_000),
    floor=st.integers(1, 5),
)


@given(admissions, st.integers(0, 10**6))
def test_the_limit_is_the_share_rounded_down_and_the_floor_at_least(
    rule: Admission, active: int
) -> None:
    limit = pace_limit(rule, active)

    assert limit >= rule.floor
    assert limit == rule.floor or limit * 10_000 <= active * rule.share < (limit + 1) * 10_000


@pytest.mark.parametrize(
    ("active", "share", "floor", "limit"),
    [(0, 10_000, 1, 1), (3, 5000, 1, 1), (4, 5000, 1, 2), (1000, 0, 3, 3), (19, 1000, 2, 2)],
)
def test_a_small_register_stays_open(active: int, share: int, floor: int, limit: int) -> None:
    assert pace_limit(admission(share=share, floor=floor), active) == limit


def test_a_new_period_begins_with_the_first_look_after_the_last_one_ended() -> None:
    gate = begin(admission(period=10), active=4, now=100)

    assert current(gate, admission(period=10), 8, 109) == gate
    assert current(gate, admission(period=10), 8, 110).period_start == 110
    assert current(gate, admission(period=10), 8, 250).limit == 4


@pytest.mark.parametrize("method", [AdmissionMethod.OPEN, AdmissionMethod.DECISION])
def test_admission_without_objections_has_no_window(method: AdmissionMethod) -> None:
    with pytest.raises(ValidationError, match=f"{method.words!r} has no window"):
        Admission(method=method, window=1, period=1, share=0, floor=1)

    assert Admission(method=method, window=0, period=1, share=0, floor=1).window == 0


@pytest.mark.parametrize(
    ("part", "value"),
    [("period", 0), ("share", 10_001), ("floor", 0), ("floor", 1 << 16), ("window", 1 << 32)],
)
def test_a_rule_of_admission_out_of_range_cannot_be_made(part: str, value: int) -> None:
    whole: dict[str, Any] = {"method": 1, "window": 1, "period": 1, "share": 1, "floor": 1}

    with pytest.raises(ValidationError, match=part):
        Admission(**whole | {part: value})


@st.composite
def histories(draw: Any) -> list[Passage]:
    """Rules and admissions at growing times, the first a rule; seats only come."""
    time, active = draw(st.integers(0, 100)), draw(st.integers(0, 40))
    found = [Passage(time=time, active=active, rule=draw(admissions))]
    for _ in range(draw(st.integers(0, 40))):
        time += draw(st.integers(0, 8))
        if draw(st.integers(0, 9)) == 0:
            found.append(Passage(time=time, active=active, rule=draw(admissions)))
        else:
            found.append(Passage(time=time, active=active))
            active += 1
    return found


def contract_refuses(passages: list[Passage]) -> list[int]:
    """What Membership does, as plain counters: `_setAdmission` and `_takeTurn`.

    An admission beyond the limit is counted as if it had happened: that is what is looked for.
    """
    refused: list[int] = []
    start = limit = admitted = 0
    rule: Admission | None = None
    for index, passage in enumerate(passages):
        new = passage.rule is not None
        rule = passage.rule or rule
        assert rule is not None
        if new or passage.time >= start + rule.period:
            start, admitted = passage.time, 0
            limit = max(passage.active * rule.share // 10_000, rule.floor)
        if new:
            continue
        admitted += 1
        if admitted > limit:
            refused.append(index)
    return refused


@given(histories())
def test_breaches_are_what_the_contract_would_have_refused(passages: list[Passage]) -> None:
    assert pace_breaches(passages) == contract_refuses(passages)


@given(histories())
def test_no_period_admits_more_than_its_limit_once_breaches_are_left_out(
    passages: list[Passage],
) -> None:
    """Leaving out what was refused, nothing more is refused."""
    breaches = set(pace_breaches(passages))
    kept = [passage for index, passage in enumerate(passages) if index not in breaches]

    assert pace_breaches(kept) == []


def test_the_admission_after_the_limit_is_the_breach() -> None:
    passages = [Passage(time=0, active=4, rule=admission(period=10))]
    passages += [Passage(time=time, active=4 + time) for time in (1, 2, 3)]
    passages += [Passage(time=10, active=7)]

    assert pace_breaches(passages) == [3]


def test_a_new_rule_begins_a_new_period() -> None:
    rule = admission(period=10)
    passages = [
        Passage(time=0, active=2, rule=rule),
        Passage(time=1, active=2),
        Passage(time=2, active=3, rule=rule),
        Passage(time=3, active=3),
        Passage(time=4, active=4),
    ]

    assert pace_breaches(passages) == [4]


def test_an_admission_before_any_rule_is_a_breach() -> None:
    assert pace_breaches([Passage(time=0, active=0)]) == [0]


# ---------------------------------------------------------------------- after an amendment


@pytest.mark.parametrize("consequence", [Consequence.SUSPENDED, Consequence.EXITED])
@pytest.mark.parametrize(
    ("adopted", "now", "lapses"),
    [(False, 150, False), (False, 151, True), (True, 151, False), (True, 10**9, False)],
)
def test_a_seat_lapses_after_the_last_second_of_grace_without_adoption(
    consequence: Consequence, adopted: bool, now: int, lapses: bool
) -> None:
    rule = Readoption(grace=50, consequence=consequence)

    assert may_lapse(rule, adopted, since=100, now=now) == lapses


def test_where_it_is_only_shown_no_seat_lapses() -> None:
    rule = Readoption(grace=0, consequence=Consequence.SHOWN)

    assert not may_lapse(rule, adopted=False, since=0, now=10**9)


@pytest.mark.parametrize(("part", "value"), [("grace", -1), ("grace", 1 << 32), ("consequence", 3)])
def test_a_rule_of_readoption_out_of_range_cannot_be_made(part: str, value: int) -> None:
    whole: dict[str, Any] = {"grace": 1, "consequence": 1}

    with pytest.raises(ValidationError, match=part):
        Readoption(**whole | {part: value})
