"""From storage alone: what the contracts answer at the pinned block, compared with the events."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from metaorg.audit.expectations import TOPICS, Expected
from metaorg.audit.findings import Finding, Look, compare, difference, unknown
from metaorg.audit.replay import Replay
from metaorg.errors import Unreachable
from metaorg.onchain import abi, reverts
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import NodeRefused, Reading, octets
from metaorg.onchain.modules import Modules
from metaorg.types import Model

MARK = 12
"""Bytes of what stands for an answer and the value that it must have."""
PART = 5_000
"""Answers that are asked for at once."""


class Storage:
    """The contracts' answers at one block, compared with what events lead to.

    Args:
        established: values that were found as expected at an earlier block; they are not read
            again as long as the events lead to the same.

    Attributes: established: those and the ones that were found now. read: how many were read.
    """

    def __init__(self, reading: Reading, modules: Modules, established: set[bytes]) -> None:
        self.established, self.read = established, 0
        self._reading, self._modules = reading, modules

    def compared(self, topic: str, replay: Replay) -> Iterator[Finding]:
        """What a topic's views answer otherwise than expected, or not at all."""
        expected = TOPICS[topic](replay, self._reading.block)
        refused: list[tuple[Expected, str]] = []
        while part := list(islice(expected, PART)):
            yield from self._part(part, refused)
        if refused:
            first, why = refused[0]
            more = f" (and {len(refused) - 1} more)" if refused[1:] else ""
            looks = [self._look(first)]
            yield unknown("reading.unanswered", topic, "an answer", f"{why}{more}", looks)

    def _part(
        self, part: Sequence[Expected], refused: list[tuple[Expected, str]]
    ) -> Iterator[Finding]:
        marks = [_mark(one) for one in part]
        asked = [
            (one, mark)
            for one, mark in zip(part, marks, strict=True)
            if mark not in self.established
        ]
        answers = self._answers(one for one, _ in asked)
        for (one, mark), answer in zip(asked, answers, strict=True):
            try:
                found = list(self._found(one, answer))
            except Unreachable as error:
                refused.append((one, str(error)))
                continue
            self.read += 1
            if not found:
                self.established.add(mark)
            yield from found

    def _answers(self, asked: Iterable[Expected]) -> list[Any]:
        calls = [
            (getattr(self._modules, one.module), call_data(one.module, one.function, one.arguments))
            for one in asked
        ]
        return self._reading.answers(calls)

    def _found(self, one: Expected, answer: Any) -> Iterator[Finding]:
        looks = [self._look(one)]
        if isinstance(answer, NodeRefused):
            if not answer.by_contract:
                raise answer
            seen = f"none: {reverts.explain(answer)}"
            yield from compare(one.code, one.subject, one.value, seen, looks)
            return
        raw = abi.decode_values(_function(one.module, one.function)["outputs"], octets(answer))
        value = next(iter(raw.values())) if len(raw) == 1 else raw
        try:
            seen = one.sees(value)
        except (LookupError, ValueError) as error:
            shown = f"{type(error).__name__}: {error}".splitlines()[0]
            yield difference(one.code, one.subject, "a possible answer", shown, looks)
            return
        yield from compare(one.code, one.subject, one.value, seen, looks)

    def _look(self, one: Expected) -> Look:
        return Look(
            what="call",
            address=getattr(self._modules, one.module),
            function=abi.signature(_function(one.module, one.function)),
            arguments=tuple(map(_shown, one.arguments)),
        )


def call_data(module: str, function: str, arguments: Sequence[Any]) -> bytes:
    """The call data of a view of a module."""
    selector, static = _encoding(module, function)
    if static is None:
        return selector + abi.encode_values(_function(module, function)["inputs"], arguments)
    return selector + b"".join(
        encode(value) for encode, value in zip(static, arguments, strict=True)
    )


@cache
def _function(module: str, function: str) -> abi.Entry:
    return load(module.title().replace("_", "")).functions[function]


@cache
def _encoding(module: str, function: str) -> tuple[bytes, Sequence[Any] | None]:
    """The selector, and how each argument becomes a word, where all are words."""
    entry = _function(module, function)
    kinds = abi.types(entry["inputs"])
    words = [_WORDS.get(kind.rstrip("0123456789")) for kind in kinds if kind != "bytes"]
    static = words if all(words) and len(words) == len(kinds) else None
    return abi.selector(entry), static


def _number(value: int) -> bytes:
    return value.to_bytes(32)


def _account(value: str) -> bytes:
    return bytes.fromhex(value[2:]).rjust(32, b"\0")


def _fixed(value: bytes) -> bytes:
    return value.ljust(32, b"\0")


_WORDS = {"uint": _number, "address": _account, "bytes": _fixed}


def _mark(one: Expected) -> bytes:
    """What stands for an answer and the value that it must have."""
    parts = (one.module, one.function, one.arguments, _fields(one.value))
    return hashlib.blake2b(repr(parts).encode(), digest_size=MARK).digest()


def _fields(value: Any) -> Any:
    return value.__dict__ if isinstance(value, Model) else value


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
