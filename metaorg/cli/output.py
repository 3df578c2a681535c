"""What commands print: data on stdout, as text or JSON; talk on stderr.

Names, titles and words come from the chain and the commons, where anybody may write: characters
that could drive a terminal are shown as escapes, and none of them is read as markup.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import typer

from metaorg.errors import InvalidInput

WIDE = 500
"""Columns of a table that is not on a terminal: nothing is cut or folded there."""
WRAPPED = (
    *("name", "title", "constituency", "kind", "value", "subject", "expected", "seen"),
    *("function", "who", "rule", "calls"),
)
"""Columns that give way when a terminal is narrow."""
SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader gets right; larger ones are text."""
_BRIEF = 1 << 20
"""Bytes that are moved before anybody could read about it."""
PIPE_CLOSED = 141
"""The exit code of a program whose reader went away, as shells show it (128 + SIGPIPE)."""


def clean(text: str, keep: str = "\n") -> str:
    """Text without characters that are not printable; those are shown as JSON escapes them."""
    return "".join(
        one if one.isprintable() or one in keep else json.dumps(one)[1:-1] for one in text
    )


def say(text: str) -> None:
    """Talk, to stderr."""
    print(clean(text), file=sys.stderr)


def write(text: str) -> None:
    """Data, to stdout, with a line end."""
    write_bytes(f"{text}\n".encode(errors="backslashreplace"))


def write_bytes(data: bytes) -> None:
    """Data as they are, to stdout; a reader that went away ends the command."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from None


def write_content(data: bytes) -> None:
    """Somebody's document, byte for byte; a terminal is only given text that cannot drive it.

    Raises:
        InvalidInput: a terminal is attached, and this is something else.
    """
    if sys.stdout.isatty() and clean(data.decode(errors="ignore"), "\n\r\t").encode() != data:
        raise InvalidInput("this is not plain text: send it to a file or another program")
    write_bytes(data)


def emit(value: Any, as_json: bool, human: Callable[[], str]) -> None:
    """A value as JSON, or as what `human` makes of it."""
    write(to_json(value) if as_json else clean(human()))


def to_json(value: Any) -> str:
    """JSON in which nothing can drive a terminal."""
    return clean(json.dumps(plain(value), indent=2, ensure_ascii=False))


def plain(value: Any) -> Any:
    """A value as JSON carries it.

    Bytes are 0x-hex, CIDs their text, enumerations their words, a rule's methods a list of them;
    whole numbers above 2**53 - 1 are text.
    """
    from pydantic import BaseModel

    from metaorg.rules.decision import Method
    from metaorg.types import Cid

    if isinstance(value, Cid):
        return str(value)
    if isinstance(value, BaseModel):
        hidden = {name for name, field in type(value).model_fields.items() if field.exclude}
        return {name: plain(one) for name, one in value if name not in hidden}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Method):
        return value.words.split(" and ")
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, IntEnum):
        return words(value)
    if isinstance(value, int) and abs(value) > SAFE_INTEGER:
        return str(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def words(value: IntEnum) -> str:
    """An enumeration's value in words."""
    return value.name.lower().replace("_", " ")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under headings; where a terminal is too narrow for them, one block of facts a row."""
    from rich.table import Table

    rows = list(rows)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column.upper(), overflow="fold", no_wrap=column not in WRAPPED)
    for row in rows:
        grid.add_row(*map(_cell, row))
    shown = _rendered(grid, WIDE)
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    if max(map(len, shown.splitlines()), default=0) <= room:
        return shown
    return "\n\n".join(facts(dict(zip(columns, row, strict=True))) for row in rows)


def facts(pairs: Mapping[str, object]) -> str:
    """Names and values, one pair a line; what is None is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(overflow="fold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value is not None:
            grid.add_row(_cell(name), _cell(value))
    return _rendered(grid, None if sys.stdout.isatty() else WIDE)


def _cell(value: object) -> Any:
    from rich.text import Text

    return Text(clean("" if value is None else str(value)))


def _rendered(grid: Any, width: int | None) -> str:
    from rich.console import Console

    console = Console(width=width, color_system=None, highlight=False, legacy_windows=False)
    with console.capture() as capture:
        console.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


@contextmanager
def progress(
    what: str, total: int | None = None, *, size: bool = False
) -> Iterator[Callable[..., None]]:
    """Shows on a terminal that work goes on; gives `advance(count, what)`.

    Args:
        size: counts are bytes, shown with their rate and, where the total is known, the time left;
            of less than 1 MiB nothing is shown.
    """
    if not sys.stderr.isatty() or (size and total is not None and total < _BRIEF):
        yield lambda count=1, what=None: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*_columns(total, size), console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(clean(what), total=total)
        yield lambda count=1, what=None: shown.update(task, advance=count, description=what)


@contextmanager
def stages(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Shows on a terminal what is being done; gives `told(what, done, total)`, total 0 for none."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[far]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(clean(what), total=None, far="")

        def told(what: str, done: int, total: int) -> None:
            far = f"{done:,} of {total:,}" if total else ""
            shown.update(
                task, description=clean(what), completed=done, total=total or None, far=far
            )

        yield told


def _columns(total: int | None, size: bool) -> list[Any]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns: list[Any] = [TextColumn("{task.description}", markup=False), BarColumn()]
    if size:
        columns += [DownloadColumn(), TransferSpeedColumn()]
        return columns + ([TimeRemainingColumn()] if total else [])
    return columns + ([MofNCompleteColumn()] if total else [])
