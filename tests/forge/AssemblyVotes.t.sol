// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DenyingSigner,
    GasEatingSigner,
    RamblingSigner,
    ReentrantSigner,
    ReturnBombSigner,
    RevertingSigner,
    ShortSigner,
    SlowSigner
} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {Vm, vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Move} from "contracts/interfaces/IMembership.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

contract AssemblyVotesTest is AssemblyFixture {
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
        emit IGovernor.VoteCast(mill, id, ABSTAIN, VOTE, "later");
        vm.prank(mill);
        vm.assertEq(assembly_.castVoteWithReasonAndParams(id, ABSTAIN, "later", ""), VOTE);

        bytes memory split = _split(1000, 2000, 7000);
        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCastWithParams(clinic, id, SPLIT, VOTE, "divided", split);
        vm.prank(clinic);
        vm.assertEq(assembly_.castVoteWithReasonAndParams(id, SPLIT, "divided", split), VOTE);
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
        uint8[2] memory unknown = [3, 254];
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
        assembly_.castVoteWithReasonAndParams(id, SPLIT, "again", _split(0, VOTE, 0));
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
        vm.assertEq(assembly_.nonces(bakery), 0, "who voted is recorded, not how often");
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

        vm.expectRevert(_alreadyVoted(id, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, signature);
    }

    function test_a_signed_vote_with_reason_and_params() external {
        uint256 id = _open(_ring());
        bytes memory split = _split(2500, 2500, 5000);
        bytes memory signature = _sign(bakery, _extendedDigest(id, SPLIT, bakery, "why", split));

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCastWithParams(bakery, id, SPLIT, VOTE, "why", split);
        vm.prank(relayer);
        assembly_.castVoteWithReasonAndParamsBySig(id, SPLIT, bakery, "why", split, signature);

        vm.assertTrue(assembly_.hasVoted(id, bakery));
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].abstain, 5000);
    }

    function test_who_signs_a_reason_signs_it_with_the_vote() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(bakery, _extendedDigest(id, FOR, bakery, "why", ""));
        bytes memory refusal =
            abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, bakery);

        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParamsBySig(id, FOR, bakery, "other", "", signature);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParamsBySig(id, AGAINST, bakery, "why", "", signature);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParamsBySig(
            id, SPLIT, bakery, "why", _split(0, VOTE, 0), signature
        );
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, signature);

        assembly_.castVoteWithReasonAndParamsBySig(id, FOR, bakery, "why", "", signature);
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

