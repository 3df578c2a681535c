"""The one place where a revert becomes an error with the contract's own sentence."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from metaorg.errors import ContractReverted, MetaorgError, Refused, Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import NodeRefused

STATES = (
    "pending",
    "active",
    "canceled",
    "defeated",
    "succeeded",
    "queued",
    "expired",
    "executed",
)
"""A proposal's states, in the order of IGovernor.ProposalState."""

_NOTICES = {
    "GovernorInsufficientProposerVotes": "Only an organization with an active seat can propose.",
    "GovernorInvalidProposalLength": "A proposal needs at least one action, each with its data.",
    "GovernorInvalidSignature": "The signature is not one of the voter over exactly this ballot.",
    "GovernorNonexistentProposal": "There is no proposal with this number in this Assembly.",
    "GovernorUnexpectedProposalState": "The proposal's state does not allow this.",
    "GovernorRestrictedProposer": "The proposal names another proposer in its description.",
    "GovernorUnableToCancel": "Only its proposer can cancel a proposal, and only before voting.",
    "GovernorDisabledDeposit": "The Assembly holds nothing; send to the Timelock instead.",
    "GovernorOnlyExecutor": "Only a decision can do this: propose it.",
    "TimelockUnexpectedOperationState": "The delay of this decision is not over yet.",
    "TimelockInsufficientDelay": "The delay is shorter than the Timelock allows.",
    "AccessControlUnauthorizedAccount": "Only the Assembly can tell the Timelock what to do.",
    "AccessManagedUnauthorized": "Only a decision can do this: propose it.",
    "AccessManagerUnauthorizedAccount": "Only a decision can change who may call what.",
    "AccessManagerUnauthorizedCall": "The caller may not call this function; propose it.",
    "ERC721NonexistentToken": "There is no active seat with this number.",
    "ERC721InvalidOwner": "The zero address holds no seat.",
    "InvalidInitialization": "This contract was initialized when it was founded.",
    "FailedDeployment": "A contract could not be made: one stands at its address already.",
    "FailedCall": "An action of the proposal failed without saying why.",
    "Error": "The contract gives its reason in words of its own.",
    "Panic": "The contract ran into an impossible state.",
    # Wiring, which the founding does and nothing changes.
    "AccessManagedInvalidAuthority": "The address is no contract that could be an Authority.",
    "AccessManagedRequiredDelay": "The caller must schedule this call in the Authority first.",
    "NotInitializing": "This is done while a contract is founded, and only then.",
    "CloneArgumentsTooLong": "The arguments of a contract are too long to be founded with.",
    "Create2EmptyBytecode": "There is no code to make a contract of.",
    "InsufficientBalance": "The contract has too little ETH for this.",
    # Counters.
    "SafeCastOverflowedUintDowncast": "A number is too large for the place where it is kept.",
    "CheckpointUnorderedInsertion": "A moment lies before the last one that was recorded.",
    # Certificates, which cannot move.
    "ERC721IncorrectOwner": "The account does not hold this seat.",
    "ERC721InsufficientApproval": "A seat is bound to its organization; it cannot be moved.",
    "ERC721InvalidApprover": "A seat is bound to its organization; nobody can approve a transfer.",
    "ERC721InvalidOperator": "A seat is bound to its organization; it has no operators.",
    "ERC721InvalidReceiver": "The address cannot receive a certificate.",
    "ERC721InvalidSender": "The address holds no certificate that it could send.",
    "VotesExpiredSignature": "The signature's time has run out; sign again with a later date.",
    # Parts of the Governor.
    "GovernorAlreadyCastVote": "This account has voted on this proposal already.",
    "GovernorAlreadyQueuedProposal": "The proposal is queued already.",
    "GovernorInvalidVoteParams": "A vote takes no further parameters.",
    "GovernorInvalidVoteType": "A vote is 0 (against), 1 (for) or 2 (abstain).",
    "GovernorInvalidVotingPeriod": "A voting period needs at least one second.",
    "GovernorProposalQueueingFailed": "The proposal could not be queued in the Timelock.",
    "GovernorProposalQueueingNotRequired": "This proposal needs no queue; execute it.",
    # The Timelock's and the Authority's own acts.
    "AccessControlBadConfirmation": "An account can give up a role for itself only.",
    "TimelockInvalidOperationLength": "Targets, values and data must be equally many.",
    "TimelockUnauthorizedCaller": "Only a decision can change the Timelock: propose it.",
    "TimelockUnexecutedPredecessor": "Another decision must be executed before this one.",
    "AccessManagerAlreadyScheduled": "This call is scheduled in the Authority already.",
    "AccessManagerBadConfirmation": "An account can give up a role for itself only.",
    "AccessManagerExpired": "The scheduled call has expired; schedule it again.",
    "AccessManagerInvalidInitialAdmin": "An Authority needs an administrator.",
    "AccessManagerLockedFunction": "Who may call this function cannot be changed.",
    "AccessManagerLockedRole": "This role belongs to the Authority itself; it cannot be changed.",
    "AccessManagerNotReady": "The delay of the scheduled call is not over yet.",
    "AccessManagerNotScheduled": "This call is not scheduled in the Authority.",
    "AccessManagerUnauthorizedCancel": "The caller may not cancel this scheduled call.",
    "AccessManagerUnauthorizedConsume": "Only the scheduled call's own target can use it up.",
    "AddressEmptyCode": "There is no contract at the address that is called.",
}
"""Sentences for the errors of OpenZeppelin's contracts, which have none of their own.

A test fails when an error of a shipped contract has no sentence, here or in its NatSpec.
"""

