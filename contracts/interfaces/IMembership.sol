// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IERC5192} from "./IERC5192.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";

/// @notice Where an organization stands.
/// @dev Order matters to readers of events; append only.
enum Status {
    None,
    Applied,
    Objected,
    Active,
    Suspended,
    Exited
}

/// @notice How an application becomes a seat.
/// @dev Open: at once. LazyConsent: after a window in which no active member objected.
enum AdmissionMethod {
    Open,
    LazyConsent
}

/// @notice The admission rule.
/// @param window seconds in which a member may object; 0 when open.
/// @param period seconds over which admissions without a decision are counted.
/// @param share how many seats one period may admit, in basis points of the active seats at its
/// start, rounded down for caution.
/// @param floor how many seats one period may admit at least; 1 or more.
struct Admission {
    AdmissionMethod method;
    uint32 window;
    uint32 period;
    uint16 share;
    uint16 floor;
}

/// @notice An organization's place in the register: one storage slot.
/// @param since when this standing began, Unix seconds.
/// @param status see {Status}.
/// @param constituency index of its class.
/// @param kind index of its kind.
/// @param seat its number, from 1; 0 until first admitted. It is also the certificate's token id.
/// @param ordinal its place within its constituency, from 0; it finds the seat's bit in a vote.
/// @param admissibleAt when its application may be finished, Unix seconds.
struct Standing {
    uint48 since;
    Status status;
    uint8 constituency;
    uint8 kind;
    uint32 seat;
    uint32 ordinal;
    uint48 admissibleAt;
}

/// @notice The seats of one constituency.
/// @param active how many were active at the time asked for.
/// @param issued how many ordinals have been given out up to now.
struct Census {
    uint32 active;
    uint32 issued;
}

/// @notice Who founds, and what each founder signed.
/// @param organization the account. @param constituency index of its class. @param kind index of its
/// kind. @param profile sha2-256 of its profile. @param pledge sha2-256 of its pledge.
/// @param validUntil the signature's last second.
struct Founder {
    address organization;
    uint8 constituency;
    uint8 kind;
    bytes32 profile;
    bytes32 pledge;
    uint48 validUntil;
}

/// @title The register: who applies, who holds a seat, in which constituency, since when.
/// @notice One active seat has one vote of 10,000 units (`decimals` 4), from its first second, without
/// delegation. Every seat has a certificate, an ERC-721 token that cannot move (ERC-5192).
/// Assumptions: InterConstitution and Authority are those of the same founding. Powers: an active
/// member can stop one application at a time with a reason; everything else that is not the
/// organization's own act is done by a decision.
interface IMembership is IVotes, IERC6372, IERC5192 {
    /// @notice `organization` asks for a seat. `profile` is the sha2-256 of its profile document.
    event Applied(
        address indexed organization,
        uint8 constituency,
        uint8 kind,
        bytes32 profile,
        uint48 admissibleAt
    );
    /// @notice `member` objects to the application of `organization`; `reason` is a document's sha2-256.
    event Objected(address indexed organization, address indexed member, bytes32 reason);
    /// @notice `organization` holds seat `seat`.
    event Admitted(
        address indexed organization,
        uint32 indexed seat,
        uint8 constituency,
        uint8 kind,
        uint32 ordinal
    );
    /// @notice The seat of `organization` was given by a decision, for this reason.
    event AdmittedByDecision(address indexed organization, bytes32 reason);
    /// @notice A decision ended the application of `organization`.
    event Refused(address indexed organization, bytes32 reason);
    /// @notice `organization` took back its application.
    event Withdrawn(address indexed organization, bytes32 reason);
    /// @notice `organization` gave up seat `seat`.
    event Exited(address indexed organization, uint32 indexed seat, bytes32 reason);
    /// @notice `organization` replaced its profile.
    event ProfileChanged(address indexed organization, bytes32 profile);
    /// @notice The rule of admission is now this one.
    event AdmissionChanged(Admission admission);
    /// @notice Constituency number `index` is called `name`.
    event ConstituencyAdded(uint8 indexed index, bytes28 name);
    /// @notice Kind number `index` is called `name`.
    event KindAdded(uint8 indexed index, bytes32 name);

