"""The page in a real browser: complete without network and script, readable by everybody."""

import html
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from audit import reports
from metaorg.audit.reports import page
from metaorg.audit.statement import Report
from tests.programs import required

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
KINDS: dict[str, Callable[[], Report]] = {
    "rich": reports.rich,
    "young": reports.young,
    "dark": reports.dark,
    "odd": reports.odd,
    "small": reports.small,
}
PHONE, DESKTOP = (360, 800), (1280, 900)
A4 = (688, 980)
"""What a sheet leaves inside its margins, in CSS pixels."""


@pytest.fixture(scope="module")
def made() -> dict[str, Report]:
    return {name: make() for name, make in KINDS.items()}


@pytest.fixture(scope="module")
def files(made: dict[str, Report], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Kind -> address of its page, as a file."""
    folder = tmp_path_factory.mktemp("pages")
    for name, report in made.items():
        (folder / f"{name}.html").write_text(page(report), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = required("chromium", "chromium")
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, files: dict[str, str]) -> Iterator[Open]:
    """Opens a page, and fails the test when that asks for anything else or complains."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def open_page(name: str, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)

        def route(asked: Route) -> None:
            if asked.request.url == files[name]:
                return asked.continue_()
            trouble.append(f"asked for {asked.request.url}")
            return asked.abort()

        context.route("**/*", route)
        shown = context.new_page()
        shown.on("console", lambda message: trouble.append(f"console: {message.text}"))
        shown.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        shown.goto(files[name])
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def unfold(shown: Page) -> None:
    """Open all that can be opened."""
    shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


# ------------------------------------------------------------------------------ what it says


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_page_is_complete_without_network_and_script(opened: Open, script: bool) -> None:
    shown = opened("rich", java_script_enabled=script)

    assert shown.locator("h1").inner_text() == "Aurora Commons Network"
    verdict = "2 differences were found, and 2 things could not be established."
    assert shown.locator(".verdict").inner_text().strip() == verdict
    assert shown.locator("script, link, img, iframe, object, embed").count() == 0
    titles = [
        "Findings", "What it is", "Who can do what", "Seats and constituencies", "Decisions",
        "Commons", "Documents", "Code", "DAO Index", "How it was read", "Limits",
        "Verify this page",
    ]  # fmt: skip
    assert shown.locator("main h2").all_inner_texts() == titles


def test_the_page_may_load_and_run_nothing(made: dict[str, Report]) -> None:
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page(made["rich"]))

    assert html.unescape(policy) == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@pytest.mark.parametrize("name", KINDS)
def test_every_number_is_that_of_the_report_or_follows_from_it(
    opened: Open, made: dict[str, Report], name: str
) -> None:
    told = json.loads(made[name].encode())
    shown = opened(name)

    fields = shown.evaluate(
        "[...document.querySelectorAll('[data-field]')].map(one => "
        "[one.dataset.field, one.dataset.value, one.dataset.unit, one.textContent])"
    )

    figures = shown.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map(one => "
        "[one.dataset.figure, one.dataset.of, Number(one.dataset.value)])"
    )

    assert len(fields) > 10
    for field, value, unit, text in fields:
        assert str(_at(told, field)) == value, field
        assert _read(unit, text) == value, (field, text)
    for figure, of, number in figures:
        assert _figure(made[name], figure, of) == number, (figure, of)


def test_nothing_is_left_out_of_a_report_that_is_not_large(opened: Open) -> None:
    shown = opened("rich")
    fields = set(
        shown.evaluate("[...document.querySelectorAll('[data-field]')].map(x => x.dataset.field)")
    )

    statement = reports.rich().statement
    expected = {f"statement.seats.{n}.number" for n in range(len(statement.seats))}
    expected |= {f"statement.resources.{n}.citations" for n in range(len(statement.resources))}
    expected |= {f"statement.decisions.{n}.turnout" for n in range(len(statement.decisions))}
    expected |= {
        f"statement.decisions.{n}.tallies.{m}.{side}"
        for n, one in enumerate(statement.decisions)
        for m in range(len(one.tallies))
        for side in ("in_favour", "against", "abstain", "seats")
    }
    expected |= {
        f"statement.timeline.{n}.active.{m}"
        for n, one in enumerate(statement.timeline)
        for m in range(len(one.active))
    }
    assert expected <= fields
    assert shown.locator("#findings article").count() == len(reports.rich().findings)