contract AssemblySplitTest is AssemblyFixture {
    function test_a_split_vote_is_recorded_in_its_three_parts() external {
        uint256 id = _open(_ring());

        _castSplit(bakery, id, _split(2000, 5000, 3000));

        _assertTally(assembly_.proposalTallies(id)[WORKERS], 2000, 5000, 3000, 3);
        vm.assertEq(assembly_.votePage(id, WORKERS, 0), 3000 << 212 | 5000 << 170 | 2000 << 128 | 1);
        vm.assertTrue(assembly_.hasVoted(id, bakery));
    }

    function test_a_seat_cannot_cast_the_rest_later() external {
        uint256 id = _open(_ring());
        _castSplit(bakery, id, _split(0, 10_000, 0));

        vm.expectRevert(_alreadyVoted(id, bakery));
        _castSplit(bakery, id, _split(0, 0, 10_000));
    }

    function test_the_parts_are_ten_thousand_together() external {
        uint256 id = _open(_ring());
        uint256 most = type(uint128).max;
        bytes[6] memory wrong = [
            _split(0, 0, 0),
            _split(3333, 3333, 3333),
            _split(5000, 5000, 1),
            _split(most, most, most),
            _split(most, 1, 10_000), // 10,000 if it were counted in 128 bits
            _split(0, most, 10_001)
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            _expectInvalid(wrong[i]);
            _castSplit(bakery, id, wrong[i]);
        }
    }

    function test_the_parts_have_their_length() external {
        uint256 id = _open(_ring());
        bytes memory good = _split(0, 10_000, 0);
        uint256[5] memory lengths = [uint256(0), 16, 47, 49, 96];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory wrong = new bytes(lengths[i]);
            for (uint256 j = 0; j < wrong.length && j < good.length; ++j) {
                wrong[j] = good[j];
            }
            _expectInvalid(wrong);
            _castSplit(bakery, id, wrong);
        }
    }

    function test_a_split_needs_its_parts_and_nothing_else_has_any() external {
        uint256 id = _open(_ring());
        bytes memory parts = _split(0, 10_000, 0);

        _expectInvalid("");
        _vote(bakery, id, SPLIT);
        for (uint8 support = 0; support < 3; ++support) {
            _expectInvalid(parts);
            vm.prank(bakery);
            assembly_.castVoteWithReasonAndParams(id, support, "", parts);
        }
        vm.assertFalse(assembly_.hasVoted(id, bakery));
    }

    function testFuzz_a_split_passes_exactly_when_its_parts_add_up(
        uint128 against,
        uint128 inFavour,
        uint128 abstain,
        bool inRange
    ) external {
        uint256 id = _open(_ring());
        if (inRange) {
            against %= 10_001;
            inFavour %= 10_001 - against;
            abstain = 10_000 - against - inFavour;
        }
        uint256 sum = uint256(against) + inFavour + abstain;
        bytes memory parts = _split(against, inFavour, abstain);

        if (sum != 10_000) _expectInvalid(parts);
        _castSplit(bakery, id, parts);

        if (sum != 10_000) return;
        _assertTally(assembly_.proposalTallies(id)[WORKERS], against, inFavour, abstain, 3);
    }

    function test_parts_of_votes_decide_as_whole_ones_do() external {
        uint256 id = _open(_ring());
        _castSplit(bakery, id, _split(4999, 5001, 0));
        _castSplit(clinic, id, _split(5000, 5000, 0));
        _assertOutcome(id, true);

        id = _open(_ring(2));
        _castSplit(bakery, id, _split(4999, 5001, 0));
        _castSplit(clinic, id, _split(5001, 4999, 0));
        _assertOutcome(id, false);
    }

    function _castSplit(address voter, uint256 id, bytes memory parts) private {
        vm.prank(voter);
        assembly_.castVoteWithReasonAndParams(id, SPLIT, "", parts);
    }

    function _expectInvalid(bytes memory parts) private {
        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblySplitInvalid.selector, parts));
    }
}

