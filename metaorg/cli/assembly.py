"""`metaorg assembly`: proposals, votes and decisions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_act, read_calls, text_or_file
from metaorg.cli.options import ActFlags, AllFlags, ProposalArgument, ReadFlags, SignOnly, text
from metaorg.cli.output import emit, facts, plain, table
from metaorg.cli.session import Session
from metaorg.cli.writing import action_line, agree, perform
from metaorg.cli.writing import propose as propose_calls
from metaorg.cli.writing import sign_only as sign_act
from metaorg.errors import ContractReverted, MetaorgError, Refused, Unreachable
from metaorg.times import duration, moment

if TYPE_CHECKING:
    from metaorg.onchain.words import Said
    from metaorg.organization import MetaOrganization, ProposalView
    from metaorg.rules.decision import ClassTally, Rule
    from metaorg.types import Address, Call

SUPPORT = {"against": 0, "for": 1, "abstain": 2}
TITLE = 60
"""Characters of a title that a list shows."""
NAMED = ("ordinary", "amendment")
"""The two rules that every meta-organization has, by number."""

app = application("All active seats deciding: proposals, votes, execution.")


@command(app, ActFlags)
def propose(
    session: Session,
    title: Annotated[str, typer.Option(parser=text, metavar="TEXT", help="One line.")],
    actions: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Calls, as `--as print` prints them; repeatable."),
    ],
    body: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="The reasons, Markdown.")
    ] = None,
    body_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The reasons as a file; - is stdin.")
    ] = None,
) -> None:
    """Propose calls to the Assembly. `--as propose` of other commands does it in one step."""
    calls = [call for file in actions for call in read_calls(file)]
    propose_calls(session, calls, title, text_or_file(body, body_file, "body") or "")


@command(app, ActFlags)
def vote(
    session: Session,
    number: ProposalArgument,
    support: Annotated[
        Literal["for", "against", "abstain"], typer.Argument(metavar="for|against|abstain")
    ],
    reason: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="Why; it is public.")
    ] = None,
    sign_only: SignOnly = None,
) -> None:
    """Cast the own organization's vote.

    Without ETH: `--sign-only FILE` signs it, and anybody sends it with `metaorg assembly
    vote-batch FILE`. A Safe (`--account safe:ADDRESS`) votes so, by the signatures of its owners,
    or with `--as safe`, by a transaction of its own.
    """
    assembly = session.organization.assembly
    found, cast = assembly.find(number).number, SUPPORT[support]
    if sign_only is not None:
        sign_act(session, assembly.ballot(found, cast, reason or ""), sign_only)
    else:
        perform(session, assembly.vote(found, cast, reason or ""))


@command(app, AllFlags, "vote-batch")
def vote_batch(
    session: Session,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Votes, as `vote --sign-only` signs.")
    ],
) -> None:
    """Send votes that others signed; anybody may.

    A vote that is refused is told with the reason, and the others are sent all the same; the exit
    code is 1 then. Run again, it sends nothing twice.

    JSON: [{"file": "a.json", "voter": "0x...", "proposal": "9157...", "outcome": "sent", "reason":
    "", "transaction": "0x..."}]; "outcome" is "sent", "valid" (in a dry run), "cast already" or
    "refused", where "voter" and "proposal" are null if the file cannot be read.
    """
    agree(session, f"will send the votes in {len(files)} files, as {session.own.address}")
    session.organization.settle()
    cast, told = session.organization.assembly.votes_of(), list[dict[str, Any]]()
    try:
        for file in files:
            told.append(_relayed(session, file, cast))
    finally:  # what went is told, whatever ends the others
        columns = ("file", "voter", "outcome", "reason")
        emit(told, session.as_json, lambda: table(columns, [_named(one, columns) for one in told]))
    refused = sum(one["outcome"] == "refused" for one in told)
    if refused:
        raise Refused(f"{refused} of {len(told)} votes were refused.")


@command(app, ActFlags)
def queue(session: Session, number: ProposalArgument) -> None:
    """Start the delay of a proposal that has succeeded; anyone may do it."""
    assembly = session.organization.assembly
    perform(session, assembly.queue(assembly.find(number)))


@command(app, ActFlags)
def execute(session: Session, number: ProposalArgument) -> None:
    """Carry out a decision whose delay is over; anyone may do it."""
    assembly = session.organization.assembly
    perform(session, assembly.execute(assembly.find(number)))


@command(app, ActFlags)
def cancel(session: Session, number: ProposalArgument) -> None:
    """Take back an own proposal before voting begins."""
    assembly = session.organization.assembly
    perform(session, assembly.cancel(assembly.find(number)))


@command(app, ReadFlags)
def show(session: Session, number: ProposalArgument) -> None:
    """Show a proposal: what it does, its votes by constituency, its rule, and how it came out.

    What an action does is read from its data, in words ("words") and as a function with arguments
    ("decoded"); what it says ("says") are the proposer's own words, which nobody has checked. Words
    go by what is in force now, or was before the proposal was executed: in block "words_at". Votes
    are in units, 10,000 a seat.

    JSON: {"number": "9157...", "title": "...", "body": "bafk...", "reasons": "...", "description":
    "...", "calls": [{"to": "0x...", "data": "0x...", "value": 0, "says": "...", "decoded":
    {"contract": "InterConstitution", "function": "amend", "arguments": {...}},
    "words": {"text": "...", "decoded": true, "warning": false, "inner": []}}], "state": {"state":
    "active", "proposer": "0x...", "snapshot": 1700000000, "deadline": 1700600000, "eta": 0,
    "rule": {...}}, "tallies": [{"constituency": "Workers", "against": 0, "in_favour": 10000,
    "abstain": 0, "seats": 2}], "outcome": {"passed": true, "reasons": []},
    "words_at": 120}; "decoded" is null for contracts of others, "outcome" until voting is over.
    """
    from metaorg.organization.words import of_proposal

    organization = session.organization
    proposal = organization.assembly.find(number)
    names = organization.membership.constituencies()
    decoded = [plain(organization.decode(call)) for call in proposal.calls]
    said, block = of_proposal(organization, proposal)
    shown = plain(proposal) | {"words_at": block.number}
    for call, seen, does in zip(shown["calls"], decoded, said, strict=True):
        call |= {"decoded": seen, "words": plain(does)}
    for tally, name in zip(shown["tallies"], names, strict=False):
        tally["constituency"] = name
    emit(
        shown,
        session.as_json,
        lambda: _described(organization, proposal, names, decoded, said),
    )


@command(app, ReadFlags, "list")
def list_(
    session: Session,
    state: Annotated[
        Literal[
            "pending",
            "active",
            "canceled",
            "defeated",
            "succeeded",
            "queued",
            "expired",
            "executed",
        ]
        | None,
        typer.Option(help="Only those in this state."),
    ] = None,
) -> None:
    """List proposals in order.

    JSON: [{"ordinal": 1, "number": "9157...", "title": "...", "state": "active", "proposer":
    "0x...", "snapshot": 1700000000, "deadline": 1700600000, "eta": 0}]
    """
    found = [
        _summary(ordinal, proposal)
        for ordinal, proposal in enumerate(session.organization.assembly.all(), 1)
        if state in (None, proposal.state.state)
    ]
    columns = ("#", "number", "title", "state", "voting from", "voting to", "executable")
    emit(found, session.as_json, lambda: table(columns, map(_row, found)))


@command(app, ReadFlags)
def rules(session: Session) -> None:
    """List the decision rules by number; 0 is the ordinary rule, 1 the amendment rule.

    JSON: [{"method": "each class", "approval": 6667, "quorum": 5000, "delay": 604800,
    "voting_period": 604800}]; shares in basis points, durations in seconds.
    """
    found = session.organization.assembly.rules()
    columns = ("rule", "method", "approval", "quorum", "voting period", "delay")
    rows = [(_name(number), *_rule(rule)) for number, rule in enumerate(found)]
    emit(found, session.as_json, lambda: table(columns, rows))


def _relayed(
    session: Session, file: Path, cast: "dict[tuple[int, Address], int]"
) -> dict[str, Any]:
    """What becomes of one signed vote; `cast` are those that were cast before, and grows."""
    told: dict[str, Any] = {"file": str(file)}
    told |= {"voter": None, "proposal": None, "reason": "", "transaction": None}
    try:
        act = read_act(file)
        proposal, support = session.organization.assembly.vote_in(act)
        told |= {"voter": act.signer, "proposal": proposal}
        if cast.get((proposal, act.signer)) == support:
            return told | {"outcome": "cast already"}
        call = session.organization.assembly.relay(act)
        session.organization.simulate(call)
    except Unreachable:
        raise
    except MetaorgError as error:
        return told | {"outcome": "refused", "reason": str(error)}
    if session.flags.dry_run:
        return told | {"outcome": "valid"}
    told |= _send_vote(session, call)
    if told["outcome"] == "sent":
        cast[proposal, act.signer] = support
    return told


def _send_vote(session: Session, call: "Call") -> dict[str, Any]:
    """Send one signed vote."""
    try:
        [receipt] = session.organization.send(call)
    except ContractReverted as error:  # something else came first
        return {"outcome": "refused", "reason": str(error)}
    return {"outcome": "sent", "transaction": receipt.transaction}


def _named(told: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    return [told[column] for column in columns]


def _summary(ordinal: int, proposal: "ProposalView") -> dict[str, Any]:
    state = proposal.state.model_dump(exclude={"rule"})
    return {"ordinal": ordinal, "number": proposal.number, "title": proposal.title} | state


def _row(found: dict[str, Any]) -> tuple[object, ...]:
    times = (moment(found[name]) for name in ("snapshot", "deadline", "eta"))
    number, title = f"{str(found['number'])[:10]}…", found["title"]
    shown = title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"
    return (f"#{found['ordinal']}", number, shown, found["state"], *times)


def _name(number: int) -> str:
    return f"{number} {NAMED[number]}" if number < len(NAMED) else str(number)


def _rule(rule: "Rule") -> tuple[str, ...]:
    from metaorg.rules.decision import percent

    approval, quorum = f"> {percent(rule.approval)}", percent(rule.quorum)
    periods = duration(rule.voting_period), duration(rule.delay)
    return (rule.methods.words, approval, quorum, *periods)


def _described(
    organization: "MetaOrganization",
    proposal: "ProposalView",
    names: list[str],
    decoded: list[Any],
    said: "list[Said]",
) -> str:
    state = proposal.state
    method, approval, quorum, period, delay = _rule(state.rule)
    proposer = organization.membership.show(state.proposer).name or "no readable name"
    head = {
        "proposal": proposal.number,
        "title": proposal.title,
        "proposer": f"{state.proposer} ({proposer})",
        "state": state.state,
        "voting": f"{moment(state.snapshot)} to {moment(state.deadline)}",
        "executable": moment(state.eta) or None,
        "rule": f"{method}, {approval} in favour, quorum {quorum}",
        "periods": f"{period} of voting, {delay} of delay",
        "body": proposal.body,
        "reasons": proposal.reasons or None,
        "outcome": _outcome(proposal),
    }
    columns = ("constituency", "for", "against", "abstain", "seats")
    tallies = table(
        columns,
        [
            _tally(name, one)
            for name, one in zip(names, proposal.tallies, strict=False)
            if one.seats
        ],
    )
    actions = [*map(action_line, proposal.calls, decoded, said)]
    warning = (
        "Reasons, and what the proposer says, are the proposer's own; nobody has checked them."
    )
    return "\n\n".join([facts(head), tallies, "\n".join(["actions", *actions]), warning])


def _outcome(proposal: "ProposalView") -> str | None:
    if proposal.outcome is None:
        return None
    return "\n".join(proposal.outcome.reasons) or "passed"


def _tally(name: str, tally: "ClassTally") -> tuple[object, ...]:
    from metaorg.rules.decision import votes

    cast = (votes(units) for units in (tally.in_favour, tally.against, tally.abstain))
    return (name, *cast, tally.seats)
