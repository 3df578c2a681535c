"""Blocks that link to blocks: followed once each, whatever strangers built, in bounded memory."""

import tracemalloc
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import (
    ContentCorrupt,
    ContentMalformed,
    ContentMissing,
    StoreUnreachable,
)
from metaorg.ipfs import Embedded, dag
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dag import Copied, copy, links, missing, walk
from metaorg.types import DAG_CBOR, RAW, Cid
from tests.ipfs.shelf import Shelf, node, raw

CHILD = Cid.of(b"child")


def cbor(value: Any) -> Block:
    data = cbor2.dumps(value)
    return Block(Cid.of(data, DAG_CBOR), data)


def tag(cid: Cid) -> cbor2.CBORTag:
    return cbor2.CBORTag(42, b"\0" + cid.to_bytes())


@pytest.fixture
def family() -> tuple[Shelf, list[Block]]:
    """A shelf with root -> (a -> (x, y), b -> (y, z)), and these blocks in the order of a walk."""
    x, y, z = raw(b"x"), raw(b"y"), cbor({"link": [tag(CHILD)]})
    a, b = node([(b"x", x), (b"y", y)]), node([(b"y", y), (b"z", z)])
    root = node([(b"a", a), (b"b", b)])
    order = [root, a, x, y, b, z, raw(b"child")]
    return Shelf(order), order


def unfolding(levels: int, width: int) -> tuple[Shelf, Cid]:
    """A few blocks through which more paths lead than anybody can follow."""
    shelf = Shelf()
    block = raw(b"leaf")
    for _ in range(levels):
        shelf.add(block)
        block = node((b"%d" % index, block) for index in range(width))
    return shelf, shelf.add(block)


# Links


def test_a_raw_block_links_to_nothing() -> None:
    assert links(raw(b"\x12\x00")) == []


def test_a_node_links_to_its_children_in_order_and_as_often_as_it_says() -> None:
    x, y = raw(b"x"), node()

    assert links(node([(b"1", y), (b"2", x), (b"3", y)])) == [y.cid, x.cid, y.cid]


cids = st.binary(max_size=3).map(Cid.of)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.text()
    | st.binary() | cids,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)  # fmt: skip


@given(trees)
@settings(max_examples=50)
def test_every_link_of_cbor_is_found_in_order(tree: Any) -> None:
    found: list[Cid] = []

    def tagged(value: Any) -> Any:
        if isinstance(value, Cid):
            found.append(value)
            return tag(value)
        if isinstance(value, dict):
            return {key: tagged(inner) for key, inner in value.items()}
        return [tagged(inner) for inner in value] if isinstance(value, list) else value

    block = cbor(tagged(tree))

    assert links(block) == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81",
        b"\xff",
        b"\x9f\xff",
        b"\x1c",
        b"\x00\x00",
        b"\x62a",
        b"\x9b" + b"\xff" * 8,
        b"\xbb" + b"\xff" * 8,
        b"\x5b" + b"\xff" * 8,
        b"\xc1\x00",
        b"\xd8\x2a\x41\x00",
        b"\xd8\x2a\x58\x25\x01" + CHILD.to_bytes(),
        b"\xd8\x2a\x58\x25\x00" + CHILD.to_bytes()[:-1],
        b"\x81" * (2 << 20),
        b"\xa1\x00" * (1 << 20),
        b"\xd8\x2a" * (1 << 20),
    ],
    ids=lambda data: data[:12].hex(),
)
def test_what_is_no_dag_cbor_is_refused_however_deep_it_goes(data: bytes) -> None:
    block = Block(Cid.of(data, DAG_CBOR), data)

    with pytest.raises(ContentMalformed, match=f"{block.cid} is malformed: it is no DAG-CBOR"):
        links(block)


@given(st.binary(max_size=50))
def test_no_bytes_make_the_scanner_stumble(data: bytes) -> None:
    try:
        links(Block(Cid.of(data, DAG_CBOR), data))
    except ContentMalformed as refusal:
        assert refusal.cid == Cid.of(data, DAG_CBOR)


# Walking


def test_a_walk_takes_each_block_once_and_before_what_it_links_to(
    family: tuple[Shelf, list[Block]],
) -> None:
    shelf, order = family

    assert list(walk(shelf, order[0].cid)) == order
    assert max(shelf.given.values()) == 1


def test_a_walk_ends_where_a_block_is_missing(family: tuple[Shelf, list[Block]]) -> None:
    shelf, order = family
    del shelf.blocks[order[3].cid]
    work = walk(shelf, order[0].cid)

    assert [next(work) for _ in range(3)] == order[:3]
    with pytest.raises(ContentMissing, match=str(order[3].cid)):
        next(work)


def test_a_few_blocks_that_unfold_to_very_many_paths_are_walked_once(embedded: Embedded) -> None:
    shelf, root = unfolding(levels=30, width=1_000)

    assert len(list(walk(shelf, root))) == 31
    assert list(missing(shelf, root)) == []
    assert copy(root, shelf, embedded).blocks == 31
    assert set(shelf.given.values()) == {3}


