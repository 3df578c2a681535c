// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Descriptions that name who may propose them.
/// @dev As OpenZeppelin's Governor understands them: a description that ends in `#proposer=0x` and 40
/// hex digits can only be proposed by that account, so that nobody else can come first. The digits are
/// read side by side: one by one they would cost 9,000 gas.
library Proposers {
    uint256 private constant SUFFIX = 52; // "#proposer=0x" and 40 digits
    bytes12 private constant MARKER = "#proposer=0x";

    /// @dev 1 in each lane of one byte, two bytes, four bytes.
    uint256 private constant OF_BYTES = type(uint256).max / 0xff;
    uint256 private constant OF_PAIRS = type(uint256).max / 0xffff;
    uint256 private constant OF_FOURS = type(uint256).max / 0xffffffff;

    /// @notice Whether `proposer` may propose this description.
    function allows(string memory description, address proposer) internal pure returns (bool) {
        uint256 length = bytes(description).length;
        if (length < SUFFIX) return true;
        bytes32 head; // the marker and the first 20 digits
        bytes32 tail; // 12 other characters and the last 20 digits
        assembly ("memory-safe") {
            head := mload(add(description, sub(length, 20)))
            tail := mload(add(description, length))
        }
        if (bytes12(head) != MARKER) return true;
        return _number(head) << 80 | _number(tail) == uint160(proposer);
    }

    /// @dev What the last 20 characters say as hex digits; what is none is read as some digit. A letter
    /// has bit 6 set, and its low four bits count from 1.
    function _number(bytes32 text) private pure returns (uint256) {
        uint256 x = uint256(text);
        x = (x & OF_BYTES * 0x0f) + (x >> 6 & OF_BYTES) * 9;
        x = (x | x >> 4) & OF_PAIRS * 0xff;
        x = (x | x >> 8) & OF_FOURS * 0xffff;
        x = x | x >> 16;
        return (x & 0xffffffff) | (x >> 64 & 0xffffffff) << 32 | (x >> 128 & 0xffff) << 64;
    }
}
