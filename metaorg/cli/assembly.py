"""`metaorg assembly`: proposals, votes and decisions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.cli.command import application, command
from metaorg.cli.files import read_calls, text_or_file
from metaorg.cli.options import (
    ActFlags,
    AllFlags,
    ProposalArgument,
    ReadFlags,
    SignOnly,
    Split,
    text,
)
from metaorg.cli.output import emit, facts, plain, say, table
from metaorg.cli.session import Session
from metaorg.cli.writing import action_line, deliver, perform
from metaorg.cli.writing import propose as propose_calls
from metaorg.cli.writing import sign_only as sign_act
from metaorg.errors import InvalidInput
from metaorg.times import duration, moment

if TYPE_CHECKING:
    from metaorg.onchain.words import Said
    from metaorg.organization import MetaOrganization, ProposalView

SPLIT = 255
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
        Literal["for", "against", "abstain"] | None,
        typer.Argument(metavar="for|against|abstain", help="Or --split."),
    ] = None,
    split: Split = None,
    reason: Annotated[
        str | None, typer.Option(parser=text, metavar="TEXT", help="Why; it is public.")
    ] = None,
    sign_only: SignOnly = None,
) -> None:
    """Cast the own organization's vote, whole or split.

    Under consent, a vote against is an objection and needs its reason.

    Without ETH: `--sign-only FILE` signs it, and anybody sends it with `metaorg assembly
    vote-batch FILE`. A Safe (`--account safe:ADDRESS`) votes so, by the signatures of its owners,
    or with `--as safe`, by a transaction of its own.
    """
    if (support is None) == (split is None):
        raise InvalidInput("give one of for, against and abstain, or --split")
    assembly = session.organization.assembly
    found, cast = assembly.find(number).number, SPLIT if support is None else SUPPORT[support]
    if sign_only is not None:
        sign_act(session, sign_only, assembly.ballot(found, cast, reason or "", split))
    else:
        perform(session, assembly.vote(found, cast, reason or "", split))


@command(app, AllFlags, "vote-batch")
def vote_batch(
    session: Session,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Votes, as `vote --sign-only` signs.")
    ],
) -> None:
    """Send votes that others signed, in as few transactions as possible; anybody may.

    A vote that is refused is told with the reason, and the others are sent all the same; the exit
    code is 1 then. Run again, it sends nothing twice.

    JSON: [{"file": "a.json", "voter": "0x...", "proposal": "9157...", "outcome": "sent", "reason":
    "", "transaction": "0x..."}]; "outcome" is "sent", "valid" (in a dry run), "cast already" or
    "refused", where "voter" and "proposal" are null if the file cannot be read.
    """
    deliver(session, files, session.organization.assembly.errands, ("voter", "proposal"))


@command(app, ActFlags)
def upgrade(session: Session, number: ProposalArgument) -> None:
    """Ask, before voting starts, that a proposal needs the consent of each class.

    When more than half of the seats of one constituency have asked, it does, where the rule of the
    proposal allows it.
    """
    assembly = session.organization.assembly
    perform(session, assembly.upgrade(assembly.find(number).number))


@command(app, ActFlags)
def count(session: Session, number: ProposalArgument) -> None:
    """Add up the votes of a proposal in steps, for a register of many thousands; anyone may do it.

    `queue` does it where it is needed. Run again, it counts nothing twice.
    """
    assembly = session.organization.assembly
    steps = assembly.counting(assembly.find(number))
    if not steps:
        say("All votes are counted and kept already; nothing was sent.")
    perform(session, *steps)


@command(app, ActFlags)
def queue(session: Session, number: ProposalArgument) -> None:
    """Start the delay of a proposal that has succeeded; anyone may do it.

    Where there are too many votes to count them in one transaction, they are counted before.
    """
    assembly = session.organization.assembly
    perform(session, *assembly.queueing(assembly.find(number)))


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
    """Show a proposal: what it does, its rule, who voted what, and how it came out.

    What an action does is read from its data, in words ("words") and as a function with arguments
    ("decoded"); what it says ("says") are the proposer's own words, which nobody has checked. Words
    go by what is in force now, or was before the proposal was executed: in block "words_at". Votes
    are in units, 10,000 a seat.

    JSON: {"number": "9157...", "title": "...", "body": "bafk...", "reasons": "...", "description":
    "...", "calls": [{"to": "0x...", "data": "0x...", "value": 0, "says": "...", "decoded":
    {"contract": "InterConstitution", "function": "amend", "arguments": {...}},
    "words": {"text": "...", "decoded": true, "warning": false, "inner": []}}], "state": {"state":
    "active", "proposer": "0x...", "snapshot": 1700000000, "deadline": 1700600000, "eta": 0,
    "rule": {...}, "edition": 0, "extended": false}, "tallies": [{"constituency": "Workers",
    "against": 0, "in_favour": 10000, "abstain": 0, "seats": 2, "upgrade_requests": 0}], "weights":
    [], "weighted_share": null, "outcome": {"passed": true, "reasons": []}, "votes": [{"proposal":
    "9157...", "voter": "0x...", "support": 1, "split": null, "reason": "", "name": "...",
    "constituency": "Workers", "group": 0}], "words_at": 120}; "decoded" is null for
    contracts of others, "outcome" until voting is over; "weights" (basis points) and
    "weighted_share" (parts of 1e-9) are for weighted rules; "split" is [against, for, abstain];
    votes of one "group" above 0 count once; "words_at" is the block by which words go.
    """
    from metaorg.organization.words import of_proposal

    organization = session.organization
    proposal = organization.assembly.find(number)
    decoded = [plain(organization.decode(call)) for call in proposal.calls]
    said, block = of_proposal(organization, proposal)
    shown = _shown(organization, proposal, decoded, said) | {"words_at": block.number}
    emit(shown, session.as_json, lambda: _described(organization, proposal, shown, said))


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
    """List the decision rules, the strictest first, and what holds for all of them.

    JSON: {"rules": [{"number": 1, "methods": ["each class"], "approval": 6667, "quorum": 5000,
    "objections": 0, "closing": 20, "upgradable": false, "delay": 604800, "voting_period":
    604800}], "weights": {"Workers": 5000}, "voting_delay": 86400, "open_proposals": 3}; number 0 is
    the ordinary rule, 1 the amendment rule; shares in basis points, durations in seconds, "closing"
    in percent of the voting period; "open_proposals" is for each seat.
    """
    shown = plain(session.organization.assembly.terms())
    emit(shown, session.as_json, lambda: _terms(shown))


def _summary(ordinal: int, proposal: "ProposalView") -> dict[str, Any]:
    state = proposal.state.model_dump(exclude={"rule"})
    return {"ordinal": ordinal, "number": proposal.number, "title": proposal.title} | state


def _row(found: dict[str, Any]) -> tuple[object, ...]:
    times = (moment(found[name]) for name in ("snapshot", "deadline", "eta"))
    number, title = f"{str(found['number'])[:10]}…", found["title"]
    shown = title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"
    return (f"#{found['ordinal']}", number, shown, found["state"], *times)


def _shown(
    organization: "MetaOrganization",
    proposal: "ProposalView",
    decoded: list[Any],
    said: "Sequence[Said]",
) -> dict[str, Any]:
    """What `show` prints as JSON."""
    assembly, names = organization.assembly, organization.membership.constituencies()
    shown: dict[str, Any] = plain(proposal)
    for call, seen, does in zip(shown["calls"], decoded, said, strict=True):
        call |= {"decoded": seen, "words": plain(does)}
    requests = assembly.requests(proposal)
    for tally, name, asked in zip(shown["tallies"], names, requests, strict=False):
        tally |= {"constituency": name, "upgrade_requests": asked}
    shown["weighted_share"] = assembly.weighted_share(proposal)
    shown["votes"] = plain(assembly.voters(proposal))
    return shown


def _described(
    organization: "MetaOrganization",
    proposal: "ProposalView",
    shown: dict[str, Any],
    said: "Sequence[Said]",
) -> str:
    state = proposal.state
    proposer = organization.membership.show(state.proposer).name or "no readable name"
    head = {
        "proposal": proposal.number,
        "title": proposal.title,
        "proposer": f"{state.proposer} ({proposer})",
        "state": state.state,
        "voting": f"{moment(state.snapshot)} to {moment(state.deadline)}"
        + (", extended because a late vote changed the outcome" if state.extended else ""),
        "executable": moment(state.eta) or None,
        "rule": _rule_in_words(proposal),
        "weighted share": _weighted(shown["weighted_share"]),
        "body": proposal.body,
        "reasons": proposal.reasons or None,
        "outcome": _outcome(proposal),
    }
    decoded = [call["decoded"] for call in shown["calls"]]
    actions = [*map(action_line, proposal.calls, decoded, said)]
    warning = (
        "Reasons, and what the proposer says, are the proposer's own; nobody has checked them."
    )
    parts = [facts(head), _tallies(shown), _votes(shown), "\n".join(["actions", *actions])]
    return "\n\n".join([*filter(None, parts), warning])


def _rule_in_words(proposal: "ProposalView") -> str:
    from metaorg.onchain.rulebook import describe_rule

    return describe_rule(proposal.state.rule)


def _weighted(share: int | None) -> str | None:
    from metaorg.rules.decision import SHARE

    return None if share is None else f"{share * 100 / SHARE:.7f} % in favour"


def _outcome(proposal: "ProposalView") -> str | None:
    if proposal.outcome is None:
        return None
    return "\n".join(proposal.outcome.reasons) or "passed"


def _tallies(shown: dict[str, Any]) -> str:
    """Votes by constituency; columns that say nothing are left out."""
    from metaorg.rules.decision import percent, votes

    parts = ("in_favour", "against", "abstain")
    asked = any(one["upgrade_requests"] for one in shown["tallies"])
    columns = ["constituency", "for", "against", "abstain", "seats"]
    columns += ["weight"] * bool(shown["weights"]) + ["ask for each class"] * asked
    rows = []
    for index, one in enumerate(shown["tallies"]):
        row = [one["constituency"], *(votes(one[part]) for part in parts), one["seats"]]
        if shown["weights"]:
            row.append(percent(dict(enumerate(shown["weights"])).get(index, 0)))
        if one["seats"]:
            rows.append(row + [one["upgrade_requests"]] * asked)
    return table(columns, rows)


def _votes(shown: dict[str, Any]) -> str | None:
    """Who voted what."""
    from metaorg.onchain.assembly import vote_words

    rows = [
        (
            one["voter"],
            one["name"],
            one["constituency"],
            vote_words(one["support"], tuple(one["split"]) if one["split"] else None),
            one["group"] or "",
            one["reason"],
        )
        for one in shown["votes"]
    ]
    columns = ("voter", "name", "constituency", "vote", "group", "reason")
    return table(columns, rows) if rows else None


def _terms(shown: dict[str, Any]) -> str:
    head = {
        "voting begins": f"{duration(shown['voting_delay'])} after a proposal",
        "open proposals": f"{shown['open_proposals']} of one seat, at once",
        "weights": ", ".join(f"{k} {v / 100:g} %" for k, v in shown["weights"].items()) or None,
    }
    columns = ("rule", "method", "approval", "quorum", "voting period", "delay", "further")
    return f"{table(columns, map(_rule, shown['rules']))}\n\n{facts(head)}"


def _rule(rule: Mapping[str, Any]) -> tuple[str, ...]:
    number = rule["number"]
    name = f"{number} {NAMED[number]}" if number < len(NAMED) else str(number)
    further = (
        f"fewer than {rule['objections']} objections" if rule["objections"] else "",
        f"late swings in the last {rule['closing']} % extend it" if rule["closing"] else "",
        "a class can ask for each class" if rule["upgradable"] else "",
    )
    return (
        name,
        " and ".join(rule["methods"]),
        f"> {rule['approval'] / 100:g} %" if rule["approval"] else "",
        f"{rule['quorum'] / 100:g} %",
        duration(rule["voting_period"]),
        duration(rule["delay"]),
        ", ".join(filter(None, further)),
    )
