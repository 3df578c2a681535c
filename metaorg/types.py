"""The values that every layer shares: addresses, content ids, calls, receipts."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from metaorg.errors import InvalidInput

RAW, DAG_PB, DAG_CBOR = 0x55, 0x70, 0x71
CODECS = {RAW: "raw", DAG_PB: "dag-pb", DAG_CBOR: "dag-cbor"}
BLOCK_LIMIT = 2 << 20
"""The largest block that any store takes, in bytes (2 MiB, what IPFS nodes exchange)."""
DOCUMENT_LIMIT = 1 << 20
"""The largest document of one block, in bytes (1 MiB, the unixfs-v1-2025 chunk)."""

ZERO_DIGEST = bytes(32)
_SHA256 = b"\x12\x20"
"""How a multihash of sha2-256 begins."""
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Model(BaseModel):
    """A value: frozen, and closed to fields that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@lru_cache(maxsize=1 << 16)
def checksum_address(text: str) -> str:
    """The EIP-55 form of a 20-byte address.

    Raises:
        InvalidInput: not 0x and 40 hex digits, or mixed case with a wrong checksum (mistyped).
    """
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise InvalidInput(f"{text!r} is not an address: 0x and 40 hex digits are expected")
    from eth_utils.crypto import keccak

    digits = text[2:].lower()
    nibbles = keccak(text=digits).hex()
    mixed = "".join(
        c.upper() if int(n, 16) > 7 else c for c, n in zip(digits, nibbles, strict=False)
    )
    if text[2:] not in (digits, digits.upper(), mixed):
        raise InvalidInput(f"{text} has a wrong checksum: one of its characters is mistyped")
    return "0x" + mixed


def _address(text: str) -> str:
    try:
        return checksum_address(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None


def _digest(value: bytes) -> bytes:
    if len(value) != 32:
        raise ValueError(f"a digest has 32 bytes, this one has {len(value)}")
    return bytes(value)


def _unhex(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})*", value):
        raise ValueError("bytes are written as 0x and an even number of hex digits")
    return bytes.fromhex(value[2:])


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _text(pattern: str) -> WithJsonSchema:
    """How a JSON schema describes it."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


Address = Annotated[str, AfterValidator(_address), _text("^0x[0-9a-fA-F]{40}$")]
"""A checksummed address; checked where it comes in and trusted after that."""
Hex = Annotated[
    bytes,
    BeforeValidator(_unhex),
    PlainSerializer(_hex, when_used="json"),
    _text("^0x([0-9a-f]{2})*$"),
]
"""Bytes, written and read as 0x-hex in JSON."""
Digest = Annotated[Hex, AfterValidator(_digest), _text("^0x[0-9a-f]{64}$")]
"""A sha2-256 digest of 32 bytes; 32 zero bytes stand for "none" wherever a contract allows none."""


class Cid(Model):
    """A CID over sha2-256: what a `bytes32` digest and a codec on chain name.

    Text is CIDv1 in multibase base32, lower case ("bafk..." for raw, "bafy..." for dag-pb). A CIDv0
    ("Qm...") is read as the dag-pb that it names; `v0` writes it again.
    """

    digest: Digest
    codec: int = RAW

    @classmethod
    def of(cls, data: bytes, codec: int = RAW) -> Self:
        """The CID of one block."""
        return cls(digest=hashlib.sha256(data).digest(), codec=codec)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a CID, bare or as `ipfs://CID`.

        Raises:
            InvalidInput: neither base32 CIDv1 nor CIDv0, another hash than sha2-256, or an unknown
                codec.
        """
        bare = text.removeprefix("ipfs://")
        if re.fullmatch(r"Qm[1-9A-HJ-NP-Za-km-z]{44}", bare):
            return cls.from_bytes(_unbase58(bare))
        try:
            body = bare[1:].upper()
            raw = base64.b32decode(body + "=" * (-len(body) % 8))
        except (binascii.Error, ValueError):
            raw = b""
        if bare[:1] != "b" or len(raw) != 36 or raw[0] != 1 or raw[2:4] != b"\x12\x20":
            raise InvalidInput(
                f"{text!r} is not a CIDv1 in base32 over sha2-256 (it would start with 'baf')"
            )
        if raw[1] not in CODECS:
            raise InvalidInput(f"{text!r} has codec {raw[1]:#x}; known are {_codec_names()}")
        cid = cls(digest=raw[4:], codec=raw[1])
        if str(cid) != bare:
            raise InvalidInput(f"{text!r} is not in canonical form; that would be {cid}")
        return cid

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read a CID as links and CARs carry it: 36 bytes of version 1, or 34 of version 0.

        Raises:
            InvalidInput: anything else.
        """
        if len(raw) == 34 and raw[:2] == _SHA256:
            return cls(digest=raw[2:], codec=DAG_PB)
        if len(raw) == 36 and raw[0] == 1 and raw[2:4] == _SHA256 and raw[1] in CODECS:
            return cls(digest=raw[4:], codec=raw[1])
        raise InvalidInput(
            f"0x{raw[:40].hex()} is no CID over sha2-256 with one of the codecs {_codec_names()}"
        )

    def matches(self, data: bytes) -> bool:
        """Whether one block's bytes hash to this CID."""
        return hashlib.sha256(data).digest() == self.digest

    @property
    def uri(self) -> str:
        return f"ipfs://{self}"

    @property
    def v0(self) -> str:
        """The CIDv0 ("Qm...") of a dag-pb node, as unixfs-v0-2015 writes it."""
        return _base58(_SHA256 + self.digest)

    def to_bytes(self) -> bytes:
        """The 36 bytes of version 1."""
        return bytes((1, self.codec)) + _SHA256 + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(self.to_bytes()).decode().rstrip("=").lower()


def _base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return text


def _unbase58(text: str) -> bytes:
    number = 0
    for one in text:
        number = 58 * number + _BASE58.index(one)
    return number.to_bytes(34) if number < 1 << 272 else b""


def _codec_names() -> str:
    return ", ".join(f"{name} ({code:#x})" for code, name in CODECS.items())


class Call(Model):
    """One write, as a value: it can be shown, simulated, sent, proposed or exported.

    Args:
        to: the contract.
        data: ABI-encoded call data.
        value: wei sent along.
        says: what it does, as a sentence in the imperative without a full stop.
        documents: files whose digests the data carry, or which these name; they go to the commons
            before the call.
    """

    to: Address
    data: Hex
    value: int = Field(default=0, ge=0)
    says: str
    documents: tuple[Hex, ...] = Field(default=(), exclude=True, repr=False)


class Event(Model):
    """A decoded log: which contract said what, where in the chain."""

    contract: Address
    name: str
    arguments: Mapping[str, Any]
    block: int
    transaction: Hex
    index: int


class Receipt(Model):
    """What became of a sent `Call`."""

    call: Call
    transaction: Hex
    block: int
    gas: int
    events: tuple[Event, ...] = ()
