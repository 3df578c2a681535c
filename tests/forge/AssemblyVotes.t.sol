// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly} from "contracts/interfaces/IAssembly.sol";
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

    function test_a_signature_is_for_one_chain_and_one_assembly() external {
        uint256 id = _open(_ring());
        bytes memory refusal =
            abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, bakery);
        bytes memory signature = _sign(bakery, _ballotDigest(id, FOR, bakery, 0));
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, signature);
        vm.chainId(here);

        bytes32 ballot = keccak256(
            abi.encode(
                keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"),
                id,
                FOR,
                bakery,
                0
            )
        );
        bytes memory elsewhere =
            _sign(bakery, _typed(_domain("Assembly", implementations.assembly_), ballot));
        vm.expectRevert(refusal);
        assembly_.castVoteBySig(id, FOR, bakery, elsewhere);

        assembly_.castVoteBySig(id, FOR, bakery, signature);
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
        _foundWithRules(consent, Rule(13, 6600, 5000, 2, 0, false, 7 days, 10 days));
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
