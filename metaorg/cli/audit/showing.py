"""`metaorg audit show | explain | diff | powers`: what audits found."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.cli.audit.app import AuditFlags, KeptAt, app, endpoints, kept_report, moment_at, opened
from metaorg.cli.audit.running import audited, require_established
from metaorg.cli.audit.words import summary
from metaorg.cli.command import command
from metaorg.cli.output import emit, facts, table, write
from metaorg.cli.session import Session
from metaorg.errors import InvalidInput
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.audit import Report
    from metaorg.audit.difference import Difference
    from metaorg.audit.explain import Explanation
    from metaorg.audit.index import Index
    from metaorg.audit.statement import Statement

_POWERS = ("contract", "function", "who", "when", "rule", "stop")


@command(app, AuditFlags)
def show(
    session: Session,
    at: KeptAt = None,
    form: Annotated[
        Literal["text", "markdown", "html"],
        typer.Option("--form", help="A summary, or the whole report as Markdown or as a page."),
    ] = "text",
) -> None:
    """Show the report that was kept last, or the one on a block. No node is asked.

    Exit code 6 when it has findings.

    JSON: the report, whose schema is docs/schemas/audit-report.json.
    """
    with opened(session) as index:
        report = _kept(index, at)
    if form == "text" or session.as_json:
        emit(report, session.as_json, lambda: summary(report))
    else:
        from metaorg.audit.reports import markdown, page

        write((page if form == "html" else markdown)(report))
    require_established(report)


@command(app, AuditFlags)
def explain(
    session: Session,
    finding: Annotated[
        str,
        typer.Argument(
            metavar="FINDING", help="The beginning of its id, its code, or '#2' for the second."
        ),
    ],
    at: KeptAt = None,
) -> None:
    """Explain a finding: what was expected, what was seen, and how to see it with other tools.

    JSON: {"id": "1f2e3d4c", "finding": {"kind": "difference", "code": "seats.standing", "subject":
    "...", "expected": "...", "seen": "...", "looks": [...]}, "rule": "...", "do": "...",
    "commands": ["cast call ..."]}.
    """
    from metaorg.audit import explain as explaining

    with opened(session) as index:
        report = _kept(index, at)
    found = explaining.explain(explaining.chosen(report.findings, finding), report.statement)
    emit(found, session.as_json, lambda: _explained(found))


@command(app, AuditFlags)
def diff(
    session: Session,
    one: Annotated[
        Any, typer.Argument(parser=moment_at, metavar="A", help="A block's number or a date.")
    ],
    other: Annotated[
        Any, typer.Argument(parser=moment_at, metavar="B", help="Another one, or `latest`.")
    ],
) -> None:
    """Show what became different between two dates.

    Where no report on one of them is kept, it is audited first, which needs a node that still has
    the state of then.

    JSON: {"chain_id": 1, "address": "0x...", "name": "...", "earlier": {"number": 100, ...},
    "later": {...}, "turns": [{"topic": "seats", "key": "4", "subject": "...", "turn": "came",
    "fields": [{"name": "status", "before": "...", "after": "..."}]}], "unknown": []}.
    """
    from metaorg.audit.difference import difference

    with opened(session, new=True) as index:
        found = difference(_statement(session, index, one), _statement(session, index, other))

    emit(found, session.as_json, lambda: _different(found))


@command(app, AuditFlags)
def powers(session: Session, at: KeptAt = None) -> None:
    """Show who may call what, when it takes effect and who can stop it, as the last audit read it.

    JSON: {"powers": [{"contract": "membership", "function": "...", "who": "...", "when": "...",
    "rule": "...", "stop": "..."}], "roles": [{"contract": "timelock", "role": "proposer",
    "account": "0x...", "holder": "assembly"}], "pending": [{"contract": "timelock", "id": "0x...",
    "ready_at": 1700000000, "calls": ["..."], "proposal": "123"}], "unknown": []}.
    """
    with opened(session) as index:
        stated = _kept(index, at).statement
    fields = ("powers", "roles", "pending")
    shown = {
        **{name: getattr(stated, name) for name in fields},
        "unknown": [name for name in stated.unknown if name in fields],
    }
    emit(shown, session.as_json, lambda: _powers(stated))


def _different(found: "Difference") -> str:
    """What turned, under the name of what it belongs to."""
    times = [f"block {one.number}, {moment(one.time)}" for one in (found.earlier, found.later)]
    lines, topic = [f"{found.name}, from {times[0]} to {times[1]}:"], ""
    for turn, words in zip(found.turns, found.words(), strict=True):
        if turn.topic != topic:
            topic = turn.topic
            lines += ["", topic.replace("_", " ")]
        lines.append(f"  {words}")
    if not found.turns:
        lines.append("Nothing is different.")
    return "\n".join([*lines, *(f"Unknown in one of both: {name}" for name in found.unknown)])


def _powers(stated: "Statement") -> str:
    who = [
        (p.contract, p.function, p.who, p.when or None, p.rule or None, p.stop or None)
        for p in stated.powers
    ]
    held = [(r.contract, r.role, r.holder or "a stranger", r.account) for r in stated.roles]
    waiting = [
        (p.contract, moment(p.ready_at), "; ".join(p.calls), p.proposal) for p in stated.pending
    ]
    tables: dict[str, tuple[str, Sequence[str], Sequence[Sequence[object]]]] = {
        "roles": ("Roles", ("contract", "role", "holder", "account"), held),
        "pending": ("Pending operations", ("contract", "ready", "calls", "proposal"), waiting),
        "powers": ("Who may call what", _POWERS, who),
    }
    return "\n\n".join(
        _listed(title, columns, rows, unknown=name in stated.unknown)
        for name, (title, columns, rows) in tables.items()
    )


def _listed(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, unknown: bool
) -> str:
    """A table under its title; *none* and *unknown* never look alike."""
    if unknown:
        return f"{title}: unknown"
    return f"{title}:\n{table(columns, rows)}" if rows else f"{title}: none"


def _explained(found: "Explanation") -> str:
    finding = found.finding
    told = {
        "finding": f"{found.id}, {finding.code}",
        finding.kind: finding.subject,
        "rule": found.rule,
        "expected": finding.expected,
        "seen": finding.seen,
        "to do": found.do,
    }
    lines = [facts(told)]
    if found.commands:
        lines += ["", "To see it yourself (RPC is the address of a node that you trust):"]
    return "\n".join([*lines, *(f"  {command}" for command in found.commands)])


def _kept(index: "Index", at: Any) -> "Report":
    """The report on a block or time, or the last one."""
    if at in (None, "latest"):
        return kept_report(index)
    if isinstance(at, datetime):
        past = [header for header, _ in index.reports() if header.time <= at.timestamp()]
        if not past:
            raise InvalidInput(
                f"no report from {moment(int(at.timestamp()))} or before is kept in {index.name}: "
                "make one with `metaorg audit run --at`"
            )
        at = past[-1].number
    return kept_report(index, at)


def _statement(session: Session, index: "Index", at: Any) -> "Statement":
    """The statement at a block or time, audited where it is not kept."""
    from metaorg.audit import Options, answering
    from metaorg.audit.finality import pin

    number = at if isinstance(at, int) else pin(answering(endpoints(session)), at).number
    if index.report(number) is not None:
        return kept_report(index, number).statement
    return audited(session, index, Options(at=number)).statement
