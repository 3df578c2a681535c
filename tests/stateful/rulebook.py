"""What the book knows of the rules of decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from metaorg.onchain.modules import Modules
from metaorg.rules.decision import (
    AMENDMENT,
    BASIS,
    Action,
    Method,
    Rule,
    no_weaker,
    rule_for,
)
from metaorg.types import Address
from tests.stateful.refusal import No, require


class Rulebook:
    """Rules by number, functions with a rule of their own, weights."""

    def __init__(self, modules: Modules, rules: Sequence[Rule]) -> None:
        self.rules = list(rules)
        self.assigned: dict[tuple[Address, bytes], int] = {}
        self.weights: list[tuple[int, ...]] = [()]
        self.voting_delay = 60
        self.open_proposals = 1
        self.kernel = frozenset(
            (
                modules.rulebook,
                modules.timelock,
                modules.authority,
                modules.meta_organization,
                modules.inter_constitution,
            )
        )
        self.governed = frozenset((modules.membership, modules.commons, modules.assembly))

    @property
    def edition(self) -> int:
        return len(self.weights) - 1

    def rule_for(self, calls: Sequence[tuple[Address, bytes]], code: frozenset[Address]) -> Rule:
        """The rule of a proposal of these calls (target, data); `code` has those with code."""
        actions = [
            Action(target=target, selector=data[:4].ljust(4, b"\0")) for target, data in calls
        ]
        governed = [
            target in self.governed or (bool(data) and target not in code) for target, data in calls
        ]
        return rule_for(actions, self.rules, self.assigned, self.kernel, governed)

    def set_rule(self, index: int, parts: Mapping[str, Any]) -> None:
        require(index <= len(self.rules), "RulebookRuleUnknown")
        try:
            rule = Rule(**(dict(parts) | {"methods": Method(parts["methods"])}))
        except (ValidationError, ValueError):
            raise No("RulebookRuleInvalid") from None
        weighted = Method.WEIGHTED in rule.methods
        require(not weighted or self.edition, "RulebookWeightsMissing")
        rules = [*self.rules[:index], rule, *self.rules[index + 1 :]]
        lawful = index > AMENDMENT or no_weaker(rules[1], rules[0])
        require(lawful, "RulebookAmendmentWeaker")
        self.rules = rules

    def assign(self, target: Address, selector: bytes, index: int) -> None:
        require(index < len(self.rules), "RulebookRuleUnknown")
        require(target not in self.kernel, "RulebookRuleFixed")
        self.assigned[target, selector] = index

    def unassign(self, target: Address, selector: bytes) -> None:
        self.assigned.pop((target, selector), None)

    def set_weights(self, weights: Sequence[int]) -> None:
        fit = sum(weights) == BASIS and len(weights) <= 64 and self.edition < 255
        require(fit, "RulebookWeightsInvalid")
        self.weights.append(tuple(weights))

    def set_open_proposals(self, number: int) -> None:
        require(1 <= number <= 5, "RulebookOpenProposalsInvalid")
        self.open_proposals = number
