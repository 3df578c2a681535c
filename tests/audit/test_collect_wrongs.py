"""Endpoints that drop, forge, cut, lag, forget or disagree are named, and what is true is used."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from onchain.nodes import Node, Silent, answering

from audit.emitters import EMITTERS, emit, history, place
from audit.fault_proxy import (
    Fault,
    FaultProxy,
    block_field,
    capped,
    cut,
    dropping,
    lagging,
    logs,
    on,
    pruned,
    ranged,
    refusal,
    rewriting,
    without,
)
from audit.test_collect import Reading, kept, read, synthetic, topics
from metaorg.audit.collect import Depth, collect
from metaorg.audit.collecting.reader import is_round
from metaorg.audit.findings import Finding
from metaorg.audit.index import Index, open_index
from metaorg.errors import ChainUnreachable
from metaorg.onchain.devnet import Devnet, free_port
from metaorg.onchain.endpoint import Endpoint

Log = dict[str, Any]

BLOCKS = [1, 2, 0, 3, 0, 4] * 2
LOGS, HEAD = sum(BLOCKS), len(BLOCKS)
ALL = [*range(1, LOGS + 1)]
BUSY = 4
"""A block with three logs, of topics 4 to 6."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Devnet]:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        yield devnet


@pytest.fixture
def devnet(shared: Devnet) -> Devnet:
    """The chain with its history, to which nothing happens."""
    return shared


@pytest.fixture
def index() -> Iterator[Index]:
    with open_index(":memory:") as index:
        yield index


def topic(number: int) -> Callable[[Log], bool]:
    return lambda log: int(log["topics"][0], 16) == number


def through(index: Index, devnet: Devnet, *faults: Fault, **options: Any) -> Reading:
    """A reading of one endpoint with faults."""
    with FaultProxy(devnet.url, *faults) as node:
        return read(index, node.url, **options)


def beside(index: Index, devnet: Devnet, *faults: Fault, **options: Any) -> Reading:
    """A reading of an honest endpoint, compared with one with faults."""
    with FaultProxy(devnet.url, *faults) as node:
        return read(index, devnet.url, node.url, **options)


def only(reading: Reading, kind: str, code: str) -> Finding:
    assert reading.codes == [(kind, code)]
    return reading.record.findings[0]


# ---------------------------------------------------------------------- dropped and forged logs


@pytest.mark.parametrize("number", [1, 4, 5, 6, LOGS], ids=str)
def test_a_dropped_log_is_found_by_the_filter_and_proved_by_receipts(
    devnet: Devnet, index: Index, number: int
) -> None:
    reading = through(index, devnet, dropping(topic(number)))

    finding = only(reading, "difference", "reading.log-dropped")
    assert reading.endpoints[0].where in finding.subject
    assert (finding.looks[0].what, finding.seen) == ("log", "no log")
    assert topics(reading.rows) == ALL
    assert index.notes() == (finding,)


def test_no_logs_at_all_are_all_dropped(devnet: Devnet, index: Index) -> None:
    reading = through(index, devnet, logs(lambda _: []))

    assert {code for _, code in reading.codes} == {"reading.log-dropped"}
    assert len(reading.codes) == LOGS
    assert topics(reading.rows) == ALL


def test_a_finding_stays_in_later_runs(devnet: Devnet, index: Index) -> None:
    through(index, devnet, dropping(topic(4)))
    again = read(index, devnet.url)

    assert again.record.findings == []
    [finding] = again.record.provenance(index).findings
    assert finding.code == "reading.log-dropped"


def test_what_was_found_in_blocks_that_are_read_again_goes(devnet: Devnet, index: Index) -> None:
    through(index, devnet, dropping(topic(LOGS)), final=3)
    again = read(index, devnet.url)

    assert again.record.provenance(index).findings == ()
    assert topics(kept(index)) == ALL


@pytest.mark.parametrize(
    ("field", "value"),
    [("topics", ["0x" + "77" * 32]), ("address", EMITTERS[2])],
    ids=["topics", "address"],
)
def test_a_forged_log_is_found_by_the_filter(
    devnet: Devnet, index: Index, field: str, value: Any
) -> None:
    reading = through(index, devnet, rewriting(field, lambda _: value, topic(1)))

    assert only(reading, "difference", "reading.log-forged").looks[0].block == 2 - 1
    assert topics(reading.rows) == ALL


def test_forged_data_are_found_where_receipts_are_always_read(devnet: Devnet, index: Index) -> None:
    change = rewriting("data", lambda data: data[:-2] + "00", topic(5))
    reading = through(index, devnet, change, depth=Depth(every=True))

    only(reading, "difference", "reading.log-forged")
    assert all(row.data == bytes.fromhex("ab" * 40) for row, _ in reading.rows)


