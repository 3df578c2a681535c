"""How a meta-organization is governed, in words: the Markdown behind `governanceURI`."""

import re
from collections.abc import Iterator

from metaorg.dao.facts import FRONT_DOOR, NEWEST, Assignment, Facts
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.rules.admission import Admission, AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import Method, Rule, percent
from metaorg.rules.voting import closing_part
from metaorg.times import duration, moment

KERNEL = (FRONT_DOOR, "interConstitution", "rulebook", "timelock", "authority")
"""Contracts whose functions always need the amendment rule."""
NAMED = ("ordinary rule", "amendment rule")
_CONSEQUENCES = {
    Consequence.SHOWN: "nothing follows but that it is shown",
    Consequence.SUSPENDED: "anyone may have its vote suspended until it adopts",
    Consequence.EXITED: "anyone may have its seat ended",
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
        _readoption(facts.readoption),
        "## Decisions",
        _decisions(facts),
        _rules(facts),
        _weights(facts),
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
    kinds = ", ".join(map(_line, facts.kinds))
    classes = [
        f"- {_line(name)}: {_count(seats, 'seat')}, {_count(votes, 'vote')}"
        for (name, seats), votes in zip(facts.constituencies, facts.votes, strict=True)
    ]
    votes = _count(sum(facts.votes), "vote")
    return (
        f"Active seats: {len(facts.members)}, with {votes}. Each seat has one vote; affiliated "
        "organizations, which are under one control, share one. Active seats of affiliated "
        f"organizations: {facts.affiliated}. Each seat belongs to a constituency, and each vote is "
        f"counted in one:\n\n{_lines(classes)}\n\nKinds of organizations: {kinds}.\n\nWho "
        "was expelled, or left while suspended, can come back by decision only."
    )


def _admission(rule: Admission) -> str:
    pace = (
        f"Without a decision, at most {percent(rule.share)} of the active seats, and at least "
        f"{rule.floor}, are admitted in {duration(rule.period)}."
    )
    if rule.method == AdmissionMethod.OPEN:
        return f"Admission is open: an applicant takes its seat at once. {pace}"
    if rule.method == AdmissionMethod.DECISION:
        return "Admission is by decision: the Assembly decides on every application."
    return (
        f"Admission is by lazy consent: for {duration(rule.window)} after an application any "
        "active member may object with a reason. Without an objection anyone may finish it; with "
        f"one, the Assembly decides. {pace}"
    )


def _readoption(rule: Readoption) -> str:
    return (
        f"After an amendment of the text, every organization has {duration(rule.grace)} to adopt "
        f"it or leave. When one has not adopted it by then, {_CONSEQUENCES[rule.consequence]}."
    )


def _decisions(facts: Facts) -> str:
    return (
        "Members decide in the Assembly. Any of them may propose, and have "
        f"{_count(facts.open_proposals, 'proposal')} open at once; voting begins "
        f"{duration(facts.voting_delay)} later. What a proposal does determines its rule, which "
        "stays as it is then: everything that the rules of all its actions ask for, each in its "
        "strictest part. A vote can be split. Ties fail; abstentions count for taking part only. "
        "What was decided is queued, and anyone may have it carried out when the delay is over."
    )


def _rules(facts: Facts) -> str:
    return _lines(f"- {_name(number)}: {_rule(rule)}" for number, rule in enumerate(facts.rules))


def _rule(rule: Rule) -> str:
    parts = [
        rule.methods.words,
        *_methods(rule),
        *([f"at least {percent(rule.quorum)} of the votes take part"] if rule.quorum else []),
        f"{duration(rule.voting_period)} of voting, {duration(rule.delay)} of delay",
        *_chances(rule),
    ]
    return "; ".join(parts) + "."


def _methods(rule: Rule) -> Iterator[str]:
    """What each method of a rule asks for; all of them must agree."""
    more = f"more than {percent(rule.approval)}"
    if Method.MAJORITY in rule.methods:
        yield f"in favour are {more} of all votes for and against"
    if Method.WEIGHTED in rule.methods:
        yield f"the shares in favour in the constituencies, each by its weight, are {more} together"
    if Method.IN_EACH_CLASS in rule.methods:
        yield "in every constituency that has votes, more are for than against"
    if Method.CONSENT in rule.methods:
        yield f"votes against, each with a reason, are fewer than {rule.objections}"


def _chances(rule: Rule) -> Iterator[str]:
    """What can happen to a proposal on the way."""
    if rule.closing:
        last = duration(closing_part(rule))
        yield (
            f"a vote in the last {last} that changes the outcome extends the voting once, by {last}"
        )
    if rule.upgradable and Method.IN_EACH_CLASS not in rule.methods:
        yield (
            "before voting begins, more than half of the votes of a constituency can ask that "
            "every constituency must be in favour, unless somebody is to be expelled"
        )


def _weights(facts: Facts) -> str:
    """The constituencies' weights; empty where none are set."""
    if not facts.weights:
        return ""
    named = zip(facts.constituencies, facts.weights, strict=False)
    listed = [f"- {_line(name)}: {percent(weight)}" for (name, _), weight in named]
    return (
        "Weights of the constituencies, where a rule is weighted; that of a constituency in which "
        f"nobody votes for or against is lost:\n\n{_lines(listed)}"
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
    count = facts.earlier + len(facts.activities)
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


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _line(text: str) -> str:
    """Somebody's name on one line, so that it cannot begin a heading of its own."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def _lines(lines: "list[str] | Iterator[str]") -> str:
    return "\n".join(lines)
