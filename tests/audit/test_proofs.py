"""Headers, blooms, receipts and state proofs: of real blocks, and of tries made at random."""

from collections.abc import Iterator
from typing import Any

import pytest
import rlp
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as some
from onchain.world import actor, fund

from metaorg.audit import proofs
from metaorg.audit.proofs import Bloom, tries
from metaorg.audit.proofs import rlp as own
from metaorg.errors import InvalidInput
from metaorg.onchain.chain import Chain, octets
from metaorg.onchain.devnet import Devnet

FORKS = ("byzantium", "berlin", "london", "paris", "shanghai", "cancun", "prague", "osaka")
LOGGING = bytes.fromhex("602a6000526009600760206000a260006000a000")
"""Creation code that logs a word with two topics, then nothing at all."""
ACCOUNT = "0x" + "11" * 20


# ---------------------------------------------------------------- real blocks


@pytest.fixture(scope="module", params=FORKS)
def fork(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """A chain by the rules of one upgrade."""
    with Devnet(options=["--hardfork", request.param]) as devnet:
        yield devnet.chain


def test_a_header_of_every_upgrade_hashes_to_its_block(fork: Chain) -> None:
    fund(fork, actor(1))
    fork.request("anvil_mine", "0x3")

    for number in range(4):
        block = fork.request("eth_getBlockByNumber", hex(number), False)
        assert proofs.header_hash(block) == octets(block["hash"])


@pytest.fixture(scope="module")
def anvil() -> Iterator[Chain]:
    with Devnet(options=["--no-mining", "--order", "fifo"]) as devnet:
        yield devnet.chain


@pytest.fixture(scope="module")
def block(anvil: Chain) -> dict[str, Any]:
    """A block of transactions of several types, most of which log, and some of which fail."""
    sender = anvil.request("eth_accounts")[0]
    kinds: list[dict[str, Any]] = [
        {"gasPrice": hex(10**10)},
        {"accessList": [{"address": ACCOUNT, "storageKeys": []}], "gasPrice": hex(10**10)},
        {},
    ]
    for number in range(140):
        data = "0xfe" if number % 7 == 3 else "0x" + LOGGING.hex()
        given = {"from": sender, "data": data, "gas": hex(100_000), **kinds[number % 3]}
        anvil.request("eth_sendTransaction", given)
    anvil.request("anvil_mine", "0x1")
    found: dict[str, Any] = anvil.request("eth_getBlockByNumber", "latest", False)
    assert len(found["transactions"]) == 140
    return found


@pytest.fixture(scope="module")
def receipts(anvil: Chain, block: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = anvil.request("eth_getBlockReceipts", block["number"])
    return found


@pytest.mark.parametrize("field", ["number", "timestamp", "stateRoot", "logsBloom", "extraData"])
def test_a_header_with_one_other_field_hashes_to_nothing(block: dict[str, Any], field: str) -> None:
    altered = block | {field: hex(int(block[field], 16) ^ 2) if len(block[field]) > 2 else "0x01"}
    if field in ("stateRoot", "logsBloom"):
        altered[field] = "0x" + altered[field][2:].rjust(len(block[field]) - 2, "0")

    assert proofs.header_hash(block) == octets(block["hash"])
    assert proofs.header_hash(altered) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": None},
        {"number": "12"},
        {"number": "-0x1"},
        {"number": "0x" + "f" * 1000},
        {"miner": "0x11"},
        {"miner": " " * 42},
        {"extraData": "0x1"},
        {"extraData": "0x" + "00" * 5000},
        {"hash": 7},
        {"hash": None},
    ],
    ids=lambda wrong: f"{next(iter(wrong))}={str(next(iter(wrong.values())))[:5]}",
)
def test_what_is_not_a_header_hashes_to_nothing(
    block: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert proofs.header_hash(block | wrong) is None


def test_bytes_do_not_move_from_one_field_of_a_header_to_the_next(block: dict[str, Any]) -> None:
    joined = block["parentHash"][2:] + block["sha3Uncles"][2:]
    shifted = {"parentHash": "0x" + joined[:62], "sha3Uncles": "0x" + joined[62:]}
    spaced = {"parentHash": "0x" + joined[:62] + "  ", "sha3Uncles": "0x" + joined[62:-2]}

    assert proofs.header_hash(block | shifted) is None
    assert proofs.header_hash(block | spaced) is None


def test_receipts_lead_to_the_root_and_the_bloom_of_the_header(
    block: dict[str, Any], receipts: list[dict[str, Any]]
) -> None:
    rows = proofs.logs_of_receipts(int(block["number"], 16), receipts)

    assert {receipt["type"] for receipt in receipts} == {"0x0", "0x1", "0x2"}
    assert {receipt["status"] for receipt in receipts} == {"0x0", "0x1"}
    assert proofs.receipts_root(receipts) == octets(block["receiptsRoot"])
    assert [row.place for row in rows] == list(range(240))
    assert bytes(proofs.bloom_of(rows)) == octets(block["logsBloom"])


def test_logs_of_receipts_are_those_that_the_node_lists(
    anvil: Chain, block: dict[str, Any], receipts: list[dict[str, Any]]
) -> None:
    logs = anvil.request("eth_getLogs", {"blockHash": block["hash"]})

    rows = proofs.logs_of_receipts(int(block["number"], 16), receipts)

    assert [(row.place, row.transaction, row.position, row.contract, row.data) for row in rows] == [
        (
            int(log["logIndex"], 16),
            octets(log["transactionHash"]),
            int(log["transactionIndex"], 16),
            octets(log["address"]),
            octets(log["data"]),
        )
        for log in logs
    ]
    assert rows[0].topics == (7).to_bytes(32) + (9).to_bytes(32)
    assert rows[0].data == (42).to_bytes(32)


def _dropped(receipts: list[dict[str, Any]]) -> None:
    receipts[5]["logs"] = receipts[5]["logs"][1:]


def _added(receipts: list[dict[str, Any]]) -> None:
    receipts[5]["logs"] = receipts[5]["logs"] * 2


def _changed(receipts: list[dict[str, Any]]) -> None:
    receipts[5]["logs"] = [receipts[5]["logs"][0] | {"data": "0x2b"}, *receipts[5]["logs"][1:]]


def _swapped(receipts: list[dict[str, Any]]) -> None:
    receipts[5]["logs"] = receipts[5]["logs"][::-1]


def _shortened(receipts: list[dict[str, Any]]) -> None:
    receipts.pop()


@pytest.mark.parametrize("alter", [_dropped, _added, _changed, _swapped, _shortened])
def test_an_altered_log_or_receipt_leads_to_another_root(
    block: dict[str, Any], receipts: list[dict[str, Any]], alter: Any
) -> None:
    altered = [dict(receipt) for receipt in receipts]
    alter(altered)

    assert proofs.receipts_root(altered) not in (None, octets(block["receiptsRoot"]))


def test_a_receipt_of_an_unknown_type_has_no_root(receipts: list[dict[str, Any]]) -> None:
    assert proofs.receipts_root([receipts[0] | {"type": "0x64"}]) is None
    assert proofs.receipts_root([{}]) is None
    with pytest.raises(InvalidInput, match="not the receipts of block 9"):
        proofs.logs_of_receipts(9, [{}])


def test_a_deposit_of_an_op_stack_chain_has_two_fields_more(receipts: list[dict[str, Any]]) -> None:
    plain = receipts[3] | {"logs": []}
    bloom = octets(plain["logsBloom"])
    gas = int(plain["cumulativeGasUsed"], 16).to_bytes(3)
    fields = [b"", gas, bloom, []]
    deposit = {"type": "0x7e", "depositNonce": "0x5", "depositReceiptVersion": "0x1"}

    before, after = (
        tries.ordered_root([b"\x7e" + rlp.encode([*fields, *more])])
        for more in ([], [b"\5", b"\1"])
    )

    assert plain["status"] == "0x0"
    assert proofs.receipts_root([plain | deposit]) == after
    assert proofs.receipts_root([plain | {"type": "0x7e"}]) == before


def test_no_receipts_have_the_root_of_nothing() -> None:
    assert proofs.receipts_root([]) == tries.EMPTY_ROOT


# ---------------------------------------------------------------- blooms


def test_a_bloom_has_what_was_put_into_it(
    block: dict[str, Any], receipts: list[dict[str, Any]]
) -> None:
    bloom = Bloom(octets(block["logsBloom"]))

    rows = proofs.logs_of_receipts(1, receipts)

    assert all(bloom.may_contain(row.contract) for row in rows)
    assert bloom.may_contain((7).to_bytes(32))
    assert not Bloom(bytes(256)).may_contain((7).to_bytes(32))
    assert not Bloom(bytes(256)).may_contain_any([row.contract for row in rows])


# ---------------------------------------------------------------- tries at random

KEYS = some.binary(min_size=2, max_size=2) | some.binary(min_size=32, max_size=32)
TRIES = some.dictionaries(KEYS.map(keccak), some.binary(min_size=1, max_size=40), max_size=30)


def plain_node(pairs: dict[str, bytes]) -> Any:
    """A trie node, as the Yellow Paper defines it, and no faster; for keys of one length."""
    if not pairs:
        return b""
    keys = sorted(pairs)
    shared = 0
    while shared < len(keys[0]) and keys[0][shared] == keys[-1][shared]:
        shared += 1
    if len(pairs) == 1:
        return [plain_path(keys[0], 2), pairs[keys[0]]]
    if shared:
        below = {key[shared:]: value for key, value in pairs.items()}
        return [plain_path(keys[0][:shared], 0), plain_link(plain_node(below))]
    parts = [{k[1:]: v for k, v in pairs.items() if k[0] == d} for d in "0123456789abcdef"]
    return [*(plain_link(plain_node(part)) for part in parts), b""]


def plain_path(digits: str, flag: int) -> bytes:
    odd = len(digits) % 2
    return bytes.fromhex(f"{flag + odd:x}" + "0" * (1 - odd) + digits)


def plain_link(node: Any) -> Any:
    return node if node == b"" or len(rlp.encode(node)) < 32 else keccak(rlp.encode(node))


def plain_proof(pairs: dict[str, bytes], key: str) -> list[bytes]:
    """The nodes from the root towards a key, those that lie in others left out."""
    node, found, pairs = plain_node(pairs), [], dict(pairs)
    while node:
        if not found or len(rlp.encode(node)) >= 32:
            found.append(rlp.encode(node))
        shared = _step(node, key)
        if shared is None:
            break
        pairs = {k[shared:]: v for k, v in pairs.items() if k[:shared] == key[:shared]}
        node, key = plain_node(pairs), key[shared:]
    return found


def _step(node: Any, key: str) -> int | None:
    """How many digits lead from a node to the next one; None when nothing follows."""
    if len(node) == 17:
        return 1
    text = node[0].hex()
    digits = text[1:] if text[0] in "13" else text[2:]
    return len(digits) if text[0] in "01" and key.startswith(digits) else None


def rooted(pairs: dict[bytes, bytes]) -> tuple[bytes, dict[str, bytes]]:
    hexed = {key.hex(): value for key, value in pairs.items()}
    return keccak(rlp.encode(plain_node(hexed))), hexed


@settings(max_examples=150)
@given(TRIES, KEYS.map(keccak))
def test_a_proof_shows_the_value_of_each_key_and_the_absence_of_others(
    pairs: dict[bytes, bytes], other: bytes
) -> None:
    root, hexed = rooted(pairs)

    for key in [*pairs, other]:
        assert tries.find(root, key, plain_proof(hexed, key.hex())) == pairs.get(key)


@settings(max_examples=40)
@given(TRIES.filter(bool), some.data())
def test_a_proof_with_any_other_byte_is_refused(
    pairs: dict[bytes, bytes], data: some.DataObject
) -> None:
    root, hexed = rooted(pairs)
    key = data.draw(some.sampled_from(sorted(pairs)) | KEYS.map(keccak))
    proof = plain_proof(hexed, key.hex())

    for index, node in enumerate(proof):
        for at in range(len(node)):
            changed = bytes(
                (*node[:at], node[at] ^ data.draw(some.integers(1, 255)), *node[at + 1 :])
            )
            with pytest.raises(InvalidInput):
                tries.find(root, key, [*proof[:index], changed, *proof[index + 1 :]])


@settings(max_examples=40)
@given(TRIES.filter(bool), some.data())
def test_a_proof_with_a_node_too_many_or_too_few_is_refused(
    pairs: dict[bytes, bytes], data: some.DataObject
) -> None:
    root, hexed = rooted(pairs)
    key = data.draw(some.sampled_from(sorted(pairs)))
    proof = plain_proof(hexed, key.hex())
    index = data.draw(some.integers(0, len(proof) - 1))

    for wrong in (
        proof[:index] + proof[index + 1 :],
        [*proof, proof[index]],
        [*proof, b"\x80"],
        [*proof[:index], b"", *proof[index:]],
        [],
        proof * 100,
        [b"\0" * 2000],
    ):
        with pytest.raises(InvalidInput):
            tries.find(root, key, wrong)


@settings(max_examples=60)
@given(some.lists(some.binary(min_size=1, max_size=60), max_size=300))
def test_the_root_of_a_list_is_that_of_the_plain_trie(values: list[bytes]) -> None:
    pairs = {rlp.encode(index): value for index, value in enumerate(values)}

    assert tries.ordered_root(values) == rooted(pairs)[0]


# ---------------------------------------------------------------- RLP

ITEMS = some.recursive(some.binary(max_size=70), lambda part: some.lists(part, max_size=5))


def depth(item: Any) -> int:
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


@given(ITEMS.filter(lambda item: depth(item) <= own.DEPTH))
def test_rlp_is_that_of_others_and_is_read_back(item: Any) -> None:
    encoded = own.encode(item)

    assert encoded == rlp.encode(item)
    assert own.decode(encoded) == item


@given(some.binary(max_size=80))
def test_rlp_has_no_second_encoding(data: bytes) -> None:
    try:
        item = own.decode(data)
    except InvalidInput:
        return
    assert own.encode(item) == data


def test_lists_that_are_too_deep_are_refused() -> None:
    with pytest.raises(InvalidInput, match="too deep"):
        own.decode(_nested(own.DEPTH + 1))


def _nested(levels: int) -> bytes:
    item: Any = []
    for _ in range(levels - 1):
        item = [item]
    return rlp.encode(item)
