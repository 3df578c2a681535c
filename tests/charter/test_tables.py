"""Organizations from CSV: every bad row is named at once, with its line."""

from pathlib import Path

import pytest

from metaorg.errors import InvalidInput
from metaorg.tables import COLUMNS, SIZE_LIMIT, UNCLASSIFIED, read_organizations

HEADER = ",".join(COLUMNS) + "\n"


def row(identifier: object, name: str = "Lantern Bakery", ownership: str = "Workers") -> str:
    return f"{identifier},{name},{ownership},Company,Food,Ashmere,Valley,XX\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "organizations.csv"


def problems(table: Path, content: str | bytes) -> list[str]:
    """What is wrong, without the file's name."""
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInput) as refused:
        read_organizations(table)
    return [problem.replace(str(table), "") for problem in refused.value.problems]


def test_rows_come_in_order_with_their_constituency(table: Path) -> None:
    table.write_text(HEADER + row("a") + row("b", "Millbrook", " Users ") + row("c", "Loom", " "))

    rows = read_organizations(table)

    assert [one.profile.identifier for one in rows] == ["a", "b", "c"]
    assert [one.profile.name for one in rows] == ["Lantern Bakery", "Millbrook", "Loom"]
    assert [one.constituency for one in rows] == ["Workers", "Users", UNCLASSIFIED]
    assert rows[0].profile.sector == "Food" and rows[0].profile.country == "XX"


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + row("a"),
        (HEADER + row("a")).replace("\n", "\r\n"),
        HEADER + "\n" + row("a") + "\n\n",
        HEADER + row("a").strip(),
        HEADER.strip() + ",remark\n" + row("a").strip() + ",good\n",
        HEADER + row("a", '"Lantern Bakery"'),
    ],
    ids=["BOM", "CRLF", "blank lines", "no last line end", "more columns", "quotes"],
)
def test_tables_from_other_programs_are_read(table: Path, content: str) -> None:
    table.write_bytes(content.encode())

    assert [one.profile.name for one in read_organizations(table)] == ["Lantern Bakery"]


def test_every_bad_row_is_named_with_its_line(table: Path) -> None:
    content = HEADER + row(1, "") + row(2, "x" * 201) + row(3, "bell\x07") + row(4) + row(4)
    content += "5,too short\n" + row(6).strip() + ",too long\n" + row(7, "Loom", "ö" * 15)
    content += row(8, "zero\0byte") + row(9)

    found = problems(table, content)

    assert [problem.split(": ")[0] for problem in found] == [
        f":{n}" for n in (2, 3, 4, *range(6, 11))
    ]
    assert "name" in found[0] and "at least 1" in found[0]
    assert "at most 200" in found[1]
    assert "control characters" in found[2] and "control characters" in found[7]
    assert found[3] == ":6: '4' stands in line 5 too"
    assert found[4] == ":7: it does not have 8 columns" and "8 columns" in found[5]
    assert "ownership" in found[6] and "more than 28 bytes" in found[6]


def test_a_row_with_two_faults_names_both(table: Path) -> None:
    found = problems(table, HEADER + row("a\tb", ""))

    assert len(found) == 1
    assert "identifier: " in found[0] and "name: " in found[0]


def test_a_row_that_comes_three_times_is_named_twice(table: Path) -> None:
    found = problems(table, HEADER + row("a") * 3)

    assert found == [":3: 'a' stands in line 2 too", ":4: 'a' stands in line 2 too"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", ":1: these columns are missing: " + ", ".join(COLUMNS)),
        (HEADER.replace("sector,", ""), ":1: these columns are missing: sector"),
        (HEADER.replace("sector", "Sector"), ":1: these columns are missing: sector"),
        (HEADER, " has no rows"),
        (HEADER + row("a") + 'b,"never closed,', ":"),
        (HEADER + row("a", '"a"b'), ":"),
        ((HEADER + row("a")).encode() + b"b,\xff\xfe,", ":3: this is not UTF-8"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le"), ":1: this is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(
    table: Path, content: str | bytes, problem: str
) -> None:
    found = problems(table, content)

    assert len(found) == 1 and found[0].startswith(problem)


@pytest.mark.parametrize(
    "broken",
    ['b,"never closed,', row("b", '"a"b'), row("b", "x" * 200_000)],
    ids=["open", "quote", "huge"],
)
def test_a_broken_row_is_named_with_its_own_line(table: Path, broken: str) -> None:
    assert problems(table, HEADER + row("a") + broken)[0].startswith(":3: this is not CSV: ")


def test_a_huge_field_is_refused(table: Path) -> None:
    assert "field larger than field limit" in problems(table, HEADER + row("a", "x" * 200_000))[0]


def test_a_huge_file_is_not_read(table: Path) -> None:
    with table.open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)

    with pytest.raises(InvalidInput, match="larger than"):
        read_organizations(table)


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_is_none_is_refused(table: Path, there: bool) -> None:
    if there:
        table.mkdir()

    with pytest.raises(InvalidInput, match="cannot be read"):
        read_organizations(table)


def test_the_limit_takes_the_first_rows_and_looks_at_no_others(table: Path) -> None:
    table.write_text(HEADER + row("a") + row("b") + row("c", ""))

    assert len(read_organizations(table, limit=2)) == 2
    with pytest.raises(InvalidInput):
        read_organizations(table, limit=3)


def test_lines_are_counted_as_an_editor_counts_them(table: Path) -> None:
    content = HEADER + row("a", '"form\x0cfeed, line\u2028separator"') + row("b", "")

    found = problems(table, content)

    assert [problem.split(": ")[0] for problem in found] == [":2", ":3"]


def test_bad_rows_before_a_broken_quote_are_named_too(table: Path) -> None:
    found = problems(table, HEADER + row("a", "") + 'b,"never closed,')

    assert len(found) == 2


def test_a_constituency_has_no_control_characters(table: Path) -> None:
    found = problems(table, HEADER + row("a", "Loom", "Wor\x07kers"))

    assert len(found) == 1 and "ownership" in found[0]
