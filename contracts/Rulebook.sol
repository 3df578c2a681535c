// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "./base/Governed.sol";
import {ClassTally, IRulebook, Rule, Terms} from "./interfaces/IRulebook.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Rules} from "./libraries/Rules.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @title Rulebook
/// @dev Immutable arguments: authority, timelock, metaOrganization, interConstitution.
contract Rulebook is IRulebook, Governed {
    /// @dev One slot.
    struct Settings {
        uint32 votingDelay;
        uint8 openProposals;
        uint8 rules;
        uint8 edition;
    }

    uint8 private constant ORDINARY = 0;
    uint8 private constant AMENDMENT = 1;

    /// @dev The assignment table keeps a rule's number + 1 in eight bits.
    uint8 private constant MAX_RULES = type(uint8).max;
    uint256 private constant MAX_CONSTITUENCIES = 64;

    /// @dev The Assembly keeps the ends of a seat's open proposals, 48 bits each, in one slot.
    uint8 private constant MAX_OPEN_PROPOSALS = 5;

    /// @dev Enough for any contract of ours to name its Authority. A proposer cannot starve it: what
    /// is left after a starved call (1/64) would not pay for the rest of a proposal.
    uint256 private constant AUTHORITY_GAS = 30_000;

    Settings private _settings;
    mapping(uint8 index => Rule) private _rules;
    mapping(uint8 edition => uint16[]) private _weights;
    mapping(address target => mapping(bytes4 selector => uint8)) private _assigned; // number + 1

    /// @notice Called once, by the factory, in the founding transaction.
    function initialize(
        Terms calldata terms,
        address[] calldata targets,
        bytes4[] calldata selectors,
        uint8[] calldata indices
    ) external initializer {
        _setVotingDelay(terms.votingDelay);
        _setOpenProposals(terms.openProposals);
        if (terms.weights.length != 0) _setWeights(terms.weights);
        for (uint256 i = 0; i < terms.rules.length; ++i) {
            _setRule(uint8(i), terms.rules[i]);
        }
        require(_settings.rules > AMENDMENT, RulebookRuleUnknown(AMENDMENT));
        for (uint256 i = 0; i < targets.length; ++i) {
            _assignRule(targets[i], selectors[i], indices[i]);
        }
    }

    // ------------------------------------------------------------------ by decision

    /// @inheritdoc IRulebook
    function setRule(uint8 index, Rule calldata rule) external restricted {
        _setRule(index, rule);
    }

    /// @inheritdoc IRulebook
    function assignRule(address target, bytes4 selector, uint8 index) external restricted {
        _assignRule(target, selector, index);
    }

    /// @inheritdoc IRulebook
    function unassignRule(address target, bytes4 selector) external restricted {
        delete _assigned[target][selector];
        emit RuleUnassigned(target, selector);
    }

    /// @inheritdoc IRulebook
    function setWeights(uint16[] calldata weights_) external restricted {
        _setWeights(weights_);
    }

    /// @inheritdoc IRulebook
    function setVotingDelay(uint32 votingDelay_) external restricted {
        _setVotingDelay(votingDelay_);
    }

    /// @inheritdoc IRulebook
    function setOpenProposals(uint8 openProposals_) external restricted {
        _setOpenProposals(openProposals_);
    }

    // ------------------------------------------------------------------ reads

    /// @inheritdoc IRulebook
    function rules() external view returns (Rule[] memory all) {
        all = new Rule[](_settings.rules);
        for (uint8 i = 0; i < all.length; ++i) {
            all[i] = _rules[i];
        }
    }

    /// @inheritdoc IRulebook
    function ruleAt(uint8 index) external view returns (Rule memory) {
        require(index < _settings.rules, RulebookRuleUnknown(index));
        return _rules[index];
    }

    /// @inheritdoc IRulebook
    function assignedRule(address target, bytes4 selector)
        public
        view
        returns (bool assigned, uint8 index)
    {
        uint8 stored = _assigned[target][selector];
        return stored == 0 ? (false, 0) : (true, stored - 1);
    }

    /// @inheritdoc IRulebook
    function ruleFor(address[] calldata targets, bytes[] calldata calldatas)
        public
        view
        returns (Rule memory rule)
    {
        require(
            targets.length == calldatas.length && targets.length != 0,
            RulebookActionsInvalid(targets.length, calldatas.length)
        );
        rule = _rules[_ruleIndex(targets[0], calldatas[0])];
        for (uint256 i = 1; i < targets.length; ++i) {
            rule = Rules.strictest(rule, _rules[_ruleIndex(targets[i], calldatas[i])]);
        }
    }

    /// @inheritdoc IRulebook
    function termsFor(address[] calldata targets, bytes[] calldata calldatas)
        external
        view
        returns (Rule memory, uint8, uint32, uint8)
    {
        Settings memory settings = _settings;
        return (
            ruleFor(targets, calldatas),
            settings.edition,
            settings.votingDelay,
            settings.openProposals
        );
    }

    /// @inheritdoc IRulebook
    function passes(Rule calldata rule, uint8 edition_, ClassTally[] calldata tallies)
        external
        view
        returns (bool)
    {
        uint16[] memory none = new uint16[](0);
        bool weighted = rule.methods & Rules.WEIGHTED != 0;
        return Rules.passes(rule, tallies, weighted ? _weights[edition_] : none);
    }

    /// @inheritdoc IRulebook
    function strictness(Rule calldata rule) external pure returns (uint256) {
        return Rules.strictness(rule);
    }

    /// @inheritdoc IRulebook
    function edition() external view returns (uint8) {
        return _settings.edition;
    }

    /// @inheritdoc IRulebook
    function weights(uint8 edition_) external view returns (uint16[] memory) {
        return _weights[edition_];
    }

    /// @inheritdoc IRulebook
    function votingDelay() external view returns (uint32) {
        return _settings.votingDelay;
    }

    /// @inheritdoc IRulebook
    function openProposals() external view returns (uint8) {
        return _settings.openProposals;
    }

    // ------------------------------------------------------------------ which rule

    function _ruleIndex(address target, bytes calldata data) private view returns (uint8) {
        if (_inKernel(target)) return AMENDMENT;
        (bool assigned, uint8 index) = assignedRule(target, bytes4(data));
        if (assigned) return index;
        return _isGoverned(target, data) ? AMENDMENT : ORDINARY;
    }

    function _inKernel(address target) private view returns (bool) {
        return target == address(this) || target == CloneArguments.read(0)
            || target == CloneArguments.read(1) || target == CloneArguments.read(2)
            || target == CloneArguments.read(3);
    }

    /// @dev A contract is of this meta-organization if it obeys its Authority. One that says so without
    /// being so only makes decisions about itself harder. Where there is no code yet, one of ours may
    /// stand by the time of execution, so that a call with data counts as one to ours.
    function _isGoverned(address target, bytes calldata data) private view returns (bool) {
        if (target.code.length == 0) return data.length != 0;
        (bool success, bytes memory answer) =
            target.staticcall{gas: AUTHORITY_GAS}(abi.encodeCall(IAccessManaged.authority, ()));
        return success && answer.length >= 32
            && abi.decode(answer, (uint256)) == uint160(CloneArguments.read(0));
    }

    // ------------------------------------------------------------------ the table

    function _setRule(uint8 index, Rule memory rule) private {
        Settings memory settings = _settings;
        require(index <= settings.rules && index < MAX_RULES, RulebookRuleUnknown(index));
        require(Rules.inRange(rule), RulebookRuleInvalid(rule));
        require(
            rule.methods & Rules.WEIGHTED == 0 || settings.edition != 0, RulebookWeightsMissing()
        );

        _rules[index] = rule;
        if (index == settings.rules) _settings.rules = index + 1;
        if (index <= AMENDMENT) _requireAmendmentNoWeaker();
        emit RuleSet(index, rule);
    }

    function _requireAmendmentNoWeaker() private view {
        if (_settings.rules <= AMENDMENT) return;
        Rule memory amendment = _rules[AMENDMENT];
        Rule memory ordinary = _rules[ORDINARY];
        require(Rules.noWeaker(amendment, ordinary), RulebookAmendmentWeaker(amendment, ordinary));
    }

    function _assignRule(address target, bytes4 selector, uint8 index) private {
        require(index < _settings.rules, RulebookRuleUnknown(index));
        require(!_inKernel(target), RulebookRuleFixed(target, selector));

        _assigned[target][selector] = index + 1;
        emit RuleAssigned(target, selector, index);
    }

    function _setWeights(uint16[] calldata weights_) private {
        uint256 sum = 0;
        for (uint256 i = 0; i < weights_.length; ++i) {
            sum += weights_[i];
        }
        uint8 latest = _settings.edition;
        require(
            sum == Rules.BASIS && weights_.length <= MAX_CONSTITUENCIES
                && latest != type(uint8).max,
            RulebookWeightsInvalid(weights_)
        );

        _settings.edition = latest + 1;
        _weights[latest + 1] = weights_;
        emit WeightsSet(latest + 1, weights_);
    }

    function _setVotingDelay(uint32 votingDelay_) private {
        _settings.votingDelay = votingDelay_;
        emit VotingDelayChanged(votingDelay_);
    }

    function _setOpenProposals(uint8 openProposals_) private {
        require(
            openProposals_ != 0 && openProposals_ <= MAX_OPEN_PROPOSALS,
            RulebookOpenProposalsInvalid(openProposals_)
        );

        _settings.openProposals = openProposals_;
        emit OpenProposalsChanged(openProposals_);
    }
}
