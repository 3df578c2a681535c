// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A page of votes: 128 seats of one constituency in one storage slot.
/// @dev bits 0-127 who voted | 128-169 against | 170-211 for | 212-253 abstain, each in units.
/// 128 seats of 10,000 units are 1,280,000 < 2^42, so that no tally reaches its neighbour.
library VotePages {
    uint256 internal constant SEATS = 128;
    uint256 private constant TALLY_BITS = 42;
    uint256 private constant TALLY_MASK = (1 << TALLY_BITS) - 1;

    /// @notice Whether seat `place` (0-127) of the page has voted.
    function voted(uint256 page, uint256 place) internal pure returns (bool) {
        return (page >> place) & 1 == 1;
    }

    /// @notice The page after seat `place` gave `units`, three tallies of 42 bits.
    /// @dev The caller has checked that the seat has not voted and that the units are 10,000 together.
    function record(uint256 page, uint256 place, uint256 units) internal pure returns (uint256) {
        unchecked {
            return (page | 1 << place) + (units << SEATS); // below 2^254: see above
        }
    }

    /// @notice Units against, for and abstaining as tallies of 42 bits.
    /// @dev The caller has checked that they are 10,000 together.
    function split(uint256 against, uint256 inFavour, uint256 abstain)
        internal
        pure
        returns (uint256)
    {
        return against | inFavour << TALLY_BITS | abstain << 2 * TALLY_BITS;
    }

    /// @notice `weight` units for `support` (0 against, 1 for, 2 abstain) as tallies of 42 bits.
    function whole(uint256 weight, uint256 support) internal pure returns (uint256) {
        unchecked {
            return weight << TALLY_BITS * support; // support <= 2
        }
    }

    /// @notice The three parts of a split vote: uint128 each, packed; `params` has 48 bytes.
    function unpacked(bytes memory params)
        internal
        pure
        returns (uint256 against, uint256 inFavour, uint256 abstain)
    {
        assembly ("memory-safe") {
            against := shr(128, mload(add(params, 32)))
            inFavour := shr(128, mload(add(params, 48)))
            abstain := shr(128, mload(add(params, 64)))
        }
    }

    /// @notice The part of `units`, three tallies of 42 bits, that is given to `support`.
    function part(uint256 units, uint256 support) internal pure returns (uint256) {
        return units >> TALLY_BITS * support & TALLY_MASK;
    }

    /// @notice The units of the page for `support` (0 against, 1 for, 2 abstain).
    function tally(uint256 page, uint256 support) internal pure returns (uint256) {
        return part(page >> SEATS, support);
    }
}
