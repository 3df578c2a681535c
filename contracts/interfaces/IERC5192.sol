// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @title ERC-5192: tokens that cannot be transferred.
interface IERC5192 {
    /// @notice Token `tokenId` is bound to its holder.
    event Locked(uint256 tokenId);
    /// @notice Token `tokenId` may move. Never emitted here.
    event Unlocked(uint256 tokenId);

    /// @notice Whether token `tokenId` is bound to its holder.
    function locked(uint256 tokenId) external view returns (bool);
}