def test_forged_data_are_found_by_comparing(devnet: Devnet, index: Index) -> None:
    reading = beside(index, devnet, rewriting("data", lambda data: data[:-2] + "00", topic(5)))

    finding = only(reading, "difference", "reading.log-forged")
    assert reading.endpoints[1].where in finding.subject
    assert all(row.data == bytes.fromhex("ab" * 40) for row, _ in reading.rows)


def test_an_invented_log_is_found(devnet: Devnet, index: Index) -> None:
    def invented(found: list[Log]) -> list[Log]:
        more = found[-1] | {"logIndex": "0x7", "topics": ["0x" + "66" * 32]}
        return [*found, more] if found else found

    reading = through(index, devnet, logs(invented))

    only(reading, "difference", "reading.log-forged")
    assert topics(reading.rows) == ALL


# ---------------------------------------------------------------------- logs that cannot be


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda found: None, "something that is not a list of logs"),
        (lambda found: {}, "something that is not a list of logs"),
        (lambda found: [*found, None], "something that is not a log"),
        (lambda found: [*found, {}], "something that is not a log"),
        (lambda found: [*found, found[-1]], "twice"),
        (lambda found: found[::-1], "out of order"),
        (lambda found: [found[1], found[0], *found[2:]], "out of order"),
        (lambda found: [found[0] | {"removed": True}, *found[1:]], "removed"),
        (lambda found: [found[0] | {"address": "0x" + "55" * 20}, *found[1:]], "not asked for"),
        (lambda found: [*found, found[-1] | {"blockNumber": hex(HEAD + 9)}], "outside"),
        (lambda found: [found[0] | {"blockHash": "0x" + "55" * 32}, *found[1:]], "another block"),
        (lambda found: [found[0] | {"transactionHash": "0x" + "55" * 32}, *found[1:]], "transac"),
        (lambda found: [found[0] | {"data": "0xab cd"}, *found[1:]], "form"),
        (lambda found: [found[0] | {"data": "11abcd"}, *found[1:]], "form"),
        (lambda found: [found[0] | {"data": "0xa"}, *found[1:]], "not a log"),
        (lambda found: [found[0] | {"data": None}, *found[1:]], "not a log"),
        (lambda found: [found[0] | {"topics": ["0x12"]}, *found[1:]], "not a log"),
        (lambda found: [found[0] | {"topics": found[0]["topics"] * 5}, *found[1:]], "form"),
        (lambda found: [found[0] | {"logIndex": "-0x1"}, *found[1:]], "not a log"),
        (lambda found: [found[0] | {"logIndex": hex(1 << 40)}, *found[1:]], "not a log"),
        (lambda found: [found[0] | {"transactionIndex": None}, *found[1:]], "not a log"),
    ],
    ids=[
        *("null", "an object", "a null", "an empty log", "a log twice", "backwards", "swapped"),
        *("removed", "of a stranger", "of a later block", "of another hash", "of no transaction"),
        *(
            "data with a blank",
            "data without a prefix",
            "half a byte",
            "no data",
            "a short topic",
            "five topics",
        ),
        *("a place below 0", "a place beyond", "no position"),
    ],
)
def test_logs_that_cannot_be_are_not_taken_and_receipts_tell_the_true_ones(
    devnet: Devnet, index: Index, change: Callable[[list[Log]], Any], seen: str
) -> None:
    def changed(found: list[Log]) -> Any:
        return change(found) if len(found) > 2 else found

    reading = through(index, devnet, logs(changed))

    finding = only(reading, "difference", "reading.log-malformed")
    assert seen in finding.seen
    assert reading.endpoints[0].where in finding.subject
    assert topics(reading.rows) == ALL


def test_logs_that_cannot_be_and_receipts_that_are_not_given_stop_the_reading(
    devnet: Devnet, index: Index
) -> None:
    no = without("eth_getBlockReceipts", None), without("eth_getTransactionReceipt", refusal(1, ""))
    with FaultProxy(
        devnet.url,
        logs(lambda found: found[::-1]),
        on("eth_getBlockReceipts", lambda _: None),
        before=no,
    ) as node:
        reading = Reading(index, node.url)
        with pytest.raises(ChainUnreachable, match="no endpoint tells or proves the logs of block"):
            reading.run()

    assert index.windows() == []


def test_logs_that_cannot_be_are_read_elsewhere(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, logs(lambda found: found[::-1])) as node:
        reading = read(index, node.url, devnet.url)

    only(reading, "difference", "reading.log-malformed")
    assert topics(reading.rows) == ALL