def test_a_chain_of_any_length_is_walked() -> None:
    shelf = Shelf()
    block = raw(b"end")
    for _ in range(20_000):
        shelf.add(block)
        block = node([(b"", block)])

    assert sum(1 for _ in walk(shelf, shelf.add(block))) == 20_001


def test_what_waits_is_limited(monkeypatch: pytest.MonkeyPatch, embedded: Embedded) -> None:
    monkeypatch.setattr(dag, "WAITING_LIMIT", 1_000)
    inner = node((b"%d" % index, raw(b"%d" % index)) for index in range(900))
    middle = node(
        [(b"inner", inner), *((b"%d" % index, raw(b"-%d" % index)) for index in range(900))]
    )
    shelf = Shelf([inner, middle])

    for visit in (walk, missing):
        with pytest.raises(ContentMalformed, match=f"{inner.cid}.*more than 1,000 links wait"):
            list(visit(shelf, middle.cid))
    with pytest.raises(ContentMalformed, match="more than 1,000 links wait"):
        copy(middle.cid, shelf, embedded)


def test_the_nodes_of_a_walk_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag, "NODES_LIMIT", 3)
    shelf, root = unfolding(levels=4, width=2)

    with pytest.raises(ContentMalformed, match="more than 3 nodes"):
        list(walk(shelf, root))


def test_memory_is_bounded_by_what_waits() -> None:
    # 10 levels of 3,000 links each, of which all but one wait.
    leaf = raw(b"")
    shelf = Shelf([leaf])
    block = leaf
    for level in range(10):
        names = (b"%d %d" % (level, index) for index in range(2_999))
        block = node([(b"", block), *((name, leaf) for name in names)])
        shelf.add(block)

    tracemalloc.start()
    count = sum(1 for _ in walk(shelf, block.cid))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 11
    assert peak < 33 * 30_000 + (5 << 20)


# What is missing


def test_missing_names_what_lacks_and_what_is_damaged(family: tuple[Shelf, list[Block]]) -> None:
    shelf, (root, _, x, _, _, z, _) = family
    del shelf.blocks[x.cid]
    shelf.failures[z.cid] = ContentCorrupt(z.cid, "a shelf")

    assert set(missing(shelf, root.cid)) == {x.cid, z.cid}


def test_a_missing_root_is_all_that_is_known() -> None:
    assert list(missing(Shelf(), CHILD)) == [CHILD]


def test_what_nobody_knows_is_not_called_missing(family: tuple[Shelf, list[Block]]) -> None:
    shelf, order = family
    shelf.failures[order[4].cid] = StoreUnreachable("the shelf is dark")

    with pytest.raises(StoreUnreachable, match="dark"):
        list(missing(shelf, order[0].cid))


# Copying


def test_a_copy_fills_the_gaps_and_nothing_else(
    family: tuple[Shelf, list[Block]], embedded: Embedded
) -> None:
    shelf, order = family
    held = [order[0], order[1], order[3], order[6]]
    embedded.write(held)
    seen: list[int] = []

    copied = copy(order[0].cid, shelf, embedded, seen.append)

    lacked = [order[2], order[4], order[5]]
    assert copied == Copied(3, sum(len(block.data) for block in lacked))
    assert set(shelf.given) == {block.cid for block in lacked}
    assert sum(seen) == sum(len(block.data) for block in order)
    assert list(walk(embedded, order[0].cid)) == order
    assert copy(order[0].cid, Shelf(), embedded) == Copied(0, 0)


def test_a_copy_that_failed_goes_on_where_it_was(
    family: tuple[Shelf, list[Block]], embedded: Embedded
) -> None:
    shelf, order = family
    shelf.failures[order[4].cid] = StoreUnreachable("the shelf is dark")

    with pytest.raises(StoreUnreachable, match="dark"):
        copy(order[0].cid, shelf, embedded)
    shelf.failures.clear()

    assert embedded.has(order[1].cid)
    assert copy(order[0].cid, shelf, embedded).blocks < len(order)
    assert list(missing(embedded, order[0].cid)) == []
    assert max(shelf.given.values()) == 1


def test_a_copy_names_the_block_that_nobody_has(
    family: tuple[Shelf, list[Block]], embedded: Embedded
) -> None:
    shelf, order = family
    del shelf.blocks[order[2].cid]

    with pytest.raises(ContentMissing, match=str(order[2].cid)):
        copy(order[0].cid, shelf, embedded)

    assert next(missing(embedded, order[0].cid)) == order[2].cid


def test_a_block_that_cannot_be_read_is_not_copied(embedded: Embedded) -> None:
    bad = Block(Cid.of(b"\xff", DAG_CBOR), b"\xff")
    root = node([(b"bad", bad), (b"good", raw(b"good"))])

    with pytest.raises(ContentMalformed, match=str(bad.cid)):
        copy(root.cid, Shelf([bad, root, raw(b"good")]), embedded)

    assert not embedded.has(bad.cid)
    assert embedded.has(Cid.of(b"good", RAW))
