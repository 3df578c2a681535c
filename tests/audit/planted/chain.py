"""Wrongs on chain: code, powers and storage that are not what the events led to."""

import re
from typing import Any

from eth_utils.crypto import keccak
from onchain.world import WINDOW, actor, fund

from audit.history import (
    HANDBOOK,
    History,
    as_timelock,
    read_storage,
    selector,
    slots_read,
    write_storage,
)
from audit.planted import wrong
from metaorg.onchain import abi, layout
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import octets
from metaorg.onchain.devnet import advance
from metaorg.onchain.factory import clone_code, implementations
from metaorg.types import Call, Cid

OUTSIDER = actor(77)
EVERYBODY = (1 << 64) - 1


def module(history: History, contract: str) -> str:
    """The address of a contract, by its artifact's name."""
    field = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", contract).lower()
    return str(getattr(history.modules, field))


def set_code(history: History, address: str, code: bytes) -> None:
    history.chain.request("anvil_setCode", address, "0x" + code.hex())


def code_of(history: History, address: str) -> bytes:
    return octets(history.chain.request("eth_getCode", address, "latest"))


def undecided(history: History, contract: str, function: str, *arguments: Any) -> None:
    """A call as if by the Timelock, which no proposal asked for."""
    as_timelock(history, contract, module(history, contract), function, *arguments)


def flip(history: History, contract: str, path: tuple[Any, ...], bits: int) -> None:
    """Turn bits of a variable in storage around."""
    address, place = module(history, contract), layout.place_of(contract, *path)
    word = read_storage(history, address, place.slot)
    write_storage(history, address, place.slot, word ^ bits << 8 * place.offset)


# ---------------------------------------------------------------------- code


@wrong("code.clone")
def other_bytecode_behind_one_module(history: History) -> None:
    """The implementation itself in the place of its clone: all its answers are the same."""
    address = history.modules.commons
    whole = code_of(history, implementations().commons)
    set_code(history, address, whole + code_of(history, address)[45:])


@wrong("code.implementation")
def a_clone_of_a_copy_of_the_implementation(history: History) -> None:
    other = "0x" + "ab" * 20
    set_code(history, other, code_of(history, implementations().rulebook))
    arguments = code_of(history, history.modules.rulebook)[45:]
    set_code(history, history.modules.rulebook, clone_code(other, ()) + arguments)


@wrong("code.implementation")
def an_implementation_of_which_one_byte_is_another(history: History) -> None:
    address = implementations().membership
    code = bytearray(code_of(history, address))
    code[-20] ^= 1  # within what the compiler writes behind the code
    set_code(history, address, bytes(code))


@wrong("code.arguments")
def a_clone_that_obeys_somebody_else(history: History) -> None:
    """Its views answer as before: only its immutable arguments say whom it obeys."""
    arguments = OUTSIDER.address, history.modules.membership
    set_code(history, history.modules.commons, clone_code(implementations().commons, arguments))


# ---------------------------------------------------------------------- powers


@wrong("powers.role", "mandate.missing")
def a_role_of_the_authority_granted(history: History) -> None:
    undecided(history, "Authority", "grantRole", 7, OUTSIDER.address, 0)


@wrong("powers.role-in-between", "mandate.missing")
def a_role_granted_in_between_and_revoked_again(history: History) -> None:
    undecided(history, "Authority", "grantRole", 0, OUTSIDER.address, 0)
    advance(history.chain, 60)
    undecided(history, "Authority", "revokeRole", 0, OUTSIDER.address)


@wrong("powers.role", "mandate.missing")
def a_second_proposer_of_the_timelock(history: History) -> None:
    undecided(history, "Timelock", "grantRole", keccak(text="PROPOSER_ROLE"), OUTSIDER.address)


@wrong("powers.role", "mandate.missing")
def the_assembly_robbed_of_a_role(history: History) -> None:
    role = keccak(text="EXECUTOR_ROLE")
    undecided(history, "Timelock", "revokeRole", role, history.modules.assembly)


@wrong("powers.role")
def a_role_taken_in_storage_without_an_event(history: History) -> None:
    path = "_roles", keccak(text="PROPOSER_ROLE"), "hasRole", history.modules.assembly
    flip(history, "Timelock", path, 1)


@wrong("powers.function", "mandate.missing")
def a_function_opened_to_everybody(history: History) -> None:
    opened = history.modules.membership, [selector("Membership", "expel")], EVERYBODY
    undecided(history, "Authority", "setTargetFunctionRole", *opened)


@wrong("powers.function-in-between", "mandate.missing")
def a_function_opened_in_between(history: History) -> None:
    expel = history.modules.membership, [selector("Membership", "expel")]
    undecided(history, "Authority", "setTargetFunctionRole", *expel, EVERYBODY)
    undecided(history, "Authority", "setTargetFunctionRole", *expel, 0)


