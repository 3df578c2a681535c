// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Of up to 2^32 seats a class, and any votes below 2^46 units. What multiplies two unknowns, or
/// divides by one, is beyond the solvers, and is fuzzed: see Fuzz.t.sol.
contract PassesProofs {
    struct Votes {
        uint48 against;
        uint48 inFavour;
        uint48 abstain;
        uint32 seats;
    }

    uint256 private constant MAX_UNITS = 1 << 46;

    // ------------------------------------------------------------------ what never passes

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
        Rule memory rule,
        Votes memory one,
        Votes memory two,
        Votes memory three
    ) external pure {
        vm.assume(rule.methods & Rules.IN_EACH_CLASS != 0 && rule.methods & Rules.WEIGHTED == 0);
        vm.assume(two.seats != 0 && two.inFavour <= two.against);

        assert(!Rules.passes(rule, _three(one, two, three), new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D3_as_many_objections_as_the_rule_says_stop_consent(
        Rule memory rule,
        Votes memory one
    ) external pure {
        vm.assume(rule.methods & Rules.CONSENT != 0 && rule.methods & Rules.WEIGHTED == 0);
        vm.assume(one.against >= rule.objections * Rules.UNITS_PER_SEAT);

        assert(!Rules.passes(rule, _one(one), new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D4_a_tie_fails_by_simple_majority(Rule memory rule, Votes memory one)
        external
        pure
    {
        rule.approval = 5000;
        vm.assume(rule.methods & Rules.MAJORITY != 0 && rule.methods & Rules.WEIGHTED == 0);
        vm.assume(one.inFavour <= one.against && _within(one));

        assert(!Rules.passes(rule, _one(one), new uint16[](0)));
    }

    // ------------------------------------------------------------------ what keeps passing

    /// @custom:halmos --panic-error-codes 0x01
    function check_D5_a_unit_for_instead_of_against_never_harms(Rule memory rule, Votes memory one)
        external
        pure
    {
        rule.approval = 5000;
        rule.quorum = 3333;
        vm.assume(rule.methods & Rules.WEIGHTED == 0 && _within(one) && one.against != 0);
        vm.assume(Rules.passes(rule, _one(one), new uint16[](0)));

        --one.against;
        ++one.inFavour;

        assert(Rules.passes(rule, _one(one), new uint16[](0)));
    }

    /// @custom:halmos --panic-error-codes 0x01
    function check_D6_a_unit_for_instead_of_abstaining_never_harms(
        Rule memory rule,
        Votes memory one
    ) external pure {
        rule.approval = 5000;
        rule.quorum = 3333;
        vm.assume(rule.methods & Rules.WEIGHTED == 0 && _within(one) && one.abstain != 0);
        vm.assume(Rules.passes(rule, _one(one), new uint16[](0)));

        --one.abstain;
        ++one.inFavour;

        assert(Rules.passes(rule, _one(one), new uint16[](0)));
    }

    function _within(Votes memory votes) private pure returns (bool) {
        return votes.against | votes.inFavour | votes.abstain < MAX_UNITS;
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
