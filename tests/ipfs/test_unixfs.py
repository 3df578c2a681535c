"""Files and folders, read: what blocks claim is checked, and nothing is written elsewhere."""

import os
import stat
import tracemalloc
from pathlib import Path

import pytest

from metaorg.errors import ContentMalformed, ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs import disk, hamt, unixfs
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.cid import Import
from metaorg.ipfs.dagpb import Kind, Link, UnixFS, decode, encode
from metaorg.ipfs.unixfs import content, entries, extract, resolve
from metaorg.types import DAG_CBOR, DAG_PB, Cid
from tests.ipfs.adding import deep_folder
from tests.ipfs.shelf import Shelf, file_of, node, raw, symlink

A, B = raw(b"aaa"), raw(b"bb")
FILE = file_of((A, 3), (B, 2), data=b"own")
MANY = 2_000


@pytest.fixture
def shelf() -> Shelf:
    return Shelf([A, B, FILE])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """In a folder of its own, so that whatever is written beside it is seen."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "target"


@pytest.fixture
def sharded() -> tuple[Shelf, Cid]:
    """A folder of 2,000 entries, and what it lies in."""
    shelf = Shelf([A])
    links = [Link(A.cid.to_bytes(), b"%d" % index, 3) for index in range(MANY)]
    blocks = list(hamt.shards(links, hamt.Shape(256, 1)))
    inner = shelf.add(*blocks)
    return shelf, shelf.add(node([(b"many", Block(inner, shelf.blocks[inner]))]))


def beside(target: Path) -> list[str]:
    return os.listdir(target.parent)


# Paths


def test_a_path_is_resolved_through_folders(shelf: Shelf) -> None:
    inner = node([(b"file", FILE), (b"raw", A), ("ä".encode(), A), (b"\xff", B)])
    root = node([(b"inner", inner), (b"link", symlink(b"inner"))])
    shelf.add(inner, symlink(b"inner"), root)

    assert resolve(shelf, root.cid).kind == "folder"
    assert resolve(shelf, root.cid, "inner/file") == ("file", FILE.cid, "file", 8, None, None)
    assert resolve(shelf, root.cid, "/inner//raw/") == ("raw", A.cid, "file", 3, None, None)
    assert resolve(shelf, root.cid, "inner/ä").cid == A.cid
    assert resolve(shelf, root.cid, "inner/\udcff").cid == B.cid
    assert resolve(shelf, root.cid, "link").target == "inner"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("absent", "there is no 'absent' in baf"),
        ("file/inner", "/file is no folder, but a file"),
        ("link/inner", "/link is no folder, but a symlink"),
        ("..", "there is no '..'"),
        ("./file", "there is no '.'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, why: str, shelf: Shelf) -> None:
    root = node([(b"file", A), (b"link", symlink(b"file")), (b"..", A), (b".", A)])
    shelf.add(symlink(b"file"), root)

    with pytest.raises(InvalidInput, match=why):
        resolve(shelf, root.cid, path)


def test_a_path_into_a_sharded_folder_reads_only_what_is_on_the_way(
    sharded: tuple[Shelf, Cid],
) -> None:
    shelf, root = sharded

    assert resolve(shelf, root, "many/1234").size == 3
    assert len(shelf.given) <= 5
    with pytest.raises(InvalidInput, match="there is no '2000'"):
        resolve(shelf, root, "many/2000")


# Listings


def test_a_folder_is_listed_with_kinds_sizes_and_modes(shelf: Shelf) -> None:
    private = node(unixfs=UnixFS(Kind.FILE, b"x", 1, mode=0o600))
    link = symlink(b"../\xff")
    empty = node()
    root = node([(b"e", empty), (b"f", FILE), (b"l", link), (b"p", private), (b"r", A)])
    shelf.add(private, link, empty, root)

    assert list(entries(shelf, root.cid)) == [
        ("e", empty.cid, "folder", 4, None, None),
        ("f", FILE.cid, "file", 8, None, None),
        ("l", link.cid, "symlink", 4, None, "../\udcff"),
        ("p", private.cid, "file", 1, 0o600, None),
        ("r", A.cid, "file", 3, None, None),
    ]


def test_a_sharded_folder_is_listed_whole(sharded: tuple[Shelf, Cid]) -> None:
    shelf, root = sharded
    cid = resolve(shelf, root, "many").cid

    assert sorted(int(entry.name) for entry in entries(shelf, cid)) == list(range(MANY))


def test_a_file_has_no_entries(shelf: Shelf) -> None:
    with pytest.raises(InvalidInput, match=f"{FILE.cid} is no folder, but a file"):
        list(entries(shelf, FILE.cid))


@pytest.mark.parametrize("name", [b"", b".", b"..", b"a/b", b"/etc", b"../up", b"nul\0"])
def test_a_name_that_no_disk_can_have_is_malformed(name: bytes, shelf: Shelf, target: Path) -> None:
    root = node([(b"good", A), (name, A)])
    shelf.add(root)

    for work in (lambda: list(entries(shelf, root.cid)), lambda: extract(shelf, root.cid, target)):
        with pytest.raises(ContentMalformed, match=f"{root.cid} is malformed.*is no name"):
            work()
    assert beside(target) == []


def test_a_name_that_is_there_twice_is_malformed(shelf: Shelf, target: Path) -> None:
    root = node([(b"a", A), (b"b", B), (b"a", B)])
    shelf.add(root)

    with pytest.raises(ContentMalformed, match=f"{root.cid} is malformed.*b'a' is in it twice"):
        extract(shelf, root.cid, target)
    assert beside(target) == []


# Shards that lie


def shard(
    children: list[tuple[bytes, Block]], bits: int, *, fanout: int = 256, by: int = hamt.MURMUR3
) -> Block:
    field = bits.to_bytes(32).lstrip(b"\0")
    return node(children, UnixFS(Kind.SHARD, field, hash_type=by, fanout=fanout))


def slot_of(name: bytes) -> int:
    [root] = hamt.shards([Link(A.cid.to_bytes(), name, 3)], hamt.Shape(256, 1))  # type: ignore[misc]
    return int(decode(root).links[0].name[:2], 16)


SLOT = slot_of(b"name")
HERE, ELSEWHERE = b"%02X" % SLOT, b"%02X" % ((SLOT + 1) % 256)
BIT, OTHER = 1 << SLOT, 1 << (SLOT + 1) % 256


@pytest.mark.parametrize(
    ("root", "why"),
    [
        (shard([(ELSEWHERE + b"name", A)], OTHER), "b'name' is in a wrong slot"),
        (shard([(HERE + b"name", A), (HERE + b"name", A)], BIT), "out of order"),
        (shard([(b"1gname", A)], 1), "names no slot"),
        (shard([(b"0aname", A)], 1 << 10), "names no slot"),
        (shard([(b"+1name", A)], 2), "names no slot"),
        (shard([(b"1", A)], 2), "names no slot"),
        (shard([(b"", A)], 1), "names no slot"),
        (shard([(HERE + b"name", A)], BIT | OTHER), "which of its slots"),
        (shard([(HERE + b"name", A)], 0), "which of its slots"),
        (shard([(HERE + b"name", A)], BIT, fanout=257), "shard of 257 slots"),
        (shard([(HERE + b"name", A)], BIT, fanout=1 << 40), "slots"),
        (shard([(HERE + b"name", A)], BIT, fanout=0), "shard of 0 slots"),
        (shard([(HERE + b"name", A)], BIT, by=0x12), "by hash 18"),
        (shard([(HERE, A)], BIT), f"{A.cid} is malformed.*where a shard"),
        (shard([(HERE, node())], BIT), f"{node().cid} is malformed.*where a shard"),
        (shard([(HERE, shard([], 0, fanout=16))], BIT), "shard of 16 slots"),
    ],
)
def test_a_shard_that_is_built_wrongly_is_malformed(
    root: Block, why: str, shelf: Shelf, target: Path
) -> None:
    shelf.add(node(), shard([], 0, fanout=16), root)

    for work in (lambda: list(entries(shelf, root.cid)), lambda: extract(shelf, root.cid, target)):
        with pytest.raises(ContentMalformed, match=why):
            work()
    assert beside(target) == []


def test_a_name_cannot_be_in_two_shards(shelf: Shelf) -> None:
    below = shard([(HERE + b"name", A)], BIT)
    root = shard([(HERE, below)], BIT)
    shelf.add(below, root)

    with pytest.raises(ContentMalformed, match=f"{below.cid} is malformed.*in a wrong slot"):
        list(entries(shelf, root.cid))


def test_shards_deeper_than_hashes_are_malformed(shelf: Shelf) -> None:
    block = shard([], 0)
    for _ in range(9):
        shelf.add(block)
        block = shard([(HERE, block)], BIT)
    shelf.add(block)

    with pytest.raises(ContentMalformed, match="deeper than hashes have bits"):
        list(entries(shelf, block.cid))


# Content


def test_content_is_streamed_in_order(shelf: Shelf) -> None:
    outer = file_of((FILE, 8), (A, 3), (FILE, 8))
    shelf.add(outer)

    assert b"".join(content(shelf, outer.cid)) == b"ownaaabb" + b"aaa" + b"ownaaabb"
    assert b"".join(content(shelf, A.cid)) == b"aaa"
    assert list(content(shelf, shelf.add(file_of()))) == []


@pytest.mark.parametrize(
    ("liar", "named"),
    [
        (file_of((A, 3), filesize=4), None),
        (file_of((A, 3), filesize=2**64 - 1), None),
        (file_of((A, 2)), A),
        (file_of((A, 4)), A),
        (file_of((FILE, 7)), FILE),
        (file_of((A, 3), (B, 2**62)), B),
        (node([(b"", A)], UnixFS(Kind.FILE, b"", 3)), None),
        (node([], UnixFS(Kind.FILE, b"", 3, (3,))), None),
        (file_of((node(), 3)), node()),
        (file_of((symlink(b"aaa"), 3)), symlink(b"aaa")),
    ],
)
def test_a_node_that_lies_about_sizes_is_named(
    liar: Block, named: Block | None, shelf: Shelf, target: Path
) -> None:
    shelf.add(node(), symlink(b"aaa"), liar)

    with pytest.raises(ContentMalformed, match=f"{(named or liar).cid} is malformed"):
        list(content(shelf, liar.cid))
    with pytest.raises((ContentMalformed, InvalidInput)):
        extract(shelf, liar.cid, target)
    assert beside(target) == []


def test_a_file_of_too_many_levels_is_malformed(shelf: Shelf) -> None:
    block = A
    for _ in range(40):
        block = file_of((block, 3))
        shelf.add(block)

    with pytest.raises(ContentMalformed):
        list(content(shelf, block.cid))


def test_a_file_of_parts_without_end_that_are_all_empty_is_empty(shelf: Shelf) -> None:
    block = file_of()
    for _ in range(30):
        shelf.add(block)
        block = file_of(*[(block, 0)] * 1_000)
    shelf.add(block)

    assert list(content(shelf, block.cid)) == []


@pytest.mark.parametrize("block", [node(), symlink(b"x")])
def test_what_is_no_file_has_no_content(block: Block, shelf: Shelf) -> None:
    with pytest.raises(InvalidInput, match=r"is no file, but a (folder|symlink)"):
        list(content(shelf, shelf.add(block)))


@pytest.mark.parametrize("codec", [DAG_CBOR, DAG_PB])
def test_what_is_no_unixfs_is_neither_read_nor_listed_nor_put_down(
    codec: int, shelf: Shelf, target: Path
) -> None:
    block = Block(Cid.of(b"\xa0", codec), b"\xa0")
    shelf.add(block)

    for work in (
        lambda: list(content(shelf, block.cid)),
        lambda: list(entries(shelf, block.cid)),
        lambda: extract(shelf, block.cid, target),
    ):
        with pytest.raises(ContentMalformed, match=str(block.cid)):
            work()


def test_memory_does_not_grow_with_the_content(shelf: Shelf) -> None:
    part = raw(bytes(1 << 20))
    inner = file_of(*[(part, 1 << 20)] * 200)
    outer = file_of(*[(inner, 200 << 20)] * 5)
    shelf.add(part, inner, outer)

    tracemalloc.start()
    size = sum(map(len, content(shelf, outer.cid)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 1_000 << 20
    assert peak < 4 << 20


# Putting down


def test_a_file_and_a_folder_are_put_down(shelf: Shelf, target: Path) -> None:
    root = node([(b"file", FILE), (b"in", node([(b"raw", A), (b"\xff", B)]))])
    shelf.add(node([(b"raw", A), (b"\xff", B)]), root)
    written: list[int] = []

    extract(shelf, root.cid, target, advance=written.append)
    extract(shelf, FILE.cid, target.parent / "file")

    assert (target / "file").read_bytes() == b"ownaaabb"
    assert (target / "in" / "raw").read_bytes() == b"aaa"
    assert Path(os.fsdecode(os.fsencode(target) + b"/in/\xff")).read_bytes() == b"bb"
    assert (target.parent / "file").read_bytes() == b"ownaaabb"
    assert sum(written) == 13
    assert sorted(beside(target)) == ["file", "target"]


def test_an_empty_folder_is_a_target_and_nothing_else_that_exists(
    shelf: Shelf, target: Path
) -> None:
    root = node([(b"file", A)])
    shelf.add(root)
    target.mkdir()
    extract(shelf, root.cid, target)

    for path in (target, target / "file"):
        with pytest.raises(InvalidInput, match="exists already"):
            extract(shelf, root.cid, path)
    (target.parent / "link").symlink_to(target.parent / "elsewhere")
    with pytest.raises(InvalidInput, match="exists already"):
        extract(shelf, root.cid, target.parent / "link")

    assert os.listdir(target) == ["file"]
    assert sorted(beside(target)) == ["link", "target"]


def test_a_target_in_a_folder_that_is_not_there_is_refused(shelf: Shelf, target: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written: No such file or directory"):
        extract(shelf, A.cid, target / "a" / "b")


def test_of_modes_only_permissions_are_restored(shelf: Shelf, target: Path) -> None:
    file = node(unixfs=UnixFS(Kind.FILE, b"x", 1, mode=0o7751))
    closed = node([(b"file", file)], UnixFS(Kind.FOLDER, mode=0o2500))
    root = node([(b"closed", closed), (b"plain", A)], UnixFS(Kind.FOLDER, mode=0o100000755))
    shelf.add(file, closed, root)

    extract(shelf, root.cid, target)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (target, *target.rglob("*"))}
    mask = os.umask(0)
    os.umask(mask)
    assert modes == {"target": 0o755, "closed": 0o500, "file": 0o751, "plain": 0o666 & ~mask}


@pytest.mark.parametrize("failure", [ContentMissing(B.cid), StoreUnreachable("dark"), KeyError()])
def test_what_fails_leaves_nothing_behind(failure: Exception, shelf: Shelf, target: Path) -> None:
    closed = node([(b"a", A)], UnixFS(Kind.FOLDER, mode=0))
    root = node([(b"a", A), (b"closed", closed), (b"z", B)])
    shelf.add(closed, root)
    shelf.failures[B.cid] = failure  # type: ignore[assignment]

    with pytest.raises(type(failure)):
        extract(shelf, root.cid, target)

    assert beside(target) == []


def test_a_target_that_somebody_makes_meanwhile_is_left_alone(shelf: Shelf, target: Path) -> None:
    root = node([(b"a", A)])
    shelf.add(root)

    for cid in (root.cid, A.cid):
        with pytest.raises(InvalidInput, match="exists already"):
            extract(shelf, cid, target, advance=lambda _: target.write_text("mine"))
        assert target.read_text() == "mine"
        assert beside(target) == ["target"]
        target.unlink()


# Symlinks


@pytest.mark.parametrize(
    "to", [b"b", b"./b", b"d/e", b"../b", b"../d//e/", b"absent", b".", b"..", b"\xff", b"..a"]
)
def test_a_symlink_that_stays_is_made(to: bytes, shelf: Shelf, target: Path) -> None:
    inner = node([(b"link", symlink(to))])
    root = node([(b"inner", inner)])
    shelf.add(symlink(to), inner, root)

    assert extract(shelf, root.cid, target) == 0

    assert os.readlink(os.fsencode(target / "inner" / "link")) == to


@pytest.mark.parametrize(
    "to",
    [b"/etc/passwd", b"/", b"../..", b"../../x", b"x/..", b"x/../../..", b"./../../x", b"//x", b"",
     b"a\0b"],
)  # fmt: skip
def test_a_symlink_that_may_lead_out_is_refused_or_left_out(
    to: bytes, shelf: Shelf, target: Path
) -> None:
    inner = node([(b"a", A), (b"link", symlink(to))])
    root = node([(b"inner", inner)])
    shelf.add(symlink(to), inner, root)

    with pytest.raises(InvalidInput, match="the symlink 'inner/link' leads to"):
        extract(shelf, root.cid, target)
    assert beside(target) == []

    assert extract(shelf, root.cid, target, skip_links=True) == 1
    assert os.listdir(target / "inner") == ["a"]


def test_symlinks_that_lead_out_only_together_are_refused(shelf: Shelf, target: Path) -> None:
    up = symlink(b"../..")
    inner = node([(b"e", node([(b"up", up)]))])
    root = node([(b"d", inner), (b"out", symlink(b"d/e/up/.."))])
    shelf.add(up, node([(b"up", up)]), inner, symlink(b"d/e/up/.."), root)

    with pytest.raises(InvalidInput, match="the symlink 'out' leads to"):
        extract(shelf, root.cid, target)


def test_a_symlink_alone_is_not_put_down(shelf: Shelf, target: Path) -> None:
    link = symlink(b"etc")

    for skip in (True, False):
        with pytest.raises(InvalidInput, match="is a symlink to 'etc'"):
            extract(shelf, shelf.add(link), target, skip_links=skip)


def test_a_symlink_that_is_planted_meanwhile_is_not_followed(shelf: Shelf, target: Path) -> None:
    inner = node([(b"a", A)])
    root = node([(b"a", A), (b"inner", inner)])
    shelf.add(inner, root)
    outside = target.parent.parent / "outside"
    outside.mkdir()

    def plant(_: int) -> None:
        [part] = target.parent.iterdir()
        (part / "inner").symlink_to(outside)

    with pytest.raises(InvalidInput, match="'inner' cannot be written"):
        extract(shelf, root.cid, target, advance=plant)

    assert os.listdir(outside) == beside(target) == []


def test_a_folder_that_is_moved_meanwhile_is_not_left_for_another(
    shelf: Shelf, target: Path
) -> None:
    inner = node([(b"a", A)])
    root = node([(b"inner", inner), (b"z", B)])
    shelf.add(inner, root)
    outside = target.parent.parent / "outside"
    outside.mkdir()

    def move(_: int) -> None:
        [part] = target.parent.iterdir()
        (part / "inner").rename(outside / "inner")

    with pytest.raises(InvalidInput, match="somebody moved folders"):
        extract(shelf, root.cid, target, advance=move)

    assert os.listdir(outside) == ["inner"]
    assert beside(target) == []


# Bombs


def test_a_file_larger_than_the_disk_is_refused_before_it_is_written(
    shelf: Shelf, target: Path
) -> None:
    part, size = raw(bytes(1 << 20)), 1 << 20
    shelf.add(part)
    block = part
    for _ in range(4):
        block, size = file_of(*[(block, size)] * 1_000), size * 1_000
        shelf.add(block)
    root = node([(b"a", A), (b"bomb", block)])
    shelf.add(root)
    written: list[int] = []

    for cid in (block.cid, root.cid):
        with pytest.raises(InvalidInput, match="takes up 1,048,576,000,000,000,000 bytes, and"):
            extract(shelf, cid, target, advance=written.append)
    assert beside(target) == []
    assert sum(written) <= 3


def test_more_entries_than_allowed_are_refused(shelf: Shelf, target: Path) -> None:
    block = node()
    for _ in range(30):
        shelf.add(block)
        links = [Link(block.cid.to_bytes(), b"%d" % index, 0) for index in range(10)]
        data = encode(links, UnixFS(Kind.FOLDER))
        block = Block(Cid.of(data, DAG_PB), data)
    shelf.add(block)

    with pytest.raises(InvalidInput, match="more than 1,000 files, folders and symlinks"):
        extract(shelf, block.cid, target, limit=1_000)
    assert beside(target) == []


def test_paths_longer_than_any_program_takes_are_refused(shelf: Shelf, target: Path) -> None:
    block = node()
    for _ in range(3_000):
        shelf.add(block)
        block = node([(b"d", block)])
    shelf.add(block)

    with pytest.raises(InvalidInput, match="is too long for a disk"):
        extract(shelf, block.cid, target)
    assert beside(target) == []


def test_folders_deeper_than_python_recurses_are_put_down(shelf: Shelf, tmp_path: Path) -> None:
    with deep_folder(tmp_path / "top", 1_500) as path:
        shelf.blocks.update(work := Import(path))
        extract(shelf, work.root.cid, path / "again")

        assert Import(path / "again").root == work.root


def test_what_waits_in_folders_within_each_other_is_limited(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unixfs, "WAITING_LIMIT", 1_000)
    inner = node((b"%d" % index, A) for index in range(600))
    root = node([(b"0", inner), *((b"%d" % index, A) for index in range(1, 600))])
    shelf.add(inner, root)

    with pytest.raises(InvalidInput, match="more than 1,000 entries"):
        extract(shelf, root.cid, target)
    assert beside(target) == []
    extract(shelf, inner.cid, target)
    assert len(os.listdir(target)) == 600


def test_a_name_too_long_for_the_disk_is_a_sentence(shelf: Shelf, target: Path) -> None:
    root = node([(b"n" * 256, A)])
    shelf.add(root)

    with pytest.raises(InvalidInput, match=r"n' cannot be written: the name is too long"):
        extract(shelf, root.cid, target)
    assert beside(target) == []


def test_a_full_disk_is_a_sentence(
    shelf: Shelf, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        with open("/dev/full", "wb", buffering=0) as file:
            return file.write(b"x")

    monkeypatch.setattr(disk.Tree, "file", full)

    with pytest.raises(InvalidInput, match="cannot be written: the disk is full"):
        extract(shelf, A.cid, target)
    assert beside(target) == []
