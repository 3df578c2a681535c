"""EIP-712: what is hashed of typed data, and who signed it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coincurve import PublicKey
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak

from metaorg.types import Address, checksum_address

SIGNATURE_LENGTH = 65

Typed = Mapping[str, Any]
"""{types, primaryType, domain, message}, as eth_signTypedData_v4 takes it; bytes are bytes."""


def preimage(typed: Typed) -> bytes:
    """The 66 bytes that are hashed: 0x1901, domain separator, hash of the message."""
    parts = encode_typed_data(full_message=dict(typed))
    return b"\x19" + parts.version + parts.header + parts.body


def digest(typed: Typed) -> bytes:
    """The 32 bytes that are signed."""
    return keccak(preimage(typed))


def recover(typed: Typed, signature: bytes) -> Address | None:
    """Whose key made a signature; None when it is none of 65 bytes."""
    return signer_of(digest(typed), signature) if _is_one(signature) else None


def signer_of(digest: bytes, signature: bytes) -> Address | None:
    """Whose key signed these 32 bytes; None when it is no signature of 65 bytes."""
    if not _is_one(signature):
        return None
    parity = bytes((signature[-1] - 27,))
    try:
        key = PublicKey.from_signature_and_message(signature[:-1] + parity, digest, hasher=None)
    except Exception:  # numbers that no point of the curve has, in the words of the library
        return None
    return checksum_address("0x" + keccak(key.format(compressed=False)[1:])[12:].hex())


class Form:
    """What all messages of one type to one contract have in common, hashed once.

    Args:
        typed: typed data of one of them. Its fields are numbers, addresses, bytes and text: no act
            of this project has lists or structs in it.
    """

    def __init__(self, typed: Typed) -> None:
        types, kind = typed["types"], typed["primaryType"]
        domain = _Struct("EIP712Domain", types["EIP712Domain"]).hashed(typed["domain"])
        self._head = b"\x19\x01" + domain
        self._struct = _Struct(kind, types[kind])

    def digest(self, message: Mapping[str, Any]) -> bytes:
        """The 32 bytes that are signed of a message; as `digest` of its typed data."""
        return keccak(self._head + self._struct.hashed(message))

    def recover(self, message: Mapping[str, Any], signature: bytes) -> Address | None:
        """Whose key signed a message; as `recover` of its typed data."""
        return signer_of(self.digest(message), signature)


class _Struct:
    def __init__(self, name: str, fields: Sequence[Mapping[str, str]]) -> None:
        shown = ",".join(f"{field['type']} {field['name']}" for field in fields)
        self._type = keccak(f"{name}({shown})".encode())
        self._fields = [(field["name"], _encoder(field["type"])) for field in fields]

    def hashed(self, values: Mapping[str, Any]) -> bytes:
        words = [encode(values[name]) for name, encode in self._fields]
        return keccak(self._type + b"".join(words))


def _encoder(kind: str) -> Callable[[Any], bytes]:
    """From a value to its word of 32 bytes."""
    if kind == "address":
        return lambda value: bytes.fromhex(value[2:]).rjust(32, b"\0")
    if kind == "string":
        return lambda value: keccak(value.encode())
    if kind == "bytes":
        return keccak
    if kind == "bytes32":
        return bytes
    if kind.startswith("uint") and kind[4:].isdigit():
        size = int(kind[4:]) // 8
        return lambda value: int.to_bytes(value, size).rjust(32, b"\0")
    raise NotImplementedError(f"no act of this project has a field of type {kind}")


def _is_one(signature: bytes) -> bool:
    return len(signature) == SIGNATURE_LENGTH and signature[-1] in (27, 28)


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """A signature of 65 bytes in two: r, and s with the parity in its highest bit (EIP-2098)."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    return r, (s | (v - 27) << 255).to_bytes(32)
