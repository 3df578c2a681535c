"""What all contract clients share: reads at a pinned block, and writes as calls."""

from collections.abc import Sequence
from typing import Any, ClassVar

from metaorg.onchain import abi, reverts
from metaorg.onchain.artifacts import Artifact, load
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.types import Address, Call


class Contract:
    """A contract at an address. It holds no connection: reads are given a `Reading`."""

    name: ClassVar[str]

    def __init__(self, address: Address) -> None:
        self.address = address

    @property
    def artifact(self) -> Artifact:
        return load(self.name)

    def read(self, reading: Reading, function: str, *arguments: Any) -> Any:
        """The answer of a view: one value, or a mapping by name when there are several.

        Raises:
            ContractReverted: the contract refuses to answer.
        """
        return self.reads(reading, [(function, arguments)])[0]

    def reads(self, reading: Reading, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The answers of many views, in batches."""
        entries = [self.artifact.functions[function] for function, _ in calls]
        data = [
            abi.encode_call(entry, arguments)
            for entry, (_, arguments) in zip(entries, calls, strict=True)
        ]
        try:
            answers = reading.calls([(self.address, one) for one in data])
        except NodeRefused as refusal:
            raise reverts.explain(refusal, f"reading {self.name}") from None
        return [_answer(entry, answer) for entry, answer in zip(entries, answers, strict=True)]

    def call(self, function: str, *arguments: Any, says: str) -> Call:
        """A write, as a value."""
        entry = self.artifact.functions[function]
        return Call(to=self.address, data=abi.encode_call(entry, arguments), says=says)

    def decode_call(self, call: Call) -> dict[str, Any]:
        """The arguments of one of this contract's calls, by name."""
        entry = self.artifact.selectors[call.data[:4]]
        return abi.decode_values(entry["inputs"], call.data[4:])

    def __repr__(self) -> str:
        return f"{self.name}({self.address})"


def padded(text: str, length: int) -> bytes:
    """Text as bytes of fixed length, padded with zeros, as contracts keep names."""
    return text.encode().ljust(length, b"\0")


def unpadded(value: bytes) -> str:
    """Text from a zero-padded name; bytes that are not UTF-8 are shown as escapes."""
    return value.rstrip(b"\0").decode(errors="backslashreplace")


def _answer(entry: abi.Entry, data: bytes) -> Any:
    values = abi.decode_values(entry["outputs"], data)
    return next(iter(values.values())) if len(values) == 1 else values
