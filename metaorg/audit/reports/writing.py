"""Markdown as GitHub reads it, which cannot be broken by what is put into it."""

import re
from collections.abc import Iterable, Sequence

from metaorg.audit.reports.elements import visible

TEXT = 2000
"""Characters of a text that somebody wrote."""
_BAR = 20
"""Letters of a bar."""


def escape(text: str) -> str:
    """Somebody's text on one line, in which nothing is Markdown, HTML or a link."""
    line = " ".join(visible(text).split())
    line = re.sub(r"([\\`*_\[\]<>|~&#])", r"\\\1", line)
    return re.sub(r"(?i)(www)\.|:(?=//)", lambda m: f"{m[1]}\\." if m[1] else "\\:", line)


def code(text: str) -> str:
    """A code span that its content cannot end."""
    line = visible(" ".join(text.split()))
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if "`" in line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}".replace("|", "\\|") if line else "none"


def quote(text: str) -> str:
    """What somebody wrote, line by line; a line cannot begin a list or a heading."""
    lines = [
        re.sub(r"^([-+=]|\d+(?=[.)]))", r"\\\1" if line[:1] in "-+=" else r"\1\\", escape(line))
        for line in text[:TEXT].splitlines()
    ]
    return "\n".join(f"> {line}\\" if line else ">" for line in lines)


def shell(lines: Iterable[str]) -> str:
    """A block of commands, one a line, that its content cannot end."""
    text = visible("\n".join(lines))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}sh\n{text}\n{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(lines: Iterable[str]) -> str:
    """A list; lines are Markdown."""
    return "\n".join(f"- {line}" for line in lines)


def bar(parts: Sequence[tuple[int, str]], whole: int) -> str:
    """A bar of letters: each part in its own letter, the rest in light ones."""
    drawn, done = "", 0
    for value, letter in parts:
        done += value
        drawn = drawn.ljust(min(_BAR * done // max(whole, 1), _BAR), letter)
    return f"`{drawn.ljust(_BAR, '░')}`"
