"""What a block's header hashes to, whatever a node says that its hash is."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from eth_hash.auto import keccak

_QUANTITY, _BYTES = 0, -1
_FIELDS = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", _QUANTITY),
    ("number", _QUANTITY),
    ("gasLimit", _QUANTITY),
    ("gasUsed", _QUANTITY),
    ("timestamp", _QUANTITY),
    ("extraData", _BYTES),
    ("mixHash", 32),
    ("nonce", 8),
)
"""Of every header, in the order in which they are hashed, with their lengths in bytes."""
_LATER = (
    ("baseFeePerGas", _QUANTITY),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", _QUANTITY),
    ("excessBlobGas", _QUANTITY),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
    ("blockAccessListHash", 32),
    ("slotNumber", _QUANTITY),
)
"""Fields that upgrades added, in the order in which they are hashed where a header has them.

Source: EIP-1559 (London), 4895 (Shanghai), 4844 and 4788 (Cancun), 7685 (Prague), 7928 and 7843.
"""
_LONGEST = 4096
"""Bytes of extra data that are taken; Ethereum has at most 32, chains of authorities more."""
_HEADS = {length: f"{128 + length:02x}" for length in (8, 20, 32)} | {256: "b90100"}
"""How the RLP of a string of this length begins."""


def header_hash(block: Mapping[str, Any]) -> bytes | None:
    """The hash of a block, computed from the header fields of an eth_getBlockByNumber answer.

    Returns:
        32 bytes, equal to the block's own `hash`: all fields of the header are then as they were
        hashed. None when no known kind of header hashes to it: the chain has other headers, or the
        answer is wrong.
    """
    try:
        claimed = bytes.fromhex(block["hash"][2:])
        known = "".join([_encoded(block[name], length) for name, length in _FIELDS])
        more = [_encoded(block[name], length) for name, length in _LATER if block.get(name)]
        for count in range(len(more), -1, -1):
            if _hash(known + "".join(more[:count])) == claimed:
                return claimed
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    return None


def _encoded(value: str, length: int) -> str:
    """The RLP of a field, in hex."""
    if length > 0:
        if len(value) != 2 * length + 2:
            raise ValueError(f"not {length} bytes")
        return _HEADS[length] + value[2:]
    return _quantity(value) if length == _QUANTITY else _bytes(value)


@lru_cache(maxsize=1 << 10)
def _quantity(text: str) -> str:
    if len(text) > 66:
        raise ValueError("too large")
    value = int(text, 16)
    if 0 < value < 128:
        return f"{value:02x}"
    size = (value.bit_length() + 7) // 8
    return f"{128 + size:02x}" + (f"{value:0{2 * size}x}" if value else "")


def _bytes(text: str) -> str:
    digits, length = text[2:], (len(text) - 2) // 2
    if length > _LONGEST or len(text) % 2:
        raise ValueError("too long")
    if length == 1 and digits < "80":
        return digits
    if length < 56:
        return f"{128 + length:02x}{digits}"
    size = f"{length:x}"
    size = size.rjust(len(size) + len(size) % 2, "0")
    return f"{183 + len(size) // 2:02x}{size}{digits}"


def _hash(digits: str) -> bytes:
    """Hash of a list of items in hex; it always has 256 to 65535 bytes."""
    body = bytes.fromhex(digits)
    if 2 * len(body) != len(digits):
        raise ValueError("blanks between digits")
    return keccak(b"\xf9" + len(body).to_bytes(2) + body)
