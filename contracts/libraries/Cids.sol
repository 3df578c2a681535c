// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title CIDv1 over sha2-256 as text.
library Cids {
    /// @dev Codecs of one varint byte that this project records.
    uint8 internal constant RAW = 0x55;
    uint8 internal constant DAG_PB = 0x70;
    uint8 internal constant DAG_CBOR = 0x71;

    bytes32 private constant ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

    /// @notice `ipfs://` and the CID in multibase base32, lower case, without padding.
    function uri(bytes32 digest, uint8 codec) internal pure returns (string memory) {
        bytes memory cid = abi.encodePacked(bytes1(0x01), codec, bytes2(0x1220), digest);
        bytes memory text = new bytes(58); // 36 bytes = 288 bits in groups of 5, the last one of 3
        uint256 bits = 0;
        uint256 held = 0;
        uint256 written = 0;
        for (uint256 i = 0; i < cid.length; ++i) {
            bits = (bits << 8) | uint8(cid[i]);
            for (held += 8; held >= 5; ++written) {
                held -= 5;
                text[written] = ALPHABET[(bits >> held) & 31];
            }
        }
        text[written] = ALPHABET[(bits << (5 - held)) & 31];
        return string.concat("ipfs://b", string(text));
    }
}
