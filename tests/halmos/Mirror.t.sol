// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface Files {
    function readFile(string calldata path) external view returns (string memory);
    function indexOf(string calldata text, string calldata part) external pure returns (uint256);
}

/// @dev The proofs repeat some private expressions of the contracts: here is where they still stand.
contract MirrorTest {
    Files private constant FILES = Files(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function test_M1_the_expressions_that_the_proofs_repeat_are_the_contracts() external view {
        string memory assembly_ = FILES.readFile("contracts/Assembly.sol");
        _holds(assembly_, "return (uint40(place) >> PAGE_BITS, place & (VotePages.SEATS - 1));");
        _holds(assembly_, "return constituency << 32 - PAGE_BITS | page;");
        _holds(assembly_, "uint256 private constant PAGE_BITS = 7;");
        _holds(assembly_, "uint256 private constant NO_PAGE = type(uint256).max;");
        _holds(assembly_, "require(against + inFavour + abstain == Rules.UNITS_PER_SEAT");
        _holds(assembly_, "if (poll.page.voted(bit)) return false;");

        string memory membership = FILES.readFile("contracts/Membership.sol");
        _holds(membership, "uint256 private constant PLACED = 1 << 40;");
        _holds(
            membership,
            "return PLACED | uint256(uint8(standing >> 184)) << 32 | uint32(standing >> 104);"
        );
    }

    function _holds(string memory source, string memory expression) private pure {
        require(FILES.indexOf(source, expression) != type(uint256).max, expression);
    }
}
