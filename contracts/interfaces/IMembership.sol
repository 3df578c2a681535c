// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

import {IInterConstitution} from "./IInterConstitution.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";

/// @notice Where an organization stands.
/// @dev Order matters to readers of storage; append only. Barred: it was expelled, or left while it was
/// suspended, and comes back by decision only.
enum Status {
    None,
    Applied,
    Objected,
    Active,
    Suspended,
    Exited,
    Lapsed,
    Barred
}

/// @notice How an application becomes a seat.
/// @dev Open: at once. LazyConsent: after a window in which no active member objected. Decision: only when
/// the Assembly decides so.
enum AdmissionMethod {
    Open,
    LazyConsent,
    Decision
}

/// @notice The admission rule.
/// @param window seconds in which a member may object; 0 when open or by decision.
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

/// @notice What becomes of a seat whose organization has not adopted the text in force in time.
/// @dev Shown: nothing but that it is shown. Suspended: it has no vote until it adopts. Exited: it ends.
enum Consequence {
    Shown,
    Suspended,
    Exited
}

/// @notice What follows an amendment of the InterConstitution.
/// @param grace seconds in which every organization may adopt the new text, or leave.
/// @param consequence what anyone may bring about after that.
struct Readoption {
    uint32 grace;
    Consequence consequence;
}

/// @notice An organization's place in the register: one storage slot.
/// @param since when this standing began, Unix seconds.
/// @param status see {Status}.
/// @param constituency index of its class.
/// @param kind index of its kind.
/// @param seat its number, from 1; 0 until first admitted. It is also the certificate's token id.
/// @param ordinal the place of its vote within the constituency `votesIn`, from 0.
/// @param admissibleAt when its application may be finished, Unix seconds; when only a decision can, the
/// largest number, or one less if it was barred.
/// @param votesIn the constituency in which its vote counts: its own, or its group's.
/// @param group the number of the group of affiliated organizations that shares one vote; 0 for none.
/// @param nonce how many of its signed acts were used up.
struct Standing {
    uint48 since;
    Status status;
    uint8 constituency;
    uint8 kind;
    uint32 seat;
    uint32 ordinal;
    uint48 admissibleAt;
    uint8 votesIn;
    uint32 group;
    uint32 nonce;
}

/// @notice Affiliated organizations that share one vote: one storage slot.
/// @param constituency where the vote counts. @param ordinal its place there.
/// @param active how many of its seats are active.
struct Group {
    uint8 constituency;
    uint32 ordinal;
    uint32 active;
}

/// @notice An application that was signed to be sent by somebody else.
/// @param nonce see {Standing}. @param validUntil the signature's last second, Unix time.
struct Application {
    address organization;
    uint8 kind;
    bytes32 profile;
    uint32 nonce;
    uint48 validUntil;
}

/// @notice A change of account, signed by both accounts.
/// @param nonce of the account `from`, see {Standing}. @param validUntil the signatures' last second.
struct Move {
    address from;
    address to;
    uint32 nonce;
    uint48 validUntil;
}

