// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Vm, vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Ten days of voting, of which the last two are the closing part; two of six make a quorum.
contract AssemblyLateTest is AssemblyFixture {
    uint256 private constant CLOSING = 2 days;

    SignedVote[] private _batch;

    function setUp() public override {
        super.setUp();
        _foundLate(20);
    }

    // ------------------------------------------------------------------ when

    function test_a_vote_that_changes_the_outcome_late_extends_the_voting() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(clinic, id, AGAINST);
        uint256 deadline = assembly_.proposalDeadline(id);
        vm.warp(deadline - 1 hours);

        vm.expectEmit(address(assembly_));
        emit IAssembly.ProposalExtended(id, uint64(_now() + CLOSING));
        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(school, id, AGAINST, VOTE, "");
        _vote(school, id, AGAINST);

        vm.assertTrue(assembly_.proposalExtended(id));
        vm.assertEq(assembly_.proposalDeadline(id), deadline - 1 hours + CLOSING);
        vm.warp(deadline + 1);
        _assertState(id, IGovernor.ProposalState.Active);
        _vote(mill, id, FOR);
        _assertOutcome(id, true);
    }

    function test_before_the_closing_part_nothing_is_extended() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id) - CLOSING);

        _vote(mill, id, FOR);

        vm.assertFalse(assembly_.proposalExtended(id));
    }

    function test_the_closing_part_begins_with_its_first_second() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id) - CLOSING + 1);

        _vote(mill, id, FOR);

        vm.assertTrue(assembly_.proposalExtended(id));
        vm.assertEq(assembly_.proposalDeadline(id), _now() + CLOSING);
    }

    function test_the_closing_part_ends_with_the_last_second() external {
        uint256 id = _openTied();
        uint256 deadline = assembly_.proposalDeadline(id);
        vm.warp(deadline);

        _vote(mill, id, FOR);

        vm.assertEq(assembly_.proposalDeadline(id), deadline + CLOSING);
    }

    function test_a_late_vote_that_changes_nothing_extends_nothing() external {
        uint256 id = _openTied();
        uint256 deadline = assembly_.proposalDeadline(id);
        vm.warp(deadline - 1);

        _vote(mill, id, AGAINST);
        _vote(school, id, ABSTAIN);
        _vote(orchard, id, FOR); // tied again: still defeated

        vm.assertFalse(assembly_.proposalExtended(id));
        vm.assertEq(assembly_.proposalDeadline(id), deadline);
    }

    function test_the_voting_is_extended_once() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));
        _vote(mill, id, FOR);
        uint256 extended = assembly_.proposalDeadline(id);

        _vote(school, id, AGAINST);
        vm.assertEq(assembly_.proposalDeadline(id), extended);
        vm.warp(extended);
        _vote(orchard, id, FOR);
        vm.assertEq(assembly_.proposalDeadline(id), extended);

        _assertOutcome(id, true);
    }

    function test_without_a_closing_part_nothing_is_extended() external {
        _foundLate(0);
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));

        _vote(mill, id, FOR);

        vm.assertFalse(assembly_.proposalExtended(id));
        _assertOutcome(id, true);
    }

    /// @dev The other parts of the rule stay as they were frozen.
    function test_after_an_extension_the_voting_period_is_the_time_that_voting_takes() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id) - 1 hours);

        _vote(mill, id, FOR);

        Rule memory rule = _late(20);
        rule.votingPeriod = uint32(10 days - 1 hours + CLOSING);
        _assertRule(_rule(id), rule);
    }

    /// @dev Ends of voting beyond 2^32 seconds would not fit where they are kept.
    function test_a_late_vote_counts_however_long_the_period() external {
        uint32 most = type(uint32).max / 2;
        _foundWithRules(
            Rule(Rules.MAJORITY, 5000, 0, 0, 100, false, 1 days, most),
            Rule(Rules.EACH_CLASS, 6600, 5000, 0, 100, false, 7 days, most)
        );
        uint256 id = _open(_ring());
        vm.warp(assembly_.proposalDeadline(id));

        _vote(bakery, id, FOR);

        vm.assertEq(assembly_.proposalDeadline(id), _now() + most);
        _assertState(id, IGovernor.ProposalState.Active);
    }

    function test_the_closing_part_can_be_the_whole_period() external {
        _foundLate(100);
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        vm.assertFalse(assembly_.proposalExtended(id), "no quorum yet");

        _vote(dairy, id, FOR);

        vm.assertTrue(assembly_.proposalExtended(id));
        vm.assertEq(assembly_.proposalDeadline(id), _now() + 10 days);
    }

    // ------------------------------------------------------------------ in which direction

    function test_from_failing_to_passing() external {
        uint256 id = _openTied();
        _assertExtendedBy(id, mill, FOR, true);
    }

    function test_from_passing_to_failing() external {
        uint256 id = _openTied();
        _vote(mill, id, FOR);
        _assertExtendedBy(id, school, AGAINST, true);
    }

    function test_a_vote_that_completes_the_quorum_changes_the_outcome_whatever_it_says() external {
        // Five of six must take part.
        Rule memory rule = _late(20);
        rule.quorum = 8000;
        founderAccount = address(uint160(founderAccount) + 1);
        Rule memory amendment = _lateAmendment();
        amendment.quorum = 8000;
        _foundWithRules(rule, amendment);
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(mill, id, FOR);
        _vote(clinic, id, FOR);

        uint256 before = vm.snapshotState();
        _assertExtendedBy(id, orchard, ABSTAIN, true);
        vm.assertTrue(vm.revertToState(before));
        _assertExtendedBy(id, orchard, AGAINST, true);
    }

    function test_a_vote_short_of_the_quorum_changes_nothing() external {
        uint256 id = _open(_ring());
        _assertExtendedBy(id, bakery, FOR, false);
    }

    function test_a_split_vote_can_change_the_outcome() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));

        vm.prank(mill);
        assembly_.castVoteWithReasonAndParams(id, SPLIT, "", _split(4999, 5001, 0));

        vm.assertTrue(assembly_.proposalExtended(id));
    }

    function test_a_vote_that_completes_a_constituency_changes_the_outcome() external {
        uint256 id = _open(_changeCharter());
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);
        _assertExtendedBy(id, orchard, FOR, true);
    }

    function test_a_late_objection_extends_the_voting() external {
        founderAccount = address(uint160(founderAccount) + 1);
        _foundWithRules(
            Rule(Rules.CONSENT, 0, 0, 1, 20, false, 1 days, 10 days),
            Rule(13, 6600, 0, 1, 20, false, 7 days, 10 days)
        );
        uint256 id = _open(_ring());
        vm.warp(assembly_.proposalDeadline(id));
        _vote(bakery, id, FOR);
        vm.assertFalse(assembly_.proposalExtended(id), "silence was consent already");

        vm.prank(dairy);
        assembly_.castVoteWithReason(id, AGAINST, "no room");

        vm.assertTrue(assembly_.proposalExtended(id));
    }

    function test_a_late_vote_that_moves_the_weights_extends_the_voting() external {
        uint16[] memory weights = new uint16[](3);
        (weights[0], weights[1], weights[2]) = (2000, 2000, 6000);
        vm.prank(address(timelock));
        rulebook.setWeights(weights);
        Rule memory rule = _late(20);
        rule.methods = Rules.WEIGHTED;
        Rule memory amendment = _lateAmendment();
        amendment.methods |= Rules.WEIGHTED;
        _setRule(AMENDMENT, amendment);
        _setRule(ORDINARY, rule);
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(clinic, id, FOR);
        _assertExtendedBy(id, orchard, FOR, true);
    }

    function test_an_upgraded_proposal_is_watched_by_its_upgraded_rule() external {
        Rule memory rule = _late(20);
        rule.upgradable = true;
        _setRule(ORDINARY, rule);
        uint256 id = _propose(_ring());
        vm.prank(orchard);
        assembly_.requestUpgrade(id);
        _openVoting(id);
        _vote(bakery, id, FOR);
        _vote(clinic, id, FOR);
        vm.warp(assembly_.proposalDeadline(id));
        _vote(dairy, id, FOR);
        vm.assertFalse(assembly_.proposalExtended(id), "the growers are silent");

        _vote(orchard, id, FOR);

        vm.assertTrue(assembly_.proposalExtended(id));
    }

    function test_a_vote_by_signature_extends_too() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));
        bytes memory signature = _sign(mill, _ballotDigest(id, FOR, mill, 0));

        assembly_.castVoteBySig(id, FOR, mill, signature);

        vm.assertTrue(assembly_.proposalExtended(id));
    }

    // ------------------------------------------------------------------ in a batch

    function test_in_a_batch_each_vote_is_looked_at_for_itself() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));
        _batch.push(_signed(id, mill, FOR));
        _batch.push(_signed(id, school, AGAINST));

        vm.expectEmit(address(assembly_));
        emit IAssembly.ProposalExtended(id, uint64(_now() + CLOSING));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);

        vm.assertTrue(assembly_.proposalExtended(id), "the second took the change back");
    }

    function test_a_batch_extends_once() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));
        _batch.push(_signed(id, mill, FOR));
        _batch.push(_signed(id, school, AGAINST));
        _batch.push(_signed(id, orchard, FOR));

        vm.recordLogs();
        assembly_.castVotesBySig(id, _batch);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 extensions = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IAssembly.ProposalExtended.selector) ++extensions;
        }
        vm.assertEq(extensions, 1);
        vm.assertEq(assembly_.proposalDeadline(id), _now() + CLOSING);
    }

    function test_what_a_batch_leaves_out_extends_nothing() external {
        uint256 id = _openTied();
        vm.warp(assembly_.proposalDeadline(id));
        _batch.push(SignedVote(mill, FOR, 0, 0));
        _batch.push(_signed(id, bakery, FOR)); // has voted
        _batch.push(_signed(id, outsider, FOR));
        _batch.push(_signed(id, mill, 3));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 0);
        vm.assertFalse(assembly_.proposalExtended(id));
    }

    /// @dev The tallies that a batch keeps in memory are those that are stored.
    function testFuzz_a_batch_extends_exactly_when_its_votes_one_by_one_do(uint256 seed) external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        vm.warp(assembly_.proposalDeadline(id));
        for (uint256 i = 0; i < 6; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _batch.push(_signed(id, members[(i + seed % 6) % 6], uint8(random % 3)));
        }

        uint256 before = vm.snapshotState();
        bool changed = _changesByHand(id);
        vm.assertTrue(vm.revertToState(before));
        assembly_.castVotesBySig(id, _batch);

        vm.assertEq(assembly_.proposalExtended(id), changed);
    }

    /// @dev Whether the outcome was another one after some vote, as the Rulebook says.
    function _changesByHand(uint256 id) private returns (bool changed) {
        (Rule memory rule, uint8 edition) = assembly_.proposalRule(id);
        bool passing = rulebook.passes(rule, edition, assembly_.proposalTallies(id));
        for (uint256 i = 0; i < _batch.length; ++i) {
            _vote(_batch[i].voter, id, _batch[i].support);
            if (rulebook.passes(rule, edition, assembly_.proposalTallies(id)) != passing) {
                return true;
            }
        }
    }

    // ------------------------------------------------------------------ helpers

    function _late(uint8 closing) private pure returns (Rule memory) {
        return Rule(Rules.MAJORITY, 5000, 3333, 0, closing, false, 1 days, 10 days);
    }

    function _lateAmendment() private pure returns (Rule memory) {
        return Rule(Rules.EACH_CLASS, 6600, 5000, 0, 100, false, 7 days, 10 days);
    }

    function _foundLate(uint8 closing) private {
        founderAccount = address(uint160(founderAccount) + 1);
        Rule memory amendment = _lateAmendment();
        _foundWithRules(_late(closing), amendment);
    }

    /// @dev One vote for and one against: enough for the quorum, and a tie.
    function _openTied() private returns (uint256 id) {
        id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(clinic, id, AGAINST);
    }

    function _assertExtendedBy(uint256 id, address voter, uint8 support, bool extended) private {
        vm.assertFalse(assembly_.proposalExtended(id));
        vm.warp(assembly_.proposalDeadline(id));
        _vote(voter, id, support);
        vm.assertEq(assembly_.proposalExtended(id), extended);
    }
}
