"""What the contracts answer, against what code, events and rules say. One function a topic.

Every function yields findings; none means that all of it agrees.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from eth_account import Account
from eth_account.messages import encode_typed_data

from metaorg.audit import replay
from metaorg.audit.read import Evidence
from metaorg.errors import ContentCorrupt, InvalidInput, Unreachable
from metaorg.ipfs import Store, documents
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import Assembly, describe_rule
from metaorg.onchain.authority import ADMINISTRATOR, Authority
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.commons import Commons
from metaorg.onchain.contract import padded, unpadded
from metaorg.onchain.factory import expected_code, implementations
from metaorg.onchain.inter_constitution import Adoption, InterConstitution
from metaorg.onchain.membership import Membership
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.onchain.modules import Modules
from metaorg.onchain.timelock import ROLES, Timelock
from metaorg.records import read_description
from metaorg.rules import decision
from metaorg.rules.admission import pace_breaches
from metaorg.rules.membership import Register
from metaorg.types import ZERO_DIGEST, Address, Cid, Model

_ERC1271 = {
    "name": "isValidSignature",
    "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
}


class Finding(Model):
    """Something that is not as it must be, or that could not be established."""

    kind: Literal["difference", "unknown"]
    subject: str
    expected: str
    seen: str


Findings = Iterator[Finding]


def code(evidence: Evidence) -> Findings:
    """Every contract is a clone of a shipped implementation, rightly wired."""
    names = {getattr(evidence.modules, name): name for name in Modules.model_fields}
    for address, wanted in expected_code(evidence.modules).items():
        if evidence.reading.code(address) != wanted:
            yield _differs(
                f"code of {names[address]} at {address}", "a clone of the shipped contract", "other"
            )
    parts = implementations()
    shipped = ("MetaOrganization", "Timelock", "Authority", "InterConstitution", "Membership")
    for field, name in zip(Modules.model_fields, (*shipped, "Commons", "Assembly"), strict=True):
        address = getattr(parts, field)
        if not load(name).same_runtime(evidence.reading.code(address)):
            yield _differs(f"code of the implementation {name} at {address}", "as shipped", "other")


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
        yield from _compare(subject, _holding((role, account) in founded), _holding(held))
    administrator = (ADMINISTRATOR, modules.timelock)
    members = {
        (e.event.arguments["roleId"], e.event.arguments["account"])
        for e in evidence.of(modules.authority, "RoleGranted")
    }
    for number, account in sorted(members | {administrator}):
        held = authority.has_role(reading, number, account)
        subject = f"role {number} of {account} in the Authority"
        yield from _compare(subject, _holding((number, account) == administrator), _holding(held))

    opened = {
        (e.event.arguments["target"], e.event.arguments["selector"])
        for e in evidence.of(modules.authority, "TargetFunctionRoleUpdated")
    }
    for target, selector in sorted(opened):
        role = authority.read(reading, "getTargetFunctionRole", target, selector)
        subject = f"role that may call 0x{selector.hex()} on {target}"
        yield from _compare(subject, ADMINISTRATOR, role)


def seats(evidence: Evidence, register: Register) -> Findings:
    """Standings, profiles, accounts and certificates are those that the events lead to."""
    contract, reading = Membership(evidence.modules.membership), evidence.reading
    accounts = list(register.standings)
    standings = contract.standings_of(reading, accounts)
    for account, seen in zip(accounts, standings, strict=True):
        yield from _compare(f"standing of {account}", register.standings[account], seen)
    profiles = _profiles(evidence)
    for account, cid in zip(accounts, contract.profiles_of(reading, accounts), strict=True):
        yield from _compare(f"profile of {account}", profiles.get(account), cid and cid.digest)
    balances = contract.reads(reading, [("balanceOf", (account,)) for account in accounts])
    for account, balance in zip(accounts, balances, strict=True):
        expected = int(register.standings[account].active)
        yield from _compare(f"certificates of {account}", expected, balance)
    numbered = {s.seat: account for account, s in register.standings.items() if s.seat}
    expected_accounts = [numbered[number] for number in sorted(numbered)]
    yield from _compare("accounts by seat", expected_accounts, contract.accounts(reading))
    yield from _compare("active seats", len(register.active()), contract.active_seats(reading))


def votes_in_the_past(evidence: Evidence, register: Register) -> Findings:
    """Whenever the register changed, one active seat was one vote, and all add up."""
    contract, reading = Membership(evidence.modules.membership), evidence.reading
    events = evidence.of(evidence.modules.membership, "Admitted", "Exited")
    times = sorted({timed.time for timed in events if timed.time < reading.block.time})
    count = len(contract.constituencies(reading))
    totals = contract.reads(reading, [("getPastTotalSupply", (time,)) for time in times])
    censuses = contract.reads(reading, [("censusAt", (time,)) for time in times])
    running = _Running(register)
    for time, total, census in zip(times, totals, censuses, strict=True):
        expected = running.census(time, count)
        yield from _compare(f"active seats at {time}", expected, [c["active"] for c in census])
        units = sum(expected) * decision.UNITS_PER_SEAT
        yield from _compare(f"votes at {time}", units, total)
    calls = [
        (account, time)
        for account in register.standings
        for time in _moments(register, account)
        if 0 <= time < reading.block.time
    ]
    answers = contract.reads(reading, [("getPastVotes", call) for call in calls])
    for (account, time), seen in zip(calls, answers, strict=True):
        yield from _compare(f"votes of {account} at {time}", register.votes_at(account, time), seen)


def pace(evidence: Evidence) -> Findings:
    """No more seats were given in silence than the pace allows."""
    passages = replay.passages(evidence)
    for index in pace_breaches(passages):
        yield _differs(
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
        yield from _compare(subject, expected, record)


def seats_rest_on_adoptions(evidence: Evidence, register: Register) -> Findings:
    """Whoever was given a seat had adopted the text that was in force."""
    modules = evidence.modules
    version, adopted = 0, set()
    for timed in evidence.events:
        given = timed.event.arguments
        if timed.event.contract == modules.inter_constitution and timed.name == "Amended":
            version = given["version"]
        elif timed.event.contract == modules.inter_constitution and timed.name == "Adopted":
            adopted.add((given["organization"], given["version"]))
        elif timed.event.contract == modules.membership and timed.name == "Admitted":
            account = given["organization"]
            if (account, version) not in adopted:
                subject = f"seat of {account}"
                yield _differs(subject, f"version {version} adopted before", "not adopted")


def decisions(evidence: Evidence, register: Register) -> Findings:
    """Rules, tallies and outcomes of all proposals are those that votes and rules give."""
    contract, reading = Assembly(evidence.modules.assembly), evidence.reading
    book = replay.rulebook(evidence)
    yield from _compare("rules of decision", list(book.rules), contract.rules(reading))
    constituencies = len(Membership(evidence.modules.membership).constituencies(reading))
    for proposal in replay.proposals(evidence):
        yield from _proposal(evidence, register, proposal, constituencies)


def settings(evidence: Evidence) -> Findings:
    """Modules, names, delays and the rule of admission are those that were last set."""
    modules, reading = evidence.modules, evidence.reading
    front, register = MetaOrganization(modules.meta_organization), Membership(modules.membership)
    assembly = Assembly(modules.assembly)
    given = [timed.event.arguments for timed in evidence.of(front.address, "ModuleRegistered")]
    registered = {unpadded(one["name"]): one["module"] for one in given}
    names = [("module", (padded(name, 32),)) for name in registered]
    found = dict(zip(registered, front.reads(reading, names), strict=True))
    yield from _compare("modules", registered, found)
    description = front.description(reading)
    charter = _latest(evidence, front.address, "CharterChanged", "digest", ZERO_DIGEST)
    yield from _compare("charter document", charter, description.charter)
    uri = _latest(evidence, front.address, "DAOURIUpdate", "daoURI", "")
    yield from _compare("URI of the public documents", uri, description.dao_uri)
    for view, event in (("constituencies", "ConstituencyAdded"), ("kinds", "KindAdded")):
        added = [timed.event.arguments["name"] for timed in evidence.of(register.address, event)]
        yield from _compare(view, added, register.read(reading, view))
    admission = _latest(evidence, register.address, "AdmissionChanged", "admission", None)
    yield from _compare("rule of admission", admission, register.read(reading, "admission"))
    delay = _latest(evidence, assembly.address, "VotingDelayChanged", "votingDelay", None)
    yield from _compare("voting delay", delay, assembly.voting_delay(reading))
    yield from _assignments(evidence, assembly)


def _assignments(evidence: Evidence, assembly: Assembly) -> Findings:
    assigned = replay.rulebook(evidence).assigned
    events = evidence.of(assembly.address, "RuleAssigned")
    keys = dict.fromkeys(
        (e.event.arguments["target"], e.event.arguments["selector"]) for e in events
    )
    answers = assembly.reads(evidence.reading, [("assignedRule", key) for key in keys])
    for (target, selector), seen in zip(keys, answers, strict=True):
        expected = {"assigned": False, "index": 0}
        if (target, selector) in assigned:
            expected = {"assigned": True, "index": assigned[target, selector]}
        yield from _compare(f"rule of 0x{selector.hex()} on {target}", expected, seen)


def _latest(evidence: Evidence, module: Address, event: str, part: str, none: object) -> Any:
    """A part of the last event of a kind; `none` when there was no such event."""
    found = none
    for timed in evidence.of(module, event):
        found = timed.event.arguments[part]
    return found


def commons(evidence: Evidence) -> Findings:
    """The resources are those that were published, with the citations that were made."""
    contract, reading = Commons(evidence.modules.commons), evidence.reading
    published = [timed for timed in evidence.of(contract.address, "Published")]
    digests = [timed.event.arguments["digest"] for timed in published]
    yield from _compare("resources in order", digests, contract.digests(reading))
    citations = Counter(t.event.arguments["digest"] for t in evidence.of(contract.address, "Cited"))
    found = contract.reads(reading, [("resource", (digest,)) for digest in digests])
    for timed, seen in zip(published, found, strict=True):
        given = dict(timed.event.arguments)
        digest = given.pop("digest")
        expected = given | {"publishedAt": timed.time, "citations": citations[digest]}
        yield from _compare(f"resource {Cid(digest=digest, codec=given['codec'])}", expected, seen)


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
    yield from _compare("versions of the InterConstitution", expected, seen)


def content(evidence: Evidence, store: Store) -> Findings:
    """Every document that the chain names is there and hashes right; records are canonical JSON."""
    for cid, what in references(evidence).items():
        yield from _content(store, cid, what)


def references(evidence: Evidence) -> dict[Cid, str]:
    """Every document that events name, and what it is."""
    modules = evidence.modules
    charter = _latest(evidence, modules.meta_organization, "CharterChanged", "digest", None)
    found = {Cid(digest=charter): "charter document"} if charter else {}
    for timed in evidence.events:
        given, name = timed.event.arguments, timed.name
        who = given.get("organization", "")
        if timed.event.contract == modules.inter_constitution and name == "Amended":
            cid = Cid(digest=given["digest"], codec=given["codec"])
            found[cid] = f"text of version {given['version']}"
        elif timed.event.contract == modules.commons and name == "Published":
            resource = Cid(digest=given["digest"], codec=given["codec"])
            found[resource] = "resource"
            found[Cid(digest=given["description"])] = f"description of {resource}"
        elif name == "ProposalCreated":
            _, body = read_description(given["description"])
            if body:
                found[body] = f"body of proposal {given['proposalId']}"
        for part in ("profile", "pledge", "reason"):
            digest = given.get(part)
            if isinstance(digest, bytes) and any(digest):
                found[Cid(digest=digest)] = f"{part} of {who}"
    return found


class _Running:
    """Active seats by constituency, moving forward in time."""

    def __init__(self, register: Register) -> None:
        changes = (
            (time, account, standing)
            for account in register.standings
            for time, standing in register.history(account)
        )
        self._changes = sorted(changes, key=lambda change: change[:2])
        self._where: dict[Address, int] = {}
        self._next = 0

    def census(self, time: int, constituencies: int) -> list[int]:
        while self._next < len(self._changes) and self._changes[self._next][0] <= time:
            _, account, standing = self._changes[self._next]
            if standing.active:
                self._where[account] = standing.constituency
            else:
                self._where.pop(account, None)
            self._next += 1
        counts = [0] * constituencies
        for constituency in self._where.values():
            counts[constituency] += 1
        return counts


def _moments(register: Register, account: Address) -> Iterator[int]:
    """Each change of an account's standing, and the second before it."""
    for time, _ in register.history(account):
        yield time - 1
        yield time


