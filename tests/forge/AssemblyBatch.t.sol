// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DenyingSigner} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

contract AssemblyBatchTest is AssemblyFixture {
    /// @dev Of secp256k1.
    uint256 private constant ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    SignedVote[] private _batch;

    function setUp() public override {
        super.setUp();
        _openAdmission();
    }

    // ------------------------------------------------------------------ what is counted

    function test_a_batch_counts_every_signed_vote() external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        for (uint256 i = 0; i < 6; ++i) {
            _batch.push(_signed(id, members[i], uint8(i % 3)));
        }

        for (uint256 i = 0; i < 6; ++i) {
            vm.expectEmit(address(assembly_));
            emit IGovernor.VoteCast(members[i], id, uint8(i % 3), VOTE, "");
        }
        vm.prank(relayer);
        uint256 counted = assembly_.castVotesBySig(id, _batch);

        vm.assertEq(counted, 6);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], VOTE, VOTE, VOTE, 3);
        _assertTally(assembly_.proposalTallies(id)[USERS], VOTE, VOTE, 0, 2);
        _assertTally(assembly_.proposalTallies(id)[GROWERS], 0, 0, VOTE, 1);
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertTrue(assembly_.hasVoted(id, members[i]));
        }
    }

    function test_the_same_signature_counts_alone_or_in_a_batch_but_once() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);

        vm.expectRevert(_alreadyVoted(id, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, _expanded(_batch[0]));
        _assertRefused(id, IAssembly.AssemblyAlreadyVoted.selector);
    }

    function test_a_batch_of_nothing_counts_nothing() external {
        vm.assertEq(assembly_.castVotesBySig(_open(_ring()), _batch), 0);
    }

    function test_a_batch_reverts_unless_the_proposal_is_open() external {
        uint256 active = _only(IGovernor.ProposalState.Active);
        uint256 id = _id(_ring());
        _batch.push(_signed(id, bakery, FOR));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, id));
        assembly_.castVotesBySig(id, _batch);

        _propose(_ring());
        _expectState(id, IGovernor.ProposalState.Pending, active);
        assembly_.castVotesBySig(id, _batch);

        _closeVoting(id);
        _expectState(id, IGovernor.ProposalState.Defeated, active);
        assembly_.castVotesBySig(id, _batch);

        uint256 canceled = _propose(_ring(2));
        vm.prank(bakery);
        _cancel(_ring(2));
        vm.warp(assembly_.proposalSnapshot(canceled) + 1);
        _expectState(canceled, IGovernor.ProposalState.Canceled, active);
        assembly_.castVotesBySig(canceled, _batch);
    }

    // ------------------------------------------------------------------ what is left out, and why

    function test_a_wrong_signature_is_left_out() external {
        uint256 id = _open(_ring());
        bytes4 reason = IGovernor.GovernorInvalidSignature.selector;
        _batch.push(_signedBy(dairy, id, bakery, FOR));
        _batch.push(_signedAs(bakery, FOR, _ballotDigest(id, AGAINST, bakery, 0)));
        _batch.push(_signedAs(bakery, FOR, _ballotDigest(id, FOR, dairy, 0)));
        _batch.push(_signedAs(bakery, FOR, _ballotDigest(id + 1, FOR, bakery, 0)));
        _batch.push(_signedAs(bakery, FOR, _ballotDigest(id, FOR, bakery, 1)));
        _batch.push(SignedVote(bakery, FOR, 0, 0));
        _batch.push(SignedVote(bakery, FOR, bytes32(uint256(1)), bytes32(uint256(1))));
        _batch.push(SignedVote(bakery, FOR, bytes32(type(uint256).max), bytes32(type(uint256).max)));
        _assertRefused(id, reason);
    }

    /// @dev Each signature has a mirror, with the order's complement of s and the other parity. The two
    /// words have room for the lower s only; whoever cuts the higher one off signs for nobody.
    function test_the_mirror_of_a_signature_is_left_out() external {
        uint256 id = _open(_ring());
        SignedVote memory vote = _signed(id, bakery, FOR);
        uint256 parity = uint256(vote.vs) >> 255 << 255;
        uint256 high = ORDER - (uint256(vote.vs) ^ parity);
        vm.assertGt(high, ORDER / 2);
        uint256[3] memory words = [high, high ^ 1 << 255, uint256(vote.vs) ^ 1 << 255];
        for (uint256 i = 0; i < 3; ++i) {
            _batch.push(SignedVote(bakery, FOR, vote.r, bytes32(words[i])));
        }

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
    }

    /// @dev Both parities are met: a wrong one would name another account.
    function testFuzz_every_key_signs(uint256 seed) external {
        address voter = _actor(vm.toString(seed));
        _join(voter, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(_signed(id, voter, uint8(seed % 3)));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        vm.assertTrue(assembly_.hasVoted(id, voter));
    }

    /// @dev ecrecover leaves its answer as it was when there is none: the one before must not be read again.
    function test_nothing_of_a_signature_is_left_for_the_next_vote() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, 3));
        _batch.push(SignedVote(bakery, FOR, 0, 0));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 0);
        vm.assertFalse(assembly_.hasVoted(id, bakery));
    }

    function test_who_has_no_seat_is_left_out() external {
        uint256 id = _open(_ring());
        _join(newcomer, USERS); // after the snapshot
        _batch.push(_signed(id, outsider, FOR));
        _batch.push(_signed(id, newcomer, FOR));
        _batch.push(SignedVote(address(0), FOR, 0, 0));
        _batch.push(SignedVote(address(membership), FOR, 0, 0));

        _assertRefused(id, IAssembly.AssemblySeatRequired.selector);
    }

    function test_who_has_voted_is_left_out() external {
        uint256 id = _open(_ring());
        _vote(bakery, id, AGAINST);
        _batch.push(_signed(id, bakery, FOR));

        _assertRefused(id, IAssembly.AssemblyAlreadyVoted.selector);
        vm.assertEq(assembly_.proposalTallies(id)[WORKERS].against, VOTE);
    }

    function test_the_first_of_two_votes_in_a_batch_counts() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, bakery, AGAINST));
        _batch.push(_signed(id, bakery, FOR));

        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(assembly_));
            if (i == 0) emit IGovernor.VoteCast(bakery, id, FOR, VOTE, "");
            else emit IAssembly.VoteRefused(id, bakery, IAssembly.AssemblyAlreadyVoted.selector);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_unknown_support_and_split_votes_are_left_out() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, 3));
        _batch.push(_signed(id, bakery, 254));
        _batch.push(_signed(id, bakery, SPLIT));

        _assertRefused(id, IAssembly.AssemblySupportUnknown.selector);
    }

    function test_an_objection_without_a_reason_is_left_out() external {
        _foundWithRules(
            Rule(Rules.CONSENT, 0, 0, 1, 0, false, 1 days, 3 days),
            Rule(13, 6600, 5000, 1, 0, false, 7 days, 10 days)
        );
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, AGAINST));
        _assertRefused(id, IAssembly.AssemblyReasonMissing.selector);

        delete _batch;
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, dairy, ABSTAIN));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);
    }

    /// @dev It votes by `castVoteBySig`, which asks it.
    function test_a_contract_account_is_left_out() external {
        address account = address(new Wallet(newcomer));
        keys[account] = keys[newcomer];
        _join(account, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(_signed(id, account, FOR));

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
        assembly_.castVoteBySig(id, FOR, account, _expanded(_batch[0]));
        vm.assertTrue(assembly_.hasVoted(id, account));
    }

    // ------------------------------------------------------------------ a key and code (EIP-7702)

    /// @dev Its code is not asked here, and asked there.
    function test_an_account_with_a_key_and_code_votes_by_its_key() external {
        vm.etch(bakery, address(new DenyingSigner()).code);
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));

        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, _expanded(_batch[0]));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        vm.assertTrue(assembly_.hasVoted(id, bakery));
    }

    // ------------------------------------------------------------------ what is sent

    /// @dev Words of the call data, from the end of the selector: proposal, 32, length, votes.
    uint256 private constant FIRST_VOTE = 4 + 96;

    function test_bits_beyond_the_voter_and_the_support_do_not_count() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        bytes memory data = abi.encodeCall(assembly_.castVotesBySig, (id, _batch));
        for (uint256 i = 0; i < 12; ++i) {
            data[FIRST_VOTE + i] = 0xff;
        }
        for (uint256 i = 0; i < 31; ++i) {
            data[FIRST_VOTE + 32 + i] = 0xff;
        }

        vm.expectEmit(address(assembly_));
        emit IGovernor.VoteCast(bakery, id, FOR, VOTE, "");
        (bool success, bytes memory answer) = address(assembly_).call(data);

        vm.assertTrue(success);
        vm.assertEq(abi.decode(answer, (uint256)), 1);
        _assertTally(assembly_.proposalTallies(id)[WORKERS], 0, VOTE, 0, 3);
    }

    function test_who_is_refused_is_told_without_the_bits_beyond_an_address() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, outsider, FOR));
        bytes memory data = abi.encodeCall(assembly_.castVotesBySig, (id, _batch));
        data[FIRST_VOTE] = 0xff;

        vm.expectEmit(address(assembly_));
        emit IAssembly.VoteRefused(id, outsider, IAssembly.AssemblySeatRequired.selector);
        (bool success,) = address(assembly_).call(data);
        vm.assertTrue(success);
    }

    function test_call_data_that_ends_too_soon_reverts() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, dairy, FOR));
        bytes memory data = abi.encodeCall(assembly_.castVotesBySig, (id, _batch));
        for (uint256 length = 0; length < data.length; ++length) {
            (bool success,) = address(assembly_).call(_first(data, length));
            vm.assertFalse(success);
        }

        data[4 + 64] = 0x01; // the length
        (bool passed,) = address(assembly_).call(data);
        vm.assertFalse(passed);
        vm.assertFalse(assembly_.hasVoted(id, bakery));
    }

    function _first(bytes memory data, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[i];
        }
    }

    // ------------------------------------------------------------------ gas

    /// @dev With any amount of gas: all is undone, or every good vote counts.
    function test_no_vote_is_refused_because_the_sender_sent_too_little() external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        for (uint256 i = 0; i < 6; ++i) {
            _batch.push(_signed(id, members[i], FOR));
        }
        uint256 passed = 0;
        for (uint256 gas = 21_000; gas < 200_000; gas += 211) {
            uint256 before = vm.snapshotState();
            try assembly_.castVotesBySig{gas: gas}(id, _batch) returns (uint256 counted) {
                vm.assertEq(counted, 6);
                ++passed;
            } catch {}
            vm.assertTrue(vm.revertToStateAndDelete(before));
        }
        vm.assertGt(passed, 100);
    }

    /// @dev A hundred keys in one constituency, the base fee and the call data included.
    /// forge-config: default.isolate = true
    function test_a_hundred_votes_cost_less_than_twelve_thousand_gas_each() external {
        for (uint256 i = 0; i < 100; ++i) {
            _join(_actor(vm.toString(i)), GUESTS);
        }
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < 100; ++i) {
            _batch.push(_signed(id, _actor(vm.toString(i)), FOR));
        }

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 100);

        vm.assertLt(vm.lastCallGas().gasTotalUsed, 100 * 12_000);
    }

    // ------------------------------------------------------------------ as one by one

    /// @dev A vote that was left out is not lost.
    function test_who_was_left_out_can_be_sent_again() external {
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bakery, FOR, 0, 0));
        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);

        delete _batch;
        _batch.push(_signed(id, bakery, FOR));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
    }

    /// @dev Every kind of vote, good and bad, in any order: as one by one.
    function testFuzz_a_batch_is_as_its_votes_one_by_one(uint256 seed) external {
        uint256 id = _open(_ring());
        address[] memory members = _members();
        for (uint256 i = 0; i < 12; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            address voter = random % 7 == 6 ? outsider : members[random % 7 % 6];
            SignedVote memory vote = _signed(id, voter, uint8((random >> 8) % 4));
            if ((random >> 16) % 4 == 0) vote.vs ^= bytes32(uint256(1));
            _batch.push(vote);
        }

        uint256 before = vm.snapshotState();
        uint256 counted = assembly_.castVotesBySig(id, _batch);
        bytes32 together = keccak256(abi.encode(assembly_.proposalTallies(id)));
        vm.assertTrue(vm.revertToState(before));

        uint256 alone = 0;
        for (uint256 i = 0; i < 12; ++i) {
            SignedVote memory vote = _batch[i];
            try assembly_.castVoteBySig(id, vote.support, vote.voter, _expanded(vote)) {
                ++alone;
            } catch {}
        }
        vm.assertEq(counted, alone);
        vm.assertEq(together, keccak256(abi.encode(assembly_.proposalTallies(id))));
    }

    /// @dev The vote of `voter` with its own signature over something else.
    function _signedAs(address voter, uint8 support, bytes32 digest)
        private
        view
        returns (SignedVote memory)
    {
        (bytes32 r, bytes32 vs) = _compact(voter, digest);
        return SignedVote(voter, support, r, vs);
    }

    /// @dev All votes of the batch are left out for this reason.
    function _assertRefused(uint256 id, bytes4 reason) private {
        for (uint256 i = 0; i < _batch.length; ++i) {
            vm.expectEmit(address(assembly_));
            emit IAssembly.VoteRefused(id, _batch[i].voter, reason);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 0);
    }
}
