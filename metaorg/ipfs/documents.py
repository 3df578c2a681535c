"""Documents: canonical JSON (RFC 8785) in one block, whose digest on chain is `sha256sum FILE`.

A value has exactly one encoding, and only that encoding is read back. Whoever holds a document can
therefore check it with nothing but sha256sum, and two people who write the same get the same CID.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

import rfc8785

from metaorg.errors import InvalidInput
from metaorg.types import DOCUMENT_LIMIT

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What `decode` gives."""
Jsonable = None | bool | int | float | str | Sequence["Jsonable"] | Mapping[str, "Jsonable"]
"""What `encode` takes; sequences are lists and tuples, mappings are dicts."""

DEPTH_LIMIT = 64
"""How many lists and objects may lie in each other."""
SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader gets right; amounts beyond it are strings."""

_SHOWN = 40


def encode(value: Jsonable, limit: int = DOCUMENT_LIMIT) -> bytes:
    """The canonical bytes of a value: UTF-8, no spaces, no end of line, keys by UTF-16 units.

    `decode(encode(value)) == value`, tuples read back as lists. Floats follow RFC 8785, but a whole
    number that would be written out beyond `SAFE_INTEGER` is refused, as an int or as a float.

    Raises:
        InvalidInput: over `limit` bytes (1 MiB, what fits one block), deeper than `DEPTH_LIMIT` (a
            value that contains itself is), a number or text that JSON cannot carry, a key that is
            no text, or another type.
    """
    _check(value, limit)
    try:
        data = rfc8785.dumps(value)
    except (UnicodeEncodeError, rfc8785.CanonicalizationError):
        # All that `_check` leaves to refuse. A lone half sorts (keys) or writes (texts) wrongly.
        raise InvalidInput(
            "text holds half of a surrogate pair, which UTF-8 cannot carry: remove it"
        ) from None
    _check_size(len(data), limit)
    return data


def decode(data: bytes, limit: int = DOCUMENT_LIMIT) -> Json:
    """The value of a canonical document of at most `limit` bytes.

    Raises:
        InvalidInput: the bytes are not what `encode` gives for any value: not UTF-8, not JSON, a
            key twice, NaN, too large or too deep, or written in another way (spaces, order, 1.0).
    """
    _check_size(len(data), limit)
    value = _parse(_text(data))
    if encode(value, limit) != data:
        raise InvalidInput(
            "this is JSON, but not in canonical form (RFC 8785), so its digest would not be the "
            "document's: write it again with `encode`"
        )
    return value


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"this is not UTF-8 (byte {error.start}); a document is JSON in UTF-8"
        ) from None


def _parse(text: str) -> Json:
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        _refuse_depth()
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise InvalidInput(f"the key {_short(twice)} stands twice in one object: keep one of them")
    return members


def _integer(digits: str) -> int:
    if len(digits) > len(str(-SAFE_INTEGER)):
        _refuse_number(digits)
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse_number(digits)
    return number


def _check(value: object, limit: int) -> None:
    """Refuse what has no canonical form, before any recursion and without building it.

    Every node takes at least one byte, so that counting bounds the work even for a value that
    contains the same part many times.
    """
    size, depth = 0, 0
    level: list[object] = [value]
    while level:
        below: list[object] = []
        for node in level:
            if depth == DEPTH_LIMIT and isinstance(node, dict | list | tuple):
                _refuse_depth()
            size += 1 + (len(node) if isinstance(node, str) else 0)
            below.extend(_parts(node))
            _check_size(max(size, len(below)), limit)
        level, depth = below, depth + 1


def _parts(node: object) -> Iterator[object]:
    """What lies directly in a node; the node itself is checked."""
    match node:
        case dict():
            _check_keys(node)
            yield from node
            yield from node.values()
        case list() | tuple():
            yield from node
        case None | bool() | str():
            return
        case int() | float():
            _check_number(node)
        case _:
            raise InvalidInput(
                f"a {type(node).__name__} cannot be written as JSON: give null, true, false, a "
                "number, text, a list or an object"
            )


def _check_keys(members: Mapping[object, object]) -> None:
    for key in members:
        if not isinstance(key, str):
            raise InvalidInput(f"the key {_short(key)} is not text: keys of an object are text")


def _check_number(number: int | float) -> None:
    if isinstance(number, float):
        # From 1e21 on RFC 8785 writes an exponent, which nobody takes for an exact count.
        if not math.isfinite(number) or SAFE_INTEGER < abs(number) < 1e21:
            _refuse_number(f"{number:.0f}")
    elif abs(number) > SAFE_INTEGER:
        _refuse_number(_digits(number))


def _digits(number: int) -> str:
    """Decimal digits, or their rough count: Python refuses to write out very long ones."""
    bits = number.bit_length()
    return str(number) if bits < 1000 else f"a whole number of {bits} bits"


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise InvalidInput(
            f"a document has at most {limit:,} bytes ({limit >> 20} MiB), this one has more: "
            "put large parts into files of their own and name them by CID"
        )


def _refuse_depth() -> NoReturn:
    raise InvalidInput(
        f"lists and objects lie more than {DEPTH_LIMIT} deep in each other: flatten the document"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not JSON: leave it out, or write null or text")


def _refuse_number(digits: str) -> NoReturn:
    raise InvalidInput(
        f"the number {_short(digits, quoted=False)} is not read alike everywhere (JSON is exact up "
        f"to {SAFE_INTEGER}): write it as text"
    )


def _short(value: object, *, quoted: bool = True) -> str:
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return repr(text) if quoted else text
