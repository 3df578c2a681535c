"""Sealed resources: those to whom they were sealed get every byte, nobody gets another one."""

import base64
import io
import os
import stat
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.errors import (
    ContentMalformed,
    ContentMissing,
    InvalidInput,
    Refused,
)
from metaorg.ipfs import Embedded, Source, age, car, documents
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.cid import Import
from metaorg.ipfs.keys import key_id
from metaorg.ipfs.sealing import ResourceKey, envelope, opened, sealed, unwrap
from metaorg.ipfs.unixfs import extract
from metaorg.records import ENVELOPE_KEYS, Envelope
from metaorg.types import DOCUMENT_LIMIT, RAW, Cid

CHUNK = 1 << 16
"""What age encrypts at once."""
BAKERY, FOOD_COOP, OUTSIDER = (age.new_identity() for _ in range(3))


def block(data: bytes) -> Block:
    return Block(Cid.of(data), data)


def seal(*blocks: Block, root: Cid | None = None) -> tuple[bytes, ResourceKey]:
    """The sealed bytes of blocks, and what opens them."""
    root = root or blocks[-1].cid
    identity = age.new_identity()
    with sealed(root, blocks, identity) as stream:
        data = stream.read()
    return data, ResourceKey(identity, Cid.of(data), root, "recipes.csv")


class Held(Source):
    """Blocks in memory."""

    name = "held"

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.blocks = dict(blocks)

    def describe(self) -> str:
        return "those held"

    def get(self, cid: Cid) -> bytes:
        if cid not in self.blocks:
            raise ContentMissing(cid, [self.describe()])
        return self.blocks[cid]

    def has(self, cid: Cid) -> bool:
        return cid in self.blocks


def published(data: bytes, key: ResourceKey) -> tuple[Held, ResourceKey]:
    """Sealed bytes as a file of the commons, and the key to it."""
    work = Import.stream(io.BytesIO(data))
    held = Held(work)
    return held, replace(key, resource=work.root.cid)


def opening(data: bytes, key: ResourceKey, folder: Path) -> AbstractContextManager[Embedded]:
    held, key = published(data, key)
    return opened(held, key, folder)


def to(key: ResourceKey, *identities: age.Identity) -> Envelope:
    return envelope(key, [age.recipient_of(identity) for identity in identities])


def content(data: bytes, key: ResourceKey, folder: Path) -> dict[Cid, bytes]:
    """Every block of the opened resource."""
    with opening(data, key, folder) as store:
        return {cid: store.get(cid) for cid in store.cids()}


PLAIN = [block(os.urandom(size)) for size in (0, 1, CHUNK, 3 * CHUNK)]
SEALED, KEY = seal(*PLAIN)
ENVELOPE = to(KEY, BAKERY, FOOD_COOP)


def test_whoever_has_an_envelope_for_his_key_gets_every_block(tmp_path: Path) -> None:
    for identity in (BAKERY, FOOD_COOP):
        key = unwrap(ENVELOPE, identity)

        assert content(SEALED, key, tmp_path) == dict(PLAIN)
        assert (key.resource, key.root, key.name) == (KEY.resource, KEY.root, "recipes.csv")


def test_a_folder_goes_the_whole_way(tmp_path: Path) -> None:
    recipes = tmp_path / "recipes"
    (recipes / "bread" / "empty").mkdir(parents=True)
    (recipes / "bread" / "rye.txt").write_bytes(os.urandom(3 << 20))
    (recipes / "latest").symlink_to("bread/rye.txt")
    measured = Import(recipes)
    for _ in measured:
        pass

    identity = age.new_identity()
    with sealed(measured.root.cid, Import(recipes), identity) as stream:
        payload = Import.stream(stream)
        commons = Held(payload)
    envelope = to(
        ResourceKey(identity, payload.root.cid, measured.root.cid, "recipes"), BAKERY, FOOD_COOP
    )
    key, sizes = unwrap(envelope, FOOD_COOP), list[int]()
    with opened(commons, key, tmp_path, advance=sizes.append) as store:
        extract(store, key.root, tmp_path / "copy")

    assert (tmp_path / "copy" / "latest").read_bytes() == (recipes / "latest").read_bytes()
    assert (tmp_path / "copy" / "bread" / "empty").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "recipes"]
    assert sum(sizes) == payload.root.size


