"""What a trustless gateway answers: blocks and CARs from one store, for others to verify.

https://specs.ipfs.tech/http-gateways/trustless-gateway/ is the protocol. Content is not shown as
web pages: then a reader would have to trust whoever serves it.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from metaorg.errors import (
    ContentMalformed,
    ContentMissing,
    InvalidInput,
    StoreUnreachable,
    Unreachable,
)
from metaorg.ipfs import car, hamt
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dag import walk
from metaorg.ipfs.dagpb import Kind, decode
from metaorg.ipfs.store import Source
from metaorg.ipfs.unixfs import resolve
from metaorg.types import DAG_PB, Cid

KINDS = {"raw": "application/vnd.ipld.raw", "car": "application/vnd.ipld.car"}
SCOPES = ("all", "entity", "block")
PROBE = "/ipfs/bafkqaaa"
"""The empty block, which is whole in its CID: with it clients ask whether this is a gateway."""
NAMES_LIMIT = 256
"""Names in a path; each costs a few blocks to read."""

_OPTIONS = {
    "version": ("", "1"),
    "order": ("", "dfs", "unk"),
    "dups": ("", "n"),
}
"""What a CAR may be asked to be; the first is what it is anyway."""


class Response(NamedTuple):
    """A status, headers, and a body: whole, or in pieces that are read as they are sent."""

    status: int
    headers: dict[str, str]
    body: bytes | Iterator[bytes] = b""


class Refusal(Exception):
    """Why a request is not answered with content: a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


class Request(NamedTuple):
    """What is asked for, as far as it is known without the store."""

    cid: Cid
    names: tuple[str, ...]
    scope: str

    @property
    def path(self) -> str:
        return "/".join(("", "ipfs", str(self.cid), *self.names))


def respond(source: Source, target: str, *, accept: str = "", match: str = "") -> Response:
    """The answer to GET, and without its body to HEAD.

    A CAR is read while its body is. When that raises, what was sent is not all, and must not be
    ended as if it were.

    Args:
        target: path and query, as they were sent.
        accept: the header Accept.
        match: the header If-None-Match.
    """
    try:
        found = _found(source, target, accept)
    except Refusal as refusal:
        return plain(refusal.status, str(refusal))
    except ContentMissing as missing:
        return plain(404, f"{missing.cid} is not held here")
    except ContentMalformed as malformed:
        return plain(422, str(malformed))
    except StoreUnreachable:
        return plain(503, "the store does not answer: try again later")
    except Unreachable:
        return plain(500, "it is damaged here: ask somebody else for it")
    known = [tag.strip().removeprefix("W/") for tag in match.split(",")]
    if "*" in known or found.headers["Etag"].removeprefix("W/") in known:
        return Response(304, {key: found.headers[key] for key in ("Etag", "Cache-Control")})
    return found


def plain(status: int, sentence: str) -> Response:
    """An answer for people."""
    kind = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Response(status, kind, f"{sentence}\n".encode(errors="replace"))


def _found(source: Source, target: str, accept: str) -> Response:
    path, _, query = target.partition("?")
    asked = dict(parse_qsl(query))
    if not path.startswith("/ipfs/"):
        raise Refusal(404, "only /ipfs/CID and what lies below it are served here")
    form, options = _form(asked.get("format", ""), accept)
    if path == PROBE and form == "raw":
        return Response(200, _headers("raw", PROBE, "bafkqaaa.bin", '"bafkqaaa.raw"'))
    request = _request(unquote(path, errors="surrogateescape"), asked.get("dag-scope", "all"))
    if form == "raw":
        return _raw(source, request)
    for option, allowed in _OPTIONS.items():
        if asked.get(f"car-{option}", options.get(option, "")) not in allowed:
            raise Refusal(400, f"a CAR is served with {option}={allowed[1]} only")
    return _car(source, request)


def _form(wanted: str, accept: str) -> tuple[str, dict[str, str]]:
    """In which form content is wanted, with the options that come with it in the header Accept."""
    offers: dict[str, dict[str, str]] = {}
    for offer in accept.split(","):
        kind, *options = (part.strip() for part in offer.split(";"))
        given = dict(one.split("=", 1) for one in options if "=" in one)
        offers |= {form: given for form in KINDS if KINDS[form] == kind and form not in offers}
    form = wanted or next(iter(offers), "")
    if form not in KINDS:
        raise Refusal(406, "only ?format=raw (a block) and ?format=car are served here")
    return form, offers.get(form, {})


