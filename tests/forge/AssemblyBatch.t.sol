// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DenyingSigner,
    GasEatingSigner,
    RamblingSigner,
    ReentrantSigner,
    ReturnBombSigner,
    RevertingSigner,
    ShortSigner,
    SlowSigner
} from "./Adversaries.sol";
import {AssemblyFixture} from "./AssemblyFixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./Wallet.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

contract AssemblyBatchTest is AssemblyFixture {
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

    function test_a_batch_counts_the_vote_of_a_contract_account() external {
        Wallet wallet = new Wallet(newcomer);
        keys[address(wallet)] = keys[newcomer];
        _join(address(wallet), USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(_signed(id, address(wallet), FOR));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        vm.assertEq(assembly_.proposalTallies(id)[USERS].inFavour, VOTE);
    }

    function test_the_same_signature_counts_alone_or_in_a_batch_but_once() external {
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, FOR));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);

        vm.expectRevert(_alreadyVoted(id, bakery));
        assembly_.castVoteBySig(id, FOR, bakery, _batch[0].signature);
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
        _batch.push(SignedVote(bakery, FOR, _sign(dairy, _ballotDigest(id, FOR, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id, AGAINST, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id + 1, FOR, bakery, 0))));
        _batch.push(SignedVote(bakery, FOR, _sign(bakery, _ballotDigest(id, FOR, bakery, 1))));
        _batch.push(SignedVote(bakery, FOR, ""));
        _batch.push(SignedVote(bakery, FOR, new bytes(65)));
        _batch.push(SignedVote(bakery, FOR, new bytes(64)));
        _assertRefused(id, reason);
    }

    /// @dev ECDSA has a second signature for each; it is nobody's.
    function test_the_mirror_of_a_signature_is_left_out() external {
        uint256 id = _open(_ring());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[bakery], _ballotDigest(id, FOR, bakery, 0));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory mirror = abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27);
        _batch.push(SignedVote(bakery, FOR, mirror));

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
    }

    function test_who_has_no_seat_is_left_out() external {
        uint256 id = _open(_ring());
        _join(newcomer, USERS); // after the snapshot
        _batch.push(_signed(id, outsider, FOR));
        _batch.push(_signed(id, newcomer, FOR));
        _batch.push(SignedVote(address(0), FOR, ""));
        _batch.push(SignedVote(address(membership), FOR, ""));

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
            Rule(12, 6600, 5000, 1, 0, false, 7 days, 10 days)
        );
        uint256 id = _open(_ring());
        _batch.push(_signed(id, bakery, AGAINST));
        _assertRefused(id, IAssembly.AssemblyReasonMissing.selector);

        delete _batch;
        _batch.push(_signed(id, bakery, FOR));
        _batch.push(_signed(id, dairy, ABSTAIN));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);
    }

    // ------------------------------------------------------------------ adversaries

    function test_an_account_that_denies_or_fails_is_left_out_and_spoils_nothing() external {
        address[] memory bad = new address[](7);
        bad[0] = _seatAs(address(new DenyingSigner()).code, USERS);
        bad[1] = _seatAs(address(new RamblingSigner()).code, USERS);
        bad[2] = _seatAs(address(new ShortSigner()).code, USERS);
        bad[3] = _seatAs(address(new RevertingSigner()).code, USERS);
        bad[4] = _seatAs(address(new GasEatingSigner()).code, USERS);
        bad[5] = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        bad[6] = _seatAs(hex"fe", USERS);
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < bad.length; ++i) {
            _batch.push(SignedVote(bad[i], FOR, abi.encode(id)));
        }
        _batch.push(_signed(id, bakery, FOR));

        bytes4 reason = IGovernor.GovernorInvalidSignature.selector;
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectEmit(address(assembly_));
            emit IAssembly.VoteRefused(id, bad[i], reason);
        }
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);

        for (uint256 i = 0; i < bad.length; ++i) {
            vm.assertFalse(assembly_.hasVoted(id, bad[i]));
        }
        vm.assertTrue(assembly_.hasVoted(id, bakery));
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 0, 0, 9);
    }

    /// @dev Whatever they do, each costs the sender about the 200,000 gas that it may use.
    function test_an_account_costs_the_batch_no_more_than_its_allowance() external {
        bytes[3] memory codes = [
            address(new GasEatingSigner()).code,
            address(new ReturnBombSigner()).code,
            address(new ReentrantSigner(address(assembly_))).code
        ];
        address[3] memory bad;
        for (uint256 i = 0; i < 3; ++i) {
            bad[i] = _seatAs(codes[i], USERS);
        }
        _skip(1);
        uint256 id = _open(_ring());
        for (uint256 i = 0; i < 3; ++i) {
            delete _batch;
            _batch.push(SignedVote(bad[i], FOR, abi.encode(id)));
            uint256 before = gasleft();
            assembly_.castVotesBySig(id, _batch);
            vm.assertLt(before - gasleft(), 200_000 + 60_000);
        }
    }

    /// @dev It is its own vote; the answer is as long as its gas buys, and four bytes are read.
    function test_an_endless_answer_is_read_as_far_as_it_counts() external {
        address bomb = _seatAs(address(new ReturnBombSigner()).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bomb, FOR, ""));
        _batch.push(_signed(id, bakery, FOR));

        vm.assertEq(assembly_.castVotesBySig(id, _batch), 2);
    }

    function test_who_votes_while_asked_has_not_voted() external {
        address bad = _seatAs(address(new ReentrantSigner(address(assembly_))).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bad, AGAINST, abi.encode(id)));

        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);
        _assertTally(assembly_.proposalTallies(id)[USERS], 0, 0, 0, 3);
    }

    function test_an_account_that_needs_more_than_its_allowance_votes_by_itself() external {
        address slow = _seatAs(address(new SlowSigner(210_000)).code, USERS);
        address quick = _seatAs(address(new SlowSigner(190_000)).code, USERS);
        _skip(1);
        uint256 id = _open(_ring());
        _batch.push(SignedVote(quick, FOR, ""));
        vm.assertEq(assembly_.castVotesBySig(id, _batch), 1);
        delete _batch;
        _batch.push(SignedVote(slow, FOR, ""));
        _assertRefused(id, IGovernor.GovernorInvalidSignature.selector);

        assembly_.castVoteBySig(id, FOR, slow, "");
        vm.assertTrue(assembly_.hasVoted(id, slow));
    }

    /// @dev A vote that was left out is not lost.
    function test_who_was_left_out_can_be_sent_again() external {
        uint256 id = _open(_ring());
        _batch.push(SignedVote(bakery, FOR, ""));
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
            if ((random >> 16) % 4 == 0) vote.signature[40] ^= 0x01;
            _batch.push(vote);
        }

        uint256 before = vm.snapshotState();
        uint256 counted = assembly_.castVotesBySig(id, _batch);
        bytes32 together = keccak256(abi.encode(assembly_.proposalTallies(id)));
        vm.assertTrue(vm.revertToState(before));

        uint256 alone = 0;
        for (uint256 i = 0; i < 12; ++i) {
            SignedVote memory vote = _batch[i];
            try assembly_.castVoteBySig(id, vote.support, vote.voter, vote.signature) {
                ++alone;
            } catch {}
        }
        vm.assertEq(counted, alone);
        vm.assertEq(together, keccak256(abi.encode(assembly_.proposalTallies(id))));
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
