// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bell} from "./Adversaries.sol";
import {Fixture, Motion} from "./Fixture.sol";
import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IAssembly, SignedVote} from "contracts/interfaces/IAssembly.sol";
import {Assignment, Charter} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {ClassTally, Rule} from "contracts/interfaces/IRulebook.sol";

/// @dev What the tests of the Assembly share: a foreign contract, and motions of each kind.
abstract contract AssemblyFixture is Fixture {
    uint8 internal constant SPLIT = 255;

    bytes32 private constant EXTENDED_BALLOT_TYPEHASH = keccak256(
        "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
    );

    Bell internal bell;

    function setUp() public virtual override {
        super.setUp();
        bell = new Bell();
    }

    /// @dev A call to a foreign contract: the ordinary rule.
    function _ring() internal view returns (Motion memory) {
        return _ring(1);
    }

    function _ring(uint256 number) internal view returns (Motion memory) {
        return _motion(address(bell), abi.encodeCall(bell.ring, (number)));
    }

    /// @dev A call to the kernel: the amendment rule.
    function _changeCharter() internal view returns (Motion memory) {
        return _motion(address(front), abi.encodeCall(front.setCharter, (REASON)));
    }

    /// @dev A network with these rules and nothing assigned.
    function _foundWithRules(Rule memory ordinary, Rule memory amendment) internal {
        Charter memory charter = _charter();
        charter.terms.rules = new Rule[](2);
        charter.terms.rules[ORDINARY] = ordinary;
        charter.terms.rules[AMENDMENT] = amendment;
        charter.assignments = new Assignment[](0);
        _found(charter);
        _skip(1);
    }

    /// @dev The three parts of a split vote, as OpenZeppelin's fractional counting packs them.
    function _split(uint256 against, uint256 inFavour, uint256 abstain)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(uint128(against), uint128(inFavour), uint128(abstain));
    }

    function _extendedDigest(
        uint256 proposalId,
        uint8 support,
        address voter,
        string memory reason,
        bytes memory params
    ) internal view returns (bytes32) {
        bytes32 structHash = keccak256(
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
        return _typed(_domain("Assembly", address(assembly_)), structHash);
    }

    function _setRule(uint8 index, Rule memory rule) internal {
        vm.prank(address(timelock));
        rulebook.setRule(index, rule);
    }

    function _assertTally(
        ClassTally memory tally,
        uint256 against,
        uint256 inFavour,
        uint256 abstain,
        uint256 seats
    ) internal pure {
        vm.assertEq(tally.against, against, "against");
        vm.assertEq(tally.inFavour, inFavour, "in favour");
        vm.assertEq(tally.abstain, abstain, "abstain");
        vm.assertEq(tally.seats, seats, "seats");
    }

    function _alreadyVoted(uint256 id, address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAssembly.AssemblyAlreadyVoted.selector, id, account);
    }

    function _expectSeatRequired(address account) internal {
        vm.expectRevert(abi.encodeWithSelector(IAssembly.AssemblySeatRequired.selector, account));
    }

    function _assertOutcome(uint256 id, bool passed) internal {
        _closeVoting(id);
        _assertState(
            id, passed ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated
        );
    }

    /// @dev The votes of the six members, in the order of their seats.
    function _votes(uint256 id, uint8[6] memory votes) internal {
        address[] memory members = _members();
        for (uint256 i = 0; i < members.length; ++i) {
            _vote(members[i], id, votes[i]);
        }
    }

    /// @dev A seated contract account that runs `code` from now on; admission must be open.
    function _seatAs(bytes memory code, uint8 constituency) internal returns (address account) {
        account = address(uint160(uint256(keccak256(code))));
        _seatSigner(account, constituency);
        vm.etch(account, code);
    }

    function _signed(uint256 proposalId, address voter, uint8 support)
        internal
        view
        returns (SignedVote memory)
    {
        return _signedBy(voter, proposalId, voter, support);
    }

    /// @dev The vote of `voter`, with a signature of `signer`.
    function _signedBy(address signer, uint256 proposalId, address voter, uint8 support)
        internal
        view
        returns (SignedVote memory)
    {
        (bytes32 r, bytes32 vs) = _compact(signer, _ballotDigest(proposalId, support, voter, 0));
        return SignedVote(voter, support, r, vs);
    }

    /// @dev The same signature as `_sign` gives, in the two words of EIP-2098.
    function _compact(address account, bytes32 digest)
        internal
        view
        returns (bytes32 r, bytes32 vs)
    {
        uint8 v;
        (v, r, vs) = vm.sign(keys[account], digest);
        if (v == 28) vs |= bytes32(uint256(1) << 255);
    }

    /// @dev The three words of a compact signature, as `castVoteBySig` takes them.
    function _expanded(SignedVote memory vote) internal pure returns (bytes memory) {
        uint8 v = uint8(27 + (uint256(vote.vs) >> 255));
        return abi.encodePacked(vote.r, uint256(vote.vs) << 1 >> 1, v);
    }

    function _openAdmission() internal {
        vm.prank(address(timelock));
        membership.setAdmission(_open());
    }

    function _expectState(uint256 proposalId, IGovernor.ProposalState state, uint256 allowed)
        internal
    {
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                proposalId,
                state,
                bytes32(allowed)
            )
        );
    }

    function _only(IGovernor.ProposalState state) internal pure returns (uint256) {
        return 1 << uint8(state);
    }
}

