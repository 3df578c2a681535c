"""The report as Markdown, read by a parser: all sections, and nobody's text is more than text."""

import re
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from audit import reports
from metaorg.audit.reports import markdown
from metaorg.audit.reports.writing import code, escape
from metaorg.audit.statement import Report

PARSER = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
SECTIONS = [
    "Findings", "What it is", "Who can do what", "Seats and constituencies", "Decisions", "Commons",
    "Documents", "Code", "DAO Index", "How it was read", "Limits", "Verify this report",
]  # fmt: skip
MAKERS = {
    "rich": reports.rich,
    "young": reports.young,
    "dark": reports.dark,
    "odd": reports.odd,
    "vast": lambda: reports.vast(800, 300),
}


def tokens(text: str) -> list[Token]:
    found = PARSER.parse(text)
    return [one for token in found for one in (token, *(token.children or []))]


def headings(text: str, level: str) -> list[str]:
    found = PARSER.parse(text)
    return [
        "".join(part.content for part in after.children or [])
        for token, after in pairwise(found)
        if token.type == "heading_open" and token.tag == level
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_every_report_has_every_section_and_no_markup_of_others(name: str) -> None:
    text = markdown(MAKERS[name]())

    assert headings(text, "h2") == SECTIONS
    kinds = {token.type for token in tokens(text)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_block"}


def test_rows_have_as_many_cells_as_their_head() -> None:
    width = 0
    for token in PARSER.parse(markdown(reports.rich())):
        if token.type == "tr_open":
            cells = 0
        elif token.type in ("th_open", "td_open"):
            cells += 1
        elif token.type == "thead_close":
            width = cells
        elif token.type == "tr_close" and width:
            assert cells == width
        elif token.type == "table_close":
            width = 0


def test_the_tables_hold_what_the_report_holds() -> None:
    report = reports.rich()
    shown = plain(report)

    for seat in report.statement.seats:
        assert seat.account in shown
    for one in report.statement.resources:
        assert one.cid in shown
    for finding in report.findings:
        assert finding.id in shown
    assert report.digest.hex() in shown


def plain(report: Report) -> str:
    return "\n".join(token.content for token in tokens(markdown(report)))


@pytest.mark.parametrize("text", [*reports.HOSTILE, "http://a.b www.c.d", "![a](b)", "`` ` ``"])
def test_texts_of_others_are_shown_as_they_are(text: str) -> None:
    line = " ".join(text.split())
    shown = re.sub("[\x00\u202a-\u202e]", lambda found: f"⟨U+{ord(found[0]):04X}⟩", line)

    assert PARSER.parseInline(escape(text))[0].children is not None
    assert "".join(one.content for one in PARSER.parseInline(escape(text))[0].children) == shown
    in_code = PARSER.parse(f"| a |\n| - |\n| {code(text)} |")
    assert [one.content for token in in_code for one in token.children or []][1] == shown


def test_nothing_and_unknown_are_told_apart() -> None:
    young, dark = markdown(reports.young()), markdown(reports.dark())

    assert "could not be established whether" not in young
    assert dark.count("**unknown**") > 10
    assert "## Decisions\n\nNone." in young
