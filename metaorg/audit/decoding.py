"""Logs to events, fast: a function for each event, made once from the contract's ABI.

What is read is what `abi.decode_log` reads. It is stricter in one thing: the compiler writes an
event's data in one way only (each part where the part before it ends, nothing left over), and data
in any other way are refused, for no contract of this project wrote them. So nothing is read twice,
and the values of a log are never larger than the log.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from metaorg.audit.events import Happened, Row
from metaorg.errors import ChainUnreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules
from metaorg.types import Address, checksum_address

Read = Callable[[bytes, bytes], dict[str, Any]]
"""From topics, one behind the other, and data to arguments by name."""
Tail = Callable[[bytes, int], tuple[Any, int]]
"""From data, and where a value begins, to the value and where it ends."""

ROOM = 1 << 17
"""Values that are kept for the next log that has them."""
_EMPTY = {"bytes": "b''", "string": "''"}
"""Where the length is none; most votes come without a reason."""
_ZEROS = tuple(bytes(length) for length in range(33))


class _Malformed(ValueError):
    """Bytes that no contract writes for this type; the message says why."""


class _Known(dict[bytes, Any]):
    """Values by their word of 32 bytes; a new one is read by `read`."""

    def __init__(self, read: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, word: bytes) -> Any:
        if len(self) >= ROOM:
            self.clear()
        value = self[word] = self._read(word)
        return value


class Decoder:
    """Events of one meta-organization's contracts.

    `unknown`: how many logs were left out, by contract: no event of this contract begins so.
    """

    def __init__(self, modules: Modules) -> None:
        self.unknown: Counter[bytes] = Counter()
        self._known: dict[bytes, tuple[Address, str, Read]] = {}
        for field in Modules.model_fields:
            address = getattr(modules, field)
            contract = bytes.fromhex(address[2:])
            for topic, (name, read) in _events(field).items():
                self._known[contract + topic] = (address, name, read)

    def __call__(self, rows: Sequence[tuple[Row, int]]) -> list[Happened]:
        """The events of these logs, each with the time of its block, in order.

        Raises:
            ChainUnreachable: a log is not as its contract writes it: somebody altered it.
        """
        found: list[Happened] = []
        add, new, known = found.append, tuple.__new__, self._known
        row, name = None, ""
        try:
            for row, time in rows:
                block, place, transaction, _, contract, topics, data = row
                event = known.get(contract + topics[:32])
                if event is None:
                    self.unknown[contract] += 1
                    continue
                address, name, read = event
                happened = (block, place, time, transaction, address, name, read(topics, data))
                add(new(Happened, happened))
        except _Malformed as why:
            assert row is not None
            raise ChainUnreachable(
                f"the log of {name} at place {row.place} of block {row.block} cannot be decoded: "
                f"{why}; ask another node"
            ) from None
        return found


@cache
def _events(module: str) -> dict[bytes, tuple[str, Read]]:
    """Names and readers of a module's events, by first topic."""
    artifact = load(module.title().replace("_", ""))
    return {topic: (entry["name"], reader(entry)) for topic, entry in artifact.topics.items()}


