// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "./Timelock.sol";
import {Governed} from "./base/Governed.sol";
import {IAssembly, SignedVote} from "./interfaces/IAssembly.sol";
import {Census, IMembership} from "./interfaces/IMembership.sol";
import {ClassTally, IRulebook, Rule} from "./interfaces/IRulebook.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Proposers} from "./libraries/Proposers.sol";
import {Rules} from "./libraries/Rules.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {VotePages} from "./libraries/VotePages.sol";
import {
    EIP712Upgradeable
} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Assembly
/// @dev Immutable arguments: authority, timelock, membership, rulebook.
/// The Governor's interface, events, errors and proposal numbers, without its storage: a proposal, with
/// its rule, is one slot here, and so is a page of votes.
contract Assembly is IAssembly, Governed, EIP712Upgradeable, ERC165 {
    using VotePages for uint256;

    /// @dev One slot: what is to be known of a proposal besides its votes. Times end in the year 36812.
    struct Proposal {
        uint32 seat;
        uint40 voteStart;
        uint32 voteDuration;
        uint40 eta;
        uint32 delay;
        uint16 approval;
        uint16 quorum;
        uint16 objections;
        uint8 methods;
        uint8 closing;
        uint8 edition;
        uint8 flags;
    }

    /// @dev One slot: what {countVotes} has added up of a constituency.
    struct Sum {
        uint32 pages;
        uint72 against;
        uint72 inFavour;
        uint72 abstain;
    }

    /// @dev A proposal that is open to votes, for the time of a transaction. `tallies` and `passing` are
    /// only known in the closing part of the period.
    struct Poll {
        uint256 id;
        uint48 snapshot;
        bool closing;
        bool passing;
        bool consent;
        ClassTally[] tallies;
    }

    uint8 private constant ORDINARY = 0;

    uint8 private constant CANCELED = 1;
    uint8 private constant EXECUTED = 2;
    uint8 private constant EXTENDED = 4;
    uint8 private constant SUMMED = 8;
    uint8 private constant UPGRADABLE = 16;

    uint8 private constant AGAINST = 0;
    uint8 private constant ABSTAIN = 2;
    uint8 private constant SPLIT = 255;

    /// @dev Ends of voting, 48 bits each, in the slot of a seat.
    uint256 private constant MAX_OPEN = 5;
    uint256 private constant TURN_BITS = 48;

    /// @dev What a contract account may use to check its signature among those of others.
    uint256 private constant SIGNATURE_GAS = 200_000;

    bytes32 private constant BALLOT_TYPEHASH =
        keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
    bytes32 private constant EXTENDED_BALLOT_TYPEHASH = keccak256(
        "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
    );

    mapping(uint256 proposalId => Proposal) private _proposals;
    mapping(uint256 proposalId => mapping(uint256 page => uint256)) private _pages;
    mapping(uint256 proposalId => mapping(uint256 constituency => Sum)) private _sums;
    mapping(uint256 proposalId => mapping(uint256 page => uint256)) private _upgraders; // by seat
    mapping(uint256 proposalId => mapping(uint8 constituency => uint256)) private _requests;
    mapping(uint32 seat => uint256) private _turns;

    // ------------------------------------------------------------------ proposing

    /// @inheritdoc IGovernor
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) external returns (uint256 proposalId) {
        require(
            targets.length == values.length && targets.length == calldatas.length
                && targets.length != 0,
            GovernorInvalidProposalLength(targets.length, calldatas.length, values.length)
        );
        require(Proposers.allows(description, msg.sender), GovernorRestrictedProposer(msg.sender));
        (uint32 seat,) = _membership().seatOf(msg.sender);
        require(seat != 0, AssemblySeatRequired(msg.sender));
        proposalId = hashProposal(targets, values, calldatas, keccak256(bytes(description)));
        if (_proposals[proposalId].seat != 0) {
            revert GovernorUnexpectedProposalState(proposalId, state(proposalId), 0);
        }

        uint40 start = _create(proposalId, seat, targets, calldatas);
        _announce(proposalId, start, targets, values, calldatas, description);
    }

    /// @inheritdoc IGovernor
    function cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) external returns (uint256 proposalId) {
        proposalId = hashProposal(targets, values, calldatas, descriptionHash);
        _require(proposalId, ProposalState.Pending);
        Proposal storage proposal = _proposals[proposalId];
        uint32 seat = proposal.seat;
        require(
            _membership().accountOf(seat) == msg.sender,
            GovernorUnableToCancel(proposalId, msg.sender)
        );

        proposal.flags |= CANCELED;
        _giveBackTurn(seat, proposal.voteStart + proposal.voteDuration);
        emit ProposalCanceled(proposalId);
    }

    /// @inheritdoc IAssembly
    function requestUpgrade(uint256 proposalId) external {
        _require(proposalId, ProposalState.Pending);
        Proposal storage proposal = _proposals[proposalId];
        require(
            proposal.flags & UPGRADABLE != 0 && proposal.methods & Rules.EACH_CLASS == 0,
            AssemblyUpgradeUnavailable(proposalId)
        );
        (uint32 seat, uint8 constituency) = _membership().seatOf(msg.sender);
        require(seat != 0, AssemblySeatRequired(msg.sender));
        uint256 bit = 1 << (seat & 255);
        uint256 page = _upgraders[proposalId][seat >> 8];
        require(page & bit == 0, AssemblyUpgradeRequested(proposalId, seat));

        _upgraders[proposalId][seat >> 8] = page | bit;
        uint256 requests = ++_requests[proposalId][constituency];
        emit UpgradeRequested(proposalId, seat, constituency);

        if (requests * 2 > _membership().censusAt(clock())[constituency].active) {
            proposal.methods |= Rules.EACH_CLASS;
            if (proposal.approval == 0) proposal.approval = uint16(Rules.BASIS / 2);
            emit ProposalUpgraded(proposalId, constituency);
        }
    }

    // ------------------------------------------------------------------ voting

    /// @inheritdoc IGovernor
    function castVote(uint256 proposalId, uint8 support) external returns (uint256) {
        return _castVote(proposalId, msg.sender, support, "", "");
    }

    /// @inheritdoc IGovernor
    function castVoteWithReason(uint256 proposalId, uint8 support, string calldata reason)
        external
        returns (uint256)
    {
        return _castVote(proposalId, msg.sender, support, reason, "");
    }

    /// @inheritdoc IGovernor
    function castVoteWithReasonAndParams(
        uint256 proposalId,
        uint8 support,
        string calldata reason,
        bytes calldata params
    ) external returns (uint256) {
        return _castVote(proposalId, msg.sender, support, reason, params);
    }

    /// @inheritdoc IGovernor
    function castVoteBySig(
        uint256 proposalId,
        uint8 support,
        address voter,
        bytes calldata signature
    ) external returns (uint256) {
        bytes32 digest = _hashTypedDataV4(_ballot(proposalId, support, voter));
        _requireSigned(voter, digest, signature);
        return _castVote(proposalId, voter, support, "", "");
    }

    /// @inheritdoc IGovernor
    function castVoteWithReasonAndParamsBySig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string calldata reason,
        bytes calldata params,
        bytes calldata signature
    ) external returns (uint256) {
        bytes32 content = keccak256(
            abi.encode(
                EXTENDED_BALLOT_TYPEHASH,
                proposalId,
                support,
                voter,
                0,
                keccak256(bytes(reason)),
                keccak256(params)
            )
        );
        _requireSigned(voter, _hashTypedDataV4(content), signature);
        return _castVote(proposalId, voter, support, reason, params);
    }

    /// @inheritdoc IAssembly
    function castVotesBySig(uint256 proposalId, SignedVote[] calldata votes)
        external
        returns (uint256 counted)
    {
        Poll memory poll = _open(proposalId);
        bytes32 domain = _domainSeparatorV4();
        uint256[] memory places = _membership().placesAt(_voters(votes), poll.snapshot);
        for (uint256 i = 0; i < votes.length; ++i) {
            SignedVote calldata vote = votes[i];
            bytes4 fault = _countSigned(poll, domain, vote, places[i]);
            if (fault == 0) {
                ++counted;
                emit VoteCast(vote.voter, proposalId, vote.support, Rules.UNITS_PER_SEAT, "");
            } else {
                emit VoteRefused(proposalId, vote.voter, fault);
            }
        }
    }

    // ------------------------------------------------------------------ counting, queueing, executing

    /// @inheritdoc IAssembly
    function countVotes(uint256 proposalId, uint256 pages) external {
        Proposal storage proposal = _proposals[proposalId];
        _requireExisting(proposalId);
        if (clock() <= _deadline(proposal) || proposal.flags & CANCELED != 0 || proposal.eta != 0) {
            revert GovernorUnexpectedProposalState(
                proposalId,
                state(proposalId),
                _bit(ProposalState.Defeated) | _bit(ProposalState.Succeeded)
            );
        }

        Census[] memory census = _membership().censusAt(proposal.voteStart);
        for (uint8 i = 0; i < census.length && pages != 0; ++i) {
            pages -= _countPages(proposalId, i, census[i].issued, pages);
        }
        proposal.flags |= SUMMED;
    }

    /// @inheritdoc IGovernor
    function queue(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) external returns (uint256 proposalId) {
        proposalId = hashProposal(targets, values, calldatas, descriptionHash);
        _require(proposalId, ProposalState.Succeeded);
        Proposal storage proposal = _proposals[proposalId];
        Timelock queue_ = Timelock(payable(timelock()));
        uint256 delay = Math.max(proposal.delay, queue_.getMinDelay());

        uint40 eta = SafeCast.toUint40(block.timestamp + delay);
        proposal.eta = eta;
        emit ProposalQueued(proposalId, eta);

        queue_.scheduleBatch(targets, values, calldatas, 0, _salt(descriptionHash), delay);
    }

    /// @inheritdoc IGovernor
    function execute(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) external payable returns (uint256 proposalId) {
        proposalId = hashProposal(targets, values, calldatas, descriptionHash);
        _require(proposalId, ProposalState.Queued);

        _proposals[proposalId].flags |= EXECUTED;
        emit ProposalExecuted(proposalId);

        Timelock(payable(timelock())).executeBatch{value: msg.value}(
            targets, values, calldatas, 0, _salt(descriptionHash)
        );
    }

    // ------------------------------------------------------------------ what is known of a proposal

    /// @inheritdoc IGovernor
    /// @dev A queued decision is not counted again: votes cannot change after their deadline.
    function state(uint256 proposalId) public view returns (ProposalState) {
        Proposal storage proposal = _proposals[proposalId];
        _requireExisting(proposalId);
        uint8 flags = proposal.flags;
        if (flags & EXECUTED != 0) return ProposalState.Executed;
        if (flags & CANCELED != 0) return ProposalState.Canceled;
        if (clock() <= proposal.voteStart) return ProposalState.Pending;
        if (clock() <= _deadline(proposal)) return ProposalState.Active;
        if (proposal.eta != 0) return ProposalState.Queued;
        return _passes(proposal, proposalTallies(proposalId))
            ? ProposalState.Succeeded
            : ProposalState.Defeated;
    }

    /// @inheritdoc IAssembly
    function proposalTallies(uint256 proposalId) public view returns (ClassTally[] memory tallies) {
        Proposal storage proposal = _proposals[proposalId];
        bool summed = proposal.flags & SUMMED != 0;
        Census[] memory census = _membership().censusAt(proposal.voteStart);
        tallies = new ClassTally[](census.length);
        for (uint256 i = 0; i < census.length; ++i) {
            if (census[i].active == 0) continue;
            ClassTally memory class = tallies[i];
            Sum memory sum;
            if (summed) sum = _sums[proposalId][i];
            class.seats = census[i].active;
            (class.against, class.inFavour, class.abstain) =
            (sum.against, sum.inFavour, sum.abstain);
            for (uint256 j = sum.pages; j * VotePages.SEATS < census[i].issued; ++j) {
                _add(class, _pages[proposalId][_pageKey(i, j)]);
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
    function proposalRule(uint256 proposalId)
        external
        view
        returns (Rule memory rule, uint8 edition)
    {
        Proposal storage proposal = _proposals[proposalId];
        return (_ruleOf(proposal), proposal.edition);
    }

    /// @inheritdoc IAssembly
    function proposalSeat(uint256 proposalId) external view returns (uint32) {
        return _proposals[proposalId].seat;
    }

    /// @inheritdoc IAssembly
    function proposalExtended(uint256 proposalId) external view returns (bool) {
        return _proposals[proposalId].flags & EXTENDED != 0;
    }

    /// @inheritdoc IAssembly
    function upgradeRequests(uint256 proposalId, uint8 constituency)
        external
        view
        returns (uint256)
    {
        return _requests[proposalId][constituency];
    }

    /// @inheritdoc IAssembly
    function votePage(uint256 proposalId, uint8 constituency, uint32 page)
        external
        view
        returns (uint256)
    {
        return _pages[proposalId][_pageKey(constituency, page)];
    }

    /// @inheritdoc IGovernor
    /// @dev True for all seats of a group once one of them has voted.
    function hasVoted(uint256 proposalId, address account) external view returns (bool) {
        uint256 place = _placeAt(account, _proposals[proposalId].voteStart);
        (uint256 key, uint256 bit) = _position(place);
        return place != 0 && _pages[proposalId][key].voted(bit);
    }

    /// @inheritdoc IGovernor
    function proposalSnapshot(uint256 proposalId) external view returns (uint256) {
        return _proposals[proposalId].voteStart;
    }

    /// @inheritdoc IGovernor
    function proposalDeadline(uint256 proposalId) external view returns (uint256) {
        return _deadline(_proposals[proposalId]);
    }

    /// @inheritdoc IGovernor
    /// @dev The account that holds the proposing seat now.
    function proposalProposer(uint256 proposalId) external view returns (address) {
        return _membership().accountOf(_proposals[proposalId].seat);
    }

    /// @inheritdoc IGovernor
    function proposalEta(uint256 proposalId) external view returns (uint256) {
        return _proposals[proposalId].eta;
    }

    /// @inheritdoc IGovernor
    /// @dev True: every decision waits in the Timelock.
    function proposalNeedsQueuing(uint256) external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IGovernor
    function hashProposal(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(targets, values, calldatas, descriptionHash)));
    }

    /// @inheritdoc IGovernor
    function getProposalId(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) external pure returns (uint256) {
        return hashProposal(targets, values, calldatas, descriptionHash);
    }

    // ------------------------------------------------------------------ what readers of a Governor expect

    /// @inheritdoc IAssembly
    function token() public view returns (address) {
        return CloneArguments.read(2);
    }

    /// @inheritdoc IAssembly
    function rulebook() public view returns (address) {
        return CloneArguments.read(3);
    }

    /// @inheritdoc IAssembly
    function timelock() public view returns (address) {
        return CloneArguments.read(1);
    }

    /// @inheritdoc IGovernor
    /// @dev Also the name in the EIP-712 domain of ballots.
    function name() public pure returns (string memory) {
        return "Assembly";
    }

    /// @inheritdoc IGovernor
    function version() public pure returns (string memory) {
        return "1";
    }

    /// @inheritdoc IGovernor
    /// @dev Against, for and abstain count for the quorum; a vote can be split.
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() external pure returns (string memory) {
        return "support=bravo,fractional&quorum=against,for,abstain&params=fractional";
    }

    /// @inheritdoc IERC6372
    function clock() public view returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @inheritdoc IERC6372
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() external pure returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc IGovernor
    function votingDelay() external view returns (uint256) {
        return _rulebook().votingDelay();
    }

    /// @inheritdoc IGovernor
    /// @dev Under the ordinary rule; a proposal has that of its own rule.
    function votingPeriod() external view returns (uint256) {
        return _rulebook().ruleAt(ORDINARY).votingPeriod;
    }

    /// @inheritdoc IGovernor
    /// @dev One vote: a proposer holds an active seat.
    function proposalThreshold() external pure returns (uint256) {
        return Rules.UNITS_PER_SEAT;
    }

    /// @inheritdoc IGovernor
    /// @dev Units that must take part under the ordinary rule, rounded up.
    function quorum(uint256 timepoint) external view returns (uint256) {
        uint256 supply = _membership().getPastTotalSupply(timepoint);
        uint16 share = _rulebook().ruleAt(ORDINARY).quorum;
        return Math.mulDiv(supply, share, Rules.BASIS, Math.Rounding.Ceil);
    }

    /// @inheritdoc IGovernor
    function getVotes(address account, uint256 timepoint) public view returns (uint256) {
        return _membership().getPastVotes(account, timepoint);
    }

    /// @inheritdoc IGovernor
    function getVotesWithParams(address account, uint256 timepoint, bytes calldata)
        external
        view
        returns (uint256)
    {
        return getVotes(account, timepoint);
    }

    /// @inheritdoc IAssembly
    function nonces(address) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC165, IERC165)
        returns (bool)
    {
        return interfaceId == type(IGovernor).interfaceId
            || interfaceId == type(IGovernor).interfaceId ^ IGovernor.getProposalId.selector
            || interfaceId == type(IERC6372).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev Constants instead of two storage slots for each founding.
    function _EIP712Name() internal pure override returns (string memory) {
        return name();
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return version();
    }

    // ------------------------------------------------------------------ proposals

    function _create(
        uint256 proposalId,
        uint32 seat,
        address[] memory targets,
        bytes[] memory calldatas
    ) private returns (uint40 start) {
        (Rule memory rule, uint8 edition, uint32 votingDelay_, uint8 openProposals) =
            _rulebook().termsFor(targets, calldatas);
        if (_removes(targets, calldatas)) rule.upgradable = false;
        start = SafeCast.toUint40(block.timestamp + votingDelay_);
        _takeTurn(seat, start + rule.votingPeriod, openProposals);

        _proposals[proposalId] = Proposal({
            seat: seat,
            voteStart: start,
            voteDuration: rule.votingPeriod,
            eta: 0,
            delay: rule.delay,
            approval: rule.approval,
            quorum: rule.quorum,
            objections: rule.objections,
            methods: rule.methods,
            closing: rule.closing,
            edition: edition,
            flags: rule.upgradable ? UPGRADABLE : 0
        });
        emit RuleFrozen(proposalId, rule, edition);
    }

    function _announce(
        uint256 proposalId,
        uint256 start,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) private {
        uint256 end = start + _proposals[proposalId].voteDuration;
        string[] memory signatures = new string[](targets.length);
        emit ProposalCreated(
            proposalId, msg.sender, targets, values, signatures, calldatas, start, end, description
        );
    }

    /// @dev A seat's slot keeps when its latest proposals end; one that has ended makes room.
    function _takeTurn(uint32 seat, uint256 end, uint256 allowed) private {
        uint256 turns = _turns[seat];
        for (uint256 i = 0; i < allowed; ++i) {
            uint256 shift = i * TURN_BITS;
            if (uint48(turns >> shift) < block.timestamp) {
                _turns[seat] = (turns & ~(uint256(type(uint48).max) << shift)) | end << shift;
                return;
            }
        }
        revert AssemblyProposalsOpen(seat, uint8(allowed));
    }

    function _giveBackTurn(uint32 seat, uint256 end) private {
        uint256 turns = _turns[seat];
        for (uint256 i = 0; i < MAX_OPEN; ++i) {
            uint256 shift = i * TURN_BITS;
            if (uint48(turns >> shift) == end) {
                _turns[seat] = turns & ~(uint256(type(uint48).max) << shift);
                return;
            }
        }
    }

    /// @dev Who is to be removed shall not need to fear that a constituency changes how it is decided.
    function _removes(address[] memory targets, bytes[] memory calldatas)
        private
        view
        returns (bool)
    {
        for (uint256 i = 0; i < targets.length; ++i) {
            if (bytes4(calldatas[i]) == IMembership.expel.selector && targets[i] == token()) {
                return true;
            }
        }
        return false;
    }

    function _ruleOf(Proposal storage proposal) private view returns (Rule memory) {
        return Rule({
            methods: proposal.methods,
            approval: proposal.approval,
            quorum: proposal.quorum,
            objections: proposal.objections,
            closing: proposal.closing,
            upgradable: proposal.flags & UPGRADABLE != 0,
            delay: proposal.delay,
            votingPeriod: proposal.voteDuration
        });
    }

    function _passes(Proposal storage proposal, ClassTally[] memory tallies)
        private
        view
        returns (bool)
    {
        return _rulebook().passes(_ruleOf(proposal), proposal.edition, tallies);
    }

    function _deadline(Proposal storage proposal) private view returns (uint256) {
        return uint256(proposal.voteStart) + proposal.voteDuration;
    }

    function _require(uint256 proposalId, ProposalState expected) private view {
        ProposalState found = state(proposalId);
        if (found != expected) {
            revert GovernorUnexpectedProposalState(proposalId, found, _bit(expected));
        }
    }

    function _requireExisting(uint256 proposalId) private view {
        require(_proposals[proposalId].seat != 0, GovernorNonexistentProposal(proposalId));
    }

    function _bit(ProposalState expected) private pure returns (bytes32) {
        return bytes32(1 << uint8(expected));
    }

    /// @dev As in GovernorTimelockControl: no two Assemblies of one Timelock collide.
    function _salt(bytes32 descriptionHash) private view returns (bytes32) {
        return bytes20(address(this)) ^ descriptionHash;
    }

    // ------------------------------------------------------------------ votes

    function _castVote(
        uint256 proposalId,
        address voter,
        uint8 support,
        string memory reason,
        bytes memory params
    ) private returns (uint256) {
        Poll memory poll = _open(proposalId);
        uint256 place = _placeAt(voter, poll.snapshot);
        if (place == 0) _revertWithoutSeat(voter, poll.snapshot);
        (uint256 against, uint256 inFavour, uint256 abstain) = _units(support, params);
        require(
            !poll.consent || against == 0 || bytes(reason).length != 0,
            AssemblyReasonMissing(proposalId, voter)
        );
        require(
            _record(poll, place, against, inFavour, abstain),
            AssemblyAlreadyVoted(proposalId, voter)
        );

        if (support == SPLIT) {
            emit VoteCastWithParams(
                voter, proposalId, support, Rules.UNITS_PER_SEAT, reason, params
            );
        } else {
            emit VoteCast(voter, proposalId, support, Rules.UNITS_PER_SEAT, reason);
        }
        return Rules.UNITS_PER_SEAT;
    }

    /// @dev The vote of a `Ballot`, counted, or why not.
    function _countSigned(Poll memory poll, bytes32 domain, SignedVote calldata vote, uint256 place)
        private
        returns (bytes4)
    {
        if (place == 0) return AssemblySeatRequired.selector;
        if (vote.support > ABSTAIN) return AssemblySupportUnknown.selector;
        if (poll.consent && vote.support == AGAINST) return AssemblyReasonMissing.selector;
        bytes32 content = _ballot(poll.id, vote.support, vote.voter);
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, content);
        if (!Signatures.isValid(vote.voter, digest, vote.signature, SIGNATURE_GAS)) {
            return GovernorInvalidSignature.selector;
        }
        (uint256 against, uint256 inFavour, uint256 abstain) = _units(vote.support, "");
        if (!_record(poll, place, against, inFavour, abstain)) {
            return AssemblyAlreadyVoted.selector;
        }
        return 0;
    }

    /// @dev Requires that votes can be cast now.
    function _open(uint256 proposalId) private view returns (Poll memory poll) {
        Proposal storage proposal = _proposals[proposalId];
        uint256 start = proposal.voteStart;
        uint256 duration = proposal.voteDuration;
        uint256 flags = proposal.flags;
        if (block.timestamp <= start || block.timestamp > start + duration || flags & CANCELED != 0)
        {
            revert GovernorUnexpectedProposalState(
                proposalId, state(proposalId), _bit(ProposalState.Active)
            );
        }
        poll.id = proposalId;
        poll.snapshot = uint48(start);
        poll.consent = proposal.methods & Rules.CONSENT != 0;
        if (flags & EXTENDED == 0 && block.timestamp > start + duration - _closingPart(proposal)) {
            poll.closing = true;
            poll.tallies = proposalTallies(proposalId);
            poll.passing = _passes(proposal, poll.tallies);
        }
    }

    /// @dev Rounded down. Before an extension: `voteDuration` is then the rule's own period.
    function _closingPart(Proposal storage proposal) private view returns (uint256) {
        return uint256(proposal.voteDuration) * proposal.closing / 100;
    }

    /// @dev False when the place has voted.
    function _record(
        Poll memory poll,
        uint256 place,
        uint256 against,
        uint256 inFavour,
        uint256 abstain
    ) private returns (bool) {
        (uint256 key, uint256 bit) = _position(place);
        uint256 page = _pages[poll.id][key];
        if (page.voted(bit)) return false;

        _pages[poll.id][key] = page.record(bit, against, inFavour, abstain);
        if (poll.closing) {
            ClassTally memory class = poll.tallies[uint8(place >> 32)];
            class.against += against;
            class.inFavour += inFavour;
            class.abstain += abstain;
            _watch(poll);
        }
        return true;
    }

    /// @dev Extends the voting, once, when the outcome is another one than before the vote.
    function _watch(Poll memory poll) private {
        Proposal storage proposal = _proposals[poll.id];
        if (_passes(proposal, poll.tallies) == poll.passing) return;

        uint256 end = block.timestamp + _closingPart(proposal);
        proposal.voteDuration = SafeCast.toUint32(end - proposal.voteStart);
        proposal.flags |= EXTENDED;
        poll.closing = false;
        emit ProposalExtended(poll.id, uint64(end));
    }

    /// @dev Units against, for and abstaining: 10,000 together.
    function _units(uint8 support, bytes memory params)
        private
        pure
        returns (uint256 against, uint256 inFavour, uint256 abstain)
    {
        if (support == SPLIT) {
            require(params.length == 48, AssemblySplitInvalid(params));
            uint256 first = uint256(bytes32(params));
            (against, inFavour) = (first >> 128, uint128(first));
            assembly ("memory-safe") {
                abstain := shr(128, mload(add(params, 64)))
            }
            require(
                against + inFavour + abstain == Rules.UNITS_PER_SEAT, AssemblySplitInvalid(params)
            );
            return (against, inFavour, abstain);
        }
        require(support <= ABSTAIN, AssemblySupportUnknown(support));
        require(params.length == 0, AssemblySplitInvalid(params));
        if (support == AGAINST) against = Rules.UNITS_PER_SEAT;
        else if (support == ABSTAIN) abstain = Rules.UNITS_PER_SEAT;
        else inFavour = Rules.UNITS_PER_SEAT;
    }

    function _ballot(uint256 proposalId, uint8 support, address voter)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(BALLOT_TYPEHASH, proposalId, support, voter, 0));
    }

    function _requireSigned(address voter, bytes32 digest, bytes calldata signature) private view {
        require(
            SignatureChecker.isValidSignatureNowCalldata(voter, digest, signature),
            GovernorInvalidSignature(voter)
        );
    }

    function _revertWithoutSeat(address account, uint256 snapshot) private view {
        require(_membership().getVotes(account) == 0, AssemblySeatTooRecent(account, snapshot));
        revert AssemblySeatRequired(account);
    }

    function _voters(SignedVote[] calldata votes) private pure returns (address[] memory voters) {
        voters = new address[](votes.length);
        for (uint256 i = 0; i < votes.length; ++i) {
            voters[i] = votes[i].voter;
        }
    }

    // ------------------------------------------------------------------ pages

    function _rulebook() private view returns (IRulebook) {
        return IRulebook(rulebook());
    }

    function _membership() private view returns (IMembership) {
        return IMembership(token());
    }

    function _placeAt(address account, uint48 time) private view returns (uint256) {
        return _membership().placeAt(account, time);
    }

    /// @dev Adds up to `limit` pages of one constituency; gives how many those were.
    function _countPages(uint256 proposalId, uint8 constituency, uint256 issued, uint256 limit)
        private
        returns (uint256 counted)
    {
        Sum memory sum = _sums[proposalId][constituency];
        ClassTally memory class;
        while (counted < limit && sum.pages * VotePages.SEATS < issued) {
            _add(class, _pages[proposalId][_pageKey(constituency, sum.pages)]);
            ++sum.pages;
            ++counted;
        }
        if (counted == 0) return 0;

        // at most 2^32 seats of 10,000 units: below 2^46
        sum.against += uint72(class.against);
        sum.inFavour += uint72(class.inFavour);
        sum.abstain += uint72(class.abstain);
        _sums[proposalId][constituency] = sum;
        emit VotesCounted(proposalId, constituency, sum.pages);
    }

    function _add(ClassTally memory class, uint256 page) private pure {
        class.against += page.tally(0);
        class.inFavour += page.tally(1);
        class.abstain += page.tally(2);
    }

    /// @dev A place is what {IMembership-placeAt} gives: bits 0-31 ordinal, 32-39 constituency.
    function _position(uint256 place) private pure returns (uint256 key, uint256 bit) {
        uint256 ordinal = uint32(place);
        return (_pageKey(uint8(place >> 32), ordinal / VotePages.SEATS), ordinal % VotePages.SEATS);
    }

    function _pageKey(uint256 constituency, uint256 page) private pure returns (uint256) {
        return constituency << 32 | page;
    }
}
