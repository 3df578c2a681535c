"""What a store cannot take waits on disk, and the next use of the store sends it, once."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import ContentMalformed, ContentMissing, StoreUnreachable
from metaorg.ipfs import Embedded, Kubo, Queued, Tiered, open_store, unixfs
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import Import
from metaorg.types import DAG_PB, Cid


class Shaky(Embedded):
    """A store that counts what it is sent, and is down from a number of blocks on."""

    down_after: float = float("inf")

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.taken: list[Cid] = []

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        for block in blocks:
            self.answer()
            super().write([block], pin=pin)
            self.taken.append(block.cid)

    def get(self, cid: Cid) -> bytes:
        self.answer()
        return super().get(cid)

    def has(self, cid: Cid) -> bool:
        self.answer()
        return super().has(cid)

    def pin(self, cid: Cid) -> None:
        self.answer()
        super().pin(cid)

    def answer(self) -> None:
        if len(self.taken) >= self.down_after:
            raise StoreUnreachable("the test's store is down")


@pytest.fixture
def shaky(tmp_path: Path) -> Iterator[Shaky]:
    store = Shaky(tmp_path / "shaky.db")
    yield store
    store.close()


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    return tmp_path / "queue" / "shaky.queue"


def tree(size: int = 20 << 20) -> tuple[list[Block], Cid]:
    """The blocks of a file of many chunks, which differ, and its root."""

    class Numbers:
        left = size >> 3

        def read(self, count: int = -1) -> bytes:
            count = min(count >> 3, self.left) if count >= 0 else self.left
            self.left -= count
            return b"".join(n.to_bytes(8) for n in range(self.left, self.left + count))

    work = Import.stream(Numbers())  # type: ignore[arg-type]
    return list(work), work.root.cid


def test_making_a_queue_and_reading_through_it_make_no_file(shaky: Shaky, queue: Path) -> None:
    cid = shaky.put(b"minutes")
    store = Queued(shaky, queue)

    assert store.get(cid) == b"minutes"
    assert store.has(cid)
    assert not store.pending()
    assert not queue.exists()


def test_what_the_store_took_does_not_stay_in_the_queue(shaky: Shaky, queue: Path) -> None:
    store = Queued(shaky, queue)

    cid = store.put(b"minutes")

    assert shaky.get(cid) == b"minutes"
    assert list(shaky.pins()) == [cid]
    assert not store.pending()
    assert list(store._spool.cids()) == []


def test_a_store_that_is_down_leaves_everything_in_the_queue_and_says_so(
    shaky: Shaky, queue: Path
) -> None:
    store = Queued(shaky, queue)
    shaky.down_after = 0

    with pytest.raises(StoreUnreachable, match="is down; 3 blocks") as refusal:
        store.put_many([b"a", b"bb", b"ccc"])

    assert f"(6 bytes) and 0 pins wait in {queue}; the next command" in str(refusal.value)
    assert store.pending().blocks == 3
    assert store.get(cid_of(b"bb")) == b"bb"
    assert store.has(cid_of(b"bb"))


def test_the_next_command_sends_what_waits_before_it_reads(shaky: Shaky, queue: Path) -> None:
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        Queued(shaky, queue).put(b"minutes")
    shaky.down_after = float("inf")

    store = Queued(shaky, queue)

    assert not store.has(cid_of(b"something else"))
    assert shaky.get(cid_of(b"minutes")) == b"minutes"
    assert list(shaky.pins()) == [cid_of(b"minutes")]
    assert not store.pending()


def test_reading_goes_on_with_a_warning_while_the_store_is_down(shaky: Shaky, queue: Path) -> None:
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        Queued(shaky, queue).put(b"minutes")
    warnings: list[str] = []
    store = Queued(shaky, queue, warn=warnings.append)

    assert store.get(cid_of(b"minutes")) == b"minutes"
    assert store.get(cid_of(b"minutes")) == b"minutes"

    assert len(warnings) == 1
    assert "1 blocks (7 bytes) and 0 pins wait in" in warnings[0]
    with pytest.raises(StoreUnreachable):
        store.get(cid_of(b"absent"))


def test_an_interrupted_upload_goes_on_where_it_stopped(shaky: Shaky, queue: Path) -> None:
    blocks, root = tree()
    shaky.down_after = 9
    with pytest.raises(StoreUnreachable, match="blocks"):
        Queued(shaky, queue).write(iter(blocks))
    acknowledged = len(blocks) - Queued(shaky, queue).pending().blocks
    shaky.down_after = float("inf")
    shaky.taken.clear()

    store = Queued(shaky, queue)
    store.write(iter(blocks))
    store.pin(root)

    assert 0 < acknowledged <= 9
    assert len(shaky.taken) == len(blocks) - acknowledged
    assert list(shaky.pins()) == [root]
    assert list(store._spool.cids()) == []
    assert queue.stat().st_size < 1 << 20


def test_writing_again_what_waits_sends_it_once(shaky: Shaky, queue: Path) -> None:
    store = Queued(shaky, queue)
    shaky.down_after = 0
    for _ in range(3):
        with pytest.raises(StoreUnreachable, match="1 blocks"):
            store.put(b"minutes")
    shaky.down_after = float("inf")

    store.put(b"minutes")

    assert shaky.taken == [cid_of(b"minutes")]


def test_a_pin_waits_too_and_is_kept_after_its_blocks(shaky: Shaky, queue: Path) -> None:
    blocks, root = tree()
    shaky.down_after = 0
    store = Queued(shaky, queue)
    with pytest.raises(StoreUnreachable):
        store.write(blocks)
    with pytest.raises(StoreUnreachable, match="and 1 pins wait"):
        store.pin(root)
    shaky.down_after = float("inf")

    Queued(shaky, queue).flush()

    assert list(shaky.pins()) == [root]
    assert not store.pending()


def test_what_the_store_lost_before_the_pin_is_sent_again(shaky: Shaky, queue: Path) -> None:
    blocks, root = tree()
    store = Queued(shaky, queue)
    store.write(blocks)
    assert shaky.collect([], older_than=0) == len(blocks)

    store.pin(root)

    assert list(shaky.pins()) == [root]
    assert len(shaky.taken) == 2 * len(blocks)
    assert list(store._spool.cids()) == []


def test_a_store_that_looks_for_what_it_lost_among_its_peers_gets_it_again(
    shaky: Shaky, queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, root = tree()
    store = Queued(shaky, queue)
    store.write(blocks)
    with shaky._file.use() as database:
        database.execute("DELETE FROM block WHERE id % 3 = 0")
    lost = len(blocks) - len(list(shaky.cids()))
    pin = shaky.pin

    def looks_for_it(cid: Cid) -> None:
        try:
            pin(cid)
        except ContentMissing as missing:
            raise StoreUnreachable("found nobody who has it in time") from missing

    monkeypatch.setattr(shaky, "pin", looks_for_it)
    store.pin(root)

    assert lost > 0
    assert len(shaky.taken) == len(blocks) + lost
    assert list(shaky.pins()) == [root]
    with pytest.raises(StoreUnreachable, match="found nobody"):
        store.pin(cid_of(b"absent"))


def test_what_nobody_has_cannot_be_pinned_and_does_not_wait(shaky: Shaky, queue: Path) -> None:
    store = Queued(shaky, queue)
    malformed = store.put(b"no node", DAG_PB)

    with pytest.raises(ContentMissing):
        store.pin(cid_of(b"absent"))
    with pytest.raises(ContentMalformed):
        store.pin(malformed)

    assert not store.pending()


def test_a_pin_that_cannot_be_kept_is_told_once_and_stops_nobody(shaky: Shaky, queue: Path) -> None:
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        Queued(shaky, queue).pin(cid_of(b"absent"))
    shaky.down_after = float("inf")
    warnings: list[str] = []

    Queued(shaky, queue, warn=warnings.append).put(b"minutes")
    Queued(shaky, queue, warn=warnings.append).put(b"minutes")

    assert len(warnings) == 1
    assert f"no store holds {cid_of(b'absent')}" in warnings[0]


def test_unpinning_ends_the_wait_of_a_pin(shaky: Shaky, queue: Path) -> None:
    store = Queued(shaky, queue)
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        store.pin(cid_of(b"minutes"))

    store.unpin(cid_of(b"minutes"))

    assert not store.pending()


def test_a_block_that_was_damaged_in_the_queue_is_told_and_heals_when_written_again(
    shaky: Shaky, queue: Path
) -> None:
    warnings: list[str] = []
    store = Queued(shaky, queue, warn=warnings.append)
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        store.put(b"minutes")
    with store._spool._file.use() as database:
        database.execute("UPDATE block SET data = x'00'")
    shaky.down_after = float("inf")

    store.put(b"others")

    assert shaky.taken == [cid_of(b"others")]
    assert "publish it again" in warnings[0]
    store.put(b"minutes")
    assert shaky.get(cid_of(b"minutes")) == b"minutes"
    assert not store.pending()


def test_what_was_sent_and_never_pinned_leaves_the_queue_after_a_day(
    shaky: Shaky, queue: Path
) -> None:
    store = Queued(shaky, queue)
    store.put(b"\x0a\x02\x08\x01", DAG_PB)
    with store._spool._file.use() as database:
        database.execute("UPDATE arrival SET time = time - 86401")
    shaky.down_after = 1
    with pytest.raises(StoreUnreachable):
        store.put(b"waits")
    store._spool.unwish(cid_of(b"x"))
    shaky.down_after = float("inf")

    store.pin(cid_of(b"waits"))

    assert list(store._spool.cids()) == []


def test_collecting_spares_what_waits_to_be_pinned(shaky: Shaky, queue: Path) -> None:
    store = Queued(shaky, queue)
    node = shaky.put(b"\x0a\x02\x08\x01", DAG_PB)
    store._spool.wish(node)
    store._settled = True

    assert store.collect([], older_than=0) == 0
    assert shaky.has(node)


def test_a_tier_reads_through_a_queue_and_copies_into_its_store(
    shaky: Shaky, queue: Path, embedded: Embedded
) -> None:
    cid = embedded.put(b"minutes")

    assert Tiered(Queued(shaky, queue), embedded).get(cid) == b"minutes"

    assert shaky.has(cid)


@settings(max_examples=40)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["put", "node", "pin", "read"]), st.integers(0, 5)), max_size=12
    ),
    failures=st.lists(st.integers(0, 4), max_size=12),
)
def test_whatever_fails_in_between_everything_arrives(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]], failures: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("queue")
    shaky = Shaky(folder / "shaky.db")
    contents, nodes = set[bytes](), set[bytes]()
    pinned = set[Cid]()

    for (act, n), life in zip(acts, [*failures, *[99] * 12], strict=False):
        shaky.down_after = len(shaky.taken) + life
        store = Queued(shaky, folder / "queue")
        data = bytes((0x0A, 4, 8, 2, 0x18, n))
        try:
            if act == "put":
                contents.add(data)
                pinned.add(cid_of(data))
                store.put(data)
            elif act == "node":
                nodes.add(data)
                store.put(data, DAG_PB)
            elif act == "pin" and data in nodes:
                pinned.add(cid_of(data, DAG_PB))
                store.pin(cid_of(data, DAG_PB))
            elif data in contents | nodes:
                assert store.get(cid_of(data)) == data
        except StoreUnreachable:
            pass
        store.close()
    shaky.down_after = float("inf")
    store = Queued(shaky, folder / "queue")
    store.flush()

    assert not store.pending()
    assert {shaky.get(cid_of(data)) for data in contents | nodes} == contents | nodes
    assert set(shaky.pins()) == pinned
    store.close()
    shaky.close()


PUT_SOME = """
import sys
from metaorg.errors import StoreUnreachable
from metaorg.ipfs import Embedded, Queued
store = Queued(Embedded(sys.argv[1]), sys.argv[2])
for n in range(60):
    store.put(f"{sys.argv[3]} {n}".encode())
    store.put(f"shared {n}".encode())
