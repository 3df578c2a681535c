"""Files in the format of age (age-encryption.org/v1), encrypted and decrypted as they are read.

The one place that knows pyrage. That takes a file to read and one to write; here it runs in a
thread behind a pipe, so that what it writes can be read. A file of any size takes 2 MiB of
memory. Files are binary, without armor.
"""

import contextlib
import fcntl
import io
import os
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, Protocol

from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FIRST = b"age-encryption.org/v1\n"
_END = b"\n--- "
_RECIPIENT = b"\n-> X25519 "
_SPARE_LINES, _SPARE_BYTES = 40, 4096
"""What a header may have beyond its recipients: age adds one without meaning, of random length."""
_PER_RECIPIENT = 100
_BUFFER, _PIPE = 1 << 18, 1 << 20
"""Bytes that the reader takes at once, and that the writer may be ahead: with less, they wait."""
_PATIENCE = 5
"""Seconds to wait for a thread whose reader went away, should its source hang."""


class Identity(Protocol):
    """A secret key. Its `str` is the secret, its `repr` is not."""

    def to_public(self) -> object: ...


class Broken(Exception):
    """What was to be decrypted is no age file for this key, was tampered with, or is cut off."""


def new_identity() -> Identity:
    """A secret key, from the randomness of the operating system."""
    import pyrage

    identity: Identity = pyrage.x25519.Identity.generate()
    return identity


def identity_of(secret: str) -> Identity:
    """The secret key that a text is.

    Raises:
        Broken: it is none.
    """
    import pyrage

    try:
        identity: Identity = pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise Broken("this is no secret key of age") from None
    return identity


def recipient_of(identity: Identity) -> str:
    """The public part of a key, "age1..."."""
    return str(identity.to_public())


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """An age file for those who hold one of some keys.

    Raises:
        InvalidInput: one of them is none.
    """
    import pyrage

    return bytes(pyrage.encrypt(data, [_parsed(one) for one in recipients]))


def decrypt(data: bytes, identity: Identity, *, recipients: int = 1) -> bytes:
    """What an age file for so many recipients holds.

    Raises:
        Broken: it has another number of them, or `identity` is none, or it was tampered with.
    """
    import pyrage

    _check_header(data, recipients)
    try:
        return bytes(pyrage.decrypt(data, [identity]))
    except (pyrage.DecryptError, OSError) as error:
        raise Broken(_sentence(error)) from None


def encrypted(file: "Readable", recipient: str) -> BinaryIO:
    """The age file of what a file holds, to be read while that is read; close it.

    An error of `file` comes out where this is read.
    """
    import pyrage

    to = [_parsed(recipient)]
    return _pushed(lambda source, target: pyrage.encrypt_io(source, target, to), _Watched(file))


def decrypted(file: "Readable", identity: Identity) -> BinaryIO:
    """What an age file for one recipient holds, to be read while that is read; close it.

    What was read is authentic, but only the end of the file tells that nothing is missing: keep
    nothing before. Reading gives `Broken` as soon as something is wrong, or an error of `file`.
    """
    import pyrage

    watched = _Watched(file)
    watched.start = watched.peek(_limit(1))
    _check_header(watched.start, 1)
    return _pushed(lambda source, target: pyrage.decrypt_io(source, target, [identity]), watched)


def lock(data: bytes, password: str) -> str:
    """An armored age file for whoever knows a password; takes a second and 0.5 GiB of memory."""
    import pyrage

    return bytes(pyrage.passphrase.encrypt(data, password, armored=True)).decode()


def unlock(text: str, password: str) -> bytes:
    """What such a file holds.

    Raises:
        Broken: the password is wrong, or it is no such file.
    """
    import pyrage

    try:
        return bytes(pyrage.passphrase.decrypt(text.encode(), password))
    except (pyrage.DecryptError, OSError) as error:
        raise Broken(_sentence(error)) from None


class Readable(Protocol):
    """What is read: a file, or anything else with bytes in order; none at the end."""

    def read(self, size: int, /) -> bytes: ...


class _Watched:
    """A source that is read by pyrage, which of an error there keeps only the words."""

    def __init__(self, file: Readable) -> None:
        self._file, self.start = file, b""
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        if self.start:
            part, self.start = self.start[:size], self.start[size:]
            return part
        try:
            return self._file.read(size)
        except BaseException as error:
            self.error = error
            raise

    def peek(self, size: int) -> bytes:
        """The first bytes, fewer than `size` only at the end."""
        parts, left = [], size
        while left and (part := self._file.read(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


_Work = Callable[[_Watched, BinaryIO], None]


def _pushed(work: _Work, source: _Watched) -> BinaryIO:
    """What `work` writes, to be read; it runs a pipe's length ahead of the reader."""
    reading, writing = os.pipe()
    with contextlib.suppress(AttributeError, OSError):  # another system, or a limit of this one
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with open(writing, "wb", buffering=0) as target:
                work(source, target)
        except BaseException as error:
            failures.append(source.error or Broken(_sentence(error)))

    thread = Thread(target=run, name="age", daemon=True)
    thread.start()
    return io.BufferedReader(_End(reading, thread, failures), _BUFFER)


class _End(io.RawIOBase):
    """The end of the pipe that is read; where it ends, a failure of the thread is told."""

    def __init__(self, reading: int, thread: Thread, failures: list[BaseException]) -> None:
        self._pipe = open(reading, "rb", buffering=0)  # noqa: SIM115 - `close` closes it
        self._thread, self._failures = thread, failures

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        count = self._pipe.readinto(buffer) or 0
        if not count:
            self._thread.join()
            for failure in self._failures:
                raise failure
        return count

    def close(self) -> None:
        if not self.closed:
            self._pipe.close()  # which ends the thread at its next write
            self._thread.join(_PATIENCE)
        super().close()


def _parsed(recipient: str) -> object:
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:  # it is not repeated: it may be the secret key
        raise InvalidInput("this is no public sharing key, which begins with age1") from None


def _check_header(start: bytes, recipients: int) -> None:
    """See that pyrage may read a header, since its time grows with the square of what is there.

    Raises:
        Broken: it is none, or one for another number of recipients.
    """
    end = start.find(_END, 0, _limit(recipients))
    header = start[: max(end, 0)]
    if not header.startswith(_FIRST):
        raise Broken("it is no age file")
    if header.count(_RECIPIENT) != recipients or header.count(b"\n") > _lines(recipients):
        raise Broken(f"it is no age file for {recipients} sharing keys")


def _limit(recipients: int) -> int:
    return _PER_RECIPIENT * recipients + _SPARE_BYTES


def _lines(recipients: int) -> int:
    return 2 * recipients + _SPARE_LINES


def _sentence(error: BaseException) -> str:
    if "No matching keys" in str(error):
        return "it is not sealed to this key"
    return "it was tampered with, or is cut off"
