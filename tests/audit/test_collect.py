"""Reading logs: all of them, once, from where it stopped, and with what was proved."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from onchain.nodes import Node, answering

from audit.emitters import EMITTERS, emit, history, place
from audit.fault_proxy import FaultProxy, busy, ranged, refusal, refusing, slow, without
from audit.tiny_chain import TinyChain
from metaorg.audit.collect import Depth, Plan, collect
from metaorg.audit.collecting.record import Record
from metaorg.audit.events import Row
from metaorg.audit.finality import finality, pin
from metaorg.audit.index import Index, open_index
from metaorg.errors import ChainUnreachable, CheckFailed, InvalidInput
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.endpoint import Endpoint
from metaorg.types import Address, checksum_address

BLOCKS = [0, 1, 2, 0, 3, 0, 0, 4, 0, 5] * 3
LOGS = sum(BLOCKS)


@pytest.fixture(scope="module")
def shared() -> Iterator[Devnet]:
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        yield devnet


@pytest.fixture
def devnet(shared: Devnet) -> Iterator[Devnet]:
    """The chain with its history; put back afterwards."""
    snapshot = shared.chain.request("evm_snapshot")
    yield shared
    assert shared.chain.request("evm_revert", snapshot)


@pytest.fixture
def own() -> Iterator[Devnet]:
    """A chain of this test alone: a reorganization below a snapshot cannot be put back."""
    with Devnet() as devnet:
        place(devnet.chain)
        history(devnet.chain, BLOCKS)
        yield devnet


@pytest.fixture
def index() -> Iterator[Index]:
    with open_index(":memory:") as index:
        yield index


class Reading:
    """One run of `collect`, and what came of it."""

    def __init__(
        self,
        index: Index,
        *urls: str,
        addresses: Sequence[Address] = EMITTERS,
        final: int | None = None,
        depth: Depth | None = None,
        **options: Any,
    ) -> None:
        self.index, self.record = index, Record()
        self.endpoints = [Endpoint(url, timeout=5, patience=3, **options) for url in urls]
        self.plan = Plan(tuple(addresses), 0, self.endpoints[0].block(), final)
        self.told: list[tuple[int, int]] = []
        self.rows: list[tuple[Row, int]] = []
        self._depth = depth or Depth()

    def run(self) -> "Reading":
        def advance(last: int, end: int) -> None:
            self.told.append((last, end))

        parts = collect(
            self.endpoints, self.index, self.plan, advance, depth=self._depth, record=self.record
        )
        for part in parts:
            self.rows += part
        return self

    @property
    def codes(self) -> list[tuple[str, str]]:
        return [(finding.kind, finding.code) for finding in self.record.findings]


def read(index: Index, *urls: str, **options: Any) -> Reading:
    return Reading(index, *urls, **options).run()


def kept(index: Index) -> list[tuple[Row, int]]:
    return [row for part in index.rows() for row in part]


def topics(rows: Sequence[tuple[Row, int]]) -> list[int]:
    return [int.from_bytes(row.topics) for row, _ in rows]


# ---------------------------------------------------------------------- all of it


def test_all_logs_come_in_order_with_the_times_of_their_blocks(
    devnet: Devnet, index: Index
) -> None:
    reading = read(index, devnet.url)

    assert topics(reading.rows) == [*range(1, LOGS + 1)]
    assert {time for _, time in reading.rows} <= {
        devnet.chain.block(number).time for number in range(len(BLOCKS) + 1)
    }
    assert kept(index) == reading.rows
    assert reading.record.findings == []


def test_every_block_is_proved_and_counted(devnet: Devnet, index: Index) -> None:
    reading = read(index, devnet.url)
    provenance = reading.record.provenance(index)

    blocks = len(BLOCKS) + 1
    assert (provenance.headers, provenance.proved, provenance.logs) == (blocks, blocks, LOGS)
    assert (provenance.with_logs, provenance.by_receipts) == (sum(map(bool, BLOCKS)), 0)
    assert provenance.log_digest == index.log_digest()
    assert provenance.finality == "every block is final on a development chain"
    assert [source.where for source in provenance.endpoints] == [devnet.url]
    assert provenance.endpoints[0].client.startswith("anvil/")
    assert provenance.findings == () and reading.record.limits(index) == ()


def test_no_receipts_are_read_where_filters_prove(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url) as node:
        read(index, node.url)

    assert "eth_getBlockReceipts" not in node.asked


def test_receipts_prove_where_others_have_logs_too(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url) as node:
        reading = read(index, node.url, addresses=EMITTERS[:1])

    assert node.asked["eth_getBlockReceipts"] > 0
    assert reading.record.provenance(index).proved == len(BLOCKS) + 1
    assert reading.record.findings == []


def test_receipts_come_one_by_one_where_they_do_not_come_at_once(
    devnet: Devnet, index: Index
) -> None:
    missing = without("eth_getBlockReceipts", refusal(-32601, "no such method"))
    with FaultProxy(devnet.url, before=[missing]) as node:
        reading = read(index, node.url, addresses=EMITTERS[:1])

    assert node.asked["eth_getBlockReceipts"] == 1
    assert reading.record.provenance(index).proved == len(BLOCKS) + 1


def test_receipts_of_every_block_with_logs_are_read_when_wanted(
    devnet: Devnet, index: Index
) -> None:
    with FaultProxy(devnet.url) as node:
        reading = read(index, node.url, depth=Depth(every=True))

    busy = sum(count > 0 for count in BLOCKS)
    assert node.asked["eth_getBlockReceipts"] == busy
    provenance = reading.record.provenance(index)
    assert provenance.proved == len(BLOCKS) + 1
    assert provenance.with_logs == provenance.by_receipts == busy


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (Depth(all_headers=False), Depth()),
        (Depth(), Depth(every=True)),
        (Depth(all_headers=False), Depth(every=True)),
    ],
)
def test_what_was_read_less_far_than_is_wanted_is_read_again(
    devnet: Devnet, index: Index, before: Depth, now: Depth
) -> None:
    read(index, devnet.url, depth=before)
    digest = index.log_digest()

    again = read(index, devnet.url, depth=now)

    provenance = again.record.provenance(index)
    assert (provenance.headers, provenance.logs) == (len(BLOCKS) + 1, LOGS)
    assert provenance.by_receipts == (provenance.with_logs if now.every else 0)
    assert index.log_digest() == digest and again.rows == kept(index)
    with FaultProxy(devnet.url) as node:
        assert read(index, node.url, depth=now).rows == read(index, node.url).rows == []
        assert "eth_getLogs" not in node.asked


def test_less_than_was_read_is_not_read_again(devnet: Devnet, index: Index) -> None:
    read(index, devnet.url, depth=Depth(every=True))

    assert read(index, devnet.url, depth=Depth(all_headers=False)).rows == []
    assert index.windows()[-1].last == len(BLOCKS)


def test_an_earlier_block_is_not_proved_further_at_the_cost_of_later_ones(
    devnet: Devnet, index: Index
) -> None:
    read(index, devnet.url, depth=Depth(all_headers=False))
    reading = Reading(index, devnet.url)
    reading.plan = reading.plan._replace(head=reading.endpoints[0].block(3))

    assert reading.run().rows == []
    assert index.windows()[-1].last == len(BLOCKS)


def test_headers_of_blocks_with_logs_only_are_a_limit(devnet: Devnet, index: Index) -> None:
    reading = read(index, devnet.url, depth=Depth(all_headers=False))

    provenance = reading.record.provenance(index)
    assert topics(reading.rows) == [*range(1, LOGS + 1)]
    assert provenance.headers < len(BLOCKS)
    [limit] = reading.record.limits(index)
    assert limit.startswith("Not every block's header was read and hashed")


def test_progress_reaches_the_end(devnet: Devnet, index: Index) -> None:
    reading = read(index, devnet.url)

    assert reading.told[-1] == (len(BLOCKS), len(BLOCKS))
    assert reading.told == sorted(reading.told)


def test_endpoints_that_agree_leave_no_finding(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url) as second, FaultProxy(devnet.url) as third:
        reading = read(index, devnet.url, second.url, third.url)

    assert reading.record.findings == []
    assert second.asked["eth_getLogs"] and third.asked["eth_getLogs"]
    assert len(reading.record.provenance(index).endpoints) == 3


# ---------------------------------------------------------------------- what a node allows


@pytest.mark.parametrize("most", [1, 3, 7])
def test_windows_halve_until_a_node_allows_them(devnet: Devnet, index: Index, most: int) -> None:
    with FaultProxy(devnet.url, before=[ranged(most)]) as node:
        reading = read(index, node.url)

    assert topics(reading.rows) == [*range(1, LOGS + 1)]
    assert all(w.last - w.first < most for w in index.windows())
    assert reading.record.findings == []


@pytest.mark.parametrize("suggested", ["", "Try with this block range [0x0, 0x1d]."])
def test_a_suggested_range_is_not_trusted(devnet: Devnet, index: Index, suggested: str) -> None:
    with FaultProxy(devnet.url, refusing(6, suggested)) as node:
        reading = read(index, node.url)

    assert topics(reading.rows) == [*range(1, LOGS + 1)]
    assert reading.record.findings == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_node_is_read_all_the_same(devnet: Devnet, index: Index, status: int) -> None:
    with FaultProxy(devnet.url, wires=[busy(1, status)]) as node:
        reading = read(index, node.url)

    assert topics(reading.rows) == [*range(1, LOGS + 1)]


def test_a_node_that_hangs_once_is_asked_for_less(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, wires=[slow(0.6, 1)]) as node:
        endpoint = Endpoint(node.url, timeout=0.3, patience=5)
        plan = Plan(EMITTERS, 0, endpoint.block())
        rows = [row for part in collect([endpoint], index, plan, lambda *_: None) for row in part]

    assert topics(rows) == [*range(1, LOGS + 1)]
    assert len(index.windows()) > 1


# ---------------------------------------------------------------------- again, and on


def test_what_is_there_is_not_read_again(devnet: Devnet, index: Index) -> None:
    read(index, devnet.url)
    with FaultProxy(devnet.url) as node:
        again = read(index, node.url)

    assert again.rows == [] and again.told == []
    assert "eth_getLogs" not in node.asked
    assert again.record.kept == index.head()


def test_only_what_is_new_is_read(devnet: Devnet, index: Index) -> None:
    first = read(index, devnet.url)
    emit(devnet.chain, (0, 501), (1, 502))
    second = read(index, devnet.url)

    assert topics(second.rows) == [501, 502]
    assert second.record.kept is not None
    assert second.record.kept.number == len(BLOCKS)
    assert kept(index) == first.rows + second.rows


def test_an_interrupted_reading_goes_on(devnet: Devnet, index: Index) -> None:
    with FaultProxy(devnet.url, before=[ranged(4)]) as node:
        interrupted = Reading(index, node.url)
        parts = collect(interrupted.endpoints, index, interrupted.plan, lambda *_: None)
        first = [*next(parts)]
        parts.close()
    rest = read(index, devnet.url)

    assert topics(first + rest.rows) == [*range(1, LOGS + 1)]
    assert topics(kept(index)) == [*range(1, LOGS + 1)]


def test_what_was_not_final_is_read_again(devnet: Devnet, index: Index) -> None:
    read(index, devnet.url, final=20)
    again = read(index, devnet.url, final=25)

    assert again.record.kept is not None and again.record.kept.number == 20
    assert [(w.last, w.final) for w in index.windows()] == [
        (20, True),
        (25, True),
        (len(BLOCKS), False),
    ]
    assert topics(kept(index)) == [*range(1, LOGS + 1)]


def test_an_earlier_block_needs_nothing_new(devnet: Devnet, index: Index) -> None:
    read(index, devnet.url, final=20)
    earlier = Reading(index, devnet.url, final=20)
    earlier.plan = earlier.plan._replace(head=devnet.chain.block(25))
    earlier.run()

    assert earlier.rows == [] and topics(kept(index)) == [*range(1, LOGS + 1)]


def test_an_index_that_begins_later_is_not_gone_on_with(devnet: Devnet, index: Index) -> None:
    later = Reading(index, devnet.url)
    later.plan = later.plan._replace(since=5)
    later.run()

    with pytest.raises(InvalidInput, match="begins with block 5, not with 0"):
        read(index, devnet.url)


# ---------------------------------------------------------------------- reorganizations


def test_rows_of_blocks_that_are_gone_are_replaced(own: Devnet, index: Index) -> None:
    emit(own.chain, (0, 601))
    read(index, own.url, final=20)
    own.chain.request("anvil_reorg", 1, [])
    emit(own.chain, (1, 602))
    again = read(index, own.url, final=20)

    assert topics(kept(index)) == [*range(1, LOGS + 1), 602]
    assert again.rows == [one for one in kept(index) if one[0].block > 20]
    assert again.record.findings == []


def test_old_rows_stay_until_the_new_ones_are_read(own: Devnet, index: Index) -> None:
    before = read(index, own.url, final=10).rows
    own.chain.request("anvil_reorg", 5, [])

    def failing(method: str, parameters: list[Any]) -> Any:
        if method == "eth_getLogs" and int(parameters[0]["toBlock"], 16) > 25:
            return refusal(-32000, "no more today")
        return None

    with FaultProxy(own.url, before=[failing]) as node, pytest.raises(ChainUnreachable):
        read(index, node.url, final=10)
    assert kept(index) == before


def test_a_reorganization_beyond_finality_stops(own: Devnet, index: Index) -> None:
    read(index, own.url)
    own.chain.request("anvil_reorg", 3, [])

    with pytest.raises(CheckFailed, match=f"block {len(BLOCKS)} was final and is no longer"):
        read(index, own.url)
    assert topics(kept(index)) == [*range(1, LOGS + 1)]


def test_a_chain_that_ends_before_what_was_final_is_unknown(devnet: Devnet, index: Index) -> None:
    snapshot = devnet.chain.request("evm_snapshot")
    emit(devnet.chain, (0, 701))
    read(index, devnet.url)
    devnet.chain.request("evm_revert", snapshot)

    with pytest.raises(ChainUnreachable, match="up to which was read before"):
        read(index, devnet.url)


# ---------------------------------------------------------------------- unusual chains


def synthetic(times: Sequence[int], **options: Any) -> TinyChain:
    chain = TinyChain(**options)
    for number, time in enumerate(times):
        log = (EMITTERS[0].lower(), [f"0x{number + 1:064x}"], "0x")
        chain.add([log, log], time)
    return chain


def test_a_clock_that_runs_backwards_is_a_finding(index: Index) -> None:
    chain = synthetic([1001, 1002, 990, 1003])
    with Node(answering(chain.answers)) as node:
        reading = read(index, node.url)

    assert reading.codes == [("difference", "reading.clock")]
    [finding] = reading.record.findings
    assert (finding.subject, finding.seen) == ("time of block 3", "990")
    assert len(reading.rows) == 8
    assert index.notes() == (finding,)


def test_a_time_on_a_clock_that_runs_backwards_names_no_block() -> None:
    chain = synthetic([1001, 1500, 990, 1003, 1004, 1005, 1006])
    with Node(answering(chain.answers)) as node, pytest.raises(ChainUnreachable, match="backwards"):
        for time in range(1000, 1006):
            pin(Endpoint(node.url), datetime.fromtimestamp(time, UTC))


def test_headers_of_an_unknown_kind_prove_nothing_and_are_a_limit(index: Index) -> None:
    chain = synthetic([1001, 1002], chain_id=999_999)
    for block in chain.blocks:
        del block["mixHash"]
    with Node(answering(chain.answers)) as node:
        reading = read(index, node.url)

    provenance = reading.record.provenance(index)
    assert (provenance.headers, provenance.proved, provenance.logs) == (0, 0, 4)
    assert provenance.findings == ()
    assert reading.record.limits(index) != ()


def test_twins_of_which_one_is_dropped_are_missed_by_a_filter_and_found_by_a_gap(
    index: Index,
) -> None:
    chain = synthetic([1001])
    del chain.logs[1][0]
    with Node(answering(chain.answers)) as node:
        reading = read(index, node.url)

    assert reading.codes == [("difference", "reading.log-dropped")]
    assert [row.place for row, _ in reading.rows] == [0, 1]


def test_addresses_may_be_written_in_any_case(index: Index) -> None:
    chain = synthetic([1001])
    shown = checksum_address(EMITTERS[0])
    chain.logs[1] = [log | {"address": shown} for log in chain.logs[1]]
    answers = chain.answers

    def any_case(method: str, parameters: list[Any]) -> Any:
        return chain.logs[1] if method == "eth_getLogs" else answers(method, parameters)

    with Node(answering(any_case)) as node:
        assert len(read(index, node.url).rows) == 2


# ---------------------------------------------------------------------- the block of an audit


def test_the_last_final_block_is_the_default(devnet: Devnet) -> None:
    assert pin(Endpoint(devnet.url)) == devnet.chain.block()


@pytest.mark.parametrize(("tagged", "number"), [(7, 7), (0, 6), (None, 6)], ids=str)
def test_where_no_rule_makes_a_block_final_it_is_deep(tagged: int | None, number: int) -> None:
    chain = synthetic(range(1001, 1071), chain_id=999_999, proved=False)

    def answers(method: str, parameters: list[Any]) -> Any:
        if parameters[:1] == ["finalized"]:
            return None if tagged is None else chain.blocks[tagged]
        return chain.answers(method, parameters)

    with Node(answering(answers)) as node:
        endpoint = Endpoint(node.url)
        found = finality(endpoint)

        assert (found.number, pin(endpoint).number) == (number, number)
    assert ("64 blocks deep" in found.words) == (number == 6)


def test_what_is_final_cannot_be_in_the_future() -> None:
    chain = synthetic([1001, 1002], chain_id=1)

    def answers(method: str, parameters: list[Any]) -> Any:
        true = chain.answers(method, parameters)
        return true | {"number": "0x9"} if parameters[:1] == ["finalized"] else true

    with Node(answering(answers)) as node, pytest.raises(ChainUnreachable, match="not yet"):
        finality(Endpoint(node.url))


@pytest.mark.parametrize(
    ("time", "number"), [(1000, 0), (1001, 1), (1009, 1), (1010, 2), (1019, 2), (1030, 4)], ids=str
)
def test_a_time_is_the_last_block_at_or_before_it(time: int, number: int) -> None:
    chain = synthetic([1001, 1010, 1020, 1030])
    with Node(answering(chain.answers)) as node:
        assert pin(Endpoint(node.url), datetime.fromtimestamp(time, UTC)).number == number


@pytest.mark.parametrize("time", [999, 1031], ids=str)
def test_a_time_before_or_after_the_chain_is_no_block(time: int) -> None:
    chain = synthetic([1001, 1010, 1020, 1030])
    with Node(answering(chain.answers)) as node, pytest.raises(InvalidInput, match="not on this"):
        pin(Endpoint(node.url), datetime.fromtimestamp(time, UTC))


@pytest.mark.parametrize("number", [-1, 5], ids=str)
def test_a_number_that_is_no_block_is_said(number: int) -> None:
    chain = synthetic([1001, 1010, 1020, 1030])
    with Node(answering(chain.answers)) as node, pytest.raises(InvalidInput, match="no block"):
        pin(Endpoint(node.url), number)


def test_the_head_may_be_asked_for() -> None:
    chain = synthetic([1001, 1010])
    with Node(answering(chain.answers)) as node:
        assert pin(Endpoint(node.url), "latest").number == 2
        assert pin(Endpoint(node.url), 1).number == 1
