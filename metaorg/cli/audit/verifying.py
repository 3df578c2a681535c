"""`metaorg audit verify | source`: whether a report, or the code, is what it says."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.audit.app import FILES, AuditFlags, app, audited_files, endpoints
from metaorg.cli.audit.running import CREDENTIAL, Solc, Source, audited, rebuilt
from metaorg.cli.command import command
from metaorg.cli.files import read_json
from metaorg.cli.options import Flags
from metaorg.cli.output import emit, say, table
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput

if TYPE_CHECKING:
    from metaorg.audit import Report
    from metaorg.types import Address

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
    source: Source = None,
    solc: Solc = None,
) -> None:
    """Recompute a report from the same block, and say whether it is the same, byte for byte.

    Everything is read again from the node and the commons that you name; nothing is taken from the
    report but the address and the block. What must be equal are the statement and the digest of the
    logs: who read them, from where and when, is no part of either. In a folder, the page and the
    Markdown must be those of the report, and the credential must be signed for it. Exit code 6 when
    something differs. A document that cannot be read here makes a difference, too: name who keeps
    it, with --gateway or --commons; "unread" says how many these are.

    JSON: {"same": true, "block": 120, "statement": "0x...", "recomputed": "0x...", "differences":
    [], "unread": 0, "files": {"report.html": true, ...}, "signed_by": "0x..."}; "signed_by" is null
    without a credential that was signed for the report.
    """
    from metaorg.audit.difference import difference

    told = _read(report)
    stated = told.statement
    session = _about(session, told)
    again = _recomputed(session, told, source, solc)
    logs = told.provenance.log_digest, again.provenance.log_digest
    same = again.statement.digest == stated.digest and logs[0] == logs[1]
    turns = [*difference(stated, again.statement).words()]
    if again.statement.block.hash != stated.block.hash:
        turns.insert(0, f"block {stated.block.number} has another hash on this chain")
    if logs[0] != logs[1]:
        turns.append(f"the logs have the digest 0x{logs[0].hex()} -> 0x{logs[1].hex()}")
    files = _files(report, told) if report.is_dir() else {}
    signed_by = _signed_by(session, report, told, files)
    unread = _unread(again) - _unread(told)
    found = {
        "same": same,
        "block": stated.block.number,
        "statement": stated.digest,
        "recomputed": again.statement.digest,
        "differences": turns or ([] if same else ["the bytes differ, and nothing that is told"]),
        "unread": len(unread),
        "files": files,
        "signed_by": signed_by,
    }
    emit(found, session.as_json, lambda: _told(found))
    if not same:
        raise CheckFailed("the report is not what this reading gives")
    if not all(files.values()):
        raise CheckFailed("not every file is one of the report")


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
    built = rebuilt(folder, solc)
    assert built is not None  # both are required
    rows = [(one.name, one.match) for one in built.contracts]
    emit(built, session.as_json, lambda: table(("contract", "match"), rows))
    if any(one.match != "exact" for one in built.contracts):
        raise CheckFailed("not every contract is exactly the shipped one")


def _read(path: Path) -> "Report":
    from metaorg.audit.reports import read_report
    from metaorg.audit.statement import LIMIT

    file = path / FILES[0] if path.is_dir() else path
    if path.is_dir() and file.exists() and not file.is_file():
        raise InvalidInput(f"{file} is no file")  # a pipe would be waited for
    try:
        with file.open("rb") as opened:
            return read_report(opened.read(LIMIT + 1))
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from None
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None


def _about(session: Session, told: "Report") -> Session:
    """The same session, about the meta-organization of a report.

    Raises:
        InvalidInput: another one was named, or a node of another chain.
    """
    from metaorg.audit import answering

    stated = told.statement
    address = stated.modules.meta_organization
    if session.settings.address not in (None, address):
        raise InvalidInput(f"the report is about {address}, not about {session.address}")
    node = answering(endpoints(session))
    if node.id != stated.chain_id:
        raise InvalidInput(
            f"the report is about chain {stated.chain_id}, and the node at {node.where} is on "
            f"chain {node.id}; name another one with --rpc"
        )
    return Session(replace(session.flags, address=address))


def _recomputed(
    session: Session, told: "Report", source: Path | None, solc: Path | None
) -> "Report":
    """What is read now, looking at what the report looked at.

    Raises:
        InvalidInput: it says what compiling gave, and what to compile was not named.
    """
    from metaorg.audit import Options
    from metaorg.audit.collecting.settling import Depth
    from metaorg.audit.index import open_index

    stated = told.statement
    compiled = any(one.source is not None for one in stated.code)
    if compiled and (source is None or solc is None):
        raise InvalidInput(
            "the report says what compiling the contracts gave: name a checkout and the compiler "
            "with --source and --solc, to verify that, too"
        )
    options = Options(
        at=stated.block.number,
        full=True,
        depth=Depth(all_headers=not stated.limits),
        rebuilt=rebuilt(source, solc) if compiled else None,
    )
    with open_index(":memory:") as index:
        return audited(session, index, options)


def _files(folder: Path, told: "Report") -> dict[str, bool]:
    """Whether the other forms of the report are those that it gives."""
    found = {}
    for name, data in audited_files(told).items():
        file = folder / name
        if file.is_file() and name != FILES[0]:
            found[name] = file.stat().st_size == len(data) and file.read_bytes() == data
    return found


def _signed_by(
    session: Session, path: Path, told: "Report", files: dict[str, bool]
) -> "Address | None":
    """Who signed the report; whether the credential is one of it is added to the files."""
    from metaorg.audit import answering
    from metaorg.audit.credential import verify as verified

    file = path / CREDENTIAL if path.is_dir() else path.with_name(CREDENTIAL)
    if not file.is_file():
        return None
    try:
        signer = verified(read_json(file), told, answering(endpoints(session)).at())
    except InvalidInput as error:
        say(f"{file}: {error}")
        files[CREDENTIAL] = False
        return None
    files[CREDENTIAL] = True
    return signer


def _unread(report: "Report") -> set[str]:
    """Documents that could not be read."""
    return {one.cid for one in report.statement.documents if one.presence == "unknown"}


def _told(found: dict[str, Any]) -> str:
    block, lines = f"as of block {found['block']}", []
    if found["same"]:
        lines.append(f"The statement is the same, byte for byte, {block}: {_hex(found)}")
    else:
        lines.append(f"The statement is not the same, {block}:")
    if found["unread"]:
        lines.append(
            f"  {found['unread']} documents of it cannot be read here, and what they say is "
            "missing below: name who keeps them, with --gateway or --commons"
        )
    lines += [f"  {one}" for one in found["differences"][:_SHOWN]]
    if len(found["differences"]) > _SHOWN:
        lines.append(f"  and {len(found['differences']) - _SHOWN} more")
    lines += [
        f"{name} is {'that' if same else 'NOT that'} of the report"
        for name, same in found["files"].items()
    ]
    if found["signed_by"]:
        lines.append(f"signed by {found['signed_by']}")
    return "\n".join(lines)


def _hex(found: dict[str, Any]) -> str:
    return f"0x{found['statement'].hex()}"
