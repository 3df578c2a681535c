// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @notice Who may read a resource. The chain enforces nothing here; sealing does.
enum Access {
    Public,
    Members,
    Parties
}

/// @notice A resource's record.
/// @param steward the number of the seat that answers for it.
/// @param codec the CID's codec: 0x55 raw, 0x70 dag-pb, 0x71 dag-cbor.
/// @param access see {Access}.
/// @param publishedAt when it was published, Unix seconds; 0 for no such resource.
/// @param citations how often it was cited.
/// @param retiredAt since when its steward advises against it, Unix seconds; 0 for not.
/// @param licence SPDX identifier, ASCII, padded with zeros.
/// @param description sha2-256 of its description, canonical JSON in one raw block.
/// @param previous digest of the version before it; 0 for the first.
struct Resource {
    uint32 steward;
    uint8 codec;
    Access access;
    uint48 publishedAt;
    uint32 citations;
    uint48 retiredAt;
    bytes32 licence;
    bytes32 description;
    bytes32 previous;
}

/// @title Shared resources, by the hash of their content.
/// @notice The chain says who answers for what under which licence; the content is on IPFS.
/// What only some are to read is sealed before it is published; an envelope gives its key to seats.
/// Assumptions: digests are sha2-256. Powers: only active seats write, each about its own resources; a
/// decision gives a resource whose steward is gone to another seat.
interface ICommons {
    /// @notice Seat `steward` published resource `digest`.
    event Published(
        bytes32 indexed digest,
        uint32 indexed steward,
        uint8 codec,
        Access access,
        bytes32 licence,
        bytes32 description,
        bytes32 previous
    );
    /// @notice Seat `seat` uses resource `digest`. What it is used in: `context`.
    /// @dev `context` is a sha2-256, or 0.
    event Cited(bytes32 indexed digest, uint32 indexed seat, bytes32 context);
    /// @notice Envelope `envelope` opens resource `digest` for seats `seats`.
    event Granted(bytes32 indexed digest, bytes32 indexed envelope, uint32[] seats);
    /// @notice Seats `seats` are no longer meant to use resource `digest`, for `reason`.
    event Revoked(bytes32 indexed digest, bytes32 indexed reason, uint32[] seats);
    /// @notice Resource `digest` was retired for `reason`.
    event Retired(bytes32 indexed digest, bytes32 reason);
    /// @notice Seat `to` answers for resource `digest` now, and no longer seat `from`; a decision says why.
    event Entrusted(bytes32 indexed digest, uint32 indexed from, uint32 indexed to, bytes32 reason);

    /// @notice Only an organization with an active seat can publish and cite.
    error CommonsSeatRequired(address account);
    /// @notice This content is in the commons already; cite it, or publish what differs.
    error CommonsResourceKnown(bytes32 digest);
    /// @notice The commons has no resource with this hash.
    error CommonsResourceUnknown(bytes32 digest);
    /// @notice Only the steward of a resource can do this; others cite it, or publish their own.
    error CommonsStewardRequired(bytes32 digest, uint32 steward);
    /// @notice A resource needs a hash, a known codec, a licence and a description.
    error CommonsResourceInvalid(bytes32 digest, uint8 codec);
    /// @notice Everybody may read this resource; access is granted to sealed ones.
    error CommonsResourcePublic(bytes32 digest);
    /// @notice This resource is retired already.
    error CommonsResourceRetired(bytes32 digest);
    /// @notice A grant names an envelope and at least one seat.
    error CommonsGrantInvalid(bytes32 digest);
    /// @notice A decision that gives a resource to another steward names its reason.
    error CommonsReasonRequired(bytes32 digest);
    /// @notice This seat was never granted access to the resource, or it was revoked.
    error CommonsGrantUnknown(bytes32 digest, uint32 seat);
    /// @notice A resource can only be entrusted to another seat that is active.
    error CommonsSuccessorInvalid(uint32 seat);

    /// @notice Publishes a resource, or with `previous` a new version of one.
    /// @dev Requirements: active seat; content not known; the previous version is the caller's.
    /// Emits {Published}.
    /// @custom:power an active seat, a new version only its steward; at once; nobody
    function publish(
        bytes32 digest,
        uint8 codec,
        Access access,
        bytes32 licence,
        bytes32 description,
        bytes32 previous
    ) external;

    /// @notice Records that the caller uses a resource.
    /// @dev Requirements: active seat; resource known. Emits {Cited}.
    /// @custom:power an active seat; at once; nobody
    function cite(bytes32 digest, bytes32 context) external;

    /// @notice Records that `envelope` opens a sealed resource for `seats`; again for a new envelope.
    /// @dev Requirements: the caller is its steward with an active seat; it is not public; an envelope
    /// and seats are given. Emits {Granted}.
    /// @custom:power its steward; at once; nobody
    /// @param envelope sha2-256 of the envelope, canonical JSON in one raw block.
    function grant(bytes32 digest, uint32[] calldata seats, bytes32 envelope) external;

    /// @notice Records that `seats` are no longer meant to use a resource.
    /// @dev Requirements: the caller is its steward with an active seat; each of them was granted
    /// access. Emits {Revoked}.
    /// @dev Warning: what was opened once stays known; this takes no key away.
    /// @custom:power its steward; at once; nobody
    /// @param reason sha2-256 of the reason, canonical JSON in one raw block.
    function revoke(bytes32 digest, uint32[] calldata seats, bytes32 reason) external;

    /// @notice Advises everybody not to use a resource any longer; it stays on record.
    /// @dev Requirements: the caller is its steward with an active seat; not retired before. Emits
    /// {Retired}.
    /// @custom:power its steward; at once; nobody
    /// @param reason sha2-256 of the reason, canonical JSON in one raw block.
    function retire(bytes32 digest, bytes32 reason) external;

    /// @notice Gives a resource to another steward.
    /// @dev Requirements: the caller is its steward with an active seat; `seat` is another active one.
    /// Emits {Entrusted}.
    /// @custom:power its steward; at once; nobody
    function entrust(bytes32 digest, uint32 seat) external;

    /// @notice Gives a resource to another steward, by decision.
    /// @dev Requirements: caller allowed by Authority; `seat` is another active one; a reason. Emits
    /// {Entrusted}.
    function entrustByDecision(bytes32 digest, uint32 seat, bytes32 reason) external;

    /// @notice Whether `seat` was granted access to resource `digest`, and it was not revoked.
    function granted(bytes32 digest, uint32 seat) external view returns (bool);

    /// @notice Which of the seats 256 * `page` and up are granted access to resource `digest`, a bit each.
    function grants(bytes32 digest, uint32 page) external view returns (uint256);

    /// @notice The record of resource `digest`.
    /// @dev Reverts with {CommonsResourceUnknown}.
    function resource(bytes32 digest) external view returns (Resource memory);

    /// @notice How many resources there are.
    function count() external view returns (uint256);

    /// @notice At most `limit` digests in order of publication, from number `from` (0 is the first).
    function page(uint256 from, uint256 limit) external view returns (bytes32[] memory);
}
