"""HTML that cannot be broken by what is put into it: every text is escaped where it goes in.

Numbers and times of the report are shown by `number`, `share`, `votes` and `time`, which say which
field of its JSON they are (`data-field`, `data-value`, `data-unit`); numbers that follow from
several fields by `figure` (`data-figure`, `data-of`, `data-value`). Tests compare both.
"""

import html
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from metaorg.rules.decision import UNITS_PER_SEAT, percent
from metaorg.times import moment

Unit = Literal["count", "share", "votes", "time", "text"]


class Markup(str):
    """HTML made by `tag`; anything else that is a str is text."""

    __slots__ = ()


Attribute = None | bool | int | float | str
Content = None | str | Markup | int | Iterable["Content"]

_VOID = frozenset({"br", "col", "link", "meta"})
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with what cannot be seen made visible: control characters, turned directions."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def tag(element: str, /, *children: Content, **attributes: Attribute) -> Markup:
    """An element. `class_` is class, `data_field` is data-field; None and False leave one out."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if element in _VOID:
        return Markup(f"<{element}{shown}>")
    return Markup(f"<{element}{shown}>{join(children)}</{element}>")


def join(content: Content) -> Markup:
    """Content as HTML."""
    if isinstance(content, Markup):
        return content
    if content is None:
        return Markup()
    if isinstance(content, str | int):
        return Markup(html.escape(visible(str(content)), quote=False))
    return Markup("".join(map(join, content)))


def _escape(value: bool | int | float | str) -> str:
    if value is True:
        return ""
    return value if isinstance(value, Markup) else html.escape(visible(str(value)))


# ------------------------------------------------------------------------------ values


def number(field: str, value: int) -> Markup:
    """A count, as 18,213."""
    return _value(field, value, f"{value:,}", "count")


def share(field: str, value: int) -> Markup:
    """Basis points, as 66.67 %."""
    return _value(field, value, percent(value), "share")


def votes(field: str, value: int) -> Markup:
    """Units of votes, as 2.5."""
    return _value(field, value, in_votes(value), "votes")


def exact(field: str, value: str | int) -> Markup:
    """A number as it is written: an id, or decimal text."""
    return tag("span", value, class_="n", **attributes(field, value, "text"))


def figure(name: str, of: object, value: int, shown: str | None = None) -> Markup:
    """A number that follows from several fields; `of` says from which."""
    return tag(
        "span", shown or f"{value:,}", data_figure=name, data_of=str(of), data_value=str(value)
    )


def time(field: str, value: int, never: str = "not yet") -> Markup:
    """Unix seconds in UTC as ISO 8601; words for 0."""
    if not value:
        return tag("span", never, class_="absent")
    shown = moment(value)
    parts = {"data_field": field, "data_value": str(value), "data_unit": "time"}
    return tag("time", shown, datetime=shown, **parts)


def attributes(field: str, value: str | int, unit: Unit) -> dict[str, str]:
    """What says which field a number is, for elements that are made elsewhere."""
    return {"data_field": field, "data_value": str(value), "data_unit": unit}


def _value(field: str, value: int, shown: str, unit: Unit) -> Markup:
    return tag("span", shown, class_="n", **attributes(field, value, unit))


def in_votes(units: int) -> str:
    """Units of votes in votes, exactly: 25000 is "2.5"."""
    return f"{Decimal(units) / UNITS_PER_SEAT:,f}"


def name(text: str, otherwise: str = "name not readable") -> Markup:
    """Somebody's name, which turns no text around it; in other letters where there is none."""
    return tag("bdi", text) if text.strip() else tag("span", otherwise, class_="absent")


def code(text: str) -> Markup:
    """An address, hash or CID; it breaks where it must."""
    return tag("code", text) if text else tag("span", "none", class_="absent")


def badge(word: str, kind: str = "") -> Markup:
    """A state in a word."""
    return tag("span", word, class_=f"badge {kind}".strip())


# ------------------------------------------------------------------------------ blocks


def section(key: str, title: str, *content: Content) -> Markup:
    """A section with a heading of its own; `key` is where links go."""
    heading = tag("h2", title, id=f"{key}-title")
    return tag("section", heading, *content, id=key, aria_labelledby=f"{key}-title")


def note(*content: Content) -> Markup:
    """Words that help to read what is beside them."""
    return tag("p", *content, class_="note")


def fold(title: Content, *content: Content) -> Markup:
    """Content that is opened by a click; on paper it is open."""
    return tag("details", tag("summary", title), tag("div", *content))


def facts(*pairs: tuple[Content, Content]) -> Markup:
    """Names and what they stand for."""
    rows = (tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs)
    return tag("dl", *rows, class_="facts")


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[Content]], *, wide: bool = False
) -> Markup:
    """A table whose first column names the rows.

    Args:
        wide: of many numbers: it scrolls on a phone. Others become cards there.
    """
    columns = tag("tr", *(tag("th", one, scope="col") for one in head))
    body = (_row(head, row) for row in rows)
    made = tag(
        "table",
        tag("caption", caption),
        tag("thead", columns),
        tag("tbody", *body),
        class_="wide" if wide else "cards",
    )
    if not wide:
        return made
    return tag("div", made, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _row(head: Sequence[str], row: Sequence[Content]) -> Markup:
    cells = (
        tag("td", tag("div", cell), data_label=label)
        for label, cell in zip(head[1:], row[1:], strict=True)
    )
    return tag("tr", tag("th", row[0], scope="row"), *cells)
