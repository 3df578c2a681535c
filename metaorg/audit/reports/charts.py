"""Charts as inline SVG: once for wide screens and paper, once for phones; one of them is shown.

Each has a name and a description for those who do not see it, and its numbers as a table beside it.
Series differ by pattern, dash and label, and not by colour only.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from metaorg.audit.reports import scales
from metaorg.audit.reports.elements import Content, Markup, fold, tag

WIDE, NARROW = 880, 328
"""Widths in CSS pixels, so that text has the size that it has in the page."""
_RIGHT, _TOP, _BOTTOM = 12, 22, 26
_ROW = 26
_LETTER = 6.3
"""Pixels that a letter of a label takes, about."""


class Said(NamedTuple):
    """What a chart is called, and what it shows, in words. `key` is its own on the page."""

    key: str
    title: str
    text: str


class Series(NamedTuple):
    """A value for each time, until the next. `fill`: number of its pattern."""

    values: Sequence[int]
    fill: int


class Part(NamedTuple):
    """A part of a bar, from 0 to the bar's whole. `fill`: name of its pattern, "" for hollow."""

    value: int
    fill: str


class Bar(NamedTuple):
    """A bar.

    Args:
        label: beside or above it. parts: in order; the whole is `whole`. value: text behind it.
        mark: where a line crosses it, None for none. spread: from where to where a thin line goes.
        data: attributes of the value's text.
    """

    label: str
    parts: Sequence[Part]
    whole: int
    value: str = ""
    mark: int | None = None
    spread: tuple[int, int] | None = None
    data: dict[str, str] = {}  # noqa: RUF012 - of a NamedTuple, and never changed


def framed(said: Said, draw: Callable[[int], Markup], legend: Content, numbers: Content) -> Markup:
    """A figure: caption, legend, the chart in both widths, and the table of its numbers."""
    caption = tag("figcaption", said.title, tag("small", said.text))
    charts = [
        tag("div", draw(width), class_=f"on-{name}")
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    ]
    return tag("figure", caption, legend, charts, fold("The numbers of this chart", numbers))


def legend(entries: Sequence[tuple[str, Content]]) -> Markup:
    """What patterns stand for: name of the pattern, and its words."""
    return tag(
        "ul",
        (tag("li", swatch(fill), tag("span", words)) for fill, words in entries),
        class_="legend",
    )


def swatch(fill: str) -> Markup:
    """A small box with a pattern, for a legend."""
    box = {"x": 1, "y": 1, "width": 22, "height": 12}
    return tag(
        "svg",
        tag("rect", **box, **_filled(fill)),
        _edge(fill, "M1 1H23V13H1Z"),
        class_="chart",
        width=24,
        height=14,
        aria_hidden="true",
    )


# ------------------------------------------------------------------------------ over time


def stacked_steps(
    said: Said, times: Sequence[int], series: Sequence[Series], end: int, width: int
) -> Markup:
    """Layers upon each other, constant between times, up to `end`."""
    tops = [sum(one.values[i] for one in series) for i in range(len(times))]
    plot = _Plot(times[0], max(end, times[-1]), max(tops), width, 240 if width == WIDE else 200)
    base = [0] * len(times)
    drawn = []
    for one in series:
        top = [low + value for low, value in zip(base, one.values, strict=True)]
        outline = plot.steps(times, top)
        fill = f"s{one.fill}"
        area = f"{outline}{_reverse(plot, times, base)}Z"
        drawn.append(tag("path", d=area, **_filled(fill)))
        if top != base:
            drawn.append(_edge(fill, outline))
        base = top
    return _svg(said, plot.width, plot.height, plot.frame(), drawn)


def step_lines(
    said: Said, times: Sequence[int], series: Sequence[Series], end: int, width: int
) -> Markup:
    """Lines that are constant between times, up to `end`; the second is dashed."""
    top = max(max(one.values, default=0) for one in series)
    plot = _Plot(times[0], max(end, times[-1]), top, width, 220 if width == WIDE else 190)
    drawn = [
        _edge(f"s{one.fill}", plot.steps(times, one.values), "edge dash" if place else "edge")
        for place, one in enumerate(series)
    ]
    return _svg(said, plot.width, plot.height, plot.frame(), drawn)


