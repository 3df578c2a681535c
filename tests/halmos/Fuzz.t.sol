// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Proposal, Proposals} from "contracts/libraries/Proposals.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev What multiplies or divides unknowns, which the solvers do not settle in time: tried by forge on
/// 1 to 3 classes of up to 20 seats, where neither side is rare, with votes in units.
contract FuzzTest {
    struct Case {
        uint256 seed;
        uint8 classes;
    }

    function testFuzz_F1_what_passes_by_the_strictest_passes_by_either(Case memory c)
        external
        pure
    {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);
        Rule memory a = _rule(_draw(c, "a"));
        Rule memory b = _rule(_draw(c, "b"));

        if (!Rules.passes(Rules.strictest(a, b), tallies, weights)) return;

        vm.assertTrue(Rules.passes(a, tallies, weights) && Rules.passes(b, tallies, weights));
    }

    function testFuzz_F2_a_unit_more_in_favour_never_harms(Case memory c) external pure {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);
        Rule memory rule = _rule(_draw(c, "rule"));
        if (!Rules.passes(rule, tallies, weights)) return;
        ClassTally memory class = tallies[_draw(c, "class") % tallies.length];

        if (_draw(c, "from") & 1 == 1 && class.against != 0) --class.against;
        else if (class.abstain != 0) --class.abstain;
        ++class.inFavour;

        vm.assertTrue(Rules.passes(rule, tallies, weights));
    }

    /// @dev Consent asks for no majority.
    function testFuzz_F3_a_tie_in_every_class_fails(Case memory c) external pure {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);
        Rule memory rule = _rule(_draw(c, "rule"));
        vm.assume(rule.methods != Rules.CONSENT);

        for (uint256 i = 0; i < tallies.length; ++i) {
            tallies[i].inFavour = tallies[i].against;
        }

        vm.assertFalse(Rules.passes(rule, tallies, weights));
    }

    function testFuzz_F4_a_weighted_share_is_at_most_the_whole(Case memory c) external pure {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);

        vm.assertLe(Rules.weightedShare(tallies, weights), Rules.SHARE);
    }

    function testFuzz_F5_the_closing_part_is_within_the_voting(uint40 start, uint256 seed)
        external
        pure
    {
        Rule memory rule = _rule(seed);

        uint256 part = Proposals.pack(1, start, rule, 0).closingPart();

        vm.assertEq(part, uint256(rule.votingPeriod) * rule.closing / 100);
        vm.assertLe(part, rule.votingPeriod);
    }

    function testFuzz_F6_no_weaker_is_transitive(uint256 a, uint256 b, uint256 c) external pure {
        Rule memory least = _rule(c);
        Rule memory middle = Rules.strictest(least, _rule(b));
        Rule memory most = Rules.strictest(middle, _rule(a));

        vm.assertTrue(Rules.noWeaker(most, middle) && Rules.noWeaker(middle, least));
        vm.assertTrue(Rules.noWeaker(most, least));
    }

    function testFuzz_F7_what_one_class_has_not_agreed_to_fails_by_each_class(Case memory c)
        external
        pure
    {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);
        Rule memory rule = _rule(_draw(c, "rule"));
        vm.assume(rule.methods & Rules.IN_EACH_CLASS != 0);
        ClassTally memory class = tallies[_draw(c, "class") % tallies.length];

        if (class.seats == 0) class.seats = 1;
        if (class.inFavour > class.against) class.inFavour = class.against;

        vm.assertFalse(Rules.passes(rule, tallies, weights));
    }

    function testFuzz_F8_as_many_objections_as_the_rule_says_stop_consent(Case memory c)
        external
        pure
    {
        (ClassTally[] memory tallies, uint16[] memory weights) = _votes(c);
        Rule memory rule = _rule(_draw(c, "rule"));
        vm.assume(rule.methods & Rules.CONSENT != 0);

        tallies[0].against += rule.objections * Rules.UNITS_PER_SEAT;

        vm.assertFalse(Rules.passes(rule, tallies, weights));
    }

    // ------------------------------------------------------------------ cases

    function _draw(Case memory c, string memory what) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(c.seed, what)));
    }

    function _votes(Case memory c)
        private
        pure
        returns (ClassTally[] memory tallies, uint16[] memory weights)
    {
        tallies = new ClassTally[](1 + c.classes % 3);
        weights = new uint16[](tallies.length);
        uint256 left = Rules.BASIS;
        for (uint256 i = 0; i < tallies.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(c.seed, i)));
            tallies[i] = _tally(random);
            bool last = i + 1 == tallies.length;
            weights[i] = uint16(last ? left : uint64(random >> 192) % (left + 1));
            left -= weights[i];
        }
    }

    /// @dev Often all in favour, or nobody: near the bounds.
    function _tally(uint256 random) private pure returns (ClassTally memory) {
        uint256 seats = uint8(random) % 21;
        uint256 units = seats * Rules.UNITS_PER_SEAT;
        uint256 inFavour = random >> 8 & 1 == 0 ? units : uint32(random >> 16) % (units + 1);
        uint256 against = uint32(random >> 48) % (units - inFavour + 1);
        uint256 abstain = uint32(random >> 80) % (units - inFavour - against + 1);
        return ClassTally(against, inFavour, abstain, seats);
    }

    /// @dev Any set of methods that is in range.
    function _rule(uint256 random) private pure returns (Rule memory rule) {
        rule.methods = uint8(1 + uint8(random) % 15);
        if (rule.methods & Rules.IN_EACH_CLASS != 0) rule.methods |= Rules.MAJORITY;
        if (rule.methods != Rules.CONSENT) {
            rule.approval = uint16(Rules.BASIS / 2 + uint16(random >> 8) % (Rules.BASIS / 2));
        }
        if (rule.methods & Rules.CONSENT != 0) {
            rule.objections = uint16(1 + uint8(random >> 24) % 30);
        }
        rule.quorum = uint16(uint16(random >> 40) % (Rules.BASIS + 1));
        rule.closing = uint8(uint8(random >> 56) % 101);
        rule.upgradable = random >> 64 & 1 == 1;
        rule.delay = uint32(random >> 72);
        rule.votingPeriod = uint32(1 + uint32(random >> 104) % (type(uint32).max / 2));
        vm.assertTrue(Rules.inRange(rule));
    }
}
