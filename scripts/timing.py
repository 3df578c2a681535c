"""Times and ratios, as the measurements show them."""

import time
from collections.abc import Callable
from statistics import median

REPEATS, ROUNDS = 5, 15


def best(work: Callable[[], object]) -> float:
    """The shortest of a few runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def medians(*works: Callable[[], object]) -> list[float]:
    """The middle times of works that take turns, in seconds: what disturbs, disturbs all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
    return [median(taken) for taken in times]


def show(what: str, ours: float, theirs: float, limit: float | None = None) -> None:
    """One line: the ratio, the two times, and whether a limit is kept."""
    ratio = ours / theirs
    kept = f"  {'ok' if ratio <= limit else 'over'} (at most {limit:g})" if limit else ""
    print(f"{what:58} {ratio:6.2f}   {ours * 1e3:8.1f} ms / {theirs * 1e3:8.1f} ms{kept}")
