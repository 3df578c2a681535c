"""Sealed resources: everybody may hold them, and those to whom they were sealed can open them.

What is published is an age file whose content is a CAR of the plaintext's blocks, encrypted to a
key made for this resource alone. An envelope is a small public document that holds that key,
encrypted to the sharing keys of some organizations. To let another one in is to publish another
envelope; the resource stays as it is.

Inside an envelope is canonical JSON: `identity`, the resource's key; `resource`, the sealed bytes
that it opens; `root`, the plaintext's root CID, and `profile`, how that was made; `name`, its file
name, or empty. So an envelope cannot be used for another resource, nor a resource pass for another
content. Who sealed it, age does not tell: that is what the chain records.
"""

import base64
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import AfterValidator

from metaorg.errors import ContentCorrupt, ContentMalformed, ContentMissing, InvalidInput, Refused
from metaorg.ipfs import age, car, documents
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.keys import SharingKey, key_id
from metaorg.ipfs.store import Source
from metaorg.ipfs.unixfs import content
from metaorg.records import ENVELOPE_KEYS, CidText, Envelope, Line, made
from metaorg.types import Cid, Model

_SHOWN = 5
"""Key ids that a message names."""


@dataclass(frozen=True, slots=True)
class ResourceKey:
    """What opens one sealed resource, and what is found in it.

    Args:
        identity: to which the payload is encrypted; made for it alone.
        resource: the sealed bytes.
        root: the plaintext's root.
        name: the plaintext's file name, or empty. profile: how its root was made.
    """

    identity: age.Identity = field(repr=False)
    resource: Cid
    root: Cid
    name: str = ""
    profile: str = ""


def sealed(root: Cid, blocks: Iterable[Block], identity: age.Identity) -> BinaryIO:
    """The bytes to publish, to be read while the blocks come; close it.

    Twice the same gives other bytes, so that nobody can tell that the content is.

    Raises:
        InvalidInput: at the end of reading, the root was not among the blocks: what they were made
            from changed since it was computed.
    """
    return age.encrypted(_Pieces(car.parts([root], _until(root, blocks))), _public(identity))


def envelope(key: ResourceKey, recipients: Sequence[str]) -> Envelope:
    """The document that lets the holders of some sharing keys open a resource.

    Args:
        recipients: public sharing keys; the steward's own among them, or he cannot let others in.

    Raises:
        InvalidInput: none, or more than `ENVELOPE_KEYS`; or one of them is no sharing key.
    """
    by_id = {key_id(recipient): recipient for recipient in recipients}
    if not 0 < len(by_id) <= ENVELOPE_KEYS:
        raise InvalidInput(
            f"an envelope is for 1 to {ENVELOPE_KEYS} sharing keys, not for {len(by_id)}: make "
            "several for more"
        )
    inner = _Inner(
        identity=str(key.identity),
        resource=str(key.resource),
        root=str(key.root),
        name=key.name,
        profile=key.profile,
    )
    ids = sorted(by_id)
    sealed_key = age.encrypt(documents.encode(inner.model_dump()), [by_id[one] for one in ids])
    return made(
        Envelope,
        resource=str(key.resource),
        keys=tuple(ids),
        age=base64.b64encode(sealed_key).decode(),
    )


def fitting(keys: Iterable[SharingKey], *envelopes: Envelope) -> tuple[SharingKey, Envelope]:
    """A key of one's own, and an envelope that it opens.

    Args:
        keys: one's own, in the order in which they are tried.

    Raises:
        Refused: none fits.
    """
    own = list(keys)
    for key in own:
        for one in envelopes:
            if key.id in one.keys:
                return key, one
    raise _not_for((key.id for key in own), (one for each in envelopes for one in each.keys))