@wrong("powers.untold", "mandate.missing")
def a_function_of_which_storage_says_less_than_events(history: History) -> None:
    expel = selector("Membership", "expel")
    target = history.modules.membership
    undecided(history, "Authority", "setTargetFunctionRole", target, [expel], 7)
    flip(history, "Authority", ("_targets", target, "allowedRoles", expel), 7)


@wrong("powers.closed", "mandate.missing")
def a_contract_that_is_closed(history: History) -> None:
    undecided(history, "Authority", "setTargetClosed", history.modules.commons, True)


@wrong("powers.initializable")
def a_contract_that_anybody_can_initialize_again(history: History) -> None:
    flip(history, "Rulebook", ("_initialized",), 1)


@wrong("powers.pending", "powers.role", "mandate.missing", "execution.unvoted")
def an_operation_scheduled_without_a_proposal(history: History) -> None:
    """After the longest delay that the Timelock takes, which no report could write as a number."""
    undecided(history, "Timelock", "grantRole", keccak(text="PROPOSER_ROLE"), OUTSIDER.address)
    fund(history.chain, OUTSIDER)
    arguments = (OUTSIDER.address, 0, b"", bytes(32), bytes(32), 1 << 255)
    data = abi.encode_call(load("Timelock").functions["schedule"], arguments)
    call = Call(to=history.modules.timelock, data=data, value=0, says="schedule")
    history.by(OUTSIDER).send(call)


@wrong("mandate.missing")
def a_member_expelled_without_a_decision(history: History) -> None:
    undecided(history, "Membership", "expel", actor(2).address, bytes(32))


@wrong("mandate.missing", unknown=["document.missing"])
def an_amendment_that_nobody_decided(history: History) -> None:
    undecided(history, "InterConstitution", "amend", b"\7" * 32, 0x55)


@wrong("seats.pace", "mandate.missing")
def an_admission_beyond_the_pace(history: History) -> None:
    """The gate is forced open: a limit of 255 where the rule allows one."""
    org, address = history.by(), history.modules.membership
    rule = org.membership.admission().model_copy(update={"share": 0, "floor": 1})
    terms = int(rule.method), rule.window, rule.period, rule.share, rule.floor
    undecided(history, "Membership", "setAdmission", terms)
    history.apply(actor(61))
    history.apply(actor(62))
    advance(history.chain, WINDOW)
    org.send(org.membership.admit(actor(61).address))
    for slot in slots_read(history, "Membership", address, "pace"):
        value = read_storage(history, address, slot)
        if value & (1 << 48) - 1 == history.chain.block().time:
            write_storage(history, address, slot, value | 0xFF << 48)
    org.send(org.membership.admit(actor(62).address))


# ---------------------------------------------------------------------- storage


def standing(number: int, member: str) -> tuple[Any, ...]:
    return "_standings", actor(number).address, member


@wrong("seats.standing", "seats.certificate", "past.place")
def a_seat_given_back_in_storage(history: History) -> None:
    """Who left is active again: standing, vote and certificate all say so."""
    flip(history, "Membership", standing(12, "status"), 3 ^ 5)


@wrong("seats.standing")
def a_seat_put_into_a_group_in_storage(history: History) -> None:
    flip(history, "Membership", standing(2, "group"), 1)


@wrong("seats.nonce")
def a_signed_act_used_up_by_nobody(history: History) -> None:
    flip(history, "Membership", standing(2, "nonce"), 2)


@wrong("seats.account", "seats.certificate")
def a_seat_in_the_hands_of_another_account(history: History) -> None:
    flip(history, "Membership", ("_accounts", 2), 1)


@wrong("seats.profile")
def a_profile_altered_in_storage(history: History) -> None:
    flip(history, "Membership", ("_profiles", actor(2).address), 1)


@wrong("seats.active")
def two_seats_too_many_among_the_active(history: History) -> None:
    flip(history, "Membership", ("_ledger", "active"), 2)


@wrong("seats.count")
def more_seats_than_were_given(history: History) -> None:
    flip(history, "Membership", ("_ledger", "seats"), 64)


@wrong("seats.group")
def a_group_with_one_more_seat(history: History) -> None:
    flip(history, "Membership", ("_groups", 1, "active"), 1)


@wrong("seats.affiliation")
def an_affiliation_declared_by_nobody(history: History) -> None:
    flip(history, "Membership", ("_declared", actor(25).address), 1)


@wrong("past.census", "past.votes")
def a_census_of_the_past_altered_in_storage(history: History) -> None:
    """Of a time in which no voting began, whatever the machine's pace."""
    flip(history, "Membership", ("_active", 1, "_checkpoints", 0, "_value"), 3)


