"""The state of a replay as JSON and back, so that a later run goes on from it.

Unlike pickle it makes values of a few known classes only, whatever the file says.
"""

import dataclasses
import json
from collections.abc import Callable
from enum import Enum
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
    classes = {one.__name__: one for one in (*_CLASSES, *more)}
    try:
        return _value(json.loads(data), classes)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotPacked(f"the state of a replay cannot be read: {error!r:.80}") from None


_CLASSES = (
    *(Admission, Cid, Finding, Happened, Look, Readoption, Rule, Turns),
    *(Poll, PollState, Register, RegisterState),
)
_COLLECTIONS: dict[str, Callable[[Any], Any]] = {"t": tuple, "l": list, "s": set, "d": dict}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        return ["b", value.hex()]
    if isinstance(value, Model):
        # what it was made of, as enumerations write it too
        return ["m", type(value).__name__, _plain({k: getattr(value, k) for k in _fields(value)})]
    if hasattr(value, "restored"):
        state = value.state()
        return ["r", type(value).__name__, type(state).__name__, state.model_dump_json()]
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return ["o", type(value).__name__, _plain(fields)]
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return ["o", type(value).__name__, _plain(value._asdict())]
    return _collection(value)


def _collection(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return ["d", *([_plain(key), _plain(one)] for key, one in value.items())]
    for mark, kind in _COLLECTIONS.items():
        if isinstance(value, kind):  # type: ignore[arg-type]
            return [mark, *map(_plain, value)]
    raise TypeError(f"{type(value).__name__} is not packed")


def _fields(value: Model) -> list[str]:
    return list(type(value).model_fields)


def _value(plain: Any, classes: dict[str, type]) -> Any:
    if not isinstance(plain, list):
        return plain
    mark, *rest = plain
    if mark == "b":
        return bytes.fromhex(rest[0])
    if mark == "d":
        return {_value(key, classes): _value(one, classes) for key, one in rest}
    if mark == "m":
        return _model(classes[rest[0]], _value(rest[1], classes))
    if mark == "o":
        return classes[rest[0]](**_value(rest[1], classes))
    if mark == "r":
        restored: Any = classes[rest[0]]
        state: Any = classes[rest[1]]
        return restored.restored(state.model_validate_json(rest[2]))
    return _COLLECTIONS[mark](_value(one, classes) for one in rest)


def _model(kind: Any, fields: dict[str, Any]) -> Any:
    """Not validated again: a rule that no contract can have is kept, for a reader to see."""
    for name, field in kind.model_fields.items():
        given = field.annotation
        if isinstance(given, type) and issubclass(given, Enum):
            fields[name] = given(fields[name])
    return kind.model_construct(**fields)
