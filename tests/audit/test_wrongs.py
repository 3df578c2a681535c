"""Each wrong that is planted on chain is found, and named by what it is about."""

from typing import Any

import pytest
from eth_utils.crypto import keccak
from onchain.world import WINDOW, actor

from audit.history import (
    HANDBOOK,
    History,
    as_timelock,
    checked,
    codes,
    found,
    only,
    read_storage,
    slots_read,
    write_storage,
)
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import octets
from metaorg.onchain.devnet import advance
from metaorg.onchain.factory import clone_code, expected_code, implementations
from metaorg.onchain.modules import Modules
from metaorg.records import Profile
from metaorg.types import Call, Cid

_NAMES = (
    "MetaOrganization",
    "Timelock",
    "Authority",
    "InterConstitution",
    "Membership",
    "Commons",
    "Rulebook",
    "Assembly",
)
STATUS, CONSTITUENCY, SEAT, ORDINAL = 48, 56, 72, 104
"""Bits of a standing's slot (IMembership.Standing)."""


def code(history: History, address: str) -> bytes:
    return octets(history.chain.request("eth_getCode", address, "latest"))


def set_code(history: History, address: str, data: bytes) -> None:
    history.chain.request("anvil_setCode", address, "0x" + data.hex())


# ---------------------------------------------------------------------- code


@pytest.mark.parametrize("module", list(Modules.model_fields))
def test_other_code_behind_a_module(history: History, module: str) -> None:
    """The implementation itself, not a clone of it: it answers alike."""
    address = getattr(history.modules, module)
    whole = code(history, getattr(implementations(), module))
    arguments = code(history, address)[45:]
    set_code(history, address, whole + arguments)

    report = checked(history)

    finding = next(one for one in report.findings if one.code == "code.clone")
    assert (finding.subject, finding.expected) == (f"code of {module}", "a clone (EIP-1167)")
    # the assembly's own views use its arguments, which an implementation lacks
    others = ("proposer", "state", "tally") if module == "assembly" else ()
    assert codes(report) == {"code.clone", *(f"decision.{one}" for one in others)}


def test_a_clone_of_another_implementation(history: History) -> None:
    address = history.modules.commons
    other = "0x" + "ab" * 20
    set_code(history, other, code(history, implementations().commons))
    set_code(
        history, address, clone_code(other, (history.modules.authority, history.modules.membership))
    )

    finding = only(
        checked(history), "difference", "code.implementation", "implementation of commons"
    )

    assert finding.seen.endswith(", the same code")


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("commons", ("outsider", "membership")),
        ("membership", ("outsider", "inter_constitution")),
        ("meta_organization", ("outsider",)),
    ],
)
def test_a_clone_with_other_immutable_arguments(
    history: History, module: str, arguments: tuple[str, ...]
) -> None:
    """Its reads are all the same: only its code says that it obeys somebody else."""
    address = getattr(history.modules, module)
    given = [getattr(history.modules, name, actor(77).address) for name in arguments]
    set_code(history, address, clone_code(getattr(implementations(), module), given))

    finding = only(
        checked(history), "difference", "code.arguments", f"immutable arguments of {module}"
    )

    assert actor(77).address.lower() in finding.seen


@pytest.mark.parametrize("name", _NAMES)
def test_an_implementation_that_was_replaced(history: History, name: str) -> None:
    fields = dict(zip(Modules.model_fields, _NAMES, strict=True))
    field = next(field for field, contract in fields.items() if contract == name)
    address = getattr(implementations(), field)
    whole = bytearray(code(history, address))
    whole[-20] ^= 1  # within what the compiler writes behind the code
    set_code(history, address, bytes(whole))

    subject = f"code of the implementation {name}"
    finding = only(checked(history), "difference", "code.implementation", subject)

    assert "solc 0.8" in finding.expected and finding.expected != finding.seen


