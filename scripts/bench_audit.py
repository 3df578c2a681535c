"""How fast the auditor reads a long history, against the bare download of the same logs.

    python -m scripts.bench_audit [--events 1000000]

Each work runs in a process of its own, which tells its time and the most memory that it took. The
chain runs beside it and takes its share of the machine, in all of them.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from metaorg.audit.collect import Plan, collect
from metaorg.audit.collecting.record import Record
from metaorg.audit.decoding import Decoder
from metaorg.audit.events import Row
from metaorg.audit.following import Following
from metaorg.audit.index import open_index
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import Chain
from metaorg.onchain.endpoint import Endpoint
from metaorg.onchain.modules import Modules, modules_at
from scripts.audit_world import AuditWorld, audit_world
from scripts.raw import Raw
from scripts.timing import show

EVENTS, MORE = 1_000_000, 1_000
WINDOW = 10
"""Blocks in a request, with up to 25,000 logs: about 17 MB."""
PART = 500
"""Logs that are taken through all steps together."""
SAMPLE = 20_000
"""Logs that web3.py is given; all of them would take it minutes."""
TURNS = 2
"""How often bare download and reading take turns; the shorter times count."""


class Task(NamedTuple):
    """What a process is to do, as its arguments say.

    Args:
        work: a name of `WORKS`. until: the last block, or of a sample the last log. file: the index
            that is written, or gone on with.
    """

    work: str
    url: str
    address: str
    until: int
    file: str = ""

    @property
    def modules(self) -> Modules:
        return modules_at(Chain(self.url).at(), self.address)

    @property
    def windows(self) -> Iterator[list[dict[str, Any]]]:
        """The logs as they come, window by window, with nothing kept."""
        raw, modules = Raw(self.url), self.modules
        addresses = [getattr(modules, field) for field in Modules.model_fields]
        for first in range(0, self.until + 1, WINDOW):
            last = min(first + WINDOW - 1, self.until)
            window = {"fromBlock": hex(first), "toBlock": hex(last), "address": addresses}
            yield raw.ask("eth_getLogs", window)

    @property
    def parts(self) -> Iterator[list[dict[str, Any]]]:
        """The same in small lists, which are still in the processor's cache at the last step."""
        for logs in self.windows:
            for at in range(0, len(logs), PART):
                yield logs[at : at + PART]


class Done(NamedTuple):
    """What a process tells of its work. `memory`: the most that it took, MiB."""

    seconds: float
    events: int
    memory: int


def bare(task: Task) -> tuple[float, int]:
    """Download and parse."""
    started = time.perf_counter()
    count = sum(len(logs) for logs in task.windows)
    return time.perf_counter() - started, count


def decoding(task: Task) -> tuple[float, int]:
    """Logs that are there to events; the download is not counted."""
    decoder, seconds, count = Decoder(task.modules), 0.0, 0
    for part in task.parts:
        rows = [(row(log), 0) for log in part]
        started = time.perf_counter()
        count += len(decoder(rows))
        seconds += time.perf_counter() - started
    return seconds, count


def reading(task: Task) -> tuple[float, int]:
    """All that an audit does with logs: read, verify, keep, decode, replay, keep the state."""
    modules, started = task.modules, time.perf_counter()
    endpoint, record = Endpoint(task.url), Record()
    addresses = tuple(getattr(modules, field) for field in Modules.model_fields)
    with open_index(task.file) as index:
        index.claim(endpoint.id, task.address)
        before = sum(window.count for window in index.windows())
        plan = Plan(addresses, 0, endpoint.block(task.until))
        parts = collect([endpoint], index, plan, lambda *_: None, record=record)
        replay = Following(index, modules, endpoint, task.until).all_of(parts, record)
    assert not replay.findings and not record.findings, (replay.findings, record.findings)
    return time.perf_counter() - started, replay.count - before


def web3(task: Task) -> tuple[float, int]:
    """A sample through web3.py's `get_logs` and `process_log`."""
    from web3 import Web3

    client = Web3(Web3.HTTPProvider(task.url))
    events = {
        topic: client.eth.contract(abi=load(name).abi).events[entry["name"]]()
        for name in CONTRACTS
        for topic, entry in load(name).topics.items()
    }
    head, window, count = client.eth.block_number, WINDOW, 0
    started = time.perf_counter()
    for first in range(head // 2, head, window):
        logs = client.eth.get_logs(
            {
                "fromBlock": first,
                "toBlock": min(first + window - 1, head),
                "address": list(task.modules.model_dump().values()),
            }
        )
        for log in logs:
            events[bytes(log["topics"][0])].process_log(log)
        count += len(logs)
        if count >= task.until:
            break
    return time.perf_counter() - started, count


WORKS: dict[str, Callable[[Task], tuple[float, int]]] = {
    work.__name__: work for work in (bare, decoding, reading, web3)
}


def row(log: dict[str, Any]) -> Row:
    """A log as it is kept; of a node that is believed."""
    octets = bytes.fromhex
    return Row(
        block=int(log["blockNumber"], 16),
        place=int(log["logIndex"], 16),
        transaction=octets(log["transactionHash"][2:]),
        position=int(log["transactionIndex"], 16),
        contract=octets(log["address"][2:]),
        topics=b"".join([octets(topic[2:]) for topic in log["topics"]]),
        data=octets(log["data"][2:]),
    )


def run(task: Task) -> Done:
    """The work, in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, *map(str, ("--task", *task))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Done(*json.loads(done.stdout))


def serve(task: Task) -> None:
    """Do the work in this process, and tell."""
    seconds, count = WORKS[task.work](task)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(Done(seconds, count, memory)))


def measure(world: AuditWorld, folder: Path) -> None:
    """Everything about one world, line by line."""
    url, address, head = world.chain.url, world.address, world.chain.block().number

    def task(work: str, until: int = head, file: str = "") -> Done:
        return run(Task(work, url, address, until, file and str(folder / file)))

    downloads, readings, halves = [], [], []
    for turn in range(TURNS):
        downloads.append(task("bare"))
        readings.append(task("reading", file=f"{turn}.db"))
        halves.append(task("reading", head // 2, f"half {turn}.db"))
    download, read, half = min(downloads), min(readings), min(halves)
    assert download.events == read.events, f"{download.events} logs, and {read.events} events"
    sample = task("web3", until=SAMPLE)
    scaled = sample.seconds * download.events / sample.events
    decoded = task("decoding")
    show(f"read {read.events:,} events / download and parse", read.seconds, download.seconds, 2)
    show("read them / web3.py's get_logs and process_log, scaled", read.seconds, scaled, 0.1)
    show("decode them / download and parse", decoded.seconds, download.seconds)
    twice = read.events / half.events
    show(f"read {twice:.2f} times as many / read half of the blocks", read.seconds, half.seconds)
    print(f"memory: {read.memory:,} MiB, for half of the blocks {half.memory:,} MiB")
    _measure_more(world, run, Task("reading", url, address, head, str(folder / "0.db")))


def _measure_more(world: AuditWorld, work: Callable[[Task], Done], task: Task) -> None:
    world.more(MORE)
    started = time.perf_counter()
    more = work(task._replace(until=world.chain.block().number))
    whole = time.perf_counter() - started
    print(f"read {MORE:,} events more: {more.seconds:.2f} s, {whole:.2f} s with the start")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=EVENTS, help="about how many")
    parser.add_argument("--task", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.task:
        work, url, address, until, file = given.task
        return serve(Task(work, url, address, int(until), file))
    with audit_world(given.events) as world, TemporaryDirectory() as folder:
        measure(world, Path(folder))


if __name__ == "__main__":
    main()
