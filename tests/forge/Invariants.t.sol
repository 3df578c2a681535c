// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Change, Entry, Ghost, Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Assembly} from "contracts/Assembly.sol";
import {Authority} from "contracts/Authority.sol";
import {Membership} from "contracts/Membership.sol";
import {Timelock} from "contracts/Timelock.sol";
import {Census, Standing, Status} from "contracts/interfaces/IMembership.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";

/// @title What holds after any sequence of steps; in words in tests/invariants/README.md.
contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant VOTE = 10_000;

    /// @dev What is said of the past does not go away: it is enough to look after every third step.
    modifier sometimes() {
        if (_handler.steps() % 3 == 0) _;
    }

    Handler private _handler;
    Membership private _membership;
    Assembly private _assembly;
    Timelock private _timelock;
    Authority private _authority;

    function setUp() external {
        _handler = new Handler();
        _handler.setUp();
        (address membership, address assembly_, address timelock, address authority) =
            _handler.contracts();
        _membership = Membership(membership);
        _assembly = Assembly(assembly_);
        _timelock = Timelock(payable(timelock));
        _authority = Authority(authority);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[32] memory selected = [
            Handler.join.selector,
            Handler.admit.selector,
            Handler.admitWhoeverWaits.selector,
            Handler.object.selector,
            Handler.leaveSeat.selector,
            Handler.leaveAndReturn.selector,
            Handler.adopt.selector,
            Handler.decideAdmission.selector,
            Handler.suspend.selector,
            Handler.reinstate.selector,
            Handler.expel.selector,
            Handler.changeConstituency.selector,
            Handler.affiliate.selector,
            Handler.declareAffiliation.selector,
            Handler.separate.selector,
            Handler.setReadoption.selector,
            Handler.lapse.selector,
            Handler.resume.selector,
            Handler.move.selector,
            Handler.propose.selector,
            Handler.requestUpgrade.selector,
            Handler.vote.selector,
            Handler.voteAll.selector,
            Handler.voteInParts.selector,
            Handler.voteInBatch.selector,
            Handler.askLiar.selector,
            Handler.countVotes.selector,
            Handler.queue.selector,
            Handler.execute.selector,
            Handler.cancel.selector,
            Handler.decideAtOnce.selector,
            Handler.trespass.selector
        ];
        bytes4[] memory selectors = new bytes4[](33);
        for (uint256 i = 0; i < 32; ++i) {
            selectors[i] = selected[i];
        }
        selectors[32] = Handler.pass.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), selectors);
    }

    // ------------------------------------------------------------------ I1

    function invariant_I1_one_active_seat_is_one_vote_at_every_past_time() external view sometimes {
        uint256 length = _handler.momentCount();
        uint256 random = uint256(keccak256(abi.encode(_handler.steps())));
        _assertPast(vm.getBlockTimestamp() - 1);
        _assertPast(_handler.moments(random % length) - 1);
        uint256 moment = _handler.moments((random >> 64) % length);
        if (moment < vm.getBlockTimestamp()) _assertPast(moment);
    }

    function _assertPast(uint256 time) private view {
        address[] memory actors = _handler.allActors();
        Change[] memory seats = _handler.seatsAt(time);
        uint256 sum = 0;
        uint256[4] memory active;
        bool[] memory heard = new bool[](_handler.voices() + 1);
        for (uint256 i = 0; i < actors.length; ++i) {
            uint256 votes = _membership.getPastVotes(actors[i], time);
            vm.assertEq(votes, seats[i].active ? VOTE : 0, "the votes of an account");
            _assertPlace(actors, seats, i, time);
            if (!seats[i].active || heard[seats[i].voice]) continue;
            heard[seats[i].voice] = true;
            ++active[seats[i].constituency];
            sum += votes;
        }
        vm.assertEq(_membership.getPastTotalSupply(time), sum, "the sum of all votes");
        Census[] memory census = _membership.censusAt(uint48(time));
        for (uint256 i = 0; i < census.length; ++i) {
            vm.assertEq(census[i].active, active[i], "the seats of a constituency");
        }
    }

    /// @dev Two accounts have one place exactly when they have one voice.
    function _assertPlace(
        address[] memory actors,
        Change[] memory seats,
        uint256 index,
        uint256 time
    ) private view {
        uint256 place = _membership.placeAt(actors[index], uint48(time));
        vm.assertEq(place != 0, seats[index].active, "a place is a vote");
        if (place == 0) return;
        vm.assertEq(uint8(place >> 32), seats[index].constituency, "where it counts");
        for (uint256 i = 0; i < index; ++i) {
            if (!seats[i].active) continue;
            bool same = _membership.placeAt(actors[i], uint48(time)) == place;
            vm.assertEq(same, seats[i].voice == seats[index].voice, "one place, one voice");
        }
    }

    // ------------------------------------------------------------------ I2

    function invariant_I2_nothing_is_executed_without_its_rule() external view {
        for (uint256 i = 0; i < _handler.proposals(); ++i) {
            Ghost memory ghost = _handler.ghost_(i);
            (Rule memory rule,) = _assembly.proposalRule(ghost.id);
            ghost.rule.votingPeriod = uint32(ghost.deadline - ghost.snapshot);
            vm.assertEq(
                keccak256(abi.encode(rule)),
                keccak256(abi.encode(ghost.rule)),
                "the rule stays as it was at the proposal"
            );
            vm.assertEq(_assembly.proposalEta(ghost.id), ghost.eta, "its delay is its rule's");
            if (ghost.executions == 0) continue;
            vm.assertTrue(_handler.passes(i), "its votes satisfy its rule");
            vm.assertFalse(ghost.cancelled, "it was not cancelled");
            vm.assertGt(ghost.eta, uint256(ghost.deadline) + ghost.rule.delay);
            vm.assertGe(ghost.executedAt, ghost.eta);
        }
    }

    // ------------------------------------------------------------------ I3

    function invariant_I3_rules_change_only_by_executed_decisions() external view {
        vm.assertEq(_handler.actualRules(), _handler.expectedRules(), "rules");
        address[] memory actors = _handler.allActors();
        address actor = actors[_handler.steps() % actors.length];
        (bool isAdmin,) = _authority.hasRole(0, actor);
        vm.assertFalse(isAdmin, "no actor is an administrator");
        vm.assertFalse(_timelock.hasRole(0, actor));
        vm.assertFalse(_timelock.hasRole(_timelock.PROPOSER_ROLE(), actor));
        vm.assertFalse(_timelock.hasRole(_timelock.EXECUTOR_ROLE(), actor));
        vm.assertFalse(_timelock.hasRole(_timelock.CANCELLER_ROLE(), actor));
    }

    // ------------------------------------------------------------------ I4

    function invariant_I4_seats_and_certificates_agree() external view {
        uint256 active = 0;
        uint256 numbered = 0;
        address[] memory actors = _handler.allActors();
        for (uint256 i = 0; i < actors.length; ++i) {
            address actor = actors[i];
            Standing memory standing = _membership.standingOf(actor);
            Entry memory entry = _handler.entryOf(actor);
            vm.assertEq(uint256(standing.status), uint256(entry.status), "as in the book");
            vm.assertEq(standing.constituency, entry.constituency);
            vm.assertEq(standing.seat, entry.seat);
            vm.assertEq(standing.group, entry.group);
            vm.assertEq(standing.nonce, entry.nonce);
            bool votes = entry.status == Status.Active;
            bool holds = votes || entry.status == Status.Suspended || entry.status == Status.Lapsed;
            vm.assertEq(_membership.balanceOf(actor), holds ? 1 : 0);
            vm.assertEq(_membership.getVotes(actor), votes ? VOTE : 0);
            if (standing.seat != 0) {
                ++numbered;
                vm.assertEq(_membership.accountOf(standing.seat), actor, "its number is its own");
                vm.assertEq(_owner(standing.seat), holds ? actor : address(0));
            }
            if (votes) ++active;
        }
        vm.assertEq(_membership.activeSeats(), active);
        vm.assertEq(_membership.seats(), numbered);
        vm.assertEq(_owner(numbered + 1), address(0));
    }

    function _owner(uint256 seat) private view returns (address) {
        try _membership.ownerOf(seat) returns (address owner) {
            return owner;
        } catch (bytes memory reason) {
            vm.assertEq(
                reason, abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, seat)
            );
            return address(0);
        }
    }

    // ------------------------------------------------------------------ I5

    function invariant_I5_nothing_is_executed_twice() external view {
        for (uint256 i = 0; i < _handler.proposals(); ++i) {
            uint256 executions = _handler.ghost_(i).executions;
            vm.assertLe(executions, 1);
            vm.assertEq(_handler.rung(i), executions, "its effect came as often");
        }
    }

    // ------------------------------------------------------------------ I6

    function invariant_I6_every_seat_of_the_snapshot_is_counted_at_most_once()
        external
        view
        sometimes
    {
        uint256 length = _handler.proposals();
        for (uint256 i = 0; i < length; ++i) {
            // The newest, on which votes are cast, and one of the others.
            if (i + 4 < length && i != _handler.steps() % length) continue;
            Ghost memory ghost = _handler.ghost_(i);
            if (ghost.snapshot >= vm.getBlockTimestamp()) continue;
            ClassTally[] memory expected = _handler.tally(i);
            ClassTally[] memory tallies = _assembly.proposalTallies(ghost.id);
            for (uint256 j = 0; j < tallies.length; ++j) {
                ClassTally memory class = tallies[j];
                uint256 units = class.against + class.inFavour + class.abstain;
                vm.assertLe(units, class.seats * VOTE, "no more votes than seats");
                vm.assertEq(
                    keccak256(abi.encode(class)), keccak256(abi.encode(expected[j])), "tally"
                );
                vm.assertEq(_bits(ghost.id, uint8(j)) * VOTE, units, "one bit a voice");
            }
        }
    }

    function _bits(uint256 id, uint8 constituency) private view returns (uint256 count) {
        uint256 page = uint128(_assembly.votePage(id, constituency, 0));
        for (; page != 0; page &= page - 1) {
            ++count;
        }
        vm.assertEq(_assembly.votePage(id, constituency, 1), 0, "nothing beyond the first page");
    }

    // ------------------------------------------------------------------ I7

    function invariant_I7_admissions_in_silence_keep_the_pace() external view {
        vm.assertLe(_handler.admitted(), _handler.limit(), "no more than the period allows");
        (uint256 remaining, uint48 nextPeriod) = _membership.pace();
        vm.assertEq(remaining, _handler.turnsLeft());
        uint256 now_ = vm.getBlockTimestamp();
        bool over = now_ >= _handler.nextPeriod();
        uint256 period = _membership.admission().period;
        vm.assertEq(nextPeriod, over ? now_ + period : _handler.nextPeriod());
    }

    // ------------------------------------------------------------------ I8

    function invariant_I8_acts_pass_exactly_when_the_rules_let_them() external view {
        vm.assertEq(_handler.surprise(), "");
    }

    // ------------------------------------------------------------------ I9

    function invariant_I9_voting_ends_when_it_was_announced_or_once_later() external view {
        for (uint256 i = 0; i < _handler.proposals(); ++i) {
            Ghost memory ghost = _handler.ghost_(i);
            vm.assertEq(_assembly.proposalSnapshot(ghost.id), ghost.snapshot);
            vm.assertEq(_assembly.proposalDeadline(ghost.id), ghost.deadline, "the deadline");
            vm.assertEq(_assembly.proposalExtended(ghost.id), ghost.extended, "extended");
        }
    }

    // ------------------------------------------------------------------ the steps themselves

    /// @dev Invariants of a world in which nothing happens would hold too.
    function test_every_act_passes_and_is_refused_in_some_steps() external {
        FuzzSelector memory target = this.targetSelectors()[0];
        for (uint256 i = 0; i < 6000; ++i) {
            bytes4 selector = target.selectors[uint256(keccak256(abi.encode(i))) % 33];
            bytes memory arguments = abi.encode(
                keccak256(abi.encode(i, "first")),
                keccak256(abi.encode(i, "second")),
                uint8(bytes1(keccak256(abi.encode(i, "third"))))
            );
            (bool success,) = target.addr.call(abi.encodePacked(selector, arguments));
            vm.assertTrue(success);
        }

        vm.assertEq(_handler.surprise(), "");
        string[50] memory acts = [
            "a batch was refused",
            "a cancellation passed",
            "a cancellation was refused",
            "a change of constituency passed",
            "a change of constituency was refused",
            "a count passed",
            "a count was refused",
            "a declaration passed",
            "a declaration was refused",
            "a decided admission passed",
            "a decided admission was refused",
            "a lapse passed",
            "a lapse was refused",
            "a move passed",
            "a move was refused",
            "a proposal passed",
            "a proposal was refused",
            "a queueing passed",
            "a queueing was refused",
            "a reinstatement passed",
            "a reinstatement was refused",
            "a request passed",
            "a request was refused",
            "a resumption passed",
            "a resumption was refused",
            "a separation passed",
            "a separation was refused",
            "a split vote passed",
            "a split vote was refused",
            "a suspension passed",
            "a suspension was refused",
            "a vote passed",
            "a vote was refused",
            "an admission passed",
            "an admission was refused",
            "an affiliation passed",
            "an affiliation was refused",
            "an application passed",
            "an application was refused",
            "an execution passed",
            "an execution was refused",
            "an exit passed",
            "an exit was refused",
            "an expulsion passed",
            "an expulsion was refused",
            "an objection passed",
            "an objection was refused",
            "an extension",
            "an upgrade",
            "a group"
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            vm.assertTrue(_handler.seen(acts[i]) != 0, acts[i]);
        }
    }
}
