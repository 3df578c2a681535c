// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTally, Rule} from "../interfaces/IRulebook.sol";

/// @title The arithmetic of decisions.
/// @dev The same as `metaorg/rules/decision.py`; both are held to tests/vectors/decision.json.
/// Shares are compared by cross-multiplying integers: nothing is rounded, except the weighted shares,
/// which are rounded down at 1e-9. Units are at most 2^32 seats x 10,000, so that no product comes near
/// 2^256.
library Rules {
    uint256 internal constant UNITS_PER_SEAT = 10_000;
    uint256 internal constant BASIS = 10_000;

    /// @dev The methods, as a set of bits; what a later one is, is said in {IRulebook-Rule}.
    uint8 internal constant MAJORITY = 1;
    uint8 internal constant WEIGHTED = 2;
    uint8 internal constant IN_EACH_CLASS = 4;
    uint8 internal constant CONSENT = 8;

    /// @dev A majority in every class never stands alone: the method *each class* is both bits.
    uint8 internal constant EACH_CLASS = MAJORITY | IN_EACH_CLASS;

    /// @dev A weighted share is counted in parts of 1e-9.
    uint256 internal constant SHARE = 1e9;

    uint256 private constant HUNDRED = 100;

    /// @dev Twice that, after an extension, still fits 32 bits.
    uint256 private constant MAX_PERIOD = type(uint32).max / 2;

    /// @notice The rule as one number: the larger, the stricter.
    /// @dev A total order, and so transitive: the methods first, because they say who must agree; then
    /// how many must agree, how many must take part, how few may object, how long the others can react,
    /// how long all can vote, how long a late swing keeps it open, whether a class can ask for more.
    /// Of two rules that differ in every part in the same sense, the stricter has the larger number; a
    /// set of methods has a larger number than any of its subsets.
    function strictness(Rule memory rule) internal pure returns (uint256) {
        return uint256(rule.methods) << 128 | uint256(rule.approval) << 112 | uint256(rule.quorum)
            << 96 | _intolerance(rule.objections) << 80 | uint256(rule.delay) << 48
            | uint256(rule.votingPeriod) << 16 | uint256(rule.closing) << 8
            | (rule.upgradable ? 1 : 0);
    }

    /// @notice The least rule that is as strict as both in every part.
    /// @dev All methods that either asks for, and the stricter of each other part: no action of a
    /// proposal ever takes away what another one needs, and their order does not matter.
    function strictest(Rule memory a, Rule memory b) internal pure returns (Rule memory) {
        bool fewer = _intolerance(a.objections) >= _intolerance(b.objections);
        return Rule({
            methods: a.methods | b.methods,
            approval: a.approval > b.approval ? a.approval : b.approval,
            quorum: a.quorum > b.quorum ? a.quorum : b.quorum,
            objections: fewer ? a.objections : b.objections,
            closing: a.closing > b.closing ? a.closing : b.closing,
            upgradable: a.upgradable || b.upgradable,
            delay: a.delay > b.delay ? a.delay : b.delay,
            votingPeriod: a.votingPeriod > b.votingPeriod ? a.votingPeriod : b.votingPeriod
        });
    }

    /// @notice Whether `rule` asks for all that `other` asks for, and every other part is as strict.
    /// @dev Whether a class can ask for more is no part of it: who asks for each class already has nothing
    /// to ask for.
    function noWeaker(Rule memory rule, Rule memory other) internal pure returns (bool) {
        return other.methods & ~rule.methods == 0 && rule.approval >= other.approval
            && rule.quorum >= other.quorum
            && _intolerance(rule.objections) >= _intolerance(other.objections)
            && rule.delay >= other.delay && rule.votingPeriod >= other.votingPeriod
            && rule.closing >= other.closing;
    }

    /// @notice Whether the parts of `rule` are in range.
    /// @dev A share of approval is needed by every method but consent, a number of objections by consent
    /// alone; a majority in each class comes with one over all.
    function inRange(Rule memory rule) internal pure returns (bool) {
        bool shared = rule.methods & ~CONSENT != 0;
        bool consented = rule.methods & CONSENT != 0;
        bool classed = rule.methods & EACH_CLASS != IN_EACH_CLASS;
        return rule.methods != 0 && rule.methods < CONSENT << 1 && classed
            && (shared ? rule.approval >= BASIS / 2 && rule.approval < BASIS : rule.approval == 0)
            && consented == (rule.objections != 0) && rule.quorum <= BASIS
            && rule.closing <= HUNDRED && rule.votingPeriod != 0 && rule.votingPeriod <= MAX_PERIOD;
    }

    /// @notice Whether enough seats took part and enough of them agreed, by every method of the rule.
    /// @dev Ties fail. Abstentions count for the quorum only. Where there is no seat, nothing passes.
    /// @param weights each constituency's fixed share in basis points; those beyond its end have none.
    function passes(Rule memory rule, ClassTally[] memory tallies, uint16[] memory weights)
        internal
        pure
        returns (bool)
    {
        (ClassTally memory all, bool eachClass) = _total(tallies);
        uint256 cast = all.against + all.inFavour + all.abstain;
        if (all.seats == 0 || cast * BASIS < all.seats * UNITS_PER_SEAT * rule.quorum) {
            return false;
        }
        if (
            rule.methods & MAJORITY != 0
                && all.inFavour * BASIS <= (all.against + all.inFavour) * rule.approval
        ) return false;
        if (
            rule.methods & WEIGHTED != 0
                && weightedShare(tallies, weights) * BASIS <= rule.approval * SHARE
        ) return false;
        if (rule.methods & IN_EACH_CLASS != 0 && !eachClass) return false;
        return rule.methods & CONSENT == 0 || all.against < rule.objections * UNITS_PER_SEAT;
    }

    /// @notice The sum of each constituency's share in favour times its weight, in parts of 1e-9.
    /// @dev Each product is rounded down, against the proposal. The weight of a constituency in which
    /// nobody voted for or against is void: it is not given to the others.
    function weightedShare(ClassTally[] memory tallies, uint16[] memory weights)
        internal
        pure
        returns (uint256 share)
    {
        for (uint256 i = 0; i < tallies.length && i < weights.length; ++i) {
            uint256 decided = tallies[i].against + tallies[i].inFavour;
            if (decided == 0) continue;
            share += tallies[i].inFavour * weights[i] * SHARE / (decided * BASIS);
        }
    }

    /// @dev A constituency that has seats agrees by majority; one in which nobody voted for or against
    /// has not agreed; one without seats does not count.
    function _total(ClassTally[] memory tallies)
        private
        pure
        returns (ClassTally memory all, bool eachClass)
    {
        eachClass = true;
        for (uint256 i = 0; i < tallies.length; ++i) {
            ClassTally memory class = tallies[i];
            all.against += class.against;
            all.inFavour += class.inFavour;
            all.abstain += class.abstain;
            all.seats += class.seats;
            if (class.seats != 0 && class.inFavour <= class.against) eachClass = false;
        }
    }

    /// @dev The fewer objections stop a decision, the larger; 0 where objections do not count.
    function _intolerance(uint16 objections) private pure returns (uint256) {
        return objections == 0 ? 0 : uint256(type(uint16).max) + 1 - objections;
    }
}
