"""A real Kubo daemon as a store."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaorg.errors import ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs import Embedded, Kubo, Tiered
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import Import
from metaorg.ipfs.daemon import TESTED
from metaorg.types import BLOCK_LIMIT, CODECS, DAG_CBOR, DAG_PB, RAW, Cid
from tests.ipfs.conftest import running

Ipfs = tuple[str, dict[str, str]]

EMPTY_FOLDER = b"\x0a\x02\x08\x01"
"""A UnixFS folder without entries, as dag-pb."""


def test_a_real_daemon_comes_with_a_warning_unless_it_is_of_the_tested_version(kubo: Kubo) -> None:
    version = kubo.version()

    tested = version.text.startswith(".".join(map(str, TESTED)) + ".")
    assert (version.warning == "") == tested


@settings(max_examples=40, suppress_health_check=HealthCheck.all())
@given(data=st.binary(max_size=2000), codec=st.sampled_from(sorted(CODECS)))
def test_kubo_gives_every_block_the_cid_that_we_give_it(
    kubo: Kubo, data: bytes, codec: int
) -> None:
    cid = kubo.put(data, codec)

    assert cid == cid_of(data, codec)
    assert kubo.has(cid)
    assert kubo.get(cid) == data


@pytest.mark.parametrize(
    ("data", "codec"), [(b"", RAW), (b"", DAG_PB), (EMPTY_FOLDER, DAG_PB), (b"\xa0", DAG_CBOR)]
)
def test_a_node_is_kept_under_its_codec(kubo: Kubo, data: bytes, codec: int) -> None:
    cid = kubo.put(data, codec)
    kubo.pin(cid)

    assert cid == cid_of(data, codec)
    assert kubo.get(cid) == data
    assert cid in set(kubo.cids())


def test_the_largest_block_is_kept_and_a_larger_one_is_refused_here(kubo: Kubo) -> None:
    data = os.urandom(BLOCK_LIMIT)

    assert kubo.get(kubo.put(data)) == data
    with pytest.raises(InvalidInput):
        kubo.put(data + b"!")


def test_many_blocks_go_in_few_requests_and_come_back_in_order(kubo: Kubo) -> None:
    blocks = [f"block {n}".encode() for n in range(600)]

    cids = kubo.put_many(iter(blocks))

    assert cids == [*map(cid_of, blocks)]
    assert set(cids) <= set(kubo.cids())
    assert kubo.put_many([]) == []


def test_blocks_that_look_like_the_request_around_them_are_kept(kubo: Kubo) -> None:
    blocks = [b"\r\n--", b"--\r\n", b"\r\n", b'Content-Disposition: form-data; name="file"\r\n\r\n']

    cids = kubo.put_many(blocks)

    assert [kubo.get(cid) for cid in cids] == blocks


def test_what_the_daemon_does_not_have_is_missing(kubo: Kubo) -> None:
    absent = cid_of(os.urandom(20))

    assert not kubo.has(absent)
    for ask in (kubo.get, kubo.pin):
        with pytest.raises(ContentMissing) as missing:
            ask(absent)
        assert missing.value.asked == (kubo.describe(),)


def test_a_node_that_is_no_node_is_not_pinned(kubo: Kubo) -> None:
    cid = kubo.put(b"not dag-pb", DAG_PB)

    with pytest.raises(StoreUnreachable, match="refused pin/add"):
        kubo.pin(cid)


def test_what_was_put_survives_garbage_collection(
    kubo: Kubo, kubo_daemon: Ipfs, kubo_program: str
) -> None:
    cid = kubo.put(b"to be kept")
    loose = subprocess.run(
        [kubo_program, "block", "put", "--pin=false"],
        env=kubo_daemon[1],
        input=b"to be collected",
        capture_output=True,
        check=True,
    )

    subprocess.run(
        [kubo_program, "repo", "gc"], env=kubo_daemon[1], check=True, capture_output=True
    )

    assert kubo.get(cid) == b"to be kept"
    assert not kubo.has(Cid.parse(loose.stdout.decode().strip()))


def test_pinning_protects_what_others_put(kubo: Kubo, kubo_daemon: Ipfs, kubo_program: str) -> None:
    put = [kubo_program, "block", "put", "--pin=false"]
    said = subprocess.run(
        put, env=kubo_daemon[1], input=b"adopted", capture_output=True, check=True
    )
    cid = Cid.parse(said.stdout.decode().strip())
    assert cid not in set(kubo.cids())

    kubo.pin(cid)

    assert cid in set(kubo.cids())


def lose(ipfs: str, daemon: Ipfs, *cids: Cid) -> None:
    command = [ipfs, "block", "rm", *map(str, cids)]
    subprocess.run(command, env=daemon[1], check=True, capture_output=True)


def file(kubo: Kubo, size: int) -> list[Cid]:
    """A file of several chunks, written and not pinned: its CIDs, the root last."""
    blocks = list(Import.stream(io.BytesIO(os.urandom(size))))
    kubo.write(blocks)
    return [cid for cid, _ in blocks]


def test_blocks_of_all_codecs_go_together_and_are_pinned_by_their_root(kubo: Kubo) -> None:
    cids = file(kubo, 5 << 20)

    kubo.pin(cids[-1])

    assert cids[-1] in set(kubo.pins())
    assert not {*cids[:-1]} & set(kubo.pins())
    assert {*cids} <= set(kubo.cids())
    kubo.unpin(cids[-1])
    kubo.unpin(cids[-1])
    assert cids[-1] not in set(kubo.pins())


def test_a_block_that_is_no_node_does_not_keep_the_others_from_going(kubo: Kubo) -> None:
    blocks = [
        Block(cid_of(data, codec), data) for codec in CODECS for data in (b"\xa0", b"no node")
    ]

    kubo.write(blocks)

    assert [kubo.get(cid) for cid, _ in blocks] == [data for _, data in blocks]


def test_pinning_names_the_block_that_is_missing_below(
    kubo: Kubo, kubo_daemon: Ipfs, kubo_program: str
) -> None:
    cids = file(kubo, 3 << 20)
    lose(kubo_program, kubo_daemon, cids[1])

    with pytest.raises(ContentMissing):
        kubo.pin(cids[-1])


def test_collecting_spares_what_is_pinned_and_what_is_to_be_kept(
    kubo: Kubo, kubo_daemon: Ipfs, kubo_program: str
) -> None:
    kubo.collect([], older_than=0)
    document, pinned, kept, partly, gone = (
        kubo.put(b"minutes"),
        *(file(kubo, 3 << 20) for _ in "1234"),
    )
    kubo.pin(pinned[-1])
    lose(kubo_program, kubo_daemon, partly[0])
    alone = [kubo_program, "pin", "add", "--recursive=false", str(partly[1])]
    subprocess.run(alone, env=kubo_daemon[1], check=True, capture_output=True)

    removed = kubo.collect([kept[-1], partly[-1], cid_of(os.urandom(9))], older_than=0)

    assert removed == len(gone)
    assert all(map(kubo.has, [document, *pinned, *kept, *partly[1:]]))
    assert not any(map(kubo.has, gone))
    assert kept[-1] in set(kubo.pins())
    assert partly[1] in set(kubo.cids())
    assert partly[2] not in set(kubo.cids())
    for root in (pinned[-1], kept[-1], partly[1]):
        kubo.unpin(root)
    assert kubo.collect([], older_than=0) == 4 + 4 + 3


def test_collecting_says_what_cannot_be_read_and_deletes_nothing(kubo: Kubo) -> None:
    gone = file(kubo, 10)[0]
    node = b"\x12\x26\x0a\x24" + cid_of(os.urandom(20), DAG_PB).to_bytes()
    broken = Block(cid_of(node, DAG_PB), node)
    kubo.write([broken], pin=True)

    with pytest.raises(StoreUnreachable, match=r"did not collect.*fetch what is missing again"):
        kubo.collect([], older_than=0)

    assert kubo.has(gone)
    kubo.unpin(broken.cid)
    kubo.collect([], older_than=0)


def test_a_daemon_whose_disk_is_full_says_so(
    kubo_program: str, small_disk: Callable[[int], Path]
) -> None:
    with running(kubo_program, small_disk(40)) as (address, _):
        store = Kubo(address)
        kept = [store.put(b"minutes")]

        with pytest.raises(StoreUnreachable, match="no space left on device"):
            for _ in range(60):
                kept += store.put_many([os.urandom(1 << 20)])
        with pytest.raises(StoreUnreachable, match="no space left on device"):
            store.write(Import.stream(io.BytesIO(os.urandom(20 << 20))))

        assert all(store.get(cid) for cid in kept)


def test_a_document_travels_from_a_daemon_into_the_embedded_store(
    kubo: Kubo, embedded: Embedded
) -> None:
    cid = kubo.put(b"minutes")

    assert Tiered(embedded, kubo).get(cid) == b"minutes"

    assert embedded.get(cid) == b"minutes"


def test_users_see_no_warning_of_the_client(kubo: Kubo) -> None:
    script = (
        "import sys; from metaorg.ipfs import Kubo; store = Kubo(sys.argv[1]);"
        "store.get(store.put(b'quiet')); store.version(); list(store.cids())"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", script, kubo.address],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_proxies_of_the_environment_are_not_used(
    kubo: Kubo, nobody_there: Kubo, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = nobody_there.address.rsplit("/", 1)[1]
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert kubo.put(b"direct") == cid_of(b"direct")


def test_a_daemon_that_is_down_is_unreachable_at_once(nobody_there: Kubo) -> None:
    started = time.monotonic()

    for ask in (nobody_there.get, nobody_there.has, nobody_there.pin):
        with pytest.raises(StoreUnreachable, match="is it running"):
            ask(cid_of(b"minutes"))
    with pytest.raises(StoreUnreachable, match="is it running"):
        nobody_there.put(b"minutes")
    with pytest.raises(StoreUnreachable, match="is it running"):
        list(nobody_there.cids())

    assert time.monotonic() - started < 1


def test_making_a_store_asks_nobody(nobody_there: Kubo) -> None:
    assert nobody_there.describe() == f"Kubo at {nobody_there.address}"
