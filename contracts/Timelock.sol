// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    TimelockControllerUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";

/// @title Executes what the Assembly decided, after a delay.
/// @notice It holds the meta-organization's powers and its money. Founded with the Assembly as the only
/// proposer, canceller and executor, and no administrator but itself.
contract Timelock is TimelockControllerUpgradeable {
    constructor() {
        _disableInitializers();
    }
}
