// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SlowSigner} from "./Adversaries.sol";
import {vm} from "./Vm.sol";
import {Relay} from "contracts/Relay.sol";
import {Relayed} from "contracts/interfaces/IRelay.sol";

/// @title What the interfaces promise and the contracts do not keep yet: each test here fails.
/// @dev Whoever mends one moves its test to the file of the contract.
contract OpenBugsTest {
    Relay private _relay = new Relay();
    Relayed[] private _acts;

    /// @dev The gas is compared before the call data is copied and the target is opened, which is paid for
    /// from the act's share.
    /// @dev With any amount of gas: either all is undone, or nobody's act is refused for want of it.
    function test_no_act_is_refused_because_the_sender_sent_too_little() external {
        for (uint256 i = 0; i < 4; ++i) {
            SlowSigner slow = new SlowSigner(50_000 * (i + 1));
            bytes memory data = abi.encodeCall(slow.isValidSignature, (bytes32(0), ""));
            _acts.push(Relayed(address(slow), 50_000 * (i + 1) + 1000, data));
        }
        uint256 passed = 0;
        for (uint256 gas = 450_000; gas < 580_000; gas += 397) {
            try _relay.relay{gas: gas}(_acts) returns (uint256 done) {
                vm.assertEq(done, 4);
                ++passed;
            } catch {}
        }
        vm.assertGt(passed, 20);
    }
}
