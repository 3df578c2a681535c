"""Storage is where the layouts say, proofs of it are believed, and nothing else is."""

from collections.abc import Sequence
from typing import Any

import pytest
from eth_utils.crypto import keccak
from onchain.nodes import Alter, proxy
from onchain.world import VOTING, actor

from audit.history import History
from audit.slots import Views
from metaorg.audit import wanted
from metaorg.audit.findings import Finding
from metaorg.audit.prove import Prover
from metaorg.audit.wanted import Coded, Wanted
from metaorg.onchain import layout
from metaorg.onchain.chain import Chain, Reading
from metaorg.onchain.devnet import advance
from metaorg.onchain.membership import Membership
from metaorg.onchain.modules import Modules
from metaorg.types import Address


def prover_of(reading: Reading) -> Prover:
    number = hex(reading.block.number)
    return Prover(reading, reading.chain.request("eth_getBlockByNumber", number, False))


def proved(
    reading: Reading, words: Sequence[Wanted], codes: Sequence[Coded] = ()
) -> tuple[Prover, list[Finding]]:
    prover = prover_of(reading)
    return prover, list(prover.findings(codes, words))


def proved_through(
    history: History, alter: Alter, words: Sequence[Wanted], codes: Sequence[Coded] = ()
) -> tuple[Prover, list[Finding]]:
    """From a node that lies."""
    with proxy(history.chain.url, alter) as node:
        return proved(Chain(node.url, timeout=10).at(), words, codes)


@pytest.fixture
def reading(history: History) -> Reading:
    return history.chain.at()


@pytest.fixture
def words(history: History, reading: Reading) -> list[Wanted]:
    return list(Views(reading, history.modules).wanted())


# ---------------------------------------------------------------- where things are


def test_everything_that_views_answer_is_proved(
    history: History, reading: Reading, words: list[Wanted]
) -> None:
    codes = [
        Coded(address, keccak(reading.code(address)), name)
        for name, address in history.modules.model_dump().items()
    ]

    prover, found = proved(reading, words, codes)

    assert found == []
    assert prover.slots == len(words) > 250
    assert prover.accounts == len(Modules.model_fields)


def test_the_past_of_a_seat_is_where_the_layout_says(history: History, reading: Reading) -> None:
    register = Membership(history.modules.membership)
    place = layout.place_of("Membership", "_standings", register.address)
    seen = 0

    for seat in range(1, register.seats(reading) + 1):
        account = register.read(reading, "accountOf", seat)
        for time, word in checkpoints(reading, register.address, "_past", seat):
            then = layout.unpacked(place, word)
            expected = 1 << 40 | then["votesIn"] << 32 | then["ordinal"]
            placed = register.read(reading, "placeAt", account, time)
            assert placed == (expected if then["status"] == 3 else 0)
            assert (then["since"], then["seat"]) == (time, seat)
            seen += 1
    assert seen > 10


def test_the_active_votes_are_where_the_layout_says(history: History, reading: Reading) -> None:
    register = Membership(history.modules.membership)

    for index in range(len(register.constituencies(reading))):
        points = list(checkpoints(reading, register.address, "_active", index))
        for time, active in points:
            assert register.census_at(reading, time)[index].active == active
        words = wanted.active(register.address, index, points)
        assert proved(reading, words)[1] == []
        assert len(words) == len(points) + 1


def checkpoints(
    reading: Reading, register: Address, variable: str, key: int
) -> list[tuple[int, int]]:
    """Times and values of a trace, as storage has them."""
    path = variable, key, "_checkpoints"
    length = layout.slot_of("Membership", *path)
    [count] = reading.storage(register, [length])
    slots = [layout.slot_of("Membership", *path, n) for n in range(int.from_bytes(count))]
    place = layout.place_of("Membership", *path, 0)
    points = [layout.unpacked(place, int.from_bytes(w)) for w in reading.storage(register, slots)]
    return [(point["_key"], point["_value"]) for point in points]


