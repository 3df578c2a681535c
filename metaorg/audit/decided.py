"""What only a decision can bring about was decided: each event has its call, with its arguments."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, Findings, difference, unknown
from metaorg.audit.looks import log
from metaorg.errors import Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules
from metaorg.types import Address

DEPTH = 8
"""How deep calls in calls of the Authority are followed."""
SHOWN = 200
"""Characters that a finding repeats of an argument."""
FUNCTIONS: Mapping[str, Mapping[str, str]] = {
    "timelock": {
        "MinDelayChange": "updateDelay",
        "RoleGranted": "grantRole",
        "RoleRevoked": "revokeRole",
    },
    "authority": {
        "RoleAdminChanged": "setRoleAdmin",
        "RoleGrantDelayChanged": "setGrantDelay",
        "RoleGranted": "grantRole",
        "RoleGuardianChanged": "setRoleGuardian",
        "RoleLabel": "labelRole",
        "RoleRevoked": "revokeRole",
        "TargetAdminDelayUpdated": "setTargetAdminDelay",
        "TargetClosed": "setTargetClosed",
        "TargetFunctionRoleUpdated": "setTargetFunctionRole",
    },
    "meta_organization": {
        "ModuleRegistered": "register",
        "CharterChanged": "setCharter",
        "DAOURIUpdate": "setDaoURI",
    },
    "inter_constitution": {"Amended": "amend"},
    "membership": {
        "AdmittedByDecision": "decide",
        "Refused": "decide",
        "Suspended": "suspend",
        "Reinstated": "reinstate",
        "Expelled": "expel",
        "Moved": "moveByDecision",
        "ConstituencyChanged": "changeConstituency",
        "Affiliated": "affiliate",
        "Separated": "separate",
        "AdmissionChanged": "setAdmission",
        "ReadoptionChanged": "setReadoption",
        "ConstituencyAdded": "addConstituency",
        "KindAdded": "addKind",
    },
    "commons": {"Entrusted": "entrustByDecision"},
    "rulebook": {
        "RuleSet": "setRule",
        "RuleAssigned": "assignRule",
        "RuleUnassigned": "unassignRule",
        "WeightsSet": "setWeights",
        "VotingDelayChanged": "setVotingDelay",
        "OpenProposalsChanged": "setOpenProposals",
    },
}
"""Module -> event -> the function that only a decision can call."""
_OWN = ("Moved", "Affiliated", "Entrusted")
"""Events that organizations cause by themselves too; those have no reason."""
_ALIASES: Mapping[tuple[str, str], str] = {
    ("DAOURIUpdate", "daoURI"): "uri",
    ("Entrusted", "to"): "seat",
    ("MinDelayChange", "newDuration"): "newDelay",
    ("RoleGranted", "delay"): "executionDelay",
    ("RoleGrantDelayChanged", "delay"): "newDelay",
    ("TargetAdminDelayUpdated", "delay"): "newDelay",
}
"""Arguments of events that functions call otherwise."""
_EACH: Mapping[tuple[str, str], str] = {
    ("Affiliated", "organization"): "organizations",
    ("TargetFunctionRoleUpdated", "selector"): "selectors",
}
"""Arguments of events of which a call has a list: it causes one event for each."""
_FIXED: Mapping[str, tuple[str, Any]] = {
    "AdmittedByDecision": ("admitted", True),
    "Refused": ("admitted", False),
}
"""Events that say by themselves what an argument was."""

RawCall = tuple[Address, bytes]
"""Target and data."""


class Step(NamedTuple):
    """A proposal was executed in a transaction: what it called, in order."""

    transaction: bytes
    proposal: int
    calls: Sequence[RawCall]


class _Call:
    """A decided call, and the events that it accounts for."""

    def __init__(self, proposal: int, entry: abi.Entry, data: bytes) -> None:
        self.proposal = proposal
        self.arguments = _decoded(entry, data)
        """By name; None when the data are no such call."""
        self._used: dict[tuple[str, Any], int] = defaultdict(int)

    def differences(self, event: Happened) -> list[tuple[str, str, str]]:
        """Name, decided and told value of each argument in which an event is another one."""
        given = self.arguments or {}
        found = []
        for name, told in event.arguments.items():
            wanted = given.get(_parameter(event.name, name, given))
            if (event.name, name) in _EACH:
                listed = given[_EACH[event.name, name]]
                wanted = told if told in listed else listed
            if wanted is not None and wanted != told:
                found.append((name, _shown(wanted), _shown(told)))
        fixed = _FIXED.get(event.name)
        if fixed and given[fixed[0]] != fixed[1]:
            found.append((fixed[0], _shown(given[fixed[0]]), _shown(fixed[1])))
        return found

    def take(self, event: Happened) -> bool:
        """Account for an event that fits; False when the call has caused its events already."""
        one, limit = None, 1
        for name, told in event.arguments.items():
            if (event.name, name) in _EACH:
                listed = (self.arguments or {})[_EACH[event.name, name]]
                one, limit = told, listed.count(told)
        self._used[event.name, one] += 1
        return self._used[event.name, one] <= limit


def mandates(modules: Modules, events: Sequence[Happened], steps: Iterable[Step]) -> Findings:
    """Each such event after the founding was caused by a call of a proposal executed with it.

    Args:
        events: of all modules from the founding on, in order, with or without votes.
        steps: what was executed.
    """
    founding = events[0].transaction if events else b""
    wanted = {
        (getattr(modules, field), name): (field, function)
        for field, of in FUNCTIONS.items()
        for name, function in of.items()
    }
    decided: dict[bytes, list[Step]] = defaultdict(list)
    for step in steps:
        decided[step.transaction].append(step)
    called: dict[bytes, dict[RawCall, list[_Call]]] = {}
    for event in events:
        field, function = wanted.get((event.contract, event.name), ("", ""))
        if not function or event.transaction == founding or _by_itself(event):
            continue
        if event.transaction not in called:
            called[event.transaction] = _calls(modules, decided[event.transaction])
        entry = load(_kind(field)).functions[function]
        calls = called[event.transaction].get((event.contract, abi.selector(entry)), [])
        yield from _traced(event, field, function, calls)


def _by_itself(event: Happened) -> bool:
    return event.name in _OWN and not any(event.arguments["reason"])


def _kind(field: str) -> str:
    return field.title().replace("_", "")


def _traced(event: Happened, field: str, function: str, calls: Sequence[_Call]) -> Findings:
    subject = f"{event.name} of {field} in block {event.block}, log {event.place}"
    fitting = [one for one in calls if one.arguments is not None and not one.differences(event)]
    if any(one.take(event) for one in fitting):
        return
    unread = [one for one in calls if one.arguments is None]
    if unread and not fitting:
        yield _unread(event, subject, function, unread[0])
    elif calls and not fitting:
        nearest = min(calls, key=lambda one: len(one.differences(event)))
        yield from _otherwise(event, subject, function, nearest)
    else:
        wanted = f"a call of {function} by a proposal, executed in the same transaction"
        seen = "none that has not caused such an event already" if calls else "none"
        yield difference("mandate.missing", subject, wanted, seen, [log(event)])


def _unread(event: Happened, subject: str, function: str, call: _Call) -> Finding:
    wanted = f"the arguments of {function} as proposal {call.proposal} has them"
    seen = "call data that cannot be decoded"
    return unknown("mandate.arguments", subject, wanted, seen, [log(event)])


def _otherwise(event: Happened, subject: str, function: str, call: _Call) -> Findings:
    for name, wanted, told in call.differences(event):
        expected = f"{wanted}, as proposal {call.proposal} calls {function}"
        yield difference("mandate.arguments", f"{name} of {subject}", expected, told, [log(event)])


def _parameter(event: str, name: str, given: Mapping[str, Any]) -> str:
    """What the function calls an argument of its event; one that it does not have is no match."""
    alias = _ALIASES.get((event, name), name)
    return alias if alias in given else f"{alias}_"


def _decoded(entry: abi.Entry, data: bytes) -> dict[str, Any] | None:
    try:
        return abi.decode_values(entry["inputs"], data[4:])
    except (Unreachable, RecursionError):
        return None


def _shown(value: Any) -> str:
    text = "0x" + value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


# ---------------------------------------------------------------------- calls, also in other calls


def _calls(modules: Modules, steps: Iterable[Step]) -> dict[RawCall, list[_Call]]:
    """Decided calls by target and selector, also those that are wrapped in one of the Authority."""
    known = {
        (getattr(modules, field), selector): entry
        for field in FUNCTIONS
        for selector, entry in load(_kind(field)).selectors.items()
    }
    found: dict[RawCall, list[_Call]] = defaultdict(list)
    for step in steps:
        for target, data in unwrapped(modules.authority, step.calls):
            entry = known.get((target, data[:4]))
            if entry is not None:
                found[target, data[:4]].append(_Call(step.proposal, entry, data))
    return found


def unwrapped(authority: Address, calls: Sequence[RawCall], depth: int = 0) -> Iterator[RawCall]:
    """Calls in order; those in `execute` and `multicall` of the Authority come after these."""
    for target, data in calls:
        yield target, data
        if target == authority and depth < DEPTH:
            yield from unwrapped(authority, _wrapped(authority, data), depth + 1)


def _wrapped(authority: Address, data: bytes) -> list[RawCall]:
    """Calls in a call of the Authority (AccessManager.execute, Multicall.multicall)."""
    entry = load("Authority").selectors.get(data[:4])
    if entry is None or entry["name"] not in ("execute", "multicall"):
        return []
    if entry["name"] == "multicall":
        return [(authority, one) for one in _parts(data[4:])]
    given = _decoded(entry, data)
    return [(given["target"], given["data"])] if given else []


def _parts(body: bytes) -> list[bytes]:
    """The items of an encoded `bytes[]`; none where they overlap, so that they cannot swell."""
    start = _word(body, 0) + 32
    count = _word(body, start - 32)
    offsets = [start + _word(body, start + 32 * index) for index in range(min(count, len(body)))]
    sizes = [_word(body, offset) for offset in offsets]
    if len(offsets) != count or sum(sizes) + 32 * count > len(body):
        return []
    return [
        body[offset + 32 : offset + 32 + size] for offset, size in zip(offsets, sizes, strict=True)
    ]


def _word(body: bytes, at: int) -> int:
    """A word of 32 bytes; a number larger than anything there is, where the data end before."""
    return int.from_bytes(body[at : at + 32]) if 0 <= at <= len(body) - 32 else len(body)