STATE_NOTICES = {
    "pending": "The proposal waits for voting to begin.",
    "active": "The proposal is being voted on.",
    "canceled": "The proposal was canceled.",
    "defeated": "The proposal was defeated.",
    "succeeded": "The proposal has succeeded; queue it.",
    "queued": "The proposal is queued; execute it when its delay is over.",
    "expired": "The proposal has expired.",
    "executed": "The proposal was executed.",
}


class Moment(int):
    """Unix seconds that show themselves as a date."""

    def __str__(self) -> str:
        try:
            return datetime.fromtimestamp(self, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError, OSError):
            return int.__str__(self)


def explain(refusal: NodeRefused, doing: str = "") -> MetaorgError:
    """What a refused call means: a `ContractReverted`, a `Refused`, or the refusal itself."""
    if "insufficient funds" in refusal.message.lower():
        return Refused(f"{doing or 'sending'}: the account has too little ETH for gas and value")
    says_so = "revert" in refusal.message.lower()  # other messages end in hashes and addresses
    data = _revert_data(refusal.data) or (_revert_data(refusal.message) if says_so else None)
    if data is not None or says_so:
        return reverted(data or b"", doing)
    return refusal


def reverted(data: bytes, doing: str = "") -> ContractReverted:
    """The error that revert data stand for.

    Known are the custom errors of all shipped contracts, `Error(string)` and `Panic(uint256)`.
    """
    entry = errors().get(data[:4])
    if entry is None:
        return ContractReverted("", {}, _unknown(data), doing)
    name, (error, notice) = str(entry[0]["name"]), entry
    try:
        arguments = abi.decode_values(error["inputs"], data[4:])
    except Unreachable:  # it has the selector and is another error all the same
        return ContractReverted("", {}, _unknown(data), doing)
    if name == "Error":
        return ContractReverted("", {}, str(arguments["message"]), doing)
    if name == "GovernorUnexpectedProposalState":
        state = _state(arguments["current"])
        notice = STATE_NOTICES.get(state, notice)
        arguments = {"proposalId": arguments["proposalId"], "state": state}
    times = {parameter["name"] for parameter in error["inputs"] if parameter["type"] == "uint48"}
    shown = {k: Moment(v) if k in times else _shown(v) for k, v in arguments.items()}
    return ContractReverted(name, shown, notice, doing)


def _state(number: int) -> str:
    return STATES[number] if number < len(STATES) else str(number)


def _unknown(data: bytes) -> str:
    if not data:
        return "The contract refused without saying why (is it the contract that you mean?)."
    return f"The contract refused with an error that is not known here: 0x{data.hex()[:136]}."


def _shown(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value


def _revert_data(data: Any) -> bytes | None:
    """Revert data as nodes wrap them: hex, {"result": hex}, {"data": hex}, or inside a message."""
    if isinstance(data, dict):
        for key in ("data", "result", "originalError"):
            if key in data:
                return _revert_data(data[key])
        return None
    if not isinstance(data, str):
        return None
    found = re.search(r"0x((?:[0-9a-fA-F]{2}){4,})$", data.strip().rstrip('"'))
    return bytes.fromhex(found[1]) if found else (b"" if data == "0x" else None)


@cache
def errors() -> dict[bytes, tuple[abi.Entry, str]]:
    """Every known error with its sentence, by selector, in the order of contracts and ABIs."""
    known: dict[bytes, tuple[abi.Entry, str]] = {}
    for name in CONTRACTS:
        artifact = load(name)
        for key, entry in artifact.errors.items():
            notice = artifact.notice(entry) or _NOTICES.get(entry["name"], "")
            if key not in known or notice:
                known[key] = (entry, notice or f"The contract refused: {entry['name']}.")
    for entry in _BUILT_IN:
        known[abi.selector(entry)] = (entry, _NOTICES[entry["name"]])
    return known


_BUILT_IN: tuple[abi.Entry, ...] = (
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)
