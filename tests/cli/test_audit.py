"""`metaorg audit run`: exit code 0 only when everything was established, and what it leaves."""

import json
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy, lagging, on, ranged, refusal, without
from audit.history import History
from onchain.nodes import Silent
from onchain.world import actor

from cli.conftest import ROOT, Cli, Result, tamper
from metaorg.onchain.devnet import free_port

NOBODY = "http://127.0.0.1:1"


def findings(result: Result) -> list[tuple[str, str]]:
    """Kind and code of each, on the reading and on what was read."""
    report = result.json
    found = (*report["provenance"]["findings"], *report["statement"]["findings"])
    return [(one["kind"], one["code"]) for one in found]


# ---------------------------------------------------------------- what was established


def test_a_sound_history_is_established(auditor: Cli) -> None:
    result = auditor.run("audit", "run", "--store", "new.db")

    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("Everything was established: nothing differs, and nothing is")
    assert "11 seats, 9 active seats, 14 proposals" in result.stdout


def test_a_second_run_reads_only_what_is_new(
    auditor: Cli, lived: History, node: FaultProxy
) -> None:
    first = auditor.done("audit", "show", "--json").json["statement"]
    lived.chain.request("anvil_mine", "0x3", "0x1")

    again = auditor.done("audit", "run", "--json", rpc=node.url).json

    assert node.asked["eth_getLogs"] == 1
    assert again["statement"]["block"]["number"] == first["block"]["number"] + 3
    assert again["statement"]["counts"] == first["counts"]


def test_what_differs_is_named_and_gives_exit_code_6(auditor: Cli, lived: History) -> None:
    tamper(lived)

    result = auditor.run("audit", "run", "--store", "new.db")

    assert result.code == 6
    assert "seats.profile" in result.stdout and actor(2).address in result.stdout
    assert "1 finding: `metaorg audit explain ID` explains one" in result.stderr


def test_storage_that_no_event_concerns_is_read_again_when_all_of_it_is_wanted(
    auditor: Cli, lived: History
) -> None:
    tamper(lived)

    assert auditor.run("audit", "run").code == 0
    assert findings(auditor.run("audit", "run", "--full", "--json")) == [
        ("difference", "seats.profile")
    ]


def test_what_is_established_later_does_not_count_for_an_earlier_block(
    auditor: Cli, lived: History
) -> None:
    tamper(lived)
    wrong = lived.chain.block().number
    lived.chain.request("evm_mine")
    tamper(lived)
    auditor.done("audit", "run")

    assert auditor.run("audit", "run", "--at", wrong).code == 6


def test_json_is_all_that_is_written_to_stdout(auditor: Cli) -> None:
    from jsonschema import Draft202012Validator

    result = auditor.run("audit", "run", "--json", "--to", "out")

    schema = json.loads((ROOT / "docs" / "schemas" / "audit-report.json").read_text())
    Draft202012Validator(schema).validate(result.json)
    assert result.stderr == "Written to out: report.json, report.html, report.md.\n"


def test_a_terminal_shows_how_far_reading_is(auditor: Cli, lived: History) -> None:
    with FaultProxy(lived.chain.url, before=[ranged(1)]) as node:
        auditor.environment["METAORG_RPC"] = node.url
        result = auditor.converse("audit", "run", "--store", "new.db", answers={})

    count = auditor.done("audit", "show", "--json").json["provenance"]["headers"]
    assert re.search(rf"reading blocks .*\b[0-9]+ of {count}\b", result.stdout)
    assert "Everything was established" in result.stdout


def test_an_interrupted_audit_says_that_it_goes_on(auditor: Cli, lived: History) -> None:
    reached, over = threading.Event(), threading.Event()

    def stall(method: str, _: list[Any]) -> None:
        if method == "eth_getLogs":
            reached.set()
            over.wait(60)

    with FaultProxy(lived.chain.url, before=[stall]) as node:
        running = auditor.start("audit", "run", "--store", "new.db", rpc=node.url)
        assert reached.wait(60)
        running.send_signal(signal.SIGINT)
        out, said = running.communicate(timeout=60)
        over.set()

    assert (running.returncode, out) == (130, b"")
    assert said.startswith(b"Interrupted.") and b"run the same command again" in said
    assert auditor.run("audit", "run", "--store", "new.db").code == 0


# ---------------------------------------------------------------- which block


@pytest.mark.parametrize("how", ["number", "time", "latest"])
def test_the_block_is_the_one_that_is_named(auditor: Cli, lived: History, how: str) -> None:
    chain = lived.chain
    blocks = {"latest": chain.block(), "number": chain.block(150), "time": chain.block(150)}
    named = {"latest": "latest", "number": "150", "time": f"{_iso(blocks['time'].time)}"}

    found = auditor.done("audit", "run", "--json", "--at", named[how]).json

    assert found["statement"]["block"]["hash"] == "0x" + blocks[how].hash.hex()
    again = auditor.done("audit", "show", "--json", "--at", named[how]).json
    assert again == found


