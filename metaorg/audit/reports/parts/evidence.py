"""What it rests on: documents, code, how it was read, what was left out, how to do it again."""

from collections import Counter

from metaorg.audit.reports import elements as el
from metaorg.audit.reports.elements import Content, Markup
from metaorg.audit.reports.figures import LIMITS, ROWS, View
from metaorg.audit.reports.parts.common import first, folded, missing, presence, rest
from metaorg.audit.statement import Code
from metaorg.times import duration


def documents(view: View) -> Markup:
    """Documents that the chain names, and whether they are there."""
    found = view.statement.documents
    if not found:
        none = missing(view, "documents", "None: the chain names no document.")
        return el.section("documents", "Documents", none)
    counted = Counter(one.presence for one in found)
    words = [
        (el.figure("documents", kind, counted[kind]), " ", presence(kind), " ")
        for kind in ("present", "damaged", "unknown")
    ]
    order = sorted(first(found, len(found)), key=lambda pair: pair[1].presence == "present")
    rows = [
        (el.tag("bdi", one.what), presence(one.presence), el.code(one.cid))
        for _, one in order[:ROWS]
    ]
    table = el.table("Documents that the chain names", ("Document", "Content", "CID"), rows)
    more = rest("documents", "documents", len(found), len(rows))
    shown = folded("documents", table, len(found), len(rows))
    intro = el.note("Whether the content is there and hashes to its CID; what is not comes first.")
    return el.section("documents", "Documents", intro, el.tag("p", *words), shown, more)


def code(view: View) -> Markup:
    """Whether the code is the shipped one, and that the compiled source."""
    found = view.statement.code
    if not found:
        return el.section("code", "Code", missing(view, "code", "None."))
    rows = [(_contract(one), _same(one), _source(one), _hashes(one)) for _, one in first(found)]
    head = ("Contract", "Code that is there", "Source", "Hash of the code")
    table = el.table("Code of the contracts against the shipped one", head, rows)
    return el.section("code", "Code", table, rest("code", "contracts", len(found), len(rows)))


def _same(one: Code) -> Markup:
    same = one.code_hash == one.expected
    return el.badge("the shipped one", "good") if same else el.badge("another", "bad")


def _source(one: Code) -> Markup:
    if one.source is None:
        return el.tag("span", "not compiled", class_="absent")
    return el.badge("compiles to it", "good") if one.source else el.badge("does not", "bad")


def _contract(one: Code) -> Content:
    return one.name.replace("_", " "), el.tag("br"), el.code(one.address)


def _hashes(one: Code) -> Content:
    told: list[Content] = [el.code("0x" + one.code_hash.hex())]
    if one.code_hash != one.expected:
        told += ["; expected ", el.code("0x" + one.expected.hex())]
    if one.metadata:
        told += ["; metadata ", el.code(one.metadata)]
    return told


def dao_index(view: View) -> Markup:
    """Questions and answers of the DAO Index."""
    found = view.statement.dao_index
    intro = el.note(
        "Questions of Ledgerback's DAO Index. What follows from chain and documents was computed; "
        "the rest needs a person."
    )
    if not found:
        none = missing(view, "dao_index", "None was computed.")
        return el.section("index", "DAO Index", intro, none)
    rows = [
        (
            one.question,
            el.tag("span", one.answer, class_="absent") if one.value is None else one.answer,
            _value(place, one.value),
            one.evidence,
        )
        for place, one in first(found)
    ]
    table = el.table("Questions and answers", ("Question", "Answer", "Value", "Evidence"), rows)
    return el.section("index", "DAO Index", intro, table)


def _value(place: int, value: str | None) -> Markup:
    if value is None:
        return el.tag("span", "no number", class_="absent")
    return el.exact(f"statement.dao_index.{place}.value", value)


def provenance(view: View) -> Markup:
    """How the statement was arrived at."""
    found, path = view.report.provenance, "provenance"
    counted = {
        name: el.number(f"{path}.{name}", getattr(found, name))
        for name in (
            *("first_block", "last_block", "windows", "headers", "proved", "logs", "imported"),
            *("with_logs", "by_receipts", "accounts", "slots"),
        )
    }
    begun, ended = (
        el.time(f"{path}.read_at.{place}", time) for place, time in enumerate(found.read_at)
    )
    took = duration(max(found.read_at[1] - found.read_at[0], 0))
    span = counted["first_block"], " to ", counted["last_block"]
    busy = counted["with_logs"], " with logs, the receipts of ", counted["by_receipts"]
    state = counted["accounts"], " contracts and ", counted["slots"], " words of storage"
    blocks = counted["proved"], " blocks, of ", counted["headers"], " whose headers were hashed"
    return el.section(
        "provenance",
        "How it was read",
        el.tag("p", "Nodes, and how they name themselves:"),
        _nodes(view),
        el.facts(
            ("Read", (begun, f", in {took}, until ", ended)),
            ("Windows", (counted["windows"], ", from block ", *span)),
            ("Logs", counted["logs"]),
            ("Proved complete", (blocks, " and linked")),
            ("Proved by receipts", ("of the blocks, ", busy, " proved every byte")),
            ("Proved by the state root", state),
            ("Imported", (counted["imported"], " blocks, of which all this is an export's word")),
            ("Digest of logs", el.code("0x" + found.log_digest.hex())),
            ("Final", el.tag("bdi", found.finality)),
        ),
    )


def _nodes(view: View) -> Markup:
    listed = [
        (el.code(one.where), " ", el.tag("bdi", one.client), "" if place else ", which was read")
        for place, one in enumerate(view.report.provenance.endpoints)
    ]
    return el.tag("ul", *(el.tag("li", one) for one in listed))


def limits(view: View) -> Markup:
    """What the audit does not say, and what it did not look at."""
    told = [el.tag("li", el.tag("bdi", one)) for one in view.statement.limits]
    listed = (
        el.tag("ul", *told) if told else el.tag("p", "Nothing else was left out.", class_="absent")
    )
    return el.section("limits", "Limits", el.tag("p", LIMITS), listed)


def again(view: View) -> Markup:
    """How anybody can verify the page."""
    block, address = view.statement.block, view.statement.modules.meta_organization
    run = f"metaorg audit run --rpc URL --gateway URL --address {address} --at {block.number}"
    steps = (
        _step(
            "Ask a node that you trust for the block, and compare its hash with ",
            "0x" + block.hash.hex(),
            f'cast block {block.number} --rpc-url "$RPC"',
        ),
        _step(
            "Take the JSON of this report, and compare its digest with ",
            view.digest,
            "sha256sum report.json",
        ),
        _step(
            "Do the audit again at the same block, with your own node. The statement in it has the "
            "digest ",
            view.statement_digest,
            run,
        ),
        _step(
            "Or let the software compare: it reads the same block, and says whether every byte of "
            "the statement is the same.",
            "",
            "metaorg audit verify report.json --rpc URL --gateway URL",
        ),
    )
    note = el.note(
        "The digests are sha2-256. Two auditors can compare the digest of logs above, too. This "
        "page loads nothing and runs no program."
    )
    return el.section("verify", "Verify this page", el.tag("ol", *steps), note)


def _step(words: str, digest: str, line: str) -> Markup:
    return el.tag("li", words, el.code(digest) if digest else None, _shell(line))


def _shell(line: str) -> Markup:
    return el.tag("pre", el.tag("code", line))
