// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {
    Admission,
    Census,
    Consequence,
    IMembership,
    Move,
    Readoption,
    Status
} from "contracts/interfaces/IMembership.sol";

/// @dev What the tests of the register share.
abstract contract MembershipFixture is Fixture {
    uint8 internal constant NOWHERE = 4;
    uint48 internal constant NEVER = type(uint48).max;
    uint48 internal constant BARRED = NEVER - 1;
    bytes32 internal constant PROFILE_2 = keccak256("a new profile");
    bytes32 internal constant TEXT_2 = keccak256("the amended InterConstitution");

    // ------------------------------------------------------------------ decisions

    function _suspend(address organization) internal {
        vm.prank(address(timelock));
        membership.suspend(organization, REASON);
    }

    function _reinstate(address organization) internal {
        vm.prank(address(timelock));
        membership.reinstate(organization, REASON);
    }

    function _expel(address organization) internal {
        vm.prank(address(timelock));
        membership.expel(organization, REASON);
    }

    function _changeConstituency(address organization) internal {
        vm.prank(address(timelock));
        membership.changeConstituency(organization, REASON);
    }

    function _affiliate(address one, address other) internal {
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (one, other);
        _affiliate(pair);
    }

    function _affiliate(address[] memory organizations) internal {
        vm.prank(address(timelock));
        membership.affiliate(organizations, REASON);
    }

    function _separate(address organization) internal {
        vm.prank(address(timelock));
        membership.separate(organization, REASON);
    }

    function _moveByDecision(address from, address to) internal {
        vm.prank(address(timelock));
        membership.moveByDecision(from, to, REASON);
    }

    function _setReadoption(uint32 grace, Consequence consequence) internal {
        vm.prank(address(timelock));
        membership.setReadoption(Readoption(grace, consequence));
    }

    function _amendText() internal {
        vm.prank(address(timelock));
        constitution.amend(TEXT_2, RAW);
    }

    function _declare(address organization, address other) internal {
        vm.prank(organization);
        membership.declareAffiliation(other);
    }

    /// @dev The next change of account of `from`, valid for an hour.
    function _nextMove(address from, address to) internal view returns (Move memory) {
        return Move(from, to, uint32(membership.nonces(from)), uint48(_now() + 1 hours));
    }

    function _moveSigned(address from, address to) internal {
        Move memory move = _nextMove(from, to);
        bytes32 digest = membership.hashMove(move);
        membership.moveSeat(move, _sign(from, digest), _sign(to, digest));
    }

    // ------------------------------------------------------------------ what is expected

    /// @dev Everybody but a decision is refused.
    function _expectUnauthorized() internal {
        vm.prank(bakery);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery)
        );
    }

    /// @dev The active votes of each constituency now.
    function _assertCensus(uint32 workers, uint32 users, uint32 growers) internal view {
        Census[] memory census = membership.censusAt(uint48(_now()));
        vm.assertEq(census[WORKERS].active, workers, "workers");
        vm.assertEq(census[USERS].active, users, "users");
        vm.assertEq(census[GROWERS].active, growers, "growers");
    }

    function _supply() internal returns (uint256 supply) {
        uint256 time = _now();
        vm.warp(time + 1);
        supply = membership.getPastTotalSupply(time);
        vm.warp(time);
    }

    function _place(uint8 constituency, uint32 ordinal) internal pure returns (uint256) {
        return uint256(1) << 40 | uint256(constituency) << 32 | ordinal;
    }

    // ------------------------------------------------------------------ acts

    function _object(address member, address organization) internal {
        vm.prank(member);
        membership.object(organization, REASON);
    }

    function _setAdmission(Admission memory rule) internal {
        vm.prank(address(timelock));
        membership.setAdmission(rule);
    }

    function _decideOn(address organization, bool admitted) internal {
        vm.prank(address(timelock));
        membership.decide(organization, admitted, REASON);
    }

    function _applicants(uint256 count) internal returns (address[] memory accounts) {
        accounts = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = _actor(vm.toString(i));
            _apply(accounts[i], WORKERS);
        }
    }

    function _assertPace(uint256 remaining, uint256 nextPeriod) internal view {
        (uint256 left, uint48 next) = membership.pace();
        vm.assertEq(left, remaining);
        vm.assertEq(next, nextPeriod);
    }

    function _assertPlaceAt(
        address account,
        uint256 time,
        bool active,
        uint8 constituency,
        uint32 ordinal
    ) internal view {
        uint256 place = uint256(1) << 40 | uint256(constituency) << 32 | ordinal;
        vm.assertEq(membership.placeAt(account, uint48(time)), active ? place : 0);
        vm.assertEq(membership.getPastVotes(account, time), active ? VOTE : 0);
    }

    function _expectStatusRefusal(address organization, Status status) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipStatusUnexpected.selector, organization, status
            )
        );
    }

    function _expectSeatRequired(address account) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipSeatRequired.selector, account)
        );
    }

    function _expectPaceExhausted(uint256 nextPeriod) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipPaceExhausted.selector, nextPeriod)
        );
    }

    function _expectAdmissionInvalid(Admission memory rule) internal {
        vm.prank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipAdmissionInvalid.selector, rule)
        );
        membership.setAdmission(rule);
    }

    function _expectNoToken(uint256 number) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, number)
        );
    }
}
