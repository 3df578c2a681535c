"""Events of a history as an audit has them, and how they are doctored."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from audit.history import History
from metaorg.audit.events import Happened
from metaorg.audit.following import Governed
from metaorg.audit.index import open_index
from metaorg.audit.public import Then
from metaorg.audit.replay import Replay
from metaorg.onchain import transactions
from metaorg.onchain.modules import Modules


def happened(history: History) -> list[Happened]:
    """All events of all modules, in order, with votes."""
    reading, modules = history.chain.at(), history.modules
    addresses = [getattr(modules, name) for name in Modules.model_fields]
    found = transactions.decode(reading.logs(addresses, []))
    times = {number: history.chain.block(number).time for number in {e.block for e in found}}
    return [
        Happened(
            block=event.block,
            place=event.index,
            time=times[event.block],
            transaction=event.transaction,
            contract=event.contract,
            name=event.name,
            arguments=dict(event.arguments),
        )
        for event in found
    ]


def followed(history: History) -> Then:
    """What all events lead to."""
    block = history.chain.block()
    [then] = followed_at(history, [block.number])
    return then


def followed_at(history: History, blocks: Iterable[int]) -> Iterator[Then]:
    """What the events up to each of these blocks lead to."""
    events, modules = happened(history), history.modules
    with open_index(":memory:") as index:
        governed = Governed(history.chain, index, modules.authority)
        for number in blocks:
            replay = Replay(modules, history.chain.id, governed)
            replay.follow([event for event in events if event.block <= number])
            yield Then(replay, history.chain.block(number))


def first(events: Sequence[Happened], name: str, **given: Any) -> Happened:
    """The first event of a name, with these arguments."""
    return next(
        one for one in events if one.name == name and given.items() <= {**one.arguments}.items()
    )


def doctored(
    events: Sequence[Happened], one: Happened, change: Callable[[Happened], list[Happened]]
) -> list[Happened]:
    """The events with one of them replaced."""
    place = next(index for index, event in enumerate(events) if event is one)
    return [*events[:place], *change(one), *events[place + 1 :]]


def told(event: Happened, **arguments: Any) -> Happened:
    """An event with other arguments."""
    return event._replace(arguments=event.arguments | arguments)
