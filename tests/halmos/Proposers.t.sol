// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../forge/Vm.sol";
import {Proposers} from "contracts/libraries/Proposers.sol";

/// @dev Of any text of the lengths that stand above each check: nothing before the suffix, less than a
/// word, a word and around it. What is read is always the last 52 bytes.
contract ProposersProofs {
    bytes12 private constant MARKER = "#proposer=0x";

    /// @dev `capitals` says of each digit whether it is written in capitals, should it be a letter.
    /// @custom:halmos --array-lengths prefix={0,1,12,31,32,33,64}
    function check_A1_a_suffix_allows_its_account_and_nobody_else(
        bytes memory prefix,
        address named,
        uint40 capitals,
        address proposer
    ) external pure {
        bytes memory text = abi.encodePacked(prefix, MARKER, _digits(named, capitals));

        assert(Proposers.allows(string(text), proposer) == (proposer == named));
    }

    /// @custom:halmos --array-lengths text={0,1,31,32,51}
    function check_A2_a_text_without_room_for_a_suffix_allows_everybody(
        bytes memory text,
        address proposer
    ) external pure {
        assert(Proposers.allows(string(text), proposer));
    }

    /// @custom:halmos --array-lengths prefix={0,1,31,32,33},digits=40
    function check_A3_a_text_without_the_marker_allows_everybody(
        bytes memory prefix,
        bytes12 marker,
        bytes memory digits,
        address proposer
    ) external pure {
        vm.assume(marker != MARKER);

        assert(Proposers.allows(string(abi.encodePacked(prefix, marker, digits)), proposer));
    }

    /// @custom:halmos --array-lengths prefix={0,1,31,32,33},digits=40
    function check_A4_a_marker_allows_one_account_at_most(
        bytes memory prefix,
        bytes memory digits,
        address one,
        address other
    ) external pure {
        string memory text = string(abi.encodePacked(prefix, MARKER, digits));
        vm.assume(Proposers.allows(text, one) && Proposers.allows(text, other));

        assert(one == other);
    }

    /// @dev 40 hex digits, one by one and without branches: 10 and more are 7 (capital) or 39 further.
    function _digits(address account, uint40 capitals) private pure returns (bytes memory text) {
        uint256 first = 0;
        uint256 last = 0;
        unchecked {
            for (uint256 i = 0; i < 40; ++i) {
                uint256 digit = uint160(account) >> 4 * (39 - i) & 15;
                uint256 letter = digit + 6 >> 4;
                uint256 small = ~(capitals >> i) & 1;
                uint256 character = 48 + digit + letter * 7 + (letter & small) * 32;
                if (i < 20) first = first << 8 | character;
                else last = last << 8 | character;
            }
        }
        return abi.encodePacked(uint160(first), uint160(last));
    }
}
