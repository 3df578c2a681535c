"""Calls and the documents that they refer to."""

from collections.abc import Callable
from typing import Any

from metaorg.charter import encode
from metaorg.records import Reason, made
from metaorg.types import Call, Cid


def with_documents(call: Call, *blocks: bytes) -> Call:
    """The call, with what its digests refer to."""
    return call.model_copy(update={"documents": blocks})


def because(call: Callable[..., Call], *arguments: Any, reason: str) -> Call:
    """A call with the document that gives its reason."""
    block = encode(made(Reason, text=reason))
    return with_documents(call(*arguments, Cid.of(block)), block)
