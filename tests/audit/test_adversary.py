"""What somebody hostile hands over or answers is found, or refused in a sentence."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from onchain.nodes import Node, proxy

from audit.emitters import EMITTERS, emit, place
from audit.fault_proxy import FaultProxy, dropping
from audit.history import History, checked, selector, write_storage
from audit.readings import FRONT_DOOR, batch, header
from audit.test_collect import Reading, read, topics
from audit.test_liars import about, retold
from metaorg.audit import Audit, Options, Report, following
from metaorg.audit.collecting.settling import ALL
from metaorg.audit.exports import export_sql, import_tables
from metaorg.audit.findings import unknown
from metaorg.audit.index import Index, open_index
from metaorg.audit.wanted import assignment
from metaorg.cli.audit import verifying
from metaorg.cli.audit.words import SHOWN, findings
from metaorg.errors import ChainUnreachable, InvalidInput, StoreUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import shown
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.endpoint import Endpoint

LATEST = Options(at="latest")


def audited(history: History, index: Index, *urls: str, options: Options = LATEST) -> Report:
    endpoints = [Endpoint(url, timeout=10, patience=3) for url in urls]
    audit = Audit(endpoints, history.modules.meta_organization, index, history.store)
    return audit.run(options)


def pretending(history: History) -> FaultProxy:
    """Storage that nobody decided, and a node that answers as if it were what events lead to."""
    book, register = history.modules.rulebook, history.modules.membership
    expel = selector("Membership", "expel")
    data = abi.encode_call(load("Rulebook").functions["assignedRule"], [register, expel])
    before = "0x" + history.chain.at().call(book, data).hex()
    [word] = assignment(book, register, expel, 1)
    write_storage(history, book, word.slot, word.value)
    history.chain.request("evm_mine")

    def lying(method: str, parameters: list[Any], result: Any) -> Any:
        asked = method == "eth_call" and parameters[0]["data"] == "0x" + data.hex()
        return before if asked else result

    return FaultProxy(history.chain.url, lying)


# ---------------------------------------------------------------------- a hostile node


def test_what_one_node_makes_up_of_storage_another_one_contradicts(history: History) -> None:
    with pretending(history) as liar, open_index(":memory:") as index:
        alone = audited(history, index, liar.url)
        report = audited(history, index, liar.url, history.chain.url)

    [finding] = report.provenance.findings
    assert alone.ok  # by calls alone: the docs say so, and --prove finds it
    assert (finding.kind, finding.code) == ("difference", "rulebook.assignment")
    assert history.chain.url in finding.subject
    assert finding.looks[0].endpoint == history.chain.url
    assert report.statement == alone.statement


def test_what_one_node_made_up_is_not_taken_as_established_by_another(history: History) -> None:
    with pretending(history) as liar, open_index(":memory:") as index:
        assert audited(history, index, liar.url).ok
        report = audited(history, index, history.chain.url)

    assert {one.code for one in report.findings} == {"rulebook.assignment"}


def test_another_node_that_stops_makes_nothing_unknown_but_its_own_answers(
    history: History,
) -> None:
    def refusing(method: str, _: list[Any], result: Any) -> Any:
        gone = {"error": {"code": 4444, "message": "pruned history unavailable"}}
        return gone if method in ("eth_call", "eth_getCode") else result

    with FaultProxy(history.chain.url, refusing) as node, open_index(":memory:") as index:
        report = audited(history, index, history.chain.url, node.url)

    assert {(one.kind, one.code) for one in report.findings} == {("unknown", "reading.unanswered")}
    assert all(node.url in one.subject for one in report.findings)
    assert report.statement == checked(history).statement


def test_words_that_storage_does_not_hold_are_proved_by_receipts(history: History) -> None:
    def alter(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        return [
            retold(log, "Assembly", "VoteCast", reason="I was forced.")
            if about(log, "Assembly", "VoteCast")
            else log
            for log in result
        ]

    with proxy(history.chain.url, alter) as node, open_index(":memory:") as index:
        options = Options(at="latest", depth=ALL)
        report = audited(history, index, node.url, options=options)

    assert {one.code for one in report.findings} == {"reading.log-forged"}
    assert report.statement == checked(history).statement


def test_a_last_log_whose_topics_another_has_is_proved_by_receipts() -> None:
    with Devnet() as devnet, open_index(":memory:") as index:
        place(devnet.chain)
        emit(devnet.chain, (0, 7), (0, 7))
        with FaultProxy(devnet.url, dropping(lambda log: log["logIndex"] == "0x1")) as node:
            reading = read(index, node.url, depth=ALL)

    assert topics(reading.rows) == [7, 7]
    assert [code for _, code in reading.codes] == ["reading.log-dropped"]


def test_a_header_that_lacks_a_part_proves_nothing() -> None:
    def without_mix(method: str, _: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or not isinstance(result, dict):
            return result
        return {name: value for name, value in result.items() if name != "mixHash"}

    with Devnet() as devnet, open_index(":memory:") as index:
        place(devnet.chain)
        emit(devnet.chain, (0, 7))
        emit(devnet.chain, (1, 8))
        everything = dropping(lambda log: log["address"] == EMITTERS[1].lower())
        with FaultProxy(devnet.url, everything, without_mix) as node:
            reading: Reading = read(index, node.url)
        [finding] = reading.record.provenance(index).findings

    assert (finding.kind, finding.code) == ("unknown", "reading.unproved")


@pytest.mark.parametrize(
    "url, told",
    [
        ("https://user:p@ss@node.example/v1", "https://node.example/v1"),
        ("https://user:pa/ss@node.example/", "https://..."),
        ("https://user:pa#ss@node.example/", "https://..."),
        ("https://node.example/v1/eyJhbGciOi.eyJzdWIiOiI.c2VjcmV0", "https://node.example/v1/..."),
    ],
    ids=["at", "slash", "hash", "token"],
)
def test_a_secret_in_an_address_is_not_shown(url: str, told: str) -> None:
    assert shown(url) == told


@pytest.mark.parametrize("part", [b"[],", b"{},", b'"a",'], ids=["lists", "objects", "texts"])
def test_an_answer_of_countless_parts_is_not_taken_apart(part: bytes) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":[' + part * (2 << 20) + b"0]}"
    with (
        Node(lambda _: (200, body)) as node,
        pytest.raises(ChainUnreachable, match="more parts"),
    ):
        _ = Endpoint(node.url, timeout=10, patience=1).id


# ---------------------------------------------------------------------- a hostile index


def kept(path: Path) -> str:
    with open_index(str(path)) as index:
        index.claim(1, FRONT_DOOR)
        index.write(batch(1, 10))
        index.remember("known", b"value")
        index.keep_checkpoint(header(10), "1", b"state")
        index.keep_report(header(10), b"{}")
    return str(path)


def altered(path: Path, *statements: str) -> str:
    with sqlite3.connect(kept(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return str(path)


ENDLESS = """
CREATE VIEW fact AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
SELECT 'known' AS name, x AS value FROM n WHERE x < 0
"""
COMPUTED = "CREATE TABLE fact (name TEXT, value BLOB AS (zeroblob(900000000)))"
TRIGGER = "CREATE TRIGGER t AFTER INSERT ON fact BEGIN DELETE FROM audit; END"


@pytest.mark.parametrize(
    "statements, match",
    [
        (["DROP TABLE fact", ENDLESS], "another program"),
        (["DROP TABLE fact", COMPUTED], "another program"),
        ([TRIGGER], "trigger"),
    ],
    ids=["view", "computed", "trigger"],
)
def test_nothing_that_an_index_brings_along_is_run(
    tmp_path: Path, statements: list[str], match: str
) -> None:
    with (
        pytest.raises(StoreUnreachable, match=match),
        open_index(altered(tmp_path / "index.db", *statements)) as index,
    ):
        index.recall("known")


@pytest.mark.parametrize("value", ["'text'", "1.5", "-1"], ids=str)
@pytest.mark.parametrize(
    "column",
    ["fact.value", "checkpoint.state", "report.report", "window_read.log_digest", "block.time"],
    ids=str,
)
def test_values_of_another_type_are_damage(tmp_path: Path, column: str, value: str) -> None:
    table, name = column.split(".")
    path = altered(tmp_path / "index.db", f"UPDATE {table} SET {name} = {value}")

    with open_index(path) as index, pytest.raises(StoreUnreachable, match="damaged"):
        (index.recall("known"), index.checkpoint("1"), index.report(), index.windows())
        (index.log_digest(), index.head())


def test_damaged_memories_of_an_index_are_asked_for_again(history: History) -> None:
    with open_index(":memory:") as index:
        index.claim(history.chain.id, history.modules.meta_organization)
        index.remember("founded", b"\xff soon")
        index.remember("governed", b'["' * 5000)
        assert audited(history, index, history.chain.url).ok


@pytest.mark.parametrize(
    "state",
    [b'["r","Finding","Look","{}"]', b'["m","Rule",["l"]]', b"[" * 5000, b'["d"]', b"1"],
    ids=["restored", "model", "deep", "empty", "number"],
)
def test_a_state_that_is_none_is_followed_anew(history: History, state: bytes) -> None:
    with open_index(":memory:") as index:
        assert audited(history, index, history.chain.url).ok
        block, version = index.head(), following._version(history.modules)
        assert block is not None
        index.keep_checkpoint(block, version, state)
        assert audited(history, index, history.chain.url).ok


# ---------------------------------------------------------------------- a hostile export


def test_an_export_has_no_more_blocks_than_its_logs_need(tmp_path: Path) -> None:
    with open_index(":memory:") as index, open_index(":memory:") as fresh:
        index.claim(1, FRONT_DOOR)
        few = batch(1, 100, logs=[])
        index.write(few._replace(headers=[*map(header, range(1, 101))]))
        export_sql(index, tmp_path / "export.sql")

        with pytest.raises(InvalidInput, match="more blocks"):
            import_tables(tmp_path / "export.sql", fresh)
        assert fresh.head() is None


# ---------------------------------------------------------------------- a hostile report


def test_very_many_findings_are_shown_in_part() -> None:
    many = [unknown("reading.unanswered", f"topic {n}", "an answer", "none") for n in range(9000)]

    shown = findings(many)

    assert shown.count("topic") == SHOWN
    assert f"and {9000 - SHOWN} more" in shown


def test_a_pipe_in_the_folder_of_a_report_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.json")

    with pytest.raises(InvalidInput, match="no file"):
        verifying._read(tmp_path)
