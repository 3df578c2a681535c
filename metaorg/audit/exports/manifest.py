"""What an export is of, and what an import must come to."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from metaorg.audit.index import Index
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.types import Address, Digest, Model

FILE = "manifest.json"
_SIZE_LIMIT = 1 << 20

Columns = Literal["ethereum-etl", "cryo"]
"""Whose names of columns."""
Form = Literal["csv", "parquet"]


class Held(Model):
    """What an index holds.

    Args:
        format: of exports; another one when an old one cannot be imported any more.
        block, block_hash: up to which everything was read. windows, blocks, logs: how many.
        log_digest: over all logs, as `digest_of` has it.
    """

    format: Literal[1] = 1
    chain_id: int = Field(ge=0, lt=1 << 63)
    address: Address
    block: int = Field(ge=0)
    block_hash: Digest
    windows: int = Field(ge=1)
    blocks: int = Field(ge=1)
    logs: int = Field(ge=0)
    log_digest: Digest

    @classmethod
    def by(cls, index: Index) -> "Held":
        """What an index says that it holds.

        Raises:
            InvalidInput: it is empty, or nobody's.
        """
        subject, head = index.subject(), index.head()
        if subject is None or head is None:
            raise InvalidInput(f"{index.name} is empty: nothing was read yet, so run the audit")
        windows = index.windows()
        return cls(
            chain_id=subject[0],
            address=subject[1],
            block=head.number,
            block_hash=head.hash,
            windows=len(windows),
            blocks=sum(map(len, index.headers())),
            logs=sum(window.count for window in windows),
            log_digest=index.log_digest(),
        )


class Manifest(Model):
    """The file beside exported tables.

    Args:
        tables: names of columns by table. files: sha2-256 by name. events: how many were decoded,
            None where that was not asked for.
    """

    held: Held
    columns: Columns
    form: Form
    tables: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Digest]
    events: int | None = None

    def write(self, folder: Path) -> None:
        """Write it, as canonical JSON, when all else is there."""
        (folder / FILE).write_bytes(documents.encode(self.model_dump(mode="json")))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder whose files are as it says.

    Raises:
        InvalidInput: there is none, it is malformed, or a file is missing or another one.
    """
    try:
        with (folder / FILE).open("rb") as file:
            data = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise InvalidInput(f"{folder} has no {FILE}: it is no finished export") from None
    try:
        found = Manifest.model_validate(documents.decode(data))
    except (InvalidInput, ValidationError) as error:
        raise InvalidInput(f"{folder / FILE} is malformed: {error!s:.200}") from None
    for name in ("windows", "blocks", "logs"):
        if f"{name}.{found.form}" not in found.files:
            raise InvalidInput(f"{folder / FILE} names no {name}.{found.form}")
    for name, digest in found.files.items():
        _check(folder, name, digest)
    return found


def file_digest(path: Path) -> bytes:
    """The sha2-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _check(folder: Path, name: str, digest: bytes) -> None:
    if Path(name).name != name:
        raise InvalidInput(f"{folder / FILE} names a file elsewhere: {name!r:.80}")
    if not (folder / name).is_file():
        raise InvalidInput(f"{folder / name} is missing")
    if file_digest(folder / name) != digest:
        raise InvalidInput(f"{folder / name} is not the file that was exported; export it again")
