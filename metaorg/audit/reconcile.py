"""What the contracts answer, against what code, events and rules say. One function a topic.

Every function yields findings; none means that all of it agrees.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from metaorg.audit import ballots, replay
from metaorg.audit.findings import Finding, Findings, compare, differs
from metaorg.audit.read import Evidence, Timed
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.authority import ADMINISTRATOR, Authority
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.contract import padded, unpadded
from metaorg.onchain.factory import expected_code, implementations
from metaorg.onchain.inter_constitution import Adoption, InterConstitution
from metaorg.onchain.membership import Membership
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import Rulebook, describe_rule
from metaorg.onchain.timelock import ROLES, Timelock
from metaorg.onchain.typed_data import recover
from metaorg.rules import decision
from metaorg.rules.admission import Consequence, Readoption, may_lapse, pace_breaches
from metaorg.rules.membership import Register, Standing
from metaorg.types import ZERO_DIGEST, Address

_NOBODY = "0x" + "0" * 40
_ERC1271 = {
    "name": "isValidSignature",
    "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
}


def code(evidence: Evidence) -> Findings:
    """Every contract is a clone of a shipped implementation, rightly wired."""
    names = {getattr(evidence.modules, name): name for name in Modules.model_fields}
    for address, wanted in expected_code(evidence.modules).items():
        if evidence.reading.code(address) != wanted:
            yield differs(
                f"code of {names[address]} at {address}", "a clone of the shipped contract", "other"
            )
    parts = implementations()
    for field in Modules.model_fields:
        name, address = field.title().replace("_", ""), getattr(parts, field)
        if not load(name).same_runtime(evidence.reading.code(address)):
            yield differs(f"code of the implementation {name} at {address}", "as shipped", "other")


def powers(evidence: Evidence) -> Findings:
    """Only the Timelock administers, and only the Assembly tells the Timelock what to do."""
    modules, reading = evidence.modules, evidence.reading
    timelock, authority = Timelock(modules.timelock), Authority(modules.authority)
    founded = {(role, modules.assembly) for role in ROLES if any(role)}
    founded.add((bytes(32), modules.timelock))
    granted = {
        (e.event.arguments["role"], e.event.arguments["account"])
        for e in evidence.of(modules.timelock, "RoleGranted")
    }
    for role, account in sorted(founded | granted):
        held = timelock.has_role(reading, role, account)
        subject = f"role {ROLES.get(role, role.hex())} of {account} in the Timelock"
        yield from compare(subject, _holding((role, account) in founded), _holding(held))
    administrator = (ADMINISTRATOR, modules.timelock)
    members = {
        (e.event.arguments["roleId"], e.event.arguments["account"])
        for e in evidence.of(modules.authority, "RoleGranted")
    }
    for number, account in sorted(members | {administrator}):
        held = authority.has_role(reading, number, account)
        subject = f"role {number} of {account} in the Authority"
        yield from compare(subject, _holding((number, account) == administrator), _holding(held))

    opened = {
        (e.event.arguments["target"], e.event.arguments["selector"])
        for e in evidence.of(modules.authority, "TargetFunctionRoleUpdated")
    }
    for target, selector in sorted(opened):
        role = authority.read(reading, "getTargetFunctionRole", target, selector)
        subject = f"role that may call 0x{selector.hex()} on {target}"
        yield from compare(subject, ADMINISTRATOR, role)


def seats(evidence: Evidence, register: Register) -> Findings:
    """Standings, profiles, accounts and certificates are those that the events lead to."""
    contract, reading = Membership(evidence.modules.membership), evidence.reading
    accounts = list(register.standings)
    standings = contract.standings_of(reading, accounts)
    signed = _signed_acts(evidence)
    for account, seen in zip(accounts, standings, strict=True):
        told = seen.model_copy(update={"nonce": 0})
        yield from compare(f"standing of {account}", register.standings[account], told)
        if seen.nonce > signed[account]:
            at_most = f"at most {signed[account]}, as many as it can have signed"
            yield differs(f"nonce of {account}", at_most, str(seen.nonce))
    profiles = _profiles(evidence)
    for account, cid in zip(accounts, contract.profiles_of(reading, accounts), strict=True):
        yield from compare(f"profile of {account}", profiles.get(account), cid and cid.digest)
    balances = contract.reads(reading, [("balanceOf", (account,)) for account in accounts])
    for account, balance in zip(accounts, balances, strict=True):
        expected = int(register.standings[account].status.holds)
        yield from compare(f"certificates of {account}", expected, balance)
    numbered = {s.seat: account for account, s in register.standings.items() if s.seat}
    expected_accounts = [numbered[number] for number in sorted(numbered)]
    yield from compare("accounts by seat", expected_accounts, contract.accounts(reading))
    yield from compare("active seats", len(register.active()), contract.active_seats(reading))


def affiliations(evidence: Evidence, register: Register) -> Findings:
    """Who declared what, and which seats share a vote, is what the events lead to."""
    contract, reading = Membership(evidence.modules.membership), evidence.reading
    active = Counter(one.group for one in register.standings.values() if one.active)
    expected = {
        number: {"constituency": place[0], "ordinal": place[1], "active": active[number]}
        for number, place in register.groups.items()
    }
    expected[len(expected) + 1] = {"constituency": 0, "ordinal": 0, "active": 0}
    groups = contract.reads(reading, [("groupOf", (number,)) for number in expected])
    for number, seen in zip(expected, groups, strict=True):
        yield from compare(f"group {number}", expected[number], seen)
    declared = _declarations(evidence)
    accounts = list(register.standings)
    answers = contract.reads(reading, [("declaredBy", (account,)) for account in accounts])
    for account, other in zip(accounts, answers, strict=True):
        wanted = declared.get(account, _NOBODY)
        yield from compare(f"affiliation declared by {account}", wanted, other)


def places_in_the_past(evidence: Evidence, register: Register) -> Findings:
    """Whenever the register changed, one active place was one vote, and all add up."""
    contract, reading = Membership(evidence.modules.membership), evidence.reading
    now = reading.block.time
    events = evidence.of(evidence.modules.membership, *replay.TRANSITIONS)
    times = sorted({timed.time for timed in events if timed.time < now})
    count = len(contract.constituencies(reading))
    totals = contract.reads(reading, [("getPastTotalSupply", (time,)) for time in times])
    censuses = contract.reads(reading, [("censusAt", (time,)) for time in times])
    running = _Running(register)
    for time, total, census in zip(times, totals, censuses, strict=True):
        expected = running.census(time, count)
        yield from compare(f"active votes at {time}", expected, [c["active"] for c in census])
        units = sum(expected) * decision.UNITS_PER_SEAT
        yield from compare(f"votes at {time}", units, total)
    latest = contract.census_at(reading, now)
    yield from compare("census", register.census_at(now, count), latest)
    calls = [
        (account, time)
        for account in register.standings
        for time in _moments(register, account)
        if 0 <= time < now
    ]
    answers = contract.reads(reading, [("placeAt", call) for call in calls])
    for (account, time), seen in zip(calls, answers, strict=True):
        wanted = _packed(register.standing_at(account, time))
        yield from compare(f"place of {account} at {time}", wanted, seen)


def pace(evidence: Evidence) -> Findings:
    """No more seats were given in silence than the pace allows."""
    passages = replay.passages(evidence)
    for index in pace_breaches(passages):
        yield differs(
            f"admission in silence at {passages[index].time}", "within the pace", "beyond it"
        )


def adoptions(evidence: Evidence) -> Findings:
    """Every adoption was signed by the organization, and is recorded as signed."""
    reading = evidence.reading
    contract = InterConstitution(evidence.modules.inter_constitution)
    latest: dict[tuple[Address, int], Any] = {}
    for timed in evidence.of(contract.address, "Adopted"):
        given = timed.event.arguments
        adoption = Adoption(
            organization=given["organization"],
            version=given["version"],
            text=given["text"],
            constituency=given["constituency"],
            pledge=given["pledge"],
            nonce=given["nonce"],
            valid_until=given["validUntil"],
        )
        subject = f"adoption of version {adoption.version} by {adoption.organization}"
        yield from _signature(reading, contract, adoption, given["signature"], subject)
        latest[adoption.organization, adoption.version] = (timed.time, adoption, subject)
    calls = [("adoptionOf", key) for key in latest]
    records = contract.reads(reading, calls)
    for (time, adoption, subject), record in zip(latest.values(), records, strict=True):
        expected = {
            "recordedAt": time,
            "constituency": adoption.constituency,
            "count": adoption.nonce + 1,
            "pledge": adoption.pledge,
        }
        yield from compare(subject, expected, record)


def seats_rest_on_adoptions(evidence: Evidence) -> Findings:
    """Who was given a seat, a vote or a constituency had adopted so; who lost its vote had not."""
    text = _Text(evidence.modules)
    for timed in evidence.events:
        wrong = text.follow(timed)
        if wrong:
            yield wrong


class _Text:
    """What was in force and who had adopted it, moving through the events."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._version, self._since = 0, 0
        self._adopted: dict[tuple[Address, int], int] = {}
        self._constituencies: dict[int, int] = {}
        """Of each seat."""
        self._readoption = Readoption(grace=0, consequence=Consequence.SHOWN)

    def follow(self, timed: Timed) -> Finding | None:
        given, contract = timed.event.arguments, timed.event.contract
        if contract == self._modules.inter_constitution and timed.name == "Amended":
            self._version, self._since = given["version"], timed.time
        elif contract == self._modules.inter_constitution and timed.name == "Adopted":
            self._adopted[given["organization"], given["version"]] = given["constituency"]
        elif contract == self._modules.membership and timed.name == "ReadoptionChanged":
            self._readoption = Readoption(**given["readoption"])
        elif contract == self._modules.membership and timed.name == "Lapsed":
            return self._lapsed(given["organization"], given["version"], timed.time)
        elif contract == self._modules.membership and timed.name in _RESTING:
            return self._rests(timed.name, given)
        return None

    def _rests(self, name: str, given: Mapping[str, Any]) -> Finding | None:
        account, seat = given[_RESTING[name]], given["seat"]
        if "constituency" in given:
            self._constituencies[seat] = given["constituency"]
        adopted = self._adopted.get((account, self._version))
        wanted = self._constituencies.get(seat)
        if adopted is None:
            seen = "not adopted"
        elif name != "Resumed" and adopted != wanted:
            seen = f"adopted in constituency {adopted}, not {wanted}"
        else:
            return None
        return differs(f"seat of {account}", f"version {self._version} adopted before", seen)

    def _lapsed(self, account: Address, version: int, now: int) -> Finding | None:
        adopted = (account, self._version) in self._adopted
        allowed = may_lapse(self._readoption, adopted, self._since, now)
        suspends = self._readoption.consequence == Consequence.SUSPENDED
        if allowed and suspends and version == self._version:
            return None
        rule = (
            f"only after {self._readoption.grace} s without adopting version {self._version}, in "
            f"force since {self._since}; then a seat is {self._readoption.consequence.words}"
        )
        words = "adopted" if adopted else "not adopted"
        return differs(f"lapse of {account}", rule, f"at {now} for version {version}, {words}")


