"""`metaorg audit verify`: a report is recomputed, and nothing in it is believed."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy, on
from audit.history import History
from onchain.world import actor

from cli.conftest import EARLIER, Cli, tamper
from metaorg.ipfs import documents

KEY = f"0x{1:064x}"
Change = Callable[[bytes], bytes]


@pytest.fixture
def signed(auditor: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Somebody who audited an earlier block, and signed the report in the folder `out`."""
    monkeypatch.setenv("THE_KEY", KEY)
    auditor.done("audit", "run", "--at", "150", "--to", "out", "--sign", account="env:THE_KEY")
    return auditor


def altered(file: Path, change: Change) -> None:
    before = file.read_bytes()
    after = change(before)
    assert after != before
    file.write_bytes(after)


def replacing(old: str, new: str) -> Change:
    return lambda data: data.replace(old.encode(), new.encode(), 1)


def stating(**fields: Any) -> Change:
    """Another value in the statement, in canonical JSON."""

    def change(data: bytes) -> bytes:
        report = json.loads(data)
        report["statement"] |= fields
        return documents.encode(report, 1 << 26)

    return change


def test_a_report_is_the_same_for_whoever_reads_again(signed: Cli, home: Path) -> None:
    whole = signed.done("audit", "verify", "out")
    alone = signed.done("audit", "verify", "out/report.json")

    assert whole.stdout.startswith("The statement is the same, byte for byte, as of block 150: 0x")
    assert "report.html is that of the report\nreport.md is that of the report" in whole.stdout
    assert f"signed by {actor(1).address}" in whole.stdout
    assert "report.html" not in alone.stdout


def test_nothing_that_was_kept_is_used(signed: Cli, home: Path) -> None:
    """A stranger, who knows the node and the commons, comes to the same."""
    settings = {"home": home / "stranger", "store": f"embedded:{home / 'home/commons'}"}

    assert signed.run("audit", "verify", "out", address=None, **settings).code == 0
    assert not (home / "stranger" / "audit").exists()


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (stating(name="Another name"), "Another name -> Aurora Commons Network"),
        (stating(seats=[]), "seat 1, Lantern Bakery, renamed came"),
        (stating(findings=[], limits=["Nothing was looked at."]), "Nothing was looked at. went"),
        (stating(counts={}), "the bytes differ"),
        (replacing('"logs":', '"logs":1'), None),
        (replacing('"log_digest":"0x', '"log_digest":"0x0000'), None),
    ],
    ids=["name", "seats", "limits", "counts", "how many logs", "malformed digest"],
)
def test_a_report_that_says_something_else_is_not_the_same(
    signed: Cli, home: Path, change: Change, difference: str | None
) -> None:
    altered(home / "out" / "report.json", change)

    result = signed.run("audit", "verify", "out")

    assert result.code == (2 if "0x0000" in (home / "out/report.json").read_text() else 6)
    if difference:
        assert result.stdout.startswith("The statement is not the same, as of block 150:\n")
        assert difference in result.stdout
        assert "report.html is NOT that of the report" in result.stdout
        assert "is another, or was changed" in result.stderr


def test_documents_that_are_not_at_hand_are_told_apart_from_what_differs(signed: Cli) -> None:
    nowhere = ("--commons", "embedded:nothing.db")

    result = signed.run("audit", "verify", "out", *nowhere)
    found = signed.run("audit", "verify", "out", "--json", *nowhere).json

    assert result.code == 6 and found["unread"] > 10
    said = f"{found['unread']} documents of it cannot be read here"
    assert said in result.stdout.splitlines()[1]
    assert "--gateway or --commons" in result.stdout


def test_logs_with_another_digest_are_a_difference(signed: Cli, home: Path) -> None:
    altered(
        home / "out" / "report.json",
        lambda data: re.sub(rb'"log_digest":"0x....', b'"log_digest":"0xabcd', data),
    )

    result = signed.run("audit", "verify", "out/report.json")

    assert result.code == 6
    assert "the logs have the digest 0xabcd" in result.stdout


