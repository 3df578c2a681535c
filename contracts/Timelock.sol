// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    TimelockControllerUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/TimelockControllerUpgradeable.sol";

/// @title Executes what the Assembly decided, after a delay.
/// @notice It holds the meta-organization's powers and its money. Founded with the Assembly as the only
/// proposer, canceller and executor, and no administrator but itself.
/// @custom:power receive, onERC721Received, onERC1155Received, onERC1155BatchReceived: anyone who
/// sends; at once; nobody
/// @custom:power updateDelay: a decision; when executed; votes against
/// @custom:power renounceRole: whoever holds the role, for itself; at once; nobody
contract Timelock is TimelockControllerUpgradeable {
    constructor() {
        _disableInitializers();
    }
}
