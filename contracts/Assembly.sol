// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "./Timelock.sol";
import {Governed} from "./base/Governed.sol";
import {ClassTally, IAssembly, Method, Rule} from "./interfaces/IAssembly.sol";
import {Census, IMembership} from "./interfaces/IMembership.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Rules} from "./libraries/Rules.sol";
import {VotePages} from "./libraries/VotePages.sol";
import {
    GovernorUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/GovernorUpgradeable.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Assembly
/// @dev Immutable arguments: authority, timelock, membership, metaOrganization, interConstitution.
/// The Timelock is driven from here and not through GovernorTimelockControl, which has one delay for
/// everything and no place for the delay that a rule asks for.
contract Assembly is IAssembly, Governed, GovernorUpgradeable {
    using VotePages for uint256;

    uint8 private constant ORDINARY = 0;
    uint8 private constant AMENDMENT = 1;

    /// @dev The assignment table keeps a rule's number + 1 in eight bits.
    uint8 private constant MAX_RULES = type(uint8).max;

    /// @dev Enough for any contract of ours to name its Authority. A proposer cannot starve it: what
    /// is left after a starved call (1/64) would not pay for the rest of a proposal.
    uint256 private constant AUTHORITY_GAS = 30_000;

    Rule[] private _rules;
    uint32 private _votingDelay;
    mapping(address target => mapping(bytes4 selector => uint8)) private _assigned; // number + 1
    mapping(uint256 proposalId => Rule) private _frozen;
    mapping(uint256 proposalId => mapping(uint256 page => uint256)) private _pages;

    /// @dev The voting period of the proposal that is being made, for the Governor to read.
    uint32 private transient _proposedPeriod;

    /// @notice Called once, by the factory, in the founding transaction.
    function initialize(
        uint32 votingDelay_,
        Rule[] calldata rules_,
        address[] calldata targets,
        bytes4[] calldata selectors,
        uint8[] calldata indices
    ) external initializer {
        _setVotingDelay(votingDelay_);
        for (uint256 i = 0; i < rules_.length; ++i) {
            _setRule(uint8(i), rules_[i]);
        }
        require(_rules.length > AMENDMENT, AssemblyRuleUnknown(AMENDMENT));
        for (uint256 i = 0; i < targets.length; ++i) {
            _assignRule(targets[i], selectors[i], indices[i]);
        }
    }

    // ------------------------------------------------------------------ rules

    /// @inheritdoc IAssembly
    function setRule(uint8 index, Rule calldata rule) external restricted {
        _setRule(index, rule);
    }

    /// @inheritdoc IAssembly
    function assignRule(address target, bytes4 selector, uint8 index) external restricted {
        _assignRule(target, selector, index);
    }

    /// @inheritdoc IAssembly
    function unassignRule(address target, bytes4 selector) external restricted {
        delete _assigned[target][selector];
        emit RuleUnassigned(target, selector);
    }

    /// @inheritdoc IAssembly
    function setVotingDelay(uint32 votingDelay_) external restricted {
        _setVotingDelay(votingDelay_);
    }

    /// @inheritdoc IAssembly
    function rules() external view returns (Rule[] memory) {
        return _rules;
    }

    /// @inheritdoc IAssembly
    function assignedRule(address target, bytes4 selector)
        public
        view
        returns (bool assigned, uint8 index)
    {
        uint8 stored = _assigned[target][selector];
        return stored == 0 ? (false, 0) : (true, stored - 1);
    }

    /// @inheritdoc IAssembly
    function ruleFor(address[] memory targets, bytes[] memory calldatas)
        public
        view
        returns (Rule memory strictest)
    {
        require(
            targets.length == calldatas.length,
            GovernorInvalidProposalLength(targets.length, calldatas.length, targets.length)
        );
        strictest = _rules[ORDINARY];
        for (uint256 i = 0; i < targets.length; ++i) {
            Rule memory rule = _rules[_ruleIndex(targets[i], calldatas[i])];
            strictest = Rules.strictest(strictest, rule);
        }
    }

    /// @inheritdoc IAssembly
    function proposalRule(uint256 proposalId) external view returns (Rule memory) {
        return _frozen[proposalId];
    }

    // ------------------------------------------------------------------ votes

    /// @inheritdoc IAssembly
    function proposalTallies(uint256 proposalId) public view returns (ClassTally[] memory tallies) {
        Census[] memory census = IMembership(token()).censusAt(uint48(proposalSnapshot(proposalId)));
        tallies = new ClassTally[](census.length);
        for (uint256 i = 0; i < census.length; ++i) {
            ClassTally memory class = tallies[i];
            class.seats = census[i].active;
            if (class.seats == 0) continue;
            for (uint256 j = 0; j * VotePages.SEATS < census[i].issued; ++j) {
                uint256 page = _pages[proposalId][_pageKey(i, j)];
                class.against += page.tally(0);
                class.inFavour += page.tally(1);
                class.abstain += page.tally(2);
            }
        }
    }

    /// @inheritdoc IAssembly
    function proposalVotes(uint256 proposalId)
        external
        view
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes)
    {
        ClassTally[] memory tallies = proposalTallies(proposalId);
        for (uint256 i = 0; i < tallies.length; ++i) {
            againstVotes += tallies[i].against;
            forVotes += tallies[i].inFavour;
            abstainVotes += tallies[i].abstain;
        }
    }

    /// @inheritdoc IAssembly
    function votePage(uint256 proposalId, uint8 constituency, uint32 page)
        external
        view
        returns (uint256)
    {
        return _pages[proposalId][_pageKey(constituency, page)];
    }

    /// @notice Whether the seat of `account` has voted on `proposalId`.
    function hasVoted(uint256 proposalId, address account) external view returns (bool) {
        (bool active, uint8 constituency, uint32 ordinal) =
            IMembership(token()).seatAt(account, uint48(proposalSnapshot(proposalId)));
        (uint256 key, uint256 place) = _position(constituency, ordinal);
        return active && _pages[proposalId][key].voted(place);
    }

    /// @notice How votes are read: for, against and abstain, all of which count for the quorum.
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() external pure returns (string memory) {
        return "support=bravo&quorum=against,for,abstain";
    }

    // ------------------------------------------------------------------ what readers of a Governor expect

    /// @inheritdoc IAssembly
    function token() public view returns (address) {
        return CloneArguments.read(2);
    }

    /// @inheritdoc IAssembly
    function timelock() public view returns (address) {
        return CloneArguments.read(1);
    }

    /// @notice The name in the EIP-712 domain of ballots.
    function name() public pure override returns (string memory) {
        return "Assembly";
    }

    /// @dev A constant instead of two storage slots for each founding; see also {name}.
    function _EIP712Name() internal pure override returns (string memory) {
        return name();
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }

    /// @notice Unix seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice See ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice Seconds between proposal and voting.
    function votingDelay() public view override returns (uint256) {
        return _votingDelay;
    }

    /// @notice Seconds of voting under the ordinary rule; a proposal has those of its own rule.
    function votingPeriod() public view override returns (uint256) {
        uint32 proposed = _proposedPeriod;
        return proposed == 0 ? _rules[ORDINARY].votingPeriod : proposed;
    }

    /// @notice One vote: a proposer holds an active seat.
    function proposalThreshold() public pure override returns (uint256) {
        return Rules.UNITS_PER_SEAT;
    }

    /// @notice Units that must take part under the ordinary rule, rounded up.
    function quorum(uint256 timepoint) public view override returns (uint256) {
        uint256 supply = IMembership(token()).getPastTotalSupply(timepoint);
        return Math.mulDiv(supply, _rules[ORDINARY].quorum, Rules.BASIS, Math.Rounding.Ceil);
    }

    /// @notice True: every decision waits in the Timelock.
    function proposalNeedsQueuing(uint256) public pure override returns (bool) {
        return true;
    }

    // ------------------------------------------------------------------ the Governor's hooks

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256 proposalId) {
        Rule memory rule = ruleFor(targets, calldatas);
        _proposedPeriod = rule.votingPeriod;
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        _proposedPeriod = 0;

        _frozen[proposalId] = rule;
        emit RuleFrozen(proposalId, rule);
    }

    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal override returns (uint256) {
        _validateStateBitmap(proposalId, _encodeStateBitmap(ProposalState.Active));
        uint256 weight = _countVote(proposalId, account, support, Rules.UNITS_PER_SEAT, params);

        if (params.length == 0) {
            emit VoteCast(account, proposalId, support, weight, reason);
        } else {
            emit VoteCastWithParams(account, proposalId, support, weight, reason, params);
        }
        return weight;
    }

    /// @dev `weight` is what an active seat has; whether there is one is asked once, here.
    function _countVote(
        uint256 proposalId,
        address account,
        uint8 support,
        uint256 weight,
        bytes memory
    ) internal override returns (uint256) {
        uint256 snapshot = proposalSnapshot(proposalId);
        (bool active, uint8 constituency, uint32 ordinal) =
            IMembership(token()).seatAt(account, uint48(snapshot));
        (uint256 key, uint256 place) = _position(constituency, ordinal);
        uint256 page = _pages[proposalId][key];
        require(support <= 2, AssemblySupportUnknown(support));
        if (!active) _revertWithoutSeat(account, snapshot);
        require(!page.voted(place), AssemblyAlreadyVoted(proposalId, account));

        _pages[proposalId][key] = page.record(place, support, weight);
        return weight;
    }

    function _revertWithoutSeat(address account, uint256 snapshot) private view {
        require(
            IMembership(token()).getVotes(account) == 0, AssemblySeatTooRecent(account, snapshot)
        );
        revert AssemblySeatRequired(account);
    }

    function _getVotes(address account, uint256 timepoint, bytes memory)
        internal
        view
        override
        returns (uint256)
    {
        return IMembership(token()).getPastVotes(account, timepoint);
    }

    /// @dev Part of {_voteSucceeded}, so that the votes are added up once.
    function _quorumReached(uint256) internal pure override returns (bool) {
        return true;
    }

    /// @dev What was queued had succeeded, and votes cannot change after their deadline: it is not
    /// counted again for execution.
    function _voteSucceeded(uint256 proposalId) internal view override returns (bool) {
        return proposalEta(proposalId) != 0
            || Rules.passes(_frozen[proposalId], proposalTallies(proposalId));
    }

    function _executor() internal view override returns (address) {
        return timelock();
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override returns (uint48) {
        Timelock queue = Timelock(payable(timelock()));
        uint256 delay = Math.max(_frozen[proposalId].delay, queue.getMinDelay());
        queue.scheduleBatch(targets, values, calldatas, 0, _salt(descriptionHash), delay);
        return uint48(block.timestamp + delay);
    }

    function _executeOperations(
        uint256,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override {
        Timelock(payable(timelock())).executeBatch{value: msg.value}(
            targets, values, calldatas, 0, _salt(descriptionHash)
        );
    }

    /// @dev As in GovernorTimelockControl: no two Assemblies of one Timelock collide.
    function _salt(bytes32 descriptionHash) private view returns (bytes32) {
        return bytes20(address(this)) ^ descriptionHash;
    }

    // ------------------------------------------------------------------ which rule

    function _ruleIndex(address target, bytes memory data) private view returns (uint8) {
        if (_inKernel(target)) return AMENDMENT;
        (bool assigned, uint8 index) = assignedRule(target, bytes4(data));
        if (assigned) return index;
        return _isGoverned(target, data) ? AMENDMENT : ORDINARY;
    }

    function _inKernel(address target) private view returns (bool) {
        return target == address(this) || target == CloneArguments.read(0)
            || target == CloneArguments.read(1) || target == CloneArguments.read(3)
            || target == CloneArguments.read(4);
    }

    /// @dev A contract is of this meta-organization if it obeys its Authority. One that says so without
    /// being so only makes decisions about itself harder. Where there is no code yet, one of ours may
    /// stand by the time of execution, so that a call with data counts as one to ours.
    function _isGoverned(address target, bytes memory data) private view returns (bool) {
        if (target.code.length == 0) return data.length != 0;
        (bool success, bytes memory answer) =
            target.staticcall{gas: AUTHORITY_GAS}(abi.encodeCall(IAccessManaged.authority, ()));
        return success && answer.length >= 32
            && abi.decode(answer, (uint256)) == uint160(CloneArguments.read(0));
    }

    function _setRule(uint8 index, Rule calldata rule) private {
        require(index <= _rules.length && index < MAX_RULES, AssemblyRuleUnknown(index));
        require(Rules.inRange(rule), AssemblyRuleInvalid(rule));
        require(
            rule.method == Method.Majority || rule.method == Method.EachClass,
            AssemblyMethodUnavailable(rule.method)
        );

        if (index == _rules.length) _rules.push(rule);
        else _rules[index] = rule;
        if (index <= AMENDMENT && _rules.length > AMENDMENT) {
            Rule memory amendment = _rules[AMENDMENT];
            Rule memory ordinary = _rules[ORDINARY];
            require(
                Rules.noWeaker(amendment, ordinary), AssemblyAmendmentWeaker(amendment, ordinary)
            );
        }
        emit RuleSet(index, rule);
    }

    function _assignRule(address target, bytes4 selector, uint8 index) private {
        require(index < _rules.length, AssemblyRuleUnknown(index));
        require(!_inKernel(target), AssemblyRuleFixed(target, selector));

        _assigned[target][selector] = index + 1;
        emit RuleAssigned(target, selector, index);
    }

    function _setVotingDelay(uint32 votingDelay_) private {
        _votingDelay = votingDelay_;
        emit VotingDelayChanged(votingDelay_);
    }

    // ------------------------------------------------------------------ pages

    function _position(uint8 constituency, uint32 ordinal)
        private
        pure
        returns (uint256 key, uint256 place)
    {
        return (_pageKey(constituency, ordinal / VotePages.SEATS), ordinal % VotePages.SEATS);
    }

    function _pageKey(uint256 constituency, uint256 page) private pure returns (uint256) {
        return constituency << 32 | page;
    }
}
