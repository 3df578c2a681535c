// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {Admission, Founder, Readoption} from "./IMembership.sol";
import {Terms} from "./IRulebook.sol";

/// @notice A rule for one function of one module.
/// @param module its name, for example "membership".
/// @param selector the function. @param rule the rule's number.
struct Assignment {
    bytes32 module;
    bytes4 selector;
    uint8 rule;
}

/// @notice Everything that is decided before there is anyone to decide.
/// @param name the meta-organization's name, UTF-8.
/// @param charter sha2-256 of the charter document. @param text sha2-256 of the InterConstitution.
/// @param codec the text's codec.
/// @param constituencies names of the classes. @param kinds names of the kinds of organization.
/// @param admission the rule of admission. @param readoption what follows an amendment of the text.
/// @param terms how decisions are made. @param assignments which function needs which rule.
/// @param founders those who take the first seats.
struct Charter {
    string name;
    bytes32 charter;
    bytes32 text;
    uint8 codec;
    bytes28[] constituencies;
    bytes32[] kinds;
    Admission admission;
    Readoption readoption;
    Terms terms;
    Assignment[] assignments;
    Founder[] founders;
}

/// @notice The contracts of one meta-organization.
struct Modules {
    address metaOrganization;
    address timelock;
    address authority;
    address interConstitution;
    address membership;
    address commons;
    address rulebook;
    address assembly_;
}

/// @title Founds a meta-organization in one transaction.
/// @notice Anyone may found; nobody, the factory and the founding account included, keeps a power
/// afterwards. The same account and charter give the same addresses on every chain that has this factory.
interface IMetaOrganizationFactory {
    /// @notice `founder` founded a meta-organization.
    event Founded(address indexed metaOrganization, address indexed founder, Modules modules);

    /// @notice A meta-organization begins with at least one founder.
    error FactoryFounderMissing();
    /// @notice Every founder's signature is needed, in the order of the founders.
    error FactorySignaturesMismatch(uint256 founders, uint256 signatures);
    /// @notice This account has founded this charter before; its addresses are those of `predict`.
    error FactoryFoundedBefore(address authority);
    /// @notice A meta-organization needs an ordinary rule and an amendment rule.
    error FactoryRuleMissing();
    /// @notice A rule is assigned to a module that is not founded here.
    error FactoryModuleUnknown(bytes32 module);

    /// @notice Founds a meta-organization and seats its founders.
    /// @dev Requirements: each founder signed the adoption (nonce 0) of the text for the predicted
    /// InterConstitution; the charter was not founded by this caller before. Emits {Founded}.
    /// @custom:power anyone, with every founder's signature; at once; any founder, who does not sign
    function found(Charter calldata charter, bytes[] calldata signatures)
        external
        returns (Modules memory);

    /// @notice Where `founder` would found, or has founded, this charter.
    function predict(address founder, Charter calldata charter)
        external
        view
        returns (Modules memory);

    /// @notice The implementations that all clones run.
    function implementations() external view returns (Modules memory);
}
