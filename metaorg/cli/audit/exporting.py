"""`metaorg audit export | import`: what was read, for other tools, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.audit.app import AuditFlags, app, kept_report, opened
from metaorg.cli.command import command
from metaorg.cli.output import emit, progress
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput

if TYPE_CHECKING:
    from metaorg.audit.exports.returning import Returned, What
    from metaorg.audit.index import Index
    from metaorg.audit.statement import Statement

Kind = Literal["tables", "sql", "public", "attestations"]


@command(app, AuditFlags, name="export")
def export(
    session: Session,
    what: Annotated[
        Kind,
        typer.Argument(
            metavar="tables|sql|public|attestations",
            help="Tables of blocks, logs and events; a dump that SQLite and PostgreSQL load; the "
            "public documents (ERC-4824, DAOIP-2); or contributions (DAOIP-3).",
        ),
    ],
    to: Annotated[Path, typer.Argument(metavar="TO", help="A new folder, or for sql a new file.")],
    form: Annotated[Literal["csv", "parquet"], typer.Option("--form", help="Of tables.")] = "csv",
    columns: Annotated[
        Literal["ethereum-etl", "cryo"],
        typer.Option(help="Of tables: whose names and conventions they have."),
    ] = "ethereum-etl",
    issuer: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Of attestations: who attests; needed for them."),
    ] = None,
) -> None:
    """Export what was read, in forms that other tools know. No node is asked.

    JSON: {"to": "...", "what": "tables"}.
    """
    with opened(session) as index, progress(f"exporting {what}"):
        if what == "tables":
            _tables(index, to, form, columns)
        elif what == "sql":
            from metaorg.audit.exports import export_sql

            export_sql(index, to)
        elif what == "public":
            _public(session, index, to)
        else:
            _attestations(index, to, issuer)
    emit({"to": str(to), "what": what}, session.as_json, lambda: f"Exported to {to}.")


@command(app, AuditFlags, name="import")
def import_(
    session: Session,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FROM",
            help="A folder of tables or of public documents, an SQL file, or attestations.",
        ),
    ],
) -> None:
    """Bring an export back into a new --store: the same rows, headers and windows.

    It is verified against its manifest. The next `metaorg audit run` goes on from it, compares what
    it leads to with the contracts' storage, and says in the report that it was imported.

    Public documents and attestations carry less than a history. They are read back and compared
    with what --store holds; exit code 6 when they say something else.

    JSON: {"format": 1, "chain_id": 1, "address": "0x...", "block": 120, "block_hash": "0x...",
    "windows": 1, "blocks": 80, "logs": 120, "log_digest": "0x..."}; of documents {"what": "public",
    "block": 120, "same": true, "differences": [], "left_out": 0}.
    """
    from metaorg.audit.exports import import_tables
    from metaorg.audit.exports.returning import what_is

    source = source.expanduser()
    what = what_is(source)
    if what is not None:
        return _returned(session, source, what)
    with opened(session, new=True) as index, progress("importing"):
        held = import_tables(source, index, session.settings.address)
    emit(held, session.as_json, lambda: f"{held.logs} logs up to block {held.block} are there.")


def _returned(session: Session, source: Path, what: "What") -> None:
    """Compare documents with what is kept.

    Raises:
        CheckFailed: they say something else.
    """
    from metaorg.audit.exports.returning import attestations_returned, public_returned

    with opened(session) as index, progress("comparing"):
        if what == "public":

            def stated_at(number: int) -> "Statement":
                return kept_report(index, number).statement

            found = public_returned(source, index, stated_at, session.store)
        else:
            found = attestations_returned(source, index, kept_report(index).statement)
    emit(found, session.as_json, lambda: _shown(found))
    if not found.same:
        raise CheckFailed(f"{source} says something else than what was read")


def _shown(found: "Returned") -> str:
    if not found.same:
        return "\n".join(found.differences)
    are = "contribution is" if found.left_out == 1 else "contributions are"
    more = f" {found.left_out} {are} not attested." if found.left_out else ""
    return f"They say what was read, as of block {found.block}.{more}"


def _tables(
    index: "Index",
    to: Path,
    form: Literal["csv", "parquet"],
    columns: Literal["ethereum-etl", "cryo"],
) -> None:
    from metaorg.audit.decoding import Decoder
    from metaorg.audit.exports import export_tables

    decoder = Decoder(kept_report(index).statement.modules)
    export_tables(index, to, columns=columns, form=form, decode=decoder)


def _public(session: Session, index: "Index", to: Path) -> None:
    from metaorg.audit.exports.public import write_public
    from metaorg.audit.exports.returning import public_facts

    write_public(*public_facts(index, kept_report(index).statement, session.store), to)


def _attestations(index: "Index", to: Path, issuer: str | None) -> None:
    from metaorg.audit.exports.attestations import attest, encode
    from metaorg.audit.exports.returning import contributions_in
    from metaorg.cli.audit.app import written

    if issuer is None:
        raise InvalidInput("attestations need --issuer URI, as https://auditor.example")
    stated = kept_report(index).statement
    done = contributions_in(index, stated.modules)
    attested = attest(issuer, stated.chain_id, stated.modules, done)
    written(to, {"attestations.json": encode(attested)})
