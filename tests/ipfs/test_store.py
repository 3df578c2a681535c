"""Several stores as one, and the settings that name a store."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from metaorg.errors import ContentCorrupt, ContentMissing, InvalidInput, StoreUnreachable
from metaorg.ipfs import Embedded, Kubo, Store, Tiered, open_store
from metaorg.ipfs.blocks import cid_of
from metaorg.types import DAG_PB, Cid

MINUTES = b"minutes"


class Liar(Embedded):
    """A store that forgot to verify."""

    def get(self, cid: Cid) -> bytes:
        return b"lies"


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "near.db")
    yield store
    store.close()


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "far.db")
    yield store
    store.close()


def damage(store: Embedded) -> None:
    store.close()
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE block SET data = x'00'")
    database.close()


def test_every_store_keeps_the_protocol(near: Embedded, nobody_there: Kubo) -> None:
    stores: list[Store] = [near, nobody_there, Tiered(near, nobody_there)]

    assert all(isinstance(store, Store) for store in stores)
    assert [store.name for store in stores] == ["embedded", "kubo", "tiered"]


def test_blocks_are_written_to_the_first_store_only(near: Embedded, far: Embedded) -> None:
    both = Tiered(near, far)

    cids = [both.put(MINUTES), *both.put_many([b"a", b"b"], DAG_PB)]

    assert set(near.cids()) == {*cids}
    assert list(far.cids()) == []


def test_a_block_is_read_from_the_first_store_that_has_it_and_copied_into_the_first(
    near: Embedded, far: Embedded
) -> None:
    cid = far.put(MINUTES, DAG_PB)

    assert Tiered(near, far).get(cid) == MINUTES

    assert near.get(cid) == MINUTES
    assert list(near.cids()) == [cid]


def test_many_blocks_come_from_whichever_store_has_them(near: Embedded, far: Embedded) -> None:
    mine, theirs = near.put_many([b"%d" % n for n in range(20)]), far.put_many([b"a", b"b"])
    absent = cid_of(b"absent")

    got = dict(Tiered(near, far).get_many(iter([absent, *mine, *theirs, theirs[0]])))

    assert isinstance(got.pop(absent), ContentMissing)
    assert got == {cid_of(data): data for data in [*(b"%d" % n for n in range(20)), b"a", b"b"]}
    assert near.has(theirs[0])


def test_what_the_others_hold_the_tier_itself_does_not(near: Embedded, far: Embedded) -> None:
    mine, theirs = near.put(b"mine"), far.put(b"theirs")

    held = dict(Tiered(near, far).held([mine, theirs]))

    assert held[mine] == b"mine"
    assert isinstance(held[theirs], ContentMissing)


def test_a_damaged_block_is_read_from_elsewhere_and_healed(near: Embedded, far: Embedded) -> None:
    cid = near.put(MINUTES)
    damage(near)
    far.put(MINUTES)

    assert Tiered(near, far).get(cid) == MINUTES

    assert near.get(cid) == MINUTES


def test_a_store_that_serves_other_bytes_is_passed_over(
    near: Embedded, far: Embedded, tmp_path: Path
) -> None:
    cid = far.put(MINUTES)
    liar = Liar(tmp_path / "liar.db")

    assert Tiered(near, liar, far).get(cid) == MINUTES
    with pytest.raises(ContentCorrupt, match=r"liar\.db"):
        Tiered(liar).get(cid)


def test_missing_everywhere_names_who_was_asked(near: Embedded, far: Embedded) -> None:
    with pytest.raises(ContentMissing) as missing:
        Tiered(near, far).get(cid_of(MINUTES))

    assert missing.value.asked == (near.describe(), far.describe())
    assert not Tiered(near, far).has(cid_of(MINUTES))


def test_a_store_that_is_down_makes_absence_unknown_not_certain(
    near: Embedded, nobody_there: Kubo
) -> None:
    both = Tiered(near, nobody_there)

    for ask in (both.get, both.has, both.pin):
        with pytest.raises(StoreUnreachable, match="not every store could say") as unknown:
            ask(cid_of(MINUTES))
        assert nobody_there.address in str(unknown.value)
        assert near.describe() in str(unknown.value)


def test_unreachable_outweighs_corrupt_because_the_block_may_be_intact_there(
    near: Embedded, nobody_there: Kubo
) -> None:
    cid = near.put(MINUTES)
    damage(near)

    with pytest.raises(StoreUnreachable, match="do not hash"):
        Tiered(near, nobody_there).get(cid)


def test_corrupt_everywhere_names_every_damaged_copy(near: Embedded, far: Embedded) -> None:
    cid = near.put(MINUTES)
    far.put(MINUTES)
    damage(near)
    damage(far)

    with pytest.raises(ContentCorrupt) as corrupt:
        Tiered(near, far).get(cid)

    assert corrupt.value.where == f"{near.describe()} and {far.describe()}"


def test_reading_goes_on_when_the_first_store_is_down(far: Embedded, nobody_there: Kubo) -> None:
    cid = far.put(MINUTES)
    both = Tiered(nobody_there, far)

    assert both.has(cid)
    assert both.get(cid) == MINUTES


def test_writing_fails_when_the_first_store_is_down(far: Embedded, nobody_there: Kubo) -> None:
    with pytest.raises(StoreUnreachable):
        Tiered(nobody_there, far).put(MINUTES)

    assert list(far.cids()) == []


def test_pinning_brings_a_block_into_the_first_store(near: Embedded, far: Embedded) -> None:
    cid = far.put(MINUTES)

    Tiered(near, far).pin(cid)

    assert near.has(cid)
    with pytest.raises(ContentMissing):
        Tiered(near, far).pin(cid_of(b"absent"))


def test_listings_pins_and_collecting_concern_the_first_store(
    near: Embedded, far: Embedded
) -> None:
    mine, theirs = near.put(b"mine"), far.put(b"theirs")
    both = Tiered(near, far)

    both.unpin(theirs)
    both.unpin(mine)

    assert list(both.cids()) == [mine]
    assert list(both.pins()) == []
    assert list(far.pins()) == [theirs]
    assert both.collect([], older_than=0) == 1
    assert list(far.cids()) == [theirs]


def test_closing_closes_every_store(near: Embedded, far: Embedded) -> None:
    both = Tiered(near, far)
    cid = both.put(MINUTES)

    both.close()

    assert both.get(cid) == MINUTES


def test_opening_touches_nothing(tmp_path: Path) -> None:
    store = open_store(f"embedded:{tmp_path}/a/blocks.db", "http://127.0.0.1:1")

    assert store.describe() == f"embedded store {tmp_path}/a/blocks.db, then Kubo at " + (
        "/ip4/127.0.0.1/tcp/1"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_home_folder_is_understood() -> None:
    store = open_store("embedded:~/commons.db")

    assert isinstance(store, Embedded)
    assert store.path == Path.home() / "commons.db"


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("kubo:/ip4/127.0.0.1/tcp/5001", "/ip4/127.0.0.1/tcp/5001"),
        ("kubo:/dns/ipfs.example/tcp/443/https", "/dns/ipfs.example/tcp/443/https"),
        ("http://127.0.0.1:5001", "/ip4/127.0.0.1/tcp/5001"),
        ("http://127.0.0.1:5001/", "/ip4/127.0.0.1/tcp/5001"),
        ("http://[::1]:5001", "/ip6/::1/tcp/5001"),
        ("http://localhost:5001", "/dns/localhost/tcp/5001"),
        ("http://localhost", "/dns/localhost/tcp/80"),
        ("https://ipfs.example", "/dns/ipfs.example/tcp/443/https"),
    ],
)
def test_a_daemon_is_named_by_multiaddr_or_url(uri: str, address: str) -> None:
    store = open_store(uri)

    assert isinstance(store, Kubo)
    assert store.address == address


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "embedded",
        "embedded:",
        "commons.db",
        "s3://bucket",
        "kubo:",
        "kubo:127.0.0.1:5001",
        "kubo:/ip4/127.0.0.1",
        "kubo:/ip4/127.0.0.1/tcp/5001/p2p/Qm",
        "kubo:/ip4/127.0.0.1/tcp/99999",
        "kubo:/ip4/999.0.0.1/tcp/5001",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://user:secret@host:5001",
        "http://host:5001/api/v0",
        "http://host:5001?token=1",
    ],
)
def test_anything_else_names_no_store(uri: str) -> None:
    with pytest.raises(InvalidInput, match=r"names no store|is no address|a daemon's URL"):
        open_store(uri)


def test_a_secret_in_a_url_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refusal:
        open_store("http://user:secret@host:5001")

    assert "secret" not in str(refusal.value)
