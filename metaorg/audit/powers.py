"""Who may call what now, when it takes effect and who can stop it: from storage and events.

What guards a function is known of the shipped contracts (`guards.json`); who passes the guard is
asked of the chain. Against the founding, after which nobody but a decision has a power of its own,
every difference is a finding, also one that came and went.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metaorg.audit.entrances import Entrance, entrances, zero
from metaorg.audit.events import Happened
from metaorg.audit.executions import deciding
from metaorg.audit.findings import Finding, Findings, difference, unknown
from metaorg.audit.looks import log, view
from metaorg.audit.pending import pending
from metaorg.audit.roles import EVERYBODY, NOBODY, Held, Holdings, Said
from metaorg.audit.statement import Pending, Power, Role
from metaorg.errors import ContractReverted
from metaorg.onchain import abi, reverts
from metaorg.onchain.artifacts import load
from metaorg.onchain.authority import ADMINISTRATOR, Authority
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import Rulebook, describe_rule, rule_of
from metaorg.onchain.timelock import ROLES
from metaorg.rules.decision import AMENDMENT, ORDINARY
from metaorg.times import duration, moment
from metaorg.types import Address, Model

DECISION = "a decision"
STOPPED_BY = "votes against"
KERNEL = ("rulebook", "timelock", "authority", "meta_organization", "inter_constitution")
"""Modules whose functions always need the amendment rule. Source: Rulebook.ruleFor."""
_TIMELOCK_ROLES = {
    "DEFAULT_ADMIN_ROLE": "administrator",
    "PROPOSER_ROLE": "proposer",
    "EXECUTOR_ROLE": "executor",
    "CANCELLER_ROLE": "canceller",
}
_TARGETED = ("setTargetClosed", "setTargetFunctionRole", "updateAuthority")
"""Functions of the Authority that wait for the delay of their target."""
_STRANGER = "0x" + "0" * 36 + "dEaD"


class Powers(Model):
    """Who may call what.

    Args:
        rows: by module and function; several for a function that several may call. roles: that are
            held. pending: what was scheduled. findings: what is not as the founding left it.
    """

    rows: tuple[Power, ...]
    roles: tuple[Role, ...]
    pending: tuple[Pending, ...]
    findings: tuple[Finding, ...]


def powers(reading: Reading, modules: Modules, events: Sequence[Happened]) -> Powers:
    """Who may call what at the reading's block.

    Args:
        events: of all modules from the founding on, in order, with or without votes.

    Raises:
        ChainUnreachable, ContractReverted: what storage says could not be read.
    """
    said = _saying(modules, events)
    table = _Table(reading, modules, events)
    waiting, unaccounted = pending(reading, modules, events)
    now = reading.block.time
    return Powers(
        rows=tuple(row for one in entrances() for row in table.rows(one)),
        roles=table.holdings.rows(now),
        pending=waiting,
        findings=(
            *table.holdings.findings(now, said),
            *table.findings(said),
            *table.initializable(),
            *unaccounted,
        ),
    )


def _saying(modules: Modules, events: Sequence[Happened]) -> Said:
    decided = deciding(modules, events)

    def said(event: Happened) -> str:
        numbers = decided.get(event.transaction)
        if not numbers:
            return "without a decision"
        return f"as proposal {' and '.join(map(str, numbers))} decided"

    return said


class _Table:
    """The Authority's table, the rules of decision, and who holds which role."""

    def __init__(self, reading: Reading, modules: Modules, events: Sequence[Happened]) -> None:
        self._reading, self._modules, self._now = reading, modules, reading.block.time
        self.holdings = Holdings(reading, modules, events)
        self._opened: dict[tuple[Address, bytes], list[Happened]] = {}
        self._shut: dict[Address, list[Happened]] = {}
        delayed: set[Address] = set()
        for event in events:
            if event.contract == modules.authority:
                self._follow(event, delayed)
        self._roles = self._function_roles()
        self._closed = self._asked("isTargetClosed", {*_addresses(modules), *self._shut})
        self._delays = self._asked("getTargetAdminDelay", {*_addresses(modules), *delayed})
        self._rules = self._decision_rules()

    def rows(self, one: Entrance) -> Iterator[Power]:
        """Who may call a function: a row for each."""
        guard = one.guard
        if guard.guard == "revert":
            yield _row(one, "nobody: it always reverts")
        elif guard.guard == "initializer":
            yield _row(one, "nobody: the founding did")
        elif guard.guard == "onlyActive":
            yield _row(one, "an active seat", guard.when or "at once", guard.stop or "nobody")
        elif guard.guard == "restricted":
            yield from self._restricted(one)
        elif guard.guard == "onlyAuthorized":
            yield from self._authorized(one)
        elif guard.guard in _TIMELOCK_ROLES:
            yield from self._by_role(one, "timelock", _timelock_role(guard.guard))
        elif guard.who == DECISION:
            yield self._decided(one)
        else:
            yield _row(one, guard.who, guard.when, guard.stop)

    def findings(self, said: Said) -> Findings:
        """Functions that others may call than the founding let, and contracts that are closed."""
        for (target, selector), role in self._roles.items():
            changes = self._opened.get((target, selector), [])
            yield from self._opening(target, selector, role, changes, said)
        for target, closed in self._closed.items():
            yield from self._closing(target, closed, self._shut.get(target, []), said)

    def initializable(self) -> Findings:
        """Every contract was initialized: nobody can do it again."""
        for one in entrances():
            if one.guard.guard == "initializer":
                yield from self._initialized(one)

    # ------------------------------------------------------------------ rows

    def _restricted(self, one: Entrance) -> Iterator[Power]:
        """Whom the Authority lets call. Source: AccessManager.canCall."""
        target = getattr(self._modules, one.module)
        if self._closed[target]:
            yield _row(one, "nobody: the Authority has closed this contract")
            return
        role = self._roles[target, one.selector]
        if role == EVERYBODY:
            yield _row(one, "anyone", "at once", "nobody")
        yield from self._by_role(one, "authority", role)

    def _authorized(self, one: Entrance) -> Iterator[Power]:
        """Who changes the table. Source: AccessManager._getAdminRestrictions."""
        yield from self._by_role(one, "authority", ADMINISTRATOR)
        if one.name in ("grantRole", "revokeRole"):
            for number, terms in self.holdings.terms.items():
                if terms.admin != ADMINISTRATOR:
                    yield from self._by_role(one, "authority", terms.admin, f", role {number}")

    def _by_role(self, one: Entrance, contract: str, role: Any, of: str = "") -> Iterator[Power]:
        """A row for each holder of a role."""
        holders = self.holdings.of(contract, role)
        for held in holders:
            if held.key.account == self._modules.timelock and not held.delay:
                yield self._decided(one, of)
            else:
                yield self._held(one, held, of)
        if not holders and role != EVERYBODY:
            yield _row(one, "nobody")

    def _decided(self, one: Entrance, of: str = "") -> Power:
        address = getattr(self._modules, one.module)
        rule = self._rules.get((address, one.selector), "")
        when = "when executed"
        if one.name in _TARGETED and one.module == "authority":
            when += "".join(
                f"; {duration(delay)} after it is scheduled for {target}"
                for target, delay in self._delays.items()
                if delay
            )
        return _row(one, DECISION + of, when, STOPPED_BY, rule)

    def _held(self, one: Entrance, held: Held, of: str) -> Power:
        account = held.key.account
        name = self.holdings.name(account)
        who = "anyone" if account == NOBODY else name or account
        when = f"{duration(held.delay)} after it is scheduled" if held.delay else "at once"
        if held.since > self._now:
            when += f", from {moment(held.since)} on"
        stop = "nobody"
        if held.delay:
            guardian = self.holdings.terms[held.key.role].guardian
            stop = f"a decision, or whoever has role {guardian} of the Authority"
        return _row(one, who + of, when, stop)

    # ------------------------------------------------------------------ findings

    def _opening(
        self, target: Address, selector: bytes, role: int, changes: list[Happened], said: Said
    ) -> Findings:
        subject = f"calls of {self._function(target, selector)}"
        wanted, address = "role 0 (administrator) only", self._modules.authority
        asked = view("Authority", address, "getTargetFunctionRole", target, selector)
        looks = [asked, *map(log, changes)]
        told = changes[-1].arguments["roleId"] if changes else ADMINISTRATOR
        how = f", since block {changes[-1].block}, {said(changes[-1])}" if changes else ""
        strange = [one for one in changes if one.arguments["roleId"] != ADMINISTRATOR]
        if role != ADMINISTRATOR:
            seen = f"role {role}{' (everybody)' * (role == EVERYBODY)}"
            how = how if told == role else ", which no event tells"
            yield difference("powers.function", subject, wanted, seen + how, looks)
        elif told != role:
            yield difference("powers.untold", subject, f"role {told}, as events tell", "0", looks)
        elif strange:
            one = strange[0]
            seen = f"role {one.arguments['roleId']} from block {one.block} on, {said(one)}"
            seen += f"; until block {changes[-1].block}, {said(changes[-1])}"
            yield difference("powers.function-in-between", subject, wanted, seen, looks)

    def _closing(
        self, target: Address, closed: bool, changes: list[Happened], said: Said
    ) -> Findings:
        subject = f"{self._contract(target)} in the table of the Authority"
        asked = view("Authority", self._modules.authority, "isTargetClosed", target)
        looks = [asked, *map(log, changes)]
        told = bool(changes) and changes[-1].arguments["closed"]
        if closed:
            how = f", since block {changes[-1].block}, {said(changes[-1])}" if told else ""
            yield difference("powers.closed", subject, "open", "closed" + how, looks)
        elif told:
            yield difference("powers.untold", subject, "closed, as events tell", "open", looks)

    def _initialized(self, one: Entrance) -> Findings:
        """The contract refuses to be initialized again, and for that reason."""
        address = getattr(self._modules, one.module)
        entry = load(one.module.title().replace("_", "")).selectors[one.selector]
        zeros = [zero(parameter) for parameter in entry["inputs"]]
        data = abi.encode_call(entry, zeros)
        looks = [view(one.module.title().replace("_", ""), address, one.name, *zeros)]
        code, subject = "powers.initializable", f"{one.module}.{one.signature}"
        wanted = "refused: it was initialized once"
        try:
            self._reading.call(address, data, _STRANGER)
        except NodeRefused as refusal:
            error = reverts.explain(refusal)
            if not isinstance(error, ContractReverted):
                yield unknown(code, subject, wanted, str(error), looks)
            elif error.name != "InvalidInitialization":
                yield difference(code, subject, wanted, f"refused otherwise: {error}", looks)
            return
        yield difference(code, subject, wanted, "open to anybody", looks)

    def _function(self, target: Address, selector: bytes) -> str:
        for one in entrances():
            if one.selector == selector and getattr(self._modules, one.module) == target:
                return f"{one.module}.{one.signature}"
        return f"0x{selector.hex()} on {target}"

    def _contract(self, target: Address) -> str:
        return self.holdings.name(target) or target

    # ------------------------------------------------------------------ what is read

    def _follow(self, event: Happened, delayed: set[Address]) -> None:
        given = event.arguments
        if event.name == "TargetFunctionRoleUpdated":
            key = (given["target"], given["selector"])
            self._opened.setdefault(key, []).append(event)
        elif event.name == "TargetClosed":
            self._shut.setdefault(given["target"], []).append(event)
        elif event.name == "TargetAdminDelayUpdated":
            delayed.add(given["target"])

    def _function_roles(self) -> dict[tuple[Address, bytes], int]:
        """The role that each restricted function needs, and each that events tell of."""
        restricted = {
            (getattr(self._modules, one.module), one.selector)
            for one in entrances()
            if one.guard.guard == "restricted"
        }
        keys = sorted({*restricted, *self._opened})
        calls = [("getTargetFunctionRole", key) for key in keys]
        return dict(zip(keys, self._authority.reads(self._reading, calls), strict=True))

    def _asked(self, function: str, targets: set[Address]) -> dict[Address, Any]:
        """What the Authority says of each target."""
        wanted = sorted(targets)
        answers = self._authority.reads(self._reading, [(function, (one,)) for one in wanted])
        return dict(zip(wanted, answers, strict=True))

    @property
    def _authority(self) -> Authority:
        return Authority(self._modules.authority)

    def _decision_rules(self) -> dict[tuple[Address, bytes], str]:
        """The rule that a decision about each function needs, in words."""
        book = Rulebook(self._modules.rulebook)
        keys = [(getattr(self._modules, one.module), one.selector) for one in entrances()]
        asked = [("ruleFor", ([address], [selector])) for address, selector in keys]
        own = [("assignedRule", key) for key in keys if key[1]]
        answers = book.reads(self._reading, [*asked, *own])
        rules = [describe_rule(rule_of(raw)) for raw in answers[: len(asked)]]
        assigned = dict(zip((key for key in keys if key[1]), answers[len(asked) :], strict=True))
        kernel = {getattr(self._modules, name) for name in KERNEL}
        return {
            key: f"{_which(key[0] in kernel, assigned.get(key))}: {rule}"
            for key, rule in zip(keys, rules, strict=True)
        }


def _row(one: Entrance, who: str, when: str = "", stop: str = "", rule: str = "") -> Power:
    return Power(
        contract=one.module, function=one.signature, who=who, when=when, rule=rule, stop=stop
    )


def _which(kernel: bool, assigned: Mapping[str, Any] | None) -> str:
    """Which rule it is."""
    if kernel:
        return "amendment, always"
    number = assigned["index"] if assigned and assigned["assigned"] else AMENDMENT
    return {ORDINARY: "ordinary", AMENDMENT: "amendment"}.get(number, f"rule {number}")


def _timelock_role(guard: str) -> bytes:
    return next(role for role, name in ROLES.items() if name == _TIMELOCK_ROLES[guard])


def _addresses(modules: Modules) -> Iterator[Address]:
    return (getattr(modules, name) for name in Modules.model_fields)
