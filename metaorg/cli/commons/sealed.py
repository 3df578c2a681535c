"""`metaorg commons`: what only some are to read, sealed before it leaves this machine."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.command import command
from metaorg.cli.commons.app import app
from metaorg.cli.options import (
    ActFlags,
    CidArgument,
    ReadFlags,
    Reason,
    address,
)
from metaorg.cli.output import emit, facts, progress, say
from metaorg.cli.session import Session, ask_password, read_password
from metaorg.cli.writing import perform
from metaorg.errors import ContentMalformed, InvalidInput, Unreachable

if TYPE_CHECKING:
    from metaorg.ipfs.age import Identity
    from metaorg.ipfs.keys import SharingKey
    from metaorg.ipfs.sealing import ResourceKey
    from metaorg.ipfs.sharing_log import Shared
    from metaorg.organization.sharing import Recipient
    from metaorg.records import Envelope
    from metaorg.types import Cid

_SharingPassword = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The own sharing key's password; asked for when absent."),
]
_To = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        parser=address,
        metavar="ACCOUNT",
        help="Which organization; repeatable. All members when absent.",
    ),
]


@command(app, ActFlags)
def grant(
    session: Session,
    resource: CidArgument,
    to: _To = None,
    sharing_password_file: _SharingPassword = None,
) -> None:
    """Let organizations open a resource that the own one has sealed.

    They are those who joined later, or have a new sharing key. Who can open it already is passed
    over; from whom access was revoked, is let in again only with --to. The own sharing key opens
    the resource for that.
    """
    sharing = session.organization.sharing
    recipients = with_keys(sharing.candidates(resource, to), strict=to is not None)
    if to is None:
        recipients = _not_revoked(recipients, sharing.revoked(resource))
    new = sharing.without(resource, recipients)
    if not new:
        say("All of them can open it already.")
        perform(session)
        return
    say(f"to {named(new)}")
    _, _, key = _unlocked(session, resource, sharing_password_file)
    envelopes = sharing.envelopes(key, new)
    calls = sharing.grants(resource, envelopes, new)
    perform(session, *calls, before=lambda: log(session, "granted", key, "", *envelopes))


@command(app, ActFlags)
def revoke(
    session: Session,
    resource: CidArgument,
    reason: Reason,
    organization: Annotated[
        list[str],
        typer.Option("--from", parser=address, metavar="ACCOUNT", help="From whom; repeatable."),
    ],
) -> None:
    """Record that organizations are no longer meant to use a sealed resource.

    It takes no key away: who could open it once may have kept it. New versions are not sealed to
    them.
    """
    perform(session, session.organization.commons.revoke(resource, organization, reason))


@command(app, ReadFlags, "open")
def open_(
    session: Session,
    resource: CidArgument,
    output: Annotated[Path, typer.Option(metavar="PATH", help="Where to write it; a new path.")],
    skip_links: Annotated[
        bool, typer.Option("--skip-links", help="Leave out links that lead out of the folder.")
    ] = False,
    sharing_password_file: _SharingPassword = None,
) -> None:
    """Open a resource that was sealed to the own organization; the opening is logged here.

    JSON: {"resource": "bafy...", "root": "bafy...",
    "name": "minutes.pdf", "output": "minutes.pdf"}; root is the content's CID, name its file's.
    """
    from metaorg.ipfs import dag, sealing, sharing_log, unixfs

    output = output.expanduser()
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise InvalidInput(f"{output} exists already: name another one, or move it")
    password_file = sharing_password_file or session.settings.password_file
    own, envelope, key = _unlocked(session, resource, password_file)
    with progress("fetching", size=True) as advance:
        dag.copy(resource, session.source, session.own_store, advance)
    folder = output.absolute().parent
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}")
    size = unixfs.resolve(session.own_store, resource).size
    with (
        progress("opening", size, size=True) as advance,
        sealing.opened(session.own_store, key, folder, advance=advance) as store,
    ):
        entry = _entry(session, "opened", key, envelope, keys=(own.id,), output=output.name)
        sharing_log.append(log_file(), entry)  # before anybody can read it
        unixfs.extract(store, key.root, output, skip_links=skip_links)
    found = {"resource": resource, "root": key.root, "name": key.name, "output": str(output)}
    emit(found, session.as_json, lambda: facts(found | {"name": key.name or None}))


def _unlocked(
    session: Session, resource: "Cid", password_file: Path | None
) -> "tuple[SharingKey, Envelope, ResourceKey]":
    """One of the own sharing keys, an envelope that it opens, and what opens the resource.

    Raises:
        Refused: it is not sealed to any of them, or access was revoked.
        ContentMalformed: every envelope that is for them was tampered with.
    """
    from metaorg.ipfs import keys, sealing

    sharing = session.organization.sharing
    own = keys.sharing_keys(session.settings.keys / keys.FOLDER)
    ids = [one.id for one in own]
    envelopes = sharing.recorded(resource, keys=ids)
    if not envelopes:
        raise InvalidInput(f"{resource} is not sealed: `metaorg commons fetch` fetches it")
    sharing.require_granted(resource, sharing.holders(ids))
    identities: dict[str, Identity] = {}
    while True:
        key, envelope = sealing.fitting(own, *envelopes)
        if key.id not in identities:
            asked = f"password of sharing key {key.id}"
            password = (
                read_password(password_file)
                if password_file
                else ask_password(asked, option="--sharing-password-file")
            )
            identities[key.id] = keys.unlock(key, password)
        try:
            return key, envelope, sealing.unwrap(envelope, identities[key.id])
        except ContentMalformed:
            envelopes = [one for one in envelopes if one is not envelope]
            if not any(key.id in one.keys for one in envelopes for key in own):
                raise


def with_keys(recipients: "Sequence[Recipient]", *, strict: bool) -> "list[Recipient]":
    """Those who have a sharing key; who has none is told, or with `strict` refused.

    Raises:
        Unreachable: with `strict`, a profile cannot be read: whether it names a key is unknown.
    """
    unknown = [one for one in recipients if one.name is None]
    none = [one for one in recipients if one.name is not None and not one.key]
    if unknown and strict:
        raise Unreachable(_unread(unknown))
    if none and strict:
        raise InvalidInput(
            *(f"{one.account} ({one.name}) has no sharing key in its profile" for one in none)
        )
    if unknown:
        say(f"left out: {_unread(unknown)}")
    if none:
        say(f"without a sharing key, and so left out: {named(none)}")
    return [one for one in recipients if one.key]


def _not_revoked(recipients: "Sequence[Recipient]", revoked: set[int]) -> "list[Recipient]":
    out = [one for one in recipients if one.seat in revoked]
    if out:
        say(f"revoked, and so left out unless --to names them: {named(out)}")
    return [one for one in recipients if one not in out]


def _unread(recipients: "Sequence[Recipient]") -> str:
    return (
        f"the profile of {named(recipients)} cannot be read here, and so not its sharing key: "
        "`metaorg commons mirror` brings it"
    )


def named(recipients: "Sequence[Recipient]") -> str:
    """Organizations in words."""
    return ", ".join(f"{one.name or one.account} (seat {one.seat})" for one in recipients)


def log_file() -> Path:
    """Where sealings, grants and openings from this machine are told."""
    from metaorg.settings import data_folder

    return data_folder() / "sharing.jsonl"


def log(
    session: Session, what: Any, key: "ResourceKey", access: str, *envelopes: "Envelope"
) -> None:
    """Keep envelopes, and log them; the first of a sealing says that it is one."""
    from metaorg.charter import encode
    from metaorg.ipfs import sharing_log

    for envelope in envelopes:
        session.own_store.put(encode(envelope))
        entry = _entry(session, what, key, envelope, keys=envelope.keys, access=access)
        sharing_log.append(log_file(), entry)
        what = "granted"


def _entry(
    session: Session, what: Any, key: "ResourceKey", envelope: "Envelope", **more: Any
) -> "Shared":
    from metaorg.charter import encode
    from metaorg.ipfs.sharing_log import Shared
    from metaorg.types import Cid

    signer = session.signer if hasattr(session.flags, "account") else None
    return Shared(
        time=int(time.time()),
        what=what,
        network=session.address,
        resource=str(key.resource),
        root=str(key.root),
        envelope=str(Cid.of(encode(envelope))),
        who=signer.address if signer else "",
        **more,
    )