def test_somebody_elses_text_stays_text(opened: Open) -> None:
    shown = opened("rich")
    unfold(shown)

    content = shown.locator("main").inner_text()
    assert "</script><script>alert(1)</script>" in content
    assert "\"quoted\" & 'single' <b>bold</b>" in content
    assert "⟨U+202E⟩gnihtyna⟨U+202C⟩ turned around" in content
    assert shown.locator("main b, main script").count() == 0
    shown.locator("#seats bdi", has_text=re.compile("^null$")).wait_for(state="attached")


def test_nothing_and_unknown_are_told_apart(opened: Open) -> None:
    young, dark = opened("young"), opened("dark")

    for section in ("decisions", "commons", "powers", "index"):
        assert dark.locator(f"#{section} .badge.unknown").count() > 0
        assert young.locator(f"#{section} .badge.unknown").count() == 0
    assert "None: nothing has been proposed yet." in young.locator("#decisions").inner_text()
    assert young.locator("#commons svg").count() == dark.locator("main svg[role=img]").count() == 0
    assert "an unknown number of seats" in dark.locator("header").inner_text()


def test_the_page_names_the_digest_of_the_report(opened: Open, made: dict[str, Report]) -> None:
    shown = opened("rich").locator("#verify").inner_text()

    assert made["rich"].digest.hex() in shown
    assert made["rich"].statement.digest.hex() in shown


# ------------------------------------------------------------------------------ how it looks


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("rich", "light"), ("rich", "dark"), ("odd", "light"), ("dark", "dark"), ("young", "light")],
)
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_fits(
    opened: Open, tmp_path: Path, name: str, scheme: str, size: tuple[int, int]
) -> None:
    shown = opened(name, size, color_scheme=scheme)
    picture = shown.screenshot(path=tmp_path / "first.png")
    unfold(shown)

    assert picture.startswith(b"\x89PNG")
    assert shown.evaluate("document.documentElement.scrollWidth") == size[0]
    kind, other = ("narrow", "wide") if size == PHONE else ("wide", "narrow")
    assert not shown.locator(f".on-{other} svg").locator("visible=true").count()
    for chart in shown.locator(f".on-{kind} svg").all()[:5]:
        box = chart.bounding_box()
        assert box is not None and box["width"] > 280 and box["height"] > 20


@pytest.mark.parametrize(
    ("name", "scheme", "size"),
    [("small", "light", PHONE), ("small", "dark", DESKTOP), ("dark", "dark", PHONE)],
    ids=["phone-light", "desktop-dark", "unknown"],
)
def test_everybody_can_read_the_page(
    opened: Open, name: str, scheme: str, size: tuple[int, int]
) -> None:
    shown = opened(name, size, color_scheme=scheme, bypass_csp=True)
    unfold(shown)
    shown.evaluate(AXE.read_text(encoding="utf-8"))

    found = shown.evaluate("axe.run().then(result => result)")

    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    unsure = {one["id"] for one in found["incomplete"]}
    assert unsure <= {"color-contrast"}  # of text over the patterns of charts, which is beside them


def test_charts_have_a_name_and_their_numbers_in_a_table(opened: Open) -> None:
    shown = opened("rich")

    figures = shown.locator("figure").all()
    assert len(figures) > 20
    for one in figures:
        assert one.locator("svg[role=img] title").first.text_content()
        assert one.locator("details table tbody tr").count() > 0
    names = shown.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert [one for one, count in Counter(names).items() if count > 1] == []


