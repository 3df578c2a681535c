"""Solidity values to Python values and back, against eth_abi and web3, which know none of ours."""

from collections.abc import Mapping
from typing import Any

import pytest
from eth_abi.abi import decode as eth_decode
from eth_abi.abi import encode as eth_encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3._utils.events import get_event_data

from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.types import checksum_address

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: checksum_address("0x" + raw.hex()))
FUNCTIONS = [(name, entry) for name in CONTRACTS for entry in load(name).functions.values()]
EVENTS = [(name, entry) for name in CONTRACTS for entry in load(name).topics.values()]


def shown(value: tuple[str, abi.Entry]) -> str:
    return f"{value[0]}.{value[1]['name']}"


def values(parameter: abi.Entry) -> st.SearchStrategy[Any]:
    """Any value of a Solidity type, as the library gives it: structs are mappings."""
    kind = parameter["type"]
    if kind.endswith("]"):
        return st.lists(values({**parameter, "type": kind[: kind.rindex("[")]}), max_size=3)
    if kind == "tuple":
        return st.fixed_dictionaries({p["name"]: values(p) for p in parameter["components"]})
    if kind == "address":
        return ADDRESSES
    if kind == "bool":
        return st.booleans()
    if kind == "string":
        return st.text(max_size=40)
    if kind == "bytes":
        return st.binary(max_size=70)
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    assert kind.startswith("uint"), kind
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def plain(parameter: abi.Entry, value: Any) -> Any:
    """The same for eth_abi: structs are tuples."""
    kind = parameter["type"]
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [plain(element, one) for one in value]
    if kind == "tuple":
        return tuple(plain(p, value[p["name"]]) for p in parameter["components"])
    return value


def by_name(parameters: list[abi.Entry], given: list[Any]) -> dict[str, Any]:
    pairs = zip(parameters, given, strict=True)
    return {p.get("name") or str(i): value for i, (p, value) in enumerate(pairs)}


@pytest.mark.parametrize("function", FUNCTIONS, ids=shown)
def test_selectors_are_those_of_eth_utils(function: tuple[str, abi.Entry]) -> None:
    entry: Any = function[1]

    assert abi.selector(entry) == function_abi_to_4byte_selector(entry)


@pytest.mark.parametrize("event", EVENTS, ids=shown)
def test_topics_are_those_of_eth_utils(event: tuple[str, abi.Entry]) -> None:
    entry: Any = event[1]

    assert abi.topic(entry) == event_abi_to_log_topic(entry)


@given(st.data())
@settings(max_examples=150)
def test_what_is_encoded_is_what_eth_abi_encodes_and_reads_back(data: st.DataObject) -> None:
    _, entry = data.draw(st.sampled_from(FUNCTIONS))
    for parameters in (entry["inputs"], entry["outputs"]):
        drawn = [data.draw(values(parameter)) for parameter in parameters]

        encoded = abi.encode_values(parameters, drawn)

        expected = [plain(p, value) for p, value in zip(parameters, drawn, strict=True)]
        assert encoded == eth_encode(abi.types(parameters), expected)
        assert abi.encode_values(parameters, expected) == encoded
        assert abi.decode_values(parameters, encoded) == by_name(parameters, drawn)


@given(st.data())
@settings(max_examples=100)
def test_logs_read_as_web3_reads_them(data: st.DataObject) -> None:
    _, entry = data.draw(st.sampled_from(EVENTS))
    drawn = {p["name"]: data.draw(values(p)) for p in entry["inputs"]}
    indexed = [p for p in entry["inputs"] if p["indexed"]]
    unindexed = [p for p in entry["inputs"] if not p["indexed"]]
    topics = [abi.topic(entry)]
    topics += [abi.encode_values([p], [drawn[p["name"]]]) for p in indexed]
    body = abi.encode_values(unindexed, [drawn[p["name"]] for p in unindexed])

    seen = abi.decode_log(entry, topics, body)

    assert seen == drawn
    log: Any = {"topics": topics, "data": body, "address": "0x" + "11" * 20}
    log |= {key: None for key in ("logIndex", "transactionIndex", "transactionHash")}
    log |= {"blockHash": None, "blockNumber": 0}
    from_web3 = get_event_data(Web3().codec, entry, log)["args"]
    assert list(seen) == [p["name"] for p in entry["inputs"]]
    for parameter in entry["inputs"]:
        assert _same(seen[parameter["name"]], from_web3[parameter["name"]])


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping):
        return all(_same(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return bool(ours == theirs)


@given(st.data(), st.binary(max_size=400))
@settings(max_examples=200)
def test_bytes_that_are_no_answer_are_unreachable_and_nothing_else(
    data: st.DataObject, answer: bytes
) -> None:
    _, entry = data.draw(st.sampled_from(FUNCTIONS))

    try:
        abi.decode_values(entry["outputs"], answer)
    except ChainUnreachable as error:
        assert "cannot be decoded" in str(error)


@given(st.data())
@settings(max_examples=60)
def test_an_answer_that_is_cut_is_not_read_as_a_whole_one(data: st.DataObject) -> None:
    _, entry = data.draw(st.sampled_from([f for f in FUNCTIONS if f[1]["outputs"]]))
    whole = abi.encode_values(
        entry["outputs"], [data.draw(values(parameter)) for parameter in entry["outputs"]]
    )
    cut = whole[: data.draw(st.integers(0, max(len(whole) // 32 - 1, 0))) * 32]

    with pytest.raises(ChainUnreachable):
        abi.decode_values(entry["outputs"], cut)
        # The last words of a text may be its padding only; then nothing is missing.
        assert not any(whole[len(cut) :])
        raise ChainUnreachable("padding")


def test_text_that_is_not_utf_8_is_shown_as_escapes() -> None:
    parameter = {"name": "reason", "type": "string"}
    encoded = eth_encode(["bytes"], [b"half \xff"])

    assert abi.decode_values([parameter], encoded) == {"reason": "half \\xff"}
    with pytest.raises(UnicodeDecodeError):
        eth_decode(["string"], encoded)


def test_a_log_with_other_topics_than_its_event_is_refused() -> None:
    entry = load("Membership").topics
    admitted = next(event for event in entry.values() if event["name"] == "Admitted")

    with pytest.raises(ChainUnreachable, match="log of Admitted has 1 topics"):
        abi.decode_log(admitted, [abi.topic(admitted)], b"")


def test_a_call_with_too_few_arguments_is_not_encoded() -> None:
    entry = load("Membership").functions["admit"]

    with pytest.raises(ValueError, match="shorter"):
        abi.encode_call(entry, [])
