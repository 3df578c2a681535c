"""What code the contracts have: whether it is the shipped one, and whether that is the source's.

A module is a clone (EIP-1167) that carries the addresses of others and runs an implementation. What
solc appends to an implementation names, by a CID, the metadata that hold a hash of every source.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NamedTuple

from eth_utils.crypto import keccak

from metaorg.audit.findings import Finding, Findings, Look, difference, unknown
from metaorg.audit.statement import Code
from metaorg.errors import InvalidInput, Misconfigured
from metaorg.onchain.artifacts import CONTRACTS, load
from metaorg.onchain.chain import NodeRefused, Reading
from metaorg.onchain.factory import ARGUMENTS, clone_code, implementations
from metaorg.onchain.modules import Modules
from metaorg.types import DAG_PB, Address, Cid, Model, checksum_address

PATIENCE = 600
"""Seconds that a compiler may take for everything."""
SOURCE_LIMIT = 1 << 20
"""The largest source that is read, in bytes."""
_CLONE = re.compile(
    re.escape(bytes.fromhex("363d3d373d3d3d363d73"))
    + b"(.{20})"
    + re.escape(bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
    + b"(.*)",
    re.DOTALL,
)
_TRAILER = re.compile(rb"\xa2\x64ipfs\x58\x22\x12\x20(.{32})\x64solc\x43(...)\x00\x33\Z", re.DOTALL)
"""CBOR of the metadata's multihash and the compiler's version, and its length."""


class Trailer(NamedTuple):
    """What solc appends to code: CID of the metadata, and the compiler's version."""

    metadata: Cid
    solc: str


class Clone(NamedTuple):
    """A minimal proxy, and the bytes behind it."""

    implementation: Address
    arguments: bytes


class Built(Model):
    """What compiling gave for one contract.

    Args:
        match: *exact*: every byte of creation and runtime code. *partial*: every one but the
            appended hash of metadata: a comment or a name differs. *different*: other code.
    """

    name: str
    match: Literal["exact", "partial", "different"]


class Rebuilt(Model):
    """What compiling the sources of a folder gave.

    Args:
        compiler: its version. altered: sources that are not those of the shipped contracts.
    """

    compiler: str
    contracts: tuple[Built, ...]
    altered: tuple[str, ...] = ()

    def exact(self, name: str) -> bool | None:
        """Whether a contract came out byte for byte; None when it was not compiled."""
        found = {built.name: built.match == "exact" for built in self.contracts}
        return found.get(name)


# ---------------------------------------------------------------- on chain


def code(
    reading: Reading, modules: Modules, rebuilt: Rebuilt | None = None
) -> tuple[list[Code], list[Finding]]:
    """The code of each module and of the implementation behind it, and what is wrong with it.

    Args:
        rebuilt: from `rebuild`, where the source was compiled.
    """
    rows: list[Code] = []
    findings: list[Finding] = []
    for name in Modules.model_fields:
        try:
            findings += _module(reading, modules, name, rows)
        except NodeRefused as refusal:
            look = Look(what="code", address=getattr(modules, name))
            subject = f"code of {name}"
            findings.append(
                unknown("reading.unanswered", subject, "an answer", str(refusal), [look])
            )
    if rebuilt:
        rows = [row.model_copy(update={"source": rebuilt.exact(_contract(row))}) for row in rows]
    return rows, findings


def clone_of(code: bytes) -> Clone | None:
    """What a clone runs and carries; None for any other code."""
    found = _CLONE.fullmatch(code)
    return Clone(_address(found[1]), found[2]) if found else None


def trailer_of(code: bytes) -> Trailer | None:
    """What solc appended to a contract's code; None where that is missing."""
    found = _TRAILER.search(code)
    if not found:
        return None
    return Trailer(Cid(digest=found[1], codec=DAG_PB), ".".join(map(str, found[2])))


def _module(reading: Reading, modules: Modules, name: str, rows: list[Code]) -> Findings:
    """A clone, then what it runs; both are added to the rows."""
    address, intended = getattr(modules, name), getattr(implementations(), name)
    arguments = [getattr(modules, one) for one in ARGUMENTS[name]]
    found, expected = reading.code(address), clone_code(intended, arguments)
    rows.append(_row(name, address, found, expected))
    clone, look = clone_of(found), Look(what="code", address=address)
    if clone is None:
        seen = _described(found)
        yield difference("code.clone", f"code of {name}", "a clone (EIP-1167)", seen, [look])
        return
    if found != clone_code(clone.implementation, arguments):
        told = _wired(ARGUMENTS[name], b"".join(map(_octets, arguments)))
        seen = _wired(ARGUMENTS[name], clone.arguments)
        yield difference("code.arguments", f"immutable arguments of {name}", told, seen, [look])
    yield from _implementation(reading, name, clone.implementation, rows)
    if clone.implementation != intended:
        same = rows[-1].code_hash == rows[-1].expected
        behind = f"{clone.implementation}, {'the same code' if same else 'other code'}"
        yield difference(
            "code.implementation", f"implementation of {name}", intended, behind, [look]
        )


def _implementation(reading: Reading, name: str, address: Address, rows: list[Code]) -> Findings:
    contract = name.title().replace("_", "")
    shipped, found = load(contract).runtime, reading.code(address)
    recorded = _recorded()["contracts"][contract]["metadata"]
    row = _row(f"implementation of {contract}", address, found, shipped)
    rows.append(row.model_copy(update={"metadata": recorded}))
    look = Look(what="code", address=address)
    if found != shipped:
        subject, expected = f"code of the implementation {contract}", _described(shipped)
        yield difference("code.implementation", subject, expected, _described(found), [look])
    trailer = trailer_of(shipped)
    named = str(trailer.metadata) if trailer else "none"
    if named != recorded:
        subject = f"metadata of the shipped {contract}"
        yield difference("code.metadata", subject, recorded, named, [look])


