// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {Group, IMembership, Standing, Status} from "contracts/interfaces/IMembership.sol";

/// @title Affiliated organizations share one vote. Workers: bakery, dairy, mill; users: clinic, school.
contract MembershipGroupsTest is MembershipFixture {
    address[] private _list;

    // ------------------------------------------------------------------ declaring

    function test_a_declaration_alone_changes_no_vote() external {
        vm.expectEmit(address(membership));
        emit IMembership.AffiliationDeclared(clinic, school);
        _declare(clinic, school);

        vm.assertEq(membership.declaredBy(clinic), school);
        vm.assertEq(membership.standingOf(clinic).group, 0);
        _assertCensus(3, 2, 1);
    }

    /// @dev In the place of the one that declared first.
    function test_two_that_declare_each_other_share_one_vote() external {
        _declare(orchard, school);

        vm.expectEmit(address(membership));
        emit IMembership.AffiliationDeclared(school, orchard);
        vm.expectEmit(address(membership));
        emit IMembership.Affiliated(orchard, 6, 1, GROWERS, 1, 0);
        vm.expectEmit(address(membership));
        emit IMembership.Affiliated(school, 5, 1, GROWERS, 1, 0);
        _declare(school, orchard);

        _assertInGroup(school, 1, GROWERS, 1);
        _assertInGroup(orchard, 1, GROWERS, 1);
        vm.assertEq(membership.standingOf(school).constituency, USERS, "it stays a user");
        _assertGroup(1, GROWERS, 1, 2);
        _assertCensus(3, 1, 1);
    }

    function test_only_the_latest_declaration_counts() external {
        _declare(clinic, school);
        _declare(clinic, orchard);
        _declare(school, clinic);

        vm.assertEq(membership.standingOf(school).group, 0);
        _declare(orchard, clinic);
        vm.assertEq(membership.standingOf(orchard).group, 1);
    }

    function test_declaring_needs_two_seats() external {
        _apply(applicant, USERS);
        _leave(mill);
        address[4] memory others = [outsider, applicant, mill, bakery];
        for (uint256 i = 0; i < 4; ++i) {
            _expectInvalid(others[i]);
            _declare(bakery, others[i]);
        }
        _expectInvalid(bakery);
        _declare(outsider, bakery);
        _expectInvalid(bakery);
        _declare(mill, bakery);
    }

    function test_suspended_seats_declare_too() external {
        _suspend(clinic);
        _declare(clinic, school);
        _declare(school, clinic);

        _assertGroup(1, USERS, 2, 1);
        _assertCensus(3, 1, 1);
    }

    function test_two_groups_do_not_become_one_by_declaring() external {
        _affiliate(bakery, dairy);
        _affiliate(clinic, school);
        _declare(bakery, clinic);

        _expectInvalid(clinic);
        _declare(clinic, bakery);
    }

    // ------------------------------------------------------------------ by decision

    function test_a_decision_makes_a_group_in_the_place_of_the_first() external {
        uint256 before = _now();
        _skip(1);
        _fill(bakery, clinic, orchard);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(membership));
            uint32 seat = membership.standingOf(_list[i]).seat;
            emit IMembership.Affiliated(_list[i], seat, 1, WORKERS, 3, REASON);
        }
        _affiliate(_list);

        for (uint256 i = 0; i < 3; ++i) {
            _assertInGroup(_list[i], 1, WORKERS, 3);
            vm.assertEq(membership.getVotes(_list[i]), VOTE);
        }
        _assertGroup(1, WORKERS, 3, 3);
        _assertCensus(3, 1, 0);
        vm.assertEq(membership.activeSeats(), 6);
        vm.assertEq(_supply(), 4 * VOTE);
        vm.assertEq(membership.placeAt(clinic, uint48(before)), _place(USERS, 0));
        vm.assertEq(membership.censusAt(uint48(before))[USERS].active, 2);
    }

    function test_who_joins_a_group_takes_its_place_whatever_the_order() external {
        _affiliate(clinic, school);
        _fill(bakery, dairy, school);
        _affiliate(_list);

        _assertGroup(1, USERS, 2, 4);
        _assertInGroup(bakery, 1, USERS, 2);
        _assertInGroup(dairy, 1, USERS, 2);
        _assertCensus(1, 1, 1);
    }

    function test_a_group_again_changes_nothing() external {
        _affiliate(clinic, school);
        _affiliate(school, clinic);

        _assertGroup(1, USERS, 2, 2);
        _assertCensus(3, 1, 1);
        vm.assertEq(membership.groupOf(2).active, 0);
    }

    function test_an_affiliation_is_between_two_at_least() external {
        _expectInvalid(address(0));
        _affiliate(_list);
        _list.push(bakery);
        _expectInvalid(address(0));
        _affiliate(_list);
        _list.push(bakery);
        _expectInvalid(bakery);
        _affiliate(_list);
        _list[1] = dairy;
        _list.push(bakery);
        _expectInvalid(bakery);
        _affiliate(_list);
    }

    function test_affiliate_reverts_for_who_holds_no_seat() external {
        _leave(mill);
        _expel(dairy);
        _expectStatusRefusal(outsider, Status.None);
        _affiliate(bakery, outsider);
        _expectStatusRefusal(mill, Status.Exited);
        _affiliate(mill, bakery);
        _expectStatusRefusal(dairy, Status.Barred);
        _affiliate(bakery, dairy);
    }

    function test_two_groups_do_not_become_one() external {
        _affiliate(bakery, dairy);
        _affiliate(clinic, school);

        _expectInvalid(clinic);
        _affiliate(bakery, clinic);
        _fill(mill, school, dairy);
        _expectInvalid(dairy);
        _affiliate(_list);
        _assertGroup(1, WORKERS, 3, 2);
        _assertGroup(2, USERS, 2, 2);
    }

    function test_only_decisions_affiliate_and_separate_others() external {
        _fill(bakery, dairy, mill);
        _expectUnauthorized();
        membership.affiliate(_list, REASON);
        _affiliate(_list);
        _expectUnauthorized();
        membership.separate(bakery, REASON);
    }

    // ------------------------------------------------------------------ a group counts while one is active

    function test_a_group_has_its_vote_while_one_of_its_seats_is_active() external {
        _affiliate(clinic, school);
        _suspend(clinic);
        _assertCensus(3, 1, 1);
        _assertGroup(1, USERS, 2, 1);
        _leave(school);
        _assertCensus(3, 0, 1);
        _assertGroup(1, USERS, 2, 0);
        vm.assertEq(_supply(), 4 * VOTE);

        _reinstate(clinic);
        _assertCensus(3, 1, 1);
        _assertGroup(1, USERS, 2, 1);
        vm.assertEq(membership.placeAt(clinic, uint48(_now())), _place(USERS, 2));
    }

    function test_who_returns_returns_to_its_group() external {
        _setAdmission(_open());
        _affiliate(clinic, school);
        _leave(clinic);
        _join(clinic, GROWERS);

        _assertInGroup(clinic, 1, USERS, 2);
        vm.assertEq(membership.standingOf(clinic).constituency, GROWERS);
        _assertCensus(3, 1, 1);
        _assertGroup(1, USERS, 2, 2);
    }

    function test_silent_seats_join_a_group_without_a_vote() external {
        _suspend(clinic);
        _suspend(school);
        _affiliate(clinic, school);
        _assertGroup(1, USERS, 2, 0);
        _assertCensus(3, 0, 1);

        _reinstate(school);
        _assertGroup(1, USERS, 2, 1);
        _assertCensus(3, 1, 1);
        _reinstate(clinic);
        _assertGroup(1, USERS, 2, 2);
        _assertCensus(3, 1, 1);
    }

    function test_who_changes_its_constituency_in_a_group_votes_where_the_group_does() external {
        _affiliate(clinic, school);
        _adopt(clinic, GROWERS);

        vm.expectEmit(address(membership));
        emit IMembership.ConstituencyChanged(clinic, 4, GROWERS, 2, REASON);
        _changeConstituency(clinic);

        vm.assertEq(membership.standingOf(clinic).constituency, GROWERS);
        _assertInGroup(clinic, 1, USERS, 2);
        _assertCensus(3, 1, 1);
    }

    // ------------------------------------------------------------------ separating

    function test_who_is_separated_has_a_vote_of_its_own_in_a_new_place() external {
        _affiliate(bakery, clinic);

        vm.expectEmit(address(membership));
        emit IMembership.Separated(clinic, 4, USERS, 2, REASON);
        _separate(clinic);

        Standing memory standing = membership.standingOf(clinic);
        vm.assertEq(standing.group, 0);
        vm.assertEq(standing.votesIn, USERS);
        vm.assertEq(standing.ordinal, 2);
        vm.assertEq(standing.since, _now());
        _assertGroup(1, WORKERS, 3, 1);
        _assertCensus(3, 2, 1);
        vm.assertEq(_supply(), 6 * VOTE);
    }

    function test_the_last_of_a_group_takes_its_vote_along() external {
        _affiliate(clinic, school);
        _separate(clinic);
        _separate(school);

        _assertGroup(1, USERS, 2, 0);
        _assertCensus(3, 2, 1);
        vm.assertEq(membership.standingOf(school).ordinal, 4);
    }

    function test_a_silent_seat_is_separated_in_silence() external {
        _affiliate(clinic, school);
        _suspend(clinic);
        _separate(clinic);
        _assertCensus(3, 1, 1);
        _assertGroup(1, USERS, 2, 1);

        _reinstate(clinic);
        _assertCensus(3, 2, 1);
    }

    function test_separate_reverts_without_a_group_or_a_seat() external {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNotAffiliated.selector, bakery)
        );
        _separate(bakery);

        _affiliate(bakery, dairy);
        _leave(bakery);
        _expectStatusRefusal(bakery, Status.Exited);
        _separate(bakery);
    }

    function test_who_was_separated_can_be_affiliated_again() external {
        _affiliate(clinic, school);
        _separate(clinic);
        _affiliate(clinic, school);

        _assertInGroup(clinic, 1, USERS, 2);
        _assertGroup(1, USERS, 2, 2);
        _assertCensus(3, 1, 1);
    }

    function test_within_one_second_the_last_affiliation_counts() external {
        uint256 moment = _now();
        _affiliate(clinic, school);
        _separate(clinic);
        _affiliate(clinic, bakery);
        _skip(1);

        vm.assertEq(membership.placeAt(clinic, uint48(moment - 1)), _place(USERS, 0));
        vm.assertEq(membership.placeAt(clinic, uint48(moment)), _place(USERS, 3 + 1));
        vm.assertEq(membership.placeAt(bakery, uint48(moment)), _place(USERS, 3 + 1));
        vm.assertEq(membership.placeAt(school, uint48(moment)), _place(USERS, 2));
        vm.assertEq(membership.getPastTotalSupply(moment), 5 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(moment - 1), 6 * VOTE);
    }

    // ------------------------------------------------------------------ helpers

    function _fill(address first, address second, address third) private {
        delete _list;
        _list.push(first);
        _list.push(second);
        _list.push(third);
    }

    function _assertInGroup(address account, uint32 group, uint8 votesIn, uint32 ordinal)
        private
        view
    {
        Standing memory standing = membership.standingOf(account);
        vm.assertEq(standing.group, group, "group");
        vm.assertEq(standing.votesIn, votesIn, "votes in");
        vm.assertEq(standing.ordinal, ordinal, "ordinal");
        vm.assertEq(membership.placeAt(account, uint48(_now())), _place(votesIn, ordinal));
    }

    function _assertGroup(uint32 number, uint8 constituency, uint32 ordinal, uint32 active)
        private
        view
    {
        Group memory group = membership.groupOf(number);
        vm.assertEq(group.constituency, constituency, "constituency");
        vm.assertEq(group.ordinal, ordinal, "ordinal");
        vm.assertEq(group.active, active, "active");
    }

    function _expectInvalid(address organization) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipAffiliationInvalid.selector, organization)
        );
    }
}
