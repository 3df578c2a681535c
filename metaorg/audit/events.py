"""Logs as an auditor keeps them, and events as they are replayed."""

from typing import Any, NamedTuple

from metaorg.types import Address


class Header(NamedTuple):
    """What is kept of a block. `time` is Unix seconds; hashes have 32 bytes."""

    number: int
    hash: bytes
    parent: bytes
    time: int


class Row(NamedTuple):
    """A log as it is kept.

    Args:
        place: of the log in its block. position: of the transaction in its block. contract: 20
            bytes. topics: all of them, 32 bytes each, one behind the other.
    """

    block: int
    place: int
    transaction: bytes
    position: int
    contract: bytes
    topics: bytes
    data: bytes


class Happened(NamedTuple):
    """A decoded event and when it happened, Unix seconds; arguments as `abi.decode_log` has them.

    `place`: of the log in its block.
    """

    block: int
    place: int
    time: int
    transaction: bytes
    contract: Address
    name: str
    arguments: dict[str, Any]
