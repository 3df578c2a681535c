"""An index keeps what was read, all or nothing of a window, in SQLite and in PostgreSQL alike."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.postgres import PASSWORD, Postgres
from audit.readings import FRONT_DOOR, batch, header, kept, rows, sound
from metaorg.audit.findings import unknown
from metaorg.audit.index import Batch, Index, digest_of, open_index
from metaorg.audit.index.sqlite import SqliteIndex
from metaorg.errors import InvalidInput, Misconfigured, StoreUnreachable
from metaorg.types import ZERO_DIGEST

TESTS = str(Path(__file__).parents[1])


@pytest.fixture(params=["sqlite", "postgresql"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an index that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "folder" / "audit.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def index(uri: str) -> Iterator[Index]:
    with open_index(uri) as opened:
        yield opened


def test_what_is_written_comes_back(index: Index) -> None:
    index.write(batch(10, 500))
    index.write(batch(501, 600, endpoint="http://other"))

    logs = rows(10, 600)
    pages = list(index.rows())
    assert [row for page in pages for row, _ in page] == logs
    assert [when for page in pages for _, when in page] == [header(r.block).time for r in logs]
    assert index.head() == header(600)
    assert index.header(10) == header(10)
    assert index.header(12) is None
    assert [one.number for page in index.headers() for one in page] == sorted(
        {row.block for row in logs} | {600}
    )
    assert index.windows() == [
        batch(10, 500).window._replace(digest=digest_of(rows(10, 500))),
        batch(501, 600, endpoint="http://other").window._replace(digest=digest_of(logs)),
    ]
    sound(index)


def test_an_empty_index_knows_nothing(index: Index) -> None:
    assert index.head() is None
    assert index.subject() is None
    assert list(index.rows()) == []
    assert index.windows() == []
    assert index.log_digest() == index.log_digest(5) == ZERO_DIGEST
    assert index.checkpoint("1") is None
    assert index.report() is None
    assert index.recall("x") is None


def test_it_is_there_when_opened_again(uri: str) -> None:
    with open_index(uri) as index:
        index.write(batch(1, 20))

    with open_index(uri) as index:
        assert kept(index) == rows(1, 20)


def test_a_window_without_logs_moves_the_head(index: Index) -> None:
    index.write(batch(3, 3))
    index.write(Batch(batch(4, 9, logs=[]).window, [header(9)], []))

    assert index.head() == header(9)
    assert kept(index) == []


def test_rows_begin_after_one_and_end_with_a_block(index: Index) -> None:
    index.write(batch(1, 100))

    found = [row for page in index.rows(after=(10, 2), until=20) for row, _ in page]

    assert found == [r for r in rows(1, 100) if (r.block, r.place) > (10, 2) and r.block <= 20]


@pytest.mark.parametrize("ends", [(100,), (1, 2, 3, 100), (50, 99, 100), range(1, 101)], ids=len)
def test_the_log_digest_does_not_depend_on_windows(index: Index, ends: tuple[int, ...]) -> None:
    first = 1
    for last in ends:
        index.write(batch(first, last))
        first = last + 1

    assert index.log_digest() == digest_of(rows(1, 100))
    for until in (0, 1, 30, 50, 51, 100, 200):
        assert index.log_digest(until) == digest_of(rows(1, min(until, 100)))


def test_the_log_digest_tells_any_two_readings_apart() -> None:
    logs = rows(1, 30)
    logs[0] = logs[0]._replace(topics=b"a" * 32, data=b"b" * 32)
    others = [
        logs[:-1],
        logs[1:],
        [*logs[:3], *logs[4:]],
        [logs[0]._replace(data=logs[0].data + b"\0"), *logs[1:]],
        [logs[0]._replace(topics=logs[0].data, data=logs[0].topics), *logs[1:]],
        [logs[0]._replace(position=7), *logs[1:]],
        [logs[0]._replace(block=0), *logs[1:]],
        [logs[1], logs[0], *logs[2:]],
    ]

    assert len({digest_of(one) for one in [logs, *others]}) == 1 + len(others)


def wrong_batches() -> dict[str, Batch]:
    right = batch(21, 40)
    logs = list(right.rows)
    bad = {
        "gap": batch(22, 40),
        "overlap": batch(20, 40),
        "count": right._replace(rows=logs[:-1]),
        "order": right._replace(rows=[logs[1], logs[0], *logs[2:]]),
        "twice": batch(21, 40, logs=[logs[0], *logs]),
        "no header": right._replace(headers=right.headers[1:]),
        "no last header": batch(21, 40, logs=rows(21, 30))._replace(headers=[header(31)]),
        "foreign header": right._replace(headers=[header(20), *right.headers]),
        "backwards": right._replace(window=right.window._replace(last=20)),
        "digest": right._replace(window=right.window._replace(digest=digest_of(logs))),
        "unnamed": right._replace(window=right.window._replace(endpoint="a\0b")),
        "header": right._replace(headers=[*right.headers[:-1], header(40)._replace(hash=b"")]),
    }
    changes = {
        "transaction": {"transaction": b"x" * 31},
        "contract": {"contract": b"x" * 21},
        "topics": {"topics": b"x" * 31},
        "data": {"data": bytes(9 << 20)},
        "text": {"data": "text"},
        "position": {"position": -1},
        "place": {"place": 1 << 24},
    }
    return bad | {
        name: right._replace(rows=[*logs[:-1], logs[-1]._replace(**change)])
        for name, change in changes.items()
    }


@pytest.mark.parametrize("wrong", wrong_batches().values(), ids=wrong_batches().keys())
def test_a_batch_that_contradicts_itself_changes_nothing(index: Index, wrong: Batch) -> None:
    index.write(batch(1, 20))

    with pytest.raises(InvalidInput):
        index.write(wrong)

    assert kept(index) == rows(1, 20)
    sound(index)


def test_a_replacing_batch_takes_away_what_was_read_from_its_first_block_on(index: Index) -> None:
    for first in (1, 11, 21):
        index.write(batch(first, first + 9))

    index.write(batch(11, 25, "fork", replaces=True))

    assert kept(index) == rows(1, 10) + rows(11, 25, "fork")
    assert index.head() == header(25, "fork")
    assert index.header(26) is None
    assert [window.first for window in index.windows()] == [1, 11]
    sound(index)


def test_a_replacing_batch_may_follow_the_head_or_replace_all(index: Index) -> None:
    index.write(batch(1, 10))

    index.write(batch(11, 20, replaces=True))
    assert kept(index) == rows(1, 20)

    index.write(batch(0, 5, "fork", replaces=True))
    assert kept(index) == rows(0, 5, "fork")


def test_part_of_a_window_is_not_replaced(index: Index) -> None:
    index.write(batch(1, 10))

    with pytest.raises(InvalidInput, match="blocks 1 to 10 were read at once"):
        index.write(batch(5, 12, replaces=True))

    assert kept(index) == rows(1, 10)


def test_a_malformed_replacement_leaves_what_was_there(index: Index) -> None:
    index.write(batch(1, 10))
    wrong = batch(1, 2000, replaces=True)
    wrong = wrong._replace(rows=[*wrong.rows[:-1], wrong.rows[-1]._replace(contract=b"")])

    with pytest.raises(InvalidInput):
        index.write(wrong)

    assert kept(index) == rows(1, 10)
    sound(index)


def test_a_reorganization_drops_the_checkpoints_of_replaced_blocks(index: Index) -> None:
    for first in (1, 11, 21):
        index.write(batch(first, first + 9))
        index.keep_checkpoint(header(first + 9), "1", b"state %d" % first)
    assert index.checkpoint("1") == (header(30), b"state 21")

    index.write(batch(21, 40, "fork", replaces=True))

    assert index.checkpoint("1") == (header(20), b"state 11")


def test_a_checkpoint_of_another_block_or_version_is_not_used(index: Index) -> None:
    index.write(batch(1, 10))
    index.keep_checkpoint(header(10, "fork"), "1", b"other block")

    assert index.checkpoint("1") is None
    index.keep_checkpoint(header(10), "1", b"first")
    assert index.checkpoint("2") is None
    index.keep_checkpoint(header(10), "2", b"second")
    assert index.checkpoint("1") is None
    assert index.checkpoint("2") == (header(10), b"second")


def test_only_the_newest_checkpoints_are_kept(index: Index) -> None:
    for number in range(1, 8):
        index.write(batch(number, number))
        index.keep_checkpoint(header(number), "1", bytes(number))
    for number in (7, 6):
        index.write(batch(number, number, "fork", replaces=True))

    assert index.checkpoint("1") == (header(5), bytes(5))
    index.write(batch(5, 5, "fork", replaces=True))
    assert index.checkpoint("1") is None


def test_reports_are_kept_by_block(index: Index) -> None:
    index.keep_report(header(20), b"later")
    index.keep_report(header(10), b"first")
    index.keep_report(header(10), b"again")

    assert index.report() == b"later"
    assert index.report(10) == b"again"
    assert index.report(11) is None
    assert [block for block, _ in index.reports()] == [header(10), header(20)]
    assert all(abs(kept_at - time.time()) < 60 for _, kept_at in index.reports())


def test_values_are_remembered_by_name(index: Index) -> None:
    index.remember("signature 0x00", b"\0valid")
    index.remember("signature 0x00", b"\xffinvalid")

    assert index.recall("signature 0x00") == b"\xffinvalid"
    with pytest.raises(InvalidInput):
        index.remember("a\0b", b"")


def test_notes_are_kept_once_and_in_order(index: Index) -> None:
    notes = [unknown("reading.lag", f"endpoint {n} \0\ud800", "a", "b") for n in (2, 1, 3)]

    for note in (*notes, notes[1]):
        index.note(note)

    assert [note.id for note in index.notes()] == [note.id for note in notes]


def test_an_index_is_of_one_front_door(index: Index) -> None:
    index.claim(1, FRONT_DOOR)
    index.claim(1, FRONT_DOOR)

    assert index.subject() == (1, FRONT_DOOR)
    with pytest.raises(InvalidInput, match="name another index"):
        index.claim(2, FRONT_DOOR)


def test_each_row_is_shown_with_where_it_came_from(index: Index) -> None:
    index.write(batch(1, 9))
    index.write(batch(10, 12, endpoint="http://other"))

    shown = index._read(
        "SELECT block, place, contract, block_hash, block_time, endpoint, read_at "
        "FROM log_provenance ORDER BY block, place"
    )

    assert shown[-1] == (
        11, 6, rows(10, 11)[-1].contract, header(11).hash, header(11).time, "http://other",
        1_800_000_012,
    )  # fmt: skip
    assert len(shown) == len(rows(1, 12))


def test_threads_may_share_it(index: Index) -> None:
    index.write(batch(1, 900))

    def more() -> None:
        for number in range(901, 950):
            index.write(batch(number, number))

    writer = threading.Thread(target=more)
    pages = index.rows()
    found = [row for row, _ in next(pages)]
    writer.start()
    found += [row for page in pages for row, _ in page]
    writer.join()

    assert found[: len(rows(1, 900))] == rows(1, 900)
    assert kept(index) == rows(1, 949)


HOLD = """
import sys, time
from metaorg.audit.index import open_index
with open_index(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""
WRITE = """
import sys
sys.path.insert(0, sys.argv[2])
from audit.readings import batch
from metaorg.audit.index import open_index
with open_index(sys.argv[1]) as index:
    head = index.head()
    first = head.number + 1 if head else 1
    print("begins", first, flush=True)
    for n in range(1000):
        index.write(batch(first, first + 100))
        if n % 3 == 2:
            index.write(batch(first, first + 50, "fork", replaces=True))
            first -= 50
        first += 101
        print("has", first - 1, flush=True)
"""


def living(script: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def impatient(uri: str) -> Index:
    opened = open_index(uri)
    opened._patience = 0.3  # type: ignore[attr-defined]
    return opened


def test_a_second_process_is_told_that_another_one_uses_it(uri: str) -> None:
    holder = living(HOLD, uri)

    try:
        with pytest.raises(StoreUnreachable, match="another process uses it"):
            impatient(uri).head()
    finally:
        holder.kill()
        holder.wait()

    assert open_index(uri).head() is None


def test_a_kill_at_any_moment_leaves_a_state_between_two_batches(uri: str) -> None:
    draw = random.Random(11)
    acknowledged = 0
    for _ in range(5):
        writer = living(WRITE, uri, TESTS)
        time.sleep(draw.uniform(0, 0.25))
        writer.send_signal(signal.SIGKILL)
        output, _ = writer.communicate()
        # The last line may be cut.
        acknowledged = max(
            [acknowledged, *(int(line.split()[1]) for line in output.split("\n")[:-1])]
        )

        with open_index(uri) as index:
            sound(index)
            head = index.head()
            assert head is not None or not acknowledged
            assert head is None or head.number >= acknowledged - 51


def test_another_version_is_told(uri: str) -> None:
    with open_index(uri) as index, index._transaction():
        index._ask("UPDATE audit SET format = 99")

    with pytest.raises(StoreUnreachable, match="another version"):
        open_index(uri).head()


def test_the_tables_of_another_program_are_left_alone(uri: str) -> None:
    with open_index(uri) as index, index._transaction():
        index._ask("DROP VIEW log_provenance")
        index._ask("DROP TABLE log")

    with pytest.raises(StoreUnreachable, match="another program"):
        open_index(uri).head()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log SET contract = data WHERE at = (SELECT max(at) FROM log)",
        "UPDATE log SET transaction_index = -5",
        "DELETE FROM block WHERE number = 4",
    ],
    ids=["contract", "index", "header"],
)
def test_damaged_rows_are_told(index: Index, change: str) -> None:
    index.write(batch(1, 50))
    with index._transaction():
        index._ask(change)

    with pytest.raises(StoreUnreachable, match="damaged"):
        kept(index)


