// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Governed} from "contracts/base/Governed.sol";
import {IERC5289} from "contracts/interfaces/IERC5289.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {Status} from "contracts/interfaces/IMembership.sol";

contract InterConstitutionTest is Fixture {
    bytes32 private constant SECOND_TEXT = keccak256("the second text");
    uint8 private constant DAG_PB = 0x70;
    uint8 private constant DAG_CBOR = 0x71;

    // ------------------------------------------------------------------ adopt

    function test_adopt_records_what_was_signed() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, USERS);

        constitution.adopt(adoption, _signatureOf(applicant, adoption));

        IInterConstitution.Record memory record = constitution.adoptionOf(applicant, 1);
        vm.assertEq(record.recordedAt, _now());
        vm.assertEq(record.constituency, USERS);
        vm.assertEq(record.count, 1);
        vm.assertEq(record.pledge, PLEDGE);
        vm.assertEq(
            keccak256(abi.encode(constitution.adoptionInForce(applicant))),
            keccak256(abi.encode(record))
        );
    }

    function test_adopt_emits_all_that_is_needed_to_check_the_signature_again() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, USERS);
        bytes memory signature = _signatureOf(applicant, adoption);

        vm.expectEmit(address(constitution));
        emit IInterConstitution.Adopted(
            applicant, 1, TEXT, USERS, PLEDGE, 0, adoption.validUntil, signature
        );
        vm.expectEmit(address(constitution));
        emit IERC5289.DocumentSigned(applicant, 1);
        constitution.adopt(adoption, signature);
    }

    function test_anyone_may_relay_an_adoption() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        bytes memory signature = _signatureOf(applicant, adoption);

        vm.prank(relayer);
        constitution.adopt(adoption, signature);

        vm.assertTrue(constitution.documentSigned(applicant, 1));
        vm.assertFalse(constitution.documentSigned(relayer, 1));
    }

    function test_a_contract_account_adopts_by_its_own_check() external {
        Wallet wallet = new Wallet(applicant);
        IInterConstitution.Adoption memory adoption = _adoption(address(wallet), WORKERS);

        constitution.adopt(adoption, _signatureOf(applicant, adoption));

        vm.assertTrue(constitution.documentSigned(address(wallet), 1));
        vm.assertFalse(constitution.documentSigned(applicant, 1), "its owner did not adopt");
    }

    function test_adopt_reverts_when_the_contract_account_refuses() external {
        Wallet wallet = new Wallet(applicant);
        IInterConstitution.Adoption memory adoption = _adoption(address(wallet), WORKERS);

        _expectRefusal(
            adoption,
            _signatureOf(outsider, adoption),
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureInvalid.selector, address(wallet)
            )
        );
    }

    function test_adopt_reverts_when_somebody_else_signed() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);

        _expectRefusal(adoption, _signatureOf(outsider, adoption), _invalid(applicant));
    }

    function test_adopt_reverts_when_nobody_signed() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);

        _expectRefusal(adoption, "", _invalid(applicant));
    }

    function test_adopt_reverts_for_the_account_zero() external {
        IInterConstitution.Adoption memory adoption = _adoption(address(0), WORKERS);

        _expectRefusal(adoption, new bytes(65), _invalid(address(0)));
    }

    /// @dev The twin of a signature in the upper half of the curve's order.
    function test_adopt_reverts_with_a_malleable_signature() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(keys[applicant], _adoptionDigest(address(constitution), adoption));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? 28 : 27);

        _expectRefusal(adoption, twin, _invalid(applicant));
    }

    function test_adopt_reverts_when_any_part_differs_from_what_was_signed() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        bytes memory signature = _signatureOf(applicant, adoption);

        adoption.constituency = USERS;
        _expectRefusal(adoption, signature, _invalid(applicant));

        adoption = _adoption(applicant, WORKERS);
        adoption.pledge = keccak256("another pledge");
        _expectRefusal(adoption, signature, _invalid(applicant));

        adoption = _adoption(applicant, WORKERS);
        adoption.validUntil += 1;
        _expectRefusal(adoption, signature, _invalid(applicant));

        adoption = _adoption(newcomer, WORKERS);
        _expectRefusal(adoption, signature, _invalid(newcomer));
    }

    function test_adopt_reverts_when_signed_for_another_contract_or_chain() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        bytes memory elsewhere =
            _sign(applicant, _adoptionDigest(implementations.interConstitution, adoption));
        _expectRefusal(adoption, elsewhere, _invalid(applicant));

        bytes memory here = _signatureOf(applicant, adoption);
        vm.chainId(block.chainid + 1);
        _expectRefusal(adoption, here, _invalid(applicant));
    }

    function test_adopt_reverts_with_a_version_that_is_not_in_force() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        adoption.version = 2;

        _expectRefusal(
            adoption,
            _signatureOf(applicant, adoption),
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionVersionNotInForce.selector, 2, 1
            )
        );
    }

    function test_adopt_reverts_with_a_former_version() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        adoption.validUntil = type(uint48).max;
        bytes memory signature = _signatureOf(applicant, adoption);
        _amendText();

        _expectRefusal(
            adoption,
            signature,
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionVersionNotInForce.selector, 1, 2
            )
        );
    }

    function test_adopt_reverts_with_another_text() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        adoption.text = SECOND_TEXT;

        _expectRefusal(
            adoption,
            _signatureOf(applicant, adoption),
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionTextMismatch.selector, SECOND_TEXT, TEXT
            )
        );
    }

    function test_adopt_is_valid_until_its_last_second_and_not_after() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        bytes memory signature = _signatureOf(applicant, adoption);

        vm.warp(adoption.validUntil + 1);
        _expectRefusal(
            adoption,
            signature,
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureExpired.selector, adoption.validUntil
            )
        );

        vm.warp(adoption.validUntil);
        constitution.adopt(adoption, signature);
        vm.assertTrue(constitution.documentSigned(applicant, 1));
    }

    function test_adopt_refuses_a_replay() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        bytes memory signature = _signatureOf(applicant, adoption);
        constitution.adopt(adoption, signature);

        _expectRefusal(
            adoption,
            signature,
            abi.encodeWithSelector(IInterConstitution.InterConstitutionNonceMismatch.selector, 0, 1)
        );
    }

    function test_adopt_reverts_with_a_nonce_ahead_of_its_turn() external {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);
        adoption.nonce = 1;

        _expectRefusal(
            adoption,
            _signatureOf(applicant, adoption),
            abi.encodeWithSelector(IInterConstitution.InterConstitutionNonceMismatch.selector, 1, 0)
        );
    }

    function test_a_later_adoption_takes_the_place_of_the_former() external {
        _adopt(applicant, WORKERS);
        uint256 first = _now();
        _skip(1 hours);

        _adopt(applicant, USERS);

        IInterConstitution.Record memory record = constitution.adoptionInForce(applicant);
        vm.assertEq(record.count, 2);
        vm.assertEq(record.constituency, USERS);
        vm.assertEq(record.recordedAt, first + 1 hours);
    }

    function test_hash_is_that_of_eip_712() external view {
        IInterConstitution.Adoption memory adoption = _adoption(applicant, WORKERS);

        vm.assertEq(
            constitution.hashAdoption(adoption), _adoptionDigest(address(constitution), adoption)
        );
        (, string memory name, string memory version, uint256 chainId, address verifying,,) =
            constitution.eip712Domain();
        vm.assertEq(name, "InterConstitution");
        vm.assertEq(version, "1");
        vm.assertEq(chainId, block.chainid);
        vm.assertEq(verifying, address(constitution));
    }

    // ------------------------------------------------------------------ amend

    function test_amend_puts_the_next_version_in_force() external {
        uint256 proposed = _now();

        _amendText();

        vm.assertEq(constitution.version(), 2);
        IInterConstitution.Version memory text = constitution.versionAt(2);
        vm.assertEq(text.digest, SECOND_TEXT);
        vm.assertEq(text.codec, DAG_PB);
        vm.assertEq(text.since, _now());
        vm.assertGt(text.since, proposed);
        vm.assertEq(constitution.versionAt(1).digest, TEXT, "the former version stays readable");
    }

    function test_amend_emits_amended() external {
        vm.expectEmit(address(constitution));
        emit IInterConstitution.Amended(2, SECOND_TEXT, DAG_PB);
        vm.prank(address(timelock));
        constitution.amend(SECOND_TEXT, DAG_PB);
    }

    function test_amend_reverts_without_a_digest() external {
        vm.prank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionTextInvalid.selector, bytes32(0), RAW
            )
        );
        constitution.amend(0, RAW);
    }

    function test_amend_reverts_with_a_codec_that_holds_no_text() external {
        vm.prank(address(timelock));
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionTextInvalid.selector, SECOND_TEXT, DAG_CBOR
            )
        );
        constitution.amend(SECOND_TEXT, DAG_CBOR);
    }

    function test_amend_reverts_for_everybody_but_a_decision() external {
        vm.prank(bakery);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery)
        );
        constitution.amend(SECOND_TEXT, RAW);
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        constitution.setAuthority(bakery);
    }

    function test_an_amendment_leaves_former_adoptions_of_the_former_version() external {
        _amendText();

        vm.assertTrue(constitution.documentSigned(bakery, 1));
        vm.assertFalse(constitution.documentSigned(bakery, 2));
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, bakery, 2
            )
        );
        constitution.adoptionInForce(bakery);
    }

    function test_an_amendment_makes_an_applicant_adopt_again() external {
        _apply(applicant, WORKERS);
        _amendText();
        vm.warp(_now() + WINDOW);

        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, applicant, 2
            )
        );
        membership.admit(applicant);

        _adopt(applicant, WORKERS);
        membership.admit(applicant);
        _assertStatus(applicant, Status.Active);
    }

    function test_an_amendment_makes_who_adopted_earlier_adopt_before_applying() external {
        _adopt(applicant, WORKERS);
        _amendText();

        vm.prank(applicant);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionNotAdopted.selector, applicant, 2
            )
        );
        membership.applyForSeat(0, PROFILE);
    }

    function test_a_seat_can_adopt_the_new_version_with_nonces_from_zero() external {
        _amendText();

        _adopt(bakery, WORKERS);

        vm.assertEq(constitution.adoptionOf(bakery, 2).count, 1);
        vm.assertEq(constitution.adoptionOf(bakery, 1).count, 1);
    }

    // ------------------------------------------------------------------ reads

    function test_whether_somebody_adopted_is_of_the_text_in_force() external {
        uint256 founded = START;
        (bool done, uint16 inForce, uint48 since) = constitution.adopted(bakery);
        vm.assertTrue(done);
        vm.assertEq(inForce, 1);
        vm.assertEq(since, founded);
        (done,,) = constitution.adopted(outsider);
        vm.assertFalse(done);

        _amendText();
        (done, inForce, since) = constitution.adopted(bakery);
        vm.assertFalse(done);
        vm.assertEq(inForce, 2);
        vm.assertEq(since, _now());

        _adopt(bakery, USERS);
        (done,,) = constitution.adopted(bakery);
        vm.assertTrue(done);
    }

    function test_version_at_reverts_for_unknown_versions() external {
        vm.expectRevert(
            abi.encodeWithSelector(IInterConstitution.InterConstitutionVersionUnknown.selector, 0)
        );
        constitution.versionAt(0);

        vm.expectRevert(
            abi.encodeWithSelector(IInterConstitution.InterConstitutionVersionUnknown.selector, 2)
        );
        constitution.versionAt(2);
    }

    function test_document_reads_tell_who_signed_what_and_when() external view {
        vm.assertTrue(constitution.documentSigned(bakery, 1));
        vm.assertEq(constitution.documentSignedAt(bakery, 1), START);
        vm.assertFalse(constitution.documentSigned(bakery, 2));
        vm.assertEq(constitution.documentSignedAt(bakery, 2), 0);
        vm.assertFalse(constitution.documentSigned(outsider, 1));
        vm.assertEq(constitution.documentSignedAt(outsider, 1), 0);
    }

    /// @dev The CIDs of the empty file and of the empty folder, as IPFS prints them.
    function test_legal_document_is_the_cid_of_the_text() external {
        bytes32 ofNothing = sha256("");
        vm.startPrank(address(timelock));

        constitution.amend(ofNothing, RAW);
        vm.assertEq(
            constitution.legalDocument(2),
            "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
        );

        constitution.amend(
            0x59948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef, DAG_PB
        );
        vm.assertEq(
            constitution.legalDocument(3),
            "ipfs://bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"
        );
    }

    function test_legal_document_reverts_for_unknown_versions() external {
        vm.expectRevert(
            abi.encodeWithSelector(IInterConstitution.InterConstitutionVersionUnknown.selector, 2)
        );
        constitution.legalDocument(2);
    }

    // ------------------------------------------------------------------ helpers

    function _signatureOf(address signer, IInterConstitution.Adoption memory adoption)
        private
        view
        returns (bytes memory)
    {
        return _sign(signer, _adoptionDigest(address(constitution), adoption));
    }

    function _invalid(address organization) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IInterConstitution.InterConstitutionSignatureInvalid.selector, organization
        );
    }

    function _expectRefusal(
        IInterConstitution.Adoption memory adoption,
        bytes memory signature,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        constitution.adopt(adoption, signature);
    }

    function _amendText() private {
        _decide(address(constitution), abi.encodeCall(constitution.amend, (SECOND_TEXT, DAG_PB)));
    }
}
