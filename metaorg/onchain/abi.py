"""Solidity values to Python values and back: functions, events and errors of one contract."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import StringDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from metaorg.errors import ChainUnreachable
from metaorg.types import checksum_address

Entry = Mapping[str, Any]


class _AnyString(StringDecoder):
    """A string that anyone may have written: bytes that are not UTF-8 are shown as escapes.

    One such log must not keep the others from being read.
    """

    @classmethod
    def from_type_str(cls, abi_type: Any, registry: Any) -> "_AnyString":
        return cls("backslashreplace")


_lenient: Any = registry.copy()  # type: ignore[no-untyped-call]
_lenient.unregister_decoder("string")
_lenient.register_decoder(BaseEquals("string", with_sub=False), _AnyString, label="string")  # type: ignore[no-untyped-call]
decode = ABIDecoder(_lenient).decode


def signature(entry: Entry) -> str:
    """`name(type,type)`, as hashed for selectors and topics."""
    return f"{entry['name']}({','.join(types(entry['inputs']))})"


def types(parameters: Sequence[Entry]) -> list[str]:
    """Canonical type names; a struct is its components in parentheses."""
    return [collapse_if_tuple(dict(parameter)) for parameter in parameters]


def selector(entry: Entry) -> bytes:
    """The first four bytes of a call, or of a revert."""
    return keccak(text=signature(entry))[:4]


def topic(entry: Entry) -> bytes:
    """The first topic of an event."""
    return keccak(text=signature(entry))


def encode_call(entry: Entry, arguments: Sequence[Any]) -> bytes:
    """Call data. Structs are tuples or mappings by component name."""
    return selector(entry) + encode_values(entry["inputs"], arguments)


def encode_values(parameters: Sequence[Entry], values: Sequence[Any]) -> bytes:
    """Values in the order of the parameters. Structs are tuples or mappings by component name."""
    return encode(
        types(parameters), [_plain(p, v) for p, v in zip(parameters, values, strict=True)]
    )


def decode_values(parameters: Sequence[Entry], data: bytes) -> dict[str, Any]:
    """Values by parameter name; unnamed ones by position. Addresses are checksummed.

    Raises:
        ChainUnreachable: the bytes are not an encoding of these types: the node answered garbage,
            or the contract is not the one that was expected.
    """
    try:
        values = decode(types(parameters), data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise ChainUnreachable(f"the node's answer cannot be decoded: {error}") from None
    return _named(parameters, values)


def decode_log(entry: Entry, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """An event's arguments by name, in the order of its declaration.

    Indexed strings, bytes and arrays are known by hash only; this project has none.
    """
    indexed = [parameter for parameter in entry["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in entry["inputs"] if not parameter["indexed"]]
    if len(topics) != len(indexed) + 1:
        raise ChainUnreachable(f"a log of {entry['name']} has {len(topics)} topics")
    values = decode_values(plain, data) | decode_values(indexed, b"".join(topics[1:]))
    return {parameter["name"]: values[parameter["name"]] for parameter in entry["inputs"]}


def _named(parameters: Sequence[Entry], values: Sequence[Any]) -> dict[str, Any]:
    return {
        parameter.get("name") or str(index): _rich(parameter, value)
        for index, (parameter, value) in enumerate(zip(parameters, values, strict=True))
    }


def _rich(parameter: Entry, value: Any) -> Any:
    kind: str = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_rich(element, item) for item in value]
    if kind == "tuple":
        return _named(parameter["components"], value)
    return checksum_address(value) if kind == "address" else value


def _plain(parameter: Entry, value: Any) -> Any:
    kind: str = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_plain(element, item) for item in value]
    if kind == "tuple":
        parts = (
            [value[component["name"]] for component in parameter["components"]]
            if isinstance(value, Mapping)
            else value
        )
        return tuple(
            _plain(component, part)
            for component, part in zip(parameter["components"], parts, strict=True)
        )
    return value
