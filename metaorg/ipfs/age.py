"""age files (age-encryption.org/v1) as streams: encrypted and decrypted as they are read.

The one place that knows pyrage, which takes a file to read and a file to write. Here it runs in a
thread behind a pipe, so that its output can be read; of a file of any size a few hundred KiB are in
memory. Files are binary, never armored.
"""

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pyrage.x25519 import Identity as _Identity

Identity: TypeAlias = "_Identity"
"""A secret key. Its `str` is the secret; its `repr` is not."""

_HEADER = re.compile(rb"age-encryption\.org/v1\n((?:[!-~ ]*\n)*?)--- [A-Za-z0-9+/]{43}\n")
_STANZA = re.compile(rb"-> X25519 ")
_SPARE_LINES, _LINE = 32, 80
"""Lines that belong to no recipient (age adds a meaningless stanza), and characters of a line."""
_PIPE = 1 << 18


class Broken(Exception):
    """An age file was tampered with, is cut off, or is none; the text says which, if that is known."""


def new_identity() -> Identity:
    """A secret key, from the operating system's randomness."""
    import pyrage

    return pyrage.x25519.Identity.generate()