# ---------------------------------------------------------------------- answers that are cut off


def test_a_cap_without_an_error_is_found_by_reading_halves(index: Index) -> None:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, [5] * 60)
        reading = through(index, devnet, capped(100))

    finding = reading.record.findings[0]
    assert (finding.kind, finding.code) == ("difference", "reading.truncated")
    assert finding.seen == "100 logs, and others in halves of it"
    assert topics(reading.rows) == [*range(1, 301)]


def test_a_round_number_that_is_true_leaves_no_finding(index: Index) -> None:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, [5] * 20)
        reading = read(index, devnet.url)

    assert reading.record.findings == []
    assert topics(reading.rows) == [*range(1, 101)]


def test_a_cap_that_is_not_round_is_found_by_filters(devnet: Devnet, index: Index) -> None:
    reading = through(index, devnet, capped(7))

    assert {code for _, code in reading.codes} == {"reading.log-dropped"}
    assert topics(reading.rows) == ALL


@pytest.mark.parametrize(
    "count", [100, 500, 700, 1000, 1024, 4096, 10_000, 20_000, 50_000], ids=str
)
def test_caps_are_round(count: int) -> None:
    assert is_round(count)


@pytest.mark.parametrize("count", [0, 1, 64, 99, 101, 1001, 12_345], ids=str)
def test_other_counts_are_none(count: int) -> None:
    assert not is_round(count)


def test_an_answer_whose_bytes_are_cut_off_is_asked_for_again(devnet: Devnet, index: Index) -> None:
    def shortened(asked: Any, status: int, body: bytes) -> tuple[int, bytes]:
        return cut(4000)(asked, status, body) if is_logs(asked) else (status, body)

    with FaultProxy(devnet.url, wires=[shortened]) as node:
        reading = read(index, node.url)

    assert topics(reading.rows) == ALL
    assert len(index.windows()) > 1


def is_logs(asked: Any) -> bool:
    return isinstance(asked, dict) and asked["method"] == "eth_getLogs"


# ---------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", "0x1"),
        ("logsBloom", "0x" + "00" * 256),
        ("receiptsRoot", "0x" + "12" * 32),
        ("stateRoot", "0x" + "12" * 32),
        ("hash", "0x" + "12" * 32),
        ("parentHash", "0x" + "12" * 32),
        ("number", "0x7"),
        ("timestamp", None),
        ("hash", "0x12"),
    ],
    ids=lambda value: f"{value!s:.14}",
)
def test_a_lie_in_a_header_gives_its_hash_away(
    devnet: Devnet, index: Index, field: str, value: Any
) -> None:
    with FaultProxy(devnet.url, block_field(BUSY, field, lambda _: value)) as node:
        reading = Reading(index, node.url)
        with pytest.raises(ChainUnreachable):
            reading.run()

    finding = only(reading, "difference", "reading.header-forged")
    assert reading.endpoints[0].where in finding.subject
    assert kept(index) == []


def test_where_a_header_is_forged_the_next_endpoint_is_read(devnet: Devnet, index: Index) -> None:
    forged = block_field(BUSY, "timestamp", lambda _: "0x1")
    with FaultProxy(devnet.url, forged) as node:
        reading = read(index, node.url, devnet.url)

    only(reading, "difference", "reading.header-forged")
    assert topics(reading.rows) == ALL
    assert {window.endpoint for window in index.windows()} == {devnet.url}


def test_headers_of_another_chain_do_not_follow(index: Index) -> None:
    one, other = synthetic([1001, 1002, 1003]), synthetic([1001, 1005, 1006])
    chain = synthetic([1001, 1002, 1003])
    chain.blocks[2], chain.logs[2] = other.blocks[2], other.logs[2]
    assert one.blocks[3] == chain.blocks[3]
    with Node(answering(chain.answers)) as node:
        reading = Reading(index, node.url)
        with pytest.raises(ChainUnreachable):
            reading.run()

    only(reading, "difference", "reading.header-unlinked")


# ---------------------------------------------------------------------- receipts


def test_receipts_that_are_not_the_block_s_prove_nothing(devnet: Devnet, index: Index) -> None:
    def emptied(receipts: Sequence[Log]) -> list[Log]:
        return [receipt | {"logs": []} for receipt in receipts]

    reading = through(index, devnet, dropping(topic(5)), on("eth_getBlockReceipts", emptied))

    assert reading.codes == [("difference", "reading.receipts-forged")]
    codes = [finding.code for finding in reading.record.provenance(index).findings]
    assert codes == ["reading.receipts-forged", "reading.unproved"]


