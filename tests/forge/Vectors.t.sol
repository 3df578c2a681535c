// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev The part of forge's cheatcodes that reads files.
interface VmFiles {
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonTypeArray(
        string calldata json,
        string calldata key,
        string calldata typeDescription
    ) external pure returns (bytes memory);
    function assertEq(bool left, bool right, string calldata message) external pure;
    function assertEq(bytes calldata left, bytes calldata right, string calldata message)
        external
        pure;
    function assertEq(int256 left, int256 right, string calldata message) external pure;
    function assertGe(uint256 left, uint256 right, string calldata message) external pure;
    function toString(uint256 value) external pure returns (string memory);
}

/// @title The same vectors that hold `metaorg/rules/decision.py`.
contract VectorsTest {
    VmFiles private constant FILES = VmFiles(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    string private constant RULE =
        "Rule(uint8 methods,uint16 approval,uint16 quorum,uint16 objections,uint8 closing,bool upgradable,uint32 delay,uint32 votingPeriod)";
    string private constant TALLY =
        "Tally(uint256 against,uint256 inFavour,uint256 abstain,uint256 seats)";

    struct Outcome {
        string name;
        Rule rule;
        ClassTally[] tallies;
        uint16[] weights;
        bool passes;
    }

    struct Pair {
        Rule first;
        Rule second;
        int8 stricter;
        bool noWeaker;
        Rule strictest;
    }

    function test_every_outcome_is_the_one_worked_out_by_hand() external view {
        Outcome[] memory outcomes = abi.decode(
            _read(
                ".outcomes",
                string.concat(
                    "Outcome(string name,Rule rule,Tally[] tallies,uint16[] weights,bool passes)",
                    RULE,
                    TALLY
                )
            ),
            (Outcome[])
        );

        FILES.assertGe(outcomes.length, 60, "outcomes");
        for (uint256 i = 0; i < outcomes.length; ++i) {
            bool passes = Rules.passes(outcomes[i].rule, outcomes[i].tallies, outcomes[i].weights);
            FILES.assertEq(passes, outcomes[i].passes, outcomes[i].name);
        }
    }

    function test_every_pair_has_its_order() external view {
        Pair[] memory pairs = abi.decode(
            _read(
                ".pairs",
                string.concat(
                    "Pair(Rule first,Rule second,int8 stricter,bool noWeaker,Rule strictest)", RULE
                )
            ),
            (Pair[])
        );

        FILES.assertGe(pairs.length, 60, "pairs");
        for (uint256 i = 0; i < pairs.length; ++i) {
            Pair memory pair = pairs[i];
            int256 seen = _compare(Rules.strictness(pair.first), Rules.strictness(pair.second));
            FILES.assertEq(seen, pair.stricter, FILES.toString(i));
            bool noWeaker = Rules.noWeaker(pair.first, pair.second);
            FILES.assertEq(noWeaker, pair.noWeaker, FILES.toString(i));
            bytes memory strictest = abi.encode(Rules.strictest(pair.first, pair.second));
            FILES.assertEq(strictest, abi.encode(pair.strictest), FILES.toString(i));
        }
    }

    function _compare(uint256 first, uint256 second) private pure returns (int256) {
        if (first == second) return 0;
        return first > second ? int256(1) : int256(-1);
    }

    function _read(string memory key, string memory description)
        private
        view
        returns (bytes memory)
    {
        string memory json = FILES.readFile("tests/vectors/decision.json");
        return FILES.parseJsonTypeArray(json, key, description);
    }
}
