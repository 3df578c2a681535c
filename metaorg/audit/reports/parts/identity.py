"""What it is: its contracts, the texts that bind all, and the rules in force."""

from metaorg.audit.reports import elements as el
from metaorg.audit.reports import figures
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import View
from metaorg.audit.reports.parts.common import first, missing, rest
from metaorg.onchain.modules import Modules

_COUNTED = {"active seats": "seats", "proposals": "decisions", "votes": "decisions"}
"""What is counted -> the field that it is of, where that has another name."""


def section(view: View) -> Markup:
    """Contracts, texts, rules, public documents."""
    return el.section(
        "identity",
        "What it is",
        el.tag("h3", "Contracts"),
        _modules(view),
        el.tag("h3", "Texts that bind all"),
        _texts(view),
        el.tag("h3", "Rules in force"),
        _settings(view),
        el.tag("h3", "Public documents"),
        _published(view),
    )


def _modules(view: View) -> Markup:
    modules = view.statement.modules
    rows = [
        (name.replace("_", " "), el.code(getattr(modules, name))) for name in Modules.model_fields
    ]
    return el.table("Contracts of this meta-organization", ("Module", "Address"), rows)


def _texts(view: View) -> Content:
    texts = view.statement.texts
    if not texts:
        return missing(view, "texts", "None.")
    rows = []
    for place, one in first(texts):
        path = f"statement.texts.{place}"
        rows.append(
            (
                ("version ", el.number(f"{path}.number", one.number)),
                el.time(f"{path}.since", one.since),
                el.time(f"{path}.until", one.until, "in force"),
                el.number(f"{path}.adopted_by", one.adopted_by),
                el.code(one.cid),
            )
        )
    head = ("Version", "From", "Until", "Adopted by active seats", "CID")
    table = el.table("Versions of the InterConstitution", head, rows)
    return table, rest("texts", "versions", len(texts), len(rows))


def _settings(view: View) -> Content:
    settings = view.statement.settings
    if not settings:
        return missing(view, "settings", "None.")
    return el.facts(*((name, el.tag("bdi", words)) for name, words in settings.items()))


def _published(view: View) -> Content:
    found = view.statement.published
    if found is None:
        return missing(view, "published", "None were published.")
    path = "statement.published"
    since = el.number(f"{path}.decisions_since", found.decisions_since)
    executed = "decision was" if found.decisions_since == 1 else "decisions were"
    return el.facts(
        ("Address", el.code(found.uri)),
        ("Published", el.time(f"{path}.time", found.time)),
        ("At block", el.number(f"{path}.block", found.block)),
        ("Since then", (since, f" {executed} executed")),
    )


def counts(view: View) -> Markup:
    """What was looked at, in one line."""
    told = [
        _count(name, number, _COUNTED.get(name, name) in view.statement.unknown)
        for name, number in view.statement.counted
    ]
    return el.tag("span", *((", " if place else "", one) for place, one in enumerate(told)))


def _count(name: str, number: int, unknown: bool) -> Content:
    if unknown:
        return el.tag("span", f"an unknown number of {name}", class_="absent")
    return el.number(f"statement.counts.{name}", number), f" {figures.noun(number, name)}"
