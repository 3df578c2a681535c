"""Files and folders on IPFS, read: paths found, folders listed, content streamed, trees put down.

Nothing that a block claims is believed. Content has exactly the sizes that the nodes above it
declare. A name is one that a disk can have, and is there once. What is put down stays in its
target: see `disk`. Memory is bounded: see `WAITING_LIMIT` and `FILE_DEPTH`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from metaorg.errors import ContentMalformed, InvalidInput, Unreachable
from metaorg.ipfs import hamt
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dagpb import Kind, Link, Node, decode
from metaorg.ipfs.disk import Tree
from metaorg.ipfs.store import Source
from metaorg.types import RAW, Cid

ENTRIES_LIMIT = 10_000_000
"""Files, folders and symlinks that `extract` makes at most."""
WAITING_LIMIT = 1 << 19
"""Links of folders within each other that wait while one entry is worked on (about 120 MB)."""
FILE_DEPTH = 32
"""Levels of a file's tree; each holds the links of one block, 12 MB at worst."""
PATH_LIMIT = 4096
"""Bytes of a path in an extracted tree; no program could open a longer one."""
_WINDOW = 32
"""Entries whose blocks are asked for at once."""
_FILES, _FOLDERS = (Kind.FILE, Kind.RAW), (Kind.FOLDER, Kind.SHARD)


class Entry(NamedTuple):
    """What lies at a name.

    Args:
        name: bytes that are no UTF-8 are surrogate escapes, as in Python's own names of files.
        size: bytes of a file's content (of a raw one as its folder says), of a symlink's target,
            or what a folder and all in it take up as blocks, as it says itself.
        mode: permission bits, 12 of them, if they were recorded.
        target: of a symlink, written as names are.
    """

    name: str
    cid: Cid
    kind: Literal["file", "folder", "symlink"]
    size: int
    mode: int | None = None
    target: str | None = None


def resolve(source: Source, root: Cid, path: str = "") -> Entry:
    """What lies at a path below a root, or the root itself.

    Of sharded folders only the shards on the way are read. Symlinks are not followed.

    Raises:
        InvalidInput: nothing lies there.
        Unreachable: a block on the way is missing or malformed.
    """
    block, name, walked = _block(source, root), "", str(root)
    for name in filter(None, path.split("/")):
        link = _lookup(source, block, name, walked)
        walked = f"{walked}/{name}"
        block = _block(source, link.cid)
    return _entry(block, name)


def entries(source: Source, cid: Cid) -> Iterator[Entry]:
    """What lies in a folder, in the order of its blocks: by name, or by hash if it is sharded.

    Raises:
        InvalidInput: it is no folder.
        Unreachable: a block is missing, or malformed: a name that no disk can have or that is there
            twice is that as well.
    """
    return _Lister(source).entries(cid)


def content(source: Source, cid: Cid) -> Iterator[bytes]:
    """The bytes of a file, block by block, with exactly the sizes that its nodes declare.

    Raises:
        InvalidInput: it is no file.
        Unreachable: a block is missing, or malformed: one that lies about sizes is that as well.
    """
    block = _block(source, cid)
    kind = _entry(block, "").kind
    if kind != "file":
        raise InvalidInput(f"{cid} is no file, but a {kind}")
    declared = _size(block, decode(block))
    waiting: list[Iterator[tuple[Cid, int]]] = []
    while True:
        node = decode(block)
        if _size(block, node) != declared or len(waiting) > FILE_DEPTH:
            raise ContentMalformed(
                block.cid, f"it is not the part of {declared:,} bytes that it is declared to be"
            )
        if node.unixfs.data:
            yield node.unixfs.data
        waiting.append(_parts(node))
        part = _next(waiting)
        if part is None:
            return
        block, declared = _block(source, part[0]), part[1]


