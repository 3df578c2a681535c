// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Governed} from "contracts/base/Governed.sol";
import {IERC5192} from "contracts/interfaces/IERC5192.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Admission,
    Census,
    IMembership,
    Standing,
    Status
} from "contracts/interfaces/IMembership.sol";

contract MembershipTest is MembershipFixture {
    // ------------------------------------------------------------------ applying

    function test_apply_records_an_application_without_a_seat() external {
        _apply(applicant, USERS);

        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(uint256(standing.status), uint256(Status.Applied));
        vm.assertEq(standing.since, _now());
        vm.assertEq(standing.constituency, USERS);
        vm.assertEq(standing.kind, 0);
        vm.assertEq(standing.seat, 0);
        vm.assertEq(standing.admissibleAt, _now() + WINDOW);
        vm.assertEq(membership.profileOf(applicant), PROFILE);
        vm.assertEq(membership.getVotes(applicant), 0);
        vm.assertEq(membership.activeSeats(), 6);
        vm.assertEq(membership.seats(), 6);
    }

    function test_apply_emits_applied() external {
        _adopt(applicant, USERS);

        vm.expectEmit(address(membership));
        emit IMembership.Applied(applicant, USERS, 1, PROFILE, uint48(_now() + WINDOW));
        vm.prank(applicant);
        membership.applyForSeat(1, PROFILE);
    }

    function test_apply_reverts_without_an_adoption() external {
        vm.prank(applicant);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, applicant, 1
            )
        );
        membership.applyForSeat(0, PROFILE);
    }

    function test_apply_reverts_while_an_application_runs() external {
        _apply(applicant, USERS);
        _expectStatusRefusal(applicant, Status.Applied);
        vm.prank(applicant);
        membership.applyForSeat(0, PROFILE);

        _object(bakery, applicant);
        _expectStatusRefusal(applicant, Status.Objected);
        vm.prank(applicant);
        membership.applyForSeat(0, PROFILE);
    }

    function test_apply_reverts_for_who_holds_a_seat() external {
        _expectStatusRefusal(bakery, Status.Active);
        vm.prank(bakery);
        membership.applyForSeat(0, PROFILE);
    }

    function test_apply_reverts_for_an_unknown_constituency() external {
        _adopt(applicant, NOWHERE);

        vm.prank(applicant);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipConstituencyUnknown.selector, NOWHERE)
        );
        membership.applyForSeat(0, PROFILE);
    }

    function test_apply_reverts_for_an_unknown_kind() external {
        _adopt(applicant, USERS);

        vm.prank(applicant);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipKindUnknown.selector, 2));
        membership.applyForSeat(2, PROFILE);
    }

    function test_apply_reverts_without_a_profile() external {
        _adopt(applicant, USERS);

        vm.prank(applicant);
        vm.expectRevert(IMembership.MembershipProfileMissing.selector);
        membership.applyForSeat(0, 0);
    }

    function test_who_applies_again_waits_the_whole_window_again() external {
        _apply(applicant, USERS);
        _skip(1 days);
        _leave(applicant);

        _apply(applicant, WORKERS);

        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(standing.admissibleAt, _now() + WINDOW);
        vm.assertEq(standing.constituency, WORKERS);
    }

    // ------------------------------------------------------------------ objecting

    function test_object_records_the_objection() external {
        _apply(applicant, USERS);
        _skip(1 days);

        vm.expectEmit(address(membership));
        emit IMembership.Objected(applicant, orchard, REASON);
        _object(orchard, applicant);

        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(uint256(standing.status), uint256(Status.Objected));
        vm.assertEq(standing.since, _now());
    }

    function test_object_is_open_until_the_window_ends() external {
        _apply(applicant, USERS);
        uint48 end = membership.standingOf(applicant).admissibleAt;

        vm.warp(end);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipObjectionClosed.selector, applicant, end)
        );
        _object(bakery, applicant);

        vm.warp(end - 1);
        _object(bakery, applicant);
        _assertStatus(applicant, Status.Objected);
    }

    function test_object_reverts_without_an_active_seat() external {
        _apply(applicant, USERS);
        _expectSeatRequired(outsider);
        _object(outsider, applicant);

        _expectSeatRequired(applicant);
        _object(applicant, applicant);

        _leave(bakery);
        _expectSeatRequired(bakery);
        _object(bakery, applicant);
    }

    function test_object_reverts_unless_an_application_runs() external {
        _expectStatusRefusal(outsider, Status.None);
        _object(bakery, outsider);

        _expectStatusRefusal(dairy, Status.Active);
        _object(bakery, dairy);

        _apply(applicant, USERS);
        _object(bakery, applicant);
        _expectStatusRefusal(applicant, Status.Objected);
        _object(dairy, applicant);

        _leave(mill);
        _expectStatusRefusal(mill, Status.Exited);
        _object(bakery, mill);
    }

    // ------------------------------------------------------------------ admission without a decision

    function test_admit_gives_a_seat() external {
        _apply(applicant, USERS);
        _skip(WINDOW);

        membership.admit(applicant);

        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(uint256(standing.status), uint256(Status.Active));
        vm.assertEq(standing.since, _now());
        vm.assertEq(standing.seat, 7);
        vm.assertEq(standing.ordinal, 2);
        vm.assertEq(membership.accountOf(7), applicant);
        vm.assertEq(membership.seats(), 7);
        vm.assertEq(membership.activeSeats(), 7);
        vm.assertEq(membership.getVotes(applicant), VOTE);
        vm.assertEq(membership.ownerOf(7), applicant);
        vm.assertEq(membership.balanceOf(applicant), 1);
        vm.assertTrue(membership.locked(7));
    }

    function test_admit_emits_what_readers_of_each_standard_expect() external {
        _apply(applicant, USERS);
        _skip(WINDOW);

        vm.expectEmit(address(membership));
        emit IMembership.Admitted(applicant, 7, USERS, 0, 2);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(address(0), applicant, 7);
        vm.expectEmit(address(membership));
        emit IERC5192.Locked(7);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(applicant, 0, VOTE);
        membership.admit(applicant);
    }

    function test_anyone_may_finish_an_application() external {
        _apply(applicant, USERS);
        _skip(WINDOW);

        vm.prank(outsider);
        membership.admit(applicant);

        _assertStatus(applicant, Status.Active);
    }

    function test_admit_reverts_while_members_may_object() external {
        _apply(applicant, USERS);
        uint48 end = membership.standingOf(applicant).admissibleAt;

        vm.warp(end - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipObjectionOpen.selector, applicant, end)
        );
        membership.admit(applicant);

        vm.warp(end);
        membership.admit(applicant);
        _assertStatus(applicant, Status.Active);
    }

    function test_admit_reverts_when_an_objection_stands() external {
        _apply(applicant, USERS);
        _object(bakery, applicant);
        _skip(WINDOW + 365 days);

        _expectStatusRefusal(applicant, Status.Objected);
        membership.admit(applicant);
    }

    function test_admit_reverts_without_an_application() external {
        _expectStatusRefusal(outsider, Status.None);
        membership.admit(outsider);

        _expectStatusRefusal(bakery, Status.Active);
        membership.admit(bakery);

        _leave(bakery);
        _expectStatusRefusal(bakery, Status.Exited);
        membership.admit(bakery);
    }

    function test_admit_reverts_when_the_adoption_names_another_constituency() external {
        _apply(applicant, USERS);
        _adopt(applicant, WORKERS);
        _skip(WINDOW);

        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipConstituencyMismatch.selector, USERS, WORKERS
            )
        );
        membership.admit(applicant);
    }

    function test_open_admission_seats_in_the_same_second() external {
        _setAdmission(_open());

        _apply(applicant, GUESTS);
        vm.assertEq(membership.standingOf(applicant).admissibleAt, _now());
        membership.admit(applicant);

        vm.assertEq(membership.getVotes(applicant), VOTE);
        vm.assertEq(membership.standingOf(applicant).since, _now());
    }

    function test_open_admission_leaves_no_time_to_object() external {
        _setAdmission(_open());
        _apply(applicant, GUESTS);

        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipObjectionClosed.selector, applicant, _now()
            )
        );
        _object(bakery, applicant);
    }

    function test_running_applications_keep_their_window() external {
        _apply(applicant, USERS);
        uint48 end = membership.standingOf(applicant).admissibleAt;
        _setAdmission(_open());

        vm.assertEq(membership.standingOf(applicant).admissibleAt, end);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipObjectionOpen.selector, applicant, end)
        );
        membership.admit(applicant);

        _object(bakery, applicant);
        _assertStatus(applicant, Status.Objected);
    }

    // ------------------------------------------------------------------ the pace

    function test_the_floor_binds_when_the_share_is_smaller() external {
        // 25 % of six seats is one; the floor is two.
        _assertPace(2, START + PERIOD);
        address[] memory waiting = _applicants(3);
        _skip(WINDOW);

        membership.admit(waiting[0]);
        _assertPace(1, START + PERIOD);
        membership.admit(waiting[1]);
        _assertPace(0, START + PERIOD);

        _expectPaceExhausted(START + PERIOD);
        membership.admit(waiting[2]);
        _assertStatus(waiting[2], Status.Applied);
    }

    function test_the_share_is_rounded_down() external {
        Admission memory rule = _lazyConsent();
        rule.share = 5000;
        _setAdmission(rule);
        _assertPace(3, _now() + PERIOD);

        rule.share = 4999;
        _setAdmission(rule);
        _assertPace(2, _now() + PERIOD);

        rule.share = 10_000;
        _setAdmission(rule);
        _assertPace(6, _now() + PERIOD);
    }

    function test_who_waits_has_a_turn_in_the_next_period() external {
        address[] memory waiting = _applicants(3);
        _skip(WINDOW);
        membership.admit(waiting[0]);
        membership.admit(waiting[1]);

        vm.warp(START + PERIOD - 1);
        _assertPace(0, START + PERIOD);
        _expectPaceExhausted(START + PERIOD);
        membership.admit(waiting[2]);

        vm.warp(START + PERIOD);
        _assertPace(2, START + 2 * PERIOD);
        membership.admit(waiting[2]);
        _assertStatus(waiting[2], Status.Active);
        _assertPace(1, START + 2 * PERIOD);
    }

    function test_a_period_begins_with_the_first_admission_after_the_last_one() external {
        address[] memory waiting = _applicants(1);
        vm.warp(START + 5 * PERIOD + 7);

        _assertPace(2, _now() + PERIOD);
        membership.admit(waiting[0]);

        uint256 begun = _now();
        _skip(1 days);
        _assertPace(1, begun + PERIOD);
    }

    function test_unused_turns_do_not_add_up() external {
        vm.warp(START + 10 * PERIOD);

        _assertPace(2, _now() + PERIOD);
    }

    function test_the_pace_follows_the_seats_at_the_start_of_the_period() external {
        Admission memory rule = _lazyConsent();
        rule.share = 5000;
        _setAdmission(rule);
        uint256 begun = _now();
        _leave(bakery);
        _leave(dairy);
        _assertPace(3, begun + PERIOD);

        vm.warp(begun + PERIOD);

        _assertPace(2, begun + 2 * PERIOD);
    }

    function test_a_new_rule_begins_a_new_period() external {
        address[] memory waiting = _applicants(2);
        _skip(WINDOW);
        membership.admit(waiting[0]);
        membership.admit(waiting[1]);
        _assertPace(0, START + PERIOD);

        _setAdmission(_lazyConsent());

        _assertPace(2, _now() + PERIOD);
    }

    function test_a_decision_uses_up_no_turn() external {
        address[] memory waiting = _applicants(1);

        _decideOn(waiting[0], true);

        _assertPace(2, START + PERIOD);
        _assertStatus(waiting[0], Status.Active);
    }

    function test_a_decision_admits_when_the_pace_is_exhausted() external {
        address[] memory waiting = _applicants(3);
        _skip(WINDOW);
        membership.admit(waiting[0]);
        membership.admit(waiting[1]);

        _decideOn(waiting[2], true);

        _assertStatus(waiting[2], Status.Active);
    }

    function test_who_leaves_and_returns_takes_a_turn() external {
        _setAdmission(_open());
        (uint256 before,) = membership.pace();
        _leave(bakery);

        _join(bakery, WORKERS);

        (uint256 remaining,) = membership.pace();
        vm.assertEq(remaining, before - 1);
    }

    /// @dev Whatever the rule and the times, an admission passes exactly when `pace()` says so.
    function testFuzz_pace_says_whether_the_next_admission_passes(
        uint16 share,
        uint16 floor,
        uint32 period,
        uint32[8] calldata gaps
    ) external {
        Admission memory rule = _open();
        rule.share = share % 10_001;
        rule.floor = 1 + floor % 3;
        rule.period = 1 + period % 100;
        _setAdmission(rule);
        for (uint256 i = 0; i < gaps.length; ++i) {
            _skip(gaps[i] % 40);
            address organization = _actor(vm.toString(i));
            _apply(organization, GUESTS);
            (uint256 remaining, uint48 nextPeriod) = membership.pace();
            vm.assertGt(nextPeriod, _now());

            if (remaining == 0) _expectPaceExhausted(nextPeriod);
            membership.admit(organization);

            (uint256 left,) = membership.pace();
            vm.assertEq(left, remaining == 0 ? 0 : remaining - 1);
        }
    }

    // ------------------------------------------------------------------ admission by decision

    function test_decide_admits_in_spite_of_an_objection() external {
        _apply(applicant, USERS);
        _object(bakery, applicant);

        _decide(address(membership), abi.encodeCall(membership.decide, (applicant, true, REASON)));

        _assertStatus(applicant, Status.Active);
        vm.assertEq(membership.ownerOf(7), applicant);
        vm.assertEq(membership.getVotes(applicant), VOTE);
    }

    function test_decide_admits_before_the_window_ends() external {
        _apply(applicant, USERS);

        vm.expectEmit(address(membership));
        emit IMembership.Admitted(applicant, 7, USERS, 0, 2);
        vm.expectEmit(address(membership));
        emit IMembership.AdmittedByDecision(applicant, REASON);
        _decideOn(applicant, true);

        vm.assertLt(_now(), membership.standingOf(applicant).admissibleAt);
    }

    function test_decide_refuses_an_application() external {
        _apply(applicant, USERS);

        vm.expectEmit(address(membership));
        emit IMembership.Refused(applicant, REASON);
        _decideOn(applicant, false);

        _assertStatus(applicant, Status.None);
        vm.assertEq(membership.seats(), 6);
        _skip(WINDOW);
        _expectStatusRefusal(applicant, Status.None);
        membership.admit(applicant);
    }

    function test_decide_refuses_an_objected_application() external {
        _apply(applicant, USERS);
        _object(bakery, applicant);

        _decideOn(applicant, false);

        _assertStatus(applicant, Status.None);
    }

    function test_a_refused_former_member_stays_a_former_member() external {
        _leave(bakery);
        _apply(bakery, USERS);

        _decideOn(bakery, false);

        Standing memory standing = membership.standingOf(bakery);
        vm.assertEq(uint256(standing.status), uint256(Status.Exited));
        vm.assertEq(standing.seat, 1);
    }

    function test_decide_reverts_without_an_application() external {
        _expectStatusRefusal(outsider, Status.None);
        _decideOn(outsider, true);

        _expectStatusRefusal(bakery, Status.Active);
        _decideOn(bakery, false);

        _leave(bakery);
        _expectStatusRefusal(bakery, Status.Exited);
        _decideOn(bakery, true);
    }

    function test_decide_reverts_when_the_text_in_force_is_not_adopted() external {
        _apply(applicant, USERS);
        vm.prank(address(timelock));
        constitution.amend(REASON, RAW);

        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, applicant, 2
            )
        );
        _decideOn(applicant, true);

        _decideOn(applicant, false);
        _assertStatus(applicant, Status.None);
    }

    function test_decide_reverts_when_the_adoption_names_another_constituency() external {
        _apply(applicant, USERS);
        _adopt(applicant, GROWERS);

        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipConstituencyMismatch.selector, USERS, GROWERS
            )
        );
        _decideOn(applicant, true);
    }

    function test_decide_reverts_for_members() external {
        _apply(applicant, USERS);

        vm.prank(bakery);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery)
        );
        membership.decide(applicant, true, REASON);
    }

    /// @dev A decision can give a council this power with a delay in which all can see what comes.
    function test_a_power_given_with_a_delay_needs_a_schedule() external {
        address council = newcomer;
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IMembership.decide.selector;
        vm.startPrank(address(timelock));
        authority.grantRole(7, council, 2 days);
        authority.setTargetFunctionRole(address(membership), selectors, 7);
        vm.stopPrank();
        _apply(applicant, USERS);
        bytes memory data = abi.encodeCall(membership.decide, (applicant, true, REASON));

        vm.prank(council);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        membership.decide(applicant, true, REASON);

        vm.prank(council);
        authority.schedule(address(membership), data, 0);
        vm.prank(council);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
        membership.decide(applicant, true, REASON);

        _skip(2 days);
        vm.prank(council);
        membership.decide(applicant, true, REASON);
        _assertStatus(applicant, Status.Active);
    }

    // ------------------------------------------------------------------ leaving

    function test_leave_gives_up_the_seat() external {
        _leave(mill);

        Standing memory standing = membership.standingOf(mill);
        vm.assertEq(uint256(standing.status), uint256(Status.Exited));
        vm.assertEq(standing.since, _now());
        vm.assertEq(standing.seat, 3, "the number stays its own");
        vm.assertEq(membership.accountOf(3), mill);
        vm.assertEq(membership.activeSeats(), 5);
        vm.assertEq(membership.seats(), 6);
        vm.assertEq(membership.getVotes(mill), 0);
        vm.assertEq(membership.balanceOf(mill), 0);
        _expectNoToken(3);
        membership.ownerOf(3);
        _expectNoToken(3);
        membership.locked(3);
    }

    function test_leave_emits_what_readers_of_each_standard_expect() external {
        vm.expectEmit(address(membership));
        emit IMembership.Exited(mill, 3, REASON);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(mill, VOTE, 0);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(mill, address(0), 3);
        _leave(mill);
    }

    function test_leave_takes_back_an_application() external {
        _apply(applicant, USERS);

        vm.expectEmit(address(membership));
        emit IMembership.Withdrawn(applicant, REASON);
        _leave(applicant);

        _assertStatus(applicant, Status.None);
        vm.assertEq(membership.activeSeats(), 6);
    }

    function test_leave_takes_back_an_objected_application() external {
        _apply(applicant, USERS);
        _object(bakery, applicant);

        _leave(applicant);

        _assertStatus(applicant, Status.None);
    }

    function test_a_former_member_that_takes_back_its_application_stays_a_former_member() external {
        _leave(mill);
        _apply(mill, WORKERS);

        _leave(mill);

        _assertStatus(mill, Status.Exited);
        vm.assertEq(membership.standingOf(mill).seat, 3);
        vm.assertEq(membership.activeSeats(), 5);
    }

    function test_leave_reverts_without_seat_or_application() external {
        _expectStatusRefusal(outsider, Status.None);
        _leave(outsider);

        _leave(mill);
        _expectStatusRefusal(mill, Status.Exited);
        _leave(mill);
    }

    function test_all_can_leave_and_somebody_can_join_again() external {
        address[] memory members = _members();
        for (uint256 i = 0; i < members.length; ++i) {
            _leave(members[i]);
        }
        vm.assertEq(membership.activeSeats(), 0);

        _join(applicant, WORKERS);

        vm.assertEq(membership.activeSeats(), 1);
        vm.assertEq(membership.ownerOf(7), applicant);
    }

    // ------------------------------------------------------------------ returning

    function test_who_returns_keeps_its_seat_and_gets_a_new_ordinal() external {
        _leave(dairy);

        _join(dairy, WORKERS);

        Standing memory standing = membership.standingOf(dairy);
        vm.assertEq(standing.seat, 2);
        vm.assertEq(standing.ordinal, 3);
        vm.assertEq(membership.seats(), 6);
        vm.assertEq(membership.activeSeats(), 6);
        vm.assertEq(membership.ownerOf(2), dairy);
    }

    function test_who_returns_may_choose_another_constituency() external {
        _leave(dairy);

        _join(dairy, GUESTS);

        Standing memory standing = membership.standingOf(dairy);
        vm.assertEq(standing.constituency, GUESTS);
        vm.assertEq(standing.ordinal, 0);
        Census[] memory census = membership.censusAt(uint48(_now()));
        vm.assertEq(census[WORKERS].active, 2);
        vm.assertEq(census[WORKERS].issued, 3);
        vm.assertEq(census[GUESTS].active, 1);
        vm.assertEq(census[GUESTS].issued, 1);
    }

    // ------------------------------------------------------------------ the profile

    function test_change_profile_replaces_it() external {
        vm.expectEmit(address(membership));
        emit IMembership.ProfileChanged(bakery, PROFILE_2);
        vm.prank(bakery);
        membership.changeProfile(PROFILE_2);

        vm.assertEq(membership.profileOf(bakery), PROFILE_2);
        vm.assertEq(membership.standingOf(bakery).since, START, "its standing did not change");
    }

    function test_change_profile_reverts_without_an_active_seat() external {
        _apply(applicant, USERS);
        _leave(bakery);

        address[3] memory others = [outsider, applicant, bakery];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IMembership.MembershipSeatRequired.selector, others[i])
            );
            membership.changeProfile(PROFILE_2);
        }
    }

    function test_change_profile_reverts_without_a_profile() external {
        vm.prank(bakery);
        vm.expectRevert(IMembership.MembershipProfileMissing.selector);
        membership.changeProfile(0);
    }

    // ------------------------------------------------------------------ rules of the register

    function test_set_admission_by_decision() external {
        _decide(address(membership), abi.encodeCall(membership.setAdmission, (_open())));

        vm.assertEq(keccak256(abi.encode(membership.admission())), keccak256(abi.encode(_open())));
        _assertPace(type(uint16).max, _now() + PERIOD);
    }

    function test_set_admission_emits_admission_changed() external {
        vm.expectEmit(address(membership));
        emit IMembership.AdmissionChanged(_open());
        _setAdmission(_open());
    }

    function test_set_admission_reverts_out_of_range() external {
        Admission memory rule = _lazyConsent();
        rule.period = 0;
        _expectAdmissionInvalid(rule);

        rule = _lazyConsent();
        rule.floor = 0;
        _expectAdmissionInvalid(rule);

        rule = _lazyConsent();
        rule.share = 10_001;
        _expectAdmissionInvalid(rule);

        rule = _open();
        rule.window = 1;
        _expectAdmissionInvalid(rule);

        rule = _lazyConsent();
        rule.window = 0;
        rule.share = 0;
        _setAdmission(rule);
        vm.assertEq(membership.admission().window, 0, "the edges are within");
    }

    function test_add_constituency_by_decision() external {
        _decide(address(membership), abi.encodeCall(membership.addConstituency, ("investors")));

        vm.assertEq(membership.constituencies().length, 5);
        vm.assertEq(bytes32(membership.constituencies()[4]), bytes32("investors"));
        _join(applicant, 4);
        vm.assertEq(membership.standingOf(applicant).constituency, 4);
        vm.assertEq(membership.standingOf(applicant).ordinal, 0);
    }

    function test_add_constituency_emits_constituency_added() external {
        vm.expectEmit(address(membership));
        emit IMembership.ConstituencyAdded(4, "investors");
        vm.prank(address(timelock));
        membership.addConstituency("investors");
    }

    function test_add_constituency_reverts_without_a_name_and_beyond_64() external {
        vm.startPrank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNameInvalid.selector, bytes32(0))
        );
        membership.addConstituency(0);

        for (uint256 i = 4; i < 64; ++i) {
            membership.addConstituency("more");
        }
        vm.assertEq(membership.constituencies().length, 64);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNameInvalid.selector, bytes32("more"))
        );
        membership.addConstituency("more");
    }

    function test_add_kind_by_decision() external {
        _decide(address(membership), abi.encodeCall(membership.addKind, ("trust")));

        vm.assertEq(membership.kinds().length, 3);
        vm.assertEq(membership.kinds()[2], bytes32("trust"));
        _adopt(applicant, USERS);
        vm.prank(applicant);
        membership.applyForSeat(2, PROFILE);
        vm.assertEq(membership.standingOf(applicant).kind, 2);
    }

    function test_add_kind_emits_kind_added() external {
        vm.expectEmit(address(membership));
        emit IMembership.KindAdded(2, "trust");
        vm.prank(address(timelock));
        membership.addKind("trust");
    }

    function test_add_kind_reverts_without_a_name_and_beyond_255() external {
        vm.startPrank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNameInvalid.selector, bytes32(0))
        );
        membership.addKind(0);

        for (uint256 i = 2; i < 255; ++i) {
            membership.addKind("more");
        }
        vm.assertEq(membership.kinds().length, 255);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNameInvalid.selector, bytes32("more"))
        );
        membership.addKind("more");
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        membership.setAuthority(bakery);
    }
}
