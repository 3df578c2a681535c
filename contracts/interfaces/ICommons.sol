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
/// @param licence SPDX identifier, ASCII, padded with zeros.
/// @param description sha2-256 of its description, canonical JSON in one raw block.
/// @param previous digest of the version before it; 0 for the first.
struct Resource {
    uint32 steward;
    uint8 codec;
    Access access;
    uint48 publishedAt;
    uint32 citations;
    bytes32 licence;
    bytes32 description;
    bytes32 previous;
}

/// @title Shared resources, by the hash of their content.
/// @notice The chain says who answers for what under which licence; the content is on IPFS.
/// Assumptions: digests are sha2-256. Powers: only active seats write, each about its own resources.
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
    /// @notice Seat `seat` uses resource `digest`; `context` is the sha2-256 of what it is used in, or 0.
    event Cited(bytes32 indexed digest, uint32 indexed seat, bytes32 context);

    /// @notice Only an organization with an active seat can publish and cite.
    error CommonsSeatRequired(address account);
    /// @notice This content is in the commons already; cite it, or publish what differs.
    error CommonsResourceKnown(bytes32 digest);
    /// @notice The commons has no resource with this hash.
    error CommonsResourceUnknown(bytes32 digest);
    /// @notice Only its steward can publish a new version of a resource; others cite it.
    error CommonsStewardRequired(bytes32 digest, uint32 steward);
    /// @notice A resource needs a hash, a known codec, a licence and a description.
    error CommonsResourceInvalid(bytes32 digest, uint8 codec);

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

    /// @notice The record of resource `digest`.
    /// @dev Reverts with {CommonsResourceUnknown}.
    function resource(bytes32 digest) external view returns (Resource memory);

    /// @notice How many resources there are.
    function count() external view returns (uint256);

    /// @notice At most `limit` digests in order of publication, from number `from` (0 is the first).
    function page(uint256 from, uint256 limit) external view returns (bytes32[] memory);
}