_RESTING = {
    "Admitted": "organization",
    "Resumed": "organization",
    "ConstituencyChanged": "organization",
    "Moved": "to",
}
"""Events that rest on an adoption of the text in force, and the argument that names by whom."""


def decisions(evidence: Evidence, register: Register) -> Findings:
    """Rule, votes, deadline and outcome of each proposal are those that events and rules give."""
    constituencies = len(Membership(evidence.modules.membership).constituencies(evidence.reading))
    for proposal in replay.proposals(evidence):
        census = register.census_at(proposal.snapshot, constituencies)
        yield from ballots.proposal(evidence, proposal, census)


def rulebook(evidence: Evidence) -> Findings:
    """Rules, weights, delays and assignments are those that were last set."""
    contract, reading = Rulebook(evidence.modules.rulebook), evidence.reading
    book = replay.rulebook(evidence)
    rules = [describe_rule(rule) for rule in contract.rules(reading)]
    yield from compare("rules of decision", [describe_rule(rule) for rule in book.rules], rules)
    yield from compare("voting delay", book.voting_delay, contract.voting_delay(reading))
    seen = contract.open_proposals(reading)
    yield from compare("open proposals of a seat", book.open_proposals, seen)
    yield from compare("editions of the weights", len(book.editions), contract.edition(reading))
    for number, weights in enumerate(book.editions, 1):
        found = contract.weights(reading, number)
        yield from compare(f"weights of edition {number}", weights, found)
    yield from _assignments(evidence, contract, book.assigned)


