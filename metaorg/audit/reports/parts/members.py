"""Seats and constituencies: how they came to be what they are."""

from metaorg.audit.reports import charts, figures, scales
from metaorg.audit.reports import elements as el
from metaorg.audit.reports.charts import Said, Series
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import Layers, View, count
from metaorg.audit.reports.parts.common import first, folded, missing, rest
from metaorg.audit.statement import Point, Seat

_CHANGES = 20
"""Changes of a seat that are listed."""
_STATES = {"active": "good", "exited": "plain", "barred": "bad"}


def section(view: View) -> Markup:
    """Active votes over time, then the list of seats."""
    return el.section("seats", "Seats and constituencies", _chart(view), _seats(view))


def _chart(view: View) -> Content:
    points = view.statement.timeline
    if not points:
        return el.tag("h3", "Active votes over time"), missing(view, "timeline", "None yet.")
    layers, drawn = figures.layers(view.statement), scales.thinned(points)
    times = [one.time for _, one in drawn]
    values = [layers.values(one.active) for _, one in drawn]
    labels = [view.constituency(index) for index in layers.shown]
    labels += [f"{count(len(layers.rest), 'other')} together"] if layers.rest else []
    series = [Series([one[place] for one in values], place) for place in range(len(labels))]
    said = Said(
        "seats-chart", "Active votes over time, by constituency", _words(view, values, len(drawn))
    )
    end = figures.last_time(view.statement)
    return charts.framed(
        said,
        lambda width: charts.stacked_steps(said, times, series, end, width),
        _legend(layers, labels, len(points) - 1, points[-1]),
        _numbers(layers, labels, drawn),
    )


def _words(view: View, values: list[list[int]], drawn: int) -> str:
    changes = len(view.statement.timeline)
    total, most = sum(values[-1]), max(sum(one.active) for one in view.statement.timeline)
    words = f"{count(total, 'active vote')} at the end; at most {most:,}."
    if drawn == changes:
        return words
    return f"{words} Drawn at {drawn:,} of {changes:,} changes, evenly chosen."


def _legend(layers: Layers, labels: list[str], place: int, point: Point) -> Markup:
    words = [
        (el.tag("bdi", label), " ", cell)
        for label, cell in zip(labels, _cells(layers, place, point), strict=True)
    ]
    return charts.legend([(f"s{number}", told) for number, told in enumerate(words)])


def _cells(layers: Layers, place: int, point: Point) -> list[Markup]:
    """The votes of each layer at a point of the timeline."""
    path, cells = f"statement.timeline.{place}.active", []
    of = [(index,) for index in layers.shown] + ([layers.rest] if layers.rest else [])
    for indices, value in zip(of, layers.values(point.active), strict=True):
        if len(indices) == 1 and indices[0] < len(point.active):
            cells.append(el.number(f"{path}.{indices[0]}", value))
        else:
            cells.append(el.figure("active", f"{place}.{'+'.join(map(str, indices))}", value))
    return cells


def _numbers(layers: Layers, labels: list[str], drawn: list[tuple[int, Point]]) -> Markup:
    rows = [
        (el.time(f"statement.timeline.{place}.time", one.time), *_cells(layers, place, one))
        for place, one in drawn
    ]
    return el.table("Active votes by constituency", ("From", *labels), rows, wide=True)


# ------------------------------------------------------------------------------ the list


def _seats(view: View) -> Content:
    seats = view.statement.seats
    if not seats:
        return el.tag("h3", "Seats"), missing(view, "seats", "None.")
    rows = [_row(view, f"statement.seats.{place}", seat) for place, seat in first(seats)]
    head = ("Organization", "Constituency", "Standing", "Text", "History")
    table = el.table("Seats and who holds them", head, rows)
    return (
        el.tag("h3", "Seats"),
        folded("seats", table, len(seats), len(rows)),
        rest("seats", "seats", len(seats), len(rows)),
    )


def _row(view: View, path: str, seat: Seat) -> tuple[Content, ...]:
    constituency: list[Content] = [el.tag("bdi", view.constituency(seat.constituency))]
    if seat.votes_in != seat.constituency:
        constituency += ["; votes in ", el.tag("bdi", view.constituency(seat.votes_in))]
    if seat.group:
        constituency += ["; shares a vote with group ", el.number(f"{path}.group", seat.group)]
    adopted = "version ", el.number(f"{path}.text", seat.text)
    return (
        (
            el.number(f"{path}.number", seat.number),
            ". ",
            el.name(seat.name),
            el.tag("br"),
            el.code(seat.account),
            el.tag("br"),
            el.tag("small", el.tag("bdi", view.kind(seat.kind))),
        ),
        constituency,
        (
            el.badge(seat.status, _STATES.get(seat.status, "unknown")),
            " since ",
            el.time(f"{path}.since", seat.since),
        ),
        adopted if seat.text else el.tag("span", "none adopted", class_="absent"),
        _history(path, seat),
    )


def _history(path: str, seat: Seat) -> Content:
    changes = seat.history
    if not changes:
        return el.tag("span", "none", class_="absent")
    shown = list(enumerate(changes))[-_CHANGES:]
    listed = [
        el.tag(
            "li", el.time(f"{path}.history.{place}.time", one.time), " ", el.tag("bdi", one.words)
        )
        for place, one in shown
    ]
    more = len(changes) - len(shown)
    earlier = el.note(f"{count(more, 'earlier change')}: in the JSON.") if more else None
    return el.fold(count(len(changes), "change"), earlier, el.tag("ol", *listed))
