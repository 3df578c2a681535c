"""CARs: what we write Kubo imports, what Kubo exports we read, and nothing false gets through."""

import io
import os
import subprocess
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import ContentCorrupt, ContentMissing, InvalidInput
from metaorg.ipfs import Embedded, car, dag
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import PROFILES, Import, Profile
from metaorg.types import BLOCK_LIMIT, CODECS, DAG_PB, RAW, Cid

Daemon = tuple[str, dict[str, str]]

MINUTES = Block(cid_of(b"minutes"), b"minutes")
NODE = Block(cid_of(b"node", DAG_PB), b"node")
BLAKE2B = bytes.fromhex("0155a0e40220") + bytes(32)
IDENTITY = bytes.fromhex("01550003616263")
DAG_JSON = bytes.fromhex("01a9021220") + bytes(32)

blocks_of_any_kind = st.builds(
    lambda data, codec: Block(cid_of(data, codec), data),
    st.binary(max_size=300),
    st.sampled_from(list(CODECS)),
)


def written(roots: Sequence[Cid], blocks: Sequence[Block]) -> bytes:
    file = io.BytesIO()
    car.write(file, roots, blocks)
    return file.getvalue()


def read(data: bytes, **limits: int) -> tuple[tuple[Cid, ...], list[Block]]:
    found = car.read(io.BytesIO(data), **limits)
    return found.roots, list(found)


def varint(number: int) -> bytes:
    return (
        bytes((number & 0x7F | 0x80,)) + varint(number >> 7) if number > 0x7F else bytes((number,))
    )


def section(*parts: bytes) -> bytes:
    return varint(len(b"".join(parts))) + b"".join(parts)


def header(value: object = None, *roots: bytes) -> bytes:
    links = [cbor2.CBORTag(42, b"\0" + root) for root in roots]
    return section(cbor2.dumps({"roots": links, "version": 1} if value is None else value))


@given(st.lists(blocks_of_any_kind), st.lists(blocks_of_any_kind))
def test_what_was_written_is_read(roots: list[Block], blocks: list[Block]) -> None:
    cids = [root.cid for root in roots]

    assert read(written(cids, blocks)) == (tuple(cids), blocks)


@pytest.mark.parametrize("count", [0, 1, 2, 23, 24, 255, 256, 24_000])
def test_the_header_is_dag_cbor_for_any_number_of_roots(count: int) -> None:
    data = written([NODE.cid] * count, [])

    assert data == header(None, *[NODE.cid.to_bytes()] * count)
    assert read(data) == ((NODE.cid,) * count, [])


def test_cids_of_version_0_are_read_as_the_nodes_that_they_name() -> None:
    short = NODE.cid.to_bytes()[2:]

    data = (
        header(None, short)
        + section(short, NODE.data)
        + section(MINUTES.cid.to_bytes(), b"minutes")
    )

    assert read(data) == ((NODE.cid,), [NODE, MINUTES])


def test_the_smallest_and_the_largest_block_are_read() -> None:
    for data in (b"", os.urandom(BLOCK_LIMIT)):
        block = Block(cid_of(data), data)
        assert read(written([block.cid], [block])) == ((block.cid,), [block])


@settings(max_examples=300)
@given(
    st.lists(blocks_of_any_kind, min_size=1, max_size=4),
    st.integers(0, 10_000),
    st.integers(1, 255),
)
def test_a_changed_byte_never_gives_other_bytes_for_a_cid(
    blocks: list[Block], place: int, change: int
) -> None:
    data = bytearray(written([blocks[0].cid], blocks))
    data[place % len(data)] ^= change

    try:
        found = read(bytes(data))[1]
    except (InvalidInput, ContentCorrupt) as error:
        assert "the CAR at byte" in str(error)
    else:
        assert all(block.cid.matches(block.data) for block in found)


def test_a_car_that_is_cut_off_is_told_from_one_that_ends() -> None:
    data = written([NODE.cid], [NODE, MINUTES])
    ends = {len(written([NODE.cid], blocks)) for blocks in ([], [NODE], [NODE, MINUTES])}

    for size in range(len(data)):
        if size in ends:
            read(data[:size])
        else:
            with pytest.raises(InvalidInput, match="the CAR at byte"):
                read(data[:size])