def settings(evidence: Evidence) -> Findings:
    """Modules, names and the rules of membership are those that were last set."""
    modules, reading = evidence.modules, evidence.reading
    front, register = MetaOrganization(modules.meta_organization), Membership(modules.membership)
    given = [timed.event.arguments for timed in evidence.of(front.address, "ModuleRegistered")]
    registered = {unpadded(one["name"]): one["module"] for one in given}
    names = [("module", (padded(name, 32),)) for name in registered]
    found = dict(zip(registered, front.reads(reading, names), strict=True))
    yield from compare("modules", registered, found)
    description = front.description(reading)
    charter = _latest(evidence, front.address, "CharterChanged", "digest", ZERO_DIGEST)
    yield from compare("charter document", charter, description.charter)
    uri = _latest(evidence, front.address, "DAOURIUpdate", "daoURI", "")
    yield from compare("URI of the public documents", uri, description.dao_uri)
    for view, event in (("constituencies", "ConstituencyAdded"), ("kinds", "KindAdded")):
        added = [timed.event.arguments["name"] for timed in evidence.of(register.address, event)]
        yield from compare(view, added, register.read(reading, view))
    admission = _latest(evidence, register.address, "AdmissionChanged", "admission", None)
    yield from compare("rule of admission", admission, register.read(reading, "admission"))
    readoption = _latest(evidence, register.address, "ReadoptionChanged", "readoption", None)
    yield from compare("readoption", readoption, register.read(reading, "readoption"))


