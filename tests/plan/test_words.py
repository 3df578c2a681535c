"""What a call does is said in words that its author cannot bend, or that it cannot be said."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.onchain import abi, factory
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.in_force import InForce
from metaorg.onchain.words import (
    _SPOKEN,
    CALLS_SHOWN,
    DATA_LIMIT,
    TEMPLATES,
    WARNINGS,
    Said,
    Words,
    ether,
    quoted,
)
from metaorg.types import Call, Cid, checksum_address
from plan.world import MODULES, charter, founded

NOW = founded(charter(weights={"Workers": "60 %", "Users": "40 %"}))
ADDRESSES = {name: address for address, name in NOW.contracts.items()}
ADDRESSES |= {name: address for name, address, _ in factory.deployment()[::9]}
BAKERY = checksum_address("0x" + "a" * 40)
STRANGER = checksum_address("0x" + "b" * 40)
REASON = Cid.of(b"Because.")
WRITES = [
    (contract, name)
    for contract in CONTRACTS
    for name, entry in load(contract).functions.items()
    if entry["stateMutability"] not in ("view", "pure")
]


def names(account: str) -> str | None:
    return "Lantern Bakery" if account == BAKERY else None


def call(contract: str, function: str, *arguments: Any, value: int = 0) -> Call:
    data = abi.encode_call(load(contract).functions[function], arguments)
    return Call(to=ADDRESSES[contract], data=data, value=value, says="")


def say(*calls: Call, now: InForce = NOW) -> list[Said]:
    return Words(now, names).of(calls)


def text(contract: str, function: str, *arguments: Any) -> str:
    [said] = say(call(contract, function, *arguments))
    assert said.decoded, said
    return said.text


def raw(to: str, data: bytes, value: int = 0) -> Said:
    [said] = say(Call(to=to, data=data, value=value, says=""))
    return said


# ---------------------------------------------------------------------- every function


def example(parameter: abi.Entry) -> Any:
    """A value of a parameter's type."""
    kind = parameter["type"]
    if parameter["name"] == "objections":
        return 0
    if kind.endswith("[]"):
        return [example({**parameter, "type": kind[:-2]})]
    if kind == "tuple":
        return tuple(example(part) for part in parameter["components"])
    if kind == "string":
        return "Words"
    if kind == "bytes":
        return b""
    if kind.startswith("bytes"):
        return b"A".ljust(int(kind[5:]), b"\0")
    return {"address": BAKERY, "bool": True, "uint16": 5000}.get(kind, 1)


@pytest.mark.parametrize(("contract", "function"), WRITES)
def test_every_function_that_changes_something_has_words(contract: str, function: str) -> None:
    inputs = load(contract).functions[function]["inputs"]

    [said] = say(call(contract, function, *map(example, inputs)))

    assert said.decoded, said
    assert f"{contract}.{function}" in (TEMPLATES.keys() | _SPOKEN.keys())
    assert "{" not in said.text and said.text[0].islower() and not said.text.endswith(".")


def test_no_words_are_for_a_function_that_there_is_not() -> None:
    known = {f"{contract}.{function}" for contract, function in WRITES}

    assert TEMPLATES.keys() | _SPOKEN.keys() == known
    assert not TEMPLATES.keys() & _SPOKEN.keys()
    assert known >= WARNINGS


def test_every_function_of_the_authority_that_gives_power_warns() -> None:
    harmless = {"cancel", "consumeScheduledOp", "execute", "initialize", "labelRole", "multicall",
                "schedule"}  # fmt: skip
    warned = {name.partition(".")[2] for name in WARNINGS if name.startswith("Authority.")}

    assert warned == {name for contract, name in WRITES if contract == "Authority"} - harmless


# ---------------------------------------------------------------------- sentences


