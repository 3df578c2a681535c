"""`metaorg audit run`: the audit itself."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.audit.app import (
    FILES,
    At,
    RunFlags,
    app,
    audited_files,
    endpoints,
    made,
    opened,
    written,
)
from metaorg.cli.audit.words import summary
from metaorg.cli.command import command
from metaorg.cli.output import emit, progress, say, stages
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput

if TYPE_CHECKING:
    from metaorg.audit import Options, Report
    from metaorg.audit.collecting.settling import Depth
    from metaorg.audit.index import Index
    from metaorg.audit.source import Rebuilt

CREDENTIAL = "credential.json"
LICENCE = "CC0-1.0"
Source = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A checkout of metaorg: compile its contracts and compare (with --solc).",
    ),
]
Solc = Annotated[Path | None, typer.Option(metavar="FILE", help="The compiler for --source.")]


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
            "(eth_getProof), and what logs say by the receipts; logs are read again for it.",
        ),
    ] = False,
    headers: Annotated[
        bool,
        typer.Option(
            "--headers/--no-headers",
            help="Read the header of every block, which shows whether a node dropped a log, and "
            "read again what was read without; without, only of blocks with events.",
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
    source: Source = None,
    solc: Solc = None,
) -> None:
    """Audit everything: read, replay, reconcile, report.

    Interrupted, the same command goes on; run again, it reads only what is new. Nothing that a node
    or a store says is believed: logs are proved complete by headers, blooms and receipts, documents
    by their CIDs, and what the contracts answer is compared with what the events lead to.

    One node alone that lies in the same way everywhere is found with --prove, or by another --rpc:
    a bloom shows topics only, so that what an event says besides, as the reason of a vote, is
    proved by receipts, and an answer of a contract by storage proofs. Whose chain it is no node
    proves: compare the block's hash with one that you trust.

    Exit code 0 when everything was established, 6 when something differs or is unknown.

    JSON: the report, whose schema is docs/schemas/audit-report.json; with --publish, what was sent,
    as `metaorg commons publish` tells it.
    """
    from metaorg.audit import Options

    _require_way(session, to, sign=sign, publish=publish)
    options = Options(
        at=at,
        full=full,
        prove=prove,
        depth=_depth(headers, prove),
        rebuilt=rebuilt(source, solc),
    )
    with opened(session, new=True) as index:
        report = audited(session, index, options)
    if to is not None:
        _deliver(session, report, to, sign=sign)
    if to is not None and publish:
        say(summary(report))
        _publish(session, report, to)
    else:
        emit(report, session.as_json, lambda: summary(report))
    require_established(report)


def audited(session: Session, index: "Index", options: "Options") -> "Report":
    """Run an audit, showing how far it is."""
    from metaorg.audit import Audit

    with stages("asking the node") as told:
        audit = Audit(endpoints(session), session.address, index, session.store, told)
        return audit.run(options)


def rebuilt(source: Path | None, solc: Path | None) -> "Rebuilt | None":
    """What compiling the sources gives; None where they are not named.

    Raises:
        InvalidInput: only one of both is named.
    """
    from metaorg.audit.source import rebuild

    if source is None and solc is None:
        return None
    if source is None or solc is None:
        raise InvalidInput("--source and --solc go together")
    with progress("compiling the contracts"):
        return rebuild(source.expanduser(), solc.expanduser())


def _depth(headers: bool, prove: bool) -> "Depth":
    """How far logs are proved; who asks for proofs gets them for every block with logs."""
    from metaorg.audit.collecting.settling import ALL, USUAL

    return (ALL if prove else USUAL)._replace(all_headers=headers)


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


def _require_way(session: Session, to: Path | None, *, sign: bool, publish: bool) -> None:
    """Refuse what cannot work before anything is read.

    Raises:
        InvalidInput: there is no folder, or one with other files, which would be published, too.
        Misconfigured: nobody was named who signs.
    """
    if to is None:
        if sign or publish:
            raise InvalidInput("--sign and --publish need --to FOLDER, where the report is written")
        return
    if sign or publish:
        _ = session.own
    if (to.expanduser() / CREDENTIAL).exists() and not sign:
        raise InvalidInput(
            f"{to} holds a signed report, which a new one would replace; name another folder, or "
            "sign the new one, too, with --sign"
        )
    names = {one.name for one in made(to).iterdir() if not one.name.startswith(".")}
    others = sorted(names - {*FILES, CREDENTIAL})
    if publish and others:
        raise InvalidInput(
            f"{to} has other files, as {others[0]}, which would be published, too; name another "
            "folder"
        )


def _deliver(session: Session, report: "Report", folder: Path, *, sign: bool) -> None:
    """Write the report into a folder, and sign it; what was signed before goes."""
    files = audited_files(report)
    (folder.expanduser() / CREDENTIAL).unlink(missing_ok=True)
    if sign and session.flags.dry_run:
        say(f"will sign {CREDENTIAL} as {session.own.address}")
    elif sign:
        from metaorg.audit.credential import issue

        credential = issue(report, session.own, int(time.time()))
        files[CREDENTIAL] = json.dumps(credential, indent=2, ensure_ascii=False).encode()
    written(folder, files)
    say(f"Written to {folder}: {', '.join(files)}.")


def _publish(session: Session, report: "Report", folder: Path) -> None:
    from metaorg.cli.commons.publishing import publish

    title = f"Audit as of block {report.statement.block.number}"
    publish(session, folder.expanduser(), licence=LICENCE, title=title)