def test_an_implementation_of_another_kind(history: History) -> None:
    address = implementations().timelock
    set_code(history, address, load("Commons").runtime)

    report = checked(history)

    subject = "code of the implementation Timelock"
    found(report, "difference", "code.implementation", subject, "reading.unanswered")
    assert set(report.statement.unknown) == {"powers", "roles", "pending", "dao_index"}


def test_the_code_that_is_expected_is_the_code_that_is_there(history: History) -> None:
    for address, expected in expected_code(history.modules).items():
        assert code(history, address) == expected


# ---------------------------------------------------------------------- powers


@pytest.mark.parametrize("number", [0, 7])
def test_a_role_granted_in_the_authority(history: History, number: int) -> None:
    outsider = actor(77).address
    as_timelock(history, "Authority", history.modules.authority, "grantRole", number, outsider, 0)

    named = "0 (administrator)" if number == 0 else "7"
    subject = f"role {named} of {outsider} in the Authority"
    finding = found(checked(history), "difference", "powers.role", subject, "mandate.missing")

    assert finding.expected == "not held"
    assert finding.seen.startswith("held since") and finding.seen.endswith("without a decision")


@pytest.mark.parametrize("role", ["proposer", "executor", "canceller", "administrator"])
def test_a_role_granted_in_the_timelock(history: History, role: str) -> None:
    outsider = actor(77).address
    number = bytes(32) if role == "administrator" else keccak(text=f"{role.upper()}_ROLE")
    as_timelock(history, "Timelock", history.modules.timelock, "grantRole", number, outsider)

    subject = f"role {role} of {outsider} in the Timelock"
    finding = found(checked(history), "difference", "powers.role", subject, "mandate.missing")

    assert finding.expected == "not held"
    assert finding.seen.startswith("held since") and finding.seen.endswith("without a decision")


def test_the_assembly_robbed_of_its_role(history: History) -> None:
    role, assembly = keccak(text="CANCELLER_ROLE"), history.modules.assembly
    as_timelock(history, "Timelock", history.modules.timelock, "revokeRole", role, assembly)

    subject = f"role canceller of {assembly} in the Timelock"
    finding = found(checked(history), "difference", "powers.role", subject, "mandate.missing")

    assert finding.expected == "held" and finding.seen.startswith("not held since")


def test_a_function_opened_to_everybody(history: History) -> None:
    target, everybody = history.modules.membership, (1 << 64) - 1
    chosen = abi.selector(load("Membership").functions["decide"])
    arguments = (target, [chosen], everybody)
    as_timelock(
        history, "Authority", history.modules.authority, "setTargetFunctionRole", *arguments
    )

    subject = "calls of membership.decide(address,bool,bytes32)"
    finding = found(checked(history), "difference", "powers.function", subject, "mandate.missing")
    assert "(everybody)" in finding.seen


# ---------------------------------------------------------------------- mandates


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "event"),
    [
        ("Membership", "suspend", (actor(2).address, bytes(32)), "Suspended"),
        ("Membership", "expel", (actor(2).address, bytes(32)), "Expelled"),
        ("Membership", "addKind", (b"club".ljust(32, b"\0"),), "KindAdded"),
        ("Rulebook", "setVotingDelay", (7,), "VotingDelayChanged"),
        ("Rulebook", "setWeights", ([10_000],), "WeightsSet"),
        ("MetaOrganization", "setDaoURI", ("",), "DAOURIUpdate"),
        ("Timelock", "updateDelay", (5,), "MinDelayChange"),
    ],
)
def test_what_was_never_decided(
    history: History, contract: str, function: str, arguments: tuple[Any, ...], event: str
) -> None:
    """All that is known of it agrees; there is only no proposal that called for it."""
    field = {"MetaOrganization": "meta_organization"}.get(contract, contract.lower())
    as_timelock(history, contract, getattr(history.modules, field), function, *arguments)
    block = history.by().events(getattr(history.modules, field), [event])[-1].block

    subject = f"{event} of {field} in block {block}, log 0"
    finding = only(checked(history), "difference", "mandate.missing", subject)
    assert function in finding.expected and finding.seen == "none"


