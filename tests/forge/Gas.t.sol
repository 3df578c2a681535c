// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Access} from "contracts/interfaces/ICommons.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {Founder} from "contracts/interfaces/IMembership.sol";
import {Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";

/// @title What each step costs; nothing is asserted. Shown by `forge test --match-contract Gas -vv`.
/// @dev Isolated: every call is a transaction of its own, with its cold storage, its base fee of 21,000
/// and its calldata. Receipts on a chain have the last word.
contract GasTest is AssemblyFixture {
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

    /// @dev A hundred accounts with keys in one constituency: one page and its neighbour's beginning.
    /// forge-config: default.isolate = true
    function test_log_what_a_batch_of_votes_costs() external {
        uint256 id = _openForHundred(false);
        _castHundred(id);
        _log("100 votes by signature in a batch");
    }

    /// @dev In the closing part of the period, where each vote is compared with the outcome before.
    /// forge-config: default.isolate = true
    function test_log_what_a_late_batch_of_votes_costs() external {
        uint256 id = _openForHundred(true);
        vm.warp(assembly_.proposalDeadline(id));
        _castHundred(id);
        _log("100 votes by signature in a batch, in the closing part");
    }

    /// forge-config: default.isolate = true
    function test_log_what_a_split_vote_costs() external {
        uint256 id = _propose(_motion(address(front), abi.encodeCall(front.setCharter, (REASON))));
        _openVoting(id);
        bytes memory parts = abi.encodePacked(uint128(2000), uint128(5000), uint128(3000));
        vm.prank(bakery);
        assembly_.castVoteWithReasonAndParams(id, 255, "", parts);
        _log("split vote, first in its page");
    }

    /// forge-config: default.isolate = true
    function test_log_what_an_upgrade_costs() external {
        Rule memory rule = _ordinary();
        rule.upgradable = true;
        vm.prank(address(timelock));
        rulebook.setRule(ORDINARY, rule);
        uint256 id = _propose(_motion(outsider, ""));
        vm.prank(bakery);
        assembly_.requestUpgrade(id);
        _log("request of an upgrade, the first");
        vm.prank(dairy);
        assembly_.requestUpgrade(id);
        _log("request of an upgrade, the one that suffices");
    }

    function _openForHundred(bool closing) private returns (uint256 id) {
        vm.startPrank(address(timelock));
        membership.setAdmission(_open());
        if (closing) {
            Rule memory rule = _amendment();
            rule.closing = 20;
            rulebook.setRule(AMENDMENT, rule);
        }
        vm.stopPrank();
        for (uint256 i = 0; i < 100; ++i) {
            _join(_actor(vm.toString(i)), GUESTS);
        }
        _skip(1);
        id = _propose(_motion(address(front), abi.encodeCall(front.setCharter, (REASON))));
        _openVoting(id);
    }

    function _castHundred(uint256 id) private {
        SignedVote[] memory votes = new SignedVote[](100);
        for (uint256 i = 0; i < 100; ++i) {
            votes[i] = _signed(id, _actor(vm.toString(i)), FOR);
        }
        vm.assertEq(assembly_.castVotesBySig(id, votes), 100);
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
