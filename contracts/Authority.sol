// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessManagerUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagerUpgradeable.sol";

/// @title The one table of who may call what.
/// @notice Founded with the Timelock as the only administrator. A function without an entry can be
/// called by the administrator only, so that the empty table is the strictest.
contract Authority is AccessManagerUpgradeable {
    constructor() {
        _disableInitializers();
    }
}
