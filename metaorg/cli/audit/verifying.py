"""`metaorg audit verify | source`: whether a report, or the code, is what it says."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaorg.cli.audit.app import AuditFlags, app, audited_files, endpoints
from metaorg.cli.audit.running import CREDENTIAL, audited
from metaorg.cli.command import command
from metaorg.cli.options import Flags
from metaorg.cli.output import emit, progress, table
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput

if TYPE_CHECKING:
    from metaorg.audit import Report

_SHOWN = 40
"""Differences that are shown."""


@command(app, AuditFlags)
def verify(
    session: Session,
    report: Annotated[
        Path,
        typer.Argument(
            metavar="REPORT", help="report.json, or the folder with it that `run --to` wrote."
        ),
    ],
) -> None:
    """Recompute a report from the same block, and say whether it is the same, byte for byte.

    Everything is read again from the node and the commons that you name; nothing is taken from the
    report but the address and the block. What must be equal is the statement: who read it, from
    where and when, is no part of it. In a folder, the page and the Markdown must be those of the
    report, and the credential must be signed for it. Exit code 6 when something differs.

    JSON: {"same": true, "block": 120, "statement": "0x...", "recomputed": "0x...", "differences":
    [], "files": {"report.html": true}, "signed_by": "0x..."}; "signed_by" is null without a
    credential.
    """
    from metaorg.audit import Options
    from metaorg.audit.collecting.settling import Depth
    from metaorg.audit.difference import difference
    from metaorg.audit.index import open_index

    told = _read(report)
    stated = told.statement
    if session.settings.address not in (None, stated.modules.meta_organization):
        raise InvalidInput(
            f"the report is about {stated.modules.meta_organization}, not about {session.address}"
        )
    depth = Depth(all_headers=not stated.limits)
    session = _about(session, told)
    with open_index(":memory:") as index:
        again = audited(session, index, Options(at=stated.block.number, full=True, depth=depth))
    same = again.statement.encode() == stated.encode()
    turns = [] if same else [*difference(stated, again.statement).words()]
    if not same and again.statement.block.hash != stated.block.hash:
        turns.insert(0, f"block {stated.block.number} has another hash on this chain")
    files = _files(report, told) if report.is_dir() else {}
    found = {
        "same": same,
        "block": stated.block.number,
        "statement": stated.digest,
        "recomputed": again.statement.digest,
        "differences": turns or ([] if same else ["the bytes differ, and nothing that is told"]),
        "files": files,
        "signed_by": _signed_by(session, report, told),
    }
    emit(found, session.as_json, lambda: _told(found))
    if not same or not all(files.values()):
        raise CheckFailed("the report is not what this reading gives")


@command(app, Flags)
def source(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A checkout of metaorg with node_modules.")
    ],
    solc: Annotated[Path, typer.Option(metavar="FILE", help="The compiler.")],
) -> None:
    """Compile the contracts, and compare with the shipped ones byte for byte.

    *exact* is what Sourcify calls an exact match: also the hash of the metadata is the same, and so
    every character of every source. Exit code 6 when one is not exact.

    JSON: {"compiler": "...", "contracts": [{"name": "Membership", "match": "exact"}], "altered":
    []}.
    """
    from metaorg.audit.source import rebuild

    with progress("compiling the contracts"):
        built = rebuild(folder, solc)
    rows = [(one.name, one.match) for one in built.contracts]
    emit(built, session.as_json, lambda: table(("contract", "match"), rows))
    if any(one.match != "exact" for one in built.contracts):
        raise CheckFailed("not every contract is exactly the shipped one")


def _read(path: Path) -> "Report":
    from metaorg.audit.reports import read_report
    from metaorg.audit.statement import LIMIT

    file = path / "report.json" if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            return read_report(opened.read(LIMIT + 1))
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


def _about(session: Session, told: "Report") -> Session:
    """The same session, about the meta-organization of a report."""
    from dataclasses import replace

    address = told.statement.modules.meta_organization
    return Session(replace(session.flags, address=address))


def _files(folder: Path, told: "Report") -> dict[str, bool]:
    """Whether the other forms of the report are those that it gives."""
    found = {}
    for name, data in audited_files(told).items():
        file = folder / name
        if file.is_file():
            found[name] = file.read_bytes() == data
    return found


def _signed_by(session: Session, path: Path, told: "Report") -> str | None:
    from metaorg.audit.credential import verify as verified

    file = path / CREDENTIAL if path.is_dir() else path.with_name(CREDENTIAL)
    if not file.is_file():
        return None
    try:
        credential = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from None
    return verified(credential, told, endpoints(session)[0].at())


def _told(found: dict[str, object]) -> str:
    block = f"block {found['block']}"
    lines = [
        f"The same, byte for byte, as of {block}: 0x{found['statement'].hex()}"  # type: ignore[attr-defined]
        if found["same"]
        else f"Not the same, as of {block}:"
    ]
    differences = list(found["differences"])  # type: ignore[call-overload]
    lines += [f"  {one}" for one in differences[:_SHOWN]]
    if len(differences) > _SHOWN:
        lines.append(f"  and {len(differences) - _SHOWN} more")
    for name, same in found["files"].items():  # type: ignore[attr-defined]
        lines.append(f"{name} is {'that' if same else 'NOT that'} of the report")
    if found["signed_by"]:
        lines.append(f"signed by {found['signed_by']}")
    return "\n".join(lines)
