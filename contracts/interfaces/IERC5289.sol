// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @title ERC-5289, its reads: which account signed which document, and when.
/// @dev The standard's `signDocument` is left out on purpose: an adoption binds more than an id.
interface IERC5289 {
    /// @notice `signer` signed document `documentId`.
    event DocumentSigned(address indexed signer, uint16 indexed documentId);

    /// @notice Where document `documentId` can be fetched, as `ipfs://CID`.
    function legalDocument(uint16 documentId) external view returns (string memory);

    /// @notice Whether `signer` signed document `documentId`.
    function documentSigned(address signer, uint16 documentId) external view returns (bool);

    /// @notice When `signer` signed document `documentId`, in Unix seconds; 0 for never.
    function documentSignedAt(address signer, uint16 documentId) external view returns (uint64);
}