def test_a_wrong_hash_is_named_with_its_file_and_place(tmp_path: Path) -> None:
    whole = written([], [NODE, MINUTES])
    (tmp_path / "x.car").write_bytes(whole[:-1] + b"!")
    place = len(written([], [NODE])) + 1

    with (tmp_path / "x.car").open("rb") as file:
        blocks = iter(car.read(file))
        assert next(blocks) == NODE
        with pytest.raises(ContentCorrupt) as corrupt:
            next(blocks)

    assert corrupt.value.cid == MINUTES.cid
    assert corrupt.value.where == f"{tmp_path}/x.car at byte {place}"


def test_a_block_that_is_cut_off_is_named() -> None:
    with pytest.raises(InvalidInput, match=f"it ends in block {MINUTES.cid}"):
        read(written([], [MINUTES])[:-1])


@pytest.mark.parametrize("cid", [BLAKE2B, IDENTITY, DAG_JSON], ids=["hash", "identity", "codec"])
def test_other_hashes_and_codecs_are_said_not_to_be_supported(cid: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"others are not supported|roots over sha2-256"):
        read(header(None, cid))
    with pytest.raises(InvalidInput, match="others are not supported"):
        read(header(None) + section(cid, b"abc" * 20))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello world",
        b"<html>" * 100,
        b"\xff" * 100,
        b"\x80\x80\x80\x80\x80\x00",
        varint(car.HEADER_LIMIT + 1) + bytes(car.HEADER_LIMIT + 1),
        section(b"\x81" * 900_000),
        section(b"\xa1" * 900_000),
        section(b"\xd8\x1c" * 400_000),
        section(b"\x9b" + b"\xff" * 8),
        section(b"\xa2eroots\x9b" + b"\xff" * 8),
        section(b"\xa2eroots\x9a\xff\xff\xff\xffgversion\x01"),
        section(b"\xa2eroots\x9f\xffgversion\x01"),
        section(b"\xa2eroots\x98\x00gversion\x01"),
        section(b"\xa2eroots\x80gversion\x18\x01"),
        section(b"\xa2gversion\x01eroots\x80"),
        section(b"\xa2eroots\x81\xd8\x2aX"),
        section(b"\xa2eroots\x81\xd8\x2aX\xff\x00"),
        section(cbor2.dumps({"roots": [], "version": 1}) + b"\0"),
        header({"roots": [], "version": 3}),
        header({"roots": [], "version": "1"}),
        header({"roots": None, "version": 1}),
        header({"roots": ["bafk"], "version": 1}),
        header({"roots": [cbor2.CBORTag(42, "text")], "version": 1}),
        header({"roots": [cbor2.CBORTag(42, MINUTES.cid.to_bytes())], "version": 1}),
        header({"roots": [cbor2.CBORTag(43, b"\0" + MINUTES.cid.to_bytes())], "version": 1}),
        header({"roots": [], "extra": 0, "version": 1}),
        header({"version": 1}),
        header({"version": 2}),
        header([]),
        header(1),
    ],
)
def test_what_is_no_car_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="the CAR at byte"):
        read(data)


@pytest.mark.parametrize(
    "length",
    [b"\0", b"\x80\x00", b"\xb0\x00", b"\xff\xff\xff\xff\x0f", varint(BLOCK_LIMIT + 37), b"\x81"],
    ids=["none", "none, longer", "longer", "endless", "too much", "cut off"],
)
def test_a_length_that_no_block_has_is_refused(length: bytes) -> None:
    with pytest.raises(InvalidInput, match="at byte 18"):
        read(header() + length + bytes(100))


def test_a_block_over_the_limit_is_refused_whatever_its_kind_of_cid() -> None:
    short = NODE.cid.to_bytes()[2:]

    with pytest.raises(InvalidInput, match="more than 2,097,152 bytes"):
        read(header() + section(short, bytes(BLOCK_LIMIT + 1)))


def test_a_car_is_read_up_to_the_size_and_count_that_were_granted() -> None:
    data = written([NODE.cid], [NODE, MINUTES])

    assert len(read(data, size=len(data), count=2)[1]) == 2
    with pytest.raises(InvalidInput, match=f"more than {len(data) - 1} bytes"):
        read(data, size=len(data) - 1)
    with pytest.raises(InvalidInput, match="more than 1 blocks"):
        read(data, count=1)


