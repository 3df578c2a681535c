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
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

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

    function test_whoever_is_named_needs_a_seat_too() external {
        Motion memory motion = _ring();
        motion.description = string.concat("a motion #proposer=", _hex(outsider));

        _expectSeatRequired(outsider);
        _proposeBy(outsider, motion);
    }

    function test_a_name_elsewhere_in_the_description_restricts_nobody() external {
        Motion memory motion = _ring();
        motion.description = string.concat("#proposer=", _hex(bakery), " said so");

        _proposeBy(dairy, motion);
        vm.assertEq(assembly_.proposalProposer(_id(motion)), dairy);
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

/// @title What tools that know OpenZeppelin's Governor rely on.
contract AssemblyStandardTest is AssemblyFixture {
    function test_the_interface_numbers_are_those_of_openzeppelin() external view {
        bytes4 governor = type(IGovernor).interfaceId;
        vm.assertTrue(assembly_.supportsInterface(governor));
        vm.assertTrue(
            assembly_.supportsInterface(governor ^ IGovernor.getProposalId.selector), "before 5.3"
        );
        vm.assertTrue(assembly_.supportsInterface(0xda287a1d), "ERC-6372");
        vm.assertTrue(assembly_.supportsInterface(0x01ffc9a7), "ERC-165");
        vm.assertFalse(assembly_.supportsInterface(0xffffffff));
        vm.assertFalse(assembly_.supportsInterface(0));
    }

    function testFuzz_a_proposal_has_the_number_that_openzeppelin_gives(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) external view {
        uint256 id = uint256(keccak256(abi.encode(targets, values, calldatas, descriptionHash)));

        vm.assertEq(assembly_.hashProposal(targets, values, calldatas, descriptionHash), id);
        vm.assertEq(assembly_.getProposalId(targets, values, calldatas, descriptionHash), id);
    }

    /// @dev Readers compare `state` with numbers.
    function test_the_states_have_the_numbers_of_the_standard() external {
        Motion memory motion = _ring();
        uint256 id = _propose(motion);
        vm.assertEq(uint8(assembly_.state(id)), 0, "pending");
        _openVoting(id);
        vm.assertEq(uint8(assembly_.state(id)), 1, "active");
        _voteAll(id, FOR);
        _closeVoting(id);
        vm.assertEq(uint8(assembly_.state(id)), 4, "succeeded");
        _queue(motion);
        vm.assertEq(uint8(assembly_.state(id)), 5, "queued");
        vm.warp(assembly_.proposalEta(id));
        _execute(motion);
        vm.assertEq(uint8(assembly_.state(id)), 7, "executed");

        id = _propose(_ring(2));
        vm.prank(bakery);
        _cancel(_ring(2));
        vm.assertEq(uint8(assembly_.state(id)), 2, "canceled");
        id = _open(_ring(3));
        _closeVoting(id);
        vm.assertEq(uint8(assembly_.state(id)), 3, "defeated");
    }

    function test_a_proposal_that_nobody_made_has_no_state() external {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 1));
        assembly_.state(1);

        vm.assertEq(assembly_.proposalSnapshot(1), 0);
        vm.assertEq(assembly_.proposalDeadline(1), 0);
        vm.assertEq(assembly_.proposalEta(1), 0);
        vm.assertEq(assembly_.proposalSeat(1), 0);
        vm.assertEq(assembly_.proposalProposer(1), address(0));
        vm.assertFalse(assembly_.proposalExtended(1));
        vm.assertFalse(assembly_.hasVoted(1, bakery));
        vm.assertFalse(assembly_.hasVoted(1, outsider));
        _assertTally(assembly_.proposalTallies(1)[WORKERS], 0, 0, 0, 0);
    }

    /// @dev ERC-6372: whoever reads the votes of a time reads by the same clock.
    function test_assembly_and_register_have_the_same_clock() external view {
        vm.assertEq(assembly_.clock(), membership.clock());
        vm.assertEq(assembly_.CLOCK_MODE(), membership.CLOCK_MODE());
        vm.assertEq(assembly_.rulebook(), address(rulebook));
    }

    function test_the_quorum_shown_is_rounded_up() external {
        Rule memory rule = _ordinary();
        rule.quorum = 1;
        _setRule(ORDINARY, rule);
        _leave(bakery);
        _skip(1);

        vm.assertEq(assembly_.quorum(_now() - 1), 5, "1 in 10,000 of 50,000 units");
    }

    function test_the_proposer_shown_is_who_holds_the_seat_now() external {
        uint256 id = _propose(_ring());
        _adopt(newcomer, WORKERS);
        vm.prank(address(timelock));
        membership.moveByDecision(bakery, newcomer, REASON);

        vm.assertEq(assembly_.proposalProposer(id), newcomer);
        vm.assertEq(assembly_.proposalSeat(id), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, bakery)
        );
        vm.prank(bakery);
        _cancel(_ring());
        vm.prank(newcomer);
        _cancel(_ring());
        _assertState(id, IGovernor.ProposalState.Canceled);
    }

    function test_the_assembly_cannot_be_initialized() external {
        (bool success,) = address(assembly_).call(abi.encodeWithSignature("initialize()"));
        vm.assertFalse(success, "there is nothing to set");
    }
}

