"""`metaorg membership`: the register, who applies and who holds a seat."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_acts, read_json, read_pledge
from metaorg.cli.options import (
    AccountArgument,
    AccountsArgument,
    ActFlags,
    Constituency,
    DecisionFlags,
    PledgeFile,
    PledgeText,
    ProfileFile,
    ProfileName,
    ReadFlags,
    Reason,
    SignedFiles,
    SignOnly,
    WriteFlags,
    address,
)
from metaorg.cli.output import emit, facts, say, table, words
from metaorg.cli.session import Session
from metaorg.cli.writing import deliver, perform
from metaorg.cli.writing import sign_only as sign_act
from metaorg.errors import InvalidInput
from metaorg.times import moment

if TYPE_CHECKING:
    from metaorg.organization import MemberView
    from metaorg.organization.members import Joining, MemberDetails, Step
    from metaorg.records import Profile
    from metaorg.rules.membership import Standing
    from metaorg.types import Address

app = application("The register: who applies and who holds a seat.")


@command(app, ActFlags)
def apply(
    session: Session,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", help="The kind of organization.")
    ] = None,
    constituency: Constituency = None,
    name: ProfileName = None,
    profile: ProfileFile = None,
    pledge: PledgeText = None,
    pledge_file: PledgeFile = None,
    sign_only: SignOnly = None,
    signed: SignedFiles = None,
) -> None:
    """Join: adopt the text in force, apply for a seat, and take it where admission is open.

    Does what is not done yet: interrupted, it goes on; run again, it sends nothing twice.

    Without ETH: `--sign-only FILE` signs both, and anybody sends the files of many organizations,
    in as few transactions as possible, with `--signed FILE --signed FILE ...`. A Safe (`--account
    safe:ADDRESS`) signs only so: each of its owners adds a signature with `metaorg safe sign FILE`
    before it is sent. A file that is refused is told with the reason, the others are sent all the
    same, and the exit code is 1 then.

    JSON with --signed: [{"file": "a.json", "organization": "0x...", "outcome": "sent", "reason":
    "", "transaction": "0x..."}]; "outcome" is "sent", "valid" (in a dry run), "applied already" or
    "refused", where "organization" is null if the file cannot be read.
    """
    membership = session.organization.membership
    if signed:
        deliver(session, signed, membership.applications, ("organization",))
        return
    left = _left(session, (kind, constituency), _profile(name, profile), (pledge, pledge_file))
    if sign_only is not None:
        sign_act(session, sign_only, *membership.to_sign(left))
        return
    calls = left.calls if left.adoption is not None else membership.joining(left)
    perform(
        session, *calls, adoption=left.adoption, record=lambda one: membership.adopting(left, one)
    )
    _tell(session, session.own.address)


@command(app, ActFlags)
def move(
    session: Session,
    new_account: Annotated[
        str | None,
        typer.Argument(parser=address, metavar="NEW-ACCOUNT", help="Who takes the seat over."),
    ] = None,
    pledge: PledgeText = None,
    pledge_file: PledgeFile = None,
    sign_only: SignOnly = None,
    signed: SignedFiles = None,
) -> None:
    """Give the own seat to another account of the same organization; both accounts sign.

    First the account that holds the seat signs with `--sign-only FILE`, then the new account with
    the same command and the same file: there it also adopts the text in force, if it has not, with
    the pledge of the old account or a new one. Then anybody sends it, with `--signed FILE`. Safes
    sign by their owners, with `metaorg safe sign FILE`. For a lost key, see `move-decision`.

    JSON with --signed: [{"file": "a.json", "from": "0x...", "to": "0x...", "outcome": "sent",
    "reason": "", "transaction": "0x..."}]; "outcome" is as for `apply`, or "moved already".
    """
    membership = session.organization.membership
    if signed:
        deliver(session, signed, membership.moves, ("from", "to"))
        return
    if new_account is None or sign_only is None:
        raise InvalidInput("give the new account and --sign-only FILE, or --signed FILE to send")
    before = read_acts(sign_only) if sign_only.exists() else []
    acts = membership.to_move(new_account, read_pledge(pledge, pledge_file), before)
    sign_act(session, sign_only, *acts, before=before)
    _tell_next(sign_only, new_account, both=bool(before))


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


@command(app, DecisionFlags)
def suspend(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """Take an organization's vote, for now, by decision; open proposals keep it."""
    perform(session, session.organization.membership.suspend(organization, reason))


