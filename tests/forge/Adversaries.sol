// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

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