@pytest.mark.parametrize(
    "answer",
    [None, refusal(-32000, "pruned"), refusal(4444, "pruned history")],
    ids=["null", "-32000", "4444"],
)
def test_receipts_that_are_gone_leave_it_unknown(devnet: Devnet, index: Index, answer: Any) -> None:
    names = ("eth_getBlockReceipts", "eth_getTransactionReceipt")
    faults = [on(name, lambda _: answer) for name in names]
    reading = through(index, devnet, dropping(topic(5)), *faults)

    [finding] = reading.record.provenance(index).findings
    assert (finding.kind, finding.code) == ("unknown", "reading.unproved")


def test_one_endpoint_s_receipts_convict_another(devnet: Devnet, index: Index) -> None:
    faults = [dropping(topic(5)), on("eth_getBlockReceipts", lambda _: None)]
    with FaultProxy(devnet.url, *faults) as node:
        reading = read(index, node.url, devnet.url)

    finding = only(reading, "difference", "reading.log-dropped")
    assert reading.endpoints[0].where in finding.subject
    assert topics(reading.rows) == ALL


# ---------------------------------------------------------------------- several endpoints


SECRETIVE = [
    on(name, lambda _: None) for name in ("eth_getBlockReceipts", "eth_getTransactionReceipt")
]
"""No receipts at all."""
ALTERED = rewriting("data", lambda data: data[:-2] + "00", topic(5))


def test_of_two_that_disagree_without_a_proof_neither_is_believed(
    devnet: Devnet, index: Index
) -> None:
    with (
        FaultProxy(devnet.url, *SECRETIVE) as honest,
        FaultProxy(devnet.url, *SECRETIVE, ALTERED) as liar,
    ):
        reading = read(index, honest.url, liar.url)

    finding = reading.record.findings[0]
    assert (finding.kind, finding.code) == ("unknown", "reading.disagreement")
    assert honest.url in finding.seen and liar.url in finding.seen


def test_of_three_that_disagree_without_a_proof_most_are_believed(
    devnet: Devnet, index: Index
) -> None:
    with (
        FaultProxy(devnet.url, *SECRETIVE) as honest,
        FaultProxy(devnet.url, *SECRETIVE, ALTERED) as liar,
        FaultProxy(devnet.url, *SECRETIVE) as third,
    ):
        reading = read(index, liar.url, honest.url, third.url)

    finding = reading.record.findings[0]
    assert (finding.kind, finding.code) == ("difference", "reading.disagreement")
    assert liar.url in finding.subject
    assert all(row.data == bytes.fromhex("ab" * 40) for row, _ in reading.rows)


def test_an_endpoint_of_another_chain_is_not_compared(devnet: Devnet, index: Index) -> None:
    reading = beside(index, devnet, on("eth_chainId", lambda _: "0x1"))

    finding = only(reading, "difference", "reading.other-chain")
    assert (finding.expected, finding.seen) == ("chain 31337", "1")
    assert topics(reading.rows) == ALL


def test_an_endpoint_that_lags_is_not_compared(devnet: Devnet, index: Index) -> None:
    reading = beside(index, devnet, lagging(HEAD - 2), without_latest(HEAD - 2))

    finding = only(reading, "unknown", "reading.lagging")
    assert finding.seen == f"a chain that ends with block {HEAD - 2}"
    assert topics(reading.rows) == ALL


def without_latest(head: int) -> Fault:
    """The head that a lagging node gives."""
    last = {"number": hex(head), "hash": "0x" + "11" * 32, "timestamp": "0x1"}

    def fault(method: str, parameters: list[Any], result: Any) -> Any:
        latest = method == "eth_getBlockByNumber" and parameters[0] == "latest"
        return last if latest else result

    return fault


def test_an_endpoint_that_lags_behind_its_own_head_drops_logs(devnet: Devnet, index: Index) -> None:
    """A balancer with a fresh header and a stale index answers an empty list."""
    stale = logs(lambda found: [log for log in found if int(log["blockNumber"], 16) < HEAD])
    reading = through(index, devnet, stale)

    assert {code for _, code in reading.codes} == {"reading.log-dropped"}
    assert topics(reading.rows) == ALL


def test_an_endpoint_on_another_fork_is_unknown_of_two_and_wrong_of_three(
    devnet: Devnet, index: Index
) -> None:
    with Devnet() as other:
        place(other.chain)
        history(other.chain, BLOCKS)
        of_two = read(index, devnet.url, other.url)
        with open_index(":memory:") as second:
            of_three = read(second, devnet.url, other.url, devnet.url)

    assert of_two.codes == [("unknown", "reading.fork")]
    assert of_three.codes == [("difference", "reading.fork")]
    assert other.url in of_three.record.findings[0].subject


