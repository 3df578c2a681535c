"""Decisions: how many took part, how they voted, and what became of it."""

from metaorg.audit.reports import charts, figures
from metaorg.audit.reports import elements as el
from metaorg.audit.reports.charts import Bar, Part, Said
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import BINS, Bin, View, count
from metaorg.audit.reports.parts.common import excerpt, missing, newest, rest
from metaorg.audit.statement import Decision, Tally
from metaorg.rules.decision import UNITS_PER_SEAT, percent

CARDS = 50
"""Decisions that are shown, the newest ones."""
_ALL = 10_000
_SIDES = (("yes", "for"), ("no", "against"), ("abstain", "abstained"), ("", "did not vote"))
_OPEN = ("pending", "active")
_STATES = {"executed": "good", "succeeded": "good", "queued": "good", "defeated": "bad"}


def section(view: View) -> Markup:
    """Turnout, then each decision."""
    if not view.statement.decisions:
        none = missing(view, "decisions", "None: nothing has been proposed yet.")
        return el.section("decisions", "Decisions", none)
    return el.section("decisions", "Decisions", _turnout(view), _list(view))


# ------------------------------------------------------------------------------ turnout


def _turnout(view: View) -> Content:
    voted = figures.voted(view.statement)
    if not voted:
        return el.tag("h3", "Turnout"), el.tag("p", "Nobody could vote yet.", class_="absent")
    single = len(voted) <= BINS
    rows = (
        [_single(*one) for one in voted]
        if single
        else [_binned(one) for one in figures.bins(voted)]
    )
    said = Said("turnout-chart", "Turnout", _words(voted, single))
    return charts.framed(
        said,
        lambda width: charts.bars(said, rows, width),
        _legend(single),
        _single_numbers(view, voted) if single else _binned_numbers(figures.bins(voted)),
    )


def _words(voted: list[tuple[int, Decision]], single: bool) -> str:
    reached = sum(one.turnout >= one.quorum for _, one in voted)
    words = f"{reached:,} of {count(len(voted), 'decision')} reached the turnout that they needed."
    if single:
        return f"Share of active votes that took part in each decision. {words}"
    return f"Each bar stands for several decisions in a row: their middle turnout. {words}"


def _legend(single: bool) -> Markup:
    mark = "the quorum" if single else "from the lowest to the highest turnout"
    kind, path = ("mark", "M12 0V14") if single else ("range", "M1 7H23")
    line = el.tag(
        "svg",
        el.tag("path", d=path, class_=kind),
        class_="chart",
        width=24,
        height=14,
        aria_hidden="true",
    )
    shown = el.tag(
        "li", charts.swatch("s0"), el.tag("span", "turnout" if single else "middle turnout")
    )
    return el.tag("ul", shown, el.tag("li", line, el.tag("span", mark)), class_="legend")


def _single(place: int, one: Decision) -> Bar:
    return Bar(
        label=f"{place + 1}. {one.title}",
        parts=[Part(one.turnout, "s0")],
        whole=_ALL,
        value=percent(one.turnout),
        mark=one.quorum,
        data=el.attributes(f"statement.decisions.{place}.turnout", one.turnout, "share"),
    )


def _binned(one: Bin) -> Bar:
    return Bar(
        label=_span(one),
        parts=[Part(one.median, "s0")],
        whole=_ALL,
        value=percent(one.median),
        spread=(one.lowest, one.highest),
        data={
            "data_figure": "turnout.median",
            "data_of": f"{one.first}-{one.last}",
            "data_value": str(one.median),
        },
    )


def _span(one: Bin) -> str:
    return f"Decisions {one.first + 1:,} to {one.last + 1:,}"


def _single_numbers(view: View, voted: list[tuple[int, Decision]]) -> Markup:
    rows = [
        (
            (f"{place + 1}. ", el.tag("bdi", one.title)),
            el.share(f"statement.decisions.{place}.turnout", one.turnout),
            el.share(f"statement.decisions.{place}.quorum", one.quorum),
        )
        for place, one in voted
    ]
    return el.table("Turnout of each decision", ("Decision", "Turnout", "Quorum"), rows, wide=True)


def _binned_numbers(bins: list[Bin]) -> Markup:
    rows = [
        (
            _span(one),
            *(
                el.figure(f"turnout.{name}", f"{one.first}-{one.last}", value, percent(value))
                for name, value in (
                    ("lowest", one.lowest),
                    ("median", one.median),
                    ("highest", one.highest),
                )
            ),
            el.figure("turnout.reached", f"{one.first}-{one.last}", one.reached),
        )
        for one in bins
    ]
    head = ("Decisions", "Lowest", "Middle", "Highest", "Reached their quorum")
    return el.table("Turnout of decisions in a row", head, rows, wide=True)


# ------------------------------------------------------------------------------ each


