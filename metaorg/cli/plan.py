"""`metaorg plan`: how a charter and the chain differ, and the proposal that ends the difference."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaorg.cli.command import command
from metaorg.cli.options import WRITING, WriteFlags
from metaorg.cli.output import emit, say
from metaorg.cli.session import Session
from metaorg.cli.writing import finish, perform
from metaorg.errors import CheckFailed

if TYPE_CHECKING:
    from metaorg.charter import Charter
    from metaorg.plan import Change, Left, Plan

_How = Annotated[
    Literal["show", "propose", "print", "safe", "send"],
    typer.Option(
        "--as",
        help="Show the difference; or make it one proposal, print its calls for `assembly propose "
        "--actions`, write a batch for the Transaction Builder of the Safe that --account names, "
        "or send them.",
        rich_help_panel=WRITING,
    ),
]


@dataclass(frozen=True, kw_only=True)
class PlanFlags(WriteFlags):
    """What a command needs that reads, and proposes only when asked to."""

    how: _How = "show"  # type: ignore[assignment]  # one choice more than others have


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, PlanFlags)(plan)


def plan(
    session: Session,
    charter: Annotated[Path, typer.Argument(metavar="CHARTER", help="The file charter.yaml.")],
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with 6 when there is a difference, for scripts."),
    ] = False,
) -> None:
    """Show how the chain differs from a charter, and what decision would bring it there.

    Nothing is changed unless --as says so: `--as propose` makes all changes one proposal, whose
    text says what was and what becomes. Executed, it leaves nothing to plan. The exit code is 0
    with and without a difference; with --exit-code it is 6 when there is one.

    `+` is added, `-` is taken away, `~` changes, `!` differs and cannot be changed by a decision:
    names of constituencies and kinds stay, rules cannot be removed, the name is given at the
    founding. Rules are compared by number: ordinary 0, amendment 1, the others in the order in
    which the charter writes them, so that a rule that is only renamed shows no difference. Founders
    are not compared, nor are modules; those that a decision has replaced are told.

    JSON: {"same": false, "block": 120, "changes": [{"field": "rules.ordinary.quorum", "was":
    "20 %", "becomes": "30 %"}], "calls": [{"to": "0x...", "data": "0x...", "value": 0, "says":
    "..."}], "left": [{"field": "name", "on_chain": "...", "declared": "...", "why": "..."}],
    "notes": ["..."]}; "was", "becomes", "on_chain" and "declared" are null for what is not there.
    """
    from metaorg import charter as charters

    declared = charters.load(charter)
    found = _plan(session, declared)
    if session.flags.how == "show":
        emit({"same": found.same, **dict(found)}, session.as_json, lambda: described(found))
    else:
        _carry_out(session, found)
    if exit_code and not found.same:
        raise CheckFailed("The chain differs from the charter.")


def described(plan: "Plan") -> str:
    """A plan as people read it: what changes, in order, what stays, and what to know of it."""
    if plan.same:
        head = [f"The chain is what the charter declares, as of block {plan.block}."]
    else:
        counts = f"{len(plan.changes)} changes in {len(plan.calls)} calls"
        head = [f"{counts}, as of block {plan.block}:"]
    return "\n".join([*head, *map(_changed, plan.changes), *map(_remains, plan.left), *plan.notes])


def _plan(session: Session, declared: "Charter") -> "Plan":
    from metaorg import plan as plans
    from metaorg.organization.words import standing

    now = standing(session.organization)
    return plans.compare(now, declared, plans.purpose_of(now, session.store))


def _carry_out(session: Session, found: "Plan") -> None:
    say(described(found))
    if not found.calls:
        say("There is nothing to decide; nothing was sent.")
        finish(session, [])
        return
    given = session.flags.body
    body = f"{given}\n\n{found.body}" if given else found.body
    title = session.flags.title or found.title
    session.flags = replace(session.flags, title=title, body=body)
    perform(session, *found.calls)


def _changed(change: "Change") -> str:
    if change.was is None:
        return f"  + {change.field}: {change.becomes}"
    if change.becomes is None:
        return f"  - {change.field}: {change.was}"
    return f"  ~ {change.field}: {change.was} -> {change.becomes}"


def _remains(one: "Left") -> str:
    shown = f"{one.on_chain or 'nothing'} on chain, {one.declared or 'nothing'} declared"
    return f"  ! {one.field}: {shown}; {one.why}"
