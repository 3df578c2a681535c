"""What is pinned stays with all that it needs; what nobody needs goes, and gives its space back."""

import contextlib
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import ContentCorrupt, ContentMalformed, ContentMissing
from metaorg.ipfs import Embedded
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import Import
from metaorg.ipfs.dag import walk
from metaorg.types import DAG_CBOR, DAG_PB, Cid

NOW = 1_700_000_000.0


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "blocks.db", clock=clock)
    yield store
    store.close()


def file(store: Embedded, content: bytes) -> list[Cid]:
    """A file of several chunks, written and not pinned: its CIDs, the root last."""
    blocks = list(Import.stream(io.BytesIO(content)))
    store.write(blocks)
    return [cid for cid, _ in blocks]


def node(*links: Cid) -> bytes:
    """A dag-pb node that has only links."""
    fields = [b"\x0a\x24" + cid.to_bytes() for cid in links]
    return b"".join(b"\x12" + bytes([len(field)]) + field for field in fields)


def lose(store: Embedded, cid: Cid, change: str = "DELETE FROM block") -> None:
    with store._file.use() as database:
        database.execute(f"{change} WHERE digest = ?", (cid.digest,))


def test_raw_blocks_are_pinned_as_they_are_put_and_nodes_are_not(store: Embedded) -> None:
    document, _ = store.put(b"minutes"), store.put(node(), DAG_PB)

    assert list(store.pins()) == [document]


def test_unpinned_blocks_go_and_pinned_ones_stay_with_all_that_they_need(store: Embedded) -> None:
    kept, gone = file(store, os.urandom(3 << 20)), file(store, os.urandom(3 << 20))
    document = store.put(b"minutes")
    store.pin(kept[-1])

    assert store.collect([], older_than=0) == len(gone)

    assert set(store.cids()) == {*kept, document}
    assert set(store.pins()) == {kept[-1], document}
    assert store.collect([], older_than=0) == 0


def test_what_is_to_be_kept_stays_without_a_pin_as_far_as_it_is_here(store: Embedded) -> None:
    kept, partly = file(store, os.urandom(3 << 20)), file(store, os.urandom(3 << 20))
    gone = file(store, os.urandom(3 << 20))
    lose(store, partly[0])

    removed = store.collect([kept[-1], partly[-1], cid_of(b"absent")], older_than=0)

    assert removed == len(gone)
    assert set(store.cids()) == {*kept, *partly[1:]}
    assert list(store.pins()) == []


def test_young_blocks_stay_and_writing_again_makes_young(store: Embedded, clock: Clock) -> None:
    old, again = file(store, b"old"), file(store, b"again")
    clock.now += 100
    young = file(store, b"young")
    file(store, b"again")
    clock.now += 9

    assert store.collect([], older_than=10) == len(old)
    assert set(store.cids()) == {*again, *young}


def test_a_shared_block_stays_while_one_of_those_that_need_it_is_pinned(store: Embedded) -> None:
    shared = store.put(b"shared")
    one = store.put(node(shared, cid_of(b"one")), DAG_PB)
    other = store.put(node(shared), DAG_PB)
    store.unpin(shared)
    store.pin(other)

    store.collect([], older_than=0)
    assert set(store.cids()) == {shared, other}

    store.unpin(other)
    store.unpin(other)
    store.unpin(one)
    assert store.collect([], older_than=0) == 2


def test_links_of_dag_cbor_are_followed(store: Embedded) -> None:
    leaf = store.put(b"leaf")
    store.unpin(leaf)
    root = store.put(b"\x81\xd8\x2a\x58\x25\x00" + leaf.to_bytes(), DAG_CBOR)
    store.pin(root)

    assert store.collect([], older_than=0) == 0


def test_pinning_needs_the_whole_dag_and_names_the_first_block_that_is_missing(
    store: Embedded,
) -> None:
    cids = file(store, os.urandom(4 << 20))
    lose(store, cids[2])
    lose(store, cids[1])

    with pytest.raises(ContentMissing) as missing:
        store.pin(cids[-1])

    assert missing.value.cid == cids[1]
    assert list(store.pins()) == []


def test_what_is_no_node_cannot_be_pinned_and_may_be_collected(store: Embedded) -> None:
    malformed = store.put(b"no node", DAG_PB)

    with pytest.raises(ContentMalformed):
        store.pin(malformed)

    assert store.collect([malformed], older_than=0) == 0
    assert store.collect([], older_than=0) == 1


def test_pins_know_by_which_codec_they_were_made(store: Embedded) -> None:
    leaf = store.put(b"leaf")
    raw = store.put(node(leaf))
    store.unpin(leaf)
    root = Cid(digest=raw.digest, codec=DAG_PB)

    store.pin(root)
    assert set(store.pins()) == {raw, root}
    assert store.collect([], older_than=0) == 0

    store.unpin(root)
    assert store.collect([], older_than=0) == 1
    assert set(store.pins()) == {raw}