class _Plot:
    """The area between two axes: times from left to right, counts from the bottom up."""

    def __init__(self, first: int, last: int, top: int, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._first = scales.bounded(first)
        self._last = max(scales.bounded(last), self._first + 1)
        self._ticks = scales.ticks(top)
        self._left = 12 + 7 * len(f"{self._ticks[-1]:,}")

    def x(self, time: int) -> float:
        share = (scales.bounded(time) - self._first) / (self._last - self._first)
        return round(self._left + share * (self.width - self._left - _RIGHT), 1)

    def y(self, value: int) -> float:
        share = value / self._ticks[-1]
        return round(self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM), 1)

    def steps(self, times: Sequence[int], values: Sequence[int]) -> str:
        """The path of a step line, from the first time to the right end."""
        parts = [f"M{self.x(times[0])} {self.y(values[0])}"]
        for time, value, before in zip(times[1:], values[1:], values[:-1], strict=True):
            if value != before:
                parts.append(f"H{self.x(time)}V{self.y(value)}")
        return "".join(parts) + f"H{self.x(self._last)}"

    def frame(self) -> list[Markup]:
        """Grid, axes and what is written at them."""
        right, bottom = self.width - _RIGHT, self.height - _BOTTOM
        drawn = []
        for value in self._ticks:
            y = self.y(value)
            kind = "axis" if value == 0 else "grid"
            drawn += [
                _line(self._left, y, right, y, kind),
                _text(self._left - 6, y + 4, f"{value:,}", "end"),
            ]
        most = 7 if self.width == WIDE else 4
        for time, label in scales.time_ticks(self._first, self._last, most):
            x = self.x(time)
            drawn += [
                _line(x, bottom, x, bottom + 5, "axis"),
                _text(x, bottom + 19, label, "middle"),
            ]
        return drawn


def _reverse(plot: _Plot, times: Sequence[int], values: Sequence[int]) -> str:
    """The lower edge of a layer, from the right end back to the first time."""
    parts = [f"V{plot.y(values[-1])}"]
    for place in range(len(times) - 1, 0, -1):
        if values[place] != values[place - 1]:
            parts.append(f"H{plot.x(times[place])}V{plot.y(values[place - 1])}")
    return "".join(parts) + f"H{plot.x(times[0])}"


# ------------------------------------------------------------------------------ bars


def bars(said: Said, rows: Sequence[Bar], width: int) -> Markup:
    """Horizontal bars; labels are beside them where there is room, and above them on phones."""
    wide = width == WIDE
    left, right, row = (290, 76, _ROW) if wide else (0, 62, _ROW + 16)
    drawn: list[Content] = []
    for place, bar in enumerate(rows):
        y = place * row + 2
        size = int((left - 12) / _LETTER) if wide else int((width - 8) / _LETTER)
        label = short(bar.label, size)
        drawn.append(
            _text(left - 12, y + 15, label, "end") if wide else _text(0, y + 11, label, "start")
        )
        top = y if wide else y + 16
        drawn += _bar(bar, left, top, width - left - right)
        drawn.append(_text(width - right + 8, top + 15, bar.value, "start", **bar.data))
    return _svg(said, width, len(rows) * row + 4, drawn)


def strip(said: Said, bar: Bar, width: int = 320) -> Markup:
    """One bar alone, without words."""
    return _svg(said, width, 16, _bar(bar, 0, 0, width, 14))


def _bar(bar: Bar, left: float, top: float, width: float, height: float = 20) -> list[Markup]:
    scale = width / max(bar.whole, 1)
    drawn = [tag("rect", x=left, y=top, width=_r(width), height=height, class_="track")]
    x = left
    for part in bar.parts:
        size = part.value * scale
        if size > 0:
            box = {"x": _r(x), "y": top, "width": _r(max(size, 0.5)), "height": height}
            drawn += [tag("rect", **box, **_filled(part.fill))]
            outline = f"M{_r(x)} {top}h{_r(size)}v{height}h-{_r(size)}z"
            drawn += [_edge(part.fill, outline)] if part.fill else []
        x += size
    if bar.spread is not None:
        low, high = (_r(left + min(one * scale, width)) for one in bar.spread)
        middle = top + height / 2
        drawn += [_line(low, middle, high, middle, kind) for kind in ("halo", "range")]
    if bar.mark is not None:
        at = _r(left + min(bar.mark * scale, width))
        drawn += [_line(at, top - 2, at, top + height + 2, kind) for kind in ("halo", "mark")]
    return drawn


# ------------------------------------------------------------------------------ strokes


def _svg(said: Said, width: int, height: float, *content: Content) -> Markup:
    key = f"{said.key}-{width}"
    return tag(
        "svg",
        tag("title", said.title, id=f"{key}-title"),
        tag("desc", said.text, id=f"{key}-text"),
        *content,
        class_="chart",
        role="img",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        aria_labelledby=f"{key}-title {key}-text",
    )


def _filled(fill: str) -> dict[str, str]:
    return {"class_": f"fill-{fill}" if fill else "hollow"}


def _edge(fill: str, path: str, kind: str = "edge") -> Markup:
    return tag("path", d=path, class_=kind, style=f"stroke:var(--{fill})" if fill else None)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return tag("path", d=f"M{x1} {y1}L{x2} {y2}", class_=kind, fill="none")


def _text(x: float, y: float, text: str, anchor: str, **data: str) -> Markup:
    return tag("text", text, x=x, y=y, text_anchor=anchor, **data)


def short(text: str, size: int) -> str:
    """A text on one line, cut where it is longer than `size` characters."""
    line = " ".join(text.split())
    return line if len(line) <= size else line[: size - 1] + "…"


def _r(value: float) -> float:
    return round(value, 1)
