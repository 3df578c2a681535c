// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DenyingSigner, GasEatingSigner, RevertingSigner} from "./Adversaries.sol";
import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Consequence,
    IMembership,
    Move,
    Standing,
    Status
} from "contracts/interfaces/IMembership.sol";

/// @title Seats that change their account. `bakery` has seat 1, of the workers.
contract MembershipMovesTest is MembershipFixture {
    bytes32 private constant MOVE_TYPEHASH =
        keccak256("Move(address from,address to,uint32 nonce,uint48 validUntil)");

    // ------------------------------------------------------------------ what moves

    function test_a_seat_moves_with_all_that_belongs_to_it() external {
        Standing memory before = membership.standingOf(bakery);
        vm.prank(bakery);
        membership.changeProfile(PROFILE_2);
        _declare(bakery, dairy);
        _adopt(newcomer, WORKERS);

        _moveSigned(bakery, newcomer);

        Standing memory standing = membership.standingOf(newcomer);
        before.since = uint48(_now());
        vm.assertEq(keccak256(abi.encode(standing)), keccak256(abi.encode(before)));
        vm.assertEq(membership.accountOf(1), newcomer);
        vm.assertEq(membership.ownerOf(1), newcomer);
        vm.assertEq(membership.getVotes(newcomer), VOTE);
        vm.assertEq(membership.profileOf(newcomer), PROFILE_2);
        vm.assertEq(membership.declaredBy(newcomer), address(0), "it declared nothing itself");
        (uint32 seat, uint8 votesIn) = membership.seatOf(newcomer);
        vm.assertEq(seat, 1);
        vm.assertEq(votesIn, WORKERS);
    }

    function test_nothing_stays_with_the_old_account_but_its_nonce() external {
        _declare(bakery, dairy);
        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);

        Standing memory expected;
        (expected.since, expected.nonce) = (uint48(_now()), 1);
        vm.assertEq(
            keccak256(abi.encode(membership.standingOf(bakery))), keccak256(abi.encode(expected))
        );
        vm.assertEq(membership.profileOf(bakery), 0);
        vm.assertEq(membership.declaredBy(bakery), address(0));
        vm.assertEq(membership.balanceOf(bakery), 0);
        vm.assertEq(membership.getVotes(bakery), 0);
        (uint32 seat, uint8 votesIn) = membership.seatOf(bakery);
        vm.assertEq(seat + votesIn, 0);
        vm.assertEq(membership.seats(), 6);
        vm.assertEq(membership.activeSeats(), 6);
        _assertCensus(3, 2, 1);
    }

    function test_a_move_tells_readers_of_each_standard() external {
        _adopt(newcomer, WORKERS);
        Move memory move = _nextMove(bakery, newcomer);
        bytes32 digest = membership.hashMove(move);
        (bytes memory first, bytes memory second) = (_sign(bakery, digest), _sign(newcomer, digest));

        _expectMoved(0);
        vm.prank(relayer);
        membership.moveSeat(move, first, second);
    }

    function test_a_decision_moves_a_seat_whose_key_was_lost() external {
        _adopt(newcomer, WORKERS);

        _expectMoved(REASON);
        _moveByDecision(bakery, newcomer);

        vm.assertEq(membership.accountOf(1), newcomer);
        vm.assertEq(membership.nonces(bakery), 0, "nobody signed");
        _assertStatus(newcomer, Status.Active);
        _assertStatus(bakery, Status.None);
    }

    function test_only_a_decision_moves_without_signatures() external {
        _adopt(newcomer, WORKERS);
        _expectUnauthorized();
        membership.moveByDecision(bakery, newcomer, REASON);
    }

    function test_a_seat_without_a_vote_moves_without_one() external {
        _suspend(bakery);
        _adopt(newcomer, WORKERS);

        vm.expectEmit(address(membership));
        emit IMembership.Moved(1, bakery, newcomer, 0);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(bakery, newcomer, 1);
        _moveSigned(bakery, newcomer);

        _assertStatus(newcomer, Status.Suspended);
        vm.assertEq(membership.getVotes(newcomer), 0);
        vm.assertEq(membership.balanceOf(newcomer), 1);
        _reinstate(newcomer);
        vm.assertEq(membership.getVotes(newcomer), VOTE);
        _assertCensus(3, 2, 1);
    }

    function test_a_lapsed_seat_moves_and_resumes() external {
        _setReadoption(0, Consequence.Suspended);
        _amendText();
        _skip(1);
        membership.lapse(bakery);
        _adopt(newcomer, WORKERS);

        _moveSigned(bakery, newcomer);
        _assertStatus(newcomer, Status.Lapsed);
        membership.resume(newcomer);

        _assertStatus(newcomer, Status.Active);
    }

    function test_a_seat_moves_within_its_group() external {
        _affiliate(bakery, dairy);
        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);

        vm.assertEq(membership.standingOf(newcomer).group, 1);
        vm.assertEq(membership.groupOf(1).active, 2);
        vm.assertEq(membership.placeAt(newcomer, uint48(_now())), _place(WORKERS, 3));
        _assertCensus(2, 2, 1);
    }

    // ------------------------------------------------------------------ the past

    /// @dev The past is the seat's: the account that holds it now has it, the other one never had it.
    function test_the_past_of_a_seat_moves_with_it() external {
        uint256 left = _now();
        _leave(bakery);
        _setAdmission(_open());
        _skip(1 days);
        uint256 returned = _now();
        _join(bakery, USERS);
        _skip(1 days);
        uint256 moved = _now();
        _adopt(newcomer, USERS);
        _moveSigned(bakery, newcomer);
        _skip(1);

        address[2] memory accounts = [newcomer, bakery];
        for (uint256 i = 0; i < 2; ++i) {
            bool has = i == 0;
            _assertPlaceAt(accounts[i], START - 1, false, 0, 0);
            _assertPlaceAt(accounts[i], START, has, WORKERS, 0);
            _assertPlaceAt(accounts[i], left - 1, has, WORKERS, 0);
            _assertPlaceAt(accounts[i], left, false, 0, 0);
            _assertPlaceAt(accounts[i], returned, has, USERS, 2);
            _assertPlaceAt(accounts[i], moved - 1, has, USERS, 2);
            _assertPlaceAt(accounts[i], moved, has, USERS, 2);
        }
        vm.assertEq(membership.getPastTotalSupply(moved), 6 * VOTE);
        vm.assertEq(membership.getPastTotalSupply(moved - 1), 6 * VOTE);
    }

    function test_places_are_those_of_each_account_and_in_order() external {
        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);
        address[] memory accounts = new address[](5);
        (accounts[0], accounts[1], accounts[2]) = (orchard, bakery, newcomer);
        (accounts[3], accounts[4]) = (outsider, orchard);

        uint256[] memory places = membership.placesAt(accounts, uint48(_now()));

        vm.assertEq(places.length, 5);
        vm.assertEq(places[0], _place(GROWERS, 0));
        vm.assertEq(places[1], 0);
        vm.assertEq(places[2], _place(WORKERS, 0));
        vm.assertEq(places[3], 0);
        vm.assertEq(places[4], places[0]);
        vm.assertEq(membership.placesAt(new address[](0), uint48(_now())).length, 0);
    }

    function test_moves_within_one_second_leave_the_last() external {
        _adopt(newcomer, WORKERS);
        _adopt(relayer, WORKERS);
        uint256 moment = _now();
        _moveSigned(bakery, newcomer);
        _moveSigned(newcomer, relayer);
        _skip(1);

        _assertPlaceAt(relayer, moment, true, WORKERS, 0);
        _assertPlaceAt(relayer, moment - 1, true, WORKERS, 0);
        _assertPlaceAt(newcomer, moment, false, 0, 0);
        _assertPlaceAt(bakery, moment - 1, false, 0, 0);
        vm.assertEq(membership.accountOf(1), relayer);
    }

    function test_who_joins_and_moves_within_one_second_has_one_place() external {
        _setAdmission(_open());
        _join(applicant, USERS);
        uint256 moment = _now();
        _adopt(newcomer, USERS);
        _moveSigned(applicant, newcomer);
        _skip(1);

        _assertPlaceAt(newcomer, moment - 1, false, 0, 0);
        _assertPlaceAt(newcomer, moment, true, USERS, 2);
        _assertPlaceAt(applicant, moment, false, 0, 0);
    }

    function test_the_old_account_can_join_anew() external {
        _setAdmission(_open());
        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);
        _skip(1 days);
        uint256 joined = _now();
        _join(bakery, GROWERS);
        _skip(1);

        vm.assertEq(membership.standingOf(bakery).seat, 7);
        vm.assertEq(membership.nonces(bakery), 1, "no signature can be used again");
        _assertPlaceAt(bakery, joined - 1, false, 0, 0);
        _assertPlaceAt(bakery, START, false, 0, 0);
        _assertPlaceAt(bakery, joined, true, GROWERS, 1);
        _assertPlaceAt(newcomer, START, true, WORKERS, 0);
    }

    /// @dev It has nothing of its own in the register: the past it answers for is the seat's again.
    function test_a_seat_can_move_back() external {
        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);
        _skip(1 days);
        _moveSigned(newcomer, bakery);
        _skip(1);

        _assertPlaceAt(bakery, START, true, WORKERS, 0);
        _assertPlaceAt(bakery, _now() - 1 hours, true, WORKERS, 0);
        _assertPlaceAt(newcomer, _now() - 1 hours, false, 0, 0);
    }

    // ------------------------------------------------------------------ who may move whereto

    function test_a_move_needs_a_seat() external {
        _adopt(newcomer, WORKERS);
        _apply(applicant, USERS);
        _leave(mill);
        _expel(dairy);
        address[4] memory froms = [outsider, applicant, mill, dairy];
        Status[4] memory found = [Status.None, Status.Applied, Status.Exited, Status.Barred];
        for (uint256 i = 0; i < 4; ++i) {
            _expectMoveRefused(
                froms[i],
                newcomer,
                abi.encodeWithSelector(
                    IMembership.MembershipStatusUnexpected.selector, froms[i], found[i]
                )
            );
        }
    }

    function test_a_seat_moves_to_a_fresh_account_only() external {
        _apply(applicant, WORKERS);
        _leave(mill);
        _expel(school);
        address[5] memory used = [bakery, dairy, applicant, mill, school];
        for (uint256 i = 0; i < used.length; ++i) {
            _expectMoveRefused(
                bakery,
                used[i],
                abi.encodeWithSelector(IMembership.MembershipAccountUsed.selector, used[i])
            );
        }

        _leave(applicant); // it took back its application and never had a seat
        _moveSigned(bakery, applicant);
        _assertStatus(applicant, Status.Active);
    }

    function test_the_new_account_has_adopted_the_text_in_the_same_constituency() external {
        _expectMoveRefused(bakery, newcomer, _notAdopted(1));

        _adopt(newcomer, USERS);
        _expectMoveRefused(
            bakery,
            newcomer,
            abi.encodeWithSelector(
                IMembership.MembershipConstituencyMismatch.selector, WORKERS, USERS
            )
        );

        _adopt(newcomer, WORKERS);
        _amendText();
        _expectMoveRefused(bakery, newcomer, _notAdopted(2));

        _adopt(newcomer, WORKERS);
        _moveSigned(bakery, newcomer);
        _assertStatus(newcomer, Status.Active);
    }

    // ------------------------------------------------------------------ signatures

    function test_both_accounts_sign_the_same_move() external {
        _adopt(newcomer, WORKERS);
        Move memory move = _nextMove(bakery, newcomer);
        bytes32 digest = membership.hashMove(move);
        bytes memory first = _sign(bakery, digest);
        bytes memory second = _sign(newcomer, digest);
        bytes memory another = _sign(newcomer, membership.hashMove(_nextMove(bakery, outsider)));

        _expectInvalid(bakery);
        membership.moveSeat(move, second, second);
        _expectInvalid(newcomer);
        membership.moveSeat(move, first, first);
        _expectInvalid(bakery);
        membership.moveSeat(move, "", second);
        _expectInvalid(newcomer);
        membership.moveSeat(move, first, another);
        vm.assertEq(membership.nonces(bakery), 0);

        membership.moveSeat(move, first, second);
        vm.assertEq(membership.nonces(bakery), 1);
    }

    function test_each_part_of_the_move_is_signed() external {
        _adopt(newcomer, WORKERS);
        Move memory move = _nextMove(bakery, newcomer);
        bytes32 digest = membership.hashMove(move);
        bytes memory first = _sign(bakery, digest);
        bytes memory second = _sign(newcomer, digest);

        ++move.validUntil;
        _expectInvalid(bakery);
        membership.moveSeat(move, first, second);
        --move.validUntil;
        (move.from, move.to) = (dairy, newcomer);
        _expectInvalid(dairy);
        membership.moveSeat(move, first, second);
        (move.from, move.to) = (bakery, outsider);
        _expectInvalid(bakery);
        membership.moveSeat(move, first, second);
    }

    function test_the_digest_of_a_move_is_that_of_eip_712() external view {
        Move memory move = Move(bakery, newcomer, 7, 8);
        bytes32 content = keccak256(abi.encode(MOVE_TYPEHASH, bakery, newcomer, 7, 8));

        vm.assertEq(
            membership.hashMove(move), _typed(_domain("Membership", address(membership)), content)
        );
    }

    function test_the_signatures_are_good_until_their_last_second_and_once() external {
        _adopt(newcomer, WORKERS);
        Move memory move = _nextMove(bakery, newcomer);
        bytes32 digest = membership.hashMove(move);
        bytes memory first = _sign(bakery, digest);
        bytes memory second = _sign(newcomer, digest);

        vm.warp(move.validUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipSignatureExpired.selector, move.validUntil)
        );
        membership.moveSeat(move, first, second);

        vm.warp(move.validUntil);
        membership.moveSeat(move, first, second);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipNonceMismatch.selector, 0, 1));
        membership.moveSeat(move, first, second);

        move.nonce = 2;
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipNonceMismatch.selector, 2, 1));
        membership.moveSeat(move, first, second);
    }

    function test_contract_accounts_move_with_the_signatures_of_their_owners() external {
        address first = _wallet(newcomer);
        address second = _wallet(relayer);
        _adopt(first, WORKERS);
        _moveSigned(bakery, first);
        _adopt(second, WORKERS);

        _moveSigned(first, second);

        vm.assertEq(membership.accountOf(1), second);
    }

    function test_a_contract_account_that_denies_or_fails_receives_no_seat() external {
        _adopt(newcomer, WORKERS);
        bytes[3] memory codes = [
            address(new DenyingSigner()).code,
            address(new RevertingSigner()).code,
            address(new GasEatingSigner()).code
        ];
        for (uint256 i = 0; i < 3; ++i) {
            vm.etch(newcomer, codes[i]);
            Move memory move = _nextMove(bakery, newcomer);
            bytes memory signature = _sign(bakery, membership.hashMove(move));
            _expectInvalid(newcomer);
            membership.moveSeat{gas: 1_000_000}(move, signature, "");
        }
    }

    // ------------------------------------------------------------------ helpers

    function _wallet(address owner) private returns (address account) {
        account = address(new Wallet(owner));
        keys[account] = keys[owner];
    }

    function _expectMoved(bytes32 reason) private {
        vm.expectEmit(address(membership));
        emit IMembership.Moved(1, bakery, newcomer, reason);
        vm.expectEmit(address(membership));
        emit IERC721.Transfer(bakery, newcomer, 1);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(bakery, VOTE, 0);
        vm.expectEmit(address(membership));
        emit IVotes.DelegateVotesChanged(newcomer, 0, VOTE);
    }

    /// @dev By both signatures as by decision.
    function _expectMoveRefused(address from, address to, bytes memory refusal) private {
        Move memory move = _nextMove(from, to);
        bytes32 digest = membership.hashMove(move);
        (bytes memory first, bytes memory second) = (_sign(from, digest), _sign(to, digest));
        vm.expectRevert(refusal);
        membership.moveSeat(move, first, second);
        vm.expectRevert(refusal);
        _moveByDecision(from, to);
    }

    function _notAdopted(uint16 version) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IInterConstitution.InterConstitutionNotAdopted.selector, newcomer, version
        );
    }

    function _expectInvalid(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipSignatureInvalid.selector, account)
        );
    }
}
