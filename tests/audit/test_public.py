"""The public documents (ERC-4824): published by decision, checked by replaying events."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from onchain.nodes import proxy
from onchain.world import actor

from audit.happened import followed_at
from audit.history import History, as_timelock, checked, found, only
from metaorg import dao
from metaorg.audit.public import facts_of
from metaorg.dao import Documents
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.onchain.chain import Chain
from metaorg.records import Profile
from metaorg.types import DOCUMENT_LIMIT, Cid

VOTERS = (1, 2, 3, 13, 14)


def decide(history: History, *calls: Any, title: str) -> None:
    history.decide(*calls, voters=[actor(number) for number in VOTERS], title=title)


@pytest.fixture
def published(history: History) -> Documents:
    """The documents of now, published by a decision."""
    org, reading = history.by(), history.chain.at()
    made = org.dao.documents(reading)
    decide(history, org.dao.publish(reading), title="Publish")
    return made


def put_in_force(history: History, uri: str) -> None:
    """A URI that was decided on, whatever is there."""
    front = history.by().front
    decide(history, front.call("setDaoURI", uri, says="publish"), title="Another URI")


def forged(history: History, change: Callable[[dict[str, Any]], Any]) -> tuple[str, int]:
    """The DAO document of now with a change, put in force: its URI, and the block of now."""
    now = history.chain.at()
    made = history.by().dao.documents(now)
    history.store.put_many(made.files.values())
    content = json.loads(made.dao)
    change(content)
    cid = history.store.put(documents.encode(content))
    put_in_force(history, cid.uri)
    return cid.uri, now.block.number


# ---------------------------------------------------------------------- what agrees


def test_what_was_published_by_decision_is_checked_clean(
    history: History, published: Documents
) -> None:
    report = checked(history)

    assert report.findings == ()
    assert report.statement.published is not None
    assert report.statement.published.uri == history.by().dao.uri() == published.uri
    assert report.statement.published.block == json.loads(published.dao)["generatedFrom"]["block"]
    assert report.statement.published.decisions_since == 0


def test_without_published_documents_nothing_is_found_or_told(history: History) -> None:
    report = checked(history)

    assert report.ok and report.statement.published is None


def test_documents_that_were_taken_back_are_no_finding(
    history: History, published: Documents
) -> None:
    put_in_force(history, "")

    report = checked(history)

    assert report.ok and report.statement.published is None


def test_old_documents_are_no_finding_but_their_age_is_told(
    history: History, published: Documents
) -> None:
    org = history.by()
    decide(history, org.front.set_charter(_charter(history)), title="Another purpose")
    org.send(org.membership.change_profile(Profile(name="Lantern, again")))

    report = checked(history)

    assert report.ok and report.statement.published is not None
    assert report.statement.published.decisions_since == 1
    assert report.statement.published.words.endswith("Z: 1 decision since")
    assert "as of block" in report.statement.published.words


def _charter(history: History) -> bytes:
    return history.store.put(b'{"name":"Aurora","purpose":"Share more.","type":"Charter"}').digest


def test_events_and_contracts_give_the_same_documents_at_every_block(history: History) -> None:
    """Two ways to the facts, from the founding on: what contracts answer, what events tell."""
    org, head = history.by(), history.chain.at()
    name = org.front.description(head).name

    for then in followed_at(history, range(org.since(), head.block.number + 1)):
        asked = org.dao.facts(history.chain.at(then.block.number))
        replayed = facts_of(then, name)
        assert asked == replayed
        assert dao.generate(asked, "Share.").uri == dao.generate(replayed, "Share.").uri


def test_a_node_that_has_forgotten_old_state_is_enough(
    history: History, published: Documents
) -> None:
    """Only the header of the documents' block is asked for."""
    block = json.loads(published.dao)["generatedFrom"]["block"]
    with proxy(history.chain.url, lambda _method, _parameters, result: result) as node:
        report = checked(history, Chain(node.url))
    asked = {
        one["method"]
        for request in node.requests
        for one in (request if isinstance(request, list) else [request])
        if hex(block) in one["params"]
    }

    assert report.ok
    assert asked == {"eth_getBlockByNumber"}


