// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @title ERC-4824: where a decentralized organization's public documents are.
interface IERC4824 {
    /// @notice The documents now stand at `daoURI`.
    event DAOURIUpdate(address daoAddress, string daoURI);

    /// @notice The URI of a JSON-LD document that describes this organization.
    function daoURI() external view returns (string memory);
}