def test_a_folder_of_which_the_sealer_left_a_part_out_is_not_put_down(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    for name in ("rye", "spelt"):
        (tmp_path / "recipes" / name).write_text(name)
    work = Import(tmp_path / "recipes")
    rye, *others = work

    data, key = seal(*others, root=work.root.cid)

    with (
        pytest.raises(ContentMalformed, match=str(rye.cid)),
        opening(data, key, tmp_path) as store,
    ):
        extract(store, key.root, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["recipes"]


@settings(max_examples=60)
@given(
    st.integers(0, 3),
    st.integers(-200, 200),
    st.lists(st.integers(1, 3 * CHUNK), min_size=1, max_size=4),
)
def test_every_size_comes_back(chunks: int, more: int, cuts: list[int]) -> None:
    plain = os.urandom(max(0, chunks * CHUNK + more))
    secret = age.new_identity()

    with age.encrypted(Cut(plain, cuts), age.recipient_of(secret)) as stream:
        encrypted = stream.read()
    with age.decrypted(Cut(encrypted, cuts), secret) as stream:
        assert stream.read() == plain


class Cut:
    """A file whose reads come short."""

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        self.data, self.cuts = data, cuts

    def read(self, size: int, /) -> bytes:
        self.cuts = self.cuts[1:] + self.cuts[:1]
        part = self.data[: min(size, self.cuts[0])]
        self.data = self.data[len(part) :]
        return part


def test_the_same_content_sealed_twice_does_not_look_the_same() -> None:
    again, key = seal(*PLAIN)

    assert key.root == KEY.root
    assert key.resource != KEY.resource
    assert again[-1000:] != SEALED[-1000:]


def test_what_is_public_tells_neither_root_nor_name_nor_secret() -> None:
    public = documents.encode(ENVELOPE.content()) + SEALED

    for secret in (str(KEY.root), KEY.name, str(KEY.identity), age.recipient_of(KEY.identity)):
        assert secret.encode() not in public
    assert sorted(ENVELOPE.keys) == sorted(
        key_id(age.recipient_of(one)) for one in (BAKERY, FOOD_COOP)
    )


def test_secrets_are_not_shown() -> None:
    for shown in (repr(KEY), str(KEY), repr(KEY.identity), repr(unwrap(ENVELOPE, BAKERY))):
        assert "AGE-SECRET" not in shown


def test_somebody_is_let_in_without_sealing_again(tmp_path: Path) -> None:
    steward = unwrap(ENVELOPE, BAKERY)

    later = to(steward, OUTSIDER)

    assert content(SEALED, unwrap(later, OUTSIDER), tmp_path) == dict(PLAIN)


def test_whoever_is_no_recipient_is_told_to_whom_it_is_sealed() -> None:
    with pytest.raises(Refused) as refused:
        unwrap(ENVELOPE, OUTSIDER)

    for identity in (BAKERY, FOOD_COOP, OUTSIDER):
        assert key_id(age.recipient_of(identity)) in str(refused.value)


def test_an_envelope_is_for_a_limited_number_of_keys() -> None:
    many = [age.new_identity() for _ in range(ENVELOPE_KEYS + 1)]

    most = to(KEY, *many[1:])

    assert len(documents.encode(most.content())) < DOCUMENT_LIMIT / 16
    assert unwrap(most, many[-1]).root == KEY.root
    for wrong in ((), many):
        with pytest.raises(InvalidInput, match="1 to 256 sharing keys"):
            to(KEY, *wrong)


def test_a_recipient_that_is_none_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        envelope(KEY, [str(BAKERY)])

    assert "AGE-SECRET" not in str(refused.value)


@settings(max_examples=80)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_payload_with_another_byte_opens_nothing(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    folder = tmp_path_factory.mktemp("target")
    damaged = bytearray(SEALED)
    damaged[place] ^= change

    with pytest.raises(ContentMalformed), opening(bytes(damaged), KEY, folder):
        raise AssertionError("it was handed out")

    assert list(folder.iterdir()) == []


@settings(max_examples=40)
@given(st.one_of(st.integers(0, len(SEALED) - 1), st.sampled_from([CHUNK, 2 * CHUNK])))
def test_a_payload_that_is_cut_off_opens_nothing(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    folder = tmp_path_factory.mktemp("target")

    with pytest.raises(ContentMalformed), opening(SEALED[:size], KEY, folder):
        raise AssertionError("it was handed out")

    assert list(folder.iterdir()) == []


def test_a_payload_with_something_behind_it_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ContentMalformed), opening(SEALED + b"more", KEY, tmp_path):
        raise AssertionError("it was handed out")


@settings(max_examples=150)
@given(st.integers(0, len(ENVELOPE.age) - 1), st.sampled_from("AZaz09+/="))
def test_an_envelope_with_another_character_opens_nothing_else(place: int, other: str) -> None:
    text = ENVELOPE.age[:place] + other + ENVELOPE.age[place + 1 :]

    try:
        key = unwrap(ENVELOPE.model_copy(update={"age": text}), BAKERY)
    except ContentMalformed:
        return
    assert str(key.identity) == str(KEY.identity)
    assert (key.resource, key.root, key.name) == (KEY.resource, KEY.root, KEY.name)


def test_an_envelope_does_not_open_another_resource() -> None:
    moved = ENVELOPE.model_copy(update={"resource": str(Cid.of(b"another"))})

    with pytest.raises(ContentMalformed, match="another resource"):
        unwrap(moved, BAKERY)


@pytest.mark.parametrize(
    "names",
    [
        [BAKERY],  # one less than it is sealed to
        [BAKERY, FOOD_COOP, OUTSIDER],  # one more
        [BAKERY, OUTSIDER],  # another one
    ],
)
def test_an_envelope_that_names_other_keys_than_it_is_sealed_to_is_malformed(
    names: list[age.Identity],
) -> None:
    keys = tuple(sorted(key_id(age.recipient_of(one)) for one in names))
    liar = to(KEY, FOOD_COOP, OUTSIDER).model_copy(update={"keys": keys})

    with pytest.raises(ContentMalformed):
        unwrap(liar, BAKERY)


@pytest.mark.parametrize(
    "inner",
    [
        b"no JSON",
        b"[]",
        b"{}",
        documents.encode({"identity": "x", "name": "", "resource": "", "root": ""}),
        documents.encode(
            {
                "identity": str(KEY.identity),
                "name": "../climbs",
                "resource": str(KEY.resource),
                "root": str(KEY.root),
            }
        ),
    ],
    ids=["no JSON", "a list", "nothing", "no key", "a path"],
)
def test_an_envelope_with_something_else_in_it_is_malformed(inner: bytes) -> None:
    recipients = [age.recipient_of(one) for one in (BAKERY, FOOD_COOP)]
    text = base64.b64encode(age.encrypt(inner, recipients)).decode()

    with pytest.raises(ContentMalformed) as malformed:
        unwrap(ENVELOPE.model_copy(update={"age": text}), BAKERY)

    assert "AGE-SECRET" not in str(malformed.value)


def test_a_payload_with_another_root_opens_nothing(tmp_path: Path) -> None:
    wrong = ResourceKey(KEY.identity, KEY.resource, Cid.of(b"another root"))

    with (
        pytest.raises(ContentMalformed, match="another content"),
        opening(SEALED, wrong, tmp_path),
    ):
        raise AssertionError("it was handed out")


def test_a_block_that_the_sealer_left_out_is_told_as_his_fault(tmp_path: Path) -> None:
    absent = Cid.of(b"absent")

    with (
        pytest.raises(ContentMalformed, match=str(absent)),
        opening(SEALED, KEY, tmp_path) as store,
    ):
        store.get(absent)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"no CAR",
        b"".join(car.parts([KEY.root], PLAIN))[:-1],
        b"".join(car.parts([KEY.root], [Block(KEY.root, b"other bytes")])),
    ],
    ids=["nothing", "no CAR", "cut off", "a wrong hash"],
)
def test_a_payload_that_holds_no_sound_car_opens_nothing(tmp_path: Path, plain: bytes) -> None:
    data = age.encrypt(plain, [age.recipient_of(KEY.identity)])

    with pytest.raises(ContentMalformed), opening(data, KEY, tmp_path):
        raise AssertionError("it was handed out")

    assert list(tmp_path.iterdir()) == []


def test_a_source_that_lacks_a_part_is_told_as_it_is(tmp_path: Path) -> None:
    held, key = published(*seal(block(os.urandom(2 << 20)), PLAIN[-1]))
    lost = [cid for cid in held.blocks if cid.codec == RAW][1]
    del held.blocks[lost]

    with pytest.raises(ContentMissing, match=str(lost)), opened(held, key, tmp_path):
        raise AssertionError("it was handed out")

    assert list(tmp_path.iterdir()) == []


def test_an_error_of_what_is_sealed_stays_what_it_is() -> None:
    def blocks() -> Iterator[Block]:
        yield PLAIN[-1]
        raise ContentMissing(KEY.root)

    with (
        pytest.raises(ContentMissing),
        sealed(KEY.root, blocks(), age.new_identity()) as stream,
    ):
        stream.read()


def test_what_changed_while_it_was_sealed_is_not_sealed() -> None:
    with (
        pytest.raises(InvalidInput, match="changed while it was read"),
        sealed(Cid.of(b"as it was"), PLAIN, age.new_identity()) as stream,
    ):
        stream.read()


def test_the_plaintext_is_private_and_goes_away(tmp_path: Path) -> None:
    with opening(SEALED, KEY, tmp_path) as store:
        [folder] = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert store.path.parent == folder

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "header",
    [
        b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n",
        b"-> a\n\n",
        b"-> scrypt " + b"A" * 22 + b" 30\n" + b"A" * 43 + b"\n",
    ],
)
def test_a_header_that_would_take_hours_is_not_read(tmp_path: Path, header: bytes) -> None:
    bomb = b"age-encryption.org/v1\n" + header * 100_000 + b"--- " + b"A" * 43 + b"\n"

    with pytest.raises(ContentMalformed, match="no age file"), opening(bomb, KEY, tmp_path):
        raise AssertionError("it was handed out")
    with pytest.raises(age.Broken):
        age.decrypt(bomb, BAKERY, recipients=ENVELOPE_KEYS)


