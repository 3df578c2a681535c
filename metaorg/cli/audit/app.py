"""The group of commands `metaorg audit`, and where an audit reads and is kept."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.command import application
from metaorg.cli.options import CONNECTION, ActFlags, ReadFlags, reader
from metaorg.cli.session import Session
from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from metaorg.audit import Report
    from metaorg.audit.index import Index
    from metaorg.onchain.endpoint import Endpoint

app = application(
    """An independent audit: read everything, believe nobody, and let anyone repeat it.

    An audit needs the address of a node and of a meta-organization. It reads the chain, replays all
    events by the rules, reads the contracts' storage and the commons, and compares. What was read
    is kept (--store), so that a later audit reads only what is new.
    """
)

FILES = ("report.json", "report.html", "report.md")
"""The forms of a report in a folder."""
_Rpcs = Annotated[
    list[str] | None,
    typer.Option(
        "--rpc",
        metavar="URL",
        help="A node's address; repeatable: the first that answers is read, and the others are "
        "compared with it.",
        rich_help_panel=CONNECTION,
    ),
]
_Commons = Annotated[
    str | None,
    typer.Option(
        "--commons",
        metavar="STORE",
        help="Where documents are: embedded:FILE, kubo:MULTIADDR or a daemon's URL.",
        rich_help_panel=CONNECTION,
    ),
]
_Kept = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="Where the audit is kept: a file, or postgresql://HOST/DATABASE; a file for each "
        "address in the folder for data when absent.",
        rich_help_panel=CONNECTION,
    ),
]


def _moment(text: str) -> Any:
    """A block's number, "latest", or a time with its zone.

    Raises:
        InvalidInput: none of these.
    """
    if text == "latest":
        return text
    if re.fullmatch("[0-9]{1,18}", text):
        return int(text)
    try:
        found = datetime.fromisoformat(text)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            found = datetime.combine(found, time(23, 59, 59))
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        if found.timestamp() < 0:
            raise ValueError
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r:.80} is neither a block's number nor a date since 1970 like 2026-03-31 or "
            "2026-03-31T12:00:00Z, nor `latest`"
        ) from None
    return found


moment_at = reader(_moment, "block or date")


def _as_of(absent: str) -> Any:
    """The option for a block or time, with what holds when it is absent."""
    said = "As of a block's number, `latest`, or a date (its end, UTC) or time;"
    return typer.Option(
        parser=moment_at, metavar="BLOCK|DATE", help=f"{said} {absent} when absent."
    )


At = Annotated[Any, _as_of("the latest final block")]
KeptAt = Annotated[Any, _as_of("the report that was made last")]


@dataclass(frozen=True, kw_only=True)
class _Where:
    """Where an audit reads, and where it is kept."""

    rpc: _Rpcs = None
    store: _Commons = None
    kept: _Kept = None


@dataclass(frozen=True, kw_only=True)
class AuditFlags(_Where, ReadFlags):
    """What a command needs that audits one meta-organization."""


@dataclass(frozen=True, kw_only=True)
class RunFlags(_Where, ActFlags):
    """The same, and what it needs to sign and publish."""


@contextmanager
def opened(session: Session, *, new: bool = False) -> "Iterator[Index]":
    """Where the audit is kept.

    Args:
        new: whether it is made when nothing is there yet.

    Raises:
        InvalidInput: nothing is there, or what was read of another meta-organization.
    """
    from metaorg.audit.index import open_index
    from metaorg.audit.index.sqlite import SqliteIndex

    index = open_index(_place(session))
    if not new and isinstance(index, SqliteIndex) and not Path(index.path).exists():
        raise InvalidInput(f"nothing is kept in {index.path}: make an audit, `metaorg audit run`")
    with index:
        subject, about = index.subject(), session.settings.address
        if subject and about not in (None, subject[1]):
            raise InvalidInput(
                f"{index.name} holds what was read of {subject[1]}, not of {about}; name another "
                "one with --store"
            )
        yield index


def _place(session: Session) -> str:
    """What --store says, or the file for the address in the folder for data."""
    from metaorg.settings import data_folder

    uri: str | None = session.flags.kept
    if uri is None:
        return str(data_folder() / "audit" / f"{session.address}.db")
    if uri.startswith(("embedded:", "kubo:")):
        raise InvalidInput(
            "--store is where the audit is kept, a file or postgresql://...; for the commons, "
            "which embedded: and kubo: name, use --commons"
        )
    return str(Path(uri).expanduser()) if uri.startswith("~") else uri


def endpoints(session: Session) -> "list[Endpoint]":
    """The nodes, of which the first that answers is read."""
    from metaorg.onchain.endpoint import Endpoint

    settings = session.settings
    urls: dict[str, str] = {}
    for url in session.flags.rpc or [settings.rpc]:
        urls.setdefault(url.rstrip("/"), url)  # the same node, not two that agree
    return [Endpoint(url, settings.chain_id, settings.timeout) for url in urls.values()]


def kept_report(index: "Index", number: int | None = None) -> "Report":
    """The report on a block, or the last one.

    Raises:
        InvalidInput: there is none; names those there are.
    """
    from metaorg.audit.reports import read_report

    data = index.report(number)
    if data is None:
        those = ", ".join(str(header.number) for header, _ in index.reports()[-20:])
        raise InvalidInput(
            f"no report on block {number} is kept in {index.name}; there are those on {those}"
            if those
            else f"no report is kept in {index.name}: make one with `metaorg audit run`"
        )
    return read_report(data)


def audited_files(report: "Report") -> dict[str, bytes]:
    """A report in every form, by the file's name; the others follow from the first."""
    from metaorg.audit.reports import markdown, page, read_report

    data = report.encode()
    read = read_report(data)
    return dict(zip(FILES, (data, page(read).encode(), markdown(read).encode()), strict=True))


def made(folder: Path) -> Path:
    """A folder, which is made where it is missing.

    Raises:
        InvalidInput: it cannot be made.
    """
    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InvalidInput(f"{folder} is a file; name a folder") from None
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be made: {error.strerror}") from None
    return folder


def written(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder, in place of those that have the same names."""
    from metaorg.cli.files import replace_file

    for name, data in files.items():
        replace_file(made(folder) / name, data)
