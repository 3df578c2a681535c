"""A digest over logs that does not depend on the windows in which they were read."""

import hashlib
import struct
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from metaorg.audit.events import Row
from metaorg.types import ZERO_DIGEST

_pack = struct.Struct(">QIIHI32s20s").pack
"""Block, place, position, sizes of topics and data, transaction, contract; big-endian."""


# A chain with one link for each block that has logs. Windows end between blocks, so wherever they
# end, the last link is the same, and a later window goes on from 32 kept bytes, which the state of
# one running sha256 is not. A sum of a hash for each row would allow that too, but among a million
# rows somebody who may choose them finds another set with the same 256-bit sum. A link for each row
# would cost as many hashes as there are rows.
def digest_of(rows: Iterable[Row], before: bytes = ZERO_DIGEST) -> bytes:
    """The digest of rows in order of the chain: of no row, `before`.

    Of each block with rows: sha256(before || its rows), and that is `before` of the next one. A row
    is packed as above, and its topics and its data follow.

    Args:
        before: the digest of the rows in front of these, which end with another block.
    """
    for _, block in groupby(rows, itemgetter(0)):
        parts = [before]
        for number, place, transaction, position, contract, topics, data in block:
            sizes = (len(topics), len(data))
            head = _pack(number, place, position, *sizes, transaction, contract)
            parts += (head, topics, data)
        before = hashlib.sha256(b"".join(parts)).digest()
    return before
