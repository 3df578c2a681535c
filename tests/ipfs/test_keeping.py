"""What a store holds of a commons, and how what is missing or damaged comes back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from metaorg.ipfs import Embedded, Holding, Import, Kubo, holdings, keep
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.cid import Profile
from metaorg.types import DAG_PB, Cid

SMALL = Profile(
    name="small", version=1, chunk=64, width=4, raw_leaves=True, estimate="block", threshold=4096
)
CONTENT = bytes(range(256)) * 20
NOTE = b"a note"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Embedded]:
    """Another member's store, with a file of many blocks and a note."""
    with closing(Embedded(tmp_path / "far.db")) as store:
        store.put(NOTE)
        store.write(Import(_file(tmp_path), profile=SMALL))
        yield store


@pytest.fixture
def named(tmp_path: Path) -> dict[Cid, str]:
    root = Import(_file(tmp_path), profile=SMALL).root.cid
    return {root: "a survey", Cid.of(NOTE): "a note"}


def _file(folder: Path) -> Path:
    file = folder / "survey"
    file.write_bytes(CONTENT)
    return file


def damage(store: Embedded, cid: Cid) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as database:
        database.execute("UPDATE block SET data = x'00' WHERE digest = ?", (cid.digest,))
        database.commit()


def remove(store: Embedded, cid: Cid) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as database:
        database.execute("DELETE FROM block WHERE digest = ?", (cid.digest,))
        database.commit()


def states(found: Iterator[Holding]) -> dict[str, str]:
    return {one.what: one.state for one in found}


def test_everything_is_brought_and_pinned(
    embedded: Embedded, far: Embedded, named: dict[Cid, str]
) -> None:
    came: list[int] = []

    told = list(keep(embedded, far, named, advance=came.append))

    assert {one.cid: (one.state, one.pinned) for one in told} == dict.fromkeys(
        named, ("held", True)
    )
    assert set(embedded.pins()) == set(named)
    assert sum(came) > len(CONTENT[:256])
    assert states(holdings(embedded, named, verify=True)) == dict.fromkeys(named.values(), "held")


def test_what_is_pinned_is_not_asked_for_again(
    embedded: Embedded, far: Embedded, named: dict[Cid, str], nobody_there: Kubo
) -> None:
    list(keep(embedded, far, named))

    assert states(keep(embedded, nobody_there, named)) == dict.fromkeys(named.values(), "held")


def test_a_damaged_block_comes_back_when_everything_is_verified(
    embedded: Embedded, far: Embedded, named: dict[Cid, str]
) -> None:
    list(keep(embedded, far, named))
    leaf = Cid.of(CONTENT[:64])
    for cid in (leaf, Cid.of(NOTE)):
        damage(embedded, cid)

    believed = states(holdings(embedded, named))
    seen = {one.what: one for one in holdings(embedded, named, verify=True)}
    list(keep(embedded, far, named, verify=True))

    assert believed == {"a survey": "held", "a note": "held"}
    assert (seen["a survey"].state, seen["a survey"].missing) == ("partial", 1)
    assert str(leaf) in seen["a survey"].why
    assert seen["a note"].state == "damaged"
    assert states(holdings(embedded, named, verify=True)) == {
        "a survey": "held",
        "a note": "held",
    }


def test_what_is_partly_here_and_what_is_not_are_told_apart(
    embedded: Embedded, far: Embedded, named: dict[Cid, str]
) -> None:
    list(keep(embedded, far, named))
    remove(embedded, Cid.of(CONTENT[:64]))
    remove(embedded, Cid.of(NOTE))

    assert states(holdings(embedded, named)) == {"a survey": "partial", "a note": "missing"}


def test_what_nobody_has_is_missing_and_the_rest_is_kept(
    embedded: Embedded, far: Embedded, named: dict[Cid, str]
) -> None:
    absent = {Cid.of(b"gone"): "gone", **named}

    told = states(keep(embedded, far, absent))

    assert told == {"gone": "missing", "a survey": "held", "a note": "held"}


def test_whoever_cannot_be_asked_leaves_it_unknown(
    embedded: Embedded, named: dict[Cid, str], nobody_there: Kubo
) -> None:
    assert states(keep(embedded, nobody_there, named)) == dict.fromkeys(named.values(), "unknown")
    assert list(embedded.pins()) == []


def test_a_store_that_cannot_be_asked_holds_nobody_knows_what(
    nobody_there: Kubo, named: dict[Cid, str]
) -> None:
    assert states(holdings(nobody_there, named)) == dict.fromkeys(named.values(), "unknown")


def test_a_source_without_a_part_leaves_the_root_unpinned(
    embedded: Embedded, far: Embedded, named: dict[Cid, str]
) -> None:
    remove(far, Cid.of(CONTENT[:64]))

    told = states(keep(embedded, far, named))

    assert told == {"a survey": "missing", "a note": "held"}
    assert list(embedded.pins()) == [Cid.of(NOTE)]


def test_what_was_recorded_as_something_that_it_is_not_is_malformed(
    embedded: Embedded, far: Embedded
) -> None:
    wrong = Cid(digest=Cid.of(NOTE).digest, codec=DAG_PB)
    far.write([Block(wrong, NOTE)])

    assert states(keep(embedded, far, {wrong: "a folder"})) == {"a folder": "malformed"}
    assert states(holdings(far, {wrong: "a folder"})) == {"a folder": "malformed"}
