"""Sharing keys on disk: encrypted, private, never lost by making another one."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from metaorg.errors import InvalidInput, Misconfigured, Refused
from metaorg.ipfs import age
from metaorg.ipfs.keys import SharingKey, key_id, new_sharing_key, sharing_keys, unlock
from metaorg.ipfs.sealing import ResourceKey, envelope, fitting
from metaorg.records import Profile, made
from metaorg.types import Cid

PASSWORD = "correct horse"
NOW = 1_700_000_000


def make(folder: Path, *, now: int = NOW, rotate: bool = False) -> SharingKey:
    return new_sharing_key(folder, lambda: PASSWORD, now=now, rotate=rotate)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and its successor, made although the clock went back."""
    folder = tmp_path_factory.mktemp("home") / "keys" / "sharing"
    make(folder)
    make(folder, now=NOW - 1000, rotate=True)
    return folder


def never() -> str:
    raise AssertionError("nobody is to be asked for a password")


def test_a_key_is_private_and_encrypted(folder: Path) -> None:
    newest, _ = sharing_keys(folder)

    assert stat.S_IMODE(newest.file.stat().st_mode) == 0o600
    assert (
        stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    )
    assert b"AGE-SECRET-KEY" not in newest.file.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        key.file.name for key in sharing_keys(folder)
    )


def test_a_rotated_key_comes_first_whatever_the_clock_says(folder: Path) -> None:
    newest, oldest = sharing_keys(folder)

    assert (oldest.created, newest.created) == (NOW, NOW + 1)
    assert newest.id == key_id(newest.recipient) == newest.file.stem


def test_a_password_opens_a_key(folder: Path) -> None:
    newest, _ = sharing_keys(folder)

    identity = unlock(newest, PASSWORD)

    assert age.recipient_of(identity) == newest.recipient
    assert "AGE-SECRET" not in repr(identity)


def test_a_wrong_password_is_refused_and_not_repeated(folder: Path) -> None:
    newest, _ = sharing_keys(folder)

    with pytest.raises(Misconfigured, match="the password does not open") as refused:
        unlock(newest, "wrong horse")

    assert "wrong horse" not in str(refused.value)


def test_the_secret_is_what_age_itself_reads(folder: Path) -> None:
    newest, _ = sharing_keys(folder)

    held = json.loads(newest.file.read_text())["secret"].encode()

    created, public, secret = pyrage.passphrase.decrypt(held, PASSWORD).decode().splitlines()
    assert created == "# created: 2023-11-14T22:13:21Z"
    assert public == f"# public key: {newest.recipient}"
    assert str(pyrage.x25519.Identity.from_str(secret).to_public()) == newest.recipient


def test_a_second_key_is_only_made_by_rotation(folder: Path) -> None:
    before = sharing_keys(folder)

    with pytest.raises(InvalidInput, match="--rotate"):
        new_sharing_key(folder, never, now=NOW)

    assert sharing_keys(folder) == before


def test_where_there_is_no_folder_there_is_no_key(tmp_path: Path) -> None:
    assert sharing_keys(tmp_path / "absent") == []


def test_what_a_killed_program_left_is_no_key(folder: Path, tmp_path: Path) -> None:
    newest, _ = sharing_keys(folder)
    (tmp_path / newest.file.with_suffix(".partial").name).write_bytes(b'{"created"')

    assert sharing_keys(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content | {"recipient": age.recipient_of(age.new_identity())},
        lambda content: content | {"recipient": 5},
        lambda content: content | {"created": -1},
        lambda content: {"recipient": content["recipient"]},
        lambda _: ["a", "list"],
    ],
)
def test_a_damaged_file_is_named(
    folder: Path, tmp_path: Path, change: Callable[[Any], object]
) -> None:
    newest, _ = sharing_keys(folder)
    damaged = tmp_path / newest.file.name
    damaged.write_text(json.dumps(change(json.loads(newest.file.read_text()))))

    with pytest.raises(Misconfigured, match=newest.id):
        sharing_keys(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"[" * 5000])
def test_what_is_no_json_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0123456789abcdef.json").write_bytes(content)

    with pytest.raises(Misconfigured, match="0123456789abcdef"):
        sharing_keys(tmp_path)


def test_a_secret_of_another_key_is_refused(folder: Path, tmp_path: Path) -> None:
    newest, oldest = sharing_keys(folder)
    contents = [json.loads(key.file.read_text()) for key in (newest, oldest)]
    swapped = tmp_path / newest.file.name
    swapped.write_text(json.dumps(contents[0] | {"secret": contents[1]["secret"]}))

    with pytest.raises(Misconfigured, match="is no sharing key"):
        unlock(sharing_keys(tmp_path)[0], PASSWORD)


def test_the_key_that_an_envelope_names_is_found(folder: Path) -> None:
    own = sharing_keys(folder)
    key = ResourceKey(age.new_identity(), Cid.of(b"sealed"), Cid.of(b"plain"))
    stranger = age.recipient_of(age.new_identity())
    to_others = envelope(key, [stranger])
    to_the_older = envelope(key, [stranger, own[1].recipient])

    assert fitting(own, to_others, to_the_older) == (own[1], to_the_older)
    with pytest.raises(Refused) as refused:
        fitting(own, to_others)
    assert key_id(stranger) in str(refused.value)
    assert own[0].id in str(refused.value)


def test_a_profile_holds_the_public_part_only(folder: Path) -> None:
    newest, _ = sharing_keys(folder)

    assert made(Profile, name="x", sharing_key=newest.recipient).sharing_key == newest.recipient
    with pytest.raises(InvalidInput) as refused:
        made(Profile, name="x", sharing_key=str(unlock(newest, PASSWORD)))
    assert "AGE-SECRET" not in str(refused.value)
