// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture} from "./Fixture.sol";
import {Vm, vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Authority} from "contracts/Authority.sol";
import {InterConstitution} from "contracts/InterConstitution.sol";
import {Membership} from "contracts/Membership.sol";
import {MetaOrganization} from "contracts/MetaOrganization.sol";
import {Rulebook} from "contracts/Rulebook.sol";
import {Timelock} from "contracts/Timelock.sol";
import {Governed} from "contracts/base/Governed.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Consequence,
    Founder,
    IMembership,
    Readoption,
    Standing,
    Status
} from "contracts/interfaces/IMembership.sol";
import {
    Assignment,
    Charter,
    IMetaOrganizationFactory,
    Modules
} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {IRulebook, Rule} from "contracts/interfaces/IRulebook.sol";

/// @dev A function that only decisions may call.
struct Restricted {
    address target;
    bytes data;
}

contract MetaOrganizationFactoryTest is Fixture {
    bytes32 private constant DEFAULT_ADMIN_ROLE = 0;
    bytes32 private constant PROPOSER_ROLE = keccak256("PROPOSER_ROLE");
    bytes32 private constant EXECUTOR_ROLE = keccak256("EXECUTOR_ROLE");
    bytes32 private constant CANCELLER_ROLE = keccak256("CANCELLER_ROLE");
    uint64 private constant ADMIN_ROLE = 0;

    // ------------------------------------------------------------------ what founding needs

    function test_found_reverts_without_founders() external {
        Charter memory charter = _charter();
        charter.founders = new Founder[](0);

        vm.expectRevert(IMetaOrganizationFactory.FactoryFounderMissing.selector);
        factory.found(charter, new bytes[](0));
    }

    function test_found_reverts_when_a_signature_is_missing() external {
        Charter memory charter = _charter();

        vm.expectRevert(
            abi.encodeWithSelector(
                IMetaOrganizationFactory.FactorySignaturesMismatch.selector, 6, 5
            )
        );
        factory.found(charter, new bytes[](5));
    }

    function test_found_reverts_without_rules() external {
        Charter memory charter = _charter();
        charter.terms.rules = new Rule[](0);

        _expectRefusal(
            charter, abi.encodePacked(IMetaOrganizationFactory.FactoryRuleMissing.selector)
        );
    }

    function test_found_reverts_without_an_amendment_rule() external {
        Charter memory charter = _charter();
        charter.terms.rules = new Rule[](1);
        charter.terms.rules[0] = _ordinary();
        charter.assignments = new Assignment[](0);

        _expectRefusal(
            charter, abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, AMENDMENT)
        );
    }

    function test_found_reverts_with_an_amendment_rule_weaker_than_the_ordinary_one() external {
        Charter memory charter = _charter();
        charter.terms.rules[AMENDMENT].quorum = _ordinary().quorum - 1;

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IRulebook.RulebookAmendmentWeaker.selector,
                charter.terms.rules[AMENDMENT],
                charter.terms.rules[ORDINARY]
            )
        );
    }

    function test_found_reverts_with_more_rules_than_can_be_numbered() external {
        Charter memory charter = _otherCharter();
        charter.terms.rules = _manyRules(256);

        _expectRefusal(charter, abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, 255));
    }

    function test_found_takes_as_many_rules_as_can_be_numbered() external {
        Charter memory charter = _otherCharter();
        charter.terms.rules = _manyRules(255);
        charter.assignments[0].rule = 254;

        _found(charter);

        vm.assertEq(rulebook.rules().length, 255);
        (, uint8 index) = rulebook.assignedRule(address(membership), IMembership.decide.selector);
        vm.assertEq(index, 254);
    }

    function _manyRules(uint256 count) private pure returns (Rule[] memory rules) {
        rules = new Rule[](count);
        for (uint256 i = 0; i < count; ++i) {
            rules[i] = _amendment();
        }
    }

    function test_found_reverts_when_a_rule_is_assigned_to_an_unknown_module() external {
        Charter memory charter = _charter();
        charter.assignments[0].module = "treasury";

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IMetaOrganizationFactory.FactoryModuleUnknown.selector, bytes32("treasury")
            )
        );
    }

    function test_found_reverts_when_a_rule_is_assigned_to_the_kernel() external {
        Charter memory charter = _charter();
        charter.assignments[0] = Assignment("rulebook", IRulebook.setRule.selector, ORDINARY);
        address target = factory.predict(founderAccount, charter).rulebook;

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IRulebook.RulebookRuleFixed.selector, target, IRulebook.setRule.selector
            )
        );
    }

    function test_found_reverts_when_an_unknown_rule_is_assigned() external {
        Charter memory charter = _charter();
        charter.assignments[0].rule = 3;

        _expectRefusal(charter, abi.encodeWithSelector(IRulebook.RulebookRuleUnknown.selector, 3));
    }

    function test_found_reverts_with_an_admission_rule_out_of_range() external {
        Charter memory charter = _charter();
        charter.admission.floor = 0;

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IMembership.MembershipAdmissionInvalid.selector, charter.admission
            )
        );
    }

    function test_found_reverts_when_a_founder_names_an_unknown_constituency() external {
        Charter memory charter = _charter();
        charter.founders[5].constituency = 4;

        _expectRefusal(
            charter, abi.encodeWithSelector(IMembership.MembershipConstituencyUnknown.selector, 4)
        );
    }

    function test_found_reverts_when_a_founder_is_of_an_unknown_kind() external {
        Charter memory charter = _charter();
        charter.founders[5].kind = 2;

        _expectRefusal(
            charter, abi.encodeWithSelector(IMembership.MembershipKindUnknown.selector, 2)
        );
    }

    function test_found_reverts_when_a_founder_has_no_profile() external {
        Charter memory charter = _charter();
        charter.founders[5].profile = 0;

        _expectRefusal(
            charter, abi.encodeWithSelector(IMembership.MembershipProfileMissing.selector)
        );
    }

    function test_found_reverts_when_a_founder_is_listed_twice() external {
        Charter memory charter = _charter();
        charter.founders[5] = _founder(bakery, WORKERS);

        _expectRefusal(
            charter,
            abi.encodeWithSelector(IInterConstitution.InterConstitutionNonceMismatch.selector, 0, 1)
        );
    }

    function test_found_reverts_with_an_invalid_text() external {
        Charter memory charter = _charter();
        charter.codec = 0x71;

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionTextInvalid.selector, TEXT, 0x71
            )
        );
    }

    // ------------------------------------------------------------------ all or nothing

    function test_one_bad_signature_undoes_the_whole_founding() external {
        Charter memory charter = _otherCharter();
        Modules memory predicted = factory.predict(founderAccount, charter);
        bytes[] memory signatures = _signatures(founderAccount, charter);
        bytes memory good = signatures[5];
        signatures[5] = _sign(outsider, keccak256("something else"));

        vm.prank(founderAccount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureInvalid.selector, orchard
            )
        );
        factory.found(charter, signatures);
        _assertCode(predicted, false);

        signatures[5] = good;
        vm.prank(founderAccount);
        factory.found(charter, signatures);
        _assertCode(predicted, true);
    }

    function test_found_reverts_when_signatures_are_in_another_order() external {
        Charter memory charter = _otherCharter();
        bytes[] memory signatures = _signatures(founderAccount, charter);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);

        vm.prank(founderAccount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureInvalid.selector, bakery
            )
        );
        factory.found(charter, signatures);
    }

    function test_found_reverts_when_the_signatures_are_for_another_founding_account() external {
        Charter memory charter = _otherCharter();
        bytes[] memory signatures = _signatures(founderAccount, charter);

        vm.prank(outsider);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureInvalid.selector, bakery
            )
        );
        factory.found(charter, signatures);
    }

    function test_found_reverts_when_a_signature_has_expired() external {
        Charter memory charter = _otherCharter();
        uint48 validUntil = charter.founders[0].validUntil;
        vm.warp(validUntil + 1);

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IInterConstitution.InterConstitutionSignatureExpired.selector, validUntil
            )
        );
    }

    function test_a_contract_account_can_be_a_founder() external {
        Wallet wallet = new Wallet(outsider);
        keys[address(wallet)] = keys[outsider];
        Charter memory charter = _otherCharter();
        charter.founders[5].organization = address(wallet);

        _found(charter);

        _assertStatus(address(wallet), Status.Active);
        vm.assertEq(membership.ownerOf(6), address(wallet));
    }

    // ------------------------------------------------------------------ addresses

    function test_predicted_addresses_are_the_founded_ones() external {
        Charter memory charter = _otherCharter();
        Modules memory predicted = factory.predict(founderAccount, charter);

        Modules memory made = _found(charter);

        vm.assertEq(keccak256(abi.encode(made)), keccak256(abi.encode(predicted)));
        vm.assertEq(
            keccak256(abi.encode(factory.predict(founderAccount, charter))),
            keccak256(abi.encode(predicted)),
            "the prediction is the same afterwards"
        );
        _assertCode(made, true);
    }

    function test_the_same_account_cannot_found_the_same_charter_twice() external {
        Charter memory charter = _charter();
        address authority = factory.predict(founderAccount, charter).authority;

        _expectRefusal(
            charter,
            abi.encodeWithSelector(
                IMetaOrganizationFactory.FactoryFoundedBefore.selector, authority
            )
        );
    }

    function test_another_account_founds_the_same_charter_elsewhere() external {
        Charter memory charter = _charter();
        Modules memory first = factory.predict(founderAccount, charter);
        bytes[] memory signatures = _signatures(outsider, charter);

        vm.prank(outsider);
        Modules memory second = factory.found(charter, signatures);

        _assertAllDiffer(first, second);
        vm.assertEq(Membership(second.membership).activeSeats(), 6);
    }

    function test_every_part_of_the_charter_changes_every_address() external view {
        Modules memory addresses = factory.predict(founderAccount, _charter());

        Charter memory charter = _charter();
        charter.founders[5].organization = outsider;
        _assertAllDiffer(addresses, factory.predict(founderAccount, charter));

        charter = _charter();
        (charter.founders[0], charter.founders[1]) = (charter.founders[1], charter.founders[0]);
        _assertAllDiffer(addresses, factory.predict(founderAccount, charter));

        charter = _charter();
        charter.text = keccak256("another text");
        _assertAllDiffer(addresses, factory.predict(founderAccount, charter));

        charter = _charter();
        charter.terms.rules[ORDINARY].quorum += 1;
        _assertAllDiffer(addresses, factory.predict(founderAccount, charter));
    }

    function test_addresses_are_the_same_on_every_chain() external {
        bytes memory here = abi.encode(factory.predict(founderAccount, _charter()));

        vm.chainId(block.chainid + 1);

        vm.assertEq(
            keccak256(abi.encode(factory.predict(founderAccount, _charter()))), keccak256(here)
        );
    }

    // ------------------------------------------------------------------ the first state

    function test_found_emits_founded() external {
        Charter memory charter = _otherCharter();
        Modules memory predicted = factory.predict(founderAccount, charter);
        bytes[] memory signatures = _signatures(founderAccount, charter);

        vm.expectEmit(address(factory));
        emit IMetaOrganizationFactory.Founded(predicted.metaOrganization, founderAccount, predicted);
        vm.prank(founderAccount);
        factory.found(charter, signatures);
    }

    function test_the_factory_keeps_nothing() external {
        vm.record();

        _found(_otherCharter());

        (, bytes32[] memory writes) = vm.accesses(address(factory));
        vm.assertEq(writes.length, 0);
        vm.assertEq(address(factory).balance, 0);
    }

    function test_the_front_door_knows_every_module() external view {
        vm.assertEq(front.name(), "Harvest");
        vm.assertEq(front.charter(), CHARTER);
        vm.assertEq(front.daoURI(), "");
        vm.assertEq(front.module("timelock"), address(timelock));
        vm.assertEq(front.module("authority"), address(authority));
        vm.assertEq(front.module("interConstitution"), address(constitution));
        vm.assertEq(front.module("membership"), address(membership));
        vm.assertEq(front.module("commons"), address(commons));
        vm.assertEq(front.module("rulebook"), address(rulebook));
        vm.assertEq(front.module("assembly"), address(assembly_));
        vm.assertEq(front.module("treasury"), address(0));
    }

    function test_every_module_has_the_same_authority() external view {
        vm.assertEq(front.authority(), address(authority));
        vm.assertEq(constitution.authority(), address(authority));
        vm.assertEq(membership.authority(), address(authority));
        vm.assertEq(commons.authority(), address(authority));
        vm.assertEq(assembly_.authority(), address(authority));
        vm.assertEq(rulebook.authority(), address(authority));
        vm.assertEq(assembly_.rulebook(), address(rulebook));
        vm.assertEq(assembly_.token(), address(membership));
        vm.assertEq(assembly_.timelock(), address(timelock));
    }

    function test_founders_hold_the_first_seats_in_their_order() external view {
        address[] memory members = _members();
        for (uint32 i = 0; i < members.length; ++i) {
            Standing memory standing = membership.standingOf(members[i]);

            vm.assertEq(uint256(standing.status), uint256(Status.Active));
            vm.assertEq(standing.seat, i + 1);
            vm.assertEq(standing.since, START);
            vm.assertEq(membership.accountOf(i + 1), members[i]);
            vm.assertEq(membership.profileOf(members[i]), PROFILE);
            vm.assertEq(constitution.adoptionInForce(members[i]).pledge, PLEDGE);
        }
        vm.assertEq(membership.standingOf(mill).ordinal, 2);
        vm.assertEq(membership.standingOf(school).ordinal, 1);
        vm.assertEq(membership.standingOf(orchard).ordinal, 0);
        vm.assertEq(membership.standingOf(orchard).constituency, GROWERS);
    }

    function test_the_charter_is_the_first_state() external view {
        vm.assertEq(membership.seats(), 6);
        vm.assertEq(membership.activeSeats(), 6);
        vm.assertEq(membership.constituencies().length, 4);
        vm.assertEq(bytes32(membership.constituencies()[GROWERS]), bytes32("growers"));
        vm.assertEq(membership.kinds().length, 2);
        vm.assertEq(membership.kinds()[1], bytes32("association"));
        vm.assertEq(
            keccak256(abi.encode(membership.admission())), keccak256(abi.encode(_lazyConsent()))
        );
        vm.assertEq(constitution.version(), 1);
        vm.assertEq(constitution.versionAt(1).digest, TEXT);
        vm.assertEq(assembly_.votingDelay(), VOTING_DELAY);
        vm.assertEq(
            keccak256(abi.encode(rulebook.rules())), keccak256(abi.encode(_charter().terms.rules))
        );
        (bool assigned, uint8 index) =
            rulebook.assignedRule(address(membership), IMembership.decide.selector);
        vm.assertTrue(assigned);
        vm.assertEq(index, ADMISSIONS);
        vm.assertEq(timelock.getMinDelay(), _ordinary().delay, "the ordinary delay binds all");
    }

    function test_the_factory_names_its_implementations() external view {
        vm.assertEq(
            keccak256(abi.encode(factory.implementations())), keccak256(abi.encode(implementations))
        );
    }

    // ------------------------------------------------------------------ who holds what afterwards

    /// @dev Roles exist only by these two events: the list in the founding transaction is complete.
    function test_founding_grants_five_roles_and_no_other() external {
        Charter memory charter = _otherCharter();
        bytes[] memory signatures = _signatures(founderAccount, charter);
        vm.recordLogs();
        vm.prank(founderAccount);
        Modules memory made = factory.found(charter, signatures);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        uint256 ofTimelock = 0;
        uint256 ofAuthority = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IAccessControl.RoleGranted.selector) {
                ++ofTimelock;
                vm.assertEq(logs[i].emitter, made.timelock);
                bytes32 role = logs[i].topics[1];
                address holder = role == DEFAULT_ADMIN_ROLE ? made.timelock : made.assembly_;
                vm.assertEq(address(uint160(uint256(logs[i].topics[2]))), holder);
            } else if (topic == IAccessManager.RoleGranted.selector) {
                ++ofAuthority;
                vm.assertEq(logs[i].emitter, made.authority);
                vm.assertEq(uint256(logs[i].topics[1]), ADMIN_ROLE);
                vm.assertEq(address(uint160(uint256(logs[i].topics[2]))), made.timelock);
            }
        }

        vm.assertEq(ofTimelock, 4, "administrator, proposer, canceller, executor");
        vm.assertEq(ofAuthority, 1, "administrator");
        Timelock lock = Timelock(payable(made.timelock));
        vm.assertTrue(lock.hasRole(DEFAULT_ADMIN_ROLE, made.timelock));
        vm.assertTrue(lock.hasRole(PROPOSER_ROLE, made.assembly_));
        vm.assertTrue(lock.hasRole(CANCELLER_ROLE, made.assembly_));
        vm.assertTrue(lock.hasRole(EXECUTOR_ROLE, made.assembly_));
        (bool isAdmin, uint32 delay) = Authority(made.authority).hasRole(ADMIN_ROLE, made.timelock);
        vm.assertTrue(isAdmin && delay == 0);
    }

    function test_nobody_else_holds_a_role() external view {
        address[] memory others = _others(address(membership));
        for (uint256 i = 0; i < others.length; ++i) {
            vm.assertFalse(timelock.hasRole(DEFAULT_ADMIN_ROLE, others[i]));
            vm.assertFalse(timelock.hasRole(PROPOSER_ROLE, others[i]));
            vm.assertFalse(timelock.hasRole(CANCELLER_ROLE, others[i]));
            vm.assertFalse(timelock.hasRole(EXECUTOR_ROLE, others[i]));
            (bool isAdmin,) = authority.hasRole(ADMIN_ROLE, others[i]);
            vm.assertFalse(isAdmin);
        }
        vm.assertFalse(timelock.hasRole(DEFAULT_ADMIN_ROLE, address(assembly_)));
        vm.assertFalse(timelock.hasRole(PROPOSER_ROLE, address(timelock)));
        vm.assertFalse(timelock.hasRole(EXECUTOR_ROLE, address(timelock)));
        (bool assemblyIsAdmin,) = authority.hasRole(ADMIN_ROLE, address(assembly_));
        vm.assertFalse(assemblyIsAdmin);
    }

    function test_only_the_timelock_can_call_what_is_restricted() external {
        _apply(applicant, WORKERS);
        _prepareStandings();
        Restricted[] memory functions = _restricted();
        address[] memory others = _others(address(assembly_));
        for (uint256 i = 0; i < functions.length; ++i) {
            for (uint256 j = 0; j < others.length; ++j) {
                vm.prank(others[j]);
                (bool passed, bytes memory answer) = functions[i].target.call(functions[i].data);

                vm.assertFalse(passed);
                vm.assertEq(
                    answer,
                    abi.encodeWithSelector(
                        IAccessManaged.AccessManagedUnauthorized.selector, others[j]
                    )
                );
            }

            uint256 before = vm.snapshotState();
            vm.prank(address(timelock));
            (bool success,) = functions[i].target.call(functions[i].data);
            vm.assertTrue(success, "the Timelock may");
            vm.assertTrue(vm.revertToState(before));
        }
    }

    function test_only_the_timelock_can_change_the_table_of_powers() external {
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(IAccessManager.grantRole, (ADMIN_ROLE, outsider, 0));
        calls[1] = abi.encodeCall(IAccessManager.revokeRole, (ADMIN_ROLE, address(timelock)));
        calls[2] = abi.encodeCall(IAccessManager.setTargetClosed, (address(membership), true));
        calls[3] = abi.encodeCall(
            IAccessManager.setTargetFunctionRole,
            (address(membership), new bytes4[](1), type(uint64).max)
        );
        calls[4] = abi.encodeCall(IAccessManager.setRoleAdmin, (7, 7));
        address[] memory others = _others(address(assembly_));
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < others.length; ++j) {
                if (others[j] == address(authority)) continue;
                vm.prank(others[j]);
                (bool passed, bytes memory answer) = address(authority).call(calls[i]);

                vm.assertFalse(passed);
                vm.assertEq(
                    answer,
                    abi.encodeWithSelector(
                        IAccessManager.AccessManagerUnauthorizedAccount.selector,
                        others[j],
                        ADMIN_ROLE
                    )
                );
            }
        }
    }

    function test_nobody_can_call_through_the_authority() external {
        Restricted[] memory functions = _restricted();
        for (uint256 i = 0; i < functions.length; ++i) {
            vm.prank(bakery);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAccessManager.AccessManagerUnauthorizedCall.selector,
                    bakery,
                    functions[i].target,
                    bytes4(functions[i].data)
                )
            );
            authority.execute(functions[i].target, functions[i].data);

            vm.prank(bakery);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAccessManager.AccessManagerUnauthorizedCall.selector,
                    bakery,
                    functions[i].target,
                    bytes4(functions[i].data)
                )
            );
            authority.schedule(functions[i].target, functions[i].data, 0);
        }
    }

    function test_the_authority_of_a_module_is_fixed_even_for_a_decision() external {
        address[6] memory governed = [
            address(front),
            address(constitution),
            address(membership),
            address(commons),
            address(rulebook),
            address(assembly_)
        ];
        for (uint256 i = 0; i < governed.length; ++i) {
            vm.prank(address(authority));
            vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
            Governed(governed[i]).setAuthority(outsider);

            vm.prank(address(timelock));
            vm.expectRevert(Governed.GovernedAuthorityFixed.selector);
            authority.updateAuthority(governed[i], address(factory));
        }
    }

    // ------------------------------------------------------------------ initialization

    function test_implementations_cannot_be_initialized() external {
        _expectNoInitialization(implementations);
    }

    function test_modules_cannot_be_initialized_again() external {
        _expectNoInitialization(factory.predict(founderAccount, _charter()));
    }

    // ------------------------------------------------------------------ helpers

    /// @dev A charter that setUp did not found.
    function _otherCharter() private view returns (Charter memory charter) {
        charter = _charter();
        charter.charter = keccak256("another charter");
    }

    function _expectRefusal(Charter memory charter, bytes memory refusal) private {
        bytes[] memory signatures = _signatures(founderAccount, charter);

        vm.prank(founderAccount);
        vm.expectRevert(refusal);
        factory.found(charter, signatures);
    }

    function _others(address last) private view returns (address[] memory others) {
        others = new address[](16);
        others[0] = address(factory);
        others[1] = founderAccount;
        others[2] = outsider;
        others[3] = bakery;
        others[4] = orchard;
        others[5] = address(0);
        others[6] = address(authority);
        others[7] = address(front);
        others[8] = address(constitution);
        others[9] = implementations.membership;
        others[10] = address(commons);
        others[11] = implementations.timelock;
        others[12] = implementations.authority;
        others[13] = implementations.assembly_;
        others[14] = implementations.metaOrganization;
        others[15] = last;
    }

    /// @dev Every function with the modifier `restricted`, with arguments that a decision could give.
    function _restricted() private view returns (Restricted[] memory functions) {
        bytes4 selector = IMembership.addKind.selector;
        functions = new Restricted[](22);
        functions[0] = Restricted(
            address(front), abi.encodeCall(front.register, ("door", address(membership)))
        );
        functions[1] = Restricted(address(front), abi.encodeCall(front.setCharter, (REASON)));
        functions[2] = Restricted(address(front), abi.encodeCall(front.setDaoURI, ("ipfs://")));
        functions[3] =
            Restricted(address(constitution), abi.encodeCall(constitution.amend, (REASON, RAW)));
        functions[4] = Restricted(
            address(membership), abi.encodeCall(membership.setAdmission, (_lazyConsent()))
        );
        functions[5] =
            Restricted(address(membership), abi.encodeCall(membership.addConstituency, ("new")));
        functions[6] = Restricted(address(membership), abi.encodeCall(membership.addKind, ("new")));
        functions[7] = Restricted(
            address(rulebook), abi.encodeCall(rulebook.setRule, (ORDINARY, _ordinary()))
        );
        functions[8] = Restricted(
            address(rulebook),
            abi.encodeCall(rulebook.assignRule, (address(membership), selector, ORDINARY))
        );
        functions[9] = Restricted(
            address(rulebook),
            abi.encodeCall(rulebook.unassignRule, (address(membership), selector))
        );
        functions[10] = Restricted(address(rulebook), abi.encodeCall(rulebook.setVotingDelay, (1)));
        functions[11] = Restricted(
            address(membership), abi.encodeCall(membership.decide, (applicant, false, REASON))
        );
        functions[12] = Restricted(
            address(rulebook), abi.encodeCall(rulebook.setWeights, (_weights(2500, 2500)))
        );
        functions[13] = Restricted(
            address(rulebook), abi.encodeCall(rulebook.setOpenProposals, (OPEN_PROPOSALS))
        );
        functions[14] = Restricted(
            address(membership),
            abi.encodeCall(membership.setReadoption, (Readoption(1, Consequence.Exited)))
        );
        functions[15] =
            Restricted(address(membership), abi.encodeCall(membership.suspend, (bakery, REASON)));
        functions[16] =
            Restricted(address(membership), abi.encodeCall(membership.expel, (bakery, REASON)));
        functions[17] = Restricted(
            address(membership), abi.encodeCall(membership.affiliate, (_members(), REASON))
        );
        functions[18] =
            Restricted(address(membership), abi.encodeCall(membership.reinstate, (dairy, REASON)));
        functions[19] =
            Restricted(address(membership), abi.encodeCall(membership.separate, (school, REASON)));
        functions[20] = Restricted(
            address(membership), abi.encodeCall(membership.moveByDecision, (mill, newcomer, REASON))
        );
        functions[21] = Restricted(
            address(membership), abi.encodeCall(membership.changeConstituency, (orchard, REASON))
        );
    }

    /// @dev Standings in which each of those can pass.
    function _prepareStandings() private {
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (clinic, school);
        vm.startPrank(address(timelock));
        membership.suspend(dairy, REASON);
        membership.affiliate(pair, REASON);
        vm.stopPrank();
        _adopt(newcomer, WORKERS);
        _adopt(orchard, USERS);
    }

    function _weights(uint16 first, uint16 second) private pure returns (uint16[] memory weights) {
        weights = new uint16[](3);
        (weights[0], weights[1], weights[2]) = (first, second, 10_000 - first - second);
    }

    function _expectNoInitialization(Modules memory made) private {
        Charter memory charter = _charter();
        Restricted[] memory calls = new Restricted[](6);
        calls[0] = Restricted(
            made.metaOrganization,
            abi.encodeCall(
                MetaOrganization.initialize, ("x", CHARTER, new bytes32[](0), new address[](0))
            )
        );
        calls[1] = Restricted(
            made.timelock,
            abi.encodeWithSignature(
                "initialize(uint256,address[],address[],address)",
                0,
                new address[](0),
                new address[](0),
                outsider
            )
        );
        calls[2] =
            Restricted(made.authority, abi.encodeWithSignature("initialize(address)", outsider));
        calls[3] = Restricted(
            made.interConstitution, abi.encodeCall(InterConstitution.initialize, (TEXT, RAW))
        );
        calls[4] = Restricted(
            made.membership,
            abi.encodeCall(
                Membership.initialize,
                (
                    charter.admission,
                    charter.readoption,
                    charter.constituencies,
                    charter.kinds,
                    new Founder[](0)
                )
            )
        );
        calls[5] = Restricted(
            made.rulebook,
            abi.encodeCall(
                Rulebook.initialize,
                (charter.terms, new address[](0), new bytes4[](0), new uint8[](0))
            )
        );
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory answer) = calls[i].target.call(calls[i].data);

            vm.assertFalse(success);
            vm.assertEq(answer, abi.encodePacked(Initializable.InvalidInitialization.selector));
        }
    }

    function _assertCode(Modules memory made, bool deployed) private view {
        address[8] memory list = _list(made);
        for (uint256 i = 0; i < list.length; ++i) {
            vm.assertEq(list[i].code.length != 0, deployed);
        }
    }

    function _assertAllDiffer(Modules memory one, Modules memory other) private pure {
        address[8] memory left = _list(one);
        address[8] memory right = _list(other);
        for (uint256 i = 0; i < left.length; ++i) {
            vm.assertNotEq(left[i], right[i]);
        }
    }

    function _list(Modules memory made) private pure returns (address[8] memory) {
        return [
            made.metaOrganization,
            made.timelock,
            made.authority,
            made.interConstitution,
            made.membership,
            made.commons,
            made.rulebook,
            made.assembly_
        ];
    }
}