/// @dev Two objections stop a decision; half of the seats must take part.
contract AssemblyConsentTest is AssemblyFixture {
    function setUp() public override {
        super.setUp();
        Rule memory consent = Rule(Rules.CONSENT, 0, 5000, 2, 0, false, 1 days, 3 days);
        _foundWithRules(consent, Rule(12, 6600, 5000, 2, 0, false, 7 days, 10 days));
    }

    function test_an_objection_needs_a_reason_by_every_way_of_voting() external {
        uint256 id = _open(_ring());
        bytes memory refusal =
            abi.encodeWithSelector(IAssembly.AssemblyReasonMissing.selector, id, bakery);
        bytes memory some = _split(1, 9999, 0);
        bytes memory ballot = _sign(bakery, _ballotDigest(id, AGAINST, bakery, 0));
        bytes memory extended = _sign(bakery, _extendedDigest(id, AGAINST, bakery, "", ""));
        bytes memory divided = _sign(bakery, _extendedDigest(id, SPLIT, bakery, "", some));

        vm.startPrank(bakery);
        vm.expectRevert(refusal);
        assembly_.castVote(id, AGAINST);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReason(id, AGAINST, "");
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParams(id, AGAINST, "", "");
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParams(id, SPLIT, "", some);
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, AGAINST, bakery, ballot);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParamsBySig(id, AGAINST, bakery, "", "", extended);
        vm.expectRevert(refusal);
        assembly_.castVoteWithReasonAndParamsBySig(id, SPLIT, bakery, "", some, divided);
        vm.stopPrank();
        vm.assertFalse(assembly_.hasVoted(id, bakery));
    }

    function test_an_objection_with_its_reason_is_recorded() external {
        uint256 id = _open(_ring());

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(bakery, id, AGAINST, VOTE, "the kitchen has no room");
        vm.prank(bakery);
        assembly_.castVoteWithReason(id, AGAINST, "the kitchen has no room");

        _assertTally(assembly_.proposalTallies(id)[WORKERS], VOTE, 0, 0, 3);
    }

    function test_an_objection_can_be_signed_with_its_reason() external {
        uint256 id = _open(_ring());
        bytes memory signature = _sign(bakery, _extendedDigest(id, AGAINST, bakery, "no room", ""));

        assembly_.castVoteWithReasonAndParamsBySig(id, AGAINST, bakery, "no room", "", signature);

        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].against, VOTE);
    }

    function test_who_agrees_or_abstains_owes_no_reason() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        _vote(dairy, id, ABSTAIN);
        vm.prank(mill);
        assembly_.castVoteWithReasonAndParams(id, SPLIT, "", _split(0, 5000, 5000));

        _assertOutcome(id, true);
    }

    function test_consent_needs_no_vote_in_favour() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, ABSTAIN);
        _vote(dairy, id, ABSTAIN);
        _vote(mill, id, ABSTAIN);

        _assertOutcome(id, true);
    }

    function test_fewer_objections_than_the_rule_names_do_not_stop_it() external {
        uint256 id = _open(_ring());
        _object(bakery, id);
        _vote(dairy, id, ABSTAIN);
        _vote(mill, id, ABSTAIN);

        _assertOutcome(id, true);
    }

    function test_as_many_objections_as_the_rule_names_stop_it() external {
        uint256 id = _open(_ring());
        _object(bakery, id);
        _object(orchard, id);
        _vote(dairy, id, FOR);
        _vote(mill, id, FOR);
        _vote(clinic, id, FOR);
        _vote(school, id, FOR);

        _assertOutcome(id, false);
    }

    function test_parts_of_objections_add_up() external {
        uint256 id = _open(_ring());
        _object(bakery, id);
        _castSplit(dairy, id, 6000);
        _castSplit(mill, id, 3999);
        uint256 before = vm.snapshotState();
        _assertOutcome(id, true);

        vm.assertTrue(vm.revertToState(before));
        _castSplit(clinic, id, 1);
        _assertOutcome(id, false);
    }

    function test_a_joint_proposal_needs_consent_and_each_class() external {
        Motion memory motion = _and(_ring(), address(front), hex"12345678");
        uint256 id = _open(motion);
        vm.assertEq(_rule(id).methods, Rules.CONSENT | Rules.EACH_CLASS);
        vm.expectRevert(
            abi.encodeWithSelector(IAssembly.AssemblyReasonMissing.selector, id, bakery)
        );
        _vote(bakery, id, AGAINST);
    }

    function _object(address voter, uint256 id) private {
        vm.prank(voter);
        assembly_.castVoteWithReason(id, AGAINST, "an objection");
    }

    function _castSplit(address voter, uint256 id, uint256 against) private {
        vm.prank(voter);
        assembly_.castVoteWithReasonAndParams(
            id, SPLIT, "in part", _split(against, 0, 10_000 - against)
        );
    }
}