"""


def test_processes_share_a_queue_and_nothing_gets_lost(shaky: Shaky, queue: Path) -> None:
    shaky.down_after = 0
    with pytest.raises(StoreUnreachable):
        Queued(shaky, queue).put_many([b"left %d" % n for n in range(60)])
    command = [sys.executable, "-c", PUT_SOME, str(shaky.path), str(queue)]
    writers = [subprocess.Popen([*command, f"writer {n}"]) for n in range(3)]

    ended = [writer.wait(120) for writer in writers]

    names = ["left", "shared", *(f"writer {n}" for n in range(3))]
    expected = {cid_of(f"{name} {n}".encode()) for name in names for n in range(60)}
    assert ended == [0] * 3
    assert not Queued(shaky, queue).pending()
    assert set(shaky.cids()) == expected
    assert set(shaky.pins()) == expected


UPLOAD = """
import io, sys
from metaorg.ipfs import Embedded, Queued
from metaorg.ipfs.cid import Import
store = Queued(Embedded(sys.argv[1]), sys.argv[2])
work = Import.stream(open(sys.argv[3], "rb"))
print("begun", flush=True)
store.write(work)
store.pin(work.root.cid)
print(work.root.cid, flush=True)
"""


def test_an_upload_that_is_killed_again_and_again_arrives(
    shaky: Shaky, queue: Path, tmp_path: Path
) -> None:
    content = tmp_path / "content"
    content.write_bytes(os.urandom(48 << 20))
    command = [sys.executable, "-c", UPLOAD, str(shaky.path), str(queue), str(content)]
    draw = random.Random(1)

    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        assert process.communicate()[1] == b""
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    (root,) = shaky.pins()
    assert str(root) == said[-1]
    assert b"".join(unixfs.content(shaky, root)) == content.read_bytes()
    assert not Queued(shaky, queue).pending()


def test_a_real_daemon_gets_what_waited_for_it(kubo: Kubo, nobody_there: Kubo, queue: Path) -> None:
    blocks, root = tree(12 << 20)
    with pytest.raises(StoreUnreachable, match=r"is it running\?; 13 blocks"):
        Queued(nobody_there, queue).write(blocks)

    store = Queued(kubo, queue)
    store.pin(root)

    assert root in set(kubo.pins())
    assert {block.cid for block in blocks} <= set(kubo.cids())
    assert not store.pending()
    kubo.unpin(root)


def test_a_daemon_has_a_queue_where_a_folder_is_named(tmp_path: Path) -> None:
    queued = open_store("http://127.0.0.1:5001", queue=tmp_path)
    other = open_store("kubo:/ip6/::1/tcp/5001", queue=tmp_path)
    tiered = open_store("http://127.0.0.1:5001", f"embedded:{tmp_path}/b.db", queue=tmp_path)
    plain = open_store(f"embedded:{tmp_path}/b.db", queue=tmp_path)

    assert isinstance(queued, Queued)
    assert queued.pending().file == tmp_path / "ip4-127.0.0.1-tcp-5001.queue"
    assert isinstance(other, Queued)
    assert other.pending().file == tmp_path / "ip6-__1-tcp-5001.queue"
    assert isinstance(tiered, Tiered)
    assert isinstance(tiered.first, Queued)
    assert isinstance(plain, Embedded)
    assert isinstance(open_store("http://127.0.0.1:5001"), Kubo)
    assert list(tmp_path.iterdir()) == []
