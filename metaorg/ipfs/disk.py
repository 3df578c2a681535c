"""Files and folders on disk: read while they stay as they are, and written where they belong.

A tree whose names come from strangers never leaves its place: every name is opened relative to the
open folder that it is in, and no symlink is followed. Two folders are open at a time, whatever the
depth: the way back up is "..", and has to lead to the folder that was left.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from metaorg.errors import InvalidInput

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BITS = 0o777
"""What is restored of a mode: neither setuid nor setgid nor the sticky bit."""
_ADVICE = {
    errno.EEXIST: "this disk takes two names for the same, as capitals and small letters: use one "
    "that tells them apart",
    errno.ENAMETOOLONG: "the name is too long for this disk",
    errno.ENOSPC: "the disk is full: free some space or use another one",
}


def chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """All that comes, in chunks that are full but for the last; a pipe gives less at a time."""
    while chunk := file.read(size):
        if len(chunk) < size:
            parts = [chunk]
            missing = size - len(chunk)
            while missing and (more := file.read(missing)):
                parts.append(more)
                missing -= len(more)
            chunk = b"".join(parts)
        yield chunk


def stable_chunks(path: bytes, status: os.stat_result, size: int) -> Iterator[bytes]:
    """The chunks of a file that stays as it is while it is read.

    Args:
        status: as it was found; what it says of size and time is to hold in the end.

    Raises:
        InvalidInput: it is no file, cannot be read, or changed.
    """
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput(
            f"{_shown(path)} is neither a file nor a folder nor a symlink: leave it out"
        )
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with _reading(path), open(os.open(path, flags), "rb", buffering=0) as file:
        left = status.st_size
        for chunk in chunks(file, size):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
        now = os.fstat(file.fileno())
    if left or _state(now) != _state(status):
        raise InvalidInput(f"{_shown(path)} changed while it was read: run it again")


def status(path: bytes) -> os.stat_result:
    """What lies at a path, a symlink itself included."""
    with _reading(path):
        return os.lstat(path)


def link_target(path: bytes) -> bytes:
    """Where a symlink leads."""
    with _reading(path):
        return os.readlink(path)


def names(path: bytes, *, hidden: bool) -> list[bytes]:
    """The names in a folder, in falling order."""
    with _reading(path):
        found = os.listdir(path)
    return sorted((name for name in found if hidden or name[:1] != b"."), reverse=True)


class Tree:
    """What is to appear at `target` all at once, or not at all.

    A context manager: it makes the tree beside its target under a name of its own, `part`, renames
    it in the end, and removes it when something fails.

    Raises:
        InvalidInput: the target exists and is no empty folder, or the system refuses something,
            now or while the tree is written.
    """

    def __init__(self, target: str | Path) -> None:
        self.target = Path(os.path.abspath(target))
        self.part = f".{self.target.name[:50]}.part-{secrets.token_hex(4)}"
        self._modes: list[int | None] = []

    def __enter__(self) -> Self:
        self._check_target()
        try:
            self._place = _Place(os.open(self.target.parent, _FOLDER & ~os.O_NOFOLLOW))
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._check_target()
                home = self._place.home
                os.rename(self.part, self.target.name, src_dir_fd=home, dst_dir_fd=home)
        except (OSError, InvalidInput) as failure:
            error = failure
        if error is not None:
            with contextlib.suppress(OSError, InvalidInput):
                _remove(_Place(os.dup(self._place.home)), os.fsencode(self.part))
        self._place.close()
        if isinstance(error, OSError):
            raise self._refusal(error) from error
        if error is not None and kind is None:
            raise error

    def room(self) -> int:
        """Bytes that are free where the tree is written."""
        disk = os.fstatvfs(self._place.home)
        return disk.f_bavail * disk.f_frsize

    def enter(self, name: bytes, mode: int | None) -> None:
        """Make a folder, and go on in it; `mode` applies once it is left."""
        os.mkdir(name, dir_fd=self._place.here)
        self._place.down(name)
        self._modes.append(mode)

    def leave(self) -> None:
        """Go on in the folder that this one is in."""
        self._place.up(self._modes.pop())

    def file(self, name: bytes, mode: int | None, content: Iterable[bytes]) -> None:
        """Make a file."""
        made = os.open(name, _NEW, 0o666 if mode is None else 0o600, dir_fd=self._place.here)
        with open(made, "wb", buffering=0) as file:
            for piece in content:
                rest = memoryview(piece)
                while rest:
                    rest = rest[file.write(rest) :]
            if mode is not None:
                os.fchmod(made, mode & _BITS)

    def symlink(self, name: bytes, target: bytes) -> None:
        """Make a symlink; whoever asks has seen that it stays in the tree."""
        os.symlink(target, name, dir_fd=self._place.here)

    def _check_target(self) -> None:
        """Whether the target is still to be made, or an empty folder."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if not self.target.is_symlink() and not any(self.target.iterdir()):
                return
        if os.path.lexists(self.target):
            raise InvalidInput(f"{self.target} exists already: name another target, or move it")

    def _refusal(self, error: OSError) -> InvalidInput:
        what = f", {os.fsdecode(error.filename)!r}" if error.filename else ""
        why = _ADVICE.get(error.errno or 0, error.strerror)
        return InvalidInput(f"{self.target}{what} cannot be written: {why}")


class _Place:
    """An open folder, and the way back to `home`, where it began."""

    def __init__(self, home: int) -> None:
        self.home, self.here = home, os.dup(home)
        self._outer: list[tuple[int, int]] = []

    def down(self, name: bytes) -> None:
        self._outer.append(_identity(self.here))
        self._go(os.open(name, _FOLDER, dir_fd=self.here))

    def up(self, mode: int | None = None) -> None:
        """Leave the folder, and give it its mode, with which it might not be left any more."""
        outer = os.open("..", _FOLDER, dir_fd=self.here)
        if mode is not None:
            os.fchmod(self.here, mode & _BITS)
        self._go(outer)
        if _identity(outer) != self._outer.pop():
            raise InvalidInput("somebody moved folders while they were written: run it again")

    def close(self) -> None:
        os.close(self.here)
        os.close(self.home)

    def _go(self, folder: int) -> None:
        left, self.here = self.here, folder
        os.close(left)


def _identity(folder: int) -> tuple[int, int]:
    status = os.fstat(folder)
    return status.st_dev, status.st_ino


def _remove(place: _Place, name: bytes) -> None:
    """Delete what has a name in a place, of any depth; the place is closed."""
    inner: list[bytes] = []
    names = [[name]]
    try:
        while names:
            if not names[-1]:
                names.pop()
                if inner:
                    place.up()
                    os.rmdir(inner.pop(), dir_fd=place.here)
            elif not _unlinked(place.here, name := names[-1].pop()):
                os.chmod(name, 0o700, dir_fd=place.here)
                place.down(name)
                inner.append(name)
                names.append([os.fsencode(found) for found in os.listdir(place.here)])
    finally:
        place.close()


def _unlinked(folder: int, name: bytes) -> bool:
    """Whether a name is gone; a folder stays."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except OSError:  # EISDIR or EPERM, as the system likes
        return False
    return True


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


class _reading:
    """Turns what the system says about a path into a sentence."""

    def __init__(self, path: bytes) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, OSError):
            raise InvalidInput(f"{_shown(self.path)} cannot be read: {error.strerror}") from error


def _shown(path: bytes) -> str:
    """A path in one line that a terminal can show, whatever its bytes."""
    return repr(os.fsdecode(path))