@pytest.mark.parametrize("deep", [False, True], ids=["execute", "multicall"])
def test_what_was_decided_within_a_call_of_the_authority_has_its_mandate(
    history: History, deep: bool
) -> None:
    authority = history.modules.authority
    known = load("Authority").functions
    inner = history.by().membership.contract.add_kind("club")
    data = abi.encode_call(known["execute"], (inner.to, inner.data))
    if deep:
        data = abi.encode_call(known["multicall"], ([data],))
    voters = [*history.founders, actor(13), actor(14)]
    history.decide(Call(to=authority, data=data, value=0, says="wrapped"), voters=voters)

    assert history.by().membership.kinds()[-1] == "club"
    assert checked(history).findings == ()


# ---------------------------------------------------------------------- the register


def standing_slot(history: History, number: int) -> int:
    (slot,) = slots_read(
        history, "Membership", history.modules.membership, "standingOf", actor(number).address
    )
    return slot


def flip(history: History, address: str, slot: int, bits: int) -> None:
    write_storage(history, address, slot, read_storage(history, address, slot) ^ bits)


@pytest.mark.parametrize(
    ("bits", "others"),
    [
        (1, ()),
        (7 << STATUS, ("past.place",)),
        (1 << CONSTITUENCY, ()),
        (1 << ORDINAL, ("past.place",)),
        (1 << 136, ()),
    ],
    ids=["since", "status", "constituency", "ordinal", "admissible at"],
)
def test_a_standing_altered_in_storage(
    history: History, bits: int, others: tuple[str, ...]
) -> None:
    flip(history, history.modules.membership, standing_slot(history, 2), bits)

    subject = f"standing of {actor(2).address}"
    found(checked(history), "difference", "seats.standing", subject, *others)


def test_a_seat_given_back_in_storage(history: History) -> None:
    """The one who left is active again: standing, votes and certificate all say so."""
    address, leaver = history.modules.membership, actor(12).address
    slot = standing_slot(history, 12)
    value = read_storage(history, address, slot)
    write_storage(history, address, slot, value & ~(0xFF << STATUS) | 3 << STATUS)

    report = checked(history)

    told = {one.code: one for one in report.findings}
    assert told.keys() == {"seats.standing", "seats.certificate", "past.place"}
    assert told["seats.standing"].seen == "status active"
    assert told["seats.certificate"].seen == "1"
    assert all(leaver in one.subject for one in report.findings)


def test_a_status_that_there_is_not(history: History) -> None:
    address, slot = history.modules.membership, standing_slot(history, 2)
    write_storage(history, address, slot, read_storage(history, address, slot) | 0xFF << STATUS)

    report = checked(history)

    subject, others = f"standing of {actor(2).address}", ("seats.nonce", "seats.certificate")
    finding = found(report, "difference", "seats.standing", subject, *others, "past.place")
    assert finding.seen.startswith("none: The contract ran into an impossible state.")


def test_a_profile_altered_in_storage(history: History) -> None:
    (slot,) = slots_read(
        history, "Membership", history.modules.membership, "profileOf", actor(2).address
    )
    flip(history, history.modules.membership, slot, 1)

    only(checked(history), "difference", "seats.profile", f"profile of {actor(2).address}")


def test_the_account_of_a_seat_altered_in_storage(history: History) -> None:
    (slot,) = slots_read(history, "Membership", history.modules.membership, "accountOf", 2)
    flip(history, history.modules.membership, slot, 1)

    report = checked(history)

    found(report, "difference", "seats.account", "account of seat 2", "seats.certificate")


def test_the_number_of_active_seats_altered_in_storage(history: History) -> None:
    (slot,) = slots_read(history, "Membership", history.modules.membership, "activeSeats")
    flip(history, history.modules.membership, slot, 1 << 112)

    only(checked(history), "difference", "seats.active", "active seats")