def test_damaged_headers_and_notes_are_told(index: Index) -> None:
    index.write(batch(1, 5))
    index.note(unknown("a.b", "c", "d", "e"))
    with index._transaction():
        index._ask("UPDATE block SET hash = parent || parent")
        index._ask("UPDATE note SET finding = '{'")

    for use in (index.head, lambda: list(index.headers()), index.notes):
        with pytest.raises(StoreUnreachable, match="damaged"):
            use()


# Only SQLite.


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is no database." * 1000)

    with pytest.raises(StoreUnreachable, match="no database; name another file"):
        open_index(f"sqlite:{tmp_path / 'notes.txt'}").head()

    assert (tmp_path / "notes.txt").read_text().startswith("This")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    with open_index(str(tmp_path / "audit.db")) as index:
        index.write(batch(1, 2000))
    with (tmp_path / "audit.db").open("r+b") as file:
        file.seek(16384 * 12)
        file.write(os.urandom(16384 * 40))

    with pytest.raises(StoreUnreachable, match="damaged"), open_index(str(file.name)) as index:
        kept(index)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnreachable, match="folder"):
        open_index(str(tmp_path / "file" / "audit.db")).head()
    with pytest.raises(StoreUnreachable, match="cannot be opened"):
        open_index(str(tmp_path)).head()


