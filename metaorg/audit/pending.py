"""What was scheduled and has not been executed, in words, and which proposal it carries out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.executions import deciding, proposals
from metaorg.audit.findings import Finding, difference
from metaorg.audit.looks import log, view
from metaorg.audit.statement import Pending
from metaorg.onchain import in_force
from metaorg.onchain.authority import Authority
from metaorg.onchain.chain import Reading
from metaorg.onchain.in_force import InForce
from metaorg.onchain.modules import Modules
from metaorg.onchain.timelock import Timelock
from metaorg.onchain.words import Words
from metaorg.types import Address, Call, Event

LATEST = (1 << 48) - 1
"""The latest time that is told; the Timelock takes any delay."""
WEEK = 604_800
"""Seconds after which a call that the Authority scheduled expires. Source: AccessManager."""


class Operation(NamedTuple):
    """What events tell to be scheduled.

    Args:
        contract: "timelock" or "authority". ready_at: Unix seconds. calls: target, value and data.
        events: that told so.
    """

    contract: str
    id: bytes
    ready_at: int
    calls: tuple[tuple[Address, int, bytes], ...]
    events: tuple[Happened, ...]


def pending(
    reading: Reading, modules: Modules, events: Sequence[Happened]
) -> tuple[tuple[Pending, ...], tuple[Finding, ...]]:
    """What waits at the reading's block, and what of it no proposal accounts for.

    Raises:
        ChainUnreachable, ContractReverted: what storage says could not be read.
    """
    told = [*_of_timelock(modules, events), *_of_authority(modules, events)]
    if not told:
        return (), ()
    times = _stored(reading, modules, told)
    now, findings, rows = reading.block.time, list[Finding](), list[Pending]()
    waiting = [one for one in told if times[one.id]]
    numbers = _carried_out(modules, events)
    said = _said(reading, modules, events, waiting)
    for one in told:
        if one.ready_at != times[one.id] and not _expired(one, times[one.id], now):
            findings.append(_untold(modules, one, times[one.id]))
    for one, calls in zip(waiting, said, strict=True):
        proposal = numbers.get(one.id) or _scheduler(modules, events, one)
        row = Pending(
            contract=one.contract,
            id=one.id,
            ready_at=min(times[one.id], LATEST),
            calls=calls,
            proposal=proposal,
        )
        rows.append(row)
        if not proposal:
            findings.append(_unaccounted(row, one))
    return tuple(rows), tuple(findings)


def _of_timelock(modules: Modules, events: Sequence[Happened]) -> Iterator[Operation]:
    """Scheduled and neither executed nor cancelled since."""
    found: dict[bytes, list[Happened]] = {}
    for event in events:
        if event.contract != modules.timelock:
            continue
        if event.name == "CallScheduled":
            found.setdefault(event.arguments["id"], []).append(event)
        elif event.name in ("CallExecuted", "Cancelled"):
            found.pop(event.arguments["id"], None)
    for operation, scheduled in found.items():
        given = [one.arguments for one in scheduled]
        calls = tuple((one["target"], one["value"], one["data"]) for one in given)
        ready = scheduled[0].time + given[0]["delay"]
        yield Operation("timelock", operation, ready, calls, tuple(scheduled))


def _of_authority(modules: Modules, events: Sequence[Happened]) -> Iterator[Operation]:
    found: dict[bytes, Happened] = {}
    for event in events:
        if event.contract != modules.authority:
            continue
        if event.name == "OperationScheduled":
            found[event.arguments["operationId"]] = event
        elif event.name in ("OperationExecuted", "OperationCanceled"):
            found.pop(event.arguments["operationId"], None)
    for operation, event in found.items():
        given = event.arguments
        calls = ((given["target"], 0, given["data"]),)
        yield Operation("authority", operation, given["schedule"], calls, (event,))


def _stored(reading: Reading, modules: Modules, told: Sequence[Operation]) -> dict[bytes, int]:
    """When each is ready, as storage says; 0 for what does not wait."""
    mine = [one.id for one in told if one.contract == "timelock"]
    calls = [("getTimestamp", (one,)) for one in mine]
    waits = [("isOperationPending", (one,)) for one in mine]
    answers = Timelock(modules.timelock).reads(reading, [*calls, *waits])
    times = answers[: len(mine)]
    held = [
        time if waiting else 0 for time, waiting in zip(times, answers[len(mine) :], strict=True)
    ]
    theirs = [one.id for one in told if one.contract == "authority"]
    calls = [("getSchedule", (one,)) for one in theirs]
    held += Authority(modules.authority).reads(reading, calls)
    return dict(zip([*mine, *theirs], held, strict=True))


def _expired(one: Operation, stored: int, now: int) -> bool:
    return one.contract == "authority" and not stored and one.ready_at + WEEK <= now


def _carried_out(modules: Modules, events: Sequence[Happened]) -> dict[bytes, str]:
    """The proposal that each operation of the Timelock carries out."""
    queued = {
        event.arguments["proposalId"]
        for event in events
        if event.contract == modules.assembly and event.name == "ProposalQueued"
    }
    made = proposals(modules, events)
    return {one.operation: str(one.number) for one in made if one.number in queued}


def _scheduler(modules: Modules, events: Sequence[Happened], one: Operation) -> str:
    """The proposal that scheduled a call of the Timelock in the Authority; empty for none."""
    event = one.events[0]
    if one.contract == "timelock" or event.arguments["caller"] != modules.timelock:
        return ""
    return " ".join(map(str, deciding(modules, events).get(event.transaction, [])))


def _said(
    reading: Reading, modules: Modules, events: Sequence[Happened], waiting: Sequence[Operation]
) -> list[tuple[str, ...]]:
    """The calls of each operation in words."""
    if not waiting:
        return []
    now = in_force_of(reading, modules, events)
    return [_in_words(Words(now), one) for one in waiting]


def in_force_of(reading: Reading, modules: Modules, events: Sequence[Happened]) -> InForce:
    """What is in force at the reading's block, without reading a log again."""
    contracts = (modules.meta_organization, modules.rulebook)
    told = [
        Event(
            contract=one.contract,
            name=one.name,
            arguments=one.arguments,
            block=one.block,
            transaction=one.transaction,
            index=one.place,
        )
        for one in events
        if one.contract in contracts and one.name in ("ModuleRegistered", "RuleAssigned")
    ]
    return in_force.read(reading, modules, events=told)


def _in_words(words: Words, one: Operation) -> tuple[str, ...]:
    calls = [Call(to=to, data=data, value=value, says="") for to, value, data in one.calls]
    return tuple("\n".join(said.lines()) for said in words.of(calls))


def _untold(modules: Modules, one: Operation, stored: int) -> Finding:
    subject = f"operation 0x{one.id.hex()} of the {one.contract.title()}"
    wanted = f"ready from {one.ready_at} on, as events tell"
    seen = f"ready from {stored} on" if stored else "not waiting"
    function = "getTimestamp" if one.contract == "timelock" else "getSchedule"
    address = getattr(modules, one.contract)
    looks = [view(one.contract.title(), address, function, one.id), *map(log, one.events)]
    return difference("powers.untold", subject, wanted, seen, looks)


def _unaccounted(row: Pending, one: Operation) -> Finding:
    subject = f"operation 0x{row.id.hex()} of the {row.contract.title()}"
    seen = f"none; from {row.ready_at} on it can {'; '.join(row.calls)}"
    looks = list(map(log, one.events))
    return difference("powers.pending", subject, "a proposal that it carries out", seen, looks)
