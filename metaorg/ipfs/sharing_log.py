"""What was sealed, granted and opened from this machine: one line of JSON each, only ever added to.

It answers who here opened what, and lets an interrupted sealing go on instead of beginning again.
It is for its owner's eyes only: it names contents that others cannot see.
"""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationError

from metaorg.records import CidText, KeyId
from metaorg.types import Address, Model

_LINE_LIMIT = 1 << 16


class Shared(Model):
    """One sealing, grant or opening.

    Args:
        time: Unix seconds.
        network: the front door's address.
        resource, root, envelope: CIDs of the sealed bytes, the plaintext and the envelope.
        keys: key ids: to whom it was sealed or granted; with which it was opened.
        access: who was to read it, in the chain's word.
        who: the account that acted; empty where nobody signed.
        output: the name of the file or folder that was written, without the folders it lies in.
    """

    time: int
    what: Literal["sealed", "granted", "opened"]
    network: Address
    resource: CidText
    root: CidText
    envelope: CidText
    keys: tuple[KeyId, ...]
    access: str = ""
    who: str = ""
    output: Annotated[str, BeforeValidator(lambda path: PurePath(path).name)] = ""


def append(path: Path, entry: Shared) -> None:
    """Add a line; when this returns, it is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        line = json.dumps(entry.model_dump()).encode() + b"\n"
        whole = b"\n" * _is_torn(descriptor) + line
        if os.write(descriptor, whole) < len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def entries(path: Path) -> Iterator[Shared]:
    """What is there, in order; a line that was cut off by a crash is passed over."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        while line := file.readline(_LINE_LIMIT):
            try:
                yield Shared.model_validate_json(line)
            except ValidationError:
                continue


def sealings(path: Path, *, root: str, network: str, access: str) -> list[tuple[Shared, ...]]:
    """The sealings of a content for a network and an access, each with its grants, newest first.

    Whether its blocks are still in the store, and to whom it was sealed, is for the caller to see.
    """
    wanted = (root, network, access)
    found: dict[str, list[Shared]] = {}
    for entry in entries(path):
        if entry.what == "sealed" and (entry.root, entry.network, entry.access) == wanted:
            found[entry.resource] = [entry]
        elif entry.what == "granted" and entry.resource in found:
            found[entry.resource].append(entry)
    return [tuple(one) for one in reversed(found.values())]


def _is_torn(descriptor: int) -> bool:
    """Whether the last line has no end, because its writer was killed."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
