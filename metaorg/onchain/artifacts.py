"""The compiled contracts that the package ships: what they can do, and what code they have."""

import json
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from typing import Any

from metaorg.onchain import abi

CONTRACTS = (
    "MetaOrganizationFactory",
    "MetaOrganization",
    "InterConstitution",
    "Membership",
    "Rulebook",
    "Assembly",
    "Timelock",
    "Authority",
    "Commons",
    "Relay",
)


class Artifact:
    """One compiled contract."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.name: str = content["contractName"]
        self.abi: list[dict[str, Any]] = content["abi"]
        self.creation = bytes.fromhex(content["bytecode"].removeprefix("0x"))
        self.runtime = bytes.fromhex(content["deployedBytecode"].removeprefix("0x"))
        self._immutables: Mapping[str, Any] = content.get("immutableReferences", {})
        self._userdoc: Mapping[str, Any] = content.get("userdoc", {})

    @cached_property
    def functions(self) -> dict[str, abi.Entry]:
        """Function by name; overloads keep their full signature as name."""
        return _by_name([entry for entry in self.abi if entry["type"] == "function"])

    @cached_property
    def selectors(self) -> dict[bytes, abi.Entry]:
        """Function by selector."""
        return {abi.selector(entry): entry for entry in self.functions.values()}

    @cached_property
    def topics(self) -> dict[bytes, abi.Entry]:
        """Event by first topic."""
        return {abi.topic(entry): entry for entry in self.abi if entry["type"] == "event"}

    @cached_property
    def errors(self) -> dict[bytes, abi.Entry]:
        """Custom error by selector."""
        return {abi.selector(entry): entry for entry in self.abi if entry["type"] == "error"}

    def notice(self, entry: abi.Entry) -> str:
        """The sentence that the contract's author wrote for people; empty for none."""
        kind = {"error": "errors", "event": "events"}.get(entry["type"], "methods")
        found = self._userdoc.get(kind, {}).get(abi.signature(entry), {})
        if isinstance(found, list):
            found = found[0] if found else {}
        return str(found.get("notice", ""))

    def same_runtime(self, code: bytes) -> bool:
        """Whether deployed code is this contract's, leaving out what is set at deployment."""
        return len(code) == len(self.runtime) and self._masked(code) == self._masked(self.runtime)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for places in self._immutables.values():
            for place in places:
                start, length = place["start"], place["length"]
                masked[start : start + length] = bytes(length)
        return bytes(masked)


@cache
def load(name: str) -> Artifact:
    """The shipped artifact of contract `name`, one of `CONTRACTS`."""
    path = resources.files("metaorg") / "artifacts" / f"{name}.json"
    return Artifact(json.loads(path.read_text(encoding="utf-8")))


def _by_name(entries: list[dict[str, Any]]) -> dict[str, abi.Entry]:
    named: dict[str, abi.Entry] = {}
    for entry in entries:
        named[abi.signature(entry) if entry["name"] in named else entry["name"]] = entry
    return named
