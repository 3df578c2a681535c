"""What differs, and what could not be established, with how to see it oneself."""

from metaorg.audit.catalogue import CATALOGUE, UNKNOWN
from metaorg.audit.findings import Finding, Kind
from metaorg.audit.reports import elements as el
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import ROWS, Found, View, apart, count
from metaorg.audit.reports.looks import command

_INTRODUCTION = (
    "A difference is something that is not as it must be. Unknown is what could not be "
    "established: it may be in order, or not. The commands below show the same with standard "
    "tools (cast of Foundry, jq, ipfs); set RPC to a node that you trust first."
)


def section(view: View) -> Markup:
    """Differences, then what is unknown."""
    differences, unknowns = view.findings("difference"), view.findings("unknown")
    if not differences and not unknowns:
        none = "None. Everything that was looked at is as it must be."
        return el.section("findings", "Findings", el.tag("p", none))
    return el.section(
        "findings",
        "Findings",
        el.note(_INTRODUCTION),
        _listed(view, "difference", differences),
        _listed(view, "unknown", unknowns),
    )


def _listed(view: View, kind: Kind, findings: list[Found]) -> Content:
    block = view.statement.block.number
    few, rest = apart(findings)
    more = len(rest) - ROWS
    shown = [_finding(path, finding, block) for path, finding in few]
    if rest:
        cards = [_finding(path, finding, block) for path, finding in rest[:ROWS]]
        summary = el.tag("summary", f"{count(len(rest), 'finding')} more like these")
        shown.append(el.tag("details", summary, cards))
    if more > 0:
        words = f"{count(more, 'finding')} more of this kind: they are in the JSON of this report."
        shown.append(el.note(words))
    return shown


def _finding(path: str, finding: Finding, block: int) -> Markup:
    unknown = finding.kind == "unknown"
    heading = el.tag(
        "h3",
        el.badge(finding.kind, "unknown" if unknown else "bad"),
        " ",
        el.tag("bdi", finding.subject),
    )
    kind = CATALOGUE.get(finding.code, UNKNOWN)
    told = el.facts(
        ("Rule", kind.rule),
        ("Expected", el.tag("bdi", finding.expected)),
        ("Seen", el.tag("bdi", finding.seen)),
        ("To do", kind.do),
    )
    looks = [el.tag("pre", el.tag("code", command(one, block))) for one in finding.looks]
    return el.tag(
        "article",
        heading,
        told,
        (el.tag("p", "See it yourself:"), looks) if looks else None,
        el.tag("p", f"{finding.code or 'finding'} · {finding.id}", class_="id"),
        class_="finding is-unknown" if unknown else "finding",
        id=f"finding-{path.replace('.', '-')}",
    )