@pytest.mark.parametrize("change", ["DELETE FROM block", "UPDATE block SET data = x'00'"])
def test_nothing_goes_while_a_node_below_a_pin_is_missing_or_damaged(
    store: Embedded, change: str
) -> None:
    leaf = store.put(b"leaf")
    middle = store.put(node(leaf), DAG_PB)
    root = store.put(node(middle), DAG_PB)
    store.unpin(leaf)
    store.pin(root)
    gone = store.put(node(), DAG_PB)
    lose(store, middle, change)

    with pytest.raises((ContentMissing, ContentCorrupt), match=str(middle)):
        store.collect([], older_than=0)
    assert store.has(leaf)
    assert store.has(gone)

    store.put(node(leaf), DAG_PB)
    assert store.collect([], older_than=0) == 1


def test_a_damaged_leaf_stops_nobody_from_collecting(store: Embedded) -> None:
    cids = file(store, os.urandom(3 << 20))
    store.pin(cids[-1])
    gone = store.put(node(), DAG_PB)
    lose(store, cids[0], "UPDATE block SET data = x'00'")

    assert store.collect([], older_than=0) == 1
    assert not store.has(gone)
    assert store.has(cids[0])


def test_freed_space_goes_back_to_the_file_system(store: Embedded) -> None:
    kept, gone = file(store, os.urandom(5 << 20)), file(store, os.urandom(30 << 20))
    store.pin(kept[-1])
    store.close()
    before = store.path.stat().st_size

    store.collect([], older_than=0)
    store.close()

    assert len(gone) == 31
    assert before > 35 << 20
    assert store.path.stat().st_size < 6 << 20
    assert b"".join(store.get(cid) for cid in kept[:-1])


def pin_those_that_are_here(store: Embedded, roots: list[Cid]) -> None:
    for root in roots:
        with contextlib.suppress(ContentMissing):
            store.pin(root)


def test_a_pin_that_is_made_while_somebody_collects_keeps_all_that_it_needs(
    store: Embedded,
) -> None:
    for _ in range(5):
        files = {cids[-1]: cids for cids in (file(store, os.urandom(1 << 20)) for _ in range(10))}
        other = Embedded(store.path)
        thread = threading.Thread(target=pin_those_that_are_here, args=(other, [*files]))

        thread.start()
        store.collect([], older_than=0)
        thread.join()

        pinned = set(store.pins())
        assert set(store.cids()) == {cid for root in pinned for cid in files[root]}
        for root in pinned:
            store.unpin(root)
        other.close()


def rescue(store: Embedded, blocks: list[Block]) -> None:
    for block in blocks:
        store.write([block])


def test_what_is_written_again_while_somebody_collects_stays(store: Embedded) -> None:
    data = [node(cid_of(b"%d" % n)) for n in range(20_000)]
    blocks = [Block(cid_of(each, DAG_PB), each) for each in data]
    store.write(blocks)
    other = Embedded(store.path, clock=lambda: NOW + 1)
    thread = threading.Thread(target=rescue, args=(other, blocks[::200]))

    def keep() -> Iterator[Cid]:
        """Nothing; but it is asked for when the collection has begun."""
        thread.start()
        yield from ()

    removed = store.collect(keep(), older_than=0)
    thread.join()

    assert {block.cid for block in blocks[::200]} <= set(store.cids())
    assert removed >= len(blocks) - len(blocks[::200])
    other.close()


@settings(max_examples=25)
@given(data=st.data())
def test_exactly_what_pins_need_is_left(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Embedded(tmp_path_factory.mktemp("collect") / "blocks.db")
    made = [store.put(b"%d" % n) for n in range(data.draw(st.integers(1, 4)))]
    for cid in made:
        store.unpin(cid)
    for _ in range(data.draw(st.integers(0, 8))):
        links = data.draw(st.lists(st.sampled_from(made), max_size=3))
        made.append(store.put(node(*links), DAG_PB))
    pinned = data.draw(st.lists(st.sampled_from(made), max_size=3))
    kept = data.draw(st.lists(st.sampled_from(made), max_size=2))

    for cid in pinned:
        store.pin(cid)
    needed = {block.cid for root in (*pinned, *kept) for block in walk(store, root)}
    removed = store.collect(iter(kept), older_than=0)

    assert set(store.cids()) == needed
    assert removed == len({*made} - needed)
    assert set(store.pins()) == {*pinned}
    store.close()


def test_a_deep_chain_and_a_wide_graph_need_no_stack_and_are_walked_once(store: Embedded) -> None:
    link = store.put(b"leaf")
    for _ in range(1000):
        link = store.put(node(link, link, link), DAG_PB)

    store.pin(link)

    assert store.collect([], older_than=0) == 0