def test_words_name_members_reasons_and_constituencies() -> None:
    assert text("Membership", "decide", BAKERY, True, REASON.digest) == (
        f'admit the applicant {BAKERY} (member "Lantern Bakery"), for the reason {REASON}'
    )
    assert text("Membership", "suspend", STRANGER, bytes(32)) == (
        f"suspend {STRANGER}: take its vote for now, without a reason"
    )
    assert text("Membership", "affiliate", [BAKERY, STRANGER], bytes(32)) == (
        f'let {BAKERY} (member "Lantern Bakery"), {STRANGER} share one vote, without a reason'
    )
    assert text("Membership", "applyForSeat", 1, REASON.digest) == (
        f'apply for a seat as "trust" with the profile {REASON}'
    )


def test_a_rule_is_said_by_what_changes() -> None:
    rule = {"methods": 1, "approval": 6000, "quorum": 2000, "objections": 0, "closing": 10,
            "upgradable": True, "delay": 60, "votingPeriod": 3600}  # fmt: skip

    assert text("Rulebook", "setRule", 0, rule) == (
        "change rule 0 (ordinary): approval 50 % -> 60 %, upgradable false -> true"
    )
    assert text("Rulebook", "setRule", 2, rule).startswith("add rule 2: method majority, approval")
    assert not say(call("Rulebook", "setRule", 3, rule))[0].decoded
    for strange in ({"methods": 4}, {"methods": 200}, {"methods": 0}, {"approval": 10_000}):
        assert not say(call("Rulebook", "setRule", 0, rule | strange))[0].decoded


def test_earlier_actions_count_for_later_ones() -> None:
    first = call("Membership", "addConstituency", b"Friends".ljust(28, b"\0"))
    then = call("Rulebook", "setWeights", [6000, 0, 4000])
    again = call("Rulebook", "setWeights", [0, 0, 10_000])

    said = [one.text for one in say(first, then, again)]

    assert said[1] == (
        'weigh the constituencies: "Workers" 60 %, "Users" 40 % -> 0 %, "Friends" 0 % -> 40 %'
    )
    assert said[2].endswith('"Workers" 60 % -> 0 %, "Users" 0 %, "Friends" 40 % -> 100 %')


def test_a_function_is_named_where_it_gets_a_rule() -> None:
    decide = abi.selector(load("Membership").functions["decide"])

    assert text("Rulebook", "assignRule", MODULES.membership, decide, 1) == (
        "let Membership.decide need rule 1 (amendment) (before: rule 0 (ordinary))"
    )
    assert text("Rulebook", "assignRule", STRANGER, b"\x12\x34\x56\x78", 7) == (
        f"let selector 0x12345678 of {STRANGER} need rule 7 (before: none of its own)"
    )


def test_an_amendment_names_text_and_version() -> None:
    said = text("InterConstitution", "amend", REASON.digest, 0x55)

    assert said == (
        f"put {REASON} in force as version 2 of the InterConstitution "
        f"(before: version 1, {NOW.version.text})"
    )
    assert "unknown codec 7" in text("InterConstitution", "amend", REASON.digest, 7)


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "sentence"),
    [
        ("Authority", "grantRole", (0, STRANGER, 60),
         f"give {STRANGER} role 0, administrator, which may do everything, of the Authority"),
        ("Authority", "setTargetFunctionRole", (MODULES.membership, [b"\1\2\3\4"], 2**64 - 1),
         "let those who have the role of everybody of the Authority call 0x01020304 of the "
         f"Membership ({MODULES.membership}) without a decision"),
        ("Timelock", "grantRole", (bytes(32), STRANGER),
         f"give {STRANGER} role administrator of the Timelock"),
        ("MetaOrganization", "register", (b"membership".ljust(32, b"\0"), STRANGER),
         f'put {STRANGER} in the place of the module "membership", which is {MODULES.membership}'),
    ],
)  # fmt: skip
def test_changes_of_power_warn(
    contract: str, function: str, arguments: Sequence[Any], sentence: str
) -> None:
    [said] = say(call(contract, function, *arguments))

    assert said.warning
    assert said.text.startswith(sentence)
    assert said.lines()[0].startswith("WARNING, this changes who has power: ")


