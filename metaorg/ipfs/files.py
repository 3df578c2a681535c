"""Whole files in memory: documents that may outgrow one block, named as unixfs-v1-2025 does."""

import io
from collections.abc import Iterable

from metaorg.errors import ContentMalformed
from metaorg.ipfs import unixfs
from metaorg.ipfs.cid import Import
from metaorg.ipfs.store import Source, Store
from metaorg.types import DAG_CBOR, DOCUMENT_LIMIT, Cid

FILE_LIMIT = 64 << 20
"""Bytes of a file that is read into memory."""


def file_cid(data: bytes) -> Cid:
    """The CID of a file; that of the raw block, if it fits one."""
    return Cid.of(data) if len(data) <= DOCUMENT_LIMIT else Import.stream(io.BytesIO(data)).root.cid


def put_files(store: Store, files: Iterable[bytes]) -> None:
    """Keep files, in one go where they are small."""
    small: list[bytes] = []
    for data in files:
        if len(data) <= DOCUMENT_LIMIT:
            small.append(data)
            continue
        work = Import.stream(io.BytesIO(data))
        store.write(work)
        store.pin(work.root.cid)
    if small:
        store.put_many(small)


def read_file(source: Source, cid: Cid, limit: int = FILE_LIMIT) -> bytes:
    """A file's bytes, verified.

    Raises:
        ContentMalformed: it is no file, or larger than `limit`.
    """
    if cid.codec == DAG_CBOR:
        return source.get(cid)
    parts, size = [], 0
    for part in unixfs.content(source, cid):
        size += len(part)
        if size > limit:
            raise ContentMalformed(cid, f"a file of at most {limit:,} bytes was expected")
        parts.append(part)
    return b"".join(parts)
