"""What was read goes to other tools in their own columns, and comes back as it was."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet
import pytest
from eth_abi.abi import encode
from programs import required

from audit.postgres import Postgres
from audit.readings import FRONT_DOOR, batch, header, kept, rows, sound
from metaorg.audit.collecting.record import Record
from metaorg.audit.decoding import Decoder
from metaorg.audit.events import Row
from metaorg.audit.exports import Manifest, export_sql, export_tables, import_tables
from metaorg.audit.exports.manifest import file_digest
from metaorg.audit.index import Index, open_index
from metaorg.errors import InvalidInput, Misconfigured, StoreUnreachable
from metaorg.ipfs import documents
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules
from metaorg.types import checksum_address

Columns = Literal["ethereum-etl", "cryo"]
Form = Literal["csv", "parquet"]

ALL = [(columns, form) for columns in ("ethereum-etl", "cryo") for form in ("csv", "parquet")]
both = pytest.mark.parametrize(("columns", "form"), ALL, ids=[f"{c}-{f}" for c, f in ALL])


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """With three windows, one of them without logs, and names that need quotes."""
    uri = str(tmp_path / "audit.db")
    if request.param == "postgresql":
        uri = request.getfixturevalue("postgres").fresh()
    with open_index(uri) as opened:
        yield filled(opened)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Index]:
    with open_index(str(tmp_path / "audit.db")) as opened:
        yield filled(opened)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Index]:
    with open_index(str(tmp_path / "new.db")) as opened:
        yield opened


def filled(index: Index) -> Index:
    index.claim(31337, FRONT_DOOR)
    index.write(batch(1, 700))
    index.write(batch(701, 703, logs=[], endpoint='http://it\'s "quoted", and ünïcode/%s'))
    index.write(batch(704, 800, endpoint="http://127.0.0.1:1"))
    return index


def state(index: Index) -> tuple[Any, ...]:
    headers = [one for page in index.headers() for one in page]
    return index.subject(), kept(index), headers, index.windows(), index.log_digest()


def export(index: Index, folder: Path, columns: str, form: str) -> Manifest:
    return export_tables(index, folder, columns=columns, form=form)  # type: ignore[arg-type]


@both
def test_tables_come_back_as_the_same_state(
    index: Index, new: Index, tmp_path: Path, columns: Columns, form: Form
) -> None:
    manifest = export_tables(index, tmp_path / "out", columns=columns, form=form)

    import_tables(tmp_path / "out", new)

    assert state(new) == state(index)
    sound(new)
    assert manifest.held.logs == len(rows(1, 700)) + len(rows(704, 800))
    assert manifest.held.log_digest == index.log_digest()
    assert (manifest.held.block, manifest.held.block_hash) == (800, header(800).hash)


def test_sql_comes_back_as_the_same_state(index: Index, new: Index, tmp_path: Path) -> None:
    export_sql(index, tmp_path / "audit.sql")

    import_tables(tmp_path / "audit.sql", new)

    assert state(new) == state(index)


def test_an_import_goes_into_either_database(
    small: Index, postgres: Postgres, tmp_path: Path
) -> None:
    export_sql(small, tmp_path / "audit.sql")

    with open_index(postgres.fresh()) as other:
        import_tables(tmp_path / "audit.sql", other)

        assert state(other) == state(small)


def test_an_index_remembers_that_it_was_imported(small: Index, new: Index, tmp_path: Path) -> None:
    export_sql(small, tmp_path / "audit.sql")

    import_tables(tmp_path / "audit.sql", new)

    provenance, windows = Record().provenance(new), small.windows()
    [finding] = provenance.findings
    assert finding.code == "reading.imported" and windows[-1].endpoint in finding.seen
    assert provenance.imported == windows[-1].last - windows[0].first + 1
    assert provenance.endpoints == ()
    assert Record().provenance(small).imported == 0


LOG = Row(483920, 3, b"\x04" * 32, 1, b"\xf4" * 20, b"\xdd" * 32 + b"\xac" * 32, b"\x01\x86")


@pytest.fixture
def one(new: Index) -> Index:
    new.claim(1, FRONT_DOOR)
    new.write(batch(483920, 483920, logs=[LOG]))
    return new


def test_csv_is_written_as_ethereum_etl_writes_it(one: Index, tmp_path: Path) -> None:
    export(one, tmp_path / "out", "ethereum-etl", "csv")

    block = header(483920)
    assert (tmp_path / "out" / "logs.csv").read_bytes().decode() == (
        "log_index,transaction_hash,transaction_index,block_hash,block_number,address,data,topics"
        f"\r\n3,0x{'04' * 32},1,0x{block.hash.hex()},483920,0x{'f4' * 20},0x0186,"
        f'"0x{"dd" * 32},0x{"ac" * 32}"\r\n'
    )
    assert (tmp_path / "out" / "blocks.csv").read_bytes().decode() == (
        "number,hash,parent_hash,nonce,sha3_uncles,logs_bloom,transactions_root,state_root,"
        "receipts_root,miner,difficulty,total_difficulty,size,extra_data,gas_limit,gas_used,"
        "timestamp,transaction_count,base_fee_per_gas,withdrawals_root,withdrawals,blob_gas_used,"
        f"excess_blob_gas\r\n483920,0x{block.hash.hex()},0x{block.parent.hex()},,,,,,,,,,,,,,"
        f"{block.time},,,,,,\r\n"
    )


def test_csv_is_written_with_cryos_columns(one: Index, tmp_path: Path) -> None:
    export(one, tmp_path / "out", "cryo", "csv")

    block = header(483920)
    assert (tmp_path / "out" / "logs.csv").read_bytes().decode() == (
        "block_number,block_hash,transaction_index,log_index,transaction_hash,address,topic0,"
        "topic1,topic2,topic3,data,n_data_bytes,chain_id\n"
        f"483920,0x{block.hash.hex()},1,3,0x{'04' * 32},0x{'f4' * 20},0x{'dd' * 32},"
        f"0x{'ac' * 32},,,0x0186,2,1\n"
    )
    assert (tmp_path / "out" / "blocks.csv").read_text().splitlines()[0] == (
        "block_number,block_hash,parent_hash,timestamp,author,gas_used,extra_data,"
        "base_fee_per_gas,chain_id"
    )


def test_parquet_is_read_by_other_readers_with_its_types(one: Index, tmp_path: Path) -> None:
    for columns in ("ethereum-etl", "cryo"):
        export(one, tmp_path / columns, columns, "parquet")

    etl = pyarrow.parquet.read_table(tmp_path / "ethereum-etl" / "logs.parquet")
    assert etl.schema.field("topics").type == pyarrow.list_(pyarrow.string())
    assert etl.to_pylist() == [
        {
            "log_index": 3,
            "transaction_hash": "0x" + "04" * 32,
            "transaction_index": 1,
            "block_hash": "0x" + header(483920).hash.hex(),
            "block_number": 483920,
            "address": "0x" + "f4" * 20,
            "data": "0x0186",
            "topics": ["0x" + "dd" * 32, "0x" + "ac" * 32],
        }
    ]
    cryo = pyarrow.parquet.read_table(tmp_path / "cryo" / "logs.parquet")
    types = {field.name: str(field.type) for field in cryo.schema}
    assert {types.pop(name) for name in ("block_number", "log_index", "n_data_bytes")} == {"uint32"}
    assert types.pop("chain_id") == "uint64"
    assert cryo.to_pylist()[0]["topic1"] == b"\xac" * 32
    assert cryo.to_pylist()[0]["topic2"] is None


def test_sqlite_and_psql_load_the_same_sql(
    small: Index, postgres: Postgres, tmp_path: Path
) -> None:
    export_sql(small, tmp_path / "audit.sql")
    sqlite, psql = required("sqlite3", "postgres"), required("psql", "postgres")
    database, url = tmp_path / "loaded.db", postgres.fresh()

    with (tmp_path / "audit.sql").open() as script:
        subprocess.run([sqlite, "-bail", database], stdin=script, check=True)
    load = [psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", tmp_path / "audit.sql", url]
    subprocess.run(load, check=True)

    for query in (
        "SELECT block, place, data FROM log ORDER BY block, place",
        "SELECT number, hash, parent, time FROM block ORDER BY number",
        "SELECT first_block, endpoint, logs FROM window_read ORDER BY first_block",
        "SELECT logs, log_digest FROM audit",
    ):
        with sqlite3.connect(database) as loaded:
            found = ["|".join(map(str, row)) for row in loaded.execute(query)]
        assert found == postgres.query(query, url).splitlines()
    assert f"{len(kept(small))}|0x{small.log_digest().hex()}" in found


def test_decoded_events_are_exported_too(new: Index, tmp_path: Path) -> None:
    modules = Modules(
        **{
            name: checksum_address("0x" + f"{number:02x}" * 20)
            for number, name in enumerate(Modules.model_fields, 1)
        }
    )
    emitter = bytes.fromhex(modules.meta_organization[2:])
    topics = {e["name"]: topic for topic, e in load("MetaOrganization").topics.items()}
    data = encode(["address", "string"], [modules.meta_organization, 'ipfs://"x",\n'])
    row = Row(7, 0, b"\x01" * 32, 0, emitter, topics["DAOURIUpdate"], data)
    new.claim(1, modules.meta_organization)
    new.write(batch(7, 7, logs=[row, row._replace(place=1, topics=b"?" * 32)]))

    for form in ("csv", "parquet"):
        manifest = export_tables(new, tmp_path / form, form=form, decode=Decoder(modules))  # type: ignore[arg-type]
        assert manifest.events == 1

    (event,) = pyarrow.parquet.read_table(tmp_path / "parquet" / "events.parquet").to_pylist()
    assert event == {
        "block_number": 7,
        "log_index": 0,
        "block_timestamp": header(7).time,
        "transaction_hash": "0x" + "01" * 32,
        "address": modules.meta_organization.lower(),
        "event": "DAOURIUpdate",
        "arguments": event["arguments"],
    }
    assert json.loads(event["arguments"]) == {
        "daoAddress": modules.meta_organization,
        "daoURI": 'ipfs://"x",\n',
    }
    with open_index(str(tmp_path / "again.db")) as again:
        import_tables(tmp_path / "csv", again)
        assert state(again) == state(new)


def reseal(folder: Path) -> None:
    """Make a manifest agree with altered files, as somebody would who means it."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for name in manifest["files"]:
        manifest["files"][name] = "0x" + file_digest(folder / name).hex()
    (folder / "manifest.json").write_bytes(documents.encode(manifest))


