"""Client of `Rulebook`: how decisions are made."""

from collections.abc import Mapping, Sequence
from typing import Any

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.rules.decision import Method, Rule
from metaorg.times import duration
from metaorg.types import Address, Call


class Rulebook(Contract):
    """Reads and writes of one rulebook."""

    name = "Rulebook"

    def rules(self, reading: Reading) -> list[Rule]:
        """By number; 0 is the ordinary rule, 1 the amendment rule."""
        return [rule_of(raw) for raw in self.read(reading, "rules")]

    def voting_delay(self, reading: Reading) -> int:
        return int(self.read(reading, "votingDelay"))

    def open_proposals(self, reading: Reading) -> int:
        """How many proposals of one seat can be open at once."""
        return int(self.read(reading, "openProposals"))

    def edition(self, reading: Reading) -> int:
        """The number of the latest edition of the weights; 0 before the first."""
        return int(self.read(reading, "edition"))

    def weights(self, reading: Reading, edition: int | None = None) -> tuple[int, ...]:
        """The constituencies' fixed weights in basis points; the latest edition unless said."""
        number = self.edition(reading) if edition is None else edition
        return tuple(self.read(reading, "weights", number))

    def assigned(self, reading: Reading, target: Address, selector: bytes) -> int | None:
        """The number of the rule of one function's own; None for none."""
        found = self.read(reading, "assignedRule", target, selector)
        return int(found["index"]) if found["assigned"] else None

    def rule_for(
        self, reading: Reading, targets: Sequence[Address], calldatas: Sequence[bytes]
    ) -> Rule:
        """The rule that a proposal of these actions would have."""
        return rule_of(self.read(reading, "ruleFor", targets, calldatas))

    def set_rule(self, number: int, rule: Rule) -> Call:
        says = f"set rule {number} to {describe_rule(rule)}"
        return self.call("setRule", number, rule_arguments(rule), says=says)

    def assign_rule(self, target: Address, selector: bytes, number: int) -> Call:
        says = f"give calls of 0x{selector.hex()} on {target} rule {number}"
        return self.call("assignRule", target, selector, number, says=says)

    def unassign_rule(self, target: Address, selector: bytes) -> Call:
        says = f"take the rule of its own from calls of 0x{selector.hex()} on {target}"
        return self.call("unassignRule", target, selector, says=says)

    def set_weights(self, weights: Sequence[int]) -> Call:
        shares = ", ".join(f"{weight / 100:g} %" for weight in weights)
        return self.call("setWeights", list(weights), says=f"weigh the constituencies {shares}")

    def set_voting_delay(self, seconds: int) -> Call:
        says = f"let voting begin after {duration(seconds)}"
        return self.call("setVotingDelay", seconds, says=says)

    def set_open_proposals(self, number: int) -> Call:
        says = f"let each seat have {number} proposals open at once"
        return self.call("setOpenProposals", number, says=says)


def rule_of(raw: Mapping[str, Any]) -> Rule:
    """A rule from the contract's struct; a proposal that does not exist has none.

    Values out of range cannot come from the contract; they are kept, for a reader to see.
    """
    return Rule.model_construct(
        methods=Method(raw["methods"]),
        approval=raw["approval"],
        quorum=raw["quorum"],
        objections=raw["objections"],
        closing=raw["closing"],
        upgradable=raw["upgradable"],
        delay=raw["delay"],
        voting_period=raw["votingPeriod"],
    )


def rule_arguments(rule: Rule) -> dict[str, Any]:
    """The contract's struct."""
    return {
        "methods": int(rule.methods),
        "approval": rule.approval,
        "quorum": rule.quorum,
        "objections": rule.objections,
        "closing": rule.closing,
        "upgradable": rule.upgradable,
        "delay": rule.delay,
        "votingPeriod": rule.voting_period,
    }


def describe_rule(rule: Rule) -> str:
    """A rule in words."""
    parts = [rule.methods.words]
    if rule.approval:
        parts.append(f"more than {rule.approval / 100:g} % in favour")
    if rule.objections:
        parts.append(f"fewer than {rule.objections} objections")
    parts += [
        f"quorum {rule.quorum / 100:g} %",
        f"{duration(rule.voting_period)} of voting",
        f"{duration(rule.delay)} of delay",
    ]
    if rule.closing:
        parts.append(f"extended once when a vote in the last {rule.closing} % changes the outcome")
    if rule.upgradable:
        parts.append("a class can ask for each class")
    return ", ".join(parts)
