// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ClassTally, Method, Rule} from "contracts/interfaces/IAssembly.sol";
import {Cids} from "contracts/libraries/Cids.sol";
import {CloneArguments} from "contracts/libraries/CloneArguments.sol";
import {Rules} from "contracts/libraries/Rules.sol";
import {VotePages} from "contracts/libraries/VotePages.sol";

contract CidsTest {
    function test_uri_is_what_ipfs_prints() external pure {
        vm.assertEq(
            Cids.uri(sha256(""), Cids.RAW),
            "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
        );
        vm.assertEq(
            Cids.uri(sha256("hello world"), Cids.RAW),
            "ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
        );
        vm.assertEq(
            Cids.uri(sha256(hex"0a020801"), Cids.DAG_PB),
            "ipfs://bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"
        );
    }

    function testFuzz_uri_decodes_to_version_codec_and_digest(bytes32 digest, uint8 codec)
        external
        pure
    {
        bytes memory text = bytes(Cids.uri(digest, codec));

        vm.assertEq(text.length, 8 + 58);
        vm.assertEq(bytes32(bytes8(_slice(text, 0))), bytes32("ipfs://b"));
        bytes memory cid = _decode(text, 8);
        vm.assertEq(cid, abi.encodePacked(uint8(1), codec, uint8(0x12), uint8(32), digest));
    }

    function _slice(bytes memory text, uint256 from) private pure returns (bytes8 part) {
        for (uint256 i = 0; i < 8; ++i) {
            part |= bytes8(text[from + i]) >> (8 * i);
        }
    }

    /// @dev Base32 of RFC 4648 in lower case, bit by bit.
    function _decode(bytes memory text, uint256 from) private pure returns (bytes memory data) {
        uint256 bits = (text.length - from) * 5;
        data = new bytes(bits / 8);
        for (uint256 i = 0; i < bits; ++i) {
            uint8 digit = _digit(uint8(text[from + i / 5]));
            uint8 bit = (digit >> (4 - (i % 5))) & 1;
            if (i / 8 == data.length) vm.assertEq(bit, 0, "padding bits are zero");
            else data[i / 8] |= bytes1(bit << uint8(7 - (i % 8)));
        }
    }

    function _digit(uint8 character) private pure returns (uint8) {
        if (character >= 0x61 && character <= 0x7a) return character - 0x61;
        vm.assertTrue(character >= 0x32 && character <= 0x37, "a letter, or a digit from 2 to 7");
        return character - 0x32 + 26;
    }
}

contract ArgumentReader {
    function argument(uint256 index) external view returns (address) {
        return CloneArguments.read(index);
    }
}

contract CloneArgumentsTest {
    function testFuzz_each_argument_is_read_where_it_was_written(address a, address b, address c)
        external
    {
        ArgumentReader clone = _clone(abi.encodePacked(a, b, c));

        vm.assertEq(clone.argument(0), a);
        vm.assertEq(clone.argument(1), b);
        vm.assertEq(clone.argument(2), c);
        vm.assertEq(clone.argument(3), address(0), "nothing beyond the last");
    }

    function test_what_is_cut_off_is_filled_with_zeros() external {
        ArgumentReader clone = _clone(hex"ffff");

        vm.assertEq(clone.argument(0), address(bytes20(hex"ffff")));
    }

    function _clone(bytes memory arguments) private returns (ArgumentReader) {
        address implementation = address(new ArgumentReader());
        return ArgumentReader(Clones.cloneWithImmutableArgs(implementation, arguments));
    }
}

