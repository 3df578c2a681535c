"""The commons: how it grew, who cites whom, and what is in it."""

from metaorg.audit.reports import charts, figures, scales
from metaorg.audit.reports import elements as el
from metaorg.audit.reports.charts import Said, Series
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import OTHERS, Growth, Matrix, View, count
from metaorg.audit.reports.parts.common import folded, missing, newest, presence, rest
from metaorg.audit.statement import Resource

_LABELS = ("published", "in use (not retired)")
_SHADES = (1, 2, 4, 8)
"""From how many citations on a cell is darker, at least; in eighths of the largest."""


def section(view: View) -> Markup:
    """Growth, citations, resources."""
    return el.section("commons", "Commons", _chart(view), _cited(view), _resources(view))


# ------------------------------------------------------------------------------ growth


def _chart(view: View) -> Content:
    grown = figures.growth(view.statement)
    if not grown:
        none = missing(view, "resources", "None: nothing has been published yet.")
        return el.tag("h3", "Growth of the commons"), none
    drawn = [one for _, one in scales.thinned(grown)]
    series = [
        Series([one.published for one in drawn], 0),
        Series([one.in_use for one in drawn], 1),
    ]
    said = Said("commons-chart", "Growth of the commons", _words(grown, len(drawn)))
    end = figures.last_time(view.statement)
    return charts.framed(
        said,
        lambda width: charts.step_lines(said, [one.time for one in drawn], series, end, width),
        _legend(grown[-1]),
        _numbers(drawn),
    )


def _words(grown: list[Growth], drawn: int) -> str:
    last = grown[-1]
    words = f"{count(last.published, 'resource')} published until now, {last.in_use:,} in use."
    return (
        words if drawn == len(grown) else f"{words} Drawn at {drawn:,} of {len(grown):,} changes."
    )


def _legend(last: Growth) -> Markup:
    entries = []
    for place, (label, value) in enumerate(zip(_LABELS, last[1:], strict=True)):
        kind = "edge dash" if place else "edge"
        line = el.tag("path", d="M0 7H28", class_=kind, style=f"stroke:var(--s{place})")
        drawn = el.tag("svg", line, class_="chart", width=28, height=14, aria_hidden="true")
        shown = _figure(("published", "in_use")[place], last.time, value)
        entries.append(el.tag("li", drawn, el.tag("span", f"{label} ", shown)))
    return el.tag("ul", *entries, class_="legend")


def _figure(name: str, time: int, value: int) -> Markup:
    return el.figure(f"growth.{name}", time, value)


def _numbers(drawn: list[Growth]) -> Markup:
    rows = [
        (
            el.tag("time", scales.shown(one.time), datetime=scales.shown(one.time)),
            _figure("published", one.time, one.published),
            _figure("in_use", one.time, one.in_use),
        )
        for one in drawn
    ]
    return el.table("Resources of the commons", ("From", "Published", "In use"), rows, wide=True)


# ------------------------------------------------------------------------------ citations


def _cited(view: View) -> Content:
    heading = el.tag("h3", "Who cites whom")
    if not view.statement.citations:
        return heading, missing(view, "citations", "None: nobody has cited a resource yet.")
    matrix = figures.citations(view.statement)
    words = (
        f"{count(len(view.statement.citations), 'citation')}. Each row is a steward of resources, "
        "each column an organization that cited them; the darker, the more often."
    )
    return heading, el.note(words), _matrix(view, matrix)


def _matrix(view: View, matrix: Matrix) -> Markup:
    head = ("Steward", *(_holder(view, one) for one in matrix.citing), "all")
    top = max(matrix.cells.values())
    rows = "".join(_matrix_row(view, matrix, steward, top) for steward in matrix.stewards)
    caption = "Citations, by steward and citing organization"
    columns = el.tag(
        "tr", *(el.tag("th", el.tag("bdi", charts.short(one, 30)), scope="col") for one in head)
    )
    made = el.tag(
        "table",
        el.tag("caption", caption),
        el.tag("thead", columns),
        el.tag("tbody", Markup(rows)),
        class_="wide heat",
    )
    return el.tag("div", made, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _matrix_row(view: View, matrix: Matrix, steward: str, top: int) -> Markup:
    cells = [matrix.cells[steward, by] for by in matrix.citing]
    shown = [
        el.tag(
            "td",
            el.figure("cited", f"{steward}|{by}", value) if value else None,
            class_=_shade(value, top),
        )
        for by, value in zip(matrix.citing, cells, strict=True)
    ]
    total = el.tag("td", el.figure("cited", f"{steward}|*", sum(cells)))
    name = el.tag("th", el.tag("bdi", charts.short(_holder(view, steward), 60)), scope="row")
    return el.tag("tr", name, *shown, total)


def _holder(view: View, account: str) -> str:
    return "all others" if account == OTHERS else view.holder(account)


def _shade(value: int, top: int) -> str | None:
    level = sum(8 * value >= eighths * top for eighths in _SHADES) if value else 0
    return f"h{level}" if level else None


# ------------------------------------------------------------------------------ resources


def _resources(view: View) -> Content:
    heading, resources = el.tag("h3", "Resources"), view.statement.resources
    if not resources:
        return heading, missing(view, "resources", "None.")
    rows = [
        _resource(view, f"statement.resources.{place}", one) for place, one in newest(resources)
    ]
    head = ("Resource", "Steward", "Licence and access", "Published", "Citations", "Content")
    table = el.table("Resources, the newest first", head, rows)
    shown = folded("resources", table, len(resources), len(rows))
    return heading, shown, rest("resources", "resources", len(resources), len(rows))


def _resource(view: View, path: str, one: Resource) -> tuple[Content, ...]:
    retired = (
        ("; retired ", el.time(f"{path}.retired_at", one.retired_at)) if one.retired_at else None
    )
    before = (el.tag("br"), "follows ", el.code(one.previous)) if one.previous else None
    return (
        (el.name(one.title, "title not readable"), el.tag("br"), el.code(one.cid), before),
        el.tag("bdi", view.holder(one.steward)),
        (el.tag("bdi", one.licence) if one.licence else "no licence", "; ", one.access),
        (el.time(f"{path}.published_at", one.published_at), retired),
        el.number(f"{path}.citations", one.citations),
        presence(one.presence),
    )