def alter(path: Path, number: int, change: Callable[[str], str]) -> None:
    lines = path.read_bytes().decode().split("\n")
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes("\n".join(lines).encode())


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda line: line.replace(old, new, 1)


@pytest.mark.parametrize("name", ["logs", "blocks", "windows"])
@both
def test_a_damaged_file_is_named(
    small: Index, new: Index, tmp_path: Path, columns: str, form: str, name: str
) -> None:
    export(small, tmp_path / "out", columns, form)
    file = tmp_path / "out" / f"{name}.{form}"
    file.write_bytes(file.read_bytes()[:-20])

    with pytest.raises(InvalidInput, match=rf"{name}.{form} is not the file"):
        import_tables(tmp_path / "out", new)


CSV_DAMAGE: dict[str, tuple[str, int, Callable[[str], str], str]] = {
    "header": ("logs", 1, replaced("address", "adress"), "logs.csv:1: the columns are not"),
    "fewer fields": ("logs", 5, replaced(",", ""), "logs.csv:5: 7 fields for 8 columns"),
    "number": ("logs", 2, lambda line: "x" + line, "logs.csv:2: log_index has"),
    "negative": ("blocks", 3, lambda line: "-" + line, "blocks.csv:3: number has"),
    "huge": ("blocks", 3, lambda line: "9" * 19 + line[1:], "blocks.csv:3: number has"),
    "hex": ("logs", 2, replaced("0x", "0X"), "logs.csv:2: transaction_hash has"),
    "half a byte": ("blocks", 2, replaced("0x", "0x0"), "blocks.csv:2: hash has"),
    "quote": ("logs", 3, lambda line: line + '"', "logs.csv:3: "),
    "no bytes": ("logs", 2, lambda line: "é" + line, "logs.csv:2: "),
    "filled": ("blocks", 2, replaced(",,", ",1,"), "blocks.csv:2: nonce is never filled"),
    "block hash": ("logs", 2, replaced(header(1).hash.hex(), "00" * 32), "logs.csv:2: the block"),
    "log gone": ("logs", 9, lambda line: "", "logs.csv:9: "),
    "final": ("windows", 2, lambda line: line[:-2] + "7\r", "windows.csv:2: final"),
    "window": ("windows", 2, lambda line: "2" + line[1:], "are not kept"),
    "endpoint": ("windows", 4, replaced("http", "\0"), "endpoint"),
    "position": ("logs", 2, replaced(",0,", ",4294967296,"), "position"),
}


