"""`metaorg membership`: the register, who applies and who holds a seat."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_json, read_pledge
from metaorg.cli.options import (
    AccountArgument,
    AccountsArgument,
    ActFlags,
    Constituency,
    DecisionFlags,
    PledgeFile,
    PledgeText,
    ReadFlags,
    Reason,
    WriteFlags,
)
from metaorg.cli.output import emit, facts, say, table, words
from metaorg.cli.session import Session
from metaorg.cli.writing import perform
from metaorg.errors import InvalidInput
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.organization import MemberView
    from metaorg.records import Profile
    from metaorg.types import Address

app = application("The register: who applies and who holds a seat.")


@command(app, ActFlags)
def apply(
    session: Session,
    kind: Annotated[str, typer.Option(metavar="NAME", help="The kind of organization.")],
    constituency: Constituency,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The organization's name, public.")
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="More about it as JSON: name, sector, locality, ..."),
    ] = None,
    pledge: PledgeText = None,
    pledge_file: PledgeFile = None,
) -> None:
    """Join: adopt the text in force, apply for a seat, and take it where admission is open.

    Does what is not done yet: interrupted, it goes on; run again, it sends nothing twice.
    """
    said, organization = read_pledge(pledge, pledge_file), session.organization
    organization.settle()
    left = organization.membership.join(kind, _profile(name, profile), constituency, said)
    if left.adoption is not None and said is None:
        raise InvalidInput("joining needs a pledge of what you give: --pledge or --pledge-file")
    if left.adoption is None and not left.calls:
        say(
            "You applied before; what you gave now was not used. `leave` takes an application back."
        )
    perform(session, *left.calls, adoption=left.adoption, pledge=said)
    _tell(session, session.own.address)


@command(app, ActFlags, "object")
def object_(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """Object to an application with a reason; then only a decision can admit it."""
    perform(session, session.organization.membership.object(organization, reason))


@command(app, WriteFlags)
def admit(
    session: Session,
    accounts: AccountsArgument = None,
    due: Annotated[
        bool, typer.Option("--due", help="All whose window is over, as many as the pace allows.")
    ] = False,
) -> None:
    """Give applicants their seats when the window for objections is over; anyone may do it."""
    if due == bool(accounts):
        raise InvalidInput("name accounts, or use --due for all whose window is over")
    session.organization.settle()
    chosen = _due(session) if due else _waiting(session, accounts or [])
    perform(session, *map(session.organization.membership.admit, chosen), independent=True)


@command(app, ActFlags)
def leave(session: Session, reason: Reason) -> None:
    """Give up the own seat, or take back the application."""
    perform(session, session.organization.membership.leave(reason))


@command(app, DecisionFlags)
def decide(
    session: Session,
    organization: AccountArgument,
    verdict: Annotated[Literal["admit", "refuse"], typer.Option(help="What the decision says.")],
    reason: Reason,
) -> None:
    """Admit or refuse an applicant by decision: it is proposed unless --as says otherwise."""
    perform(
        session, session.organization.membership.decide(organization, verdict == "admit", reason)
    )


@command(app, ReadFlags)
def show(session: Session, organization: AccountArgument) -> None:
    """Show where an organization stands.

    JSON: {"account": "0x...", "standing": {"since": 1700000000, "status": "active", "constituency":
    0, "kind": 1, "seat": 4, "ordinal": 0, "admissible_at": 0}, "constituency": "Workers", "kind":
    "trust", "profile": "bafk...", "name": "..."}
    """
    member = session.organization.membership.show(organization)
    emit(member, session.as_json, lambda: _described(member))


@command(app, ReadFlags, "list")
def list_(
    session: Session,
    status: Annotated[
        Literal["applied", "objected", "active", "suspended", "exited"] | None,
        typer.Option(help="Only those who stand so."),
    ] = None,
) -> None:
    """List everyone who ever applied, in order. JSON: a list of what `show` gives."""
    members = [
        member
        for member in session.organization.membership.all()
        if status in (None, words(member.standing.status))
    ]
    columns = ("seat", "account", "name", "constituency", "kind", "status", "since", "admissible")
    emit(members, session.as_json, lambda: table(columns, map(_row, members)))


def _profile(name: str | None, file: Path | None) -> "Profile":
    from metaorg.records import Profile, made

    given = {} if file is None else read_json(file)
    if not isinstance(given, dict):
        raise InvalidInput(f"{file} is not a profile: a JSON object with a name is expected")
    named = {} if name is None else {"name": name}
    return made(Profile, **(given | named))


def _waiting(session: Session, accounts: "Sequence[Address]") -> "list[Address]":
    """The accounts without those that hold a seat already."""
    organization = session.organization
    members = organization.membership.views(list(dict.fromkeys(accounts)), session.chain.at())
    for member in members:
        if member.standing.active:
            say(f"{member.account} holds seat {member.standing.seat} already.")
    return [member.account for member in members if not member.standing.active]


def _due(session: Session) -> "Sequence[Address]":
    """Whose turn it is; says who has to wait for the next period."""
    now = max(int(time.time()), session.chain.block().time)
    turn = session.organization.membership.turn(now)
    chosen = turn.due[: turn.remaining]
    rest = len(turn.due) - len(chosen)
    if rest:
        say(f"{rest} more wait their turn: the next period begins at {moment(turn.next_period)}.")
    elif not chosen:
        say("Nobody's window is over.")
    return chosen


def _tell(session: Session, account: "Address") -> None:
    """Say where an applicant stands now, and what comes next."""
    if session.flags.dry_run or session.flags.how != "send":
        return
    standing = session.organization.membership.show(account).standing
    then = {
        "applied": f"from {moment(standing.admissible_at)} on, anyone may admit it",
        "objected": "a decision of the Assembly is needed",
    }.get(words(standing.status), f"seat {standing.seat}")
    say(f"{account}: {words(standing.status)}; {then}.")


def _described(member: "MemberView") -> str:
    standing = member.standing
    return facts(
        {
            "account": member.account,
            "name": member.name,
            "status": words(standing.status),
            "since": moment(standing.since),
            "seat": standing.seat or None,
            "constituency": member.constituency,
            "kind": member.kind,
            "admissible": moment(standing.admissible_at) or None,
            "profile": member.profile,
        }
    )


def _row(member: "MemberView") -> tuple[object, ...]:
    standing = member.standing
    waiting = words(standing.status) == "applied"
    return (
        standing.seat or "",
        member.account,
        member.name,
        member.constituency,
        member.kind,
        words(standing.status),
        moment(standing.since),
        moment(standing.admissible_at) if waiting else "",
    )
