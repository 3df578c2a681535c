// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Cids} from "contracts/libraries/Cids.sol";
import {CloneArguments} from "contracts/libraries/CloneArguments.sol";
import {Proposers} from "contracts/libraries/Proposers.sol";
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
            uint256 against = (random >> 8) % 10_001;
            uint256 inFavour = (random >> 40) % (10_001 - against);
            uint256 abstain = 10_000 - against - inFavour;
            if (voted[place]) continue;

            page = page.record(place, VotePages.split(against, inFavour, abstain));
            voted[place] = true;
            tallies[0] += against;
            tallies[1] += inFavour;
            tallies[2] += abstain;
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
            page = page.record(place, VotePages.whole(10_000, support));
            voted[place] = true;
        }
        tallies[support] = 1_280_000;

        _assertPage(page, voted, tallies);
    }

    function testFuzz_a_vote_changes_its_bit_and_its_tally_only(
        uint256 page,
        uint256 place,
        uint256 against,
        uint256 inFavour
    ) external pure {
        place %= 128;
        against %= 10_001;
        inFavour %= 10_001 - against;
        uint256[3] memory parts = [against, inFavour, 10_000 - against - inFavour];
        page &= ~(uint256(1) << place);
        // Every tally as full as a page of 127 other votes can make it.
        page &= ~(uint256(type(uint128).max) << 128);
        for (uint256 i = 0; i < 3; ++i) {
            page |= uint256(1_270_000) << (128 + 42 * i);
        }

        uint256 next = page.record(place, VotePages.split(parts[0], parts[1], parts[2]));

        vm.assertTrue(next.voted(place));
        for (uint256 i = 0; i < 128; ++i) {
            if (i != place) vm.assertEq(next.voted(i), page.voted(i));
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(next.tally(i), page.tally(i) + parts[i]);
        }
        vm.assertEq(next >> 254, 0, "the two highest bits stay free");
    }

    function testFuzz_units_are_in_three_parts(uint256 first, uint256 second) external pure {
        uint256 against = first % 10_001;
        uint256 inFavour = second % (10_001 - against);
        uint256 abstain = 10_000 - against - inFavour;

        uint256 units = VotePages.split(against, inFavour, abstain);

        vm.assertEq(units.part(0), against);
        vm.assertEq(units.part(1), inFavour);
        vm.assertEq(units.part(2), abstain);
        vm.assertEq(units >> 126, 0, "nothing beside the three parts");
        vm.assertEq(VotePages.whole(10_000, 0), VotePages.split(10_000, 0, 0));
        vm.assertEq(VotePages.whole(10_000, 1), VotePages.split(0, 10_000, 0));
        vm.assertEq(VotePages.whole(10_000, 2), VotePages.split(0, 0, 10_000));
    }

    function testFuzz_a_split_vote_is_unpacked_as_it_was_packed(
        uint128 first,
        uint128 second,
        uint128 third
    ) external pure {
        bytes memory params = abi.encodePacked(first, second, third);

        (uint256 against, uint256 inFavour, uint256 abstain) = VotePages.unpacked(params);

        vm.assertEq(against, first);
        vm.assertEq(inFavour, second);
        vm.assertEq(abstain, third);
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

contract ProposersTest {
    string private constant MARKER = "#proposer=0x";
    address private constant NAMED = 0xabCDeF0123456789AbcdEf0123456789aBCDEF01;

    function test_a_description_without_a_name_is_for_all() external pure {
        vm.assertTrue(Proposers.allows("", NAMED));
        vm.assertTrue(Proposers.allows("a motion", NAMED));
        vm.assertTrue(Proposers.allows(_repeat("x", 60), address(0)));
        vm.assertTrue(Proposers.allows(string.concat(_repeat("x", 52)), NAMED));
    }

    function test_a_name_at_the_end_is_for_that_account() external pure {
        string[3] memory digits = [
            "abcdef0123456789abcdef0123456789abcdef01",
            "ABCDEF0123456789ABCDEF0123456789ABCDEF01",
            "aBcDef0123456789AbCdEF0123456789aBCdEF01"
        ];
        for (uint256 i = 0; i < 3; ++i) {
            string memory text = string.concat(MARKER, digits[i]);
            vm.assertTrue(Proposers.allows(text, NAMED));
            vm.assertFalse(Proposers.allows(text, address(1)));
            vm.assertTrue(Proposers.allows(string.concat("a motion ", text), NAMED));
            vm.assertFalse(Proposers.allows(string.concat("a motion ", text), address(0)));
        }
    }

    function test_a_name_elsewhere_is_for_all() external pure {
        string memory text = string.concat(MARKER, "abcdef0123456789abcdef0123456789abcdef01");
        vm.assertTrue(Proposers.allows(string.concat(text, " "), address(1)));
        vm.assertTrue(Proposers.allows(string.concat(text, "\n"), address(1)));
        vm.assertTrue(
            Proposers.allows("#proposer=0xabcdef0123456789abcdef0123456789abcdef0", address(1)),
            "one digit less"
        );
        vm.assertTrue(
            Proposers.allows("#proposer=0xabcdef0123456789abcdef0123456789abcdef012", address(1)),
            "one digit more"
        );
        vm.assertTrue(
            Proposers.allows("#Proposer=0xabcdef0123456789abcdef0123456789abcdef01", address(1))
        );
    }

    /// @dev What is no digit is read as some digit, so that it opens nothing to all.
    function testFuzz_what_is_no_account_is_for_one_account_at_most(bytes32 first, bytes8 second)
        external
        pure
    {
        string memory text = string(abi.encodePacked(MARKER, first, second));

        uint256 allowed = 0;
        for (uint160 i = 1; i <= 16; ++i) {
            if (Proposers.allows(text, address(i))) ++allowed;
            if (Proposers.allows(text, address(~i))) ++allowed;
        }
        vm.assertLe(allowed, 1);
    }

    /// @dev Where OpenZeppelin reads an account, it is this one.
    function testFuzz_a_named_account_is_the_one_that_openzeppelin_reads(
        address named,
        address other,
        bool capitals
    ) external pure {
        string memory digits = capitals
            ? Strings.toChecksumHexString(named)
            : Strings.toHexString(named);
        string memory text = string.concat("a motion #proposer=", digits);
        (bool parsed, address account) =
            Strings.tryParseAddress(text, bytes(text).length - 42, bytes(text).length);

        vm.assertTrue(parsed && account == named);
        vm.assertTrue(Proposers.allows(text, named));
        vm.assertEq(Proposers.allows(text, other), other == named);
    }

    /// @dev However it begins, even with a name: the name has to be the end.
    function testFuzz_any_other_text_is_for_all(string memory text, address proposer)
        external
        pure
    {
        vm.assertTrue(Proposers.allows(string.concat(text, _repeat(".", 52)), proposer));
    }

    function _repeat(string memory letter, uint256 times)
        private
        pure
        returns (string memory text)
    {
        for (uint256 i = 0; i < times; ++i) {
            text = string.concat(text, letter);
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
        if (rule.approval != 0) rule.approval = uint16(5000 + ((random >> 8) % 5) * 1000);
        if (rule.objections != 0) rule.objections = uint16(1 + (random >> 16) % 4);
        ClassTally[] memory tallies = new ClassTally[](1 + (random >> 24) % 4);
        uint16[] memory weights = _weights(random >> 32);
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

        vm.assertEq(Rules.passes(rule, tallies, weights), _passesInWords(rule, tallies, weights));
    }

    function testFuzz_split_votes_decide_as_in_words(uint256 ruleSeed, uint256 seed) external pure {
        Rule memory rule = _inRange(ruleSeed);
        uint256 random = uint256(keccak256(abi.encode(seed)));
        ClassTally[] memory tallies = new ClassTally[](random % 6);
        uint16[] memory weights = _weights(random >> 8);
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

        vm.assertEq(Rules.passes(rule, tallies, weights), _passesInWords(rule, tallies, weights));
    }

    function test_no_share_is_reached_without_a_vote_in_favour() external pure {
        ClassTally[] memory tallies = new ClassTally[](2);
        tallies[0] = ClassTally({against: 0, inFavour: 0, abstain: 30_000, seats: 3});
        for (uint8 methods = 1; methods < 8; ++methods) {
            Rule memory rule = _rule(methods, 5000, 0, 0);
            vm.assertFalse(Rules.passes(rule, tallies, _halves()));
        }
    }

    function test_nothing_passes_where_there_is_no_seat() external pure {
        for (uint8 methods = 1; methods < 16; ++methods) {
            Rule memory rule = _rule(methods, 5000, 0, methods & Rules.CONSENT == 0 ? 0 : 1);
            vm.assertFalse(Rules.passes(rule, new ClassTally[](0), _halves()));
            vm.assertFalse(Rules.passes(rule, new ClassTally[](3), _halves()));
        }
    }

    function test_silence_is_consent_where_no_quorum_is_asked() external pure {
        ClassTally[] memory tallies = new ClassTally[](1);
        tallies[0].seats = 4;
        vm.assertTrue(Rules.passes(_rule(Rules.CONSENT, 0, 0, 1), tallies, new uint16[](0)));
        vm.assertFalse(Rules.passes(_rule(Rules.CONSENT, 0, 1, 1), tallies, new uint16[](0)));
    }

    function test_as_many_objections_as_the_rule_names_stop_a_decision() external pure {
        ClassTally[] memory tallies = new ClassTally[](2);
        tallies[0] = ClassTally({against: 10_000, inFavour: 0, abstain: 0, seats: 3});
        tallies[1] = ClassTally({against: 9999, inFavour: 1, abstain: 0, seats: 3});
        Rule memory rule = _rule(Rules.CONSENT, 0, 0, 2);
        vm.assertTrue(Rules.passes(rule, tallies, new uint16[](0)), "one unit less");

        (tallies[1].against, tallies[1].inFavour) = (10_000, 0);
        vm.assertFalse(Rules.passes(rule, tallies, new uint16[](0)));
    }

    function test_all_methods_of_a_rule_must_agree() external pure {
        // Five of six in favour, the one against is the second constituency.
        ClassTally[] memory tallies = new ClassTally[](2);
        tallies[0] = ClassTally({against: 0, inFavour: 50_000, abstain: 0, seats: 5});
        tallies[1] = ClassTally({against: 10_000, inFavour: 0, abstain: 0, seats: 1});
        for (uint8 methods = 1; methods < 16; ++methods) {
            Rule memory rule = _rule(methods, 5000, 0, methods & Rules.CONSENT == 0 ? 0 : 2);
            bool majorityOnly = methods & (Rules.IN_EACH_CLASS | Rules.WEIGHTED) == 0;
            vm.assertEq(Rules.passes(rule, tallies, _halves()), majorityOnly);
        }
    }

    // ------------------------------------------------------------------ weights

    function test_a_weighted_share_adds_the_shares_of_the_constituencies() external pure {
        ClassTally[] memory tallies = new ClassTally[](3);
        tallies[0] = ClassTally({against: 10_000, inFavour: 20_000, abstain: 0, seats: 9});
        tallies[1] = ClassTally({against: 0, inFavour: 10_000, abstain: 0, seats: 1});
        tallies[2] = ClassTally({against: 0, inFavour: 0, abstain: 10_000, seats: 5});
        uint16[] memory weights = new uint16[](3);
        (weights[0], weights[1], weights[2]) = (5000, 3000, 2000);

        // 2/3 of a half, rounded down, and the whole of 30 %; the weight of who abstains is void.
        vm.assertEq(Rules.weightedShare(tallies, weights), 333_333_333 + 300_000_000);
    }

    function test_weights_and_constituencies_without_the_other_count_for_nothing() external pure {
        ClassTally[] memory tallies = new ClassTally[](3);
        for (uint256 i = 0; i < 3; ++i) {
            tallies[i] = ClassTally({against: 0, inFavour: 10_000, abstain: 0, seats: 1});
        }
        vm.assertEq(Rules.weightedShare(tallies, _halves()), 1e9, "the third has no weight");

        ClassTally[] memory one = new ClassTally[](1);
        one[0] = tallies[0];
        vm.assertEq(Rules.weightedShare(one, _halves()), 5e8, "the second does not exist");
    }

    /// @dev Of 64 constituencies: at most 1, at least 64 roundings of 1e-9 below the true share.
    function testFuzz_a_weighted_share_is_never_too_large(uint256 seed) external pure {
        ClassTally[] memory tallies = new ClassTally[](64);
        uint16[] memory weights = new uint16[](64);
        uint256 exact; // in parts of 1e-18
        for (uint256 i = 0; i < 64; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            weights[i] = i == 63 ? 172 : 156;
            tallies[i].inFavour = uint48(random);
            tallies[i].against = uint48(random >> 48);
            uint256 decided = tallies[i].inFavour + tallies[i].against;
            if (decided != 0) {
                exact += tallies[i].inFavour * weights[i] * 1e18 / (decided * 10_000);
            }
        }

        uint256 share = Rules.weightedShare(tallies, weights);

        vm.assertLe(share, 1e9);
        vm.assertLe(share, exact / 1e9 + 1);
        vm.assertGe(share + 64, exact / 1e9);
    }

    /// @dev The rule said in other terms: what is needed is computed first, then compared.
    function _passesInWords(Rule memory rule, ClassTally[] memory tallies, uint16[] memory weights)
        private
        pure
        returns (bool)
    {
        uint256 seats;
        uint256 inFavour;
        uint256 against;
        uint256 tookPart;
        uint256 share;
        bool everyClassAgreed = true;
        for (uint256 i = 0; i < tallies.length; ++i) {
            ClassTally memory class = tallies[i];
            seats += class.seats;
            inFavour += class.inFavour;
            against += class.against;
            tookPart += class.inFavour + class.against + class.abstain;
            bool silent = class.inFavour + class.against == 0;
            bool majority = 2 * class.inFavour > class.inFavour + class.against;
            if (class.seats > 0 && (silent || !majority)) everyClassAgreed = false;
            if (silent || i >= weights.length) continue;
            share += class.inFavour * weights[i] * 100_000 / (class.inFavour + class.against);
        }

        // A seat is 10,000 units and the quorum a share of 10,000.
        if (seats == 0 || tookPart < seats * rule.quorum) return false;
        uint256 most = (inFavour + against) * rule.approval / 10_000; // that does not suffice
        if (_has(rule, 1) && inFavour < most + 1) return false;
        if (_has(rule, 2) && share <= uint256(rule.approval) * 100_000) return false;
        if (_has(rule, 4) && !everyClassAgreed) return false;
        return !_has(rule, 8) || against / 10_000 < rule.objections;
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
        if (same % 8 > 0) a.methods = b.methods;
        if (same % 8 > 1) a.approval = b.approval;
        if (same % 8 > 2) a.quorum = b.quorum;
        if (same % 8 > 3) a.objections = b.objections;
        if (same % 8 > 4) a.delay = b.delay;
        if (same % 8 > 5) a.votingPeriod = b.votingPeriod;
        if (same % 8 > 6) a.closing = b.closing;

        vm.assertEq(Rules.strictness(a) > Rules.strictness(b), _stricter(a, b));
    }

    function testFuzz_the_strictest_of_two_is_no_less_strict_than_either(
        uint256 first,
        uint256 second
    ) external pure {
        (Rule memory a, Rule memory b) = (_any(first), _any(second));
        Rule memory above = Rules.strictest(a, b);

        vm.assertGe(Rules.strictness(above), Rules.strictness(a));
        vm.assertGe(Rules.strictness(above), Rules.strictness(b));
        vm.assertTrue(Rules.noWeaker(a, a));
        if (Rules.noWeaker(a, b) && Rules.noWeaker(b, a)) {
            a.upgradable = b.upgradable;
            vm.assertEq(_hash(a), _hash(b));
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
        vm.assertEq(rule.methods, a.methods | b.methods, "every method of both");
        vm.assertTrue(rule.approval == a.approval || rule.approval == b.approval);
        vm.assertTrue(rule.quorum == a.quorum || rule.quorum == b.quorum);
        vm.assertTrue(rule.objections == a.objections || rule.objections == b.objections);
        vm.assertTrue(rule.closing == a.closing || rule.closing == b.closing);
        vm.assertEq(rule.upgradable, a.upgradable || b.upgradable);
        vm.assertTrue(rule.delay == a.delay || rule.delay == b.delay);
        vm.assertTrue(rule.votingPeriod == a.votingPeriod || rule.votingPeriod == b.votingPeriod);
        vm.assertEq(_hash(rule), _hash(Rules.strictest(b, a)), "in whatever order");
        vm.assertEq(
            _hash(Rules.strictest(rule, c)), _hash(Rules.strictest(a, Rules.strictest(b, c)))
        );
        vm.assertEq(_hash(Rules.strictest(a, a)), _hash(a));
    }

    /// @dev What the strictest rule lets pass, each of the two lets pass.
    function testFuzz_what_passes_under_the_strictest_passes_under_both(
        uint256 first,
        uint256 second,
        uint256 seed
    ) external pure {
        (Rule memory a, Rule memory b) = (_inRange(first), _inRange(second));
        uint256 random = uint256(keccak256(abi.encode(seed)));
        ClassTally[] memory tallies = new ClassTally[](3);
        for (uint256 i = 0; i < 3; ++i) {
            tallies[i].seats = 5;
            tallies[i].inFavour = 30_000 + ((random >> (64 * i)) % 20_001);
            tallies[i].against = (50_000 - tallies[i].inFavour) / (1 + (random >> 32) % 8);
        }
        uint16[] memory weights = _weights(random >> 192);

        if (!Rules.passes(Rules.strictest(a, b), tallies, weights)) return;
        vm.assertTrue(Rules.passes(a, tallies, weights) && Rules.passes(b, tallies, weights));
    }

    function testFuzz_the_strictest_of_two_in_range_is_in_range(uint256 first, uint256 second)
        external
        pure
    {
        vm.assertTrue(Rules.inRange(Rules.strictest(_inRange(first), _inRange(second))));
    }

    function test_a_rule_weaker_in_one_part_is_weaker() external pure {
        Rule memory rule = Rule(13, 6000, 4000, 5, 20, false, 2 days, 3 days);
        vm.assertTrue(Rules.noWeaker(rule, rule));

        // Each set of methods that leaves one of the three out, larger ones too.
        vm.assertFalse(Rules.noWeaker(Rule(7, 9999, 10_000, 1, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(14, 9999, 10_000, 1, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(11, 9999, 10_000, 1, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(15, 5999, 10_000, 1, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(15, 9999, 3999, 1, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(15, 9999, 10_000, 6, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(15, 9999, 10_000, 0, 99, true, 9 days, 9 days), rule));
        vm.assertFalse(Rules.noWeaker(Rule(15, 9999, 10_000, 1, 19, true, 9 days, 9 days), rule));
        vm.assertFalse(
            Rules.noWeaker(Rule(15, 9999, 10_000, 1, 99, true, 2 days - 1, 9 days), rule)
        );
        vm.assertFalse(
            Rules.noWeaker(Rule(15, 9999, 10_000, 1, 99, true, 9 days, 3 days - 1), rule)
        );
        vm.assertTrue(Rules.noWeaker(Rule(15, 9999, 10_000, 1, 99, true, 9 days, 9 days), rule));
    }

    function testFuzz_range_is_that_of_the_interface(uint256 seed) external pure {
        Rule memory rule = _any(seed);
        bool share = rule.methods % 8 != 0;
        bool consent = rule.methods >= 8;
        bool expected = rule.methods >= 1 && rule.methods <= 15 && rule.quorum <= 10_000
            && rule.closing <= 100 && rule.votingPeriod >= 1 && rule.votingPeriod < 2 ** 31;
        if (_has(rule, 4) && !_has(rule, 1)) expected = false;
        if (share && (rule.approval < 5000 || rule.approval > 9999)) expected = false;
        if (!share && rule.approval != 0) expected = false;
        if (consent && rule.objections == 0) expected = false;
        if (!consent && rule.objections != 0) expected = false;

        vm.assertEq(Rules.inRange(rule), expected);
    }

    function test_range_has_these_edges() external pure {
        vm.assertTrue(Rules.inRange(_rule(1, 5000, 0, 0)));
        vm.assertTrue(Rules.inRange(_rule(7, 9999, 10_000, 0)));
        vm.assertTrue(Rules.inRange(_rule(8, 0, 0, 1)));
        vm.assertTrue(Rules.inRange(_rule(15, 5000, 0, type(uint16).max)));
        vm.assertTrue(Rules.inRange(Rule(1, 5000, 0, 0, 100, true, 0, 1)));

        vm.assertFalse(Rules.inRange(_rule(0, 0, 0, 0)), "no method");
        vm.assertFalse(Rules.inRange(_rule(16, 5000, 0, 0)), "an unknown method");
        vm.assertFalse(Rules.inRange(_rule(4, 5000, 0, 0)), "each class without all together");
        vm.assertFalse(Rules.inRange(_rule(6, 5000, 0, 0)), "each class without all together");
        vm.assertFalse(Rules.inRange(_rule(12, 5000, 0, 1)), "each class without all together");
        vm.assertTrue(Rules.inRange(_rule(5, 5000, 0, 0)));
        vm.assertTrue(Rules.inRange(Rule(1, 5000, 0, 0, 0, false, 0, 2 ** 31 - 1)));
        vm.assertFalse(Rules.inRange(Rule(1, 5000, 0, 0, 0, false, 0, 2 ** 31)));
        vm.assertFalse(Rules.inRange(_rule(1, 4999, 0, 0)));
        vm.assertFalse(Rules.inRange(_rule(1, 10_000, 0, 0)));
        vm.assertFalse(Rules.inRange(_rule(1, 5000, 10_001, 0)));
        vm.assertFalse(Rules.inRange(_rule(1, 5000, 0, 1)), "objections without consent");
        vm.assertFalse(Rules.inRange(_rule(8, 0, 0, 0)), "consent without objections");
        vm.assertFalse(Rules.inRange(_rule(8, 5000, 0, 1)), "a share for consent alone");
        vm.assertFalse(Rules.inRange(_rule(9, 0, 0, 1)), "a majority without a share");
        vm.assertFalse(Rules.inRange(Rule(1, 5000, 0, 0, 101, false, 0, 1)));
        vm.assertFalse(Rules.inRange(Rule(1, 5000, 0, 0, 0, false, 0, 0)), "no time to vote");
    }

    // ------------------------------------------------------------------ helpers

    function _rule(uint8 methods, uint16 approval, uint16 quorum, uint16 objections)
        private
        pure
        returns (Rule memory)
    {
        return Rule(methods, approval, quorum, objections, 0, false, 0, 1);
    }

    function _halves() private pure returns (uint16[] memory weights) {
        weights = new uint16[](2);
        (weights[0], weights[1]) = (5000, 5000);
    }

    /// @dev 0 to 5 weights of 10,000 together.
    function _weights(uint256 random) private pure returns (uint16[] memory weights) {
        weights = new uint16[](random % 6);
        uint256 left = 10_000;
        for (uint256 i = 0; i < weights.length; ++i) {
            bool last = i + 1 == weights.length;
            weights[i] = uint16(last ? left : (random >> (16 * i + 8)) % (left + 1));
            left -= weights[i];
        }
    }

    function _has(Rule memory rule, uint8 method) private pure returns (bool) {
        return rule.methods & method == method;
    }

    function _hash(Rule memory rule) private pure returns (bytes32) {
        return keccak256(abi.encode(rule));
    }

    /// @dev Any rule; about one part in four is from a narrow range, so that parts are often equal.
    function _any(uint256 seed) private pure returns (Rule memory) {
        uint256 random = uint256(keccak256(abi.encode(seed)));
        uint256 narrow = random >> 200;
        return Rule({
            methods: uint8(random % 18),
            approval: uint16(
                narrow % 4 == 0 ? 4999 + random % 3 : narrow % 4 == 1 ? 0 : random >> 8
            ),
            quorum: uint16(narrow % 8 < 2 ? 9999 + random % 3 : random >> 24),
            objections: uint16((random >> 104) % 3),
            closing: uint8((random >> 112) % 4 == 0 ? 99 + random % 3 : random >> 120),
            upgradable: (random >> 128) % 2 == 0,
            delay: uint32(narrow % 16 < 4 ? random % 2 : random >> 40),
            votingPeriod: uint32(narrow % 32 < 8 ? random % 2 : random >> 72)
        });
    }

    function _inRange(uint256 seed) private pure returns (Rule memory rule) {
        rule = _any(seed);
        rule.methods = 1 + rule.methods % 15;
        if (_has(rule, 4)) rule.methods |= 1;
        rule.approval = rule.methods == 8 ? 0 : 5000 + rule.approval % 5000;
        rule.quorum = rule.quorum % 10_001;
        rule.objections = rule.methods < 8 ? 0 : 1 + rule.objections;
        rule.closing = rule.closing % 101;
        rule.votingPeriod = uint32(1 + rule.votingPeriod % (2 ** 31 - 1));
    }

    /// @dev Fewer objections are stricter; none at all is no such requirement.
    function _stricter(Rule memory a, Rule memory b) private pure returns (bool) {
        if (a.methods != b.methods) return a.methods > b.methods;
        if (a.approval != b.approval) return a.approval > b.approval;
        if (a.quorum != b.quorum) return a.quorum > b.quorum;
        if (a.objections != b.objections) {
            return b.objections == 0 || (a.objections != 0 && a.objections < b.objections);
        }
        if (a.delay != b.delay) return a.delay > b.delay;
        if (a.votingPeriod != b.votingPeriod) return a.votingPeriod > b.votingPeriod;
        if (a.closing != b.closing) return a.closing > b.closing;
        return a.upgradable && !b.upgradable;
    }
}
