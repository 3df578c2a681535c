// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures of which one must not spoil the others.
library Signatures {
    /// @notice Whether `signer` signed `digest`; a contract account has `allowance` gas to say so.
    /// @dev As OpenZeppelin's SignatureChecker, with bounds: neither gas nor an endless answer of one
    /// account is at the expense of the signatures after it.
    function isValid(address signer, bytes32 digest, bytes calldata signature, uint256 allowance)
        internal
        view
        returns (bool valid)
    {
        if (signer.code.length == 0) {
            (address recovered, ECDSA.RecoverError fault,) =
                ECDSA.tryRecoverCalldata(digest, signature);
            return fault == ECDSA.RecoverError.NoError && recovered == signer;
        }
        bytes4 expected = IERC1271.isValidSignature.selector;
        bytes memory data = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        assembly ("memory-safe") {
            let success := staticcall(allowance, signer, add(data, 32), mload(data), 0, 32)
            valid := and(success, and(gt(returndatasize(), 31), eq(mload(0), expected)))
        }
    }
}
