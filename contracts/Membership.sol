// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Certificates} from "./base/Certificates.sol";
import {Governed} from "./base/Governed.sol";
import {IInterConstitution} from "./interfaces/IInterConstitution.sol";
import {
    Admission,
    AdmissionMethod,
    Application,
    Census,
    Consequence,
    Founder,
    Group,
    IMembership,
    Move,
    Readoption,
    Standing,
    Status
} from "./interfaces/IMembership.sol";
import {Cids} from "./libraries/Cids.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Rules} from "./libraries/Rules.sol";
import {
    EIP712Upgradeable
} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title Membership
/// @dev Immutable arguments: authority, interConstitution.
/// The latest standing of an organization is one slot, keyed by account; what it was before is a trace,
/// keyed by seat. A reader of a past moment needs the trace only if the standing changed since.
/// The certificate has no storage of its own: its owner is the account that holds the seat.
// slither-disable-start incorrect-equality
// What is compared for equality here are states, numbers of seats and constituencies. The detector takes
// them for times and balances, which others could nudge, because they share a struct with a time.
contract Membership is IMembership, Governed, EIP712Upgradeable, Certificates {
    using Checkpoints for Checkpoints.Trace208;

    /// @dev One slot: the name, and how many ordinals were given out.
    struct Constituency {
        bytes28 name;
        uint32 issued;
    }

    /// @dev One slot: the running period of the pace; how many seats and groups there are; what follows
    /// an amendment.
    struct Ledger {
        uint48 periodStart;
        uint32 limit;
        uint32 admitted;
        uint32 active;
        uint32 seats;
        uint32 groups;
        uint32 grace;
        Consequence consequence;
    }

    uint256 private constant MAX_CONSTITUENCIES = 64;

    /// @dev `admissibleAt` of an application that only a decision can finish.
    uint48 private constant NEVER = type(uint48).max;

    /// @dev The same for one who was barred, and is again when the application comes to nothing.
    uint48 private constant BARRED = NEVER - 1;

    /// @dev Set in every place, so that none is 0.
    uint256 private constant PLACED = 1 << 40;

    bytes32 private constant APPLICATION_TYPEHASH = keccak256(
        "Application(address organization,uint8 kind,bytes32 profile,uint32 nonce,uint48 validUntil)"
    );
    bytes32 private constant MOVE_TYPEHASH =
        keccak256("Move(address from,address to,uint32 nonce,uint48 validUntil)");

    Admission private _admission;
    Ledger private _ledger;
    Constituency[] private _constituencies;
    bytes32[] private _kinds;
    mapping(address organization => Standing) private _standings;
    mapping(address organization => bytes32) private _profiles;
    mapping(uint32 seat => address) private _accounts;
    mapping(uint32 seat => Checkpoints.Trace208) private _past;
    mapping(uint8 constituency => Checkpoints.Trace208) private _active;
    mapping(uint32 group => Group) private _groups;
    mapping(address organization => address) private _declared;

    modifier onlyActive() {
        require(_standings[msg.sender].status == Status.Active, MembershipSeatRequired(msg.sender));
        _;
    }

    /// @notice Called once, by the factory, in the founding transaction, after the founders' adoptions.
    function initialize(
        Admission calldata admission_,
        Readoption calldata readoption_,
        bytes28[] calldata constituencies_,
        bytes32[] calldata kinds_,
        Founder[] calldata founders
    ) external initializer {
        for (uint256 i = 0; i < constituencies_.length; ++i) {
            _addConstituency(constituencies_[i]);
        }
        for (uint256 i = 0; i < kinds_.length; ++i) {
            _addKind(kinds_[i]);
        }

        for (uint256 i = 0; i < founders.length; ++i) {
            Founder calldata founder = founders[i];
            _apply(
                founder.organization, founder.constituency, founder.kind, founder.profile, _now()
            );
            _admit(founder.organization);
        }
        _setAdmission(admission_);
        _setReadoption(readoption_);
    }

    // ------------------------------------------------------------------ the organization's own acts

    /// @inheritdoc IMembership
    function applyForSeat(uint8 kind, bytes32 profile) external {
        _applyInOwnConstituency(msg.sender, kind, profile);
    }

    /// @inheritdoc IMembership
    function adoptAndApply(
        IInterConstitution.Adoption calldata adoption,
        bytes calldata signature,
        uint8 kind,
        bytes32 profile
    ) external {
        require(
            adoption.organization == msg.sender,
            MembershipSenderUnexpected(msg.sender, adoption.organization)
        );

        _interConstitution().adopt(adoption, signature);
        _apply(msg.sender, adoption.constituency, kind, profile, _admissibleAt());
    }

    /// @inheritdoc IMembership
    function applyBySig(Application calldata application, bytes calldata signature) external {
        address organization = application.organization;
        _useNonce(organization, application.nonce, application.validUntil);
        _requireSigned(organization, hashApplication(application), signature);

        _applyInOwnConstituency(organization, application.kind, application.profile);
    }

    /// @inheritdoc IMembership
    function leaveSeat(bytes32 reason) external {
        Standing memory standing = _load(msg.sender);
        if (_pending(standing.status)) {
            _withdraw(msg.sender, standing);
            emit Withdrawn(msg.sender, reason);
        } else {
            emit Exited(msg.sender, standing.seat, reason);
            _exit(msg.sender, standing, false);
        }
    }

    /// @inheritdoc IMembership
    function moveSeat(Move calldata move, bytes calldata fromSignature, bytes calldata toSignature)
        external
    {
        _useNonce(move.from, move.nonce, move.validUntil);
        bytes32 digest = hashMove(move);
        _requireSigned(move.from, digest, fromSignature);
        _requireSigned(move.to, digest, toSignature);

        _move(move.from, move.to, 0);
    }

    /// @inheritdoc IMembership
    function declareAffiliation(address other) external {
        require(
            _holds(_standings[msg.sender].status) && _holds(_standings[other].status)
                && other != msg.sender,
            MembershipAffiliationInvalid(other)
        );

        _declared[msg.sender] = other;
        emit AffiliationDeclared(msg.sender, other);

        if (_declared[other] == msg.sender) {
            address[] memory both = new address[](2);
            (both[0], both[1]) = (other, msg.sender);
            _affiliate(both, 0);
            (_declared[other], _declared[msg.sender]) = (address(0), address(0));
        }
    }

    /// @inheritdoc IMembership
    function changeProfile(bytes32 profile) external onlyActive {
        require(profile != 0, MembershipProfileMissing());

        _profiles[msg.sender] = profile;
        emit ProfileChanged(msg.sender, profile);
    }

    // ------------------------------------------------------------------ admission

    /// @inheritdoc IMembership
    function object(address organization, bytes32 reason) external onlyActive {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Applied);
        require(
            _now() < standing.admissibleAt,
            MembershipObjectionClosed(organization, standing.admissibleAt)
        );

        standing.status = Status.Objected;
        _change(organization, standing);
        emit Objected(organization, msg.sender, reason);
    }

    /// @inheritdoc IMembership
    function admit(address organization) external {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Applied);
        require(standing.admissibleAt < BARRED, MembershipDecisionRequired(organization));
        require(
            _now() >= standing.admissibleAt,
            MembershipObjectionOpen(organization, standing.admissibleAt)
        );
        _requireAdopted(organization, standing.constituency);

        _takeTurn();
        _admit(organization);
    }

    /// @inheritdoc IMembership
    function decide(address organization, bool admitted, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        require(
            _pending(standing.status), MembershipStatusUnexpected(organization, standing.status)
        );

        if (admitted) {
            _requireAdopted(organization, standing.constituency);
            _admit(organization);
            emit AdmittedByDecision(organization, reason);
        } else {
            _withdraw(organization, standing);
            emit Refused(organization, reason);
        }
    }

    // ------------------------------------------------------------------ seats, by rule

    /// @inheritdoc IMembership
    function lapse(address organization) external {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Active);
        Readoption memory rule = readoption();
        (bool adopted, uint16 version, uint48 since) = _interConstitution().adopted(organization);
        require(
            rule.consequence != Consequence.Shown && !adopted && _now() > since + rule.grace,
            MembershipLapseUnavailable(organization, since + rule.grace)
        );

        if (rule.consequence == Consequence.Exited) {
            emit Exited(organization, standing.seat, 0);
            _exit(organization, standing, false);
        } else {
            emit Lapsed(organization, standing.seat, version);
            _silence(organization, standing, Status.Lapsed);
        }
    }

    /// @inheritdoc IMembership
    function resume(address organization) external {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Lapsed);
        _adoptedIn(organization);

        emit Resumed(organization, standing.seat);
        _activate(organization, standing);
    }

    // ------------------------------------------------------------------ seats, by decision

    /// @inheritdoc IMembership
    function suspend(address organization, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Active);

        emit Suspended(organization, standing.seat, reason);
        _silence(organization, standing, Status.Suspended);
    }

    /// @inheritdoc IMembership
    function reinstate(address organization, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        _requireStatus(organization, standing.status, Status.Suspended);

        emit Reinstated(organization, standing.seat, reason);
        _activate(organization, standing);
    }

    /// @inheritdoc IMembership
    function expel(address organization, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        emit Expelled(organization, standing.seat, reason);
        _exit(organization, standing, true);
    }

    /// @inheritdoc IMembership
    function moveByDecision(address from, address to, bytes32 reason) external restricted {
        _move(from, to, reason);
    }

    /// @inheritdoc IMembership
    function changeConstituency(address organization, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        _requireHeld(organization, standing.status);
        uint8 adopted = _adoptedIn(organization);
        require(adopted < _constituencies.length, MembershipConstituencyUnknown(adopted));
        require(
            adopted != standing.constituency, MembershipConstituencyUnchanged(organization, adopted)
        );

        standing.constituency = adopted;
        if (standing.group == 0) _resettle(organization, standing, adopted);
        else _change(organization, standing);
        emit ConstituencyChanged(organization, standing.seat, adopted, standing.ordinal, reason);
    }

    /// @inheritdoc IMembership
    function affiliate(address[] calldata organizations, bytes32 reason) external restricted {
        _affiliate(organizations, reason);
    }

    /// @inheritdoc IMembership
    function separate(address organization, bytes32 reason) external restricted {
        Standing memory standing = _load(organization);
        require(standing.group != 0, MembershipNotAffiliated(organization));
        _requireHeld(organization, standing.status);

        _resettle(organization, standing, standing.constituency);
        emit Separated(organization, standing.seat, standing.constituency, standing.ordinal, reason);
    }

    // ------------------------------------------------------------------ rules, by decision

    /// @inheritdoc IMembership
    function setAdmission(Admission calldata admission_) external restricted {
        _setAdmission(admission_);
    }

    /// @inheritdoc IMembership
    function setReadoption(Readoption calldata readoption_) external restricted {
        _setReadoption(readoption_);
    }

    /// @inheritdoc IMembership
    function addConstituency(bytes28 name_) external restricted {
        _addConstituency(name_);
    }

    /// @inheritdoc IMembership
    function addKind(bytes32 name_) external restricted {
        _addKind(name_);
    }

    // ------------------------------------------------------------------ reads

    /// @inheritdoc IMembership
    function admission() external view returns (Admission memory) {
        return _admission;
    }

    /// @inheritdoc IMembership
    function readoption() public view returns (Readoption memory) {
        return Readoption(_ledger.grace, _ledger.consequence);
    }

    /// @inheritdoc IMembership
    function pace() external view returns (uint256 remaining, uint48 nextPeriod) {
        (uint48 start, uint32 limit, uint32 admitted) = _currentPeriod();
        return (limit - admitted, start + _admission.period);
    }

    /// @inheritdoc IMembership
    function constituencies() external view returns (bytes28[] memory names) {
        names = new bytes28[](_constituencies.length);
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = _constituencies[i].name;
        }
    }

    /// @inheritdoc IMembership
    function kinds() external view returns (bytes32[] memory) {
        return _kinds;
    }

    /// @inheritdoc IMembership
    function standingOf(address organization) external view returns (Standing memory) {
        return _load(organization);
    }

    /// @inheritdoc IMembership
    function profileOf(address organization) external view returns (bytes32) {
        return _profiles[organization];
    }

    /// @inheritdoc IMembership
    function accountOf(uint32 seat) external view returns (address) {
        return _accounts[seat];
    }

    /// @inheritdoc IMembership
    function seats() external view returns (uint32) {
        return _ledger.seats;
    }

    /// @inheritdoc IMembership
    function activeSeats() external view returns (uint32) {
        return _ledger.active;
    }

    /// @inheritdoc IMembership
    function seatOf(address account) external view returns (uint32 seat, uint8 votesIn) {
        Standing storage standing = _standings[account];
        if (standing.status == Status.Active) (seat, votesIn) = (standing.seat, standing.votesIn);
    }

    /// @inheritdoc IMembership
    function placeAt(address account, uint48 time) public view returns (uint256) {
        uint256 standing = _packed(account);
        if (uint48(standing) > time) {
            standing = _past[uint32(standing >> 72)].upperLookupRecent(time);
        }
        if (uint8(standing >> 48) != uint8(Status.Active)) return 0;
        return PLACED | uint256(uint8(standing >> 184)) << 32 | uint32(standing >> 104);
    }

    /// @inheritdoc IMembership
    function placesAt(address[] calldata accounts, uint48 time)
        external
        view
        returns (uint256[] memory places)
    {
        places = new uint256[](accounts.length);
        for (uint256 i = accounts.length; i != 0;) {
            unchecked {
                --i; // not 0
            }
            places[i] = placeAt(accounts[i], time);
        }
    }

    /// @inheritdoc IMembership
    function censusAt(uint48 time) external view returns (Census[] memory census) {
        census = new Census[](_constituencies.length);
        for (uint8 i = 0; i < census.length; ++i) {
            uint32 active = uint32(_active[i].upperLookupRecent(time));
            if (active == 0) continue;
            census[i] = Census(active, _constituencies[i].issued);
        }
    }

    /// @inheritdoc IMembership
    function groupOf(uint32 group) external view returns (Group memory) {
        return _groups[group];
    }

    /// @inheritdoc IMembership
    function declaredBy(address organization) external view returns (address) {
        return _declared[organization];
    }

    /// @inheritdoc IMembership
    function hashApplication(Application calldata application) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(APPLICATION_TYPEHASH, application)));
    }

    /// @inheritdoc IMembership
    function hashMove(Move calldata move) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(MOVE_TYPEHASH, move)));
    }

    // ------------------------------------------------------------------ ERC-5805, ERC-6372

    /// @inheritdoc IVotes
    function getVotes(address account) external view returns (uint256) {
        return _standings[account].status == Status.Active ? Rules.UNITS_PER_SEAT : 0;
    }

    /// @inheritdoc IVotes
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256) {
        return placeAt(account, _settled(timepoint)) == 0 ? 0 : Rules.UNITS_PER_SEAT;
    }

    /// @inheritdoc IVotes
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256 units) {
        uint48 time = _settled(timepoint);
        for (uint8 i = 0; i < _constituencies.length; ++i) {
            units += _active[i].upperLookupRecent(time) * Rules.UNITS_PER_SEAT;
        }
    }

    /// @notice The account itself: votes are not delegated.
    function delegates(address account) external pure returns (address) {
        return account;
    }

    /// @notice Always reverts.
    function delegate(address) external pure {
        revert MembershipVoteNotDelegable();
    }

    /// @notice Always reverts.
    function delegateBySig(address, uint256, uint256, uint8, bytes32, bytes32) external pure {
        revert MembershipVoteNotDelegable();
    }

    /// @notice The nonce of the next signed act of `account`: application or change of account.
    function nonces(address account) external view returns (uint256) {
        return _standings[account].nonce;
    }

    /// @inheritdoc IERC6372
    function clock() external view returns (uint48) {
        return _now();
    }

    /// @inheritdoc IERC6372
    function CLOCK_MODE() external pure returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc IMembership
    function decimals() external pure returns (uint8) {
        return 4;
    }

    // ------------------------------------------------------------------ ERC-721, ERC-5192

    /// @notice 1 for an organization that holds a seat, otherwise 0.
    function balanceOf(address owner) external view returns (uint256) {
        require(owner != address(0), ERC721InvalidOwner(owner));
        return _holds(_standings[owner].status) ? 1 : 0;
    }

    /// @notice The profile of the organization that holds the seat.
    function tokenURI(uint256 tokenId) external view returns (string memory) {
        return Cids.uri(_profiles[ownerOf(tokenId)], Cids.RAW);
    }

    /// @notice See ERC-165.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IVotes).interfaceId || interfaceId == type(IERC6372).interfaceId
            || super.supportsInterface(interfaceId);
    }

    function _holderOf(uint256 tokenId) internal view override returns (address) {
        if (tokenId > type(uint32).max) return address(0);
        address account = _accounts[uint32(tokenId)];
        return _holds(_standings[account].status) ? account : address(0);
    }

    /// @dev Constants instead of two storage slots for each founding.
    function _EIP712Name() internal pure override returns (string memory) {
        return "Membership";
    }

    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }

    // ------------------------------------------------------------------ the register

    function _applyInOwnConstituency(address organization, uint8 kind, bytes32 profile) private {
        _apply(organization, _adoptedIn(organization), kind, profile, _admissibleAt());
    }

    function _apply(
        address organization,
        uint8 constituency,
        uint8 kind,
        bytes32 profile,
        uint48 admissibleAt
    ) private {
        Standing memory standing = _load(organization);
        require(
            standing.status == Status.None || _left(standing.status),
            MembershipStatusUnexpected(organization, standing.status)
        );
        if (standing.status == Status.Barred) admissibleAt = BARRED;
        require(constituency < _constituencies.length, MembershipConstituencyUnknown(constituency));
        require(kind < _kinds.length, MembershipKindUnknown(kind));
        require(profile != 0, MembershipProfileMissing());

        standing.status = Status.Applied;
        standing.constituency = constituency;
        standing.kind = kind;
        standing.admissibleAt = admissibleAt;
        _change(organization, standing);
        _profiles[organization] = profile;
        emit Applied(organization, constituency, kind, profile, admissibleAt);
    }

    /// @dev A returning organization keeps its seat number, and its group if it has one; otherwise it
    /// gets a new ordinal.
    function _admit(address organization) private {
        Standing memory standing = _load(organization);
        if (standing.seat == 0) {
            standing.seat = ++_ledger.seats;
            _accounts[standing.seat] = organization;
        }
        if (standing.group == 0) _settle(standing, standing.constituency);

        emit Admitted(
            organization, standing.seat, standing.constituency, standing.kind, standing.ordinal
        );
        emit Transfer(address(0), organization, standing.seat);
        emit Locked(standing.seat);
        _activate(organization, standing);
    }

    function _withdraw(address organization, Standing memory standing) private {
        standing.status = standing.seat == 0
            ? Status.None
            : standing.admissibleAt == BARRED ? Status.Barred : Status.Exited;
        _change(organization, standing);
    }

    /// @dev Who is suspended does not come back by leaving.
    function _exit(address organization, Standing memory standing, bool barred) private {
        _requireHeld(organization, standing.status);
        barred = barred || standing.status == Status.Suspended;
        delete _declared[organization];
        Status status = barred ? Status.Barred : Status.Exited;
        if (standing.status == Status.Active) {
            _silence(organization, standing, status);
        } else {
            standing.status = status;
            _change(organization, standing);
        }
        emit Transfer(organization, address(0), standing.seat);
    }

    /// @dev From here on it has a vote.
    function _activate(address organization, Standing memory standing) private {
        standing.status = Status.Active;
        _change(organization, standing);
        ++_ledger.active;
        _count(standing, true);
        emit DelegateVotesChanged(organization, 0, Rules.UNITS_PER_SEAT);
    }

    /// @dev From here on it has no vote.
    function _silence(address organization, Standing memory standing, Status status) private {
        standing.status = status;
        _change(organization, standing);
        --_ledger.active;
        _count(standing, false);
        emit DelegateVotesChanged(organization, Rules.UNITS_PER_SEAT, 0);
    }

    function _move(address from, address to, bytes32 reason) private {
        Standing memory standing = _load(from);
        Standing memory fresh = _load(to);
        _requireHeld(from, standing.status);
        require(fresh.status == Status.None && fresh.seat == 0, MembershipAccountUsed(to));
        _requireAdopted(to, standing.constituency);

        _remember(from);
        // slither-disable-next-line uninitialized-local -- nothing is left
        Standing memory left;
        (left.since, left.nonce) = (_now(), standing.nonce);
        (standing.since, standing.nonce) = (_now(), fresh.nonce);
        _store(to, standing);
        _store(from, left);
        _accounts[standing.seat] = to;
        (_profiles[to], _profiles[from]) = (_profiles[from], 0);
        delete _declared[from];

        emit Moved(standing.seat, from, to, reason);
        emit Transfer(from, to, standing.seat);
        if (standing.status == Status.Active) {
            emit DelegateVotesChanged(from, Rules.UNITS_PER_SEAT, 0);
            emit DelegateVotesChanged(to, 0, Rules.UNITS_PER_SEAT);
        }
    }

    // ------------------------------------------------------------------ where a vote counts

    /// @dev In the group of the first that has one; without any, in a new one.
    function _affiliate(address[] memory organizations, bytes32 reason) private {
        require(organizations.length > 1, MembershipAffiliationInvalid(address(0)));
        uint32 group = 0;
        for (uint256 i = 0; i < organizations.length; ++i) {
            Standing memory standing = _load(organizations[i]);
            _requireHeld(organizations[i], standing.status);
            require(
                i == 0 || organizations[i] != organizations[0],
                MembershipAffiliationInvalid(organizations[i])
            );
            require(
                group == 0 || standing.group == 0 || standing.group == group,
                MembershipAffiliationInvalid(organizations[i])
            );
            if (group == 0) group = standing.group;
        }
        if (group == 0) group = _newGroup(_standings[organizations[0]].votesIn);

        for (uint256 i = 0; i < organizations.length; ++i) {
            _join(organizations[i], group, reason);
        }
    }

    function _newGroup(uint8 constituency) private returns (uint32 group) {
        group = ++_ledger.groups;
        _groups[group] = Group(constituency, _constituencies[constituency].issued++, 0);
    }

    function _join(address organization, uint32 group, bytes32 reason) private {
        Standing memory standing = _load(organization);
        if (standing.group == group) return;
        bool active = standing.status == Status.Active;
        if (active) _count(standing, false);

        Group memory joined = _groups[group];
        (standing.group, standing.votesIn, standing.ordinal) =
        (group, joined.constituency, joined.ordinal);
        _change(organization, standing);
        if (active) _count(standing, true);
        delete _declared[organization];
        emit Affiliated(
            organization, standing.seat, group, joined.constituency, joined.ordinal, reason
        );
    }

    /// @dev Gives a seat a vote of its own, in a new place.
    function _resettle(address organization, Standing memory standing, uint8 constituency) private {
        bool active = standing.status == Status.Active;
        if (active) _count(standing, false);

        standing.group = 0;
        _settle(standing, constituency);
        _change(organization, standing);
        if (active) _count(standing, true);
    }

    function _settle(Standing memory standing, uint8 constituency) private {
        standing.votesIn = constituency;
        standing.ordinal = _constituencies[constituency].issued++;
    }

    /// @dev A group counts while one of its seats is active.
    function _count(Standing memory standing, bool more) private {
        if (standing.group != 0) {
            Group storage group = _groups[standing.group];
            uint32 others = more ? group.active++ : --group.active;
            if (others != 0) return;
        }
        Checkpoints.Trace208 storage trace = _active[standing.votesIn];
        uint208 active = trace.latest();
        // slither-disable-next-line unused-return
        trace.push(_now(), more ? active + 1 : active - 1);
    }

    // ------------------------------------------------------------------ history

    /// @dev One place each for what costs a kilobyte of code.
    function _load(address organization) private view returns (Standing memory) {
        return _standings[organization];
    }

    function _store(address organization, Standing memory standing) private {
        _standings[organization] = standing;
    }

    /// @dev Every standing of a seat that lasted at least a second is kept.
    function _change(address organization, Standing memory next) private {
        _remember(organization);
        next.since = _now();
        _store(organization, next);
    }

    /// @dev The past keeps a standing as its slot has it, without the fields that no vote depends on.
    function _remember(address organization) private {
        uint256 packed = _packed(organization);
        (uint48 since, uint32 seat) = (uint48(packed), uint32(packed >> 72));
        if (seat == 0 || since == _now()) return;
        // slither-disable-next-line unused-return
        _past[seat].push(since, uint208(packed));
    }

    /// @dev The slot of a standing: bits 0-47 since | 48-55 status | 56-63 constituency | 64-71 kind |
    /// 72-103 seat | 104-135 ordinal | 136-183 admissibleAt | 184-191 votesIn | 192-223 group |
    /// 224-255 nonce. Assembly, because the compiler would read it once for each field: 300 gas of every
    /// vote.
    function _packed(address organization) private view returns (uint256 packed) {
        Standing storage standing = _standings[organization];
        assembly ("memory-safe") {
            packed := sload(standing.slot)
        }
    }

    function _pending(Status status) private pure returns (bool) {
        return status == Status.Applied || status == Status.Objected;
    }

    function _left(Status status) private pure returns (bool) {
        return status == Status.Exited || status == Status.Barred;
    }

    function _holds(Status status) private pure returns (bool) {
        return status == Status.Active || status == Status.Suspended || status == Status.Lapsed;
    }

    function _requireStatus(address organization, Status status, Status expected) private pure {
        require(status == expected, MembershipStatusUnexpected(organization, status));
    }

    function _requireHeld(address organization, Status status) private pure {
        require(_holds(status), MembershipStatusUnexpected(organization, status));
    }

    // ------------------------------------------------------------------ signatures

    function _useNonce(address account, uint32 nonce, uint48 validUntil) private {
        require(validUntil >= _now(), MembershipSignatureExpired(validUntil));
        uint32 expected = _standings[account].nonce;
        require(nonce == expected, MembershipNonceMismatch(nonce, expected));

        _standings[account].nonce = expected + 1;
    }

    function _requireSigned(address account, bytes32 digest, bytes calldata signature)
        private
        view
    {
        require(
            SignatureChecker.isValidSignatureNowCalldata(account, digest, signature),
            MembershipSignatureInvalid(account)
        );
    }

    // ------------------------------------------------------------------ the gate

    function _takeTurn() private {
        (uint48 start, uint32 limit, uint32 admitted) = _currentPeriod();
        require(admitted < limit, MembershipPaceExhausted(start + _admission.period));

        (_ledger.periodStart, _ledger.limit, _ledger.admitted) = (start, limit, admitted + 1);
    }

    /// @dev As it stands now: a new period begins with the first look after the last one ended.
    function _currentPeriod() private view returns (uint48 start, uint32 limit, uint32 admitted) {
        start = _ledger.periodStart;
        if (_now() >= start + _admission.period) return (_now(), _paceLimit(), 0);
        return (start, _ledger.limit, _ledger.admitted);
    }

    /// @dev Rounded down, against admissions in silence; the floor keeps a small register open.
    function _paceLimit() private view returns (uint32) {
        uint256 share = uint256(_ledger.active) * _admission.share / Rules.BASIS;
        return uint32(Math.max(share, _admission.floor));
    }

    /// @dev The constituency of the adoption in force; reverts when there is none.
    function _adoptedIn(address organization) private view returns (uint8) {
        return _interConstitution().adoptionInForce(organization).constituency;
    }

    function _requireAdopted(address organization, uint8 constituency) private view {
        uint8 adopted = _adoptedIn(organization);
        require(adopted == constituency, MembershipConstituencyMismatch(constituency, adopted));
    }

    function _admissibleAt() private view returns (uint48) {
        bool decided = _admission.method == AdmissionMethod.Decision;
        return decided ? NEVER : _now() + _admission.window;
    }

    function _setReadoption(Readoption calldata readoption_) private {
        (_ledger.grace, _ledger.consequence) = (readoption_.grace, readoption_.consequence);
        emit ReadoptionChanged(readoption_);
    }

    function _setAdmission(Admission calldata admission_) private {
        bool windowed = admission_.method == AdmissionMethod.LazyConsent;
        require(
            admission_.period != 0 && admission_.floor != 0 && admission_.share <= Rules.BASIS
                && (windowed || admission_.window == 0),
            MembershipAdmissionInvalid(admission_)
        );

        _admission = admission_;
        (_ledger.periodStart, _ledger.limit, _ledger.admitted) = (_now(), _paceLimit(), 0);
        emit AdmissionChanged(admission_);
    }

    function _addConstituency(bytes28 name_) private {
        uint256 index = _constituencies.length;
        require(name_ != 0 && index < MAX_CONSTITUENCIES, MembershipNameInvalid(name_));

        _constituencies.push(Constituency(name_, 0));
        emit ConstituencyAdded(uint8(index), name_);
    }

    function _addKind(bytes32 name_) private {
        uint256 index = _kinds.length;
        require(name_ != 0 && index < type(uint8).max, MembershipNameInvalid(name_));

        _kinds.push(name_);
        emit KindAdded(uint8(index), name_);
    }

    // ------------------------------------------------------------------ helpers

    function _settled(uint256 timepoint) private view returns (uint48) {
        require(timepoint < _now(), MembershipFutureLookup(timepoint, _now()));
        return uint48(timepoint); // below the clock, which is 48 bits
    }

    function _now() private view returns (uint48) {
        return SafeCast.toUint48(block.timestamp);
    }

    function _interConstitution() private view returns (IInterConstitution) {
        return IInterConstitution(CloneArguments.read(1));
    }
}
// slither-disable-end incorrect-equality
