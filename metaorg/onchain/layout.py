"""Where a contract keeps what in storage: slots of variables, and values packed into words.

Source: solc's storage layouts, and OpenZeppelin's namespaces (ERC-7201), in artifacts/layouts.json.

A path is a variable's name and what leads on from it: keys of mappings, indices of arrays, names of
members. As `slot_of("Timelock", "_roles", role, "hasRole", account)`.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from metaorg.types import Model

WORD = (1 << 256) - 1
"""All bits of a word."""
Value = int | bytes | str | bool
"""A number, bytes, an address or text; of a struct a mapping, of an array a sequence of these."""


class Place(NamedTuple):
    """Where a value begins: slot, bytes from the low end, and its type as Solidity writes it."""

    slot: int
    offset: int
    type: str


class Word(NamedTuple):
    """What a slot holds, in the bits of `mask`."""

    slot: int
    value: int
    mask: int = WORD


class _Variable(Model):
    slot: int
    offset: int
    type: str


class _Type(Model):
    encoding: str
    bytes: int
    key: str = ""
    value: str = ""
    base: str = ""
    members: Mapping[str, _Variable] = {}


def slot_of(contract: str, *path: Value) -> int:
    """The slot of a value, or the first one of a value that takes several."""
    return place_of(contract, *path).slot


def place_of(contract: str, *path: Value) -> Place:
    """Where a value is.

    Args:
        contract: name of a shipped contract. path: see above.

    Raises:
        KeyError: there is no such variable or member, or nothing can follow.
    """
    variables, types = _layouts()
    found: _Variable = variables[contract][str(path[0])]
    place = Place(found.slot, found.offset, found.type)
    for step in path[1:]:
        place = _step(place, types[place.type], step)
    return place


def words(contract: str, path: Sequence[Value], value: Any) -> list[Word]:
    """What storage holds when a value is there; bits that nothing is said of are not in the masks.

    Args:
        value: of a struct, a mapping by member, from which members may be left out; of an array, a
            sequence of all its items.

    Raises:
        KeyError: see `place_of`. OverflowError: a number does not fit.
    """
    merged: dict[int, tuple[int, int]] = {}
    for slot, part, mask in _words(place_of(contract, *path), value):
        before, covered = merged.get(slot, (0, 0))
        merged[slot] = before | part, covered | mask
    return [Word(slot, *rest) for slot, rest in merged.items()]


def unpacked(place: Place, word: int) -> dict[str, int]:
    """The numbers in a word: those of a struct's members there by name, or one without a name."""
    types = _layouts()[1]
    members = types[place.type].members or {
        "": _Variable(slot=0, offset=place.offset, type=place.type)
    }
    return {
        name: word >> 8 * one.offset & _mask(types[one.type].bytes)
        for name, one in members.items()
        if one.slot == 0 and types[one.type].encoding == "inplace"
    }


def _step(place: Place, kind: _Type, step: Value) -> Place:
    if kind.encoding == "mapping":
        return Place(_hashed(_key(kind.key, step), place.slot), 0, kind.value)
    if kind.encoding == "dynamic_array":
        return _item(_hashed(place.slot), int(step), kind.base)
    member = kind.members[str(step)]
    return Place(place.slot + member.slot, member.offset, member.type)


def _item(start: int, index: int, base: str) -> Place:
    """An item of an array; as many as fit share a slot."""
    size = _layouts()[1][base].bytes
    if size > 16:
        return Place(start + index * (-(-size // 32)), 0, base)
    slot, behind = divmod(index, 32 // size)
    return Place(start + slot, behind * size, base)


def _words(place: Place, value: Any) -> list[Word]:
    kind = _layouts()[1][place.type]
    if kind.encoding == "dynamic_array":
        items = [
            word
            for index, item in enumerate(value)
            for word in _words(_item(_hashed(place.slot), index, kind.base), item)
        ]
        return [Word(place.slot, len(value)), *items]
    if kind.encoding == "bytes":
        return _text(place.slot, value.encode() if isinstance(value, str) else value)
    if kind.members:
        parts = [_words(_step(place, kind, name), part) for name, part in value.items()]
        return [word for part in parts for word in part]
    number, mask = _number(value), _mask(kind.bytes)
    if kind.encoding != "inplace" or number != number & mask:
        raise OverflowError(f"{value!r} is not a {place.type}")
    return [Word(place.slot, number << 8 * place.offset, mask << 8 * place.offset)]


def _text(slot: int, data: bytes) -> list[Word]:
    """A string: up to 31 bytes beside its length, or its length and the bytes elsewhere."""
    if len(data) < 32:
        return [Word(slot, int.from_bytes(data.ljust(31, b"\0")) << 8 | 2 * len(data))]
    start = _hashed(slot)
    parts = [data[at : at + 32].ljust(32, b"\0") for at in range(0, len(data), 32)]
    rest = [Word(start + index, int.from_bytes(part)) for index, part in enumerate(parts)]
    return [Word(slot, 2 * len(data) + 1), *rest]


def _key(kind: str, key: Value) -> int:
    """A mapping's key as a word; bytes stand at its high end."""
    if isinstance(key, bytes) and kind.startswith("bytes"):
        return int.from_bytes(key.ljust(32, b"\0"))
    return _number(key)


def _number(value: Value) -> int:
    if isinstance(value, bytes):
        return int.from_bytes(value)
    return int(value, 16) if isinstance(value, str) else int(value)


def _hashed(*numbers: int) -> int:
    return int.from_bytes(keccak(b"".join(number.to_bytes(32) for number in numbers)))


def _mask(size: int) -> int:
    return (1 << 8 * size) - 1


@cache
def _layouts() -> tuple[dict[str, dict[str, _Variable]], dict[str, _Type]]:
    """Variables by contract, and types by name."""
    path = resources.files("metaorg") / "artifacts" / "layouts.json"
    shipped = json.loads(path.read_text(encoding="utf-8"))
    variables = {
        name: {
            label: _Variable(**one | {"slot": int(one["slot"], 16)})
            for label, one in listed.items()
        }
        for name, listed in shipped["contracts"].items()
    }
    return variables, {label: _Type(**one) for label, one in shipped["types"].items()}
