"""The functions of the shipped contracts that change something, and what guards each of them."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from metaorg.audit.roles import NOBODY
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules


class Guard(NamedTuple):
    """What guards a function.

    Args:
        guard: the modifier that says who may call, a role like `PROPOSER_ROLE`, `revert` for a
            function that always reverts, or empty. who, when, stop: as the contract's author says.
    """

    guard: str
    who: str
    when: str
    stop: str


class Entrance(NamedTuple):
    """A function that changes something, or always reverts. `selector`: empty for `receive`."""

    module: str
    name: str
    signature: str
    selector: bytes
    guard: Guard


@cache
def guards() -> Mapping[str, Mapping[str, Guard]]:
    """Contract -> function -> what guards it, of all shipped contracts."""
    path = resources.files("metaorg") / "audit" / "guards.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: {function: Guard(**guard) for function, guard in functions.items()}
        for name, functions in found.items()
    }


@cache
def entrances() -> tuple[Entrance, ...]:
    """Every function that can be called to change something, by module and name."""
    return tuple(one for module in Modules.model_fields for one in _entrances(module))


def _entrances(module: str) -> Iterator[Entrance]:
    contract = module.title().replace("_", "")
    guarded, artifact = guards()[contract], load(contract)
    for entry in sorted(artifact.functions.values(), key=abi.signature):
        if entry["name"] in guarded:
            guard, selector = guarded[entry["name"]], abi.selector(entry)
            yield Entrance(module, entry["name"], abi.signature(entry), selector, guard)
    for kind in ("receive", "fallback"):
        if any(entry["type"] == kind for entry in artifact.abi):
            yield Entrance(module, kind, f"{kind}()", b"", guarded[kind])


def zero(parameter: abi.Entry) -> Any:
    """The smallest value of a type."""
    kind: str = parameter["type"]
    if kind.endswith("]"):
        return []
    if kind == "tuple":
        return tuple(zero(component) for component in parameter["components"])
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 0))
    return {"string": "", "bool": False, "address": NOBODY}.get(kind, 0)
