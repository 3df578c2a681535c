// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Proposal, Proposals} from "contracts/libraries/Proposals.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev Of any slot, unless the check itself says more. The bits of each part are those of the drawing in
/// {Proposals}, written anew.
contract ProposalsProofs {
    uint256 private constant DURATION_BITS = uint256(type(uint32).max) << 72;
    uint256 private constant ETA_BITS = uint256(type(uint40).max) << 104;
    uint256 private constant APPROVAL_BITS = 0x3fff << 176;
    uint256 private constant METHODS_BITS = 15 << 220;

    // ------------------------------------------------------------------ packing

    function check_P1_what_is_packed_is_unpacked(
        uint32 seat,
        uint40 start,
        Rule memory rule,
        uint8 edition
    ) external pure {
        vm.assume(Rules.inRange(rule));

        Proposal proposal = Proposals.pack(seat, start, rule, edition);

        assert(_same(proposal.rule(), rule));
        assert(proposal.seat() == seat && proposal.start() == start);
        assert(proposal.edition() == edition && proposal.methods() == rule.methods);
        assert(proposal.delay() == rule.delay);
        assert(proposal.deadline() == uint256(start) + rule.votingPeriod);
    }

    function check_P2_a_new_proposal_exists_and_nothing_has_happened_to_it(
        uint32 seat,
        uint40 start,
        Rule memory rule,
        uint8 edition
    ) external pure {
        vm.assume(Rules.inRange(rule));

        Proposal proposal = Proposals.pack(seat, start, rule, edition);

        assert(proposal.exists() && proposal.eta() == 0);
        uint256 happened =
            Proposals.CANCELED | Proposals.EXECUTED | Proposals.EXTENDED | Proposals.SUMMED;
        assert(!proposal.has(happened) && proposal.has(Proposals.UPGRADABLE) == rule.upgradable);
        assert(Proposal.unwrap(proposal) >> 244 == 0);
    }

    // ------------------------------------------------------------------ changes

    function check_P3_flags_change_nothing_else(uint256 slot, uint8 flag) external pure {
        vm.assume(flag < 5);
        uint256 flags = Proposals.CANCELED << flag;

        Proposal proposal = Proposal.wrap(slot).with(flags);

        assert(proposal.has(flags));
        assert(_changed(slot, proposal) & ~flags == 0);
    }

    function check_P4_queueing_sets_the_eta_and_nothing_else(uint256 slot, uint40 time)
        external
        pure
    {
        vm.assume(Proposal.wrap(slot).eta() == 0);

        Proposal proposal = Proposal.wrap(slot).queued(time);

        assert(proposal.eta() == time);
        assert(_changed(slot, proposal) & ~ETA_BITS == 0);
    }

    function check_P5_extending_sets_the_duration_and_nothing_else(uint256 slot, uint32 duration)
        external
        pure
    {
        Proposal proposal = Proposal.wrap(slot).extended(duration);

        assert(proposal.rule().votingPeriod == duration);
        assert(proposal.deadline() == uint256(proposal.start()) + duration);
        assert(proposal.has(Proposals.EXTENDED));
        assert(_changed(slot, proposal) & ~(DURATION_BITS | Proposals.EXTENDED) == 0);
    }

    function check_P6_an_upgrade_adds_each_class_and_nothing_else(uint256 slot) external pure {
        Proposal before = Proposal.wrap(slot);

        Proposal proposal = before.upgraded(Rules.EACH_CLASS, uint16(Rules.BASIS / 2));

        assert(proposal.methods() == before.methods() | Rules.EACH_CLASS);
        uint16 approval = before.rule().approval;
        assert(proposal.rule().approval == (approval == 0 ? Rules.BASIS / 2 : approval));
        assert(_changed(slot, proposal) & ~(METHODS_BITS | APPROVAL_BITS) == 0);
    }

    function check_P7_an_upgraded_rule_is_in_range_and_no_weaker(
        uint32 seat,
        uint40 start,
        Rule memory rule,
        uint8 edition
    ) external pure {
        vm.assume(Rules.inRange(rule));

        Proposal proposal = Proposals.pack(seat, start, rule, edition);
        Rule memory upgraded = proposal.upgraded(Rules.EACH_CLASS, uint16(Rules.BASIS / 2)).rule();

        assert(Rules.inRange(upgraded));
        assert(Rules.noWeaker(upgraded, rule));
    }

    function check_P8_each_flag_is_the_bit_of_the_drawing() external pure {
        assert(Proposals.CANCELED == 1 << 239 && Proposals.EXECUTED == 1 << 240);
        assert(Proposals.EXTENDED == 1 << 241 && Proposals.SUMMED == 1 << 242);
        assert(Proposals.UPGRADABLE == 1 << 243);
    }

    function _changed(uint256 slot, Proposal proposal) private pure returns (uint256) {
        return slot ^ Proposal.unwrap(proposal);
    }

    /// @dev One expression, not eight branches.
    function _same(Rule memory a, Rule memory b) private pure returns (bool) {
        uint256 differences = uint256(a.methods ^ b.methods) | a.approval ^ b.approval | a.quorum
            ^ b.quorum | a.objections ^ b.objections | a.closing ^ b.closing | a.delay ^ b.delay
            | a.votingPeriod ^ b.votingPeriod;
        return differences == 0 && a.upgradable == b.upgradable;
    }
}
