// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IERC5289} from "./IERC5289.sol";

/// @title The text that binds all, by its hash, and who adopted which version of it.
/// @notice Versions count from 1. An adoption is a signed act: EIP-712, also by a contract account
/// (ERC-1271), that anyone may relay. Assumptions: the digest is sha2-256 over the bytes of one IPFS
/// block; the text itself is in the commons. Powers: only a decision of the Assembly amends.
interface IInterConstitution is IERC5289 {
    /// @notice One version of the text.
    /// @param digest sha2-256 of the text's IPFS block.
    /// @param codec the CID's codec: 0x55 raw, 0x70 dag-pb.
    /// @param since when it came into force, Unix seconds.
    struct Version {
        bytes32 digest;
        uint8 codec;
        uint48 since;
    }

    /// @notice What an organization signs.
    /// @param organization the account that is bound.
    /// @param version the version of the text, which must be the one in force.
    /// @param text the digest of that version.
    /// @param constituency index of the class in which the organization joins.
    /// @param pledge sha2-256 of its pledge of patronage, canonical JSON in one raw block; 0 for none.
    /// @param nonce how often it has adopted this version before.
    /// @param validUntil the signature's last second, Unix time.
    struct Adoption {
        address organization;
        uint16 version;
        bytes32 text;
        uint8 constituency;
        bytes32 pledge;
        uint32 nonce;
        uint48 validUntil;
    }

    /// @notice What is kept of the latest adoption of a version.
    /// @param recordedAt when it was recorded, Unix seconds; 0 for never.
    /// @param count how often this version was adopted: the next nonce.
    struct Record {
        uint48 recordedAt;
        uint8 constituency;
        uint32 count;
        bytes32 pledge;
    }

    /// @notice Version `version` of the text is in force.
    event Amended(uint16 indexed version, bytes32 digest, uint8 codec);
    /// @notice `organization` adopted the text; the signature can be checked again by anyone.
    event Adopted(
        address indexed organization,
        uint16 indexed version,
        bytes32 text,
        uint8 constituency,
        bytes32 pledge,
        uint32 nonce,
        uint48 validUntil,
        bytes signature
    );

    /// @notice The text in force has another version; read it and adopt that one.
    error InterConstitutionVersionNotInForce(uint16 version, uint16 inForce);
    /// @notice The signed text is not the text in force; read the text again and sign its hash.
    error InterConstitutionTextMismatch(bytes32 signed, bytes32 inForce);
    /// @notice The signature's time has run out; sign again with a later date.
    error InterConstitutionSignatureExpired(uint48 validUntil);
    /// @notice This signature was used already or is out of order; sign with the next nonce.
    error InterConstitutionNonceMismatch(uint32 nonce, uint32 expected);
    /// @notice The signature is not one of the organization's account over exactly this adoption.
    error InterConstitutionSignatureInvalid(address organization);
    /// @notice The organization has not adopted the text in force; adopt it first.
    error InterConstitutionNotAdopted(address organization, uint16 version);
    /// @notice There is no such version of the text.
    error InterConstitutionVersionUnknown(uint16 version);
    /// @notice A text needs a digest, and the codec raw (0x55) or dag-pb (0x70).
    error InterConstitutionTextInvalid(bytes32 digest, uint8 codec);

    /// @notice Records that an organization adopts the text in force.
    /// @dev Requirements: version and text are those in force; the nonce is next; not expired; the
    /// signature is the organization's. Emits {Adopted} and {DocumentSigned}.
    /// @custom:power anyone, with the organization's signature; at once; nobody
    function adopt(Adoption calldata adoption, bytes calldata signature) external;

    /// @notice Puts a new version of the text in force.
    /// @dev Requirements: caller allowed by Authority (the Timelock). Emits {Amended}.
    /// @dev Warning: irreversible; the former version stays readable.
    function amend(bytes32 digest, uint8 codec) external;

    /// @notice The number of the version in force.
    function version() external view returns (uint16);

    /// @notice Version `number` of the text.
    function versionAt(uint16 number) external view returns (Version memory);

    /// @notice The latest adoption of version `number` by `organization`.
    function adoptionOf(address organization, uint16 number) external view returns (Record memory);

    /// @notice The adoption of the version in force by `organization`.
    /// @dev Reverts with {InterConstitutionNotAdopted} when there is none.
    function adoptionInForce(address organization) external view returns (Record memory);

    /// @notice Whether `organization` has adopted the version in force, which one that is, and since when
    /// it is in force.
    function adopted(address organization)
        external
        view
        returns (bool done, uint16 inForce, uint48 since);

    /// @notice The EIP-712 digest that the organization signs.
    function hashAdoption(Adoption calldata adoption) external view returns (bytes32);
}