contract VotePagesTest {
    using VotePages for uint256;

    function testFuzz_a_page_keeps_every_vote_and_nothing_else(uint256 seed) external pure {
        uint256 page;
        bool[128] memory voted;
        uint256[3] memory tallies;
        for (uint256 i = 0; i < 64; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 place = random % 128;
            uint256 support = (random >> 8) % 3;
            uint256 weight = (random >> 16) % 10_001;
            if (voted[place]) continue;

            page = page.record(place, support, weight);
            voted[place] = true;
            tallies[support] += weight;
        }

        _assertPage(page, voted, tallies);
    }

    function testFuzz_a_full_page_reaches_into_no_neighbour(uint8 support, uint256 seed)
        external
        pure
    {
        support = support % 3;
        uint256 page;
        bool[128] memory voted;
        uint256[3] memory tallies;
        uint256 start = seed % 128;
        for (uint256 i = 0; i < 128; ++i) {
            uint256 place = (start + i * 37) % 128;
            vm.assertFalse(page.voted(place));
            page = page.record(place, support, 10_000);
            voted[place] = true;
        }
        tallies[support] = 1_280_000;

        _assertPage(page, voted, tallies);
    }

    function testFuzz_a_vote_changes_its_bit_and_its_tally_only(
        uint256 page,
        uint256 place,
        uint256 support,
        uint256 weight
    ) external pure {
        place %= 128;
        support %= 3;
        weight %= 10_001;
        page &= ~(uint256(1) << place);
        // Every tally as full as a page of 127 other votes can make it.
        page &= ~(uint256(type(uint128).max) << 128);
        for (uint256 i = 0; i < 3; ++i) {
            page |= uint256(1_270_000) << (128 + 42 * i);
        }

        uint256 next = page.record(place, support, weight);

        vm.assertTrue(next.voted(place));
        for (uint256 i = 0; i < 128; ++i) {
            if (i != place) vm.assertEq(next.voted(i), page.voted(i));
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(next.tally(i), page.tally(i) + (i == support ? weight : 0));
        }
        vm.assertEq(next >> 254, 0, "the two highest bits stay free");
    }

    function _assertPage(uint256 page, bool[128] memory voted, uint256[3] memory tallies)
        private
        pure
    {
        for (uint256 i = 0; i < 128; ++i) {
            vm.assertEq(page.voted(i), voted[i]);
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(page.tally(i), tallies[i]);
        }
    }
}

