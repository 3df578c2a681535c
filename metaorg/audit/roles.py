"""Roles in the Timelock and the Authority: what events tell of them, and what storage says."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from metaorg.audit.events import Happened
from metaorg.audit.findings import Findings, Look, difference
from metaorg.audit.looks import log, view
from metaorg.audit.statement import Role
from metaorg.onchain.authority import ADMINISTRATOR, Authority
from metaorg.onchain.chain import Reading
from metaorg.onchain.modules import Modules
from metaorg.onchain.timelock import ROLES, Timelock
from metaorg.onchain.words import quoted
from metaorg.times import duration, moment
from metaorg.types import Address

EVERYBODY = (1 << 64) - 1
"""The role of the Authority that everybody has."""
NOBODY = "0x" + "0" * 40
"""Whoever holds a role of the Timelock as this address holds it for everybody."""
Said = Callable[[Happened], str]
"""Which decision an event belongs to, in words."""


class Key(NamedTuple):
    """A role of an account. contract: "timelock", with 32 bytes, or "authority", with a number."""

    contract: str
    role: Any
    account: Address


class Held(NamedTuple):
    """A role as storage has it.

    Args:
        since: when it begins or began, Unix seconds; 0 in the Timelock, which does not say.
        delay: seconds that each call waits.
    """

    key: Key
    since: int = 0
    delay: int = 0


class Between(NamedTuple):
    """A role that was granted and revoked, or the other way round."""

    key: Key
    granted: Happened
    revoked: Happened


class Holdings:
    """Who holds which role: by the founding, by events, and by storage at the reading's block.

    Args:
        founded: by the founding. told: by events, with the event of the grant. held: in storage,
            also what has not begun yet. between: what events tell of roles that came and went.
        roles: of the Authority that events mention, and those that all have.

    Raises:
        ChainUnreachable, ContractReverted: what storage says could not be read.
    """

    def __init__(self, reading: Reading, modules: Modules, events: Sequence[Happened]) -> None:
        self._modules = modules
        self._names = {getattr(modules, name): name for name in Modules.model_fields}
        self.founded = _founded(modules)
        self.told: dict[Key, Happened] = {}
        self.between: list[Between] = []
        self.labels: dict[int, str] = {}
        self.roles = {ADMINISTRATOR}
        self._revoked: dict[Key, Happened] = {}
        for event in events:
            self._follow(event)
        keys = {*self.founded, *self.told, *self._revoked}
        self.held = {one.key: one for one in _stored(reading, modules, sorted(keys, key=_order))}
        self.terms = _terms(reading, modules, sorted(self.roles))

    def of(self, contract: str, role: Any) -> list[Held]:
        """Who holds a role, in order of accounts."""
        return [one for key, one in self.held.items() if key[:2] == (contract, role)]

    def rows(self, now: int) -> tuple[Role, ...]:
        """Every role that is held."""
        return tuple(
            Role(
                contract=one.key.contract,
                role=self.words(one, now),
                account=one.key.account,
                holder=self.name(one.key.account),
            )
            for one in self.held.values()
        )

    def name(self, account: Address) -> str:
        """An account of the meta-organization in words; empty for a stranger."""
        if account == NOBODY:
            return "everybody"
        field = self._names.get(account)
        return f"the {field.title().replace('_', '')}" if field else ""

    def words(self, one: Held, now: int) -> str:
        """A role, and on which terms an account holds it."""
        parts = [self.role(one.key)]
        if one.delay:
            parts.append(f"each call {duration(one.delay)} after it is scheduled")
        if one.since > now:
            parts.append(f"from {moment(one.since)} on")
        if one.key.contract == "authority":
            parts += self.terms[one.key.role].words
        return ", ".join(parts)

    def role(self, key: Key) -> str:
        """A role by its name or number."""
        if key.contract == "timelock":
            return ROLES.get(key.role) or f"0x{key.role.hex()}"
        if key.role == ADMINISTRATOR:
            return "0 (administrator)"
        label = self.labels.get(key.role, "")
        return f"{key.role} ({quoted(label, 60)})" if label else str(key.role)

    def findings(self, now: int, said: Said) -> Findings:
        """Roles that are not those of the founding, or of which events and storage disagree."""
        for key in sorted({*self.founded, *self.held, *self.told}, key=_order):
            yield from self._compared(key, now, said)
        for one in self.between:
            yield from self._in_between(one, said)
        for number, terms in self.terms.items():
            yield from self._term(number, "admin", terms.admin, "getRoleAdmin")
            yield from self._term(number, "guardian", terms.guardian, "getRoleGuardian")

    def _compared(self, key: Key, now: int, said: Said) -> Findings:
        subject = f"role {self.role(key)} of {key.account} in the {key.contract.title()}"
        founded, held, told = key in self.founded, self.held.get(key), self.told.get(key)
        looks = [self._look(key), *([log(told)] if told else [])]
        if founded != (held is not None):
            change = told if held else self._revoked.get(key)
            how = f" since block {change.block}, {said(change)}" if change else ""
            looks += [log(change)] if change and change is not told else []
            wanted, seen = _holding(founded), _holding(not founded) + how
            yield difference("powers.role", subject, wanted, seen, looks)
        elif held and (held.delay or held.since > now):
            seen = f"held as {self.words(held, now)}"
            yield difference("powers.role", subject, "held, without a delay", seen, looks)
        elif (told is not None) != (held is not None):
            wanted = f"{_holding(told is not None)}, as events tell"
            yield difference("powers.untold", subject, wanted, _holding(held is not None), looks)

    def _in_between(self, one: Between, said: Said) -> Findings:
        subject = (
            f"role {self.role(one.key)} of {one.key.account} in the {one.key.contract.title()}"
        )
        looks = [log(one.granted), log(one.revoked)]
        granted = f"granted in block {one.granted.block}, {said(one.granted)}"
        revoked = f"revoked in block {one.revoked.block}, {said(one.revoked)}"
        if one.key in self.founded and one.key in self.told:
            seen = f"{revoked}, and granted again in block {self.told[one.key].block}"
            looks.append(log(self.told[one.key]))
            yield difference("powers.role-in-between", subject, "never revoked", seen, looks)
        elif one.key not in self.founded:
            seen = f"{granted}, and {revoked}"
            yield difference("powers.role-in-between", subject, "never granted", seen, looks)

    def _term(self, number: int, what: str, role: int, function: str) -> Findings:
        """Other roles that give and take a role, or cancel what it schedules."""
        if role == ADMINISTRATOR:
            return
        subject = f"{what} of role {number} of the Authority"
        looks = [view("Authority", self._modules.authority, function, number)]
        yield difference("powers.role", subject, "role 0", f"role {role}", looks)

    def _look(self, key: Key) -> Look:
        address = getattr(self._modules, key.contract)
        return view(key.contract.title(), address, "hasRole", key.role, key.account)

    def _follow(self, event: Happened) -> None:
        contract = self._names.get(event.contract, "")
        if contract not in ("timelock", "authority"):
            return
        given = event.arguments
        if "roleId" in given and given["roleId"] != EVERYBODY:
            self.roles.add(given["roleId"])
        if event.name == "RoleLabel":
            self.labels[given["roleId"]] = given["label"]
        if event.name not in ("RoleGranted", "RoleRevoked"):
            return
        role = given["role"] if contract == "timelock" else given["roleId"]
        key = Key(contract, role, given["account"])
        if event.name == "RoleGranted":
            self.told.setdefault(key, event)
            return
        self._revoked[key] = event
        granted = self.told.pop(key, None)
        self.between.append(Between(key, granted or event, event))


class Terms(NamedTuple):
    """What the Authority says of a role: who gives and takes it, and who cancels its calls."""

    admin: int = ADMINISTRATOR
    guardian: int = ADMINISTRATOR
    grant_delay: int = 0

    @property
    def words(self) -> list[str]:
        """What is not as in the beginning."""
        parts = []
        if self.admin != ADMINISTRATOR:
            parts.append(f"given and taken by role {self.admin}")
        if self.guardian != ADMINISTRATOR:
            parts.append(f"its calls cancelled by role {self.guardian}")
        if self.grant_delay:
            parts.append(f"effective {duration(self.grant_delay)} after it is given")
        return parts


def _founded(modules: Modules) -> frozenset[Key]:
    """Only the Timelock administers, and only the Assembly tells the Timelock what to do."""
    told = {Key("timelock", role, modules.assembly) for role in ROLES if any(role)}
    own = Key("timelock", bytes(32), modules.timelock)
    return frozenset({*told, own, Key("authority", ADMINISTRATOR, modules.timelock)})


def _order(key: Key) -> tuple[str, str, str]:
    role = key.role.hex() if isinstance(key.role, bytes) else f"{key.role:020}"
    return key.contract, role, key.account


def _stored(reading: Reading, modules: Modules, keys: Sequence[Key]) -> Iterator[Held]:
    """Those of the keys that storage has."""
    mine = [key for key in keys if key.contract == "timelock"]
    calls = [("hasRole", key[1:]) for key in mine]
    for key, held in zip(mine, Timelock(modules.timelock).reads(reading, calls), strict=True):
        if held:
            yield Held(key)
    theirs = [key for key in keys if key.contract == "authority"]
    calls = [("getAccess", key[1:]) for key in theirs]
    for key, given in zip(theirs, Authority(modules.authority).reads(reading, calls), strict=True):
        if given["since"]:
            yield Held(key, given["since"], given["currentDelay"])


def _terms(reading: Reading, modules: Modules, roles: Sequence[int]) -> dict[int, Terms]:
    views = ("getRoleAdmin", "getRoleGuardian", "getRoleGrantDelay")
    calls = [(function, (role,)) for role in roles for function in views]
    found = Authority(modules.authority).reads(reading, calls)
    return {role: Terms(*found[3 * i : 3 * i + 3]) for i, role in enumerate(roles)}


def _holding(held: bool) -> str:
    return "held" if held else "not held"
