// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Consequence,
    IMembership,
    Readoption,
    Standing,
    Status
} from "contracts/interfaces/IMembership.sol";

/// @title Suspension, removal, and what follows an amendment. `bakery` has seat 1, of the workers.
contract MembershipStandingsTest is MembershipFixture {
    // ------------------------------------------------------------------ suspend, reinstate

    function test_a_suspended_seat_has_no_vote_and_keeps_its_certificate() external {
        vm.expectEmit(address(membership));
        emit IMembership.Suspended(bakery, 1, REASON);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, VOTE, 0);
        _suspend(bakery);

        _assertSilent(bakery, 1, Status.Suspended);
        vm.assertEq(membership.ownerOf(1), bakery);
        vm.assertTrue(membership.locked(1));
        vm.assertEq(membership.balanceOf(bakery), 1);
    }

    function test_a_reinstated_seat_votes_in_its_place() external {
        uint256 before = _now();
        _suspend(bakery);
        _skip(1 days);

        vm.expectEmit(address(membership));
        emit IMembership.Reinstated(bakery, 1, REASON);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, 0, VOTE);
        _reinstate(bakery);

        _assertStatus(bakery, Status.Active);
        vm.assertEq(membership.standingOf(bakery).since, _now());
        _assertCensus(3, 2, 1);
        uint256 now_ = _now();
        _skip(1);
        _assertPlaceAt(bakery, before - 1, true, WORKERS, 0);
        _assertPlaceAt(bakery, before, false, 0, 0);
        _assertPlaceAt(bakery, now_ - 1, false, 0, 0);
        _assertPlaceAt(bakery, now_, true, WORKERS, 0);
    }

    function test_suspend_reverts_unless_the_seat_is_active() external {
        _prepareStandings();
        _expectStatusRefusal(outsider, Status.None);
        _suspend(outsider);
        _expectStatusRefusal(applicant, Status.Applied);
        _suspend(applicant);
        _expectStatusRefusal(dairy, Status.Suspended);
        _suspend(dairy);
        _expectStatusRefusal(mill, Status.Exited);
        _suspend(mill);
        _expectStatusRefusal(school, Status.Barred);
        _suspend(school);
    }

    function test_reinstate_reverts_unless_the_seat_is_suspended() external {
        _prepareStandings();
        _expectStatusRefusal(outsider, Status.None);
        _reinstate(outsider);
        _expectStatusRefusal(bakery, Status.Active);
        _reinstate(bakery);
        _expectStatusRefusal(mill, Status.Exited);
        _reinstate(mill);
        _expectStatusRefusal(school, Status.Barred);
        _reinstate(school);
        _lapseByAmendment(bakery);
        _expectStatusRefusal(bakery, Status.Lapsed);
        _reinstate(bakery);
    }

    function test_a_suspended_seat_can_do_nothing_that_needs_a_vote() external {
        _apply(applicant, USERS);
        _suspend(bakery);

        _expectSeatRequired(bakery);
        _object(bakery, applicant);
        _expectSeatRequired(bakery);
        vm.prank(bakery);
        membership.changeProfile(PROFILE_2);
        _expectStatusRefusal(bakery, Status.Suspended);
        vm.prank(bakery);
        membership.applyForSeat(0, PROFILE);
        (uint32 seat, uint8 votesIn) = membership.seatOf(bakery);
        vm.assertEq(seat + votesIn, 0);
    }

    function test_only_decisions_suspend_reinstate_and_expel() external {
        _expectUnauthorized();
        membership.suspend(dairy, REASON);
        _suspend(dairy);
        _expectUnauthorized();
        membership.reinstate(dairy, REASON);
        _expectUnauthorized();
        membership.expel(dairy, REASON);
    }

    // ------------------------------------------------------------------ expel, and who is barred

    function test_an_expelled_organization_has_neither_vote_nor_certificate() external {
        vm.expectEmit(address(membership));
        emit IMembership.Expelled(bakery, 1, REASON);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, VOTE, 0);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(bakery, address(0), 1);
        _expel(bakery);

        _assertSilent(bakery, 1, Status.Barred);
        vm.assertEq(membership.balanceOf(bakery), 0);
        _expectNoToken(1);
        membership.ownerOf(1);
        vm.assertEq(membership.accountOf(1), bakery);
    }

    function test_suspended_and_lapsed_seats_can_be_expelled() external {
        _suspend(bakery);
        _lapseByAmendment(dairy);
        address[2] memory silent = [bakery, dairy];
        for (uint32 i = 0; i < 2; ++i) {
            vm.expectEmit(address(membership));
            emit IMembership.Expelled(silent[i], i + 1, REASON);
            vm.expectEmit(address(membership));
            emit IERC721.Transfer(silent[i], address(0), i + 1);
            _expel(silent[i]);
            _assertStatus(silent[i], Status.Barred);
        }
        vm.assertEq(membership.activeSeats(), 4);
        _assertCensus(1, 2, 1);
    }

    function test_expel_reverts_for_who_holds_no_seat() external {
        _prepareStandings();
        _expectStatusRefusal(outsider, Status.None);
        _expel(outsider);
        _expectStatusRefusal(applicant, Status.Applied);
        _expel(applicant);
        _expectStatusRefusal(mill, Status.Exited);
        _expel(mill);
        _expectStatusRefusal(school, Status.Barred);
        _expel(school);
    }

    function test_who_is_barred_comes_back_by_decision_only() external {
        _setAdmission(_open());
        _expel(bakery);
        vm.expectEmit(address(membership));
        emit IMembership.Applied(bakery, WORKERS, 0, PROFILE, BARRED);
        vm.prank(bakery);
        membership.applyForSeat(0, PROFILE);
        vm.assertEq(membership.standingOf(bakery).admissibleAt, BARRED);

        _skip(1000 * 365 days);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipDecisionRequired.selector, bakery)
        );
        membership.admit(bakery);

        _decideOn(bakery, true);
        _assertStatus(bakery, Status.Active);
        vm.assertEq(membership.standingOf(bakery).seat, 1);
        vm.assertEq(membership.standingOf(bakery).ordinal, 3);
    }

    function test_who_is_barred_stays_so_when_its_application_comes_to_nothing() external {
        _expel(bakery);
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(bakery);
            membership.applyForSeat(0, PROFILE);
            _assertStatus(bakery, Status.Applied);
            if (i == 0) _leave(bakery);
            if (i == 1) _decideOn(bakery, false);
            if (i == 2) {
                _object(dairy, bakery);
                _leave(bakery);
            }
            _assertStatus(bakery, Status.Barred);
        }
        vm.assertEq(membership.seats(), 6);
    }

    function test_a_decision_that_readmits_forgives() external {
        _setAdmission(_open());
        _expel(bakery);
        _apply(bakery, WORKERS);
        _decideOn(bakery, true);
        _leave(bakery);

        _assertStatus(bakery, Status.Exited);
        _join(bakery, WORKERS);
        _assertStatus(bakery, Status.Active);
    }

    function test_who_leaves_while_suspended_is_barred() external {
        _suspend(bakery);

        vm.expectEmit(address(membership));
        emit IMembership.Exited(bakery, 1, REASON);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(bakery, address(0), 1);
        _leave(bakery);

        _assertStatus(bakery, Status.Barred);
        _assertCensus(2, 2, 1);
        vm.assertEq(membership.activeSeats(), 5);
        _expectStatusRefusal(bakery, Status.Barred);
        _leave(bakery);
    }

    function test_who_leaves_while_lapsed_is_not_barred() external {
        _lapseByAmendment(bakery);
        _leave(bakery);

        _assertStatus(bakery, Status.Exited);
        _assertCensus(2, 2, 1);
    }

    // ------------------------------------------------------------------ what follows an amendment

    function test_a_decision_sets_what_follows_an_amendment() external {
        vm.expectEmit(address(membership));
        emit IMembership.ReadoptionChanged(Readoption(7, Consequence.Exited));
        _setReadoption(7, Consequence.Exited);

        vm.assertEq(membership.readoption().grace, 7);
        vm.assertEq(uint256(membership.readoption().consequence), uint256(Consequence.Exited));
        _assertPace(2, START + PERIOD);

        _expectUnauthorized();
        membership.setReadoption(Readoption(0, Consequence.Shown));
    }

    function test_where_it_is_only_shown_nothing_follows() external {
        _amendText();
        uint256 end = _now() + GRACE;
        _skip(GRACE + 365 days);

        _expectNoLapse(bakery, end);
        membership.lapse(bakery);
    }

    function test_the_grace_lasts_to_its_last_second() external {
        _setReadoption(10 days, Consequence.Suspended);
        _amendText();
        uint256 end = _now() + 10 days;

        vm.warp(end);
        _expectNoLapse(bakery, end);
        membership.lapse(bakery);
        _skip(1);
        membership.lapse(bakery);

        _assertStatus(bakery, Status.Lapsed);
    }

    function test_who_adopted_in_time_or_late_does_not_lapse() external {
        _setReadoption(10 days, Consequence.Exited);
        _amendText();
        uint256 end = _now() + 10 days;
        _adopt(bakery, WORKERS);
        vm.warp(end + 365 days);
        _adopt(dairy, WORKERS);

        _expectNoLapse(bakery, end);
        membership.lapse(bakery);
        _expectNoLapse(dairy, end);
        membership.lapse(dairy);
    }

    function test_before_any_amendment_nobody_lapses() external {
        _setReadoption(0, Consequence.Exited);
        _skip(1000 days);

        _expectNoLapse(bakery, START);
        membership.lapse(bakery);
    }

    function test_a_lapsed_seat_has_no_vote_until_it_adopts() external {
        _setReadoption(0, Consequence.Suspended);
        _amendText();
        _skip(1);

        vm.expectEmit(address(membership));
        emit IMembership.Lapsed(bakery, 1, 2);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, VOTE, 0);
        vm.prank(outsider);
        membership.lapse(bakery);
        _assertSilent(bakery, 1, Status.Lapsed);
        vm.assertEq(membership.ownerOf(1), bakery);

        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, bakery, 2
            )
        );
        membership.resume(bakery);

        _adopt(bakery, WORKERS);
        vm.expectEmit(address(membership));
        emit IMembership.Resumed(bakery, 1);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, 0, VOTE);
        vm.prank(outsider);
        membership.resume(bakery);
        _assertStatus(bakery, Status.Active);
        vm.assertEq(membership.placeAt(bakery, uint48(_now())), _place(WORKERS, 0));
        _assertCensus(3, 2, 1);
    }

    function test_an_organization_that_resumes_votes_where_it_did_whatever_it_signed() external {
        _lapseByAmendment(bakery);
        _adopt(bakery, GROWERS);
        membership.resume(bakery);

        vm.assertEq(membership.placeAt(bakery, uint48(_now())), _place(WORKERS, 0));
    }

    function test_where_the_seat_ends_it_ends() external {
        _setReadoption(0, Consequence.Exited);
        _amendText();
        _skip(1);

        vm.expectEmit(address(membership));
        emit IMembership.Exited(bakery, 1, 0);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, VOTE, 0);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(bakery, address(0), 1);
        membership.lapse(bakery);

        _assertSilent(bakery, 1, Status.Exited);
        _setAdmission(_open());
        _join(bakery, WORKERS);
        _assertStatus(bakery, Status.Active);
    }

    function test_lapse_reverts_unless_the_seat_is_active() external {
        _setReadoption(0, Consequence.Suspended);
        _amendText();
        _skip(1);
        _prepareStandings();
        membership.lapse(bakery);
        address[5] memory others = [outsider, dairy, mill, school, bakery];
        Status[5] memory found =
            [Status.None, Status.Suspended, Status.Exited, Status.Barred, Status.Lapsed];
        for (uint256 i = 0; i < 5; ++i) {
            _expectStatusRefusal(others[i], found[i]);
            membership.lapse(others[i]);
        }
    }

    function test_resume_reverts_unless_the_seat_has_lapsed() external {
        _prepareStandings();
        address[5] memory others = [outsider, applicant, bakery, dairy, school];
        Status[5] memory found =
            [Status.None, Status.Applied, Status.Active, Status.Suspended, Status.Barred];
        for (uint256 i = 0; i < 5; ++i) {
            _expectStatusRefusal(others[i], found[i]);
            membership.resume(others[i]);
        }
    }

    // ------------------------------------------------------------------ another constituency

    function test_a_decision_agrees_to_the_constituency_that_was_adopted() external {
        uint256 before = _now();
        _skip(1 days);
        _adopt(bakery, USERS);

        vm.expectEmit(address(membership));
        emit IMembership.ConstituencyChanged(bakery, 1, USERS, 2, REASON);
        _changeConstituency(bakery);

        Standing memory standing = membership.standingOf(bakery);
        vm.assertEq(standing.constituency, USERS);
        vm.assertEq(standing.votesIn, USERS);
        vm.assertEq(standing.ordinal, 2);
        vm.assertEq(standing.since, _now());
        _assertCensus(2, 3, 1);
        vm.assertEq(membership.activeSeats(), 6);
        vm.assertEq(membership.placeAt(bakery, uint48(before)), _place(WORKERS, 0));
        vm.assertEq(membership.placeAt(bakery, uint48(_now())), _place(USERS, 2));
        vm.assertEq(_supply(), 6 * VOTE);
    }

    function test_a_silent_seat_changes_its_constituency_and_stays_silent() external {
        _suspend(bakery);
        _adopt(bakery, USERS);
        _changeConstituency(bakery);
        _assertCensus(2, 2, 1);
        _assertStatus(bakery, Status.Suspended);

        _reinstate(bakery);
        _assertCensus(2, 3, 1);
    }

    function test_change_constituency_reverts_without_its_conditions() external {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipConstituencyUnchanged.selector, bakery, WORKERS
            )
        );
        _changeConstituency(bakery);

        _adopt(bakery, NOWHERE);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipConstituencyUnknown.selector, NOWHERE)
        );
        _changeConstituency(bakery);

        _expectStatusRefusal(outsider, Status.None);
        _changeConstituency(outsider);
        _leave(mill);
        _expectStatusRefusal(mill, Status.Exited);
        _changeConstituency(mill);

        _amendText();
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, bakery, 2
            )
        );
        _changeConstituency(bakery);
        _expectUnauthorized();
        membership.changeConstituency(bakery, REASON);
    }

    // ------------------------------------------------------------------ helpers

    /// @dev outsider None, applicant Applied, bakery Active, dairy Suspended, mill Exited, school Barred.
    function _prepareStandings() private {
        _apply(applicant, USERS);
        _suspend(dairy);
        _leave(mill);
        _expel(school);
    }

    function _lapseByAmendment(address organization) private {
        _setReadoption(0, Consequence.Suspended);
        _amendText();
        _skip(1);
        membership.lapse(organization);
    }

    /// @dev A seat of the workers has lost its vote in this second; the others have theirs.
    function _assertSilent(address organization, uint32 seat, Status status) private {
        Standing memory standing = membership.standingOf(organization);
        vm.assertEq(uint256(standing.status), uint256(status));
        vm.assertEq(standing.since, _now());
        vm.assertEq(standing.seat, seat);
        vm.assertEq(membership.getVotes(organization), 0);
        vm.assertEq(membership.placeAt(organization, uint48(_now())), 0);
        vm.assertEq(membership.activeSeats(), 5);
        vm.assertEq(membership.seats(), 6);
        _assertCensus(2, 2, 1);
        vm.assertEq(_supply(), 5 * VOTE);
        _assertPlaceAt(organization, _now() - 1, true, WORKERS, 0);
    }

    function _expectNoLapse(address organization, uint256 end) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipLapseUnavailable.selector, organization, end
            )
        );
    }
}
