"""A pinning service: somebody who promises to hold what is shared, through the IPFS Pinning API.

https://ipfs.github.io/pinning-services-api-spec/ 1.0.0 is the protocol. The service is told which
CID to hold and looks for the blocks itself; `origins` says where they are. That it says "pinned"
proves nothing: read the blocks through a gateway to know.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from metaorg.errors import InvalidInput, Misconfigured, StoreUnreachable
from metaorg.http.client import Answer, Client, Url, printable
from metaorg.types import DAG_PB, Cid

M = TypeVar("M", bound=BaseModel)

Status = Literal["pinned", "pinning", "queued", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""From the best to the worst. A listing that asks for none of them shows what is pinned only."""
NAME_LIMIT, ORIGINS_LIMIT = 255, 20

_PAGE = 1000
_PAGES = 10_000
"""Pages of a listing that are read; who has more than ten million pins never ends."""
_LIMIT = 16 << 20
"""Bytes of an answer: a page of ordinary pins has one or two MiB."""
_LONGEST_PAUSE = 30.0


class Pin(BaseModel):
    """What a service is asked to hold.

    Args:
        cid: the root, as the service writes it; what it links to is held with it.
        name: for people, at most 255 characters.
        origins: multiaddrs of who has the blocks, at most 20.
        meta: for programs.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    cid: str
    name: str = ""
    origins: tuple[str, ...] = ()
    meta: Mapping[str, str] = Field(default_factory=dict)

    def names(self, cid: Cid) -> bool:
        """Whether the root is this one, in whichever form it is written."""
        return self.cid in _texts(cid)


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without its zone")
    return text


class PinStatus(BaseModel):
    """What became of a request to hold something.

    Args:
        requestid: the service's own name for the request.
        created: when it came, as the service writes it (RFC 3339).
        delegates: multiaddrs of nodes of the service, which are better connected to than searched.
        info: what else the service says, like why it failed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    requestid: str = Field(min_length=1)
    status: Status
    created: Annotated[str, AfterValidator(_time)]
    pin: Pin
    delegates: tuple[str, ...] = ()
    info: Mapping[str, Any] = Field(default_factory=dict)


class _Page(BaseModel):
    count: int = Field(ge=0)
    results: tuple[PinStatus, ...] = Field(max_length=_PAGE)


class Token:
    """A bearer token, which no message and no traceback repeats.

    Raises:
        Misconfigured: it is empty, or has characters that no header can carry.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not (text and text.isascii() and text.isprintable() and " " not in text):
            raise Misconfigured(
                "the token of the pinning service is empty, or has characters that no token has"
            )
        self._text = text

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._text}"}

    def hidden_in(self, text: str) -> str:
        """A stranger's text, which may repeat the token, without it, in one line."""
        return printable(text.replace(self._text, "(the token)"))

    def __repr__(self) -> str:
        return "Token(...)"

    def __reduce__(self) -> str:
        raise TypeError("a token is not written down")