def test_a_report_tells_of_logs_up_to_its_block_only(auditor: Cli) -> None:
    """Although more was read before, it is the same as of somebody who read no more."""
    kept = auditor.done("audit", "run", "--json", "--at", "150").json
    own = auditor.done("audit", "run", "--json", "--at", "150", "--store", "new.db").json

    assert kept["statement"] == own["statement"]
    for name in ("logs", "log_digest"):
        assert kept["provenance"][name] == own["provenance"][name]


def _iso(time: int) -> str:
    from metaorg.times import moment

    return moment(time)


@pytest.mark.parametrize(
    ("at", "code", "sentence"),
    [
        ("2999-01-01", 2, "2999-01-01T23:59:59Z is not on this chain, which goes from"),
        ("1999-01-01", 2, "is not on this chain"),
        ("1000000", 2, "there is no block 1000000 yet: the last one is"),
        ("1", 2, "nothing was founded by block 1: that was in block"),
        ("yesterday", 2, "'yesterday' is neither a block's number nor a date since 1970"),
        ("-1", 2, "'-1' is neither"),
        ("9" * 5000, 2, "is neither"),
        ("0001-01-01T00:00:00+14:00", 2, "is neither"),
        ("2026-02-30", 2, "is neither"),
        ("", 2, "'' is neither"),
    ],
    ids=["future", "past", "ahead", "unfounded", "word", "negative", "huge", "BC", "no day", "no"],
)
def test_a_block_that_there_is_not_is_a_sentence(
    auditor: Cli, at: str, code: int, sentence: str
) -> None:
    result = auditor.run("audit", "run", f"--at={at}")

    assert (result.code, result.stdout) == (code, "")
    assert sentence in result.stderr and len(result.stderr) < 500


# ---------------------------------------------------------------- several nodes


def test_the_first_node_that_answers_is_read_and_the_others_are_findings(
    auditor: Cli, lived: History
) -> None:
    rpcs = ("--rpc", NOBODY, "--rpc", lived.chain.url)

    result = auditor.run("audit", "run", "--store", "new.db", "--json", *rpcs)

    assert result.code == 6
    assert findings(result) == [("unknown", "reading.unreachable")]
    assert result.json["provenance"]["endpoints"][0]["where"] == lived.chain.url


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        (on("eth_chainId", lambda _: "0x1"), ("difference", "reading.other-chain")),
        (on("eth_getLogs", lambda logs: logs[:-1]), ("difference", "reading.log-dropped")),
    ],
    ids=["another chain", "dropping"],
)
def test_what_another_node_tells_otherwise_is_a_finding(
    auditor: Cli, lived: History, fault: Any, finding: tuple[str, str]
) -> None:
    with FaultProxy(lived.chain.url, fault) as other:
        rpcs = ("--rpc", lived.chain.url, "--rpc", other.url)
        result = auditor.run("audit", "run", "--store", "new.db", "--json", *rpcs)

    assert result.code == 6
    assert finding in findings(result)
    assert result.json["statement"]["findings"] == []


def test_a_node_that_lags_is_a_finding(auditor: Cli, lived: History) -> None:
    last = lived.chain.request("eth_getBlockByNumber", hex(150), False)

    def late(method: str, parameters: list[Any]) -> Any:
        return last if parameters[:1] == ["latest"] else None

    with FaultProxy(lived.chain.url, lagging(150), before=[late]) as other:
        rpcs = ("--rpc", lived.chain.url, "--rpc", other.url)
        result = auditor.run("audit", "run", "--store", "new.db", "--json", *rpcs)

    assert result.code == 6
    assert findings(result) == [("unknown", "reading.lagging")]


def test_nodes_that_agree_are_named_in_the_report(
    auditor: Cli, lived: History, node: FaultProxy
) -> None:
    url = lived.chain.url
    rpcs = ("--rpc", url, "--rpc", node.url, "--rpc", url, "--rpc", f"{url}/")

    found = auditor.done("audit", "run", "--store", "new.db", "--json", *rpcs).json

    where = [one["where"] for one in found["provenance"]["endpoints"]]
    assert where == [lived.chain.url, node.url]


@pytest.mark.parametrize("count", [1, 2])
def test_nodes_of_which_none_answers_give_exit_code_5(auditor: Cli, count: int) -> None:
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(count)]

    result = auditor.run("audit", "run", *(word for url in urls for word in ("--rpc", url)))

    assert (result.code, result.stdout) == (5, "")
    assert f"nobody answers for the node at {urls[-1]}" in result.stderr


def test_a_node_that_hangs_is_given_up(auditor: Cli) -> None:
    with Silent() as node:
        result = auditor.run("audit", "run", "--rpc", node.url, "--timeout", "0.3")

    assert result.code == 5
    assert node.url in result.stderr


