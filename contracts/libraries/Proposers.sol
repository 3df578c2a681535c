// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Descriptions that name who may propose them.
/// @dev As OpenZeppelin's Governor understands them: a description that ends in `#proposer=0x` and 40
/// hex digits can only be proposed by that account, so that nobody else can come first. Whatever else
/// stands after `#proposer=0x` is no account, and nobody can propose it.
library Proposers {
    uint256 private constant SUFFIX = 52; // "#proposer=" and 42 characters
    uint256 private constant DIGITS = 40;
    bytes12 private constant MARKER = "#proposer=0x";

    /// @notice Whether `proposer` may propose this description.
    function allows(string memory description, address proposer) internal pure returns (bool) {
        bytes memory text = bytes(description);
        uint256 end = text.length;
        if (end < SUFFIX) return true;
        for (uint256 i = 0; i < SUFFIX - DIGITS; ++i) {
            if (text[end - SUFFIX + i] != MARKER[i]) return true;
        }

        uint160 left = uint160(proposer);
        for (uint256 i = 1; i <= DIGITS; ++i) {
            if (uint8(text[end - i]) | 0x20 != _digit(left & 15)) return false; // either case
            left >>= 4;
        }
        return true;
    }

    function _digit(uint256 value) private pure returns (uint256) {
        return value < 10 ? 48 + value : 87 + value; // "0".. or "a"..
    }
}