    /// @notice The organization's standing does not allow this step; look it up with `membership show`.
    error MembershipStatusUnexpected(address organization, Status status);
    /// @notice There is no constituency with this number.
    error MembershipConstituencyUnknown(uint8 constituency);
    /// @notice There is no kind of organization with this number.
    error MembershipKindUnknown(uint8 kind);
    /// @notice The adoption names another constituency than the application; withdraw and apply again.
    error MembershipConstituencyMismatch(uint8 applied, uint8 adopted);
    /// @notice Only an organization with an active seat can do this.
    error MembershipSeatRequired(address account);
    /// @notice The time for objections is over.
    error MembershipObjectionClosed(address organization, uint48 closedAt);
    /// @notice Members may still object; the application can be finished when the window is over.
    error MembershipObjectionOpen(address organization, uint48 admissibleAt);
    /// @notice This period has admitted as many as the pace allows; the application waits its turn.
    error MembershipPaceExhausted(uint48 nextPeriod);
    /// @notice The rule of admission is out of range: the period is above 0, the floor too, the share at
    /// most 10,000, and `open` has no window.
    error MembershipAdmissionInvalid(Admission admission);
    /// @notice A name is missing, or there is no room for more.
    error MembershipNameInvalid(bytes32 name);
    /// @notice A profile is needed: publish it and give its hash.
    error MembershipProfileMissing();
    /// @notice A seat is bound to its organization; it cannot be transferred, lent or approved.
    error MembershipSeatBound();
    /// @notice Each organization votes for itself; votes cannot be delegated.
    error MembershipVoteNotDelegable();
    /// @notice That moment is not in the past yet, so it has no settled answer.
    error MembershipFutureLookup(uint256 timepoint, uint48 clock);

    /// @notice Applies for a seat, in the constituency of the caller's adoption of the text in force.
    /// @dev Requirements: no application and no seat; the kind exists; a profile. Emits {Applied}.
    function applyForSeat(uint8 kind, bytes32 profile) external;

    /// @notice Objects to an application; it can then only be admitted by a decision.
    /// @dev Requirements: the caller holds an active seat; the window is open. Emits {Objected}.
    function object(address organization, bytes32 reason) external;

    /// @notice Gives an applicant its seat; anyone may call.
    /// @dev Requirements: window over, no objection, text in force adopted, within the pace.
    /// Emits {Admitted}, ERC-721 `Transfer`, {Locked}, `DelegateVotesChanged`.
    function admit(address organization) external;

    /// @notice Ends an application by decision, objected or not.
    /// @dev Requirements: caller allowed by Authority. The pace does not bind a decision.
    /// Emits {Admitted} and {AdmittedByDecision}, or {Refused}.
    function decide(address organization, bool admitted, bytes32 reason) external;

    /// @notice Gives up the caller's seat, or takes back its application.
    /// @dev Emits {Exited} or {Withdrawn}. Warning: to return, one applies again. Votes already cast stay.
    function leaveSeat(bytes32 reason) external;

    /// @notice Replaces the caller's profile.
    /// @dev Requirements: the caller holds an active seat. While members look at an application, what
    /// they look at stays as it is. Emits {ProfileChanged}.
    function changeProfile(bytes32 profile) external;

    /// @notice Replaces the rule of admission and begins a new period.
    /// @dev Requirements: caller allowed by Authority. Running applications keep their window.
    function setAdmission(Admission calldata admission) external;

    /// @notice Adds a constituency; none can be removed.
    /// @dev Requirements: caller allowed by Authority; at most 64.
    function addConstituency(bytes28 name) external;

    /// @notice Adds a kind of organization; none can be removed.
    /// @dev Requirements: caller allowed by Authority; at most 255.
    function addKind(bytes32 name) external;

    /// @notice The rule of admission.
    function admission() external view returns (Admission memory);

    /// @notice How many more seats can be admitted without a decision now, and when the next period begins.
    function pace() external view returns (uint256 remaining, uint48 nextPeriod);

    /// @notice The names of the constituencies, in order of their index; UTF-8, padded with zeros.
    function constituencies() external view returns (bytes28[] memory);

    /// @notice The names of the kinds, in order of their index; UTF-8, padded with zeros.
    function kinds() external view returns (bytes32[] memory);

    /// @notice Where `organization` stands now.
    function standingOf(address organization) external view returns (Standing memory);

    /// @notice The sha2-256 of the profile of `organization`; 0 for none.
    function profileOf(address organization) external view returns (bytes32);

    /// @notice The account that holds, or last held, seat `seat`; 0 for a number never given.
    function accountOf(uint32 seat) external view returns (address);

    /// @notice How many seat numbers have been given out.
    function seats() external view returns (uint32);

    /// @notice How many seats are active now.
    function activeSeats() external view returns (uint32);

    /// @notice The seat of `account` as it stood at `time`: active or not, and where its vote is counted.
    function seatAt(address account, uint48 time)
        external
        view
        returns (bool active, uint8 constituency, uint32 ordinal);

    /// @notice Each constituency's seats at `time`, in order of index.
    function censusAt(uint48 time) external view returns (Census[] memory);

    /// @notice 4: one vote is 10,000 units.
    function decimals() external pure returns (uint8);
}