@command(app, DecisionFlags)
def reinstate(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """Give a suspended organization its vote back, by decision."""
    perform(session, session.organization.membership.reinstate(organization, reason))


@command(app, DecisionFlags)
def expel(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """End an organization's seat, by decision; after that, only a decision admits it again."""
    perform(session, session.organization.membership.expel(organization, reason))


@command(app, DecisionFlags, "change-constituency")
def change_constituency(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """Agree, by decision, that an organization changes its class.

    Before, the organization adopts the text in the other class, with `metaorg constitution adopt`.
    """
    perform(session, session.organization.membership.change_constituency(organization, reason))


@command(app, DecisionFlags, "move-decision")
def move_decision(
    session: Session,
    organization: AccountArgument,
    to: Annotated[
        str, typer.Option(parser=address, metavar="ACCOUNT", help="The organization's new account.")
    ],
    reason: Reason,
) -> None:
    """Give a seat to another account, by decision: the key was lost.

    The new account has adopted the text in the seat's class before: `metaorg constitution adopt`.
    """
    perform(session, session.organization.membership.move_by_decision(organization, to, reason))


@command(app, DecisionFlags)
def affiliate(
    session: Session,
    organizations: Annotated[
        list[str],
        typer.Argument(parser=address, metavar="ACCOUNT...", help="Two organizations or more."),
    ],
    reason: Reason,
) -> None:
    """Let organizations under one control share one vote, by decision."""
    perform(session, session.organization.membership.affiliate(organizations, reason))


@command(app, DecisionFlags)
def separate(session: Session, organization: AccountArgument, reason: Reason) -> None:
    """Give an affiliated organization a vote of its own again, by decision."""
    perform(session, session.organization.membership.separate(organization, reason))


@command(app, ActFlags, "declare-affiliation")
def declare_affiliation(session: Session, organization: AccountArgument) -> None:
    """Declare to be under one control with another member.

    When it has declared the same, both share one vote from then on.
    """
    perform(session, session.organization.membership.declare_affiliation(organization))


@command(app, WriteFlags)
def lapse(session: Session, organization: AccountArgument) -> None:
    """Bring about what follows when an organization did not adopt the text in force in time.

    Anyone may do it.
    """
    perform(session, session.organization.membership.lapse(organization))


@command(app, WriteFlags)
def resume(session: Session, organization: AccountArgument) -> None:
    """Give a lapsed organization its vote back when it has adopted the text; anyone may do it."""
    perform(session, session.organization.membership.resume(organization))


@command(app, ActFlags, "profile")
def profile_(
    session: Session,
    name: ProfileName = None,
    profile: ProfileFile = None,
    sharing_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="To what others seal for you (`metaorg keys sharing`)."),
    ] = None,
    node: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where you serve the commons to other members."),
    ] = None,
) -> None:
    """Replace the own profile by --profile or --name, or else change only what is given."""
    given = {"sharing_key": sharing_key, "node": node}
    changed = {field: value for field, value in given.items() if value is not None}
    membership = session.organization.membership
    if name is None and profile is None:
        if not changed:
            raise InvalidInput("say what to change: --sharing-key, --node, --name or a file")
        made = membership.changed_profile(**changed)
    else:
        made = _profile(name, profile, **changed)
    perform(session, membership.change_profile(made))


@command(app, ReadFlags)
def show(session: Session, organization: AccountArgument) -> None:
    """Show where an organization stands, and why.

    JSON: {"account": "0x...", "standing": {"since": 1700000000, "status": "active", "constituency":
    0, "kind": 1, "seat": 4, "ordinal": 0, "admissible_at": 0, "votes_in": 0, "group": 0, "nonce":
    0}, "constituency": "Workers", "kind": "trust", "profile": "bafk...", "name": "...", "behind":
    false, "objections": [{"name": "Objected", "time": 1700000000, "by": "0x...", "by_name": "...",
    "reason": "bafk...", "text": "..."}], "because": null, "shares_vote_with": [{"account": "0x...",
    "name": "..."}], "declared": null, "adopted": 1, "grace_end": null, "consequence": null}

    "because" is what ended its vote or its seat, like an objection; "behind" is true for a seat
    whose organization has not adopted the text in force, which it can until "grace_end"; "declared"
    is of whom it has declared last to be under one control with.
    """
    member = session.organization.membership.details(organization)
    emit(member, session.as_json, lambda: _described(member))


@command(app, ReadFlags, "list")
def list_(
    session: Session,
    status: Annotated[
        Literal["applied", "objected", "active", "suspended", "exited", "lapsed", "barred"] | None,
        typer.Option(help="Only those who stand so."),
    ] = None,
) -> None:
    """List everyone who ever applied, in order.

    A list for people notes who has not adopted the text in force, and who shares a vote.

    JSON: a list of what `show` gives, up to "behind".
    """
    members = [
        member
        for member in session.organization.membership.all()
        if status in (None, words(member.standing.status))
    ]
    columns = ("seat", "account", "name", "constituency", "kind", "status", "since", "notes")
    emit(members, session.as_json, lambda: table(columns, map(_row, members)))


