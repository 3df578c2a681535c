"""What an audit finds, and how anybody can see it without this software."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from metaorg.types import Address, Hex, Model

Kind = Literal["difference", "unknown"]
"""*Difference*: it is not as it must be. *Unknown*: it could not be established. Never the same."""


class Look(Model):
    """Where to look oneself, with standard tools: one thing on chain, or one document.

    Args:
        what: call (a view), storage (a slot), code, log, block, receipt, document.
        address: the contract. function: its signature, as "standingOf(address)". arguments: in
            text, as `cast` takes them; of storage, the slot. block: number; 0 for the audited one.
        transaction, index: of a log. cid: of a document. endpoint: whose answer it was, where that
            matters.
    """

    what: Literal["call", "storage", "code", "log", "block", "receipt", "document"]
    address: Address | None = None
    function: str = ""
    arguments: tuple[str, ...] = ()
    block: int = 0
    transaction: Hex = b""
    index: int = 0
    cid: str = ""
    endpoint: str = ""


class Finding(Model):
    """Something that is not as it must be, or that could not be established.

    Args:
        kind: see `Kind`. code: what kind of wrong it is, a name of `catalogue.py`. subject: what
            it is about. expected, seen: in words. looks: where to see it oneself.
    """

    kind: Kind
    code: str
    subject: str
    expected: str
    seen: str
    looks: tuple[Look, ...] = ()

    @property
    def id(self) -> str:
        """Eight hex digits that stay the same as long as the finding does."""
        parts = "\0".join((self.kind, self.code, self.subject, self.expected, self.seen))
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:8]


Findings = Iterator[Finding]


def compare(
    code: str, subject: str, expected: object, seen: object, looks: Sequence[Look] = ()
) -> Findings:
    """A difference unless both are equal; of two mappings or models, only the parts that differ."""
    if expected != seen:
        yield difference(code, subject, *_apart(expected, seen), looks)


def difference(
    code: str, subject: str, expected: str, seen: str, looks: Sequence[Look] = ()
) -> Finding:
    """Something that is not as it must be."""
    return _finding("difference", code, subject, expected, seen, looks)


def unknown(
    code: str, subject: str, expected: str, seen: str, looks: Sequence[Look] = ()
) -> Finding:
    """Something that could not be established."""
    return _finding("unknown", code, subject, expected, seen, looks)


def _finding(
    kind: Kind, code: str, subject: str, expected: str, seen: str, looks: Sequence[Look]
) -> Finding:
    return Finding(
        kind=kind, code=code, subject=subject, expected=expected, seen=seen, looks=tuple(looks)
    )


class Logged(Protocol):
    """Something that a log told of."""

    @property
    def block(self) -> int: ...
    @property
    def place(self) -> int: ...
    @property
    def transaction(self) -> bytes: ...


def at(where: Logged) -> tuple[Look, ...]:
    """Where to see the log that told of something."""
    return (Look(what="log", block=where.block, transaction=where.transaction, index=where.place),)


def _apart(expected: object, seen: object) -> tuple[str, str]:
    """Both in words; of two models or mappings with the same parts, only those that differ."""
    one, other = _parts(expected), _parts(seen)
    if one is None or other is None or one.keys() != other.keys():
        return _words(expected), _words(seen)
    keys = [key for key in one if one[key] != other[key]]
    return (
        ", ".join(f"{key} {_words(one[key])}" for key in keys),
        ", ".join(f"{key} {_words(other[key])}" for key in keys),
    )


def _parts(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, Model):
        return {key: getattr(value, key) for key in type(value).model_fields}
    return value if isinstance(value, Mapping) else None


def _words(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_words, value))}]"
    parts, words = _parts(value), getattr(value, "words", None)
    if parts is not None and not isinstance(words, str):
        return f"({', '.join(f'{key} {_words(one)}' for key, one in parts.items())})"
    return words if isinstance(words, str) else str(value)
