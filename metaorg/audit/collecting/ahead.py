"""Reading ahead: the next part arrives while the last one is verified and written."""

import gc
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar, cast

T = TypeVar("T")

_ROUND = 0.2
"""Seconds after which a thread that waits looks whether it is still wanted."""
_END = object()
_ALLOCATIONS = 500_000
"""After which Python looks for cycles, in place of 700: logs have none, and looking through all of
them so often takes a quarter of the time of a reading."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python look for unused cycles of objects less often meanwhile."""
    usual = gc.get_threshold()
    gc.set_threshold(max(_ALLOCATIONS, usual[0]) if usual[0] else 0, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Ahead(Generic[T]):
    """The same items in order, of which one waits and one is being made in a thread.

    What making them raises is raised here. The thread ends with its item after `close`, and keeps
    no program from ending.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._waiting: queue.Queue[object] = queue.Queue(maxsize=1)
        self._unwanted = threading.Event()

    def __iter__(self) -> Iterator[T]:
        threading.Thread(target=self._run, name="metaorg-ahead", daemon=True).start()
        while (item := self._waiting.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield cast(T, item)

    def close(self) -> None:
        self._unwanted.set()

    def _run(self) -> None:
        try:
            for item in self._items:
                self._put(item)
                if self._unwanted.is_set():
                    return
            self._put(_END)
        except BaseException as error:
            self._put(_Raised(error))

    def _put(self, item: object) -> None:
        while not self._unwanted.is_set():
            with suppress(queue.Full):
                return self._waiting.put(item, timeout=_ROUND)
