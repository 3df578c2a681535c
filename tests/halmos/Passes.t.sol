// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Of up to 2^32 seats a class, and any votes below 2^48 units. What multiplies two unknowns, or
/// divides by one, is beyond the solvers, and is fuzzed: see Fuzz.t.sol. A sum that would overflow
/// reverts, which is not passing either.
contract PassesProofs {
    struct Votes {
        uint48 against;
        uint48 inFavour;
        uint48 abstain;
        uint32 seats;
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D1_where_there_is_no_seat_nothing_passes(
        Rule memory rule,
        Votes memory one,
        Votes memory two,
        Votes memory three
    ) external pure {
        vm.assume(uint256(one.seats) + two.seats + three.seats == 0);

        assert(!Rules.passes(rule, _three(one, two, three), new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D2_what_a_class_has_not_agreed_to_fails_by_each_class(
        Votes memory one,
        Votes memory two
    ) external pure {
        vm.assume(two.seats != 0 && two.inFavour <= two.against);
        ClassTally[] memory tallies = new ClassTally[](2);
        (tallies[0], tallies[1]) = (_tally(one), _tally(two));

        assert(!Rules.passes(_rule(Rules.EACH_CLASS), tallies, new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D3_as_many_objections_as_the_rule_says_stop_consent(
        uint16 objections,
        Votes memory one
    ) external pure {
        Rule memory rule = _rule(Rules.CONSENT);
        rule.objections = objections;
        vm.assume(one.against >= objections * Rules.UNITS_PER_SEAT);

        assert(!Rules.passes(rule, _one(one), new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D4_a_tie_fails_by_simple_majority(Votes memory one) external pure {
        vm.assume(one.inFavour <= one.against);

        assert(!Rules.passes(_rule(Rules.MAJORITY), _one(one), new uint16[](0)));
    }

    /// @dev The least that `methods` can ask for: with more approval or quorum, no more passes (F1).
    function _rule(uint8 methods) private pure returns (Rule memory rule) {
        (rule.methods, rule.approval) = (methods, 5000);
    }

    function _one(Votes memory votes) private pure returns (ClassTally[] memory tallies) {
        tallies = new ClassTally[](1);
        tallies[0] = _tally(votes);
    }

    function _three(Votes memory one, Votes memory two, Votes memory three)
        private
        pure
        returns (ClassTally[] memory tallies)
    {
        tallies = new ClassTally[](3);
        (tallies[0], tallies[1], tallies[2]) = (_tally(one), _tally(two), _tally(three));
    }

    function _tally(Votes memory votes) private pure returns (ClassTally memory) {
        return ClassTally(votes.against, votes.inFavour, votes.abstain, votes.seats);
    }
}
