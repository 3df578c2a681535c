"""The storage that decides outcomes, word for word, as events lead to it: what `--prove` proves."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from metaorg.audit import wanted
from metaorg.audit.events import Happened
from metaorg.audit.replay import Proposed, Replay
from metaorg.audit.statement import Code
from metaorg.audit.wanted import Coded, Wanted
from metaorg.onchain.authority import ADMINISTRATOR
from metaorg.onchain.contract import padded
from metaorg.onchain.timelock import ROLES

_STEPS: Mapping[str, Callable[[Happened], int]] = {
    "CallScheduled": lambda event: event.time + int(event.arguments["delay"]),
    "CallExecuted": lambda _: 1,
    "Cancelled": lambda _: 0,
}
"""What the Timelock notes of an operation after each event."""


def codes(rows: Iterable[Code]) -> Iterator[Coded]:
    """The contracts, and what their code hashes to."""
    for row in rows:
        yield Coded(row.address, row.expected, row.name)


def words(replay: Replay) -> Iterator[Wanted]:
    """The words that storage must hold."""
    yield from _register(replay)
    for proposed in replay.decisions.found.values():
        if proposed.rule is not None:
            yield from _proposal(replay, proposed)
    yield from _rulebook(replay)
    yield from _timelock(replay)
    yield from _texts(replay)
    yield from _front(replay)


def _register(replay: Replay) -> Iterator[Wanted]:
    register, to = replay.register, replay.modules.membership
    for account, standing in register.standings.items():
        yield from wanted.standing(to, account, standing.model_dump(exclude={"nonce"}))
    for seat, account in replay.seats.holders.items():
        yield from wanted.holder(to, seat, account)
    active = Counter(one.group for one in register.standings.values() if one.active)
    for number, (constituency, ordinal) in register.groups.items():
        fields = {"constituency": constituency, "ordinal": ordinal, "active": active[number]}
        yield from wanted.group(to, number, fields)
    counted: dict[str, Any] = {
        "seats": register.seats,
        "active": len(register.active()),
        "groups": len(register.groups),
    }
    readoption = replay.front.readoption
    yield from wanted.ledger(to, counted | (readoption.model_dump() if readoption else {}))
    if replay.front.admission:
        yield from wanted.admission(to, replay.front.admission.model_dump())


def _proposal(replay: Replay, proposed: Proposed) -> Iterator[Wanted]:
    to, number = replay.modules.assembly, proposed.number
    poll = replay.decisions.poll_of(proposed)
    rule = poll.rule.model_dump(exclude={"voting_period"})
    fields = {name: int(value) for name, value in rule.items()} | {
        "seat": proposed.seat,
        "start": proposed.snapshot,
        "duration": poll.deadline - poll.start,
        "eta": proposed.eta,
        "edition": proposed.edition,
        "canceled": int(proposed.ending == "canceled"),
        "executed": int(proposed.ending == "executed"),
        "extended": int(poll.extended_at is not None),
    }
    yield from wanted.proposal(to, number, fields)
    for page, word in poll.pages.items():
        yield from wanted.vote_page(to, number, page, word)
    asked = Counter(one.constituency for one in proposed.asked)
    for index in range(len(replay.front.constituencies)):
        yield from wanted.requests(to, number, index, asked[index])


def _rulebook(replay: Replay) -> Iterator[Wanted]:
    book, to = replay.book, replay.modules.rulebook
    for index, rule in enumerate(book.rules):
        yield from wanted.rule(to, index, rule.model_dump())
    limits = {
        "voting_delay": book.voting_delay,
        "open_proposals": book.open_proposals,
        "rules": len(book.rules),
        "edition": len(book.editions),
    }
    yield from wanted.limits(to, limits)
    for edition, weights in enumerate(book.editions, 1):
        yield from wanted.weights(to, edition, weights)
    for target, selector in book.ever:
        number = book.assigned.get((target, selector))
        yield from wanted.assignment(to, target, selector, number)


def _timelock(replay: Replay) -> Iterator[Wanted]:
    """Roles as the founding left them, and what became of each operation."""
    to, assembly = replay.modules.timelock, replay.modules.assembly
    for role in ROLES:
        yield from wanted.timelock_role(to, role, assembly, any(role))
    told = [event for event in replay.chronicle if event.contract == to]
    ready_at: dict[bytes, int] = {}
    for event in told:
        if event.name in _STEPS:
            ready_at[event.arguments["id"]] = _STEPS[event.name](event)
    for id_, time in ready_at.items():
        yield from wanted.operation(to, id_, time)
    delays = [event.arguments["newDuration"] for event in told if event.name == "MinDelayChange"]
    yield from wanted.minimum_delay(to, delays[-1] if delays else 0)
    authority = replay.modules.authority
    yield from wanted.authority_role(authority, ADMINISTRATOR, assembly, 0)


def _texts(replay: Replay) -> Iterator[Wanted]:
    to = replay.modules.inter_constitution
    versions = [
        {"digest": one.digest, "codec": one.codec, "since": one.since}
        for one in replay.texts.versions
    ]
    yield from wanted.versions(to, versions)
    for account, adopted in replay.texts.adopted.items():
        for version, one in adopted.items():
            fields = {
                "recorded_at": one.time,
                "constituency": one.constituency,
                "count": one.signed,
                "pledge": one.pledge,
            }
            yield from wanted.adoption(to, account, version, fields)


def _front(replay: Replay) -> Iterator[Wanted]:
    front, to = replay.front, replay.modules.meta_organization
    for name, address in front.registered.items():
        yield from wanted.module(to, padded(name, 32), address)
    yield from wanted.charter(to, front.charter)
    yield from wanted.text(to, "daoURI", front.dao_uri)
    for digest, record in replay.commons.resources.items():
        yield from wanted.resource(replay.modules.commons, digest, record)
