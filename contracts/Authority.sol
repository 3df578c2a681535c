// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessManagerUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagerUpgradeable.sol";

/// @title The one table of who may call what.
/// @notice Founded with the Timelock as the only administrator. A function without an entry can be
/// called by the administrator only, so that the empty table is the strictest.
/// @custom:power execute: whoever may make the call itself; at once; nobody
/// @custom:power schedule: whoever may make the call with a delay, after the founding nobody; after
/// that delay; whoever may cancel it
/// @custom:power cancel: whoever scheduled the call, an administrator, or the guardian of its role;
/// at once; nobody
/// @custom:power consumeScheduledOp: the target of a scheduled call; at once; nobody
/// @custom:power multicall: anyone, each call in it as its own function says; at once; nobody
/// @custom:power renounceRole: whoever holds the role, for itself; at once; nobody
contract Authority is AccessManagerUpgradeable {
    constructor() {
        _disableInitializers();
    }
}
