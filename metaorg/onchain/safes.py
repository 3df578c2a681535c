"""Safes: accounts that act by the signatures of their owners, some of which may be Safes again.

Encodings are pure; `safe_at` asks an account whether it is a Safe. No hosted service takes part.
Source: Safe 1.3.0 to 1.5.0, `Safe.checkNSignatures` and `CompatibilityFallbackHandler`; the batch
file is the Transaction Builder's, with its checksum.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from eth_utils.crypto import keccak
from pydantic import BeforeValidator, Discriminator, Tag

from metaorg.errors import ChainUnreachable, InvalidInput, Misconfigured, Refused
from metaorg.onchain import abi
from metaorg.onchain.accounts import Signer
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.typed_data import SIGNATURE_LENGTH, Typed, digest, preimage, recover
from metaorg.types import Address, Call, Hex, Model

OLDEST, NEWEST = (1, 3), (1, 5)
"""Versions that are known: before 1.3.0 signatures did not name the chain."""
HASH_FOR_OWNERS = (1, 5)
"""From here on, owners that are contracts are asked about the hash; before, about its pre-image."""
OWNERS_LIMIT = 100
NOBODY = "0x" + "00" * 20
DEPTH_LIMIT = 4
"""How many Safes may own each other in a row."""


class Safe(Model):
    """A Safe as it answered; `version` is (major, minor)."""

    address: Address
    chain_id: int
    version: tuple[int, int]
    owners: tuple[Address, ...]
    threshold: int


class SafeTransaction(Model):
    """A call that a Safe makes; it pays nobody back for the gas."""

    to: Address
    value: int = 0
    data: Hex
    nonce: int


def _distinct(owners: Any) -> Any:
    names = [str(owner).lower() for owner in owners] if isinstance(owners, Mapping) else []
    if len(names) != len(set(names)):
        raise ValueError("an owner stands there twice")
    return owners


class Signatures(Model):
    """Owners' signatures: 65 bytes, or the signatures of the owners of an owner that is a Safe."""

    owners: Annotated[Mapping[Address, "Signature"], BeforeValidator(_distinct)] = {}


def _form(value: Any) -> str:
    return "owners" if isinstance(value, Mapping | Signatures) else "bytes"


Signature = Annotated[
    Annotated[Hex, Tag("bytes")] | Annotated[Signatures, Tag("owners")], Discriminator(_form)
]
"""An account's signature, or what a Safe's owners have signed so far."""
Signatures.model_rebuild()


class Request(Model):
    """Something that the owners of a Safe are asked to sign."""

    safe: Safe
    typed: Mapping[str, Any]
    depth: int = 1

    def to_owner(self, owner: Safe) -> "Request":
        """What the owners of `owner` sign, so that `owner` signs this as an owner."""
        if self.depth == DEPTH_LIMIT:
            raise InvalidInput(f"more than {DEPTH_LIMIT} Safes own each other in a row")
        hashed = self.safe.version >= HASH_FOR_OWNERS
        message = digest(self.typed) if hashed else preimage(self.typed)
        return Request(safe=owner, typed=typed_message(owner, message), depth=self.depth + 1)


# ------------------------------------------------------------------------------ encodings


def typed_message(safe: Safe, message: bytes) -> Typed:
    """The EIP-712 typed data that owners sign, so that a Safe confirms `message` (ERC-1271).

    Args:
        message: what `isValidSignature` is asked about: the 32 bytes of a digest.
    """
    return _typed(safe, "SafeMessage", (("message", "bytes"),), {"message": message})


def typed_transaction(safe: Safe, transaction: SafeTransaction) -> Typed:
    """The EIP-712 typed data that owners sign, so that a Safe makes a call."""
    values = dict.fromkeys((name for name, _ in _TRANSACTION), 0) | transaction.model_dump()
    values |= {"gasToken": NOBODY, "refundReceiver": NOBODY}
    return _typed(safe, "SafeTx", _TRANSACTION, values)


def encode_signatures(signatures: Signatures) -> bytes:
    """Signatures as `Safe.checkSignatures` reads them.

    65 bytes an owner, sorted by owner. A Safe's are its address, where in the bytes its own
    signatures begin, and 0; they follow behind, each with its length.
    """
    ordered = sorted(signatures.owners.items(), key=lambda pair: int(pair[0], 16))
    head, tail = b"", b""
    for owner, signature in ordered:
        if isinstance(signature, bytes):
            head += signature
            continue
        inner = encode_signatures(signature)
        place = SIGNATURE_LENGTH * len(ordered) + len(tail)
        head += bytes.fromhex(owner[2:]).rjust(32, b"\0") + place.to_bytes(32, "big") + b"\0"
        tail += len(inner).to_bytes(32, "big") + inner
    return head + tail


