// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "./base/Governed.sol";
import {IERC5289} from "./interfaces/IERC5289.sol";
import {IInterConstitution} from "./interfaces/IInterConstitution.sol";
import {Cids} from "./libraries/Cids.sol";
import {
    EIP712Upgradeable
} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title InterConstitution
/// @dev Immutable arguments: authority.
contract InterConstitution is IInterConstitution, Governed, EIP712Upgradeable {
    bytes32 private constant ADOPTION_TYPEHASH = keccak256(
        "Adoption(address organization,uint16 version,bytes32 text,uint8 constituency,bytes32 pledge,uint32 nonce,uint48 validUntil)"
    );

    Version[] private _versions;
    mapping(address organization => mapping(uint16 version => Record)) private _adoptions;

    /// @notice Called once, by the factory, in the founding transaction.
    function initialize(bytes32 digest, uint8 codec) external initializer {
        _amend(digest, codec);
    }

    /// @inheritdoc IInterConstitution
    // slither-disable-next-line incorrect-equality -- a version and a hash, which stand beside a time
    function adopt(Adoption calldata adoption, bytes calldata signature) external {
        uint16 inForce = version();
        bytes32 text = _versions[inForce - 1].digest;
        Record storage record = _adoptions[adoption.organization][adoption.version];
        uint32 count = record.count;
        require(
            adoption.version == inForce,
            InterConstitutionVersionNotInForce(adoption.version, inForce)
        );
        require(adoption.text == text, InterConstitutionTextMismatch(adoption.text, text));
        require(
            adoption.validUntil >= block.timestamp,
            InterConstitutionSignatureExpired(adoption.validUntil)
        );
        require(adoption.nonce == count, InterConstitutionNonceMismatch(adoption.nonce, count));
        require(
            SignatureChecker.isValidSignatureNowCalldata(
                adoption.organization, hashAdoption(adoption), signature
            ),
            InterConstitutionSignatureInvalid(adoption.organization)
        );

        record.recordedAt = uint48(block.timestamp);
        record.constituency = adoption.constituency;
        record.count = count + 1;
        record.pledge = adoption.pledge;
        emit Adopted(
            adoption.organization,
            adoption.version,
            adoption.text,
            adoption.constituency,
            adoption.pledge,
            adoption.nonce,
            adoption.validUntil,
            signature
        );
        emit DocumentSigned(adoption.organization, adoption.version);
    }

    /// @inheritdoc IInterConstitution
    function amend(bytes32 digest, uint8 codec) external restricted {
        _amend(digest, codec);
    }

    /// @inheritdoc IInterConstitution
    function version() public view returns (uint16) {
        return uint16(_versions.length); // bounded in _amend
    }

    /// @inheritdoc IInterConstitution
    function versionAt(uint16 number) public view returns (Version memory) {
        require(number != 0 && number <= _versions.length, InterConstitutionVersionUnknown(number));
        return _versions[number - 1];
    }

    /// @inheritdoc IInterConstitution
    function adoptionOf(address organization, uint16 number) external view returns (Record memory) {
        return _adoptions[organization][number];
    }

    /// @inheritdoc IInterConstitution
    function adoptionInForce(address organization) external view returns (Record memory record) {
        uint16 inForce = version();
        record = _adoptions[organization][inForce];
        require(record.recordedAt != 0, InterConstitutionNotAdopted(organization, inForce));
    }

    /// @inheritdoc IInterConstitution
    function adopted(address organization)
        external
        view
        returns (bool done, uint16 inForce, uint48 since)
    {
        inForce = version();
        return
            (
                _adoptions[organization][inForce].recordedAt != 0,
                inForce,
                _versions[inForce - 1].since
            );
    }

    /// @inheritdoc IInterConstitution
    function hashAdoption(Adoption calldata adoption) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ADOPTION_TYPEHASH, adoption)));
    }

    /// @inheritdoc IERC5289
    function legalDocument(uint16 documentId) external view returns (string memory) {
        Version memory text = versionAt(documentId);
        return Cids.uri(text.digest, text.codec);
    }

    /// @inheritdoc IERC5289
    function documentSigned(address signer, uint16 documentId) external view returns (bool) {
        return _adoptions[signer][documentId].recordedAt != 0;
    }

    /// @inheritdoc IERC5289
    function documentSignedAt(address signer, uint16 documentId) external view returns (uint64) {
        return _adoptions[signer][documentId].recordedAt;
    }

    function _amend(bytes32 digest, uint8 codec) private {
        require(
            digest != 0 && (codec == Cids.RAW || codec == Cids.DAG_PB),
            InterConstitutionTextInvalid(digest, codec)
        );

        _versions.push(Version(digest, codec, uint48(block.timestamp)));
        emit Amended(SafeCast.toUint16(_versions.length), digest, codec);
    }

    /// @dev Constants instead of two storage slots for each founding.
    function _EIP712Name() internal pure override returns (string memory) {
        return "InterConstitution";
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }
}
