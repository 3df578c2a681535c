// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "./base/Governed.sol";
import {Access, ICommons, Resource} from "./interfaces/ICommons.sol";
import {IMembership, Standing, Status} from "./interfaces/IMembership.sol";
import {Cids} from "./libraries/Cids.sol";
import {CloneArguments} from "./libraries/CloneArguments.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Commons
/// @dev Immutable arguments: authority, membership.
contract Commons is ICommons, Governed {
    bytes32[] private _digests;
    mapping(bytes32 digest => Resource) private _resources;

    /// @inheritdoc ICommons
    function publish(
        bytes32 digest,
        uint8 codec,
        Access access,
        bytes32 licence,
        bytes32 description,
        bytes32 previous
    ) external {
        uint32 steward = _activeSeat();
        bool known = codec == Cids.RAW || codec == Cids.DAG_PB || codec == Cids.DAG_CBOR;
        require(
            digest != 0 && known && licence != 0 && description != 0,
            CommonsResourceInvalid(digest, codec)
        );
        require(_resources[digest].publishedAt == 0, CommonsResourceKnown(digest));
        if (previous != 0) {
            Resource storage former = _known(previous);
            require(former.steward == steward, CommonsStewardRequired(previous, former.steward));
        }

        _resources[digest] = Resource({
            steward: steward,
            codec: codec,
            access: access,
            publishedAt: uint48(block.timestamp),
            citations: 0,
            licence: licence,
            description: description,
            previous: previous
        });
        _digests.push(digest);
        emit Published(digest, steward, codec, access, licence, description, previous);
    }

    /// @inheritdoc ICommons
    function cite(bytes32 digest, bytes32 context) external {
        uint32 seat = _activeSeat();
        Resource storage cited = _known(digest);

        ++cited.citations;
        emit Cited(digest, seat, context);
    }

    /// @inheritdoc ICommons
    function resource(bytes32 digest) external view returns (Resource memory) {
        return _known(digest);
    }

    /// @inheritdoc ICommons
    function count() external view returns (uint256) {
        return _digests.length;
    }

    /// @inheritdoc ICommons
    function page(uint256 from, uint256 limit) external view returns (bytes32[] memory digests) {
        uint256 total = _digests.length;
        digests = new bytes32[](Math.min(limit, Math.saturatingSub(total, from)));
        for (uint256 i = 0; i < digests.length; ++i) {
            digests[i] = _digests[from + i];
        }
    }

    function _known(bytes32 digest) private view returns (Resource storage known) {
        known = _resources[digest];
        require(known.publishedAt != 0, CommonsResourceUnknown(digest));
    }

    function _activeSeat() private view returns (uint32) {
        Standing memory standing = IMembership(CloneArguments.read(1)).standingOf(msg.sender);
        require(standing.status == Status.Active, CommonsSeatRequired(msg.sender));
        return standing.seat;
    }
}