def test_another_reader_with_another_store_gets_the_same_bytes(
    history: History, published: Documents
) -> None:
    block = json.loads(published.dao)["generatedFrom"]["block"]

    assert history.by(actor(77)).dao.documents(history.chain.at(block)) == published


def test_before_the_founding_there_is_nothing_to_tell(history: History) -> None:
    with pytest.raises(InvalidInput, match="before the founding"):
        history.by().dao.documents(history.chain.at(1))


# ---------------------------------------------------------------------- what differs


def test_another_list_of_members(history: History) -> None:
    def change(content: dict[str, Any]) -> None:
        listed = json.loads(history.store.get(Cid.parse(content["membersURI"])))
        listed["members"].pop()
        content["membersURI"] = history.store.put(documents.encode(listed)).uri

    _, block = forged(history, change)

    subject = f"membersURI of the public documents as of block {block}"
    finding = only(checked(history), "difference", "public.field", subject)

    assert finding.expected != finding.seen and "ipfs://" in finding.seen


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Another Network"),
        ("name", None),
        ("type", "Person"),
        ("@context", "http://www.daostar.org/schemas"),
        ("description", {"deep": [[[[1]]]]}),
        ("description", "x" * 5000),
        ("proposalsURI", "https://example.org/proposals.json"),
        ("governanceURI", 7),
        ("contractsURI", None),
    ],
    ids=lambda one: f"{one!r:.20}",
)
def test_a_field_that_says_something_else_is_named(
    history: History, field: str, value: Any
) -> None:
    def change(content: dict[str, Any]) -> None:
        content.pop(field, None) if value is None else content.update({field: value})

    _, block = forged(history, change)

    subject = f"{field} of the public documents as of block {block}"
    finding = only(checked(history), "difference", "public.field", subject)

    assert len(finding.seen) < 300
    assert (finding.seen == "absent") == (value is None)


def test_fields_that_the_standard_does_not_know_are_named_in_one_finding(
    history: History,
) -> None:
    more = {f"x{number}URI": "ipfs://x" for number in range(5000)}
    _, block = forged(history, lambda content: content.update(more))

    subject = f"fields of the public documents as of block {block}"
    finding = only(checked(history), "difference", "public.field", subject)

    assert finding.seen.startswith('also ["x0URI", "x1000URI"') and len(finding.seen) < 300


def test_a_null_in_place_of_a_field_is_a_difference(history: History) -> None:
    _, block = forged(history, lambda content: content.update(membersURI=None))

    subject = f"membersURI of the public documents as of block {block}"
    only(checked(history), "difference", "public.field", subject)


def test_documents_of_another_block_than_they_say(history: History) -> None:
    """An honest hash of a block at which things stood differently."""
    before = history.chain.at(history.by().since())

    def change(content: dict[str, Any]) -> None:
        block = {"block": before.block.number, "hash": "0x" + before.block.hash.hex()}
        content["generatedFrom"].update(block)

    forged(history, change)
    report = checked(history)

    end = f"of the public documents as of block {before.block.number}"
    found(report, "difference", "public.field", f"membersURI {end}")
    found(report, "difference", "public.field", f"proposalsURI {end}")
    assert not [one for one in report.findings if one.subject == f"name {end}"]


@pytest.mark.parametrize("change", [{"hash": "0x" + "07" * 32}, {"block": 3}, {"block": 10**15}])
def test_a_block_that_there_is_not(history: History, change: dict[str, Any]) -> None:
    uri, _ = forged(history, lambda content: content["generatedFrom"].update(change))

    report = checked(history)

    finding = only(report, "difference", "public.block", f"public documents at {uri}")
    assert "block" in finding.seen and report.statement.published is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"generatedFrom":7}',
        b'{"generatedFrom":{"block":"1","format":1,"hash":"0x"}}',
        b'{"generatedFrom":{},"generatedFrom":{}}',
        b'{"name":"A","name":"B"}',
        b'{ "name": "spaces" }',
        b"\xff\xfe",
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'"' + b"x" * (DOCUMENT_LIMIT - 2) + b'"',
        b'{"block":1e400}',
        b'{"block":' + b"9" * 10_000 + b"}",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_hostile_content_is_a_difference_and_breaks_nothing(
    history: History, content: bytes
) -> None:
    cid = history.store.put(content)
    put_in_force(history, cid.uri)

    subject = f"public documents at {cid.uri}"
    finding = only(checked(history), "difference", "public.form", subject)

    assert finding.expected == "a DAO document as metaorg generates it"