def _profiles(evidence: Evidence) -> dict[Address, bytes]:
    events = evidence.of(evidence.modules.membership, "Applied", "ProfileChanged")
    return {t.event.arguments["organization"]: t.event.arguments["profile"] for t in events}


def _signature(
    reading: Reading,
    contract: InterConstitution,
    adoption: Adoption,
    signature: bytes,
    subject: str,
) -> Findings:
    signable = encode_typed_data(full_message=contract.typed_adoption(reading.chain, adoption))
    if reading.code(adoption.organization):
        yield from _contract_signature(reading, contract, adoption, signature, subject)
        return
    try:
        signer = Account.recover_message(signable, signature=signature)
    except Exception:
        signer = "nobody"
    yield from _compare(f"signature of the {subject}", adoption.organization, signer)


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


def _proposal(
    evidence: Evidence, register: Register, proposal: replay.Proposed, constituencies: int
) -> Findings:
    contract, reading = Assembly(evidence.modules.assembly), evidence.reading
    subject = f"proposal {proposal.number}"
    rule = _rule(evidence, proposal)
    frozen = describe_rule(proposal.frozen) if proposal.frozen else "none"
    yield from _compare(f"rule of {subject}", describe_rule(rule), frozen)
    state = contract.state(reading, proposal.number)
    yield from _compare(f"stored rule of {subject}", describe_rule(rule), describe_rule(state.rule))
    yield from _voters(register, proposal, subject)
    census = register.census_at(proposal.snapshot, constituencies)
    tallies = decision.tally(proposal.cast(register), [one.active for one in census])
    if proposal.snapshot < reading.block.time:
        yield from _compare(
            f"tally of {subject}", tallies, contract.tallies(reading, proposal.number)
        )
    outcome = decision.decide(rule, tallies)
    expected = proposal.state(outcome.passed, reading.block.time)
    yield from _compare(f"state of {subject}", expected, state.state)


