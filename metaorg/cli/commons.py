"""`metaorg commons`: resources that members share, by the hash of their content."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import STDIN, read_bytes, write_file
from metaorg.cli.options import (
    ActFlags,
    ChainFlags,
    CidArgument,
    FileArgument,
    ReadFlags,
    cid,
    text,
)
from metaorg.cli.output import emit, facts, say, table, words, write_content
from metaorg.cli.session import Session
from metaorg.cli.writing import perform
from metaorg.errors import CheckFailed, InvalidInput
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.organization import ResourceView
    from metaorg.records import Description

app = application("Resources that members share, by the hash of their content.")


@command(app, ActFlags)
def publish(
    session: Session,
    file: FileArgument,
    licence: Annotated[str, typer.Option(metavar="SPDX", help="Its licence, like CC-BY-SA-4.0.")],
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Its title; the file's name when absent.")
    ] = None,
    about: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="What it is, Markdown.")
    ] = None,
    media_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Guessed from the name when absent.")
    ] = None,
    access: Annotated[
        Literal["public", "members", "parties"],
        typer.Option(help="Who is to read it; recorded, not enforced."),
    ] = "public",
    previous: Annotated[
        Any,
        typer.Option(parser=cid, metavar="CID", help="Of which resource this is a new version."),
    ] = None,
) -> None:
    """Publish a file of at most 1 MiB under a licence. Published before, it sends nothing."""
    from metaorg.onchain.commons import Access
    from metaorg.types import Cid

    data, commons = read_bytes(file), session.organization.commons
    call = commons.publish(
        data,
        _description(file, title, about, media_type),
        licence=licence,
        access=Access[access.upper()],
        previous=previous,
    )
    if commons.published(Cid.of(data)):
        say("This content is in the commons already, published by this account.")
        perform(session)
    else:
        perform(session, call)


@command(app, ChainFlags)
def fetch(
    session: Session,
    resource: CidArgument,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there and not to stdout.")
    ] = None,
) -> None:
    """Fetch a block by its CID, verified, whoever served it. Needs no --address."""
    data = session.store.get(resource)
    if output is not None:
        write_file(output, data)
        emit({"cid": resource, "size": len(data)}, session.as_json, lambda: str(output))
    else:
        write_content(data)


@command(app, ReadFlags, "list")
def list_(session: Session) -> None:
    """List resources in order of publication.

    JSON: [{"resource": {"cid": "bafk...", "steward": 2, "access": "public", "published_at":
    1700000000, "citations": 1, "licence": "CC0-1.0", "description": "bafk...", "previous": null},
    "title": "..."}]; steward is a seat, title null when the description cannot be read.
    """
    found = session.organization.commons.all()
    columns = ("cid", "title", "licence", "access", "steward", "cited", "published")
    emit(found, session.as_json, lambda: table(columns, map(_row, found)))


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


@command(app, ReadFlags)
def verify(session: Session) -> None:
    """Read every resource and its description, and check them against their hashes.

    Exit code 6 when one is missing or damaged. JSON: {"resources": 3, "faults": {"bafk...":
    "corrupt: ..."}}
    """
    commons = session.organization.commons
    faults = {str(one): fault for one, fault in commons.verify().items()}
    found = {"resources": len(commons.all()), "faults": faults}
    emit(found, session.as_json, lambda: facts({"resources": found["resources"]} | faults))
    if faults:
        raise CheckFailed(f"{len(faults)} documents of the commons are missing or damaged")


def _description(
    file: Path, title: str | None, about: str | None, media_type: str | None
) -> "Description":
    from mimetypes import guess_type

    from metaorg.records import Description, made

    filename = "" if str(file) == STDIN else file.name
    if not (title or filename):
        raise InvalidInput("--title is missing: what comes from stdin has no name")
    guessed = media_type or guess_type(filename)[0] or "application/octet-stream"
    return made(
        Description,
        title=title or filename,
        text=about or "",
        media_type=guessed,
        filename=filename,
    )


def _row(view: "ResourceView") -> tuple[object, ...]:
    one = view.resource
    access = words(one.access)
    return (
        one.cid,
        view.title,
        one.licence,
        access,
        one.steward,
        one.citations,
        moment(one.published_at),
    )