def test_a_document_that_was_spoilt_in_the_store(history: History, published: Documents) -> None:
    _in_store(history, "UPDATE {} SET data = x'7b7d'", published.contracts)

    subject = f"document at contractsURI ({Cid.of(published.contracts).uri})"
    finding = only(checked(history), "difference", "public.damaged", subject)

    assert finding.expected == "the bytes that hash to its CID"


def test_the_dao_document_that_was_spoilt_in_the_store(
    history: History, published: Documents
) -> None:
    _in_store(history, "UPDATE {} SET data = x'7b7d'", published.dao)

    subject = f"public documents at {published.uri}"
    finding = only(checked(history), "difference", "public.damaged", subject)

    assert finding.expected == "the bytes that hash to its CID"


# ---------------------------------------------------------------------- what nobody can say


@pytest.mark.parametrize("name", ["members", "governance"])
def test_a_document_that_nobody_holds_is_unknown(
    history: History, published: Documents, name: str
) -> None:
    data = getattr(published, name)
    _in_store(history, "DELETE FROM {}", data)

    report = checked(history)

    only(report, "unknown", "public.missing", f"document at {name}URI ({Cid.of(data).uri})")
    assert report.statement.published is not None


def test_a_dao_document_that_nobody_holds_is_unknown(
    history: History, published: Documents
) -> None:
    _in_store(history, "DELETE FROM {}", published.dao)

    report = checked(history)

    finding = only(report, "unknown", "public.missing", f"public documents at {published.uri}")
    assert "no store holds" in finding.seen and report.statement.published is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/dao.json",
        "ipfs://x",
        "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG/dao.json",
        f"{Cid.of(b'x').uri}/dao.json",
        str(Cid.of(b"x")),
        "\x1b[2J",
        "ipfs://" + "x" * 1000,
    ],
    ids=lambda uri: f"{uri!r:.40}",
)
def test_an_address_that_fixes_no_content_is_unknown(history: History, uri: str) -> None:
    put_in_force(history, uri)

    subject = f"public documents at {uri[:200]}"
    finding = only(checked(history), "unknown", "public.elsewhere", subject)

    assert finding.expected == "ipfs:// and a CID"


def test_another_format_is_unknown(history: History) -> None:
    uri, _ = forged(history, lambda content: content["generatedFrom"].update({"format": 2}))

    subject = f"public documents at {uri}"
    finding = only(checked(history), "unknown", "public.format", subject)

    assert "another version of metaorg" in finding.seen


def test_without_the_charter_document_the_documents_are_unknown(
    history: History, published: Documents
) -> None:
    _in_store(history, "DELETE FROM {}", history.charter.document)

    report = checked(history)

    found(report, "unknown", "reading.unanswered", "public documents", "document.missing")
    assert all(one.kind == "unknown" for one in report.findings)


def test_documents_from_before_a_module_was_replaced_are_unknown(
    history: History, published: Documents
) -> None:
    """The register of today says nothing of the register of then."""
    front, other = history.modules.meta_organization, history.modules.commons
    as_timelock(history, "MetaOrganization", front, "register", b"commons".ljust(32, b"\0"), front)

    report = checked(history)

    assert other != front
    others = "code.arguments", "code.implementation", "mandate.missing", "commons.count"
    finding = found(report, "unknown", "public.replaced", "public documents", *others)
    assert finding.seen == "commons was replaced since"


def _in_store(history: History, statement: str, data: bytes) -> None:
    """Change what the store holds behind its back."""
    history.store.close()
    with sqlite3.connect(history.store.path) as connection:
        where = " WHERE digest = ?"
        changed = connection.execute(
            statement.format("block") + where, (Cid.of(data).digest,)
        ).rowcount
    assert changed == 1
    connection.close()