def test_the_census_of_the_past_altered_in_storage(history: History) -> None:
    time = history.chain.block().time - 1
    slots = slots_read(
        history, "Membership", history.modules.membership, "getPastTotalSupply", time
    )
    for slot in slots:
        value = read_storage(history, history.modules.membership, slot)
        if value >> 48 and value >> 208 == 0:
            write_storage(history, history.modules.membership, slot, value + (1 << 48))
            break

    report = checked(history)

    assert codes(report) == {"past.census", "past.votes", "decision.tally"}


def test_admissions_beyond_the_pace(history: History) -> None:
    """The gate is forced open: a limit of 255 where the rule allows one."""
    org, address = history.by(), history.modules.membership
    rule = org.membership.admission().model_copy(update={"share": 0, "floor": 1})
    as_timelock(
        history,
        "Membership",
        address,
        "setAdmission",
        (int(rule.method), rule.window, rule.period, rule.share, rule.floor),
    )
    history.apply(actor(21))
    history.apply(actor(22))
    advance(history.chain, WINDOW)
    (receipt,) = org.send(org.membership.admit(actor(21).address))
    for slot in slots_read(history, "Membership", address, "pace"):
        value = read_storage(history, address, slot)
        if value & (1 << 48) - 1 == history.chain.block().time:
            write_storage(history, address, slot, value | 0xFF << 48)
    (receipt,) = org.send(org.membership.admit(actor(22).address))

    time = history.chain.block(receipt.block).time
    subject = f"admission in silence at {time}"
    finding = found(checked(history), "difference", "seats.pace", subject, "mandate.missing")

    assert (finding.expected, finding.seen) == ("within the pace", "beyond it")


# ---------------------------------------------------------------------- decisions


def test_a_page_of_votes_altered_in_storage(history: History) -> None:
    (slot,) = slots_read(
        history, "Assembly", history.modules.assembly, "votePage", history.defeated, 0, 0
    )
    value = read_storage(history, history.modules.assembly, slot)
    write_storage(history, history.modules.assembly, slot, value + (10_000 << 170))

    subject = f"tally of proposal {history.defeated}"
    found(checked(history), "difference", "decision.tally", subject, "decision.page")


def test_a_defeat_turned_into_a_victory_in_storage(history: History) -> None:
    for constituency in (0, 1, 2):
        (slot,) = slots_read(
            history,
            "Assembly",
            history.modules.assembly,
            "votePage",
            history.defeated,
            constituency,
            0,
        )
        write_storage(history, history.modules.assembly, slot, 90_000 << 170)

    report = checked(history)

    assert codes(report) == {"decision.state", "decision.tally", "decision.page"}
    finding = next(one for one in report.findings if one.code == "decision.state")
    assert finding.subject == f"state of proposal {history.defeated}"
    assert (finding.expected, finding.seen) == ("defeated", "succeeded")


def proposal_slot(history: History, number: int) -> int:
    (slot,) = slots_read(history, "Assembly", history.modules.assembly, "proposalRule", number)
    return slot


RULE = {"delay": 144, "approval": 176, "quorum": 190, "methods": 221}


@pytest.mark.parametrize("part", RULE)
def test_a_frozen_rule_altered_in_storage(history: History, part: str) -> None:
    slot = proposal_slot(history, history.open)
    flip(history, history.modules.assembly, slot, 1 << RULE[part])

    only(checked(history), "difference", "decision.rule", f"stored rule of proposal {history.open}")


def test_a_frozen_rule_that_contradicts_itself_is_no_crash(history: History) -> None:
    """Objections are counted, and the method is not consent."""
    slot = proposal_slot(history, history.open)
    flip(history, history.modules.assembly, slot, 1 << 204)

    only(checked(history), "difference", "decision.rule", f"stored rule of proposal {history.open}")