def test_of_version_2_the_inner_version_1_is_read() -> None:
    inner = written([NODE.cid], [NODE, MINUTES])
    places = [(16 + 35 + 100_000), len(inner), 16 + 35 + 100_000 + len(inner)]
    layout = bytes(16) + b"".join(place.to_bytes(8, "little") for place in places)
    # The pragma is a header of its own, of 11 bytes; the layout has 40.
    outer = section(cbor2.dumps({"version": 2})) + layout
    assert len(outer) == 51

    whole = outer + bytes(100_000) + inner + b"index" * 10

    assert read(whole) == ((NODE.cid,), [NODE, MINUTES])
    with pytest.raises(InvalidInput, match="it ends in the padding"):
        read(outer + bytes(99_999))
    with pytest.raises(InvalidInput, match="layout makes no sense"):
        read(outer[:11] + bytes(40) + inner)


def test_memory_is_that_of_one_block(tmp_path: Path) -> None:
    block = Block(cid_of(bytes(BLOCK_LIMIT)), bytes(BLOCK_LIMIT))
    path = tmp_path / "large.car"
    tracemalloc.start()

    with path.open("wb") as file:
        car.write(file, [block.cid], (block for _ in range(40)))
    with path.open("rb") as file:
        assert sum(1 for _ in car.read(file)) == 40

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * BLOCK_LIMIT


def test_a_length_is_not_believed_before_the_bytes_are_there() -> None:
    tracemalloc.start()

    with pytest.raises(InvalidInput):
        read(header() + varint(BLOCK_LIMIT + 36) + MINUTES.cid.to_bytes())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * BLOCK_LIMIT


def ipfs(kubo_program: str, kubo_daemon: Daemon, *arguments: str) -> bytes:
    command = [kubo_program, *arguments]
    return subprocess.run(command, env=kubo_daemon[1], capture_output=True, check=True).stdout


def test_kubo_imports_what_was_written_under_the_same_roots(
    kubo_program: str, kubo_daemon: Daemon, tmp_path: Path
) -> None:
    blocks = [Block(cid_of(data), data) for data in (b"", b"one", os.urandom(BLOCK_LIMIT))]
    roots = [block.cid for block in blocks]
    (tmp_path / "ours.car").write_bytes(written(roots, blocks))

    command = ("dag", "import", "--stats", str(tmp_path / "ours.car"))
    said = ipfs(kubo_program, kubo_daemon, *command).decode()

    assert all(f"Pinned root\t{root}\tsuccess" in said for root in roots)
    assert "Imported 3 blocks" in said


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_is_exported_from_a_store_is_all_of_its_roots(
    kubo_program: str,
    kubo_daemon: Daemon,
    embedded: Embedded,
    tmp_path: Path,
    profile: Profile,
) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "large").write_bytes(os.urandom(3_000_000))
    (folder / "small").write_bytes(b"small")
    made = [Import(folder, profile=profile), Import(folder / "small", profile=profile)]
    for one in made:
        embedded.write(one)
    roots = [one.root.cid for one in made]

    with (tmp_path / "x.car").open("wb") as file:
        car.export(file, roots, embedded)

    said = ipfs(kubo_program, kubo_daemon, "dag", "import", str(tmp_path / "x.car")).decode()
    assert all(f"Pinned root\t{root}\tsuccess" in said for root in roots)
    theirs = ipfs(kubo_program, kubo_daemon, "dag", "export", "--progress=false", str(roots[0]))
    found, blocks = read(theirs)
    assert found == (roots[0],)
    assert blocks == list(dag.walk(embedded, roots[0]))


def test_an_export_that_lacks_a_block_says_which(embedded: Embedded) -> None:
    made = Import.stream(io.BytesIO(os.urandom(3_000_000)))
    lost, *rest = made
    embedded.write(rest)

    with pytest.raises(ContentMissing) as missing:
        car.export(io.BytesIO(), [made.root.cid], embedded)

    assert missing.value.cid == lost.cid


@pytest.mark.parametrize("version", [0, 1])
def test_what_kubo_exports_is_read(
    kubo_program: str, kubo_daemon: Daemon, tmp_path: Path, version: int
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "large").write_bytes(os.urandom(1_500_000))
    (tmp_path / "small").write_bytes(b"%d" % version)
    kubo = (kubo_program, kubo_daemon)
    named = ipfs(*kubo, "add", "-rQ", f"--cid-version={version}", str(tmp_path)).decode().strip()
    refs = ipfs(*kubo, "refs", "-r", "-u", named).decode().split()

    roots, blocks = read(ipfs(*kubo, "dag", "export", "--progress=false", named))

    assert roots == (Cid.parse(named),)
    assert {block.cid for block in blocks} == {Cid.parse(ref) for ref in (named, *refs)}
    assert blocks[0].cid == roots[0]
    assert (RAW in {block.cid.codec for block in blocks}) == (version == 1)
