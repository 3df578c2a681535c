// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Census} from "contracts/interfaces/IMembership.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";

/// @dev Three pages of guests, of which two in three vote, besides the six members.
contract AssemblyCountingTest is AssemblyFixture {
    uint256 private constant CROWD = 300;
    uint256 private constant PAGES = 3 + 3; // of guests; one each of workers, users and growers

    address[] private _crowd;
    uint256 private _number;
    bytes32 private _tallies;

    function setUp() public override {
        super.setUp();
        _openAdmission();
        _crowd = _seatMany(CROWD, GUESTS);
        _skip(1);
        _number = _open(_ring());
        for (uint256 i = 0; i < CROWD; ++i) {
            if (i % 3 != 0) _vote(_crowd[i], _number, i % 5 == 0 ? AGAINST : FOR);
        }
        _vote(bakery, _number, FOR);
        _vote(orchard, _number, ABSTAIN);
        _tallies = keccak256(abi.encode(assembly_.proposalTallies(_number)));
        _closeVoting(_number);
    }

    function test_all_that_was_counted_was_cast() external view {
        _assertTally(assembly_.proposalTallies(_number)[GUESTS], 40 * VOTE, 160 * VOTE, 0, CROWD);
    }

    function testFuzz_counting_in_any_steps_gives_the_same_as_at_once(uint256 seed) external {
        uint256 done = 0;
        for (uint256 i = 0; done < PAGES; ++i) {
            uint256 step = uint256(keccak256(abi.encode(seed, i))) % 4;
            vm.prank(i % 2 == 0 ? outsider : relayer);
            assembly_.countVotes(_number, step);
            done += step;

            _assertSame();
        }
        assembly_.countVotes(_number, seed);
        _assertSame();
        _queue(_ring());
        _assertSame();
        _assertState(_number, IGovernor.ProposalState.Queued);
    }

    function test_each_step_tells_how_far_it_came() external {
        vm.expectEmit(address(assembly_));
        emit IAssembly.VotesCounted(_number, WORKERS, 1);
        vm.expectEmit(address(assembly_));
        emit IAssembly.VotesCounted(_number, USERS, 1);
        vm.expectEmit(address(assembly_));
        emit IAssembly.VotesCounted(_number, GROWERS, 1);
        vm.expectEmit(address(assembly_));
        emit IAssembly.VotesCounted(_number, GUESTS, 1);
        assembly_.countVotes(_number, 4);

        vm.expectEmit(address(assembly_));
        emit IAssembly.VotesCounted(_number, GUESTS, 3);
        assembly_.countVotes(_number, 4);
    }

    function test_what_is_counted_is_not_counted_again() external {
        assembly_.countVotes(_number, type(uint256).max);

        vm.recordLogs();
        assembly_.countVotes(_number, type(uint256).max);
        assembly_.countVotes(_number, 0);

        vm.assertEq(vm.getRecordedLogs().length, 0);
        _assertSame();
    }

    /// @dev The sums are used: a page that is overwritten afterwards changes nothing.
    function test_a_counted_page_is_not_read_again() external {
        assembly_.countVotes(_number, PAGES);

        vm.store(address(assembly_), _pageSlot(_number, GUESTS, 1), 0);

        vm.assertEq(assembly_.votePage(_number, GUESTS, 1), 0);
        _assertSame();
    }

    function test_places_that_are_given_between_two_steps_change_nothing() external {
        assembly_.countVotes(_number, 5);
        _seatAs(hex"00", GUESTS);
        for (uint256 i = 0; i < 130; ++i) {
            _leave(_crowd[0]);
            _seatSigner(_crowd[0], GUESTS);
        }
        _join(newcomer, WORKERS);

        _assertSame();
        assembly_.countVotes(_number, 100);
        _assertSame();
    }

    function test_the_outcome_is_that_of_the_votes_however_they_were_counted() external {
        assembly_.countVotes(_number, 2);
        _assertState(_number, IGovernor.ProposalState.Succeeded);
        assembly_.countVotes(_number, 4);
        _assertState(_number, IGovernor.ProposalState.Succeeded);

        uint256 id = _open(_ring(2));
        for (uint256 i = 0; i < CROWD; ++i) {
            _vote(_crowd[i], id, i < 150 ? FOR : AGAINST);
        }
        _closeVoting(id);
        assembly_.countVotes(id, 4);
        _assertState(id, IGovernor.ProposalState.Defeated);
        assembly_.countVotes(id, 4);
        _assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_the_sums_of_one_proposal_are_not_those_of_another() external {
        uint256 id = _open(_ring(2));
        _vote(_crowd[299], id, FOR);
        _closeVoting(id);
        assembly_.countVotes(_number, PAGES);

        _assertTally(assembly_.proposalTallies(id)[GUESTS], 0, VOTE, 0, CROWD);
        assembly_.countVotes(id, PAGES);
        _assertTally(assembly_.proposalTallies(id)[GUESTS], 0, VOTE, 0, CROWD);
    }

    // ------------------------------------------------------------------ when

    function test_counting_reverts_until_voting_is_over() external {
        uint256 id = _id(_ring(2));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, id));
        assembly_.countVotes(id, 1);

        _propose(_ring(2));
        _expectTooEarlyOrLate(id, IGovernor.ProposalState.Pending);
        assembly_.countVotes(id, 1);

        _openVoting(id);
        _expectTooEarlyOrLate(id, IGovernor.ProposalState.Active);
        assembly_.countVotes(id, 1);
        vm.warp(assembly_.proposalDeadline(id));
        _expectTooEarlyOrLate(id, IGovernor.ProposalState.Active);
        assembly_.countVotes(id, 1);

        _skip(1);
        assembly_.countVotes(id, 1);
    }

    function test_counting_reverts_while_an_extension_runs() external {
        Rule memory rule = _ordinary();
        rule.closing = 20;
        Rule memory amendment = _amendment();
        amendment.closing = 20;
        _setRule(AMENDMENT, amendment);
        _setRule(ORDINARY, rule);
        uint256 id = _open(_ring(2));
        uint256 deadline = assembly_.proposalDeadline(id);
        for (uint256 i = 0; i < CROWD / 2; ++i) {
            _vote(_crowd[i], id, FOR);
        }
        for (uint256 i = CROWD / 2; i < CROWD - 1; ++i) {
            _vote(_crowd[i], id, AGAINST);
        }
        vm.warp(deadline);
        _vote(_crowd[CROWD - 1], id, AGAINST);
        vm.assertTrue(assembly_.proposalExtended(id));

        _skip(1);
        _expectTooEarlyOrLate(id, IGovernor.ProposalState.Active);
        assembly_.countVotes(id, 1);
    }

    function test_counting_reverts_once_a_proposal_is_queued_or_canceled() external {
        _queue(_ring());
        _expectTooEarlyOrLate(_number, IGovernor.ProposalState.Queued);
        assembly_.countVotes(_number, 1);

        vm.warp(assembly_.proposalEta(_number));
        _execute(_ring());
        _expectTooEarlyOrLate(_number, IGovernor.ProposalState.Executed);
        assembly_.countVotes(_number, 1);

        uint256 id = _propose(_ring(2));
        vm.prank(bakery);
        _cancel(_ring(2));
        _closeVoting(id);
        _expectTooEarlyOrLate(id, IGovernor.ProposalState.Canceled);
        assembly_.countVotes(id, 1);
    }

    // ------------------------------------------------------------------ helpers

    function _assertSame() private view {
        vm.assertEq(keccak256(abi.encode(assembly_.proposalTallies(_number))), _tallies);
    }

    function _expectTooEarlyOrLate(uint256 id, IGovernor.ProposalState state) private {
        _expectState(
            id,
            state,
            _only(IGovernor.ProposalState.Defeated) | _only(IGovernor.ProposalState.Succeeded)
        );
    }

    function _pageSlot(uint256 id, uint256 constituency, uint256 page)
        private
        pure
        returns (bytes32)
    {
        bytes32 pages = keccak256(abi.encode(id, uint256(1)));
        return keccak256(abi.encode(constituency << 25 | page, pages));
    }
}

