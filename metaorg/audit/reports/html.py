"""A report as one HTML page that needs nothing else: no network, no script, no file beside it."""

from metaorg.audit.reports import elements as el
from metaorg.audit.reports import figures, style
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import View
from metaorg.audit.reports.parts import (
    commons,
    decisions,
    evidence,
    findings,
    identity,
    members,
    powers,
)
from metaorg.audit.statement import Report, Verdict

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page may load nothing and run nothing."""
_SECTIONS = (
    ("findings", "Findings", findings.section),
    ("identity", "What it is", identity.section),
    ("powers", "Powers", powers.section),
    ("seats", "Seats", members.section),
    ("decisions", "Decisions", decisions.section),
    ("commons", "Commons", commons.section),
    ("documents", "Documents", evidence.documents),
    ("code", "Code", evidence.code),
    ("index", "DAO Index", evidence.dao_index),
    ("provenance", "How it was read", evidence.provenance),
    ("limits", "Limits", evidence.limits),
    ("verify", "Verify", evidence.again),
)
_LOOKS: dict[Verdict, tuple[str, str]] = {
    "established": ("good", "M5 12.5l4.5 4.5L19 7.5"),
    "differences": ("bad", "M6 6l12 12M18 6L6 18"),
    "unknown": ("unknown", "M9 9.2a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.3-1.6 2.5M12 17.6v.2"),
}


def page(report: Report) -> str:
    """The whole page.

    Raises:
        InvalidInput: the report has text or numbers that its JSON cannot carry.
    """
    view = View(report)
    body = el.tag(
        "body",
        style.patterns(),
        el.tag("a", "To the content", href="#content", class_="skip"),
        el.tag("div", _header(view), _contents(), _main(view), _footer(view), class_="page"),
    )
    return f"<!doctype html>\n{el.tag('html', _head(view), body, lang='en')}\n"


def _head(view: View) -> Markup:
    return el.tag(
        "head",
        el.tag("meta", charset="utf-8"),
        el.tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el.tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el.tag("meta", name="referrer", content="no-referrer"),
        el.tag("meta", name="color-scheme", content="light dark"),
        el.tag("title", f"Audit of {view.statement.name}"),
        el.tag("style", Markup(style.rules())),
    )


def _header(view: View) -> Markup:
    statement = view.statement
    block = (
        el.number("statement.block.number", statement.block.number),
        el.tag("br"),
        el.code("0x" + statement.block.hash.hex()),
    )
    chain = (
        figures.chain(statement.chain_id),
        " (",
        el.exact("statement.chain_id", statement.chain_id),
        ")",
    )
    return el.tag(
        "header",
        el.tag("p", "Audit of a meta-organization", class_="kicker"),
        el.tag("h1", el.name(statement.name)),
        _verdict(view.report),
        el.facts(
            ("Chain", chain),
            ("Address", el.code(statement.modules.meta_organization)),
            ("Block", block),
            ("Time", el.time("statement.block.time", statement.block.time)),
            ("Looked at", identity.counts(view)),
            ("Audited with", f"metaorg {statement.software}"),
        ),
    )


def _verdict(report: Report) -> Markup:
    kind, drawn = _LOOKS[report.verdict]
    icon = el.tag("svg", el.tag("path", d=drawn), viewBox="0 0 24 24", aria_hidden="true")
    return el.tag("p", icon, el.tag("span", figures.verdict(report)), class_=f"verdict {kind}")


def _contents() -> Markup:
    links = (el.tag("li", el.tag("a", title, href=f"#{key}")) for key, title, _ in _SECTIONS)
    return el.tag("nav", el.tag("ul", *links), aria_label="Contents")


def _main(view: View) -> Markup:
    return el.tag("main", *(make(view) for _, _, make in _SECTIONS), id="content")


def _footer(view: View) -> Content:
    words = "Made from a report whose JSON has the sha2-256 digest "
    return el.tag("footer", el.tag("p", words, el.code(view.digest), "."))
