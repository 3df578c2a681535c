// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Authority} from "./Authority.sol";
import {InterConstitution} from "./InterConstitution.sol";
import {Membership} from "./Membership.sol";
import {MetaOrganization} from "./MetaOrganization.sol";
import {Rulebook} from "./Rulebook.sol";
import {Timelock} from "./Timelock.sol";
import {IInterConstitution} from "./interfaces/IInterConstitution.sol";
import {Founder} from "./interfaces/IMembership.sol";
import {
    Assignment,
    Charter,
    IMetaOrganizationFactory,
    Modules
} from "./interfaces/IMetaOrganizationFactory.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

/// @title MetaOrganizationFactory
/// @dev No state at all. Each contract's arguments name only contracts founded before it, so that every
/// address is known in advance: authority and timelock, then the front door and the text, then the
/// register, then those that read it.
contract MetaOrganizationFactory is IMetaOrganizationFactory {
    address private immutable META_ORGANIZATION;
    address private immutable TIMELOCK;
    address private immutable AUTHORITY;
    address private immutable INTER_CONSTITUTION;
    address private immutable MEMBERSHIP;
    address private immutable COMMONS;
    address private immutable RULEBOOK;
    address private immutable ASSEMBLY;

    constructor(Modules memory implementations_) {
        META_ORGANIZATION = implementations_.metaOrganization;
        TIMELOCK = implementations_.timelock;
        AUTHORITY = implementations_.authority;
        INTER_CONSTITUTION = implementations_.interConstitution;
        MEMBERSHIP = implementations_.membership;
        COMMONS = implementations_.commons;
        RULEBOOK = implementations_.rulebook;
        ASSEMBLY = implementations_.assembly_;
    }

    /// @inheritdoc IMetaOrganizationFactory
    function found(Charter calldata charter, bytes[] calldata signatures)
        external
        returns (Modules memory modules)
    {
        require(charter.founders.length != 0, FactoryFounderMissing());
        require(
            charter.founders.length == signatures.length,
            FactorySignaturesMismatch(charter.founders.length, signatures.length)
        );

        bytes32 salt = _salt(msg.sender, charter);
        address authority = Clones.predictDeterministicAddress(AUTHORITY, salt);
        require(authority.code.length == 0, FactoryFoundedBefore(authority)); // CREATE2 would burn all gas

        modules = _clone(salt);
        _initializePowers(modules, charter);
        _initializeFrontDoor(modules, charter);
        _initializeMembership(modules, charter, signatures);
        _initializeRulebook(modules, charter);
        emit Founded(modules.metaOrganization, msg.sender, modules);
    }

    /// @inheritdoc IMetaOrganizationFactory
    function predict(address founder, Charter calldata charter)
        external
        view
        returns (Modules memory)
    {
        return _predicted(_salt(founder, charter));
    }

    /// @inheritdoc IMetaOrganizationFactory
    function implementations() public view returns (Modules memory) {
        return Modules({
            metaOrganization: META_ORGANIZATION,
            timelock: TIMELOCK,
            authority: AUTHORITY,
            interConstitution: INTER_CONSTITUTION,
            membership: MEMBERSHIP,
            commons: COMMONS,
            rulebook: RULEBOOK,
            assembly_: ASSEMBLY
        });
    }

    // ------------------------------------------------------------------ addresses

    /// @dev The founders' list is part of it: who signs, signs with these and no others.
    function _salt(address founder, Charter calldata charter) private pure returns (bytes32) {
        return keccak256(abi.encode(founder, charter));
    }

    function _clone(bytes32 salt) private returns (Modules memory made) {
        made.timelock = Clones.cloneDeterministic(TIMELOCK, salt);
        made.authority = Clones.cloneDeterministic(AUTHORITY, salt);
        made.metaOrganization = _make(META_ORGANIZATION, _forGoverned(made), salt);
        made.interConstitution = _make(INTER_CONSTITUTION, _forGoverned(made), salt);
        made.membership = _make(MEMBERSHIP, _forMembership(made), salt);
        made.commons = _make(COMMONS, _forCommons(made), salt);
        made.rulebook = _make(RULEBOOK, _forRulebook(made), salt);
        made.assembly_ = _make(ASSEMBLY, _forAssembly(made), salt);
    }

    function _predicted(bytes32 salt) private view returns (Modules memory made) {
        made.timelock = Clones.predictDeterministicAddress(TIMELOCK, salt);
        made.authority = Clones.predictDeterministicAddress(AUTHORITY, salt);
        made.metaOrganization = _find(META_ORGANIZATION, _forGoverned(made), salt);
        made.interConstitution = _find(INTER_CONSTITUTION, _forGoverned(made), salt);
        made.membership = _find(MEMBERSHIP, _forMembership(made), salt);
        made.commons = _find(COMMONS, _forCommons(made), salt);
        made.rulebook = _find(RULEBOOK, _forRulebook(made), salt);
        made.assembly_ = _find(ASSEMBLY, _forAssembly(made), salt);
    }

    function _make(address implementation, bytes memory args, bytes32 salt)
        private
        returns (address)
    {
        return Clones.cloneDeterministicWithImmutableArgs(implementation, args, salt);
    }

    function _find(address implementation, bytes memory args, bytes32 salt)
        private
        view
        returns (address)
    {
        return Clones.predictDeterministicAddressWithImmutableArgs(implementation, args, salt);
    }

    function _forGoverned(Modules memory made) private pure returns (bytes memory) {
        return abi.encodePacked(made.authority);
    }

    function _forMembership(Modules memory made) private pure returns (bytes memory) {
        return abi.encodePacked(made.authority, made.interConstitution);
    }

    function _forCommons(Modules memory made) private pure returns (bytes memory) {
        return abi.encodePacked(made.authority, made.membership);
    }

    function _forRulebook(Modules memory made) private pure returns (bytes memory) {
        return abi.encodePacked(
            made.authority, made.timelock, made.metaOrganization, made.interConstitution
        );
    }

    function _forAssembly(Modules memory made) private pure returns (bytes memory) {
        return abi.encodePacked(made.authority, made.timelock, made.membership, made.rulebook);
    }

    // ------------------------------------------------------------------ first state

    /// @dev The Timelock's delay is the ordinary rule's, so that nothing is ever executed sooner.
    function _initializePowers(Modules memory made, Charter calldata charter) private {
        address[] memory proposers = new address[](1);
        proposers[0] = made.assembly_;
        require(charter.terms.rules.length != 0, FactoryRuleMissing());
        Timelock(payable(made.timelock))
            .initialize(charter.terms.rules[0].delay, proposers, proposers, address(0));
        Authority(made.authority).initialize(made.timelock);
    }

    function _initializeFrontDoor(Modules memory made, Charter calldata charter) private {
        bytes32[] memory names = new bytes32[](7);
        address[] memory modules = new address[](7);
        (names[0], modules[0]) = ("timelock", made.timelock);
        (names[1], modules[1]) = ("authority", made.authority);
        (names[2], modules[2]) = ("interConstitution", made.interConstitution);
        (names[3], modules[3]) = ("membership", made.membership);
        (names[4], modules[4]) = ("commons", made.commons);
        (names[5], modules[5]) = ("rulebook", made.rulebook);
        (names[6], modules[6]) = ("assembly", made.assembly_);
        MetaOrganization(made.metaOrganization)
            .initialize(charter.name, charter.charter, names, modules);
    }

    function _initializeMembership(
        Modules memory made,
        Charter calldata charter,
        bytes[] calldata signatures
    ) private {
        InterConstitution text = InterConstitution(made.interConstitution);
        text.initialize(charter.text, charter.codec);
        for (uint256 i = 0; i < signatures.length; ++i) {
            text.adopt(_adoption(charter.founders[i], charter.text), signatures[i]);
        }
        Membership(made.membership)
            .initialize(
                charter.admission,
                charter.readoption,
                charter.constituencies,
                charter.kinds,
                charter.founders
            );
    }

    function _adoption(Founder calldata founder, bytes32 text)
        private
        pure
        returns (IInterConstitution.Adoption memory)
    {
        return IInterConstitution.Adoption({
            organization: founder.organization,
            version: 1,
            text: text,
            constituency: founder.constituency,
            pledge: founder.pledge,
            nonce: 0,
            validUntil: founder.validUntil
        });
    }

    function _initializeRulebook(Modules memory made, Charter calldata charter) private {
        uint256 length = charter.assignments.length;
        address[] memory targets = new address[](length);
        bytes4[] memory selectors = new bytes4[](length);
        uint8[] memory rules = new uint8[](length);
        for (uint256 i = 0; i < length; ++i) {
            Assignment calldata assignment = charter.assignments[i];
            targets[i] = MetaOrganization(made.metaOrganization).module(assignment.module);
            require(targets[i] != address(0), FactoryModuleUnknown(assignment.module));
            (selectors[i], rules[i]) = (assignment.selector, assignment.rule);
        }
        Rulebook(made.rulebook).initialize(charter.terms, targets, selectors, rules);
    }
}