def test_the_past_of_a_seat_is_packed_as_the_contract_packs_it(
    history: History, reading: Reading
) -> None:
    register = history.modules.membership
    place = layout.place_of("Membership", "_standings", register)
    points = checkpoints(reading, register, "_past", 1)
    standings = [layout.unpacked(place, word) for _, word in points]

    assert proved(reading, wanted.past(register, 1, standings))[1] == []


def test_the_sum_of_votes_is_where_the_layout_says(history: History) -> None:
    org, number = history.by(), history.open
    assembly = org.assembly.contract
    advance(history.chain, VOTING + 1)
    org.send(assembly.count(number, 1))
    reading = history.chain.at()
    tally = assembly.tallies(reading, number)[0]

    fields = {"pages": 1, "against": 0, "in_favour": tally.in_favour, "abstain": 0}
    _, found = proved(reading, wanted.sums(assembly.address, number, 0, fields))

    assert tally.in_favour == 10_000
    assert found == []


def test_long_texts_and_packed_arrays_are_laid_out_as_solidity_does() -> None:
    long = layout.words("MetaOrganization", ("daoURI",), "x" * 40)
    short = layout.words("MetaOrganization", ("name",), "abc")
    shares = layout.words("Rulebook", ("_weights", 1), list(range(17)))

    assert [word.value for word in long[:2]] == [81, int.from_bytes(b"x" * 32)]
    assert long[1].slot == int.from_bytes(keccak((2).to_bytes(32)))
    assert short == [layout.Word(0, int.from_bytes(b"abc".ljust(31, b"\0") + b"\6"))]
    assert [word.slot - shares[1].slot for word in shares[1:]] == [0, 1]
    assert shares[2] == layout.Word(shares[1].slot + 1, 16, 0xFFFF)


def test_what_is_not_in_a_layout_has_no_slot() -> None:
    for path in (("_nothing",), ("_standings", actor(1).address, "nothing"), ("_ledger", "x", 1)):
        with pytest.raises(KeyError):
            layout.slot_of("Membership", *path)
    with pytest.raises(OverflowError):
        layout.words("Membership", ("_ledger",), {"seats": 1 << 32})


# ---------------------------------------------------------------- what is believed


def one(history: History) -> list[Wanted]:
    return wanted.minimum_delay(history.modules.timelock, 60)


def test_a_proven_value_that_is_another_one_is_a_difference(history: History) -> None:
    slot = layout.slot_of("Timelock", "_minDelay")
    words = wanted.minimum_delay(history.modules.timelock, 60)
    assert proved(history.chain.at(), words)[1] == []

    history.chain.request(
        "anvil_setStorageAt", history.modules.timelock, f"0x{slot:064x}", "0x" + "00" * 32
    )
    advance(history.chain, 1)
    prover, [found] = proved(history.chain.at(), words)

    assert (found.kind, found.code) == ("difference", "proof.value")
    assert found.subject == "delay of the Timelock"
    assert (int(found.expected, 16), int(found.seen, 16)) == (60, 0)
    assert found.looks[0].arguments == (f"0x{slot:064x}",)
    assert prover.slots == 0


def test_bits_that_events_do_not_tell_are_not_compared(history: History, reading: Reading) -> None:
    register, account = history.modules.membership, history.founders[0].address
    standing = Membership(register).read(reading, "standingOf", account)
    seat = {"seat": standing["seat"], "status": standing["status"]}

    same, found = proved(reading, wanted.standing(register, account, seat))
    _, [other] = proved(reading, wanted.standing(register, account, seat | {"seat": 9}))

    assert (same.slots, found) == (1, [])
    assert "of the bits" in other.seen


def test_other_code_behind_an_account_is_a_difference(reading: Reading, history: History) -> None:
    address = history.modules.membership

    _, [found] = proved(reading, [], [Coded(address, bytes(32), "Membership")])

    assert (found.kind, found.code, found.subject) == (
        "difference",
        "proof.code",
        "code hash of Membership",
    )