def test_a_file_for_a_password_is_not_opened(tmp_path: Path) -> None:
    hard = b"-> scrypt " + b"A" * 22 + b" 40\n" + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n"

    with pytest.raises(age.Broken):
        age.decrypt(b"age-encryption.org/v1\n" + hard, BAKERY)


def test_any_age_program_reads_what_is_sealed() -> None:
    plain = pyrage.decrypt(SEALED, [KEY.identity])

    assert plain == b"".join(car.parts([KEY.root], PLAIN))


def test_a_reader_that_goes_away_ends_the_work() -> None:
    def endless() -> Iterator[Block]:
        while True:
            yield PLAIN[-1]

    with sealed(KEY.root, endless(), age.new_identity()) as stream:
        stream.read(10 * CHUNK)

    assert not [one for one in threading.enumerate() if one.name == "age"]


def test_memory_does_not_grow_with_the_payload() -> None:
    """64 MiB go through in at most 6 MiB of what Python allocates: pieces, pipe and buffers."""
    identity = age.new_identity()
    large = block(bytes(1 << 20))

    tracemalloc.start()
    try:
        with (
            sealed(large.cid, (large for _ in range(64)), identity) as stream,
            age.decrypted(stream, identity) as plain,
        ):
            while plain.read(CHUNK):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 6 << 20
