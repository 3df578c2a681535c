"""What commands read from files, and write to them. Every fault becomes a sentence."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from metaorg.onchain.acts import SignedAct
    from metaorg.records import Pledge
    from metaorg.types import Call

STDIN = "-"


def read_bytes(path: Path) -> bytes:
    """A file of 1 byte to 1 MiB; `-` is stdin.

    Raises:
        InvalidInput: it cannot be read, is empty or too large.
    """
    from metaorg.types import DOCUMENT_LIMIT

    try:
        if str(path) == STDIN:
            data = sys.stdin.buffer.read(DOCUMENT_LIMIT + 1)
        else:
            with path.expanduser().open("rb") as file:
                data = file.read(DOCUMENT_LIMIT + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    if not data:
        raise InvalidInput(f"{path} is empty")
    if len(data) > DOCUMENT_LIMIT:
        raise InvalidInput(f"{path} is larger than {DOCUMENT_LIMIT} bytes (1 MiB)")
    return data


def read_text(path: Path) -> str:
    """A text file in UTF-8."""
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 (byte {error.start})") from None


def read_json(path: Path) -> Any:
    """A JSON file in which no name stands twice."""
    try:
        return json.loads(read_text(path), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}") from None


def text_or_file(text: str | None, path: Path | None, what: str) -> str | None:
    """What was said directly or stands in a file; None when it was not said."""
    if text is not None and path is not None:
        raise InvalidInput(f"--{what} and --{what}-file were both given: choose one")
    return read_text(path) if path is not None else text


def read_pledge(text: str | None, path: Path | None) -> "Pledge | None":
    """The pledge that --pledge or --pledge-file gives; None for none."""
    from metaorg.records import Pledge, made

    said = text_or_file(text, path, "pledge")
    return made(Pledge, text=said) if said is not None else None


def read_calls(path: Path) -> "list[Call]":
    """Calls as `--as print` prints them.

    Raises:
        InvalidInput: it is not a list of calls; says which one is wrong.
    """
    from metaorg.types import Call

    found = read_json(path)
    if not isinstance(found, list) or not found:
        raise InvalidInput(f"{path} is not a list of calls as `--as print` prints them")
    return [
        _model(Call, f"{path}: call {number}", raw if isinstance(raw, Mapping) else {})
        for number, raw in enumerate(found, 1)
    ]


def read_acts(path: Path) -> "list[SignedAct]":
    """Signed acts, one or a list of them, as `--sign-only` writes them.

    Raises:
        InvalidInput: they are none; says what is wrong.
    """
    from metaorg.onchain.acts import SignedAct

    found = read_json(path)
    if isinstance(found, Mapping):
        return [_model(SignedAct, str(path), found)]
    if not isinstance(found, list) or not found or not all(isinstance(x, Mapping) for x in found):
        raise InvalidInput(f"{path} is not a signed act as --sign-only writes it")
    return [_model(SignedAct, f"{path}: act {n}", raw) for n, raw in enumerate(found, 1)]


def write_file(path: Path, data: bytes) -> None:
    """Write a new file; one that is there stays, and must have the same content.

    Raises:
        InvalidInput: something else is there, or it cannot be written.
    """
    path = path.expanduser()
    try:
        if path.exists() and path.read_bytes() == data:
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        raise InvalidInput(f"{path} exists and is something else; choose another name") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file anew, all of it or nothing.

    Raises:
        InvalidInput: it cannot be written.
    """
    if str(path) == STDIN:
        raise InvalidInput("what is collected stands in a file: give its name, not -")
    path = path.expanduser()
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _model(kind: type[Any], where: str, fields: Any) -> Any:
    from pydantic import ValidationError

    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(*_problems(where, error.errors(include_url=False))) from None


def _problems(where: str, problems: Sequence[Any]) -> list[str]:
    return [
        f"{where}: {'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
        for one in problems
    ]
