"""EIP-712: what is hashed of typed data, and who signed it."""

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from metaorg.types import Address

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
    if len(signature) != SIGNATURE_LENGTH or signature[-1] not in (27, 28):
        return None
    signable = encode_typed_data(full_message=dict(typed))
    try:
        return str(Account.recover_message(signable, signature=signature))
    except Exception:  # numbers that no point of the curve has, in the words of three libraries
        return None


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """A signature of 65 bytes in two: r, and s with the parity in its highest bit (EIP-2098)."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    return r, (s | (v - 27) << 255).to_bytes(32)
