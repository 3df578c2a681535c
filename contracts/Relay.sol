// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRelay, Relayed} from "./interfaces/IRelay.sol";

/// @title Relay
/// @dev No state, no power: what it calls sees it as any other stranger.
contract Relay is IRelay {
    /// @dev Bytes of an answer that are repeated; an error of ours has fewer.
    uint256 private constant ANSWER = 512;

    /// @dev More than it takes to open an account that was not looked at before, and to call it.
    uint256 private constant OPENING = 5_000;

    /// @inheritdoc IRelay
    function relay(Relayed[] calldata acts) external returns (uint256 done) {
        for (uint256 i = 0; i < acts.length; ++i) {
            Relayed calldata act = acts[i];
            bytes memory data = act.data;
            uint256 left = gasleft();
            require(left > OPENING, RelayGasMissing(i));
            left -= OPENING;
            require(left - left / 64 > act.gas, RelayGasMissing(i)); // EIP-150
            (bool success, bytes memory answer) = _call(act.target, act.gas, data);
            if (success) ++done;
            else emit ActRefused(i, act.target, answer);
        }
    }

    /// @dev Assembly, because a long answer would be copied at the expense of the acts after it.
    function _call(address target, uint256 allowance, bytes memory data)
        private
        returns (bool success, bytes memory answer)
    {
        assembly ("memory-safe") {
            success := call(allowance, target, 0, add(data, 32), mload(data), 0, 0)
            let length := returndatasize()
            if gt(length, ANSWER) { length := ANSWER }
            answer := mload(0x40)
            mstore(0x40, add(answer, 544))
            mstore(answer, length)
            returndatacopy(add(answer, 32), 0, length)
        }
    }
}
