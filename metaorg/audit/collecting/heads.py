"""Headers as an endpoint reports them: hashed where their kind is known, and linked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from metaorg.audit.collecting.logs import Malformed
from metaorg.audit.events import Header
from metaorg.audit.proofs import header_hash

_LATEST = 1 << 40
"""Above every block number and every time of a block."""
_USUAL = {"mixHash", "nonce", "receiptsRoot", "logsBloom", "stateRoot", "extraData"}
"""Fields without which a header is of a kind that cannot be hashed here."""


class Head(NamedTuple):
    """A header with what it says of logs.

    Args:
        bloom: the filter of all logs of the block. receipts: the root of its receipts. hashed:
            whether all this was hashed, and gave the hash. transactions: their hashes as the
            endpoint writes them, in order, where they are of use.
    """

    header: Header
    bloom: int
    receipts: bytes
    hashed: bool
    transactions: Sequence[str] | None = None


def head_of(answer: Any, number: int, hashing: bool) -> Head:
    """The header in an eth_getBlockByNumber answer.

    Args:
        hashing: whether this chain's headers are of a known kind.

    Raises:
        Malformed: it is none, of another block, or does not hash to its hash.
    """
    try:
        hashed = hashing and header_hash(answer) is not None
        header = Header(
            int(answer["number"], 16),
            bytes.fromhex(answer["hash"][2:]),
            bytes.fromhex(answer["parentHash"][2:]),
            int(answer["timestamp"], 16),
        )
        bloom = int(answer["logsBloom"], 16)
        receipts = bytes.fromhex(answer["receiptsRoot"][2:])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Malformed(f"something that is not the header of block {number}") from None
    if header.number != number or not 0 <= header.time < _LATEST:
        raise Malformed(f"the header of another block in place of that of block {number}")
    if {len(header.hash), len(header.parent)} != {32} or bloom < 0:
        raise Malformed(f"something that is not the header of block {number}")
    if hashing and not hashed and answer.keys() >= _USUAL:
        raise Malformed(f"a header of block {number} that does not hash to its hash")
    return Head(header, bloom, receipts, hashed)