@pytest.mark.parametrize("damage", CSV_DAMAGE.values(), ids=CSV_DAMAGE.keys())
def test_damaged_csv_is_told_with_its_line_and_leaves_nothing(
    small: Index,
    new: Index,
    tmp_path: Path,
    damage: tuple[str, int, Callable[[str], str], str],
) -> None:
    table, number, change, says = damage
    export(small, tmp_path / "out", "ethereum-etl", "csv")
    alter(tmp_path / "out" / f"{table}.csv", number, change)
    reseal(tmp_path / "out")

    with pytest.raises(InvalidInput, match=says):
        import_tables(tmp_path / "out", new)

    assert (new.head(), new.subject(), kept(new)) == (None, None, [])


def test_rows_that_are_missing_or_too_many_are_told(
    small: Index, new: Index, tmp_path: Path
) -> None:
    export(small, tmp_path / "out", "cryo", "csv")
    file = tmp_path / "out" / "logs.csv"
    lines = file.read_text().splitlines(keepends=True)
    for wrong in (lines[:-1], [*lines, lines[-1]], lines[:-9] + lines[-8:], lines[:1]):
        file.write_text("".join(wrong))
        reseal(tmp_path / "out")

        with pytest.raises(InvalidInput):
            import_tables(tmp_path / "out", new)

        assert kept(new) == []


