"""`docs/powers.md`: who may do what, when it takes effect, under which rule, who can stop it.

Read from the contracts (`contracts.py`) and from how the factory wires them (`wiring.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from metaorg.onchain.artifacts import CONTRACTS
from tools.docs.contracts import Function, PowerUnknown, Sources
from tools.docs.wiring import Wiring, founded

HEAD = """\
# Powers

Who may call which function, when it takes effect, under which rule, and who can stop it. Generated
by `make docs` from the contracts and from a meta-organization that is founded for it; a test fails
when it is stale.

**A decision** is a proposal that passed: it takes effect when it is executed, after the voting
period and the delay of its rule. Until voting starts its proposer can cancel it; from then on only
votes against stop it, and nobody once it has passed. **Amendment** is the strictest rule. What is
always under it cannot be given another one. *Own, else amendment* stands where a decision under the
amendment rule can give a function a rule of its own; `metaorg assembly rules` and the charter show
them. Actions on contracts of others have the ordinary rule. A proposal of several actions needs all
that each of them needs.

What is not listed only reads.
"""
DECISION = "a decision"


@dataclass(frozen=True)
class Power:
    """One row."""

    function: str
    who: str
    when: str
    rule: str
    stop: str


def page() -> str:
    """The whole page."""
    sources, wiring = Sources.of_the_project(), founded()
    sections = [_section(name, sources.functions(name), wiring) for name in CONTRACTS]
    return "\n".join([HEAD, _wired(wiring), *sections])


def power(function: Function, wiring: Wiring) -> Power:
    """What a function gives to whom.

    Raises:
        PowerUnknown: neither code nor NatSpec says it.
    """
    who, when, stop = _derived(function, wiring) or _told(function)
    if len(function.tag) == 2 and function.guard:
        when, stop = function.tag
    rule = "" if who != DECISION else _rule(function.contract, wiring)
    return Power(function.name, who, when, rule, stop)


def _derived(function: Function, wiring: Wiring) -> tuple[str, str, str] | None:
    """Who, when and who stops it, as the code says; None when it does not."""
    guard = function.guard
    if guard and len(function.tag) == 3:
        raise PowerUnknown(
            f"{function}: {guard} says who may call it, so @custom:power says only "
            "`when; who can stop it`"
        )
    if not guard:
        return None
    if guard == "revert":
        return "nobody: it always reverts", "", ""
    if guard == "initializer":
        return "nobody: the founding did", "", ""
    if guard == "onlyActive":
        return "an active seat", "at once", "nobody"
    holder = _holder(guard, wiring)
    if holder == "Timelock":
        return DECISION, "when executed", "votes against"
    return f"{holder} only", "at once", "nobody"


def _holder(guard: str, wiring: Wiring) -> str:
    """Who a modifier lets through, by the wiring."""
    if guard == "onlyGovernance":
        return wiring.executor
    if not guard.endswith("_ROLE"):
        return wiring.administrator
    return " and ".join(sorted(wiring.roles[guard])) or "nobody"


def _told(function: Function) -> tuple[str, str, str]:
    if len(function.tag) == 3:
        who, when, stop = function.tag
        return who, when, stop
    raise PowerUnknown(
        f"{function}: who may call it cannot be derived; say it in its NatSpec: "
        "`@custom:power who; when it takes effect; who can stop it`"
    )


def _rule(contract: str, wiring: Wiring) -> str:
    return "amendment, always" if contract in wiring.kernel else "own, else amendment"


def _section(name: str, functions: list[Function], wiring: Wiring) -> str:
    rows = [power(function, wiring) for function in functions]
    return "\n".join([f"## {name}\n", *_table(rows), ""])


def _table(rows: list[Power]) -> Iterator[str]:
    yield "| function | who | takes effect | rule | who can stop it |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| `{row.function}` | {row.who} | {row.when} | {row.rule} | {row.stop} |"


def _wired(wiring: Wiring) -> str:
    """What the founding leaves behind, in a list."""
    roles = [
        f"- `{role}` of the Timelock: {' and '.join(sorted(wiring.roles[role])) or 'nobody'}."
        for role in sorted(wiring.roles)
    ]
    kernel = ", ".join(name for name in CONTRACTS if name in wiring.kernel)
    lines = [
        "## After the founding\n",
        f"- Administrator of the Authority, the only one its empty table lets through: "
        f"{wiring.administrator}.",
        f"- What the Assembly obeys: {wiring.executor}.",
        *roles,
        f"- Always under the amendment rule: {kernel}.\n",
    ]
    return "\n".join(lines)
