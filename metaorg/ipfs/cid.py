"""The importer: files, folders and streams to blocks and a root CID, as `ipfs add` makes them.

A profile of IPIP-499 fixes everything that the CID depends on, and every recorded CID names its
profile. One pass, constant memory: of a file one chunk and at most `width` links for each level of
its tree are held, of a folder its entries and those of the folders that it lies in.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Self

from pydantic import Field

from metaorg.ipfs import disk, hamt
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dagpb import Kind, Link, UnixFS, encode, make
from metaorg.types import RAW, Cid, Model


class Profile(Model):
    """Everything that a CID depends on besides the content.

    Args:
        version: of the CIDs of nodes; raw leaves always have version 1.
        chunk: bytes of a leaf.
        width: links of a node of a file.
        raw_leaves: chunks are raw blocks, and not wrapped in nodes.
        fanout: slots of a shard.
        threshold: a folder is sharded when it is larger than so many bytes.
        estimate: what is counted for that: "block", the bytes of the block that the folder would
            be, or "links", the bytes of all names and CIDs.
    """

    name: str
    version: Literal[0, 1]
    chunk: int = Field(ge=1, le=1 << 20)
    width: int = Field(ge=2, le=8192)
    raw_leaves: bool
    fanout: Literal[8, 16, 32, 64, 128, 256, 512, 1024] = 256
    threshold: int = Field(default=256 << 10, ge=0, le=1 << 20)
    estimate: Literal["block", "links"]


V1_2025 = Profile(
    name="unixfs-v1-2025", version=1, chunk=1 << 20, width=1024, raw_leaves=True, estimate="block"
)
V0_2015 = Profile(
    name="unixfs-v0-2015", version=0, chunk=256 << 10, width=174, raw_leaves=False, estimate="links"
)
PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in (V1_2025, V0_2015)}


class Root(Model):
    """What an import came to.

    Args:
        text: the CID as its profile writes it: "Qm..." in version 0.
        size: bytes of content of all files.
        blocks: how many were made; one that was made twice counts twice.
    """

    cid: Cid
    text: str
    profile: str
    size: int
    blocks: int
    kind: Literal["file", "folder", "symlink"]


class Import:
    """The blocks of a file or a folder, each before those that link to it; then their `root`.

    It can be iterated once. Symlinks are kept and not followed, empty folders are kept. `ipfs add`
    gives the same CID, with one exception: where a folder with subfolders is at most 270 bytes over
    the threshold, Kubo 0.43 may leave it unsharded, against IPIP-499, which is followed here.

    Args:
        hidden: take along what is in a folder and whose name begins with a dot.
        preserve: record the permission bits of files and folders, and wrap leaves for that. To
            record times as well, `UnixFS` would need a field 8 of seconds and nanoseconds.
        advance: called with the size of each chunk that was read.

    Raises:
        InvalidInput: when iterated: something cannot be read, is no file, folder or symlink, or
            changes meanwhile.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        profile: Profile = V1_2025,
        hidden: bool = False,
        preserve: bool = False,
        advance: Callable[[int], object] = lambda size: None,
    ) -> None:
        self.profile, self.hidden, self.preserve, self.advance = profile, hidden, preserve, advance
        self._blocks = self._counted(self._tree(os.fsencode(path)))
        self._root: Root | None = None

    @classmethod
    def stream(
        cls,
        file: BinaryIO,
        *,
        profile: Profile = V1_2025,
        advance: Callable[[int], object] = lambda size: None,
    ) -> Self:
        """The blocks of what can be read from an open file until it ends."""
        made = cls("", profile=profile, advance=advance)
        made._blocks = made._counted(made._file(disk.chunks(file, profile.chunk)))
        return made

    def __iter__(self) -> Iterator[Block]:
        return self._blocks

    @property
    def root(self) -> Root:
        """What the import came to; blocks that nobody took are made and dropped."""
        for _ in self._blocks:
            pass
        assert self._root is not None, "an import that failed has no root"
        return self._root

    def _counted(self, work: Generator[Block, None, "_Part"]) -> Iterator[Block]:
        count = 0
        while True:
            try:
                block = next(work)
            except StopIteration as end:
                self._root = self._summary(end.value, count)
                return
            count += 1
            yield block

    def _summary(self, part: "_Part", blocks: int) -> Root:
        cid = part.link.cid
        return Root(
            cid=cid,
            text=str(cid) if len(part.link.hash) == 36 else cid.v0,
            profile=self.profile.name,
            size=part.size,
            blocks=blocks,
            kind=part.kind,
        )

    def _tree(self, path: bytes) -> Generator[Block, None, "_Part"]:
        """What is at a path; without recursion, for folders may lie deeper than Python's stack."""
        outer: list[_Folder] = []
        while True:
            status = disk.status(path)
            if stat.S_ISDIR(status.st_mode):
                outer.append(
                    _Folder(path, disk.names(path, hidden=self.hidden), self._mode(status))
                )
            else:
                part = yield from self._leaf(path, status)
                if not outer:
                    return part
                outer[-1].add(path, part)
            while not outer[-1].names:
                folder = outer.pop()
                part = yield from self._folder(folder)
                if not outer:
                    return part
                outer[-1].add(folder.path, part)
            path = os.path.join(outer[-1].path, outer[-1].names.pop())

    def _leaf(self, path: bytes, status: os.stat_result) -> Generator[Block, None, "_Part"]:
        if stat.S_ISLNK(status.st_mode):
            unixfs = UnixFS(Kind.SYMLINK, disk.link_target(path))
            return (yield from self._node([], unixfs, 0, "symlink"))
        chunks = disk.stable_chunks(path, status, self.profile.chunk)
        mode = self._mode(status)
        return (yield from self._file(chunks, mode or None, status.st_size <= self.profile.chunk))

    def _file(
        self, chunks: Iterable[bytes], mode: int | None = None, single: bool = False
    ) -> Generator[Block, None, "_Part"]:
        """A balanced tree.

        Args:
            single: whether it will be one chunk, and that the root, which carries the mode.
        """
        levels = _Levels(self, mode)
        for chunk in chunks:
            part = yield from self._chunk(chunk, mode if single else None)
            yield from levels.add(part)
            self.advance(len(chunk))
        if not levels.rows:
            return (yield from self._chunk(b"", mode))
        return (yield from levels.root())

    def _chunk(self, chunk: bytes, mode: int | None) -> Generator[Block, None, "_Part"]:
        if self.profile.raw_leaves and not self.preserve:
            cid = Cid.of(chunk, RAW)
            yield Block(cid, chunk)
            return _Part(Link(cid.to_bytes(), b"", len(chunk)), len(chunk))
        unixfs = UnixFS(Kind.FILE, chunk, len(chunk), mode=mode)
        return (yield from self._node([], unixfs, len(chunk), "file"))

    def _folder(self, folder: "_Folder") -> Generator[Block, None, "_Part"]:
        profile, unixfs = self.profile, UnixFS(Kind.FOLDER, mode=folder.mode)
        if not _is_large(folder.links, unixfs, profile):
            return (yield from self._node(folder.links, unixfs, folder.size, "folder"))
        shape = hamt.Shape(profile.fanout, profile.version)
        link = yield from hamt.shards(folder.links, shape, folder.mode)
        return _Part(link, folder.size, "folder")

    def _node(
        self, links: list[Link], unixfs: UnixFS, size: int, kind: "_Kind"
    ) -> Generator[Block, None, "_Part"]:
        block, link = make(links, unixfs, self.profile.version)
        yield block
        return _Part(link, size, kind)

    def _mode(self, status: os.stat_result) -> int | None:
        return stat.S_IMODE(status.st_mode) if self.preserve else None