def test_on_paper_everything_is_open_and_nothing_is_cut(opened: Open) -> None:
    shown = opened("rich", A4, color_scheme="dark")
    shown.emulate_media(media="print")

    assert shown.evaluate("document.documentElement.scrollWidth") == A4[0]
    for table in shown.locator("table").all()[:40]:
        box = table.bounding_box()
        assert box is not None and box["height"] > 20 and box["x"] + box["width"] <= A4[0] + 1
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_page_prints(opened: Open) -> None:
    printed = opened("rich").pdf(format="A4", print_background=True)

    assert printed.startswith(b"%PDF")
    assert len(printed) < 2_000_000
    assert len(re.findall(rb"/Type /Page\b", printed)) < 100


def test_a_vast_report_gives_a_page_that_opens_and_says_what_it_leaves_out(
    browser: Browser, tmp_path: Path
) -> None:
    report = reports.vast()
    begun = time.process_time()
    written = page(report)
    took = time.process_time() - begun

    assert took < 3
    assert len(written) < 4_000_000
    (tmp_path / "vast.html").write_text(written, encoding="utf-8")
    shown = browser.new_page(viewport={"width": 360, "height": 800})
    shown.goto((tmp_path / "vast.html").as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") == 360
    assert "Shown are 200 of 5,000 seats." in shown.locator("#seats").inner_text()
    assert "Drawn at 200 of 5,000 changes" in shown.locator("#seats").inner_text()
    assert "Shown are 50 of 2,000 decisions." in shown.locator("#decisions").inner_text()
    for figure, of, value in shown.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map(one => "
        "[one.dataset.figure, one.dataset.of, Number(one.dataset.value)])"
    )[::7]:
        assert _figure(report, figure, of) == value, (figure, of)
    shown.close()


# ------------------------------------------------------------------------------ reading it back


def _at(told: Any, field: str) -> Any:
    """What the JSON holds there; names of counts may have spaces, and no dots."""
    for name in field.split("."):
        told = told[int(name)] if isinstance(told, list) else told[name]
    return told


def _read(unit: str, text: str) -> str:
    """The value that a text shows."""
    match unit:
        case "count":
            return text.replace(",", "")
        case "share":
            return str(int(Decimal(text.removesuffix(" %").replace(",", "")) * 100))
        case "votes":
            return str(int(Decimal(text.replace(",", "")) * 10_000))
        case "time":
            if text == "beyond year 9999":
                return str((1 << 48) - 1)
            return str(int(datetime.fromisoformat(text).timestamp()))
    return text


def _figure(report: Report, name: str, of: str) -> int:
    """A figure from the report, in another way than the page computes it."""
    statement = report.statement
    match name:
        case "silent":
            place, index = map(int, of.split("."))
            tally = statement.decisions[place].tallies[index]
            return max(tally.seats * 10_000 - tally.against - tally.in_favour - tally.abstain, 0)
        case "active":
            point, indices = of.split(".")
            active = statement.timeline[int(point)].active
            return sum(active[int(one)] for one in indices.split("+") if int(one) < len(active))
        case "documents":
            return sum(one.presence == of for one in statement.documents)
        case "cited":
            return _cited(report, *of.split("|"))
        case "growth.published":
            return sum(one.published_at <= int(of) for one in statement.resources)
        case "growth.in_use":
            return sum(
                one.published_at <= int(of) and not 0 < one.retired_at <= int(of)
                for one in statement.resources
            )
    first, last = map(int, of.split("-"))
    part = [one for one in statement.decisions[first : last + 1] if one.tallies]
    turnouts = [one.turnout for one in part]
    return {
        "turnout.lowest": min(turnouts),
        "turnout.median": median_low(turnouts),
        "turnout.highest": max(turnouts),
        "turnout.reached": sum(one.turnout >= one.quorum for one in part),
    }[name]


def _cited(report: Report, steward: str, by: str) -> int:
    citations = report.statement.citations
    assert "others" not in (steward, by), "there are not so many in these reports"
    return sum(one.steward == steward and by in ("*", one.by) for one in citations)
