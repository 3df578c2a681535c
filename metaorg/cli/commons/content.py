"""Files and folders that commands read into the commons, and write out of it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.files import STDIN
from metaorg.cli.output import emit, progress, say, write_bytes, write_content
from metaorg.cli.session import Session
from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from metaorg.ipfs import Entry, Import, Root
    from metaorg.types import Cid

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="The file or folder; - is stdin.")
]
ProfileOption = Annotated[
    Literal["unixfs-v1-2025", "unixfs-v0-2015"],
    typer.Option(help="How its CID is made (IPIP-499)."),
]
Hidden = Annotated[bool, typer.Option("--hidden", help="Include names that begin with a dot.")]
Preserve = Annotated[
    bool, typer.Option("--preserve-mode", help="Keep who may read, write and run each file.")
]
_NAMELESS = "stdin"
"""What a file is called that has no name."""
_SHOWN = 10
"""Columns with personal data that are named."""


@contextmanager
def content_of(session: Session, path: Path) -> Iterator[Path]:
    """The path, or for `-` a file with all that stdin gives; what is read twice must stay there."""
    if str(path) != STDIN:
        yield path.expanduser()
        return
    session.piped = not sys.stdin.isatty()
    with tempfile.TemporaryDirectory(prefix="metaorg-") as folder:
        found = Path(folder) / _NAMELESS
        with found.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        yield found


class Reading:
    """Content on its way into the commons: read once for its CID, and again to be kept.

    So nothing is stored before somebody has seen what it is and agreed.
    """

    def __init__(
        self, session: Session, path: Path, *, profile: str, hidden: bool, preserve: bool
    ) -> None:
        from metaorg.ipfs import PROFILES

        self.session, self.path = session, path
        self._profile, self._hidden, self._preserve = PROFILES[profile], hidden, preserve

    @cached_property
    def root(self) -> "Root":
        """Its CID and size."""
        total = self.path.stat().st_size if self.path.is_file() else None
        with progress("reading", total, size=True) as advance:
            work = self.blocks(advance)
            for _ in work:
                pass
        return work.root

    def blocks(self, advance: Callable[[int], object] = id) -> "Import":
        """Its blocks, read anew."""
        from metaorg.ipfs import Import

        return Import(
            self.path,
            profile=self._profile,
            hidden=self._hidden,
            preserve=self._preserve,
            advance=advance,
        )

    def keep(self) -> None:
        """Write it to the store and pin it there.

        Raises:
            InvalidInput: it is not what was read before.
        """
        store = self.session.own_store
        with progress("storing", self.root.size, size=True) as advance:
            work = self.blocks(advance)
            store.write(work)
        if work.root != self.root:
            raise InvalidInput(f"{self.path} changed while it was read; run the command again")
        store.pin(self.root.cid)


def tell_what_is_special(path: Path, *, hidden: bool) -> None:
    """Say which names are left out, and which symlinks not everybody will want to write."""
    out, leading = [], []
    for folder, below, names in os.walk(path):
        for name in (*below, *names):
            one = Path(folder, name)
            if name.startswith(".") and not hidden:
                out.append(one)
            elif one.is_symlink() and _leads_out(one, path):
                leading.append(one)
        below[:] = [one for one in below if hidden or not one.startswith(".")]
    if out:
        say(f"left out, as --hidden was not said: {_few(out)}")
    if leading:
        say(f"links that lead out of the folder, to be fetched with --skip-links: {_few(leading)}")


def _leads_out(link: Path, root: Path) -> bool:
    target = os.path.join(os.path.abspath(link.parent), os.readlink(link))
    inside = os.path.abspath(root)
    return os.path.isabs(os.readlink(link)) or not Path(os.path.normpath(target)).is_relative_to(
        inside
    )


def _few(paths: list[Path]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(str, sorted(paths)[:_SHOWN])) + more


def refuse_personal_data(path: Path, *, hidden: bool, consent: bool) -> None:
    """Nothing, for content without columns that look personal, or with consent.

    Raises:
        InvalidInput: there are some; names them.
    """
    from metaorg.rules.personal_data import SAMPLE, is_scanned, personal_data

    if consent:
        return
    problems = []
    for file in sorted(_files(path, hidden)):
        name = "" if file.name == _NAMELESS else file.name
        if not name or is_scanned(name):
            where = file if name else "standard input"
            problems += [f"{where}: {one}" for one in personal_data(_sample(file, SAMPLE), name)]
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise InvalidInput(
            *problems[:_SHOWN],
            *more,
            "these look like personal data, and what is published cannot be taken back: leave "
            "them out, or say --i-have-consent",
        )


def _sample(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(size)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


def write_out(
    session: Session, cid: "Cid", path: str, output: Path | None, *, skip_links: bool
) -> None:
    """Bring content into the own store, and write it to a path or to stdout."""
    from metaorg.ipfs import dag, unixfs
    from metaorg.types import DAG_CBOR

    if cid.codec == DAG_CBOR:
        if path or output is not None:
            raise InvalidInput("this is DAG-CBOR, and no file or folder: it goes to stdout")
        write_content(session.store.get(cid))
        return
    entry = unixfs.resolve(session.store, cid, path)
    if output is None and entry.kind != "file":
        raise InvalidInput(f"this is a {entry.kind}: say with --output where to write it")
    with progress("fetching", entry.size, size=True) as advance:
        dag.copy(entry.cid, session.source, session.own_store, advance)
    if output is None:
        _to_stdout(session, entry)
        return
    output = output.expanduser()
    if not _is_there(session, entry, output):
        with progress("writing", entry.size, size=True) as advance:
            unixfs.extract(
                session.own_store, entry.cid, output, skip_links=skip_links, advance=advance
            )
    found = {"cid": entry.cid, "kind": entry.kind, "size": entry.size, "output": str(output)}
    emit(found, session.as_json, lambda: str(output))


def _is_there(session: Session, entry: "Entry", output: Path) -> bool:
    """Whether a file is at a path already, byte for byte."""
    from metaorg.ipfs import unixfs

    if entry.kind != "file" or output.is_symlink() or not output.is_file():
        return False
    if output.stat().st_size != entry.size:
        return False
    with output.open("rb") as file:
        parts = unixfs.content(session.own_store, entry.cid)
        return all(file.read(len(part)) == part for part in parts)


def _to_stdout(session: Session, entry: "Entry") -> None:
    from metaorg.ipfs import unixfs
    from metaorg.types import DOCUMENT_LIMIT

    parts = unixfs.content(session.own_store, entry.cid)
    if not sys.stdout.isatty():
        for part in parts:
            write_bytes(part)
    elif entry.size > DOCUMENT_LIMIT:
        raise InvalidInput("this is too long for a terminal: send it to a file or a program")
    else:
        write_content(b"".join(parts))


def _files(path: Path, hidden: bool) -> Iterator[Path]:
    """The files that would be published."""
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below[:] = [one for one in below if hidden or not one.startswith(".")]
        yield from (
            Path(folder, name)
            for name in names
            if (hidden or not name.startswith(".")) and not Path(folder, name).is_symlink()
        )
