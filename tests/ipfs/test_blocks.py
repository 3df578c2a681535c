"""What holds for one block in every store."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.errors import ContentCorrupt, InvalidInput
from metaorg.ipfs.blocks import Block, batches, cid_of, verified
from metaorg.types import BLOCK_LIMIT, DAG_CBOR, DAG_PB, RAW, Cid

# As `ipfs block put` (Kubo 0.43.1) names them; test_kubo.py asks a daemon again.
VECTORS = [
    (b"", RAW, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
    (b"hello", RAW, "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"),
    (b"hello", DAG_PB, "bafybeibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"),
    (b"hello", DAG_CBOR, "bafyreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"),
]


@pytest.mark.parametrize(("data", "codec", "text"), VECTORS)
def test_a_block_has_the_cid_that_kubo_gives_it(data: bytes, codec: int, text: str) -> None:
    cid = cid_of(data, codec)

    assert str(cid) == text
    assert Cid.parse(text) == cid


@given(st.binary(max_size=200))
def test_the_digest_of_a_block_is_its_sha256sum(data: bytes) -> None:
    assert cid_of(data).digest == hashlib.sha256(data).digest()


def test_a_block_holds_at_most_two_mebibytes() -> None:
    cid_of(bytes(BLOCK_LIMIT))

    with pytest.raises(InvalidInput, match="2,097,153 bytes do not fit"):
        cid_of(bytes(BLOCK_LIMIT + 1))


def test_every_fault_of_a_block_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        cid_of(bytes(BLOCK_LIMIT + 1), 0x99)

    assert len(refusal.value.problems) == 2


@pytest.mark.parametrize("served", [b"other", b"", "hello", None])
def test_bytes_that_do_not_hash_to_the_cid_are_never_handed_on(served: object) -> None:
    with pytest.raises(ContentCorrupt):
        verified(cid_of(b"hello"), served, "a stranger")


@given(st.lists(st.binary(max_size=20)), st.integers(1, 5), st.integers(1, 50))
def test_batches_keep_order_and_bounds(contents: list[bytes], count: int, size: int) -> None:
    blocks = [Block(cid_of(data), data) for data in contents]

    made = list(batches(iter(blocks), count=count, size=size))

    assert [block for batch in made for block in batch] == blocks
    assert all(1 <= len(batch) <= count for batch in made)
    assert all(sum(len(data) for _, data in batch[:-1]) < size for batch in made)