contract RulesTest {
    // ------------------------------------------------------------------ the outcome

    /// @dev Few seats and whole votes, so that ties and exact quorums are common.
    function testFuzz_whole_votes_decide_as_in_words(uint256 ruleSeed, uint256 seed) external pure {
        Rule memory rule = _inRange(ruleSeed);
        uint256 random = uint256(keccak256(abi.encode(seed)));
        // Round figures, which a few votes can meet exactly.
        rule.quorum = uint16((random % 11) * 1000);
        rule.approval = uint16(5000 + ((random >> 8) % 5) * 1000);
        ClassTally[] memory tallies = new ClassTally[](1 + (random >> 16) % 4);
        for (uint256 i = 0; i < tallies.length; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            tallies[i].seats = random % 6;
            for (uint256 j = 0; j < tallies[i].seats; ++j) {
                uint256 choice = (random >> (8 + 2 * j)) % 4;
                if (choice == 0) tallies[i].against += 10_000;
                if (choice == 1) tallies[i].inFavour += 10_000;
                if (choice == 2) tallies[i].abstain += 10_000;
            }
        }

        vm.assertEq(Rules.passes(rule, tallies), _passesInWords(rule, tallies));
    }

    function testFuzz_split_votes_decide_as_in_words(uint256 ruleSeed, uint256 seed) external pure {
        Rule memory rule = _inRange(ruleSeed);
        uint256 random = uint256(keccak256(abi.encode(seed)));
        ClassTally[] memory tallies = new ClassTally[](random % 6);
        for (uint256 i = 0; i < tallies.length; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            uint256 left = uint256(uint32(random)) * 10_000;
            tallies[i].seats = uint32(random);
            tallies[i].against = (random >> 32) % (left + 1);
            left -= tallies[i].against;
            tallies[i].inFavour = (random >> 96) % (left + 1);
            left -= tallies[i].inFavour;
            tallies[i].abstain = (random >> 160) % (left + 1);
        }

        vm.assertEq(Rules.passes(rule, tallies), _passesInWords(rule, tallies));
    }

    function test_nothing_passes_without_a_vote_in_favour() external pure {
        Rule memory rule = Rule(Method.Majority, 5000, 0, 0, 1);
        vm.assertFalse(Rules.passes(rule, new ClassTally[](0)));

        ClassTally[] memory tallies = new ClassTally[](2);
        tallies[0] = ClassTally({against: 0, inFavour: 0, abstain: 30_000, seats: 3});
        vm.assertFalse(Rules.passes(rule, tallies));
    }

    /// @dev The rule said in other terms: what is needed is computed first, then compared.
    function _passesInWords(Rule memory rule, ClassTally[] memory tallies)
        private
        pure
        returns (bool)
    {
        uint256 seats;
        uint256 inFavour;
        uint256 against;
        uint256 tookPart;
        for (uint256 i = 0; i < tallies.length; ++i) {
            seats += tallies[i].seats;
            inFavour += tallies[i].inFavour;
            against += tallies[i].against;
            tookPart += tallies[i].inFavour + tallies[i].against + tallies[i].abstain;
        }

        // A seat is 10,000 units and the quorum a share of 10,000.
        bool enoughTookPart = tookPart >= seats * rule.quorum;
        uint256 most = (inFavour + against) * rule.approval / 10_000; // that does not suffice
        bool enoughAgreed = inFavour >= most + 1;
        bool everyClassAgreed = true;
        for (uint256 i = 0; i < tallies.length; ++i) {
            bool silent = tallies[i].inFavour + tallies[i].against == 0;
            bool majority = 2 * tallies[i].inFavour > tallies[i].inFavour + tallies[i].against;
            if (tallies[i].seats > 0 && (silent || !majority)) everyClassAgreed = false;
        }
        return
            enoughTookPart && enoughAgreed && (rule.method != Method.EachClass || everyClassAgreed);
    }

    // ------------------------------------------------------------------ the order of rules

    function testFuzz_strictness_is_a_total_order(uint256 first, uint256 second, uint256 third)
        external
        pure
    {
        (Rule memory a, Rule memory b, Rule memory c) = (_any(first), _any(second), _any(third));
        uint256 left = Rules.strictness(a);
        uint256 middle = Rules.strictness(b);
        uint256 right = Rules.strictness(c);

        vm.assertEq(left == middle, keccak256(abi.encode(a)) == keccak256(abi.encode(b)));
        vm.assertTrue(left <= middle || middle <= left, "any two can be compared");
        if (left <= middle && middle <= right) vm.assertLe(left, right);
    }

    function testFuzz_strictness_compares_part_by_part(uint256 first, uint256 second, uint256 same)
        external
        pure
    {
        (Rule memory a, Rule memory b) = (_any(first), _any(second));
        // Equal leading parts, so that the later ones are reached.
        if (same % 6 > 0) a.method = b.method;
        if (same % 6 > 1) a.approval = b.approval;
        if (same % 6 > 2) a.quorum = b.quorum;
        if (same % 6 > 3) a.delay = b.delay;
        if (same % 6 > 4) a.votingPeriod = b.votingPeriod;

        vm.assertEq(Rules.strictness(a) > Rules.strictness(b), _stricter(a, b));
    }

    function testFuzz_a_rule_that_is_no_weaker_is_no_less_strict(uint256 first, uint256 second)
        external
        pure
    {
        (Rule memory a, Rule memory b) = (_any(first), _any(second));
        Rule memory above = Rules.strictest(a, b);

        vm.assertGe(Rules.strictness(above), Rules.strictness(a));
        vm.assertGe(Rules.strictness(above), Rules.strictness(b));
        vm.assertTrue(Rules.noWeaker(a, a));
        if (Rules.noWeaker(a, b) && Rules.noWeaker(b, a)) {
            vm.assertEq(keccak256(abi.encode(a)), keccak256(abi.encode(b)));
        }
    }

    /// @dev No weaker than either, and in each part that of one of them: there is no milder such rule.
    function testFuzz_the_strictest_of_two_is_the_mildest_that_weakens_neither(
        uint256 first,
        uint256 second,
        uint256 third
    ) external pure {
        (Rule memory a, Rule memory b, Rule memory c) = (_any(first), _any(second), _any(third));

        Rule memory rule = Rules.strictest(a, b);

        vm.assertTrue(Rules.noWeaker(rule, a) && Rules.noWeaker(rule, b));
        vm.assertTrue(rule.method == a.method || rule.method == b.method);
        vm.assertTrue(rule.approval == a.approval || rule.approval == b.approval);
        vm.assertTrue(rule.quorum == a.quorum || rule.quorum == b.quorum);
        vm.assertTrue(rule.delay == a.delay || rule.delay == b.delay);
        vm.assertTrue(rule.votingPeriod == a.votingPeriod || rule.votingPeriod == b.votingPeriod);
        vm.assertEq(_hash(rule), _hash(Rules.strictest(b, a)), "in whatever order");
        vm.assertEq(
            _hash(Rules.strictest(rule, c)), _hash(Rules.strictest(a, Rules.strictest(b, c)))
        );
        vm.assertEq(_hash(Rules.strictest(a, a)), _hash(a));
    }

    function test_a_rule_weaker_in_one_part_is_weaker() external pure {
        Rule memory rule = Rule(Method.EachClass, 6000, 4000, 2 days, 3 days);
        vm.assertTrue(Rules.noWeaker(rule, rule));

        Rule memory weaker = Rule(Method.Majority, 9999, 10_000, 9 days, 9 days);
        vm.assertFalse(Rules.noWeaker(weaker, rule));
        weaker = Rule(Method.Consent, 5999, 10_000, 9 days, 9 days);
        vm.assertFalse(Rules.noWeaker(weaker, rule));
        weaker = Rule(Method.Consent, 9999, 3999, 9 days, 9 days);
        vm.assertFalse(Rules.noWeaker(weaker, rule));
        weaker = Rule(Method.Consent, 9999, 10_000, 2 days - 1, 9 days);
        vm.assertFalse(Rules.noWeaker(weaker, rule));
        weaker = Rule(Method.Consent, 9999, 10_000, 9 days, 3 days - 1);
        vm.assertFalse(Rules.noWeaker(weaker, rule));
    }

    function testFuzz_range_is_that_of_the_interface(uint256 seed) external pure {
        Rule memory rule = _any(seed);
        bool expected = rule.approval >= 5000 && rule.approval <= 9999 && rule.quorum <= 10_000
            && rule.votingPeriod >= 1;

        vm.assertEq(Rules.inRange(rule), expected);
    }

    function test_range_has_these_edges() external pure {
        vm.assertTrue(Rules.inRange(Rule(Method.Majority, 5000, 0, 0, 1)));
        vm.assertTrue(Rules.inRange(Rule(Method.Majority, 9999, 10_000, 0, 1)));
        vm.assertFalse(Rules.inRange(Rule(Method.Majority, 4999, 0, 0, 1)));
        vm.assertFalse(Rules.inRange(Rule(Method.Majority, 10_000, 0, 0, 1)));
        vm.assertFalse(Rules.inRange(Rule(Method.Majority, 5000, 10_001, 0, 1)));
        vm.assertFalse(Rules.inRange(Rule(Method.Majority, 5000, 0, 0, 0)));
    }

    // ------------------------------------------------------------------ helpers

    function _hash(Rule memory rule) private pure returns (bytes32) {
        return keccak256(abi.encode(rule));
    }

    /// @dev Any rule; about one part in four is from a narrow range, so that parts are often equal.
    function _any(uint256 seed) private pure returns (Rule memory) {
        uint256 random = uint256(keccak256(abi.encode(seed)));
        uint256 narrow = random >> 200;
        return Rule({
            method: Method(random % 4),
            approval: uint16(narrow % 4 == 0 ? 4999 + random % 3 : random >> 8),
            quorum: uint16(narrow % 8 < 2 ? 9999 + random % 3 : random >> 24),
            delay: uint32(narrow % 16 < 4 ? random % 2 : random >> 40),
            votingPeriod: uint32(narrow % 32 < 8 ? random % 2 : random >> 72)
        });
    }

    function _inRange(uint256 seed) private pure returns (Rule memory rule) {
        rule = _any(seed);
        rule.method = uint256(rule.method) % 2 == 0 ? Method.Majority : Method.EachClass;
        rule.approval = 5000 + rule.approval % 5000;
        rule.quorum = rule.quorum % 10_001;
        rule.votingPeriod = rule.votingPeriod == 0 ? 1 : rule.votingPeriod;
    }

    function _stricter(Rule memory a, Rule memory b) private pure returns (bool) {
        if (a.method != b.method) return a.method > b.method;
        if (a.approval != b.approval) return a.approval > b.approval;
        if (a.quorum != b.quorum) return a.quorum > b.quorum;
        if (a.delay != b.delay) return a.delay > b.delay;
        return a.votingPeriod > b.votingPeriod;
    }
}