contract AssemblyBatchTest is AssemblyFixture {
    SignedVote[] private _batch;

    function setUp() public override {
        super.setUp();
        _openAdmission();
    }

    // ------------------------------------------------------------------ what is counted

    function test_a_batch_counts_every_signed_vote() external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        for (uint256 i = 0; i < 6; ++i) {
            _batch.push(_signed(id, members[i], uint8(i % 3)));
        }

        for (uint256 i = 0; i < 6; ++i) {
            vm.expectEmit(address(assembly_));
            emit IGovernor.VoteCast(members[i], id, uint8(i % 3), VOTE, "");
        }
        vm.prank(relayer);
        uint256 counted = assembly_.castVotesBySig(id, _batch);

        vm.assertEq(counted, 6);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], VOTE, VOTE, VOTE, 3);
        _assertTally(assembly_.proposalTallies(id)[USERS], VOTE, VOTE, 0, 2);
        _assertTally(assembly_.proposalTallies(id)[GROWERS], 0, 0, VOTE, 1);
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertTrue(assembly_.hasVoted(id, members[i]));
        }
    }

    function test_a_batch_counts_the_vote_of_a_contract_account() external {
        Wallet wallet = new Wallet(newcomer);
        keys[address(wallet)] = keys[newcomer];
        _join(address(wallet), USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(_signed(id, address(wallet), FOR));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        vm.assertEq(assembly_.proposalTallies(id)[USERS].inFavour, VOTE);
    }

    function test_the_same_signature_counts_alone_or_in_a_batch_but_once() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);

        vm.expectRevert(_alreadyVoted(id, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, _batch[0].signature);
        _assertRefused(id, IAssembly.AssemblyAlreadyVoted.selector);
    }

    function test_a_batch_of_nothing_counts_nothing() external {
        vm.assertEq(assembly_.castVotesBySig(_open(_ring()), _batch), 0);
    }

    function test_a_batch_reverts_unless_the_proposal_is_open() external {
        uint256 active = _only(IGovernor.ProposalState.Active);
        uint256 id = _id(_ring());
        _batch.push(_signed(id, bakery, FOR));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, id));
        assembly_.castVotesBySig(id, _batch);

        _propose(_ring());
        _expectState(id, IGovernor.ProposalState.Pending, active);
        assembly_.castVotesBySig(id, _batch);

        _closeVoting(id);
        _expectState(id, IGovernor.ProposalState.Defeated, active);
        assembly_.castVotesBySig(id, _batch);

        uint256 canceled = _propose(_ring(2));
        vm.prank(bakery);
        _cancel(_ring(2));
        vm.warp(assembly_.proposalSnapshot(canceled) + 1);
        _expectState(canceled, IGovernor.ProposalState.Canceled, active);
        assembly_.castVotesBySig(canceled, _batch);
    }

    // ------------------------------------------------------------------ what is left out, and why

    function test_a_wrong_signature_is_left_out() external {
        uint256 id = _open(_ring());
        bytes4 reason = IGovernor.GovernorInvalidSignature.selector;
        _batch.push(SignedVote(bakery, FOR, _sign(dairy, _ballotDigest(id, FOR, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id, AGAINST, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id + 1, FOR, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id, FOR, bakery, 1))));
        _batch.push(SignedVote(bakery, FOR, ""));
        _batch.push(SignedVote(bakery, FOR, new bytes(65)));
        _batch.push(SignedVote(bakery, FOR, new bytes(64)));
        _assertRefused(id, reason);
    }

    /// @dev ECDSA has a second signature for each; it is nobody's.
    function test_the_mirror_of_a_signature_is_left_out() external {
        uint256 id = _open(_ring());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[bakery], _ballotDigest(id, FOR, bakery, 0));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory mirror = abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27);
        _batch.push(SignedVote(bakery, FOR, mirror));

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
    }

    function test_who_has_no_seat_is_left_out() external {
        uint256 id = _open(_ring());
        _join(newcomer, USERS); // after the snapshot
        _batch.push(_signed(id, outsider, FOR));
        _batch.push(_signed(id, newcomer, FOR));
        _batch.push(SignedVote(address(0), FOR, ""));
        _batch.push(SignedVote(address(membership), FOR, ""));

        _assertRefused(id, IAssembly.AssemblySeatRequired.selector);
    }

    function test_who_has_voted_is_left_out() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, AGAINST);
        _batch.push(_signed(id, bakery, FOR));

        _assertRefused(id, IAssembly.AssemblyAlreadyVoted.selector);
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].against, VOTE);
    }

    function test_the_first_of_two_votes_in_a_batch_counts() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, bakery, AGAINST));
        _batch.push(_signed(id, bakery, FOR));

        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(assembly_));
            if (i == 0) emit IGovernor.VoteCast(bakery, id, FOR, VOTE, "");
            else emit IAssembly.VoteRefused(id, bakery, IAssembly.AssemblyAlreadyVoted.selector);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_unknown_support_and_split_votes_are_left_out() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, 3));
        _batch.push(_signed(id, bakery, 254));
        _batch.push(_signed(id, bakery, SPLIT));

        _assertRefused(id, IAssembly.AssemblySupportUnknown.selector);
    }

    function test_an_objection_without_a_reason_is_left_out() external {
        _foundWithRules(
            Rule(Rules.CONSENT, 0, 0, 1, 0, false, 1 days, 3 days),
            Rule(12, 6600, 5000, 1, 0, false, 7 days, 10 days)
        );
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, AGAINST));
        _assertRefused(id, IAssembly.AssemblyReasonMissing.selector);

        delete _batch;
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, dairy, ABSTAIN));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);
    }

    // ------------------------------------------------------------------ adversaries

    function test_an_account_that_denies_or_fails_is_left_out_and_spoils_nothing() external {
        address[] memory bad = new address[](7);
        bad[0] = _seatAs(address(new DenyingSigner()).code, USERS);
        bad[1] = _seatAs(address(new RamblingSigner()).code, USERS);
        bad[2] = _seatAs(address(new ShortSigner()).code, USERS);
        bad[3] = _seatAs(address(new RevertingSigner()).code, USERS);
        bad[4] = _seatAs(address(new GasEatingSigner()).code, USERS);
        bad[5] = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        bad[6] = _seatAs(hex"fe", USERS);
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < bad.length; ++i) {
            _batch.push(SignedVote(bad[i], FOR, abi.encode(id)));
        }
        _batch.push(_signed(id, bakery, FOR));

        bytes4 reason = IGovernor.GovernorInvalidSignature.selector;
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectEmit(address(assembly_));
            emit IAssembly.VoteRefused(id, bad[i], reason);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);

        for (uint256 i = 0; i < bad.length; ++i) {
            vm.assertFalse(assembly_.hasVoted(id, bad[i]));
        }
        vm.assertTrue(assembly_.hasVoted(id, bakery));
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 0, 0, 9);
    }

    /// @dev Whatever they do, each costs the sender about the 200,000 gas that it may use.
    function test_an_account_costs_the_batch_no_more_than_its_allowance() external {
        bytes[3] memory codes = [
            address(new GasEatingSigner()).code,
            address(new ReturnBombSigner()).code,
            address(new ReentrantSigner(address(assembly_))).code
        ];
        address[3] memory bad;
        for (uint256 i = 0; i < 3; ++i) {
            bad[i] = _seatAs(codes[i], USERS);
        }
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < 3; ++i) {
            delete _batch;
            _batch.push(SignedVote(bad[i], FOR, abi.encode(id)));
            uint256 before = gasleft();
            assembly_.castVotesBySig(id, _batch);
            vm.assertLt(before - gasleft(), 200_000 + 60_000);
        }
    }

    /// @dev It is its own vote; the answer is as long as its gas buys, and four bytes are read.
    function test_an_endless_answer_is_read_as_far_as_it_counts() external {
        address bomb = _seatAs(address(new ReturnBombSigner()).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bomb, FOR, ""));
        _batch.push(_signed(id, bakery, FOR));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);
    }

    function test_who_votes_while_asked_has_not_voted() external {
        address bad = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bad, AGAINST, abi.encode(id)));

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 0, 0, 3);
    }

    function test_an_account_that_needs_more_than_its_allowance_votes_by_itself() external {
        address slow = _seatAs(address(new SlowSigner(210_000)).code, USERS);
        address quick = _seatAs(address(new SlowSigner(190_000)).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(quick, FOR, ""));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        delete _batch;
        _batch.push(SignedVote(slow, FOR, ""));
        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);

        assembly_.castVoteBySig(id, FOR, slow, "");
        vm.assertTrue(assembly_.hasVoted(id, slow));
    }

    /// @dev A vote that was left out is not lost.
    function test_who_was_left_out_can_be_sent_again() external {
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bakery, FOR, ""));
        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);

        delete _batch;
        _batch.push(_signed(id, bakery, FOR));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
    }

    /// @dev Every kind of vote, good and bad, in any order: as one by one.
    function testFuzz_a_batch_is_as_its_votes_one_by_one(uint256 seed) external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        for (uint256 i = 0; i < 12; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            address voter = random % 7 == 6 ? outsider : members[random % 7 % 6];
            SignedVote memory vote = _signed(id, voter, uint8((random >> 8) % 4));
            if ((random >> 16) % 4 == 0) vote.signature[40] ^= 0x01;
            _batch.push(vote);
        }

        uint256 before = vm.snapshotState();
        uint256 counted = assembly_.castVotesBySig(id, _batch);
        bytes32 together = keccak256(abi.encode(assembly_.proposalTallies(id)));
        vm.assertTrue(vm.revertToState(before));

        uint256 alone = 0;
        for (uint256 i = 0; i < 12; ++i) {
            SignedVote memory vote = _batch[i];
            try assembly_.castVoteBySig(id, vote.support, vote.voter, vote.signature) {
                ++alone;
            } catch {}
        }
        vm.assertEq(counted, alone);
        vm.assertEq(together, keccak256(abi.encode(assembly_.proposalTallies(id))));
    }

    /// @dev All votes of the batch are left out for this reason.
    function _assertRefused(uint256 id, bytes4 reason) private {
        for (uint256 i = 0; i < _batch.length; ++i) {
            vm.expectEmit(address(assembly_));
            emit IAssembly.VoteRefused(id, _batch[i].voter, reason);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 0);
    }
}

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
        _batch.push(SignedVote(mill, FOR, new bytes(65)));
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
        _setRule(AMENDMENT, Rule(6, 6600, 5000, 0, 0, false, 7 days, 10 days));
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
        _setRule(AMENDMENT, Rule(6, 6600, 5000, 0, 0, false, 7 days, 10 days));
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
