// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTally, Method, Rule} from "../interfaces/IAssembly.sol";

/// @title The arithmetic of decisions.
/// @dev The same as `metaorg/rules/decision.py`; both are held to tests/vectors/decision.json.
/// Shares are compared by cross-multiplying integers: nothing is rounded. Units are at most
/// 2^32 seats x 10,000, so that no product comes near 2^256.
library Rules {
    uint256 internal constant UNITS_PER_SEAT = 10_000;
    uint256 internal constant BASIS = 10_000;

    /// @notice The rule as one number: the larger, the stricter.
    /// @dev A total order, and so transitive: method first, because it says who must agree; then how
    /// many must agree, how many must take part, how long the others can react, how long all can vote.
    function strictness(Rule memory rule) internal pure returns (uint256) {
        return uint256(rule.method) << 96 | uint256(rule.approval) << 80 | uint256(rule.quorum)
            << 64 | uint256(rule.delay) << 32 | rule.votingPeriod;
    }

    /// @notice The rule that is as strict as both in every part.
    /// @dev The larger of each part, so that no action of a proposal ever weakens what another needs,
    /// and their order does not matter.
    function strictest(Rule memory a, Rule memory b) internal pure returns (Rule memory) {
        return Rule({
            method: a.method > b.method ? a.method : b.method,
            approval: a.approval > b.approval ? a.approval : b.approval,
            quorum: a.quorum > b.quorum ? a.quorum : b.quorum,
            delay: a.delay > b.delay ? a.delay : b.delay,
            votingPeriod: a.votingPeriod > b.votingPeriod ? a.votingPeriod : b.votingPeriod
        });
    }

    /// @notice Whether every part of `rule` is at least as strict as that of `other`.
    function noWeaker(Rule memory rule, Rule memory other) internal pure returns (bool) {
        return rule.method >= other.method && rule.approval >= other.approval
            && rule.quorum >= other.quorum && rule.delay >= other.delay
            && rule.votingPeriod >= other.votingPeriod;
    }

    /// @notice Whether the parts of `rule` are in range.
    function inRange(Rule memory rule) internal pure returns (bool) {
        return rule.approval >= BASIS / 2 && rule.approval < BASIS && rule.quorum <= BASIS
            && rule.votingPeriod != 0;
    }

    /// @notice Whether enough seats took part and enough of them agreed.
    /// @dev Ties fail. Abstentions count for the quorum only. In each class: a constituency that has
    /// seats must be in favour by majority, and one in which nobody voted for or against has not agreed.
    function passes(Rule memory rule, ClassTally[] memory tallies) internal pure returns (bool) {
        uint256 against = 0;
        uint256 inFavour = 0;
        uint256 abstain = 0;
        uint256 seats = 0;
        bool eachClass = true;
        for (uint256 i = 0; i < tallies.length; ++i) {
            ClassTally memory class = tallies[i];
            against += class.against;
            inFavour += class.inFavour;
            abstain += class.abstain;
            seats += class.seats;
            if (class.seats != 0 && class.inFavour <= class.against) eachClass = false;
        }

        if ((against + inFavour + abstain) * BASIS < seats * UNITS_PER_SEAT * rule.quorum) {
            return false;
        }
        if (rule.method == Method.EachClass && !eachClass) return false;
        return inFavour * BASIS > (against + inFavour) * rule.approval;
    }
}