def test_calls_in_calls_are_decoded_and_warn() -> None:
    grant = call("Authority", "grantRole", 0, STRANGER, 0)
    many = call("Authority", "multicall", [grant.data])
    outer = call("Authority", "execute", many.to, many.data)
    batch = call(
        "Timelock", "scheduleBatch", [outer.to], [7], [outer.data], bytes(32), bytes(32), 60
    )

    [said] = say(batch)

    assert said.text.startswith("let the Timelock execute these 1 calls after 1 minute")
    [through] = said.inner
    assert through.text == "call through the Authority, with 0.000000000000000007 ETH:"
    [[granted]] = [one.inner for one in through.inner]
    assert granted.warning and len(said.lines()) == 4
    assert said.lines()[3].startswith("      WARNING")


def test_what_happens_later_is_not_counted_as_done() -> None:
    delay = call("Rulebook", "setVotingDelay", 5)
    later = call("Timelock", "schedule", delay.to, 0, delay.data, bytes(32), bytes(32), 60)
    now = call("Authority", "execute", delay.to, delay.data)

    assert (
        say(later, delay)[1].text
        == "let voting begin 5 seconds after a proposal (before: 1 minute)"
    )
    assert (
        say(now, delay)[1].text == "let voting begin 5 seconds after a proposal (before: 5 seconds)"
    )


def test_payments_are_said_in_eth() -> None:
    assert (
        raw(BAKERY, b"", 15 * 10**17).text == f'send 1.5 ETH to {BAKERY} (member "Lantern Bakery")'
    )
    assert raw(MODULES.timelock, b"").text == (
        f"call the Timelock ({MODULES.timelock}) with no data and no ETH"
    )


@given(st.integers(0, 2**256 - 1))
def test_eth_is_exact(wei: int) -> None:
    whole, _, part = ether(wei).removesuffix(" ETH").partition(".")

    assert int(whole) * 10**18 + int(part.ljust(18, "0")) == wei


def test_token_calls_are_said_under_the_condition_that_it_is_a_token() -> None:
    arguments = encode(["address", "uint256"], [BAKERY, 1000])

    assert raw(STRANGER, bytes.fromhex("a9059cbb") + arguments).text == (
        f"if {STRANGER} is an ERC-20 token, send 1000 of its smallest units to {BAKERY} "
        '(member "Lantern Bakery")'
    )
    assert "let" in raw(STRANGER, bytes.fromhex("095ea7b3") + arguments).text
    assert not raw(STRANGER, bytes.fromhex("a9059cbb") + arguments[:-1]).decoded


# ---------------------------------------------------------------------- what cannot be decoded


def test_an_unknown_function_says_so() -> None:
    said = raw(STRANGER, bytes.fromhex("12345678") + bytes(7))

    assert said.text == f"cannot be decoded: call {STRANGER} with selector 0x12345678 and 7 bytes"
    assert not said.decoded
    assert not raw(MODULES.membership, b"\xff\xff\xff\xff").decoded
    assert "too few for a selector" in raw(STRANGER, b"\1\2").text


def test_a_view_changes_nothing() -> None:
    assert text("Rulebook", "rules") == "ask Rulebook.rules, which changes nothing"


def test_bytes_after_the_arguments_are_told() -> None:
    good = call("Membership", "expel", STRANGER, bytes(32))

    said = raw(good.to, good.data + b"\1\2\3")

    assert said.text.endswith("without a reason (and 3 more bytes that it does not read)")


