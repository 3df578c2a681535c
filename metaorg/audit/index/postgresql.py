"""An index in a PostgreSQL database, for auditors who share one or query it with SQL."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from metaorg.audit.index.index import Index
from metaorg.audit.index.queries import LOG_COLUMNS
from metaorg.errors import Misconfigured, StoreUnreachable

if TYPE_CHECKING:
    import psycopg

_SETTINGS = {"connect_timeout": "10", "application_name": "metaorg", "client_encoding": "UTF8"}
"""Of a connection, where its address does not say otherwise."""
_SHOWN = ("user", "host", "hostaddr", "port", "dbname")
"""What messages repeat of an address."""
_SECRET = ("password", "sslpassword")
# By schema, so that one database holds an index in each; released when the connection ends.
_LOCK = "SELECT pg_try_advisory_lock(1836020327, hashtext(coalesce(current_schema(), '')))"
_OWN_TABLES = """
SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()
    AND (table_type = 'BASE TABLE' OR table_name = 'log_provenance')
"""
_APPEND = f"COPY log ({LOG_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_TYPES = ("int8", "bytea", "int8", "bytea", "bytea", "bytea")
_ADVICE = {
    "23505": "it holds two of what there can be only one of; delete it and read again",
    "3F000": "there is no such schema; make it with CREATE SCHEMA",
    "42501": "the user may not make or change tables there; grant that, or name another schema",
    "53100": "the server's disk is full; free some space and run it again",
    "XX001": "the database is damaged; delete it and read again",
    "XX002": "the database is damaged; delete it and read again",
}
"""By the states of SQL's errors."""


class PostgresqlIndex(Index):
    """An index in the first schema of the connection's search path; its tables are made there.

    The password comes from PGPASSWORD, PGPASSFILE or ~/.pgpass, never from the address.

    Args:
        url: as libpq takes it, `postgresql://USER@HOST:PORT/DATABASE?options`.
        patience: seconds to wait for another process.

    Raises:
        Misconfigured: it is none, or has a password; psycopg is not installed.
    """

    def __init__(self, url: str, patience: float = 5) -> None:
        self._patience = patience
        given = _parsed(url)
        self._parameters = _SETTINGS | given
        shown = " ".join(f"{key}={given[key]}" for key in _SHOWN if key in given)
        self._connection: psycopg.Connection[Any] | None = None
        super().__init__(f"index in PostgreSQL ({shown or 'the default database'})")

    def _connect(self) -> None:
        import psycopg

        self._connection = psycopg.connect(**self._parameters, autocommit=True)  # type: ignore[arg-type]
        self._lock_out()

    def _lock_out(self) -> None:
        """Keep others out; the server takes a moment to see that a killed process is gone."""
        deadline = time.monotonic() + self._patience
        while self._ask(_LOCK) != [(True,)]:
            if time.monotonic() > deadline:
                self._disconnect()
                raise StoreUnreachable(
                    f"{self.name}: another process uses it; wait until that has ended"
                )
            time.sleep(0.1)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open_connection(self) -> "psycopg.Connection[Any]":
        assert self._connection is not None
        return self._connection

    def _tables(self) -> set[str]:
        return {name for (name,) in self._ask(_OWN_TABLES)}

    def _create(self, statement: str) -> None:
        words = statement.replace("INTEGER_KEY", "BIGINT NOT NULL PRIMARY KEY")
        self._ask(words.replace("BLOB", "BYTEA"))

    def _ask(self, query: str, *values: object) -> list[Any]:
        with self._open_connection.cursor(binary=True) as cursor:
            cursor.execute(_placed(query), values)
            return cursor.fetchall() if cursor.description else []

    def _many(self, query: str, values: Iterable[tuple[object, ...]]) -> None:
        with self._open_connection.cursor() as cursor:
            cursor.executemany(_placed(query), values)

    def _append(self, values: Iterable[tuple[object, ...]]) -> None:
        with self._open_connection.cursor() as cursor, cursor.copy(_APPEND) as copy:
            copy.set_types(_TYPES)
            for value in values:
                copy.write_row(value)

    def _atomic(self) -> AbstractContextManager[object]:
        return self._open_connection.transaction()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            broken = self._connection is not None and self._connection.broken
            if broken:
                self.close()
            raise self._told(error) from None

    def _told(self, error: "psycopg.Error") -> StoreUnreachable | Misconfigured:
        connection = error.pgconn
        refused = connection and (connection.needs_password or connection.used_password)
        if refused and self._connection is None:
            return Misconfigured(
                f"{self.name}: the server asks for a password and got none, or a wrong one; "
                "set PGPASSWORD, or write it to ~/.pgpass"
            )
        advice = _ADVICE.get(error.sqlstate or "", "it does not answer, or not with sense")
        first = str(error).partition("\n")[0]
        return StoreUnreachable(f"{self.name}: {advice} ({first})")


@cache
def _placed(query: str) -> str:
    return query.replace("?", "%s")


def _parsed(url: str) -> dict[str, str]:
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise Misconfigured(
            'an index in PostgreSQL needs psycopg: pip install "metaorg[postgresql]"'
        ) from None
    try:
        found = conninfo_to_dict(url)
    except ProgrammingError:  # its message repeats the address, and perhaps a password
        raise Misconfigured(
            "the address of the index is not postgresql://USER@HOST:PORT/DATABASE"
        ) from None
    if any(found.get(key) for key in _SECRET):
        raise Misconfigured(
            "the address of the index has a password, which others can see on a command line; "
            "leave it out and set PGPASSWORD, or write it to ~/.pgpass"
        )
    return {key: str(value) for key, value in found.items()}
