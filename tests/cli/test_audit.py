"""`metaorg audit run`: exit code 0 only when everything was established, and what it leaves."""

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy, lagging, on, ranged, refusal, without
from audit.history import History, slots_read
from onchain.nodes import Silent
from onchain.world import actor

from cli.conftest import EARLIER, ROOT, Cli, Result
from metaorg.audit import Report
from metaorg.audit.reports import read_report
from metaorg.onchain.devnet import free_port
from metaorg.types import checksum_address
from tests.programs import required

NOBODY = "http://127.0.0.1:1"
SECRET = "a-very-secret-word-that-nobody-knows"
KEY = f"0x{1:064x}"
"""Of the first founder."""


@pytest.fixture
def node(lived: History) -> Iterator[FaultProxy]:
    """The same chain, behind a proxy that counts."""
    with FaultProxy(lived.chain.url) as proxy:
        yield proxy


@pytest.fixture
def founder(auditor: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Somebody who audits and holds a seat and a key."""
    monkeypatch.setenv("THE_KEY", KEY)
    auditor.environment["METAORG_ACCOUNT"] = "env:THE_KEY"
    return auditor


def tamper(lived: History) -> None:
    """Alter the profile of the second founder in storage, where no event tells of it; or back."""
    address, account = lived.modules.membership, actor(2).address
    [slot] = slots_read(lived, "Membership", address, "profileOf", account)
    value = int(lived.chain.request("eth_getStorageAt", address, hex(slot), "latest"), 16)
    lived.chain.request("anvil_setStorageAt", address, f"0x{slot:064x}", f"0x{value ^ 1:064x}")
    lived.chain.request("evm_mine")


def reported(folder: Path) -> Report:
    return read_report((folder / "report.json").read_bytes())


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
        ("1", 3, "there is no contract at"),
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
    rpcs = ("--rpc", lived.chain.url, "--rpc", node.url, "--rpc", lived.chain.url)

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
        ("home/commons", 5, "it holds the tables of another program; name another index"),
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


@pytest.fixture(scope="module")
def solc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real compiler, which remembers what it answered."""
    real = required("solc-v0.8.37", "setup")
    program = tmp_path_factory.mktemp("solc") / "solc"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec "{real}" --version\n'
        f'[ -f "$0.said" ] || "{real}" "$@" > "$0.said"\ncat "$0.said"\n'
    )
    program.chmod(0o755)
    return program


def test_sources_are_compiled_and_the_report_says_so(auditor: Cli, home: Path, solc: Path) -> None:
    sources = ("--source", ROOT, "--solc", solc)
    auditor.done("audit", "run", *sources, "--to", "out")

    code = reported(home / "out").statement.code
    assert {one.source for one in code if one.name.startswith("implementation")} == {True}
    refused = auditor.run("audit", "verify", "out")
    assert refused.code == 2 and "--source and --solc" in refused.stderr
    assert auditor.run("audit", "verify", "out", *sources).code == 0
    compiled = auditor.done("audit", "source", ROOT, "--solc", solc, "--json").json
    assert {one["match"] for one in compiled["contracts"]} == {"exact"}
    assert compiled["compiler"].startswith("0.8.37+") and compiled["altered"] == []


