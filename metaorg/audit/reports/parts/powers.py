"""Who can do what: powers, roles, and what is on its way."""

from metaorg.audit.reports import elements as el
from metaorg.audit.reports import figures
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import View
from metaorg.audit.reports.parts.common import first, folded, missing, newest, rest


def section(view: View) -> Markup:
    """Powers, roles, and what is scheduled."""
    return el.section(
        "powers",
        "Who can do what",
        el.tag("h3", "Powers"),
        _powers(view),
        el.tag("h3", "Roles"),
        _roles(view),
        el.tag("h3", "Under way"),
        _pending(view),
    )


def _powers(view: View) -> Content:
    powers = view.statement.powers
    if not powers:
        return missing(view, "powers", "None.")
    rows = [
        (el.code(f"{one.contract}.{one.function}"), *figures.power(one)) for _, one in first(powers)
    ]
    head = ("Function", "Who may call it", "Takes effect", "Rule", "Who can stop it")
    table = el.table("Functions that change something, and who may call them", head, rows)
    return folded("functions", table, len(powers), len(rows)), rest(
        "powers", "powers", len(powers), len(rows)
    )


def _roles(view: View) -> Content:
    roles = view.statement.roles
    if not roles:
        return missing(view, "roles", "None.")
    rows = [
        (
            f"{one.contract}: {one.role}",
            el.tag("bdi", one.holder) if one.holder else el.badge("a stranger", "bad"),
            el.code(one.account),
        )
        for _, one in first(roles)
    ]
    table = el.table("Roles in Timelock and Authority", ("Role", "Held by", "Account"), rows)
    return table, rest("roles", "roles", len(roles), len(rows))


def _pending(view: View) -> Content:
    pending = view.statement.pending
    if not pending:
        return missing(view, "pending", "Nothing: no operation is scheduled.")
    rows = [
        (
            [el.tag("div", el.tag("bdi", call)) for call in one.calls],
            one.contract,
            el.time(f"statement.pending.{place}.ready_at", one.ready_at),
            _proposal(view, one.proposal),
            el.code("0x" + one.id.hex()),
        )
        for place, one in newest(pending)
    ]
    head = ("What", "Scheduled in", "Can be carried out from", "Decided by", "Operation")
    table = el.table("Operations that were scheduled and not yet carried out", head, rows)
    return table, rest("pending", "operations", len(pending), len(rows))


def _proposal(view: View, number: str) -> Content:
    if not number:
        return el.badge("no decision", "bad")
    for place, one in enumerate(view.statement.decisions):
        if one.number == number:
            return el.tag("a", f"decision {place + 1}", href=f"#decision-{place + 1}")
    return el.code(number)
