// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {Census, IMembership, Status} from "contracts/interfaces/IMembership.sol";

/// @title Votes and seats at any past time.
contract MembershipPastTest is MembershipFixture {
    // ------------------------------------------------------------------ votes now and in the past

    function test_a_seat_votes_from_its_first_second() external {
        _join(applicant, USERS);
        uint256 joined = _now();

        vm.warp(joined + 1);

        vm.assertEq(membership.getPastVotes(applicant, joined - 1), 0);
        vm.assertEq(membership.getPastVotes(applicant, joined), VOTE);
        vm.assertEq(membership.getPastTotalSupply(joined - 1), 6 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(joined), 7 * VOTE);
    }

    function test_past_votes_stay_right_after_leaving_and_returning() external {
        _setAdmission(_open());
        uint256 left = START + 10 days;
        uint256 returned = START + 20 days;
        vm.warp(left);
        _leave(bakery);
        vm.warp(returned);
        _join(bakery, USERS);
        vm.warp(returned + 1);

        vm.assertEq(membership.getPastVotes(bakery, START - 1), 0);
        vm.assertEq(membership.getPastVotes(bakery, START), VOTE);
        vm.assertEq(membership.getPastVotes(bakery, left - 1), VOTE);
        vm.assertEq(membership.getPastVotes(bakery, left), 0);
        vm.assertEq(membership.getPastVotes(bakery, returned - 1), 0);
        vm.assertEq(membership.getPastVotes(bakery, returned), VOTE);
        vm.assertEq(membership.getPastTotalSupply(left - 1), 6 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(left), 5 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(returned), 6 * VOTE);
        _assertPlaceAt(bakery, left - 1, true, WORKERS, 0);
        _assertPlaceAt(bakery, returned, true, USERS, 2);
    }

    function test_leaving_and_returning_within_one_second_leaves_no_gap() external {
        _setAdmission(_open());
        uint256 moment = START + 10 days;
        vm.warp(moment);
        _leave(bakery);
        _join(bakery, GROWERS);
        vm.warp(moment + 1);

        _assertPlaceAt(bakery, moment - 1, true, WORKERS, 0);
        _assertPlaceAt(bakery, moment, true, GROWERS, 1);
        vm.assertEq(membership.getPastTotalSupply(moment - 1), 6 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(moment), 6 * VOTE);
        Census[] memory census = membership.censusAt(uint48(moment));
        vm.assertEq(census[WORKERS].active, 2);
        vm.assertEq(census[GROWERS].active, 2);
        census = membership.censusAt(uint48(moment - 1));
        vm.assertEq(census[WORKERS].active, 3);
        vm.assertEq(census[GROWERS].active, 1);
    }

    function test_returning_and_leaving_within_one_second_is_never_seen() external {
        _setAdmission(_open());
        _leave(bakery);
        uint256 left = _now();
        uint256 moment = START + 10 days;
        vm.warp(moment);
        _join(bakery, GROWERS);
        _leave(bakery);
        vm.warp(moment + 1);

        vm.assertEq(membership.getPastVotes(bakery, left - 1), VOTE);
        vm.assertEq(membership.getPastVotes(bakery, left), 0);
        vm.assertEq(membership.getPastVotes(bakery, moment), 0);
        vm.assertEq(membership.getPastTotalSupply(moment), 5 * VOTE);
    }

    function test_joining_and_leaving_within_one_second_is_never_seen() external {
        _setAdmission(_open());
        uint256 moment = _now();
        _join(applicant, GUESTS);
        _leave(applicant);
        vm.warp(moment + 1);

        vm.assertEq(membership.getPastVotes(applicant, moment), 0);
        vm.assertEq(membership.getPastTotalSupply(moment), 6 * VOTE);
        vm.assertEq(membership.censusAt(uint48(moment))[GUESTS].active, 0);
        _assertStatus(applicant, Status.Exited);
    }

    function test_an_application_of_a_former_member_has_no_vote() external {
        _leave(bakery);
        _skip(1 days);
        _apply(bakery, WORKERS);
        uint256 applied = _now();
        _skip(1 days);

        vm.assertEq(membership.getPastVotes(bakery, applied - 1), 0);
        vm.assertEq(membership.getPastVotes(bakery, applied), 0);
        vm.assertEq(membership.getPastVotes(bakery, START), VOTE);
    }

    function test_the_present_has_no_settled_answer() external {
        bytes memory refusal = abi.encodeWithSelector(
            IMembership.MembershipFutureLookup.selector, _now(), uint48(_now())
        );
        vm.expectRevert(refusal);
        membership.getPastVotes(bakery, _now());
        vm.expectRevert(refusal);
        membership.getPastTotalSupply(_now());

        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipFutureLookup.selector, type(uint256).max, uint48(_now())
            )
        );
        membership.getPastVotes(bakery, type(uint256).max);

        vm.assertEq(membership.getPastVotes(bakery, _now() - 1), VOTE);
    }

    function test_votes_cannot_be_delegated() external {
        vm.assertEq(membership.delegates(bakery), bakery);
        vm.assertEq(membership.nonces(bakery), 0);

        vm.prank(bakery);
        vm.expectRevert(IMembership.MembershipVoteNotDelegable.selector);
        membership.delegate(dairy);

        vm.expectRevert(IMembership.MembershipVoteNotDelegable.selector);
        membership.delegateBySig(dairy, 0, type(uint256).max, 27, bytes32(0), bytes32(0));
    }

    function test_the_clock_is_unix_time() external view {
        vm.assertEq(membership.clock(), _now());
        vm.assertEq(membership.CLOCK_MODE(), "mode=timestamp");
        vm.assertEq(membership.decimals(), 4);
    }

    function test_census_counts_each_constituency_at_each_time() external {
        _join(applicant, GUESTS);
        _leave(clinic);

        Census[] memory before = membership.censusAt(uint48(START));
        vm.assertEq(before.length, 4);
        vm.assertEq(before[WORKERS].active, 3);
        vm.assertEq(before[USERS].active, 2);
        vm.assertEq(before[GROWERS].active, 1);
        vm.assertEq(before[GUESTS].active, 0);
        vm.assertEq(membership.censusAt(uint48(START - 1))[WORKERS].active, 0);
        Census[] memory census = membership.censusAt(uint48(_now()));
        vm.assertEq(census[USERS].active, 1);
        vm.assertEq(census[USERS].issued, 2);
        vm.assertEq(census[GUESTS].active, 1);
    }

    function test_a_constituency_without_an_active_seat_has_no_place() external {
        _leave(orchard);
        Census[] memory census = membership.censusAt(uint48(_now()));

        vm.assertEq(census[GROWERS].active, 0);
        vm.assertEq(census[GROWERS].issued, 0);
        vm.assertEq(membership.censusAt(uint48(START))[GROWERS].issued, 1);
    }

    // ------------------------------------------------------------------ history against a list

    struct Entry {
        uint256 time;
        uint256 account;
        bool active;
        uint8 constituency;
    }

    /// @dev A register that writes down every change and answers by reading from the beginning.
    function testFuzz_the_past_is_that_of_a_plain_list(uint256 seed) external {
        _setAdmission(_open());
        address[] memory members = _members();
        Entry[] memory list = new Entry[](6 + 24);
        for (uint256 i = 0; i < 6; ++i) {
            uint8 constituency = membership.standingOf(members[i]).constituency;
            list[i] = Entry(START, i, true, constituency);
        }
        uint256 length = 6;
        for (uint256 i = 0; i < 24; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            _skip(random % 3); // often within the same second
            uint256 account = (random >> 8) % 6;
            uint8 constituency = uint8((random >> 16) % 4);
            bool active = _status(members[account]) == Status.Active;
            if (active) _leave(members[account]);
            else _join(members[account], constituency);
            list[length++] = Entry(_now(), account, !active, constituency);
        }
        _skip(1);

        for (uint256 time = START + 1 days - 1; time < _now(); ++time) {
            _assertAsListed(list, length, members, time);
        }
        _assertAsListed(list, length, members, START);
        _assertAsListed(list, length, members, START - 1);
    }

    function _assertAsListed(
        Entry[] memory list,
        uint256 length,
        address[] memory members,
        uint256 time
    ) private view {
        uint256 total = 0;
        uint256[4] memory active;
        for (uint256 i = 0; i < members.length; ++i) {
            Entry memory last;
            for (uint256 j = 0; j < length; ++j) {
                if (list[j].account == i && list[j].time <= time) last = list[j];
            }
            if (last.active) ++active[last.constituency];
            if (last.active) ++total;
            vm.assertEq(membership.getPastVotes(members[i], time), last.active ? VOTE : 0);
            uint256 place = membership.placeAt(members[i], uint48(time));
            vm.assertEq(place != 0, last.active);
            if (place != 0) vm.assertEq(uint8(place >> 32), last.constituency);
        }
        vm.assertEq(membership.getPastTotalSupply(time), total * VOTE);
        Census[] memory census = membership.censusAt(uint48(time));
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertEq(census[i].active, active[i]);
        }
    }
}