@pytest.mark.parametrize(
    ("contract", "function", "body"),
    [
        ("Membership", "expel", bytes(63)),
        ("Membership", "expel", b"\xff" * 64),
        ("Membership", "setAdmission", encode(["uint256"] * 5, [9, 0, 1, 0, 1])),
        ("Membership", "setAdmission", encode(["uint256"] * 5, [1, 0, 1, 20_000, 1])),
        ("Membership", "setReadoption", encode(["uint256"] * 2, [9, 9])),
        ("MetaOrganization", "setDaoURI", encode(["uint256"] * 2, [2**255, 5])),
        ("MetaOrganization", "setDaoURI", encode(["uint256"] * 2, [32, 2**255])),
        ("MetaOrganization", "setDaoURI", encode(["uint256"] * 3, [64, 0, 0])),
        ("Rulebook", "setWeights", encode(["uint256"] * 2, [32, 2**64])),
        ("Rulebook", "setWeights", encode(["uint256"] * 2, [0, 0])),
        ("Authority", "multicall", encode(["uint256"] * 5, [32, 2, 32, 32, 0])),
        ("Timelock", "scheduleBatch", bytes(192)),
        ("MetaOrganization", "setDaoURI", bytes(DATA_LIMIT)),
    ],
)
def test_data_that_no_compiler_makes_get_no_words(
    contract: str, function: str, body: bytes
) -> None:
    selector = abi.selector(load(contract).functions[function])

    said = raw(ADDRESSES[contract], selector + body)

    assert not said.decoded
    assert said.text.startswith(f"cannot be decoded: call {contract}.{function} on ")


@settings(max_examples=300)
@given(st.sampled_from(WRITES), st.binary(max_size=400), st.booleans())
def test_no_data_are_too_strange(write: tuple[str, str], body: bytes, words: bool) -> None:
    contract, function = write
    selector = abi.selector(load(contract).functions[function])
    if words:  # small numbers, as offsets and lengths are
        body = b"".join(bytes(31) + bytes([one & 0x7F & ~31]) for one in body[:40])

    said = raw(ADDRESSES[contract], selector + body)

    assert all(one.isprintable() for line in said.lines() for one in line)


@given(st.text(), st.binary(max_size=28))
def test_what_others_wrote_stays_in_its_quotes(words: str, name: bytes) -> None:
    uri = text("MetaOrganization", "setDaoURI", words)
    added = text("Membership", "addConstituency", name.ljust(28, b"\0"))

    for said in (uri, added):
        assert said.isprintable()
    inner = quoted(words).replace("\\\\", "").replace('\\"', "")
    assert words[300:] or (inner.count('"') == 2 and inner[0] == inner[-1] == '"')


def test_a_long_text_is_cut_and_that_is_said() -> None:
    said = text("MetaOrganization", "setDaoURI", "x" * 5000)

    assert said.endswith('xxx" and 4700 more characters')


def test_a_long_list_is_cut_and_that_is_said() -> None:
    said = text("Membership", "affiliate", [STRANGER] * 500, bytes(32))

    assert said.count(STRANGER) == 20 and "and 480 more share one vote" in said


def test_text_that_is_not_utf8_is_shown_as_escapes() -> None:
    good = call("MetaOrganization", "setDaoURI", "AAAA")

    said = raw(good.to, good.data.replace(b"AAAA", b"\xff\xfeAA"))

    assert said.text.endswith('at "\\\\xff\\\\xfeAA"')


def test_nesting_and_numbers_of_calls_are_bounded() -> None:
    inner = call("Authority", "labelRole", 1, "x")
    deep = inner
    for _ in range(6):
        deep = call("Authority", "multicall", [deep.data])
    wide = call("Authority", "multicall", [inner.data] * (CALLS_SHOWN + 5))

    assert say(deep)[0].lines()[-1].endswith("cannot be decoded: 1 calls, nested more than 4 deep")
    [said, after] = say(wide, wide)
    assert said.inner[-1].text == "cannot be decoded: 5 more calls, too many to be shown"
    assert after.inner[0].text == "cannot be decoded: 105 more calls, too many to be shown"


def test_data_that_point_to_themselves_cost_little() -> None:
    selector = abi.selector(load("Authority").functions["multicall"])
    size = 900
    pointers = encode(["uint256"] * size, [size * 32] * size)
    bomb = encode(["uint256"] * 2, [32, size]) + pointers + encode(["uint256"], [30_000])
    began = time.monotonic()

    said = raw(MODULES.authority, selector + bomb + bytes(30_000))

    assert not said.decoded
    assert time.monotonic() - began < 5
