// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Consequence, Move, Readoption} from "contracts/interfaces/IMembership.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @title What becomes of votes when standings and rules change while voting is open.
contract AssemblyStandingsTest is AssemblyFixture {
    // ------------------------------------------------------------------ moved seats

    function test_a_seat_that_moves_after_voting_has_voted_under_either_account() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _moveSeat(bakery, newcomer, WORKERS);

        vm.expectRevert(_alreadyVoted(id, newcomer));
        _vote(newcomer, id, AGAINST);
        _expectSeatRequired(bakery);
        _vote(bakery, id, AGAINST);
        vm.assertTrue(assembly_.hasVoted(id, newcomer));
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_a_seat_that_moves_before_voting_votes_under_the_new_account() external {
        uint256 id = _open(_ring());
        _moveSeat(bakery, newcomer, WORKERS);

        _expectSeatRequired(bakery);
        _vote(bakery, id, FOR);
        _vote(newcomer, id, FOR);
        _expectSeatRequired(bakery);
        _vote(bakery, id, FOR);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_a_signature_of_the_old_account_is_no_vote_after_the_move() external {
        uint256 id = _open(_ring());
        SignedVote[] memory votes = new SignedVote[](2);
        votes[0] = _signed(id, bakery, FOR);
        votes[1] = _signed(id, newcomer, FOR);
        _moveSeat(bakery, newcomer, WORKERS);

        vm.expectEmit(address(assembly_));
        emit IAssembly.VoteRefused(id, bakery, IAssembly.AssemblySeatRequired.selector);
        vm.assertEq(assembly_.castVotesBySig(id, votes), 1);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_a_seat_that_moves_twice_votes_once() external {
        uint256 id = _open(_ring());
        _moveSeat(bakery, newcomer, WORKERS);
        _vote(newcomer, id, FOR);
        _skip(1 hours);
        _moveSeat(newcomer, relayer, WORKERS);

        vm.expectRevert(_alreadyVoted(id, relayer));
        _vote(relayer, id, FOR);
        _expectSeatRequired(newcomer);
        _vote(newcomer, id, FOR);
    }

    function test_a_seat_that_moves_in_the_second_of_the_snapshot_votes_once() external {
        uint256 id = _propose(_ring());
        vm.warp(assembly_.proposalSnapshot(id));
        _moveSeat(bakery, newcomer, WORKERS);
        _skip(1);

        _vote(newcomer, id, FOR);
        _expectSeatRequired(bakery);
        _vote(bakery, id, FOR);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_who_gave_its_seat_away_and_gets_a_new_one_votes_on_later_proposals() external {
        _openAdmission();
        uint256 id = _open(_ring());
        _moveSeat(bakery, newcomer, WORKERS);
        _join(bakery, WORKERS);

        vm.expectRevert(
            abi.encodeWithSelector(
                IAssembly.AssemblySeatTooRecent.selector, bakery, assembly_.proposalSnapshot(id)
            )
        );
        _vote(bakery, id, FOR);
        _vote(newcomer, id, FOR);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    // ------------------------------------------------------------------ groups

    function test_the_seats_of_a_group_share_one_vote() external {
        _affiliate(clinic, school);
        _skip(1);
        uint256 id = _open(_ring());
        _vote(school, id, FOR);

        vm.expectRevert(_alreadyVoted(id, clinic));
        _vote(clinic, id, AGAINST);
        vm.assertTrue(assembly_.hasVoted(id, clinic));
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, VOTE, 0, 1);
    }

    function test_a_group_over_two_constituencies_votes_in_that_of_its_first() external {
        _affiliate(bakery, orchard);
        _skip(1);
        uint256 id = _open(_changeCharter());
        _vote(orchard, id, FOR);

        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
        _assertTally(assembly_.proposalTallies(id)[GROWERS], 0, 0, 0, 0);
        _vote(dairy, id, FOR);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);
        _assertOutcome(id, true); // there is no seat among the growers
    }

    function test_who_affiliates_during_a_vote_votes_as_before_it() external {
        uint256 id = _open(_ring());
        _vote(clinic, id, FOR);
        _affiliate(clinic, school);

        _vote(school, id, AGAINST);

        _assertTally(assembly_.proposalTallies(id)[USERS], VOTE, VOTE, 0, 2);
    }

    function test_who_separates_during_a_vote_shares_it_still() external {
        _affiliate(clinic, school);
        _skip(1);
        uint256 id = _open(_ring());
        _vote(clinic, id, FOR);
        vm.prank(address(timelock));
        membership.separate(school, REASON);

        vm.expectRevert(_alreadyVoted(id, school));
        _vote(school, id, FOR);
        _skip(1);
        uint256 later = _open(_ring(2));
        _vote(clinic, later, FOR);
        _vote(school, later, FOR);
        _assertTally(assembly_.proposalTallies(later)[USERS], 0, 2 * VOTE, 0, 2);
    }

    function test_a_group_keeps_its_vote_while_one_of_its_seats_is_active() external {
        _affiliate(clinic, school);
        vm.prank(address(timelock));
        membership.suspend(clinic, REASON);
        _skip(1);
        uint256 id = _open(_ring());

        _expectSeatRequired(clinic);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, VOTE, 0, 1);
    }

    // ------------------------------------------------------------------ suspension, removal, constituency

    function test_who_is_suspended_or_removed_during_a_vote_keeps_its_vote() external {
        uint256 id = _open(_ring());
        vm.startPrank(address(timelock));
        membership.suspend(bakery, REASON);
        membership.expel(dairy, REASON);
        vm.stopPrank();
        _leave(mill);

        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _vote(mill, id, FOR);

        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, 3 * VOTE, 0, 3);
        _assertOutcome(id, true);
    }

    function test_who_lapses_during_a_vote_keeps_its_vote() external {
        uint256 id = _open(_ring());
        vm.startPrank(address(timelock));
        membership.setReadoption(Readoption({grace: 0, consequence: Consequence.Suspended}));
        constitution.amend(REASON, RAW);
        vm.stopPrank();
        _skip(1);
        membership.lapse(bakery);

        _vote(bakery, id, FOR);

        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
        _expectSeatRequired(bakery);
        _propose(_ring(2));
    }

    function test_who_is_suspended_before_the_snapshot_and_reinstated_after_it_has_no_vote()
        external
    {
        uint256 id = _propose(_ring());
        vm.prank(address(timelock));
        membership.suspend(bakery, REASON);
        _openVoting(id);
        _expectSeatRequired(bakery);
        _vote(bakery, id, FOR);

        vm.prank(address(timelock));
        membership.reinstate(bakery, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAssembly.AssemblySeatTooRecent.selector, bakery, assembly_.proposalSnapshot(id)
            )
        );
        _vote(bakery, id, FOR);
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].seats, 2);
    }

    function test_who_changes_its_constituency_during_a_vote_votes_in_the_old_one() external {
        uint256 id = _open(_ring());
        _adopt(bakery, GROWERS);
        vm.prank(address(timelock));
        membership.changeConstituency(bakery, REASON);

        _vote(bakery, id, FOR);
        vm.expectRevert(_alreadyVoted(id, bakery));
        _vote(bakery, id, FOR);

        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
        _assertTally(assembly_.proposalTallies(id)[GROWERS], 0, 0, 0, 1);
        _skip(1);
        uint256 later = _open(_ring(2));
        _vote(bakery, later, FOR);
        _assertTally(assembly_.proposalTallies(later)[GROWERS], 0, VOTE, 0, 2);
    }

    function test_a_place_that_somebody_left_is_given_to_nobody_else() external {
        _openAdmission();
        uint256 id = _open(_ring());
        _vote(mill, id, FOR);
        _leave(mill);
        _join(applicant, WORKERS);
        _skip(1);
        uint256 later = _open(_ring(2));
        _vote(applicant, later, FOR);

        vm.assertNotEq(
            membership.standingOf(applicant).ordinal, membership.standingOf(mill).ordinal
        );
        vm.assertFalse(assembly_.hasVoted(later, mill));
    }

    // ------------------------------------------------------------------ rules and weights

    function test_new_weights_leave_open_proposals_as_they_were() external {
        // Users weigh most at first, workers later.
        _setWeights(1000, 8000, 1000);
        _setRule(AMENDMENT, Rule(7, 6600, 5000, 0, 0, false, 7 days, 10 days));
        _setRule(ORDINARY, Rule(Rules.WEIGHTED, 5000, 0, 0, 0, false, 1 days, 3 days));
        uint256 id = _open(_ring());
        (, uint8 edition) = assembly_.proposalRule(id);
        vm.assertEq(edition, 1);
        _vote(clinic, id, FOR);
        _vote(bakery, id, AGAINST);
        _setWeights(8000, 1000, 1000);
        uint256 later = _open(_ring(2));
        (, edition) = assembly_.proposalRule(later);
        vm.assertEq(edition, 2);
        _vote(clinic, later, FOR);
        _vote(bakery, later, AGAINST);

        _closeVoting(later);
        _assertState(id, IGovernor.ProposalState.Succeeded);
        _assertState(later, IGovernor.ProposalState.Defeated);
    }

    function test_the_edition_is_told_with_the_rule() external {
        _setWeights(1000, 8000, 1000);

        vm.expectEmit(address(assembly_));
        emit IAssembly.RuleFrozen(_id(_ring()), _ordinary(), 1);
        _propose(_ring());
    }

    function test_the_weight_of_a_silent_constituency_is_void() external {
        _setWeights(3000, 3000, 4000);
        _setRule(AMENDMENT, Rule(7, 6600, 5000, 0, 0, false, 7 days, 10 days));
        _setRule(ORDINARY, Rule(Rules.WEIGHTED, 5000, 0, 0, 0, false, 1 days, 3 days));
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        uint256 before = vm.snapshotState();
        _assertOutcome(id, false);

        vm.assertTrue(vm.revertToState(before));
        _vote(clinic, id, FOR);
        _assertOutcome(id, true);
    }

    // ------------------------------------------------------------------ helpers

    function _moveSeat(address from, address to, uint8 constituency) private {
        _adopt(to, constituency);
        Move memory move = Move(from, to, uint32(membership.nonces(from)), uint48(_now() + 1 hours));
        bytes32 digest = membership.hashMove(move);
        membership.moveSeat(move, _sign(from, digest), _sign(to, digest));
    }

    function _affiliate(address one, address other) private {
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (one, other);
        vm.prank(address(timelock));
        membership.affiliate(pair, REASON);
    }

    function _setWeights(uint16 workers, uint16 users, uint16 growers) private {
        uint16[] memory weights = new uint16[](3);
        (weights[0], weights[1], weights[2]) = (workers, users, growers);
        vm.prank(address(timelock));
        rulebook.setWeights(weights);
    }
}