@wrong("adoptions.record")
def the_time_of_an_adoption_altered_in_storage(history: History) -> None:
    flip(history, "InterConstitution", ("_adoptions", actor(2).address, 1, "recordedAt"), 1)


@wrong("texts.version")
def a_text_replaced_in_storage(history: History) -> None:
    flip(history, "InterConstitution", ("_versions", 0, "digest"), 1)


@wrong("decision.page")
def a_seat_that_could_vote_once_more(history: History) -> None:
    flip(history, "Assembly", ("_pages", history.open, 0), 1)


@wrong("decision.state", "decision.tally", "decision.page")
def a_defeat_turned_into_a_victory_in_storage(history: History) -> None:
    for constituency in (0, 1, 2):
        slot = layout.slot_of("Assembly", "_pages", history.defeated, constituency << 25)
        write_storage(history, history.modules.assembly, slot, 90_000 << 170)


@wrong("decision.rule")
def a_frozen_rule_altered_in_storage(history: History) -> None:
    flip(history, "Assembly", ("_proposals", history.open), 1 << 176)


@wrong("decision.deadline", "decision.rule")
def a_deadline_altered_in_storage(history: History) -> None:
    flip(history, "Assembly", ("_proposals", history.open), 1 << 80)


@wrong("decision.eta")
def a_time_of_execution_altered_in_storage(history: History) -> None:
    flip(history, "Assembly", ("_proposals", history.open), 1 << 104)


@wrong("decision.seat", "decision.proposer")
def another_seat_as_the_proposer_in_storage(history: History) -> None:
    flip(history, "Assembly", ("_proposals", history.open), 3)


@wrong("decision.extension")
def an_extension_in_storage_that_no_vote_caused(history: History) -> None:
    flip(history, "Assembly", ("_proposals", history.open), 1 << 241)


@wrong("decision.request")
def a_request_for_an_upgrade_in_storage_that_no_seat_made(history: History) -> None:
    flip(history, "Assembly", ("_requests", history.open, 0), 1)


@wrong("rulebook.rules")
def a_rule_of_decision_altered_in_storage(history: History) -> None:
    flip(history, "Rulebook", ("_rules", 1, "approval"), 1)


@wrong("rulebook.assignment")
def a_rule_assigned_in_storage(history: History) -> None:
    decide = selector("Membership", "decide")
    flip(history, "Rulebook", ("_assigned", history.modules.membership, decide), 1 ^ 2)


@wrong("rulebook.weights")
def weights_altered_in_storage(history: History) -> None:
    flip(history, "Rulebook", ("_weights", 1, 0), 1)


@wrong("rulebook.delay")
def a_voting_delay_altered_in_storage(history: History) -> None:
    flip(history, "Rulebook", ("_settings", "votingDelay"), 1 << 4)


@wrong("settings.admission")
def a_rule_of_admission_altered_in_storage(history: History) -> None:
    flip(history, "Membership", ("_admission", "window"), 1 << 4)


@wrong("settings.kinds")
def a_kind_altered_in_storage(history: History) -> None:
    flip(history, "Membership", ("_kinds", 0), 1 << 248)


@wrong("settings.constituencies")
def a_constituency_altered_in_storage(history: History) -> None:
    flip(history, "Membership", ("_constituencies", 0, "name"), 1 << 216)


@wrong("settings.module", "code.clone", unknown=["reading.unanswered"])
def a_module_replaced_in_storage(history: History) -> None:
    flip(history, "MetaOrganization", ("module", b"commons"), 1)


@wrong("settings.charter")
def a_charter_altered_in_storage(history: History) -> None:
    flip(history, "MetaOrganization", ("charter",), 1)


@wrong("settings.uri")
def public_documents_put_elsewhere_in_storage(history: History) -> None:
    short = b"https://example.org/dao".ljust(31, b"\0") + bytes([46])
    slot = layout.slot_of("MetaOrganization", "daoURI")
    write_storage(history, history.modules.meta_organization, slot, int.from_bytes(short))


@wrong("commons.resource")
def a_steward_altered_in_storage(history: History) -> None:
    flip(history, "Commons", ("_resources", Cid.of(HANDBOOK).digest, "steward"), 1)


@wrong("commons.access")
def access_granted_in_storage(history: History) -> None:
    flip(history, "Commons", ("grants", history.sealed.digest, 0), 1 << 7)


@wrong("commons.order")
def resources_in_another_order_in_storage(history: History) -> None:
    slot = layout.slot_of("Commons", "_digests", 0)
    address = history.modules.commons
    first, second = (read_storage(history, address, slot + n) for n in (0, 1))
    write_storage(history, address, slot, second)
    write_storage(history, address, slot + 1, first)
