"""Sharing keys on disk: what others seal to an organization is opened with them.

Each is a file of its own in a folder: its public part in the clear, so that keys are listed without
a password, and its secret as an armored age file under one (scrypt), which holds an identity file
that age itself reads: `jq -r .secret FILE > secret.age; age --decrypt -i secret.age`. The newest is
the one to publish; the older ones stay, to open what was sealed to them.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from metaorg.errors import InvalidInput, Misconfigured
from metaorg.ipfs import age
from metaorg.records import KeyId, Recipient
from metaorg.times import moment
from metaorg.types import Model

FOLDER = "sharing"
"""Where they are, inside the folder of `keys`."""
_SIZE_LIMIT = 1 << 16


class SharingKey(Model):
    """The public part of a key on disk.

    Args:
        id: how envelopes name it.
        recipient: what goes into the organization's profile, "age1...".
        created: Unix seconds.
    """

    id: KeyId
    recipient: Recipient
    created: int = Field(ge=0)
    file: Path


def key_id(recipient: str) -> str:
    """What a key is called: the first 16 hex digits of the sha256 of its public text."""
    return hashlib.sha256(recipient.encode()).hexdigest()[:16]


def sharing_keys(folder: Path) -> list[SharingKey]:
    """The keys in a folder, the newest first; nothing is decrypted.

    Raises:
        Misconfigured: a file there is no sharing key.
    """
    keys = [_public(path, _read(path)) for path in folder.glob("*.json")]
    return sorted(keys, key=lambda key: (key.created, key.id), reverse=True)


def new_sharing_key(
    folder: Path, password: Callable[[], str], *, now: int, rotate: bool = False
) -> SharingKey:
    """Make a key and keep it encrypted, for its owner's eyes only.

    Args:
        password: asked once nothing else is in the way.
        now: Unix seconds.
        rotate: there is one already, and this one takes its place for what comes.

    Raises:
        InvalidInput: there is one already, and `rotate` was not said.
    """
    others = sharing_keys(folder)
    if others and not rotate:
        raise InvalidInput(
            f"there is the sharing key {others[0].id} already, made {moment(others[0].created)}: "
            "give --rotate to make one that takes its place; the old one stays, to open what was "
            "sealed to it"
        )
    identity = age.new_identity()
    recipient = age.recipient_of(identity)
    created = max([now, *(key.created + 1 for key in others)])
    held = f"# created: {moment(created)}\n# public key: {recipient}\n{identity}\n"
    content = {
        "created": created,
        "recipient": recipient,
        "secret": age.lock(held.encode(), password()),
    }
    path = folder / f"{key_id(recipient)}.json"
    _write(path, json.dumps(content, indent=2).encode() + b"\n")
    return SharingKey(id=path.stem, recipient=recipient, created=created, file=path)


def unlock(key: SharingKey, password: str) -> age.Identity:
    """The secret part of a key.

    Raises:
        Misconfigured: the password is wrong, or the file is damaged.
    """
    content = _read(key.file)
    try:
        held = age.unlock(str(content.get("secret")), password)
    except age.Broken:
        raise Misconfigured(f"the password does not open {key.file}, or it is damaged") from None
    try:
        identity = age.identity_of(held.decode().splitlines()[-1])
    except (age.Broken, UnicodeDecodeError, IndexError):
        raise _damaged(key.file) from None
    if age.recipient_of(identity) != key.recipient:
        raise _damaged(key.file)
    return identity


def _public(path: Path, content: dict[str, Any]) -> SharingKey:
    recipient = content.get("recipient")
    if not isinstance(recipient, str) or key_id(recipient) != path.stem:
        raise _damaged(path)
    try:
        created = content.get("created")
        return SharingKey.model_validate(
            {"id": path.stem, "recipient": recipient, "created": created, "file": path}
        )
    except ValidationError:
        raise _damaged(path) from None


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(_SIZE_LIMIT)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _write(path: Path, data: bytes) -> None:
    """A new file, whole or not at all. Its name comes from a new key, so that there is none yet."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """See that a folder's entries are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(path: Path) -> Misconfigured:
    return Misconfigured(f"{path} is no sharing key: restore it from a backup, or move it away")
