"""The commons and every document that the chain names, as the events lead to them."""

from typing import Any, NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.replay.front import Handlers
from metaorg.onchain import recorded
from metaorg.onchain.commons import Access
from metaorg.onchain.modules import Modules
from metaorg.onchain.recorded import Named

JSON = ("profile", "pledge", "reason", "body", "description", "charter", "envelope")
"""How the names of documents begin that are canonical JSON."""
NAMING = ("membership", "inter_constitution", "commons")
"""Modules of which every event may name documents; of others, single events do."""


class Cited(NamedTuple):
    """A citation. `seat`: of who cited. Time in Unix seconds."""

    time: int
    seat: int
    digest: bytes


class Commons:
    """Resources, who has access, who cited what.

    Args (attributes): resources: the contract's record of each by its digest, in order.
        access: (digest, page) -> a bit for each of 256 seats that was granted access.
        named: every document that events name, and what it is, without the public documents.
    """

    PARTS = ("resources", "access", "citations", "named")

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self.resources: dict[bytes, dict[str, Any]] = {}
        self.access: dict[tuple[bytes, int], int] = {}
        self.citations: list[Cited] = []
        self.named: Named = {}

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        return {
            "commons": {
                "Published": self._published,
                "Cited": self._cited,
                "Retired": self._retired,
                "Entrusted": self._entrusted,
                "Granted": self._granted,
                "Revoked": self._revoked,
            }
        }

    def name(self, event: Happened) -> None:
        """Note the documents that an event names."""
        for cid, what in recorded.by_event(self._modules, event).items():
            # whatever else a document was recorded as, it has to be the JSON that it is
            if cid not in self.named or what.startswith(JSON):
                self.named[cid] = what

    def pages(self, seats: int) -> dict[tuple[bytes, int], int]:
        """Who has access by what was told, for all pages of each resource that is not public.

        Args:
            seats: how many there are.
        """
        closed = (d for d, one in self.resources.items() if one["access"] != Access.PUBLIC)
        pages = {(digest, page): 0 for digest in closed for page in range((seats >> 8) + 1)}
        return pages | self.access

    def _published(self, event: Happened) -> None:
        given = dict(event.arguments)
        record = given | {"publishedAt": event.time, "citations": 0, "retiredAt": 0}
        self.resources[record.pop("digest")] = record

    def _cited(self, event: Happened) -> None:
        digest = event.arguments["digest"]
        if digest in self.resources:
            self.resources[digest]["citations"] += 1
        self.citations.append(Cited(event.time, event.arguments["seat"], digest))

    def _retired(self, event: Happened) -> None:
        self._change(event, retiredAt=event.time)

    def _entrusted(self, event: Happened) -> None:
        self._change(event, steward=event.arguments["to"])

    def _change(self, event: Happened, **parts: int) -> None:
        if event.arguments["digest"] in self.resources:
            self.resources[event.arguments["digest"]].update(parts)

    def _granted(self, event: Happened) -> None:
        for page, bit in _bits(event):
            self.access[page] = self.access.get(page, 0) | bit

    def _revoked(self, event: Happened) -> None:
        for page, bit in _bits(event):
            self.access[page] = self.access.get(page, 0) & ~bit


def _bits(event: Happened) -> list[tuple[tuple[bytes, int], int]]:
    """Page and bit of each seat that an event names."""
    digest = event.arguments["digest"]
    return [((digest, seat >> 8), 1 << (seat & 255)) for seat in event.arguments["seats"]]
