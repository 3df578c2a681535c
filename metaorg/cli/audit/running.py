"""`metaorg audit run`: the audit itself."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.audit.app import (
    At,
    RunFlags,
    app,
    audited_files,
    endpoints,
    opened,
    written,
)
from metaorg.cli.audit.words import summary
from metaorg.cli.command import command
from metaorg.cli.output import emit, progress, say
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput

if TYPE_CHECKING:
    from metaorg.audit import Options, Report
    from metaorg.audit.index import Index
    from metaorg.audit.source import Rebuilt

CREDENTIAL = "credential.json"
LICENCE = "CC0-1.0"


@command(app, RunFlags)
def run(
    session: Session,
    at: At = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Read all storage again, also what was as expected before and that no event "
            "concerned since.",
        ),
    ] = False,
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help="Prove the storage that decides outcomes against the block's state root "
            "(eth_getProof).",
        ),
    ] = False,
    headers: Annotated[
        bool,
        typer.Option(
            "--headers/--no-headers",
            help="Read the header of every block, which shows whether a node dropped a log; "
            "without, only of blocks with events.",
        ),
    ] = True,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write the report there: report.html, report.md, report.json."
        ),
    ] = None,
    sign: Annotated[
        bool,
        typer.Option(
            "--sign",
            help="With --to: sign it as a W3C Verifiable Credential with --account, in "
            "credential.json.",
        ),
    ] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish", help="With --to: publish the folder on the commons, as --account."
        ),
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A checkout of metaorg: compile its contracts and compare (with --solc).",
        ),
    ] = None,
    solc: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The compiler for --source.")
    ] = None,
) -> None:
    """Audit everything: read, replay, reconcile, report.

    Interrupted, the same command goes on; run again, it reads only what is new. Nothing that a node
    or a store says is believed: logs are proved complete by headers, blooms and receipts, documents
    by their CIDs, and what the contracts answer is compared with what the events lead to.

    Exit code 0 when everything was established, 6 when something differs or is unknown.

    JSON: the report, whose schema is docs/schemas/audit-report.json.
    """
    from metaorg.audit import Options
    from metaorg.audit.collecting.settling import Depth

    if (sign or publish) and to is None:
        raise InvalidInput("--sign and --publish need --to FOLDER, where the report is written")
    if (source is None) != (solc is None):
        raise InvalidInput("--source and --solc go together")
    options = Options(
        at=at,
        full=full,
        prove=prove,
        depth=Depth(all_headers=headers),
        rebuilt=_rebuilt(source, solc) if source and solc else None,
    )
    with opened(session) as index:
        report = audited(session, index, options)
    if to is not None:
        _deliver(session, report, to, sign=sign, publish=publish)
    if not publish:
        emit(report, session.as_json, lambda: summary(report))
    require_established(report)


def audited(session: Session, index: "Index", options: "Options") -> "Report":
    """Run an audit, showing how far it is."""
    from metaorg.audit import Audit

    with progress("auditing", 1) as advance:
        shown = [0]

        def told(what: str, done: int, total: int) -> None:
            advance(0, f"{what} {done:,} of {total:,}" if total else what)
            shown[0] = done

        audit = Audit(endpoints(session), session.address, index, session.store, told)
        return audit.run(options)


def require_established(report: "Report") -> None:
    """Nothing, for a report without findings.

    Raises:
        CheckFailed: it has some.
    """
    if not report.ok:
        count = len(report.findings)
        raise CheckFailed(
            f"{count} finding{'s' if count > 1 else ''}: `metaorg audit explain ID` explains one"
        )


def _rebuilt(source: Path, solc: Path) -> "Rebuilt":
    from metaorg.audit.source import rebuild

    with progress("compiling the contracts"):
        return rebuild(source, solc)


def _deliver(
    session: Session, report: "Report", folder: Path, *, sign: bool, publish: bool
) -> None:
    """Write the report, sign it, and publish the folder."""
    files = audited_files(report)
    if sign:
        from metaorg.audit.credential import issue

        credential = issue(report, session.own, int(time.time()))
        files[CREDENTIAL] = json.dumps(credential, indent=2, ensure_ascii=False).encode()
    written(folder, files)
    say(f"Written to {folder}: {', '.join(files)}.")
    if publish:
        from metaorg.cli.commons.publishing import publish as publish_folder

        stated = report.statement
        publish_folder(
            session, folder, licence=LICENCE, title=f"Audit as of block {stated.block.number}"
        )
