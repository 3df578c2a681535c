"""`metaorg audit export | import`: for other tools, and back to the same."""

import csv
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy
from audit.history import History
from onchain.world import actor

from cli.conftest import Cli
from metaorg.audit.exports.public import read_public
from metaorg.ipfs import documents

ISSUER = "https://auditor.example"
FORMS = [
    ("tables",),
    ("tables", "--form", "parquet"),
    ("tables", "--columns", "cryo"),
    ("tables", "--columns", "cryo", "--form", "parquet"),
    ("sql",),
]


@pytest.mark.parametrize("what", FORMS, ids=" ".join)
def test_what_is_imported_leads_to_the_same_statement(
    auditor: Cli, lived: History, what: tuple[str, ...]
) -> None:
    if "parquet" in what:
        pytest.importorskip("pyarrow")
    kept = auditor.done("audit", "show", "--json").json
    auditor.done("audit", "export", what[0], "out", *what[1:])
    assert "are there" in auditor.done("audit", "import", "out", "--store", "new.db").stdout

    with FaultProxy(lived.chain.url) as node:
        result = auditor.run("audit", "run", "--store", "new.db", "--json", rpc=node.url)

    assert "eth_getLogs" not in node.asked
    found = result.json
    assert found["statement"] == kept["statement"]
    assert found["provenance"]["log_digest"] == kept["provenance"]["log_digest"]
    assert found["provenance"]["headers"] == kept["provenance"]["headers"]
    assert result.code == 6
    [finding] = found["provenance"]["findings"]
    assert finding["code"] == "reading.imported"


def test_an_import_goes_on_with_what_is_new(auditor: Cli, lived: History) -> None:
    auditor.done("audit", "export", "tables", "out")
    auditor.done("audit", "import", "out", "--store", "new.db")
    lived.by().send(lived.by().membership.leave("Enough."))

    imported = auditor.run("audit", "run", "--store", "new.db", "--json").json
    read = auditor.run("audit", "run", "--store", "other.db", "--json").json

    assert imported["statement"] == read["statement"]


def test_tables_have_the_columns_of_other_tools(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "tables", "out")

    with (home / "out" / "logs.csv").open(newline="") as file:
        logs = list(csv.DictReader(file))
    assert {"log_index", "transaction_hash", "block_number", "topics"} <= logs[0].keys()
    events = (home / "out" / "events.csv").read_text()
    assert "ProposalExecuted" in events


def test_sql_is_loaded_by_sqlite(auditor: Cli, home: Path) -> None:
    found = auditor.done("audit", "export", "sql", "out.sql", "--json").json
    assert found == {"to": "out.sql", "what": "sql"}

    with sqlite3.connect(":memory:") as database:
        database.executescript((home / "out.sql").read_text())
        [(count,)] = database.execute("SELECT count(*) FROM log")
    assert count > 300


def test_public_documents_are_those_of_the_audited_block(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "public", "out", rpc="http://127.0.0.1:1")

    said = read_public(home / "out")
    assert said.name == "Aurora Commons Network"
    assert said.purpose == "Share tools and decide together."
    assert len(said.proposals) == 14


def test_attestations_name_who_attests(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "attestations", "out", "--issuer", ISSUER)

    attested = json.loads((home / "out" / "attestations.json").read_text())
    assert ISSUER in json.dumps(attested)
    assert actor(1).address in json.dumps(attested)


def test_public_documents_come_back_as_what_was_read(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "public", "out")

    block = auditor.done("audit", "show", "--json").json["statement"]["block"]["number"]
    assert auditor.done("audit", "import", "out").stdout == (
        f"They say what was read, as of block {block}.\n"
    )
    others = {**json.loads((home / "out" / "dao.json").read_text()), "name": "Another network"}
    (home / "out" / "dao.json").write_bytes(documents.encode(others))
    result = auditor.run("audit", "import", "out", "--json")

    assert result.code == 6
    assert result.json["differences"] == [
        "name: they say something else than what was read leads to"
    ]


def test_documents_of_a_block_without_a_report_are_not_compared(
    auditor: Cli, lived: History
) -> None:
    auditor.done("audit", "export", "public", "out")
    lived.by().send(lived.by().membership.leave("Enough."))
    auditor.run("audit", "run", "--store", "other.db")

    result = auditor.run("audit", "import", "out", "--store", "other.db")

    assert result.code == 2 and "no report on block" in result.stderr


def test_attestations_come_back_as_what_was_read(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "attestations", "out", "--issuer", ISSUER)
    file = home / "out" / "attestations.json"
    attested = json.loads(file.read_text())

    assert auditor.done("audit", "import", str(file)).stdout.startswith("They say what was read")
    file.write_bytes(documents.encode(attested[1:]))
    assert "1 contribution is not attested" in auditor.done("audit", "import", str(file)).stdout
    text = documents.encode(attested).decode()
    file.write_text(text.replace(actor(1).address, actor(9).address))
    result = auditor.run("audit", "import", str(file), "--json")

    assert result.code == 6 and not result.json["same"]
    assert "that was not read: log" in result.json["differences"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("export", "tables", "full"), 2, "full is not empty; name another folder"),
        (("export", "tables", "file"), 2, "file is there already; name another one"),
        (("export", "tables", "file/under"), 5, "file/under cannot be written"),
        (("export", "sql", "file"), 2, "file is there already; name another one"),
        (("export", "sql", "no/such/file"), 5, "no/such/file cannot be written"),
        (("export", "public", "file"), 2, "file cannot be written to"),
        (("export", "attestations", "out"), 2, "attestations need --issuer URI"),
        (("export", "attestations", "file", "--issuer", ISSUER), 2, "file is a file"),
        (("export", "tables", "out", "--store", "none.db"), 2, "none.db: make an audit"),
        (("export", "everything", "out"), 2, "everything"),
        (("import", "nothing", "--store", "new.db"), 2, "nothing is not there"),
        (("import", "full", "--store", "new.db"), 2, "full has no manifest.json"),
        (("import", "file", "--store", "new.db"), 2, "file"),
        (("import", "good"), 2, "is not empty; import into a new index"),
        (
            ("import", "good", "--store", "new.db", "--address", actor(9).address),
            2,
            f"not about {actor(9).address}",
        ),
        (("import", "damaged", "--store", "new.db"), 2, "logs.csv"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_exported_or_imported_is_a_sentence(
    auditor: Cli, home: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    (home / "file").write_text("in the way")
    (home / "full").mkdir()
    (home / "full" / "mine").write_text("mine")
    auditor.done("audit", "export", "tables", "good")
    shutil.copytree(home / "good", home / "damaged")
    logs = home / "damaged" / "logs.csv"
    logs.write_bytes(logs.read_bytes().replace(b"0x0", b"0x1", 1))

    result = auditor.run("audit", *arguments)

    assert result.code == code, result
    assert sentence in result.stderr
    assert (home / "full" / "mine").read_text() == "mine"
    assert (home / "file").read_text() == "in the way"


def test_a_damaged_import_leaves_nothing_that_could_be_believed(auditor: Cli, home: Path) -> None:
    auditor.done("audit", "export", "tables", "out")
    windows: Any = home / "out" / "windows.csv"
    windows.write_text(windows.read_text().replace("http", "ftp"))
    assert auditor.run("audit", "import", "out", "--store", "new.db").code == 2

    found = auditor.done("audit", "run", "--store", "new.db", "--json").json

    assert found["statement"] == auditor.done("audit", "show", "--json").json["statement"]
