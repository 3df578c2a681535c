"""The state of a replay as JSON and back, so that a later run goes on from it.

Unlike pickle it makes values of a few known classes only, whatever the file says.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, Look
from metaorg.rules.admission import Admission, Readoption
from metaorg.rules.decision import Rule
from metaorg.rules.membership import Register, RegisterState
from metaorg.rules.voting import Poll, PollState, Turns
from metaorg.types import Cid, Model


class NotPacked(ValueError):
    """The bytes are not what `packed` gives."""


def packed(value: Any) -> bytes:
    """The bytes of a value made of plain values, collections and the classes known here."""
    return json.dumps(_plain(value), separators=(",", ":")).encode()


def unpacked(data: bytes, *more: type) -> Any:
    """The value of such bytes.

    Args:
        more: dataclasses and named tuples that may occur besides the classes known here.

    Raises:
        NotPacked: they are other bytes.
    """
    try:
        return _Values((*_CLASSES, *more))(json.loads(data))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotPacked(f"the state of a replay cannot be read: {error!r:.80}") from None


_CLASSES = (
    *(Admission, Cid, Finding, Happened, Look, Readoption, Rule, Turns),
    *(Poll, PollState, Register, RegisterState),
)
_ATOMS = {bool, int, str, type(None)}
_COLLECTIONS: dict[str, Any] = {"t": tuple, "l": list, "s": set}


def _plain(value: Any) -> Any:
    """The value as JSON has it: a list that begins with a mark, for all but atoms."""
    kind: Any = type(value)
    return value if kind in _ATOMS else _packer(kind)(value)


@cache
def _packer(kind: Any) -> Callable[[Any], Any]:
    """How values of a type are made plain; it is asked once for each type."""
    name = kind.__name__
    if issubclass(kind, int):
        return int
    if issubclass(kind, bytes):
        return lambda value: ["b", value.hex()]
    if hasattr(kind, "restored"):
        return _packed_state
    if issubclass(kind, Model) or dataclasses.is_dataclass(kind):
        values = _values(_fields(kind))
        return lambda value: ["o", name, *map(_plain, values(value))]
    if hasattr(kind, "_fields"):  # a named tuple
        return lambda value: ["o", name, *map(_plain, value)]
    return _collection_packer(kind)


def _collection_packer(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, dict):
        return lambda value: ["d", [*map(_plain, value)], [*map(_plain, value.values())]]
    for mark, collection in _COLLECTIONS.items():
        if issubclass(kind, collection):
            return lambda value: [mark, *map(_plain, value)]
    raise TypeError(f"{kind.__name__} is not packed")


def _packed_state(value: Any) -> list[Any]:
    state = value.state()
    return ["r", type(value).__name__, type(state).__name__, state.model_dump_json()]


def _fields(kind: Any) -> tuple[str, ...]:
    """The names of a model's or a dataclass's fields, in order."""
    if issubclass(kind, Model):
        return tuple(kind.model_fields)
    return tuple(field.name for field in dataclasses.fields(kind))


def _values(names: Sequence[str]) -> Callable[[Any], Iterable[Any]]:
    """What gives the fields of an object, in order."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: [getattr(value, name) for name in names]


class _Values:
    """Makes values of what is plain, of some classes only."""

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes: dict[str, Any] = {one.__name__: one for one in classes}
        self._makers: dict[str, Callable[[Iterable[Any]], Any]] = {}

    def __call__(self, plain: Any) -> Any:
        if type(plain) is not list:
            return plain
        mark = plain[0]
        if mark == "b":
            return bytes.fromhex(plain[1])
        if mark == "o":
            return self._maker(plain[1])(map(self, plain[2:]))
        if mark == "d":
            return dict(zip(map(self, plain[1]), map(self, plain[2]), strict=True))
        if mark == "r":
            _, name, state, data = plain
            return self._classes[name].restored(self._classes[state].model_validate_json(data))
        return _COLLECTIONS[mark](map(self, plain[1:]))

    def _maker(self, name: str) -> Callable[[Iterable[Any]], Any]:
        if name not in self._makers:
            self._makers[name] = _maker(self._classes[name])
        return self._makers[name]


def _maker(kind: Any) -> Callable[[Iterable[Any]], Any]:
    """What makes an object of its fields, in order; of another number of them, it raises."""
    if hasattr(kind, "_make"):
        made: Callable[[Iterable[Any]], Any] = kind._make
        return made
    names = _fields(kind)
    if not issubclass(kind, Model):
        return lambda values: kind(**dict(zip(names, values, strict=True)))
    enums = {
        name: field.annotation
        for name, field in kind.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Enum)
    }

    def model(values: Iterable[Any]) -> Any:
        """Not validated again: a rule that no contract can have is kept, for a reader to see."""
        fields = dict(zip(names, values, strict=True))
        for name, enum in enums.items():
            fields[name] = enum(fields[name])
        return kind.model_construct(**fields)

    return model