contract AssemblyTurnsTest is AssemblyFixture {
    function test_a_seat_has_as_many_proposals_open_as_the_rulebook_says() external {
        _proposeMany(1, OPEN_PROPOSALS);

        _expectFull(1, OPEN_PROPOSALS);
        _propose(_ring(6));
    }

    function test_other_seats_are_not_affected() external {
        _proposeMany(1, OPEN_PROPOSALS);

        _proposeBy(dairy, _ring(6));
        vm.assertEq(assembly_.proposalSeat(_id(_ring(6))), 2);
    }

    function test_the_end_of_voting_makes_room() external {
        _setOpenProposals(1);
        uint256 id = _propose(_ring(1));

        vm.warp(assembly_.proposalDeadline(id));
        _expectFull(1, 1);
        _propose(_ring(2));

        _skip(1);
        _propose(_ring(2));
        _expectFull(1, 1);
        _propose(_ring(3));
    }

    function test_a_cancellation_makes_room_for_one() external {
        _proposeMany(1, OPEN_PROPOSALS);
        vm.prank(bakery);
        _cancel(_ring(3));

        _propose(_ring(6));
        _expectFull(1, OPEN_PROPOSALS);
        _propose(_ring(7));
    }

    function test_a_cancellation_gives_back_the_turn_of_that_proposal() external {
        _setOpenProposals(2);
        _propose(_ring(1));
        uint256 longer = _propose(_changeCharter());
        vm.prank(bakery);
        _cancel(_ring(1));
        uint256 shorter = _propose(_ring(2));

        _closeVoting(shorter);
        _propose(_ring(3));
        _expectFull(1, 2);
        _propose(_ring(4));
        vm.assertGt(assembly_.proposalDeadline(longer), _now());
    }

    function test_a_lower_number_lets_open_proposals_run_out() external {
        _proposeMany(1, OPEN_PROPOSALS);
        uint256 last = _id(_ring(OPEN_PROPOSALS));
        _setOpenProposals(2);
        _expectFull(1, 2);
        _propose(_ring(6));

        _closeVoting(last);
        _propose(_ring(6));
        _propose(_ring(7));
        _expectFull(1, 2);
        _propose(_ring(8));
    }

    function test_a_higher_number_makes_room_at_once() external {
        _setOpenProposals(1);
        _propose(_ring(1));
        _setOpenProposals(2);

        _propose(_ring(2));
        _expectFull(1, 2);
        _propose(_ring(3));
    }

    function test_the_number_is_of_the_seat_whoever_holds_it() external {
        _proposeMany(1, OPEN_PROPOSALS);
        _adopt(newcomer, WORKERS);
        vm.prank(address(timelock));
        membership.moveByDecision(bakery, newcomer, REASON);

        _expectFull(1, OPEN_PROPOSALS);
        _proposeBy(newcomer, _ring(6));
    }

    function test_who_leaves_and_returns_has_the_same_proposals_open() external {
        _openAdmission();
        _proposeMany(1, OPEN_PROPOSALS);
        _leave(bakery);
        _join(bakery, USERS);

        _expectFull(1, OPEN_PROPOSALS);
        _propose(_ring(6));
    }

    function test_a_lower_number_counts_all_that_are_open() external {
        _propose(_ring(1)); // three days of voting
        _propose(_changeCharter()); // ten days
        _propose(_and(_changeCharter(), address(bell), ""));
        _setOpenProposals(1);
        _closeVoting(_id(_ring(1)));

        _expectFull(1, 1);
        _propose(_ring(2));
    }

    function test_an_extended_proposal_is_open_until_its_new_end() external {
        _foundWithRules(
            Rule(Rules.MAJORITY, 5000, 0, 0, 50, false, 1 days, 3 days),
            Rule(Rules.EACH_CLASS, 6600, 5000, 0, 50, false, 7 days, 10 days)
        );
        _setOpenProposals(1);
        uint256 id = _open(_ring(1));
        vm.warp(assembly_.proposalDeadline(id));
        _vote(bakery, id, FOR);
        vm.assertTrue(assembly_.proposalExtended(id));
        _skip(1);
        _assertState(id, IGovernor.ProposalState.Active);

        vm.warp(assembly_.proposalDeadline(id));
        _expectFull(1, 1);
        _propose(_ring(2));
        _skip(1);
        _propose(_ring(2));
    }

    /// @dev Proposing, cancelling and waiting in any order: as many open as a plain list says.
    function testFuzz_never_more_are_open_than_allowed(uint256 seed) external {
        uint8 allowed = uint8(1 + seed % 5);
        _setOpenProposals(allowed);
        uint256[] memory ends = new uint256[](24);
        for (uint256 i = 0; i < 24; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _skip(random % 3 days);
            uint256 open = 0;
            for (uint256 j = 0; j < i; ++j) {
                if (ends[j] >= _now()) ++open;
            }
            Motion memory motion = _ring(i);
            if (random % 5 == 0) motion = _and(motion, address(front), hex"12345678");

            if (open >= allowed) _expectFull(1, allowed);
            uint256 id = _propose(motion);
            if (open >= allowed) continue;
            ends[i] = assembly_.proposalDeadline(id);
            if (random % 7 != 0) continue;
            vm.prank(bakery);
            _cancel(motion);
            ends[i] = 0;
        }
    }

    function _proposeMany(uint256 first, uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            _propose(_ring(first + i));
        }
    }

    function _setOpenProposals(uint8 number) private {
        vm.prank(address(timelock));
        rulebook.setOpenProposals(number);
    }

    function _expectFull(uint32 seat, uint8 number) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAssembly.AssemblyProposalsOpen.selector, seat, number)
        );
    }
}