def _flipped(method: str, _: list[Any], result: Any) -> Any:
    """Another byte in the last node of the storage proof."""
    if method == "eth_getProof":
        node = result["storageProof"][0]["proof"][-1]
        result["storageProof"][0]["proof"][-1] = node[:-1] + f"{int(node[-1], 16) ^ 1:x}"
    return result


def _account_flipped(method: str, _: list[Any], result: Any) -> Any:
    if method == "eth_getProof":
        node = result["accountProof"][0]
        result["accountProof"][0] = node[:-1] + f"{int(node[-1], 16) ^ 1:x}"
    return result


def _absent(method: str, _: list[Any], result: Any) -> Any:
    """No proof for the slot, as if nothing were there."""
    if method == "eth_getProof":
        result["storageProof"] = []
    return result


def _garbage(method: str, _: list[Any], result: Any) -> Any:
    if method == "eth_getProof":
        result["storageProof"] = [{"key": 7}, {"key": "0x0", "proof": [3]}, None]
        result["accountProof"] = result["accountProof"]
    return result


@pytest.mark.parametrize("lie", [_flipped, _absent, _garbage])
def test_a_proof_that_proves_nothing_is_a_difference_that_names_the_node(
    history: History, lie: Alter
) -> None:
    prover, [found] = proved_through(history, lie, one(history))

    assert (found.kind, found.code) == ("difference", "proof.invalid")
    assert found.looks[0].endpoint in found.seen
    assert prover.slots == 0


def test_a_wrong_proof_of_an_account_is_told_once(history: History, words: list[Wanted]) -> None:
    timelock = history.modules.timelock
    codes = [Coded(timelock, bytes(32), "timelock")]
    of_timelock = [word for word in words if word.contract == timelock]

    _, found = proved_through(history, _account_flipped, of_timelock, codes)

    assert [(f.code, f.subject) for f in found] == [
        ("proof.invalid", f"account {timelock}"),
        ("proof.unavailable", f"state of block {history.chain.block().number}"),
    ]


def test_a_value_beside_a_right_proof_is_not_believed(history: History) -> None:
    def lie(method: str, _: list[Any], result: Any) -> Any:
        if method == "eth_getProof":
            result["storageProof"][0]["value"] = "0x7"
        return result

    assert proved_through(history, lie, one(history))[1] == []


@pytest.mark.parametrize(
    "refusal", ["the method does not exist", "historical state is not available"]
)
def test_a_node_that_does_not_prove_leaves_it_unknown(
    history: History, words: list[Wanted], refusal: str
) -> None:
    def refuse(method: str, _: list[Any], result: Any) -> Any:
        refused = {"error": {"code": -32000, "message": refusal}}
        return refused if method == "eth_getProof" else result

    codes = [Coded(history.modules.timelock, bytes(32), "timelock")]
    prover, [found] = proved_through(history, refuse, words, codes)

    assert (found.kind, found.code) == ("unknown", "proof.unavailable")
    assert found.expected == f"proofs of {len(words) + 1} accounts and slots"
    assert refusal in found.seen
    assert (prover.slots, prover.accounts) == (0, 0)


def test_a_node_that_proves_few_slots_at_once_is_asked_for_fewer(
    history: History, words: list[Wanted]
) -> None:
    def limit(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_getProof" and len(parameters[1]) > 7:
            return {"error": {"code": -32602, "message": "too many slots"}}
        return result

    prover, found = proved_through(history, limit, words)

    assert found == []
    assert prover.slots == len(words)


def test_a_header_that_does_not_hash_to_its_hash_proves_nothing(history: History) -> None:
    def lie(method: str, _: list[Any], result: Any) -> Any:
        return result | {"stateRoot": "0x" + "11" * 32} if "getBlock" in method else result

    _, [found] = proved_through(history, lie, one(history))

    assert (found.kind, found.code) == ("unknown", "proof.unavailable")
    assert "does not hash" in found.seen
