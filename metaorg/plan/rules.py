"""How decisions are made: the rules, what needs them, the weights, and the Timelock's delay."""

from collections.abc import Sequence

from metaorg.charter import Charter
from metaorg.onchain.artifacts import load
from metaorg.onchain.in_force import InForce
from metaorg.onchain.rulebook import Rulebook
from metaorg.onchain.timelock import Timelock
from metaorg.onchain.words import rule_parts, shown
from metaorg.plan.difference import Differences, Left, Step, parts_step, step
from metaorg.rules.decision import AMENDMENT, ORDINARY, Rule, no_weaker, percent, strictest
from metaorg.times import in_one_unit
from metaorg.types import Address


def rule_differences(now: InForce, charter: Charter, constituencies: Sequence[str]) -> Differences:
    """What differs in the rulebook, in the order in which calls work.

    Args:
        constituencies: those that there will be, by index.
    """
    weights = [*_weights(now, charter, constituencies)]
    yield from weights
    if now.weights or not any(isinstance(one, Left) for one in weights):
        yield from _rules(now, charter)
        yield from _assignments(now, charter)
    else:
        why = "a weighted rule needs weights, which cannot be set as long as that is so"
        yield Left(field="rules", on_chain=None, declared=", ".join(charter.rule_names()), why=why)
    yield from _times(now, charter)


def first_rules(now: Sequence[Rule], becomes: Sequence[Rule]) -> list[tuple[int, Rule]]:
    """The ordinary and the amendment rule in the order in which they can be set.

    The contract refuses every step after which the amendment rule would be weaker than the
    ordinary one. Where neither can come first, the amendment rule is for a moment as strict as its
    old and its new self together.

    Args:
        now, becomes: ordinary and amendment rule; in both, the second is no weaker.
    """
    wanted = [(number, becomes[number]) for number in (ORDINARY, AMENDMENT)]
    steps = [(number, rule) for number, rule in wanted if rule != now[number]]
    if len(steps) < 2 or no_weaker(now[AMENDMENT], becomes[ORDINARY]):
        return steps
    if no_weaker(becomes[AMENDMENT], now[ORDINARY]):
        return steps[::-1]
    return [(AMENDMENT, strictest([now[AMENDMENT], becomes[AMENDMENT]])), *steps]


def _weights(now: InForce, charter: Charter, constituencies: Sequence[str]) -> Differences:
    declared = charter.declaration.weights
    was = {name: percent(now.weight(index)) for index, name in enumerate(constituencies)}
    if not declared:
        if now.weights:
            why = "weights stay once they were set; where no rule is weighted they change nothing"
            weighed = ", ".join(f"{shown(name)} {share}" for name, share in was.items())
            yield Left(field="weights", on_chain=weighed, declared=None, why=why)
        return
    unknown = [name for name in declared if name not in constituencies]
    if unknown:
        names = ", ".join(unknown)
        why = f"there will be no constituency of this name: {names}"
        yield Left(field="weights", on_chain=None, declared=names, why=why)
        return
    weights = [declared.get(name, 0) for name in constituencies]
    becomes = {name: percent(one) for name, one in zip(constituencies, weights, strict=True)}
    if not now.weights or was != becomes:
        call = _rulebook(now).set_weights(weights)
        yield parts_step("weights", was, becomes, call)


def _rules(now: InForce, charter: Charter) -> Differences:
    names = charter.rule_names()
    rules = [charter.declaration.rules[name].rule() for name in names]
    for number, rule in first_rules(now.rules[:2], rules[:2]):
        yield _rule_step(now, number, names[number], rule, rules[number])
    for number, rule in enumerate(rules[2:], 2):
        if number >= len(now.rules) or rule != now.rules[number]:
            yield _rule_step(now, number, names[number], rule, rule)
    for number, rule in enumerate(now.rules[len(rules) :], len(rules)):
        why = "a rule cannot be removed; declare it under any name, or leave it unused"
        yield Left(field=f"rules.{number}", on_chain=_shown(rule), declared=None, why=why)


def _rule_step(now: InForce, number: int, name: str, rule: Rule, wanted: Rule) -> Step:
    """One call; the changes stand with the one that sets what is wanted."""
    field, call = f"rules.{name}", _rulebook(now).set_rule(number, rule)
    if rule != wanted:
        return Step(changes=(), calls=(call,))
    if number >= len(now.rules):
        return step(field, None, _shown(rule), call)
    return parts_step(field, rule_parts(now.rules[number]), rule_parts(rule), call)


def _assignments(now: InForce, charter: Charter) -> Differences:
    names, rulebook = charter.rule_names(), _rulebook(now)
    addresses = {"membership": now.modules.membership, "commons": now.modules.commons}
    declared = {
        (addresses[module], selector): names.index(rule)
        for (module, selector), rule in charter.assignments().items()
    }
    for key, number in declared.items():
        was = now.assigned.get(key)
        if was != number:
            before = None if was is None else _name(names, was)
            call = rulebook.assign_rule(*key, number)
            yield step(_field(now, *key), before, names[number], call)
    for key in sorted(now.assigned.keys() - declared.keys()):
        call = rulebook.unassign_rule(*key)
        yield step(_field(now, *key), _name(names, now.assigned[key]), None, call)


def _times(now: InForce, charter: Charter) -> Differences:
    declared, rulebook = charter.declaration, _rulebook(now)
    delay = declared.rules["ordinary"].delay
    if delay != now.minimum_delay:
        call = Timelock(now.modules.timelock).update_delay(delay)
        was, becomes = in_one_unit(now.minimum_delay), in_one_unit(delay)
        yield step("rules.ordinary.delay (Timelock)", was, becomes, call)
    if declared.voting_delay != now.voting_delay:
        call = rulebook.set_voting_delay(declared.voting_delay)
        was, becomes = in_one_unit(now.voting_delay), in_one_unit(declared.voting_delay)
        yield step("voting_delay", was, becomes, call)
    if declared.open_proposals != now.open_proposals:
        call = rulebook.set_open_proposals(declared.open_proposals)
        was, becomes = str(now.open_proposals), str(declared.open_proposals)
        yield step("open_proposals", was, becomes, call)


def _rulebook(now: InForce) -> Rulebook:
    return Rulebook(now.modules.rulebook)


def _shown(rule: Rule) -> str:
    return ", ".join(f"{part} {value}" for part, value in rule_parts(rule).items())


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else f"rule {number}"


def _field(now: InForce, target: Address, selector: bytes) -> str:
    """A function as `assignments` names it, or by address and selector."""
    contract = now.contracts.get(target, "")
    entry = load(contract).selectors.get(selector) if contract else None
    current = target in (now.modules.membership, now.modules.commons)
    if entry is None or not current:
        return f"assignments.0x{selector.hex()} of {target}"
    return f"assignments.{contract.lower()}.{entry['name']}"
