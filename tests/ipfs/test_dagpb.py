"""DAG-PB and UnixFS bytes: one encoding, and a reader that strangers cannot confuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.errors import ContentMalformed
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dagpb import Kind, Link, Node, UnixFS, decode, encode, links
from metaorg.types import DAG_CBOR, DAG_PB, RAW, Cid

CHILD = Cid.of(b"child")
HASH = CHILD.to_bytes()
FILE = b"\x08\x02"
"""A UnixFS message that says nothing but that it is a file."""


def block(data: bytes, codec: int = DAG_PB) -> Block:
    return Block(Cid.of(data, codec), data)


def field(number: int, data: bytes) -> bytes:
    assert len(data) < 128
    return bytes((number << 3 | 2, len(data))) + data


LINK = field(1, HASH) + field(2, b"a") + b"\x18\x05"

uint64 = st.integers(0, 2**64 - 1)
optional = st.none() | uint64
hashes = st.binary(max_size=50).map(lambda data: Cid.of(data, DAG_PB)).map(Cid.to_bytes)
some_links = st.lists(
    st.builds(
        Link, hashes | hashes.map(lambda hash_: hash_[2:]), st.binary(max_size=300), size=uint64
    ),
    max_size=5,
)
messages = st.builds(
    UnixFS,
    st.sampled_from(Kind),
    st.binary(max_size=300),
    optional,
    st.lists(uint64, max_size=5).map(tuple),
    optional,
    optional,
    optional,
)


@given(some_links, messages)
def test_a_node_is_read_as_it_was_written(found: list[Link], unixfs: UnixFS) -> None:
    data = encode(found, unixfs)

    assert decode(block(data)) == Node(found, unixfs)
    assert links(block(data)) == found


def test_a_raw_block_is_a_file() -> None:
    assert decode(block(b"data", RAW)) == Node((), UnixFS(Kind.FILE, b"data", 4))


def test_data_may_come_before_the_links() -> None:
    node = Node([Link(HASH, b"a", 5)], UnixFS(Kind.FILE))

    assert decode(block(field(1, FILE) + field(2, LINK))) == node
    assert decode(block(field(2, LINK) + field(1, FILE))) == node


def test_what_a_link_leaves_out_is_empty() -> None:
    assert links(block(field(2, field(1, HASH)))) == [Link(HASH, b"", 0)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a", "number that is cut off"),
        (b"\x0a\x05\x08\x02", "ends in the middle"),
        (b"\x0a" + b"\xff" * 9 + b"\x7f", "over 64 bits"),
        (b"\x0a" + b"\xff" * 20, "number that is cut off"),
        (b"\x0b\x00", "unknown type 3"),
        (b"\x02\x00", "the number 0"),
        (b"\x08\x01", "unknown field 1"),
        (field(3, b""), "unknown field 3"),
        (field(1, FILE) * 2, "data twice"),
        (field(2, LINK) + field(1, FILE) + field(2, LINK), "two places"),
        (field(2, field(2, b"a")), "goes nowhere"),
        (field(2, field(1, b"")), "goes nowhere"),
        (field(2, field(1, HASH[:-1])), "goes nowhere"),
        (field(2, field(1, b"\x01\x55\x00\x05hello")), "goes nowhere"),
        (field(2, field(2, b"a") + field(1, HASH)), "out of order"),
        (field(2, field(1, HASH) * 2), "repeated"),
        (field(2, b"\x08\x01"), "unknown field 1"),
        (field(2, LINK + field(4, b"")), "unknown field 4"),
    ],
)
def test_bytes_that_are_no_node_are_refused_by_name(data: bytes, why: str) -> None:
    one = block(data)

    for reader in (links, decode):
        with pytest.raises(ContentMalformed, match=f"{one.cid} is malformed.*{why}"):
            reader(one)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "whether it is a file"),
        (b"\x08\x06", "whether it is a file"),
        (b"\x18\x05", "whether it is a file"),
        (FILE + b"\x10\x05", "field 2 is of a wrong type"),
        (FILE + field(3, b"a"), "field 3 is of a wrong type"),
        (FILE + field(4, b"\xff"), "number that is cut off"),
    ],
)
def test_messages_that_are_no_unixfs_are_refused(message: bytes, why: str) -> None:
    with pytest.raises(ContentMalformed, match=why):
        decode(block(field(1, message)))


def test_a_node_without_a_message_is_no_file_but_links() -> None:
    assert len(links(block(field(2, LINK)))) == 1

    with pytest.raises(ContentMalformed):
        decode(block(field(2, LINK)))


def test_unknown_fields_of_a_message_are_skipped_and_sizes_may_be_packed() -> None:
    message = FILE + field(4, b"\x01\x80\x01") + field(8, b"\x08\x01") + b"\x79" + bytes(8)

    assert decode(block(field(1, message))).unixfs == UnixFS(Kind.FILE, blocksizes=(1, 128))


def test_a_block_of_another_kind_is_no_file() -> None:
    with pytest.raises(ContentMalformed, match="no file or folder"):
        decode(block(b"\xa0", DAG_CBOR))


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda data: field(1, data)))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    for reader in (links, decode):
        try:
            reader(block(data))
        except ContentMalformed as refusal:
            assert refusal.cid == block(data).cid
