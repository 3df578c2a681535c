"""Axes: round numbers, round times, and lists that are short enough to draw."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

LAST_MOMENT = 253_402_300_799
"""The last second of the year 9999."""
POINTS = 200
"""Points that a chart draws, and its table lists."""

_HOUR, _DAY = 3600, 86_400
_CLOCK = tuple(_HOUR * hours for hours in (1, 3, 6, 12, 24, 48, 7 * 24, 14 * 24))
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000)

T = TypeVar("T")


def ticks(top: int, most: int = 5) -> list[int]:
    """Round numbers from 0 to the first one that is not below `top`; at most `most` + 1."""
    step, factors = 1, 0
    while top > step * most:
        step = step * 5 // 2 if factors % 3 == 1 else step * 2
        factors += 1
    return list(range(0, step * max(-(-top // step), 1) + 1, step))


def shown(time: int) -> str:
    """A time in UTC, ISO 8601."""
    return _shown(bounded(time), "%Y-%m-%dT%H:%M:%SZ")


def time_ticks(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """Round times in a span, and how they are called: 2024, 2024-03, 2024-03-14 or 03-14 12:00."""
    first, last = bounded(first), bounded(last)
    for step in _CLOCK:
        if (last - first) // step < most:
            times = range(-(-first // step) * step, last + 1, step)
            form = "%Y-%m-%d" if step >= _DAY else "%m-%d %H:%M"
            return [(time, _shown(time, form)) for time in times]
    for months in _MONTHS:
        found = _months(first, last, months)
        if len(found) <= most:
            return [(time, _shown(time, "%Y" if months >= 12 else "%Y-%m")) for time in found]
    return [(first, _shown(first, "%Y"))]


def bounded(time: int) -> int:
    """A time that has a date; contracts can be told any number."""
    return min(max(time, 0), LAST_MOMENT)


def thinned(points: Sequence[T], most: int = POINTS) -> list[tuple[int, T]]:
    """At most `most` points with their places in the list: evenly, with the first and the last."""
    if len(points) <= most:
        return list(enumerate(points))
    last = len(points) - 1
    return [(place, points[place]) for place in (n * last // (most - 1) for n in range(most))]


def _months(first: int, last: int, step: int) -> list[int]:
    """The beginnings of every `step`-th month since the year 0."""
    start, end = (_date(time) for time in (first, last))
    numbers = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    made = (
        datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        for number in numbers
        if number % step == 0
    )
    return [time for time in (int(one.timestamp()) for one in made) if time >= first]


def _date(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)


def _shown(time: int, form: str) -> str:
    return _date(time).strftime(form)
