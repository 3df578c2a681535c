"""What only a decision can bring about was decided: each event of that kind has its proposal."""

from collections.abc import Iterator, Mapping

from metaorg.audit.findings import Findings, differs
from metaorg.audit.read import Evidence, Timed
from metaorg.errors import Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.types import Address

_FUNCTIONS: Mapping[str, Mapping[str, str]] = {
    "timelock": {"MinDelayChange": "updateDelay"},
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

Called = set[tuple[Address, bytes]]
"""Targets and selectors."""


def mandates(evidence: Evidence) -> Findings:
    """Each such event after the founding is in a transaction that executed such a proposal."""
    executed = _executed(evidence)
    founded = evidence.events[0].event.block if evidence.events else 0
    for field, functions in _FUNCTIONS.items():
        address = getattr(evidence.modules, field)
        known = load(field.title().replace("_", "")).functions
        for timed in evidence.of(address, *functions):
            if timed.event.block == founded or _by_themselves(timed):
                continue
            function = functions[timed.name]
            wanted = (address, abi.selector(known[function]))
            if wanted not in executed.get(timed.event.transaction, ()):
                subject = f"{timed.name} of {field} in block {timed.event.block}"
                expected = f"a proposal that calls {function}, executed in the same transaction"
                yield differs(subject, expected, "none")


def _by_themselves(timed: Timed) -> bool:
    return timed.name in _OWN and not any(timed.event.arguments["reason"])


def _executed(evidence: Evidence) -> dict[bytes, Called]:
    """What the proposals call that each transaction executed."""
    assembly, authority = evidence.modules.assembly, evidence.modules.authority
    actions, found = dict[int, Called](), dict[bytes, Called]()
    for timed in evidence.of(assembly, "ProposalCreated", "ProposalExecuted"):
        given = timed.event.arguments
        number, transaction = given["proposalId"], timed.event.transaction
        if timed.name == "ProposalCreated":
            calls = zip(given["targets"], given["calldatas"], strict=True)
            actions[number] = set(_called([*calls], authority))
        else:
            found[transaction] = found.get(transaction, set()) | actions.get(number, set())
    return found


def _called(
    calls: list[tuple[Address, bytes]], authority: Address
) -> Iterator[tuple[Address, bytes]]:
    """Targets and selectors, also of calls that are wrapped in one of the Authority."""
    while calls:
        target, data = calls.pop()
        yield target, data[:4]
        if target == authority:
            calls += _wrapped(authority, data)


def _wrapped(authority: Address, data: bytes) -> list[tuple[Address, bytes]]:
    """Calls in a call of the Authority (AccessManager.execute, Multicall.multicall)."""
    entry = load("Authority").selectors.get(data[:4])
    if entry is None or entry["name"] not in ("execute", "multicall"):
        return []
    try:
        given = abi.decode_values(entry["inputs"], data[4:])
    except Unreachable:
        return []  # it was executed without doing anything
    if entry["name"] == "execute":
        return [(given["target"], given["data"])]
    return [(authority, one) for one in given["data"]]