def test_an_altered_log_that_fits_is_found_by_the_log_digest(
    small: Index, new: Index, tmp_path: Path
) -> None:
    export(small, tmp_path / "out", "cryo", "csv")
    contract = rows(1, 1)[0].contract.hex()
    alter(tmp_path / "out" / "logs.csv", 2, replaced(contract, "11" * 20))
    reseal(tmp_path / "out")

    with pytest.raises(InvalidInput, match="another digest"):
        import_tables(tmp_path / "out", new)

    assert kept(new) == []


SQL_DAMAGE: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "cut off": (lambda lines: lines[:-10], "cut off"),
    "cut within a line": (lambda lines: [*lines[:-3], lines[-3][:-20]], "cut off"),
    "another statement": (lambda x: [*x[:-1], "DROP TABLE log;\n", x[-1]], "in no export"),
    "a statement within": (lambda x: [x[0].replace("--", "DELETE FROM x; --"), *x[1:]], ":1: "),
    "after the end": (lambda lines: [*lines, lines[-1]], "in no export"),
    "a function": (
        lambda lines: [line.replace("'http://127.0.0.1:1'", "lower('x')") for line in lines],
        "endpoint has lower",
    ),
    "a quoted number": (
        lambda x: [line.replace("(704,", "('704',") for line in x],
        "block has",
    ),
    "another version": (lambda x: [line.replace("(1,31337", "(2,31337") for line in x], "version"),
    "another chain": (
        lambda lines: [line.replace("(1,31337,'", "(1,31338,'") for line in lines],
        "another meta-organization",
    ),
    "two texts": (
        lambda lines: [line.replace("'http://127.0.0.1:1'", "'a'b'") for line in lines],
        "endpoint",
    ),
    "rows gone": (
        lambda lines: [line for line in lines if not line.startswith("(704,'")],
        "in no export|not among the blocks|not that of the last block",
    ),
    "too many fields": (
        lambda x: [x.replace("(704,", "(704,5,") for x in x],
        "there are not 7 fields",
    ),
    "empty": (lambda lines: [], "cut off"),
    "other text": (lambda lines: ["Once upon a time\n"], ":1: "),
}


@pytest.mark.parametrize("damage", SQL_DAMAGE.values(), ids=SQL_DAMAGE.keys())
def test_damaged_sql_is_told_and_leaves_nothing(
    small: Index,
    new: Index,
    tmp_path: Path,
    damage: tuple[Callable[[list[str]], list[str]], str],
) -> None:
    change, says = damage
    file = tmp_path / "audit.sql"
    export_sql(small, file)
    lines = file.read_text().splitlines(keepends=True)
    new.claim(31337, FRONT_DOOR)
    file.write_text("".join(change(lines)))

    with pytest.raises(InvalidInput, match=says):
        import_tables(file, new)

    assert kept(new) == []


def test_a_line_without_end_is_not_read_to_its_end(new: Index, tmp_path: Path) -> None:
    with (tmp_path / "audit.sql").open("wb") as file:
        file.truncate(1 << 34)

    with pytest.raises(InvalidInput, match=":1: the line is too long"):
        import_tables(tmp_path / "audit.sql", new)


