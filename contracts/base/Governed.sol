// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CloneArguments} from "../libraries/CloneArguments.sol";
import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";

/// @title A clone whose rules only Authority opens, and whose Authority never changes.
/// @dev The Authority is the clone's first immutable argument: there is no slot to overwrite, and a
/// contract that was once of a meta-organization can be recognized as its own forever.
abstract contract Governed is AccessManagedUpgradeable {
    /// @notice The Authority of a contract is fixed; a decision registers another contract instead.
    error GovernedAuthorityFixed();

    constructor() {
        _disableInitializers();
    }

    /// @notice The table of who may call what.
    function authority() public view override returns (address) {
        return CloneArguments.read(0);
    }

    /// @notice Always reverts.
    function setAuthority(address) public pure override {
        revert GovernedAuthorityFixed();
    }
}
