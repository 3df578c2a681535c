"""What an auditor has read of one meta-organization, kept so that only the new is read again."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

from metaorg.audit.events import Header, Row
from metaorg.audit.findings import Finding
from metaorg.audit.index import queries
from metaorg.audit.index.batch import (
    INTEGER_LIMIT,
    Batch,
    Window,
    check,
    damages,
    named,
    refused,
    sound,
    stored,
)
from metaorg.audit.index.digest import digest_of
from metaorg.audit.index.schema import FORMAT, PLACE_BITS, TABLES, VIEW
from metaorg.errors import InvalidInput, StoreUnreachable
from metaorg.types import ZERO_DIGEST, Address

PAGE = 512
"""Rows or headers in one list: so few stay in a processor's cache while they are looked at, which
makes reading twice as fast as lists of 4,096, also by way of a socket."""
CHECKPOINTS = 3
"""How many are kept, so that one is left after a reorganization."""
VALUE_LIMIT = 512 << 20
"""Bytes of a remembered value, a state or a report; databases stop at 1 GB."""

_KINDS = [int, int, str, int, int, bytes, int]
"""Of what is kept of a window."""
_row = partial(tuple.__new__, Row)
_header = partial(tuple.__new__, Header)


class Index(ABC):
    """Logs with their blocks, and what was concluded from them; one chain and front door each.

    Opened at first use, made when nothing is there, and used by one process at a time, whose
    threads may share it. Every method is one transaction, which a kill at any moment leaves done or
    not done. Everything in it can be read from the chain again: a damaged one is deleted.

    Args:
        name: how messages call it, without a password.
        clock: gives the Unix time at which reports are kept.

    Raises (every method):
        StoreUnreachable: it is locked, damaged, full, another program's, or does not answer.
        Misconfigured: the database refuses the user or the password.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.time) -> None:
        self.name, self._clock = name, clock
        self._lock = threading.RLock()
        self._ready = False

    # What is being audited.

    def claim(self, chain_id: int, address: Address) -> None:
        """Make it the index of one front door, at first use.

        Raises:
            InvalidInput: it is another one's.
        """
        with self._transaction():
            held = self.subject()
            if held is None:
                self._ask(queries.CLAIM, chain_id, address)
            elif held != (chain_id, address):
                raise InvalidInput(
                    f"{self.name} holds what was read of {held[1]} on chain {held[0]}, not of "
                    f"{address} on chain {chain_id}; name another index"
                )

    def subject(self) -> tuple[int, Address] | None:
        """Chain id and front door; None before the first claim."""
        ((chain_id, address),) = self._read(queries.SUBJECT)
        return None if chain_id is None else (chain_id, address)

    # What was read.

    def write(self, batch: Batch) -> None:
        """Keep a window that follows the last one, or that replaces windows.

        A window is replaced as a whole: `window.first` is the first block of a kept one, or follows
        the last. Checkpoints of replaced blocks go, too; reports stay.

        Raises:
            InvalidInput: it does not follow, or the batch contradicts itself.
        """
        check(batch)
        window, headers, rows, replaces = batch
        with self._transaction():
            if replaces:
                self._drop(window.first)
            before = self._link(window.first)
            for part in stored(batch):
                self._append(part)
            self._many(queries.KEEP_BLOCK, [(*header, window.first) for header in headers])
            self._ask(queries.NAME_ENDPOINT, window.endpoint, window.endpoint)
            self._keep(window, digest_of(rows, before))

    def clear(self) -> None:
        """Forget all that was read and remembered, but for reports and whose index it is."""
        with self._transaction():
            self._drop(0)
            for query in queries.CLEARS:
                self._ask(query)

    def head(self) -> Header | None:
        """The last block up to which everything was read."""
        return self._one_header(queries.HEAD)

    def header(self, number: int) -> Header | None:
        """A block that has rows or ends a window; None for others."""
        return self._one_header(queries.HEADER, number)

    def headers(self) -> Iterator[list[Header]]:
        """All kept headers in order, in lists."""
        last = -1
        while page := [*map(_header, self._read(queries.HEADERS, last, PAGE))]:
            if not all(map(sound, page)):
                raise self._damaged(f"a header after block {last} is malformed")
            yield page
            last = page[-1].number

    def rows(
        self, after: tuple[int, int] | None = None, until: int | None = None
    ) -> Iterator[list[tuple[Row, int]]]:
        """Rows in order with the times of their blocks, in lists.

        Args:
            after: block and place of a row; those behind it come.
            until: the last block; None for all.
        """
        last = -1 if after is None else _at(*after)
        end = INTEGER_LIMIT - 1 if until is None else _at(until + 1, 0) - 1
        while page := [*map(_row, self._read(queries.ROWS, last, end, PAGE))]:
            yield self._timed(page)
            last = _at(page[-1].block, page[-1].place)

    def windows(self) -> list[Window]:
        """What was read, in order and without a gap."""
        found = [*map(Window._make, self._read(queries.WINDOWS))]
        if any([*map(type, window)] != _KINDS for window in found):
            raise self._damaged("a window is malformed")
        return [window._replace(final=bool(window.final)) for window in found]

    def log_digest(self, until: int | None = None) -> bytes:
        """`digest_of` all rows, or those up to a block, at once where a window ends there."""
        found = self._read(queries.LINK, INTEGER_LIMIT - 1 if until is None else until)
        last, link = found[0] if found else (-1, ZERO_DIGEST)
        if until is None or last == until:
            return self._octets(link)
        rest = self.rows(after=(last + 1, -1), until=until)
        return digest_of((row for row, _ in chain.from_iterable(rest)), self._octets(link))

    # What was concluded.

    def remember(self, key: str, value: bytes) -> None:
        """Keep a value under a name."""
        if not named(key) or len(value) > VALUE_LIMIT:
            raise InvalidInput(f"this is no name and value that an index keeps: {key!r:.80}")
        with self._transaction():
            self._ask(queries.REMEMBER, key, value)

    def recall(self, key: str) -> bytes | None:
        """The value under a name; None for none."""
        return self._one_value(queries.RECALL, key)

    def note(self, finding: Finding) -> None:
        """Keep a finding of the reading, once."""
        text = json.dumps(finding.model_dump(mode="json"))
        with self._transaction():
            self._ask(queries.NOTE, finding.id, text)

    def notes(self) -> tuple[Finding, ...]:
        """The findings of the reading, in the order in which they were kept."""
        try:
            found = self._read(queries.NOTES)
            return tuple(Finding.model_validate(json.loads(text)) for (text,) in found)
        except (RecursionError, ValueError):
            raise self._damaged("a finding is malformed") from None

    def keep_checkpoint(self, block: Header, version: str, state: bytes) -> None:
        """Keep the state after a block of the index, and drop the fourth newest and older ones.

        Args:
            version: of the software that made it; what others made goes.
        """
        if not named(version) or len(state) > VALUE_LIMIT:
            raise InvalidInput("a checkpoint has a version and at most 512 MiB")
        with self._transaction():
            self._ask(queries.DROP_CHECKPOINT, block.number, version)
            self._ask(queries.KEEP_CHECKPOINT, version, block.number, block.hash, state)
            self._ask(queries.DROP_OLD_CHECKPOINTS, CHECKPOINTS)

    def checkpoint(self, version: str) -> tuple[Header, bytes] | None:
        """The newest state whose block is in the index."""
        for number, own, parent, when, state in self._read(queries.CHECKPOINT, version):
            return self._sound(Header(number, own, parent, when)), self._octets(state)
        return None

    def keep_report(self, block: Header, report: bytes) -> None:
        """Keep the report on a block, in place of an earlier one on the same number."""
        if not sound(block) or len(report) > VALUE_LIMIT:
            raise InvalidInput("a report has a block and at most 512 MiB")
        with self._transaction():
            self._ask(queries.DROP_REPORT, block.number)
            self._ask(queries.KEEP_REPORT, *block, int(self._clock()), report)

    def reports(self) -> list[tuple[Header, int]]:
        """The blocks on which reports are kept, in order, and when each was."""
        found = self._read(queries.REPORTS)
        return [(self._sound(Header(*block)), kept_at) for *block, kept_at in found]

    def report(self, number: int | None = None) -> bytes | None:
        """The report on a block; by default the one on the last block of all."""
        if number is None:
            return self._one_value(queries.LAST_REPORT)
        return self._one_value(queries.REPORT, number)

    # Opening and closing.

    def close(self) -> None:
        """Let others use it; the next use opens it again."""
        with self._lock, self._translated():
            self._ready = False
            self._disconnect()

    def __enter__(self) -> Self:
        with self._session():
            return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What a database provides.

    @abstractmethod
    def _connect(self) -> None:
        """Open it, for this process alone."""

    def _settle(self) -> None:  # noqa: B027 - not every database needs it
        """Do what may change a database, once it is known to be ours."""

    @abstractmethod
    def _disconnect(self) -> None: ...

    @abstractmethod
    def _tables(self) -> set[str]:
        """The names of the tables that are there, anybody's."""

    @abstractmethod
    def _create(self, statement: str) -> None:
        """Run a statement of schema.py in this database's words."""

    @abstractmethod
    def _ask(self, query: str, *values: object) -> list[Any]:
        """Run a query of queries.py and give its rows."""

    @abstractmethod
    def _many(self, query: str, values: Iterable[tuple[object, ...]]) -> None:
        """Run a query without an answer for each of `values`."""

    @abstractmethod
    def _append(self, values: Iterable[tuple[object, ...]]) -> None:
        """Write rows of the table `log` as fast as it can."""

    @abstractmethod
    def _atomic(self) -> AbstractContextManager[object]:
        """All of what happens inside, or nothing of it."""

    @abstractmethod
    def _translated(self) -> AbstractContextManager[object]:
        """Turns the database's errors into ours."""

    # What is shared by the above.

    @contextmanager
    def _session(self) -> Iterator[None]:
        with self._lock, self._translated():
            if not self._ready:
                self._open()
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._session(), self._atomic():
            yield

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._session():
            return self._ask(query, *values)

    def _open(self) -> None:
        self._connect()
        try:
            self._prepare(self._tables())
            self._ready = True
        finally:
            if not self._ready:
                self._disconnect()

    def _prepare(self, tables: set[str]) -> None:
        if tables and not tables >= TABLES.keys():
            raise StoreUnreachable(
                f"{self.name}: it holds the tables of another program; name another index"
            )
        self._settle()
        if not tables:
            with self._atomic():
                for statement in (*TABLES.values(), VIEW):
                    self._create(statement)
                self._ask(queries.MAKE, FORMAT)
        found = self._ask(queries.FORMAT)
        if found != [(FORMAT,)]:
            raise StoreUnreachable(
                f"{self.name} was made by another version of metaorg; name another index, into "
                "which everything is read again"
            )

    def _drop(self, first: int) -> None:
        for start, end in self._ask(queries.STRADDLING, first, first):
            raise InvalidInput(
                f"blocks {start} to {end} were read at once and are replaced only together, not "
                f"from {first} on"
            )
        self._ask(queries.DROP_LOGS, _at(first, 0))
        for query in queries.DROPS:
            self._ask(query, first)

    def _keep(self, window: Window, link: bytes) -> None:
        first, last, endpoint, read_at, count, digest, final = window
        if digest not in (ZERO_DIGEST, link):
            raise refused(window, "the logs up to its end have another digest")
        self._ask(queries.KEEP_WINDOW, first, last, read_at, count, int(final), link, endpoint)

    def _link(self, first: int) -> bytes:
        """The log digest up to the block before `first`, which must have been read, or nothing."""
        for last, link in self._ask(queries.LINK, INTEGER_LIMIT - 1):
            if last + 1 != first:
                raise InvalidInput(
                    f"{self.name}: block {last} is the last that was read, so that the next window "
                    f"begins with {last + 1}, not with {first}"
                )
            return self._octets(link)
        return ZERO_DIGEST

    def _timed(self, page: list[Row]) -> list[tuple[Row, int]]:
        for damage in damages([*zip(*page, strict=True)]):
            raise self._damaged(f"{damage}, near block {page[0].block}")
        times = dict(self._read(queries.TIMES, page[0].block, page[-1].block))
        try:
            found = [*map(times.__getitem__, map(itemgetter(0), page))]
        except KeyError as error:
            raise self._damaged(f"the header of block {error} is missing") from None
        return [*zip(page, found, strict=True)]

    def _one_header(self, query: str, *values: object) -> Header | None:
        for found in self._read(query, *values):
            return self._sound(Header(*found))
        return None

    def _one_value(self, query: str, *values: object) -> bytes | None:
        for (value,) in self._read(query, *values):
            return self._octets(value)
        return None

    def _octets(self, value: object) -> bytes:
        """SQLite keeps any kind of value in any column."""
        if type(value) is not bytes:
            raise self._damaged("it has something else where bytes must be")
        return value

    def _sound(self, header: Header) -> Header:
        if not sound(header):
            raise self._damaged(f"the header of block {header.number} is malformed")
        return header

    def _damaged(self, problem: str) -> StoreUnreachable:
        return StoreUnreachable(f"{self.name} is damaged ({problem}); delete it and read again")


def _at(block: int, place: int) -> int:
    return (block << PLACE_BITS) + place
