// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Of 3 classes, up to 2^32 seats a class, and any votes below 2^48 units. What multiplies two unknowns, or
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