def _request(path: str, scope: str) -> Request:
    text, *names = path.removeprefix("/ipfs/").split("/")
    try:
        cid = Cid.parse(text)
    except InvalidInput as error:
        raise Refusal(400, str(error)) from None
    names = [name for name in names if name]
    if scope not in SCOPES or len(names) > NAMES_LIMIT:
        raise Refusal(
            400, f"dag-scope is {', '.join(SCOPES)}; a path has up to {NAMES_LIMIT} names"
        )
    return Request(cid, tuple(names), scope)


def _raw(source: Source, request: Request) -> Response:
    way = _Way(source, request)
    headers = way.headers("raw", f"{way.end}.bin", f'"{way.end}.raw"')
    return Response(200, headers, source.get(way.end))


def _car(source: Source, request: Request) -> Response:
    way = _Way(source, request)
    source.get(way.end)  # what is not here is said before anything is sent
    last = "".join(f"_{name}" for name in request.names[-1:])
    version = hashlib.sha256(repr((request.names, request.scope)).encode()).hexdigest()[:16]
    headers = way.headers("car", f"{request.cid}{last}.car", f'W/"{request.cid}.car.{version}"')
    return Response(200, headers, car.parts([way.end], way.blocks()))


class _Way(Source):
    """The way from a CID along a path: what it leads to, and which blocks prove that it does."""

    name = "way"

    def __init__(self, source: Source, request: Request) -> None:
        self.source, self.request = source, request
        self.passed: dict[Cid, None] = {}
        self.roots = [request.cid]
        for name in request.names:
            try:
                self.roots.append(resolve(self, self.roots[-1], name).cid)
            except InvalidInput as error:
                raise Refusal(404, str(error)) from None
        self.end = self.roots[-1]

    def get(self, cid: Cid) -> bytes:
        data = self.source.get(cid)
        self.passed[cid] = None
        return data

    def has(self, cid: Cid) -> bool:
        return self.source.has(cid)

    def describe(self) -> str:
        return self.source.describe()

    def headers(self, form: str, filename: str, etag: str) -> dict[str, str]:
        roots = ",".join(map(str, self.roots))
        return _headers(form, self.request.path, filename, etag) | {"X-Ipfs-Roots": roots}

    def blocks(self) -> Iterator[Block]:
        """The blocks passed on the way, and then what is wanted of its end; read one by one."""
        for cid in self.passed:
            if cid != self.end:
                yield Block(cid, self.source.get(cid))
        if self.request.scope == "all":
            yield from walk(self.source, self.end)
        else:
            yield from self._entity(self.request.scope == "block")

    def _entity(self, alone: bool) -> Iterator[Block]:
        """One block, or all that makes a file, or a folder without what lies in it."""
        block = Block(self.end, self.source.get(self.end))
        kind = None if alone else _kind(block)
        if kind == Kind.FILE:
            yield from walk(self.source, self.end)
            return
        yield block
        if kind == Kind.SHARD:
            for cid in self._shards(block):
                yield Block(cid, self.source.get(cid))

    def _shards(self, block: Block) -> list[Cid]:
        """The shards below the topmost one of a folder."""
        before = set(self.passed)
        for _ in hamt.walk(self, block):
            continue
        return [cid for cid in self.passed if cid not in before]


def _kind(block: Block) -> Kind | None:
    """What a block is if UnixFS knows it."""
    try:
        return decode(block).unixfs.kind if block.cid.codec == DAG_PB else None
    except ContentMalformed:
        return None


def _headers(form: str, path: str, filename: str, etag: str) -> dict[str, str]:
    """What comes with content; it never changes, so that it may be kept for ever."""
    options = "".join(f"; {option}={allowed[1]}" for option, allowed in _OPTIONS.items())
    plain_name = quote(filename.encode("ascii", "replace").replace(b"?", b"_"))
    full_name = quote(filename, safe="", errors="surrogateescape")
    found = {
        "Content-Type": KINDS[form] + (options if form == "car" else ""),
        "Content-Disposition": (
            f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{full_name}"
        ),
        "Etag": etag,
        "Cache-Control": "public, max-age=29030400, immutable",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "none",
        "Vary": "Accept",
    }
    if path.isascii() and path.isprintable():
        found["X-Ipfs-Path"] = path
    return found
