"""`metaorg check`: exit code 6 unless everything agrees."""

import sqlite3
from pathlib import Path

from audit.history import History

from cli.conftest import Cli, tamper
from cli.shapes import promised, shaped
from metaorg.cli.check import check
from metaorg.ipfs import Embedded
from metaorg.ipfs.serving import Server
from metaorg.types import Cid


def test_a_sound_meta_organization_passes(bakery: Cli) -> None:
    shown = bakery.done("check", account=None).stdout

    assert "3 active seats" in shown
    assert "Everything agrees." in shown


def test_documents_that_nobody_holds_are_a_gap(bakery: Cli, home: Path) -> None:
    result = bakery.run("check", "--json", "--store", f"embedded:{home / 'empty'}")

    assert result.code == 6
    assert result.json["findings"][0]["kind"] == "unknown"
    assert "findings" in result.stderr


def test_a_part_that_no_gateway_has_is_a_gap(
    bakery: Cli, home: Path, founded: dict[str, str]
) -> None:
    (home / "survey.bin").write_bytes(bytes(2 << 20) + b"the last part")
    bakery.done("commons", "publish", "survey.bin", "--licence", "CC0-1.0")
    far = f"embedded:{home / 'far'}"
    with Server(Embedded(founded["METAORG_STORE"].removeprefix("embedded:")), port=0) as node:
        node.start()
        bakery.done("commons", "mirror", "--store", far, "--gateway", node.url)
    with sqlite3.connect(home / "far") as database:
        last = Cid.of(b"the last part").digest
        database.execute("DELETE FROM block WHERE digest = ?", (last,))

    with Server(Embedded(home / "far"), port=0) as node:
        node.start()
        settings = ("--store", f"embedded:{home / 'empty'}", "--gateway", node.url)
        result = bakery.run("check", "--json", *settings)

    assert result.code == 6
    assert [one["kind"] for one in result.json["findings"]] == ["unknown"]
    assert result.json["findings"][0]["subject"].startswith("resource")


def test_a_check_finds_what_an_audit_finds(auditor: Cli, lived: History, home: Path) -> None:
    tamper(lived)
    nothing = f"embedded:{home / 'nothing'}"

    checked = auditor.run("check", "--json", "--store", nothing)
    audited = auditor.run("audit", "run", "--json", "--commons", nothing, "--store", "new.db")

    assert checked.code == audited.code == 6
    assert checked.json["findings"] == audited.json["statement"]["findings"]
    assert checked.json["block"] == audited.json["statement"]["block"]
    assert {one["code"] for one in checked.json["findings"]} == {
        "seats.profile",
        "document.missing",
    }
    shaped(checked.json, promised(check))
