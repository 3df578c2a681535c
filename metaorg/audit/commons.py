"""The commons as told by events: its records on chain, and every document that the chain names."""

from collections.abc import Iterator, Mapping
from typing import Any

from metaorg.audit.findings import Finding, Findings, compare, differs
from metaorg.audit.read import Evidence
from metaorg.errors import ContentCorrupt, ContentMalformed, InvalidInput, Unreachable
from metaorg.ipfs import Store, dag, documents
from metaorg.onchain import recorded
from metaorg.onchain.commons import Access, Commons
from metaorg.onchain.recorded import Named
from metaorg.types import Cid

_JSON = ("profile", "pledge", "reason", "body", "description", "charter", "envelope")
"""How the names of documents begin that are canonical JSON."""


def commons(evidence: Evidence, seats: int) -> Findings:
    """The resources are those that were published, cited, granted, retired and entrusted.

    Args:
        seats: how many there are.
    """
    contract, reading = Commons(evidence.modules.commons), evidence.reading
    expected = _resources(evidence)
    yield from compare("resources in order", [*expected], contract.digests(reading))
    found = contract.reads(reading, [("resource", (digest,)) for digest in expected])
    for (digest, resource), seen in zip(expected.items(), found, strict=True):
        yield from compare(f"resource {Cid(digest=digest, codec=seen['codec'])}", resource, seen)
    grants = _grants(evidence, seats)
    for pair, answer in zip(grants, contract.grants(reading, [*grants]), strict=True):
        yield from _access(*pair, grants[pair] ^ answer, answer)


def content(evidence: Evidence, store: Store) -> Findings:
    """Every document that the chain names is there and hashes right; records are canonical JSON."""
    for cid, what in references(evidence).items():
        yield from _content(store, cid, what)


def references(evidence: Evidence) -> Named:
    """Every document that events name, and what it is; the public documents are checked apart."""
    found: Named = {}
    for timed in evidence.events:
        if timed.name != "DAOURIUpdate":
            named = recorded.by_event(evidence.modules, timed.event)
            # whatever else a document was recorded as, it has to be the JSON that it is
            found |= {c: w for c, w in named.items() if c not in found or w.startswith(_JSON)}
    return found


def _resources(evidence: Evidence) -> dict[bytes, dict[str, Any]]:
    """The record of each resource by its digest, in order of publication."""
    found: dict[bytes, dict[str, Any]] = {}
    names = ("Published", "Cited", "Retired", "Entrusted")
    for timed in evidence.of(evidence.modules.commons, *names):
        given = dict(timed.event.arguments)
        digest = given.pop("digest")
        if timed.name == "Published":
            found[digest] = given | {"publishedAt": timed.time, "citations": 0, "retiredAt": 0}
        elif digest in found:
            found[digest] |= _later(timed.name, timed.time, given, found[digest])
    return found


def _later(
    name: str, time: int, given: Mapping[str, Any], record: Mapping[str, Any]
) -> dict[str, Any]:
    """What an event after the publication changes in a record."""
    if name == "Cited":
        return {"citations": record["citations"] + 1}
    return {"retiredAt": time} if name == "Retired" else {"steward": given["to"]}


def _grants(evidence: Evidence, seats: int) -> dict[tuple[bytes, int], int]:
    """Who has access by what was told, for each page of seats of each resource that is not public.

    A page is 256 bits. Those of all seats are there, whether anybody was granted access or not.
    """
    found: dict[tuple[bytes, int], int] = {}
    for timed in evidence.of(evidence.modules.commons, "Published", "Granted", "Revoked"):
        given = timed.event.arguments
        if timed.name == "Published":
            pages = range((seats >> 8) + 1) if given["access"] != Access.PUBLIC else ()
            found |= {(given["digest"], page): 0 for page in pages}
        for seat in given.get("seats", ()):
            page, bit = (given["digest"], seat >> 8), 1 << (seat & 255)
            bits = found.get(page, 0) | bit
            found[page] = bits if timed.name == "Granted" else bits ^ bit
    return found


def _access(digest: bytes, page: int, changed: int, answer: int) -> Findings:
    """A difference for each seat whose bit differs."""
    for place in range(256):
        if changed >> place & 1:
            subject = f"access of seat {256 * page + place} to resource 0x{digest.hex()}"
            has = bool(answer >> place & 1)
            yield from compare(subject, not has, has)


def _content(store: Store, cid: Cid, what: str) -> Iterator[Finding]:
    subject = f"{what} ({cid})"
    try:
        for lacking in dag.missing(store, cid):
            for _ in dag.walk(store, lacking):  # which says whether it is missing or damaged
                pass
        data = store.get(cid) if what.startswith(_JSON) else b""
    except (ContentCorrupt, ContentMalformed) as error:
        yield differs(subject, "the bytes that hash to its CID", str(error))
        return
    except Unreachable as error:
        yield Finding(kind="unknown", subject=subject, expected="present", seen=str(error))
        return
    if what.startswith(_JSON):
        try:
            documents.decode(data)
        except InvalidInput as error:
            yield differs(subject, "canonical JSON", str(error))
