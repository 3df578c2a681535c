// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IERC4824} from "./IERC4824.sol";

/// @title The front door: one address from which everything else is found.
/// @notice Assumptions: a module knows its neighbours by immutable arguments, so that replacing one
/// means replacing those that rely on it too. Powers: only a decision of the Assembly changes anything.
interface IMetaOrganization is IERC4824 {
    /// @notice Module `name` is now at `module`.
    event ModuleRegistered(bytes32 indexed name, address indexed module);
    /// @notice The charter document is now `digest` (sha2-256, canonical JSON in one raw block).
    event CharterChanged(bytes32 digest);

    /// @notice A module needs a name and an address with code.
    error MetaOrganizationModuleInvalid(bytes32 name, address module);

    /// @notice Registers the address of module `name`.
    /// @dev Requirements: caller allowed by Authority. Emits {ModuleRegistered}.
    /// @dev Warning: readers follow the new address at once.
    function register(bytes32 name, address module) external;

    /// @notice Replaces the charter document.
    /// @dev Requirements: caller allowed by Authority. Emits {CharterChanged}.
    function setCharter(bytes32 digest) external;

    /// @notice Replaces the URI of the public documents.
    /// @dev Requirements: caller allowed by Authority. Emits {DAOURIUpdate}.
    function setDaoURI(string calldata uri) external;

    /// @notice The meta-organization's name.
    function name() external view returns (string memory);

    /// @notice The sha2-256 of the charter document: name and purpose in words.
    function charter() external view returns (bytes32);

    /// @notice The address of module `name`; 0 for none.
    function module(bytes32 name) external view returns (address);
}
