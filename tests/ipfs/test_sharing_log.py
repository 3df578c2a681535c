"""The log of what was sealed, granted and opened: nothing is lost, and nothing stops the reader."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.ipfs.sharing_log import Shared, append, entries, sealings
from metaorg.types import Cid

NETWORK = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def entry(number: int = 0, **changed: object) -> Shared:
    values: dict[str, object] = {
        "time": number,
        "what": "sealed",
        "network": NETWORK,
        "resource": str(Cid.of(b"resource %d" % number)),
        "root": str(Cid.of(b"root")),
        "envelope": str(Cid.of(b"envelope")),
        "keys": ("0123456789abcdef",),
        "access": "members",
    }
    return Shared.model_validate(values | changed)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sharing.jsonl"


def test_entries_are_read_in_order_by_their_owner_only(log: Path) -> None:
    written = [entry(1), entry(2, what="opened", output="/home/baker/recipes")]

    for one in written:
        append(log, one)

    assert list(entries(log)) == written
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert b"baker" not in log.read_bytes()


def test_where_nothing_was_logged_nothing_is_read(log: Path) -> None:
    assert list(entries(log)) == []
    assert sealings(log, root="", network=NETWORK, access="") == []


def test_a_line_that_was_cut_off_costs_only_itself(log: Path) -> None:
    for number in (1, 2):
        append(log, entry(number))
    log.write_bytes(log.read_bytes()[:-20])

    append(log, entry(3))

    assert [one.time for one in entries(log)] == [1, 3]


@given(st.binary(max_size=300))
def test_whatever_is_in_the_file_the_rest_is_read(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    log = tmp_path_factory.mktemp("log") / "sharing.jsonl"
    log.write_bytes(garbage)

    append(log, entry(7))

    assert [one.time for one in entries(log)] == [7]


def test_entries_of_several_writers_do_not_mix(log: Path) -> None:
    written = [entry(number, keys=("0123456789abcdef",) * 256) for number in range(100)]
    append(log, entry())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: append(log, one), written))

    assert sorted(one.time for one in entries(log)) == sorted([0, *range(100)])


def test_the_sealings_of_a_content_are_found_with_their_grants_newest_first(log: Path) -> None:
    root, second = str(Cid.of(b"root")), str(Cid.of(b"sealed again"))
    for one in (
        entry(1),
        entry(2, resource=second),
        entry(1, what="granted"),
        entry(4, resource=str(Cid.of(b"a")), network=OTHER),
        entry(5, resource=str(Cid.of(b"b")), root=str(Cid.of(b"other"))),
        entry(6, resource=str(Cid.of(b"c")), access="parties"),
        entry(1, what="opened"),
    ):
        append(log, one)

    found = sealings(log, root=root, network=NETWORK, access="members")

    assert found == [(entry(2, resource=second),), (entry(1), entry(1, what="granted"))]