def test_an_endpoint_that_is_down_is_not_compared(devnet: Devnet, index: Index) -> None:
    reading = read(index, devnet.url, f"http://127.0.0.1:{free_port()}")

    only(reading, "unknown", "reading.unreachable")
    assert topics(reading.rows) == ALL


def test_an_endpoint_that_hangs_is_not_waited_for(devnet: Devnet, index: Index) -> None:
    with Silent() as silent:
        reading = Reading(index, devnet.url, silent.url)
        reading.endpoints[1].timeout = 0.3
        reading.run()

    only(reading, "unknown", "reading.unreachable")


def test_where_the_first_goes_down_the_next_is_read(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, before=[without("eth_getLogs", refusal(-32000, "no"))]) as node:
        reading = read(index, node.url, devnet.url)

    only(reading, "unknown", "reading.refused")
    assert topics(reading.rows) == ALL


# ---------------------------------------------------------------------- pruned history


@pytest.mark.parametrize(
    "answer",
    [
        None,
        refusal(4444, "pruned history unavailable"),
        refusal(-32000, "missing trie node"),
    ],
    ids=["null", "4444", "-32000"],
)
def test_forgotten_history_is_unknown_and_not_empty(
    devnet: Devnet, index: Index, answer: Any
) -> None:
    with FaultProxy(devnet.url, pruned(5, answer), logs(lambda found: found or [])) as node:
        reading = Reading(index, node.url)
        with pytest.raises(ChainUnreachable):
            reading.run()

    finding = only(reading, "unknown", "reading.pruned")
    assert reading.endpoints[0].where in finding.subject
    assert index.windows() == []


def test_what_one_endpoint_forgot_another_may_know(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, pruned(5, refusal(4444, "pruned history unavailable"))) as node:
        reading = read(index, node.url, devnet.url)

    only(reading, "unknown", "reading.pruned")
    assert topics(reading.rows) == ALL


# ---------------------------------------------------------------------- a chain that moves


def test_a_reorganization_while_it_is_read_is_said(index: Index) -> None:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        moved: list[bool] = []

        def move(method: str, _: list[Any]) -> Any:
            if method == "eth_getLogs" and not moved:
                moved.append(True)
                devnet.chain.request("anvil_reorg", 3, [])
            return None

        with FaultProxy(devnet.url, before=[move]) as node:
            reading = Reading(index, node.url, final=2)
            with pytest.raises(ChainUnreachable, match="was reorganized while it was read"):
                reading.run()
        assert ("unknown", "reading.reorganized") in reading.codes

        emit(devnet.chain, (0, 900))
        read(index, devnet.url, final=2)
        assert topics(kept(index))[-1] == 900


def test_a_pinned_block_that_is_gone_is_said(index: Index) -> None:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        reading = Reading(index, devnet.url)
        devnet.chain.request("anvil_reorg", 1, [])

        with pytest.raises(ChainUnreachable, match="any more: the chain was reorganized"):
            reading.run()


def test_where_the_first_is_down_the_others_are_read(devnet: Devnet, index: Index) -> None:
    reading = Reading(index, devnet.url, devnet.url)
    reading.endpoints[0] = Endpoint(f"http://127.0.0.1:{free_port()}", patience=1)
    reading.run()

    only(reading, "unknown", "reading.unreachable")
    assert topics(reading.rows) == ALL


def test_where_none_can_be_read_it_is_said(index: Index, devnet: Devnet) -> None:
    reading = Reading(index, devnet.url)
    reading.endpoints[0] = Endpoint(f"http://127.0.0.1:{free_port()}", patience=1)

    with pytest.raises(ChainUnreachable, match="nobody answers for the node at"):
        reading.run()


def test_a_reading_that_is_left_ends_its_thread(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, before=[ranged(1)]) as node:
        reading = Reading(index, node.url)
        parts = collect(reading.endpoints, index, reading.plan, lambda *_: None)
        next(parts)
        parts.close()
        deadline = time.monotonic() + 5
        while any(one.name == "metaorg-ahead" for one in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_what_the_reader_of_rows_raises_ends_the_reading(devnet: Devnet, index: Index) -> None:
    def interrupted(*_: int) -> None:
        raise KeyboardInterrupt

    reading = Reading(index, devnet.url)
    with pytest.raises(KeyboardInterrupt):
        for _ in collect(reading.endpoints, index, reading.plan, interrupted):
            pass

    assert topics(kept(index)) == ALL  # the window that was there is kept
