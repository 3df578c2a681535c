"""Everything that a check needs, read at one pinned block: events with their times, in order."""

from collections.abc import Iterable, Iterator, Sequence

from metaorg.errors import ChainUnreachable
from metaorg.onchain import transactions
from metaorg.onchain.chain import NodeRefused, Reading, integer
from metaorg.onchain.modules import Modules
from metaorg.types import Address, Event, Model


class Timed(Model):
    """An event and when it happened, Unix seconds."""

    event: Event
    time: int

    @property
    def name(self) -> str:
        return self.event.name


class Evidence:
    """All events of one meta-organization's contracts up to a block.

    Args:
        reading: the pinned block. modules: the contracts. events: in order of the chain.
    """

    def __init__(self, reading: Reading, modules: Modules, events: Sequence[Timed]) -> None:
        self.reading, self.modules, self.events = reading, modules, events

    def of(self, module: Address, *names: str) -> Iterator[Timed]:
        """One contract's events, all or those of these names, in order."""
        for timed in self.events:
            if timed.event.contract == module and (not names or timed.name in names):
                yield timed

    def last(self, module: Address, name: str) -> Timed | None:
        """One contract's latest event of this name."""
        return next((one for one in reversed([*self.of(module, name)])), None)

    def until(self, block: int) -> "Evidence":
        """The same as of an earlier block. Only its header is asked for, no state: any node has it.

        Raises:
            ChainUnreachable: the node does not have it.
        """
        events = [timed for timed in self.events if timed.event.block <= block]
        return Evidence(self.reading.chain.at(block), self.modules, events)


def read(reading: Reading, modules: Modules) -> Evidence:
    """Read all events of all modules.

    Raises:
        ChainUnreachable: the node does not answer, or not with everything.
    """
    since = reading.chain.first_block_with_code(modules.meta_organization)
    addresses = [getattr(modules, name) for name in Modules.model_fields]
    events = transactions.decode(reading.logs(addresses, [], since))
    times = block_times(reading, {event.block for event in events})
    return Evidence(reading, modules, [Timed(event=e, time=times[e.block]) for e in events])


def block_times(reading: Reading, numbers: Iterable[int]) -> dict[int, int]:
    """The times of these blocks, in batches."""
    wanted = sorted(numbers)
    answers = reading.chain.requests(
        [("eth_getBlockByNumber", [hex(number), False]) for number in wanted]
    )
    times = {}
    for number, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, NodeRefused):
            raise answer
        if not isinstance(answer, dict):
            raise ChainUnreachable(f"the node has no block {number}: its history is pruned")
        times[number] = integer(answer.get("timestamp"))
    return times
