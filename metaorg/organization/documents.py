"""Calls and the documents that they refer to."""

from metaorg.types import Call


def with_documents(call: Call, *blocks: bytes) -> Call:
    """The call, with what its digests refer to."""
    return call.model_copy(update={"documents": blocks})
