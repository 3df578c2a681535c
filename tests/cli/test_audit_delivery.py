"""`metaorg audit run --to | --sign | --publish | --source`: what is delivered, and what never."""

import json
from pathlib import Path

import pytest
from audit.fault_proxy import FaultProxy
from audit.history import History
from onchain.world import actor

from cli.conftest import EARLIER, ROOT, Cli
from metaorg.audit import Report
from metaorg.audit.reports import read_report
from metaorg.onchain.devnet import free_port
from metaorg.types import checksum_address
from tests.programs import required

SECRET = "a-very-secret-word-that-nobody-knows"
KEY = f"0x{1:064x}"
"""Of the first founder."""


@pytest.fixture
def founder(auditor: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Somebody who audits and holds a seat and a key."""
    monkeypatch.setenv("THE_KEY", KEY)
    auditor.environment["METAORG_ACCOUNT"] = "env:THE_KEY"
    return auditor


def reported(folder: Path) -> Report:
    return read_report((folder / "report.json").read_bytes())


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
        (("--source", ".", "--solc", "solc"), 2, ". has none of the sources: name a checkout"),
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


def test_a_signed_report_is_replaced_by_a_signed_one_only(founder: Cli, home: Path) -> None:
    founder.done("audit", "run", "--to", "out", "--sign", "--at", EARLIER)
    before = (home / "out" / "report.json").read_bytes()

    refused = founder.run("audit", "run", "--to", "out")

    assert refused.code == 2 and "holds a signed report" in refused.stderr
    assert (home / "out" / "report.json").read_bytes() == before
    founder.done("audit", "run", "--to", "out", "--sign")
    founder.done("audit", "verify", "out")
    assert reported(home / "out").statement.block.number > EARLIER


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