def extract(
    source: Source,
    cid: Cid,
    target: str | Path,
    *,
    skip_links: bool = False,
    limit: int = ENTRIES_LIMIT,
    advance: Callable[[int], object] = lambda size: None,
) -> int:
    """Put a file or a folder down at a path: complete, or not at all, and nowhere else.

    Of recorded modes the nine permission bits are restored. Gives how many symlinks were left out.

    Args:
        skip_links: leave out symlinks that lead out of the folder, instead of refusing them all.
        limit: files, folders and symlinks that are made at most.
        advance: called with the size of each piece of content that was written.

    Raises:
        InvalidInput: the target exists and is no empty folder; or the disk has no room, or refuses
            a name; or a symlink leads out, or there are too many entries or too long paths.
        Unreachable: a block is missing or malformed.
    """
    root = resolve(source, cid)
    if root.kind == "symlink":
        raise InvalidInput(f"{cid} is a symlink to {root.target!r}: there is nothing to put down")
    with Tree(target) as tree:
        work = _Extraction(source, tree, skip_links, limit, advance)
        work.run(root)
    return work.skipped


class _Extraction:
    """A tree that is being written: depth first, with a listing open for each folder on the way."""

    def __init__(
        self,
        source: Source,
        tree: Tree,
        skip_links: bool,
        limit: int,
        advance: Callable[[int], object],
    ) -> None:
        self.lister, self.tree, self.skip_links = _Lister(source), tree, skip_links
        self.left, self.limit, self.advance = limit, limit, advance
        self.path: list[bytes] = []
        self.length = self.skipped = 0

    def run(self, root: Entry) -> None:
        self._check_room(root)
        open_: list[Iterator[Entry]] = [iter([root._replace(name=self.tree.part)])]
        while open_:
            entry = next(open_[-1], None)
            if entry is None:
                open_.pop()
                if open_:
                    self._leave()
                continue
            self._check(entry)
            self._make(entry)
            if entry.kind == "folder":
                open_.append(self.lister.entries(entry.cid))

    def _make(self, entry: Entry) -> None:
        name = _bytes(entry.name)
        if entry.kind == "folder":
            self._enter(name, entry.mode)
        elif entry.kind == "file":
            self._check_room(entry)
            pieces = content(self.lister.source, entry.cid)
            self.tree.file(name, entry.mode, self._advancing(pieces))
        elif self._stays(entry.target or ""):
            self.tree.symlink(name, _bytes(entry.target or ""))
        elif self.skip_links:
            self.skipped += 1
        else:
            raise InvalidInput(
                f"the symlink {self._shown(entry)} leads to {entry.target!r}, which is not surely "
                "in the folder: leave such symlinks out (--skip-links), or do not fetch it"
            )

    def _enter(self, name: bytes, mode: int | None) -> None:
        self.tree.enter(name, mode)
        self.path.append(name)
        self.length += len(name) + 1

    def _leave(self) -> None:
        self.tree.leave()
        self.length -= len(self.path.pop()) + 1

    def _stays(self, target: str) -> bool:
        """Whether a symlink leads to something in the tree, whatever else is a symlink there.

        That is certain if it climbs only in the beginning and not above the tree's own folder: the
        folders above it are no symlinks, and from there on the way leads through entries of the
        tree, of which each symlink obeys the same.
        """
        parts = [part for part in target.split("/") if part not in ("", ".")]
        climbed = len(parts)
        while parts[:1] == [".."]:
            parts.pop(0)
        climbed -= len(parts)
        inside = climbed < len(self.path) and ".." not in parts
        return inside and target != "" and target[0] != "/" and "\0" not in target

    def _check(self, entry: Entry) -> None:
        self.left -= 1
        if self.left < 0:
            raise InvalidInput(
                f"it holds more than {self.limit:,} files, folders and symlinks: fetch its parts "
                "one by one"
            )
        if self.length + len(_bytes(entry.name)) > PATH_LIMIT:
            raise InvalidInput(f"the path {self._shown(entry)[:80]}... is too long for a disk")

    def _check_room(self, entry: Entry) -> None:
        room = self.tree.room()
        if entry.size > room:
            raise InvalidInput(
                f"{self._shown(entry)} takes up {entry.size:,} bytes, and {room:,} are free: free "
                "some space or use another disk"
            )

    def _advancing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            self.advance(len(piece))

    def _shown(self, entry: Entry) -> str:
        return repr(_text(b"/".join((*self.path[1:], _bytes(entry.name)))))


