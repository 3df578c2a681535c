// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Bell,
    GasEatingStranger,
    Liar,
    ReentrantTarget,
    ReturnBomb,
    RevertingStranger,
    RubbishStranger,
    SlowModule,
    UnregisteredModule
} from "./Adversaries.sol";
import {Fixture, Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Governed} from "contracts/base/Governed.sol";
import {ClassTally, IAssembly, Method, Rule} from "contracts/interfaces/IAssembly.sol";
import {Access} from "contracts/interfaces/ICommons.sol";
import {IMembership} from "contracts/interfaces/IMembership.sol";
import {Assignment, Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";

/// @dev What the tests of the Assembly share: a foreign contract, and motions of each kind.
abstract contract AssemblyFixture is Fixture {
    Bell internal bell;

    function setUp() public virtual override {
        super.setUp();
        bell = new Bell();
    }

    /// @dev A call to a foreign contract: the ordinary rule.
    function _ring() internal view returns (Motion memory) {
        return _ring(1);
    }

    function _ring(uint256 number) internal view returns (Motion memory) {
        return _motion(address(bell), abi.encodeCall(bell.ring, (number)));
    }

    /// @dev A call to the kernel: the amendment rule.
    function _changeCharter() internal view returns (Motion memory) {
        return _motion(address(front), abi.encodeCall(front.setCharter, (REASON)));
    }

    /// @dev A network with these rules and nothing assigned.
    function _foundWithRules(Rule memory ordinary, Rule memory amendment) internal {
        Charter memory charter = _charter();
        charter.rules = new Rule[](2);
        charter.rules[ORDINARY] = ordinary;
        charter.rules[AMENDMENT] = amendment;
        charter.assignments = new Assignment[](0);
        _found(charter);
        _skip(1);
    }

    function _openAdmission() internal {
        vm.prank(address(timelock));
        membership.setAdmission(_open());
    }

    function _expectState(uint256 proposalId, IGovernor.ProposalState state, uint256 allowed)
        internal
    {
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                proposalId,
                state,
                bytes32(allowed)
            )
        );
    }

    function _only(IGovernor.ProposalState state) internal pure returns (uint256) {
        return 1 << uint8(state);
    }
}

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
        _assertRule(assembly_.proposalRule(id), _ordinary());
        _assertState(id, IGovernor.ProposalState.Pending);
    }

    function test_propose_emits_proposal_created_and_rule_frozen() external {
        Motion memory motion = _ring();
        uint256 snapshot = _now() + VOTING_DELAY;

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
        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleFrozen(_id(motion), _ordinary());
        _propose(motion);
    }

    function test_propose_reverts_without_a_seat() external {
        Motion memory motion = _ring();
        _apply(applicant, USERS);
        address[2] memory others = [outsider, applicant];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IGovernor.GovernorInsufficientProposerVotes.selector, others[i], 0, VOTE
                )
            );
            _proposeBy(others[i], motion);
        }
    }

    function test_propose_needs_a_seat_a_second_before() external {
        _openAdmission();
        _join(applicant, USERS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, applicant, 0, VOTE
            )
        );
        _proposeBy(applicant, _ring());

        _skip(1);
        _proposeBy(applicant, _ring());
        vm.assertEq(assembly_.proposalProposer(_id(_ring())), applicant);
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
        _expectUnableToCancel(id);
        _voteAll(id, FOR);

        _closeVoting(id);
        _expectUnableToCancel(id);

        _queue(_ring());
        _expectUnableToCancel(id);

        vm.warp(assembly_.proposalEta(id));
        _execute(_ring());
        _expectUnableToCancel(id);
    }

    function _expectUnableToCancel(uint256 id) private {
        vm.prank(bakery);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, bakery)
        );
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

        (bool success, bytes memory answer) = address(assembly_).call{value: 1}("");
        vm.assertFalse(success);
        vm.assertEq(answer, abi.encodePacked(IGovernor.GovernorDisabledDeposit.selector));

        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        assembly_.onERC721Received(bakery, bakery, 1, "");
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        assembly_.onERC1155Received(bakery, bakery, 1, 1, "");
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        assembly_.onERC1155BatchReceived(bakery, bakery, new uint256[](0), new uint256[](0), "");
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

    function test_relay_is_closed_to_all_but_a_decision_that_is_being_executed() external {
        bytes memory data = abi.encodeCall(bell.ring, (1));
        vm.prank(bakery);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, bakery));
        assembly_.relay(address(bell), 0, data);

        vm.prank(address(timelock));
        vm.expectRevert();
        assembly_.relay(address(bell), 0, data);

        _decide(
            _motion(address(assembly_), abi.encodeCall(assembly_.relay, (address(bell), 0, data)))
        );
        vm.assertEq(bell.rung(1), 1);
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
        vm.assertEq(assembly_.COUNTING_MODE(), "support=bravo&quorum=against,for,abstain");
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

