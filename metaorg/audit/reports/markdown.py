"""A report as Markdown, as GitHub reads it: the same content as the page, with bars of text."""

from collections.abc import Iterator

from metaorg.audit.catalogue import CATALOGUE, UNKNOWN
from metaorg.audit.findings import Finding
from metaorg.audit.reports import figures, scales
from metaorg.audit.reports.elements import in_votes
from metaorg.audit.reports.figures import LIMITS, OTHERS, ROWS, View, count
from metaorg.audit.reports.looks import command
from metaorg.audit.reports.writing import bar, bullets, code, escape, quote, shell, table
from metaorg.audit.statement import Decision, Report, Seat, Tally
from metaorg.rules.decision import percent
from metaorg.times import duration, moment

POINTS = 40
"""Points in time of a table."""
_UNKNOWN = "**unknown**: it could not be established whether there is anything; see the findings."


def markdown(report: Report) -> str:
    """The whole text, with a line end."""
    view = View(report)
    parts = (_head(view), _findings(view), _identity(view), _powers(view), _seats(view),
             _decisions(view), _commons(view), _evidence(view), _again(view))  # fmt: skip
    return "\n\n".join(block for part in parts for block in part if block) + "\n"


def _time(value: int, never: str = "not yet") -> str:
    return moment(value) or never


def _missing(view: View, field: str) -> str:
    return _UNKNOWN if field in view.statement.unknown else "None."


def _rest(field: str, total: int, shown: int) -> str:
    if total <= shown:
        return ""
    return (
        f"Shown are {shown:,} of {total:,}. All of them are in the JSON, under `statement.{field}`."
    )


# ------------------------------------------------------------------------------ sections


def _head(view: View) -> Iterator[str]:
    statement = view.statement
    counts = (escape(figures.counted(number, name)) for name, number in statement.counted)
    yield f"# Audit of {escape(statement.name)}"
    yield f"**{figures.verdict(view.report)}**"
    yield bullets(
        (
            f"Chain: {figures.chain(statement.chain_id)} ({statement.chain_id})",
            f"Address: {code(statement.modules.meta_organization)}",
            f"Block: {statement.block.number:,}, {code('0x' + statement.block.hash.hex())}",
            f"Time: {_time(statement.block.time)}",
            f"Looked at: {', '.join(counts)}",
            f"Audited with: metaorg {escape(statement.software)}",
        )
    )


def _findings(view: View) -> Iterator[str]:
    yield "## Findings"
    few, rest = figures.apart([*view.findings("difference"), *view.findings("unknown")])
    if not few:
        yield "None. Everything that was looked at is as it must be."
    for _, one in few:
        yield from _finding(one, view.statement.block.number)
    if rest:
        yield f"{count(len(rest), 'finding')} more like these: they are in the JSON."


def _finding(one: Finding, block: int) -> Iterator[str]:
    kind = CATALOGUE.get(one.code, UNKNOWN)
    yield f"### {one.kind.capitalize()}: {escape(one.subject)}"
    yield bullets(
        (
            f"Rule: {escape(kind.rule)}",
            f"Expected: {escape(one.expected)}",
            f"Seen: {escape(one.seen)}",
            f"To do: {escape(kind.do)}",
            f"Kind: {code(one.code or 'finding')}, {one.id}",
        )
    )
    if one.looks:
        yield "See it yourself:"
        yield shell(command(look, block) for look in one.looks)


def _identity(view: View) -> Iterator[str]:
    statement = view.statement
    yield "## What it is"
    modules = statement.modules.model_dump()
    rows = [(name.replace("_", " "), code(address)) for name, address in modules.items()]
    yield table(("Module", "Address"), rows)
    yield "### Texts that bind all"
    texts = [
        (str(one.number), _time(one.since), _time(one.until, "in force"), str(one.adopted_by),
         code(one.cid))
        for one in statement.texts[:ROWS]
    ]  # fmt: skip
    head = ("Version", "From", "Until", "Adopted by active seats", "CID")
    yield table(head, texts) if texts else _missing(view, "texts")
    yield "### Rules in force"
    settings = [f"{escape(name)}: {escape(words)}" for name, words in statement.settings.items()]
    yield bullets(settings) if settings else _missing(view, "settings")
    yield "### Public documents"
    found = statement.published
    yield (
        _missing(view, "published")
        if found is None
        else bullets(
            (
                f"{code(found.uri)}, published {_time(found.time)} at block {found.block:,}",
                f"{count(found.decisions_since, 'decision')} executed since then",
            )
        )
    )


