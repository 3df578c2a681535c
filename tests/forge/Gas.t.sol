// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture, Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {Access} from "contracts/interfaces/ICommons.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {Founder} from "contracts/interfaces/IMembership.sol";
import {Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";

/// @title What each step costs; nothing is asserted. Shown by `forge test --match-contract Gas -vv`.
/// @dev Isolated: every call is a transaction of its own, with its cold storage, its base fee of 21,000
/// and its calldata. Receipts on a chain have the last word.
contract GasTest is Fixture {
    /// @dev forge prints it.
    event log_named_uint(string name, uint256 value);

    bytes32 private constant RECIPE = keccak256("a recipe");

    /// forge-config: default.isolate = true
    function test_log_what_founding_costs() external {
        Charter memory charter = _charterOfTwelve();
        bytes[] memory signatures = _signatures(founderAccount, charter);

        vm.prank(founderAccount);
        factory.found(charter, signatures);
        _log("found, 12 founders");
    }

    /// forge-config: default.isolate = true
    function test_log_what_joining_costs() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, USERS);
        bytes memory signature = _sign(applicant, _adoptionDigest(address(constitution), adoption));

        constitution.adopt(adoption, signature);
        _log("adopt");
        vm.prank(applicant);
        membership.applyForSeat(0, PROFILE);
        _log("apply");
        _skip(WINDOW);
        membership.admit(applicant);
        _log("admit");
        _leave(applicant);
        _log("leave");
    }

    /// forge-config: default.isolate = true
    function test_log_what_deciding_costs() external {
        Motion memory motion = _motion(address(front), abi.encodeCall(front.setCharter, (REASON)));

        uint256 id = _propose(motion);
        _log("propose, one action");
        _openVoting(id);
        _vote(bakery, id, FOR);
        _log("vote, first in its page");
        _vote(dairy, id, FOR);
        _log("vote, later in its page");
        _vote(mill, id, FOR);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);
        bytes memory signature = _sign(orchard, _ballotDigest(id, FOR, orchard, 0));
        assembly_.castVoteBySig(id, FOR, orchard, signature);
        _log("vote by signature, first in its page");
        _closeVoting(id);
        _queue(motion);
        _log("queue");
        vm.warp(assembly_.proposalEta(id));
        _execute(motion);
        _log("execute");
    }

    /// forge-config: default.isolate = true
    function test_log_what_sharing_costs() external {
        vm.prank(bakery);
        commons.publish(RECIPE, RAW, Access.Public, "CC-BY-SA-4.0", REASON, 0);
        _log("publish");
        vm.prank(dairy);
        commons.cite(RECIPE, REASON);
        _log("cite");
        vm.prank(mill);
        commons.cite(RECIPE, REASON);
        _log("cite again");
    }

    function _charterOfTwelve() private returns (Charter memory charter) {
        charter = _charter();
        charter.founders = new Founder[](12);
        for (uint256 i = 0; i < 12; ++i) {
            charter.founders[i] = _founder(_actor(vm.toString(i)), uint8(i % 3));
        }
    }

    function _log(string memory step) private {
        emit log_named_uint(step, vm.lastCallGas().gasTotalUsed);
    }
}
