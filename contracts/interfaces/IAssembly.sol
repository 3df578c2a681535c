// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @notice How votes become a decision; later ones are the stricter.
/// @dev Weighted and Consent have their place in the order and cannot be chosen yet.
enum Method {
    Majority,
    Weighted,
    EachClass,
    Consent
}

/// @notice A decision rule: one storage slot.
/// @param method see {Method}.
/// @param approval basis points of (for + against) that the votes in favour must exceed, over all
/// constituencies; 5,000 to 9,999.
/// @param quorum basis points of the active seats at the snapshot that must take part (for, against or
/// abstain); 0 to 10,000.
/// @param delay seconds between queueing and execution.
/// @param votingPeriod seconds in which votes are cast; at least 1.
struct Rule {
    Method method;
    uint16 approval;
    uint16 quorum;
    uint32 delay;
    uint32 votingPeriod;
}

/// @notice The votes of one constituency in one proposal, in units (10,000 a seat), and its active seats
/// at the snapshot.
struct ClassTally {
    uint256 against;
    uint256 inFavour;
    uint256 abstain;
    uint256 seats;
}

/// @title All active seats deciding: OpenZeppelin's Governor over seats, with rules chosen by action.
/// @notice The rule of a proposal is as strict, in every part, as each of the rules of its actions and the
/// ordinary rule; it is never the proposer's choice, and is frozen when it is proposed. An action has the
/// rule that is assigned to its target and selector; without one, the amendment rule when the target is a
/// contract of this meta-organization, and the ordinary rule when it is not. The kernel (Assembly, Timelock, Authority, MetaOrganization,
/// InterConstitution) always needs the amendment rule.
/// Assumptions: a contract of this meta-organization answers `authority()` with its Authority.
/// Powers: the proposer can cancel until voting starts; nobody can veto.
interface IAssembly {
    /// @notice Rule number `index` is now this one; 0 is the ordinary rule, 1 the amendment rule.
    event RuleSet(uint8 indexed index, Rule rule);
    /// @notice Calls of `selector` on `target` now need rule number `index`.
    event RuleAssigned(address indexed target, bytes4 indexed selector, uint8 index);
    /// @notice Calls of `selector` on `target` have no rule of their own any more.
    event RuleUnassigned(address indexed target, bytes4 indexed selector);
    /// @notice This rule decides `proposalId`, whatever changes later.
    event RuleFrozen(uint256 indexed proposalId, Rule rule);
    /// @notice The time between proposal and voting is now `votingDelay` seconds.
    event VotingDelayChanged(uint32 votingDelay);

    /// @notice This seat has voted on this proposal already.
    error AssemblyAlreadyVoted(uint256 proposalId, address account);
    /// @notice Only an organization with an active seat can vote.
    error AssemblySeatRequired(address account);
    /// @notice The seat became active after the proposal's snapshot; it votes on later proposals.
    error AssemblySeatTooRecent(address account, uint256 snapshot);
    /// @notice A vote is 0 (against), 1 (for) or 2 (abstain).
    error AssemblySupportUnknown(uint8 support);
    /// @notice A rule is out of range: approval 5,000 to 9,999, quorum at most 10,000, a voting period.
    error AssemblyRuleInvalid(Rule rule);
    /// @notice This method of decision cannot be chosen yet.
    error AssemblyMethodUnavailable(Method method);
    /// @notice The amendment rule may in no respect be weaker than the ordinary rule.
    error AssemblyAmendmentWeaker(Rule amendment, Rule ordinary);
    /// @notice There is no rule with this number, or no room for another.
    error AssemblyRuleUnknown(uint8 index);
    /// @notice What the kernel does always needs the amendment rule.
    error AssemblyRuleFixed(address target, bytes4 selector);

    /// @notice Sets rule number `index`; `index` = the number of rules adds one.
    /// @dev Requirements: caller allowed by Authority. Emits {RuleSet}. Open proposals keep theirs.
    function setRule(uint8 index, Rule calldata rule) external;

    /// @notice Gives calls of `selector` on `target` a rule of their own.
    /// @dev Requirements: caller allowed by Authority; the target is not of the kernel.
    function assignRule(address target, bytes4 selector, uint8 index) external;

    /// @notice Takes the rule of its own from calls of `selector` on `target`.
    /// @dev Requirements: caller allowed by Authority.
    function unassignRule(address target, bytes4 selector) external;

    /// @notice Sets the time between proposal and voting.
    /// @dev Requirements: caller allowed by Authority.
    function setVotingDelay(uint32 votingDelay) external;

    /// @notice All rules by number.
    function rules() external view returns (Rule[] memory);

    /// @notice Whether calls of `selector` on `target` have a rule of their own, and which.
    function assignedRule(address target, bytes4 selector)
        external
        view
        returns (bool assigned, uint8 index);

    /// @notice The rule that a proposal of these actions would have now.
    function ruleFor(address[] calldata targets, bytes[] calldata calldatas)
        external
        view
        returns (Rule memory);

    /// @notice The rule that decides `proposalId`.
    function proposalRule(uint256 proposalId) external view returns (Rule memory);

    /// @notice The votes and seats of each constituency, in order of index.
    function proposalTallies(uint256 proposalId) external view returns (ClassTally[] memory);

    /// @notice All votes against, for and abstaining, in units.
    function proposalVotes(uint256 proposalId)
        external
        view
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);

    /// @notice One page of votes as stored: 128 voted bits and three tallies of 42 bits.
    function votePage(uint256 proposalId, uint8 constituency, uint32 page)
        external
        view
        returns (uint256);

    /// @notice The register of seats, where votes come from.
    function token() external view returns (address);

    /// @notice What executes decisions.
    function timelock() external view returns (address);
}