contract AssemblyVotesTest is AssemblyFixture {
    bytes32 private constant EXTENDED_BALLOT_TYPEHASH = keccak256(
        "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
    );

    // ------------------------------------------------------------------ casting

    function test_a_vote_is_recorded_in_its_constituency() external {
        uint256 id = _open(_ring());

        _vote(bakery, id, FOR);
        _vote(dairy, id, AGAINST);
        _vote(school, id, ABSTAIN);

        ClassTally[] memory tallies = assembly_.proposalTallies(id);
        vm.assertEq(tallies.length, 4);
        _assertTally(tallies[WORKERS], VOTE, VOTE, 0, 3);
        _assertTally(tallies[USERS], 0, 0, VOTE, 2);
        _assertTally(tallies[GROWERS], 0, 0, 0, 1);
        _assertTally(tallies[GUESTS], 0, 0, 0, 0);
        (uint256 against, uint256 inFavour, uint256 abstain) = assembly_.proposalVotes(id);
        vm.assertEq(against, VOTE);
        vm.assertEq(inFavour, VOTE);
        vm.assertEq(abstain, VOTE);
        vm.assertTrue(assembly_.hasVoted(id, bakery));
        vm.assertTrue(assembly_.hasVoted(id, school));
        vm.assertFalse(assembly_.hasVoted(id, mill));
        vm.assertFalse(assembly_.hasVoted(id, outsider));
        uint256 page = VOTE << 128 | VOTE << 170 | 3;
        vm.assertEq(assembly_.votePage(id, WORKERS, 0), page);
    }

    function test_cast_vote_emits_vote_cast_and_returns_the_weight() external {
        uint256 id = _open(_ring());

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(bakery, id, FOR, VOTE, "");
        vm.prank(bakery);
        vm.assertEq(assembly_.castVote(id, FOR), VOTE);

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(dairy, id, AGAINST, VOTE, "too dear");
        vm.prank(dairy);
        vm.assertEq(assembly_.castVoteWithReason(id, AGAINST, "too dear"), VOTE);

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCastWithParams(mill, id, ABSTAIN, VOTE, "later", "params");
        vm.prank(mill);
        vm.assertEq(assembly_.castVoteWithReasonAndParams(id, ABSTAIN, "later", "params"), VOTE);
    }

    function test_vote_reverts_before_and_after_the_voting_period() external {
        uint256 active = _only(IGovernor.ProposalState.Active);
        uint256 id = _id(_ring());
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, id));
        _vote(bakery, id, FOR);

        _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));
        _expectState(id, IGovernor.ProposalState.Pending, active);
        _vote(bakery, id, FOR);

        _closeVoting(id);
        _expectState(id, IGovernor.ProposalState.Defeated, active);
        _vote(bakery, id, FOR);

        vm.warp(assembly_.proposalDeadline(id));
        _vote(bakery, id, FOR);
        vm.assertTrue(assembly_.hasVoted(id, bakery), "the last second counts");
    }

    function test_vote_reverts_with_unknown_support() external {
        uint256 id = _open(_ring());
        uint8[2] memory unknown = [3, 255];
        for (uint256 i = 0; i < unknown.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAssembly.AssemblySupportUnknown.selector, unknown[i])
            );
            _vote(bakery, id, unknown[i]);
        }
    }

    function test_vote_reverts_without_a_seat() external {
        uint256 id = _open(_ring());
        _apply(applicant, USERS);

        _expectSeatRequired(outsider);
        _vote(outsider, id, FOR);
        _expectSeatRequired(applicant);
        _vote(applicant, id, FOR);
    }

    function test_vote_reverts_the_second_time_by_every_way_of_voting() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        bytes memory refusal = _alreadyVoted(id, bakery);

        vm.startPrank(bakery);
        vm.expectRevert(refusal);
        assembly_.castVote(id, AGAINST);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReason(id, FOR, "again");
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParams(id, FOR, "again", "params");
        vm.stopPrank();
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, signature);

        (, uint256 inFavour,) = assembly_.proposalVotes(id);
        vm.assertEq(inFavour, VOTE);
    }

    // ------------------------------------------------------------------ who has a vote

    function test_a_seat_gained_after_the_snapshot_votes_on_later_proposals() external {
        _openAdmission();
        uint256 id = _open(_ring());
        _join(applicant, USERS);

        vm.expectRevert(
            abi.encodeWithSelector(
                IAssembly.AssemblySeatTooRecent.selector, applicant, assembly_.proposalSnapshot(id)
            )
        );
        _vote(applicant, id, FOR);

        _skip(1);
        uint256 later = _open(_ring(2));
        _vote(applicant, later, FOR);
        vm.assertTrue(assembly_.hasVoted(later, applicant));
    }

    function test_a_seat_gained_in_the_second_of_the_snapshot_has_a_vote() external {
        _openAdmission();
        uint256 id = _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));
        _join(applicant, USERS);
        _skip(1);

        _vote(applicant, id, FOR);

        vm.assertEq(assembly_.proposalTallies(id)[USERS].seats, 3);
        vm.assertEq(assembly_.proposalTallies(id)[USERS].inFavour, VOTE);
    }

    function test_a_seat_left_before_the_snapshot_has_no_vote() external {
        uint256 id = _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));
        _leave(bakery);
        _skip(1);

        _expectSeatRequired(bakery);
        _vote(bakery, id, FOR);
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].seats, 2);
    }

    function test_a_seat_left_after_the_snapshot_still_votes_once() external {
        uint256 id = _open(_ring());
        _leave(bakery);

        _vote(bakery, id, FOR);
        vm.assertTrue(assembly_.hasVoted(id, bakery));
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].inFavour, VOTE);
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].seats, 3);

        vm.expectRevert(_alreadyVoted(id, bakery));
        _vote(bakery, id, FOR);
    }

    function test_a_vote_stays_when_its_seat_leaves() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);

        _leave(bakery);
        _skip(1);

        vm.assertTrue(assembly_.hasVoted(id, bakery));
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].inFavour, VOTE);
    }

    function test_who_returns_during_a_vote_cannot_vote_twice() external {
        _openAdmission();
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        uint8[2] memory ways = [WORKERS, GROWERS];
        for (uint256 i = 0; i < ways.length; ++i) {
            _leave(bakery);
            _join(bakery, ways[i]);

            vm.expectRevert(_alreadyVoted(id, bakery));
            _vote(bakery, id, FOR);
            _skip(1 hours);
            vm.expectRevert(_alreadyVoted(id, bakery));
            _vote(bakery, id, FOR);
        }
        (, uint256 inFavour,) = assembly_.proposalVotes(id);
        vm.assertEq(inFavour, VOTE);
    }

    function test_who_returns_during_a_vote_votes_where_its_seat_was() external {
        _openAdmission();
        uint256 id = _open(_ring());
        _leave(bakery);
        _join(bakery, GROWERS);

        _vote(bakery, id, FOR);

        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].inFavour, VOTE);
        vm.assertEq(assembly_.proposalTallies(id)[GROWERS].inFavour, 0);
        vm.assertEq(assembly_.proposalTallies(id)[GROWERS].seats, 1);
    }

    function test_who_was_out_at_the_snapshot_and_returns_has_no_vote() external {
        _openAdmission();
        uint256 id = _propose(_ring());
        _leave(dairy);
        _openVoting(id);
        _join(dairy, WORKERS);

        vm.expectRevert(
            abi.encodeWithSelector(
                IAssembly.AssemblySeatTooRecent.selector, dairy, assembly_.proposalSnapshot(id)
            )
        );
        _vote(dairy, id, FOR);
        vm.assertFalse(assembly_.hasVoted(id, dairy));
    }

    // ------------------------------------------------------------------ votes by signature

    function test_a_vote_by_signature_can_be_sent_by_anyone() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(bakery, id, FOR, VOTE, "");
        vm.prank(relayer);
        assembly_.castVoteBySig(id, FOR, bakery, signature);

        vm.assertTrue(assembly_.hasVoted(id, bakery));
        vm.assertFalse(assembly_.hasVoted(id, relayer));
        vm.assertEq(assembly_.nonces(bakery), 1);
    }

    function test_a_contract_account_votes_by_signature() external {
        Wallet wallet = new Wallet(newcomer);
        keys[address(wallet)] = keys[newcomer];
        _join(address(wallet), USERS);
        _skip(1);
        uint256 id = _open(_ring());
        bytes memory signature = _sign(newcomer, _ballotDigest(id, AGAINST, address(wallet), 0));

        vm.prank(relayer);
        assembly_.castVoteBySig(id, AGAINST, address(wallet), signature);

        vm.assertTrue(assembly_.hasVoted(id, address(wallet)));
        vm.assertEq(assembly_.proposalTallies(id)[USERS].against, VOTE);
    }

    function test_vote_by_signature_reverts_unless_the_voter_signed_exactly_this() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));
        bytes memory refusal =
            abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, bakery);

        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, AGAINST, bakery, signature);
        bytes memory ofOther = _sign(dairy, _ballotDigest(id, FOR, bakery, 0));
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, ofOther);
        bytes memory ofLater = _sign(bakery, _ballotDigest(id, FOR, bakery, 1));
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, ofLater);

        vm.assertEq(assembly_.nonces(bakery), 0);
        vm.assertFalse(assembly_.hasVoted(id, bakery));
    }

    function test_a_signature_cannot_be_used_again() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));
        assembly_.castVoteBySig(id, FOR, bakery, signature);

        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, signature);
    }

    function test_a_signed_vote_with_reason_and_params() external {
        uint256 id = _open(_ring());
        bytes32 structHash = keccak256(
            abi.encode(
                EXTENDED_BALLOT_TYPEHASH,
                id,
                FOR,
                bakery,
                0,
                keccak256("a reason"),
                keccak256("params")
            )
        );
        bytes memory signature =
            _sign(bakery, _typed(_domain("Assembly", address(assembly_)), structHash));

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCastWithParams(bakery, id, FOR, VOTE, "a reason", "params");
        assembly_.castVoteWithReasonAndParamsBySig(id, FOR, bakery, "a reason", "params", signature);

        vm.assertTrue(assembly_.hasVoted(id, bakery));
    }

    function test_a_signature_of_who_has_no_seat_is_no_vote() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(outsider, _ballotDigest(id, FOR, outsider, 0));

        _expectSeatRequired(outsider);
        assembly_.castVoteBySig(id, FOR, outsider, signature);
    }

    // ------------------------------------------------------------------ more than one page

    function test_votes_go_to_the_page_of_their_ordinal() external {
        _openAdmission();
        address[] memory crowd = _seatMany(260, GUESTS);
        _skip(1);
        uint256 id = _open(_ring());

        _vote(crowd[127], id, FOR);
        _vote(crowd[128], id, AGAINST);
        _vote(crowd[255], id, ABSTAIN);
        _vote(crowd[256], id, FOR);

        vm.assertEq(assembly_.votePage(id, GUESTS, 0), VOTE << 170 | 1 << 127);
        vm.assertEq(assembly_.votePage(id, GUESTS, 1), VOTE << 212 | VOTE << 128 | 1 << 127 | 1);
        vm.assertEq(assembly_.votePage(id, GUESTS, 2), VOTE << 170 | 1);
        vm.assertEq(assembly_.votePage(id, GUESTS, 3), 0);
        _assertTally(assembly_.proposalTallies(id)[GUESTS], VOTE, 2 * VOTE, VOTE, 260);
        vm.expectRevert(_alreadyVoted(id, crowd[128]));
        _vote(crowd[128], id, FOR);
        vm.assertFalse(assembly_.hasVoted(id, crowd[0]));
        vm.assertFalse(assembly_.hasVoted(id, crowd[129]));
    }

    function test_every_seat_of_a_crowd_has_one_vote() external {
        _openAdmission();
        address[] memory crowd = _seatMany(150, GUESTS);
        _skip(1);
        uint256 id = _open(_ring());

        for (uint256 i = 0; i < crowd.length; ++i) {
            _vote(crowd[i], id, uint8(i % 3));
        }
        for (uint256 i = 0; i < crowd.length; ++i) {
            vm.expectRevert(_alreadyVoted(id, crowd[i]));
            _vote(crowd[i], id, FOR);
        }

        _assertTally(assembly_.proposalTallies(id)[GUESTS], 50 * VOTE, 50 * VOTE, 50 * VOTE, 150);
    }

    function test_ordinals_grow_past_a_page_when_seats_return() external {
        _openAdmission();
        _join(applicant, GUESTS);
        for (uint256 i = 0; i < 130; ++i) {
            _leave(applicant);
            _join(applicant, GUESTS);
        }
        _skip(1);
        vm.assertEq(membership.standingOf(applicant).ordinal, 130);
        uint256 id = _open(_ring());

        _vote(applicant, id, FOR);

        vm.assertEq(assembly_.votePage(id, GUESTS, 1), VOTE << 170 | 1 << 2);
        _assertTally(assembly_.proposalTallies(id)[GUESTS], 0, VOTE, 0, 1);
    }

    // ------------------------------------------------------------------ helpers

    function _assertTally(
        ClassTally memory tally,
        uint256 against,
        uint256 inFavour,
        uint256 abstain,
        uint256 seats
    ) private pure {
        vm.assertEq(tally.against, against, "against");
        vm.assertEq(tally.inFavour, inFavour, "in favour");
        vm.assertEq(tally.abstain, abstain, "abstain");
        vm.assertEq(tally.seats, seats, "seats");
    }

    function _alreadyVoted(uint256 id, address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAssembly.AssemblyAlreadyVoted.selector, id, account);
    }

    function _expectSeatRequired(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblySeatRequired.selector, account));
    }
}