class _Lister:
    """Folders of one source, and how many links wait in all that are open."""

    def __init__(self, source: Source) -> None:
        self.source, self.waiting = source, 0

    def entries(self, cid: Cid) -> Iterator[Entry]:
        block = _block(self.source, cid)
        links = self._links(block, decode(block))
        while window := [(link, link.cid) for link in islice(links, _WINDOW)]:
            known = self._described({cid for _, cid in window if cid.codec != RAW})
            for link, cid in window:
                name = _text(link.name)
                if cid.codec == RAW:
                    yield Entry(name, cid, "file", link.size)
                else:
                    yield known[cid]._replace(name=name)

    def _described(self, cids: set[Cid]) -> dict[Cid, Entry]:
        known = {}
        for cid, got in self.source.get_many(cids):
            if isinstance(got, Unreachable):
                raise got
            known[cid] = _entry(Block(cid, got), "")
        return known

    def _links(self, block: Block, node: Node) -> Iterator[Link]:
        names: set[bytes] = set()
        if node.unixfs.kind == Kind.SHARD:
            links = hamt.walk(self.source, block, self._held)
        elif node.unixfs.kind == Kind.FOLDER:
            links = self._held(node.links)
        else:
            raise InvalidInput(f"{block.cid} is no folder, but a {_entry(block, '').kind}")
        for link in links:
            if link.name in (b"", b".", b"..") or b"/" in link.name or b"\0" in link.name:
                raise ContentMalformed(block.cid, f"{link.name!r} in it is no name")
            if node.unixfs.kind == Kind.FOLDER:
                if link.name in names:
                    raise ContentMalformed(block.cid, f"{link.name!r} is in it twice")
                names.add(link.name)
            yield link

    def _held(self, links: Sequence[Link]) -> Iterator[Link]:
        self.waiting += len(links)
        if self.waiting > WAITING_LIMIT:
            raise InvalidInput(
                f"more than {WAITING_LIMIT:,} entries of folders within each other wait to be "
                "fetched: fetch its parts one by one"
            )
        yield from links
        self.waiting -= len(links)


def _lookup(source: Source, block: Block, name: str, where: str) -> Link:
    node, wanted = decode(block), _bytes(name)
    if node.unixfs.kind == Kind.SHARD:
        found = hamt.find(source, block, wanted)
    elif node.unixfs.kind == Kind.FOLDER:
        found = next((link for link in node.links if link.name == wanted), None)
    else:
        raise InvalidInput(f"{where} is no folder, but a {_entry(block, '').kind}")
    if found is None or name in (".", ".."):
        raise InvalidInput(f"there is no {name!r} in {where}")
    return found


def _entry(block: Block, name: str) -> Entry:
    node = decode(block)
    unixfs = node.unixfs
    if unixfs.kind in _FILES:
        return Entry(name, block.cid, "file", _size(block, node), unixfs.mode)
    if unixfs.kind in _FOLDERS:
        size = len(block.data) + sum(link.size for link in node.links)
        return Entry(name, block.cid, "folder", size, unixfs.mode)
    if unixfs.kind == Kind.SYMLINK:
        target = _text(unixfs.data)
        return Entry(name, block.cid, "symlink", len(unixfs.data), unixfs.mode, target)
    raise ContentMalformed(block.cid, "it describes something else, and is no file or folder")


def _size(block: Block, node: Node) -> int:
    """The bytes of content of a file, or of a part of one; all that it says of sizes agrees."""
    unixfs = node.unixfs
    size = len(unixfs.data) + sum(unixfs.blocksizes)
    if unixfs.kind not in _FILES:
        raise ContentMalformed(block.cid, "it lies where a part of a file should be")
    if len(node.links) != len(unixfs.blocksizes) or unixfs.filesize not in (None, size):
        raise ContentMalformed(
            block.cid,
            f"it declares {unixfs.filesize} bytes, and {size} of them in {len(node.links)} parts",
        )
    return size


def _parts(node: Node) -> Iterator[tuple[Cid, int]]:
    """The parts of a file with their sizes; an empty one is not even read."""
    sizes = zip(node.links, node.unixfs.blocksizes, strict=True)
    return ((link.cid, size) for link, size in sizes if size)


def _next(waiting: list[Iterator[tuple[Cid, int]]]) -> tuple[Cid, int] | None:
    """The next part in order, from the innermost node that has one left."""
    while waiting:
        for part in waiting[-1]:
            return part
        waiting.pop()
    return None


def _block(source: Source, cid: Cid) -> Block:
    return Block(cid, source.get(cid))


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