def execute(transaction: SafeTransaction, safe: Safe, signatures: Signatures, says: str) -> Call:
    """The call that lets a Safe make its own; anyone may send it."""
    arguments = (transaction.to, transaction.value, transaction.data, 0, 0, 0, 0)
    data = abi.encode_call(_EXECUTE, (*arguments, NOBODY, NOBODY, encode_signatures(signatures)))
    return Call(to=safe.address, data=data, says=says)


def batch(
    safe: Safe, calls: Sequence[Call], methods: Sequence[abi.Entry | None], created_at: int
) -> dict[str, Any]:
    """Calls as a file for Safe's Transaction Builder.

    The data of a call decide; method and values only tell whoever reads the file what they are.

    Args:
        methods: of each call, the function that it calls; None where that is not known.
        created_at: Unix milliseconds.
    """
    made: dict[str, Any] = {
        "version": "1.0",
        "chainId": str(safe.chain_id),
        "createdAt": created_at,
        "meta": {
            "name": f"metaorg: {len(calls)} call{'s'[: len(calls) != 1]}",
            "description": "\n".join(f"{n}. {call.says}" for n, call in enumerate(calls, 1)),
            "createdFromSafeAddress": safe.address,
        },
        "transactions": [_entry(*pair) for pair in zip(calls, methods, strict=True)],
    }
    made["meta"]["checksum"] = "0x" + keccak(text=_serialized(made)).hex()
    return made


# ------------------------------------------------------------------------------ accounts


def safe_at(reading: Reading, address: Address) -> Safe | None:
    """The Safe at an address; None when there is something else, or nothing.

    Raises:
        InvalidInput: it is a Safe of a version that is not known here.
    """
    if not reading.code(address):
        return None
    try:
        answers = reading.calls([(address, abi.encode_call(one, ())) for one in _VIEWS])
    except NodeRefused:
        return None
    try:
        version, owners, threshold = (
            abi.decode_values(one["outputs"], answer)["0"]
            for one, answer in zip(_VIEWS, answers, strict=True)
        )
    except ChainUnreachable:  # it answers, and not as a Safe does
        return None
    numbers = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.\d{1,3}(\+L2)?", version)
    real = len(set(owners)) == len(owners) <= OWNERS_LIMIT and 1 <= threshold <= len(owners)
    if not numbers or not real:
        return None
    known = (int(numbers[1]), int(numbers[2]))
    if not OLDEST <= known <= NEWEST:
        raise InvalidInput(
            f"the Safe at {address} has version {version}; known are 1.3 to 1.5, so its owners "
            "update it first"
        )
    chain = reading.chain.id
    return Safe(address=address, chain_id=chain, version=known, owners=owners, threshold=threshold)


def required(reading: Reading, address: Address) -> Safe:
    """The Safe at an address.

    Raises:
        Misconfigured: there is none.
    """
    safe = safe_at(reading, address)
    if safe is None:
        raise Misconfigured(
            f"there is no Safe at {address} on chain {reading.chain.id}; check the address and "
            "the settings `account` and `rpc`"
        )
    return safe


# ------------------------------------------------------------------------------ collecting


def approve(reading: Reading, request: Request, signer: Signer) -> Signatures:
    """The signature of an owner, and wherever it is an owner of an owner.

    Raises:
        Refused: it is neither.
    """
    made = _approvals(reading, request, signer)
    if not made.owners:
        raise Refused(
            f"{signer.address} is not an owner of the Safe {request.safe.address}, nor of a Safe "
            "that is one"
        )
    return made


def merged(one: Signatures, other: Signatures) -> Signatures:
    """All signatures of both."""
    owners = dict(one.owners)
    for owner, signature in other.owners.items():
        mine = owners.get(owner)
        if isinstance(mine, Signatures) and isinstance(signature, Signatures):
            owners[owner] = merged(mine, signature)
        else:
            owners[owner] = signature
    return Signatures(owners=owners)


def ready(reading: Reading, request: Request, given: Signatures) -> Signatures:
    """The signatures that count: of owners, right, and where they are a Safe's, enough of them.

    Raises:
        InvalidInput: one is of no owner, or not over this request.
    """
    counting: dict[Address, Signature] = {}
    for owner, signature in given.owners.items():
        if owner not in request.safe.owners:
            raise InvalidInput(
                f"{owner} has signed and is not an owner of the Safe {request.safe.address}"
            )
        if isinstance(signature, bytes):
            if recover(request.typed, signature) != owner:
                raise InvalidInput(
                    f"the signature of {owner} is not one over exactly this: what was signed was "
                    "changed afterwards, or somebody else signed; begin with a new file"
                )
            counting[owner] = signature
        else:
            inner = request.to_owner(required(reading, owner))
            enough = enough_of(inner.safe, ready(reading, inner, signature))
            if enough is not None:
                counting[owner] = enough
    return Signatures(owners=counting)