def unwrap(envelope: Envelope, identity: age.Identity) -> ResourceKey:
    """What an envelope holds.

    Raises:
        Refused: it is not for this key.
        ContentMalformed: it was tampered with, or is for another resource than it says.
    """
    own = key_id(_public(identity))
    if own not in envelope.keys:
        raise _not_for([own], envelope.keys)
    cid = Cid.of(documents.encode(envelope.content()))
    try:
        raw = base64.b64decode(envelope.age, validate=True)
        content = documents.decode(age.decrypt(raw, identity, recipients=len(envelope.keys)))
        inner = _Inner.model_validate(content)
        opens = age.identity_of(inner.identity)
    except (age.Broken, InvalidInput, ValueError) as error:
        why = str(error) if isinstance(error, age.Broken) else "what is in it is no key"
        raise ContentMalformed(cid, f"as an envelope, {why}") from None
    if inner.resource != envelope.resource:
        raise ContentMalformed(cid, "the envelope is for another resource than it says")
    root, resource = Cid.parse(inner.root), Cid.parse(inner.resource)
    return ResourceKey(opens, resource, root, inner.name, inner.profile)


@contextmanager
def opened(
    source: Source,
    key: ResourceKey,
    folder: Path,
    *,
    advance: Callable[[int], object] = lambda size: None,
) -> Iterator[Embedded]:
    """The plaintext's blocks, in a store of their own that is deleted at the end.

    It lies in a new folder for the owner's eyes only. It is given once the last byte was found
    authentic; before, nothing of the plaintext leaves it. The root is `key.root`.

    Args:
        source: has the sealed bytes.
        folder: where the new folder is made: beside the target, so that the disk is the same.
        advance: called with the size of each piece of the sealed bytes that was read.

    Raises:
        ContentMalformed: the resource was tampered with, is cut off, or holds something else.
    """
    with (
        tempfile.TemporaryDirectory(prefix=".sealed-", dir=folder) as private,
        closing(Embedded(Path(private) / "blocks.db")) as store,
    ):
        _unpack(_Pieces(content(source, key.resource), advance), key, store)
        try:
            yield store
        except ContentMissing as error:
            if error.asked != (store.describe(),):
                raise
            raise ContentMalformed(key.resource, f"block {error.cid} is not in it") from None


def _unpack(source: "_Pieces", key: ResourceKey, store: Embedded) -> None:
    try:
        with age.decrypted(source, key.identity) as plain:
            blocks = car.read(plain)
            if blocks.roots != (key.root,):
                raise ContentMalformed(
                    key.resource, "it holds another content than its envelope says"
                )
            store.write(blocks)
            if plain.read(1):
                raise ContentMalformed(key.resource, "something follows its last block")
    except (age.Broken, InvalidInput, ContentCorrupt) as error:
        if error is source.error:
            raise
        raise ContentMalformed(key.resource, f"as a sealed resource, {error}") from None


def _file_name(text: str) -> str:
    if text in (".", "..") or "/" in text or "\\" in text:
        raise ValueError("it is no name of a file")
    return text


class _Inner(Model):
    """What is encrypted in an envelope."""

    identity: str = field(repr=False)
    name: Annotated[Line, AfterValidator(_file_name)]
    resource: CidText
    root: CidText
    profile: Line = ""


class _Pieces:
    """Pieces as a file to read, and the error that they ended with."""

    def __init__(
        self, pieces: Iterable[bytes], advance: Callable[[int], object] = lambda size: None
    ) -> None:
        self._pieces, self._rest, self._advance = iter(pieces), memoryview(b""), advance
        self.error: Exception | None = None

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            try:
                piece = next(self._pieces, None)
            except Exception as error:
                self.error = error
                raise
            if piece is None:
                return b""
            self._rest = memoryview(piece)
            self._advance(len(piece))
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)


def _until(root: Cid, blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, of which one has to be the root."""
    found = False
    for block in blocks:
        found = found or block.cid == root
        yield block
    if not found:
        raise InvalidInput("the content changed while it was read: run the same command again")


def _public(identity: age.Identity) -> str:
    return age.recipient_of(identity)


def _not_for(own: Iterable[str], keys: Iterable[str]) -> Refused:
    return Refused(
        f"this is sealed to {_listed(keys)}; yours: {_listed(own)}. Ask its steward to grant you "
        "access (`metaorg commons grant`), with your sharing key in your profile"
    )


def _listed(ids: Iterable[str]) -> str:
    known = sorted(set(ids))
    more = [f"{len(known) - _SHOWN} more"] if len(known) > _SHOWN else []
    return ", ".join(known[:_SHOWN] + more) or "no sharing key"
