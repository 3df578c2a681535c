"""Where to look oneself: an event's log, or a view of a shipped contract."""

from typing import Any

from metaorg.audit.events import Happened
from metaorg.audit.findings import Look
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.types import Address


def log(event: Happened) -> Look:
    """The log that an event was decoded from."""
    return Look(
        what="log",
        address=event.contract,
        block=event.block,
        transaction=event.transaction,
        index=event.place,
    )


def view(contract: str, address: Address, function: str, *arguments: Any) -> Look:
    """What a view answers at the audited block.

    Args:
        contract: the artifact's name.
    """
    return Look(
        what="call",
        address=address,
        function=abi.signature(load(contract).functions[function]),
        arguments=tuple(_text(one) for one in arguments),
    )


def _text(value: Any) -> str:
    """A value as `cast` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, tuple):
        return f"({','.join(map(_text, value))})"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