def _powers(view: View) -> Iterator[str]:
    statement = view.statement
    yield "## Who can do what"
    powers = [
        (code(f"{one.contract}.{one.function}"), *map(escape, figures.power(one)))
        for one in statement.powers[:ROWS]
    ]  # fmt: skip
    head = ("Function", "Who may call it", "Takes effect", "Rule", "Who can stop it")
    yield table(head, powers) if powers else _missing(view, "powers")
    yield _rest("powers", len(statement.powers), len(powers))
    yield "### Roles"
    roles = [
        (escape(f"{one.contract}: {one.role}"), escape(one.holder) or "**a stranger**",
         code(one.account))
        for one in statement.roles[:ROWS]
    ]  # fmt: skip
    yield table(("Role", "Held by", "Account"), roles) if roles else _missing(view, "roles")
    yield "### Under way"
    pending = [
        (escape("; ".join(one.calls)), escape(one.contract), _time(one.ready_at),
         code(one.proposal) if one.proposal else "**no decision**")
        for one in statement.pending[-ROWS:]
    ]  # fmt: skip
    names = ("What", "Scheduled in", "From", "Decided by")
    yield table(names, pending) if pending else _missing(view, "pending")


def _seats(view: View) -> Iterator[str]:
    statement = view.statement
    yield "## Seats and constituencies"
    points = scales.thinned(statement.timeline, POINTS)
    layers = figures.layers(statement)
    names = [escape(view.constituency(index)) for index in layers.shown]
    names += [count(len(layers.rest), "other")] if layers.rest else []
    active = [
        (_time(one.time), *(f"{value:,}" for value in layers.values(one.active)))
        for _, one in points
    ]
    yield "Active votes from a time on:"
    yield table(("From", *names), active) if active else _missing(view, "timeline")
    if len(statement.timeline) > len(points):
        yield f"{len(points)} of {len(statement.timeline):,} changes, evenly chosen."
    seats = [_seat(view, one) for one in statement.seats[:ROWS]]
    head = ("Seat", "Organization", "Account", "Constituency", "Standing", "Text")
    yield table(head, seats) if seats else _missing(view, "seats")
    yield _rest("seats", len(statement.seats), len(seats))


def _seat(view: View, one: Seat) -> tuple[str, ...]:
    return (
        str(one.number),
        escape(one.name) or "*name not readable*",
        code(one.account),
        escape(view.constituency(one.constituency)),
        f"{escape(one.status)} since {_time(one.since)}",
        f"version {one.text}" if one.text else "*none adopted*",
    )


def _decisions(view: View) -> Iterator[str]:
    decisions = view.statement.decisions
    yield "## Decisions"
    if not decisions:
        yield _missing(view, "decisions")
        return
    yield "Bars: `█` for, `▒` against, `▫` abstained, `░` did not vote."
    shown = list(enumerate(decisions, 1))[-ROWS:][::-1]
    rows = [_decision(number, one) for number, one in shown]
    yield table(("Decision", "State", "Votes", "Turnout", "Executed"), rows)
    yield _rest("decisions", len(decisions), len(rows))
    for number, one in shown[:50]:
        yield from _details(view, number, one)


def _decision(number: int, one: Decision) -> tuple[str, ...]:
    turnout = f"{percent(one.turnout)} ({percent(one.quorum)} needed)"
    votes = _votes(figures.total(one)) if one.tallies else "not begun"
    title = f"{number}. {escape(one.title) or '*without a title*'}"
    return title, escape(one.state), votes, turnout, _time(one.executed_at, figures.never(one))


def _details(view: View, number: int, one: Decision) -> Iterator[str]:
    yield f"### {number}. {escape(one.title) or '*without a title*'}"
    yield quote(one.body)
    yield bullets(
        (
            f"Proposed by {escape(view.holder(one.proposer))}, {_time(one.proposed_at)}",
            f"Voting from {_time(one.snapshot)} until {_time(one.deadline)}",
            f"Rule: {escape(one.rule)}",
            *(f"Why it did not pass: {escape(reason)}" for reason in one.reasons),
            *(f"What it does: {escape(call)}" for call in one.calls),
            f"Number: {one.number}",
        )
    )
    rows = [
        (escape(view.constituency(index)), _votes(tally), *map(in_votes, (tally.in_favour,
         tally.against, tally.abstain, figures.silent(tally))), f"{tally.seats:,}")
        for index, tally in enumerate(one.tallies)
    ]  # fmt: skip
    head = ("Constituency", "", "For", "Against", "Abstained", "Did not vote", "Active seats")
    yield table(head, rows) if rows else ""


def _votes(tally: Tally) -> str:
    parts = ((tally.in_favour, "█"), (tally.against, "▒"), (tally.abstain, "▫"))
    return bar(parts, sum(value for value, _ in parts) + figures.silent(tally))


