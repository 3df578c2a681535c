// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5192} from "../interfaces/IERC5192.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

/// @title Certificates of seats: ERC-721 tokens that nobody can transfer, lend or approve (ERC-5192).
/// @dev Without storage: who holds a seat is known elsewhere. Not OpenZeppelin's ERC721, of which only
/// the reads would be left.
abstract contract Certificates is IERC721Metadata, IERC721Errors, IERC5192, ERC165 {
    /// @notice A seat is bound to its organization; it cannot be transferred, lent or approved.
    error MembershipSeatBound();

    /// @notice What a certificate is.
    function name() external pure returns (string memory) {
        return "Seat in a meta-organization";
    }

    /// @notice Its symbol.
    function symbol() external pure returns (string memory) {
        return "SEAT";
    }

    /// @notice The organization that holds seat `tokenId`.
    function ownerOf(uint256 tokenId) public view returns (address holder) {
        holder = _holderOf(tokenId);
        require(holder != address(0), ERC721NonexistentToken(tokenId));
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        ownerOf(tokenId);
        return true;
    }

    /// @notice Always reverts.
    function transferFrom(address, address, uint256) external pure {
        revert MembershipSeatBound();
    }

    /// @notice Always reverts.
    function safeTransferFrom(address, address, uint256) external pure {
        revert MembershipSeatBound();
    }

    /// @notice Always reverts.
    function safeTransferFrom(address, address, uint256, bytes calldata) external pure {
        revert MembershipSeatBound();
    }

    /// @notice Always reverts.
    function approve(address, uint256) external pure {
        revert MembershipSeatBound();
    }

    /// @notice Always reverts.
    function setApprovalForAll(address, bool) external pure {
        revert MembershipSeatBound();
    }

    /// @notice 0: nobody can be approved.
    function getApproved(uint256 tokenId) external view returns (address) {
        ownerOf(tokenId);
        return address(0);
    }

    /// @notice False: nobody can be approved.
    function isApprovedForAll(address, address) external pure returns (bool) {
        return false;
    }

    /// @notice See ERC-165.
    function supportsInterface(bytes4 interfaceId)
        public
        view
        virtual
        override(ERC165, IERC165)
        returns (bool)
    {
        return interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC721Metadata).interfaceId
            || interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev The account that holds seat `tokenId`; 0 for none.
    function _holderOf(uint256 tokenId) internal view virtual returns (address);
}