def test_parquet_that_is_none_or_of_other_types_is_told(
    small: Index, new: Index, tmp_path: Path
) -> None:
    export(small, tmp_path / "out", "cryo", "parquet")
    file = tmp_path / "out" / "logs.parquet"
    table = pyarrow.parquet.read_table(file)
    number = table.schema.get_field_index("block_number")
    retyped = table.set_column(number, "block_number", table["block_number"].cast("int64"))
    shorter = pyarrow.table({"data": table["data"]})

    for wrong, says in ((retyped, "columns"), (shorter, "columns"), (table, "dictionary")):
        pyarrow.parquet.write_table(wrong, file)
        reseal(tmp_path / "out")
        with pytest.raises(InvalidInput, match=says):
            import_tables(tmp_path / "out", new)

    for garbage in (b"", b"PAR1" * 100):
        file.write_bytes(garbage)
        reseal(tmp_path / "out")
        with pytest.raises(InvalidInput, match=r"logs\.parquet cannot be read"):
            import_tables(tmp_path / "out", new)
    assert kept(new) == []


def test_a_manifest_that_cannot_be_used_is_told(small: Index, new: Index, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(small, folder, "cryo", "csv")
    whole = json.loads((folder / "manifest.json").read_bytes())
    for change, says in (
        ({"files": whole["files"] | {"../audit.db": "0x" + "00" * 32}}, "elsewhere"),
        ({"files": {"logs.csv": whole["files"]["logs.csv"]}}, "names no windows.csv"),
        ({"files": whole["files"] | {"gone.csv": "0x" + "00" * 32}}, "gone.csv is missing"),
        ({"columns": "own"}, "malformed"),
        ({"held": whole["held"] | {"format": 2}}, "malformed"),
        ({"held": whole["held"] | {"logs": 1}}, "announces"),
    ):
        (folder / "manifest.json").write_bytes(documents.encode(whole | change))
        with pytest.raises(InvalidInput, match=says):
            import_tables(folder, new)

    (folder / "manifest.json").write_bytes(b"{" + b" " * (2 << 20))
    with pytest.raises(InvalidInput, match="malformed"):
        import_tables(folder, new)
    (folder / "manifest.json").unlink()
    with pytest.raises(InvalidInput, match="no finished export"):
        import_tables(folder, new)


def test_an_import_needs_a_new_index(small: Index, new: Index, tmp_path: Path) -> None:
    export_sql(small, tmp_path / "audit.sql")

    with pytest.raises(InvalidInput, match="not empty"):
        import_tables(tmp_path / "audit.sql", small)
    new.claim(1, FRONT_DOOR)
    with pytest.raises(InvalidInput, match="another meta-organization"):
        import_tables(tmp_path / "audit.sql", new)

    assert new.subject() == (1, FRONT_DOOR)


def test_an_empty_index_is_not_exported(new: Index, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        export_sql(new, tmp_path / "audit.sql")
    with pytest.raises(InvalidInput, match="empty"):
        export(new, tmp_path / "out", "cryo", "csv")

    assert not (tmp_path / "audit.sql").exists()


def test_nothing_is_overwritten(small: Index, tmp_path: Path) -> None:
    (tmp_path / "audit.sql").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()

    with pytest.raises(InvalidInput, match="there already"):
        export_sql(small, tmp_path / "audit.sql")
    with pytest.raises(InvalidInput, match="not empty"):
        export(small, tmp_path / "out", "cryo", "csv")
    with pytest.raises(InvalidInput, match="there already"):
        export(small, tmp_path / "audit.sql", "cryo", "csv")

    assert (tmp_path / "audit.sql").read_text() == "mine"


def test_a_place_that_cannot_be_written_or_read_is_told(
    small: Index, new: Index, tmp_path: Path
) -> None:
    with pytest.raises(StoreUnreachable, match="cannot be written"):
        export_sql(small, tmp_path / "gone" / "audit.sql")
    with pytest.raises(InvalidInput, match=r"gone\.sql is not there"):
        import_tables(tmp_path / "gone.sql", new)


def test_a_damaged_index_is_not_exported_as_if_it_were_whole(small: Index, tmp_path: Path) -> None:
    with small._transaction():
        small._ask("UPDATE log SET data = contract WHERE at = (SELECT max(at) FROM log)")

    with pytest.raises(StoreUnreachable, match="damaged"):
        export_sql(small, tmp_path / "audit.sql")
    with pytest.raises(InvalidInput, match="cut off"), open_index(":memory:") as other:
        import_tables(tmp_path / "audit.sql", other)


def test_parquet_without_pyarrow_says_what_to_install(
    small: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(Misconfigured, match=r'pip install "metaorg\[parquet\]"'):
        export(small, tmp_path / "out", "cryo", "parquet")
