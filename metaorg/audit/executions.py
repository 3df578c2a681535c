"""The executed calls are the voted ones, and what only a decision can do was decided: by events.

What a proposal does is hashed into its number, and into the number of the operation by which the
Timelock carries it out: so neither can be told otherwise without the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from metaorg.audit.decided import Step, mandates
from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, Findings, difference, unknown
from metaorg.audit.looks import log
from metaorg.onchain.assembly import Actions
from metaorg.onchain.modules import Modules
from metaorg.types import Address

_NOTHING = bytes(32)
Key = tuple[bytes, bytes]
"""A transaction, and an operation of the Timelock in it."""


class Proposal(NamedTuple):
    """What was proposed.

    Args:
        fits: whether the number is that of its actions and its description, and each action is
            whole.
        operation: by which the Timelock carries it out. salt: of the operation.
    """

    number: int
    fits: bool
    actions: Actions
    operation: bytes
    salt: bytes
    created: Happened

    @property
    def name(self) -> str:
        return f"proposal {self.number}"

    @property
    def calls(self) -> list[tuple[Address, int, bytes]]:
        """Target, value and data of each action, in order; of lists that differ, what all have."""
        actions = self.actions
        return list(zip(actions.targets, actions.values, actions.calldatas, strict=False))


def proposals(modules: Modules, events: Sequence[Happened]) -> list[Proposal]:
    """Every proposal, in order."""
    return [
        _proposal(modules.assembly, event)
        for event in events
        if event.contract == modules.assembly and event.name == "ProposalCreated"
    ]


def salt_of(assembly: Address, description_hash: bytes) -> bytes:
    """The salt of a proposal's operation. Source: Assembly._salt."""
    own = bytes.fromhex(assembly[2:]).ljust(32, b"\0")
    return bytes(a ^ b for a, b in zip(own, description_hash, strict=True))


class Encoded:
    """The actions of a proposal, encoded once for both numbers that are made of them."""

    def __init__(self, actions: Actions) -> None:
        values = [actions.targets, actions.values, actions.calldatas, _NOTHING]
        whole = encode(["address[]", "uint256[]", "bytes[]", "bytes32"], values)
        self._offsets = [int.from_bytes(whole[at : at + 32]) for at in (0, 32, 64)]
        self._lists = whole[128:]

    def number(self, description_hash: bytes) -> int:
        """The proposal's number. Source: Governor.hashProposal."""
        return int.from_bytes(keccak(self._with(description_hash)))

    def operation(self, salt: bytes) -> bytes:
        """The Timelock's number of the batch. Source: TimelockController.hashOperationBatch."""
        return keccak(self._with(_NOTHING, salt))

    def _with(self, *words: bytes) -> bytes:
        """The encoding of the lists and so many words behind them; offsets begin after those."""
        more = 32 * (len(words) - 1)
        heads = [(offset + more).to_bytes(32) for offset in self._offsets]
        return b"".join([*heads, *words, self._lists])


