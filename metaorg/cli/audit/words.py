"""What an audit found, as a terminal shows it."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metaorg.cli.output import table
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.audit import Finding, Report


SHOWN = 20
"""Findings of one code that are shown."""


def summary(report: "Report") -> str:
    """The verdict, what was audited, and the findings."""
    from metaorg.audit.reports.figures import counted, imported, proved, verdict

    stated, read = report.statement, report.provenance
    counts = ", ".join(counted(number, things) for things, number in stated.counted)
    nodes = ", ".join(one.where for one in read.endpoints)
    lines = [
        verdict(report),
        f"{stated.name}, {stated.modules.meta_organization} on chain {stated.chain_id}",
        f"block {stated.block.number}, {moment(stated.block.time)}, 0x{stated.block.hash.hex()}",
        counts,
        f"read from {nodes}: blocks {read.first_block} to {read.last_block}, "
        f"{counted(read.headers, 'headers')} hashed, logs of {counted(read.proved, 'blocks')} "
        f"proved complete; {read.finality}",
        f"{proved(read)}{imported(read)}",
    ]
    if stated.published:
        lines.append(f"public documents {stated.published.words}")
    lines.append(f"statement 0x{stated.digest.hex()}")
    if report.findings:
        lines += ["", findings(report.findings)]
    lines += [f"Not looked at: {one}" for one in stated.limits]
    return "\n".join(lines)


def findings(found: "Sequence[Finding]") -> str:
    """A table of findings; of a code that has very many, of the first ones."""
    rows, seen = [], Counter[str]()
    for number, one in enumerate(found, 1):
        seen[one.code] += 1
        if seen[one.code] <= SHOWN:
            parts = one.id, one.kind, one.code, one.subject, one.expected, one.seen
            rows.append((f"#{number}", *parts))
    shown = table(("#", "id", "finding", "code", "subject", "expected", "seen"), rows)
    more = [f"and {n - SHOWN} more {code}" for code, n in seen.items() if n > SHOWN]
    return "\n".join([shown, *more, *(["--json shows all"] if more else [])])
