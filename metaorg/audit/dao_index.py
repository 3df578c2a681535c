"""Ledgerback's DAO Index: what can be computed is, with its evidence; the rest needs a person."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from metaorg.audit.events import Happened
from metaorg.audit.known import Known
from metaorg.audit.powers import Powers
from metaorg.audit.statement import Indicator
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Reading
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import describe_rule
from metaorg.onchain.words import ether
from metaorg.rules.admission import AdmissionMethod, Consequence
from metaorg.rules.dao_index import decimal, gini, holders_of_half, shares, turnout
from metaorg.rules.decision import AMENDMENT, ClassTally, Method, votes
from metaorg.times import duration
from metaorg.types import Address

PERSON = "needs a person"
"""The answer to what no computation establishes."""
Answer = tuple[str, str | None, str]
"""Answer, number as text, and evidence."""


def dao_index(
    reading: Reading,
    modules: Modules,
    events: Sequence[Happened],
    powers: Powers,
    *,
    tallies: Mapping[int, Sequence[ClassTally]] | None = None,
    adopters: int | None = None,
) -> tuple[Indicator, ...]:
    """Every question of the index, always in the same order.

    Args:
        events: of all modules from the founding on, in order, with or without votes.
        powers: at the same block.
        tallies: of each proposal whose voting is over; asked of the Assembly when absent.
        adopters: accounts that adopted the text; counted in the events when absent.

    Raises:
        ChainUnreachable, ContractReverted: what storage says could not be read.
    """
    index = Known(reading, modules, events, powers, adopters)
    if tallies is not None:
        index.tallies = {number: tallies[number] for number in index.decided}
    return tuple(
        Indicator(key=key, question=question, answer=answer, value=value, evidence=evidence)
        for key, (question, ask) in _QUESTIONS.items()
        for answer, value, evidence in [ask(index)]
    )


# ---------------------------------------------------------------------- how power is spread


def _gini(index: Known) -> Answer:
    equal = [1] * sum(index.active)
    value = gini(equal)
    text = f"{decimal(value)} of votes"
    evidence = f"{len(equal)} active votes, one for each seat or group of affiliated seats"
    weighty = _weighted(index)
    if weighty:
        by_weight = gini(weighty)
        text += f", {decimal(by_weight)} of votes in weighted decisions"
        evidence += f"; by weight exactly {by_weight}, {_weights(index)}"
    return text, decimal(value), evidence


def _half(index: Known) -> Answer:
    equal = [1] * sum(index.active)
    count = holders_of_half(equal)
    text = f"{count} of {len(equal)} votes"
    evidence = "the smallest number of votes that is more than half; each is of another holder"
    weighty = _weighted(index)
    if weighty:
        by_weight = holders_of_half(weighty)
        text += f", {by_weight} in weighted decisions"
        evidence += f"; {_weights(index)}"
    return text, str(count), evidence


def _weighted(index: Known) -> list[Fraction]:
    """The share of each vote; none where no rule is weighted."""
    weighty = any(Method.WEIGHTED in rule.methods for rule in index.now.rules)
    return shares(index.active, index.now.weights) if weighty and index.now.weights else []


def _weights(index: Known) -> str:
    parts = (
        f"{_count(count, 'vote')} with {index.now.weight(number) / 100:g} % together in "
        f"constituency {number}"
        for number, count in enumerate(index.active)
    )
    return ", ".join(parts)


def _turnout(index: Known) -> Answer:
    part = turnout(index.tallies[number] for number in index.decided)
    if part is None:
        return "no proposal was voted on yet", None, "proposals on which voting is over: none"
    cast = sum(
        one.against + one.in_favour + one.abstain
        for tally in index.tallies.values()
        for one in tally
    )
    possible = sum(one.seats for tally in index.tallies.values() for one in tally)
    over = len(index.decided)
    evidence = (
        f"{votes(cast)} of {possible} votes that could be cast on the {over} "
        f"proposal{'' if over == 1 else 's'} on which voting is over, abstentions among them; "
        f"exactly {part}"
    )
    return f"{decimal(part * 100)} %", decimal(part), evidence


def _identity(index: Known) -> Answer:
    register = index.modules.membership
    admitted = index.named(register, "Admitted")
    founding = index.events[0].transaction if index.events else b""
    founders = sum(1 for one in admitted if one.transaction == founding)
    decided = len(index.named(register, "AdmittedByDecision"))
    grouped = len(index.named(register, "Affiliated"))
    evidence = (
        f"established: {index.adopters} accounts adopted the text with a signature of their own; "
        f"of {len(admitted)} admissions {founders} were of founders, {decided} by decision and "
        f"{len(admitted) - founders - decided} without one ({index.now.admission.method.words} "
        f"now); organizations joined a group that shares one vote {grouped} times. A person would "
        "look at whether the accounts are of different legal persons: their profiles, entries in "
        "public registers, and who controls them"
    )
    return PERSON, None, evidence


# ---------------------------------------------------------------------- how it is held to account


def _dispute(index: Known) -> Answer:
    now, means = index.now, list[str]()
    if now.admission.method == AdmissionMethod.LAZY_CONSENT:
        window = duration(now.admission.window)
        means.append(f"any active seat can object to an application for {window}")
    if any(rule.upgradable for rule in now.rules):
        means.append("a constituency can ask that each class must agree")
    if any(Method.CONSENT in rule.methods for rule in now.rules):
        means.append("objections stop a decision by consent")
    objections = len(index.named(index.modules.membership, "Objected"))
    requests = len(index.named(index.modules.assembly, "UpgradeRequested"))
    evidence = (
        f"rules in force; used so far: {_count(objections, 'objection')} to applications, "
        f"{_count(requests, 'request')} that each class must agree. A person would look at "
        "what the text says of disputes between members"
    )
    return ("; ".join(means) or "none in the rules in force"), str(len(means)), evidence


def _treasury(index: Known) -> Answer:
    modules = index.modules
    held = {
        name: index.reading.balance(getattr(modules, name)) for name in ("timelock", "assembly")
    }
    total = sum(held.values())
    if index.strangers:
        spent = f"which may also be spent by {', '.join(index.strangers)}"
    else:
        spent = "spent by decision only"
    evidence = (
        f"balance of the Timelock {ether(held['timelock'])}, of the Assembly "
        f"{ether(held['assembly'])}; who executes is told by the roles. A person would look at "
        "tokens, at accounts elsewhere, and at who holds the bank accounts"
    )
    return f"{ether(total)}, {spent}", ether(total).removesuffix(" ETH"), evidence


def _surplus(index: Known) -> Answer:
    evidence = (
        "no contract of the meta-organization distributes anything, and none knows capital. A "
        f"person would look at the text in force ({index.now.version.text}), the pledges of "
        "patronage, and the accounts of the members"
    )
    return PERSON, None, evidence


def _accountability(index: Known) -> Answer:
    ended = {
        name: len(index.named(index.modules.membership, name))
        for name in ("Suspended", "Expelled", "Reinstated")
    }
    if index.strangers:
        answer = f"there are {_count(len(index.strangers), 'power')} beside the decisions"
        who = "; ".join(index.strangers)
    else:
        answer = "nobody has a power of their own; every seat can be suspended or ended by decision"
        who = "no role but those of the founding, held by Timelock and Assembly"
    counted = ", ".join(f"{count} {name.lower()}" for name, count in ended.items())
    evidence = (
        f"{who}; so far {counted}. A person would look at who speaks and signs for the "
        "meta-organization elsewhere"
    )
    return answer, str(len(index.strangers)), evidence


def _amendment(index: Known) -> Answer:
    now, rule = index.now, index.now.rules[AMENDMENT]
    amended = len(index.named(index.modules.inter_constitution, "Amended")) - 1
    grace = duration(now.readoption.grace)
    after = (
        "who does not adopt it keeps its vote"
        if now.readoption.consequence == Consequence.SHOWN
        else f"who does not adopt it within {grace} is {now.readoption.consequence.words}"
    )
    evidence = f"rule 1 of the Rulebook; version {now.version.number} is in force"
    return f"{describe_rule(rule)}; {after}", str(max(amended, 0)), evidence


def _matrix(index: Known) -> Answer:
    now = index.now
    own = [
        f"{_function(index, target, selector)}: rule {number}"
        for (target, selector), number in sorted(now.assigned.items())
    ]
    answer = (
        f"{_count(len(now.rules), 'rule')}, {_count(len(own), 'function')} with a rule of its own"
    )
    rest = "; the kernel and all other functions of the contracts: rule 1; contracts of others: 0"
    return answer, str(len(now.rules)), ("; ".join(own) or "none assigned") + rest


def _function(index: Known, target: Address, selector: bytes) -> str:
    contract = index.now.contracts.get(target)
    entry = load(contract).selectors.get(selector) if contract else None
    return f"{contract}.{entry['name']}" if entry else f"0x{selector.hex()} on {target}"


def _rights(index: Known) -> Answer:
    found = index.certificates
    count = str(len(found.locked))
    if found.loose or found.movable:
        seen = [f"the certificate of seat {seat} is not locked" for seat in found.loose]
        return "no: " + "; ".join([*seen, *found.movable]), count, "what the certificates answer"
    evidence = (
        f"{_count(found.given, 'seat')} given out; locked() is true for each of the {count} "
        "certificates there are, and every function that transfers, lends, approves or delegates "
        "refuses (tried with one)"
    )
    return "yes: a vote comes with a seat, and neither can be sold", count, evidence


# ---------------------------------------------------------------------- what it does


def _activity(index: Known) -> Answer:
    made = index.named(index.modules.assembly, "ProposalCreated")
    executed = index.named(index.modules.assembly, "ProposalExecuted")
    published = index.named(index.modules.meta_organization, "DAOURIUpdate")
    uri = published[-1].arguments["daoURI"] if published else ""
    answer = f"{_count(len(made), 'proposal')}, {len(executed)} executed; every vote is public"
    told = "its public documents are named on chain" if uri else "no public documents are named"
    return answer, str(len(made)), f"events of the Assembly; {told} (ERC-4824)"


def _compensation(index: Known) -> Answer:
    members = {
        one.arguments[name]
        for event, name in (("Admitted", "organization"), ("Moved", "to"))
        for one in index.named(index.modules.membership, event)
    }
    paid = [one for one in index.executed if one.arguments["value"]]
    own = [one for one in paid if one.arguments["target"] in members]
    total = sum(one.arguments["value"] for one in own)
    evidence = (
        f"decisions sent ETH {_count(len(paid), 'time')}, {_count(len(own), 'time')} to accounts "
        f"that hold or held a seat, {ether(total)} together. A person would look at "
        "tokens, at payments elsewhere, and at what was paid for"
    )
    return PERSON, None, evidence


def _others(index: Known) -> Answer:
    targets, daos, silent = index.others
    count = sum(1 for one in index.executed if one.arguments["target"] in daos)
    evidence = (
        f"of {_count(len(targets), 'outside address', 'es')} that decisions called, {len(daos)} "
        f"answer daoURI() (ERC-4824){': ' if daos else ''}{', '.join(daos)}"
    )
    if silent:
        evidence += f"; the node did not answer for {', '.join(silent)}"
    least = "at least " if silent else ""
    return (
        f"{least}{_count(count, 'call')} to {_count(len(daos), 'other DAO')}",
        str(count),
        evidence,
    )


def _count(number: int, thing: str, plural: str = "s") -> str:
    return f"{number} {thing}" + ("" if number == 1 else plural)


_QUESTIONS: Mapping[str, tuple[str, Callable[[Known], Answer]]] = {
    "gini": ("How unequal are votes (Gini coefficient)?", _gini),
    "half": ("How many accounts have half the power?", _half),
    "turnout": ("How many take part?", _turnout),
    "identity": ("Is each member one person or organization?", _identity),
    "dispute": ("Is there a mechanism for disputes?", _dispute),
    "treasury": ("Is there a collective treasury?", _treasury),
    "surplus": ("Is surplus shared on another basis than capital?", _surplus),
    "accountability": ("Are leaders accountable?", _accountability),
    "amendment": ("Is there a procedure of amendment?", _amendment),
    "matrix": ("Is it said who decides what, and how?", _matrix),
    "rights": ("Are governance rights separate, and not for sale?", _rights),
    "activity": ("Is governance public?", _activity),
    "compensation": ("Is compensation public?", _compensation),
    "others": ("Does it deal with other DAOs?", _others),
}
"""Key -> question, and how it is answered."""