def test_any_byte_that_is_altered_shows(signed: Cli, home: Path) -> None:
    file = home / "out" / "report.json"
    whole = file.read_bytes()
    for at in range(0, len(whole), len(whole) // 12):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert signed.run("audit", "verify", "out").code in (2, 5, 6), whole[at - 40 : at + 40]


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_a_page_that_was_changed_is_not_that_of_the_report(
    signed: Cli, home: Path, name: str
) -> None:
    altered(home / "out" / name, replacing("Aurora", "Arora"))

    result = signed.run("audit", "verify", "out", "--json")

    assert result.code == 6
    assert result.json["same"] and result.json["files"][name] is False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (replacing("established", "differences"), "its `credentialSubject` is another"),
        (replacing(actor(1).address, actor(2).address), "is another, or was changed"),
        (
            lambda data: data.replace(actor(1).address.encode(), actor(2).address.encode()),
            f"the signature is not one of the key of {actor(2).address}",
        ),
        (lambda data: re.sub(rb'"proofValue": "0x..', b'"proofValue": "0x00', data), "signature"),
        (lambda data: b"[]", "this is no credential of an audit"),
        (lambda data: b"{}", "this is no credential of an audit"),
        (lambda data: b"[" * 100_000, "credential.json is not JSON"),
        (lambda data: b" " * (2 << 20), "credential.json is larger than"),
    ],
    ids=["verdict", "issuer", "signer", "signature", "list", "empty", "deep", "huge"],
)
def test_a_credential_that_nobody_signed_is_not_one_of_the_report(
    signed: Cli, home: Path, change: Change, sentence: str
) -> None:
    altered(home / "out" / "credential.json", change)

    result = signed.run("audit", "verify", "out", "--json")

    assert result.code == 6
    assert result.json["same"] and result.json["signed_by"] is None
    assert result.json["files"]["credential.json"] is False
    assert sentence in result.stderr


def test_a_credential_of_another_report_is_not_one_of_this(signed: Cli, home: Path) -> None:
    signed.done("audit", "run", "--at", EARLIER, "--to", "other")
    shutil.copy(home / "out" / "credential.json", home / "other")

    result = signed.run("audit", "verify", "other")

    assert result.code == 6
    assert "credential.json is NOT that of the report" in result.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "this is not JSON"),
        (b"\xff\x00garbage", "this is not JSON"),
        (b"[" * 1_000_000, "this is not JSON"),
        (b"{}", "this is JSON, but no report of an audit"),
        (b'{"statement":{"format":2,"software":"9.9"}}', "the report has format 2"),
        (b'{"statement":{"format":1}}', "Field required"),
        (b" " * ((64 << 20) + 9), "a report has at most 64 MiB; this is none"),
    ],
    ids=["empty", "garbage", "deep", "other", "format", "fields", "huge"],
)
def test_what_is_no_report_is_a_sentence(
    auditor: Cli, home: Path, content: bytes, sentence: str
) -> None:
    (home / "report.json").write_bytes(content)

    result = auditor.run("audit", "verify", "report.json")

    assert (result.code, result.stdout) == (2, "")
    assert sentence in result.stderr and len(result.stderr) < 2000


@pytest.mark.parametrize("path", ["nothing", ".", "home"])
def test_a_report_that_is_not_there_is_a_sentence(auditor: Cli, path: str) -> None:
    result = auditor.run("audit", "verify", path)

    assert result.code == 2
    assert "cannot be read: No such file or directory" in result.stderr


def test_another_chain_has_another_report(signed: Cli, lived: History) -> None:
    """Its number shows at once; one with the same number has another block."""

    def other(block: Any) -> Any:
        if block and int(block["number"], 16) == 150:
            return block | {"hash": "0x" + "77" * 32}
        return block

    with FaultProxy(lived.chain.url, on("eth_chainId", lambda _: "0x5")) as node:
        result = signed.run("audit", "verify", "out", rpc=node.url)
        assert result.code == 2
        assert f"about chain 31337, and the node at {node.url} is on chain 5" in result.stderr
    with FaultProxy(lived.chain.url, on("eth_getBlockByNumber", other)) as node:
        assert signed.run("audit", "verify", "out", rpc=node.url).code in (5, 6)


def test_a_report_about_another_organization_is_not_verified_by_mistake(signed: Cli) -> None:
    result = signed.run("audit", "verify", "out", address=actor(9).address)

    assert result.code == 2
    assert f"not about {actor(9).address}" in result.stderr


def test_what_became_wrong_since_is_found(auditor: Cli, lived: History) -> None:
    auditor.done("audit", "run", "--to", "out")
    lived.chain.request("evm_mine")
    tamper(lived)
    auditor.done("audit", "run", "--to", "later")  # which reads only what is new

    result = auditor.run("audit", "verify", "later", "--json")

    assert result.code == 6
    [turn] = [one for one in result.json["differences"] if "profile" in one]
    assert turn.startswith("difference: profile of")
    assert auditor.run("audit", "verify", "out").code == 0


def test_a_report_with_findings_is_the_same_for_whoever_finds_them(
    auditor: Cli, lived: History, home: Path
) -> None:
    tamper(lived)
    nothing = ("--commons", f"embedded:{home / 'nothing'}")
    assert auditor.run("audit", "run", "--full", "--to", "out", *nothing).code == 6

    assert auditor.run("audit", "verify", "out", *nothing).code == 0