def _assignments(
    evidence: Evidence, contract: Rulebook, assigned: Mapping[tuple[Address, bytes], int]
) -> Findings:
    events = evidence.of(contract.address, "RuleAssigned")
    keys = dict.fromkeys(
        (e.event.arguments["target"], e.event.arguments["selector"]) for e in events
    )
    answers = contract.reads(evidence.reading, [("assignedRule", key) for key in keys])
    for (target, selector), seen in zip(keys, answers, strict=True):
        expected = {"assigned": False, "index": 0}
        if (target, selector) in assigned:
            expected = {"assigned": True, "index": assigned[target, selector]}
        yield from compare(f"rule of 0x{selector.hex()} on {target}", expected, seen)


def _latest(evidence: Evidence, module: Address, event: str, part: str, none: object) -> Any:
    """A part of the last event of a kind; `none` when there was no such event."""
    found = none
    for timed in evidence.of(module, event):
        found = timed.event.arguments[part]
    return found


def constitution(evidence: Evidence) -> Findings:
    """The versions of the text are those that were put in force."""
    contract = InterConstitution(evidence.modules.inter_constitution)
    expected = [
        (e.event.arguments["version"], e.event.arguments["digest"], e.time)
        for e in evidence.of(contract.address, "Amended")
    ]
    seen = [
        (version.number, version.text.digest, version.since)
        for version in contract.versions(evidence.reading)
    ]
    yield from compare("versions of the InterConstitution", expected, seen)


