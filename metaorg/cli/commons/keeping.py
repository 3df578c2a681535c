"""`metaorg commons`: holding what the network records, and giving it to others."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metaorg.cli.command import command
from metaorg.cli.commons.app import app
from metaorg.cli.options import CONNECTION, ReadFlags, cid
from metaorg.cli.output import emit, facts, progress, table
from metaorg.cli.session import Session
from metaorg.errors import CheckFailed, InvalidInput, Misconfigured, Unreachable

if TYPE_CHECKING:
    from metaorg.ipfs import Holding, PinningService
    from metaorg.types import Cid

CidsArgument = Annotated[
    list[Any] | None, typer.Argument(parser=cid, metavar="CID", help="Which; all when absent.")
]
CidsNeeded = Annotated[
    list[Any], typer.Argument(parser=cid, metavar="CID", help="Which; one or several.")
]
_Service = Annotated[
    str | None,
    typer.Option(
        "--service",
        metavar="URL",
        help="A pinning service; its token is in METAORG_PINNING_TOKEN.",
        rich_help_panel=CONNECTION,
    ),
]
_NOTHING = {"blocks": 0, "bytes": 0}


@dataclass(frozen=True, kw_only=True)
class KeepFlags(ReadFlags):
    """What a command needs that may also speak with a pinning service."""

    pinning: _Service = None


@command(app, KeepFlags)
def status(session: Session) -> None:
    """Show what the chain records, and what of it is held, pinned and missing here.

    Content is looked for by its name; `verify` reads it. Pins of a pinning service are shown when
    one is set. JSON: {"documents": [{"cid": "bafk...", "what": "resource", "state": "held",
    "missing": 0, "pinned": true, "why": "", "service": "pinned"}], "waiting": {"blocks": 0,
    "bytes": 0}}; state is held, partial, missing, damaged, malformed (whoever has it) or unknown,
    waiting is what a daemon that could not be reached has still to get, and service null without
    one.
    """
    from metaorg.ipfs import holdings

    named = session.organization.commons.recorded()
    pins = _pins(session)
    with progress("looking", len(named)) as advance:
        found = []
        for one in holdings(session.own_store, named):
            found.append(one)
            advance()
    rows = [
        one.model_dump() | {"cid": one.cid, "service": pins.get(one.cid) if pins else None}
        for one in found
    ]
    waiting = _waiting(session)
    columns = ("cid", "what", "state", "pinned", "service")
    emit(
        {"documents": rows, "waiting": waiting},
        session.as_json,
        lambda: (
            table(columns, ([row[name] for name in columns] for row in rows))
            + "\n\n"
            + facts({**Counter(one.state for one in found), **waiting})
        ),
    )


@command(app, ReadFlags)
def verify(session: Session) -> None:
    """Read every byte that the own store has of what the chain records, and check its hashes.

    Exit code 6 when something is missing or damaged. JSON: {"resources": 3, "documents": 40,
    "faults": {"bafk...": "missing: ..."}}
    """
    from metaorg.ipfs import holdings

    named = session.organization.commons.recorded()
    faults = {}
    with progress("reading", len(named)) as advance:
        for one in holdings(session.store, named, verify=True):
            if one.state != "held":
                faults[str(one.cid)] = f"{one.what}: {one.state}: {one.why}"
            advance()
    count = sum(what == "resource" for what in named.values())
    found = {"resources": count, "documents": len(named), "faults": faults}
    said = {"resources": count, "documents": len(named)} | faults
    emit(found, session.as_json, lambda: facts(said))
    if faults:
        raise CheckFailed(f"{len(faults)} documents of the commons are missing or damaged")


@command(app, ReadFlags)
def mirror(session: Session) -> None:
    """Hold everything that the chain records; run it as often as you like.

    What is missing comes from --gateway and from the members' nodes that their profiles name.
    Exit code 5 when something could not be had; what is malformed, whoever has it, does not count.
    JSON: [{"cid": "bafk...", "what": "resource", "state": "held", "missing": 0, "pinned": true,
    "why": ""}], only what is new or lacking.
    """
    _keep(session, session.organization.commons.recorded(), verify=False)


@command(app, ReadFlags)
def repair(session: Session, cids: CidsArgument = None) -> None:
    """Read everything, and fetch again what is missing or damaged; then as `mirror`."""
    recorded = session.organization.commons.recorded()
    named = {one: recorded.get(one, "not recorded") for one in cids} if cids else recorded
    _keep(session, named, verify=True)


@command(app, KeepFlags)
def pin(session: Session, cids: CidsArgument = None) -> None:
    """Keep content in the own store, or with --service at a pinning service.

    JSON: [{"cid": "bafk...", "where": "...", "state": "pinned"}]
    """
    wanted = cids or list(session.organization.commons.recorded())
    done = []
    with progress("pinning", len(wanted)) as advance:
        for one in wanted:
            done.append(_pin_at(session, one))
            advance()
    _emit_pins(session, done)


@command(app, KeepFlags)
def unpin(session: Session, cids: CidsNeeded) -> None:
    """Let content go, from the own store or with --service from a pinning service.

    What the chain records stays all the same: `gc` never drops it.
    """
    for one in cids:
        if session.settings.pinning is None:
            session.own_store.unpin(one)
        else:
            for found in [*_service(session).pins(cids=[one])]:
                _service(session).delete(found.requestid)
    where = session.settings.pinning or session.own_store.describe()
    _emit_pins(session, [{"cid": one, "where": where, "state": "unpinned"} for one in cids])


@command(app, ReadFlags)
def gc(
    session: Session,
    older_than: Annotated[
        float, typer.Option(min=0, metavar="HOURS", help="Only what came longer ago.")
    ] = 24,
) -> None:
    """Delete what is neither pinned nor recorded on the chain of --address.

    JSON: {"deleted": 12}; in blocks.
    """
    keep = session.organization.commons.recorded()
    deleted = session.own_store.collect(keep, older_than=older_than * 3600)
    emit({"deleted": deleted}, session.as_json, lambda: f"{deleted} blocks deleted")


def _keep(session: Session, named: "dict[Cid, str]", *, verify: bool) -> None:
    from metaorg.ipfs import keep

    before = set() if verify else set(session.own_store.pins())
    told: list[Holding] = []
    with progress("fetching", size=True) as advance:
        for one in keep(session.own_store, session.keepers, named, verify=verify, advance=advance):
            if one.state != "held" or one.cid not in before:
                told.append(one)
    lacking = [one for one in told if one.state != "held"]
    columns = ("cid", "what", "state")
    emit(told, session.as_json, lambda: _kept(named, told, lacking, columns))
    wanted = [one for one in lacking if one.state != "malformed"]  # which nobody can have
    if wanted:
        raise Unreachable(f"{len(wanted)} of {len(named)} documents could not be had")


def _kept(
    named: "dict[Cid, str]",
    told: "list[Holding]",
    lacking: "list[Holding]",
    columns: tuple[str, ...],
) -> str:
    said = f"{len(named)} documents recorded, {len(told) - len(lacking)} brought in or checked"
    if not lacking:
        return said
    rows = table(columns, ([getattr(one, c) for c in columns] for one in lacking))
    reasons = dict.fromkeys(one.why.replace(str(one.cid), "it") for one in lacking)
    return "\n\n".join([said, rows, "\n".join(reasons)])


def _pin_at(session: Session, one: "Cid") -> dict[str, Any]:
    from metaorg.ipfs import dag

    if session.settings.pinning is None:
        if session.settings.gateways:
            dag.copy(one, session.source, session.own_store)
        session.own_store.pin(one)
        return {"cid": one, "where": session.own_store.describe(), "state": "pinned"}
    found = _service(session).add(one)
    return {"cid": one, "where": session.settings.pinning, "state": found.status}


def _emit_pins(session: Session, done: list[dict[str, Any]]) -> None:
    columns = ("cid", "where", "state")
    emit(done, session.as_json, lambda: table(columns, ([one[c] for c in columns] for one in done)))


def _pins(session: Session) -> "dict[Cid, str] | None":
    """What the pinning service says of each pin; None without one."""
    if session.settings.pinning is None:
        return None
    from metaorg.types import Cid

    found = {}
    for one in _service(session).pins():
        with suppress(InvalidInput):  # others may pin what we cannot name
            found[Cid.parse(one.pin.cid)] = str(one.status)
    return found


def _service(session: Session) -> "PinningService":
    import os

    from metaorg.ipfs import PinningService
    from metaorg.settings import TOKEN

    token = os.environ.get(TOKEN, "")
    if not token:
        raise Misconfigured(f"the pinning service wants a token: set the variable {TOKEN}")
    return PinningService(session.settings.pinning or "", token, timeout=session.settings.timeout)


def _waiting(session: Session) -> dict[str, int]:
    """What waits for a daemon that could not be reached."""
    from metaorg.ipfs import Queued

    store = session.own_store
    pending = store.pending() if isinstance(store, Queued) else None
    return {"blocks": pending.blocks, "bytes": pending.size} if pending else _NOTHING


def _said(waiting: dict[str, int]) -> dict[str, str]:
    if not waiting["blocks"]:
        return {}
    return {"waiting for the daemon": f"{waiting['blocks']} blocks, {waiting['bytes']:,} bytes"}
