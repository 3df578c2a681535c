// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bell} from "./Adversaries.sol";
import {Fixture, Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {Admission, Status} from "contracts/interfaces/IMembership.sol";
import {Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev What a proposal of the handler does, besides ringing the bell with its number.
enum Kind {
    Ring,
    Decide,
    SetAdmission,
    SetRule,
    AddKind,
    Amend,
    SetCharter
}

/// @dev What the handler remembers of a proposal, without asking the contracts.
struct Ghost {
    uint256 id;
    uint256 subject;
    Rule rule;
    Kind kind;
    address proposer;
    uint48 snapshot;
    uint48 deadline;
    uint48 eta;
    uint48 executedAt;
    bool cancelled;
    uint256 executions;
}

/// @dev Where an account stands by the book.
struct Entry {
    Status status;
    bool seated; // has had a seat at some time
    uint8 constituency;
    uint48 admissibleAt;
    uint16 adoptedVersion;
    uint8 adoptedConstituency;
}

/// @dev A change of an account's seat.
struct Change {
    uint48 time;
    bool active;
    uint8 constituency;
}

/// @title Takes random steps in a network and keeps its own book of what should be.
/// @dev The book is written from the handler's own acts by the rules in words; whenever a contract lets
/// an act pass that the book forbids, or refuses one that it allows, that is noted as a surprise.
contract Handler is Fixture {
    Bell public bell;
    address[] internal actors;
    uint48[] public moments;
    string public surprise;
    uint256 public steps;

    Ghost[] private _ghosts;
    Rule[] private _rules;
    Admission private _admission;
    uint256 private _kinds;
    uint16 private _version;
    bytes32 private _charterDigest;

    mapping(address account => Change[]) private _history;
    mapping(address account => Entry) private _book;
    mapping(uint256 number => mapping(address account => uint256)) private _votes; // support + 1

    uint48 public periodStart;
    uint256 public limit;
    uint256 public admitted;
    uint256 private _active;

    function setUp() public override {
        super.setUp();
        bell = new Bell();
        actors = _members();
        actors.push(applicant);
        actors.push(newcomer);
        actors.push(outsider);
        actors.push(relayer);
        actors.push(_actor("library"));

        _rules.push(_ordinary());
        _rules.push(_amendment());
        _rules.push(_admissions());
        (_kinds, _version, _charterDigest) = (2, 1, CHARTER);
        uint8[6] memory classes = [WORKERS, WORKERS, WORKERS, USERS, USERS, GROWERS];
        for (uint256 i = 0; i < classes.length; ++i) {
            (_book[actors[i]].adoptedVersion, _book[actors[i]].adoptedConstituency) =
            (1, classes[i]);
            _book[actors[i]].constituency = classes[i];
            _seat(actors[i], uint48(START));
        }
        _beginPeriod(_charter().admission, uint48(START));
    }

    /// @dev Admission is open at first, so that seats come and go within one second too.
    function _charter() internal view override returns (Charter memory charter) {
        charter = super._charter();
        charter.admission = _open();
        charter.admission.floor = 3;
        charter.admission.share = 5000;
    }

    // ------------------------------------------------------------------ steps in the register

    function join(uint256 actorSeed, uint256 constituencySeed) external {
        ++steps;
        address actor = actorSeed % 4 == 0 ? _actorOf(actorSeed >> 8) : _without(actorSeed >> 8);
        _tryJoin(actor, uint8(constituencySeed % 4));
    }

    function adopt(uint256 actorSeed, uint256 constituencySeed) external {
        ++steps;
        _adoptByBook(_without(actorSeed), uint8(constituencySeed % 4));
    }

    function admit(uint256 actorSeed) external {
        ++steps;
        _tryAdmit(actorSeed % 4 == 0 ? _actorOf(actorSeed >> 8) : _without(actorSeed >> 8));
    }

    function admitWhoeverWaits() external {
        ++steps;
        for (uint256 i = 0; i < actors.length; ++i) {
            if (_book[actors[i]].status != Status.Applied) continue;
            _warpTo(_book[actors[i]].admissibleAt);
            _tryAdmit(actors[i]);
        }
    }

    function object(uint256 memberSeed, uint256 actorSeed) external {
        ++steps;
        (address member, address subject) = (_actorOf(memberSeed), _actorOf(actorSeed));
        Entry storage entry = _book[subject];
        bool allowed =
            _holds(member) && entry.status == Status.Applied && _now() < entry.admissibleAt;

        vm.prank(member);
        try membership.object(subject, REASON) {
            _expect(allowed, "an objection passed");
            entry.status = Status.Objected;
        } catch {
            _expect(!allowed, "an objection was refused");
        }
    }

    function leaveSeat(uint256 actorSeed) external {
        ++steps;
        _tryLeave(_actorOf(actorSeed));
    }

    function leaveAndReturn(uint256 actorSeed, uint256 constituencySeed) external {
        ++steps;
        address actor = _actorOf(actorSeed);
        _tryLeave(actor);
        _tryJoin(actor, uint8(constituencySeed % 4));
        _tryAdmit(actor);
        if (constituencySeed % 7 == 0) _tryLeave(actor);
    }

    // ------------------------------------------------------------------ steps in the Assembly

    function propose(uint256 actorSeed, uint256 kindSeed, uint256 subject) external {
        ++steps;
        address actor = actorSeed % 4 == 0 ? _actorOf(actorSeed >> 8) : _with(actorSeed >> 8);
        _tryPropose(actor, Kind(kindSeed % 7), subject);
    }

    function vote(uint256 proposalSeed, uint256 actorSeed, uint8 support) external {
        ++steps;
        if (_ghosts.length == 0) return;
        _tryVote(_recent(proposalSeed), _actorOf(actorSeed), support % 4);
    }

    /// @dev Everybody has a say: more often in favour, sometimes silent.
    function voteAll(uint256 proposalSeed, uint256 seed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        _warpTo(_ghosts[number].snapshot + 1);
        for (uint256 i = 0; i < actors.length; ++i) {
            uint256 choice = (seed >> (4 * i)) & 15;
            if (choice == 15) continue;
            _tryVote(number, actors[i], choice < 10 ? FOR : choice < 13 ? AGAINST : ABSTAIN);
        }
    }

    function queue(uint256 proposalSeed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        if (proposalSeed % 2 == 0) _warpTo(_ghosts[number].deadline + 1);
        _tryQueue(number);
    }

    function execute(uint256 proposalSeed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        if (proposalSeed % 2 == 0) _warpTo(_ghosts[number].eta);
        _tryExecute(number);
    }

    function cancel(uint256 proposalSeed, uint256 actorSeed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        Ghost storage ghost = _ghosts[number];
        address actor = actorSeed % 2 == 0 ? ghost.proposer : _actorOf(actorSeed);
        bool allowed = actor == ghost.proposer && _now() <= ghost.snapshot && !ghost.cancelled;
        Motion memory motion = _motionOf(number);

        vm.prank(actor);
        try assembly_.cancel(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        ) {
            _expect(allowed, "a cancellation passed");
            ghost.cancelled = true;
        } catch {
            _expect(!allowed, "a cancellation was refused");
        }
    }

    /// @dev A whole decision that all seats support.
    function decideAtOnce(uint256 actorSeed, uint256 kindSeed, uint256 subject) external {
        ++steps;
        address proposer = _with(actorSeed);
        if (Kind(kindSeed % 7) == Kind.Decide) _tryJoin(_actorOf(subject), uint8(kindSeed % 4));
        uint256 number = _ghosts.length;
        _tryPropose(proposer, Kind(kindSeed % 7), subject);
        if (_ghosts.length == number) return;
        _warpTo(_ghosts[number].snapshot + 1);
        for (uint256 i = 0; i < actors.length; ++i) {
            _tryVote(number, actors[i], FOR);
        }
        _warpTo(_ghosts[number].deadline + 1);
        _tryQueue(number);
        _warpTo(_ghosts[number].eta);
        _tryExecute(number);
    }

    // ------------------------------------------------------------------ time, and acts that none may do

    function pass(uint256 seed) external {
        ++steps;
        _skip(seed % 4 == 0 ? 0 : seed % 4 == 1 ? 1 : seed % 3 days);
    }

    /// @dev Somebody calls what only a decision may call.
    function trespass(uint256 actorSeed, uint256 seed) external {
        ++steps;
        address[8] memory targets = [
            address(rulebook),
            address(rulebook),
            address(membership),
            address(membership),
            address(constitution),
            address(front),
            address(timelock),
            address(authority)
        ];
        bytes[8] memory calls = [
            abi.encodeCall(rulebook.setRule, (ORDINARY, _amendment())),
            abi.encodeCall(rulebook.setVotingDelay, (0)),
            abi.encodeCall(membership.setAdmission, (_open())),
            abi.encodeCall(membership.decide, (_actorOf(seed >> 8), true, REASON)),
            abi.encodeCall(constitution.amend, (REASON, RAW)),
            abi.encodeCall(front.setCharter, (REASON)),
            abi.encodeCall(timelock.updateDelay, (0)),
            abi.encodeCall(authority.grantRole, (0, _actorOf(actorSeed), 0))
        ];
        vm.prank(_actorOf(actorSeed));
        (bool success,) = targets[seed % 8].call(calls[seed % 8]);
        _expect(!success, "a trespass passed");
    }

    // ------------------------------------------------------------------ acts, compared with the book

    function _tryJoin(address actor, uint8 constituency) private {
        Entry storage entry = _book[actor];
        bool allowed = entry.status == Status.None || entry.status == Status.Exited;
        if (allowed) _adoptByBook(actor, constituency);

        vm.prank(actor);
        try membership.applyForSeat(0, PROFILE) {
            _expect(allowed, "an application passed");
            (entry.status, entry.constituency) = (Status.Applied, constituency);
            entry.admissibleAt = uint48(_now() + _admission.window);
        } catch {
            _expect(!allowed, "an application was refused");
        }
    }

    function _tryAdmit(address actor) private {
        Entry storage entry = _book[actor];
        bool allowed = entry.status == Status.Applied && _now() >= entry.admissibleAt
            && _adopted(actor) && turnsLeft() != 0;

        try membership.admit(actor) {
            _expect(allowed, "an admission passed");
            if (_now() >= nextPeriod()) _beginPeriod(_admission, uint48(_now()));
            ++admitted;
            _seat(actor, uint48(_now()));
        } catch {
            _expect(!allowed, "an admission was refused");
        }
    }

    function _tryLeave(address actor) private {
        Entry storage entry = _book[actor];
        bool allowed = entry.status != Status.None && entry.status != Status.Exited;

        vm.prank(actor);
        try membership.leaveSeat(REASON) {
            _expect(allowed, "an exit passed");
            if (_holds(actor)) _unseat(actor, uint48(_now()));
            else _drop(actor);
        } catch {
            _expect(!allowed, "an exit was refused");
        }
    }

    function _tryPropose(address proposer, Kind kind, uint256 subject) private {
        bool allowed = _holds(proposer) && _openProposalsOf(proposer) < OPEN_PROPOSALS;
        uint256 number = _ghosts.length;
        _ghosts.push();
        Ghost storage ghost = _ghosts[number];
        (ghost.kind, ghost.subject, ghost.proposer) = (kind, subject, proposer);
        uint8 index = kind == Kind.Ring ? ORDINARY : kind == Kind.Decide ? ADMISSIONS : AMENDMENT;
        ghost.rule = _strictest(_rules[ORDINARY], _rules[index]);
        ghost.snapshot = uint48(_now() + VOTING_DELAY);
        ghost.deadline = ghost.snapshot + ghost.rule.votingPeriod;
        Motion memory motion = _motionOf(number);

        vm.prank(proposer);
        try assembly_.propose(
            motion.targets, motion.values, motion.calldatas, motion.description
        ) returns (
            uint256 id
        ) {
            _expect(allowed, "a proposal passed");
            ghost.id = id;
        } catch {
            _expect(!allowed, "a proposal was refused");
            _ghosts.pop();
        }
    }

    function _tryVote(uint256 number, address voter, uint8 support) private {
        Ghost storage ghost = _ghosts[number];
        bool open = _now() > ghost.snapshot && _now() <= ghost.deadline && !ghost.cancelled;
        bool allowed = open && support <= ABSTAIN && _votes[number][voter] == 0
            && _seatAt(voter, ghost.snapshot).active;

        vm.prank(voter);
        try assembly_.castVote(ghost.id, support) {
            _expect(allowed, "a vote passed");
            _votes[number][voter] = support + 1;
        } catch {
            _expect(!allowed, "a vote was refused");
        }
    }

    function _tryQueue(uint256 number) private {
        Ghost storage ghost = _ghosts[number];
        bool allowed =
            !ghost.cancelled && ghost.eta == 0 && _now() > ghost.deadline && passes(number);
        Motion memory motion = _motionOf(number);

        try assembly_.queue(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        ) {
            _expect(allowed, "a queueing passed");
            uint256 delay =
                ghost.rule.delay > _ordinary().delay ? ghost.rule.delay : _ordinary().delay;
            ghost.eta = uint48(_now() + delay);
        } catch {
            _expect(!allowed, "a queueing was refused");
        }
    }

    function _tryExecute(uint256 number) private {
        Ghost storage ghost = _ghosts[number];
        bool allowed = ghost.eta != 0 && _now() >= ghost.eta && ghost.executions == 0
            && _feasible(ghost.kind, ghost.subject);
        Motion memory motion = _motionOf(number);

        try assembly_.execute(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        ) {
            _expect(allowed, "an execution passed");
            ghost.executedAt = uint48(_now());
            ++ghost.executions;
            _writeDecision(ghost.kind, ghost.subject);
        } catch {
            _expect(!allowed, "an execution was refused");
        }
    }

    // ------------------------------------------------------------------ what proposals do

    function _motionOf(uint256 number) private view returns (Motion memory motion) {
        Ghost storage ghost = _ghosts[number];
        motion = _motion(address(bell), 0, abi.encodeCall(bell.ring, (number)), vm.toString(number));
        (address target, bytes memory data) = _act(ghost.kind, ghost.subject);
        if (target != address(0)) motion = _and(motion, target, data);
    }

    function _act(Kind kind, uint256 subject)
        private
        view
        returns (address target, bytes memory data)
    {
        if (kind == Kind.Decide) {
            data = abi.encodeCall(
                membership.decide, (_actorOf(subject), _isAdmission(subject), REASON)
            );
            return (address(membership), data);
        }
        if (kind == Kind.SetAdmission) {
            data = abi.encodeCall(membership.setAdmission, (_admissionOf(subject)));
            return (address(membership), data);
        }
        if (kind == Kind.SetRule) {
            data = abi.encodeCall(rulebook.setRule, (_indexOf(subject), _ruleOf(subject)));
            return (address(rulebook), data);
        }
        if (kind == Kind.AddKind) {
            return (address(membership), abi.encodeCall(membership.addKind, ("new")));
        }
        if (kind == Kind.Amend) {
            data = abi.encodeCall(constitution.amend, (bytes32(subject | 1), RAW));
            return (address(constitution), data);
        }
        if (kind == Kind.SetCharter) {
            return (address(front), abi.encodeCall(front.setCharter, (bytes32(subject))));
        }
    }

    /// @dev Only a decision on an application can turn out impossible.
    function _feasible(Kind kind, uint256 subject) private view returns (bool) {
        if (kind != Kind.Decide) return true;
        Status status = _book[_actorOf(subject)].status;
        bool waiting = status == Status.Applied || status == Status.Objected;
        return waiting && (!_isAdmission(subject) || _adopted(_actorOf(subject)));
    }

    function _writeDecision(Kind kind, uint256 subject) private {
        if (kind == Kind.Decide && _isAdmission(subject)) _seat(_actorOf(subject), uint48(_now()));
        if (kind == Kind.Decide && !_isAdmission(subject)) _drop(_actorOf(subject));
        if (kind == Kind.SetAdmission) _beginPeriod(_admissionOf(subject), uint48(_now()));
        if (kind == Kind.SetRule) _rules[_indexOf(subject)] = _ruleOf(subject);
        if (kind == Kind.AddKind) ++_kinds;
        if (kind == Kind.Amend) ++_version;
        if (kind == Kind.SetCharter) _charterDigest = bytes32(subject);
    }

    function _isAdmission(uint256 subject) private pure returns (bool) {
        return (subject >> 16) % 4 != 0;
    }

    function _admissionOf(uint256 subject) private pure returns (Admission memory rule) {
        rule = subject % 3 == 0 ? _open() : _lazyConsent();
        rule.floor = uint16(1 + (subject >> 8) % 3);
        rule.share = uint16((subject >> 16) % 5000);
        rule.period = uint32(1 hours + (subject >> 32) % 60 days);
    }

    function _indexOf(uint256 subject) private pure returns (uint8) {
        return subject % 2 == 0 ? ORDINARY : ADMISSIONS;
    }

    /// @dev Any rule that the amendment rule leaves room for.
    function _ruleOf(uint256 subject) private pure returns (Rule memory) {
        return _plain(
            (subject >> 8) % 4 == 0 ? Rules.EACH_CLASS : Rules.MAJORITY,
            uint16(5000 + (subject >> 16) % 1600),
            uint16((subject >> 32) % 5000),
            uint32((subject >> 48) % 7 days),
            uint32(1 + (subject >> 80) % 10 days)
        );
    }

    /// @dev No action of a proposal weakens what another needs: the larger of each part.
    function _strictest(Rule memory a, Rule memory b) private pure returns (Rule memory rule) {
        rule = a;
        rule.methods |= b.methods;
        if (b.approval > rule.approval) rule.approval = b.approval;
        if (b.quorum > rule.quorum) rule.quorum = b.quorum;
        if (b.delay > rule.delay) rule.delay = b.delay;
        if (b.votingPeriod > rule.votingPeriod) rule.votingPeriod = b.votingPeriod;
    }

    // ------------------------------------------------------------------ the book

    /// @dev The outcome by the rule in words, from the votes that were seen.
    function passes(uint256 number) public view returns (bool) {
        Ghost storage ghost = _ghosts[number];
        uint256[4] memory seats;
        uint256[4] memory inFavour;
        uint256[4] memory against;
        uint256 allSeats;
        uint256 took;
        uint256 yes;
        uint256 no;
        for (uint256 i = 0; i < actors.length; ++i) {
            Change memory seat = _seatAt(actors[i], ghost.snapshot);
            if (!seat.active) continue;
            ++allSeats;
            ++seats[seat.constituency];
            uint256 vote_ = _votes[number][actors[i]];
            if (vote_ != 0) ++took;
            if (vote_ == FOR + 1) (++yes, ++inFavour[seat.constituency]);
            if (vote_ == AGAINST + 1) (++no, ++against[seat.constituency]);
        }

        if (took * 10_000 < allSeats * ghost.rule.quorum) return false;
        if (yes * 10_000 <= (yes + no) * ghost.rule.approval) return false;
        if (ghost.rule.methods & Rules.IN_EACH_CLASS == 0) return true;
        for (uint256 i = 0; i < 4; ++i) {
            if (seats[i] > 0 && inFavour[i] <= against[i]) return false;
        }
        return true;
    }

    /// @dev Everything that counts as a rule, as it should be.
    function expectedRules() external view returns (bytes32) {
        return keccak256(
            abi.encode(
                _rules,
                _admission,
                uint256(VOTING_DELAY),
                uint256(_ordinary().delay),
                _version,
                _kinds,
                _charterDigest
            )
        );
    }

    /// @dev Everything that counts as a rule, as the contracts have it.
    function actualRules() external view returns (bytes32) {
        return keccak256(
            abi.encode(
                rulebook.rules(),
                membership.admission(),
                assembly_.votingDelay(),
                timelock.getMinDelay(),
                constitution.version(),
                membership.kinds().length,
                front.charter()
            )
        );
    }

    /// @dev Everybody's seat at `time`, in the order of the actors.
    function seatsAt(uint256 time) external view returns (Change[] memory list) {
        list = new Change[](actors.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _seatAt(actors[i], time);
        }
    }

    /// @dev Everybody's vote on a proposal plus one, 0 for none, in the order of the actors.
    function votesOf(uint256 number) external view returns (uint256[] memory list) {
        list = new uint256[](actors.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _votes[number][actors[i]];
        }
    }

    function ghost_(uint256 number) external view returns (Ghost memory) {
        return _ghosts[number];
    }

    function proposals() external view returns (uint256) {
        return _ghosts.length;
    }

    /// @dev How many may still be admitted in silence now.
    function turnsLeft() public view returns (uint256) {
        return _now() >= nextPeriod() ? _limit(_admission) : limit - admitted;
    }

    function nextPeriod() public view returns (uint256) {
        return periodStart + _admission.period;
    }

    function entryOf(address account) external view returns (Entry memory) {
        return _book[account];
    }

    function allActors() external view returns (address[] memory) {
        return actors;
    }

    function momentCount() external view returns (uint256) {
        return moments.length;
    }

    function contracts() external view returns (address, address, address, address) {
        return (address(membership), address(assembly_), address(timelock), address(authority));
    }

    function _seatAt(address account, uint256 time) private view returns (Change memory seat) {
        Change[] storage history = _history[account];
        for (uint256 i = 0; i < history.length && history[i].time <= time; ++i) {
            seat = history[i];
        }
    }

    /// @dev Those on which voting is not over, the last second included.
    function _openProposalsOf(address proposer) private view returns (uint256 count) {
        for (uint256 i = 0; i < _ghosts.length; ++i) {
            Ghost storage ghost = _ghosts[i];
            if (ghost.proposer != proposer || ghost.cancelled || _now() > ghost.deadline) continue;
            ++count;
        }
    }

    function _holds(address account) private view returns (bool) {
        return _book[account].status == Status.Active;
    }

    function _adopted(address account) private view returns (bool) {
        Entry storage entry = _book[account];
        return entry.adoptedVersion == _version && entry.adoptedConstituency == entry.constituency;
    }

    function _adoptByBook(address account, uint8 constituency) private {
        _adopt(account, constituency);
        (_book[account].adoptedVersion, _book[account].adoptedConstituency) =
        (_version, constituency);
    }

    function _seat(address account, uint48 time) private {
        (_book[account].status, _book[account].seated) = (Status.Active, true);
        ++_active;
        _writeChange(account, true, time);
    }

    function _unseat(address account, uint48 time) private {
        _book[account].status = Status.Exited;
        --_active;
        _writeChange(account, false, time);
    }

    /// @dev An application ends; a former member stays one.
    function _drop(address account) private {
        _book[account].status = _book[account].seated ? Status.Exited : Status.None;
    }

    function _writeChange(address account, bool active, uint48 time) private {
        _history[account].push(Change(time, active, _book[account].constituency));
        if (moments.length == 0 || moments[moments.length - 1] != time) moments.push(time);
    }

    function _beginPeriod(Admission memory rule, uint48 time) private {
        _admission = rule;
        (periodStart, limit, admitted) = (time, _limit(rule), 0);
    }

    function _limit(Admission memory rule) private view returns (uint256) {
        uint256 share = _active * rule.share / 10_000;
        return share > rule.floor ? share : rule.floor;
    }

    // ------------------------------------------------------------------ helpers

    function _actorOf(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }

    /// @dev An actor with a seat, if there is one.
    function _with(uint256 seed) private view returns (address) {
        return _next(seed, true);
    }

    /// @dev An actor without a seat, if there is one.
    function _without(uint256 seed) private view returns (address) {
        return _next(seed, false);
    }

    function _next(uint256 seed, bool holding) private view returns (address actor) {
        for (uint256 i = 0; i < actors.length; ++i) {
            actor = actors[(seed % actors.length + i) % actors.length];
            if (_holds(actor) == holding) return actor;
        }
    }

    /// @dev One of the last four proposals: older ones have mostly run their course.
    function _recent(uint256 seed) private view returns (uint256) {
        uint256 length = _ghosts.length;
        uint256 back = (seed >> 8) % 4;
        return back < length ? length - 1 - back : 0;
    }

    function _warpTo(uint256 time) private {
        if (time > _now()) vm.warp(time);
    }

    function _expect(bool asInTheBook, string memory what) private {
        if (!asInTheBook) surprise = what;
    }
}