/// @notice The votes of one constituency.
/// @param active how many seats, with each group as one, were active at the time asked for.
/// @param issued how many ordinals have been given out up to now; 0 where no seat was active.
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
/// delegation; affiliated seats share one. Every seat has a certificate, an ERC-721 token that follows
/// the seat and cannot be transferred (ERC-5192).
/// Assumptions: InterConstitution and Authority are those of the same founding. Powers: an active
/// member can stop one application at a time with a reason; anyone can finish what a rule says, admission
/// and the consequence of a text that was not adopted; everything else that is not the organization's own
/// act is done by a decision. Nothing takes a vote from a proposal that is open already.
interface IMembership is IVotes, IERC6372 {
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
    /// @notice A decision took the vote of `organization`, seat `seat`, for this reason.
    event Suspended(address indexed organization, uint32 indexed seat, bytes32 reason);
    /// @notice A decision gave `organization`, seat `seat`, its vote back, for this reason.
    event Reinstated(address indexed organization, uint32 indexed seat, bytes32 reason);
    /// @notice A decision ended the seat of `organization`, for this reason.
    event Expelled(address indexed organization, uint32 indexed seat, bytes32 reason);
    /// @notice `organization` has no vote until it adopts version `version` of the text.
    event Lapsed(address indexed organization, uint32 indexed seat, uint16 version);
    /// @notice `organization` has adopted the text in force and votes again.
    event Resumed(address indexed organization, uint32 indexed seat);
    /// @notice Seat `seat` is now held by `to` instead of `from`; both signed, or a decision for `reason`.
    event Moved(uint32 indexed seat, address indexed from, address indexed to, bytes32 reason);
    /// @notice `organization` is now of constituency `constituency`, as it signed and a decision agreed.
    event ConstituencyChanged(
        address indexed organization,
        uint32 indexed seat,
        uint8 constituency,
        uint32 ordinal,
        bytes32 reason
    );
    /// @notice `organization` declares that it and `other` are under one control.
    event AffiliationDeclared(address indexed organization, address indexed other);
    /// @notice `organization` shares the one vote of group `group`, counted in `constituency`; as it
    /// declared, or by a decision for `reason`.
    event Affiliated(
        address indexed organization,
        uint32 indexed seat,
        uint32 indexed group,
        uint8 constituency,
        uint32 ordinal,
        bytes32 reason
    );
    /// @notice `organization` has a vote of its own again, by decision, for this reason.
    event Separated(
        address indexed organization,
        uint32 indexed seat,
        uint8 constituency,
        uint32 ordinal,
        bytes32 reason
    );
    /// @notice `organization` replaced its profile.
    event ProfileChanged(address indexed organization, bytes32 profile);
    /// @notice The rule of admission is now this one.
    event AdmissionChanged(Admission admission);
    /// @notice What follows an amendment is now this.
    event ReadoptionChanged(Readoption readoption);
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
    /// @notice Only a decision of the Assembly can admit this application; propose it.
    error MembershipDecisionRequired(address organization);
    /// @notice This period has admitted as many as the pace allows; the application waits its turn.
    error MembershipPaceExhausted(uint48 nextPeriod);
    /// @notice The rule of admission is out of range: the period is above 0, the floor too, the share at
    /// most 10,000, and only lazy consent has a window.
    error MembershipAdmissionInvalid(Admission admission);
    /// @notice A name is missing, or there is no room for more.
    error MembershipNameInvalid(bytes32 name);
    /// @notice A profile is needed: publish it and give its hash.
    error MembershipProfileMissing();
    /// @notice The signature's time has run out; sign again with a later date.
    error MembershipSignatureExpired(uint48 validUntil);
    /// @notice This signature was used already or is out of order; sign with the next nonce.
    error MembershipNonceMismatch(uint32 nonce, uint32 expected);
    /// @notice The signature is not one of this account over exactly this act.
    error MembershipSignatureInvalid(address account);
    /// @notice An adoption can only be sent together with an application by its own organization.
    error MembershipSenderUnexpected(address sender, address organization);
    /// @notice This account has a place in the register of its own; move to a fresh one.
    error MembershipAccountUsed(address account);
    /// @notice This organization has time to adopt the text in force, or has adopted it, or nothing follows.
    error MembershipLapseUnavailable(address organization, uint48 graceEnd);
    /// @notice An affiliation is between at least two organizations with seats, and not of two groups.
    error MembershipAffiliationInvalid(address organization);
    /// @notice The organization shares its vote with nobody.
    error MembershipNotAffiliated(address organization);
    /// @notice The organization is of this constituency already; it adopts in another one first.
    error MembershipConstituencyUnchanged(address organization, uint8 constituency);
    /// @notice Each organization votes for itself; votes cannot be delegated.
    error MembershipVoteNotDelegable();
    /// @notice That moment is not in the past yet, so it has no settled answer.
    error MembershipFutureLookup(uint256 timepoint, uint48 clock);

