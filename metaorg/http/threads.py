"""Work in a thread that is waited for only so long."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, or `TimeoutError`; work that hangs is left to end by itself."""
    return started(work).result(seconds)


def started(work: Callable[[], T]) -> "Future[T]":
    """The result of `work`, to come; its thread keeps no program from ending."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=run, name="metaorg-work", daemon=True).start()
    return result