_Kind = Literal["file", "folder", "symlink"]


class _Part(NamedTuple):
    """What was imported: the link to it, still without a name, and the bytes of its content."""

    link: Link
    size: int
    kind: _Kind = "file"


@dataclass(slots=True)
class _Folder:
    """A folder that is being imported; `names` are still to come, the last one next."""

    path: bytes
    names: list[bytes]
    mode: int | None
    links: list[Link] = field(default_factory=list)
    size: int = 0

    def add(self, path: bytes, part: _Part) -> None:
        self.links.append(part.link._replace(name=os.path.basename(path)))
        self.size += part.size


class _Levels:
    """The right edge of a balanced tree: for each level what has no node above it yet."""

    def __init__(self, work: Import, mode: int | None) -> None:
        self.work, self.mode = work, mode
        self.rows: list[list[_Part]] = []

    def add(self, part: _Part, level: int = 0) -> Generator[Block, None, None]:
        """Put a part on a level; a row that is full goes under a node first."""
        if level == len(self.rows):
            self.rows.append([])
        if len(self.rows[level]) == self.work.profile.width:
            yield from self._close(level)
        self.rows[level].append(part)

    def root(self) -> Generator[Block, None, _Part]:
        """The one part that is left when every row went under a node."""
        level = 0
        while level < len(self.rows) - 1 or len(self.rows[level]) > 1:
            yield from self._close(level, self.mode if level == len(self.rows) - 1 else None)
            level += 1
        return self.rows[level][0]

    def _close(self, level: int, mode: int | None = None) -> Generator[Block, None, None]:
        row, self.rows[level] = self.rows[level], []
        sizes = tuple(part.size for part in row)
        unixfs = UnixFS(Kind.FILE, b"", sum(sizes), sizes, mode=mode)
        part = yield from self.work._node([part.link for part in row], unixfs, sum(sizes), "file")
        yield from self.add(part, level + 1)


def _is_large(links: list[Link], unixfs: UnixFS, profile: Profile) -> bool:
    """Whether a folder is sharded; its block, which is larger still, is built only if need be."""
    size = sum(len(link.name) + len(link.hash) for link in links)
    if profile.estimate == "block" and size <= profile.threshold:
        size = len(encode(links, unixfs))
    return size > profile.threshold
