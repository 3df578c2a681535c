"""`metaorg audit --store postgresql://...`: the same as in a file, for auditors who share it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy
from audit.history import History
from audit.postgres import PASSWORD, Postgres

from cli.conftest import EARLIER, Cli, tamper


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg")
    with Postgres() as server:
        yield server


@pytest.fixture
def store(postgres: Postgres) -> tuple[str, str]:
    """The options that name an empty schema."""
    return "--store", postgres.fresh()


@contextmanager
def stalled(lived: History) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A node that stops at the first question for logs: its URL, when it does, and until when."""
    reached, over = threading.Event(), threading.Event()

    def before(method: str, _: list[Any]) -> None:
        if method == "eth_getLogs":
            reached.set()
            over.wait(60)

    with FaultProxy(lived.chain.url, before=[before]) as node:
        yield node.url, reached, over
        over.set()


def test_it_is_the_same_as_in_a_file(auditor: Cli, store: tuple[str, str], home: Path) -> None:
    last = auditor.done("audit", "show", "--json").json
    auditor.done("audit", "run", *store, "--at", EARLIER)

    found = auditor.done("audit", "run", *store, "--json", "--to", "out").json

    assert found["statement"] == last["statement"]
    assert found["provenance"]["log_digest"] == last["provenance"]["log_digest"]
    assert auditor.done("audit", "show", *store, "--json").json == found
    earlier = auditor.done("audit", "show", *store, "--json", "--at", EARLIER).json["statement"]
    assert earlier == auditor.done("audit", "show", "--json", "--at", EARLIER).json["statement"]
    assert auditor.run("audit", "verify", "out").code == 0
    for command in (("powers",), ("diff", EARLIER, "latest")):
        one, other = (auditor.done("audit", *command, *where).stdout for where in ((), store))
        assert one == other


def test_a_second_run_reads_only_what_is_new(
    auditor: Cli, store: tuple[str, str], lived: History
) -> None:
    auditor.done("audit", "run", *store)
    with FaultProxy(lived.chain.url) as node:
        auditor.done("audit", "run", *store, rpc=node.url)
        assert "eth_getLogs" not in node.asked

    tamper(lived)
    result = auditor.run("audit", "run", "--full", *store)
    assert result.code == 6
    assert "cast call" in auditor.done("audit", "explain", "#1", *store).stdout


def test_what_was_exported_from_a_file_is_imported_and_back(
    auditor: Cli, store: tuple[str, str], home: Path
) -> None:
    auditor.done("audit", "export", "sql", "one.sql")
    auditor.done("audit", "import", "one.sql", *store)

    found = auditor.run("audit", "run", *store, "--json").json
    auditor.done("audit", "export", "sql", "two.sql", *store)

    assert found["statement"] == auditor.done("audit", "show", "--json").json["statement"]
    assert (home / "one.sql").read_bytes() == (home / "two.sql").read_bytes()


def test_two_runs_at_once_do_not_mix(auditor: Cli, store: tuple[str, str], lived: History) -> None:
    with stalled(lived) as (url, reached, over):
        first = auditor.start("audit", "run", *store, rpc=url)
        assert reached.wait(60)

        second = auditor.run("audit", "run", *store)
        over.set()
        _, said = first.communicate(timeout=60)

    assert second.code == 5
    assert "another process uses it; wait until that has ended" in second.stderr
    assert first.returncode == 0, said


def test_a_server_that_stops_in_between_is_gone_on_with(
    auditor: Cli, store: tuple[str, str], lived: History, postgres: Postgres
) -> None:
    auditor.done("audit", "run", *store, "--at", EARLIER)
    with stalled(lived) as (url, reached, over):
        running = auditor.start("audit", "run", *store, rpc=url)
        assert reached.wait(60)
        postgres.stop()
        over.set()
        out, said = running.communicate(timeout=60)

    assert (running.returncode, out) == (5, b"")
    assert b"it does not answer, or not with sense" in said and b"Traceback" not in said
    down = auditor.run("audit", "show", *store)
    assert down.code == 5
    postgres.start()
    found = auditor.done("audit", "run", *store, "--json").json
    assert found["statement"] == auditor.done("audit", "show", "--json").json["statement"]


@pytest.mark.parametrize("password", ["not the one that it is", None], ids=["wrong", "none"])
def test_a_password_that_is_not_right_is_a_sentence(
    auditor: Cli, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    if password:
        monkeypatch.setenv("PGPASSWORD", password)

    result = auditor.run("audit", "run", "--store", postgres.loopback)

    assert result.code == 3
    assert "set PGPASSWORD, or write it to ~/.pgpass" in result.stderr
    assert password is None or password not in result.stderr


def test_the_right_password_is_used_and_never_written(
    auditor: Cli, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    schema = postgres.fresh().partition("&")[2]
    url = f"{postgres.loopback}?{schema}"

    told = [
        auditor.run("audit", "run", "--store", url, "--to", "out"),
        auditor.run("audit", "export", "sql", "dump.sql", "--store", url),
        auditor.run("audit", "run", "--store", url.replace("auditor@", f"auditor:{PASSWORD}@")),
        auditor.run("audit", "run", "--store", url.replace(str(postgres.port), "1")),
    ]

    assert [one.code for one in told] == [0, 0, 3, 5]
    said = "".join(one.stdout + one.stderr for one in told)
    written = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert PASSWORD not in said and PASSWORD.encode() not in written


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ("&options=-csearch_path%3Dnowhere", 5, "there is no such schema"),
        ("&nonsense=1", 3, "the address of the index is not postgresql://USER@HOST"),
    ],
    ids=["schema", "option"],
)
def test_an_address_that_leads_nowhere_is_a_sentence(
    auditor: Cli, postgres: Postgres, options: str, code: int, sentence: str
) -> None:
    result = auditor.run("audit", "run", "--store", postgres.url + options)

    assert result.code == code
    assert sentence in result.stderr
