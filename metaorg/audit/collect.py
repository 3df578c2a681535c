"""Provisional."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from metaorg.audit.events import Header, Row
from metaorg.audit.index import Batch, Index, Window, digest_of
from metaorg.audit.statement import Provenance, Source
from metaorg.onchain.chain import Block, Reading, octets
from metaorg.onchain.endpoint import Endpoint
from metaorg.types import Address


class Plan(NamedTuple):
    addresses: tuple[Address, ...]
    since: int
    head: Block


def pin(endpoint: Endpoint, at: Any) -> Block:
    return endpoint.block(at if at is not None else "latest")


class collect:
    def __init__(self, endpoints, index, plan, advance):
        self.given = endpoints, index, plan, advance

    def provenance(self):
        endpoints, index, plan, _ = self.given
        return Provenance(
            endpoints=(Source(where=endpoints[0].where, client=""),),
            read_at=(0, 0),
            first_block=plan.since,
            windows=1,
            headers=0,
            proved=0,
            logs=0,
            log_digest=index.log_digest(),
            finality="",
        )

    def __iter__(self):
        yield from _collect(*self.given)


def _collect(
    endpoints: Sequence[Endpoint], index: Index, plan: Plan, advance: Callable[[int, int], None]
) -> Iterator[Sequence[tuple[Row, int]]]:
    chain = endpoints[0]
    reading = Reading(chain, plan.head)
    head = index.head()
    since = head.number + 1 if head else plan.since
    if since > plan.head.number:
        return
    logs = reading.logs(plan.addresses, [], since)
    raw = {
        n: chain.request("eth_getBlockByNumber", hex(n), False)
        for n in {l.block for l in logs} | {plan.head.number}
    }
    headers = [
        Header(n, octets(b["hash"]), octets(b["parentHash"]), int(b["timestamp"], 16))
        for n, b in sorted(raw.items())
    ]
    times = {h.number: h.time for h in headers}
    rows = [
        Row(
            l.block,
            l.index,
            l.transaction,
            0,
            bytes.fromhex(l.address[2:]),
            b"".join(l.topics),
            l.data,
        )
        for l in logs
    ]
    index.write(
        Batch(
            Window(
                since,
                plan.head.number,
                chain.where,
                int(time.time()),
                len(rows),
                digest_of(rows),
                True,
            ),
            headers,
            rows,
        )
    )
    yield [(row, times[row.block]) for row in rows]
