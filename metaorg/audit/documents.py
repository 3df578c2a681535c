"""Every document that the chain names: there, hashing right, and of the form that it must have."""

from collections.abc import Iterator
from typing import Any

from metaorg.audit.findings import Finding, Look, difference, unknown
from metaorg.audit.replay.commons import JSON
from metaorg.audit.statement import Document, Presence
from metaorg.errors import (
    ContentCorrupt,
    ContentMalformed,
    ContentMissing,
    InvalidInput,
    Unreachable,
)
from metaorg.ipfs import Store, dag
from metaorg.ipfs import documents as json_documents
from metaorg.onchain.recorded import Named
from metaorg.records import (
    CharterDocument,
    Description,
    Envelope,
    Pledge,
    Profile,
    Proposal,
    Reason,
    Record,
    made,
)
from metaorg.types import Cid

_KINDS: dict[str, type[Record]] = {
    "profile": Profile,
    "pledge": Pledge,
    "reason": Reason,
    "body": Proposal,
    "description": Description,
    "charter": CharterDocument,
    "envelope": Envelope,
}
"""What a document must be, by how its name begins; those of other names can be anything."""
_PRESENCE: dict[str, Presence] = {"document.missing": "unknown", "document.schema": "present"}


class Content:
    """The documents, and what is read of them for people.

    Attributes: documents: by CID, in the order in which the chain names them. read: what those say
        that are records.
    """

    def __init__(self, store: Store, named: Named) -> None:
        self._store, self._named = store, named
        self.documents: dict[Cid, Document] = {}
        self.read: dict[Cid, dict[str, Any]] = {}

    def text(self, cid: Cid | None, field: str) -> str:
        """A text of a record; empty when it is not there or says nothing."""
        value = self.read.get(cid, {}).get(field) if cid else None
        return value if isinstance(value, str) else ""

    def presence(self, cid: Cid) -> Presence:
        """Whether a document is there."""
        found = self.documents.get(cid)
        return found.presence if found else "unknown"

    def findings(self) -> Iterator[Finding]:
        """What is missing, damaged or of another form than it must be."""
        for cid, what in self._named.items():
            finding = self._look(cid, what)
            presence: Presence = "present"
            if finding:
                presence = _PRESENCE.get(finding.code, "damaged")
                yield finding
            self.documents[cid] = Document(cid=str(cid), what=what, presence=presence)

    def _look(self, cid: Cid, what: str) -> Finding | None:
        subject, looks = f"{what} ({cid})", [Look(what="document", cid=str(cid))]
        is_json = what.startswith(JSON)
        try:
            for lacking in dag.missing(self._store, cid):
                for _ in dag.walk(self._store, lacking):  # which says: missing, or damaged
                    pass
            data = self._store.get(cid) if is_json else b""
        except (ContentCorrupt, ContentMalformed) as error:
            expected = "the bytes that hash to its CID"
            return difference("document.damaged", subject, expected, unread(error), looks)
        except Unreachable as error:
            return unknown("document.missing", subject, "present", unread(error), looks)
        return self._form(cid, what, data, looks) if is_json else None

    def _form(self, cid: Cid, what: str, data: bytes, looks: list[Look]) -> Finding | None:
        subject, kind = f"{what} ({cid})", _KINDS[what.partition(" ")[0]]
        try:
            content = json_documents.decode(data)
            if not isinstance(content, dict):
                raise InvalidInput("it is no object")
            self.read[cid] = made(kind, **content).content()
        except InvalidInput as error:
            expected = f"canonical JSON: a {kind.__name__.lower()}"
            return difference("document.schema", subject, expected, str(error), looks)
        return None


def unread(error: Unreachable) -> str:
    """Why a document cannot be read: the same for all who cannot, wherever each of them asked."""
    if isinstance(error, ContentMissing):
        return f"no store holds {error.cid}"
    if isinstance(error, ContentCorrupt):
        return f"bytes that do not hash to {error.cid}"
    return str(error) if isinstance(error, ContentMalformed) else "nobody who was asked gave it"
