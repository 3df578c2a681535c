"""`metaorg check`: an independent check of everything."""

import typer

from metaorg.cli.command import command
from metaorg.cli.options import ReadFlags
from metaorg.cli.output import emit, stages, table
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed
from metaorg.times import moment


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, ReadFlags)(check)


def check(session: Session) -> None:
    """Check everything independently.

    Reads chain and commons, recomputes by the rules and compares; trusts nobody, holds no key. Exit
    code 6 when something differs or could not be established.

    JSON: {"chain_id": 1, "block": {"number": 120, "hash": "0x...", "time": 1700000000}, "modules":
    {...}, "checked": {"seats": 4, ...}, "published": {"uri": "ipfs://bafk...", "block": 100,
    "time": 1690000000, "decisions_since": 2}, "findings": [{"kind": "difference", "code":
    "seats.standing", "subject": "...", "expected": "...", "seen": "...", "looks": [{"what": "call",
    "address": "0x...", "function": "standingOf(address)", "arguments": ["0x..."], "block": 0,
    "transaction": "0x", "index": 0, "cid": "", "endpoint": ""}]}]}; "published" is null without
    public documents; "kind" is "difference" or "unknown"; "looks" says where to see it oneself.
    """
    from metaorg.audit import check as audit

    with stages("asking the node") as told:
        report = audit(session.chain, session.address, session.store, told)
    stated = report.statement

    def human() -> str:
        counts = ", ".join(f"{count} {what}" for what, count in stated.counts.items())
        head = f"block {stated.block.number}, {moment(stated.block.time)}: {counts}"
        if stated.published:
            head += f"\npublic documents {stated.published.words}"
        columns = ("finding", "code", "subject", "expected", "seen")
        rows = [
            [getattr(one, "kind" if name == "finding" else name) for name in columns]
            for one in report.findings
        ]
        return f"{head}\n{table(columns, rows)}" if rows else f"{head}\nEverything agrees."

    shown = {
        "chain_id": stated.chain_id,
        "block": stated.block,
        "modules": stated.modules,
        "checked": stated.counts,
        "published": stated.published,
        "findings": report.findings,
    }
    emit(shown, session.as_json, human)
    if not report.ok:
        raise CheckFailed(f"{len(report.findings)} findings")
