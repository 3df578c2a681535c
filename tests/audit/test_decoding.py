"""Logs decoded fast are what `abi.decode_log` reads, or are refused."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onchain.test_abi import values

from audit.history import History
from metaorg.audit.decoding import Decoder, reader
from metaorg.audit.events import Row
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi, transactions
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules

MODULES = Modules(
    **{
        field: "0x" + bytes([index] * 20).hex()
        for index, field in enumerate(Modules.model_fields, 0x11)
    }
)
EVENTS = [
    (field, entry)
    for field in Modules.model_fields
    for entry in load(field.title().replace("_", "")).topics.values()
]
PROPOSED = next(entry for _, entry in EVENTS if entry["name"] == "ProposalCreated")
VOTED = next(entry for _, entry in EVENTS if entry["name"] == "VoteCast")
LARGE = [HealthCheck.data_too_large, HealthCheck.too_slow]
TIME = 1_800_000_000


def shown(value: tuple[str, abi.Entry]) -> str:
    return f"{value[0]}.{value[1]['name']}"


def encoded(entry: abi.Entry, given: dict[str, Any]) -> tuple[list[bytes], bytes]:
    """Topics and data of a log, as a contract writes them."""
    indexed = [p for p in entry["inputs"] if p["indexed"]]
    plain = [p for p in entry["inputs"] if not p["indexed"]]
    topics = [abi.encode_values([p], [given[p["name"]]]) for p in indexed]
    return [abi.topic(entry), *topics], abi.encode_values(plain, [given[p["name"]] for p in plain])


def drawn(data: st.DataObject, entry: abi.Entry) -> tuple[list[bytes], bytes]:
    return encoded(entry, {p["name"]: data.draw(values(p)) for p in entry["inputs"]})


def row(contract: str, topics: list[bytes], data: bytes, place: int = 3) -> Row:
    return Row(12, place, b"\xaa" * 32, 0, bytes.fromhex(contract[2:]), b"".join(topics), data)


def decoded(field: str, topics: list[bytes], data: bytes) -> dict[str, Any] | None:
    """The arguments; None for a refusal."""
    try:
        return Decoder(MODULES)([(row(getattr(MODULES, field), topics, data), TIME)])[0].arguments
    except ChainUnreachable:
        return None


def expected(entry: abi.Entry, topics: list[bytes], data: bytes) -> dict[str, Any] | None:
    """What `decode_log` reads; None for a refusal, or for what no compiler writes."""
    octets = _as_octets(entry)
    try:
        again = encoded(octets, abi.decode_log(octets, topics, data))
        return abi.decode_log(entry, topics, data) if again[1] == data else None
    except ChainUnreachable:
        return None


def _as_octets(entry: abi.Entry) -> abi.Entry:
    """The event with bytes for strings, whose encoding says which bytes were read."""
    inputs = [p | {"type": p["type"].replace("string", "bytes")} for p in entry["inputs"]]
    return {**entry, "inputs": inputs}


@pytest.mark.parametrize("event", EVENTS, ids=shown)
@given(data=st.data())
@settings(max_examples=10, suppress_health_check=LARGE)
def test_every_event_is_decoded_as_decode_log_decodes_it(
    event: tuple[str, abi.Entry], data: st.DataObject
) -> None:
    field, entry = event
    topics, body = drawn(data, entry)

    seen = decoded(field, topics, body)

    wanted = abi.decode_log(entry, topics, body)
    assert seen == wanted
    assert seen is not None and list(seen) == [p["name"] for p in entry["inputs"]]
    assert repr(seen) == repr(wanted), "types are the same, and the order of structs"


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=LARGE)
def test_a_log_that_is_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    field, entry = data.draw(st.sampled_from(EVENTS))
    topics, body = drawn(data, entry)

    for size in range(len(body)):
        assert decoded(field, topics, body[:size]) is None
    for count in range(1, len(topics)):
        assert decoded(field, topics[:count], body) is None
    assert decoded(field, [*topics, bytes(32)], body) is None


@given(data=st.data())
@settings(max_examples=500, suppress_health_check=LARGE)
def test_altered_bytes_are_decoded_as_decode_log_decodes_them_or_refused(
    data: st.DataObject,
) -> None:
    field, entry = data.draw(st.sampled_from(EVENTS) | st.sampled_from([("assembly", PROPOSED)]))
    topics, body = drawn(data, entry)
    altered = bytearray(b"".join(topics[1:]) + body)
    for _ in range(data.draw(st.integers(0, 3)) if altered else 0):
        at = data.draw(st.integers(0, len(altered) - 1) | st.just(len(altered) - 1))
        altered[at] = data.draw(st.sampled_from([0, 1, 2, 32, 64, 96, 128, 255]))
    size = 32 * (len(topics) - 1)
    topics = [topics[0], *(bytes(altered[at : at + 32]) for at in range(0, size, 32))]
    body = bytes(altered[size:])

    assert decoded(field, topics, body) == expected(entry, topics, body)


@given(data=st.data())
@settings(max_examples=500, suppress_health_check=LARGE)
def test_words_that_moved_are_decoded_as_decode_log_decodes_them_or_refused(
    data: st.DataObject,
) -> None:
    field, entry = data.draw(st.sampled_from(EVENTS) | st.sampled_from([("assembly", PROPOSED)]))
    topics, body = drawn(data, entry)
    words = [body[at : at + 32] for at in range(0, len(body), 32)]
    numbers = st.sampled_from([0, 1, 31, 32, 64, len(body), 2**63, 2**64, 2**255, 2**256 - 1])
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(words)))
        word = data.draw(numbers).to_bytes(32)
        words[at : at + data.draw(st.integers(0, 2))] = [word] * data.draw(st.integers(0, 2))
    body = b"".join(words)

    assert decoded(field, topics, body) == expected(entry, topics, body)


def test_data_that_no_compiler_writes_are_refused() -> None:
    given: dict[str, Any] = {p["name"]: [] for p in PROPOSED["inputs"]}
    given |= {"proposalId": 1, "proposer": MODULES.assembly, "voteStart": 0, "voteEnd": 0}
    given |= {"description": "Why", "calldatas": [b"a" * 32, b"a" * 32]}
    topics, body = encoded(PROPOSED, given)
    both = body.index((0x40).to_bytes(32) + (0x80).to_bytes(32))

    shared = body[: both + 32] + (0x40).to_bytes(32) + body[both + 64 :]

    assert abi.decode_log(PROPOSED, topics, shared)["calldatas"] == given["calldatas"]
    assert decoded("assembly", topics, shared) is None, "two values in the same bytes"
    assert abi.decode_log(PROPOSED, topics, body + b"more") == given
    assert decoded("assembly", topics, body + b"more") is None, "bytes after the last value"


def test_bytes_that_are_not_text_are_shown_as_escapes() -> None:
    given = {"voter": MODULES.assembly, "proposalId": 1, "support": 1, "weight": 1}
    topics, body = encoded(_as_octets(VOTED), given | {"reason": b"No \xff"})

    seen = decoded("assembly", [abi.topic(VOTED), topics[1]], body)

    assert seen == given | {"reason": "No \\xff"}


def test_a_refusal_says_which_log_it_is() -> None:
    topics, body = [abi.topic(VOTED), b"\1" * 32], bytes(32 * 5)

    with pytest.raises(ChainUnreachable) as refused:
        Decoder(MODULES)([(row(MODULES.assembly, topics, body), TIME)])

    assert str(refused.value) == (
        "the log of VoteCast at place 3 of block 12 cannot be decoded: an address of more than 20 "
        "bytes; ask another node"
    )


def test_logs_that_no_event_of_their_contract_begins_are_left_out_and_counted() -> None:
    stranger = "0x" + "99" * 20
    decoder = Decoder(MODULES)
    given = {"voter": stranger, "proposalId": 1, "support": 1, "weight": 1, "reason": ""}
    known = encoded(VOTED, given)

    seen = decoder(
        [
            (row(MODULES.assembly, [], b""), TIME),
            (row(MODULES.assembly, *known), TIME),
            (row(MODULES.commons, *known), TIME),
            (row(MODULES.assembly, [b"\1" * 32], b""), TIME),
            (row(stranger, *known), TIME),
        ]
    )

    assert [(one.contract, one.name) for one in seen] == [(MODULES.assembly, "VoteCast")]
    left = {MODULES.assembly: 2, MODULES.commons: 1, stranger: 1}
    assert decoder.unknown == {bytes.fromhex(one[2:]): count for one, count in left.items()}


def test_a_type_that_no_event_has_is_named() -> None:
    entry = {
        "type": "event",
        "name": "Odd",
        "inputs": [{"name": "one", "type": "int8", "indexed": False}],
    }

    with pytest.raises(NotImplementedError, match="int8"):
        reader(entry)


def test_the_logs_of_a_history_are_decoded_as_today(lived: History) -> None:
    reading = lived.chain.at()
    addresses = [getattr(lived.modules, field) for field in Modules.model_fields]
    logs = reading.logs(addresses, [])
    rows = [
        Row(
            log.block,
            log.index,
            log.transaction,
            0,
            bytes.fromhex(log.address[2:]),
            b"".join(log.topics),
            log.data,
        )
        for log in logs
    ]
    decoder = Decoder(lived.modules)

    seen = decoder([(one, TIME + one.block) for one in rows])

    wanted = transactions.decode(logs)
    assert [(one.contract.lower(), one.name, one.arguments) for one in seen] == [
        (one.contract.lower(), one.name, one.arguments) for one in wanted
    ]
    assert [one[:4] for one in seen] == [
        (one.block, one.index, TIME + one.block, one.transaction) for one in wanted
    ]
    assert len(seen) == len(rows) and not decoder.unknown
