"""`metaorg commons`: publishing, fetching, citing, verifying."""

import sqlite3
from pathlib import Path

import pytest

from cli.conftest import Cli
from metaorg.onchain.chain import Chain
from metaorg.types import Cid

PUBLISH = ("commons", "publish", "--licence", "CC0-1.0")
CONTENT = b"seed,price\nbean,2\n"
CID = str(Cid.of(CONTENT))


@pytest.fixture
def published(bakery: Cli, home: Path) -> Cli:
    """The bakery, which has published a table."""
    (home / "seeds.csv").write_bytes(CONTENT)
    bakery.done(*PUBLISH, "seeds.csv")
    return bakery


def test_a_resource_has_title_type_and_licence(published: Cli) -> None:
    [found] = published.done("commons", "list", "--json").json

    assert found["title"] == "seeds.csv"
    assert found["resource"]["cid"] == CID
    assert found["resource"]["licence"] == "CC0-1.0"
    described = published.done("commons", "fetch", found["resource"]["description"]).stdout
    assert '"media_type":"text/csv"' in described


def test_publishing_again_sends_nothing(published: Cli, chain: Chain) -> None:
    before = chain.block().number

    again = published.done(*PUBLISH, "seeds.csv", "--json")

    assert again.json == []
    assert "in the commons already" in again.stderr
    assert chain.block().number == before


def test_what_another_one_published_is_refused(published: Cli, loom: Cli) -> None:
    result = loom.run(*PUBLISH, "seeds.csv")

    assert result.code == 4
    assert "This content is in the commons already; cite it" in result.stderr


def test_stdin_is_published_with_a_title(bakery: Cli) -> None:
    without = bakery.run(*PUBLISH, "-", stdin=b"words")
    bakery.done(*PUBLISH, "-", "--title", "Words", stdin=b"words")

    assert without.code == 2
    assert bakery.done("commons", "list", "--json").json[0]["title"] == "Words"


def test_a_new_version_names_the_one_before(published: Cli, home: Path) -> None:
    (home / "seeds.csv").write_bytes(CONTENT + b"pea,1\n")

    published.done(*PUBLISH, "seeds.csv", "--previous", CID)

    assert published.done("commons", "list", "--json").json[1]["resource"]["previous"] == (
        "0x" + Cid.parse(CID).digest.hex()
    )


def test_the_same_use_is_cited_once(published: Cli, loom: Cli, chain: Chain) -> None:
    loom.done("commons", "cite", CID)
    before = chain.block().number
    again = loom.done("commons", "cite", f"ipfs://{CID}", "--json")
    assert chain.block().number == before
    loom.done("commons", "cite", CID, "--in", str(Cid.of(b"a book")))

    assert again.json == []
    assert published.done("commons", "list", "--json").json[0]["resource"]["citations"] == 2


def test_fetched_files_are_not_overwritten(published: Cli, home: Path) -> None:
    for _ in range(2):
        published.done("commons", "fetch", CID, "--output", "copy.csv")
    (home / "other.csv").write_text("mine")

    refused = published.run("commons", "fetch", CID, "--output", "other.csv")

    assert (home / "copy.csv").read_bytes() == CONTENT
    assert refused.code == 2
    assert (home / "other.csv").read_text() == "mine"


def test_a_terminal_is_given_text_only(bakery: Cli, home: Path) -> None:
    for name, content in (("text", b"words\n"), ("worse", b"\x1b[2J")):
        (home / name).write_bytes(content)
        bakery.done(*PUBLISH, name)

    shown = bakery.converse("commons", "fetch", str(Cid.of(b"words\n")), answers={})
    refused = bakery.converse("commons", "fetch", str(Cid.of(b"\x1b[2J")), answers={})

    assert (shown.code, shown.stdout) == (0, "words\r\n")
    assert refused.code == 2
    assert "\x1b" not in refused.stdout


def test_verify_finds_what_was_damaged(bakery: Cli, home: Path) -> None:
    (home / "seeds.csv").write_bytes(CONTENT)
    store = ("--store", f"embedded:{home / 'store'}")
    bakery.done(*PUBLISH, "seeds.csv", *store)
    with sqlite3.connect(home / "store") as database:
        database.execute("UPDATE block SET data = x'00' WHERE data = ?", (CONTENT,))

    verified = bakery.run("commons", "verify", "--json", *store)
    fetched = bakery.run("commons", "fetch", CID, *store)

    assert verified.code == 6
    assert verified.json["faults"][CID].startswith("resource: damaged")
    others = [fault for cid, fault in verified.json["faults"].items() if cid != CID]
    assert others and all(": missing: " in fault for fault in others)
    assert (fetched.code, fetched.stdout) == (5, "")
    assert "do not hash to" in fetched.stderr


def test_verify_finds_what_is_missing(published: Cli, home: Path) -> None:
    result = published.run("commons", "verify", "--store", f"embedded:{home / 'elsewhere'}")

    assert result.code == 6
    assert "missing or damaged" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize("cid", ["seeds", "Qm" + "z" * 44, "", "ipfs://", CID.upper(), CID[:-1]])
def test_what_is_no_cid_is_refused(bakery: Cli, cid: str) -> None:
    result = bakery.run("commons", "cite", cid)

    assert result.code == 2
    assert "Invalid value for 'CID'" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_files_that_cannot_be_published_are_refused(bakery: Cli, home: Path) -> None:
    (home / "empty").touch()
    (home / "ok").write_bytes(b"ok")

    refused = [
        bakery.run(*PUBLISH, "empty"),
        bakery.run("commons", "publish", "ok", "--licence", "free for all"),
        bakery.run(*PUBLISH, "nowhere"),
        bakery.run(*PUBLISH, "-", "--title", "Nothing"),
        bakery.run("commons", "publish", "ok", "--licence", "x" * 33),
        bakery.run(*PUBLISH, "ok", "--title", "x" * 201),
        bakery.run(*PUBLISH, "ok", "--access", "nobody"),
    ]

    assert [one.code for one in refused] == [2] * len(refused)
    assert "empty is empty" in refused[0].stderr
    assert "is not an SPDX licence identifier" in refused[1].stderr


def test_publishing_needs_a_seat(outsider: Cli, home: Path) -> None:
    (home / "seeds.csv").write_bytes(CONTENT)

    result = outsider.run(*PUBLISH, "seeds.csv")

    assert result.code == 4
    assert "Only an organization with an active seat can publish and cite." in result.stderr


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_what_comes_from_a_pipe_is_asked_about_at_the_terminal(
    bakery: Cli, home: Path, answer: str, code: int
) -> None:
    (home / "words").write_bytes(b"words")

    command = (*PUBLISH, "-", "--title", "Words")
    result = bakery.converse(*command, answers={"Go on?": answer}, stdin=home / "words")

    assert result.code == code
    assert len(bakery.done("commons", "list", "--json").json) == (code == 0)