# ---------------------------------------------------------------- where it is kept


def test_an_audit_is_kept_in_the_folder_for_data(auditor: Cli, lived: History, home: Path) -> None:
    auditor.done("audit", "run", home=home / "other", store=f"embedded:{home / 'home/commons'}")

    assert (home / "other" / "audit" / f"{lived.modules.meta_organization}.db").is_file()


def test_what_is_kept_of_another_organization_is_not_used(auditor: Cli, lived: History) -> None:
    store = ("--store", f"home/audit/{lived.modules.meta_organization}.db")

    for command in ("run", "show", "powers"):
        result = auditor.run("audit", command, *store, address=actor(9).address)

        assert result.code == 2
        assert f"holds what was read of {lived.modules.meta_organization}" in result.stderr


@pytest.mark.parametrize(
    ("store", "code", "sentence"),
    [
        ("text.db", 5, "this file is no database; name another file"),
        (".", 5, "it cannot be opened; check the path and who may write there"),
        ("text.db/under", 5, "its folder cannot be made"),
        ("home/commons", 5, "; name another"),
        ("embedded:x", 2, "for the commons, which embedded: and kubo: name, use --commons"),
        ("http://127.0.0.1/", 3, "an index is a file, sqlite:FILE or postgresql://HOST/DATABASE"),
        ("", 3, "the address of the index names no file"),
        ("a\0b", 3, "the address of the index names no file"),
    ],
    ids=["text", "folder", "under a file", "commons", "embedded", "http", "empty", "null"],
)
def test_a_place_that_cannot_keep_an_audit_is_a_sentence(
    auditor: Cli, home: Path, store: str, code: int, sentence: str
) -> None:
    (home / "text.db").write_text("This is a text, and no database, and long enough to be one." * 9)

    result = auditor.run("audit", "run", "--store", store)

    assert result.code == code
    assert sentence in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_sentence(auditor: Cli, home: Path) -> None:
    (home / "locked").mkdir(mode=0o500)

    result = auditor.run("audit", "run", "--store", "locked/audit.db")

    assert result.code == 5
    assert "check the path and who may write there" in result.stderr


# ---------------------------------------------------------------- what it looks at


def test_documents_that_nobody_holds_are_unknown_and_tell_nothing_of_the_reader(
    auditor: Cli, home: Path
) -> None:
    here = auditor.run("audit", "run", "--json", "--commons", f"embedded:{home / 'nothing'}")
    there = auditor.run("audit", "run", "--json", "--commons", f"embedded:{home / 'empty'}")

    assert here.code == there.code == 6
    assert set(findings(here)) == {("unknown", "document.missing")}
    assert here.json["statement"] == there.json["statement"]
    assert str(home) not in here.stdout


def test_commons_that_do_not_answer_are_unknown(auditor: Cli) -> None:
    result = auditor.run(
        "audit", "run", "--json", "--commons", f"kubo:/ip4/127.0.0.1/tcp/{free_port()}"
    )

    assert result.code == 6
    assert set(findings(result)) == {("unknown", "document.missing")}


def test_state_is_proved_when_that_is_asked_for(auditor: Cli, node: FaultProxy) -> None:
    plain = auditor.done("audit", "run", "--json", rpc=node.url).json["statement"]
    assert "eth_getProof" not in node.asked

    proved = auditor.done("audit", "run", "--prove", "--json", rpc=node.url).json["statement"]

    assert node.asked["eth_getProof"] > 0
    assert proved == plain


def test_state_that_cannot_be_proved_is_unknown(auditor: Cli, lived: History) -> None:
    refused = refusal(-32601, "no such method")
    with FaultProxy(lived.chain.url, before=[without("eth_getProof", refused)]) as node:
        result = auditor.run("audit", "run", "--prove", "--json", rpc=node.url)

    assert result.code == 6
    assert set(findings(result)) == {("unknown", "proof.unavailable")}


def test_without_all_headers_the_report_says_what_was_not_looked_at(auditor: Cli) -> None:
    result = auditor.run("audit", "run", "--no-headers", "--store", "new.db")

    assert result.code == 0
    assert "\nNot looked at: Not every block's header was read and hashed" in result.stdout


def test_what_was_not_looked_at_does_not_depend_on_how_often_was_read(
    auditor: Cli, lived: History
) -> None:
    counted = (
        int(lived.chain.request("eth_getBlockTransactionCountByNumber", hex(n)), 16)
        for n in range(150)
    )
    empty = max(number for number, count in enumerate(counted) if not count)
    once = auditor.done("audit", "run", "--no-headers", "--store", "once.db", "--json").json
    auditor.done("audit", "run", "--no-headers", "--store", "twice.db", "--at", empty)
    twice = auditor.done("audit", "run", "--no-headers", "--store", "twice.db", "--json").json

    assert once["provenance"]["headers"] != twice["provenance"]["headers"]
    assert once["statement"] == twice["statement"]
