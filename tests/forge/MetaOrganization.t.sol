// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bell} from "./Adversaries.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Governed} from "contracts/base/Governed.sol";
import {IERC4824} from "contracts/interfaces/IERC4824.sol";
import {IMetaOrganization} from "contracts/interfaces/IMetaOrganization.sol";

contract MetaOrganizationTest is Fixture {
    // ------------------------------------------------------------------ by decision only

    function test_register_by_decision_replaces_a_module() external {
        address module = address(new Bell());

        _decide(address(front), abi.encodeCall(front.register, ("commons", module)));

        vm.assertEq(front.module("commons"), module);
        vm.assertEq(front.module("membership"), address(membership), "the others stay");
    }

    function test_register_emits_module_registered() external {
        address module = address(new Bell());

        vm.expectEmit(address(front));
        emit IMetaOrganization.ModuleRegistered("treasury", module);
        vm.prank(address(timelock));
        front.register("treasury", module);
    }

    function test_register_reverts_without_a_name() external {
        vm.prank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(
                IMetaOrganization.MetaOrganizationModuleInvalid.selector,
                bytes32(0),
                address(membership)
            )
        );
        front.register(0, address(membership));
    }

    function test_register_reverts_for_an_address_without_code() external {
        vm.prank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(
                IMetaOrganization.MetaOrganizationModuleInvalid.selector,
                bytes32("treasury"),
                outsider
            )
        );
        front.register("treasury", outsider);
    }

    function test_set_charter_by_decision_replaces_the_charter() external {
        _decide(address(front), abi.encodeCall(front.setCharter, (REASON)));

        vm.assertEq(front.charter(), REASON);
    }

    function test_set_charter_emits_charter_changed() external {
        vm.expectEmit(address(front));
        emit IMetaOrganization.CharterChanged(REASON);
        vm.prank(address(timelock));
        front.setCharter(REASON);
    }

    function test_set_dao_uri_emits_dao_uri_update() external {
        vm.expectEmit(address(front));
        emit IERC4824.DAOURIUpdate(address(front), "ipfs://documents");
        vm.prank(address(timelock));
        front.setDaoURI("ipfs://documents");
    }

    function test_set_dao_uri_by_decision_replaces_the_uri() external {
        _decide(address(front), abi.encodeCall(front.setDaoURI, ("ipfs://documents")));

        vm.assertEq(front.daoURI(), "ipfs://documents");
    }

    function test_members_cannot_change_the_front_door() external {
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery);
        vm.startPrank(bakery);

        vm.expectRevert(refusal);
        front.register("commons", address(membership));
        vm.expectRevert(refusal);
        front.setCharter(REASON);
        vm.expectRevert(refusal);
        front.setDaoURI("ipfs://documents");

        vm.assertEq(front.module("commons"), address(commons));
        vm.assertEq(front.charter(), CHARTER);
        vm.assertEq(front.daoURI(), "");
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        front.setAuthority(bakery);
    }

    // ------------------------------------------------------------------ reads

    function test_supports_erc_4824_and_erc_165() external view {
        vm.assertTrue(front.supportsInterface(0x7034731b), "ERC-4824");
        vm.assertTrue(front.supportsInterface(0x01ffc9a7), "ERC-165");
        vm.assertFalse(front.supportsInterface(0xffffffff));
        vm.assertEq(front.daoURI.selector, bytes4(0x7034731b));
    }
}
