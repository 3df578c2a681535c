// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Assembly} from "contracts/Assembly.sol";
import {Authority} from "contracts/Authority.sol";
import {Commons} from "contracts/Commons.sol";
import {InterConstitution} from "contracts/InterConstitution.sol";
import {Membership} from "contracts/Membership.sol";
import {MetaOrganization} from "contracts/MetaOrganization.sol";
import {MetaOrganizationFactory} from "contracts/MetaOrganizationFactory.sol";
import {Rulebook} from "contracts/Rulebook.sol";
import {Timelock} from "contracts/Timelock.sol";
import {IInterConstitution} from "contracts/interfaces/IInterConstitution.sol";
import {
    Admission,
    AdmissionMethod,
    Consequence,
    Founder,
    IMembership,
    Readoption,
    Status
} from "contracts/interfaces/IMembership.sol";
import {Assignment, Charter, Modules} from "contracts/interfaces/IMetaOrganizationFactory.sol";
import {Rule} from "contracts/interfaces/IRulebook.sol";
import {Rules} from "contracts/libraries/Rules.sol";

/// @dev A proposal as the Governor takes it.
struct Motion {
    address[] targets;
    uint256[] values;
    bytes[] calldatas;
    string description;
}

/// @title A small network, its actors, and the steps that tests take in it.
/// @dev Three workers' cooperatives, two users' organizations, one of growers, and a constituency of
/// guests in which nobody has a seat. Seats are numbered in this order, from 1.
abstract contract Fixture {
    uint256 internal constant START = 1_700_000_000;

    uint8 internal constant WORKERS = 0;
    uint8 internal constant USERS = 1;
    uint8 internal constant GROWERS = 2;
    uint8 internal constant GUESTS = 3;

    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    uint8 internal constant ORDINARY = 0;
    uint8 internal constant AMENDMENT = 1;
    uint8 internal constant ADMISSIONS = 2;

    uint256 internal constant VOTE = 10_000;
    uint32 internal constant VOTING_DELAY = 1 days;
    uint32 internal constant WINDOW = 3 days;
    uint32 internal constant PERIOD = 30 days;
    uint32 internal constant GRACE = 60 days;
    uint8 internal constant OPEN_PROPOSALS = 5;

    uint8 internal constant RAW = 0x55;

    /// @dev Digests of documents that nobody reads here. Keccak-256, because the compiler computes it: a
    /// call of the sha2-256 precompile would take the place of the call that a prank is meant for.
    bytes32 internal constant TEXT = keccak256("the InterConstitution");
    bytes32 internal constant CHARTER = keccak256("the charter");
    bytes32 internal constant PROFILE = keccak256("a profile");
    bytes32 internal constant PLEDGE = keccak256("a pledge");
    bytes32 internal constant REASON = keccak256("a reason");

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant ADOPTION_TYPEHASH = keccak256(
        "Adoption(address organization,uint16 version,bytes32 text,uint8 constituency,bytes32 pledge,uint32 nonce,uint48 validUntil)"
    );
    bytes32 private constant BALLOT_TYPEHASH =
        keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");

    /// @dev Runtime code of an account that accepts every ERC-1271 signature.
    bytes private constant YES_SIGNER = hex"631626ba7e60e01b5f5260205ff3";

    address internal founderAccount;
    address internal bakery;
    address internal dairy;
    address internal mill;
    address internal clinic;
    address internal school;
    address internal orchard;
    address internal applicant;
    address internal newcomer;
    address internal outsider;
    address internal relayer;

    Modules internal implementations;
    MetaOrganizationFactory internal factory;

    MetaOrganization internal front;
    Timelock internal timelock;
    Authority internal authority;
    InterConstitution internal constitution;
    Membership internal membership;
    Commons internal commons;
    Rulebook internal rulebook;
    Assembly internal assembly_;

    mapping(address account => uint256) internal keys;

    function setUp() public virtual {
        vm.warp(START);
        _nameActors();
        _deployFactory();
        _found(_charter());
        vm.warp(START + 1 days);
    }

    // ------------------------------------------------------------------ actors

    function _nameActors() private {
        founderAccount = _actor("founder account");
        bakery = _actor("bakery");
        dairy = _actor("dairy");
        mill = _actor("mill");
        clinic = _actor("clinic");
        school = _actor("school");
        orchard = _actor("orchard");
        applicant = _actor("applicant");
        newcomer = _actor("newcomer");
        outsider = _actor("outsider");
        relayer = _actor("relayer");
    }

    function _actor(string memory name) internal returns (address account) {
        uint256 key = uint256(keccak256(bytes(name)));
        account = vm.addr(key);
        keys[account] = key;
        vm.label(account, name);
    }

    /// @dev The six founders, in the order of their seats.
    function _members() internal view returns (address[] memory members) {
        members = new address[](6);
        (members[0], members[1], members[2]) = (bakery, dairy, mill);
        (members[3], members[4], members[5]) = (clinic, school, orchard);
    }

    // ------------------------------------------------------------------ founding

    function _deployFactory() internal {
        implementations = Modules({
            metaOrganization: address(new MetaOrganization()),
            timelock: address(new Timelock()),
            authority: address(new Authority()),
            interConstitution: address(new InterConstitution()),
            membership: address(new Membership()),
            commons: address(new Commons()),
            rulebook: address(new Rulebook()),
            assembly_: address(new Assembly())
        });
        factory = new MetaOrganizationFactory(implementations);
    }

    function _found(Charter memory charter) internal returns (Modules memory made) {
        bytes[] memory signatures = _signatures(founderAccount, charter);
        vm.prank(founderAccount);
        made = factory.found(charter, signatures);
        _use(made);
    }

    function _use(Modules memory made) internal {
        front = MetaOrganization(made.metaOrganization);
        timelock = Timelock(payable(made.timelock));
        authority = Authority(made.authority);
        constitution = InterConstitution(made.interConstitution);
        membership = Membership(made.membership);
        commons = Commons(made.commons);
        rulebook = Rulebook(made.rulebook);
        assembly_ = Assembly(made.assembly_);
    }

    /// @dev What each founder signs: the first adoption, for the contract that will be founded.
    function _signatures(address founder, Charter memory charter)
        internal
        view
        returns (bytes[] memory signatures)
    {
        address text = factory.predict(founder, charter).interConstitution;
        signatures = new bytes[](charter.founders.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            Founder memory organization = charter.founders[i];
            IInterConstitution.Adoption memory adoption = IInterConstitution.Adoption({
                organization: organization.organization,
                version: 1,
                text: charter.text,
                constituency: organization.constituency,
                pledge: organization.pledge,
                nonce: 0,
                validUntil: organization.validUntil
            });
            signatures[i] = _sign(organization.organization, _adoptionDigest(text, adoption));
        }
    }

    function _charter() internal view virtual returns (Charter memory charter) {
        charter.name = "Harvest";
        charter.charter = CHARTER;
        charter.text = TEXT;
        charter.codec = RAW;
        charter.constituencies = new bytes28[](4);
        charter.constituencies[WORKERS] = "workers";
        charter.constituencies[USERS] = "users";
        charter.constituencies[GROWERS] = "growers";
        charter.constituencies[GUESTS] = "guests";
        charter.kinds = new bytes32[](2);
        charter.kinds[0] = "cooperative";
        charter.kinds[1] = "association";
        charter.admission = _lazyConsent();
        charter.readoption = Readoption({grace: GRACE, consequence: Consequence.Shown});
        charter.terms.votingDelay = VOTING_DELAY;
        charter.terms.openProposals = OPEN_PROPOSALS;
        charter.terms.rules = new Rule[](3);
        charter.terms.rules[ORDINARY] = _ordinary();
        charter.terms.rules[AMENDMENT] = _amendment();
        charter.terms.rules[ADMISSIONS] = _admissions();
        charter.assignments = new Assignment[](1);
        charter.assignments[0] = Assignment("membership", IMembership.decide.selector, ADMISSIONS);
        charter.founders = new Founder[](6);
        charter.founders[0] = _founder(bakery, WORKERS);
        charter.founders[1] = _founder(dairy, WORKERS);
        charter.founders[2] = _founder(mill, WORKERS);
        charter.founders[3] = _founder(clinic, USERS);
        charter.founders[4] = _founder(school, USERS);
        charter.founders[5] = _founder(orchard, GROWERS);
    }

    function _founder(address organization, uint8 constituency)
        internal
        pure
        returns (Founder memory)
    {
        return Founder({
            organization: organization,
            constituency: constituency,
            kind: 0,
            profile: PROFILE,
            pledge: PLEDGE,
            validUntil: uint48(START + 365 days)
        });
    }

    function _ordinary() internal pure returns (Rule memory) {
        return _plain(Rules.MAJORITY, 5000, 3333, 1 days, 3 days);
    }

    function _amendment() internal pure returns (Rule memory) {
        return _plain(Rules.EACH_CLASS, 6600, 5000, 7 days, 10 days);
    }

    function _admissions() internal pure returns (Rule memory) {
        return _plain(Rules.MAJORITY, 5500, 4000, 2 days, 5 days);
    }

    /// @dev A rule without objections, extension or upgrade.
    function _plain(
        uint8 methods,
        uint16 approval,
        uint16 quorum,
        uint32 delay,
        uint32 votingPeriod
    ) internal pure returns (Rule memory) {
        return Rule({
            methods: methods,
            approval: approval,
            quorum: quorum,
            objections: 0,
            closing: 0,
            upgradable: false,
            delay: delay,
            votingPeriod: votingPeriod
        });
    }

    function _lazyConsent() internal pure returns (Admission memory) {
        return Admission({
            method: AdmissionMethod.LazyConsent,
            window: WINDOW,
            period: PERIOD,
            share: 2500,
            floor: 2
        });
    }

    function _open() internal pure returns (Admission memory) {
        return Admission({
            method: AdmissionMethod.Open,
            window: 0,
            period: PERIOD,
            share: 10_000,
            floor: type(uint16).max
        });
    }

    // ------------------------------------------------------------------ signing

    function _sign(address account, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[account], digest);
        return abi.encodePacked(r, s, v);
    }

    function _domain(string memory name, address verifying) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, verifying
            )
        );
    }

    function _typed(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _adoptionDigest(address text, IInterConstitution.Adoption memory adoption)
        internal
        view
        returns (bytes32)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                ADOPTION_TYPEHASH,
                adoption.organization,
                adoption.version,
                adoption.text,
                adoption.constituency,
                adoption.pledge,
                adoption.nonce,
                adoption.validUntil
            )
        );
        return _typed(_domain("InterConstitution", text), structHash);
    }

    function _ballotDigest(uint256 proposalId, uint8 support, address voter, uint256 nonce)
        internal
        view
        returns (bytes32)
    {
        bytes32 structHash =
            keccak256(abi.encode(BALLOT_TYPEHASH, proposalId, support, voter, nonce));
        return _typed(_domain("Assembly", address(assembly_)), structHash);
    }

    // ------------------------------------------------------------------ joining

    /// @dev The next adoption of the text in force by `organization`, valid for an hour.
    function _adoption(address organization, uint8 constituency)
        internal
        view
        returns (IInterConstitution.Adoption memory)
    {
        uint16 version = constitution.version();
        return IInterConstitution.Adoption({
            organization: organization,
            version: version,
            text: constitution.versionAt(version).digest,
            constituency: constituency,
            pledge: PLEDGE,
            nonce: constitution.adoptionOf(organization, version).count,
            validUntil: uint48(_now() + 1 hours)
        });
    }

    function _adopt(address organization, uint8 constituency) internal {
        IInterConstitution.Adoption memory adoption = _adoption(organization, constituency);
        bytes memory signature =
            _sign(organization, _adoptionDigest(address(constitution), adoption));
        constitution.adopt(adoption, signature);
    }

    function _apply(address organization, uint8 constituency) internal {
        _adopt(organization, constituency);
        vm.prank(organization);
        membership.applyForSeat(0, PROFILE);
    }

    function _join(address organization, uint8 constituency) internal {
        _apply(organization, constituency);
        vm.warp(membership.standingOf(organization).admissibleAt);
        membership.admit(organization);
    }

    function _leave(address organization) internal {
        vm.prank(organization);
        membership.leaveSeat(REASON);
    }

    function _status(address organization) internal view returns (Status) {
        return membership.standingOf(organization).status;
    }

    function _assertStatus(address organization, Status expected) internal view {
        vm.assertEq(uint256(_status(organization)), uint256(expected), "status");
    }

    /// @dev Contract accounts that accept every signature, seated at once; admission must be open.
    function _seatMany(uint256 count, uint8 constituency)
        internal
        returns (address[] memory accounts)
    {
        accounts = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = address(uint160(0x5ea700000000 + uint256(constituency) * 1e6 + i));
            _seatSigner(accounts[i], constituency);
        }
    }

    function _seatSigner(address account, uint8 constituency) internal {
        vm.etch(account, YES_SIGNER);
        constitution.adopt(_adoption(account, constituency), "");
        vm.prank(account);
        membership.applyForSeat(0, PROFILE);
        membership.admit(account);
    }

    // ------------------------------------------------------------------ deciding

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _skip(uint256 duration) internal {
        vm.warp(_now() + duration);
    }

    function _motion(address target, bytes memory data) internal pure returns (Motion memory) {
        return _motion(target, 0, data, "a motion");
    }

    function _motion(address target, uint256 value, bytes memory data, string memory description)
        internal
        pure
        returns (Motion memory motion)
    {
        motion = Motion(new address[](1), new uint256[](1), new bytes[](1), description);
        motion.targets[0] = target;
        motion.values[0] = value;
        motion.calldatas[0] = data;
    }

    /// @dev The motion with one more action.
    function _and(Motion memory motion, address target, bytes memory data)
        internal
        pure
        returns (Motion memory longer)
    {
        uint256 length = motion.targets.length;
        longer = Motion(
            new address[](length + 1),
            new uint256[](length + 1),
            new bytes[](length + 1),
            motion.description
        );
        for (uint256 i = 0; i < length; ++i) {
            longer.targets[i] = motion.targets[i];
            longer.values[i] = motion.values[i];
            longer.calldatas[i] = motion.calldatas[i];
        }
        longer.targets[length] = target;
        longer.calldatas[length] = data;
    }

    function _id(Motion memory motion) internal view returns (uint256) {
        return assembly_.hashProposal(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        );
    }

    function _proposeBy(address proposer, Motion memory motion) internal returns (uint256) {
        vm.prank(proposer);
        return
            assembly_.propose(motion.targets, motion.values, motion.calldatas, motion.description);
    }

    function _propose(Motion memory motion) internal returns (uint256) {
        return _proposeBy(bakery, motion);
    }

    function _openVoting(uint256 proposalId) internal {
        vm.warp(assembly_.proposalSnapshot(proposalId) + 1);
    }

    function _closeVoting(uint256 proposalId) internal {
        vm.warp(assembly_.proposalDeadline(proposalId) + 1);
    }

    function _vote(address voter, uint256 proposalId, uint8 support) internal {
        vm.prank(voter);
        assembly_.castVote(proposalId, support);
    }

    function _voteAll(uint256 proposalId, uint8 support) internal {
        address[] memory members = _members();
        for (uint256 i = 0; i < members.length; ++i) {
            _vote(members[i], proposalId, support);
        }
    }

    /// @dev Proposes and opens the vote.
    function _open(Motion memory motion) internal returns (uint256 proposalId) {
        proposalId = _propose(motion);
        _openVoting(proposalId);
    }

    /// @dev Proposes, has all founders vote in favour, and closes the vote.
    function _carry(Motion memory motion) internal returns (uint256 proposalId) {
        proposalId = _open(motion);
        _voteAll(proposalId, FOR);
        _closeVoting(proposalId);
    }

    function _queue(Motion memory motion) internal {
        assembly_.queue(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        );
    }

    function _execute(Motion memory motion) internal {
        assembly_.execute(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        );
    }

    function _cancel(Motion memory motion) internal {
        assembly_.cancel(
            motion.targets, motion.values, motion.calldatas, keccak256(bytes(motion.description))
        );
    }

    /// @dev From proposal to execution, all founders in favour.
    function _decide(Motion memory motion) internal returns (uint256 proposalId) {
        proposalId = _carry(motion);
        _queue(motion);
        vm.warp(assembly_.proposalEta(proposalId));
        _execute(motion);
    }

    function _decide(address target, bytes memory data) internal returns (uint256) {
        string memory description = vm.toString(_now());
        return _decide(_motion(target, 0, data, description));
    }

    function _assertState(uint256 proposalId, IGovernor.ProposalState expected) internal view {
        vm.assertEq(uint256(assembly_.state(proposalId)), uint256(expected), "proposal state");
    }

    function _rule(uint256 proposalId) internal view returns (Rule memory rule) {
        (rule,) = assembly_.proposalRule(proposalId);
    }

    function _assertRule(Rule memory rule, Rule memory expected) internal pure {
        vm.assertEq(keccak256(abi.encode(rule)), keccak256(abi.encode(expected)), "rule");
    }
}
