"""`metaorg dao` and `metaorg show`: the public documents, and the network on one page."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, DAY, FOOD_COOP, LOOM, Cli
from metaorg.dao import FILES
from metaorg.types import Cid


def test_the_documents_are_published_by_decision_and_checked(
    bakery: Cli, food_coop: Cli, loom: Cli, advance: Callable[[int], None]
) -> None:
    bakery.done("dao", "publish", "--yes")
    advance(DAY + 1)
    for member in (bakery, food_coop, loom):
        member.done("assembly", "vote", "#1", "for", "--yes")
    advance(7 * DAY)
    bakery.done("assembly", "queue", "#1", "--yes")
    advance(7 * DAY)
    bakery.done("assembly", "execute", "#1", "--yes")

    checked = bakery.done("check", account=None)
    told = bakery.done("check", "--json", account=None).json["published"]

    assert "public documents as of block" in checked.stdout
    assert "0 decisions since" in checked.stdout
    assert "Everything agrees." in checked.stdout
    shown = bakery.done("dao", "show", "--block", told["block"], "--json").json
    assert shown["uri"] == told["uri"]
    assert bakery.done("dao", "show", "--json").json["published"] == told["uri"]
    assert bakery.done("show", "--json").json["dao_uri"] == told["uri"]


def test_publishing_the_same_block_again_sends_nothing(bakery: Cli, home: Path) -> None:
    block = bakery.done("dao", "show", "--json").json["block"]
    bakery.done("dao", "publish", "--block", block, "--yes")

    again = bakery.done("dao", "publish", "--block", block, "--yes", "--json")

    assert again.json == []
    assert "already" in again.stderr


def test_printed_calls_carry_the_address_of_the_documents(bakery: Cli) -> None:
    call = bakery.done("dao", "publish", "--as", "print", "--yes").json[0]

    assert "at ipfs://baf" in call["says"]
    assert call["data"].startswith("0x")


def test_show_lists_every_document_with_its_address(bakery: Cli, nothing_sent: None) -> None:
    shown = bakery.done("dao", "show", "--json", account=None).json

    assert shown["published"] == ""
    assert set(shown["documents"]) == set(FILES.values())
    for one in shown["documents"].values():
        data = one["content"].encode()
        assert (one["uri"], one["size"]) == (Cid.of(data).uri, len(data))
    text = bakery.done("dao", "show", account=None).stdout
    assert "published  none" in text
    assert "governance.md" in text


def test_export_writes_files_whose_sha256_is_their_address(
    bakery: Cli, home: Path, nothing_sent: None
) -> None:
    written = bakery.done("dao", "export", "--output", home / "web", "--json", account=None).json

    assert sorted(Path(one).name for one in written) == sorted(FILES.values())
    dao = json.loads((home / "web/dao.json").read_bytes())
    governance = (home / "web/governance.md").read_bytes()
    digest = Cid.parse(dao["governanceURI"]).digest
    assert hashlib.sha256(governance).digest() == digest
    assert governance.startswith(b"# Governance of Aurora Commons Network\n")


def test_export_leaves_other_files_alone(bakery: Cli, home: Path) -> None:
    (home / "web").mkdir()
    (home / "web/members.json").write_text("mine")

    result = bakery.run("dao", "export", "--output", home / "web")

    assert result.code == 2
    assert (home / "web/members.json").read_text() == "mine"


def test_a_block_before_the_founding_is_wrong_use(bakery: Cli) -> None:
    result = bakery.run("dao", "show", "--block", 1)

    assert result.code == 2
    assert "before the founding" in result.stderr


def test_a_block_that_is_not_there_yet_is_unreachable(bakery: Cli) -> None:
    assert bakery.run("dao", "show", "--block", 10**9).code == 5


def test_without_the_charter_document_no_document_is_made_up(bakery: Cli, home: Path) -> None:
    """The purpose is unknown then, not empty."""
    empty = f"embedded:{home / 'empty'}"

    result = bakery.run("dao", "show", "--store", empty)

    assert result.code == 5
    assert "no store holds" in result.stderr


# ---------------------------------------------------------------------- metaorg show


def test_show_tells_what_the_network_is(bakery: Cli, nothing_sent: None) -> None:
    text = bakery.done("show", account=None).stdout

    for said in ("Aurora Commons Network", "version 1, bafk", "lazy consent", "Consumers"):
        assert said in text
    assert "each class" in text and "> 66.67 %" in text
    assert "No open proposals." in text
    assert "none published" in text


def test_show_as_json_has_seats_by_constituency_and_every_contract(bakery: Cli) -> None:
    shown = bakery.done("show", "--json", account=None).json

    assert shown["seats"]["Workers"] == 1 and sum(shown["seats"].values()) == 3
    assert shown["contracts"]["metaOrganization"] == shown["address"]
    assert len(shown["contracts"]) == 8
    assert shown["admission"]["method"] == "lazy consent"
    assert shown["open_proposals"] == []


def test_show_lists_open_proposals(bakery: Cli, proposed: str) -> None:
    listed = bakery.done("show", "--json").json["open_proposals"]

    assert listed == [{"number": proposed, "title": "A new text", "state": "pending"}]
    assert "A new text" in bakery.done("show").stdout


def test_a_purpose_that_cannot_be_read_is_unknown_and_not_empty(bakery: Cli, home: Path) -> None:
    empty = f"embedded:{home / 'empty'}"

    assert bakery.done("show", "--json", "--store", empty).json["purpose"] is None
    assert "cannot be read" in bakery.done("show", "--store", empty).stdout


@pytest.mark.parametrize("account", [BAKERY, FOOD_COOP, LOOM])
def test_everybody_gets_the_same_documents(cli_of: Callable[[str], Cli], account: str) -> None:
    cli = cli_of(account)
    shown = cli.done("dao", "show", "--json").json

    assert cli.done("dao", "show", "--json", account=None).json == shown
