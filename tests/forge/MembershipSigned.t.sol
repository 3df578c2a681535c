// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DenyingSigner} from "./Adversaries.sol";
import {MembershipFixture} from "./MembershipFixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Admission,
    AdmissionMethod,
    Application,
    IMembership,
    Standing,
    Status
} from "contracts/interfaces/IMembership.sol";

/// @title Applications that somebody else sends, or that come with the adoption; admission by decision.
contract MembershipSignedTest is MembershipFixture {
    bytes32 private constant APPLICATION_TYPEHASH = keccak256(
        "Application(address organization,uint8 kind,bytes32 profile,uint32 nonce,uint48 validUntil)"
    );

    // ------------------------------------------------------------------ applyBySig

    function test_a_signed_application_is_one_of_the_organization_whoever_sends_it() external {
        _adopt(applicant, USERS);
        Application memory application = _application(applicant);
        bytes memory signature = _signature(applicant, application);

        vm.expectEmit(address(membership));
        emit IMembership.Applied(applicant, USERS, 1, PROFILE_2, uint48(_now() + WINDOW));
        vm.prank(relayer);
        membership.applyBySig(application, signature);

        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(uint256(standing.status), uint256(Status.Applied));
        vm.assertEq(standing.since, _now());
        vm.assertEq(standing.constituency, USERS);
        vm.assertEq(standing.kind, 1);
        vm.assertEq(standing.admissibleAt, _now() + WINDOW);
        vm.assertEq(standing.nonce, 1);
        vm.assertEq(membership.nonces(applicant), 1);
        vm.assertEq(membership.profileOf(applicant), PROFILE_2);
        _assertStatus(relayer, Status.None);
    }

    function test_the_signed_digest_is_that_of_eip_712() external view {
        Application memory application = _application(applicant);
        bytes32 content = keccak256(
            abi.encode(
                APPLICATION_TYPEHASH,
                application.organization,
                application.kind,
                application.profile,
                application.nonce,
                application.validUntil
            )
        );

        vm.assertEq(
            membership.hashApplication(application),
            _typed(_domain("Membership", address(membership)), content)
        );
    }

    function test_a_signature_is_good_until_its_last_second() external {
        _adopt(applicant, USERS);
        Application memory application = _application(applicant);
        bytes memory signature = _signature(applicant, application);

        vm.warp(application.validUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipSignatureExpired.selector, application.validUntil
            )
        );
        membership.applyBySig(application, signature);

        vm.warp(application.validUntil);
        membership.applyBySig(application, signature);
        _assertStatus(applicant, Status.Applied);
    }

    function test_a_signature_is_used_once_and_in_its_turn() external {
        _adopt(applicant, USERS);
        Application memory application = _application(applicant);
        bytes memory signature = _signature(applicant, application);
        membership.applyBySig(application, signature);
        _leave(applicant);

        _expectNonceMismatch(0, 1);
        membership.applyBySig(application, signature);
        application.nonce = 2;
        signature = _signature(applicant, application);
        _expectNonceMismatch(2, 1);
        membership.applyBySig(application, signature);
        application.nonce = 1;
        membership.applyBySig(application, _signature(applicant, application));
        vm.assertEq(membership.nonces(applicant), 2);
    }

    function test_each_part_of_the_application_is_signed() external {
        _adopt(applicant, USERS);
        _adopt(newcomer, USERS);
        Application memory signed = _application(applicant);
        bytes memory signature = _signature(applicant, signed);
        for (uint256 part = 0; part < 5; ++part) {
            Application memory sent = _application(applicant);
            if (part == 0) sent.organization = newcomer;
            if (part == 1) sent.kind = 0;
            if (part == 2) sent.profile = PROFILE;
            if (part == 3) ++sent.validUntil;
            bytes memory other = part == 4 ? _signature(newcomer, signed) : signature;
            _expectInvalid(sent.organization);
            membership.applyBySig(sent, other);
        }
        vm.assertEq(membership.nonces(applicant), 0);
    }

    function test_a_signature_for_another_register_is_none() external {
        _adopt(applicant, USERS);
        Application memory application = _application(applicant);
        bytes memory signature = _signature(applicant, application);
        vm.chainId(block.chainid + 1);

        _expectInvalid(applicant);
        membership.applyBySig(application, signature);
    }

    function test_a_contract_account_applies_with_the_signature_of_its_owner() external {
        address account = address(new Wallet(newcomer));
        keys[account] = keys[newcomer];
        _adopt(account, USERS);
        Application memory application = _application(account);

        membership.applyBySig(application, _signature(newcomer, application));
        _assertStatus(account, Status.Applied);
    }

    function test_a_contract_account_can_deny() external {
        address account = address(new DenyingSigner());
        Application memory application = _application(account);

        _expectInvalid(account);
        membership.applyBySig(application, "");
    }

    /// @dev It can be sent again when the organization has adopted.
    function test_a_refused_application_uses_up_no_signature() external {
        Application memory application = _application(applicant);
        bytes memory signature = _signature(applicant, application);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, applicant, 1
            )
        );
        membership.applyBySig(application, signature);
        vm.assertEq(membership.nonces(applicant), 0);

        _adopt(applicant, GROWERS);
        membership.applyBySig(application, signature);
        vm.assertEq(membership.standingOf(applicant).constituency, GROWERS);
    }

    function test_a_signed_application_is_refused_as_any_other() external {
        Application memory application = _application(bakery);
        bytes memory signature = _signature(bakery, application);
        _expectStatusRefusal(bakery, Status.Active);
        membership.applyBySig(application, signature);

        _adopt(applicant, USERS);
        application = _application(applicant);
        application.kind = 2;
        signature = _signature(applicant, application);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipKindUnknown.selector, 2));
        membership.applyBySig(application, signature);

        (application.kind, application.profile) = (0, 0);
        signature = _signature(applicant, application);
        vm.expectRevert(IMembership.MembershipProfileMissing.selector);
        membership.applyBySig(application, signature);
    }

    function test_applications_and_moves_are_counted_together() external {
        vm.assertEq(membership.nonces(applicant), 0);
        _adopt(applicant, USERS);
        Application memory application = _application(applicant);
        membership.applyBySig(application, _signature(applicant, application));
        _skip(WINDOW);
        membership.admit(applicant);
        vm.assertEq(membership.nonces(applicant), 1);

        _adopt(newcomer, USERS);
        _moveSigned(applicant, newcomer);
        vm.assertEq(membership.nonces(applicant), 2);
        vm.assertEq(membership.nonces(newcomer), 0);
    }

    // ------------------------------------------------------------------ adoptAndApply

    function test_adoption_and_application_go_together() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, GROWERS);
        bytes memory signature = _sign(applicant, _adoptionDigest(address(constitution), adoption));

        vm.expectEmit(address(constitution));
        emit IInterConstitution.Adopted(
            applicant, 1, TEXT, GROWERS, PLEDGE, 0, adoption.validUntil, signature
        );
        vm.expectEmit(address(membership));
        emit IMembership.Applied(applicant, GROWERS, 1, PROFILE, uint48(_now() + WINDOW));
        vm.prank(applicant);
        membership.adoptAndApply(adoption, signature, 1, PROFILE);

        vm.assertEq(constitution.adoptionOf(applicant, 1).recordedAt, _now());
        Standing memory standing = membership.standingOf(applicant);
        vm.assertEq(uint256(standing.status), uint256(Status.Applied));
        vm.assertEq(standing.constituency, GROWERS);
        vm.assertEq(standing.kind, 1);
        vm.assertEq(standing.nonce, 0, "it signed no application");
        vm.assertEq(membership.profileOf(applicant), PROFILE);
    }

    function test_nobody_sends_adoption_and_application_for_another() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, USERS);
        bytes memory signature = _sign(applicant, _adoptionDigest(address(constitution), adoption));

        vm.prank(relayer);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMembership.MembershipSenderUnexpected.selector, relayer, applicant
            )
        );
        membership.adoptAndApply(adoption, signature, 0, PROFILE);
    }

    function test_the_application_fails_with_the_adoption_and_the_other_way_round() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, USERS);
        bytes memory signature = _sign(applicant, _adoptionDigest(address(constitution), adoption));
        vm.prank(applicant);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureInvalid.selector, applicant
            )
        );
        membership.adoptAndApply(adoption, new bytes(65), 0, PROFILE);

        vm.prank(applicant);
        vm.expectRevert(abi.encodeWithSelector(IMembership.MembershipKindUnknown.selector, 2));
        membership.adoptAndApply(adoption, signature, 2, PROFILE);
        vm.assertEq(constitution.adoptionOf(applicant, 1).recordedAt, 0);

        adoption.constituency = NOWHERE;
        signature = _sign(applicant, _adoptionDigest(address(constitution), adoption));
        vm.prank(applicant);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipConstituencyUnknown.selector, NOWHERE)
        );
        membership.adoptAndApply(adoption, signature, 0, PROFILE);
    }

    // ------------------------------------------------------------------ admission by decision

    function test_where_decisions_admit_nobody_is_admitted_in_silence() external {
        _admitByDecision();
        _apply(applicant, USERS);
        vm.assertEq(membership.standingOf(applicant).admissibleAt, NEVER);

        _skip(1000 * 365 days);
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipDecisionRequired.selector, applicant)
        );
        membership.admit(applicant);

        _decideOn(applicant, true);
        _assertStatus(applicant, Status.Active);
    }

    function test_where_decisions_admit_members_can_object_at_any_time() external {
        _admitByDecision();
        _apply(applicant, USERS);
        _skip(365 days);
        _object(bakery, applicant);

        _assertStatus(applicant, Status.Objected);
        _decideOn(applicant, true);
        _assertStatus(applicant, Status.Active);
    }

    function test_who_applied_before_waits_for_no_decision() external {
        _apply(applicant, USERS);
        _admitByDecision();
        _skip(WINDOW);

        membership.admit(applicant);

        _assertStatus(applicant, Status.Active);
    }

    function test_where_decisions_admit_there_is_no_window() external {
        Admission memory rule = _byDecision();
        rule.window = 1;
        _expectAdmissionInvalid(rule);
    }

    // ------------------------------------------------------------------ helpers

    function _byDecision() private pure returns (Admission memory rule) {
        rule = _lazyConsent();
        (rule.method, rule.window) = (AdmissionMethod.Decision, 0);
    }

    function _admitByDecision() private {
        _setAdmission(_byDecision());
    }

    function _application(address organization) private view returns (Application memory) {
        uint32 nonce = uint32(membership.nonces(organization));
        return Application(organization, 1, PROFILE_2, nonce, uint48(_now() + 1 hours));
    }

    function _signature(address signer, Application memory application)
        private
        view
        returns (bytes memory)
    {
        return _sign(signer, membership.hashApplication(application));
    }

    function _expectNonceMismatch(uint32 nonce, uint32 expected) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipNonceMismatch.selector, nonce, expected)
        );
    }

    function _expectInvalid(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMembership.MembershipSignatureInvalid.selector, account)
        );
    }
}
