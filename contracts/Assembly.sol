// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "./Timelock.sol";
import {Governed} from "./base/Governed.sol";
import {IAssembly, SignedVote} from "./interfaces/IAssembly.sol";
import {Census, IMembership} from "./interfaces/IMembership.sol";
import {ClassTally, IRulebook, Rule} from "./interfaces/IRulebook.sol";
import {Ballots, Desk} from "./libraries/Ballots.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Proposal, Proposals} from "./libraries/Proposals.sol";
import {Proposers} from "./libraries/Proposers.sol";
import {Rules} from "./libraries/Rules.sol";
import {VotePages} from "./libraries/VotePages.sol";
import {
    EIP712Upgradeable
} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Assembly
/// @dev Immutable arguments: authority, timelock, membership, rulebook.
/// The Governor's interface, events, errors and proposal numbers, without its storage: a proposal, with
/// its rule, is one slot here, and so is a page of votes.
/// @custom:power propose: an active seat; at once, and voting starts after the voting delay; its
/// proposer, until voting starts
/// @custom:power cancel: the proposer, until voting starts; at once; nobody
/// @custom:power castVote, castVoteWithReason, castVoteWithReasonAndParams: a seat active at the
/// snapshot, once; at once; nobody
/// @custom:power castVoteBySig, castVoteWithReasonAndParamsBySig: anyone, with the signature of such
/// a seat; at once; nobody
/// @custom:power queue: anyone, once the proposal has succeeded; at once, and its delay begins;
/// nobody
/// @custom:power execute: anyone, once the delay is over; at once; nobody
contract Assembly is IAssembly, Governed, EIP712Upgradeable, ERC165 {
    using VotePages for uint256;

    /// @dev One slot: what {countVotes} has added up of a constituency.
    struct Sum {
        uint32 pages;
        uint72 against;
        uint72 inFavour;
        uint72 abstain;
    }

    /// @dev A proposal that is open to votes, for the time of a transaction. `key` and `page`
    /// are of the page that votes are recorded in; `tallies` and `passing` are only known in the closing
    /// part of the period.
    struct Poll {
        uint256 id;
        uint256 key;
        uint256 page;
        uint48 snapshot;
        bool closing;
        bool passing;
        bool consent;
        ClassTally[] tallies;
    }

    uint8 private constant ORDINARY = 0;

    /// @dev Who asked for an upgrade is marked by seat, which a seat keeps when it leaves and returns, and
    /// by place, which the seats of a group share.
    uint256 private constant BY_PLACE = 1 << 255;

    /// @dev log2 of the seats of a page.
    uint256 private constant PAGE_BITS = 7;

    /// @dev No page has this key.
    uint256 private constant NO_PAGE = type(uint256).max;

    uint8 private constant AGAINST = 0;
    uint8 private constant ABSTAIN = 2;
    uint8 private constant SPLIT = 255;

    /// @dev Ends of voting, 48 bits each, in the slot of a seat.
    uint256 private constant MAX_OPEN = 5;
    uint256 private constant TURN_BITS = 48;

    bytes32 private constant EXTENDED_BALLOT_TYPEHASH = keccak256(
        "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
    );

    mapping(uint256 proposalId => Proposal) private _proposals;
    mapping(uint256 proposalId => mapping(uint256 page => uint256)) private _pages;
    mapping(uint256 proposalId => mapping(uint256 constituency => Sum)) private _sums;
    mapping(uint256 proposalId => mapping(uint256 page => uint256)) private _upgraders;
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
        if (_proposals[proposalId].exists()) {
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
        Proposal proposal = _proposals[proposalId];
        require(
            _membership().accountOf(proposal.seat()) == msg.sender,
            GovernorUnableToCancel(proposalId, msg.sender)
        );

        _proposals[proposalId] = proposal.with(Proposals.CANCELED);
        _changeTurn(proposal.seat(), proposal.deadline(), 0);
        emit ProposalCanceled(proposalId);
    }

    /// @inheritdoc IAssembly
    function requestUpgrade(uint256 proposalId) external {
        _require(proposalId, ProposalState.Pending);
        Proposal proposal = _proposals[proposalId];
        require(
            proposal.has(Proposals.UPGRADABLE) && proposal.methods() & Rules.IN_EACH_CLASS == 0,
            AssemblyUpgradeUnavailable(proposalId)
        );
        (uint32 seat, uint8 constituency) = _membership().seatOf(msg.sender);
        require(seat != 0, AssemblySeatRequired(msg.sender));
        (uint256 page, uint256 bit) = _position(_placeAt(msg.sender, clock()));
        require(
            _ask(proposalId, seat / VotePages.SEATS, seat % VotePages.SEATS)
                && _ask(proposalId, page | BY_PLACE, bit),
            AssemblyUpgradeRequested(proposalId, seat)
        );

        uint256 requests = ++_requests[proposalId][constituency];
        emit UpgradeRequested(proposalId, seat, constituency);

        if (requests * 2 > _membership().censusAt(clock())[constituency].active) {
            _proposals[proposalId] = proposal.upgraded(Rules.EACH_CLASS, uint16(Rules.BASIS / 2));
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
        Desk desk = Ballots.open(_domainSeparatorV4(), proposalId, Rules.UNITS_PER_SEAT);
        uint256[] memory places = Ballots.places(votes, token(), poll.snapshot);
        uint256 i = 0;
        while (i < places.length) {
            (address voter, uint8 support, bool signed) = desk.read(votes, i);
            bytes4 fault = _fault(poll, places[i], support, signed);
            unchecked {
                ++i; // at most the length of an array in memory
            }
            if (fault == 0) {
                unchecked {
                    ++counted; // at most i
                }
                desk.emitVoteCast(voter, support);
            } else {
                emit VoteRefused(proposalId, voter, fault);
            }
        }
        _write(poll);
    }

    // ------------------------------------------------------------------ counting, queueing, executing

    /// @inheritdoc IAssembly
    function countVotes(uint256 proposalId, uint256 pages) external {
        Proposal proposal = _existing(proposalId);
        if (
            block.timestamp <= proposal.deadline() || proposal.has(Proposals.CANCELED)
                || proposal.eta() != 0
        ) {
            revert GovernorUnexpectedProposalState(
                proposalId,
                state(proposalId),
                _bit(ProposalState.Defeated) | _bit(ProposalState.Succeeded)
            );
        }

        Census[] memory census = _membership().censusAt(proposal.start());
        for (uint8 i = 0; i < census.length && pages != 0; ++i) {
            pages -= _countPages(proposalId, i, census[i].issued, pages);
        }
        _proposals[proposalId] = proposal.with(Proposals.SUMMED);
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
        Proposal proposal = _proposals[proposalId];
        Timelock queue_ = Timelock(payable(timelock()));
        uint256 delay = Math.max(proposal.delay(), queue_.getMinDelay());

        uint40 eta = SafeCast.toUint40(block.timestamp + delay);
        _proposals[proposalId] = proposal.queued(eta);
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

        _proposals[proposalId] = _proposals[proposalId].with(Proposals.EXECUTED);
        emit ProposalExecuted(proposalId);

        Timelock(payable(timelock())).executeBatch{value: msg.value}(
            targets, values, calldatas, 0, _salt(descriptionHash)
        );
    }

    // ------------------------------------------------------------------ what is known of a proposal

    /// @inheritdoc IGovernor
    /// @dev A queued decision is not counted again: votes cannot change after their deadline.
    function state(uint256 proposalId) public view returns (ProposalState) {
        Proposal proposal = _existing(proposalId);
        if (proposal.has(Proposals.EXECUTED)) return ProposalState.Executed;
        if (proposal.has(Proposals.CANCELED)) return ProposalState.Canceled;
        if (block.timestamp <= proposal.start()) return ProposalState.Pending;
        if (block.timestamp <= proposal.deadline()) return ProposalState.Active;
        if (proposal.eta() != 0) return ProposalState.Queued;
        return _passes(proposal, proposalTallies(proposalId))
            ? ProposalState.Succeeded
            : ProposalState.Defeated;
    }

    /// @inheritdoc IAssembly
    function proposalTallies(uint256 proposalId) public view returns (ClassTally[] memory tallies) {
        Proposal proposal = _proposals[proposalId];
        bool summed = proposal.has(Proposals.SUMMED);
        Census[] memory census = _membership().censusAt(proposal.start());
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
        Proposal proposal = _proposals[proposalId];
        return (proposal.rule(), proposal.edition());
    }

    /// @inheritdoc IAssembly
    function proposalSeat(uint256 proposalId) external view returns (uint32) {
        return _proposals[proposalId].seat();
    }

    /// @inheritdoc IAssembly
    function proposalExtended(uint256 proposalId) external view returns (bool) {
        return _proposals[proposalId].has(Proposals.EXTENDED);
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
        uint256 place = _placeAt(account, _proposals[proposalId].start());
        (uint256 key, uint256 bit) = _position(place);
        return place != 0 && _pages[proposalId][key].voted(bit);
    }

    /// @inheritdoc IGovernor
    function proposalSnapshot(uint256 proposalId) external view returns (uint256) {
        return _proposals[proposalId].start();
    }

    /// @inheritdoc IGovernor
    function proposalDeadline(uint256 proposalId) external view returns (uint256) {
        return _proposals[proposalId].deadline();
    }

    /// @inheritdoc IGovernor
    /// @dev The account that holds the proposing seat now.
    function proposalProposer(uint256 proposalId) external view returns (address) {
        return _membership().accountOf(_proposals[proposalId].seat());
    }

    /// @inheritdoc IGovernor
    function proposalEta(uint256 proposalId) external view returns (uint256) {
        return _proposals[proposalId].eta();
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

        _proposals[proposalId] = Proposals.pack(seat, start, rule, edition);
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
        uint256 end = _proposals[proposalId].deadline();
        string[] memory signatures = new string[](targets.length);
        emit ProposalCreated(
            proposalId, msg.sender, targets, values, signatures, calldatas, start, end, description
        );
    }

    /// @dev A seat's slot keeps when voting on its latest proposals ends.
    function _takeTurn(uint32 seat, uint256 end, uint256 allowed) private {
        uint256 turns = _turns[seat];
        uint256 free = MAX_OPEN;
        uint256 open = 0;
        for (uint256 i = 0; i < MAX_OPEN; ++i) {
            if (uint48(turns >> i * TURN_BITS) < block.timestamp) free = i;
            else ++open;
        }
        require(open < allowed, AssemblyProposalsOpen(seat, uint8(allowed)));

        _turns[seat] = _withTurn(turns, free, end);
    }

    function _changeTurn(uint32 seat, uint256 end, uint256 newEnd) private {
        uint256 turns = _turns[seat];
        for (uint256 i = 0; i < MAX_OPEN; ++i) {
            if (uint48(turns >> i * TURN_BITS) == end) {
                _turns[seat] = _withTurn(turns, i, newEnd);
                return;
            }
        }
    }

    function _withTurn(uint256 turns, uint256 i, uint256 end) private pure returns (uint256) {
        uint256 shift = i * TURN_BITS;
        return turns & ~(uint256(type(uint48).max) << shift) | end << shift;
    }

    /// @dev Marks who has asked for an upgrade; false when they had asked before.
    function _ask(uint256 proposalId, uint256 page, uint256 bit) private returns (bool) {
        uint256 asked = _upgraders[proposalId][page];
        _upgraders[proposalId][page] = asked | 1 << bit;
        return !asked.voted(bit);
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

    function _passes(Proposal proposal, ClassTally[] memory tallies) private view returns (bool) {
        return _rulebook().passes(proposal.rule(), proposal.edition(), tallies);
    }

    function _require(uint256 proposalId, ProposalState expected) private view {
        ProposalState found = state(proposalId);
        if (found != expected) {
            revert GovernorUnexpectedProposalState(proposalId, found, _bit(expected));
        }
    }

    function _existing(uint256 proposalId) private view returns (Proposal proposal) {
        proposal = _proposals[proposalId];
        require(proposal.exists(), GovernorNonexistentProposal(proposalId));
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
        uint256 units = _units(support, params);
        require(
            !poll.consent || units.part(AGAINST) == 0 || bytes(reason).length != 0,
            AssemblyReasonMissing(proposalId, voter)
        );
        require(_record(poll, place, units), AssemblyAlreadyVoted(proposalId, voter));
        _write(poll);

        if (support == SPLIT) {
            emit VoteCastWithParams(
                voter, proposalId, support, Rules.UNITS_PER_SEAT, reason, params
            );
        } else {
            emit VoteCast(voter, proposalId, support, Rules.UNITS_PER_SEAT, reason);
        }
        return Rules.UNITS_PER_SEAT;
    }

    /// @dev Records a signed vote, or says why not.
    function _fault(Poll memory poll, uint256 place, uint8 support, bool signed)
        private
        returns (bytes4)
    {
        if (place == 0) return AssemblySeatRequired.selector;
        if (support > ABSTAIN) return AssemblySupportUnknown.selector;
        if (poll.consent && support == AGAINST) return AssemblyReasonMissing.selector;
        if (!signed) return GovernorInvalidSignature.selector;
        uint256 units = VotePages.whole(Rules.UNITS_PER_SEAT, support);
        return _record(poll, place, units) ? bytes4(0) : AssemblyAlreadyVoted.selector;
    }

    /// @dev Requires that votes can be cast now.
    function _open(uint256 proposalId) private view returns (Poll memory poll) {
        Proposal proposal = _proposals[proposalId];
        uint256 end = proposal.deadline();
        if (
            block.timestamp <= proposal.start() || block.timestamp > end
                || proposal.has(Proposals.CANCELED)
        ) {
            revert GovernorUnexpectedProposalState(
                proposalId, state(proposalId), _bit(ProposalState.Active)
            );
        }
        (poll.id, poll.key) = (proposalId, NO_PAGE);
        poll.snapshot = proposal.start();
        poll.consent = proposal.methods() & Rules.CONSENT != 0;
        if (block.timestamp > end - proposal.closingPart() && !proposal.has(Proposals.EXTENDED)) {
            poll.closing = true;
            poll.tallies = proposalTallies(proposalId);
            poll.passing = _passes(proposal, poll.tallies);
        }
    }

    /// @dev False when the place has voted. The page stays in memory: see {_write}.
    function _record(Poll memory poll, uint256 place, uint256 units) private returns (bool) {
        (uint256 key, uint256 bit) = _position(place);
        if (poll.key != key) {
            _write(poll);
            (poll.key, poll.page) = (key, _pages[poll.id][key]);
        }
        if (poll.page.voted(bit)) return false;

        poll.page = poll.page.record(bit, units);
        if (poll.closing) {
            _add(poll.tallies[uint8(place >> 32)], units << VotePages.SEATS);
            _watch(poll);
        }
        return true;
    }

    /// @dev Writes the page that is in memory.
    function _write(Poll memory poll) private {
        if (poll.key != NO_PAGE) _pages[poll.id][poll.key] = poll.page;
    }

    /// @dev Extends the voting, once, when the outcome is another one than before the vote.
    function _watch(Poll memory poll) private {
        Proposal proposal = _proposals[poll.id];
        if (_passes(proposal, poll.tallies) == poll.passing) return;

        uint256 end = block.timestamp + proposal.closingPart();
        _changeTurn(proposal.seat(), proposal.deadline(), end);
        _proposals[poll.id] = proposal.extended(SafeCast.toUint32(end - proposal.start()));
        poll.closing = false;
        emit ProposalExtended(poll.id, uint64(end));
    }

    /// @dev 10,000 units, as tallies of 42 bits.
    function _units(uint8 support, bytes memory params) private pure returns (uint256) {
        if (support != SPLIT) {
            require(support <= ABSTAIN, AssemblySupportUnknown(support));
            require(params.length == 0, AssemblySplitInvalid(params));
            return VotePages.whole(Rules.UNITS_PER_SEAT, support);
        }
        require(params.length == 48, AssemblySplitInvalid(params));
        (uint256 against, uint256 inFavour, uint256 abstain) = VotePages.unpacked(params);
        require(against + inFavour + abstain == Rules.UNITS_PER_SEAT, AssemblySplitInvalid(params));
        return VotePages.split(against, inFavour, abstain);
    }

    function _ballot(uint256 proposalId, uint8 support, address voter)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(Ballots.TYPEHASH, proposalId, support, voter, 0));
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

    /// @dev A place is what {IMembership-placeAt} gives: bits 0-31 ordinal, 32-39 constituency. Without the
    /// bit of the seat within its page, it is the page's key.
    function _position(uint256 place) private pure returns (uint256 key, uint256 bit) {
        return (uint40(place) >> PAGE_BITS, place % VotePages.SEATS);
    }

    function _pageKey(uint256 constituency, uint256 page) private pure returns (uint256) {
        return constituency << 32 - PAGE_BITS | page;
    }
}