contract AssemblyUpgradeTest is AssemblyFixture {
    Rule private _frozen;

    function setUp() public override {
        super.setUp();
        _foundUpgradable(_ordinary());
    }

    // ------------------------------------------------------------------ asking

    function test_a_request_is_counted_in_its_constituency() external {
        uint256 id = _propose(_ring());

        vm.expectEmit(address(assembly_));
        emit IAssembly.UpgradeRequested(id, 1, WORKERS);
        _request(bakery, id);

        vm.assertEq(assembly_.upgradeRequests(id, WORKERS), 1);
        vm.assertEq(assembly_.upgradeRequests(id, USERS), 0);
        _assertRule(_rule(id), _frozen);
    }

    function test_more_than_half_of_a_constituency_upgrade_a_proposal() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);

        vm.expectEmit(address(assembly_));
        emit IAssembly.UpgradeRequested(id, 2, WORKERS);
        vm.expectEmit(address(assembly_));
        emit IAssembly.ProposalUpgraded(id, WORKERS);
        _request(dairy, id);

        Rule memory rule = _frozen;
        rule.methods |= Rules.EACH_CLASS;
        _assertRule(_rule(id), rule);
        vm.assertEq(assembly_.upgradeRequests(id, WORKERS), 2);
    }

    function test_exactly_half_of_a_constituency_is_not_enough() external {
        uint256 id = _propose(_ring());
        _request(clinic, id);
        _assertRule(_rule(id), _frozen);

        _request(school, id);
        vm.assertEq(_rule(id).methods, Rules.MAJORITY | Rules.EACH_CLASS);
    }

    function test_requests_of_different_constituencies_do_not_add_up() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);
        _request(clinic, id);

        _assertRule(_rule(id), _frozen);
    }

    function test_the_only_seat_of_a_constituency_is_more_than_half() external {
        uint256 id = _propose(_ring());

        vm.expectEmit(address(assembly_));
        emit IAssembly.ProposalUpgraded(id, GROWERS);
        _request(orchard, id);
    }

    function test_suspended_seats_are_not_counted_among_those_of_the_constituency() external {
        vm.prank(address(timelock));
        membership.suspend(school, REASON);
        uint256 id = _propose(_ring());

        _request(clinic, id);

        vm.assertEq(_rule(id).methods, Rules.MAJORITY | Rules.EACH_CLASS);
    }

    function test_an_upgraded_proposal_needs_every_constituency() external {
        uint256 id = _propose(_ring());
        _request(orchard, id);
        _openVoting(id);
        _votes(id, [FOR, FOR, FOR, FOR, FOR, AGAINST]);
        _assertOutcome(id, false);

        id = _open(_ring(2));
        _votes(id, [FOR, FOR, FOR, FOR, FOR, AGAINST]);
        _assertOutcome(id, true);
    }

    function test_an_upgrade_leaves_other_proposals_alone() external {
        uint256 id = _propose(_ring());
        uint256 other = _propose(_ring(2));

        _request(orchard, id);

        _assertRule(_rule(other), _frozen);
        vm.assertEq(assembly_.upgradeRequests(other, GROWERS), 0);
    }

    function test_a_rule_by_consent_alone_gets_a_share_when_upgraded() external {
        _foundUpgradable(Rule(Rules.CONSENT, 0, 0, 1, 0, true, 1 days, 3 days));
        uint256 id = _propose(_ring());

        _request(orchard, id);

        vm.assertEq(_rule(id).methods, Rules.CONSENT | Rules.EACH_CLASS);
        vm.assertEq(_rule(id).approval, 5000);
        vm.assertEq(_rule(id).objections, 1);
        _openVoting(id);
        _assertOutcome(id, false); // silence is no consent of the classes
    }

    function test_a_rule_with_a_share_keeps_it_when_upgraded() external {
        Rule memory rule = _ordinary();
        rule.approval = 6600;
        _foundUpgradable(rule);
        uint256 id = _propose(_ring());

        _request(orchard, id);

        vm.assertEq(_rule(id).approval, 6600);
    }

    // ------------------------------------------------------------------ who may ask, and when

    function test_request_reverts_without_an_active_seat() external {
        uint256 id = _propose(_ring());
        _apply(applicant, USERS);
        _leave(mill);
        vm.prank(address(timelock));
        membership.suspend(dairy, REASON);
        address[4] memory others = [outsider, applicant, mill, dairy];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectSeatRequired(others[i]);
            _request(others[i], id);
        }
    }

    function test_request_is_open_until_voting_starts() external {
        uint256 id = _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));
        _request(bakery, id);

        _skip(1);
        _expectState(id, IGovernor.ProposalState.Active, _only(IGovernor.ProposalState.Pending));
        _request(dairy, id);
        _closeVoting(id);
        _expectState(id, IGovernor.ProposalState.Defeated, _only(IGovernor.ProposalState.Pending));
        _request(dairy, id);
    }

    function test_request_reverts_for_a_canceled_or_unknown_proposal() external {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 7));
        _request(bakery, 7);

        uint256 id = _propose(_ring());
        vm.prank(bakery);
        _cancel(_ring());
        _expectState(id, IGovernor.ProposalState.Canceled, _only(IGovernor.ProposalState.Pending));
        _request(dairy, id);
    }

    function test_a_seat_asks_once() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);

        _expectAskedBefore(id, 1);
        _request(bakery, id);
        vm.assertEq(assembly_.upgradeRequests(id, WORKERS), 1);
    }

    function test_a_seat_that_leaves_and_returns_has_asked_already() external {
        _openAdmission();
        uint256 id = _propose(_ring());
        _request(bakery, id);
        _leave(bakery);
        _join(bakery, USERS);

        _expectAskedBefore(id, 1);
        _request(bakery, id);
        vm.assertEq(assembly_.upgradeRequests(id, USERS), 0);
    }

    function test_a_seat_that_moves_has_asked_already() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);
        _adopt(newcomer, WORKERS);
        vm.prank(address(timelock));
        membership.moveByDecision(bakery, newcomer, REASON);

        _expectAskedBefore(id, 1);
        _request(newcomer, id);
    }

    function test_seats_of_every_page_of_requests_ask_once() external {
        _openAdmission();
        address[] memory crowd = _seatMany(516, GUESTS); // seats 7 to 522
        uint256 id = _propose(_ring());
        uint32[5] memory seats = [uint32(7), 255, 256, 511, 512];
        for (uint256 i = 0; i < seats.length; ++i) {
            _request(crowd[seats[i] - 7], id);
            _expectAskedBefore(id, seats[i]);
            _request(crowd[seats[i] - 7], id);
        }
        vm.assertEq(assembly_.upgradeRequests(id, GUESTS), 5);
    }

    /// @dev A group is one of the votes of its constituency, and asks once for each of its own.
    function test_affiliated_seats_ask_once_together() external {
        _openAdmission();
        _join(applicant, USERS);
        _affiliate(clinic, school);
        vm.assertEq(membership.censusAt(uint48(_now()))[USERS].active, 2);
        uint256 id = _propose(_ring());
        _request(clinic, id);

        _expectAskedBefore(id, 5);
        _request(school, id);
        vm.assertEq(assembly_.upgradeRequests(id, USERS), 1);
        _assertRule(_rule(id), _frozen);

        _request(applicant, id);
        vm.assertEq(_rule(id).methods, Rules.EACH_CLASS);
    }

    /// @dev The place of the group was marked, and its own place now is another; its seat was not.
    function test_who_separates_from_a_group_that_has_asked_asks_for_itself() external {
        _affiliate(clinic, school);
        uint256 id = _propose(_and(_ring(), address(bell), ""));
        _request(orchard, id);
        id = _propose(_ring());
        _affiliate(bakery, dairy);
        _request(bakery, id);
        vm.prank(address(timelock));
        membership.separate(dairy, REASON);

        _request(dairy, id);

        vm.assertEq(_rule(id).methods, Rules.EACH_CLASS);
    }

    function test_who_has_asked_and_joins_a_group_has_asked_for_itself_only() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);
        _affiliate(bakery, dairy);

        _expectAskedBefore(id, 1);
        _request(bakery, id);
        vm.assertEq(assembly_.upgradeRequests(id, WORKERS), 1);
    }

    /// @dev Requests are compared with the votes that are active at each of them.
    function test_a_request_stays_when_its_seat_leaves() external {
        uint256 id = _propose(_ring());
        _request(bakery, id);
        _leave(bakery);

        _request(dairy, id);

        vm.assertEq(assembly_.upgradeRequests(id, WORKERS), 2);
        vm.assertEq(_rule(id).methods, Rules.EACH_CLASS);
    }

    // ------------------------------------------------------------------ where it can be asked

    function test_request_reverts_where_the_rule_does_not_allow_it() external {
        uint256 id = _propose(_changeCharter());

        _expectUnavailable(id);
        _request(orchard, id);
    }

    function test_request_reverts_once_each_class_is_needed() external {
        uint256 id = _propose(_ring());
        _request(orchard, id);

        _expectUnavailable(id);
        _request(bakery, id);
    }

    function test_a_joint_proposal_that_needs_each_class_has_nothing_to_ask_for() external {
        uint256 id = _propose(_and(_ring(), address(front), hex"12345678"));
        vm.assertTrue(_rule(id).upgradable);

        _expectUnavailable(id);
        _request(orchard, id);
    }

    function test_the_removal_of_a_member_cannot_be_upgraded() external {
        bytes memory expulsion = abi.encodeCall(membership.expel, (mill, REASON));
        vm.prank(address(timelock));
        rulebook.assignRule(address(membership), IMembership.expel.selector, ORDINARY);
        Motion[2] memory motions = [
            _motion(address(membership), expulsion), _and(_ring(), address(membership), expulsion)
        ];
        for (uint256 i = 0; i < motions.length; ++i) {
            uint256 id = _propose(motions[i]);
            vm.assertFalse(_rule(id).upgradable);
            _expectUnavailable(id);
            _request(orchard, id);
        }
    }

    function test_a_suspension_can_be_upgraded() external {
        vm.prank(address(timelock));
        rulebook.assignRule(address(membership), IMembership.suspend.selector, ORDINARY);
        uint256 id = _propose(
            _motion(address(membership), abi.encodeCall(membership.suspend, (mill, REASON)))
        );

        _request(orchard, id);

        vm.assertEq(_rule(id).methods, Rules.MAJORITY | Rules.EACH_CLASS);
    }

    function test_a_strangers_function_of_the_same_name_removes_nobody() external {
        uint256 id = _propose(
            _motion(address(bell), abi.encodeWithSelector(IMembership.expel.selector, mill, REASON))
        );

        _request(orchard, id);

        vm.assertEq(_rule(id).methods, Rules.MAJORITY | Rules.EACH_CLASS);
    }

    // ------------------------------------------------------------------ helpers

    function _foundUpgradable(Rule memory rule) private {
        rule.upgradable = true;
        _frozen = rule;
        Rule memory amendment = _amendment();
        if (rule.objections != 0) {
            (amendment.methods, amendment.objections) = (Rules.CONSENT | Rules.EACH_CLASS, 1);
        }
        _foundWithRules(rule, amendment);
    }

    function _affiliate(address one, address other) private {
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (one, other);
        vm.prank(address(timelock));
        membership.affiliate(pair, REASON);
    }

    function _request(address account, uint256 id) private {
        vm.prank(account);
        assembly_.requestUpgrade(id);
    }

    function _expectUnavailable(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblyUpgradeUnavailable.selector, id));
    }

    function _expectAskedBefore(uint256 id, uint32 seat) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAssembly.AssemblyUpgradeRequested.selector, id, seat)
        );
    }
}
