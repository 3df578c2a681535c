"""What the commons answers: resources, and what became of them."""

from metaorg.onchain.commons import Resource
from metaorg.records import Description
from metaorg.types import Address, Cid, Model


class ResourceView(Model):
    """A resource of the commons; `description` is None when it cannot be read."""

    resource: Resource
    title: str | None
    description: Description | None = None


class Deed(Model):
    """Something that was done about a resource.

    Args:
        name: of the event. time: Unix seconds.
        seats: who did it (Published, Cited), or to whom (Granted, Revoked, Entrusted).
        names: of these seats; None where the profile cannot be read.
        document: the envelope, the reason, or what it is used in. text: the reason in words.
    """

    name: str
    time: int
    seats: tuple[int, ...] = ()
    names: tuple[str | None, ...] = ()
    document: Cid | None = None
    text: str | None = None


class ResourceHistory(ResourceView):
    """A resource with all that was done about it, oldest first, and its other versions."""

    steward: Address
    deeds: tuple[Deed, ...]
    previous: tuple[Cid, ...]
    later: tuple[Cid, ...]
