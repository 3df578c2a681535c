"""What an audit found, as a terminal shows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metaorg.cli.output import table
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.audit import Finding, Report


SHOWN = 500
"""Findings that are shown."""


def summary(report: "Report") -> str:
    """The verdict, what was audited, and the findings."""
    from metaorg.audit.reports.figures import counted, proved, verdict

    stated, read = report.statement, report.provenance
    counts = ", ".join(counted(number, things) for things, number in stated.counted)
    nodes = ", ".join(one.where for one in read.endpoints)
    lines = [
        verdict(report),
        f"{stated.name}, {stated.modules.meta_organization} on chain {stated.chain_id}",
        f"block {stated.block.number}, {moment(stated.block.time)}, 0x{stated.block.hash.hex()}",
        counts,
        f"read from {nodes}; {counted(read.headers, 'headers')} hashed, logs of "
        f"{counted(read.proved, 'blocks')} proved complete; {read.finality}",
        proved(read),
    ]
    if stated.published:
        lines.append(f"public documents {stated.published.words}")
    lines.append(f"statement 0x{stated.digest.hex()}")
    if report.findings:
        lines += ["", findings(report.findings)]
    lines += [f"Not looked at: {one}" for one in stated.limits]
    return "\n".join(lines)


def findings(found: "Sequence[Finding]") -> str:
    """A table of findings, or of the first ones where there are very many."""
    rows = [
        (one.id, one.kind, one.code, one.subject, one.expected, one.seen) for one in found[:SHOWN]
    ]
    shown = table(("id", "finding", "code", "subject", "expected", "seen"), rows)
    more = len(found) - len(rows)
    return f"{shown}\nand {more} more, which --json shows" if more else shown
