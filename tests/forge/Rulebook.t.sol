// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Bell,
    GasEatingStranger,
    Liar,
    ReturnBomb,
    RevertingStranger,
    RubbishStranger,
    SlowModule,
    UnregisteredModule
} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Governed} from "contracts/base/Governed.sol";
import {Access} from "contracts/interfaces/ICommons.sol";
import {IMembership} from "contracts/interfaces/IMembership.sol";
import {Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {ClassTally, IRulebook, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

contract RulebookTest is AssemblyFixture {
    /// @dev Numbers proposals of the same actions, from six digits so that all cost the same.
    uint256 private _proposed = 100_000;

    // ------------------------------------------------------------------ setting rules

    function test_set_rule_by_decision() external {
        Rule memory rule = _ordinary();
        rule.quorum = 4000;

        _decide(address(rulebook), abi.encodeCall(rulebook.setRule, (ORDINARY, rule)));

        _assertRule(rulebook.rules()[ORDINARY], rule);
        vm.assertEq(rulebook.rules().length, 3);
    }

    function test_set_rule_with_the_next_number_adds_one() external {
        vm.expectEmit(address(rulebook));
        emit IRulebook.RuleSet(3, _amendment());
        _setRule(3, _amendment());

        vm.assertEq(rulebook.rules().length, 4);
        _assertRule(rulebook.rules()[3], _amendment());
    }

    function test_set_rule_reverts_when_a_number_is_left_out() external {
        _expectRefusal(abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, 4));
        rulebook.setRule(4, _amendment());
    }

    function test_set_rule_reverts_out_of_range() external {
        _expectInvalid(Rule(0, 0, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(16, 5000, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(4, 5000, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(14, 5000, 0, 1, 0, false, 0, 1));
        _expectInvalid(Rule(1, 5000, 0, 0, 0, false, 0, type(uint32).max / 2 + 1));
        _expectInvalid(Rule(1, 4999, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(1, 10_000, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(8, 5000, 0, 1, 0, false, 0, 1));
        _expectInvalid(Rule(1, 5000, 10_001, 0, 0, false, 0, 1));
        _expectInvalid(Rule(1, 5000, 0, 1, 0, false, 0, 1));
        _expectInvalid(Rule(8, 0, 0, 0, 0, false, 0, 1));
        _expectInvalid(Rule(1, 5000, 0, 0, 101, false, 0, 1));
        _expectInvalid(Rule(1, 5000, 0, 0, 0, false, 0, 0));
    }

    /// @dev What is in range is stored part by part, and comes back as it was.
    function testFuzz_every_rule_in_range_can_be_set(uint256 seed) external {
        _setWeights();
        uint8 methods = uint8(1 + seed % 15);
        if (methods & 4 != 0) methods |= 1;
        Rule memory rule = Rule({
            methods: methods,
            approval: methods == 8 ? 0 : uint16(5000 + (seed >> 8) % 5000),
            quorum: uint16((seed >> 24) % 10_001),
            objections: methods < 8 ? 0 : uint16(1 + (seed >> 40) % type(uint16).max),
            closing: uint8((seed >> 56) % 101),
            upgradable: (seed >> 64) % 2 == 0,
            delay: uint32(seed >> 72),
            votingPeriod: uint32(1 + (seed >> 104) % (type(uint32).max / 2))
        });

        _setRule(2, rule);
        _assertRule(rulebook.ruleAt(2), rule);

        vm.prank(address(timelock));
        rulebook.assignRule(address(bell), Bell.ring.selector, 2);
        if (rule.delay > 100 * 365 days) return;
        _assertRuleOf(_ring(), rule);
    }

    function test_set_rule_takes_the_edges_of_the_range() external {
        Rule memory least = _plain(Rules.MAJORITY, 5000, 0, 0, 1);
        _setRule(2, least);
        _assertRule(rulebook.rules()[2], least);

        Rule memory most =
            _plain(Rules.EACH_CLASS, 9999, 10_000, type(uint32).max, type(uint32).max / 2);
        _setRule(2, most);
        _assertRule(rulebook.rules()[2], most);
    }

    function test_the_amendment_rule_can_be_weaker_in_no_part() external {
        for (uint256 part = 0; part < 7; ++part) {
            _setWeights();
            _setRule(AMENDMENT, _stricter());
            _setRule(ORDINARY, _strict());
            _setRule(AMENDMENT, _strict());

            // Weaker in one part, stricter in the others.
            Rule memory weaker = _stricter();
            _weaken(weaker, part);
            _expectRefusal(
                abi.encodeWithSelector(
                    IRulebook.RulebookAmendmentWeaker.selector, weaker, _strict()
                )
            );
            rulebook.setRule(AMENDMENT, weaker);

            // The same from the other side: an ordinary rule that overtakes the amendment rule.
            Rule memory ordinary = _strict();
            _setRule(ORDINARY, _ordinary());
            Rule memory amendment = _strict();
            _weaken(amendment, part);
            _setRule(AMENDMENT, amendment);
            _expectRefusal(
                abi.encodeWithSelector(
                    IRulebook.RulebookAmendmentWeaker.selector, amendment, ordinary
                )
            );
            rulebook.setRule(ORDINARY, ordinary);
        }
    }

    function test_the_amendment_rule_may_equal_the_ordinary_rule() external {
        _setRule(ORDINARY, _ordinary());
        _setRule(AMENDMENT, _ordinary());

        _assertRule(rulebook.rules()[AMENDMENT], _ordinary());
    }

    function test_other_rules_are_bound_by_neither() external {
        Rule memory least = _plain(Rules.MAJORITY, 5000, 0, 0, 1);

        _setRule(ADMISSIONS, least);

        _assertRule(rulebook.rules()[ADMISSIONS], least);
    }

    function test_set_voting_delay() external {
        vm.expectEmit(address(rulebook));
        emit IRulebook.VotingDelayChanged(9 days);
        vm.prank(address(timelock));
        rulebook.setVotingDelay(9 days);

        vm.assertEq(assembly_.votingDelay(), 9 days);
        uint256 id = _propose(_ring());
        vm.assertEq(assembly_.proposalSnapshot(id), _now() + 9 days);
    }

    function test_members_cannot_set_rules() external {
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bakery);
        vm.startPrank(bakery);

        vm.expectRevert(refusal);
        rulebook.setRule(ORDINARY, _ordinary());
        vm.expectRevert(refusal);
        rulebook.assignRule(address(membership), IMembership.addKind.selector, ORDINARY);
        vm.expectRevert(refusal);
        rulebook.unassignRule(address(membership), IMembership.decide.selector);
        vm.expectRevert(refusal);
        rulebook.setVotingDelay(0);
        vm.expectRevert(refusal);
        rulebook.setWeights(_weights(4000, 6000));
        vm.expectRevert(refusal);
        rulebook.setOpenProposals(1);
    }

    function test_set_authority_always_reverts() external {
        vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
        rulebook.setAuthority(bakery);
    }

    // ------------------------------------------------------------------ weights

    function test_set_weights_begins_a_new_edition() external {
        vm.assertEq(rulebook.edition(), 0);
        vm.assertEq(rulebook.weights(0).length, 0);

        vm.expectEmit(address(rulebook));
        emit IRulebook.WeightsSet(1, _weights(4000, 6000));
        _setWeights();
        _setWeights(_weights(10_000, 0));

        vm.assertEq(rulebook.edition(), 2);
        vm.assertEq(abi.encode(rulebook.weights(1)), abi.encode(_weights(4000, 6000)));
        vm.assertEq(abi.encode(rulebook.weights(2)), abi.encode(_weights(10_000, 0)));
        vm.assertEq(rulebook.weights(3).length, 0);
    }

    function test_weights_are_ten_thousand_together() external {
        _expectWeightsInvalid(_weights(4000, 5999));
        _expectWeightsInvalid(_weights(4000, 6001));
        _expectWeightsInvalid(new uint16[](0));
        uint16[] memory many = new uint16[](10);
        for (uint256 i = 0; i < 10; ++i) {
            many[i] = type(uint16).max; // a sum that 16 bits cannot hold
        }
        _expectWeightsInvalid(many);
    }

    function test_there_are_at_most_64_weights() external {
        uint16[] memory weights = new uint16[](65);
        weights[64] = 10_000;
        _expectWeightsInvalid(weights);

        weights = new uint16[](64);
        weights[63] = 10_000;
        _setWeights(weights);
        vm.assertEq(rulebook.weights(1)[63], 10_000);
    }

    function test_there_are_at_most_255_editions() external {
        for (uint256 i = 0; i < 255; ++i) {
            _setWeights();
        }
        vm.assertEq(rulebook.edition(), 255);

        _expectWeightsInvalid(_weights(4000, 6000));
        vm.assertEq(abi.encode(rulebook.weights(255)), abi.encode(_weights(4000, 6000)));
    }

    function test_a_weighted_rule_needs_weights() external {
        Rule memory rule = Rule(Rules.WEIGHTED, 5000, 0, 0, 0, false, 0, 1);
        _expectRefusal(abi.encodeWithSelector(IRulebook.RulebookWeightsMissing.selector));
        rulebook.setRule(2, rule);

        _setWeights();
        _setRule(2, rule);
        _assertRule(rulebook.ruleAt(2), rule);
    }

    function test_votes_pass_under_the_weights_of_their_edition() external {
        _setWeights(_weights(6000, 4000));
        _setWeights(_weights(4000, 6000));
        Rule memory rule = Rule(Rules.WEIGHTED, 5000, 0, 0, 0, false, 0, 1);
        ClassTally[] memory tallies = new ClassTally[](2);
        tallies[0] = ClassTally({against: 0, inFavour: 10_000, abstain: 0, seats: 1});
        tallies[1] = ClassTally({against: 10_000, inFavour: 0, abstain: 0, seats: 1});

        vm.assertTrue(rulebook.passes(rule, 1, tallies));
        vm.assertFalse(rulebook.passes(rule, 2, tallies));
        vm.assertFalse(rulebook.passes(rule, 0, tallies), "no weight at all");
    }

    // ------------------------------------------------------------------ open proposals

    function test_set_open_proposals() external {
        for (uint8 number = 1; number <= 5; ++number) {
            vm.expectEmit(address(rulebook));
            emit IRulebook.OpenProposalsChanged(number);
            vm.prank(address(timelock));
            rulebook.setOpenProposals(number);
            vm.assertEq(rulebook.openProposals(), number);
        }
    }

    function test_set_open_proposals_reverts_out_of_range() external {
        uint8[3] memory wrong = [0, 6, 255];
        for (uint256 i = 0; i < wrong.length; ++i) {
            _expectRefusal(
                abi.encodeWithSelector(IRulebook.RulebookOpenProposalsInvalid.selector, wrong[i])
            );
            rulebook.setOpenProposals(wrong[i]);
        }
    }

    // ------------------------------------------------------------------ reads

    function test_a_rule_can_be_read_by_its_number() external {
        _assertRule(rulebook.ruleAt(ORDINARY), _ordinary());
        _assertRule(rulebook.ruleAt(AMENDMENT), _amendment());
        _assertRule(rulebook.ruleAt(ADMISSIONS), _admissions());

        vm.expectRevert(abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, 3));
        rulebook.ruleAt(3);
    }

    function test_the_terms_are_all_that_holds_for_a_proposal_made_now() external {
        _setWeights();
        Motion memory motion = _changeCharter();

        (Rule memory rule, uint8 edition, uint32 votingDelay, uint8 openProposals) =
            rulebook.termsFor(motion.targets, motion.calldatas);

        _assertRule(rule, _amendment());
        vm.assertEq(edition, 1);
        vm.assertEq(votingDelay, VOTING_DELAY);
        vm.assertEq(openProposals, OPEN_PROPOSALS);
    }

    function test_strictness_is_that_of_the_library() external view {
        vm.assertEq(rulebook.strictness(_amendment()), Rules.strictness(_amendment()));
        vm.assertGt(rulebook.strictness(_amendment()), rulebook.strictness(_ordinary()));
    }

    // ------------------------------------------------------------------ founding

    function test_a_charter_can_have_weighted_rules_from_the_beginning() external {
        Charter memory charter = _charter();
        charter.terms.weights = _weights(4000, 6000);
        charter.terms.rules[ORDINARY].methods = Rules.WEIGHTED;
        charter.terms.rules[AMENDMENT].methods |= Rules.WEIGHTED;

        _found(charter);

        vm.assertEq(rulebook.edition(), 1);
        vm.assertEq(rulebook.ruleAt(ORDINARY).methods, Rules.WEIGHTED);
        vm.assertEq(rulebook.openProposals(), OPEN_PROPOSALS);
    }

    /// @dev From these events alone a reader knows every rule.
    function test_founding_tells_all_terms() external {
        Charter memory charter = _charter();
        charter.terms.weights = _weights(4000, 6000);
        address book = factory.predict(founderAccount, charter).rulebook;
        bytes[] memory signatures = _signatures(founderAccount, charter);
        address register = factory.predict(founderAccount, charter).membership;

        vm.expectEmit(book);
        emit IRulebook.VotingDelayChanged(VOTING_DELAY);
        vm.expectEmit(book);
        emit IRulebook.OpenProposalsChanged(OPEN_PROPOSALS);
        vm.expectEmit(book);
        emit IRulebook.WeightsSet(1, charter.terms.weights);
        for (uint8 i = 0; i < 3; ++i) {
            vm.expectEmit(book);
            emit IRulebook.RuleSet(i, charter.terms.rules[i]);
        }
        vm.expectEmit(book);
        emit IRulebook.RuleAssigned(register, IMembership.decide.selector, ADMISSIONS);
        vm.prank(founderAccount);
        factory.found(charter, signatures);
    }

    function test_founding_reverts_with_terms_out_of_range() external {
        Charter memory charter = _charter();
        charter.terms.rules[ORDINARY].methods = Rules.WEIGHTED;
        _expectNotFounded(
            charter, abi.encodeWithSelector(IRulebook.RulebookWeightsMissing.selector)
        );

        charter = _charter();
        charter.terms.weights = _weights(1, 1);
        _expectNotFounded(
            charter,
            abi.encodeWithSelector(IRulebook.RulebookWeightsInvalid.selector, charter.terms.weights)
        );

        charter = _charter();
        charter.terms.openProposals = 0;
        _expectNotFounded(
            charter, abi.encodeWithSelector(IRulebook.RulebookOpenProposalsInvalid.selector, 0)
        );

        charter = _charter();
        charter.terms.rules[ORDINARY].closing = 101;
        _expectNotFounded(
            charter,
            abi.encodeWithSelector(
                IRulebook.RulebookRuleInvalid.selector, charter.terms.rules[ORDINARY]
            )
        );
    }

    // ------------------------------------------------------------------ assigning rules

    function test_assign_rule_gives_a_function_a_rule_of_its_own() external {
        bytes4 selector = IMembership.addKind.selector;
        Motion memory motion =
            _motion(address(membership), abi.encodeCall(membership.addKind, ("trust")));
        _assertRuleOf(motion, _amendment());

        vm.expectEmit(address(rulebook));
        emit IRulebook.RuleAssigned(address(membership), selector, ADMISSIONS);
        vm.prank(address(timelock));
        rulebook.assignRule(address(membership), selector, ADMISSIONS);

        (bool assigned, uint8 index) = rulebook.assignedRule(address(membership), selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, ADMISSIONS);
        _assertRuleOf(motion, _admissions());
        _assertRuleOf(
            _motion(address(membership), abi.encodeCall(membership.addConstituency, ("x"))),
            _amendment()
        );
    }

    function test_unassign_rule_takes_it_away() external {
        bytes4 selector = IMembership.decide.selector;
        Motion memory motion = _motion(
            address(membership), abi.encodeCall(membership.decide, (applicant, true, REASON))
        );
        _assertRuleOf(motion, _admissions());

        vm.expectEmit(address(rulebook));
        emit IRulebook.RuleUnassigned(address(membership), selector);
        vm.prank(address(timelock));
        rulebook.unassignRule(address(membership), selector);

        (bool assigned, uint8 index) = rulebook.assignedRule(address(membership), selector);
        vm.assertFalse(assigned);
        vm.assertEq(index, 0);
        _assertRuleOf(motion, _amendment());
    }

    function test_the_ordinary_rule_can_be_assigned() external {
        vm.prank(address(timelock));
        rulebook.assignRule(address(membership), IMembership.addKind.selector, ORDINARY);

        (bool assigned, uint8 index) =
            rulebook.assignedRule(address(membership), IMembership.addKind.selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, ORDINARY);
        _assertRuleOf(
            _motion(address(membership), abi.encodeCall(membership.addKind, ("trust"))), _ordinary()
        );
    }

    function test_a_foreign_function_can_have_a_stricter_rule() external {
        vm.prank(address(timelock));
        rulebook.assignRule(address(bell), Bell.ring.selector, AMENDMENT);

        _assertRuleOf(_ring(), _amendment());
        _assertRuleOf(_motion(address(bell), ""), _ordinary());
    }

    function test_assign_rule_reverts_for_an_unknown_rule() external {
        _expectRefusal(abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, 3));
        rulebook.assignRule(address(membership), IMembership.addKind.selector, 3);
    }

    function test_assign_rule_reverts_for_the_kernel() external {
        address[5] memory kernel = _kernel();
        for (uint256 i = 0; i < kernel.length; ++i) {
            bytes4 selector = bytes4(uint32(i));
            _expectRefusal(
                abi.encodeWithSelector(IRulebook.RulebookRuleFixed.selector, kernel[i], selector)
            );
            rulebook.assignRule(kernel[i], selector, ORDINARY);
        }
    }

    function test_every_rule_that_can_be_set_can_be_assigned() external {
        vm.startPrank(address(timelock));
        uint8 last = ADMISSIONS;
        while (last < type(uint8).max) {
            try rulebook.setRule(last + 1, _amendment()) {
                ++last;
            } catch {
                break;
            }
        }
        vm.assertEq(rulebook.rules().length, uint256(last) + 1);

        rulebook.assignRule(address(membership), IMembership.addKind.selector, last);

        (bool assigned, uint8 index) =
            rulebook.assignedRule(address(membership), IMembership.addKind.selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, last);
    }

    // ------------------------------------------------------------------ frozen at proposal

    function test_a_change_of_rules_leaves_open_proposals_as_they_were() external {
        uint256 id = _propose(_ring());
        uint256 deadline = assembly_.proposalDeadline(id);
        Rule memory strict = _plain(Rules.EACH_CLASS, 9999, 10_000, 90 days, 90 days);
        _setRule(AMENDMENT, strict);
        _setRule(ORDINARY, strict);
        vm.prank(address(timelock));
        rulebook.setVotingDelay(90 days);

        _assertRule(_rule(id), _ordinary());
        vm.assertEq(assembly_.proposalDeadline(id), deadline);
        _openVoting(id);
        _vote(bakery, id, FOR);
        _vote(dairy, id, FOR);
        _closeVoting(id);
        _assertState(id, IGovernor.ProposalState.Succeeded);
        _queue(_ring());
        vm.assertEq(assembly_.proposalEta(id), _now() + _ordinary().delay);
        _assertRuleOf(_ring(2), strict);
    }

    function test_an_assignment_leaves_open_proposals_as_they_were() external {
        uint256 id = _propose(_ring());

        vm.prank(address(timelock));
        rulebook.assignRule(address(bell), Bell.ring.selector, AMENDMENT);

        _assertRule(_rule(id), _ordinary());
    }

    function test_unknown_proposals_have_no_rule() external view {
        vm.assertEq(_rule(1).votingPeriod, 0);
    }

    // ------------------------------------------------------------------ the strictest action

    function test_the_strictest_action_decides_in_whatever_order() external {
        Motion memory decision = _motion(
            address(membership), abi.encodeCall(membership.decide, (applicant, true, REASON))
        );
        bytes memory ring = abi.encodeCall(bell.ring, (1));
        bytes memory charter = abi.encodeCall(front.setCharter, (REASON));

        _assertRuleOf(_and(_ring(), address(bell), ring), _ordinary());
        _assertRuleOf(_and(decision, address(bell), ring), _admissions());
        _assertRuleOf(_and(_ring(), decision.targets[0], decision.calldatas[0]), _admissions());
        _assertRuleOf(_and(_and(decision, address(front), charter), address(bell), ring), _both());
        _assertRuleOf(_and(_changeCharter(), address(bell), ring), _both());
    }

    /// @dev Who adds an action may make a decision harder in some part, and easier in none.
    function test_one_more_action_weakens_no_part_of_the_rule() external {
        // A rule for one function that asks for each class, and for little else.
        Rule memory quick = _plain(Rules.EACH_CLASS, 6700, 0, 0, 1);
        _setRule(3, quick);
        vm.prank(address(timelock));
        rulebook.assignRule(address(membership), IMembership.addKind.selector, 3);
        Motion memory motion = _changeCharter();
        _assertRuleOf(motion, _amendment());

        motion = _and(motion, address(membership), abi.encodeCall(membership.addKind, ("trust")));

        Rule memory rule = _rule(_propose(motion));
        vm.assertEq(rule.methods & _amendment().methods, _amendment().methods);
        vm.assertGe(rule.approval, _amendment().approval);
        vm.assertGe(rule.quorum, _amendment().quorum);
        vm.assertGe(rule.delay, _amendment().delay);
        vm.assertGe(rule.votingPeriod, _amendment().votingPeriod);
    }

    function test_rule_for_reverts_without_an_action() external {
        vm.expectRevert(abi.encodeWithSelector(IRulebook.RulebookActionsInvalid.selector, 0, 0));
        rulebook.ruleFor(new address[](0), new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(IRulebook.RulebookActionsInvalid.selector, 0, 0));
        rulebook.termsFor(new address[](0), new bytes[](0));
    }

    /// @dev What members gave to a function holds, also where it is lighter.
    function test_an_assigned_rule_may_be_lighter_than_the_ordinary_one() external {
        Rule memory light = _plain(Rules.MAJORITY, 5000, 0, 0, 1);
        _setRule(3, light);
        vm.startPrank(address(timelock));
        rulebook.assignRule(address(bell), Bell.ring.selector, 3);
        rulebook.assignRule(address(membership), IMembership.addKind.selector, 3);
        vm.stopPrank();

        _assertRuleOf(_ring(), light);
        _assertRuleOf(
            _motion(address(membership), abi.encodeCall(membership.addKind, ("trust"))), light
        );
        _assertRuleOf(_and(_ring(), address(bell), ""), _ordinary());
    }

    function test_the_methods_of_all_actions_are_needed_together() external {
        _setWeights();
        _setRule(3, Rule(Rules.WEIGHTED, 7000, 100, 0, 10, true, 1, 2));
        _setRule(4, Rule(Rules.CONSENT, 0, 200, 3, 5, false, 2, 1));
        vm.startPrank(address(timelock));
        rulebook.assignRule(address(bell), Bell.ring.selector, 3);
        rulebook.assignRule(address(membership), IMembership.addKind.selector, 4);
        vm.stopPrank();

        _assertRuleOf(
            _and(_ring(), address(membership), abi.encodeCall(membership.addKind, ("trust"))),
            Rule(Rules.WEIGHTED | Rules.CONSENT, 7000, 200, 3, 10, true, 2, 2)
        );
    }

    function test_rule_for_reverts_when_lists_differ_in_length() external {
        vm.expectRevert(abi.encodeWithSelector(IRulebook.RulebookActionsInvalid.selector, 1, 2));
        rulebook.ruleFor(new address[](1), new bytes[](2));
    }

    // ------------------------------------------------------------------ no way around

    function test_the_kernel_always_needs_the_amendment_rule() external {
        address[5] memory kernel = _kernel();
        for (uint256 i = 0; i < kernel.length; ++i) {
            _assertRuleOf(_motion(kernel[i], ""), _amendment());
            _assertRuleOf(_motion(kernel[i], hex"00"), _amendment());
            _assertRuleOf(_motion(kernel[i], hex"12345678"), _amendment());
            _assertRuleOf(_motion(kernel[i], 1, "", "money"), _amendment());
        }
    }

    /// @dev It has nothing that can be set; what it may gain later needs an amendment.
    function test_the_assembly_needs_the_amendment_rule() external {
        _assertAmendment(address(assembly_), "");
        _assertAmendment(address(assembly_), abi.encodeCall(assembly_.castVote, (1, FOR)));
    }

    function test_a_call_wrapped_in_another_needs_the_amendment_rule() external {
        bytes memory data = abi.encodeCall(membership.addKind, ("trust"));
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IAccessManager.execute, (address(membership), data));
        bytes32 proposer = timelock.PROPOSER_ROLE();

        _assertAmendment(address(authority), calls[0]);
        _assertAmendment(address(authority), abi.encodeCall(Multicall.multicall, (calls)));
        _assertAmendment(
            address(authority),
            abi.encodeCall(IAccessManager.schedule, (address(membership), data, 0))
        );
        _assertAmendment(
            address(authority), abi.encodeCall(IAccessManager.grantRole, (0, bakery, 0))
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(timelock.schedule, (address(membership), 0, data, 0, 0, 1 days))
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(
                timelock.scheduleBatch,
                (new address[](1), new uint256[](1), new bytes[](1), 0, 0, 1 days)
            )
        );
        _assertAmendment(
            address(timelock),
            abi.encodeCall(timelock.execute, (address(membership), 0, data, 0, 0))
        );
        _assertAmendment(address(timelock), abi.encodeCall(timelock.grantRole, (proposer, bakery)));
        _assertAmendment(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
    }

    function test_a_function_without_a_rule_of_its_own_needs_the_amendment_rule() external {
        address member = address(membership);
        _assertAmendment(member, abi.encodeCall(membership.setAdmission, (_open())));
        _assertAmendment(member, abi.encodeCall(membership.addConstituency, ("investors")));
        _assertAmendment(member, abi.encodeCall(membership.addKind, ("trust")));
        _assertAmendment(member, abi.encodeCall(membership.leaveSeat, (REASON)));
        _assertAmendment(
            address(commons),
            abi.encodeCall(commons.publish, (REASON, RAW, Access.Public, "MIT", REASON, 0))
        );
    }

    function test_empty_and_short_calldata_need_the_amendment_rule() external {
        bytes memory selector = abi.encodePacked(IMembership.decide.selector);

        _assertAmendment(address(membership), "");
        for (uint256 length = 1; length < 4; ++length) {
            bytes memory short = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                short[i] = selector[i];
            }
            _assertAmendment(address(membership), short);
        }
        _assertRuleOf(_motion(address(membership), selector), _admissions());
    }

    function test_a_module_that_nobody_registered_needs_the_amendment_rule() external {
        UnregisteredModule module = new UnregisteredModule(address(authority));

        _assertAmendment(address(module), abi.encodeCall(module.set, (7)));
        _assertAmendment(address(module), "");
        _assertAmendment(address(module), hex"12");
    }

    function test_a_module_that_answers_slowly_needs_the_amendment_rule() external {
        SlowModule module = new SlowModule(address(authority));

        _assertAmendment(address(module), hex"12345678");
    }

    /// @dev A module may be founded after the proposal that calls it, at an address known before.
    function test_a_call_to_an_address_without_code_needs_the_amendment_rule() external {
        bytes memory code =
            abi.encodePacked(type(UnregisteredModule).creationCode, abi.encode(authority));
        address planned = address(
            uint160(
                uint256(
                    keccak256(
                        abi.encodePacked(bytes1(0xff), address(this), bytes32(0), keccak256(code))
                    )
                )
            )
        );
        Motion memory motion = _motion(planned, abi.encodeCall(UnregisteredModule.set, (7)));
        uint256 id = _open(motion);
        _vote(bakery, id, FOR); // two of six seats, of one class: enough for the ordinary rule only
        _vote(dairy, id, FOR);
        _closeVoting(id);

        UnregisteredModule module = new UnregisteredModule{salt: 0}(address(authority));
        vm.assertEq(address(module), planned);

        _assertRule(_rule(id), _amendment());
        _assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_a_proposer_with_little_gas_cannot_make_a_module_look_foreign() external {
        address[3] memory modules = [
            address(membership),
            address(new SlowModule(address(authority))),
            address(new UnregisteredModule(address(authority)))
        ];
        for (uint256 i = 0; i < modules.length; ++i) {
            Motion memory motion = _motion(modules[i], hex"12345678");
            _assertNeverWeaker(motion);
            _assertNeverWeaker(_and(_ring(), modules[i], hex"12345678"));
        }
    }

    /// @dev Many actions before the last one: what is kept back at each call (1/64) would then pay for
    /// the rest of a proposal, if only the Rulebook came to an answer.
    function test_a_proposer_cannot_hide_a_module_behind_many_foreign_actions() external {
        address glutton = address(new GasEatingStranger());
        address[2] memory modules =
            [address(membership), address(new SlowModule(address(authority)))];
        for (uint256 i = 0; i < modules.length; ++i) {
            Motion memory motion =
                Motion(new address[](120), new uint256[](120), new bytes[](120), "");
            for (uint256 j = 0; j < 119; ++j) {
                motion.targets[j] = glutton;
            }
            (motion.targets[119], motion.calldatas[119]) = (modules[i], hex"12345678");
            uint256 enough = _leastGas(motion, 8_000_000);

            for (uint256 gasLimit = enough - 60_000; gasLimit < enough; gasLimit += 2500) {
                _proposesWith(gasLimit, motion);
            }
        }
    }

    function test_a_stranger_needs_the_ordinary_rule_whatever_it_answers() external {
        _assertStranger(address(bell));
        _assertStranger(address(new RevertingStranger()));
        _assertStranger(address(new GasEatingStranger()));
        _assertStranger(address(new ReturnBomb()));
        _assertStranger(address(new RubbishStranger("")));
        _assertStranger(address(new RubbishStranger(abi.encodePacked(address(authority)))));
        _assertStranger(
            address(
                new RubbishStranger(abi.encode(uint256(uint160(address(authority))) | 1 << 160))
            )
        );
        _assertStranger(address(new RubbishStranger(new bytes(64))));
        _assertStranger(address(new Liar(address(timelock))));
        _assertStranger(implementations.membership);
        _assertStranger(implementations.timelock);
    }

    function test_money_for_an_account_needs_the_ordinary_rule() external {
        _assertRuleOf(_motion(outsider, 1 ether, "", "pay"), _ordinary());
    }

    function test_who_falsely_claims_to_be_of_us_only_makes_it_harder_for_itself() external {
        Liar liar = new Liar(address(authority));
        _assertAmendment(address(liar), hex"12345678");

        RubbishStranger rubbish = new RubbishStranger(abi.encode(authority, "and more"));
        _assertAmendment(address(rubbish), hex"12345678");
    }

    // ------------------------------------------------------------------ helpers

    function _kernel() private view returns (address[5] memory) {
        return [
            address(rulebook),
            address(timelock),
            address(authority),
            address(front),
            address(constitution)
        ];
    }

    function _setWeights() private {
        _setWeights(_weights(4000, 6000));
    }

    function _setWeights(uint16[] memory weights) private {
        vm.prank(address(timelock));
        rulebook.setWeights(weights);
    }

    function _weights(uint16 first, uint16 second) private pure returns (uint16[] memory weights) {
        weights = new uint16[](2);
        (weights[0], weights[1]) = (first, second);
    }

    function _expectWeightsInvalid(uint16[] memory weights) private {
        _expectRefusal(abi.encodeWithSelector(IRulebook.RulebookWeightsInvalid.selector, weights));
        rulebook.setWeights(weights);
    }

    function _expectNotFounded(Charter memory charter, bytes memory refusal) private {
        bytes[] memory signatures = _signatures(founderAccount, charter);
        vm.prank(founderAccount);
        vm.expectRevert(refusal);
        factory.found(charter, signatures);
    }

    /// @dev What an amendment together with an ordinary action needs.
    function _both() private pure returns (Rule memory) {
        return Rules.strictest(_ordinary(), _amendment());
    }

    /// @dev The next call is the Timelock's and is refused.
    function _expectRefusal(bytes memory refusal) private {
        vm.prank(address(timelock));
        vm.expectRevert(refusal);
    }

    function _expectInvalid(Rule memory rule) private {
        _expectRefusal(abi.encodeWithSelector(IRulebook.RulebookRuleInvalid.selector, rule));
        rulebook.setRule(2, rule);
    }

    function _strict() private pure returns (Rule memory) {
        return Rule(13, 7000, 6000, 5, 20, false, 8 days, 12 days);
    }

    function _stricter() private pure returns (Rule memory) {
        return Rule(15, 8000, 7000, 4, 30, false, 9 days, 13 days);
    }

    /// @dev Weaker than {_strict} in one part, and not weaker than {_ordinary} in any.
    function _weaken(Rule memory rule, uint256 part) private pure {
        if (part == 0) rule.methods = 11;
        if (part == 1) rule.approval = 6999;
        if (part == 2) rule.quorum = 5999;
        if (part == 3) rule.delay = 8 days - 1;
        if (part == 4) rule.votingPeriod = 12 days - 1;
        if (part == 5) rule.objections = 6;
        if (part == 6) rule.closing = 19;
    }

    /// @dev What the rule would be is what is frozen when it is proposed.
    function _assertRuleOf(Motion memory motion, Rule memory expected) private {
        _assertRule(rulebook.ruleFor(motion.targets, motion.calldatas), expected);

        uint256 before = vm.snapshotState();
        uint256 id = _propose(motion);
        _assertRule(_rule(id), expected);
        vm.assertEq(
            assembly_.proposalDeadline(id) - assembly_.proposalSnapshot(id), expected.votingPeriod
        );
        vm.assertTrue(vm.revertToState(before));
    }

    function _assertAmendment(address target, bytes memory data) private {
        _assertRuleOf(_motion(target, data), _amendment());
    }

    function _assertStranger(address target) private {
        _assertRuleOf(_motion(target, hex"12345678"), _ordinary());
    }

    /// @dev With any amount of gas around what a proposal needs: refused, or the amendment rule.
    function _assertNeverWeaker(Motion memory motion) private {
        uint256 enough = _leastGas(motion, 1_000_000);

        for (uint256 gasLimit = enough - 10_000; gasLimit < enough + 40_000; gasLimit += 197) {
            _proposesWith(gasLimit, motion);
        }
    }

    /// @dev What a proposal of these actions needs; less than `most`.
    function _leastGas(Motion memory motion, uint256 most) private returns (uint256 enough) {
        uint256 refused = 20_000;
        enough = most;
        while (enough - refused > 1) {
            uint256 middle = (refused + enough) / 2;
            if (_proposesWith(middle, motion)) enough = middle;
            else refused = middle;
        }
        vm.assertLt(enough, most - 1);
    }

    function _proposesWith(uint256 gasLimit, Motion memory motion) private returns (bool) {
        string memory description = vm.toString(++_proposed);
        uint256 before = vm.snapshotState();
        vm.prank(bakery);
        try assembly_.propose{gas: gasLimit}(
            motion.targets, motion.values, motion.calldatas, description
        ) returns (
            uint256 id
        ) {
            vm.assertTrue(Rules.noWeaker(_rule(id), _amendment()));
            // Else the seat's open proposals would be too many.
            vm.assertTrue(vm.revertToState(before));
            return true;
        } catch {
            return false;
        }
    }
}