class _Running:
    """Active votes by constituency, moving forward in time; a group's seats are one."""

    def __init__(self, register: Register) -> None:
        changes = (
            (time, account, standing)
            for account in register.standings
            for time, standing in register.history(account)
        )
        self._changes = sorted(changes, key=lambda change: change[:2])
        self._where: dict[Address, tuple[int, int]] = {}
        self._next = 0

    def census(self, time: int, constituencies: int) -> list[int]:
        while self._next < len(self._changes) and self._changes[self._next][0] <= time:
            _, account, standing = self._changes[self._next]
            if standing.active:
                self._where[account] = standing.place
            else:
                self._where.pop(account, None)
            self._next += 1
        active = Counter(constituency for constituency, _ in set(self._where.values()))
        return [active[index] for index in range(constituencies)]


def _packed(standing: Standing) -> int:
    """A place as the contract gives it; 0 without a vote. Source: IMembership.placeAt."""
    votes_in, ordinal = standing.place
    return 1 << 40 | votes_in << 32 | ordinal if standing.active else 0


def _signed_acts(evidence: Evidence) -> Counter[Address]:
    """How many acts each account can have signed at most: applications and changes of account.

    Events do not tell which of them were signed, and which the account sent itself.
    """
    events = evidence.of(evidence.modules.membership, "Applied", "Moved")
    return Counter(replay.transition(timed).organization for timed in events)


_DECLARED_NO_MORE = ("Moved", "Affiliated", "Exited", "Expelled")
"""Events of an account after which what it declared does not stand any more."""


def _declarations(evidence: Evidence) -> dict[Address, Address]:
    """Of whom each account has declared that they are under one control, unanswered so far."""
    found: dict[Address, Address] = {}
    for timed in evidence.of(
        evidence.modules.membership, "AffiliationDeclared", *_DECLARED_NO_MORE
    ):
        given = timed.event.arguments
        one: Address = given["from" if timed.name == "Moved" else "organization"]
        other: Address = given.get("other", _NOBODY)
        if timed.name == "AffiliationDeclared" and found.get(other) != one:
            found[one] = other
            continue
        found.pop(one, None)
        found.pop(other, None)
    return found


def _moments(register: Register, account: Address) -> Iterator[int]:
    """Each change of an account's standing, and the second before it."""
    for time, _ in register.history(account):
        yield time - 1
        yield time


def _profiles(evidence: Evidence) -> dict[Address, bytes]:
    """The profile of each account; one that moved with its seat is the new account's."""
    found: dict[Address, bytes] = {}
    for timed in evidence.of(evidence.modules.membership, "Applied", "ProfileChanged", "Moved"):
        given = timed.event.arguments
        if timed.name != "Moved":
            found[given["organization"]] = given["profile"]
        elif given["from"] in found:
            found[given["to"]] = found.pop(given["from"])
    return found


def _signature(
    reading: Reading,
    contract: InterConstitution,
    adoption: Adoption,
    signature: bytes,
    subject: str,
) -> Findings:
    if reading.code(adoption.organization):
        yield from _contract_signature(reading, contract, adoption, signature, subject)
        return
    signer = recover(contract.typed_adoption(reading.chain, adoption), signature) or "nobody"
    yield from compare(f"signature of the {subject}", adoption.organization, signer)


def _contract_signature(
    reading: Reading,
    contract: InterConstitution,
    adoption: Adoption,
    signature: bytes,
    subject: str,
) -> Findings:
    digest = contract.read(reading, "hashAdoption", adoption.arguments())
    try:
        answer = reading.call(adoption.organization, abi.encode_call(_ERC1271, (digest, signature)))
    except NodeRefused as refusal:
        answer = str(refusal).encode()
    if answer[:4] != bytes.fromhex("1626ba7e"):
        yield Finding(
            kind="unknown",
            subject=f"signature of the {subject}",
            expected="confirmed by the contract account (ERC-1271)",
            seen="not confirmed any more; its owners may have changed since",
        )


def _holding(held: bool) -> str:
    return "held" if held else "not held"
