"""How a reading went: what a report says of where its logs come from, and how far to trust them."""

import json
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from metaorg.audit.events import Header
from metaorg.audit.findings import Finding, unknown
from metaorg.audit.index import Index, Window
from metaorg.audit.statement import Provenance, Source

MOST_FINDINGS = 200
"""Findings of one code that are told one by one."""


@dataclass(slots=True)
class Counts:
    """Of the blocks of one window, kept with it.

    Args:
        headers: were hashed and linked. proved: have logs that were proved complete. open: may
            have logs that were not told, as far as could be seen. with_logs: have logs.
            by_receipts: have logs of which receipts proved every byte. imported: came from an
            export, whose word all of this is. asked: how far they were to be proved (`Depth.bits`).
    """

    headers: int = 0
    proved: int = 0
    open: int = 0
    with_logs: int = 0
    by_receipts: int = 0
    imported: int = 0
    asked: int = 0

    def keep(self, index: Index, window: Window) -> None:
        value = [window.last, *astuple(self)]
        index.remember(f"window {window.first}", json.dumps(value).encode())

    @classmethod
    def of(cls, index: Index, window: Window) -> "Counts":
        """Of a window; zeros where they are lost or of one that was replaced."""
        try:
            last, *counts = json.loads(index.recall(f"window {window.first}") or b"")
            return cls(*map(int, counts)) if last == window.last else cls()
        except (RecursionError, TypeError, ValueError):
            return cls()


class Record:
    """What one run of `collect` did, filled while it runs; findings are there also when it fails.

    Attributes:
        kept: the last block whose rows were in the index before and stay; None for none. Known when
            the first part comes, and always after the last.
        sources: the endpoints. findings: of this run. finality: the rule, in words.
        accounts, slots: how many were proved against the state root.
    """

    def __init__(self) -> None:
        self.kept: Header | None = None
        self.sources: tuple[Source, ...] = ()
        self.findings: list[Finding] = []
        self.finality = ""
        self.accounts = self.slots = 0
        self._lock = threading.Lock()

    def find(self, finding: Finding) -> None:
        """Keep a finding, once; of one code only so many, and that there are more."""
        with self._lock:
            alike = sum(one.code == finding.code for one in self.findings)
            if alike >= MOST_FINDINGS:
                more = {"subject": "others", "expected": "none", "seen": "more", "looks": ()}
                finding = finding.model_copy(update=more)
            if finding not in self.findings:
                self.findings.append(finding)

    def provenance(self, index: Index, until: int | None = None) -> Provenance:
        """Where everything in the index up to a block comes from, that of earlier runs included."""
        windows = _windows(index, until)
        counts = [Counts.of(index, window) for window in windows]
        times = [window.read_at for window in windows] or [0]
        return Provenance(
            endpoints=self._all_sources(
                [window for window, one in zip(windows, counts, strict=True) if not one.imported]
            ),
            read_at=(min(times), max(times)),
            first_block=windows[0].first if windows else 0,
            last_block=windows[-1].last if windows else 0,
            windows=len(windows),
            headers=sum(one.headers for one in counts),
            proved=sum(one.proved for one in counts),
            with_logs=sum(one.with_logs for one in counts),
            by_receipts=sum(one.by_receipts for one in counts),
            imported=sum(one.imported for one in counts),
            accounts=self.accounts,
            slots=self.slots,
            logs=_count(index, windows, until),
            log_digest=index.log_digest(until),
            finality=self.finality,
            findings=(
                *self._all_findings(index),
                *_imports(windows, counts),
                *_gaps(windows, counts),
            ),
        )

    def limits(self, index: Index, until: int | None = None) -> tuple[str, ...]:
        """What the reading up to a block did not look at, in sentences.

        How many headers were hashed depends on how windows were cut: it is no part of them.
        """
        windows = _windows(index, until)
        blocks = sum(window.last - window.first + 1 for window in windows)
        headers = sum(Counts.of(index, window).headers for window in windows)
        if headers == blocks:
            return ()
        return (
            "Not every block's header was read and hashed, so that in a block where it was not, a "
            "log that no endpoint told would not show.",
        )

    def _all_sources(self, windows: Sequence[Window]) -> tuple[Source, ...]:
        known = {source.where for source in self.sources}
        earlier = dict.fromkeys(window.endpoint for window in windows)
        return self.sources + tuple(
            Source(where=where, client="") for where in earlier if where not in known
        )

    def _all_findings(self, index: Index) -> tuple[Finding, ...]:
        found = {finding.id: finding for finding in (*index.notes(), *self.findings)}
        return tuple(found.values())


def _windows(index: Index, until: int | None) -> list[Window]:
    return [one for one in index.windows() if until is None or one.first <= until]


def _count(index: Index, windows: Sequence[Window], until: int | None) -> int:
    """How many logs there are up to a block, which may be inside the last window."""
    if not windows or until is None or windows[-1].last <= until:
        return sum(window.count for window in windows)
    rest = index.rows(after=(windows[-1].first, -1), until=until)
    return sum(window.count for window in windows[:-1]) + sum(map(len, rest))


def _imports(windows: Sequence[Window], counts: Sequence[Counts]) -> list[Finding]:
    """That no endpoint was asked for what was imported."""
    imported = [w for w, one in zip(windows, counts, strict=True) if one.imported]
    if not imported:
        return []
    subject = f"blocks {imported[0].first} to {imported[-1].last}"
    told = ", ".join(dict.fromkeys(window.endpoint for window in imported))
    seen = (
        f"imported from an export, which says that {told} told them and how far they were proved; "
        "only its manifest was verified"
    )
    return [unknown("reading.imported", subject, "read from an endpoint", seen)]


def _gaps(windows: Sequence[Window], counts: Sequence[Counts]) -> list[Finding]:
    """That receipts, which would show whether a log is missing, could not be had."""
    found = [(w, one.open) for w, one in zip(windows, counts, strict=True) if one.open]
    if not found:
        return []
    blocks = sum(number for _, number in found)
    seen = f"blocks that may have more, from {found[0][0].first} to {found[-1][0].last}: {blocks}"
    expected = "receipts that prove that no log is missing"
    return [unknown("reading.unproved", "completeness of logs", expected, seen)]
