"""The demo: every organization of a table gets a seat, and bad tables are refused in full."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from metaorg.audit.reports import markdown, page, read_report
from metaorg.tables import COLUMNS, read_organizations

FOUNDERS = 3
HEADER = ",".join(COLUMNS)
Python = Callable[..., CompletedProcess[str]]


def words(text: str) -> str:
    """Text as one line, wherever the terminal's width broke it."""
    return " ".join(text.split())


def test_the_bundled_sample_is_seated_and_audited(python: Python, tmp_path: Path) -> None:
    sample = read_organizations(tmp_path / "examples/organizations.csv")

    done = python("-m", "scripts.demo")

    assert done.returncode == 0, done.stderr
    said = words(done.stdout)
    assert len(sample) == 12
    seats = len(sample) + FOUNDERS
    assert f"{seats} organizations hold a seat, {FOUNDERS} of them founders." in said
    assert "Every check holds." in said
    assert "The report, for a browser: build/demo/audit/report.html" in said
    folder = tmp_path / "build/demo/audit"
    report = read_report((folder / "report.json").read_bytes())
    assert report.ok
    assert (folder / "report.html").read_text() == page(report)
    assert (folder / "report.md").read_text() == markdown(report)


def test_a_limit_takes_the_first_rows(python: Python) -> None:
    done = python("-m", "scripts.demo", "--limit", "3")

    assert done.returncode == 0, done.stderr
    assert f"{3 + FOUNDERS} organizations hold a seat" in words(done.stdout)


def test_every_bad_row_is_named_with_its_line(python: Python, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    rows = [
        HEADER,
        "F1,Fern Weavers,Workers,Company,Textiles,Ferndale,Coast,XX",
        "F2,,Workers,Company,Textiles,Ferndale,Coast,XX",
        "F3,Glebe Farm,Workers",
        "F1,Heron Press,Workers,Company,Print,Ferndale,Coast,XX",
        "F4,Iron Gate,An ownership with far too long a name,Company,Print,Ferndale,Coast,XX",
        "F5,Jackdaw Repairs,Workers,Company,Repair,Ashmere,Valley,XX",
    ]
    table.write_text("\n".join(rows) + "\n")

    done = python("-m", "scripts.demo", "--organizations", str(table))

    assert done.returncode == 2
    lines = [line.removeprefix(f"{table}:").partition(":")[0] for line in problems(done)]
    assert lines == ["3", "4", "5", "6"]
    assert not (tmp_path / "build").exists()


def test_a_missing_column_is_named(python: Python, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("identifier,name\nF1,Fern Weavers\n")

    done = python("-m", "scripts.demo", "--organizations", str(table))

    assert done.returncode == 2
    [problem] = problems(done)
    assert "ownership" in problem


def problems(done: CompletedProcess[str]) -> list[str]:
    assert done.stdout == ""
    return done.stderr.splitlines()
