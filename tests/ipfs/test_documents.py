"""Documents: one value, one encoding, one digest."""

import hashlib
import json
import math
import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.errors import InvalidInput
from metaorg.ipfs import decode, encode
from metaorg.ipfs.documents import DEPTH_LIMIT, SAFE_INTEGER
from metaorg.types import DOCUMENT_LIMIT

numbers = st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.floats(
    allow_nan=False, allow_infinity=False
).filter(lambda f: not SAFE_INTEGER < abs(f) < 1e21)
texts = st.text(st.characters(blacklist_categories=("Cs",)))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


def reference(value: Any) -> str:
    """RFC 8785 a second time, from its text: ECMA-262 numbers, JSON strings, UTF-16 key order."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{reference(key)}:{reference(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(reference, value)) + "]"
    if isinstance(value, float):
        return ecmascript(value)
    return json.dumps(value, ensure_ascii=False)


def ecmascript(number: float) -> str:
    """Number::toString of ECMA-262, section 6.1.6.1.20, with its letters s, k and n."""
    if number == 0:
        return "0"
    if number < 0:
        return "-" + ecmascript(-number)
    # repr gives the shortest digits that read back as the same double, as ECMA-262 asks.
    _, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    s, k = "".join(map(str, digits)), len(digits)
    n = int(exponent) + k
    if k <= n <= 21:
        return s + "0" * (n - k)
    if 0 < n <= 21:
        return s[:n] + "." + s[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + s
    mantissa = s if k == 1 else s[0] + "." + s[1:]
    return f"{mantissa}e{n - 1:+d}"


@given(values)
def test_encoding_is_rfc_8785(value: Any) -> None:
    assert encode(value) == reference(value).encode()


@given(values)
def test_a_document_reads_back_as_the_value_that_was_written(value: Any) -> None:
    assert decode(encode(value)) == value


@given(st.one_of(st.binary(), values.map(lambda value: json.dumps(value).encode())))
def test_what_can_be_read_is_exactly_what_would_be_written(data: bytes) -> None:
    try:
        value = decode(data)
    except InvalidInput:
        return

    assert encode(value) == data


def test_the_example_of_rfc_8785_section_3_2_2() -> None:
    value = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
             "literals": [null, true, false]}"""
    )

    data = encode(value)

    assert data.decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    )
    assert data.decode() == reference(value)


def test_keys_are_sorted_by_utf_16_units_as_in_rfc_8785_section_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    data = encode(dict.fromkeys(keys))

    read = list(json.loads(data))
    assert read == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_digest_on_chain_is_the_sha256sum_of_the_file(tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("this system has no sha256sum")
    file = tmp_path / "profile.json"
    data = encode({"name": "Bakery", "seats": 1})

    file.write_bytes(data)

    said = subprocess.run(["sha256sum", file], check=True, capture_output=True, text=True).stdout
    assert said.split()[0] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a":1', "not JSON"),
        (b"1 2", "not JSON"),
        (b"\xff", r"not UTF-8 \(byte 0\)"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("\ufeff1".encode(), "not JSON"),
        ("1".encode("utf-16"), "not UTF-8"),
        (b'{"a":1,"a":1}', "the key 'a' stands twice"),
        (b'{"a":1,"\\u0061":1}', "the key 'a' stands twice"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"1e400", "number 1e400 is not read alike"),
        (b"9007199254740992", "write it as text"),
        (b"-9007199254740992", "write it as text"),
        (b"9" * 100_000, "write it as text"),
        (b"100000000000000000000.0", "write it as text"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'{"\\udfff":1}', "half of a surrogate pair"),
        (b'{"b":1,"a":2}', "canonical"),
        (b'{"a": 1}', "canonical"),
        (b"1\n", "canonical"),
        (b"1.0", "canonical"),
        (b"-0", "canonical"),
        (b"1E2", "canonical"),
        (b'"\\u00e9"', "canonical"),
        (b'"\\/"', "canonical"),
        (b"[" * 500_000, "deep"),
        (b"[" * 65 + b"]" * 65, "deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep"),
        (b'"' + b"a" * DOCUMENT_LIMIT + b'"', "at most 1,048,576 bytes"),
    ],
    ids=lambda shown: repr(shown)[:30],
)
def test_bytes_in_any_other_form_are_refused_with_the_reason(data: bytes, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        decode(data)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "number nan is not read alike"),
        ([math.inf], "number inf is not read alike"),
        (SAFE_INTEGER + 1, "9007199254740992 is not read alike"),
        (float(SAFE_INTEGER + 1), "9007199254740992 is not read alike"),
        (10**5000, "a whole number of 16610 bits"),
        (-1e20, "-100000000000000000000 is not read alike"),
        ("\ud800", "half of a surrogate pair"),
        ({"\ud800": 1}, "half of a surrogate pair"),
        ({1: 2}, "the key '1' is not text"),
        ({"a": {None: 2}}, "the key 'None' is not text"),
        (b"bytes", "a bytes cannot be written"),
        ({"a": {1, 2}}, "a set cannot be written"),
        ("a" * DOCUMENT_LIMIT, "at most 1,048,576 bytes"),
        (["\n" * (DOCUMENT_LIMIT // 2)], "at most 1,048,576 bytes"),
    ],
    ids=lambda shown: repr(shown)[:30] if not isinstance(shown, int) else "int",
)
def test_a_value_that_json_cannot_carry_is_refused_with_the_reason(
    value: Any, problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        encode(value)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_ends_at_the_limit_in_both_directions() -> None:
    deepest = encode(nested(DEPTH_LIMIT))

    assert decode(deepest) == nested(DEPTH_LIMIT)
    with pytest.raises(InvalidInput, match="deep"):
        encode(nested(DEPTH_LIMIT + 1))


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(InvalidInput, match="deep"):
        encode(endless)


def test_a_small_value_that_unfolds_without_end_is_refused_at_once() -> None:
    value: Any = "x" * 1000
    for _ in range(DEPTH_LIMIT - 1):
        value = [value] * 1000
    started = time.monotonic()

    with pytest.raises(InvalidInput, match="at most"):
        encode(value)

    assert time.monotonic() - started < 5


def test_many_keys_of_which_the_last_is_double_are_refused_at_once() -> None:
    members = ",".join(f'"{n}":1' for n in [*range(80_000), 79_999])
    started = time.monotonic()

    with pytest.raises(InvalidInput, match="'79999' stands twice"):
        decode(f"{{{members}}}".encode())

    assert time.monotonic() - started < 5


def test_a_full_document_of_one_mebibyte_is_accepted() -> None:
    value = "a" * (DOCUMENT_LIMIT - 2)

    assert decode(encode(value)) == value


def test_tuples_are_written_as_lists() -> None:
    assert encode({"pair": (1, 2)}) == b'{"pair":[1,2]}'