    /// @notice Applies for a seat, in the constituency of the caller's adoption of the text in force.
    /// @dev Requirements: no application and no seat; the kind exists; a profile. Emits {Applied}.
    /// @custom:power an organization for itself, having adopted the text; at once; an active seat,
    /// which objects
    function applyForSeat(uint8 kind, bytes32 profile) external;

    /// @notice Adopts the text in force and applies for a seat, in one transaction.
    /// @dev Requirements: the caller is the adopting organization, and as for {IInterConstitution-adopt}
    /// and {applyForSeat}. Emits {IInterConstitution-Adopted} and {Applied}.
    /// @custom:power an organization for itself; at once; an active seat, which objects
    function adoptAndApply(
        IInterConstitution.Adoption calldata adoption,
        bytes calldata signature,
        uint8 kind,
        bytes32 profile
    ) external;

    /// @notice Applies for a seat as the organization signed; anyone may send.
    /// @dev Requirements: as for {applyForSeat}; the nonce is next; not expired; the signature is the
    /// organization's. Emits {Applied}.
    /// @custom:power anyone, with the signature of an organization that has adopted the text; at
    /// once; an active seat, which objects
    function applyBySig(Application calldata application, bytes calldata signature) external;

    /// @notice Objects to an application; it can then only be admitted by a decision.
    /// @dev Requirements: the caller holds an active seat; the window is open. Emits {Objected}.
    /// @custom:power at once; a decision, which may admit all the same
    function object(address organization, bytes32 reason) external;

    /// @notice Gives an applicant its seat; anyone may call.
    /// @dev Requirements: window over, no objection, text in force adopted, within the pace.
    /// Emits {Admitted}, ERC-721 `Transfer`, {Locked}, `DelegateVotesChanged`.
    /// @custom:power anyone, when the window is over without an objection, within the pace; at once;
    /// nobody
    function admit(address organization) external;

    /// @notice Ends an application by decision, objected or not.
    /// @dev Requirements: caller allowed by Authority. The pace does not bind a decision.
    /// Emits {Admitted} and {AdmittedByDecision}, or {Refused}.
    function decide(address organization, bool admitted, bytes32 reason) external;

    /// @notice Gives up the caller's seat, or takes back its application.
    /// @dev Emits {Exited} or {Withdrawn}. Warning: to return, one applies again, and who was suspended
    /// needs a decision then. Votes already cast stay.
    /// @custom:power an organization for itself; at once; nobody
    function leaveSeat(bytes32 reason) external;

    /// @notice Gives a seat to another account of the same organization; anyone may send.
    /// @dev Requirements: `from` holds a seat; `to` has no place in the register, and has adopted the text
    /// in force in the seat's constituency; nonce, time and both signatures. Emits {Moved}.
    /// Votes cast stay cast; proposals that are open are voted on by the new account.
    /// @custom:power anyone, with the signatures of both accounts; at once; nobody
    function moveSeat(Move calldata move, bytes calldata fromSignature, bytes calldata toSignature)
        external;

    /// @notice Gives a seat to another account, by decision: the key was lost.
    /// @dev Requirements: caller allowed by Authority; as for {moveSeat} without signatures; `to` has
    /// signed the adoption. Emits {Moved}.
    function moveByDecision(address from, address to, bytes32 reason) external;

    /// @notice Declares that the caller and `other` are under one control.
    /// @dev Requirements: both hold seats. When `other` has declared the same of the caller, both share
    /// one vote from then on. Emits {AffiliationDeclared}, and {Affiliated} for each.
    /// @custom:power an organization for itself; at once, when the other has declared the same; a
    /// decision, which separates them
    function declareAffiliation(address other) external;

    /// @notice Decides that organizations are under one control: they share one vote from then on, in
    /// the group of the first that has one, otherwise in the constituency of the first.
    /// @dev Requirements: caller allowed by Authority; at least two, all with seats, of one group at most.
    function affiliate(address[] calldata organizations, bytes32 reason) external;

    /// @notice Decides that an organization has a vote of its own again.
    /// @dev Requirements: caller allowed by Authority; it is in a group. Emits {Separated}.
    function separate(address organization, bytes32 reason) external;

