"""Client of `Assembly`: proposals and votes."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.onchain.reverts import STATES
from metaorg.onchain.rulebook import rule_of
from metaorg.rules.decision import SPLIT, SUPPORT, UNITS_PER_SEAT, ClassTally, Rule
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
    edition: int
    extended: bool


PlainVote = tuple[Address, int, bytes, bytes]
"""Voter, support, and the signature in two words."""
Split = tuple[int, int, int]
"""Units against, for and abstaining, 10,000 together."""


def split_params(split: Split) -> bytes:
    """A split vote as `params`: three uint128, packed (OpenZeppelin's fractional counting)."""
    return b"".join(part.to_bytes(16) for part in split)


def split_of(params: bytes) -> Split:
    """The parts of a split vote.

    Raises:
        ValueError: not three parts of 10,000 units together.
    """
    against, in_favour, abstain = (int.from_bytes(params[at : at + 16]) for at in (0, 16, 32))
    if len(params) != 48 or against + in_favour + abstain != UNITS_PER_SEAT:
        raise ValueError("a split vote has three parts of 10,000 units together")
    return against, in_favour, abstain


def ballot_split(ballot: Mapping[str, Any]) -> Split | None:
    """The parts of a vote by what was signed, or by the event of it; None for a whole vote."""
    try:
        return split_of(ballot["params"]) if ballot["support"] == SPLIT else None
    except (KeyError, ValueError):
        return None


def vote_words(support: int, split: Split | None = None) -> str:
    """A vote in words: "for", or "20 % against, 80 % for, 0 % abstain"."""
    if split is None:
        return SUPPORT[support] if support < len(SUPPORT) else f"with value {support}"
    return ", ".join(f"{part / 100:g} % {word}" for part, word in zip(split, SUPPORT, strict=True))


class Assembly(Contract):
    """Reads and writes of one Assembly."""

    name = "Assembly"

    def state(self, reading: Reading, proposal: int) -> ProposalState:
        state, proposer, snapshot, deadline, eta, frozen, extended = self.reads(
            reading,
            [
                ("state", (proposal,)),
                ("proposalProposer", (proposal,)),
                ("proposalSnapshot", (proposal,)),
                ("proposalDeadline", (proposal,)),
                ("proposalEta", (proposal,)),
                ("proposalRule", (proposal,)),
                ("proposalExtended", (proposal,)),
            ],
        )
        return ProposalState(
            state=STATES[state],
            proposer=proposer,
            snapshot=snapshot,
            deadline=deadline,
            eta=eta,
            rule=rule_of(frozen["rule"]),
            edition=frozen["edition"],
            extended=extended,
        )

    def tallies(self, reading: Reading, proposal: int) -> list[ClassTally]:
        """Votes and seats of each constituency; before the snapshot is over, seats as of now."""
        return tallies_of(self.read(reading, "proposalTallies", proposal))

    def has_voted(self, reading: Reading, proposal: int, account: Address) -> bool:
        return bool(self.read(reading, "hasVoted", proposal, account))

    def rule_of(self, reading: Reading, proposal: int) -> Rule:
        """The rule that decides a proposal."""
        return rule_of(self.read(reading, "proposalRule", proposal)["rule"])

    def upgrade_requests(
        self, reading: Reading, proposal: int, constituencies: int
    ) -> tuple[int, ...]:
        """How many seats of each constituency have asked for an upgrade."""
        asked = [("upgradeRequests", (proposal, index)) for index in range(constituencies)]
        return tuple(self.reads(reading, asked))

    def vote_by_signature(self, ballot: Mapping[str, Any], signature: bytes) -> Call:
        """Cast a vote that its voter signed; `ballot` is the message of the EIP-712 type."""
        proposal, support, voter = (ballot[name] for name in ("proposalId", "support", "voter"))
        word = vote_words(support, ballot_split(ballot))
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
        title, count = description.splitlines()[0].removeprefix("# "), len(actions.targets)
        return self.call(
            "propose",
            actions.targets,
            actions.values,
            actions.calldatas,
            description,
            says=f"propose {title!r} ({count} action{'' if count == 1 else 's'})",
        )

    def vote(
        self, proposal: int, support: int, reason: str = "", split: Split | None = None
    ) -> Call:
        """Cast the sender's vote: 0 against, 1 for, 2 abstain; or 255, split into parts."""
        says = f"vote {vote_words(support, split)} on proposal {proposal}"
        if split:
            function, given = "castVoteWithReasonAndParams", (reason, split_params(split))
            return self.call(function, proposal, support, *given, says=says)
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

    def request_upgrade(self, proposal: int) -> Call:
        says = f"ask that proposal {proposal} needs the consent of each class"
        return self.call("requestUpgrade", proposal, says=says)

    def count(self, proposal: int, pages: int) -> Call:
        says = f"count {pages} pages of votes on proposal {proposal}"
        return self.call("countVotes", proposal, pages, says=says)

    def vote_batch(self, proposal: int, votes: Sequence[PlainVote]) -> Call:
        """Cast many plain signed votes; those that cannot be counted are left out and reported.

        Args:
            votes: voter, support, and signature in two words of each (`typed_data.compact`).
        """
        says = f"cast {len(votes)} signed votes on proposal {proposal}"
        return self.call("castVotesBySig", proposal, list(votes), says=says)

    def _step(self, verb: str, proposal: int, actions: Actions, description: str) -> Call:
        return self.call(
            verb,
            actions.targets,
            actions.values,
            actions.calldatas,
            keccak(text=description),
            says=f"{verb} proposal {proposal}",
        )


def tallies_of(raw: Sequence[Mapping[str, Any]]) -> list[ClassTally]:
    """Tallies from the contract's structs."""
    return [
        ClassTally(
            against=one["against"],
            in_favour=one["inFavour"],
            abstain=one["abstain"],
            seats=one["seats"],
        )
        for one in raw
    ]


def proposal_id(actions: Actions, description: str) -> int:
    """The number that the Governor gives a proposal. Source: Governor.hashProposal."""
    encoded = encode(
        ["address[]", "uint256[]", "bytes[]", "bytes32"],
        [actions.targets, actions.values, actions.calldatas, keccak(text=description)],
    )
    return int.from_bytes(keccak(encoded))