def _row(name: str, address: Address, found: bytes, expected: bytes) -> Code:
    return Code(name=name, address=address, code_hash=keccak(found), expected=keccak(expected))


def _contract(row: Code) -> str:
    return row.name.removeprefix("implementation of ")


def _described(code: bytes) -> str:
    """Code in words: how much, which hash, and what its trailer says."""
    if not code:
        return "no code"
    trailer = trailer_of(code)
    made = f", solc {trailer.solc}, metadata {trailer.metadata}" if trailer else ""
    return f"{len(code)} bytes with the hash 0x{keccak(code).hex()}{made}"


def _wired(names: Sequence[str], data: bytes) -> str:
    """Immutable arguments in words; what goes beyond them, or is missing, shows."""
    parts = [data[at : at + 20] for at in range(0, len(data), 20)]
    words = [
        f"{names[index] if index < len(names) else 'and'} 0x{part.hex()}"
        for index, part in enumerate(parts)
    ]
    return ", ".join(words) or "none"


def _octets(address: Address) -> bytes:
    return bytes.fromhex(address[2:])


def _address(raw: bytes) -> Address:
    return checksum_address("0x" + raw.hex())


# ---------------------------------------------------------------- from source


def rebuild(folder: Path, solc: Path, names: Sequence[str] = CONTRACTS) -> Rebuilt:
    """Compile contracts anew and compare them with the shipped ones.

    Args:
        folder: a checkout, with `contracts/` and `node_modules/`.
        solc: a compiler that takes `--version` and `--standard-json`.
        names: the contracts.

    Raises:
        InvalidInput: sources are missing or do not compile. Misconfigured: there is no such
            compiler, or it is another version, or it fails.
    """
    given, altered = standard_input(folder)
    paths = {name: _recorded()["contracts"][name]["path"] for name in names}
    outputs = given["settings"]["outputSelection"]["*"]["*"]
    given["settings"]["outputSelection"] = {path: {name: outputs} for name, path in paths.items()}
    _require_version(solc)
    output = _compiled(solc, given)
    built = tuple(
        Built(name=name, match=_match(name, output[path][name]["evm"]))
        for name, path in paths.items()
    )
    return Rebuilt(compiler=_recorded()["compiler"], contracts=built, altered=altered)


def standard_input(folder: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """solc's standard JSON input with the sources of a checkout, and which of them are altered.

    Raises:
        InvalidInput: sources are missing; all of them are named.
    """
    given: dict[str, Any] = json.loads(json.dumps(_recorded()["input"]))
    texts, missing = {}, []
    for path in given["sources"]:
        try:
            texts[path] = _source(folder / path)
        except (OSError, UnicodeDecodeError) as error:
            missing.append(f"{path}: {getattr(error, 'strerror', None) or error}")
    if not texts:
        raise InvalidInput(
            f"{folder} has none of the sources: name a checkout of metaorg, in which `make setup` "
            "was run"
        )
    if missing:
        raise InvalidInput(f"these sources of {folder} cannot be read:", *missing)
    altered = tuple(path for path, text in texts.items() if _hash(text) != _recorded_hash(path))
    return given | {"sources": {path: {"content": text} for path, text in texts.items()}}, altered


def _source(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(SOURCE_LIMIT + 1)
    if len(raw) > SOURCE_LIMIT:
        raise OSError(27, "too large for a source")
    return raw.decode()


def _hash(text: str) -> str:
    return "0x" + keccak(text=text).hex()


def _recorded_hash(path: str) -> str:
    return str(_recorded()["input"]["sources"][path]["keccak256"])


def _require_version(solc: Path) -> None:
    wanted: str = _recorded()["compiler"]
    said = _run(solc, "--version", "").decode(errors="replace")
    found = re.search(r"Version: (\S+)", said)
    if not found or not found[1].startswith(wanted):
        version = found[1] if found else "no Solidity compiler"
        raise Misconfigured(f"{solc} is {version}; the contracts are compiled by solc {wanted}")


def _compiled(solc: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Contracts by path and name."""
    said = _run(solc, "--standard-json", json.dumps(given))
    try:
        output: dict[str, Any] = json.loads(said)
        errors = [one for one in output.get("errors", []) if one["severity"] == "error"]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Misconfigured(f"{solc} answers something that is not solc's JSON") from None
    if errors:
        raise InvalidInput("the sources do not compile:", *(one["message"] for one in errors))
    return dict(output["contracts"])


def _run(solc: Path, option: str, given: str) -> bytes:
    """What the compiler writes; it works in an empty folder, so that it reads no other source."""
    try:
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [str(solc.absolute()), option],
                input=given.encode(),
                capture_output=True,
                cwd=empty,
                timeout=PATIENCE,
                check=True,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise Misconfigured(f"the compiler {solc} cannot be used: {error}") from None
    return done.stdout


def _match(name: str, made: Mapping[str, Any]) -> Literal["exact", "partial", "different"]:
    shipped = load(name).creation, load(name).runtime
    built = tuple(bytes.fromhex(made[part]["object"]) for part in ("bytecode", "deployedBytecode"))
    if built == shipped:
        return "exact"
    return "partial" if [*map(_bare, built)] == [*map(_bare, shipped)] else "different"


def _bare(code: bytes) -> bytes:
    """Code without the trailer."""
    return _TRAILER.sub(b"", code)


@cache
def _recorded() -> dict[str, Any]:
    """What was recorded when the shipped contracts were compiled."""
    path = resources.files("metaorg") / "artifacts" / "source.json"
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return recorded
