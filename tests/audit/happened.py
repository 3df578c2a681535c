"""Events of a history as an audit has them, and how they are doctored."""

from collections.abc import Callable, Sequence
from typing import Any

from audit.history import History
from metaorg.audit.events import Happened
from metaorg.audit.read import block_times
from metaorg.onchain import transactions
from metaorg.onchain.modules import Modules


def happened(history: History) -> list[Happened]:
    """All events of all modules, in order, with votes."""
    reading, modules = history.chain.at(), history.modules
    addresses = [getattr(modules, name) for name in Modules.model_fields]
    found = transactions.decode(reading.logs(addresses, []))
    times = block_times(reading, {event.block for event in found})
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
