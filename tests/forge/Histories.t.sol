// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {VmFiles} from "./Vectors.t.sol";
import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Founder} from "contracts/interfaces/IMembership.sol";
import {Assignment, Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev A vote of a history; times are seconds from the snapshot.
struct Cast {
    uint32 time;
    uint8 constituency;
    uint32 ordinal;
    uint16 against;
    uint16 inFavour;
    uint16 abstain;
    bool counted;
    uint32 deadline;
}

/// @dev A proposal from its first vote to its outcome.
struct History {
    string name;
    Rule rule;
    uint16[] weights;
    uint32[] seats;
    Cast[] casts;
    uint32 deadline;
    ClassTally[] tallies;
    bool passes;
}

/// @title The Assembly lives the histories of tests/vectors/votes.json, which also hold the auditor's count.
contract HistoriesTest is AssemblyFixture {
    VmFiles private constant FILES = VmFiles(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    string private constant TYPES =
        "History(string name,Rule rule,uint16[] weights,uint32[] seats,Cast[] casts,uint32 deadline,Tally[] tallies,bool passes)Cast(uint32 time,uint8 constituency,uint32 ordinal,uint16 against,uint16 inFavour,uint16 abstain,bool counted,uint32 deadline)Rule(uint8 methods,uint16 approval,uint16 quorum,uint16 objections,uint8 closing,bool upgradable,uint32 delay,uint32 votingPeriod)Tally(uint256 against,uint256 inFavour,uint256 abstain,uint256 seats)";

    function test_every_history_ends_as_it_was_worked_out_by_hand() external {
        History[] memory histories = _histories();
        for (uint256 i = 0; i < histories.length; ++i) {
            uint256 id = _begin(histories[i], i);
            for (uint256 j = 0; j < histories[i].casts.length; ++j) {
                _cast(id, histories[i], j);
            }
            _assertEnd(id, histories[i]);
        }
    }

    /// @dev Votes of one second go in one batch. An objection needs a reason, and a split its parts: their
    /// histories are left to the test above.
    function test_every_history_ends_so_when_its_votes_come_in_batches() external {
        History[] memory histories = _histories();
        uint256 lived = 0;
        for (uint256 i = 0; i < histories.length; ++i) {
            if (!_fitsBatches(histories[i])) continue;
            ++lived;
            uint256 id = _begin(histories[i], i);
            for (uint256 j = 0; j < histories[i].casts.length;) {
                j = _castSecond(id, histories[i], j);
            }
            _assertEnd(id, histories[i]);
        }
        vm.assertGt(lived, 10);
    }

    // ------------------------------------------------------------------ beginning and end

    /// @dev A network of these seats and one more, which proposes and is suspended before the snapshot.
    function _begin(History memory history, uint256 number) private returns (uint256 id) {
        _found(_charterOf(history, number));
        for (uint256 i = 0; i < history.seats.length; ++i) {
            for (uint256 j = 0; j < history.seats[i]; ++j) {
                address voter = _voter(i, j);
                _join(voter, uint8(i));
                vm.assertEq(membership.standingOf(voter).ordinal, j);
            }
        }
        id = _propose(_ring());
        vm.prank(address(timelock));
        membership.suspend(bakery, REASON);
        vm.warp(assembly_.proposalSnapshot(id));
    }

    function _charterOf(History memory history, uint256 number)
        private
        view
        returns (Charter memory charter)
    {
        charter = _charter();
        charter.name = vm.toString(number);
        charter.charter = keccak256(abi.encode(_now()));
        charter.constituencies = new bytes28[](history.seats.length + 1);
        for (uint256 i = 0; i < charter.constituencies.length; ++i) {
            charter.constituencies[i] = bytes28(bytes32(i + 1 << 248));
        }
        charter.admission = _open();
        charter.assignments = new Assignment[](0);
        charter.terms.weights = history.weights;
        charter.terms.rules = new Rule[](2);
        (charter.terms.rules[ORDINARY], charter.terms.rules[AMENDMENT]) =
        (history.rule, history.rule);
        charter.founders = new Founder[](1);
        charter.founders[0] = _founder(bakery, uint8(history.seats.length));
        charter.founders[0].validUntil = uint48(_now());
    }

    function _assertEnd(uint256 id, History memory history) private {
        vm.warp(assembly_.proposalSnapshot(id) + history.deadline);
        vm.assertEq(assembly_.proposalDeadline(id), _now(), history.name);
        _assertState(id, IGovernor.ProposalState.Active);
        _skip(1);

        ClassTally[] memory tallies = assembly_.proposalTallies(id);
        vm.assertEq(tallies.length, history.tallies.length + 1, history.name);
        for (uint256 i = 0; i < history.tallies.length; ++i) {
            vm.assertEq(
                keccak256(abi.encode(tallies[i])),
                keccak256(abi.encode(history.tallies[i])),
                history.name
            );
        }
        bool passes = assembly_.state(id) == IGovernor.ProposalState.Succeeded;
        vm.assertEq(passes, history.passes, history.name);
        if (!passes) _assertState(id, IGovernor.ProposalState.Defeated);
    }

    // ------------------------------------------------------------------ votes

    function _cast(uint256 id, History memory history, uint256 index) private {
        Cast memory cast = history.casts[index];
        vm.warp(assembly_.proposalSnapshot(id) + cast.time);
        bool whole = _isWhole(cast);
        bytes memory parts = whole ? bytes("") : _split(cast.against, cast.inFavour, cast.abstain);

        vm.prank(_voter(cast.constituency, cast.ordinal));
        try assembly_.castVoteWithReasonAndParams(
            id, whole ? _support(cast) : SPLIT, "a reason", parts
        ) {
            vm.assertTrue(cast.counted, history.name);
            _assertDeadline(id, cast, history.name);
        } catch {
            vm.assertFalse(cast.counted, history.name);
        }
    }

    /// @dev All from `index` on that come in the same second; gives the first that comes later.
    function _castSecond(uint256 id, History memory history, uint256 index)
        private
        returns (uint256 next)
    {
        Cast memory first = history.casts[index];
        vm.warp(assembly_.proposalSnapshot(id) + first.time);
        for (next = index; next < history.casts.length; ++next) {
            if (history.casts[next].time != first.time) break;
        }

        SignedVote[] memory votes = new SignedVote[](next - index);
        uint256 expected = 0;
        Cast memory last;
        for (uint256 i = index; i < next; ++i) {
            Cast memory cast = history.casts[i];
            votes[i - index] = _signed(id, _voter(cast.constituency, cast.ordinal), _support(cast));
            if (cast.counted) (++expected, last = cast);
        }
        try assembly_.castVotesBySig(id, votes) returns (uint256 counted) {
            vm.assertEq(counted, expected, history.name);
            if (expected != 0) _assertDeadline(id, last, history.name);
        } catch {
            vm.assertEq(expected, 0, history.name);
        }
    }

    function _assertDeadline(uint256 id, Cast memory cast, string memory name) private view {
        uint256 deadline = assembly_.proposalDeadline(id) - assembly_.proposalSnapshot(id);
        vm.assertEq(deadline, cast.deadline, name);
    }

    // ------------------------------------------------------------------ helpers

    function _histories() private view returns (History[] memory histories) {
        string memory json = FILES.readFile("tests/vectors/votes.json");
        bytes memory data = FILES.parseJsonTypeArray(json, ".histories", TYPES);
        histories = abi.decode(data, (History[]));
        vm.assertGe(histories.length, 60);
    }

    function _fitsBatches(History memory history) private pure returns (bool) {
        if (history.rule.methods & Rules.CONSENT != 0) return false;
        for (uint256 i = 0; i < history.casts.length; ++i) {
            if (!_isWhole(history.casts[i])) return false;
        }
        return true;
    }

    function _isWhole(Cast memory cast) private pure returns (bool) {
        return cast.against == VOTE || cast.inFavour == VOTE || cast.abstain == VOTE;
    }

    function _support(Cast memory cast) private pure returns (uint8) {
        return cast.against == VOTE ? AGAINST : cast.inFavour == VOTE ? FOR : ABSTAIN;
    }

    function _voter(uint256 constituency, uint256 ordinal) private returns (address) {
        return _actor(vm.toString(constituency * 1000 + ordinal));
    }
}
