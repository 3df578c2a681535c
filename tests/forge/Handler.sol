// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bell, GasEatingSigner, ReentrantSigner, RevertingSigner} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {SignedVote} from "contracts/interfaces/IAssembly.sol";
import {
    Admission,
    Application,
    Consequence,
    Move,
    Readoption,
    Status
} from "contracts/interfaces/IMembership.sol";
import {Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
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
    bool extended;
    uint32 seat;
    uint256 executions;
}

/// @dev Where an account stands by the book. A voice is what is counted once: of a seat from its admission
/// on, or of a group.
struct Entry {
    Status status;
    uint32 seat; // 0 before the first admission
    uint8 constituency;
    uint8 votesIn;
    uint32 voice;
    uint32 group;
    uint32 nonce;
    uint48 admissibleAt;
    bool barred;
    uint16 adoptedVersion;
    uint8 adoptedConstituency;
}

/// @dev A change of an account's vote.
struct Change {
    uint48 time;
    bool active;
    uint8 constituency;
    uint32 voice;
}

/// @dev What a voice said on a proposal.
struct Ballot {
    bool cast;
    uint16 against;
    uint16 inFavour;
    uint16 abstain;
}

/// @title Takes random steps in a network and keeps its own book of what should be.
/// @dev The book is written from the handler's own acts by the rules in words; whenever a contract lets
/// an act pass that the book forbids, or refuses one that it allows, that is noted as a surprise.
contract Handler is AssemblyFixture {
    address[] internal actors;
    uint48[] public moments;
    string public surprise;
    mapping(string what => uint256) public seen;
    uint256 public steps;

    Ghost[] private _ghosts;
    Rule[] private _rules;
    Admission private _admission;
    uint256 private _kinds;
    uint16 private _version;
    bytes32 private _charterDigest;

    mapping(address account => Change[]) private _history;
    mapping(address account => Entry) private _book;
    mapping(uint256 number => mapping(uint32 voice => Ballot)) private _ballots;
    mapping(uint256 number => mapping(bytes32 asker => bool)) private _asked;
    mapping(uint256 number => mapping(uint8 constituency => uint256)) public requests;
    mapping(uint32 group => uint32) private _groupVoice;
    mapping(uint32 group => uint8) private _groupClass;
    mapping(address account => address) private _declaredTo;
    Readoption private _readoptionRule;
    uint48 private _inForceSince;
    uint32 public voices;
    uint32 private _groupCount;
    uint32 public seatCount;
    uint256 public liars;

    uint48 public periodStart;
    uint256 public limit;
    uint256 public admitted;
    uint256 private _active;

    function setUp() public override {
        super.setUp();
        actors = _members();
        actors.push(applicant);
        actors.push(newcomer);
        actors.push(outsider);
        actors.push(relayer);
        actors.push(_actor("library"));
        actors.push(_actor("theatre"));
        actors.push(_actor("garden"));

        _rules.push(_charter().terms.rules[ORDINARY]);
        _rules.push(_charter().terms.rules[AMENDMENT]);
        _rules.push(_admissions());
        (_kinds, _version, _charterDigest) = (2, 1, CHARTER);
        uint8[6] memory classes = [WORKERS, WORKERS, WORKERS, USERS, USERS, GROWERS];
        for (uint256 i = 0; i < classes.length; ++i) {
            (_book[actors[i]].adoptedVersion, _book[actors[i]].adoptedConstituency) =
            (1, classes[i]);
            _book[actors[i]].constituency = classes[i];
            _seat(actors[i], uint48(START));
        }
        (_readoptionRule, _inForceSince) = (_charter().readoption, uint48(START));
        _beginPeriod(_charter().admission, uint48(START));
        _seatLiar(address(new RevertingSigner()).code);
        _seatLiar(address(new GasEatingSigner()).code);
        _seatLiar(address(new ReentrantSigner(address(assembly_))).code);
        liars = 3;
    }

    /// @dev It joined with a signature, and gives none any more.
    function _seatLiar(bytes memory code) private {
        address account = _seatAs(code, USERS);
        actors.push(account);
        Entry storage entry = _book[account];
        (entry.adoptedVersion, entry.adoptedConstituency, entry.constituency) = (1, USERS, USERS);
        ++admitted;
        _seat(account, uint48(_now()));
    }

    function _signs(address actor) private view returns (bool) {
        return keys[actor] != 0;
    }

    /// @dev Admission is open at first, so that seats come and go within one second too.
    function _charter() internal view override returns (Charter memory charter) {
        charter = super._charter();
        charter.admission = _open();
        charter.admission.floor = 4;
        charter.admission.share = 5000;
        charter.terms.rules[ORDINARY].closing = 20;
        charter.terms.rules[ORDINARY].upgradable = true;
        charter.terms.rules[AMENDMENT].closing = 20;
    }

    // ------------------------------------------------------------------ steps in the register

    function join(uint256 actorSeed, uint256 constituencySeed) external {
        ++steps;
        address actor = actorSeed % 4 == 0 ? _actorOf(actorSeed >> 8) : _without(actorSeed >> 8);
        _tryJoin(actor, uint8(constituencySeed % 4));
    }

    function adopt(uint256 actorSeed, uint256 constituencySeed) external {
        ++steps;
        address actor = actorSeed % 3 == 0 ? _actorOf(actorSeed >> 8) : _without(actorSeed >> 8);
        if (_signs(actor)) _adoptByBook(actor, uint8(constituencySeed % 4));
    }

    function admit(uint256 actorSeed) external {
        ++steps;
        _tryAdmit(actorSeed % 4 == 0 ? _actorOf(actorSeed >> 8) : _without(actorSeed >> 8));
    }

    function admitWhoeverWaits() external {
        ++steps;
        for (uint256 i = 0; i < actors.length; ++i) {
            if (_book[actors[i]].status != Status.Applied || _book[actors[i]].barred) continue;
            _warpTo(_book[actors[i]].admissibleAt);
            _tryAdmit(actors[i]);
        }
    }

    function object(uint256 memberSeed, uint256 actorSeed) external {
        ++steps;
        (address member, address subject) = (_actorOf(memberSeed), _actorOf(actorSeed));
        if (actorSeed % 3 == 0) member = _with(memberSeed);
        if (actorSeed % 2 == 0) subject = _withStatus(actorSeed, Status.Applied);
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

    // ------------------------------------------------------------------ acts of decisions, at once

    function suspend(uint256 seed) external {
        ++steps;
        address actor = _actorOf(seed);
        bool allowed = _holds(actor);
        vm.prank(address(timelock));
        try membership.suspend(actor, REASON) {
            _expect(allowed, "a suspension passed");
            _silence(actor, Status.Suspended);
        } catch {
            _expect(!allowed, "a suspension was refused");
        }
    }

    /// @dev Whoever applied, in vain or not yet: the only way back for who is barred.
    function decideAdmission(uint256 seed) external {
        ++steps;
        address actor = _withStatus(seed, seed % 2 == 0 ? Status.Applied : Status.Objected);
        if (seed % 3 == 0) actor = _withStatus(seed, Status.Barred);
        if (_book[actor].status == Status.Barred) _tryJoin(actor, uint8(seed % 4));
        bool allowed = _waits(actor) && _adopted(actor);
        vm.prank(address(timelock));
        try membership.decide(actor, true, REASON) {
            _expect(allowed, "a decided admission passed");
            _seat(actor, uint48(_now()));
        } catch {
            _expect(!allowed, "a decided admission was refused");
        }
    }

    function reinstate(uint256 seed) external {
        ++steps;
        address actor = _withStatus(seed, Status.Suspended);
        bool allowed = _book[actor].status == Status.Suspended;
        vm.prank(address(timelock));
        try membership.reinstate(actor, REASON) {
            _expect(allowed, "a reinstatement passed");
            _activate(actor, uint48(_now()));
        } catch {
            _expect(!allowed, "a reinstatement was refused");
        }
    }

    function expel(uint256 seed) external {
        ++steps;
        address actor = _actorOf(seed);
        if (!_signs(actor) || seed % 3 != 0) return; // else all were soon gone
        bool allowed = _seatHeld(actor);
        vm.prank(address(timelock));
        try membership.expel(actor, REASON) {
            _expect(allowed, "an expulsion passed");
            if (_holds(actor)) _silence(actor, Status.Barred);
            (_book[actor].status, _book[actor].barred) = (Status.Barred, true);
        } catch {
            _expect(!allowed, "an expulsion was refused");
        }
    }

    function changeConstituency(uint256 seed, uint256 constituencySeed) external {
        ++steps;
        address actor = _actorOf(seed);
        if (_signs(actor) && seed % 3 != 0) _adoptByBook(actor, uint8(constituencySeed % 4));
        Entry storage entry = _book[actor];
        bool allowed = _seatHeld(actor) && entry.adoptedVersion == _version
            && entry.adoptedConstituency != entry.constituency;
        vm.prank(address(timelock));
        try membership.changeConstituency(actor, REASON) {
            _expect(allowed, "a change of constituency passed");
            entry.constituency = entry.adoptedConstituency;
            if (entry.group == 0) _resettle(actor);
        } catch {
            _expect(!allowed, "a change of constituency was refused");
        }
    }

    function affiliate(uint256 firstSeed, uint256 secondSeed) external {
        ++steps;
        address[] memory pair = new address[](2);
        (pair[0], pair[1]) = (_actorOf(firstSeed), _actorOf(secondSeed));
        bool allowed = _canAffiliate(pair[0], pair[1]);
        vm.prank(address(timelock));
        try membership.affiliate(pair, REASON) {
            _expect(allowed, "an affiliation passed");
            _affiliateByBook(pair[0], pair[1]);
        } catch {
            _expect(!allowed, "an affiliation was refused");
        }
    }

    function declareAffiliation(uint256 firstSeed, uint256 secondSeed) external {
        ++steps;
        (address one, address other) = (_actorOf(firstSeed), _actorOf(secondSeed));
        bool mutual = _declaredTo[other] == one;
        bool allowed = _seatHeld(one) && _seatHeld(other) && one != other
            && (!mutual || _canAffiliate(one, other));
        vm.prank(one);
        try membership.declareAffiliation(other) {
            _expect(allowed, "a declaration passed");
            _declaredTo[one] = other;
            if (mutual) _affiliateByBook(other, one);
        } catch {
            _expect(!allowed, "a declaration was refused");
        }
    }

    function separate(uint256 seed) external {
        ++steps;
        address actor = _actorOf(seed);
        bool allowed = _seatHeld(actor) && _book[actor].group != 0;
        vm.prank(address(timelock));
        try membership.separate(actor, REASON) {
            _expect(allowed, "a separation passed");
            _book[actor].group = 0;
            _resettle(actor);
        } catch {
            _expect(!allowed, "a separation was refused");
        }
    }

    function setReadoption(uint256 seed) external {
        ++steps;
        Consequence[4] memory any =
            [Consequence.Shown, Consequence.Suspended, Consequence.Suspended, Consequence.Exited];
        _readoptionRule = Readoption(uint32(seed % 5 days), any[(seed >> 64) % 4]);
        vm.prank(address(timelock));
        membership.setReadoption(_readoptionRule);
    }

    function lapse(uint256 seed) external {
        ++steps;
        address actor = _actorOf(seed);
        bool allowed = _holds(actor) && _readoptionRule.consequence != Consequence.Shown
            && _book[actor].adoptedVersion != _version
            && _now() > _inForceSince + _readoptionRule.grace;
        try membership.lapse(actor) {
            _expect(allowed, "a lapse passed");
            bool ends = _readoptionRule.consequence == Consequence.Exited;
            _silence(actor, ends ? Status.Exited : Status.Lapsed);
        } catch {
            _expect(!allowed, "a lapse was refused");
        }
    }

    function resume(uint256 seed) external {
        ++steps;
        address actor = _withStatus(seed, Status.Lapsed);
        if (_signs(actor) && seed % 2 == 0) _adoptByBook(actor, _book[actor].constituency);
        bool allowed =
            _book[actor].status == Status.Lapsed && _book[actor].adoptedVersion == _version;
        try membership.resume(actor) {
            _expect(allowed, "a resumption passed");
            _activate(actor, uint48(_now()));
        } catch {
            _expect(!allowed, "a resumption was refused");
        }
    }

    /// @dev Signed by both or decided; the book of the old account becomes that of the new one.
    function move(uint256 fromSeed, uint256 toSeed, uint256 seed) external {
        ++steps;
        (address from, address to) = (_actorOf(fromSeed), _actorOf(toSeed));
        if (seed % 5 != 0) (from, to) = (_with(fromSeed), _withStatus(toSeed, Status.None));
        bool signed = seed % 2 == 0;
        if (signed && (!_signs(from) || !_signs(to))) return;
        if (seed % 3 != 0 && _signs(to)) _adoptByBook(to, _book[from].constituency);
        Entry storage fresh = _book[to];
        bool allowed = _seatHeld(from) && fresh.status == Status.None && fresh.seat == 0
            && fresh.adoptedVersion == _version
            && fresh.adoptedConstituency == _book[from].constituency;
        bool passed = signed ? _moveSigned(from, to) : _moveDecided(from, to);
        _expect(passed == allowed, passed ? "a move passed" : "a move was refused");
        if (passed) _moveByBook(from, to, signed);
    }

    function _moveSigned(address from, address to) private returns (bool) {
        Move memory act = Move(from, to, _book[from].nonce, uint48(_now()));
        bytes32 digest = membership.hashMove(act);
        (bytes memory first, bytes memory second) = (_sign(from, digest), _sign(to, digest));
        try membership.moveSeat(act, first, second) {
            return true;
        } catch {
            return false;
        }
    }

    function _moveDecided(address from, address to) private returns (bool) {
        vm.prank(address(timelock));
        try membership.moveByDecision(from, to, REASON) {
            return true;
        } catch {
            return false;
        }
    }

    function _moveByBook(address from, address to, bool signed) private {
        (Entry memory old, Entry memory fresh) = (_book[from], _book[to]);
        Entry memory moved = _book[from];
        (moved.nonce, moved.adoptedVersion, moved.adoptedConstituency) =
        (fresh.nonce, fresh.adoptedVersion, fresh.adoptedConstituency);
        _book[to] = moved;
        delete _book[from];
        (_book[from].adoptedVersion, _book[from].adoptedConstituency) =
        (old.adoptedVersion, old.adoptedConstituency);
        _book[from].nonce = signed ? old.nonce + 1 : old.nonce;
        delete _history[to];
        for (uint256 i = 0; i < _history[from].length; ++i) {
            _history[to].push(_history[from][i]);
        }
        delete _history[from];
        delete _declaredTo[from];
        for (uint256 i = 0; i < _ghosts.length; ++i) {
            if (_ghosts[i].seat == old.seat) _ghosts[i].proposer = to;
        }
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

    function voteInParts(uint256 proposalSeed, uint256 actorSeed, uint256 seed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        if (seed % 2 == 0) _warpTo(_ghosts[number].snapshot + 1);
        address voter = _actorOf(actorSeed);
        Ballot memory ballot;
        (ballot.cast, ballot.against) = (true, uint16((seed >> 8) % 10_001));
        ballot.inFavour = uint16((seed >> 32) % (10_001 - ballot.against));
        ballot.abstain = uint16(10_000 - ballot.against - ballot.inFavour);
        bool allowed = _mayVote(number, voter);
        bytes memory parts = _split(ballot.against, ballot.inFavour, ballot.abstain);
        vm.prank(voter);
        try assembly_.castVoteWithReasonAndParams(_ghosts[number].id, SPLIT, "", parts) {
            _expect(allowed, "a split vote passed");
            _record(number, voter, ballot);
        } catch {
            _expect(!allowed, "a split vote was refused");
        }
    }

    /// @dev Some are signed by another, some are said twice, some voters have no seat.
    function voteInBatch(uint256 proposalSeed, uint256 seed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        if (seed % 4 != 0) _warpTo(_ghosts[number].snapshot + 1);
        if (seed % 4 > 1) _warpTo(_ghosts[number].deadline);
        uint256 id = _ghosts[number].id;
        bool open = _isOpen(number);
        SignedVote[] memory votes = new SignedVote[](6);
        uint256 expected = 0;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            address voter = _actorOf(random);
            uint8 support = uint8((random >> 32) % 7 % 4);
            address signer = (random >> 64) % 5 == 0 || !_signs(voter) ? outsider : voter;
            votes[i] = _signedBy(signer, id, voter, support);
            bool good = open && signer == voter && support <= ABSTAIN && _mayVote(number, voter);
            if (!good) continue;
            ++expected;
            _record(number, voter, _whole(support));
        }
        try assembly_.castVotesBySig(id, votes) returns (uint256 counted) {
            _expect(open && counted == expected, "a batch counted other votes");
        } catch {
            _expect(!open, "a batch was refused");
        }
    }

    /// @dev A contract account that fails when it is asked has not voted.
    function askLiar(uint256 proposalSeed, uint256 seed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 id = _ghosts[_recent(proposalSeed)].id;
        address liar = actors[actors.length - 1 - seed % liars];
        try assembly_.castVoteBySig{gas: 300_000}(id, FOR, liar, abi.encode(id)) {
            _expect(_signs(liar), "a liar voted by signature");
        } catch {}
    }

    function requestUpgrade(uint256 proposalSeed, uint256 actorSeed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        if (proposalSeed % 2 == 0) {
            _tryPropose(_with(actorSeed >> 8), Kind.Ring, 0);
            number = _ghosts.length - 1;
        }
        for (uint256 i = 0; i < 4; ++i) {
            _tryRequest(number, _with(uint256(keccak256(abi.encode(actorSeed, i)))));
        }
        _tryRequest(number, _actorOf(actorSeed));
    }

    function _tryRequest(uint256 number, address actor) private {
        Ghost storage ghost = _ghosts[number];
        Entry memory entry = _book[actor];
        bytes32 bySeat = keccak256(abi.encode("seat", entry.seat));
        bytes32 byVoice = keccak256(abi.encode("voice", entry.voice));
        bool allowed = _holds(actor) && !ghost.cancelled && _now() <= ghost.snapshot
            && ghost.rule.upgradable && ghost.rule.methods & Rules.IN_EACH_CLASS == 0
            && !_asked[number][bySeat] && !_asked[number][byVoice];
        vm.prank(actor);
        try assembly_.requestUpgrade(ghost.id) {
            _expect(allowed, "a request passed");
            (_asked[number][bySeat], _asked[number][byVoice]) = (true, true);
            uint256 asked = ++requests[number][entry.votesIn];
            if (asked * 2 > _activeIn(entry.votesIn)) {
                ghost.rule.methods |= Rules.EACH_CLASS;
                ++seen["an upgrade"];
            }
        } catch {
            _expect(!allowed, "a request was refused");
        }
    }

    function countVotes(uint256 proposalSeed, uint256 pages) external {
        ++steps;
        if (_ghosts.length == 0) return;
        Ghost storage ghost = _ghosts[_recent(proposalSeed)];
        bool allowed = !ghost.cancelled && ghost.eta == 0 && _now() > ghost.deadline;
        try assembly_.countVotes(ghost.id, pages % 6) {
            _expect(allowed, "a count passed");
        } catch {
            _expect(!allowed, "a count was refused");
        }
    }

    /// @dev Everybody has a say: more often in favour, sometimes silent.
    function voteAll(uint256 proposalSeed, uint256 seed) external {
        ++steps;
        if (_ghosts.length == 0) return;
        uint256 number = _recent(proposalSeed);
        _warpTo(_ghosts[number].snapshot + 1);
        if (seed >> 248 < 64) _warpTo(_ghosts[number].deadline);
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
        bool allowed = actor == ghost.proposer && ghost.proposer != address(0)
            && _now() <= ghost.snapshot && !ghost.cancelled;
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
        bool allowed = !_seatHeld(actor) && !_waits(actor);
        if (allowed && !_signs(actor)) return;
        if (allowed) _adoptByBook(actor, constituency);

        bool signed = _signs(actor) && (_now() + constituency) % 2 == 0;
        bool passed = signed ? _applySigned(actor) : _applyItself(actor);
        _expect(passed == allowed, passed ? "an application passed" : "an application was refused");
        if (!passed) return;
        (entry.status, entry.constituency) = (Status.Applied, constituency);
        entry.admissibleAt =
            entry.barred ? type(uint48).max - 1 : uint48(_now() + _admission.window);
        if (signed) ++entry.nonce;
    }

    function _applyItself(address actor) private returns (bool) {
        vm.prank(actor);
        try membership.applyForSeat(0, PROFILE) {
            return true;
        } catch {
            return false;
        }
    }

    function _applySigned(address actor) private returns (bool) {
        Application memory application =
            Application(actor, 0, PROFILE, _book[actor].nonce, uint48(_now()));
        bytes memory signature = _sign(actor, membership.hashApplication(application));
        try membership.applyBySig(application, signature) {
            return true;
        } catch {
            return false;
        }
    }

    function _tryAdmit(address actor) private {
        Entry storage entry = _book[actor];
        bool allowed = entry.status == Status.Applied && !entry.barred
            && _now() >= entry.admissibleAt && _adopted(actor) && turnsLeft() != 0;

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
        if (!_signs(actor)) return; // they could not come back
        bool allowed = _seatHeld(actor) || _waits(actor);

        vm.prank(actor);
        try membership.leaveSeat(REASON) {
            _expect(allowed, "an exit passed");
            if (_holds(actor)) {
                _silence(actor, Status.Exited);
            } else if (entry.status == Status.Lapsed) {
                entry.status = Status.Exited;
            } else if (entry.status == Status.Suspended) {
                (entry.status, entry.barred) = (Status.Barred, true);
            } else {
                _drop(actor);
            }
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
        ghost.seat = _book[proposer].seat;
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
        bool allowed = support <= ABSTAIN && _mayVote(number, voter);

        vm.prank(voter);
        try assembly_.castVote(ghost.id, support) {
            _expect(allowed, "a vote passed");
            _record(number, voter, _whole(support));
        } catch {
            _expect(!allowed, "a vote was refused");
        }
    }

    function _isOpen(uint256 number) private view returns (bool) {
        Ghost storage ghost = _ghosts[number];
        return _now() > ghost.snapshot && _now() <= ghost.deadline && !ghost.cancelled;
    }

    function _mayVote(uint256 number, address voter) private view returns (bool) {
        if (!_isOpen(number)) return false;
        Change memory seat = _seatAt(voter, _ghosts[number].snapshot);
        return seat.active && !_ballots[number][seat.voice].cast;
    }

    function _whole(uint8 support) private pure returns (Ballot memory ballot) {
        ballot.cast = true;
        if (support == AGAINST) ballot.against = 10_000;
        if (support == FOR) ballot.inFavour = 10_000;
        if (support == ABSTAIN) ballot.abstain = 10_000;
    }

    /// @dev In the closing part a vote that changes the outcome extends the voting, once.
    function _record(uint256 number, address voter, Ballot memory ballot) private {
        Ghost storage ghost = _ghosts[number];
        uint256 part = uint256(ghost.rule.votingPeriod) * ghost.rule.closing / 100;
        bool watched = !ghost.extended && _now() > ghost.deadline - part;
        bool before = watched && passes(number);
        _ballots[number][_seatAt(voter, ghost.snapshot).voice] = ballot;
        if (!watched || passes(number) == before) return;
        (ghost.extended, ghost.deadline) = (true, uint48(_now() + part));
        ++seen["an extension"];
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
        return _waits(_actorOf(subject)) && (!_isAdmission(subject) || _adopted(_actorOf(subject)));
    }

    function _writeDecision(Kind kind, uint256 subject) private {
        if (kind == Kind.Decide && _isAdmission(subject)) _seat(_actorOf(subject), uint48(_now()));
        if (kind == Kind.Decide && !_isAdmission(subject)) _drop(_actorOf(subject));
        if (kind == Kind.SetAdmission) _beginPeriod(_admissionOf(subject), uint48(_now()));
        if (kind == Kind.SetRule) _rules[_indexOf(subject)] = _ruleOf(subject);
        if (kind == Kind.AddKind) ++_kinds;
        if (kind == Kind.Amend) (++_version, _inForceSince = uint48(_now()));
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
        return Rule({
            methods: (subject >> 8) % 4 == 0 ? Rules.EACH_CLASS : Rules.MAJORITY,
            approval: uint16(5000 + (subject >> 16) % 1600),
            quorum: uint16((subject >> 32) % 5000),
            objections: 0,
            closing: uint8((subject >> 40) % 21),
            upgradable: (subject >> 46) % 2 == 0,
            delay: uint32((subject >> 48) % 7 days),
            votingPeriod: uint32(1 + (subject >> 80) % 10 days)
        });
    }

    /// @dev No action of a proposal weakens what another needs: the larger of each part.
    function _strictest(Rule memory a, Rule memory b) private pure returns (Rule memory rule) {
        rule = a;
        rule.methods |= b.methods;
        if (b.approval > rule.approval) rule.approval = b.approval;
        if (b.quorum > rule.quorum) rule.quorum = b.quorum;
        if (b.closing > rule.closing) rule.closing = b.closing;
        if (b.upgradable) rule.upgradable = true;
        if (b.delay > rule.delay) rule.delay = b.delay;
        if (b.votingPeriod > rule.votingPeriod) rule.votingPeriod = b.votingPeriod;
    }

    // ------------------------------------------------------------------ the book

    /// @dev The outcome by the rule in words, from the votes that were seen; units, 10,000 a voice.
    function passes(uint256 number) public view returns (bool) {
        Rule memory rule = _ghosts[number].rule;
        ClassTally[] memory tallies = tally(number);
        ClassTally memory all;
        bool each = true;
        for (uint256 i = 0; i < 4; ++i) {
            all.seats += tallies[i].seats;
            all.inFavour += tallies[i].inFavour;
            all.against += tallies[i].against;
            all.abstain += tallies[i].abstain;
            if (tallies[i].seats > 0 && tallies[i].inFavour <= tallies[i].against) each = false;
        }
        if (all.seats == 0) return false;
        if (all.inFavour + all.against + all.abstain < all.seats * rule.quorum) return false;
        if (all.inFavour * 10_000 <= (all.inFavour + all.against) * rule.approval) return false;
        return rule.methods & Rules.IN_EACH_CLASS == 0 || each;
    }

    /// @dev What each constituency should have: every voice that was active at the snapshot, once.
    function tally(uint256 number) public view returns (ClassTally[] memory tallies) {
        tallies = new ClassTally[](4);
        bool[] memory heard = new bool[](voices + 1);
        for (uint256 i = 0; i < actors.length; ++i) {
            Change memory seat = _seatAt(actors[i], _ghosts[number].snapshot);
            if (!seat.active || heard[seat.voice]) continue;
            heard[seat.voice] = true;
            ClassTally memory class = tallies[seat.constituency];
            Ballot memory ballot = _ballots[number][seat.voice];
            ++class.seats;
            class.against += ballot.against;
            class.inFavour += ballot.inFavour;
            class.abstain += ballot.abstain;
        }
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

    function ghost_(uint256 number) external view returns (Ghost memory) {
        return _ghosts[number];
    }

    /// @dev How often the effect of a proposal came.
    function rung(uint256 number) external view returns (uint256) {
        return bell.rung(number);
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
            if (ghost.seat != _book[proposer].seat || ghost.cancelled || _now() > ghost.deadline) {
                continue;
            }
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

    /// @dev Who returns keeps its seat and its group; without a group its voice is a new one.
    function _seat(address account, uint48 time) private {
        Entry storage entry = _book[account];
        if (entry.seat == 0) entry.seat = ++seatCount;
        if (entry.group == 0) (entry.voice, entry.votesIn) = (++voices, entry.constituency);
        entry.barred = false;
        _activate(account, time);
    }

    function _activate(address account, uint48 time) private {
        _book[account].status = Status.Active;
        ++_active;
        _writeChange(account, true, time);
    }

    function _silence(address account, Status status) private {
        _book[account].status = status;
        --_active;
        _writeChange(account, false, uint48(_now()));
    }

    /// @dev An application ends; a former member stays one, and who was barred is so again.
    function _drop(address account) private {
        Entry storage entry = _book[account];
        entry.status = entry.barred ? Status.Barred : entry.seat != 0 ? Status.Exited : Status.None;
    }

    function _resettle(address account) private {
        Entry storage entry = _book[account];
        (entry.voice, entry.votesIn) = (++voices, entry.constituency);
        if (_holds(account)) _writeChange(account, true, uint48(_now()));
    }

    function _canAffiliate(address one, address other) private view returns (bool) {
        (uint32 first, uint32 second) = (_book[one].group, _book[other].group);
        return _seatHeld(one) && _seatHeld(other) && one != other
            && (first == 0 || second == 0 || first == second);
    }

    /// @dev In the group of the first that has one, otherwise in a new one where the first votes.
    function _affiliateByBook(address first, address second) private {
        uint32 group = _book[first].group != 0 ? _book[first].group : _book[second].group;
        if (group == 0) {
            group = ++_groupCount;
            (_groupVoice[group], _groupClass[group]) = (++voices, _book[first].votesIn);
        }
        address[2] memory pair = [first, second];
        for (uint256 i = 0; i < 2; ++i) {
            Entry storage entry = _book[pair[i]];
            if (entry.group == group) continue;
            ++seen["a group"];
            (entry.group, entry.voice, entry.votesIn) =
            (group, _groupVoice[group], _groupClass[group]);
            if (_holds(pair[i])) _writeChange(pair[i], true, uint48(_now()));
        }
    }

    function _writeChange(address account, bool active, uint48 time) private {
        Entry storage entry = _book[account];
        _history[account].push(Change(time, active, entry.votesIn, entry.voice));
        if (moments.length == 0 || moments[moments.length - 1] != time) moments.push(time);
    }

    /// @dev The voices that are active in a constituency now.
    function _activeIn(uint8 constituency) private view returns (uint256 count) {
        bool[] memory heard = new bool[](voices + 1);
        for (uint256 i = 0; i < actors.length; ++i) {
            Entry storage entry = _book[actors[i]];
            bool here = entry.status == Status.Active && entry.votesIn == constituency;
            if (!here || heard[entry.voice]) continue;
            heard[entry.voice] = true;
            ++count;
        }
    }

    function _seatHeld(address account) private view returns (bool) {
        Status status = _book[account].status;
        return status == Status.Active || status == Status.Suspended || status == Status.Lapsed;
    }

    function _waits(address account) private view returns (bool) {
        Status status = _book[account].status;
        return status == Status.Applied || status == Status.Objected;
    }

    /// @dev An actor with this standing, if there is one.
    function _withStatus(uint256 seed, Status status) private view returns (address actor) {
        for (uint256 i = 0; i < actors.length; ++i) {
            actor = actors[(seed % actors.length + i) % actors.length];
            if (_book[actor].status == status) return actor;
        }
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
        ++seen[what];
    }
}