/// @title Registers of up to 100,000 seats: places and pages are written as 100,000 acts would.
/// @dev What is written is read back by the contracts' own views before anything else is looked at.
contract AssemblyLargeTest is AssemblyFixture {
    /// @dev What one transaction can use (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 16_777_216;
    uint256 private constant FULL_PAGE = type(uint128).max | uint256(1_280_000) << 170;

    /// @dev forge prints it.
    event log_named_uint(string name, uint256 value);

    /// forge-config: default.isolate = true
    function test_a_hundred_thousand_seats_are_counted_when_a_proposal_is_queued() external {
        uint256 gas = _queueWith(100_000);

        emit log_named_uint("queue, 782 pages", gas);
        vm.assertLt(gas, TRANSACTION_GAS);
    }

    /// forge-config: default.isolate = true
    function test_the_cost_of_queueing_grows_with_the_pages_and_no_faster() external {
        uint256[4] memory pages = [uint256(1), 98, 391, 782];
        uint256[4] memory gas;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 before = vm.snapshotState();
            gas[i] = _queueWith(pages[i] * 128);
            vm.assertTrue(vm.revertToState(before));
            emit log_named_uint(string.concat("pages ", vm.toString(pages[i])), gas[i]);
        }

        uint256 first = (gas[1] - gas[0]) / (pages[1] - pages[0]);
        uint256 last = (gas[3] - gas[2]) / (pages[3] - pages[2]);
        emit log_named_uint("gas per page", last);
        vm.assertLe(last, first + first / 20);
        vm.assertGe(last + first / 20, first);
        vm.assertLt(last, 4000);
    }

    /// forge-config: default.isolate = true
    function test_counting_in_steps_makes_queueing_cheap() external {
        uint256 id = _carryWith(100_000);
        for (uint256 i = 0; i < 8; ++i) {
            assembly_.countVotes(id, 100);
            vm.assertLt(vm.lastCallGas().gasTotalUsed, 600_000);
        }

        _queue(_ring());
        emit log_named_uint("queue, all counted before", vm.lastCallGas().gasTotalUsed);
        vm.assertLt(vm.lastCallGas().gasTotalUsed, 300_000);
    }

    /// @dev In the closing part each vote is compared with all others.
    /// forge-config: default.isolate = true
    function test_a_late_vote_among_a_hundred_thousand_can_be_cast() external {
        Rule memory rule = _ordinary();
        rule.closing = 20;
        Rule memory amendment = _amendment();
        amendment.closing = 20;
        _foundWithRules(rule, amendment);
        _enlarge(100_000);
        uint256 id = _open(_ring());
        _vote(bakery, id, FOR);
        emit log_named_uint("vote, before the closing part", vm.lastCallGas().gasTotalUsed);

        vm.warp(assembly_.proposalDeadline(id));
        _vote(dairy, id, FOR);
        uint256 alone = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("vote, in the closing part", alone);
        vm.assertLt(alone, TRANSACTION_GAS);

        SignedVote[] memory votes = new SignedVote[](2);
        (votes[0], votes[1]) = (_signed(id, clinic, FOR), _signed(id, school, FOR));
        assembly_.castVotesBySig(id, votes);
        uint256 together = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("two votes in a batch, in the closing part", together);
        vm.assertLt(together, alone + alone / 4); // the pages are read once
    }

    function _queueWith(uint256 seats) private returns (uint256) {
        _carryWith(seats);
        _queue(_ring());
        return vm.lastCallGas().gasTotalUsed;
    }

    /// @dev All guests have voted in favour.
    function _carryWith(uint256 seats) private returns (uint256 id) {
        _enlarge(seats);
        id = _open(_ring());
        uint256 pages = (seats + 127) / 128;
        for (uint256 i = 0; i < pages; ++i) {
            vm.store(address(assembly_), _pageSlot(id, i), bytes32(_page(seats - i * 128)));
        }
        ClassTally memory guests = assembly_.proposalTallies(id)[GUESTS];
        _assertTally(guests, 0, seats * VOTE, 0, seats);
        _closeVoting(id);
    }

    /// @dev As many active seats among the guests as that many admissions would make.
    function _enlarge(uint256 seats) private {
        bytes32 constituency = bytes32(uint256(keccak256(abi.encode(2))) + GUESTS);
        bytes32 named = vm.load(address(membership), constituency);
        vm.store(address(membership), constituency, named | bytes32(seats << 224));
        bytes32 trace = keccak256(abi.encode(GUESTS, uint256(8)));
        vm.store(address(membership), trace, bytes32(uint256(1)));
        vm.store(address(membership), keccak256(abi.encode(trace)), bytes32(seats << 48 | START));

        Census memory census = membership.censusAt(uint48(_now()))[GUESTS];
        vm.assertEq(census.active, seats);
        vm.assertEq(census.issued, seats);
        vm.assertEq(bytes32(membership.constituencies()[GUESTS]), bytes32("guests"));
        vm.assertEq(membership.getPastTotalSupply(_now() - 1), (seats + 6) * VOTE);
    }

    function _page(uint256 left) private pure returns (uint256) {
        return left >= 128 ? FULL_PAGE : ((1 << left) - 1) | left * VOTE << 170;
    }

    function _pageSlot(uint256 id, uint256 page) private pure returns (bytes32) {
        bytes32 pages = keccak256(abi.encode(id, uint256(1)));
        return keccak256(abi.encode(uint256(GUESTS) << 25 | page, pages));
    }
}