def _commons(view: View) -> Iterator[str]:
    statement = view.statement
    yield "## Commons"
    grown = [one for _, one in scales.thinned(figures.growth(statement), POINTS)]
    top = max((one.published for one in grown), default=1)
    rows = [
        (scales.shown(one.time), f"{one.published:,}", f"{one.in_use:,}",
         bar([(one.in_use, "█"), (one.published - one.in_use, "▒")], top))
        for one in grown
    ]  # fmt: skip
    head = ("From", "Published", "In use", "`█` in use, `▒` retired")
    yield table(head, rows) if rows else _missing(view, "resources")
    yield "### Who cites whom"
    yield _cited(view) if statement.citations else _missing(view, "citations")
    yield "### Resources"
    resources = [
        (escape(one.title) or "*title not readable*", escape(view.holder(one.steward)),
         escape(one.licence) or "no licence", escape(one.access), _time(one.published_at),
         f"{one.citations:,}", one.presence, code(one.cid))
        for one in statement.resources[-ROWS:][::-1]
    ]  # fmt: skip
    names = "Resource Steward Licence Access Published Citations Content CID".split()  # noqa: SIM905
    yield table(names, resources) if resources else _missing(view, "resources")
    yield _rest("resources", len(statement.resources), len(resources))


def _cited(view: View) -> str:
    matrix = figures.citations(view.statement)
    rows = [
        (_holder(view, steward), *(str(matrix.cells[steward, by] or "") for by in matrix.citing))
        for steward in matrix.stewards
    ]
    return table(("Steward", *(_holder(view, by) for by in matrix.citing)), rows)


def _holder(view: View, account: str) -> str:
    return "all others" if account == OTHERS else escape(view.holder(account))


def _evidence(view: View) -> Iterator[str]:
    statement = view.statement
    yield "## Documents"
    found = sorted(statement.documents, key=lambda one: one.presence == "present")[:ROWS]
    rows = [(escape(one.what), one.presence, code(one.cid)) for one in found]
    yield table(("Document", "Content", "CID"), rows) if rows else _missing(view, "documents")
    yield _rest("documents", len(statement.documents), len(rows))
    yield "## Code"
    source = {True: "compiles to it", False: "**does not**", None: "not compiled"}
    codes = [
        (escape(one.name), code(one.address),
         "the shipped one" if one.code_hash == one.expected else "**another**",
         source[one.source], code("0x" + one.code_hash.hex()))
        for one in statement.code[:ROWS]
    ]  # fmt: skip
    head = ("Contract", "Address", "Code that is there", "Source", "Hash of the code")
    yield table(head, codes) if codes else _missing(view, "code")
    yield "## DAO Index"
    answers = [
        (escape(one.question), escape(one.answer), one.value or "no number", escape(one.evidence))
        for one in statement.dao_index
    ]
    names = ("Question", "Answer", "Value", "Evidence")
    yield table(names, answers) if answers else _missing(view, "dao_index")
    yield from _provenance(view)
    yield "## Limits"
    yield LIMITS
    yield bullets(map(escape, statement.limits))


def _provenance(view: View) -> Iterator[str]:
    found = view.report.provenance
    took = duration(max(found.read_at[1] - found.read_at[0], 0))
    yield "## How it was read"
    yield bullets(
        (
            *(
                f"Node: {', '.join(filter(None, (code(one.where), escape(one.client))))}"
                for one in found.endpoints
            ),
            f"Read: {_time(found.read_at[0])}, in {took}",
            f"Windows: {found.windows:,}, from block {found.first_block:,} to {found.last_block:,}",
            f"Logs: {found.logs:,}, digest {code('0x' + found.log_digest.hex())}",
            f"Proved complete: {found.proved:,} blocks, of {found.headers:,} whose headers were "
            "hashed and linked",
            f"Proved further: {figures.proved(found)}{figures.imported(found)}",
            f"Final: {escape(found.finality)}",
        )
    )


def _again(view: View) -> Iterator[str]:
    block, address = view.statement.block, view.statement.modules.meta_organization
    yield "## Verify this report"
    yield (
        f"Its JSON has the sha2-256 digest {code(view.digest)}, and the statement in it "
        f"{code(view.statement_digest)}. Whoever audits the same block gets the same statement."
    )
    yield shell(
        (
            f'cast block {block.number} --rpc-url "$RPC"  # 0x{block.hash.hex()}',
            "sha256sum report.json",
            f"metaorg audit run --rpc URL --gateway URL --address {address} --at {block.number}",
            "metaorg audit verify report.json --rpc URL --gateway URL",
        )
    )
