"""The shared commons on IPFS: documents, blocks and the stores that hold them."""

from metaorg.ipfs.cid import PROFILES, V1_2025, Import, Root
from metaorg.ipfs.daemon import KuboVersion
from metaorg.ipfs.documents import Json, Jsonable, decode, encode
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.files import FILE_LIMIT, file_cid, put_files, read_file
from metaorg.ipfs.gateway import Gateways
from metaorg.ipfs.keeping import Holding, holdings, keep
from metaorg.ipfs.kubo import Kubo
from metaorg.ipfs.opening import open_store
from metaorg.ipfs.pinning import PinningService, PinStatus
from metaorg.ipfs.queue import Queued
from metaorg.ipfs.spool import Pending
from metaorg.ipfs.store import Source, Store
from metaorg.ipfs.tiered import Tiered
from metaorg.ipfs.unixfs import Entry

__all__ = [
    "FILE_LIMIT",
    "PROFILES",
    "V1_2025",
    "Embedded",
    "Entry",
    "Gateways",
    "Holding",
    "Import",
    "Json",
    "Jsonable",
    "Kubo",
    "KuboVersion",
    "Pending",
    "PinStatus",
    "PinningService",
    "Queued",
    "Root",
    "Source",
    "Store",
    "Tiered",
    "decode",
    "encode",
    "file_cid",
    "holdings",
    "keep",
    "open_store",
    "put_files",
    "read_file",
]
