"""From a text to an index."""

import re

from metaorg.audit.index.index import Index
from metaorg.audit.index.sqlite import SqliteIndex
from metaorg.errors import Misconfigured


def open_index(uri: str) -> Index:
    """The index at a path, `sqlite:PATH`, `postgresql://...`, or `:memory:`; opened at first use.

    Raises:
        Misconfigured: another kind of address, or one with a password.
    """
    scheme, _, rest = uri.partition(":")
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", uri) and scheme != "sqlite":
        raise Misconfigured(
            f"an index is a file, sqlite:FILE or postgresql://HOST/DATABASE, not {scheme}:..."
        )
    path = rest if scheme == "sqlite" else uri
    if not path or "\0" in path:
        raise Misconfigured("the address of the index names no file")
    return SqliteIndex(path)