@pytest.mark.parametrize(
    ("bit", "subject", "code", "others"),
    [
        (0, "seat that proposed", "seat", ("proposer",)),
        (32, "snapshot of", "time", ("deadline",)),
        (72, "deadline of", "deadline", ("rule",)),
        (104, "time of execution of", "eta", ()),
        (231, "stored rule of", "rule", ()),
        (239, "state of", "state", ()),
        (241, "stored extension of", "extension", ()),
    ],
)
def test_what_is_stored_of_a_proposal_altered(
    history: History, bit: int, subject: str, code: str, others: tuple[str, ...]
) -> None:
    slot = proposal_slot(history, history.open)
    flip(history, history.modules.assembly, slot, 1 << bit)
    advance(history.chain, 5)

    report = checked(history)

    about = f"{subject} proposal {history.open}"
    expected = [f"decision.{one}" for one in (code, *others)]
    found(report, "difference", *expected[:1], about, *expected[1:])


def test_a_voted_bit_cleared_in_storage(history: History) -> None:
    """The tally still agrees; the place could vote once more."""
    address = history.modules.assembly
    (slot,) = slots_read(history, "Assembly", address, "votePage", history.open, 0, 0)
    flip(history, address, slot, 1)

    only(
        checked(history),
        "difference",
        "decision.page",
        f"page 0 of constituency 0 in proposal {history.open}",
    )


def test_requests_for_an_upgrade_altered_in_storage(history: History) -> None:
    address = history.modules.assembly
    (slot,) = slots_read(history, "Assembly", address, "upgradeRequests", history.open, 0)
    write_storage(history, address, slot, 1)

    subject = f"requests for the upgrade of proposal {history.open} in constituency 0"
    only(checked(history), "difference", "decision.request", subject)


def test_a_rule_altered_in_storage_without_an_event(history: History) -> None:
    address = history.modules.rulebook
    slots = slots_read(history, "Rulebook", address, "ruleAt", 1)
    flip(history, address, slots[-1], 1 << 8)

    only(checked(history), "difference", "rulebook.rules", "rules of decision")


def test_a_method_that_there_is_not_is_no_crash(history: History) -> None:
    address = history.modules.rulebook
    slots = slots_read(history, "Rulebook", address, "ruleAt", 1)
    write_storage(history, address, slots[-1], read_storage(history, address, slots[-1]) | 0xFF)

    report = checked(history)

    others = "reading.impossible", "reading.unanswered"
    finding = found(report, "difference", "rulebook.rules", "rules of decision", *others)
    assert finding.expected == "a possible answer"
    assert set(report.statement.unknown) == {"powers", "roles", "pending", "dao_index"}


def test_a_rule_assigned_in_storage_without_an_event(history: History) -> None:
    selector = abi.selector(load("Membership").functions["decide"])
    address, target = history.modules.rulebook, history.modules.membership
    (slot,) = slots_read(history, "Rulebook", address, "assignedRule", target, selector)
    write_storage(history, address, slot, 2)

    only(
        checked(history),
        "difference",
        "rulebook.assignment",
        f"rule of 0x{selector.hex()} on {target}",
    )


def test_weights_altered_in_storage(history: History) -> None:
    address = history.modules.rulebook
    slots = slots_read(history, "Rulebook", address, "weights", 1)
    slot = next(one for one in slots if read_storage(history, address, one) > 3)
    flip(history, address, slot, 1)

    only(checked(history), "difference", "rulebook.weights", "weights of edition 1")


@pytest.mark.parametrize(
    ("bit", "code", "subject"),
    [
        (4, "rulebook.delay", "voting delay"),
        (32, "rulebook.limit", "open proposals of a seat"),
        (48, "rulebook.weights", "editions of the weights"),
    ],
)
def test_a_term_altered_in_storage(history: History, bit: int, code: str, subject: str) -> None:
    address = history.modules.rulebook
    (slot,) = slots_read(history, "Rulebook", address, "votingDelay")
    flip(history, address, slot, 1 << bit)

    only(checked(history), "difference", code, subject)


