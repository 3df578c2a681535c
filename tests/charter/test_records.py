"""The small documents whose digests are on chain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from metaorg.charter import encode, pledge_digest
from metaorg.errors import InvalidInput
from metaorg.ipfs import Gateways, documents
from metaorg.records import (
    Description,
    Envelope,
    Pledge,
    Profile,
    Proposal,
    Reason,
    Record,
    made,
    read_description,
)
from metaorg.types import Cid

RECORDS: list[Record] = [
    Profile(name="Lantern Bakery", sector="Food"),
    Profile(name="Lantern Bakery", node="https://commons.example.org:8443/bakery"),
    Envelope(resource=str(Cid.of(b"sealed")), keys=("0" * 16, "f" * 16), age="YWdl"),
    Pledge(text="Bread"),
    Reason(text="Because"),
    Proposal(title="A title", body="Words", actions=("do this", "do that")),
    Description(title="Handbook", size=3),
]
SEALED = {"resource": str(Cid.of(b"sealed")), "keys": ("0" * 16,), "age": "YWdl"}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_canonical_json_and_reads_back(record: Record) -> None:
    content = documents.decode(encode(record))

    assert type(record).model_validate(content) == record
    assert isinstance(content, dict) and content["type"] == type(record).__name__


def test_a_profile_without_key_and_node_keeps_the_digest_it_had_before_there_were_any() -> None:
    profile = Profile(name="Lantern Bakery", sector="Food")

    assert encode(profile) == (
        b'{"country":"","identifier":"","legal_form":"","locality":"","name":"Lantern Bakery",'
        b'"region":"","sector":"Food","type":"Profile","website":""}'
    )


@given(st.sampled_from(["http", "https"]), st.text("aB1.:/@%[]\\é\x00?# \u2028_-", max_size=12))
def test_a_node_that_a_profile_can_name_is_one_that_all_can_ask(scheme: str, rest: str) -> None:
    try:
        node = Profile(name="Lantern Bakery", node=f"{scheme}://{rest}").node
    except ValidationError:
        return

    assert Gateways([node]).dropped == {}


def test_a_field_of_a_later_version_is_kept() -> None:
    profile = Profile.model_validate({"name": "Lantern Bakery", "founded": 1987})

    assert documents.decode(encode(profile)) == profile.content()
    assert profile.content()["founded"] == 1987


def test_no_pledge_is_32_zero_bytes() -> None:
    assert pledge_digest(None) == bytes(32)
    assert pledge_digest(Pledge(text="x")) == Cid.of(encode(Pledge(text="x"))).digest


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Profile, {}),
        (Profile, {"name": ""}),
        (Profile, {"name": "  "}),
        (Profile, {"name": "x" * 201}),
        (Profile, {"name": "two\nlines"}),
        (Profile, {"name": "escape\x1b[31m"}),
        (Profile, {"name": "right to left \u202e"}),
        (Profile, {"name": "x", "website": "a\tb"}),
        (Profile, {"name": "x", "sharing_key": "age1mistyped"}),
        (Profile, {"name": "x", "node": "ftp://example.org"}),
        (Profile, {"name": "x", "node": "https://"}),
        (Profile, {"name": "x", "node": "https://[::1"}),
        (Profile, {"name": "x", "node": "https://example.org:99999"}),
        (Profile, {"name": "x", "node": "https://baker:password@example.org"}),
        (Profile, {"name": "x", "node": "https://example.org/?a=b"}),
        (Profile, {"name": "x", "node": "https://example.org/@bakery"}),
        (Profile, {"name": "x", "node": "https://bäckerei.example.org"}),
        (Envelope, SEALED | {"keys": ()}),
        (Envelope, SEALED | {"keys": ("f" * 16, "0" * 16)}),
        (Envelope, SEALED | {"keys": ("0" * 16, "0" * 16)}),
        (Envelope, SEALED | {"keys": ("0" * 16 + "\n",)}),
        (Envelope, SEALED | {"keys": tuple(f"{n:016x}" for n in range(257))}),
        (Envelope, SEALED | {"resource": "bafk"}),
        (Envelope, SEALED | {"resource": Cid.of(b"sealed").uri}),
        (Envelope, SEALED | {"age": "not base64!"}),
        (Envelope, SEALED | {"age": "A" * 65_537}),
        (Pledge, {"text": ""}),
        (Pledge, {"text": "x" * 100_001}),
        (Description, {"title": "x", "size": -1}),
        (Reason, {"text": "x", "type": "Pledge"}),
    ],
)
def test_a_record_that_cannot_be_is_refused(kind: type[Record], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind(**fields)


def test_made_names_every_problem_with_its_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        made(Profile, name="", website="a\nb")

    assert len(refused.value.problems) == 2
    assert all(
        problem.startswith(f"profile: {field}: ")
        for problem, field in zip(refused.value.problems, ("name", "website"), strict=True)
    )


@given(st.text(max_size=300))
def test_a_description_of_anybody_is_read_without_failing(text: str) -> None:
    title, body = read_description(text)

    assert isinstance(title, str)
    assert body is None or body.uri in text


def test_a_description_has_a_title_and_a_body() -> None:
    cid = Cid.of(b"body")

    assert read_description(f"# Title\n\n{cid.uri}\n\n#proposer=0x") == ("Title", cid)
    assert read_description("Title") == ("Title", None)
    assert read_description("") == ("", None)
    assert read_description("# T\nipfs://nonsense\n" + cid.uri) == ("T", None)
