// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The immutable arguments of the running clone: addresses, 20 bytes each, in order.
library CloneArguments {
    /// @dev What OpenZeppelin's Clones puts before the arguments.
    uint256 private constant CLONE_LENGTH = 0x2d;

    /// @notice Argument number `index`, from 0.
    /// @dev Assembly, because `Clones.fetchCloneArgs` copies all arguments to memory for each one that
    /// is read: 45 gas here against about 400, several times in every vote. Beyond the last argument
    /// the result is zero or cut; callers use constants.
    function read(uint256 index) internal view returns (address argument) {
        uint256 offset = CLONE_LENGTH + 20 * index;
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(address(), 12, offset, 20)
            argument := mload(0)
        }
    }
}
