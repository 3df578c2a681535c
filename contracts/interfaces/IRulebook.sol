// SPDX-License-Identifier: MIT
pragma solidity >=0.8.27;

/// @notice A decision rule: one storage slot.
/// @param methods how votes become a decision, a set of bits, all of which must agree; the larger, the
/// stricter. 1 majority: for exceeds the approval's share of (for + against). 2 weighted: the sum of each
/// constituency's share in favour times its fixed weight exceeds the approval. 4 majority in every
/// constituency that has seats; with 1, as *each class*. 8 consent: fewer votes against than `objections`.
/// @param approval basis points that must be exceeded, 5,000 to 9,999; 0 for consent alone.
/// @param quorum basis points of the active seats at the snapshot that must take part (for, against or
/// abstain); 0 to 10,000.
/// @param objections consent: so many votes against stop the decision; each needs a reason. 0 otherwise.
/// @param closing percent of the voting period, at its end, in which a vote that changes the outcome
/// extends the voting once, by as long again; 0 for never.
/// @param upgradable whether a constituency can ask for *each class* before voting starts.
/// @param delay seconds between queueing and execution.
/// @param votingPeriod seconds in which votes are cast; at least 1, below 2^31.
struct Rule {
    uint8 methods;
    uint16 approval;
    uint16 quorum;
    uint16 objections;
    uint8 closing;
    bool upgradable;
    uint32 delay;
    uint32 votingPeriod;
}

/// @notice The first content of a rulebook.
/// @param votingDelay seconds from proposal to voting.
/// @param openProposals how many proposals of one seat can be open at once, 1 to 5.
/// @param weights of the constituencies in basis points, 10,000 together; none where no rule is weighted.
/// @param rules ordinary, amendment, then others.
struct Terms {
    uint32 votingDelay;
    uint8 openProposals;
    uint16[] weights;
    Rule[] rules;
}

/// @notice The votes of one constituency in one proposal, in units (10,000 a seat), and its active seats
/// at the snapshot.
struct ClassTally {
    uint256 against;
    uint256 inFavour;
    uint256 abstain;
    uint256 seats;
}

/// @title How decisions are made: rules by number, by target and selector, and what they say of votes.
/// @notice An action has the rule that is assigned to its target and selector; without one, the amendment
/// rule when the target is a contract of this meta-organization, and the ordinary rule when it is not. The
/// kernel (Rulebook, Timelock, Authority, MetaOrganization, InterConstitution) always needs the amendment
/// rule. Several actions together need all that each of them needs.
/// Assumptions: a contract of this meta-organization answers `authority()` with its Authority.
/// Powers: only a decision changes anything here; open proposals keep the rule they began with.
interface IRulebook {
    /// @notice Rule number `index` is now this one; 0 is the ordinary rule, 1 the amendment rule.
    event RuleSet(uint8 indexed index, Rule rule);
    /// @notice Calls of `selector` on `target` now need rule number `index`.
    event RuleAssigned(address indexed target, bytes4 indexed selector, uint8 index);
    /// @notice Calls of `selector` on `target` have no rule of their own any more.
    event RuleUnassigned(address indexed target, bytes4 indexed selector);
    /// @notice The constituencies' fixed weights, in basis points, are now these: edition `edition`.
    event WeightsSet(uint8 indexed edition, uint16[] weights);
    /// @notice The time between proposal and voting is now `votingDelay` seconds.
    event VotingDelayChanged(uint32 votingDelay);
    /// @notice Each seat can now have `openProposals` proposals open at once.
    event OpenProposalsChanged(uint8 openProposals);

    /// @notice A rule is out of range: methods 1 to 15 (4 only with 1), approval 5,000 to 9,999 (consent alone: 0), quorum
    /// at most 10,000, objections for consent and only there, closing at most 100, a voting period below 2^31.
    error RulebookRuleInvalid(Rule rule);
    /// @notice The amendment rule may in no respect be weaker than the ordinary rule.
    error RulebookAmendmentWeaker(Rule amendment, Rule ordinary);
    /// @notice There is no rule with this number, or no room for another.
    error RulebookRuleUnknown(uint8 index);
    /// @notice What the kernel does always needs the amendment rule.
    error RulebookRuleFixed(address target, bytes4 selector);
    /// @notice Weights are 10,000 together, one for each of at most 64 constituencies, in at most 255
    /// editions.
    error RulebookWeightsInvalid(uint16[] weights);
    /// @notice A weighted rule needs the constituencies' weights; set them first.
    error RulebookWeightsMissing();
    /// @notice A seat has 1 to 5 proposals open at once.
    error RulebookOpenProposalsInvalid(uint8 openProposals);
    /// @notice A proposal has at least one action, with one piece of call data each.
    error RulebookActionsInvalid(uint256 targets, uint256 calldatas);

    /// @notice Sets rule number `index`; `index` = the number of rules adds one.
    /// @dev Requirements: caller allowed by Authority. Emits {RuleSet}. Open proposals keep theirs.
    function setRule(uint8 index, Rule calldata rule) external;

    /// @notice Gives calls of `selector` on `target` a rule of their own.
    /// @dev Requirements: caller allowed by Authority; the target is not of the kernel.
    /// Emits {RuleAssigned}.
    function assignRule(address target, bytes4 selector, uint8 index) external;

    /// @notice Takes the rule of its own from calls of `selector` on `target`.
    /// @dev Requirements: caller allowed by Authority. Emits {RuleUnassigned}.
    function unassignRule(address target, bytes4 selector) external;

    /// @notice Sets the constituencies' fixed weights, in order of index.
    /// @dev Requirements: caller allowed by Authority. Emits {WeightsSet}. Open proposals keep theirs.
    function setWeights(uint16[] calldata weights) external;

    /// @notice Sets the time between proposal and voting.
    /// @dev Requirements: caller allowed by Authority. Emits {VotingDelayChanged}.
    function setVotingDelay(uint32 votingDelay) external;

    /// @notice Sets how many proposals of one seat can be open at once.
    /// @dev Requirements: caller allowed by Authority. Emits {OpenProposalsChanged}.
    function setOpenProposals(uint8 openProposals) external;

    /// @notice All rules by number.
    function rules() external view returns (Rule[] memory);

    /// @notice Rule number `index`.
    function ruleAt(uint8 index) external view returns (Rule memory);

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

    /// @notice {ruleFor}, and what else holds for a proposal that is made now: the edition of the weights,
    /// seconds until voting, and how many proposals a seat can have open.
    function termsFor(address[] calldata targets, bytes[] calldata calldatas)
        external
        view
        returns (Rule memory rule, uint8 edition, uint32 votingDelay, uint8 openProposals);

    /// @notice Whether votes of these tallies, with this edition of the weights, pass under `rule`.
    function passes(Rule calldata rule, uint8 edition, ClassTally[] calldata tallies)
        external
        view
        returns (bool);

    /// @notice `rule` as one number: the larger, the stricter.
    function strictness(Rule calldata rule) external pure returns (uint256);

    /// @notice The number of the latest edition of the weights; 0 before the first.
    function edition() external view returns (uint8);

    /// @notice The constituencies' weights in edition `edition`, in basis points; none in edition 0.
    function weights(uint8 edition) external view returns (uint16[] memory);

    /// @notice Seconds between proposal and voting.
    function votingDelay() external view returns (uint32);

    /// @notice How many proposals of one seat can be open at once.
    function openProposals() external view returns (uint8);
}
