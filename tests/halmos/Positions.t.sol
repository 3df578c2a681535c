// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {VotePages} from "contracts/libraries/VotePages.sol";

/// @dev `Assembly._position` and `_pageKey` and `Membership.placeAt` are private or read storage: their
/// expressions are repeated here, and {MirrorTest} looks for them there.
contract PositionsProofs {
    uint256 private constant PAGE_BITS = 7;
    uint256 private constant NO_PAGE = type(uint256).max;
    uint256 private constant PLACED = 1 << 40;

    function check_W1_two_places_never_share_a_bit(
        uint8 constituency,
        uint32 ordinal,
        uint8 otherConstituency,
        uint32 otherOrdinal
    ) external pure {
        (uint256 key, uint256 bit) = _position(_place(constituency, ordinal));
        (uint256 otherKey, uint256 otherBit) = _position(_place(otherConstituency, otherOrdinal));
        vm.assume(key == otherKey && bit == otherBit);

        assert(constituency == otherConstituency && ordinal == otherOrdinal);
    }

    function check_W2_a_place_is_on_a_page_that_is_counted(uint8 constituency, uint32 ordinal)
        external
        pure
    {
        (uint256 key, uint256 bit) = _position(_place(constituency, ordinal));

        assert(key == _pageKey(constituency, ordinal / VotePages.SEATS));
        assert(bit == ordinal % VotePages.SEATS);
        assert(key != NO_PAGE);
        assert(_place(constituency, ordinal) != 0);
    }

    function check_W3_a_page_belongs_to_one_constituency(
        uint8 constituency,
        uint32 page,
        uint8 otherConstituency,
        uint32 otherPage
    ) external pure {
        uint256 pages = (uint256(type(uint32).max) + 1) / VotePages.SEATS;
        vm.assume(page < pages && otherPage < pages);
        vm.assume(_pageKey(constituency, page) == _pageKey(otherConstituency, otherPage));

        assert(constituency == otherConstituency && page == otherPage);
    }

    function check_W4_the_bits_of_a_page_are_its_seats() external pure {
        assert(1 << PAGE_BITS == VotePages.SEATS);
    }

    function _place(uint256 constituency, uint32 ordinal) private pure returns (uint256) {
        return PLACED | constituency << 32 | ordinal;
    }

    function _position(uint256 place) private pure returns (uint256 key, uint256 bit) {
        return (uint40(place) >> PAGE_BITS, place & (VotePages.SEATS - 1));
    }

    function _pageKey(uint256 constituency, uint256 page) private pure returns (uint256) {
        return constituency << 32 - PAGE_BITS | page;
    }
}