# ---------------------------------------------------------------------- affiliation


def test_a_group_altered_in_storage(history: History) -> None:
    address = history.modules.membership
    (slot,) = slots_read(history, "Membership", address, "groupOf", 1)
    flip(history, address, slot, 1 << 40)

    only(checked(history), "difference", "seats.group", "group 1")


def test_a_group_that_was_never_told(history: History) -> None:
    address = history.modules.membership
    (slot,) = slots_read(history, "Membership", address, "groupOf", 2)
    write_storage(history, address, slot, 1)

    only(checked(history), "difference", "seats.group", "group 2")


def test_a_declaration_altered_in_storage(history: History) -> None:
    address, account = history.modules.membership, actor(25).address
    (slot,) = slots_read(history, "Membership", address, "declaredBy", account)
    flip(history, address, slot, 1)

    only(checked(history), "difference", "seats.affiliation", f"affiliation declared by {account}")


def test_a_seat_put_into_a_group_in_storage(history: History) -> None:
    flip(history, history.modules.membership, standing_slot(history, 2), 1 << 192)

    only(checked(history), "difference", "seats.standing", f"standing of {actor(2).address}")


def test_a_nonce_that_no_signed_act_used_up(history: History) -> None:
    flip(history, history.modules.membership, standing_slot(history, 2), 2 << 224)

    only(checked(history), "difference", "seats.nonce", f"nonce of {actor(2).address}")


# ---------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("module", "view", "subject"),
    [
        ("membership", "admission", "rule of admission"),
        ("membership", "kinds", "kinds"),
        ("membership", "constituencies", "constituencies"),
        ("meta_organization", "charter", "charter document"),
    ],
)
def test_a_setting_altered_in_storage_without_an_event(
    history: History, module: str, view: str, subject: str
) -> None:
    address, code = getattr(history.modules, module), f"settings.{view}"
    slots = slots_read(history, module.title().replace("_", ""), address, view)
    named = [slot for slot in slots if read_storage(history, address, slot).bit_length() > 8]
    flip(history, address, (named or slots)[-1], 1 << 12)

    only(checked(history), "difference", code, subject)


# ---------------------------------------------------------------------- adoptions and the text


@pytest.mark.parametrize("change", [1, 1 << 48, 1 << 56], ids=["at", "constituency", "count"])
def test_an_adoption_record_altered_in_storage(history: History, change: int) -> None:
    address, account = history.modules.inter_constitution, actor(2).address
    slots = slots_read(history, "InterConstitution", address, "adoptionOf", account, 1)
    slot = next(s for s in slots if read_storage(history, address, s) >> 96 == 0)
    flip(history, address, slot, change)

    only(checked(history), "difference", "adoptions.record", f"adoption of version 1 by {account}")


def test_a_pledge_altered_in_storage(history: History) -> None:
    address, account = history.modules.inter_constitution, actor(2).address
    slots = slots_read(history, "InterConstitution", address, "adoptionOf", account, 1)
    slot = next(s for s in slots if read_storage(history, address, s) >> 96)
    flip(history, address, slot, 1)

    only(checked(history), "difference", "adoptions.record", f"adoption of version 1 by {account}")


@pytest.mark.parametrize("field", ["digest", "since"])
def test_a_version_of_the_text_altered_in_storage(history: History, field: str) -> None:
    address = history.modules.inter_constitution
    slots = slots_read(history, "InterConstitution", address, "versionAt", 1)
    wide = {s: read_storage(history, address, s) for s in slots}
    slot = next(
        s for s, v in wide.items() if (v >> 96 if field == "digest" else 8 < v.bit_length() <= 96)
    )
    flip(history, address, slot, 1 << 8)

    only(checked(history), "difference", "texts.version", "version 1 of the InterConstitution")