def _list(view: View) -> Content:
    shown = newest(view.statement.decisions, CARDS)
    keys = charts.legend([(fill, words) for fill, words in _SIDES])
    cards = [_card(view, place, one) for place, one in shown]
    return (
        el.tag("h3", "Decisions, the newest first"),
        el.note("Bars show all active seats at the time: how they voted, or that they did not."),
        keys,
        cards,
        rest("decisions", "decisions", len(view.statement.decisions), len(shown)),
    )


def _card(view: View, place: int, one: Decision) -> Markup:
    title = el.tag("h3", f"{place + 1}. ", el.name(one.title, "without a title"))
    state = el.badge(one.state, _STATES.get(one.state, "plain"))
    all_votes = figures.total(one)
    said = Said(
        f"decision-{place + 1}-all", f"Votes on decision {place + 1}", _tally_words(all_votes)
    )
    strip = charts.strip(said, _bar(said.title, all_votes)) if one.tallies else el.tag("span")
    summary = el.tag("span", title, " ", state)
    body = (
        _outcome(one),
        excerpt(one.body),
        _tallies(view, place, one),
        el.tag("p", "What it does:"),
        el.tag("ol", *(el.tag("li", el.tag("bdi", call)) for call in one.calls)),
        _times(view, f"statement.decisions.{place}", one),
    )
    return el.tag(
        "details",
        el.tag("summary", summary, strip),
        el.tag("div", *body),
        class_="decision",
        id=f"decision-{place + 1}",
    )


def _outcome(one: Decision) -> Markup:
    if one.passed:
        return el.tag("p", "It passed.")
    if one.state in _OPEN:
        return el.tag("p", "It is not decided yet.")
    return el.tag("p", "It did not pass. ", *(el.tag("bdi", reason, " ") for reason in one.reasons))


def _times(view: View, path: str, one: Decision) -> Markup:
    proposer = (
        el.tag("bdi", view.holder(one.proposer)),
        ", seat ",
        el.number(f"{path}.seat", one.seat),
    )
    turnout = (
        el.share(f"{path}.turnout", one.turnout),
        " (",
        el.share(f"{path}.quorum", one.quorum),
        " needed), ",
        el.votes(f"{path}.votes", one.votes),
        " votes",
    )
    never = figures.never(one)
    executed: Content = el.time(f"{path}.executed_at", one.executed_at, never)
    if one.transaction:
        executed = (executed, el.tag("br"), el.code("0x" + one.transaction.hex()))
    return el.facts(
        ("Rule", el.tag("bdi", one.rule)),
        ("Turnout", turnout),
        ("Proposed by", proposer),
        ("Proposed", el.time(f"{path}.proposed_at", one.proposed_at)),
        ("Voting from", el.time(f"{path}.snapshot", one.snapshot)),
        ("Voting until", el.time(f"{path}.deadline", one.deadline)),
        ("Queued", el.time(f"{path}.queued_at", one.queued_at, never)),
        ("Due from", el.time(f"{path}.eta", one.eta, never)),
        ("Executed", executed),
        ("Number", el.code(one.number)),
    )


def _tallies(view: View, place: int, one: Decision) -> Content:
    if not one.tallies:
        return el.tag("p", "Voting has not begun.", class_="absent")
    rows = [_bar(view.constituency(index), tally) for index, tally in enumerate(one.tallies)]
    title = f"Votes on decision {place + 1}, by constituency"
    said = Said(f"decision-{place + 1}-chart", title, _tally_words(figures.total(one)))
    return charts.framed(
        said, lambda width: charts.bars(said, rows, width), None, _tally_numbers(view, place, one)
    )


def _bar(label: str, tally: Tally) -> Bar:
    values = (tally.in_favour, tally.against, tally.abstain, figures.silent(tally))
    parts = [Part(value, fill) for (fill, _), value in zip(_SIDES, values, strict=True)]
    whole = max(sum(values), 1)
    return Bar(
        label, parts, whole, f"{whole // UNITS_PER_SEAT:,} seats" if tally.seats else "no seats"
    )


def _tally_words(tally: Tally) -> str:
    values = (tally.in_favour, tally.against, tally.abstain, figures.silent(tally))
    told = (
        f"{el.in_votes(value)} {words}" for (_, words), value in zip(_SIDES, values, strict=True)
    )
    return ", ".join(told) + f"; {count(tally.seats, 'active seat')}."


def _tally_numbers(view: View, place: int, one: Decision) -> Markup:
    rows = []
    for index, tally in enumerate(one.tallies):
        path = f"statement.decisions.{place}.tallies.{index}"
        quiet = figures.silent(tally)
        rows.append(
            (
                el.tag("bdi", view.constituency(index)),
                el.votes(f"{path}.in_favour", tally.in_favour),
                el.votes(f"{path}.against", tally.against),
                el.votes(f"{path}.abstain", tally.abstain),
                el.figure("silent", f"{place}.{index}", quiet, el.in_votes(quiet)),
                el.number(f"{path}.seats", tally.seats),
            )
        )
    head = ("Constituency", "For", "Against", "Abstained", "Did not vote", "Active seats")
    return el.table(f"Votes on decision {place + 1} in each constituency", head, rows, wide=True)
