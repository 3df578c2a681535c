// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {Rules} from "contracts/libraries/Rules.sol";
import {VotePages} from "contracts/libraries/VotePages.sol";

/// @dev A page in balance after `votes` votes: so many votes' units are in its tallies, and nothing is
/// beyond them. How many bits a page has set is not asked of the solver: each vote sets one that was not
/// set (V3), so that `votes` are as many as the bits, and fewer than 128 while one is not set.
contract VotePagesProofs {
    using VotePages for uint256;

    uint256 private constant SEATS = 128;
    uint256 private constant VOTERS = (1 << SEATS) - 1;
    uint256 private constant ROOM = 1 << 42;

    // ------------------------------------------------------------------ units

    function check_V1_a_whole_vote_is_one_vote(uint8 support) external pure {
        vm.assume(support <= 2);

        uint256 units = VotePages.whole(Rules.UNITS_PER_SEAT, support);

        assert(_isOneVote(units));
        assert(units.part(support) == Rules.UNITS_PER_SEAT);
    }

    /// @dev The requirement of `Assembly._units` is repeated here; {MirrorTest} looks for it there.
    function check_V2_a_split_vote_is_one_vote(uint128 against, uint128 inFavour, uint128 abstain)
        external
        pure
    {
        (uint256 a, uint256 f, uint256 n) =
            VotePages.unpacked(abi.encodePacked(against, inFavour, abstain));
        assert(a == against && f == inFavour && n == abstain);
        vm.assume(a + f + n == Rules.UNITS_PER_SEAT);

        uint256 units = VotePages.split(a, f, n);

        assert(_isOneVote(units));
        assert(units.part(0) == a && units.part(1) == f && units.part(2) == n);
    }

    // ------------------------------------------------------------------ one vote

    function check_V3_a_vote_sets_its_bit_and_no_other(
        uint256 page,
        uint8 votes,
        uint8 place,
        uint256 units
    ) external pure {
        _assumeOpen(page, votes, place, units);

        uint256 recorded = page.record(place, units);

        assert(recorded.voted(place));
        assert(recorded & VOTERS == page & VOTERS | 1 << place);
    }

    function check_V4_a_vote_adds_its_parts_to_the_tallies(
        uint256 page,
        uint8 votes,
        uint8 place,
        uint256 units,
        uint8 support
    ) external pure {
        _assumeOpen(page, votes, place, units);
        vm.assume(support <= 2);

        uint256 recorded = page.record(place, units);

        assert(recorded.tally(support) == page.tally(support) + units.part(support));
    }

    function check_V5_votes_of_two_places_do_not_interfere(
        uint256 page,
        uint8 votes,
        uint8 first,
        uint256 firstUnits,
        uint8 second,
        uint256 secondUnits
    ) external pure {
        _assumeOpen(page, votes, first, firstUnits);
        _assumeOpen(page, votes, second, secondUnits);
        vm.assume(first != second);

        uint256 recorded = page.record(first, firstUnits);

        assert(!recorded.voted(second));
        assert(
            recorded.record(second, secondUnits)
                == page.record(second, secondUnits).record(first, firstUnits)
        );
    }

    // ------------------------------------------------------------------ all votes

    function check_V6_an_empty_page_is_in_balance() external pure {
        assert(_inBalance(0, 0));
    }

    function check_V6_a_vote_keeps_the_balance(
        uint256 page,
        uint8 votes,
        uint8 place,
        uint256 units
    ) external pure {
        _assumeOpen(page, votes, place, units);

        assert(_inBalance(page.record(place, units), uint256(votes) + 1));
    }

    function check_V7_no_tally_of_a_page_in_balance_reaches_its_neighbour(
        uint256 page,
        uint8 votes,
        uint8 support
    ) external pure {
        vm.assume(votes <= SEATS && _inBalance(page, votes) && support <= 2);

        assert(page.tally(support) <= votes * Rules.UNITS_PER_SEAT);
        assert(SEATS * Rules.UNITS_PER_SEAT < ROOM);
    }

    // ------------------------------------------------------------------ what is assumed

    /// @dev What the caller of {VotePages-record} has checked, on a page that only votes have made.
    function _assumeOpen(uint256 page, uint256 votes, uint256 place, uint256 units) private pure {
        vm.assume(place < SEATS && !page.voted(place) && votes < SEATS);
        vm.assume(_inBalance(page, votes) && _isOneVote(units));
    }

    function _isOneVote(uint256 units) private pure returns (bool) {
        return units >> 126 == 0 && _sum(units) == Rules.UNITS_PER_SEAT;
    }

    function _inBalance(uint256 page, uint256 votes) private pure returns (bool) {
        return page >> 254 == 0 && _sum(page >> SEATS) == votes * Rules.UNITS_PER_SEAT;
    }

    function _sum(uint256 units) private pure returns (uint256) {
        return units.part(0) + units.part(1) + units.part(2);
    }
}