contract AssemblyOutcomeTest is AssemblyFixture {
    // ------------------------------------------------------------------ majority

    function test_a_tie_fails() external {
        uint256 id = _open(_ring());
        _votes(id, [FOR, FOR, FOR, AGAINST, AGAINST, AGAINST]);

        _assertOutcome(id, false);
    }

    function test_one_vote_more_than_half_passes() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(clinic, id, AGAINST);

        _assertOutcome(id, true);
    }

    function test_majority_asks_for_no_majority_in_each_class() external {
        uint256 id = _open(_ring());
        _votes(id, [FOR, FOR, FOR, FOR, AGAINST, AGAINST]);

        _assertOutcome(id, true);
    }

    function test_abstentions_count_for_the_quorum() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(clinic, id, ABSTAIN);

        _assertOutcome(id, true);
    }

    function test_abstentions_do_not_count_against() external {
        uint256 id = _open(_ring());
        _votes(id, [FOR, ABSTAIN, ABSTAIN, ABSTAIN, ABSTAIN, ABSTAIN]);

        _assertOutcome(id, true);
    }

    function test_only_abstentions_decide_nothing() external {
        uint256 id = _open(_ring());
        _voteAll(id, ABSTAIN);

        _assertOutcome(id, false);
    }

    function test_silence_decides_nothing_even_without_a_quorum() external {
        Rule memory rule = _ordinary();
        rule.quorum = 0;
        _foundWithRules(rule, _amendment());
        uint256 id = _open(_ring());

        _assertOutcome(id, false);
    }

    function test_one_vote_decides_where_no_quorum_is_asked() external {
        Rule memory rule = _ordinary();
        rule.quorum = 0;
        _foundWithRules(rule, _amendment());
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);

        _assertOutcome(id, true);
    }

    // ------------------------------------------------------------------ edges of quorum and approval

    function test_a_quorum_met_exactly_is_met() external {
        _assertWithQuorum(5000, 3, true); // 3 of 6
        _assertWithQuorum(5001, 3, false);
        _assertWithQuorum(3333, 2, true); // 2 of 6 are 33.33...%
        _assertWithQuorum(3334, 2, false);
        _assertWithQuorum(10_000, 6, true);
        _assertWithQuorum(10_000, 5, false);
        _assertWithQuorum(1, 1, true);
    }

    function test_an_approval_met_exactly_is_not_exceeded() external {
        _assertWithApproval(6666, [FOR, FOR, FOR, FOR, AGAINST, AGAINST], true); // 66.66...%
        _assertWithApproval(6667, [FOR, FOR, FOR, FOR, AGAINST, AGAINST], false);
        _assertWithApproval(7500, [FOR, FOR, FOR, AGAINST, ABSTAIN, ABSTAIN], false); // exactly
        _assertWithApproval(7499, [FOR, FOR, FOR, AGAINST, ABSTAIN, ABSTAIN], true);
        _assertWithApproval(9999, [FOR, FOR, FOR, FOR, FOR, FOR], true);
        _assertWithApproval(9999, [FOR, FOR, FOR, FOR, FOR, AGAINST], false);
    }

    function test_seats_at_the_snapshot_make_the_quorum_not_those_of_later() external {
        Rule memory rule = _ordinary();
        rule.quorum = 5000;
        _foundWithRules(rule, _amendment());
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(clinic, id, FOR);
        _leave(mill);
        _leave(school);
        _leave(orchard);

        _assertOutcome(id, false);
    }

    // ------------------------------------------------------------------ each class

    function test_each_class_passes_when_every_constituency_agrees() external {
        uint256 id = _open(_changeCharter());
        _votes(id, [FOR, FOR, AGAINST, FOR, FOR, FOR]);

        _assertOutcome(id, true);
    }

    function test_each_class_fails_when_one_constituency_is_against() external {
        uint256 id = _open(_changeCharter());
        _votes(id, [FOR, FOR, FOR, FOR, FOR, AGAINST]);

        _assertOutcome(id, false);
    }

    function test_each_class_fails_when_one_constituency_is_tied() external {
        uint256 id = _open(_changeCharter());
        _votes(id, [FOR, FOR, FOR, FOR, AGAINST, FOR]);

        _assertOutcome(id, false);
    }

    function test_each_class_fails_when_one_constituency_is_silent() external {
        uint256 id = _open(_changeCharter());
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(mill, id, FOR);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);

        _assertOutcome(id, false);
    }

    function test_each_class_fails_when_one_constituency_only_abstains() external {
        uint256 id = _open(_changeCharter());
        _votes(id, [FOR, FOR, FOR, FOR, FOR, ABSTAIN]);

        _assertOutcome(id, false);
    }

    function test_each_class_needs_the_share_of_all_too() external {
        // A majority in each class, and 4 of 6 overall: 66.66...% exceeds 66 % and not 70 %.
        uint256 id = _open(_changeCharter());
        _votes(id, [FOR, FOR, AGAINST, FOR, ABSTAIN, FOR]);
        _assertOutcome(id, true);

        Rule memory rule = _amendment();
        rule.approval = 8000;
        _foundWithRules(_ordinary(), rule);
        id = _open(_changeCharter());
        _votes(id, [FOR, FOR, AGAINST, FOR, ABSTAIN, FOR]);
        _assertOutcome(id, false);
    }

    function test_a_constituency_without_seats_does_not_count() external {
        // Nobody has a seat among the guests; the growers' only seat leaves before the snapshot.
        uint256 id = _propose(_changeCharter());
        _leave(orchard);
        _openVoting(id);
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(clinic, id, FOR);

        _assertOutcome(id, true);
    }

    function test_a_constituency_founded_after_the_snapshot_does_not_count() external {
        uint256 id = _open(_changeCharter());
        _voteAll(id, FOR);
        vm.prank(address(timelock));
        membership.addConstituency("investors");
        _openAdmission();
        _join(applicant, 4);

        vm.assertEq(assembly_.proposalTallies(id).length, 5);
        vm.assertEq(assembly_.proposalTallies(id)[4].seats, 0);
        _assertOutcome(id, true);
    }

    function test_a_constituency_that_got_its_first_seat_must_agree() external {
        _openAdmission();
        _join(applicant, GUESTS);
        _skip(1);
        uint256 id = _open(_changeCharter());
        _voteAll(id, FOR);
        _assertOutcome(id, false);
    }

    // ------------------------------------------------------------------ helpers

    function _votes(uint256 id, uint8[6] memory votes) private {
        address[] memory members = _members();
        for (uint256 i = 0; i < members.length; ++i) {
            _vote(members[i], id, votes[i]);
        }
    }

    function _assertOutcome(uint256 id, bool passed) private {
        _closeVoting(id);
        _assertState(
            id, passed ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated
        );
    }

    function _assertWithQuorum(uint16 quorum, uint256 voters, bool passed) private {
        Rule memory rule = _ordinary();
        rule.quorum = quorum;
        Rule memory amendment = _amendment();
        amendment.quorum = 10_000;
        _foundWithRulesAnew(rule, amendment);
        vm.assertEq(assembly_.quorum(_now() - 1), 6 * uint256(quorum));
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < voters; ++i) {
            _vote(_members()[i], id, FOR);
        }
        _assertOutcome(id, passed);
    }

    function _assertWithApproval(uint16 approval, uint8[6] memory votes, bool passed) private {
        Rule memory rule = _ordinary();
        rule.approval = approval;
        Rule memory amendment = _amendment();
        amendment.approval = 9999;
        _foundWithRulesAnew(rule, amendment);
        uint256 id = _open(_ring());
        _votes(id, votes);
        _assertOutcome(id, passed);
    }

    /// @dev The same rules may be wanted twice: the founding account differs each time.
    function _foundWithRulesAnew(Rule memory ordinary, Rule memory amendment) private {
        founderAccount = address(uint160(founderAccount) + 1);
        _foundWithRules(ordinary, amendment);
    }
}