def test_code_that_is_not_the_shipped_one_gives_exit_code_6(
    auditor: Cli, home: Path, solc: Path
) -> None:
    """As of a compiler that says something else."""
    other = home / "solc"
    other.write_text(f'#!/bin/sh\n"{solc}" "$@" | sed s/6080604052/6080604053/g\n')
    other.chmod(0o755)

    result = auditor.run("audit", "source", ROOT, "--solc", other)

    assert result.code == 6
    assert "different" in result.stdout and "Membership" in result.stdout


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--source", "."), 2, "--source and --solc go together"),
        (("--solc", "solc"), 2, "--source and --solc go together"),
        (("--source", ".", "--solc", "solc"), 2, "these sources of . cannot be read:"),
        (("--source", ROOT, "--solc", "nowhere"), 3, "the compiler nowhere cannot be used"),
        (("--sign",), 2, "--sign and --publish need --to FOLDER"),
        (("--publish",), 2, "--sign and --publish need --to FOLDER"),
        (("--sign", "--to", "out"), 3, "no account is set"),
        (("--publish", "--to", "out"), 3, "no account is set"),
        (("--to", "file"), 2, "file is a file; name a folder"),
        (("--to", "file/under"), 2, "file/under cannot be made"),
        (("--publish", "--to", "other", "--account", f"rpc:{actor(1).address}"), 2, "as letters"),
    ],
    ids=lambda value: (
        " ".join(map(str, value)).replace(str(ROOT), "ROOT") if isinstance(value, tuple) else ""
    ),
)
def test_what_cannot_work_is_refused_before_a_node_is_asked(
    auditor: Cli,
    home: Path,
    node: FaultProxy,
    options: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    (home / "file").write_text("in the way")
    (home / "other").mkdir()
    (home / "other" / "letters").write_text("to nobody")

    result = auditor.run("audit", "run", *options, rpc=node.url)

    assert result.code == code
    assert sentence in result.stderr
    assert set(node.asked) <= {"eth_chainId"}


# ---------------------------------------------------------------- what it leaves


def test_a_report_is_written_in_three_forms_over_an_earlier_one(auditor: Cli, home: Path) -> None:
    (home / "out").mkdir()
    (home / "out" / "notes.txt").write_text("mine")
    auditor.done("audit", "run", "--to", "out", "--at", EARLIER)

    auditor.done("audit", "run", "--to", "out")

    assert reported(home / "out").statement.block.number > EARLIER
    assert (home / "out" / "report.html").read_text().startswith("<!doctype html>")
    assert (home / "out" / "report.md").read_text().startswith("# ")
    assert (home / "out" / "notes.txt").read_text() == "mine"


def test_a_credential_of_an_earlier_report_goes_with_it(founder: Cli, home: Path) -> None:
    founder.done("audit", "run", "--to", "out", "--sign", "--at", EARLIER)

    founder.done("audit", "run", "--to", "out")

    assert not (home / "out" / "credential.json").exists()


@pytest.mark.parametrize("spec", ["env:THE_KEY", "keystore:auditor", "rpc"])
def test_whoever_has_a_key_signs_the_report(
    founder: Cli, home: Path, lived: History, spec: str
) -> None:
    options: tuple[str, ...] = ("--account", spec)
    signer = actor(1).address
    if spec == "rpc":
        signer = checksum_address(lived.chain.request("eth_accounts")[0])
        options = ("--account", f"rpc:{signer}")
    if spec == "keystore:auditor":
        (home / "password").write_text(f"{SECRET}\n")
        options += ("--password-file", "password")
        signer = founder.done(
            "keys", "new", "auditor", "--password-file", "password", "--json"
        ).json["address"]

    founder.done("audit", "run", "--to", "out", "--sign", *options)

    found = founder.done("audit", "verify", "out", "--json").json
    assert found["signed_by"] == signer
    credential = json.loads((home / "out" / "credential.json").read_text())
    assert credential["credentialSubject"]["verdict"] == "established"


def test_a_member_publishes_the_report_which_others_fetch_from_the_commons(
    founder: Cli, home: Path, lived: History
) -> None:
    published = founder.run("audit", "run", "--to", "out", "--publish", "--sign", "--json", "--yes")

    assert published.code == 0, published
    [receipt] = published.json
    assert "Everything was established" in published.stderr
    [event] = [one for one in receipt["events"] if one["name"] == "Published"]
    assert event["arguments"]["steward"] == 1
    listed = founder.done("commons", "list", "--json").json
    cids = {one["description"]["title"]: one["resource"]["cid"] for one in listed}
    [cid] = [cid for title, cid in cids.items() if title.startswith("Audit as of block ")]
    founder.done("commons", "fetch", cid, "--output", "fetched")
    for name in ("report.json", "report.html", "report.md", "credential.json"):
        assert (home / "fetched" / name).read_bytes() == (home / "out" / name).read_bytes()
    assert founder.run("audit", "verify", "fetched").code == 0


def test_a_dry_run_signs_and_sends_nothing(founder: Cli, home: Path, lived: History) -> None:
    block, store = lived.chain.block(), (home / "home" / "commons").read_bytes()

    result = founder.run(
        "audit", "run", "--to", "out", "--publish", "--sign", "--dry-run", "--json"
    )

    assert result.code == 0
    assert [call["says"].split()[0] for call in result.json["calls"]] == ["publish"]
    assert f"will sign credential.json as {actor(1).address}" in result.stderr
    assert not (home / "out" / "credential.json").exists()
    assert lived.chain.block() == block
    assert (home / "home" / "commons").read_bytes() == store


def test_who_holds_no_seat_cannot_publish(
    founder: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, lived: History
) -> None:
    monkeypatch.setenv("THE_KEY", f"0x{99:064x}")

    result = founder.run("audit", "run", "--to", "out", "--publish", "--yes")

    assert result.code == 4
    assert (home / "out" / "report.json").is_file()


# ---------------------------------------------------------------- secrets


def test_no_password_or_key_is_written_anywhere(
    founder: Cli, home: Path, lived: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "5ec2e7" + "c0ffee00" * 7 + "01"
    monkeypatch.setenv("THE_KEY", f"0x{key}")
    url = lived.chain.url.replace("//", f"//auditor:{SECRET}@")
    down = f"http://auditor:{SECRET}@127.0.0.1:{free_port()}/{SECRET}?key={SECRET}"
    kept = ("--store", "new.db")
    told = [
        founder.run("audit", "run", *kept, "--rpc", down, "--rpc", url, "--to", "out", "--sign"),
        founder.run("audit", "run", *kept, "--rpc", url, "--rpc", down, "--json"),
        founder.run("audit", "run", *kept, "--rpc", down),
        founder.run("audit", "verify", "out", rpc=down),
        founder.run("audit", "show", *kept, "--form", "html", rpc=url),
        founder.run("audit", "explain", "#1", *kept, rpc=url),
        founder.run("audit", "export", "tables", "tables", *kept, rpc=url),
        founder.run("audit", "export", "sql", "dump.sql", *kept, rpc=url),
    ]

    assert [one.code for one in told] == [6, 6, 5, 5, 6, 0, 0, 0]
    said = "".join(one.stdout + one.stderr for one in told)
    written = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    for secret in (SECRET, key):
        assert secret not in said
        assert secret.encode() not in written and bytes.fromhex(key) not in written
    assert b"127.0.0.1" in written


def test_a_history_is_left_as_it_was(auditor: Cli, lived: History, home: Path) -> None:
    """An audit sends nothing, and writes nothing to the commons."""
    block, commons = lived.chain.block(), (home / "home" / "commons").read_bytes()

    auditor.done("audit", "run", "--full", "--prove", "--store", "new.db")

    assert lived.chain.block() == block
    assert (home / "home" / "commons").read_bytes() == commons
