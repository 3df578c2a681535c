"""`metaorg audit export | import`: what was read, for other tools, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.audit.app import AuditFlags, app, kept_report, opened
from metaorg.cli.command import command
from metaorg.cli.output import emit, progress
from metaorg.cli.session import Session
from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metaorg.audit.events import Happened
    from metaorg.audit.index import Index
    from metaorg.onchain.modules import Modules

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
        typer.Argument(metavar="FROM", help="A folder of tables, or an SQL file, as exported."),
    ],
) -> None:
    """Bring an export back into a new --store: the same rows, headers and windows.

    It is verified against its manifest. The next `metaorg audit run` goes on from it, compares what
    it leads to with the contracts' storage, and says in the report that it was imported.

    JSON: {"format": 1, "chain_id": 1, "address": "0x...", "block": 120, "block_hash": "0x...",
    "windows": 1, "blocks": 80, "logs": 120, "log_digest": "0x..."}.
    """
    from metaorg.audit.exports import import_tables

    with opened(session, new=True) as index, progress("importing"):
        held = import_tables(source.expanduser(), index, session.settings.address)
    emit(held, session.as_json, lambda: f"{held.logs} logs up to block {held.block} are there.")


def _tables(
    index: "Index",
    to: Path,
    form: Literal["csv", "parquet"],
    columns: Literal["ethereum-etl", "cryo"],
) -> None:
    from metaorg.audit.decoding import Decoder
    from metaorg.audit.exports import export_tables

    decoder = Decoder(_modules(index))
    export_tables(index, to, columns=columns, form=form, decode=decoder)


def _public(session: Session, index: "Index", to: Path) -> None:
    from metaorg.audit.exports.public import write_public
    from metaorg.audit.following import replayed
    from metaorg.audit.public import facts_of
    from metaorg.dao import purpose_of
    from metaorg.types import Cid

    stated = kept_report(index).statement
    facts = facts_of(replayed(index, stated), stated.name)
    purpose = ""
    if any(facts.charter):
        purpose = purpose_of(session.store.get(Cid(digest=facts.charter)))
    write_public(facts, purpose, to)


def _attestations(index: "Index", to: Path, issuer: str | None) -> None:
    from metaorg.audit.exports.attestations import attest, contributions, encode
    from metaorg.cli.audit.app import written

    if issuer is None:
        raise InvalidInput("attestations need --issuer URI, as https://auditor.example")
    modules = _modules(index)
    chain_id = kept_report(index).statement.chain_id
    attested = attest(issuer, chain_id, modules, contributions(modules, _events(index, modules)))
    written(to, {"attestations.json": encode(attested)})


def _events(index: "Index", modules: "Modules") -> "Iterator[Happened]":
    from metaorg.audit.decoding import Decoder

    decoder = Decoder(modules)
    for part in index.rows():
        yield from decoder(part)


def _modules(index: "Index") -> "Modules":
    return kept_report(index).statement.modules
