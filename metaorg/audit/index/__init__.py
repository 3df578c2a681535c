"""The store of an audit: what was read, in SQLite or PostgreSQL, with where it came from."""

from metaorg.audit.index.batch import Batch, Window
from metaorg.audit.index.digest import digest_of
from metaorg.audit.index.index import Index
from metaorg.audit.index.opening import open_index

__all__ = ["Batch", "Index", "Window", "digest_of", "open_index"]
