"""The embedded store: nothing acknowledged is lost, nothing damaged is served."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import ContentCorrupt, ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs import Embedded
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.types import BLOCK_LIMIT, DAG_PB, RAW, Cid

EMPTY_FOLDER = b"\x0a\x02\x08\x01"
"""A UnixFS folder without entries, as dag-pb."""

PUT_SOME = """
import sys
from metaorg.ipfs import Embedded
store = Embedded(sys.argv[1])
for n in range(int(sys.argv[3])):
    store.put(f"{sys.argv[2]} {n}".encode())
"""


# What version 1 made, in which nothing was ever deleted.
FIRST = """
PRAGMA journal_mode = WAL;
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    codec INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (digest, codec)
);
PRAGMA user_version = 1;
PRAGMA application_id = 0x6D6F7267;
"""


def python(script: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(script: str, *arguments: object) -> str:
    process = python(script, *arguments)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def damage(store: Embedded, statement: str) -> None:
    store.close()
    database = sqlite3.connect(store.path)
    with database:
        database.execute(statement)
    database.close()


def test_making_a_store_touches_nothing(tmp_path: Path) -> None:
    Embedded(tmp_path / "deep" / "blocks.db").describe()

    assert list(tmp_path.iterdir()) == []


def test_what_was_put_is_read_by_whoever_opens_the_file(embedded: Embedded) -> None:
    cid = embedded.put(b"minutes")

    other = Embedded(embedded.path)

    assert cid == cid_of(b"minutes")
    assert other.has(cid)
    assert other.get(cid) == b"minutes"
    assert list(other.cids()) == [cid]
    other.pin(cid)


def test_what_was_never_put_is_missing(embedded: Embedded) -> None:
    absent = cid_of(b"absent")

    assert not embedded.has(absent)
    for read in (embedded.get, embedded.pin):
        with pytest.raises(ContentMissing) as missing:
            read(absent)
        assert missing.value.asked == (embedded.describe(),)
    assert list(embedded.cids()) == []


@settings(max_examples=30)
@given(st.lists(st.tuples(st.binary(max_size=300), st.sampled_from([RAW, DAG_PB]))))
def test_a_store_is_a_set_of_blocks(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[tuple[bytes, int]]
) -> None:
    store = Embedded(tmp_path_factory.mktemp("set") / "blocks.db")

    put = [store.put(data, codec) for data, codec in blocks]

    assert [store.get(cid) for cid in put] == [data for data, _ in blocks]
    assert sorted(map(str, store.cids())) == sorted({str(cid) for cid in put})
    store.close()


def test_the_empty_block_and_the_largest_block_are_kept(embedded: Embedded) -> None:
    for data in (b"", os.urandom(BLOCK_LIMIT)):
        assert embedded.get(embedded.put(data)) == data


def test_a_block_is_found_under_every_codec(embedded: Embedded) -> None:
    raw = embedded.put(b"node")

    node = Cid(digest=raw.digest, codec=DAG_PB)

    assert embedded.has(node)
    assert embedded.get(node) == b"node"


def test_many_blocks_come_back_in_order_and_are_listed_once(embedded: Embedded) -> None:
    blocks = [f"block {n}".encode() for n in range(2500)]

    cids = embedded.put_many(iter([*blocks, blocks[0]]))

    assert cids == [*map(cid_of, blocks), cid_of(blocks[0])]
    assert sorted(map(str, embedded.cids())) == sorted(map(str, cids[:-1]))
    assert embedded.put_many([]) == []


def test_a_block_that_is_too_large_is_refused_and_leaves_nothing(embedded: Embedded) -> None:
    with pytest.raises(InvalidInput):
        embedded.put_many([b"small", bytes(BLOCK_LIMIT + 1)])

    assert list(embedded.cids()) == []


def test_a_source_that_puts_into_the_same_store_does_not_lock_it(embedded: Embedded) -> None:
    def source() -> Iterator[bytes]:
        for n in range(3):
            embedded.put(b"seen %d" % n)
            yield b"block %d" % n

    embedded.put_many(source())

    assert len(list(embedded.cids())) == 6


def test_blocks_may_be_put_while_they_are_listed(embedded: Embedded) -> None:
    cids = embedded.put_many([b"block %d" % n for n in range(2500)])

    listed = [(cid, embedded.put(b"more"))[0] for cid in embedded.cids()]

    assert set(cids) <= set(listed)
    assert len(set(listed)) == len(listed)


def test_processes_that_open_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    for round_ in range(5):
        path = tmp_path / f"{round_}.db"
        writers = [python(PUT_SOME, path, f"writer {n}", 20) for n in range(4)]

        failures = [writer.communicate(timeout=120)[1] for writer in writers]

        assert failures == [""] * 4
        kept = Embedded(path)
        assert sum(1 for _ in kept.cids()) == 80
        kept.close()


def test_two_processes_write_and_read_the_same_file(embedded: Embedded) -> None:
    writer = python(PUT_SOME, embedded.path, "other", 300)

    mine = [embedded.put(b"mine %d" % n) for n in range(300)]

    assert writer.communicate(timeout=120)[1] == ""
    assert all(embedded.has(cid) for cid in mine)
    assert all(embedded.get(cid_of(b"other %d" % n)) for n in range(300))


def test_a_writer_that_never_ends_makes_the_store_unreachable_in_bounded_time(
    tmp_path: Path,
) -> None:
    store = Embedded(tmp_path / "blocks.db", patience=0.2)
    cid = store.put(b"before")
    hog = sqlite3.connect(store.path, isolation_level=None)
    hog.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnreachable, match="another process has been writing"):
        store.put(b"after")

    assert store.get(cid) == b"before"
    hog.close()
    store.put(b"after")


def test_threads_share_one_store(embedded: Embedded) -> None:
    def work(n: int) -> bytes:
        return embedded.get(embedded.put(b"thread %d" % n))

    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(work, range(200)))

    assert read == [b"thread %d" % n for n in range(200)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_opens_the_file_anew(embedded: Embedded) -> None:
    embedded.put(b"parent")

    child = os.fork()
    if child == 0:
        try:
            embedded.put(b"child")
            os._exit(0)
        except BaseException:
            os._exit(1)

    assert os.waitpid(child, 0)[1] == 0
    assert embedded.get(cid_of(b"parent")) == b"parent"
    assert embedded.get(cid_of(b"child")) == b"child"


@pytest.mark.parametrize("damaged", ["x'00'", "zeroblob(7)", "'text'"])
def test_damaged_bytes_are_never_served_and_putting_again_heals_them(
    embedded: Embedded, damaged: str
) -> None:
    cid = embedded.put(b"minutes")
    damage(embedded, f"UPDATE block SET data = {damaged}")

    with pytest.raises(ContentCorrupt) as corrupt:
        embedded.get(cid)

    assert corrupt.value.cid == cid
    embedded.put(b"minutes")
    assert embedded.get(cid) == b"minutes"


def test_a_damaged_copy_under_one_codec_does_not_hide_an_intact_one(embedded: Embedded) -> None:
    cid = embedded.put(b"minutes")
    embedded.put(b"minutes", DAG_PB)
    damage(embedded, f"UPDATE block SET data = x'00' WHERE codec = {RAW}")

    assert embedded.get(cid) == b"minutes"


def test_a_flipped_bit_on_disk_is_detected(embedded: Embedded) -> None:
    data = os.urandom(1000)
    cid = embedded.put(data)
    embedded.close()
    content = bytearray(embedded.path.read_bytes())
    content[content.index(data) + 500] ^= 1
    embedded.path.write_bytes(content)

    with pytest.raises(ContentCorrupt):
        embedded.get(cid)


def test_a_file_that_was_cut_off_is_unreachable_not_empty(embedded: Embedded) -> None:
    cids = embedded.put_many([b"%d" % n * 1000 for n in range(100)])
    embedded.close()
    with embedded.path.open("r+b") as file:
        file.truncate(embedded.path.stat().st_size // 2)

    with pytest.raises(StoreUnreachable, match="damaged"):
        for cid in cids:
            embedded.get(cid)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear members, " * 100)

    with pytest.raises(StoreUnreachable, match="is not a block store"):
        Embedded(path).put(b"minutes")

    assert path.read_text() == "Dear members, " * 100


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    accounts = sqlite3.connect(path)
    accounts.execute("CREATE TABLE account (name)")
    accounts.close()
    before = path.read_bytes()

    with pytest.raises(StoreUnreachable, match="another program's database"):
        Embedded(path).put(b"minutes")

    assert path.read_bytes() == before


def test_a_store_of_a_later_version_is_refused(embedded: Embedded) -> None:
    cid = embedded.put(b"minutes")
    damage(embedded, "PRAGMA user_version = 3")

    with pytest.raises(StoreUnreachable, match="update metaorg"):
        embedded.get(cid)


def first_version(path: Path, documents: list[bytes], nodes: list[bytes]) -> None:
    database = sqlite3.connect(path)
    database.executescript(FIRST)
    with database:
        blocks = [(cid_of(data), data) for data in documents]
        blocks += [(cid_of(data, DAG_PB), data) for data in nodes]
        rows = [(cid.digest, cid.codec, data) for cid, data in blocks]
        database.executemany("INSERT INTO block (digest, codec, data) VALUES (?, ?, ?)", rows)
    database.close()


def test_a_file_of_version_1_is_converted_in_place(tmp_path: Path) -> None:
    path = tmp_path / "blocks.db"
    first_version(path, [b"a", b"b"], [EMPTY_FOLDER])

    store = Embedded(path)

    assert set(store.cids()) == {cid_of(b"a"), cid_of(b"b"), cid_of(EMPTY_FOLDER, DAG_PB)}
    assert set(store.pins()) == {cid_of(b"a"), cid_of(b"b")}
    assert store.collect([], older_than=3600) == 0
    assert store.collect([], older_than=0) == 1
    assert store.get(cid_of(b"a")) == b"a"
    store.close()


def test_processes_that_convert_a_file_at_once_all_succeed(tmp_path: Path) -> None:
    for round_ in range(3):
        path = tmp_path / f"{round_}.db"
        first_version(path, [b"old %d" % n for n in range(5000)], [])
        writers = [python(PUT_SOME, path, f"writer {n}", 5) for n in range(4)]

        failures = [writer.communicate(timeout=120)[1] for writer in writers]

        assert failures == [""] * 4
        kept = Embedded(path)
        assert sum(1 for _ in kept.cids()) == sum(1 for _ in kept.pins()) == 5020
        kept.close()


def test_a_conversion_that_is_cut_off_leaves_version_1_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "blocks.db"
    first_version(path, [b"a"], [])
    first, second = Embedded.steps
    monkeypatch.setattr(Embedded, "steps", (first, (*second, "no SQL")))

    with pytest.raises(StoreUnreachable):
        Embedded(path).get(cid_of(b"a"))

    monkeypatch.undo()
    assert Embedded(path).get(cid_of(b"a")) == b"a"


def test_a_path_that_cannot_be_a_file_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnreachable, match="cannot be opened"):
        Embedded(tmp_path).put(b"minutes")
    with pytest.raises(StoreUnreachable, match="folder cannot be made"):
        Embedded(tmp_path / "file" / "blocks.db").put(b"minutes")


def test_a_store_that_may_not_be_written_says_so(embedded: Embedded) -> None:
    cid = embedded.put(b"minutes")
    embedded.close()
    embedded.path.chmod(0o444)
    embedded.path.parent.chmod(0o555)

    said = run(
        """
        import os, sys
        from pathlib import Path
        from metaorg.errors import StoreUnreachable
        from metaorg.ipfs import Embedded
        os.chdir(sys.argv[1])
        if os.geteuid() == 0:
            os.setuid(65534)  # root may write everywhere
        store = Embedded("blocks.db")
        store._file.path = Path(store.path.name)  # pytest's folders are closed to other users
        try:
            store.put(b"more")
        except StoreUnreachable as error:
            print(error)
        """,
        embedded.path.parent,
    )

    assert "can only be read" in said or "cannot be opened" in said
    embedded.path.parent.chmod(0o755)
    embedded.path.chmod(0o644)
    assert embedded.get(cid) == b"minutes"


def test_a_full_disk_is_said_and_loses_nothing_acknowledged(embedded: Embedded) -> None:
    said = run(
        """
        import os, resource, sys
        from metaorg.errors import StoreUnreachable
        from metaorg.ipfs import Embedded
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        store = Embedded(sys.argv[1])
        try:
            for _ in range(1000):
                print(store.put(os.urandom(10_000)))
        except StoreUnreachable as error:
            print(error)
        """,
        embedded.path,
    )

    *acknowledged, problem = said.splitlines()
    assert "the disk" in problem
    assert "full" in problem
    assert acknowledged
    for cid in acknowledged:
        embedded.get(Cid.parse(cid))


def test_a_store_that_has_filled_its_disk_can_collect_and_go_on(
    small_disk: Callable[[int], Path],
) -> None:
    store = Embedded(small_disk(260) / "blocks.db")
    kept = store.put(b"minutes")

    with pytest.raises(StoreUnreachable, match=r"the disk is full but for \d+ MiB"):
        for _ in range(250):
            data = os.urandom(1 << 20)
            store.write([Block(cid_of(data), data)])

    assert store.get(kept) == b"minutes"
    assert store.collect([], older_than=0) > 30
    assert list(store.cids()) == [kept]
    store.put(os.urandom(1 << 20))
    store.close()


def test_a_closed_store_opens_again_when_it_is_used(embedded: Embedded) -> None:
    cid = embedded.put(b"minutes")

    embedded.close()
    embedded.close()

    assert embedded.get(cid) == b"minutes"


def test_closing_in_one_thread_does_not_break_another(embedded: Embedded) -> None:
    stop = threading.Event()

    def close_often() -> None:
        while not stop.is_set():
            embedded.close()

    closer = threading.Thread(target=close_often)
    closer.start()
    try:
        cids = [embedded.put(b"%d" % n) for n in range(20)]
        assert all(embedded.has(cid) for cid in cids)
    finally:
        stop.set()
        closer.join()
