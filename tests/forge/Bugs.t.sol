// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bomb, SlowSigner} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Relay} from "contracts/Relay.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {IRelay, Relayed} from "contracts/interfaces/IRelay.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @title What the interfaces promise and the contracts do not keep yet: each test here fails.
/// @dev Whoever mends one moves its test to the file of the contract.
contract OpenBugsTest is AssemblyFixture {
    // ------------------------------------------------------------------ IRulebook-openProposals

    /// @dev `_takeTurn` looks at the first `allowed` turns only; others may still be open.
    function test_a_lower_number_counts_all_that_are_open() external {
        _propose(_ring(1)); // three days of voting
        _propose(_changeCharter()); // ten days
        _propose(_and(_changeCharter(), address(bell), ""));
        _setOpenProposals(1);
        _closeVoting(_id(_ring(1)));

        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblyProposalsOpen.selector, 1, 1));
        _propose(_ring(2));
    }

    /// @dev The turn ends when the voting would have ended without the extension.
    function test_an_extended_proposal_is_still_open() external {
        _foundWithRules(
            Rule(Rules.MAJORITY, 5000, 0, 0, 50, false, 1 days, 3 days),
            Rule(Rules.EACH_CLASS, 6600, 5000, 0, 50, false, 7 days, 10 days)
        );
        _setOpenProposals(1);
        uint256 id = _open(_ring(1));
        uint256 deadline = assembly_.proposalDeadline(id);
        vm.warp(deadline);
        _vote(bakery, id, FOR);
        vm.assertTrue(assembly_.proposalExtended(id));
        _skip(1);
        _assertState(id, IGovernor.ProposalState.Active);

        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblyProposalsOpen.selector, 1, 1));
        _propose(_ring(2));
    }

    // ------------------------------------------------------------------ IAssembly-requestUpgrade

    /// @dev A group is one of the active seats of its constituency, and asks once for each of its own.
    function test_affiliated_seats_ask_once_together() external {
        _openAdmission();
        _foundUpgradable();
        _join(applicant, USERS);
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (clinic, school);
        vm.prank(address(timelock));
        membership.affiliate(pair, REASON);
        vm.assertEq(membership.censusAt(uint48(_now()))[USERS].active, 2);
        uint256 id = _propose(_ring());

        vm.prank(clinic);
        assembly_.requestUpgrade(id);
        vm.prank(school); // the same vote: one of two, exactly half
        try assembly_.requestUpgrade(id) {} catch {}

        vm.assertEq(_rule(id).methods, Rules.MAJORITY);
    }

    /// @dev The request stays, the seat does not: one of two active seats has asked.
    function test_the_request_of_a_seat_that_left_is_not_of_an_active_seat() external {
        _foundUpgradable();
        uint256 id = _propose(_ring());
        vm.prank(bakery);
        assembly_.requestUpgrade(id);
        _leave(bakery);

        vm.prank(dairy);
        assembly_.requestUpgrade(id);

        vm.assertEq(_rule(id).methods, Rules.MAJORITY);
    }

    // ------------------------------------------------------------------ IAssembly-castVotesBySig

    /// @dev "A contract account has 200,000 gas": with less in the transaction it has less, and its good
    /// signature is reported as a bad one.
    function test_no_signature_is_refused_because_the_sender_sent_too_little() external {
        _openAdmission();
        address slow = _seatAs(address(new SlowSigner(150_000)).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        SignedVote[] memory votes = new SignedVote[](1);
        votes[0] = SignedVote(slow, FOR, "");

        for (uint256 gas = 150_000; gas < 260_000; gas += 500) {
            uint256 before = vm.snapshotState();
            try assembly_.castVotesBySig{gas: gas}(id, votes) returns (uint256 counted) {
                vm.assertEq(counted, 1);
            } catch {}
            vm.assertTrue(vm.revertToState(before));
        }
    }

    // ------------------------------------------------------------------ IRelay

    /// @dev The answer of an act is copied at the expense of the others, beyond the gas of the act.
    function test_an_act_with_a_long_answer_spends_no_more_than_its_gas() external {
        Relay relay = new Relay();
        Bomb bomb = new Bomb();
        Relayed[] memory acts = new Relayed[](1);
        acts[0] = Relayed(address(bomb), 500_000, abi.encodeCall(bomb.answer, (300_000)));

        uint256 before = gasleft();
        relay.relay(acts);
        vm.assertLt(before - gasleft(), 500_000 + 50_000);

        acts[0].data = abi.encodeCall(bomb.refuse, (300_000));
        before = gasleft();
        relay.relay(acts);
        vm.assertLt(before - gasleft(), 500_000 + 50_000);
    }

    /// @dev It overflows: the error says nothing of gas.
    function test_an_act_that_names_more_gas_than_there_is_misses_gas() external {
        Relay relay = new Relay();
        Relayed[] memory acts = new Relayed[](1);
        acts[0] = Relayed(address(bell), type(uint256).max, abi.encodeCall(bell.ring, (1)));

        vm.expectRevert(abi.encodeWithSelector(IRelay.RelayGasMissing.selector, 0));
        relay.relay(acts);
    }

    // ------------------------------------------------------------------ IAssembly-proposalRule

    /// @dev The frozen rule changes with an extension: its voting period is not the rule's any more.
    function test_an_extension_leaves_the_rule_as_it_was_frozen() external {
        Rule memory rule = Rule(Rules.MAJORITY, 5000, 0, 0, 50, false, 1 days, 3 days);
        _foundWithRules(rule, Rule(Rules.EACH_CLASS, 6600, 5000, 0, 50, false, 7 days, 10 days));
        uint256 id = _open(_ring(1));
        vm.warp(assembly_.proposalDeadline(id));
        _vote(bakery, id, FOR);

        _assertRule(_rule(id), rule);
    }

    // ------------------------------------------------------------------ IRulebook-Rule

    /// @dev A period that fits and a closing part that fits do not fit together; the vote reverts.
    function test_a_late_vote_counts_however_long_the_period() external {
        uint32 most = type(uint32).max;
        _foundWithRules(
            Rule(Rules.MAJORITY, 5000, 0, 0, 100, false, 1 days, most),
            Rule(Rules.EACH_CLASS, 6600, 5000, 0, 100, false, 7 days, most)
        );
        uint256 id = _open(_ring(1));

        _vote(bakery, id, FOR);

        vm.assertTrue(assembly_.hasVoted(id, bakery));
    }

    // ------------------------------------------------------------------ helpers

    function _setOpenProposals(uint8 number) private {
        vm.prank(address(timelock));
        rulebook.setOpenProposals(number);
    }

    function _foundUpgradable() private {
        Rule memory rule = _ordinary();
        rule.upgradable = true;
        _foundWithRules(rule, _amendment());
        _openAdmission();
    }
}