FILL = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from audit.readings import batch
from metaorg.audit.index import open_index
from metaorg.errors import StoreUnreachable
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
first = 1
try:
    with open_index(sys.argv[1]) as index:
        print("opened", flush=True)
        while True:
            index.write(batch(first, first + 100))
            first += 101
except StoreUnreachable as error:
    print(error)
"""


def test_a_full_disk_is_told_and_leaves_whole_batches(tmp_path: Path) -> None:
    file = str(tmp_path / "audit.db")

    output, _ = living(FILL, file, TESTS).communicate()

    assert "full" in output
    with open_index(file) as index:
        sound(index)
        assert kept(index)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE block (x)")
    before = (tmp_path / "other.db").read_bytes()

    with pytest.raises(StoreUnreachable, match="another program"):
        open_index(str(tmp_path / "other.db")).head()

    assert (tmp_path / "other.db").read_bytes() == before


def test_an_index_in_memory_needs_no_file() -> None:
    with open_index(":memory:") as index:
        index.write(batch(1, 9))

        assert kept(index) == rows(1, 9)
        assert isinstance(index, SqliteIndex)


# Only PostgreSQL.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://auditor:geheim@127.0.0.1/audit",
        "postgresql://auditor@127.0.0.1/audit?password=geheim",
        "postgresql://auditor@127.0.0.1/audit?p%61ssword=geheim",
        "postgresql://auditor@127.0.0.1/audit?sslpassword=geheim",
        "postgresql://127.0.0.1/%geheim",
        "postgresql://127.0.0.1/audit?unheard=geheim",
        "mysql://auditor:geheim@127.0.0.1/audit",
        "sqlite:",
        "",
    ],
    ids=range(9),
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_index(url)

    assert "geheim" not in str(caught.value)


def test_a_wrong_password_is_told_and_a_right_one_comes_from_the_environment(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    for wrong in ("", "geheim"):
        monkeypatch.setenv("PGPASSWORD", wrong)
        with pytest.raises(Misconfigured, match="PGPASSWORD") as caught:
            open_index(postgres.loopback).head()
        assert "geheim" not in str(caught.value)

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert open_index(postgres.loopback).head() is None


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="does not answer"):
        open_index(f"postgresql://x@/audit?host={tmp_path}").head()


def test_a_server_that_goes_away_is_told_and_used_again(postgres: Postgres) -> None:
    with open_index(postgres.fresh()) as index:
        index.write(batch(1, 9))
        postgres.stop()
        with pytest.raises(StoreUnreachable):
            index.write(batch(10, 19))

        postgres.start()

        assert kept(index) == rows(1, 9)


def test_a_schema_that_is_not_there_is_told(postgres: Postgres) -> None:
    with pytest.raises(StoreUnreachable, match="no such schema"):
        open_index(f"{postgres.url}&options=-csearch_path%3Dnowhere").head()
