"""Addresses, content ids and calls: what comes in is checked once, and trusted after that."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.errors import InvalidInput
from metaorg.types import CODECS, DAG_PB, RAW, Call, Cid, checksum_address

TO = "0x" + "11" * 20
# The vectors of EIP-55.
CHECKSUMMED = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_an_address_in_one_case_gets_its_checksum(address: str) -> None:
    assert checksum_address(address.lower()) == address
    assert checksum_address("0x" + address[2:].upper()) == address
    assert checksum_address(address) == address


@pytest.mark.parametrize("address", CHECKSUMMED[4:])
def test_an_address_with_one_letter_in_the_wrong_case_is_mistyped(address: str) -> None:
    index = next(i for i, c in enumerate(address) if i > 1 and c.isalpha())
    wrong = address[:index] + address[index].swapcase() + address[index + 1 :]

    with pytest.raises(InvalidInput, match="mistyped"):
        checksum_address(wrong)


@pytest.mark.parametrize(
    "text",
    ["", "0x", "11" * 20, "0x" + "1" * 39, "0x" + "1" * 41, "0x" + "g" * 40, TO + "\n", " " + TO],
)
def test_what_is_not_20_bytes_in_hex_is_no_address(text: str) -> None:
    with pytest.raises(InvalidInput, match="not an address"):
        checksum_address(text)


@given(st.binary(min_size=20, max_size=20))
def test_a_checksummed_address_is_its_own_checksum(address: bytes) -> None:
    once = checksum_address("0x" + address.hex())

    assert checksum_address(once) == once
    assert once.lower() == "0x" + address.hex()


# ---------------------------------------------------------------------- Cid


@pytest.mark.parametrize(
    ("data", "codec", "text"),
    [  # as `ipfs add --cid-version=1` and `ipfs block put` print them
        (b"", RAW, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
        (b"hello world", RAW, "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"),
        (
            bytes.fromhex("0a020801"),
            DAG_PB,
            "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
        ),
    ],
)
def test_a_cid_is_written_as_ipfs_writes_it(data: bytes, codec: int, text: str) -> None:
    cid = Cid.of(data, codec)

    assert str(cid) == text
    assert cid.uri == f"ipfs://{text}"
    assert cid.digest == hashlib.sha256(data).digest()
    assert cid.matches(data) and not cid.matches(data + b"\0")


@given(st.binary(min_size=32, max_size=32), st.sampled_from(sorted(CODECS)))
def test_a_cid_survives_being_written(digest: bytes, codec: int) -> None:
    cid = Cid(digest=digest, codec=codec)

    assert Cid.parse(str(cid)) == cid
    assert Cid.parse(cid.uri) == cid


HELLO = str(Cid.of(b"hello world"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "ipfs://",
        "ipfs://ipfs://" + HELLO,
        "/ipfs/" + HELLO,
        HELLO + "/path",
        HELLO + "a",
        HELLO[:-1],
        HELLO.upper(),
        "b" + HELLO[1:].upper(),
        HELLO + "====",
        " " + HELLO,
        HELLO + "\n",
        HELLO[:-1] + "7",  # bits beyond the last byte
        HELLO.replace("s", "\u017f"),  # its upper case is S
        "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5",
        "Qm" + "z" * 44,  # too large for 34 bytes
        "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff50",  # base58 has no zero
        "zb2rhk6GMPQF3hfzwXTaNYFLKomMeC6UXdUt6jZKPpeVirLtV",
        "bafkrwi" + "a" * 52,  # another hash function
        "bafy\0",
    ],
)
def test_what_is_not_a_canonical_cid_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Cid.parse(text)


@given(st.text(max_size=70))
def test_parse_gives_a_cid_that_reads_the_same_or_refuses(text: str) -> None:
    try:
        cid = Cid.parse(text)
    except InvalidInput:
        return
    assert str(cid) == text.removeprefix("ipfs://")


def test_an_unknown_codec_is_named_with_those_that_are_known() -> None:
    text = str(Cid(digest=bytes(32), codec=0x01))

    with pytest.raises(InvalidInput, match=r"codec 0x1; known are raw \(0x55\)"):
        Cid.parse(text)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_has_32_bytes(length: int) -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        Cid(digest=bytes(length))


# ---------------------------------------------------------------------- Call


def test_a_call_in_json_shows_hex_and_keeps_its_documents_to_itself() -> None:
    call = Call(to=TO, data=b"\1\2", value=5, says="do something", documents=(b"secret",))

    shown = json.loads(call.model_dump_json())

    assert shown == {"to": TO, "data": "0x0102", "value": 5, "says": "do something"}
    assert "secret" not in repr(call)


@pytest.mark.parametrize(
    ("field", "value"), [("value", -1), ("to", "0x12"), ("to", CHECKSUMMED[4].swapcase())]
)
def test_a_call_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Call(**{"to": TO, "data": b"", "says": "x"} | {field: value})


def test_a_call_cannot_be_changed_afterwards() -> None:
    call = Call(to=TO, data=b"", says="do something")

    with pytest.raises(ValidationError, match="frozen"):
        call.says = "do something else"  # type: ignore[misc]


def test_a_call_has_no_fields_that_nobody_declared() -> None:
    with pytest.raises(ValidationError, match="gas"):
        Call(to=TO, data=b"", says="x", gas=1)  # type: ignore[call-arg]


def test_a_cid_of_version_0_names_a_node_and_is_written_again() -> None:
    old = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"

    cid = Cid.parse(f"ipfs://{old}")

    assert (cid.codec, cid.v0) == (DAG_PB, old)
    assert Cid.parse(str(cid)) == cid == Cid.from_bytes(b"\x12\x20" + cid.digest)
    assert Cid.from_bytes(cid.to_bytes()) == cid


@pytest.mark.parametrize("raw", [b"", b"\x12\x20" + bytes(31), b"\x01\x55\x13\x20" + bytes(32)])
def test_bytes_that_are_no_cid_are_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="is no CID over sha2-256"):
        Cid.from_bytes(raw)
