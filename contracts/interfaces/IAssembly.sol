// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {ClassTally, Rule} from "./IRulebook.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

/// @notice A vote that was signed with the voter's key, to be sent by somebody else: the Governor's
/// `Ballot` with nonce 0, and the signature in two words (EIP-2098).
struct SignedVote {
    address voter;
    uint8 support;
    bytes32 r;
    bytes32 vs;
}

/// @title All active seats deciding: OpenZeppelin's Governor interface over seats.
/// @notice The rule of a proposal is the Rulebook's answer to its actions, never the proposer's choice, and
/// is frozen when it is proposed. Every signed vote has nonce 0: a seat votes once, and who voted is
/// recorded. Affiliated seats share one vote; the first that is cast counts.
/// Assumptions: Rulebook, Membership and Timelock are those of the same founding.
/// Powers: the proposer can cancel until voting starts; a constituency can ask for its own consent until
/// then, where the rule allows it; nobody can veto, and nothing here can be set.
interface IAssembly is IGovernor {
    /// @notice This rule, with this edition of the weights, decides `proposalId`, whatever changes later.
    event RuleFrozen(uint256 indexed proposalId, Rule rule, uint8 edition);
    /// @notice Seat `seat` asks that `proposalId` needs the consent of each class.
    event UpgradeRequested(
        uint256 indexed proposalId, uint32 indexed seat, uint8 indexed constituency
    );
    /// @notice At the request of constituency `constituency`, `proposalId` needs each class.
    event ProposalUpgraded(uint256 indexed proposalId, uint8 indexed constituency);
    /// @notice A late vote changed the outcome: votes on `proposalId` are cast until `extendedDeadline`.
    event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);
    /// @notice The first `pages` pages of constituency `constituency` have been added up.
    event VotesCounted(uint256 indexed proposalId, uint8 indexed constituency, uint32 pages);
    /// @notice The signed vote of `voter` on `proposalId` was not counted, for this reason.
    event VoteRefused(uint256 indexed proposalId, address indexed voter, bytes4 reason);

    /// @notice This seat, or one of its group, has voted on this proposal already.
    error AssemblyAlreadyVoted(uint256 proposalId, address account);
    /// @notice Only an organization with an active seat can do this.
    error AssemblySeatRequired(address account);
    /// @notice The seat became active after the proposal's snapshot; it votes on later proposals.
    error AssemblySeatTooRecent(address account, uint256 snapshot);
    /// @notice A vote is 0 (against), 1 (for) or 2 (abstain); or 255, split into three parts.
    error AssemblySupportUnknown(uint8 support);
    /// @notice A split vote has three parts (against, for, abstain) of 10,000 units together.
    error AssemblySplitInvalid(bytes params);
    /// @notice Under consent, a vote against is an objection: give the reason.
    error AssemblyReasonMissing(uint256 proposalId, address account);
    /// @notice This seat has as many proposals open as one seat may; wait until voting on one is over.
    error AssemblyProposalsOpen(uint32 seat, uint8 openProposals);
    /// @notice The rule of this proposal cannot be made stricter by a constituency.
    error AssemblyUpgradeUnavailable(uint256 proposalId);
    /// @notice This seat, or one of its group, has asked for the upgrade already.
    error AssemblyUpgradeRequested(uint256 proposalId, uint32 seat);

    /// @notice Asks, for the caller's seat, that a proposal needs the consent of each class.
    /// @dev Requirements: the caller holds an active seat; voting has not started; the rule allows it; the
    /// proposal does not remove a member. When requests come to more than half of the votes that are
    /// active in a constituency, it does. A seat asks once, and so does a group; a request stays when its
    /// seat leaves. Emits {UpgradeRequested} and {ProposalUpgraded}.
    /// @custom:power an active seat, until voting starts; at once, with more than half of a
    /// constituency; nobody
    function requestUpgrade(uint256 proposalId) external;

    /// @notice Casts many signed votes; those that cannot be counted are left out and reported.
    /// @dev Requirements: the proposal is open to votes. For accounts with a key of their own: the signature
    /// is recovered, and no contract is asked. Contract accounts vote by `castVoteBySig`, many of them
    /// through {IRelay}. Emits `VoteCast` or {VoteRefused} for each.
    /// @custom:power anyone, with the signatures of seats active at the snapshot; at once; nobody
    function castVotesBySig(uint256 proposalId, SignedVote[] calldata votes)
        external
        returns (uint256 counted);

    /// @notice Adds up at most `pages` pages of votes and keeps the sums, for a register that is too
    /// large to be counted when a proposal is queued; anyone may call, as often as needed.
    /// @dev Requirements: voting is over; the proposal is neither canceled nor queued.
    /// @custom:power anyone, when voting is over; at once; nobody
    function countVotes(uint256 proposalId, uint256 pages) external;

    /// @notice The rule that decides `proposalId`, and the edition of the weights.
    /// @dev After an extension, `votingPeriod` is the time that voting takes in all; after an upgrade, the
    /// methods include each class.
    function proposalRule(uint256 proposalId)
        external
        view
        returns (Rule memory rule, uint8 edition);

    /// @notice The seat that proposed.
    function proposalSeat(uint256 proposalId) external view returns (uint32);

    /// @notice Whether a late vote has extended the voting.
    function proposalExtended(uint256 proposalId) external view returns (bool);

    /// @notice How many seats of `constituency` have asked for an upgrade.
    function upgradeRequests(uint256 proposalId, uint8 constituency) external view returns (uint256);

    /// @notice The votes and seats of each constituency, in order of index.
    function proposalTallies(uint256 proposalId) external view returns (ClassTally[] memory);

    /// @notice All votes against, for and abstaining, in units.
    function proposalVotes(uint256 proposalId)
        external
        view
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);

    /// @notice One page of votes as stored: 128 voted bits and three tallies of 42 bits.
    function votePage(uint256 proposalId, uint8 constituency, uint32 page)
        external
        view
        returns (uint256);

    /// @notice 0: a signed vote needs no counter.
    function nonces(address account) external view returns (uint256);

    /// @notice The register of seats, where votes come from.
    function token() external view returns (address);

    /// @notice How decisions are made.
    function rulebook() external view returns (address);

    /// @notice What executes decisions.
    function timelock() external view returns (address);
}
