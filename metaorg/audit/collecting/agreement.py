"""Which of several endpoints can be read and compared: those with the chain that is audited."""

from collections import Counter
from collections.abc import Sequence

from metaorg.audit.collecting.reader import Reader, Unusable
from metaorg.audit.collecting.record import Record
from metaorg.audit.finality import KNOWN
from metaorg.audit.findings import Finding, difference, unknown
from metaorg.errors import ChainUnreachable, Misconfigured
from metaorg.onchain.chain import Block


def agreeing(readers: Sequence[Reader], head: Block, record: Record) -> list[Reader]:
    """Those that have the audited block; the others are findings.

    Raises:
        ChainUnreachable: none is left.
    """
    failure: ChainUnreachable | None = None
    seen: dict[Reader, bytes] = {}
    for reader in readers:
        try:
            seen[reader] = _hash_at_head(reader, next(iter(seen), reader), head)
        except Unusable as error:
            record.find(error.finding)
            failure = failure or error
    others = [reader for reader, own in seen.items() if own != head.hash]
    for reader in others:
        record.find(_fork(reader, head, seen))
    found = [reader for reader in seen if reader not in others]
    if not found:
        raise failure or ChainUnreachable(
            f"no endpoint has block {head.number} with the hash 0x{head.hash.hex()} any more: the "
            "chain was reorganized; run this again"
        )
    return found


def _hash_at_head(reader: Reader, first: Reader, head: Block) -> bytes:
    try:
        _require_same_chain(reader, first)
        last = reader.endpoint.block().number
        if last < head.number:
            raise Unusable(reader.lags(last, head.number))
        [own] = reader.heads([head.number], reader.endpoint.id in KNOWN)
    except ChainUnreachable as error:
        raise reader.unusable(error, head.number) from None
    return own.header.hash


def _require_same_chain(reader: Reader, first: Reader) -> None:
    expected = first.endpoint.id
    try:
        found: object = reader.endpoint.id
    except Misconfigured as error:
        found = error
    if found != expected:
        raise Unusable(
            difference("reading.other-chain", reader.subject, f"chain {expected}", f"{found}")
        )


def _fork(reader: Reader, head: Block, seen: dict[Reader, bytes]) -> Finding:
    """An endpoint on another fork: it is the one in the wrong when most say so."""
    count = Counter(seen.values())
    finding = reader.forked(head.number, head.hash, seen[reader])
    if 2 * count[head.hash] > len(seen) > 2:
        return finding
    return unknown(finding.code, finding.subject, finding.expected, finding.seen, finding.looks)