def enough_of(safe: Safe, counting: Signatures) -> Signatures | None:
    """As many signatures as the Safe asks for, simple ones first; None while some are missing."""
    simple_first = sorted(counting.owners.items(), key=lambda pair: isinstance(pair[1], Signatures))
    chosen = simple_first[: safe.threshold]
    return Signatures(owners=dict(chosen)) if len(chosen) == safe.threshold else None


def complete(reading: Reading, request: Request, given: Signatures) -> Signatures:
    """As many right signatures as the Safe asks for.

    Raises:
        Refused: some are missing.
        InvalidInput: one is wrong.
    """
    safe, counting = request.safe, ready(reading, request, given)
    enough = enough_of(safe, counting)
    if enough is None:
        missing = ", ".join(owner for owner in safe.owners if owner not in counting.owners)
        raise Refused(
            f"{len(counting.owners)} of the {safe.threshold} owners have signed that the Safe "
            f"{safe.address} asks for; missing are some of {missing}: `metaorg safe sign`"
        )
    return enough


def _approvals(reading: Reading, request: Request, signer: Signer) -> Signatures:
    made: dict[Address, Signature] = {}
    if signer.address in request.safe.owners:
        made[signer.address] = signer.sign_typed_data(request.typed)
    for owner in _owner_safes(reading, request):
        below = _approvals(reading, request.to_owner(owner), signer)
        if below.owners:
            made[owner.address] = below
    return Signatures(owners=made)


def _owner_safes(reading: Reading, request: Request) -> Iterator[Safe]:
    for owner in request.safe.owners:
        safe = safe_at(reading, owner)
        if safe is not None and request.depth < DEPTH_LIMIT:
            yield safe


def _typed(
    safe: Safe, kind: str, fields: Sequence[tuple[str, str]], values: Mapping[str, Any]
) -> Typed:
    return {
        "types": {
            "EIP712Domain": [
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            kind: [{"name": name, "type": what} for name, what in fields],
        },
        "primaryType": kind,
        "domain": {"chainId": safe.chain_id, "verifyingContract": safe.address},
        "message": {name: values[name] for name, _ in fields},
    }


def _entry(call: Call, method: abi.Entry | None) -> dict[str, Any]:
    shown = {"to": call.to, "value": str(call.value), "data": "0x" + call.data.hex()}
    if method is None:
        return shown | {"contractMethod": None, "contractInputsValues": None}
    values = abi.decode_values(method["inputs"], call.data[4:])
    named = {"inputs": method["inputs"], "name": method["name"]}
    payable = method.get("stateMutability") == "payable"
    return shown | {
        "contractMethod": named | {"payable": payable},
        "contractInputsValues": {name: _text(value) for name, value in values.items()},
    }


def _text(value: Any) -> str:
    """A value as the Transaction Builder writes it: all is text, lists and structs are JSON."""
    if isinstance(value, Mapping):
        return _text(list(value.values()))
    if isinstance(value, list):
        return json.dumps([_text(one) for one in value])
    if isinstance(value, bool):
        return str(value).lower()
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _serialized(value: Any) -> str:
    """What the Transaction Builder hashes for its checksum."""
    if isinstance(value, list):
        return f"[{','.join(map(_serialized, value))}]"
    if isinstance(value, dict):
        names = sorted(value)
        head = json.dumps(names, separators=(",", ":"), ensure_ascii=False)
        return "{" + head + "".join(f"{_serialized(value[name])}," for name in names) + "}"
    return json.dumps(value, ensure_ascii=False)


_TRANSACTION = (
    ("to", "address"),
    ("value", "uint256"),
    ("data", "bytes"),
    ("operation", "uint8"),
    ("safeTxGas", "uint256"),
    ("baseGas", "uint256"),
    ("gasPrice", "uint256"),
    ("gasToken", "address"),
    ("refundReceiver", "address"),
    ("nonce", "uint256"),
)
_EXECUTE: abi.Entry = {
    "name": "execTransaction",
    "inputs": [
        *({"name": name, "type": kind} for name, kind in _TRANSACTION[:-1]),
        {"name": "signatures", "type": "bytes"},
    ],
}
_VIEWS: tuple[abi.Entry, ...] = tuple(
    {"name": name, "inputs": [], "outputs": [{"name": "", "type": kind}]}
    for name, kind in (
        ("VERSION", "string"),
        ("getOwners", "address[]"),
        ("getThreshold", "uint256"),
    )
)