def _profile(name: str | None, file: Path | None, **more: str) -> "Profile":
    from metaorg.records import Profile, made

    given = {} if file is None else read_json(file)
    if not isinstance(given, dict):
        raise InvalidInput(f"{file} is not a profile: a JSON object with a name is expected")
    named = {} if name is None else {"name": name}
    return made(Profile, **(given | named | more))


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


def _left(
    session: Session,
    place: tuple[str | None, str | None],
    profile: "Profile",
    pledge: tuple[str | None, Path | None],
) -> "Joining":
    """What is left to do to join; `place` is kind and constituency."""
    kind, constituency = place
    if kind is None or constituency is None:
        raise InvalidInput("joining needs --kind and --constituency (or --signed, to send files)")
    said, organization = read_pledge(*pledge), session.organization
    organization.settle()
    left = organization.membership.join(kind, profile, constituency, said)
    if left.adoption is not None and said is None:
        raise InvalidInput("joining needs a pledge of what you give: --pledge or --pledge-file")
    if left.done:
        say(
            "You applied before; what you gave now was not used. `leave` takes an application back."
        )
    return left


def _tell_next(file: Path, new_account: "Address", both: bool) -> None:
    """Say what comes after a signature under a change of account."""
    if both:
        say(f"Anybody sends it: metaorg membership move --signed {file}")
    else:
        say(
            f"Next, {new_account} signs the same file, and adopts the text in force with it: "
            f"metaorg membership move {new_account} --sign-only {file} --account ..."
        )


def _tell(session: Session, account: "Address") -> None:
    """Say where an applicant stands now, and what comes next."""
    if session.flags.dry_run or session.flags.how != "send":
        return
    standing = session.organization.membership.show(account).standing
    say(f"{account}: {words(standing.status)}; {_next(standing)}.")


def _next(standing: "Standing") -> str:
    """What comes next for an applicant."""
    from metaorg.rules.membership import BARRED, Status

    decided = standing.admissible_at >= BARRED
    if standing.status == Status.OBJECTED or (standing.status == Status.APPLIED and decided):
        return "a decision of the Assembly is needed (`membership decide`)"
    if standing.status == Status.APPLIED:
        return f"from {moment(standing.admissible_at)} on, anyone may admit it"
    return f"seat {standing.seat}"


def _described(member: "MemberDetails") -> str:
    standing = member.standing
    waiting = words(standing.status) in ("applied", "objected")
    return facts(
        {
            "account": member.account,
            "name": member.name,
            "status": words(standing.status),
            "since": moment(standing.since),
            "because": _step(member.because) if member.because else None,
            "next": _next(standing) if waiting else None,
            "objections": "\n".join(map(_step, member.objections)) or None,
            "seat": standing.seat or None,
            "constituency": member.constituency,
            "kind": member.kind,
            "vote": _shared(member),
            "declared": f"under one control with {member.declared}" if member.declared else None,
            "adopted": _adopted(member),
            "profile": member.profile,
        }
    )


def _step(step: "Step") -> str:
    """Who did something, when and why."""
    by = f"{step.by} ({step.by_name or 'no readable name'}), " if step.by else ""
    what = "" if step.by else f"{step.name.lower()} "
    why = step.text or (f"the reason {step.reason} cannot be read" if step.reason else "")
    return f"{by}{what}{moment(step.time)}" + (f": {why}" if why else "")


def _shared(member: "MemberDetails") -> str | None:
    """With whom an organization shares its vote."""
    if not member.standing.group:
        return None
    others = (
        f"{one.account} ({one.name or 'no readable name'})" for one in member.shares_vote_with
    )
    return f"shares one vote with {', '.join(others)}"


def _adopted(member: "MemberDetails") -> str | None:
    """Which version an organization has adopted, and what follows if it is behind."""
    held = f"version {member.adopted}" if member.adopted else "no version"
    if not member.behind:
        return held if member.adopted else None
    follows = f"; after that, its seat is {member.consequence.words}" if member.consequence else ""
    return f"{held}; the text in force until {moment(member.grace_end or 0)}{follows}"


def _row(member: "MemberView") -> tuple[object, ...]:
    standing = member.standing
    notes = (
        _next(standing) if words(standing.status) in ("applied", "objected") else "",
        "behind: has not adopted the text in force" if member.behind else "",
        f"shares the vote of group {standing.group}" if standing.group else "",
    )
    return (
        standing.seat or "",
        member.account,
        member.name,
        member.constituency,
        member.kind,
        words(standing.status),
        moment(standing.since),
        "; ".join(filter(None, notes)),
    )
