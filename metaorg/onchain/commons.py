"""Client of `Commons`: shared resources by the hash of their content."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract, padded, unpadded
from metaorg.types import ZERO_DIGEST, Call, Cid, Model

PAGE = 500
"""Digests read at once."""


class Access(IntEnum):
    """Who may read a resource."""

    PUBLIC = 0
    MEMBERS = 1
    PARTIES = 2


class Resource(Model):
    """A resource.

    Args:
        steward: a seat number. published_at: Unix seconds. previous: the digest of the version
            before.
        retired_at: since when its steward advises against it, Unix seconds; None while not.
    """

    cid: Cid
    steward: int
    access: Access
    published_at: int
    citations: int
    licence: str
    description: Cid
    previous: bytes | None
    retired_at: int | None = None


class Commons(Contract):
    """Reads and writes of one commons."""

    name = "Commons"

    def digests(self, reading: Reading) -> list[bytes]:
        """Every resource's digest, in order of publication."""
        count = self.read(reading, "count")
        pages = [("page", (start, PAGE)) for start in range(0, count, PAGE)]
        return [digest for page in self.reads(reading, pages) for digest in page]

    def resources(self, reading: Reading, digests: Sequence[bytes]) -> list[Resource]:
        """The records of these resources, in batches."""
        found = self.reads(reading, [("resource", (digest,)) for digest in digests])
        return [_resource(digest, raw) for digest, raw in zip(digests, found, strict=True)]

    def resource(self, reading: Reading, digest: bytes) -> Resource:
        return self.resources(reading, [digest])[0]

    def publish(
        self,
        cid: Cid,
        *,
        access: Access,
        licence: str,
        description: Cid,
        previous: Cid | None = None,
    ) -> Call:
        return self.call(
            "publish",
            cid.digest,
            cid.codec,
            int(access),
            padded(licence, 32),
            description.digest,
            previous.digest if previous else ZERO_DIGEST,
            says=f"publish {cid} under {licence} for {access.name.lower()}",
        )

    def cite(self, cid: Cid, context: Cid | None = None) -> Call:
        says = f"record the use of {cid}" + (f" in {context}" if context else "")
        return self.call("cite", cid.digest, context.digest if context else ZERO_DIGEST, says=says)

    def granted(self, reading: Reading, digest: bytes, seats: Sequence[int]) -> list[bool]:
        """Whether each of these seats has access to a sealed resource."""
        return self.reads(reading, [("granted", (digest, seat)) for seat in seats])

    def grants(self, reading: Reading, pages: Sequence[tuple[bytes, int]]) -> list[int]:
        """Who has access: for each pair of digest and page, a bit for each of 256 seats."""
        return self.reads(reading, [("grants", pair) for pair in pages])

    def grant(self, cid: Cid, seats: Sequence[int], envelope: Cid) -> Call:
        says = f"let {_seats(seats)} open {cid} with the envelope {envelope}"
        return self.call("grant", cid.digest, [*seats], envelope.digest, says=says)

    def revoke(self, cid: Cid, seats: Sequence[int], reason: Cid) -> Call:
        says = f"no longer let {_seats(seats)} use {cid}"
        return self.call("revoke", cid.digest, [*seats], reason.digest, says=says)

    def retire(self, cid: Cid, reason: Cid) -> Call:
        says = f"advise against using {cid} any longer"
        return self.call("retire", cid.digest, reason.digest, says=says)

    def entrust(self, cid: Cid, seat: int) -> Call:
        says = f"make seat {seat} the steward of {cid}"
        return self.call("entrust", cid.digest, seat, says=says)

    def entrust_by_decision(self, cid: Cid, seat: int, reason: Cid) -> Call:
        says = f"make seat {seat} the steward of {cid}"
        return self.call("entrustByDecision", cid.digest, seat, reason.digest, says=says)


def _seats(seats: Sequence[int]) -> str:
    return f"seat{'s' if len(seats) > 1 else ''} {', '.join(map(str, sorted(seats)))}"


def _resource(digest: bytes, raw: dict[str, Any]) -> Resource:
    return Resource(
        cid=Cid(digest=digest, codec=raw["codec"]),
        steward=raw["steward"],
        access=Access(raw["access"]),
        published_at=raw["publishedAt"],
        citations=raw["citations"],
        licence=unpadded(raw["licence"]),
        description=Cid(digest=raw["description"]),
        previous=raw["previous"] if any(raw["previous"]) else None,
        retired_at=raw["retiredAt"] or None,
    )
