// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @notice A signed act that anyone may send.
/// @param target the contract. @param gas what it may use at most. @param data the call.
struct Relayed {
    address target;
    uint256 gas;
    bytes data;
}

/// @title Many signed acts of many organizations in one transaction.
/// @notice A bad one spoils only itself. Powers: none; whoever is to be convinced, is convinced by the
/// signature in the act.
interface IRelay {
    /// @notice Act number `index`, for `target`, was refused; `answer` is the error.
    event ActRefused(uint256 indexed index, address indexed target, bytes answer);

    /// @notice The transaction has too little gas left for act number `index`; send fewer, or more gas.
    error RelayGasMissing(uint256 index);

    /// @notice Calls one target after the other, whatever becomes of each.
    /// @dev Emits {ActRefused} for each that failed.
    /// @custom:power anyone, each act as its own function says; at once; nobody
    function relay(Relayed[] calldata acts) external returns (uint256 done);
}
