"""Which columns look like personal data, and which only seem to."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.rules.personal_data import SAMPLE, is_scanned, personal_data


def found(data: str | bytes, name: str = "members.csv") -> list[tuple[str, str, str]]:
    data = data.encode() if isinstance(data, str) else data
    return [(one.column, one.kind.name, one.why) for one in personal_data(data, name)]


def columns(data: str | bytes, name: str = "members.csv") -> list[tuple[str, str]]:
    return [one[:2] for one in found(data, name)]


EMAIL = ["email", "E-Mail", "e_mail", "eMail", "EMAIL", "userEmail", "contact emails", "Mail",
         "correo electrónico", "Correu", "courriel", "Courrier électronique", "posta elettronica",
         "E-Mail-Adresse", "Emailadresse", "e-mailadres", "email2"]  # fmt: skip
PHONE = ["phone", "Phone Number", "phoneNumber", "tel", "Tel.", "TEL_HOME", "mobile", "Cell phone",
         "Telefon", "Telefonnummer", "Handy", "Mobilnummer", "téléphone", "Tél. portable",
         "Teléfono", "móvil", "telemóvel", "Telefone", "cellulare", "telefoon", "gsm", "telèfon",
         "mòbil", "Fax", "contact number", "phone1"]  # fmt: skip
BIRTH = ["date of birth", "dateOfBirth", "DATE_OF_BIRTH", "DOB", "D.O.B.", "birthday", "Birth year",
         "Geburtsdatum", "Geburtstag", "geb.", "date de naissance", "Né(e) le", "Naissance",
         "fecha de nacimiento", "Fecha nac.", "data de nascimento", "Data di nascita",
         "nato il", "geboortedatum", "data de naixement", "member birthdate"]  # fmt: skip


@pytest.mark.parametrize("name", EMAIL)
def test_an_email_column_is_known_by_its_name(name: str) -> None:
    assert found(f"id,{name}\n1,someone at home\n2,a@b\n") == [(name, "EMAIL", "by its name")]


@pytest.mark.parametrize("name", PHONE)
def test_a_phone_column_is_known_by_its_name(name: str) -> None:
    assert found(f"id,{name}\n1,\n2,912 345 678\n") == [(name, "PHONE", "by its name")]


@pytest.mark.parametrize("name", BIRTH)
@pytest.mark.parametrize("date", ["1980-02-29", "29.2.1980", "29/02/80", "1980", "19800229"])
def test_a_birth_column_is_known_by_its_name(name: str, date: str) -> None:
    assert found(f"id,{name}\n1,{date}\n") == [(name, "BIRTH", "by its name")]


@pytest.mark.parametrize(
    "name",
    ["telegraph road", "hotel", "mobility", "blackmail", "cello", "postal", "address", "website",
     "founded", "registered on", "birthplace", "name", "portal", "headset", "ethel", "faxe bay",
     "dobro", "emailed_reports_total", "phoneme"],
)  # fmt: skip
def test_a_name_that_only_contains_a_word_is_none(name: str) -> None:
    assert found(f"id,{name}\n1,\n") == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email verified", ["true", "false", "true"]),
        ("email open rate", ["0.41", "0.38", "0.40"]),
        ("mail", ["yes", "no", "yes"]),
        ("has phone", ["1", "0", "1"]),
        ("mobile homes", ["120", "85", "4"]),
        ("births", ["12.4", "11.0", "9.7"]),
    ],
)
def test_values_that_cannot_be_it_outweigh_a_name(name: str, values: list[str]) -> None:
    assert found(f"id,{name}\n" + "".join(f"1,{value}\n" for value in values)) == []


@pytest.mark.parametrize(
    "values",
    [
        ["+44 161 496 0000", "+44 161 496 0001", "0161 496 0002"],
        ["01 23 45 67 89", "0123456789", "01.23.45.67.89"],
        ["(212) 555-0123", "212-555-0124", "212.555.0125"],
        ["0034 912 345 678", "tel:+34912345678", "+34 912 345 678 ext. 9"],
        ["030/1234567", "(030) 123456", "030-12 34 56 78"],
    ],
)
def test_phone_numbers_are_known_by_their_form(values: list[str]) -> None:
    table = "id,column\n" + "".join(f"1,{value}\n" for value in [*values, "unknown", ""])

    assert found(table) == [("column", "PHONE", "3 of 4 values")]


@pytest.mark.parametrize(
    "values",
    [
        ["2001-02-03", "1999-12-31", "2020-01-01"],  # dates of founding
        ["01.02.2003", "31.12.1999", "01.01.2020"],
        ["01/02/2003 10", "31/12/1999 11", "01/01/2020 12"],
        ["01234567", "07654321", "00112233"],  # numbers of companies
        ["0012345678", "0012345679", "0012345680"],  # padded with zeros
        ["M1 1AE", "75011", "08001"],  # postcodes
        ["1 234 567", "912 345 678", "12 000 000"],  # amounts
        ["+12.500000000", "0.123456789", "0,987654321"],
        ["1234567890", "2345678901", "3456789012"],
        ["51.5074", "-0.1278", "048.856613"],  # coordinates
        ["192.168.10.12", "10.0.0.1", "172.16.254.1"],
        ["978-0-306-40615-7", "978-3-16-148410-0", "978-1-86197-876-9"],
        ["1999-2004", "2005-2010", "2011-2016"],
    ],
)
def test_numbers_that_only_resemble_phones_are_none(values: list[str]) -> None:
    assert found("name,column\n" + "".join(f'x,"{value}"\n' for value in values)) == []


@pytest.mark.parametrize("name", ["id", "ISBN", "company_code", "IBAN", "Reference", "SIRET"])
def test_columns_of_identifiers_hold_no_phone_numbers(name: str) -> None:
    numbers = "".join(f"x,{number}\n" for number in ("0123456789", "0123456788", "0123456787"))

    assert found(f"name,{name}\n{numbers}") == []
    assert columns(f"name,{name} or phone\n{numbers}") == [(f"{name} or phone", "PHONE")]


def test_two_phone_numbers_may_be_chance() -> None:
    assert found("name,column\nx,+44 161 496 0000\ny,+44 161 496 0001\n") == []


@pytest.mark.parametrize(
    "value", ["a@b.org", "mailto:a.b+c@d.co.uk", "Ada <ada@b.org>", "or ask böb@müller.example"]
)
def test_addresses_are_known_by_their_form(value: str) -> None:
    table = "id,notes\n" + "1,nothing\n" * 4 + f'1,"{value}"\n'

    assert found(table) == [("notes", "EMAIL", "1 of 5 values")]
    assert found(table + "1,nothing\n") == []


@pytest.mark.parametrize(
    "value",
    [
        "git@example.org:bread/oven.git",
        "https://baker@example.org/",
        "@baker@social.example",
        "lodash@4.17.21",
        "icon@2x.png",
        "@baker",
        "a @ b",
    ],
)
def test_what_only_has_an_at_sign_is_no_address(value: str) -> None:
    assert found(json.dumps({"x": value}), "x.json") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_are_read_as_spreadsheets_write_them(encoding: str, delimiter: str) -> None:
    rows = [["Name", "Téléphone", "Note"], ["Zoë", "01 23 45 67 89", '"a\nb, c"']]
    text = "\r\n".join(delimiter.join(row) for row in rows)

    for given_text in (text, f"Members 2024\r\n\r\n{text}"):
        assert columns(given_text.encode(encoding)) == [("Téléphone", "PHONE")]


def test_a_spreadsheet_that_names_its_delimiter_is_believed() -> None:
    assert columns("sep=;\na,b,c;email\n1,2,3;x@y.org\n") == [("email", "EMAIL")]


def test_a_table_without_names_has_its_columns_counted() -> None:
    assert found("Ada,ada@b.org\nBob,bob@b.org\n") == [("column 2", "EMAIL", "2 of 2 values")]
    assert found("ada@b.org\nbob@b.org\n") == [("column 1", "EMAIL", "2 of 2 values")]


def test_ragged_rows_do_not_matter() -> None:
    assert columns("a,email\n1\n1,x@y.org,3,4\n\n,,,\n") == [("email", "EMAIL")]


def test_a_quotation_mark_that_nobody_closed_does_not_hide_the_rest() -> None:
    rows = 'a,b\n1,"5 inches\n' + "1,x@y.org\n" * 20_000

    assert columns(rows) == [("b", "EMAIL")]


@pytest.mark.parametrize("name", ["x.json", "x.geojson", "x.JSONL", ""])
def test_values_deep_in_json_have_a_path(name: str) -> None:
    value = {
        "members": [
            {"email": "a@b.org", "phones": ["+44 161 496 0000"], "dateOfBirth": "1980-01-01"},
            {"email": None, "address": {"contact": "c@d.org", "road": "Telegraph Road"}},
        ]
    }
    expected = [
        ("members[].email", "EMAIL"),
        ("members[].phones[]", "PHONE"),
        ("members[].dateOfBirth", "BIRTH"),
        ("members[].address.contact", "EMAIL"),
    ]

    for indent in (None, 2):
        assert columns(json.dumps(value, indent=indent), name) == expected
    assert columns(json.dumps(value)[:-50], name) == expected[:3]


def test_lines_of_json_are_rows() -> None:
    lines = '{"name": "Ada", "e\\u002dmail": "a@b.org"}\n{"name": "Bob", "e-mail": "b@b.org"}\n'

    assert found(lines, "x.jsonl") == [("e-mail", "EMAIL", "by its name and 2 of 2 values")]


def test_the_name_of_what_is_around_counts() -> None:
    assert columns('{"phone": {"home": "912 345 678"}}', "x.json") == [("phone.home", "PHONE")]


@pytest.mark.parametrize(
    ("name", "scanned"),
    [
        *((f"x{suffix}", True) for suffix in (".csv", ".TSV", ".json", ".jsonl", ".ndjson")),
        ("places.geojson", True),
        ("", True),
        ("notes.txt", False),
        ("csv", False),
    ],
)
def test_what_is_looked_at_depends_on_the_name(name: str, scanned: bool) -> None:
    assert is_scanned(name) is scanned
    assert bool(columns('["a@b.org",\t"b@c.org"]', name)) is scanned


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"\0\0", b"\xef\xbb\xbf", b"\n\n\n"])
def test_what_is_no_text_says_nothing(data: bytes) -> None:
    assert found(data) == []


def test_only_the_beginning_of_a_file_is_looked_at() -> None:
    rows = "a,b\n" + "1,2\n" * (SAMPLE // 4) + "1,x@y.org\n" * SAMPLE

    assert found(rows) == []


@pytest.mark.parametrize(
    "data",
    [
        "[" * SAMPLE,
        '{"a":' * (SAMPLE // 5),
        '"' + '\\"' * (SAMPLE // 2),
        "," * SAMPLE,
        '"' * SAMPLE,
        "a,b\n" + "9" * SAMPLE,
        "".join(f'{{"k{number}":[' for number in range(SAMPLE // 12)),
    ],
    ids=["lists", "objects", "escapes", "commas", "quotes", "long", "both"],
)
@pytest.mark.parametrize("name", ["x.csv", "x.json"])
def test_hostile_files_say_nothing(data: str, name: str) -> None:
    assert found(data, name) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["", "x.csv", "x.tsv", "x.json"]))
def test_nothing_stops_the_reader(data: bytes, name: str) -> None:
    for one in personal_data(data, name):
        assert str(one).encode()


@given(JSON, st.booleans())
def test_an_address_is_found_wherever_in_json_it_is(value: object, ascii_only: bool) -> None:
    whole = {"before": value, "members": [{"email": "a@b.org"}], "after": value}
    text = json.dumps(whole, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    assert ("members[].email", "EMAIL") in columns(text, "x.json")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=5), max_size=5))
def test_an_address_is_found_whatever_is_in_the_other_columns(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([["email", "x"], ["a@b.org", "1"], *rows])

    assert ("email", "EMAIL") in columns(file.getvalue().encode("utf-8", "replace"))
