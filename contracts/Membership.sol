// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "./base/Governed.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IInterConstitution} from "./interfaces/IInterConstitution.sol";
import {
    Admission,
    AdmissionMethod,
    Census,
    Founder,
    IMembership,
    Standing,
    Status
} from "./interfaces/IMembership.sol";
import {Cids} from "./libraries/Cids.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Rules} from "./libraries/Rules.sol";
import {
    ERC721Upgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC721/ERC721Upgradeable.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title Membership
/// @dev Immutable arguments: authority, interConstitution.
/// The latest standing of an organization is one slot, keyed by account; what it was before is a trace,
/// keyed by seat. A reader of a past moment needs the trace only if the standing changed since.
/// The certificate has no storage of its own: its owner is the account of an active seat.
// slither-disable-start incorrect-equality
// What is compared for equality here are states, numbers of seats and constituencies. The detector takes
// them for times and balances, which others could nudge, because they share a struct with a time.
contract Membership is IMembership, Governed, ERC721Upgradeable {
    using Checkpoints for Checkpoints.Trace208;

    /// @dev One slot: the name, and how many ordinals were given out.
    struct Constituency {
        bytes28 name;
        uint32 issued;
    }

    /// @dev Two slots: the rule of admission, which is only read, and the running period.
    struct Gate {
        Admission rule;
        uint48 periodStart;
        uint32 limit;
        uint32 admitted;
        uint32 active;
        uint32 seats;
    }

    uint256 private constant MAX_CONSTITUENCIES = 64;

    Gate private _gate;
    Constituency[] private _constituencies;
    bytes32[] private _kinds;
    mapping(address organization => Standing) private _standings;
    mapping(address organization => bytes32) private _profiles;
    mapping(uint32 seat => address) private _accounts;
    mapping(uint32 seat => Checkpoints.Trace208) private _past;
    mapping(uint8 constituency => Checkpoints.Trace208) private _active;

    modifier onlyActive() {
        require(_standings[msg.sender].status == Status.Active, MembershipSeatRequired(msg.sender));
        _;
    }

    /// @notice Called once, by the factory, in the founding transaction, after the founders' adoptions.
    function initialize(
        Admission calldata admission_,
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
    }

    // ------------------------------------------------------------------ the organization's own acts

    /// @inheritdoc IMembership
    function applyForSeat(uint8 kind, bytes32 profile) external {
        IInterConstitution.Record memory adoption = _interConstitution().adoptionInForce(msg.sender);
        _apply(msg.sender, adoption.constituency, kind, profile, _now() + _gate.rule.window);
    }

    /// @inheritdoc IMembership
    function leaveSeat(bytes32 reason) external {
        Standing memory standing = _standings[msg.sender];
        Status status = standing.status;
        if (status == Status.Applied || status == Status.Objected) {
            _withdraw(msg.sender, standing);
            emit Withdrawn(msg.sender, reason);
            return;
        }
        require(status == Status.Active, MembershipStatusUnexpected(msg.sender, status));

        standing.status = Status.Exited;
        _change(msg.sender, standing);
        --_gate.active;
        _count(standing.constituency, false);
        emit Exited(msg.sender, standing.seat, reason);
        emit Transfer(msg.sender, address(0), standing.seat);
        emit DelegateVotesChanged(msg.sender, Rules.UNITS_PER_SEAT, 0);
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
        Standing memory standing = _standings[organization];
        require(
            standing.status == Status.Applied,
            MembershipStatusUnexpected(organization, standing.status)
        );
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
        Standing memory standing = _standings[organization];
        require(
            standing.status == Status.Applied,
            MembershipStatusUnexpected(organization, standing.status)
        );
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
        Standing memory standing = _standings[organization];
        require(
            standing.status == Status.Applied || standing.status == Status.Objected,
            MembershipStatusUnexpected(organization, standing.status)
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

    // ------------------------------------------------------------------ rules, by decision

    /// @inheritdoc IMembership
    function setAdmission(Admission calldata admission_) external restricted {
        _setAdmission(admission_);
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
        return _gate.rule;
    }

    /// @inheritdoc IMembership
    function pace() external view returns (uint256 remaining, uint48 nextPeriod) {
        Gate memory gate = _currentGate();
        return (gate.limit - gate.admitted, gate.periodStart + gate.rule.period);
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
        return _standings[organization];
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
        return _gate.seats;
    }

    /// @inheritdoc IMembership
    function activeSeats() external view returns (uint32) {
        return _gate.active;
    }

    /// @inheritdoc IMembership
    function seatAt(address account, uint48 time)
        public
        view
        returns (bool active, uint8 constituency, uint32 ordinal)
    {
        Standing memory standing = _standings[account];
        if (standing.since <= time) {
            return (standing.status == Status.Active, standing.constituency, standing.ordinal);
        }
        return _unpack(_past[standing.seat].upperLookupRecent(time));
    }

    /// @inheritdoc IMembership
    function censusAt(uint48 time) external view returns (Census[] memory census) {
        census = new Census[](_constituencies.length);
        for (uint8 i = 0; i < census.length; ++i) {
            census[i].active = uint32(_active[i].upperLookupRecent(time));
            census[i].issued = _constituencies[i].issued;
        }
    }

    // ------------------------------------------------------------------ ERC-5805, ERC-6372

    /// @inheritdoc IVotes
    function getVotes(address account) external view returns (uint256) {
        return _standings[account].status == Status.Active ? Rules.UNITS_PER_SEAT : 0;
    }

    /// @inheritdoc IVotes
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256) {
        (bool active,,) = seatAt(account, _settled(timepoint));
        return active ? Rules.UNITS_PER_SEAT : 0;
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

    /// @notice 0: nothing here is signed. Part of ERC-5805.
    function nonces(address) external pure returns (uint256) {
        return 0;
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

    /// @notice What a certificate is.
    function name() public pure override returns (string memory) {
        return "Seat in a meta-organization";
    }

    /// @notice Its symbol.
    function symbol() public pure override returns (string memory) {
        return "SEAT";
    }

    /// @notice 1 for an organization with an active or suspended seat, otherwise 0.
    function balanceOf(address owner) public view override returns (uint256) {
        require(owner != address(0), ERC721InvalidOwner(owner));
        return _holds(_standings[owner].status) ? 1 : 0;
    }

    /// @notice The profile of the organization that holds the seat.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        return Cids.uri(_profiles[_requireOwned(tokenId)], Cids.RAW);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @notice See ERC-165.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || interfaceId == type(IVotes).interfaceId
            || interfaceId == type(IERC6372).interfaceId || super.supportsInterface(interfaceId);
    }

    function _ownerOf(uint256 tokenId) internal view override returns (address) {
        if (tokenId > type(uint32).max) return address(0);
        address account = _accounts[uint32(tokenId)];
        return _holds(_standings[account].status) ? account : address(0);
    }

    function _update(address, uint256, address) internal pure override returns (address) {
        revert MembershipSeatBound();
    }

    function _approve(address, uint256, address, bool) internal pure override {
        revert MembershipSeatBound();
    }

    function _setApprovalForAll(address, address, bool) internal pure override {
        revert MembershipSeatBound();
    }

    // ------------------------------------------------------------------ the register

    function _apply(
        address organization,
        uint8 constituency,
        uint8 kind,
        bytes32 profile,
        uint48 admissibleAt
    ) private {
        Standing memory standing = _standings[organization];
        require(
            standing.status == Status.None || standing.status == Status.Exited,
            MembershipStatusUnexpected(organization, standing.status)
        );
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

    /// @dev A returning organization keeps its seat number and gets a new ordinal.
    function _admit(address organization) private {
        Standing memory standing = _standings[organization];
        if (standing.seat == 0) {
            standing.seat = ++_gate.seats;
            _accounts[standing.seat] = organization;
        }
        standing.ordinal = _constituencies[standing.constituency].issued++;
        standing.status = Status.Active;
        _change(organization, standing);
        ++_gate.active;
        _count(standing.constituency, true);

        emit Admitted(
            organization, standing.seat, standing.constituency, standing.kind, standing.ordinal
        );
        emit Transfer(address(0), organization, standing.seat);
        emit Locked(standing.seat);
        emit DelegateVotesChanged(organization, 0, Rules.UNITS_PER_SEAT);
    }

    function _withdraw(address organization, Standing memory standing) private {
        standing.status = standing.seat == 0 ? Status.None : Status.Exited;
        _change(organization, standing);
    }

    /// @dev Every standing of a seat that lasted at least a second is kept.
    function _change(address organization, Standing memory next) private {
        Standing storage standing = _standings[organization];
        if (standing.seat != 0 && standing.since < _now()) {
            // slither-disable-next-line unused-return
            _past[standing.seat].push(standing.since, _pack(standing));
        }
        next.since = _now();
        _standings[organization] = next;
    }

    function _count(uint8 constituency, bool more) private {
        uint208 active = _active[constituency].latest();
        // slither-disable-next-line unused-return
        _active[constituency].push(_now(), more ? active + 1 : active - 1);
    }

    /// @dev bits 0-7 status | 8-15 constituency | 16-47 ordinal.
    function _pack(Standing memory standing) private pure returns (uint208) {
        return uint208(standing.status) | uint208(standing.constituency) << 8
            | uint208(standing.ordinal) << 16;
    }

    function _unpack(uint208 packed) private pure returns (bool, uint8, uint32) {
        return (uint8(packed) == uint8(Status.Active), uint8(packed >> 8), uint32(packed >> 16));
    }

    function _holds(Status status) private pure returns (bool) {
        return status == Status.Active || status == Status.Suspended;
    }

    // ------------------------------------------------------------------ the gate

    function _takeTurn() private {
        Gate memory gate = _currentGate();
        require(
            gate.admitted < gate.limit, MembershipPaceExhausted(gate.periodStart + gate.rule.period)
        );

        _gate.periodStart = gate.periodStart;
        _gate.limit = gate.limit;
        _gate.admitted = gate.admitted + 1;
    }

    /// @dev The gate as it stands now: a new period begins with the first look after the last one ended.
    function _currentGate() private view returns (Gate memory gate) {
        gate = _gate;
        if (_now() >= gate.periodStart + gate.rule.period) {
            gate.periodStart = _now();
            gate.limit = _paceLimit(gate);
            gate.admitted = 0;
        }
    }

    /// @dev Rounded down, against admissions in silence; the floor keeps a small register open.
    function _paceLimit(Gate memory gate) private pure returns (uint32) {
        uint256 share = uint256(gate.active) * gate.rule.share / Rules.BASIS;
        return uint32(Math.max(share, gate.rule.floor));
    }

    function _requireAdopted(address organization, uint8 constituency) private view {
        uint8 adopted = _interConstitution().adoptionInForce(organization).constituency;
        require(adopted == constituency, MembershipConstituencyMismatch(constituency, adopted));
    }

    function _setAdmission(Admission calldata admission_) private {
        bool windowed = admission_.method == AdmissionMethod.LazyConsent;
        require(
            admission_.period != 0 && admission_.floor != 0 && admission_.share <= Rules.BASIS
                && (windowed || admission_.window == 0),
            MembershipAdmissionInvalid(admission_)
        );

        _gate.rule = admission_;
        _gate.periodStart = _now();
        _gate.limit = _paceLimit(_gate);
        _gate.admitted = 0;
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
