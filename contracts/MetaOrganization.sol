// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "./base/Governed.sol";
import {IERC4824} from "./interfaces/IERC4824.sol";
import {IMetaOrganization} from "./interfaces/IMetaOrganization.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

/// @title MetaOrganization
/// @dev Immutable arguments: authority.
contract MetaOrganization is IMetaOrganization, Governed, ERC165 {
    /// @inheritdoc IMetaOrganization
    string public name;
    /// @inheritdoc IMetaOrganization
    bytes32 public charter;
    /// @inheritdoc IERC4824
    string public daoURI;
    /// @inheritdoc IMetaOrganization
    mapping(bytes32 name => address) public module;

    /// @notice Called once, by the factory, in the founding transaction.
    function initialize(
        string calldata name_,
        bytes32 charter_,
        bytes32[] calldata names,
        address[] calldata modules
    ) external initializer {
        name = name_;
        charter = charter_;
        emit CharterChanged(charter_);

        for (uint256 i = 0; i < names.length; ++i) {
            _register(names[i], modules[i]);
        }
    }

    /// @inheritdoc IMetaOrganization
    function register(bytes32 name_, address module_) external restricted {
        require(
            name_ != 0 && module_.code.length != 0, MetaOrganizationModuleInvalid(name_, module_)
        );

        _register(name_, module_);
    }

    /// @inheritdoc IMetaOrganization
    function setCharter(bytes32 digest) external restricted {
        charter = digest;
        emit CharterChanged(digest);
    }

    /// @inheritdoc IMetaOrganization
    function setDaoURI(string calldata uri) external restricted {
        daoURI = uri;
        emit DAOURIUpdate(address(this), uri);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC4824).interfaceId || super.supportsInterface(interfaceId);
    }

    function _register(bytes32 name_, address module_) private {
        module[name_] = module_;
        emit ModuleRegistered(name_, module_);
    }
}
