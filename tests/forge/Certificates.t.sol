// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Certificates} from "contracts/base/Certificates.sol";

contract CertificatesTest is MembershipFixture {
    // ------------------------------------------------------------------ the certificate

    function test_certificates_cannot_move_by_any_route() external {
        address[3] memory callers = [bakery, outsider, address(timelock)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.transferFrom(bakery, outsider, 1);
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.safeTransferFrom(bakery, outsider, 1);
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.safeTransferFrom(bakery, outsider, 1, "data");
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.approve(outsider, 1);
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.setApprovalForAll(outsider, true);
            vm.expectRevert(Certificates.MembershipSeatBound.selector);
            membership.transferFrom(bakery, bakery, 1);
            vm.expectRevert();
            membership.transferFrom(bakery, address(0), 1);
            vm.stopPrank();
        }
        vm.assertEq(membership.ownerOf(1), bakery);
        vm.assertEq(membership.getApproved(1), address(0));
        vm.assertFalse(membership.isApprovedForAll(bakery, outsider));
    }

    function test_seats_that_do_not_exist_have_no_certificate() external {
        uint256[4] memory numbers = [uint256(0), 7, uint256(1) << 32 | 1, type(uint256).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            _expectNoToken(numbers[i]);
            membership.ownerOf(numbers[i]);
            _expectNoToken(numbers[i]);
            membership.locked(numbers[i]);
            _expectNoToken(numbers[i]);
            membership.tokenURI(numbers[i]);
            _expectNoToken(numbers[i]);
            membership.getApproved(numbers[i]);
        }
        vm.assertEq(membership.accountOf(0), address(0));
        vm.assertEq(membership.accountOf(7), address(0));
    }

    function test_an_applicant_has_no_certificate() external {
        _apply(applicant, USERS);

        vm.assertEq(membership.balanceOf(applicant), 0);
    }

    /// @dev The certificate is of the seat, not of the vote.
    function test_a_silent_seat_has_its_certificate_until_it_ends() external {
        _suspend(bakery);
        vm.assertEq(membership.ownerOf(1), bakery);
        vm.assertEq(membership.balanceOf(bakery), 1);
        vm.assertTrue(membership.locked(1));
        vm.assertEq(membership.getApproved(1), address(0));

        _expel(bakery);
        vm.assertEq(membership.balanceOf(bakery), 0);
        _expectNoToken(1);
        membership.ownerOf(1);
    }

    function test_balance_of_nobody_reverts() external {
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0))
        );
        membership.balanceOf(address(0));
    }

    function test_the_certificate_points_to_the_profile() external {
        vm.assertEq(membership.name(), "Seat in a meta-organization");
        vm.assertEq(membership.symbol(), "SEAT");

        bytes32 digest = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
        vm.prank(bakery);
        membership.changeProfile(digest);

        vm.assertEq(
            membership.tokenURI(1),
            "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
        );
    }

    function test_supports_the_interfaces_of_its_standards() external view {
        vm.assertTrue(membership.supportsInterface(0x01ffc9a7), "ERC-165");
        vm.assertTrue(membership.supportsInterface(0x80ac58cd), "ERC-721");
        vm.assertTrue(membership.supportsInterface(0x5b5e139f), "ERC-721 metadata");
        vm.assertTrue(membership.supportsInterface(0xb45a3c0e), "ERC-5192");
        vm.assertTrue(membership.supportsInterface(0xda287a1d), "ERC-6372");
        vm.assertTrue(membership.supportsInterface(0xe90fb3f6), "IVotes");
        vm.assertFalse(membership.supportsInterface(0xffffffff));
    }
}
