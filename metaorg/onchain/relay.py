"""Client of `Relay`: many signed acts of many organizations in one transaction."""

from collections.abc import Iterable, Sequence

from metaorg.errors import ContractReverted
from metaorg.onchain import reverts
from metaorg.onchain.chain import Reading
from metaorg.onchain.contract import Contract
from metaorg.types import Call, Event

Act = tuple[Call, int]
"""A call, and the gas that it may use at most."""


class Relay(Contract):
    """Writes of the relay, and what a transaction of it tells."""

    name = "Relay"

    def relay(self, acts: Sequence[Act]) -> Call:
        """Make calls one after the other, whatever becomes of each; their documents go along."""
        says = f"relay {len(acts)} acts that their organizations signed"
        made = self.call("relay", _arguments(acts), says=says)
        documents = tuple(block for call, _ in acts for block in call.documents)
        return made.model_copy(update={"documents": documents})

    def done(self, reading: Reading, acts: Sequence[Act]) -> int:
        """How many of these acts would succeed now, one after the other."""
        return int(self.read(reading, "relay", _arguments(acts)))

    def refused(self, events: Iterable[Event]) -> dict[int, ContractReverted]:
        """Which acts a transaction of the relay left undone, by their place, and why."""
        return {
            event.arguments["index"]: reverts.reverted(event.arguments["answer"])
            for event in events
            if event.name == "ActRefused" and event.contract == self.address
        }


def _arguments(acts: Sequence[Act]) -> list[tuple[str, int, bytes]]:
    return [(call.to, gas, call.data) for call, gas in acts]
