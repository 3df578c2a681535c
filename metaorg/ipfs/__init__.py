"""The shared commons on IPFS: documents, blocks and the stores that hold them."""

from metaorg.ipfs.daemon import KuboVersion
from metaorg.ipfs.documents import Json, Jsonable, decode, encode
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.kubo import Kubo
from metaorg.ipfs.opening import open_store
from metaorg.ipfs.queue import Queued
from metaorg.ipfs.spool import Pending
from metaorg.ipfs.store import Source, Store
from metaorg.ipfs.tiered import Tiered

__all__ = [
    "Embedded",
    "Json",
    "Jsonable",
    "Kubo",
    "KuboVersion",
    "Pending",
    "Queued",
    "Source",
    "Store",
    "Tiered",
    "decode",
    "encode",
    "open_store",
]