contract AssemblyRulesTest is AssemblyFixture {
    /// @dev Numbers proposals of the same actions, from six digits so that all cost the same.
    uint256 private _proposed = 100_000;

    // ------------------------------------------------------------------ setting rules

    function test_set_rule_by_decision() external {
        Rule memory rule = _ordinary();
        rule.quorum = 4000;

        _decide(address(assembly_), abi.encodeCall(assembly_.setRule, (ORDINARY, rule)));

        _assertRule(assembly_.rules()[ORDINARY], rule);
        vm.assertEq(assembly_.rules().length, 3);
    }

    function test_set_rule_with_the_next_number_adds_one() external {
        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleSet(3, _amendment());
        _setRule(3, _amendment());

        vm.assertEq(assembly_.rules().length, 4);
        _assertRule(assembly_.rules()[3], _amendment());
    }

    function test_set_rule_reverts_when_a_number_is_left_out() external {
        _expectRefusal(abi.encodeWithSelector(IAssembly.AssemblyRuleUnknown.selector, 4));
        assembly_.setRule(4, _amendment());
    }

    function test_set_rule_reverts_out_of_range() external {
        Rule memory rule = _ordinary();
        rule.approval = 4999;
        _expectInvalid(rule);
        rule.approval = 10_000;
        _expectInvalid(rule);

        rule = _ordinary();
        rule.quorum = 10_001;
        _expectInvalid(rule);

        rule = _ordinary();
        rule.votingPeriod = 0;
        _expectInvalid(rule);
    }

    function test_set_rule_takes_the_edges_of_the_range() external {
        Rule memory least = Rule(Method.Majority, 5000, 0, 0, 1);
        _setRule(2, least);
        _assertRule(assembly_.rules()[2], least);

        Rule memory most = Rule(Method.EachClass, 9999, 10_000, type(uint32).max, type(uint32).max);
        _setRule(2, most);
        _assertRule(assembly_.rules()[2], most);
    }

    function test_set_rule_reverts_with_a_method_that_cannot_be_chosen_yet() external {
        Rule memory rule = _amendment();
        Method[2] memory methods = [Method.Weighted, Method.Consent];
        for (uint256 i = 0; i < methods.length; ++i) {
            rule.method = methods[i];
            _expectRefusal(
                abi.encodeWithSelector(IAssembly.AssemblyMethodUnavailable.selector, methods[i])
            );
            assembly_.setRule(2, rule);
        }
    }

    function test_the_amendment_rule_can_be_weaker_in_no_part() external {
        for (uint256 part = 0; part < 5; ++part) {
            _setRule(AMENDMENT, _strict());
            _setRule(ORDINARY, _strict());

            // Weaker in one part, stricter in the others.
            Rule memory weaker = _stricter();
            _weaken(weaker, part);
            _expectRefusal(
                abi.encodeWithSelector(
                    IAssembly.AssemblyAmendmentWeaker.selector, weaker, _strict()
                )
            );
            assembly_.setRule(AMENDMENT, weaker);

            // The same from the other side: an ordinary rule that overtakes the amendment rule.
            Rule memory ordinary = _strict();
            _setRule(ORDINARY, _ordinary());
            Rule memory amendment = _strict();
            _weaken(amendment, part);
            _setRule(AMENDMENT, amendment);
            _expectRefusal(
                abi.encodeWithSelector(
                    IAssembly.AssemblyAmendmentWeaker.selector, amendment, ordinary
                )
            );
            assembly_.setRule(ORDINARY, ordinary);
        }
    }

    function test_the_amendment_rule_may_equal_the_ordinary_rule() external {
        _setRule(ORDINARY, _ordinary());
        _setRule(AMENDMENT, _ordinary());

        _assertRule(assembly_.rules()[AMENDMENT], _ordinary());
    }

    function test_other_rules_are_bound_by_neither() external {
        Rule memory least = Rule(Method.Majority, 5000, 0, 0, 1);

        _setRule(ADMISSIONS, least);

        _assertRule(assembly_.rules()[ADMISSIONS], least);
    }

    function test_set_voting_delay() external {
        vm.expectEmit(address(assembly_));
        emit IAssembly.VotingDelayChanged(9 days);
        vm.prank(address(timelock));
        assembly_.setVotingDelay(9 days);

        vm.assertEq(assembly_.votingDelay(), 9 days);
        uint256 id = _propose(_ring());
        vm.assertEq(assembly_.proposalSnapshot(id), _now() + 9 days);
    }

    function test_members_cannot_set_rules() external {
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery);
        vm.startPrank(bakery);

        vm.expectRevert(refusal);
        assembly_.setRule(ORDINARY, _ordinary());
        vm.expectRevert(refusal);
        assembly_.assignRule(address(membership), IMembership.addKind.selector, ORDINARY);
        vm.expectRevert(refusal);
        assembly_.unassignRule(address(membership), IMembership.decide.selector);
        vm.expectRevert(refusal);
        assembly_.setVotingDelay(0);
    }

    // ------------------------------------------------------------------ assigning rules

    function test_assign_rule_gives_a_function_a_rule_of_its_own() external {
        bytes4 selector = IMembership.addKind.selector;
        Motion memory motion =
            _motion(address(membership), abi.encodeCall(membership.addKind, ("trust")));
        _assertRuleOf(motion, _amendment());

        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleAssigned(address(membership), selector, ADMISSIONS);
        vm.prank(address(timelock));
        assembly_.assignRule(address(membership), selector, ADMISSIONS);

        (bool assigned, uint8 index) = assembly_.assignedRule(address(membership), selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, ADMISSIONS);
        _assertRuleOf(motion, _admissions());
        _assertRuleOf(
            _motion(address(membership), abi.encodeCall(membership.addConstituency, ("x"))),
            _amendment()
        );
    }

    function test_unassign_rule_takes_it_away() external {
        bytes4 selector = IMembership.decide.selector;
        Motion memory motion = _motion(
            address(membership), abi.encodeCall(membership.decide, (applicant, true, REASON))
        );
        _assertRuleOf(motion, _admissions());

        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleUnassigned(address(membership), selector);
        vm.prank(address(timelock));
        assembly_.unassignRule(address(membership), selector);

        (bool assigned, uint8 index) = assembly_.assignedRule(address(membership), selector);
        vm.assertFalse(assigned);
        vm.assertEq(index, 0);
        _assertRuleOf(motion, _amendment());
    }

    function test_the_ordinary_rule_can_be_assigned() external {
        vm.prank(address(timelock));
        assembly_.assignRule(address(membership), IMembership.addKind.selector, ORDINARY);

        (bool assigned, uint8 index) =
            assembly_.assignedRule(address(membership), IMembership.addKind.selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, ORDINARY);
        _assertRuleOf(
            _motion(address(membership), abi.encodeCall(membership.addKind, ("trust"))), _ordinary()
        );
    }

    function test_a_foreign_function_can_have_a_stricter_rule() external {
        vm.prank(address(timelock));
        assembly_.assignRule(address(bell), Bell.ring.selector, AMENDMENT);

        _assertRuleOf(_ring(), _amendment());
        _assertRuleOf(_motion(address(bell), ""), _ordinary());
    }

    function test_assign_rule_reverts_for_an_unknown_rule() external {
        _expectRefusal(abi.encodeWithSelector(IAssembly.AssemblyRuleUnknown.selector, 3));
        assembly_.assignRule(address(membership), IMembership.addKind.selector, 3);
    }

    function test_assign_rule_reverts_for_the_kernel() external {
        address[5] memory kernel = _kernel();
        for (uint256 i = 0; i < kernel.length; ++i) {
            bytes4 selector = bytes4(uint32(i));
            _expectRefusal(
                abi.encodeWithSelector(IAssembly.AssemblyRuleFixed.selector, kernel[i], selector)
            );
            assembly_.assignRule(kernel[i], selector, ORDINARY);
        }
    }

    function test_every_rule_that_can_be_set_can_be_assigned() external {
        vm.startPrank(address(timelock));
        uint8 last = ADMISSIONS;
        while (last < type(uint8).max) {
            try assembly_.setRule(last + 1, _amendment()) {
                ++last;
            } catch {
                break;
            }
        }
        vm.assertEq(assembly_.rules().length, uint256(last) + 1);

        assembly_.assignRule(address(membership), IMembership.addKind.selector, last);

        (bool assigned, uint8 index) =
            assembly_.assignedRule(address(membership), IMembership.addKind.selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, last);
    }

    // ------------------------------------------------------------------ frozen at proposal

    function test_a_change_of_rules_leaves_open_proposals_as_they_were() external {
        uint256 id = _propose(_ring());
        uint256 deadline = assembly_.proposalDeadline(id);
        Rule memory strict = Rule(Method.EachClass, 9999, 10_000, 90 days, 90 days);
        _setRule(AMENDMENT, strict);
        _setRule(ORDINARY, strict);
        vm.prank(address(timelock));
        assembly_.setVotingDelay(90 days);

        _assertRule(assembly_.proposalRule(id), _ordinary());
        vm.assertEq(assembly_.proposalDeadline(id), deadline);
        _openVoting(id);
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _closeVoting(id);
        _assertState(id, IGovernor.ProposalState.Succeeded);
        _queue(_ring());
        vm.assertEq(assembly_.proposalEta(id), _now() + _ordinary().delay);
        _assertRuleOf(_ring(2), strict);
    }

    function test_an_assignment_leaves_open_proposals_as_they_were() external {
        uint256 id = _propose(_ring());

        vm.prank(address(timelock));
        assembly_.assignRule(address(bell), Bell.ring.selector, AMENDMENT);

        _assertRule(assembly_.proposalRule(id), _ordinary());
    }

    function test_unknown_proposals_have_no_rule() external view {
        vm.assertEq(assembly_.proposalRule(1).votingPeriod, 0);
    }

    // ------------------------------------------------------------------ the strictest action

    function test_the_strictest_action_decides_in_whatever_order() external {
        Motion memory decision = _motion(
            address(membership), abi.encodeCall(membership.decide, (applicant, true, REASON))
        );
        bytes memory ring = abi.encodeCall(bell.ring, (1));
        bytes memory charter = abi.encodeCall(front.setCharter, (REASON));

        _assertRuleOf(_and(_ring(), address(bell), ring), _ordinary());
        _assertRuleOf(_and(decision, address(bell), ring), _admissions());
        _assertRuleOf(_and(_ring(), decision.targets[0], decision.calldatas[0]), _admissions());
        _assertRuleOf(
            _and(_and(decision, address(front), charter), address(bell), ring), _amendment()
        );
        _assertRuleOf(_and(_changeCharter(), address(bell), ring), _amendment());
    }

    /// @dev Who adds an action may make a decision harder in some part, and easier in none.
    function test_one_more_action_weakens_no_part_of_the_rule() external {
        // A rule for one function that asks for each class, and for little else.
        Rule memory quick = Rule(Method.EachClass, 6700, 0, 0, 1);
        _setRule(3, quick);
        vm.prank(address(timelock));
        assembly_.assignRule(address(membership), IMembership.addKind.selector, 3);
        Motion memory motion = _changeCharter();
        _assertRuleOf(motion, _amendment());

        motion = _and(motion, address(membership), abi.encodeCall(membership.addKind, ("trust")));

        Rule memory rule = assembly_.proposalRule(_propose(motion));
        vm.assertGe(uint256(rule.method), uint256(_amendment().method));
        vm.assertGe(rule.approval, _amendment().approval);
        vm.assertGe(rule.quorum, _amendment().quorum);
        vm.assertGe(rule.delay, _amendment().delay);
        vm.assertGe(rule.votingPeriod, _amendment().votingPeriod);
    }

    function test_rule_for_reverts_when_lists_differ_in_length() external {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 1, 2, 1)
        );
        assembly_.ruleFor(new address[](1), new bytes[](2));
    }

    // ------------------------------------------------------------------ no way around

    function test_the_kernel_always_needs_the_amendment_rule() external {
        address[5] memory kernel = _kernel();
        for (uint256 i = 0; i < kernel.length; ++i) {
            _assertRuleOf(_motion(kernel[i], ""), _amendment());
            _assertRuleOf(_motion(kernel[i], hex"00"), _amendment());
            _assertRuleOf(_motion(kernel[i], hex"12345678"), _amendment());
            _assertRuleOf(_motion(kernel[i], 1, "", "money"), _amendment());
        }
    }

    function test_a_call_wrapped_in_another_needs_the_amendment_rule() external {
        bytes memory data = abi.encodeCall(membership.addKind, ("trust"));
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IAccessManager.execute, (address(membership), data));
        bytes32 proposer = timelock.PROPOSER_ROLE();

        _assertAmendment(address(authority), calls[0]);
        _assertAmendment(address(authority), abi.encodeCall(Multicall.multicall, (calls)));
        _assertAmendment(
            address(authority),
            abi.encodeCall(IAccessManager.schedule, (address(membership), data, 0))
        );
        _assertAmendment(
            address(authority), abi.encodeCall(IAccessManager.grantRole, (0, bakery, 0))
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(timelock.schedule, (address(membership), 0, data, 0, 0, 1 days))
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(
                timelock.scheduleBatch,
                (new address[](1), new uint256[](1), new bytes[](1), 0, 0, 1 days)
            )
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(timelock.execute, (address(membership), 0, data, 0, 0))
        );
        _assertAmendment(address(timelock), abi.encodeCall(timelock.grantRole, (proposer, bakery)));
        _assertAmendment(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        _assertAmendment(
            address(assembly_), abi.encodeCall(assembly_.relay, (address(membership), 0, data))
        );
    }

    function test_a_function_without_a_rule_of_its_own_needs_the_amendment_rule() external {
        address member = address(membership);
        _assertAmendment(member, abi.encodeCall(membership.setAdmission, (_open())));
        _assertAmendment(member, abi.encodeCall(membership.addConstituency, ("investors")));
        _assertAmendment(member, abi.encodeCall(membership.addKind, ("trust")));
        _assertAmendment(member, abi.encodeCall(membership.leaveSeat, (REASON)));
        _assertAmendment(
            address(commons),
            abi.encodeCall(commons.publish, (REASON, RAW, Access.Public, "MIT", REASON, 0))
        );
    }

    function test_empty_and_short_calldata_need_the_amendment_rule() external {
        bytes memory selector = abi.encodePacked(IMembership.decide.selector);

        _assertAmendment(address(membership), "");
        for (uint256 length = 1; length < 4; ++length) {
            bytes memory short = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                short[i] = selector[i];
            }
            _assertAmendment(address(membership), short);
        }
        _assertRuleOf(_motion(address(membership), selector), _admissions());
    }

    function test_a_module_that_nobody_registered_needs_the_amendment_rule() external {
        UnregisteredModule module = new UnregisteredModule(address(authority));

        _assertAmendment(address(module), abi.encodeCall(module.set, (7)));
        _assertAmendment(address(module), "");
        _assertAmendment(address(module), hex"12");
    }

    function test_a_module_that_answers_slowly_needs_the_amendment_rule() external {
        SlowModule module = new SlowModule(address(authority));

        _assertAmendment(address(module), hex"12345678");
    }

    /// @dev A module may be founded after the proposal that calls it, at an address known before.
    function test_a_call_to_an_address_without_code_needs_the_amendment_rule() external {
        bytes memory code =
            abi.encodePacked(type(UnregisteredModule).creationCode, abi.encode(authority));
        address planned = address(
            uint160(
                uint256(
                    keccak256(
                        abi.encodePacked(bytes1(0xff), address(this), bytes32(0), keccak256(code))
                    )
                )
            )
        );
        Motion memory motion = _motion(planned, abi.encodeCall(UnregisteredModule.set, (7)));
        uint256 id = _open(motion);
        _vote(bakery, id, FOR); // two of six seats, of one class: enough for the ordinary rule only
        _vote(dairy, id, FOR);
        _closeVoting(id);

        UnregisteredModule module = new UnregisteredModule{salt: 0}(address(authority));
        vm.assertEq(address(module), planned);

        _assertRule(assembly_.proposalRule(id), _amendment());
        _assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_a_proposer_with_little_gas_cannot_make_a_module_look_foreign() external {
        address[3] memory modules = [
            address(membership),
            address(new SlowModule(address(authority))),
            address(new UnregisteredModule(address(authority)))
        ];
        for (uint256 i = 0; i < modules.length; ++i) {
            Motion memory motion = _motion(modules[i], hex"12345678");
            _assertNeverWeaker(motion);
            _assertNeverWeaker(_and(_ring(), modules[i], hex"12345678"));
        }
    }

    function test_a_stranger_needs_the_ordinary_rule_whatever_it_answers() external {
        _assertStranger(address(bell));
        _assertStranger(address(new RevertingStranger()));
        _assertStranger(address(new GasEatingStranger()));
        _assertStranger(address(new ReturnBomb()));
        _assertStranger(address(new RubbishStranger("")));
        _assertStranger(address(new RubbishStranger(abi.encodePacked(address(authority)))));
        _assertStranger(
            address(
                new RubbishStranger(abi.encode(uint256(uint160(address(authority))) | 1 << 160))
            )
        );
        _assertStranger(address(new RubbishStranger(new bytes(64))));
        _assertStranger(address(new Liar(address(timelock))));
        _assertStranger(implementations.membership);
        _assertStranger(implementations.timelock);
    }

    function test_money_for_an_account_needs_the_ordinary_rule() external {
        _assertRuleOf(_motion(outsider, 1 ether, "", "pay"), _ordinary());
    }

    function test_who_falsely_claims_to_be_of_us_only_makes_it_harder_for_itself() external {
        Liar liar = new Liar(address(authority));
        _assertAmendment(address(liar), hex"12345678");

        RubbishStranger rubbish = new RubbishStranger(abi.encode(authority, "and more"));
        _assertAmendment(address(rubbish), hex"12345678");
    }

    // ------------------------------------------------------------------ helpers

    function _kernel() private view returns (address[5] memory) {
        return [
            address(assembly_),
            address(timelock),
            address(authority),
            address(front),
            address(constitution)
        ];
    }

    function _setRule(uint8 index, Rule memory rule) private {
        vm.prank(address(timelock));
        assembly_.setRule(index, rule);
    }

    /// @dev The next call is the Timelock's and is refused.
    function _expectRefusal(bytes memory refusal) private {
        vm.prank(address(timelock));
        vm.expectRevert(refusal);
    }

    function _expectInvalid(Rule memory rule) private {
        _expectRefusal(abi.encodeWithSelector(IAssembly.AssemblyRuleInvalid.selector, rule));
        assembly_.setRule(2, rule);
    }

    function _strict() private pure returns (Rule memory) {
        return Rule(Method.EachClass, 7000, 6000, 8 days, 12 days);
    }

    function _stricter() private pure returns (Rule memory) {
        return Rule(Method.EachClass, 8000, 7000, 9 days, 13 days);
    }

    /// @dev Weaker than {_strict} in one part, and not weaker than {_ordinary} in any.
    function _weaken(Rule memory rule, uint256 part) private pure {
        if (part == 0) rule.method = Method.Majority;
        if (part == 1) rule.approval = 6999;
        if (part == 2) rule.quorum = 5999;
        if (part == 3) rule.delay = 8 days - 1;
        if (part == 4) rule.votingPeriod = 12 days - 1;
    }

    /// @dev What the rule would be is what is frozen when it is proposed.
    function _assertRuleOf(Motion memory motion, Rule memory expected) private {
        _assertRule(assembly_.ruleFor(motion.targets, motion.calldatas), expected);

        uint256 before = vm.snapshotState();
        uint256 id = _propose(motion);
        _assertRule(assembly_.proposalRule(id), expected);
        vm.assertEq(
            assembly_.proposalDeadline(id) - assembly_.proposalSnapshot(id), expected.votingPeriod
        );
        vm.assertTrue(vm.revertToState(before));
    }

    function _assertAmendment(address target, bytes memory data) private {
        _assertRuleOf(_motion(target, data), _amendment());
    }

    function _assertStranger(address target) private {
        _assertRuleOf(_motion(target, hex"12345678"), _ordinary());
    }

    /// @dev With any amount of gas around what a proposal needs: refused, or the amendment rule.
    function _assertNeverWeaker(Motion memory motion) private {
        uint256 refused = 20_000;
        uint256 enough = 1_000_000;
        while (enough - refused > 1) {
            uint256 middle = (refused + enough) / 2;
            if (_proposesWith(middle, motion)) enough = middle;
            else refused = middle;
        }
        vm.assertLt(enough, 999_999);

        for (uint256 gasLimit = enough - 10_000; gasLimit < enough + 40_000; gasLimit += 197) {
            _proposesWith(gasLimit, motion);
        }
    }

    function _proposesWith(uint256 gasLimit, Motion memory motion) private returns (bool) {
        string memory description = vm.toString(++_proposed);
        vm.prank(bakery);
        try assembly_.propose{gas: gasLimit}(
            motion.targets, motion.values, motion.calldatas, description
        ) returns (
            uint256 id
        ) {
            _assertRule(assembly_.proposalRule(id), _amendment());
            return true;
        } catch {
            return false;
        }
    }
}
