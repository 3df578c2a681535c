"""Client of `Assembly`: proposals, votes and rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.onchain.reverts import STATES
from metaorg.rules.decision import SUPPORT, ClassTally, Method, Rule
from metaorg.types import Address, Call, Hex, Model


class Actions(Model):
    """What a proposal does, as the Governor takes it."""

    targets: tuple[Address, ...]
    values: tuple[int, ...]
    calldatas: tuple[Hex, ...]

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Actions":
        return cls(
            targets=tuple(call.to for call in calls),
            values=tuple(call.value for call in calls),
            calldatas=tuple(call.data for call in calls),
        )


class ProposalState(Model):
    """Where a proposal stands at one block; times in Unix seconds, `eta` 0 until queued."""

    state: str
    proposer: Address
    snapshot: int
    deadline: int
    eta: int
    rule: Rule


class Assembly(Contract):
    """Reads and writes of one Assembly."""

    name = "Assembly"

    def rules(self, reading: Reading) -> list[Rule]:
        """By number; 0 is the ordinary rule, 1 the amendment rule."""
        return [rule_of(raw) for raw in self.read(reading, "rules")]

    def voting_delay(self, reading: Reading) -> int:
        return int(self.read(reading, "votingDelay"))

    def rule_for(self, reading: Reading, actions: Actions) -> Rule:
        """The rule that a proposal of these actions would have."""
        return rule_of(self.read(reading, "ruleFor", actions.targets, actions.calldatas))

    def state(self, reading: Reading, proposal: int) -> ProposalState:
        state, proposer, snapshot, deadline, eta, rule = self.reads(
            reading,
            [
                ("state", (proposal,)),
                ("proposalProposer", (proposal,)),
                ("proposalSnapshot", (proposal,)),
                ("proposalDeadline", (proposal,)),
                ("proposalEta", (proposal,)),
                ("proposalRule", (proposal,)),
            ],
        )
        return ProposalState(
            state=STATES[state],
            proposer=proposer,
            snapshot=snapshot,
            deadline=deadline,
            eta=eta,
            rule=rule_of(rule),
        )

    def tallies(self, reading: Reading, proposal: int) -> list[ClassTally]:
        """Votes and seats of each constituency; before the snapshot is over, seats as of now."""
        found = self.read(reading, "proposalTallies", proposal)
        return [
            ClassTally(
                against=raw["against"],
                in_favour=raw["inFavour"],
                abstain=raw["abstain"],
                seats=raw["seats"],
            )
            for raw in found
        ]

    def has_voted(self, reading: Reading, proposal: int, account: Address) -> bool:
        return bool(self.read(reading, "hasVoted", proposal, account))

    def next_ballot(self, reading: Reading, voter: Address) -> int:
        """The nonce of the next ballot that an account signs."""
        return int(self.read(reading, "nonces", voter))

    def vote_by_signature(self, ballot: Mapping[str, Any], signature: bytes) -> Call:
        """Cast a vote that its voter signed; `ballot` is the message of the EIP-712 type."""
        proposal, support, voter = (ballot[name] for name in ("proposalId", "support", "voter"))
        word = SUPPORT[support] if support < len(SUPPORT) else f"by the unknown number {support}"
        says = f"vote {word} on proposal {proposal} as {voter}, who signed it"
        if "reason" not in ballot:
            return self.call("castVoteBySig", proposal, support, voter, signature, says=says)
        return self.call(
            "castVoteWithReasonAndParamsBySig",
            proposal,
            support,
            voter,
            ballot["reason"],
            ballot["params"],
            signature,
            says=says,
        )

    def propose(self, actions: Actions, description: str) -> Call:
        title = description.splitlines()[0].removeprefix("# ")
        return self.call(
            "propose",
            actions.targets,
            actions.values,
            actions.calldatas,
            description,
            says=f"propose {title!r} ({len(actions.targets)} actions)",
        )

    def vote(self, proposal: int, support: int, reason: str = "") -> Call:
        says = f"vote {SUPPORT[support]} on proposal {proposal}"
        if reason:
            return self.call("castVoteWithReason", proposal, support, reason, says=says)
        return self.call("castVote", proposal, support, says=says)

    def queue(self, proposal: int, actions: Actions, description: str) -> Call:
        return self._step("queue", proposal, actions, description)

    def execute(self, proposal: int, actions: Actions, description: str) -> Call:
        call = self._step("execute", proposal, actions, description)
        return call.model_copy(update={"value": sum(actions.values)})

    def cancel(self, proposal: int, actions: Actions, description: str) -> Call:
        return self._step("cancel", proposal, actions, description)

    def set_rule(self, number: int, rule: Rule) -> Call:
        return self.call(
            "setRule",
            number,
            rule_arguments(rule),
            says=f"set rule {number} to {describe_rule(rule)}",
        )

    def assign_rule(self, target: Address, selector: bytes, number: int) -> Call:
        says = f"give calls of 0x{selector.hex()} on {target} rule {number}"
        return self.call("assignRule", target, selector, number, says=says)

    def set_voting_delay(self, seconds: int) -> Call:
        return self.call("setVotingDelay", seconds, says=f"let voting begin after {seconds} s")

    def _step(self, verb: str, proposal: int, actions: Actions, description: str) -> Call:
        return self.call(
            verb,
            actions.targets,
            actions.values,
            actions.calldatas,
            keccak(text=description),
            says=f"{verb} proposal {proposal}",
        )


def proposal_id(actions: Actions, description: str) -> int:
    """The number that the Governor gives a proposal. Source: Governor.hashProposal."""
    encoded = encode(
        ["address[]", "uint256[]", "bytes[]", "bytes32"],
        [actions.targets, actions.values, actions.calldatas, keccak(text=description)],
    )
    return int.from_bytes(keccak(encoded))


def rule_of(raw: dict[str, Any]) -> Rule:
    """A rule from the contract's struct; a proposal that does not exist has none.

    Values out of range cannot come from the contract; they are kept, for a reader to see.
    """
    return Rule.model_construct(
        method=Method(raw["method"]),
        approval=raw["approval"],
        quorum=raw["quorum"],
        delay=raw["delay"],
        voting_period=raw["votingPeriod"],
    )


def rule_arguments(rule: Rule) -> tuple[int, ...]:
    """The contract's struct."""
    return (int(rule.method), rule.approval, rule.quorum, rule.delay, rule.voting_period)


def describe_rule(rule: Rule) -> str:
    """A rule in words."""
    return (
        f"{rule.method.words}, more than {rule.approval / 100:g} % in favour, "
        f"quorum {rule.quorum / 100:g} %, {rule.voting_period} s of voting, {rule.delay} s of delay"
    )