class PinningService:
    """The requests of one account to a service, to hold roots with all that they link to.

    Any of them may find that the service is not there (StoreUnreachable) or refuses the token
    (Misconfigured).

    Args:
        endpoint: its URL, of https; of http on the loopback only, since a token goes along.
        token: the account's; from the environment, never from a command line.
        timeout: seconds in which each request ends, one way or the other.

    Raises:
        InvalidInput: the endpoint is no such URL.
        Misconfigured: the token is none, or would be sent in clear.
    """

    def __init__(self, endpoint: str, token: str, *, timeout: float = 30.0) -> None:
        url = Url.parse(endpoint, "a pinning service")
        if url.scheme != "https" and not url.loopback:
            raise Misconfigured(f"{url} would get the token in clear: give a URL of https")
        self.timeout, self._token = timeout, Token(token)
        self._client = Client(url, f"the pinning service {url}")

    def describe(self) -> str:
        return self._client.who

    def add(
        self,
        cid: Cid,
        *,
        name: str = "",
        origins: Sequence[str] = (),
        meta: Mapping[str, str] | None = None,
    ) -> PinStatus:
        """Ask the service to hold a root; the request that was made before, if there is one.

        Raises:
            InvalidInput: the name is too long, or there are too many origins or one twice.
        """
        known = self.find(cid)
        if known is not None and known.status != "failed":
            return known
        return self._send(
            "/pins", cid, Pin(cid=str(cid), name=name, origins=tuple(origins), meta=meta or {})
        )

    def replace(self, requestid: str, cid: Cid, *, name: str = "") -> PinStatus:
        """Hold another root in place of what a request asked for; under a new request id."""
        return self._send(_path(requestid), cid, Pin(cid=str(cid), name=name))

    def delete(self, requestid: str) -> None:
        """Let go what a request asked for."""
        self._ask("DELETE", _path(requestid))

    def status(self, requestid: str) -> PinStatus:
        """What became of a request.

        Raises:
            InvalidInput: the service knows no such request.
        """
        return self._read(PinStatus, self._ask("GET", _path(requestid)))

    def find(self, cid: Cid) -> PinStatus | None:
        """The request for a root that came furthest, or None."""
        found = [one for one in self.pins(cids=[cid]) if one.pin.names(cid)]
        return min(found, key=lambda one: STATUSES.index(one.status), default=None)

    def pins(
        self,
        *,
        cids: Collection[Cid] = (),
        name: str = "",
        statuses: Collection[Status] = STATUSES,
        meta: Mapping[str, str] | None = None,
    ) -> Iterator[PinStatus]:
        """The requests that pass every filter, latest first, page by page as they are taken.

        Args:
            cids: these roots, at most 5; any when empty.
            name: exactly this name; any when empty.
            statuses: in one of these states.
            meta: with these values among theirs.
        """
        filters = {
            "cid": ",".join(text for cid in cids for text in _texts(cid)),
            "name": name,
            "status": ",".join(statuses),
            "meta": json.dumps(dict(meta)) if meta else "",
            "limit": str(_PAGE),
        }
        asked = {key: value for key, value in filters.items() if value}
        for _ in range(_PAGES):
            page = self._read(_Page, self._ask("GET", f"/pins?{urlencode(asked)}"))
            yield from page.results
            if page.count <= len(page.results) or not page.results:
                return
            asked["before"] = self._earlier(page.results[-1].created, asked.get("before"))
        raise StoreUnreachable(f"{self.describe()} lists pins without end: do not rely on it")

    def wait(
        self,
        requestid: str,
        *,
        patience: float,
        pause: float = 1.0,
        advance: Callable[[PinStatus], None] = lambda status: None,
    ) -> PinStatus:
        """What became of a request, once the service says that it holds all of it.

        Args:
            patience: seconds to wait at most.
            pause: seconds until the second look; later ones are further apart.
            advance: gets what every look shows.

        Raises:
            StoreUnreachable: the service gave up, or is not done in time.
        """
        ends = time.monotonic() + patience
        while True:
            found = self.status(requestid)
            advance(found)
            if found.status == "pinned":
                return found
            about = f"{self.describe()} has {found.pin.cid} {found.status}"
            if found.status == "failed":
                info = self._token.hidden_in(json.dumps(dict(found.info)))
                raise StoreUnreachable(f"{about}, not pinned: {info}")
            if time.monotonic() + pause > ends:
                raise StoreUnreachable(f"{about}, not pinned, after {patience:g} seconds")
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        self._client.close()

    def _send(self, path: str, cid: Cid, pin: Pin) -> PinStatus:
        body = _checked(pin).model_dump_json(exclude_defaults=True).encode()
        found = self._read(PinStatus, self._ask("POST", path, body))
        if not found.pin.names(cid):
            raise StoreUnreachable(
                f"{self.describe()} was asked to hold {cid} and answered about "
                f"{self._token.hidden_in(found.pin.cid)}: do not rely on it"
            )
        return found

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        kind = {"Content-Type": "application/json"} if body else {}
        answer = self._client.request(
            method,
            path,
            timeout=self.timeout,
            limit=_LIMIT,
            headers=self._token.header | kind,
            body=body,
        )
        if answer.status not in (200, 202):
            raise self._failure(answer, path)
        return answer

    def _failure(
        self, answer: Answer, path: str
    ) -> InvalidInput | Misconfigured | StoreUnreachable:
        said = (
            f"{self.describe()} answered {answer.status} ({self._token.hidden_in(_reason(answer))})"
        )
        if answer.status in (401, 403):
            return Misconfigured(f"{said}: is the token right, and may it do this?")
        if answer.status == 404 and not path.startswith("/pins/"):
            return StoreUnreachable(f"{said}: is it the endpoint of a pinning service?")
        if answer.status in (400, 404):
            return InvalidInput(said)
        return StoreUnreachable(said)

    def _read(self, kind: type[M], answer: Answer) -> M:
        try:
            return kind.model_validate_json(answer.body)
        except ValidationError:
            shown = self._token.hidden_in(answer.body.decode(errors="replace"))
            raise StoreUnreachable(f"{self.describe()} gave no usable answer ({shown})") from None

    def _earlier(self, oldest: str, previous: str | None) -> str:
        """The time before which the next page begins; each is earlier, so that there is an end."""
        if previous and datetime.fromisoformat(oldest) >= datetime.fromisoformat(previous):
            raise StoreUnreachable(
                f"{self.describe()} does not list pins from the latest to the first: "
                "do not rely on it"
            )
        return oldest


def _texts(cid: Cid) -> list[str]:
    """How services may write a CID."""
    return [str(cid), cid.v0] if cid.codec == DAG_PB else [str(cid)]


def _path(requestid: str) -> str:
    if requestid in ("", ".", ".."):
        raise InvalidInput(f"{requestid!r} is no id of a request")
    return f"/pins/{quote(requestid, safe='')}"


def _checked(pin: Pin) -> Pin:
    problems = []
    if len(pin.name) > NAME_LIMIT:
        problems.append(f"the name of a pin has at most {NAME_LIMIT} characters: shorten it")
    if len(pin.origins) > ORIGINS_LIMIT or len(set(pin.origins)) < len(pin.origins):
        problems.append(f"a pin has at most {ORIGINS_LIMIT} origins, each once")
    if problems:
        raise InvalidInput(*problems)
    return pin


def _reason(answer: Answer) -> str:
    """What a service says about a failure: `{"error": {"reason": ..., "details": ...}}`."""
    try:
        error = json.loads(answer.body)["error"]
        return ": ".join(str(error[key]) for key in ("reason", "details") if error.get(key))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return answer.body.decode(errors="replace")
