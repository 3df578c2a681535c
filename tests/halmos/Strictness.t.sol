// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Of any rules, in range or not, unless the check itself says more.
contract StrictnessProofs {
    // ------------------------------------------------------------------ strictness

    /// @dev Numbers are totally ordered; where no two rules have the same, so are the rules.
    function check_S1_only_the_same_rule_is_as_strict(Rule memory a, Rule memory b) external pure {
        vm.assume(Rules.strictness(a) == Rules.strictness(b));

        assert(_same(a, b));
    }

    function check_S2_a_rule_with_more_methods_is_stricter(Rule memory a, Rule memory b)
        external
        pure
    {
        vm.assume(a.methods & b.methods == b.methods && a.methods != b.methods);

        assert(Rules.strictness(a) > Rules.strictness(b));
    }

    function check_S3_a_rule_that_is_no_weaker_is_as_strict(Rule memory a, Rule memory b)
        external
        pure
    {
        vm.assume(Rules.noWeaker(a, b) && (a.upgradable || !b.upgradable));

        assert(Rules.strictness(a) >= Rules.strictness(b));
    }

    // ------------------------------------------------------------------ no weaker

    function check_S4_a_rule_is_no_weaker_than_itself(Rule memory a) external pure {
        assert(Rules.noWeaker(a, a));
    }

    /// @dev With S9 and S10, {Rules-noWeaker} is transitive: who is the strictest of itself and another is
    /// also the strictest of itself and whatever that other is the strictest of.
    function check_S5_a_rule_is_no_weaker_where_it_is_the_strictest_of_both(
        Rule memory a,
        Rule memory b
    ) external pure {
        Rule memory both = _join(a, b);
        both.upgradable = a.upgradable;

        assert(Rules.noWeaker(a, b) == _same(both, a));
    }

    function check_S6_two_rules_no_weaker_than_each_other_are_the_same(Rule memory a, Rule memory b)
        external
        pure
    {
        vm.assume(Rules.noWeaker(a, b) && Rules.noWeaker(b, a) && a.upgradable == b.upgradable);

        assert(_same(a, b));
    }

    // ------------------------------------------------------------------ strictest

    function check_S7_the_strictest_is_the_larger_in_every_part(Rule memory a, Rule memory b)
        external
        pure
    {
        assert(_same(Rules.strictest(a, b), _join(a, b)));
    }

    function check_S8_the_order_of_two_does_not_matter(Rule memory a, Rule memory b) external pure {
        assert(_same(_join(a, b), _join(b, a)));
    }

    function check_S9_the_order_of_three_does_not_matter(
        Rule memory a,
        Rule memory b,
        Rule memory c
    ) external pure {
        assert(_same(_join(_join(a, b), c), _join(a, _join(b, c))));
    }

    function check_S10_a_rule_twice_is_itself(Rule memory a) external pure {
        assert(_same(_join(a, a), a));
    }

    function check_S11_the_strictest_is_as_strict_as_either(Rule memory a, Rule memory b)
        external
        pure
    {
        Rule memory both = _join(a, b);

        assert(Rules.noWeaker(both, a) && Rules.noWeaker(both, b));
        assert(both.upgradable == (a.upgradable || b.upgradable));
        assert(Rules.strictness(both) >= Rules.strictness(a));
        assert(Rules.strictness(both) >= Rules.strictness(b));
    }

    function check_S12_the_strictest_asks_for_nothing_more(
        Rule memory a,
        Rule memory b,
        Rule memory c
    ) external pure {
        vm.assume(Rules.noWeaker(c, a) && Rules.noWeaker(c, b));

        assert(Rules.noWeaker(c, _join(a, b)));
    }

    function check_S13_the_strictest_is_in_range(Rule memory a, Rule memory b) external pure {
        vm.assume(Rules.inRange(a) && Rules.inRange(b));

        assert(Rules.inRange(_join(a, b)));
    }

    /// @dev {Rules-strictest} without branches, of which three of them have millions: the two are the same
    /// by S7, so that what is proved of this holds of that.
    function _join(Rule memory a, Rule memory b) private pure returns (Rule memory) {
        return Rule({
            methods: a.methods | b.methods,
            approval: uint16(_max(a.approval, b.approval)),
            quorum: uint16(_max(a.quorum, b.quorum)),
            objections: uint16(_least(a.objections, b.objections)),
            closing: uint8(_max(a.closing, b.closing)),
            upgradable: _bit(a.upgradable) | _bit(b.upgradable) != 0,
            delay: uint32(_max(a.delay, b.delay)),
            votingPeriod: uint32(_max(a.votingPeriod, b.votingPeriod))
        });
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return b ^ (a ^ b) & 0 - _bit(a > b);
        }
    }

    /// @dev The fewer objections, where 0 stands for none that count: as 16 bits, 0 - 1 is the most.
    function _least(uint16 a, uint16 b) private pure returns (uint256) {
        unchecked {
            return uint16(~_max(uint16(~(a - 1)), uint16(~(b - 1))) + 1);
        }
    }

    function _bit(bool value) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := value
        }
    }

    /// @dev One expression, not eight branches.
    function _same(Rule memory a, Rule memory b) private pure returns (bool) {
        uint256 differences = uint256(a.methods ^ b.methods) | a.approval ^ b.approval | a.quorum
            ^ b.quorum | a.objections ^ b.objections | a.closing ^ b.closing | a.delay ^ b.delay
            | a.votingPeriod ^ b.votingPeriod;
        return differences == 0 && a.upgradable == b.upgradable;
    }
}