def test_an_amendment_nobody_decided_has_an_event_and_no_text(history: History) -> None:
    """The Timelock's key is what nobody has; what it puts in force has no proposal and no text."""
    digest = b"\7" * 32
    address = history.modules.inter_constitution
    as_timelock(history, "InterConstitution", address, "amend", digest, 0x55)

    report = checked(history)

    missing = f"text of version 3 ({Cid(digest=digest)})"
    found(report, "unknown", "document.missing", missing, "mandate.missing")
    block = history.by().events(address, ["Amended"])[-1].block
    subject = f"Amended of inter_constitution in block {block}, log 0"
    found(report, "difference", "mandate.missing", subject, "document.missing")


# ---------------------------------------------------------------------- commons


@pytest.mark.parametrize("shift", [0, 40, 48, 96], ids=["steward", "access", "time", "citations"])
def test_a_resource_altered_in_storage(history: History, shift: int) -> None:
    address, cid = history.modules.commons, Cid.of(HANDBOOK)
    slots = slots_read(history, "Commons", address, "resource", cid.digest)
    slot = next(s for s in slots if 0 < read_storage(history, address, s) >> 48 < 1 << 200)
    flip(history, address, slot, 1 << shift)

    only(checked(history), "difference", "commons.resource", f"resource {cid}")


@pytest.mark.parametrize("word", range(2))
def test_a_licence_or_description_altered_in_storage(history: History, word: int) -> None:
    address, cid = history.modules.commons, Cid.of(HANDBOOK)
    slots = slots_read(history, "Commons", address, "resource", cid.digest)
    wide = [s for s in slots if read_storage(history, address, s) >> 200]
    flip(history, address, wide[word], 1)

    only(checked(history), "difference", "commons.resource", f"resource {cid}")


def test_the_order_of_resources_altered_in_storage(history: History) -> None:
    address = history.modules.commons
    slots = slots_read(history, "Commons", address, "page", 0, 2)
    first, second = (read_storage(history, address, slot) for slot in slots[-2:])
    write_storage(history, address, slots[-2], second)
    write_storage(history, address, slots[-1], first)

    only(checked(history), "difference", "commons.order", "resources in order, from number 0")


# ---------------------------------------------------------------------- what organizations may do


def test_a_profile_that_is_not_canonical_json(history: History) -> None:
    block = b'{"type": "Profile", "name": "With spaces"}'
    org = history.by()
    history.store.put(block)
    org.send(org.membership.contract.change_profile(Cid.of(block)))

    subject = f"profile of {actor(1).address} ({Cid.of(block)})"
    finding = only(checked(history), "difference", "document.schema", subject)

    assert finding.expected == "canonical JSON: a profile"


def test_a_profile_that_was_never_published(history: History) -> None:
    org, cid = history.by(), Cid(digest=b"\5" * 32)
    org.send(org.membership.contract.change_profile(cid))

    subject = f"profile of {actor(1).address} ({cid})"
    finding = only(checked(history), "unknown", "document.missing", subject)

    assert finding.expected == "present" and "no store holds" in finding.seen


def test_two_wrongs_are_both_found(history: History) -> None:
    flip(history, history.modules.membership, standing_slot(history, 2), 1 << ORDINAL)
    org, cid = history.by(), Cid(digest=b"\5" * 32)
    org.send(org.membership.contract.change_profile(cid))

    report = checked(history)

    standing, profile = f"standing of {actor(2).address}", f"profile of {actor(1).address} ({cid})"
    found(report, "difference", "seats.standing", standing, "document.missing", "past.place")
    found(report, "unknown", "document.missing", profile, "seats.standing", "past.place")


def test_a_later_profile_keeps_the_earlier_one_to_be_looked_for(history: History) -> None:
    org = history.by()
    org.send(org.membership.change_profile(Profile(name="Once more")))

    assert checked(history).ok
