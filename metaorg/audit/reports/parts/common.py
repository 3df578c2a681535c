"""What sections have in common: lists that stay short, and words for what is not there."""

from collections.abc import Sequence
from typing import TypeVar

from metaorg.audit.reports import elements as el
from metaorg.audit.reports.elements import Markup
from metaorg.audit.reports.figures import ROWS, View, count

OPEN = 12
"""Rows of a table that is not folded."""
TEXT = 2000
"""Characters of a text that somebody wrote."""

T = TypeVar("T")


def missing(view: View, field: str, none: str) -> Markup:
    """What is said in place of an empty list: that there is nothing, or that nobody knows."""
    if field in view.statement.unknown:
        why = el.tag("a", "findings", href="#findings")
        words = " It could not be established whether there is anything: see the ", why, "."
        return el.tag("p", el.badge("unknown", "unknown"), *words)
    return el.tag("p", none, class_="absent")


def first(items: Sequence[T], most: int = ROWS) -> list[tuple[int, T]]:
    """The first of a list, with their places."""
    return list(enumerate(items[:most]))


def newest(items: Sequence[T], most: int = ROWS) -> list[tuple[int, T]]:
    """The last of a list, the newest first, with their places."""
    return list(enumerate(items))[-most:][::-1]


def rest(field: str, things: str, total: int, shown: int) -> Markup | None:
    """How many are not shown, and where they are; nothing when all are shown."""
    if total <= shown:
        return None
    words = f"Shown are {shown:,} of {count(total, things, things)}. All of them are in the JSON of"
    return el.note(f"{words} this report, under ", el.code(f"statement.{field}"), ".")


def folded(things: str, table: Markup, total: int, shown: int) -> Markup:
    """The table, folded when it is long."""
    if shown <= OPEN:
        return table
    said = f"All {total:,}" if total == shown else f"{shown:,} of {total:,}"
    return el.fold(f"{said} {things}", table)


def excerpt(text: str) -> Markup | None:
    """The beginning of a text that somebody wrote, which is shown as it is."""
    if not text.strip():
        return None
    cut = text if len(text) <= TEXT else text[:TEXT] + " […]"
    return el.tag("blockquote", cut, dir="auto")


PRESENCE = {"present": "good", "damaged": "bad", "unknown": "unknown"}


def presence(word: str) -> Markup:
    """Whether content is there."""
    return el.badge(word, PRESENCE[word])
