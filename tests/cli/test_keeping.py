"""`metaorg commons`: folders of any size, and holding what the network records."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import LOOM, Cli, Decide
from metaorg.cli.output import PIPE_CLOSED
from metaorg.ipfs import Embedded
from metaorg.ipfs.serving import Server
from metaorg.types import DAG_CBOR, Cid

PUBLISH = ("commons", "publish", "--licence", "CC0-1.0")
LARGE = hashlib.shake_256(b"a survey").digest(2_500_000)


@pytest.fixture
def library(home: Path) -> Path:
    """A folder with a large file, one that is empty, a link and a name that is not ASCII."""
    folder = home / "library"
    (folder / "surveys" / "empty").mkdir(parents=True)
    (folder / "surveys" / "2026.bin").write_bytes(LARGE)
    (folder / "Straßen.csv").write_text("name,length\nLinden,3\n", encoding="utf-8")
    (folder / "latest").symlink_to("surveys/2026.bin")
    (folder / ".draft").write_text("not yet")
    return folder


@pytest.fixture
def shared(bakery: Cli, library: Path) -> str:
    """The CID of the folder, which the bakery has published."""
    bakery.done(*PUBLISH, library, "--title", "Library")
    return cid_of(bakery, library)


@pytest.fixture
def served(founded: dict[str, str]) -> str:
    """Where the bakery serves its commons."""
    return founded["METAORG_STORE"]


def cid_of(cli: Cli, path: Path) -> str:
    return str(cli.done("commons", "cid", path, "--json").json["cid"])


def tree(folder: Path) -> dict[str, object]:
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else (path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


def test_a_folder_is_published_and_fetched_as_it_was(
    bakery: Cli, library: Path, shared: str, home: Path
) -> None:
    fetched = bakery.done("commons", "fetch", shared, "--output", "copy", "--json").json

    [found] = bakery.done("commons", "list", "--json").json
    assert found["resource"]["cid"] == shared == fetched["cid"]
    assert found["description"]["kind"] == "folder"
    assert found["description"]["profile"] == "unixfs-v1-2025"
    assert found["description"]["size"] == len(LARGE) + 21
    (library / ".draft").unlink()  # hidden files are left out
    assert tree(home / "copy") == tree(library)


@pytest.mark.parametrize("path", [".", "surveys/..", "../library/", "surveys/../../library"])
def test_a_folder_has_its_name_however_it_is_given(bakery: Cli, library: Path, path: str) -> None:
    here = Cli(bakery.environment, library)

    here.done(*PUBLISH, path)

    [found] = here.done("commons", "list", "--json").json
    assert (found["title"], found["description"]["filename"]) == ("library", "library")


def test_a_symlink_is_not_published_in_place_of_what_it_points_to(
    bakery: Cli, library: Path, home: Path, nothing_sent: None
) -> None:
    (home / "link").symlink_to(library)
    (home / "dangling").symlink_to("nowhere")

    for path in ("link", "link/", "dangling"):
        result = bakery.run(*PUBLISH, path)
        assert result.code == 2
        assert "is a symlink" in result.stderr


def test_one_path_of_a_folder_is_fetched(bakery: Cli, shared: str, home: Path) -> None:
    bakery.done("commons", "fetch", f"{shared}/surveys/2026.bin", "--output", "one")
    small = bakery.done("commons", "fetch", f"ipfs://{shared}/Straßen.csv")
    nothing = bakery.run("commons", "fetch", f"{shared}/surveys/2027.bin", "--output", "two")
    folder = bakery.run("commons", "fetch", f"{shared}/surveys")

    assert (home / "one").read_bytes() == LARGE
    assert small.stdout == "name,length\nLinden,3\n"
    assert (nothing.code, folder.code) == (2, 2)
    assert "2027.bin" in nothing.stderr and "--output" in folder.stderr


def test_what_is_no_file_or_folder_goes_to_stdout_only(bakery: Cli, home: Path) -> None:
    cid = Embedded(home / "own").put(b"\x01", DAG_CBOR)
    settings = {"store": f"embedded:{home / 'own'}"}

    shown = bakery.done("commons", "fetch", cid, **settings)
    written = bakery.run("commons", "fetch", cid, "--output", "copy", **settings)
    below = bakery.run("commons", "fetch", f"{cid}/a", **settings)

    assert shown.code == 0
    assert (written.code, below.code) == (2, 2)


def test_the_cid_is_told_without_storing_anything(bakery: Cli, library: Path, home: Path) -> None:
    told = bakery.done("commons", "cid", library, "--json").json
    old = bakery.done("commons", "cid", "--profile", "unixfs-v0-2015", library)

    assert {**told, "cid": told["cid"][:4]} == {
        "cid": "bafy",
        "profile": "unixfs-v1-2025",
        "kind": "folder",
        "size": len(LARGE) + 21,
        "blocks": 9,
    }
    assert old.stdout.startswith("Qm")
    assert not (home / "commons").exists()


def test_a_dry_run_stores_nothing(bakery: Cli, library: Path, home: Path) -> None:
    store = ("--store", f"embedded:{home / 'own'}")

    plan = bakery.done(*PUBLISH, library, "--dry-run", "--json", *store).json

    assert cid_of(bakery, library) in plan["calls"][0]["says"]
    assert not (home / "own").exists() or not list(Embedded(home / "own").cids())


def test_a_member_mirrors_everything_and_repairs_what_is_destroyed(
    bakery: Cli, loom: Cli, shared: str, served: str, home: Path
) -> None:
    own = home / "loom.db"
    settings = {"store": f"embedded:{own}"}
    with Server(Embedded(served.removeprefix("embedded:")), port=0) as node:
        bakery.done("membership", "profile", "--name", "Bakery", "--node", node.url)
        node.start()
        gateway = ("--gateway", node.url)
        before = loom.run("commons", "verify", "--json", **settings)
        brought = loom.done("commons", "mirror", "--json", *gateway, **settings).json
        again = loom.done("commons", "mirror", "--json", **settings).json
        with sqlite3.connect(own) as database:
            leaf = Cid.of(LARGE[: 1 << 20]).digest
            database.execute("UPDATE block SET data = x'00' WHERE digest = ?", (leaf,))
        damaged = loom.run("commons", "verify", "--json", **settings)
        repaired = loom.done("commons", "repair", "--json", **settings).json

    assert before.code == 6
    assert shared in {one["cid"] for one in brought}
    assert {one["state"] for one in brought} == {"held"}
    assert again == []
    assert damaged.code == 6 and list(damaged.json["faults"]) == [shared]
    assert {one["state"] for one in repaired} == {"held"}
    assert loom.done("commons", "verify", "--json", **settings).json["faults"] == {}


def test_a_folder_that_a_gateway_has_is_pinned(
    bakery: Cli, shared: str, served: str, home: Path
) -> None:
    settings = {"store": f"embedded:{home / 'other'}"}
    with Server(Embedded(served.removeprefix("embedded:")), port=0) as node:
        node.start()
        bakery.done("commons", "pin", shared, "--gateway", node.url, **settings)

    bakery.done("commons", "fetch", shared, "--output", "copy", **settings)
    assert (home / "copy" / "surveys" / "2026.bin").read_bytes() == LARGE


def test_a_mirror_that_cannot_have_everything_says_what_lacks(
    loom: Cli, shared: str, home: Path
) -> None:
    result = loom.run("commons", "mirror", "--json", store=f"embedded:{home / 'loom.db'}")

    assert result.code == 5
    assert {one["state"] for one in result.json} == {"missing"}
    assert shared in {one["cid"] for one in result.json}
    assert "could not be had" in result.stderr


def test_status_tells_what_is_held_and_pinned(bakery: Cli, loom: Cli, shared: str) -> None:
    here = bakery.done("commons", "status", "--json").json
    there = loom.done("commons", "status", "--json", store=f"embedded:{loom.folder / 'x'}").json

    [found] = [one for one in here["documents"] if one["cid"] == shared]
    assert (found["state"], found["pinned"], found["what"]) == ("held", True, "resource")
    assert here["waiting"] == {"blocks": 0, "bytes": 0}
    assert {one["state"] for one in there["documents"]} == {"missing"}


def test_collecting_never_drops_what_the_chain_records(
    bakery: Cli, library: Path, shared: str, home: Path
) -> None:
    bakery.done("commons", "unpin", shared)
    loose = Embedded(home / "loose.db")
    loose.put(b"nobody needs this")
    car = home / "loose.car"
    bakery.done(
        "commons",
        "export",
        str(Cid.of(b"nobody needs this")),
        "--car",
        car,
        store=f"embedded:{home / 'loose.db'}",
    )
    bakery.done("commons", "import", car)
    bakery.done("commons", "unpin", str(Cid.of(b"nobody needs this")))

    kept = bakery.done("commons", "gc", "--json").json
    gone = bakery.done("commons", "gc", "--older-than", "0", "--json").json

    assert (kept["deleted"], gone["deleted"]) == (0, 1)
    assert bakery.done("commons", "verify", "--json").json["faults"] == {}


def test_what_is_left_out_and_what_leads_out_is_told(
    bakery: Cli, library: Path, home: Path
) -> None:
    (library / "surveys" / "out").symlink_to("/etc/hostname")

    told = bakery.done(*PUBLISH, library)
    cid = cid_of(bakery, library)
    refused = bakery.run("commons", "fetch", cid, "--output", "copy")
    bakery.done("commons", "fetch", cid, "--output", "copy", "--skip-links")

    assert ".draft" in told.stderr and "--hidden" in told.stderr
    assert "surveys/out" in told.stderr and "latest" not in told.stderr
    assert refused.code == 2 and "--skip-links" in refused.stderr
    assert (home / "copy" / "latest").is_symlink()
    assert not (home / "copy" / "surveys" / "out").is_symlink()


def test_an_empty_folder_is_not_published(bakery: Cli, home: Path) -> None:
    (home / "nothing").mkdir()
    (home / "nothing" / ".env").write_text("x")

    result = bakery.run(*PUBLISH, home / "nothing")

    assert result.code == 2 and "is empty" in result.stderr


def test_content_travels_as_a_car(bakery: Cli, shared: str, home: Path) -> None:
    bakery.done("commons", "export", shared, "--car", "library.car")
    settings = {"store": f"embedded:{home / 'other'}"}

    told = bakery.done("commons", "import", "library.car", "--json", **settings).json
    bakery.done("commons", "fetch", shared, "--output", "copy", **settings)

    assert told["roots"] == [shared]
    assert (home / "copy" / "surveys" / "2026.bin").read_bytes() == LARGE


def test_a_reader_that_goes_away_ends_an_export(bakery: Cli, shared: str) -> None:
    exporting = bakery.start("commons", "export", shared, "--car", "-")
    assert exporting.stdout and exporting.stderr
    exporting.stdout.read(5)
    exporting.stdout.close()

    assert exporting.wait(60) == PIPE_CLOSED
    assert exporting.stderr.read() == b""
    exporting.stderr.close()


def test_a_damaged_car_is_refused(bakery: Cli, shared: str, home: Path) -> None:
    bakery.done("commons", "export", shared, "--car", "library.car")
    data = bytearray((home / "library.car").read_bytes())
    data[-1] ^= 1
    (home / "library.car").write_bytes(data)

    result = bakery.run("commons", "import", "library.car", store=f"embedded:{home / 'other'}")

    assert result.code == 5
    assert "do not hash to" in result.stderr


@pytest.mark.parametrize("name", ["members.csv", "members.json"])
def test_personal_data_are_published_with_consent_only(bakery: Cli, home: Path, name: str) -> None:
    folder = home / "data"
    folder.mkdir()
    content = {
        "members.csv": "name,email\nA,a@example.org\n",
        "members.json": '[{"phone": "+44 20 7946 0018"}]',
    }
    (folder / name).write_text(content[name])

    refused = bakery.run(*PUBLISH, folder)
    bakery.done(*PUBLISH, folder, "--i-have-consent")

    assert refused.code == 2
    assert name in refused.stderr and "--i-have-consent" in refused.stderr
    assert ("email" in refused.stderr) or ("phone" in refused.stderr)


def test_a_resource_shows_its_history(bakery: Cli, loom: Cli, shared: str, library: Path) -> None:
    (library / "surveys" / "2027.bin").write_bytes(b"new")
    loom.done("commons", "cite", shared)
    bakery.done(*PUBLISH, library, "--title", "Library", "--previous", shared)
    newer = cid_of(bakery, library)
    bakery.done("commons", "retire", shared, "--reason", "A better one is there.")
    bakery.done("commons", "entrust", shared, "--to", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")

    found = bakery.done("commons", "show", shared, "--json").json
    again = bakery.run(
        "commons", "retire", newer, "--reason", "x", account=loom.environment["METAORG_ACCOUNT"]
    )

    assert [deed["name"] for deed in found["deeds"]] == [
        "Published",
        "Cited",
        "Retired",
        "Entrusted",
    ]
    assert found["deeds"][2]["text"] == "A better one is there."
    assert found["steward"] == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert (found["previous"], found["later"]) == ([], [newer])
    assert bakery.done("commons", "show", newer, "--json").json["previous"] == [shared]
    assert again.code == 4
    assert "A better one is there." in bakery.done("commons", "show", shared).stdout


def test_a_decision_entrusts_any_resource(bakery: Cli, shared: str, decide: Decide) -> None:
    decide(
        "commons",
        "entrust-decision",
        shared,
        "--to",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "--reason",
        "They keep the archive.",
        "--title",
        "An archive",
    )

    found = bakery.done("commons", "show", shared, "--json").json
    assert found["steward"] == "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    assert found["deeds"][-1]["text"] == "They keep the archive."


def test_what_a_proposal_would_bring_into_force_is_mirrored_before(
    bakery: Cli, proposed: str, advance: Callable[[int], None]
) -> None:
    del proposed, advance
    documents = bakery.done("commons", "status", "--json").json["documents"]

    [text] = [one for one in documents if one["what"] == "what amend would record"]
    assert text["cid"] == str(Cid.of(b"# A new text\n"))


def test_a_proposal_about_a_resource_names_no_other_document_for_it(
    bakery: Cli, loom: Cli, shared: str, advance: Callable[[int], None]
) -> None:
    advance(1)
    entrust = ("commons", "entrust-decision", shared, "--to", LOOM, "--reason", "They archive.")
    bakery.done(*entrust, "--title", "An archive")

    named = bakery.done("commons", "status", "--json").json["documents"]

    assert [one["cid"] for one in named if Cid.parse(one["cid"]).digest == digest_of(shared)] == [
        shared
    ]


def test_public_documents_are_named_even_when_a_member_records_the_first_as_a_resource(
    bakery: Cli, food_coop: Cli, home: Path, decide: Decide
) -> None:
    decide("dao", "publish")
    uri = bakery.done("dao", "show", "--json").json["published"]
    bakery.done("commons", "fetch", uri, "--output", "dao.json")
    food_coop.done(*PUBLISH, "dao.json")

    named = {one["what"] for one in bakery.done("commons", "status", "--json").json["documents"]}

    assert {"public document membersURI", "public document contractsURI"} <= named


def digest_of(cid: str) -> bytes:
    return Cid.parse(cid).digest
