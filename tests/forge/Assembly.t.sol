// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrantTarget} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Governed} from "contracts/base/Governed.sol";
import {IAssembly} from "contracts/interfaces/IAssembly.sol";
import {IMembership} from "contracts/interfaces/IMembership.sol";

contract AssemblyLifecycleTest is AssemblyFixture {
    // ------------------------------------------------------------------ proposing

    function test_propose_opens_the_vote_after_the_voting_delay() external {
        uint256 proposed = _now();

        uint256 id = _propose(_ring());

        vm.assertEq(id, _id(_ring()));
        vm.assertEq(assembly_.proposalProposer(id), bakery);
        vm.assertEq(assembly_.proposalSnapshot(id), proposed + VOTING_DELAY);
        vm.assertEq(
            assembly_.proposalDeadline(id), proposed + VOTING_DELAY + _ordinary().votingPeriod
        );
        vm.assertEq(assembly_.proposalEta(id), 0);
        _assertRule(_rule(id), _ordinary());
        _assertState(id, IGovernor.ProposalState.Pending);
    }

    function test_propose_emits_proposal_created_and_rule_frozen() external {
        Motion memory motion = _ring();
        uint256 snapshot = _now() + VOTING_DELAY;

        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleFrozen(_id(motion), _ordinary(), 0);
        vm.expectEmit(address(assembly_));
        emit IGovernor.ProposalCreated(
            _id(motion),
            bakery,
            motion.targets,
            motion.values,
            new string[](1),
            motion.calldatas,
            snapshot,
            snapshot + _ordinary().votingPeriod,
            motion.description
        );
        _propose(motion);
    }

    function test_propose_reverts_without_a_seat() external {
        Motion memory motion = _ring();
        _apply(applicant, USERS);
        _leave(bakery);
        vm.prank(address(timelock));
        membership.suspend(dairy, REASON);
        address[4] memory others = [outsider, applicant, bakery, dairy];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAssembly.AssemblySeatRequired.selector, others[i])
            );
            _proposeBy(others[i], motion);
        }
    }

    function test_a_seat_can_propose_from_its_first_second() external {
        _openAdmission();
        _join(applicant, USERS);

        uint256 id = _proposeBy(applicant, _ring());

        vm.assertEq(assembly_.proposalProposer(id), applicant);
        vm.assertEq(assembly_.proposalSeat(id), 7);
    }

    function test_propose_reverts_with_nothing_to_do() external {
        Motion memory nothing =
            Motion(new address[](0), new uint256[](0), new bytes[](0), "nothing");

        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 0, 0, 0)
        );
        _propose(nothing);
    }

    function test_propose_reverts_when_lists_differ_in_length() external {
        Motion memory motion = _ring();
        motion.values = new uint256[](2);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 1, 1, 2)
        );
        _propose(motion);

        motion = _ring();
        motion.calldatas = new bytes[](2);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 1, 2, 1)
        );
        _propose(motion);

        motion = _ring();
        motion.targets = new address[](2);
        vm.expectPartialRevert(IGovernor.GovernorInvalidProposalLength.selector);
        _propose(motion);
    }

    function test_propose_reverts_the_second_time() external {
        uint256 id = _propose(_ring());

        _expectState(id, IGovernor.ProposalState.Pending, 0);
        _proposeBy(dairy, _ring());
    }

    function test_a_description_can_name_its_only_proposer() external {
        Motion memory motion = _ring();
        motion.description = string.concat("a motion #proposer=", _hex(bakery));

        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, dairy)
        );
        _proposeBy(dairy, motion);

        _proposeBy(bakery, motion);
        vm.assertEq(assembly_.proposalProposer(_id(motion)), bakery);
    }

    // ------------------------------------------------------------------ from vote to execution

    function test_a_proposal_goes_through_every_state_at_its_second() external {
        Motion memory motion = _ring();
        uint256 id = _propose(motion);

        vm.warp(assembly_.proposalSnapshot(id));
        _assertState(id, IGovernor.ProposalState.Pending);
        _skip(1);
        _assertState(id, IGovernor.ProposalState.Active);
        _voteAll(id, FOR);

        vm.warp(assembly_.proposalDeadline(id));
        _assertState(id, IGovernor.ProposalState.Active);
        _skip(1);
        _assertState(id, IGovernor.ProposalState.Succeeded);

        _queue(motion);
        _assertState(id, IGovernor.ProposalState.Queued);
        vm.warp(assembly_.proposalEta(id));
        _execute(motion);
        _assertState(id, IGovernor.ProposalState.Executed);
        vm.assertEq(bell.rung(1), 1);
    }

    function test_queue_and_execute_emit_their_events() external {
        Motion memory motion = _ring();
        uint256 id = _carry(motion);

        vm.expectEmit(address(assembly_));
        emit IGovernor.ProposalQueued(id, _now() + _ordinary().delay);
        _queue(motion);

        _skip(_ordinary().delay);
        vm.expectEmit(address(assembly_));
        emit IGovernor.ProposalExecuted(id);
        _execute(motion);
    }

    function test_queue_reverts_unless_the_proposal_succeeded() external {
        Motion memory motion = _ring();
        uint256 succeeded = _only(IGovernor.ProposalState.Succeeded);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, _id(motion))
        );
        _queue(motion);

        uint256 id = _propose(motion);
        _expectState(id, IGovernor.ProposalState.Pending, succeeded);
        _queue(motion);

        _openVoting(id);
        _voteAll(id, FOR);
        _expectState(id, IGovernor.ProposalState.Active, succeeded);
        _queue(motion);

        _closeVoting(id);
        _queue(motion);
        _expectState(id, IGovernor.ProposalState.Queued, succeeded);
        _queue(motion);
    }

    function test_queue_reverts_when_the_proposal_was_defeated() external {
        uint256 id = _open(_ring());
        _voteAll(id, AGAINST);
        _closeVoting(id);

        _expectState(id, IGovernor.ProposalState.Defeated, _only(IGovernor.ProposalState.Succeeded));
        _queue(_ring());
    }

    function test_execute_reverts_before_it_is_queued() external {
        uint256 id = _carry(_ring());

        _expectState(id, IGovernor.ProposalState.Succeeded, _only(IGovernor.ProposalState.Queued));
        _execute(_ring());
    }

    function test_execute_waits_for_the_delay_of_its_rule() external {
        Motion[2] memory motions = [_ring(), _changeCharter()];
        uint256[2] memory delays = [uint256(_ordinary().delay), _amendment().delay];
        for (uint256 i = 0; i < motions.length; ++i) {
            uint256 id = _carry(motions[i]);
            uint256 eta = _now() + delays[i];
            _queue(motions[i]);
            vm.assertEq(assembly_.proposalEta(id), eta);

            vm.warp(eta - 1);
            vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
            _execute(motions[i]);

            vm.warp(eta);
            _execute(motions[i]);
            _assertState(id, IGovernor.ProposalState.Executed);
        }
    }

    function test_the_delay_of_the_timelock_binds_when_it_is_longer() external {
        vm.prank(address(timelock));
        timelock.updateDelay(5 days);

        uint256 id = _carry(_ring());
        _queue(_ring());

        vm.assertEq(assembly_.proposalEta(id), _now() + 5 days);
        _skip(5 days - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        _execute(_ring());
        _skip(1);
        _execute(_ring());
        vm.assertEq(bell.rung(1), 1);
    }

    function test_anyone_may_queue_and_execute() external {
        uint256 id = _carry(_ring());

        vm.prank(outsider);
        _queue(_ring());
        vm.warp(assembly_.proposalEta(id));
        vm.prank(outsider);
        _execute(_ring());

        vm.assertEq(bell.rung(1), 1);
    }

    function test_a_queued_proposal_does_not_expire() external {
        uint256 id = _carry(_ring());
        _queue(_ring());

        _skip(20 * 365 days);

        _assertState(id, IGovernor.ProposalState.Queued);
        _execute(_ring());
        vm.assertEq(bell.rung(1), 1);
    }

    // ------------------------------------------------------------------ exactly once

    function test_execute_reverts_the_second_time() external {
        uint256 id = _decide(_ring());

        _expectState(id, IGovernor.ProposalState.Executed, _only(IGovernor.ProposalState.Queued));
        _execute(_ring());
        vm.assertEq(bell.rung(1), 1);
    }

    function test_a_target_cannot_have_its_decision_executed_again_from_within() external {
        ReentrantTarget target = new ReentrantTarget(address(assembly_));
        Motion memory motion = _motion(address(target), abi.encodeCall(target.strike, ()));
        bytes memory again = abi.encodeCall(
            assembly_.execute,
            (motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description)))
        );
        target.arm(again);

        uint256 id = _decide(motion);

        vm.assertEq(target.calls(), 1);
        vm.assertEq(
            target.refusal(),
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                id,
                IGovernor.ProposalState.Executed,
                bytes32(_only(IGovernor.ProposalState.Queued))
            )
        );
    }

    function test_a_target_cannot_go_to_the_timelock_from_within() external {
        ReentrantTarget target = new ReentrantTarget(address(timelock));
        Motion memory motion = _motion(address(target), abi.encodeCall(target.strike, ()));
        bytes32 salt = bytes20(address(assembly_)) ^ keccak256(bytes(motion.description));
        target.arm(
            abi.encodeCall(
                timelock.executeBatch, (motion.targets, motion.values, motion.calldatas, 0, salt)
            )
        );

        _decide(motion);

        vm.assertEq(target.calls(), 1);
        vm.assertEq(
            target.refusal(),
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector,
                address(target),
                timelock.EXECUTOR_ROLE()
            )
        );
    }

    function test_when_one_action_fails_nothing_is_done_and_it_can_be_tried_again() external {
        Motion memory motion = _and(
            _ring(), address(membership), abi.encodeCall(membership.decide, (applicant, false, 0))
        );
        uint256 id = _carry(motion);
        _queue(motion);
        vm.warp(assembly_.proposalEta(id));

        vm.expectPartialRevert(IMembership.MembershipStatusUnexpected.selector);
        _execute(motion);
        vm.assertEq(bell.rung(1), 0);
        _assertState(id, IGovernor.ProposalState.Queued);

        _apply(applicant, USERS);
        _execute(motion);
        vm.assertEq(bell.rung(1), 1);
    }

    // ------------------------------------------------------------------ cancelling

    function test_the_proposer_can_cancel_until_voting_starts() external {
        uint256 id = _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));

        vm.expectEmit(address(assembly_));
        emit IGovernor.ProposalCanceled(id);
        vm.prank(bakery);
        _cancel(_ring());

        _assertState(id, IGovernor.ProposalState.Canceled);
        _skip(1);
        _expectState(id, IGovernor.ProposalState.Canceled, _only(IGovernor.ProposalState.Active));
        _vote(bakery, id, FOR);
    }

    function test_a_cancelled_proposal_cannot_be_made_again() external {
        uint256 id = _propose(_ring());
        vm.prank(bakery);
        _cancel(_ring());

        _expectState(id, IGovernor.ProposalState.Canceled, 0);
        _propose(_ring());
    }

    function test_nobody_else_can_cancel() external {
        uint256 id = _propose(_ring());
        address[3] memory others = [dairy, outsider, address(timelock)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, others[i])
            );
            _cancel(_ring());
        }
    }

    function test_the_proposer_cannot_cancel_once_voting_has_started() external {
        uint256 id = _open(_ring());
        _expectTooLateToCancel(id, IGovernor.ProposalState.Active);
        _voteAll(id, FOR);

        _closeVoting(id);
        _expectTooLateToCancel(id, IGovernor.ProposalState.Succeeded);

        _queue(_ring());
        _expectTooLateToCancel(id, IGovernor.ProposalState.Queued);

        vm.warp(assembly_.proposalEta(id));
        _execute(_ring());
        _expectTooLateToCancel(id, IGovernor.ProposalState.Executed);
    }

    function test_cancel_reverts_for_a_proposal_that_nobody_made() external {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, _id(_ring()))
        );
        _cancel(_ring());
    }

    function _expectTooLateToCancel(uint256 id, IGovernor.ProposalState state) private {
        _expectState(id, state, _only(IGovernor.ProposalState.Pending));
        vm.prank(bakery);
        _cancel(_ring());
    }

    // ------------------------------------------------------------------ money and deposits

    function test_a_decision_pays_from_the_timelock() external {
        vm.deal(address(timelock), 5 ether);

        _decide(_motion(outsider, 2 ether, "", "pay"));

        vm.assertEq(outsider.balance, 2 ether);
        vm.assertEq(address(timelock).balance, 3 ether);
        vm.assertEq(address(assembly_).balance, 0);
    }

    function test_who_executes_may_bring_the_money() external {
        Motion memory motion =
            _motion(address(bell), 1 ether, abi.encodeCall(bell.ring, (1)), "ring for money");
        uint256 id = _carry(motion);
        _queue(motion);
        vm.warp(assembly_.proposalEta(id));
        vm.deal(relayer, 1 ether);

        vm.prank(relayer);
        assembly_.execute{value: 1 ether}(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        );

        vm.assertEq(address(bell).balance, 1 ether);
        vm.assertEq(relayer.balance, 0);
    }

    function test_the_assembly_takes_no_deposits() external {
        vm.deal(bakery, 1 ether);
        vm.startPrank(bakery);

        (bool success,) = address(assembly_).call{value: 1}("");
        vm.assertFalse(success);
        (success,) = address(assembly_).call{value: 1}(abi.encodeCall(assembly_.castVote, (1, FOR)));
        vm.assertFalse(success);
    }

    // ------------------------------------------------------------------ closed doors

    function test_nobody_can_use_the_timelock_directly() external {
        Motion memory motion = _ring();
        uint256 id = _carry(motion);
        _queue(motion);
        vm.warp(assembly_.proposalEta(id));
        bytes32 salt = bytes20(address(assembly_)) ^ keccak256(bytes(motion.description));
        bytes32 operation =
            timelock.hashOperationBatch(motion.targets, motion.values, motion.calldatas, 0, salt);
        vm.assertTrue(timelock.isOperationReady(operation));
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes32 executor = timelock.EXECUTOR_ROLE();
        bytes32 canceller = timelock.CANCELLER_ROLE();

        address[3] memory callers = [bakery, outsider, address(authority)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            _expectUnauthorized(callers[i], executor);
            timelock.executeBatch(motion.targets, motion.values, motion.calldatas, 0, salt);
            _expectUnauthorized(callers[i], executor);
            timelock.execute(address(bell), 0, "", 0, 0);
            _expectUnauthorized(callers[i], proposer);
            timelock.schedule(address(bell), 0, "", 0, 0, 30 days);
            _expectUnauthorized(callers[i], proposer);
            timelock.scheduleBatch(motion.targets, motion.values, motion.calldatas, 0, 0, 30 days);
            _expectUnauthorized(callers[i], canceller);
            timelock.cancel(operation);
            _expectUnauthorized(callers[i], 0);
            timelock.grantRole(proposer, callers[i]);
            _expectUnauthorized(callers[i], 0);
            timelock.revokeRole(proposer, address(assembly_));
            vm.expectRevert(
                abi.encodeWithSelector(
                    TimelockController.TimelockUnauthorizedCaller.selector, callers[i]
                )
            );
            timelock.updateDelay(0);
            vm.stopPrank();
        }
        vm.assertTrue(timelock.isOperationReady(operation), "still waiting for the Assembly");
    }

    function test_a_decision_can_call_through_the_authority() external {
        bytes memory data = abi.encodeCall(membership.addKind, ("trust"));

        _decide(
            address(authority), abi.encodeCall(IAccessManager.execute, (address(membership), data))
        );

        vm.assertEq(membership.kinds().length, 3);
    }

    function test_a_decision_changes_the_delay_of_the_timelock() external {
        _decide(address(timelock), abi.encodeCall(timelock.updateDelay, (3 days)));

        vm.assertEq(timelock.getMinDelay(), 3 days);
    }

    function _expectUnauthorized(address caller, bytes32 role) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role
            )
        );
    }

    // ------------------------------------------------------------------ readers of a Governor

    function test_readers_of_a_governor_find_what_they_expect() external view {
        vm.assertEq(assembly_.name(), "Assembly");
        vm.assertEq(assembly_.version(), "1");
        vm.assertEq(
            assembly_.COUNTING_MODE(),
            "support=bravo,fractional&quorum=against,for,abstain&params=fractional"
        );
        vm.assertEq(assembly_.CLOCK_MODE(), "mode=timestamp");
        vm.assertEq(assembly_.clock(), _now());
        vm.assertEq(assembly_.votingDelay(), VOTING_DELAY);
        vm.assertEq(assembly_.votingPeriod(), _ordinary().votingPeriod);
        vm.assertEq(assembly_.proposalThreshold(), VOTE);
        vm.assertEq(assembly_.quorum(START), 6 * uint256(_ordinary().quorum));
        vm.assertTrue(assembly_.proposalNeedsQueuing(0));
        vm.assertEq(assembly_.token(), address(membership));
        vm.assertEq(assembly_.timelock(), address(timelock));
        vm.assertEq(assembly_.getVotes(bakery, START), VOTE);
        vm.assertEq(assembly_.getVotes(outsider, START), 0);
        vm.assertEq(assembly_.getVotesWithParams(bakery, START, "x"), VOTE);
        vm.assertTrue(assembly_.supportsInterface(type(IGovernor).interfaceId));
        vm.assertTrue(assembly_.supportsInterface(0x01ffc9a7));
        vm.assertFalse(assembly_.supportsInterface(0xffffffff));
    }

    function test_the_voting_period_shown_is_the_ordinary_one_whatever_was_proposed() external {
        _propose(_changeCharter());

        vm.assertEq(assembly_.votingPeriod(), _ordinary().votingPeriod);
        uint256 id = _propose(_ring());
        vm.assertEq(
            assembly_.proposalDeadline(id) - assembly_.proposalSnapshot(id),
            _ordinary().votingPeriod
        );
    }

    function test_the_ballot_domain_is_that_of_eip_712() external view {
        (, string memory name, string memory version, uint256 chainId, address verifying,,) =
            assembly_.eip712Domain();

        vm.assertEq(name, "Assembly");
        vm.assertEq(version, "1");
        vm.assertEq(chainId, block.chainid);
        vm.assertEq(verifying, address(assembly_));
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        assembly_.setAuthority(bakery);
    }

    function _hex(address account) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; ++i) {
            text[41 - i] = digits[(uint160(account) >> (4 * i)) & 15];
        }
        return string(text);
    }
}

