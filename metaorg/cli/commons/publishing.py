"""`metaorg commons publish`: content of any size, to everybody or sealed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    refuse_personal_data,
    tell_what_is_special,
)
from metaorg.cli.commons.sealed import log, log_file, named, with_keys
from metaorg.cli.files import STDIN
from metaorg.cli.options import ActFlags, address, cid, text
from metaorg.cli.output import emit, facts, progress, say
from metaorg.cli.session import Session
from metaorg.cli.writing import agree, perform
from metaorg.errors import InvalidInput, Misconfigured

if TYPE_CHECKING:
    from metaorg.ipfs import Root
    from metaorg.ipfs.sharing_log import Shared
    from metaorg.organization.sharing import Recipient
    from metaorg.records import Description, Envelope, Sealed

_TERMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "public": ((), ("--title",)),
    "members": (("--purpose", "--title"), ()),
    "parties": (("--purpose", "--title", "--to"), ()),
}
"""Which options each access needs, and which others go with it."""


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
        typer.Option(
            parser=text, metavar="TEXT", help="What it may be used for; a sealed one needs it."
        ),
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
    from metaorg.onchain.commons import Access

    _require_terms(access, to, purpose, title)
    with content_of(session, path) as found:
        if found.is_symlink():
            raise InvalidInput(f"{path} is a symlink: publish what it points to")
        refuse_personal_data(found, hidden=hidden, consent=consent)
        tell_what_is_special(found, hidden=hidden)
        work = Reading(session, found, profile=profile, hidden=hidden, preserve=preserve)
        if not work.root.size and work.root.blocks == 1:
            raise InvalidInput(f"{path} is empty")
        sealed = _sealed(purpose, retention, terms) if purpose else None
        said = _description(path, title, about, media_type, sealed)
        terms_of = {"licence": licence, "access": Access[access.upper()], "previous": previous}
        if sealed:
            _publish_sealed(session, work, said, terms_of, to)
        else:
            _publish(session, work, said, terms_of)


def _require_terms(
    access: str, to: "Sequence[str] | None", purpose: str | None, title: str | None
) -> None:
    """Nothing, for terms that go with the access.

    Raises:
        InvalidInput: names everything that is missing or too much.
    """
    given = {"--purpose": purpose, "--to": to, "--title": title}
    needed, allowed = _TERMS[access]
    problems = [f"{one} is missing: --access {access} needs it" for one in needed if not given[one]]
    problems += [
        f"{one} does not go with --access {access}"
        for one, value in given.items()
        if value and one not in needed + allowed
    ]
    if problems:
        raise InvalidInput(*problems)


def _publish(
    session: Session, work: Reading, said: "Description", terms_of: dict[str, Any]
) -> None:
    commons = session.organization.commons
    call = commons.publish(work.root, said, **terms_of)
    if commons.published(work.root.cid):
        say(
            "This content is in the commons already, published by this account; title and licence "
            "stay as they are on record."
        )
        perform(session, before=work.keep)
    else:
        perform(session, call, before=work.keep)


def _publish_sealed(
    session: Session,
    work: Reading,
    said: "Description",
    terms: dict[str, Any],
    to: "Sequence[str] | None",
) -> None:
    """Seal content to all members or some organizations, publish it, and record who may open it."""
    sharing, commons = session.organization.sharing, session.organization.commons
    recipients = with_keys(sharing.recipients(to), strict=to is not None)
    if to is not None:
        recipients += [one for one in _own(session) if one not in recipients]
    if not any(one.account == session.own.address for one in recipients):
        raise Misconfigured(
            "the own organization has no sharing key in a profile that can be read here, and could "
            "not open what it seals: make one with `metaorg keys sharing new`, then `metaorg "
            "membership profile --sharing-key`"
        )
    say(f"sealed to {named(recipients)}")
    if session.flags.dry_run:
        found = {"root": work.root.text, "to": recipients}
        emit(found, session.as_json, lambda: facts({"root": work.root.text}))
        return
    agree(session, f"will seal {work.root.text} and publish that")
    session.flags = replace(session.flags, yes=True)  # what follows was agreed to
    root, envelopes = _sealing(session, work, recipients, terms["access"].name.lower())
    calls = [] if commons.published(root.cid) else [commons.publish(root, said, **terms)]
    perform(session, *calls, *sharing.grants(root.cid, envelopes, recipients))


def _sealing(
    session: Session, work: Reading, recipients: "Sequence[Recipient]", access: str
) -> "tuple[Root, list[Envelope]]":
    """What was sealed before, if it was interrupted then, or else the content sealed now."""
    from metaorg.ipfs import sharing_log

    for earlier in sharing_log.sealings(
        log_file(), root=str(work.root.cid), network=session.address, access=access
    ):
        again = _again(session, earlier, recipients, access)
        if again:
            say(f"going on with what was sealed before, {again[0].text}")
            return again
    sharing = session.organization.sharing
    name = work.path.absolute().name if work.root.kind == "file" else ""
    with progress("sealing", work.root.size, size=True) as advance:
        root, key = sharing.seal(work.root, work.blocks(), name, advance)
    envelopes = sharing.envelopes(key, recipients)
    log(session, "sealed", key, access, *envelopes)
    return root, envelopes


def _again(
    session: Session, earlier: "Sequence[Shared]", recipients: "Sequence[Recipient]", access: str
) -> "tuple[Root, list[Envelope]] | None":
    """What an earlier sealing made; None when the store has not all of it, or it is for others."""
    from metaorg.ipfs import V1_2025, Root, unixfs
    from metaorg.ipfs.keys import key_id
    from metaorg.records import Envelope
    from metaorg.types import Cid

    cid, store = Cid.parse(earlier[0].resource), session.own_store
    wanted = [Cid.parse(one.envelope) for one in earlier]
    if cid not in set(store.pins()) or not all(store.has(one) for one in wanted):
        return None
    keys = {key for one in earlier for key in one.keys}
    late = [one for one in recipients if key_id(one.key or "") not in keys]
    if late and access == "parties":
        return None
    if late:
        say(f"not sealed to {named(late)}: let them in with `metaorg commons grant {cid}`")
    size = unixfs.resolve(store, cid).size
    root = Root(cid=cid, text=str(cid), profile=V1_2025.name, size=size, blocks=0, kind="file")
    return root, [Envelope(**session.organization.document(one)) for one in wanted]


def _own(session: Session) -> "list[Recipient]":
    """The own organization, if it has a sharing key."""
    own = session.organization.sharing.recipients([session.own.address])
    return [one for one in own if one.key]


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

    filename = "" if str(path) == STDIN else path.expanduser().resolve().name
    if not (title or filename):
        raise InvalidInput("--title is missing: what comes from stdin, or is /, has no name")
    guessed = media_type or guess_type(filename)[0] or "application/octet-stream"
    said = {"title": title or filename, "text": about or ""}
    if sealed:
        return made(Description, **said, sealed=sealed)
    return made(Description, **said, media_type=guessed, filename=filename)
