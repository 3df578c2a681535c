"""Shared resources by the hash of their content."""

import re
from typing import TYPE_CHECKING, Any

from metaorg.charter import encode
from metaorg.errors import ContentCorrupt, InvalidInput, Unreachable
from metaorg.onchain import commons as onchain_commons
from metaorg.onchain.chain import Reading
from metaorg.onchain.commons import Access, Resource
from metaorg.organization.documents import with_documents
from metaorg.records import Description
from metaorg.types import DOCUMENT_LIMIT, Call, Cid, Model

if TYPE_CHECKING:
    from metaorg.organization.facade import MetaOrganization

_LICENCE = re.compile(r"[A-Za-z0-9.+-]{1,32}")


class ResourceView(Model):
    """A resource of the commons; `title` is None when its description cannot be read."""

    resource: Resource
    title: str | None


class Commons:
    """Shared resources by the hash of their content."""

    def __init__(self, organization: "MetaOrganization") -> None:
        self._org = organization
        self.contract = onchain_commons.Commons(organization.modules.commons)

    def publish(
        self,
        data: bytes,
        description: Description,
        *,
        licence: str,
        access: Access = Access.PUBLIC,
        previous: Cid | None = None,
    ) -> Call:
        """Publish a file of at most 1 MiB; its size is filled into the description.

        Args:
            licence: an SPDX identifier, like CC-BY-SA-4.0.
            previous: the resource of which this is the new version.
        """
        if len(data) > DOCUMENT_LIMIT:
            raise InvalidInput(
                f"the file has {len(data)} bytes; at most {DOCUMENT_LIMIT} fit a block"
            )
        if not _LICENCE.fullmatch(licence):
            raise InvalidInput(f"{licence!r} is not an SPDX licence identifier like CC-BY-SA-4.0")
        described = encode(description.model_copy(update={"size": len(data)}))
        call = self.contract.publish(
            Cid.of(data),
            access=access,
            licence=licence,
            description=Cid.of(described),
            previous=previous,
        )
        return with_documents(call, data, described)

    def cite(self, cid: Cid, context: Cid | None = None) -> Call:
        return self.contract.cite(cid, context)

    def cited(self, cid: Cid, context: Cid | None, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has recorded this very use before."""
        digest = context.digest if context else bytes(32)
        return self._recorded("Cited", "seat", reading, digest=cid.digest, context=digest)

    def published(self, cid: Cid, reading: Reading | None = None) -> bool:
        """Whether the signer's seat has published this very content before."""
        return self._recorded("Published", "steward", reading, digest=cid.digest)

    def all(self, reading: Reading | None = None) -> list[ResourceView]:
        reading = self._org.at(reading)
        digests = self.contract.digests(reading)
        return [self._view(found) for found in self.contract.resources(reading, digests)]

    def show(self, cid: Cid, reading: Reading | None = None) -> ResourceView:
        return self._view(self.contract.resource(self._org.at(reading), cid.digest))

    def fetch(self, cid: Cid) -> bytes:
        """A resource's bytes, verified against its CID."""
        return self._org.store.get(cid)

    def verify(self, reading: Reading | None = None) -> dict[Cid, str]:
        """What is wrong with the content of each recorded resource; empty when all is well."""
        faults = {}
        for view in self.all(reading):
            for cid in (view.resource.cid, view.resource.description):
                fault = self._fault(cid)
                if fault:
                    faults[cid] = fault
        return faults

    def _recorded(self, name: str, role: str, reading: Reading | None, **wanted: Any) -> bool:
        reading = self._org.at(reading)
        standing = self._org.membership.contract.standing_of(reading, self._org.signer.address)
        wanted[role] = standing.seat
        events = self._org.events(self.contract.address, [name], reading)
        return any(wanted.items() <= event.arguments.items() for event in events)

    def _fault(self, cid: Cid) -> str:
        try:
            self._org.store.get(cid)
        except ContentCorrupt as error:
            return f"corrupt: {error}"
        except Unreachable as error:
            return f"unknown: {error}"
        return ""

    def _view(self, resource: Resource) -> ResourceView:
        try:
            title = Description(**self._org.document(resource.description)).title
        except (Unreachable, InvalidInput, ValueError, TypeError):
            title = None
        return ResourceView(resource=resource, title=title)