def deciding(modules: Modules, events: Sequence[Happened]) -> dict[bytes, list[int]]:
    """The numbers of the proposals that each transaction executed."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for event in events:
        if event.contract == modules.assembly and event.name == "ProposalExecuted":
            found[event.transaction].append(event.arguments["proposalId"])
    return found


def executions(modules: Modules, events: Sequence[Happened]) -> Findings:
    """What was scheduled and executed is what was proposed, once and in time; nothing else was.

    Args:
        events: of all modules from the founding on, in order, with or without votes.
    """
    all_made = proposals(modules, events)
    yield from _numbers(all_made)
    made = {one.number: one for one in reversed(all_made)}
    told = _Told(modules, events)
    for event in told.steps:
        proposal = made.get(event.arguments["proposalId"])
        if proposal is None:
            yield _never_made(event)
        elif event.name == "ProposalQueued":
            yield from _queued(event, proposal, told)
        else:
            yield from _executed(event, proposal, told)
    yield from told.unaccounted()
    yield from mandates(modules, events, _steps(made, told))


class _Told:
    """What Assembly and Timelock tell of operations; what is accounted for is taken out.

    Args:
        steps: of proposals, queued or executed, in order.
        scheduled, called, salted: of the Timelock, by transaction and operation.
    """

    def __init__(self, modules: Modules, events: Sequence[Happened]) -> None:
        self.steps: list[Happened] = []
        self.scheduled: dict[Key, list[Happened]] = defaultdict(list)
        self.called: dict[Key, list[Happened]] = defaultdict(list)
        self.salted: dict[Key, list[Happened]] = defaultdict(list)
        self.queued: dict[int, Happened] = {}
        self.executed: dict[int, Happened] = {}
        self.cancelled: list[Happened] = []
        kept = {
            "CallScheduled": self.scheduled,
            "CallExecuted": self.called,
            "CallSalt": self.salted,
        }
        for event in events:
            if event.contract == modules.timelock and event.name in kept:
                kept[event.name][event.transaction, event.arguments["id"]].append(event)
            elif event.contract == modules.timelock and event.name == "Cancelled":
                self.cancelled.append(event)
            elif event.contract == modules.assembly and event.name in _STEPS:
                self.steps.append(event)

    def unaccounted(self) -> Findings:
        """What no proposal explains that was queued or executed in the same transaction."""
        wanted = "that of a proposal that was {} in the same transaction"
        for found, verb in ((self.scheduled, "queued"), (self.called, "executed")):
            for events in found.values():
                for event in events:
                    yield _unvoted(event, wanted.format(verb))
        for event in self.cancelled:
            yield _unvoted(event, "never cancelled: no decision can be")


_STEPS = ("ProposalQueued", "ProposalExecuted")


def _proposal(assembly: Address, event: Happened) -> Proposal:
    given = event.arguments
    actions = Actions(
        targets=tuple(given["targets"]),
        values=tuple(given["values"]),
        calldatas=tuple(given["calldatas"]),
    )
    number, hashes, encoded = given["proposalId"], _hashes(given["description"]), Encoded(actions)
    fitting = [one for one in hashes if encoded.number(one) == number]
    salt = salt_of(assembly, (fitting or hashes)[0])
    fits = bool(fitting) and len(actions.targets) == len(actions.values) == len(actions.calldatas)
    return Proposal(number, fits, actions, encoded.operation(salt), salt, event)


def _hashes(description: str) -> list[bytes]:
    """The hashes that a description can have: bytes that are no UTF-8 are decoded as escapes."""
    plain = description.encode(errors="backslashreplace")
    raw = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), plain)
    return [keccak(one) for one in dict.fromkeys((plain, raw))]


_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def _numbers(made: Sequence[Proposal]) -> Findings:
    """Each proposal has the number that its actions and its description give, and is made once."""
    seen: dict[int, Proposal] = {}
    for one in made:
        if not one.fits:
            yield _misfit(one)
        if one.number in seen:
            looks = [log(seen[one.number].created), log(one.created)]
            yield difference("execution.twice", one.name, "made once", "made again", looks)
        seen.setdefault(one.number, one)


def _misfit(proposal: Proposal) -> Finding:
    subject, event = f"number of {proposal.name}", proposal.created
    wanted = "the hash of its calls and its description"
    if len(_hashes(event.arguments["description"])) > 1:
        seen = "a description that cannot be shown, so that it cannot be hashed again"
        return unknown("execution.calls", subject, wanted, seen, [log(event)])
    return difference("execution.calls", subject, wanted, "another number", [log(event)])


def _queued(event: Happened, proposal: Proposal, told: _Told) -> Findings:
    """Its calls were scheduled, all of them as proposed, for the time that was told."""
    key = (event.transaction, proposal.operation)
    scheduled = told.scheduled.pop(key, [])
    yield from _twice(event, proposal, told.queued, "queued")
    yield from _same(event, proposal, scheduled, "scheduled")
    eta = event.arguments["etaSeconds"]
    for one in scheduled:
        ready = one.time + one.arguments["delay"]
        if ready != eta:
            subject = f"time of execution of {proposal.name}"
            seen = f"from {eta} on"
            yield difference(
                "execution.early", subject, f"from {ready} on", seen, [log(event), log(one)]
            )
            break
    if any(one.arguments["predecessor"] != _NOTHING for one in scheduled):
        yield _other(event, proposal, "scheduled after no other operation", "after another one")
    salts = [one.arguments["salt"] for one in told.salted.get(key, [])]
    if any(salt != proposal.salt for salt in salts):
        yield _other(event, proposal, f"the salt 0x{proposal.salt.hex()}", "another one")


def _executed(event: Happened, proposal: Proposal, told: _Told) -> Findings:
    """Its calls were executed, all of them as proposed, once, and not before their time."""
    called = told.called.pop((event.transaction, proposal.operation), [])
    yield from _twice(event, proposal, told.executed, "executed")
    yield from _same(event, proposal, called, "executed")
    queued = told.queued.get(proposal.number)
    subject = f"execution of {proposal.name}"
    if queued is None:
        wanted = "after it was queued"
        yield difference("execution.early", subject, wanted, "never queued", [log(event)])
    elif event.time < queued.arguments["etaSeconds"]:
        wanted, seen = f"from {queued.arguments['etaSeconds']} on", f"at {event.time}"
        yield difference("execution.early", subject, wanted, seen, [log(queued), log(event)])


def _twice(
    event: Happened, proposal: Proposal, done: dict[int, Happened], verb: str
) -> Iterator[Finding]:
    first = done.setdefault(proposal.number, event)
    if first is not event:
        seen = f"again in block {event.block}"
        looks = [log(first), log(event)]
        yield difference("execution.twice", proposal.name, f"{verb} once", seen, looks)


def _same(event: Happened, proposal: Proposal, told: Sequence[Happened], verb: str) -> Findings:
    """The calls that the Timelock tells are those of the proposal, in order."""
    wanted = proposal.calls
    indices = [one.arguments["index"] for one in told]
    if len(told) < len(wanted):
        shown = f"{len(told)} of them, numbers {indices}" if told else "none of them"
        expected = f"its {len(wanted)} calls {verb}"
        looks = [log(event), *map(log, told)]
        yield difference("execution.missing", f"calls of {proposal.name}", expected, shown, looks)
    for place, one in enumerate(told):
        index, given = one.arguments["index"], one.arguments
        call = (given["target"], given["value"], given["data"])
        if index != place and len(told) >= len(wanted):
            subject = f"order of the calls {verb} of {proposal.name}"
            yield _altered(subject, str(place), str(index), one, proposal)
        if index >= len(wanted):
            subject = f"call {index} {verb} of {proposal.name}"
            expected = f"none: it has {len(wanted)} calls"
            yield difference("execution.unvoted", subject, expected, _shown(call), [log(one)])
        elif call != wanted[index]:
            subject = f"call {index} {verb} of {proposal.name}"
            yield _altered(subject, _shown(wanted[index]), _shown(call), one, proposal)


def _altered(
    subject: str, expected: str, seen: str, event: Happened, proposal: Proposal
) -> Finding:
    looks = [log(proposal.created), log(event)]
    return difference("execution.calls", subject, expected, seen, looks)


def _other(event: Happened, proposal: Proposal, expected: str, seen: str) -> Finding:
    return _altered(f"operation of {proposal.name}", expected, seen, event, proposal)


def _unvoted(event: Happened, expected: str) -> Finding:
    operation = event.arguments["id"].hex()
    index = event.arguments.get("index")
    which = "" if index is None else f", call {index}"
    subject = f"{event.name} of operation 0x{operation}{which} in block {event.block}"
    given = event.arguments
    seen = (
        _shown((given["target"], given["value"], given["data"]))
        if "target" in given
        else "cancelled"
    )
    return difference("execution.unvoted", subject, expected, seen, [log(event)])


def _never_made(event: Happened) -> Finding:
    subject = f"{event.name} of proposal {event.arguments['proposalId']}"
    wanted = "a proposal that was made"
    return difference("execution.unvoted", subject, wanted, "never proposed", [log(event)])


def _shown(call: tuple[Address, int, bytes]) -> str:
    """A call in full, but for very long data."""
    to, value, data = call
    shown = data[:SHOWN].hex() + ("" if len(data) <= SHOWN else f"... ({len(data)} bytes)")
    return f"{to} with {value} wei and 0x{shown}"


SHOWN = 512
"""Bytes of call data that a finding repeats."""


def _steps(made: Mapping[int, Proposal], told: _Told) -> list[Step]:
    """What the proposals call that each transaction executed, in order."""
    found = []
    for event in told.steps:
        proposal = made.get(event.arguments["proposalId"])
        if event.name == "ProposalExecuted" and proposal is not None:
            calls = [(to, data) for to, _, data in proposal.calls]
            found.append(Step(event.transaction, proposal.number, calls))
    return found
