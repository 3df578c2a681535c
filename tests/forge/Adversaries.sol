// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title A foreign contract that counts how often each number was rung.
contract Bell {
    mapping(uint256 number => uint256) public rung;

    function ring(uint256 number) external payable {
        ++rung[number];
    }
}

/// @title A module of the meta-organization that nobody registered.
contract UnregisteredModule is AccessManaged {
    uint256 public value;

    constructor(address authority_) AccessManaged(authority_) {}

    function set(uint256 value_) external restricted {
        value = value_;
    }

    fallback() external payable restricted {
        value = msg.data.length;
    }
}

/// @title A module whose `authority()` costs about as much as it may.
contract SlowModule {
    address private immutable AUTHORITY;

    constructor(address authority_) {
        AUTHORITY = authority_;
    }

    function authority() external view returns (address) {
        uint256 before = gasleft();
        while (before - gasleft() < 25_000) {}
        return AUTHORITY;
    }
}

/// @title A foreign contract that claims to be of the meta-organization.
contract Liar {
    address private immutable CLAIMED;

    constructor(address claimed) {
        CLAIMED = claimed;
    }

    function authority() external view returns (address) {
        return CLAIMED;
    }
}

/// @title A foreign contract that does not want to be asked.
contract RevertingStranger {
    function authority() external pure returns (address) {
        revert("no");
    }
}

/// @title A foreign contract that spends all the gas it gets.
contract GasEatingStranger {
    function authority() external pure returns (address) {
        while (true) {}
        return address(0);
    }
}

/// @title A foreign contract that answers with the bytes it was made with.
contract RubbishStranger {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback() external {
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }
}

/// @title A foreign contract that answers with as many zeros as its gas buys.
contract ReturnBomb {
    fallback() external {
        assembly ("memory-safe") {
            return(0, 80000)
        }
    }
}

/// @title A target that executes the decision that calls it a second time.
contract ReentrantTarget {
    address private immutable ASSEMBLY;
    bytes private _again;
    uint256 public calls;
    bytes public refusal;

    constructor(address assembly_) {
        ASSEMBLY = assembly_;
    }

    function arm(bytes calldata again) external {
        _again = again;
    }

    function strike() external {
        ++calls;
        (bool success, bytes memory answer) = ASSEMBLY.call(_again);
        if (!success) refusal = answer;
    }
}

/// @title A contract account that denies every signature, in the form of the standard.
contract DenyingSigner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

/// @title A contract account that says yes with more than the standard's four bytes.
contract RamblingSigner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes32) {
        return bytes32(IERC1271.isValidSignature.selector) | bytes32(uint256(1));
    }
}

/// @title A contract account that says yes in four bytes where a word is due.
contract ShortSigner {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 4)
        }
    }
}

/// @title A contract account that reverts with the answer of who signed.
contract RevertingSigner {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, shl(224, 0x1626ba7e))
            revert(0, 32)
        }
    }
}

/// @title A contract account that spends all the gas it gets.
contract GasEatingSigner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return IERC1271.isValidSignature.selector;
    }
}

/// @title A contract account whose check is right and costs about this much gas.
contract SlowSigner {
    uint256 private immutable COST;

    constructor(uint256 cost) {
        COST = cost;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 before = gasleft();
        while (before - gasleft() < COST) {}
        return IERC1271.isValidSignature.selector;
    }
}

/// @title A contract account that answers with as much as its gas buys.
contract ReturnBombSigner {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 200000)
        }
    }
}

/// @title A contract account that votes while it is asked for its signature.
contract ReentrantSigner {
    address private immutable ASSEMBLY;

    constructor(address assembly_) {
        ASSEMBLY = assembly_;
    }

    function isValidSignature(bytes32, bytes calldata content) external returns (bytes4) {
        uint256 proposalId = abi.decode(content, (uint256));
        IGovernor(ASSEMBLY).castVote(proposalId, 1);
        return IERC1271.isValidSignature.selector;
    }
}

/// @title A target that answers with this many bytes, or refuses with them.
contract Bomb {
    function answer(uint256 size) external pure {
        assembly ("memory-safe") {
            return(mload(0x40), size)
        }
    }

    function refuse(uint256 size) external pure {
        assembly ("memory-safe") {
            revert(mload(0x40), size)
        }
    }
}