def _voters(register: Register, proposal: replay.Proposed, subject: str) -> Findings:
    for voter, count in Counter(voter for voter, _, _ in proposal.votes).items():
        yield from _compare(f"number of votes of {voter} on {subject}", 1, count)
    for voter, _, weight in proposal.votes:
        held = register.votes_at(voter, proposal.snapshot)
        yield from _compare(f"weight of {voter} in {subject}", held, weight)


def _rule(evidence: Evidence, proposal: replay.Proposed) -> decision.Rule:
    modules = evidence.modules
    kernel = frozenset(
        (
            modules.rulebook,
            modules.authority,
            modules.timelock,
            modules.meta_organization,
            modules.inter_constitution,
        )
    )
    then = evidence.reading.chain.at(proposal.block)
    governed = [
        _governed(then, target, data, modules.authority)
        for target, data in zip(proposal.targets, proposal.calldatas, strict=True)
    ]
    actions = [
        decision.Action(target=target, selector=data[:4].ljust(4, b"\0"))
        for target, data in zip(proposal.targets, proposal.calldatas, strict=True)
    ]
    return decision.rule_for(
        actions, proposal.rulebook.rules, proposal.rulebook.assigned, kernel, governed
    )


def _governed(reading: Reading, target: Address, data: bytes, authority: Address) -> bool:
    if not reading.code(target):
        return bool(data)
    try:
        answer = reading.call(target, abi.selector(load("Commons").functions["authority"]))
    except NodeRefused:
        return False
    return len(answer) >= 32 and answer[:32] == bytes.fromhex(authority[2:]).rjust(32, b"\0")


def _content(store: Store, cid: Cid, what: str) -> Findings:
    subject = f"{what} ({cid})"
    try:
        data = store.get(cid)
    except ContentCorrupt as error:
        yield _differs(subject, "the bytes that hash to its CID", str(error))
        return
    except Unreachable as error:
        yield Finding(kind="unknown", subject=subject, expected="present", seen=str(error))
        return
    if what.startswith(("profile", "pledge", "reason", "body", "description", "charter")):
        try:
            documents.decode(data)
        except InvalidInput as error:
            yield _differs(subject, "canonical JSON", str(error))


def _holding(held: bool) -> str:
    return "held" if held else "not held"


def _compare(subject: str, expected: object, seen: object) -> Findings:
    if expected != seen:
        yield _differs(subject, str(expected), str(seen))


def _differs(subject: str, expected: str, seen: str) -> Finding:
    return Finding(kind="difference", subject=subject, expected=expected, seen=seen)
