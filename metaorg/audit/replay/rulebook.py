"""How decisions are made, as the events lead to it."""

from collections.abc import Callable, Mapping
from typing import Any

from metaorg.audit.events import Happened
from metaorg.audit.findings import Finding, at, difference
from metaorg.audit.replay.front import Handlers
from metaorg.onchain.rulebook import rule_of
from metaorg.rules.decision import Rule
from metaorg.types import Address


class Book:
    """Rules by number, assignments, weights and limits, as last set.

    Args (attributes): assigned: (target, selector) -> number. ever: every pair that was assigned
        once. editions: weights in basis points, edition 1 first.
    """

    PARTS = ("rules", "assigned", "ever", "editions", "voting_delay", "open_proposals")

    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings
        self.rules: list[Rule] = []
        self.assigned: dict[tuple[Address, bytes], int] = {}
        self.ever: dict[tuple[Address, bytes], None] = {}
        self.editions: list[tuple[int, ...]] = []
        self.voting_delay, self.open_proposals = 0, 0

    def weights(self, edition: int) -> tuple[int, ...]:
        """The weights of an edition; none in edition 0, or in one that was not told."""
        return self.editions[edition - 1] if 0 < edition <= len(self.editions) else ()

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        return {"rulebook": {name: self._following(act) for name, act in self._ACTS.items()}}

    def _following(self, act: Callable[..., None]) -> Callable[[Happened], None]:
        return lambda event: act(self, event.arguments, event)

    def _rule_set(self, given: Mapping[str, Any], _: Happened) -> None:
        self.rules[given["index"] : given["index"] + 1] = [rule_of(given["rule"])]

    def _rule_assigned(self, given: Mapping[str, Any], _: Happened) -> None:
        key = given["target"], given["selector"]
        self.assigned[key], self.ever[key] = given["index"], None

    def _rule_unassigned(self, given: Mapping[str, Any], _: Happened) -> None:
        self.assigned.pop((given["target"], given["selector"]), None)

    def _weighed(self, given: Mapping[str, Any], event: Happened) -> None:
        if given["edition"] != len(self.editions) + 1:
            self._findings.append(
                difference(
                    "rulebook.weights",
                    f"weights set in block {event.block}",
                    f"edition {len(self.editions) + 1}",
                    f"edition {given['edition']}",
                    at(event),
                )
            )
        self.editions.append(tuple(given["weights"]))

    def _voting_delayed(self, given: Mapping[str, Any], _: Happened) -> None:
        self.voting_delay = given["votingDelay"]

    def _limited(self, given: Mapping[str, Any], _: Happened) -> None:
        self.open_proposals = given["openProposals"]

    _ACTS: Mapping[str, Callable[..., None]] = {
        "RuleSet": _rule_set,
        "RuleAssigned": _rule_assigned,
        "RuleUnassigned": _rule_unassigned,
        "WeightsSet": _weighed,
        "VotingDelayChanged": _voting_delayed,
        "OpenProposalsChanged": _limited,
    }
