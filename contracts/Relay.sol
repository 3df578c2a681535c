// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRelay, Relayed} from "./interfaces/IRelay.sol";

/// @title Relay
/// @dev No state, no power: what it calls sees it as any other stranger.
contract Relay is IRelay {
    /// @inheritdoc IRelay
    function relay(Relayed[] calldata acts) external returns (uint256 done) {
        for (uint256 i = 0; i < acts.length; ++i) {
            Relayed calldata act = acts[i];
            require(gasleft() > act.gas + act.gas / 32, RelayGasMissing(i));
            // slither-disable-next-line calls-loop,low-level-calls
            (bool success, bytes memory answer) = act.target.call{gas: act.gas}(act.data);
            if (success) ++done;
            else emit ActRefused(i, act.target, answer);
        }
    }
}