def reader(entry: abi.Entry) -> Read:
    """The function that reads one event's logs; its source is written here and compiled."""
    source = _Source()
    indexed = [parameter for parameter in entry["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in entry["inputs"] if not parameter["indexed"]]
    size = 32 * (len(indexed) + 1)
    source.refuse_if(f"len(topics) != {size}", f"it has not {len(indexed) + 1} topics")
    values = {}
    for place, parameter in enumerate(indexed, 1):
        values[parameter["name"]] = source.word(parameter["type"], "topics", 32 * place)
    values |= source.heads(plain)
    shown = ", ".join(f"{p['name']!r}: {values[p['name']]}" for p in entry["inputs"])
    source.lines.append(f"return {{{shown}}}")
    return source.compiled()


class _Source:
    """The lines of a reader, and the names that they use."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, Any] = {
            "Malformed": _Malformed,
            "number": int.from_bytes,
            "none": bytes(32),
        }

    def compiled(self) -> Read:
        text = "def read(topics, data):\n" + "".join(f"    {line}\n" for line in self.lines)
        exec(text, self._names)  # noqa: S102 its text comes from the shipped ABI and from here
        read: Read = self._names["read"]
        return read

    def refuse_if(self, condition: str, why: str) -> None:
        self.lines.append(f"if {condition}: raise Malformed({why!r})")

    def heads(self, parameters: Sequence[abi.Entry]) -> dict[str, str]:
        """Names of values by parameter, and the check that the data end where the last one does."""
        values, late, at = {}, [], 0
        for parameter in parameters:
            if parameter["type"] == "tuple":
                values[parameter["name"]] = self._struct(parameter["components"], at)
                at += 32 * len(parameter["components"])
                continue
            if _tail(parameter["type"]):
                late.append((parameter, at))
            else:
                values[parameter["name"]] = self.word(parameter["type"], "data", at)
            at += 32
        self.lines.append(f"end = {at}")
        for parameter, head in late:
            values[parameter["name"]] = self._tail(parameter["type"], head)
        self.refuse_if("end != len(data)", "its data do not end where their last part does")
        return values

    def word(self, kind: str, where: str, at: int) -> str:
        """The value of a type that fills one word."""
        word = f"{where}[{at}:{at + 32}]"
        if kind == "bytes32":
            return self._assign(word)
        if kind.startswith("uint") and 16 < (bits := int(kind[4:])) < 256:
            value = self._assign(f"number({word})")
            self.refuse_if(f"{value} >> {bits}", f"a number of more than {bits} bits")
            return value
        self._names[kind] = _known(kind)
        return self._assign(f"{kind}[{word}]")

    def _struct(self, components: Sequence[abi.Entry], at: int) -> str:
        parts = (
            f"{part['name']!r}: {self.word(part['type'], 'data', at + 32 * index)}"
            for index, part in enumerate(components)
        )
        return f"{{{', '.join(parts)}}}"

    def _tail(self, kind: str, head: int) -> str:
        self.refuse_if(
            f"number(data[{head}:{head + 32}]) != end", "a part is not where the one before it ends"
        )
        name, value = f"read{len(self._names)}", f"value{len(self.lines)}"
        self._names[name] = _tail(kind)
        self.lines += (
            f"if data[end:end + 32] == none: {value}, end = {_EMPTY.get(kind, '[]')}, end + 32",
            f"else: {value}, end = {name}(data, end)",
        )
        return value

    def _assign(self, expression: str) -> str:
        value = f"value{len(self.lines)}"
        self.lines.append(f"{value} = {expression}")
        return value


@cache
def _known(kind: str) -> _Known:
    """The values of a type that fills one word, each read once."""
    if kind == "address":
        return _Known(_address)
    if kind == "bool":
        return _Known(_bool)
    if kind.startswith("uint"):
        return _Known(_uint(int(kind[4:])))
    if kind.startswith("bytes"):
        return _Known(_fixed(int(kind[5:])))
    raise NotImplementedError(f"no contract of this project has {kind} in an event")


def _address(word: bytes) -> Address:
    if len(word) != 32 or word[:12] != _ZEROS[12]:
        raise _Malformed("an address of more than 20 bytes")
    return checksum_address("0x" + word[12:].hex())


def _bool(word: bytes) -> bool:
    number = int.from_bytes(word)
    if len(word) != 32 or number > 1:
        raise _Malformed("neither true nor false")
    return number == 1


def _uint(bits: int) -> Callable[[bytes], int]:
    def read(word: bytes) -> int:
        number = int.from_bytes(word)
        if len(word) != 32 or number >> bits:
            raise _Malformed(f"a number of more than {bits} bits")
        return number

    return read


def _fixed(size: int) -> Callable[[bytes], bytes]:
    def read(word: bytes) -> bytes:
        if len(word) != 32 or word[size:] != _ZEROS[32 - size]:
            raise _Malformed(f"more than {size} bytes")
        return word[:size]

    return read


def _tail(kind: str) -> Tail | None:
    """How a type is read whose length is told; None for those that fill one word."""
    if kind.endswith("[]"):
        inner = _tail(kind[:-2])
        return _words(_known(kind[:-2])) if inner is None else _tails(inner)
    return {"bytes": _bytes, "string": _string}.get(kind)


def _bytes(data: bytes, start: int) -> tuple[bytes, int]:
    first = start + 32
    size = int.from_bytes(data[start:first])
    last = first + size
    end = last + -size % 32
    if data[last:end] != _ZEROS[-size % 32]:
        raise _Malformed("bytes that are cut off, or not followed by zeros")
    return data[first:last], end


def _string(data: bytes, start: int) -> tuple[str, int]:
    value, end = _bytes(data, start)
    return value.decode(errors="backslashreplace"), end


def _words(known: _Known) -> Tail:
    def read(data: bytes, start: int) -> tuple[list[Any], int]:
        first = start + 32
        end = first + 32 * int.from_bytes(data[start:first])
        _require(data, end)
        return [known[data[at : at + 32]] for at in range(first, end, 32)], end

    return read


def _tails(item: Tail) -> Tail:
    def read(data: bytes, start: int) -> tuple[list[Any], int]:
        first = start + 32
        count = int.from_bytes(data[start:first])
        end = first + 32 * count
        _require(data, end)
        values = []
        for at in range(first, first + 32 * count, 32):
            if int.from_bytes(data[at : at + 32]) != end - first:
                raise _Malformed("a part is not where the one before it ends")
            value, end = item(data, end)
            values.append(value)
        return values, end

    return read


def _require(data: bytes, end: int) -> None:
    if end > len(data):
        raise _Malformed("a list that is cut off")
