"""How a meta-organization is governed, in words: the Markdown behind `governanceURI`."""

import re
from collections.abc import Iterator

from metaorg.dao.facts import FRONT_DOOR, NEWEST, Assignment, Facts
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.rules.admission import Admission, AdmissionMethod
from metaorg.rules.decision import Method, Rule, percent
from metaorg.times import duration, moment

KERNEL = (FRONT_DOOR, "interConstitution", "assembly", "timelock", "authority")
"""Contracts whose functions always need the amendment rule."""
NAMED = ("ordinary rule", "amendment rule")
_METHODS = {
    Method.MAJORITY: "of all votes for and against",
    Method.WEIGHTED: "of the shares of the constituencies, each with its weight",
    Method.EACH_CLASS: "of all votes for and against, and a majority in every constituency that "
    "has seats",
    Method.CONSENT: "without objections beyond what the rule allows",
}


def governance(facts: Facts, purpose: str) -> str:
    """The governance of a meta-organization as Markdown, with a line end."""
    parts = [
        f"# Governance of {_line(facts.name)}",
        purpose.strip(),
        f"As of block {facts.block.number} of chain {facts.chain_id}, {moment(facts.block.time)}.",
        "## The text that binds all",
        _text(facts),
        "## Members",
        _members(facts),
        _admission(facts.admission),
        "## Decisions",
        _decisions(facts),
        _rules(facts),
        _assignments(facts),
        _omitted(facts),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _text(facts: Facts) -> str:
    version = facts.version
    return (
        f"Version {version.number} of the InterConstitution is in force since "
        f"{moment(version.since)}: <{version.text.uri}>, sha2-256 `{version.text.digest.hex()}`. "
        "An organization adopts it by its signature before it can hold a seat."
    )


def _members(facts: Facts) -> str:
    seats = [f"- {_line(name)}: {count}" for name, count in facts.constituencies]
    kinds = ", ".join(map(_line, facts.kinds))
    return (
        f"Active seats, each with one vote: {len(facts.members)}. Each belongs to a "
        f"constituency:\n\n{_lines(seats)}\n\nKinds of organizations: {kinds}."
    )


def _admission(rule: Admission) -> str:
    pace = (
        f"Without a decision, at most {percent(rule.share)} of the active seats, and at least "
        f"{rule.floor}, are admitted in {duration(rule.period)}."
    )
    if rule.method == AdmissionMethod.OPEN:
        return f"Admission is open: an applicant takes its seat at once. {pace}"
    return (
        f"Admission is by lazy consent: for {duration(rule.window)} after an application any "
        "active member may object with a reason. Without an objection anyone may finish it; with "
        f"one, the Assembly decides. {pace}"
    )


def _decisions(facts: Facts) -> str:
    return (
        "Members decide in the Assembly. Any of them may propose; voting begins "
        f"{duration(facts.voting_delay)} later. What a proposal does determines its rule: the "
        "strictest part of the rules of all its actions. Ties fail; abstentions count for the "
        "quorum only. What was decided is queued, and anyone may have it carried out when the "
        "delay is over."
    )


def _rules(facts: Facts) -> str:
    return _lines(f"- {_name(number)}: {_rule(rule)}" for number, rule in enumerate(facts.rules))


def _rule(rule: Rule) -> str:
    return (
        f"{rule.method.words}; in favour are more than {percent(rule.approval)} "
        f"{_METHODS[rule.method]}; at least {percent(rule.quorum)} of the active seats take part; "
        f"{duration(rule.voting_period)} of voting, {duration(rule.delay)} of delay."
    )


def _assignments(facts: Facts) -> str:
    always = ", ".join(KERNEL)
    rest = (
        f"Calls to {always} always need the amendment rule, and so does every function of the "
        "network's other contracts without a rule of its own; calls to anything else need the "
        "ordinary rule."
    )
    listed = [f"- `{_function(facts, one)}`: {_name(one.rule)}" for one in facts.assignments]
    if not listed:
        return rest
    return f"Functions with a rule of their own:\n\n{_lines(listed)}\n\n{rest}"


def _omitted(facts: Facts) -> str:
    """What the other documents leave out; empty when they leave out nothing."""
    count = len(facts.activities)
    if count <= NEWEST:
        return ""
    return f"The activity log holds the newest {NEWEST:,} of {count:,} proposals and votes."


def _function(facts: Facts, assigned: Assignment) -> str:
    """A function as people know it, like `membership.decide`; by its selector if it is unknown."""
    for name, address in facts.contracts:
        contract = name[:1].upper() + name[1:]
        if address == assigned.target and contract in CONTRACTS:
            entry = load(contract).selectors.get(assigned.selector)
            if entry is not None:
                return f"{name}.{entry['name']}"
    return f"0x{assigned.selector.hex()} on {assigned.target}"


def _name(number: int) -> str:
    return NAMED[number] if number < len(NAMED) else f"rule {number}"


def _line(text: str) -> str:
    """Somebody's name on one line, so that it cannot begin a heading of its own."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def _lines(lines: "list[str] | Iterator[str]") -> str:
    return "\n".join(lines)
