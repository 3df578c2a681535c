// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rule} from "../interfaces/IRulebook.sol";

/// @notice What is to be known of a proposal besides its votes: one storage slot.
/// @dev bits 0-31 seat | 32-71 start of voting | 72-103 length of voting | 104-143 eta | 144-175 delay |
/// 176-189 approval | 190-203 quorum | 204-219 objections | 220-223 methods | 224-230 closing |
/// 231-238 edition of the weights | 239-243 flags. Times end in the year 36812.
type Proposal is uint256;

using Proposals for Proposal global;

/// @title Packing and unpacking of {Proposal}.
/// @dev By hand, because the compiler reads and writes a packed struct field by field: 4,500 gas more for
/// each proposal.
library Proposals {
    uint256 internal constant CANCELED = 1 << 239;
    uint256 internal constant EXECUTED = 1 << 240;
    uint256 internal constant EXTENDED = 1 << 241;
    uint256 internal constant SUMMED = 1 << 242;
    uint256 internal constant UPGRADABLE = 1 << 243;

    uint256 private constant START = 32;
    uint256 private constant DURATION = 72;
    uint256 private constant ETA = 104;
    uint256 private constant DELAY = 144;
    uint256 private constant APPROVAL = 176;
    uint256 private constant QUORUM = 190;
    uint256 private constant OBJECTIONS = 204;
    uint256 private constant METHODS = 220;
    uint256 private constant CLOSING = 224;
    uint256 private constant EDITION = 231;

    /// @dev Of 14 bits: basis points.
    uint256 private constant SHARE_MASK = (1 << 14) - 1;

    /// @notice A proposal of seat `proposer` under `frozen`, on which voting begins at `voteStart`.
    /// @dev The rule is in range, as the Rulebook requires.
    function pack(uint32 proposer, uint40 voteStart, Rule memory frozen, uint8 weightsEdition)
        internal
        pure
        returns (Proposal)
    {
        uint256 packed = proposer | uint256(voteStart) << START | uint256(frozen.votingPeriod)
            << DURATION | uint256(frozen.delay) << DELAY | uint256(frozen.approval) << APPROVAL
            | uint256(frozen.quorum) << QUORUM | uint256(frozen.objections) << OBJECTIONS
            | uint256(frozen.methods) << METHODS | uint256(frozen.closing) << CLOSING
            | uint256(weightsEdition) << EDITION;
        return Proposal.wrap(frozen.upgradable ? packed | UPGRADABLE : packed);
    }

    /// @notice The rule; its voting period is the time that voting really takes.
    function rule(Proposal self) internal pure returns (Rule memory) {
        uint256 packed = Proposal.unwrap(self);
        return Rule({
            methods: self.methods(),
            approval: uint16(packed >> APPROVAL & SHARE_MASK),
            quorum: uint16(packed >> QUORUM & SHARE_MASK),
            objections: uint16(packed >> OBJECTIONS),
            closing: uint8(packed >> CLOSING & 127),
            upgradable: self.has(UPGRADABLE),
            delay: uint32(packed >> DELAY),
            votingPeriod: uint32(packed >> DURATION)
        });
    }

    function exists(Proposal self) internal pure returns (bool) {
        return Proposal.unwrap(self) != 0;
    }

    function seat(Proposal self) internal pure returns (uint32) {
        return uint32(Proposal.unwrap(self));
    }

    function start(Proposal self) internal pure returns (uint48) {
        return uint40(Proposal.unwrap(self) >> START);
    }

    function deadline(Proposal self) internal pure returns (uint256) {
        return uint256(self.start()) + uint32(Proposal.unwrap(self) >> DURATION);
    }

    /// @notice Seconds at the end of voting in which a swing extends it, rounded down.
    /// @dev Asked for before an extension, when the length of voting is still the rule's.
    function closingPart(Proposal self) internal pure returns (uint256) {
        uint256 packed = Proposal.unwrap(self);
        return uint256(uint32(packed >> DURATION)) * (packed >> CLOSING & 127) / 100;
    }

    function eta(Proposal self) internal pure returns (uint256) {
        return uint40(Proposal.unwrap(self) >> ETA);
    }

    function delay(Proposal self) internal pure returns (uint256) {
        return uint32(Proposal.unwrap(self) >> DELAY);
    }

    function methods(Proposal self) internal pure returns (uint8) {
        return uint8(Proposal.unwrap(self) >> METHODS & 15);
    }

    function edition(Proposal self) internal pure returns (uint8) {
        return uint8(Proposal.unwrap(self) >> EDITION);
    }

    /// @notice Whether one of `flags` is set.
    function has(Proposal self, uint256 flags) internal pure returns (bool) {
        return Proposal.unwrap(self) & flags != 0;
    }

    /// @notice The proposal with these flags set.
    function with(Proposal self, uint256 flags) internal pure returns (Proposal) {
        return Proposal.wrap(Proposal.unwrap(self) | flags);
    }

    /// @notice The proposal, queued until `time`.
    function queued(Proposal self, uint40 time) internal pure returns (Proposal) {
        return Proposal.wrap(Proposal.unwrap(self) | uint256(time) << ETA);
    }

    /// @notice The proposal, on which voting takes `duration` seconds, once and for all.
    function extended(Proposal self, uint32 duration) internal pure returns (Proposal) {
        uint256 cleared = Proposal.unwrap(self) & ~(uint256(type(uint32).max) << DURATION);
        return Proposal.wrap(cleared | uint256(duration) << DURATION | EXTENDED);
    }

    /// @notice The proposal, for which every class must agree, with at least this approval.
    function upgraded(Proposal self, uint8 eachClass, uint16 approval)
        internal
        pure
        returns (Proposal)
    {
        uint256 packed = Proposal.unwrap(self);
        if (packed >> APPROVAL & SHARE_MASK == 0) packed |= uint256(approval) << APPROVAL;
        return Proposal.wrap(packed | uint256(eachClass) << METHODS);
    }
}
