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
    mapping(bytes32 digest => mapping(uint32 page => uint256 bits)) public grants;

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
            _own(previous, steward);
        }

        _resources[digest] = Resource({
            steward: steward,
            codec: codec,
            access: access,
            publishedAt: uint48(block.timestamp),
            citations: 0,
            retiredAt: 0,
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
    function grant(bytes32 digest, uint32[] calldata seats, bytes32 envelope) external {
        require(_own(digest).access != Access.Public, CommonsResourcePublic(digest));
        require(envelope != 0 && seats.length > 0, CommonsGrantInvalid(digest));

        for (uint256 i = 0; i < seats.length; ++i) {
            grants[digest][seats[i] >> 8] |= _bit(seats[i]);
        }
        emit Granted(digest, envelope, seats);
    }

    /// @inheritdoc ICommons
    function revoke(bytes32 digest, uint32[] calldata seats, bytes32 reason) external {
        _own(digest);

        for (uint256 i = 0; i < seats.length; ++i) {
            require(granted(digest, seats[i]), CommonsGrantUnknown(digest, seats[i]));
            grants[digest][seats[i] >> 8] &= ~_bit(seats[i]);
        }
        emit Revoked(digest, reason, seats);
    }

    /// @inheritdoc ICommons
    function retire(bytes32 digest, bytes32 reason) external {
        Resource storage own = _own(digest);
        require(own.retiredAt == 0, CommonsResourceRetired(digest));

        own.retiredAt = uint48(block.timestamp);
        emit Retired(digest, reason);
    }

    /// @inheritdoc ICommons
    function entrust(bytes32 digest, uint32 seat) external {
        _entrust(digest, _own(digest), seat, 0);
    }

    /// @inheritdoc ICommons
    function entrustByDecision(bytes32 digest, uint32 seat, bytes32 reason) external restricted {
        require(reason != 0, CommonsReasonRequired(digest));
        _entrust(digest, _known(digest), seat, reason);
    }

    /// @inheritdoc ICommons
    function granted(bytes32 digest, uint32 seat) public view returns (bool) {
        return grants[digest][seat >> 8] & _bit(seat) != 0;
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

    function _entrust(bytes32 digest, Resource storage known, uint32 seat, bytes32 reason) private {
        uint32 from = known.steward;
        IMembership membership = _membership();
        Status status = membership.standingOf(membership.accountOf(seat)).status;
        require(seat != from && status == Status.Active, CommonsSuccessorInvalid(seat));

        known.steward = seat;
        emit Entrusted(digest, from, seat, reason);
    }

    function _own(bytes32 digest) private view returns (Resource storage own) {
        return _own(digest, _activeSeat());
    }

    function _own(bytes32 digest, uint32 seat) private view returns (Resource storage own) {
        own = _known(digest);
        require(own.steward == seat, CommonsStewardRequired(digest, own.steward));
    }

    function _known(bytes32 digest) private view returns (Resource storage known) {
        known = _resources[digest];
        require(known.publishedAt != 0, CommonsResourceUnknown(digest));
    }

    function _activeSeat() private view returns (uint32) {
        Standing memory standing = _membership().standingOf(msg.sender);
        require(standing.status == Status.Active, CommonsSeatRequired(msg.sender));
        return standing.seat;
    }

    function _membership() private view returns (IMembership) {
        return IMembership(CloneArguments.read(1));
    }

    function _bit(uint32 seat) private pure returns (uint256) {
        return 1 << (seat & 0xff);
    }
}
