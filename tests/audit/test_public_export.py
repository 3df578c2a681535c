"""The public documents as files say what events say, and are read back only as they are."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.happened import followed
from audit.history import History
from metaorg.audit.exports.public import carried, read_public, write_public
from metaorg.audit.public import facts_of
from metaorg.dao import FILES, Facts
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents, file_cid
from metaorg.ipfs.files import FILE_LIMIT

PURPOSE = "Share tools and decide together."


@pytest.fixture
def facts(history: History) -> Facts:
    """By events alone."""
    return facts_of(followed(history), "Aurora Commons Network")


@pytest.fixture
def folder(facts: Facts, tmp_path: Path) -> Path:
    write_public(facts, PURPOSE, tmp_path / "public")
    return tmp_path / "public"


def test_what_was_written_comes_back(facts: Facts, folder: Path) -> None:
    found = read_public(folder)

    assert found == carried(facts, PURPOSE)
    assert found.members == facts.members and found.contracts == facts.contracts
    assert found.activities == facts.activities
    told = [(one.number, one.state, one.actions) for one in facts.proposals]
    assert [(one.number, one.state, one.actions) for one in found.proposals] == told


def test_the_files_are_those_that_are_published(
    history: History, facts: Facts, folder: Path
) -> None:
    """The contracts, asked for the same block, give the same bytes."""
    org = history.by()
    made = org.dao.documents(history.chain.at())

    assert sorted(os.listdir(folder)) == sorted(FILES.values())
    content = json.loads((folder / "dao.json").read_bytes())
    assert content["membersURI"] == json.loads(made.dao)["membersURI"]
    assert (folder / "proposals.json").read_bytes() == made.proposals
    assert (folder / "activity-log.json").read_bytes() == made.activity_log


def test_writing_again_gives_the_same_bytes(facts: Facts, folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in FILES.values()}

    write_public(facts, PURPOSE, folder)

    assert {name: (folder / name).read_bytes() for name in FILES.values()} == before


def test_an_organization_without_a_name_or_a_purpose_comes_back(
    facts: Facts, tmp_path: Path
) -> None:
    bare = facts.model_copy(update={"name": "", "proposals": (), "activities": ()})
    write_public(bare, "", tmp_path)

    assert read_public(tmp_path) == carried(bare, "")


# ---------------------------------------------------------------------- hostile and damaged


def forge(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a document, and let the DAO document name the changed one."""
    path = folder / FILES[name]
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(documents.encode(content))
    field = {
        "members": "membersURI",
        "proposals": "proposalsURI",
        "activity_log": "activityLogURI",
        "contracts": "contractsURI",
    }.get(name)
    if field:
        uri = file_cid(path.read_bytes()).uri
        forge(folder, "dao", lambda dao: dao.update({field: uri}))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / FILES[name]).unlink()

    with pytest.raises(InvalidInput, match=rf"{FILES[name]} cannot be read: No such file"):
        read_public(folder)


@pytest.mark.parametrize("name", [name for name in FILES if name != "dao"])
def test_a_file_with_another_byte_is_named(folder: Path, name: str) -> None:
    path = folder / FILES[name]
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(InvalidInput, match=rf"{FILES[name]}: it is not the file that dao.json"):
        read_public(folder)


def test_a_folder_in_the_place_of_a_file_is_named(folder: Path) -> None:
    (folder / "members.json").unlink()
    (folder / "members.json").mkdir()

    with pytest.raises(InvalidInput, match=r"members\.json cannot be read"):
        read_public(folder)


def test_a_file_that_is_too_large_is_not_read(folder: Path) -> None:
    with (folder / "members.json").open("r+b") as file:
        file.truncate(FILE_LIMIT + 2)

    with pytest.raises(InvalidInput, match=r"members\.json: it is larger than 64 MiB"):
        read_public(folder)


def test_a_place_that_cannot_be_written_to_is_named(facts: Facts, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidInput, match="cannot be written to"):
        write_public(facts, PURPOSE, tmp_path / "file")


ELSEWHERE = "eip155:1:0x" + "00" * 20
WRONGS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "other type": ("dao", lambda d: d.update(type="DAOs"), "dao.json: type: Input should be 'DAO'"),
    "no origin": ("dao", lambda d: d.pop("generatedFrom"), "generatedFrom: Field required"),
    "more": ("dao", lambda d: d.update(more=1), "dao.json: more: Extra inputs"),
    "http": ("dao", lambda d: d.update(membersURI="http://x"), "members.json: it is not the file"),
    "no account": (
        "members",
        lambda d: d["members"][0].update(id="ada.example"),
        r"members.json: members.0.id: Value error, an account is written",
    ),
    "mistyped": (
        "members",
        lambda d: d["members"][0].update(id=d["members"][0]["id"].replace("e", "E", 3)),
        "members.json: members.0.id|an account is written",
    ),
    "other chain": (
        "members",
        lambda d: d["members"][0].update(id=ELSEWHERE),
        "members.json: members or contracts are of another chain",
    ),
    "no front door": (
        "contracts",
        lambda d: d.update(contracts=d["contracts"][1:]),
        "contracts.json: the front door",
    ),
    "other status": (
        "proposals",
        lambda d: d["proposals"][0].update(status="Won"),
        "proposals.json: proposal .* unknown status 'Won'",
    ),
    "other assembly": (
        "proposals",
        lambda d: d["proposals"][0].update(id=f"{ELSEWHERE}?proposalId=1"),
        "proposals.json: proposal 1 is of another Assembly",
    ),
    "a hidden sender": (
        "proposals",
        lambda d: d["proposals"][0]["calls"][0].update({"from": "0x" + "00" * 20}),
        "is of another Assembly or Timelock",
    ),
    "a number": (
        "proposals",
        lambda d: d["proposals"][0]["calls"][0].update(value=1),
        "an amount of wei is written as decimal digits in text",
    ),
    "other member": (
        "activity_log",
        lambda d: d["activities"][0]["member"].update(id=ELSEWHERE),
        "activity-log.json: .* names another proposal or member",
    ),
    "no activity": (
        "activity_log",
        lambda d: d["activities"][0].update(id="vote"),
        "activity-log.json: 'vote' is no activity in this Assembly",
    ),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_document_that_is_not_as_generated_is_named(folder: Path, wrong: str) -> None:
    name, change, why = WRONGS[wrong]
    forge(folder, name, change)

    with pytest.raises(InvalidInput, match=why):
        read_public(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 50_000], ids=range(6))
def test_a_dao_document_that_is_none_is_refused(folder: Path, data: bytes) -> None:
    (folder / "dao.json").write_bytes(data)

    with pytest.raises(InvalidInput, match=r"^dao\.json: "):
        read_public(folder)
