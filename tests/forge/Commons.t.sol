// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Governed} from "contracts/base/Governed.sol";
import {Access, ICommons, Resource} from "contracts/interfaces/ICommons.sol";

contract CommonsTest is Fixture {
    bytes32 private constant RECIPE = keccak256("a recipe");
    bytes32 private constant RECIPE_2 = keccak256("a better recipe");
    bytes32 private constant LICENCE = "CC-BY-SA-4.0";
    bytes32 private constant DESCRIPTION = keccak256("a description");
    bytes32 private constant ENVELOPE = keccak256("an envelope");
    uint8 private constant DAG_PB = 0x70;
    uint8 private constant DAG_CBOR = 0x71;

    // ------------------------------------------------------------------ publish

    function test_publish_records_the_resource() external {
        _publish(bakery, RECIPE, 0);

        Resource memory resource = commons.resource(RECIPE);
        vm.assertEq(resource.steward, 1);
        vm.assertEq(resource.codec, RAW);
        vm.assertEq(uint256(resource.access), uint256(Access.Members));
        vm.assertEq(resource.publishedAt, _now());
        vm.assertEq(resource.citations, 0);
        vm.assertEq(resource.licence, LICENCE);
        vm.assertEq(resource.description, DESCRIPTION);
        vm.assertEq(resource.previous, 0);
        vm.assertEq(commons.count(), 1);
        vm.assertEq(commons.page(0, 1)[0], RECIPE);
    }

    function test_publish_emits_published() external {
        vm.expectEmit(address(commons));
        emit ICommons.Published(RECIPE, 1, RAW, Access.Members, LICENCE, DESCRIPTION, 0);
        _publish(bakery, RECIPE, 0);
    }

    function test_publish_takes_each_known_codec() external {
        vm.startPrank(bakery);
        commons.publish(keccak256("a"), RAW, Access.Public, LICENCE, DESCRIPTION, 0);
        commons.publish(keccak256("b"), DAG_PB, Access.Parties, LICENCE, DESCRIPTION, 0);
        commons.publish(keccak256("c"), DAG_CBOR, Access.Public, LICENCE, DESCRIPTION, 0);

        vm.assertEq(commons.count(), 3);
        vm.assertEq(commons.resource(keccak256("b")).codec, DAG_PB);
    }

    function test_publish_reverts_without_a_seat() external {
        vm.prank(outsider);
        _expectSeatRequired(outsider);
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, 0);
    }

    function test_publish_reverts_for_an_applicant_and_for_who_left() external {
        _apply(applicant, WORKERS);
        vm.prank(applicant);
        _expectSeatRequired(applicant);
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, 0);

        _leave(bakery);
        vm.prank(bakery);
        _expectSeatRequired(bakery);
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, 0);
    }

    function test_publish_reverts_without_a_digest_codec_licence_or_description() external {
        vm.startPrank(bakery);

        _expectInvalid(0, RAW);
        commons.publish(0, RAW, Access.Public, LICENCE, DESCRIPTION, 0);
        _expectInvalid(RECIPE, 0x12);
        commons.publish(RECIPE, 0x12, Access.Public, LICENCE, DESCRIPTION, 0);
        _expectInvalid(RECIPE, RAW);
        commons.publish(RECIPE, RAW, Access.Public, 0, DESCRIPTION, 0);
        _expectInvalid(RECIPE, RAW);
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, 0, 0);

        vm.assertEq(commons.count(), 0);
    }

    function test_publish_reverts_with_content_that_is_known() external {
        _publish(bakery, RECIPE, 0);

        vm.prank(dairy);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceKnown.selector, RECIPE));
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, 0);

        vm.assertEq(commons.resource(RECIPE).steward, 1);
        vm.assertEq(commons.count(), 1);
    }

    function test_publish_reverts_with_an_unknown_access_class() external {
        bytes memory data =
            abi.encodeCall(commons.publish, (RECIPE, RAW, Access.Parties, LICENCE, DESCRIPTION, 0));
        data[4 + 3 * 32 - 1] = 0x03;

        vm.prank(bakery);
        (bool success,) = address(commons).call(data);

        vm.assertFalse(success);
    }

    // ------------------------------------------------------------------ versions

    function test_the_steward_publishes_a_new_version() external {
        _publish(bakery, RECIPE, 0);

        _publish(bakery, RECIPE_2, RECIPE);

        vm.assertEq(commons.resource(RECIPE_2).previous, RECIPE);
        vm.assertEq(commons.resource(RECIPE).previous, 0);
        vm.assertEq(commons.count(), 2);
    }

    function test_publish_reverts_when_another_seat_publishes_a_new_version() external {
        _publish(bakery, RECIPE, 0);

        vm.prank(dairy);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsStewardRequired.selector, RECIPE, 1));
        commons.publish(RECIPE_2, RAW, Access.Public, LICENCE, DESCRIPTION, RECIPE);
    }

    function test_publish_reverts_with_an_unknown_previous_version() external {
        vm.prank(bakery);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE));
        commons.publish(RECIPE_2, RAW, Access.Public, LICENCE, DESCRIPTION, RECIPE);
    }

    function test_publish_reverts_when_a_resource_names_itself_as_previous() external {
        vm.prank(bakery);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE));
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, RECIPE);
    }

    function test_who_returns_is_steward_of_its_resources_again() external {
        _publish(bakery, RECIPE, 0);
        _leave(bakery);
        _join(bakery, USERS);

        _publish(bakery, RECIPE_2, RECIPE);

        vm.assertEq(commons.resource(RECIPE_2).steward, 1);
    }

    // ------------------------------------------------------------------ cite

    function test_cite_counts_and_emits() external {
        _publish(bakery, RECIPE, 0);

        vm.expectEmit(address(commons));
        emit ICommons.Cited(RECIPE, 2, REASON);
        vm.prank(dairy);
        commons.cite(RECIPE, REASON);
        vm.prank(clinic);
        commons.cite(RECIPE, 0);

        vm.assertEq(commons.resource(RECIPE).citations, 2);
    }

    function test_cite_reverts_without_a_seat() external {
        _publish(bakery, RECIPE, 0);

        vm.prank(outsider);
        _expectSeatRequired(outsider);
        commons.cite(RECIPE, 0);
    }

    function test_cite_reverts_for_an_unknown_resource() external {
        vm.prank(dairy);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE));
        commons.cite(RECIPE, 0);
    }

    // ------------------------------------------------------------------ grants

    function test_grant_records_each_seat_and_emits() external {
        _publish(bakery, RECIPE, 0);

        vm.expectEmit(address(commons));
        emit ICommons.Granted(RECIPE, ENVELOPE, _seats(2, 300));
        vm.prank(bakery);
        commons.grant(RECIPE, _seats(2, 300), ENVELOPE);

        vm.assertTrue(commons.granted(RECIPE, 2));
        vm.assertTrue(commons.granted(RECIPE, 300));
        vm.assertFalse(commons.granted(RECIPE, 44), "the bit of 300 on another page");
        vm.assertFalse(commons.granted(RECIPE, 1));
        vm.assertFalse(commons.granted(RECIPE_2, 2));
        vm.assertEq(commons.grants(RECIPE, 0), 1 << 2);
        vm.assertEq(commons.grants(RECIPE, 1), 1 << (300 - 256));
    }

    function testFuzz_grants_and_revocations_touch_no_other_seat(uint32 one, uint32 other)
        external
    {
        vm.assume(one != other);
        _publish(bakery, RECIPE, 0);

        vm.startPrank(bakery);
        commons.grant(RECIPE, _seats(one, one), ENVELOPE);
        vm.assertTrue(commons.granted(RECIPE, one));
        vm.assertFalse(commons.granted(RECIPE, other));

        commons.grant(RECIPE, _seats(other, other), ENVELOPE);
        uint32[] memory seats = new uint32[](1);
        seats[0] = one;
        commons.revoke(RECIPE, seats, REASON);
        vm.assertFalse(commons.granted(RECIPE, one));
        vm.assertTrue(commons.granted(RECIPE, other));
    }

    function test_grant_again_brings_another_envelope() external {
        _publish(bakery, RECIPE, 0);
        vm.startPrank(bakery);
        commons.grant(RECIPE, _seats(2, 3), ENVELOPE);

        vm.expectEmit(address(commons));
        emit ICommons.Granted(RECIPE, REASON, _seats(2, 3));
        commons.grant(RECIPE, _seats(2, 3), REASON);

        vm.assertTrue(commons.granted(RECIPE, 2));
    }

    function test_grant_reverts_for_a_public_resource() external {
        vm.startPrank(bakery);
        commons.publish(RECIPE, RAW, Access.Public, LICENCE, DESCRIPTION, 0);

        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourcePublic.selector, RECIPE));
        commons.grant(RECIPE, _seats(2, 3), ENVELOPE);
    }

    function test_grant_reverts_without_an_envelope_or_seats() external {
        _publish(bakery, RECIPE, 0);
        vm.startPrank(bakery);

        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsGrantInvalid.selector, RECIPE));
        commons.grant(RECIPE, _seats(2, 3), 0);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsGrantInvalid.selector, RECIPE));
        commons.grant(RECIPE, new uint32[](0), ENVELOPE);
    }

    function test_revoke_emits_and_needs_a_grant() external {
        _publish(bakery, RECIPE, 0);
        vm.startPrank(bakery);
        commons.grant(RECIPE, _seats(2, 3), ENVELOPE);

        vm.expectEmit(address(commons));
        emit ICommons.Revoked(RECIPE, REASON, _seats(2, 3));
        commons.revoke(RECIPE, _seats(2, 3), REASON);

        vm.assertFalse(commons.granted(RECIPE, 2));
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsGrantUnknown.selector, RECIPE, 2));
        commons.revoke(RECIPE, _seats(2, 3), REASON);
    }

    function test_what_only_a_steward_does_reverts_for_anybody_else() external {
        _publish(bakery, RECIPE, 0);

        bytes[] memory calls = _stewardship();
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(dairy);
            vm.expectRevert(
                abi.encodeWithSelector(ICommons.CommonsStewardRequired.selector, RECIPE, 1)
            );
            _call(calls[i]);
            vm.prank(outsider);
            _expectSeatRequired(outsider);
            _call(calls[i]);
        }
    }

    function test_what_a_steward_does_reverts_for_an_unknown_resource() external {
        bytes[] memory calls = _stewardship();
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(bakery);
            vm.expectRevert(
                abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE)
            );
            _call(calls[i]);
        }
    }

    function test_a_steward_without_an_active_seat_does_nothing() external {
        _publish(bakery, RECIPE, 0);
        _leave(bakery);

        bytes[] memory calls = _stewardship();
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(bakery);
            _expectSeatRequired(bakery);
            _call(calls[i]);
        }
    }

    // ------------------------------------------------------------------ retire

    function test_retire_records_the_time_and_emits() external {
        _publish(bakery, RECIPE, 0);

        vm.expectEmit(address(commons));
        emit ICommons.Retired(RECIPE, REASON);
        vm.prank(bakery);
        commons.retire(RECIPE, REASON);

        vm.assertEq(commons.resource(RECIPE).retiredAt, _now());
        vm.assertEq(commons.resource(RECIPE).steward, 1);
    }

    function test_retire_reverts_the_second_time() external {
        _publish(bakery, RECIPE, 0);
        vm.startPrank(bakery);
        commons.retire(RECIPE, REASON);

        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceRetired.selector, RECIPE));
        commons.retire(RECIPE, REASON);
    }

    function test_a_retired_resource_is_still_cited_and_followed_by_a_version() external {
        _publish(bakery, RECIPE, 0);
        vm.prank(bakery);
        commons.retire(RECIPE, REASON);

        vm.prank(dairy);
        commons.cite(RECIPE, 0);
        _publish(bakery, RECIPE_2, RECIPE);

        vm.assertEq(commons.resource(RECIPE).citations, 1);
        vm.assertEq(commons.resource(RECIPE_2).previous, RECIPE);
    }

    // ------------------------------------------------------------------ entrust

    function test_entrust_gives_all_of_stewardship_to_another_seat() external {
        _publish(bakery, RECIPE, 0);

        vm.expectEmit(address(commons));
        emit ICommons.Entrusted(RECIPE, 1, 2, 0);
        vm.prank(bakery);
        commons.entrust(RECIPE, 2);

        vm.assertEq(commons.resource(RECIPE).steward, 2);
        vm.prank(bakery);
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsStewardRequired.selector, RECIPE, 2));
        commons.retire(RECIPE, REASON);
        vm.prank(dairy);
        commons.retire(RECIPE, REASON);
    }

    function test_entrust_reverts_unless_to_another_active_seat() external {
        _publish(bakery, RECIPE, 0);
        _leave(dairy);

        uint32[4] memory seats = [0, 1, 2, type(uint32).max];
        for (uint256 i = 0; i < seats.length; ++i) {
            vm.prank(bakery);
            vm.expectRevert(
                abi.encodeWithSelector(ICommons.CommonsSuccessorInvalid.selector, seats[i])
            );
            commons.entrust(RECIPE, seats[i]);
        }
    }

    function test_a_decision_entrusts_what_an_exited_steward_left() external {
        _publish(bakery, RECIPE, 0);
        _leave(bakery);

        vm.expectEmit(address(commons));
        emit ICommons.Entrusted(RECIPE, 1, 2, REASON);
        vm.prank(address(timelock));
        commons.entrustByDecision(RECIPE, 2, REASON);

        vm.assertEq(commons.resource(RECIPE).steward, 2);
    }

    function test_entrust_by_decision_reverts_for_anybody_else() external {
        _publish(bakery, RECIPE, 0);

        vm.prank(bakery);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery)
        );
        commons.entrustByDecision(RECIPE, 2, REASON);
    }

    function test_entrust_by_decision_reverts_for_what_is_not_there() external {
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE));
        commons.entrustByDecision(RECIPE, 2, REASON);
        vm.stopPrank();
        _publish(bakery, RECIPE, 0);

        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsSuccessorInvalid.selector, 1));
        commons.entrustByDecision(RECIPE, 1, REASON);
        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsReasonRequired.selector, RECIPE));
        commons.entrustByDecision(RECIPE, 2, 0);
    }

    // ------------------------------------------------------------------ reads

    function test_resource_reverts_when_unknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsResourceUnknown.selector, RECIPE));
        commons.resource(RECIPE);
    }

    function test_page_is_empty_without_resources() external view {
        vm.assertEq(commons.page(0, 10).length, 0);
        vm.assertEq(commons.count(), 0);
    }

    function test_page_ends_with_the_last_resource() external {
        for (uint256 i = 1; i <= 5; ++i) {
            _publish(bakery, bytes32(i), 0);
        }

        vm.assertEq(commons.page(0, 0).length, 0);
        vm.assertEq(commons.page(0, 5).length, 5);
        vm.assertEq(commons.page(0, type(uint256).max).length, 5);
        vm.assertEq(commons.page(4, 2).length, 1);
        vm.assertEq(commons.page(4, 2)[0], bytes32(uint256(5)));
        vm.assertEq(commons.page(5, 1).length, 0);
        vm.assertEq(commons.page(type(uint256).max, type(uint256).max).length, 0);
        bytes32[] memory middle = commons.page(1, 3);
        for (uint256 i = 0; i < middle.length; ++i) {
            vm.assertEq(middle[i], bytes32(i + 2), "in order of publication");
        }
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        commons.setAuthority(bakery);
    }

    // ------------------------------------------------------------------ helpers

    function _publish(address steward, bytes32 digest, bytes32 previous) private {
        vm.prank(steward);
        commons.publish(digest, RAW, Access.Members, LICENCE, DESCRIPTION, previous);
    }

    /// @dev Everything that only the steward of RECIPE may do.
    function _stewardship() private view returns (bytes[] memory calls) {
        calls = new bytes[](4);
        calls[0] = abi.encodeCall(commons.grant, (RECIPE, _seats(2, 3), ENVELOPE));
        calls[1] = abi.encodeCall(commons.revoke, (RECIPE, _seats(2, 3), REASON));
        calls[2] = abi.encodeCall(commons.retire, (RECIPE, REASON));
        calls[3] = abi.encodeCall(commons.entrust, (RECIPE, 2));
    }

    function _call(bytes memory data) private {
        (bool success,) = address(commons).call(data);
        success; // whether it reverts is expected before
    }

    function _seats(uint32 one, uint32 other) private pure returns (uint32[] memory seats) {
        seats = new uint32[](2);
        (seats[0], seats[1]) = (one, other);
    }

    function _expectSeatRequired(address account) private {
        vm.expectRevert(abi.encodeWithSelector(ICommons.CommonsSeatRequired.selector, account));
    }

    function _expectInvalid(bytes32 digest, uint8 codec) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICommons.CommonsResourceInvalid.selector, digest, codec)
        );
    }
}
