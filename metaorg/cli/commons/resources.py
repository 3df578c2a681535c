"""`metaorg commons`: resources that members share, by the hash of their content."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.command import command
from metaorg.cli.commons.app import app
from metaorg.cli.commons.content import (
    Hidden,
    PathArgument,
    Preserve,
    ProfileOption,
    Reading,
    content_of,
    write_out,
)
from metaorg.cli.options import (
    ActFlags,
    ChainFlags,
    CidArgument,
    DecisionFlags,
    Flags,
    ReadFlags,
    Reason,
    address,
    cid,
    reader,
)
from metaorg.cli.output import emit, facts, say, table, words
from metaorg.cli.session import Session
from metaorg.cli.writing import perform
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.ipfs import Root
    from metaorg.organization import Deed, ResourceHistory, ResourceView
    from metaorg.types import Cid


def _resource(given: str) -> "tuple[Cid, str]":
    """A CID, and a path below it after a slash."""
    from metaorg.types import Cid

    name, _, path = given.removeprefix("ipfs://").removeprefix("/ipfs/").partition("/")
    return Cid.parse(name), path


ResourceArgument = Annotated[
    Any,
    typer.Argument(
        parser=reader(_resource, "resource"),
        metavar="CID[/PATH]",
        help="The resource's CID, or a path in a folder.",
    ),
]

ToOption = Annotated[
    str, typer.Option(parser=address, metavar="ACCOUNT", help="The organization that gets it.")
]


@command(app, Flags, "cid")
def cid_(
    session: Session,
    path: PathArgument,
    profile: ProfileOption = "unixfs-v1-2025",
    hidden: Hidden = False,
    preserve: Preserve = False,
) -> None:
    """Print the CID that a file or folder has, exactly as Kubo would; nothing is stored.

    JSON: {"cid": "bafy...", "profile": "unixfs-v1-2025", "kind": "folder", "size": 822378,
    "blocks": 3}; size is bytes of content.
    """
    with content_of(session, path) as found:
        work = Reading(session, found, profile=profile, hidden=hidden, preserve=preserve)
        emit(root_facts(work.root), session.as_json, lambda: work.root.text)


@command(app, ChainFlags)
def fetch(
    session: Session,
    resource: ResourceArgument,
    output: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write it there and not to stdout.")
    ] = None,
    skip_links: Annotated[
        bool, typer.Option("--skip-links", help="Leave out links that lead out of the folder.")
    ] = False,
) -> None:
    """Fetch a file or a folder, verified, whoever serves it. Needs no --address.

    What came before an interruption is kept, and only the rest is fetched again. A sealed resource
    is fetched as it is; `metaorg commons open` opens it.

    JSON: {"cid": "bafy...", "kind": "folder", "size": 822378, "output": "handbook"}
    """
    found, path = resource
    write_out(session, found, path, output, skip_links=skip_links)


@command(app, ReadFlags, "list")
def list_(session: Session) -> None:
    """List resources in order of publication.

    JSON: [{"resource": {"cid": "bafk...", "steward": 2, "access": "public", "published_at":
    1700000000, "citations": 1, "licence": "CC0-1.0", "description": "bafk...", "previous": null,
    "retired_at": null}, "title": "...", "description": {...}}]; steward is a seat, title and
    description null when the description cannot be read.
    """
    found = session.organization.commons.all()
    if any(one.title is None for one in found):
        say("Some descriptions are not here: `metaorg commons mirror` brings them.")
    columns = ("cid", "title", "licence", "access", "steward", "cited", "published", "retired")
    emit(found, session.as_json, lambda: table(columns, map(_row, found)))


@command(app, ReadFlags)
def show(session: Session, resource: CidArgument) -> None:
    """Show a resource, all that was done about it, its versions, and who uses it.

    JSON: what `list` gives, with {"steward": "0x...", "deeds": [{"name": "Cited", "time":
    1700000000, "seats": [2], "names": ["..."], "document": "bafk...", "text": null}], "previous":
    ["bafk..."], "later": []}; versions, the nearest first.
    """
    found = session.organization.commons.history(resource)
    emit(found, session.as_json, lambda: _told(found))


@command(app, ActFlags)
def cite(
    session: Session,
    resource: CidArgument,
    context: Annotated[
        Any,
        typer.Option("--in", parser=cid, metavar="CID", help="What it is used in."),
    ] = None,
) -> None:
    """Record that the own organization uses a resource; the same use is recorded once."""
    commons = session.organization.commons
    if commons.cited(resource, context):
        say("This use is recorded already.")
        perform(session)
    else:
        perform(session, commons.cite(resource, context))


@command(app, ActFlags)
def retire(session: Session, resource: CidArgument, reason: Reason) -> None:
    """Advise everybody against using an own resource any longer; it stays on record."""
    commons = session.organization.commons
    if commons.show(resource).resource.retired_at:
        say("It is retired already.")
        perform(session)
    else:
        perform(session, commons.retire(resource, reason))


@command(app, ActFlags)
def entrust(session: Session, resource: CidArgument, to: ToOption) -> None:
    """Make another organization the steward of an own resource."""
    perform(session, session.organization.commons.entrust(resource, to))


@command(app, DecisionFlags, "entrust-decision")
def entrust_decision(session: Session, resource: CidArgument, to: ToOption, reason: Reason) -> None:
    """Make an organization the steward of any resource, as when the old one is gone."""
    perform(session, session.organization.commons.entrust_by_decision(resource, to, reason))


def root_facts(root: "Root") -> dict[str, Any]:
    """What JSON says of imported content."""
    said: dict[str, Any] = {"cid": root.text}
    return said | {name: getattr(root, name) for name in ("profile", "kind", "size", "blocks")}


def _row(view: "ResourceView") -> tuple[object, ...]:
    one = view.resource
    return (
        one.cid,
        view.title,
        one.licence,
        words(one.access),
        one.steward,
        one.citations,
        moment(one.published_at),
        moment(one.retired_at or 0),
    )


def _told(found: "ResourceHistory") -> str:
    one, said = found.resource, found.description
    known = facts(
        {
            "cid": one.cid,
            "title": found.title,
            "licence": one.licence,
            "access": words(one.access),
            "steward": f"{found.steward} (seat {one.steward})",
            "size": f"{said.size:,} bytes" if said else None,
            "type": said.media_type if said and not said.kind else said and said.kind,
            "about": (said.text or None) if said else None,
            "purpose": said.sealed.purpose if said and said.sealed else None,
            "retention": (said.sealed.retention or None) if said and said.sealed else None,
            "terms": (said.sealed.terms or None) if said and said.sealed else None,
            "previous versions": ", ".join(map(str, found.previous)) or None,
            "later versions": ", ".join(map(str, found.later)) or None,
        }
    )
    columns = ("time", "what", "who", "document", "because")
    return known + "\n\n" + table(columns, map(_deed, found.deeds))


def _deed(deed: "Deed") -> tuple[object, ...]:
    who = ", ".join(
        f"{seat} {name or ''}".strip() for seat, name in zip(deed.seats, deed.names, strict=True)
    )
    return moment(deed.time), deed.name.lower(), who, deed.document, deed.text
