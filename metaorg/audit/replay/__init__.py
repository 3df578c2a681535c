"""From events alone to state: what the contracts must answer if they keep their rules."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, at, difference
from metaorg.audit.replay.commons import NAMING, Cited, Commons
from metaorg.audit.replay.decisions import Asked, Decisions, Governed, Proposed
from metaorg.audit.replay.front import Front, Handlers
from metaorg.audit.replay.packing import NotPacked, packed, unpacked
from metaorg.audit.replay.rulebook import Book
from metaorg.audit.replay.seats import Seats, Step
from metaorg.audit.replay.texts import Adopted, Texts, Unsigned, Version
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules
from metaorg.rules.membership import Register

__all__ = ["NotPacked", "Proposed", "Replay"]

STATE = "2"
"""Version of the state; another one when a part is renamed or means something else."""
_CLASSES = (Adopted, Asked, Cited, Proposed, Step, Unsigned, Version)
_KEPT = {
    "meta_organization": ("ModuleRegistered", "CharterChanged", "DAOURIUpdate"),
    "inter_constitution": ("Amended",),
    "assembly": (
        "ProposalCreated",
        "ProposalQueued",
        "ProposalExecuted",
        "ProposalCanceled",
        "ProposalExtended",
        "UpgradeRequested",
    ),
    "commons": ("Entrusted",),
    "rulebook": (
        "RuleSet",
        "RuleAssigned",
        "RuleUnassigned",
        "WeightsSet",
        "VotingDelayChanged",
        "OpenProposalsChanged",
    ),
    "membership": (
        "Admitted",
        "Objected",
        "AdmittedByDecision",
        "Refused",
        "Suspended",
        "Reinstated",
        "Expelled",
        "Moved",
        "ConstituencyChanged",
        "Affiliated",
        "Separated",
        "AdmissionChanged",
        "ReadoptionChanged",
        "ConstituencyAdded",
        "KindAdded",
    ),
}
"""Events that are kept, besides all of Timelock and Authority: decisions and what needs them."""
_ALL_KEPT = ("timelock", "authority")


class Replay:
    """All that follows from a sequence of events, one after the other.

    Args:
        modules: the contracts. chain_id: of the chain, which signatures name.
        governed: what rules of decision ask of targets outside.

    Attributes: count: events so far. founded: the block of the first. strange: logs that are no
        events of their contract, by contract. chronicle: the kept ones.
        findings: where an event is not one that the rules allow.
    """

    def __init__(self, modules: Modules, chain_id: int, governed: Governed) -> None:
        self.modules, self.chain_id = modules, chain_id
        self.findings: list[Finding] = []
        self.chronicle: list[Happened] = []
        self.count, self.founded = 0, 0
        self.strange: Counter[bytes] = Counter()
        self.front, self.book = Front(), Book(self.findings)
        self.texts = Texts(chain_id, modules.inter_constitution)
        self.seats = Seats(self.front, self.texts, self.findings)
        parts = self.front, self.seats, self.book
        self.decisions = Decisions(modules, parts, governed, self.findings)
        self.commons = Commons(modules)
        self._handlers = self._dispatch()

    @property
    def register(self) -> Register:
        """The register of seats."""
        return self.seats.register

    def follow(self, events: Sequence[Happened]) -> None:
        """Let more happen, in the order of the chain."""
        if not self.founded and events:
            self.founded = events[0].block
        for event in events:
            for act in self._handlers.get((event.contract, event.name), ()):
                try:
                    act(event)
                except (LookupError, ValueError) as error:
                    self._impossible(event, error)
        self.count += len(events)
        self.decisions.trim()

    def state(self) -> bytes:
        """Everything, for `restore`."""
        parts = {
            key: {name: getattr(part, name) for name in part.PARTS}
            for key, part in self._parts().items()
        }
        return packed(
            {
                "parts": parts,
                "register": self.register,
                "findings": self.findings,
                "chronicle": self.chronicle,
                "count": self.count,
                "founded": self.founded,
                "strange": dict(self.strange),
            }
        )

    def restore(self, state: bytes) -> None:
        """Go on from what `state` gave.

        Raises:
            NotPacked: it is something else.
        """
        found = unpacked(state, *_CLASSES)
        try:
            for key, part in self._parts().items():
                for name in part.PARTS:
                    setattr(part, name, found["parts"][key][name])
            self.seats.register = found["register"]
            self.findings[:] = found["findings"]
            self.chronicle[:] = found["chronicle"]
            self.count, self.founded = found["count"], found["founded"]
            self.strange = Counter(found["strange"])
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise NotPacked(f"the state of a replay cannot be read: {error!r:.80}") from None

    def _impossible(self, event: Happened, error: Exception) -> None:
        """An event that no contract of ours can write has no effect but a finding."""
        subject = f"{event.name} in block {event.block}, log {event.place}"
        seen = f"{type(error).__name__}: {error}".splitlines()[0]
        wanted = "an event that the contract can write"
        finding = difference("reading.impossible", subject, wanted, seen, at(event))
        self.findings.append(finding)

    def _parts(self) -> dict[str, Any]:
        return {
            "front": self.front,
            "texts": self.texts,
            "book": self.book,
            "seats": self.seats,
            "decisions": self.decisions,
            "commons": self.commons,
        }

    def _dispatch(self) -> dict[tuple[str, str], tuple[Callable[[Happened], None], ...]]:
        """What to do with each event of each contract, in order."""
        found: dict[tuple[str, str], tuple[Callable[[Happened], None], ...]] = {}

        def add(module: str, handlers: Handlers) -> None:
            for name, act in handlers.items():
                key = getattr(self.modules, module), name
                found[key] = (*found.get(key, ()), act)

        for part in self._parts().values():
            for module, handlers in part.handlers().items():
                add(module, handlers)
        add("assembly", {"ProposalCreated": self.commons.name})
        add("meta_organization", {"CharterChanged": self.commons.name})
        for module in NAMING:
            add(module, dict.fromkeys(_events(module), self.commons.name))
        for module, names in _KEPT.items():
            add(module, dict.fromkeys(names, self.chronicle.append))
        for module in _ALL_KEPT:
            add(module, dict.fromkeys(_events(module), self.chronicle.append))
        return found


def _events(module: str) -> list[str]:
    return [entry["name"] for entry in load(module.title().replace("_", "")).topics.values()]