    /// @notice Decides that an organization has no vote for now.
    /// @dev Requirements: caller allowed by Authority; an active seat. Emits {Suspended}. Proposals
    /// with an earlier snapshot keep its vote.
    function suspend(address organization, bytes32 reason) external;

    /// @notice Decides that a suspended organization votes again.
    /// @dev Requirements: caller allowed by Authority; a suspended seat. Emits {Reinstated}.
    function reinstate(address organization, bytes32 reason) external;

    /// @notice Decides that an organization's seat ends.
    /// @dev Requirements: caller allowed by Authority; it holds a seat. Emits {Expelled}.
    /// Proposals with an earlier snapshot keep its vote. It can apply again, and only a decision admits it.
    function expel(address organization, bytes32 reason) external;

    /// @notice Agrees that an organization changes to the constituency of its adoption in force.
    /// @dev Requirements: caller allowed by Authority; it holds a seat; the adoption names another
    /// constituency. Emits {ConstituencyChanged}.
    function changeConstituency(address organization, bytes32 reason) external;

    /// @notice Brings about what follows when an organization did not adopt the text in force in time;
    /// anyone may call.
    /// @dev Requirements: an active seat; the rule has a consequence; the grace period is over; not
    /// adopted. Emits {Lapsed} or {Exited}.
    /// @custom:power anyone, when the rule allows it and the grace period is over; at once; the
    /// organization, which adopts
    function lapse(address organization) external;

    /// @notice Gives a lapsed organization its vote back when it has adopted; anyone may call.
    /// @dev Emits {Resumed}.
    /// @custom:power anyone, when the organization has adopted; at once; nobody
    function resume(address organization) external;

    /// @notice Replaces the caller's profile.
    /// @dev Requirements: the caller holds an active seat. While members look at an application, what
    /// they look at stays as it is. Emits {ProfileChanged}.
    function changeProfile(bytes32 profile) external;

    /// @notice Replaces the rule of admission and begins a new period.
    /// @dev Requirements: caller allowed by Authority. Running applications keep their window.
    function setAdmission(Admission calldata admission) external;

    /// @notice Replaces what follows an amendment.
    /// @dev Requirements: caller allowed by Authority. Emits {ReadoptionChanged}.
    function setReadoption(Readoption calldata readoption) external;

    /// @notice Adds a constituency; none can be removed.
    /// @dev Requirements: caller allowed by Authority; at most 64.
    function addConstituency(bytes28 name) external;

    /// @notice Adds a kind of organization; none can be removed.
    /// @dev Requirements: caller allowed by Authority; at most 255.
    function addKind(bytes32 name) external;

    /// @notice The rule of admission.
    function admission() external view returns (Admission memory);

    /// @notice What follows an amendment.
    function readoption() external view returns (Readoption memory);

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

    /// @notice The active seat of `account`, and where its vote counts; 0 when it has none.
    function seatOf(address account) external view returns (uint32 seat, uint8 votesIn);

    /// @notice Where the vote of `account` counted at `time`; 0 when it had none.
    /// @return bits 0-31 ordinal | 32-39 constituency | 40 always set.
    function placeAt(address account, uint48 time) external view returns (uint256);

    /// @notice {placeAt} for many accounts.
    function placesAt(address[] calldata accounts, uint48 time)
        external
        view
        returns (uint256[] memory);

    /// @notice Group number `group`, from 1.
    function groupOf(uint32 group) external view returns (Group memory);

    /// @notice Of whom `organization` has declared that they are under one control, while that waits for the
    /// other's word; 0 for nobody.
    function declaredBy(address organization) external view returns (address);

    /// @notice The EIP-712 digest that an applicant signs.
    function hashApplication(Application calldata application) external view returns (bytes32);

    /// @notice The EIP-712 digest that both accounts sign.
    function hashMove(Move calldata move) external view returns (bytes32);

    /// @notice Each constituency's seats at `time`, in order of index.
    function censusAt(uint48 time) external view returns (Census[] memory);

    /// @notice 4: one vote is 10,000 units.
    function decimals() external pure returns (uint8);
}
