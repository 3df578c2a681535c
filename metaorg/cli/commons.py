"""`metaorg commons`: resources that members share, by the hash of their content."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.content import (
    Hidden,
    PathArgument,
    Preserve,
    ProfileOption,
    Reading,
    content_of,
    refuse_personal_data,
    write_out,
)
from metaorg.cli.files import STDIN
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
    text,
)
from metaorg.cli.output import emit, facts, say, table, words
from metaorg.cli.session import Session
from metaorg.cli.writing import perform
from metaorg.errors import InvalidInput
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.ipfs import Root
    from metaorg.organization import Deed, ResourceHistory, ResourceView
    from metaorg.records import Description, Sealed
    from metaorg.types import Cid

app = application("Resources that members share, by the hash of their content.")


def _resource(given: str) -> "tuple[Cid, str]":
    """A CID, and a path below it after a slash."""
    from metaorg.types import Cid

    name, _, path = given.removeprefix("ipfs://").partition("/")
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


@command(app, ActFlags)
def publish(
    session: Session,
    path: PathArgument,
    licence: Annotated[str, typer.Option(metavar="SPDX", help="Its licence, like CC-BY-SA-4.0.")],
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Its title; the name when absent.")
    ] = None,
    about: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="What it is, Markdown.")
    ] = None,
    media_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Guessed from the name when absent.")
    ] = None,
    access: Annotated[
        Literal["public", "members", "parties"],
        typer.Option(help="Who is to read it: everybody, or sealed to members or to --to."),
    ] = "public",
    to: Annotated[
        list[str] | None,
        typer.Option(
            parser=address, metavar="ACCOUNT", help="With --access parties: to whom; repeatable."
        ),
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(parser=text, metavar="TEXT", help="Of a sealed one: what it may be used for."),
    ] = None,
    retention: Annotated[
        str, typer.Option(metavar="TEXT", help="Of a sealed one: how long it may be kept.")
    ] = "",
    terms: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="Of a sealed one: other terms.")
    ] = None,
    previous: Annotated[
        Any,
        typer.Option(parser=cid, metavar="CID", help="Of which resource this is a new version."),
    ] = None,
    profile: ProfileOption = "unixfs-v1-2025",
    hidden: Hidden = False,
    preserve: Preserve = False,
    consent: Annotated[
        bool,
        typer.Option(
            "--i-have-consent",
            help="Publish although columns look like e-mail, phone or birth date.",
        ),
    ] = False,
) -> None:
    """Publish a file or folder under a licence. Interrupted, the same command goes on.

    What is sealed is encrypted before it leaves this machine, to the sharing keys in the members'
    profiles. Its title, purpose and terms are public, and who may open it; its names are not.
    Published before, it sends nothing.
    """
    from metaorg.cli.sealed import publish_sealed
    from metaorg.onchain.commons import Access

    if (access == "public") != (purpose is None):
        raise InvalidInput("a sealed resource has a --purpose, and a public one has none")
    if (access == "parties") != bool(to):
        raise InvalidInput("--access parties and --to go together")
    with content_of(path) as found:
        refuse_personal_data(found, hidden=hidden, consent=consent)
        work = Reading(session, found, profile=profile, hidden=hidden, preserve=preserve)
        sealed = _sealed(purpose, retention, terms) if purpose else None
        said = _description(path, title, about, media_type, sealed)
        terms_of = {"licence": licence, "access": Access[access.upper()], "previous": previous}
        if sealed:
            publish_sealed(session, work, said, terms_of, to)
        else:
            _publish(session, work, said, terms_of)


def _publish(
    session: Session, work: Reading, said: "Description", terms_of: dict[str, Any]
) -> None:
    commons = session.organization.commons
    call = commons.publish(work.root, said, **terms_of)
    if commons.published(work.root.cid):
        say("This content is in the commons already, published by this account.")
        perform(session, before=work.keep)
    else:
        perform(session, call, before=work.keep)


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
    with content_of(path) as found:
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
    write_out(session, *resource, output, skip_links=skip_links)


@command(app, ReadFlags, "list")
def list_(session: Session) -> None:
    """List resources in order of publication.

    JSON: [{"resource": {"cid": "bafk...", "steward": 2, "access": "public", "published_at":
    1700000000, "citations": 1, "licence": "CC0-1.0", "description": "bafk...", "previous": null,
    "retired_at": null}, "title": "...", "description": {...}}]; steward is a seat, title and
    description null when the description cannot be read.
    """
    found = session.organization.commons.all()
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
def entrust_decision(
    session: Session, resource: CidArgument, to: ToOption, reason: Reason
) -> None:
    """Make an organization the steward of any resource, as when the old one is gone."""
    perform(session, session.organization.commons.entrust_by_decision(resource, to, reason))


def root_facts(root: "Root") -> dict[str, Any]:
    """What JSON says of imported content."""
    said: dict[str, Any] = {"cid": root.text}
    return said | {name: getattr(root, name) for name in ("profile", "kind", "size", "blocks")}


def _sealed(purpose: str, retention: str, terms: str | None) -> "Sealed":
    from metaorg.records import Sealed, made

    return made(Sealed, purpose=purpose, retention=retention, terms=terms or "")


def _description(
    path: Path,
    title: str | None,
    about: str | None,
    media_type: str | None,
    sealed: "Sealed | None",
) -> "Description":
    from mimetypes import guess_type

    from metaorg.records import Description, made

    filename = "" if str(path) == STDIN else path.absolute().name
    if not (title or filename):
        raise InvalidInput("--title is missing: what comes from stdin has no name")
    if sealed and not title:
        raise InvalidInput("--title is missing: a sealed resource does not tell its name")
    guessed = media_type or guess_type(filename)[0] or "application/octet-stream"
    said = {"title": title or filename, "text": about or ""}
    if sealed:
        return made(Description, **said, sealed=sealed)
    return made(Description, **said, media_type=guessed, filename=filename)


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
