"""Documents that are gone, replaced or of another form than the chain says."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from onchain.world import TEXT, actor

from audit.history import HANDBOOK, History
from audit.planted import wrong
from metaorg.ipfs import documents
from metaorg.types import Cid

VOTERS = (1, 2, 3, 13, 14)


def in_store(history: History, statement: str, *values: bytes) -> None:
    """Change what the store holds behind its back."""
    history.store.close()
    with sqlite3.connect(history.store.path) as database:
        assert database.execute(statement, values).rowcount == 1
    database.close()


def lost(history: History, cid: Cid) -> None:
    in_store(history, "DELETE FROM block WHERE digest = ?", cid.digest)


def replaced(history: History, cid: Cid) -> None:
    statement = "UPDATE block SET data = ? WHERE digest = ?"
    in_store(history, statement, b"other bytes", cid.digest)


def in_force(history: History, uri: str) -> None:
    """Public documents somewhere, as a decision says."""
    call = history.by().front.call("setDaoURI", uri, says="publish")
    history.decide(call, voters=[actor(number) for number in VOTERS], title="Publish")


def published(history: History, change: Callable[[dict[str, Any]], Any]) -> None:
    """The public documents of now, with a change in the first of them."""
    made = history.by().dao.documents(history.chain.at())
    history.store.put_many(made.files.values())
    content = json.loads(made.dao)
    change(content)
    in_force(history, history.store.put(documents.encode(content)).uri)


# ---------------------------------------------------------------------- of the commons


@wrong("document.damaged")
def a_document_replaced(history: History) -> None:
    replaced(history, Cid.of(HANDBOOK))


@wrong("document.damaged")
def the_text_of_the_constitution_replaced(history: History) -> None:
    replaced(history, Cid.of(TEXT))


@wrong(unknown=["document.missing"])
def a_document_that_nobody_keeps(history: History) -> None:
    lost(history, Cid.of(TEXT))


@wrong("document.schema")
def a_profile_that_is_something_else(history: History) -> None:
    data = b'{"body":"","title":"No profile","type":"Proposal"}'
    history.store.put(data)
    org = history.by()
    org.send(org.membership.contract.change_profile(Cid.of(data)))


# ---------------------------------------------------------------------- of ERC-4824


@wrong("public.field")
def public_documents_with_a_member_less(history: History) -> None:
    def change(content: dict[str, Any]) -> None:
        listed = json.loads(history.store.get(Cid.parse(content["membersURI"])))
        listed["members"].pop()
        content["membersURI"] = history.store.put(documents.encode(listed)).uri

    published(history, change)


@wrong("public.block")
def public_documents_of_a_block_that_there_is_not(history: History) -> None:
    published(history, lambda content: content["generatedFrom"].update(hash="0x" + "07" * 32))


@wrong("public.form")
def public_documents_of_another_form(history: History) -> None:
    in_force(history, history.store.put(b'{"name":"Another Network"}').uri)


@wrong(unknown=["public.format"])
def public_documents_of_another_version(history: History) -> None:
    published(history, lambda content: content["generatedFrom"].update(format=2))


@wrong(unknown=["public.elsewhere"])
def public_documents_where_they_can_be_changed_any_time(history: History) -> None:
    in_force(history, "https://example.org/dao.json")


@wrong(unknown=["public.missing"])
def public_documents_that_nobody_keeps(history: History) -> None:
    in_force(history, Cid.of(b"never stored").uri)


@wrong("public.damaged")
def public_documents_replaced(history: History) -> None:
    published(history, lambda _: None)
    replaced(history, Cid.parse(history.by().dao.uri()))
