"""Trustless gateways to read from: whoever serves a block, it is verified here.

https://specs.ipfs.tech/http-gateways/trustless-gateway/ is the protocol. Raw blocks are asked for,
one in a request, so that a lie costs at most one block. `serving` is the other side.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from metaorg.errors import (
    ContentCorrupt,
    ContentMissing,
    InvalidInput,
    StoreUnreachable,
    Unreachable,
)
from metaorg.http.client import Client, Url
from metaorg.ipfs.blocks import verified
from metaorg.ipfs.store import Source
from metaorg.types import BLOCK_LIMIT, Cid

AHEAD = 16
"""Blocks that `get_many` asks for before somebody takes them."""
CONNECTIONS = 4
"""Requests that one gateway gets at once."""
FAILURES = 5
"""How many requests in a row a gateway may fail before it is not asked again."""

_RAW = {"Accept": "application/vnd.ipld.raw"}
_GONE = (404, 410)
_TICK = 0.05
"""Seconds until somebody looks again whether it is time to ask another gateway."""


class Gateways(Source):
    """The blocks that gateways serve, from whichever gives one first.

    The quickest that is free is asked, then another one when it says no, fails, or takes longer
    than `patience`. Memory is that of `AHEAD` blocks, and twice `CONNECTIONS` for each gateway. One
    that serves other bytes than it was asked for, or fails `FAILURES` times in a row, is not asked
    again; `dropped` says why. What the others do not have is *unknown* from then on.

    Args:
        urls: of http or https, before the path `/ipfs/...`: as https://ipfs.example.org.
        timeout: seconds that a gateway has for a block.
        patience: seconds after which a second one is asked for the same block, and so on.
        told: gets the sentence when a gateway is dropped, in the thread that takes blocks.

    Raises:
        InvalidInput: no URL, or one of another form.
    """

    name = "gateways"

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout: float = 60.0,
        patience: float = 3.0,
        told: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        if not urls:
            raise InvalidInput("no gateway is named: give the URL of at least one")
        self.timeout, self.patience, self._told = timeout, patience, told
        self._gateways = [_Gateway(url) for url in dict.fromkeys(map(_url, urls))]

    def describe(self) -> str:
        return ", ".join(one.name for one in self._gateways)

    @property
    def dropped(self) -> dict[str, str]:
        """Which gateways are not asked again: URL -> why, as a sentence."""
        return {str(one.client.url): one.dropped for one in self._gateways if one.dropped}

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified.

        Raises:
            ContentMissing: every gateway says that it does not have it.
            ContentCorrupt: none has it, and at least one sent other bytes.
            StoreUnreachable: none has it, and at least one could not say.
        """
        return _given(self._gather([cid], "GET"))

    def has(self, cid: Cid) -> bool:
        """Whether a gateway says that it has the block, which is verified when it is read.

        Raises:
            StoreUnreachable: none does, and at least one could not say.
        """
        try:
            _given(self._gather([cid], "HEAD"))
        except ContentMissing:
            return False
        return True

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """Each block, verified, or why not, in the order in which they come."""
        return self._gather(cids, "GET")

    def close(self) -> None:
        for gateway in self._gateways:
            gateway.client.close()

    def _gather(self, cids: Iterable[Cid], method: str) -> "Iterator[tuple[Cid, _Outcome]]":
        upcoming, quests = iter(cids), list[_Quest]()
        heard: SimpleQueue[_Heard] = SimpleQueue()
        while True:
            quests += [_Quest(cid, method) for cid in islice(upcoming, AHEAD - len(quests))]
            if not quests:
                return
            for quest in quests:
                self._advance(quest, heard)
            settled = [quest for quest in quests if quest.outcome is not None]
            quests = [quest for quest in quests if quest.outcome is None]
            for quest in settled:
                assert quest.outcome is not None
                yield quest.cid, quest.outcome
            if not settled:
                self._hear(heard)

    def _advance(self, quest: "_Quest", heard: "SimpleQueue[_Heard]") -> None:
        """Ask one more gateway if it is time to, or settle that nobody is left to ask."""
        if quest.outcome is not None or (quest.waiting and time.monotonic() < quest.due):
            return
        left = [one for one in self._gateways if not one.dropped and one not in quest.asked]
        if not left and not quest.waiting:
            quest.outcome = self._verdict(quest)
        for gateway in sorted(left, key=_Gateway.expected):
            if gateway.take():
                quest.due = time.monotonic() + max(self.patience, 2 * gateway.pace)
                quest.asked.append(gateway)
                quest.waiting += 1
                Thread(target=self._ask, args=(gateway, quest, heard), daemon=True).start()
                return

    def _ask(self, gateway: "_Gateway", quest: "_Quest", heard: "SimpleQueue[_Heard]") -> None:
        started = time.monotonic()
        try:
            outcome: _Outcome = gateway.ask(quest.method, quest.cid, self.timeout)
        except Unreachable as failure:
            outcome = failure
        gateway.give_back(time.monotonic() - started, isinstance(outcome, bytes))
        heard.put((gateway, quest, outcome))

    def _hear(self, heard: "SimpleQueue[_Heard]") -> None:
        try:
            gateway, quest, outcome = heard.get(timeout=_TICK)
        except Empty:
            return
        quest.waiting -= 1
        if gateway.judge(outcome):
            self._told(gateway.dropped)
        if quest.outcome is not None:  # another gateway was faster
            return
        if isinstance(outcome, bytes):
            quest.outcome = outcome
        else:
            quest.failures.append(outcome)

    def _verdict(self, quest: "_Quest") -> Unreachable:
        """What to say when no gateway gave the block: the least that is certain."""
        unsaid = [one.dropped for one in self._gateways if one not in quest.asked]
        unknown = [str(one) for one in quest.failures if isinstance(one, StoreUnreachable)]
        corrupt = [one.where for one in quest.failures if isinstance(one, ContentCorrupt)]
        if unknown or unsaid:
            reasons = "; ".join([*unknown, *unsaid])
            return StoreUnreachable(
                f"{quest.cid} was not found, but not every gateway could say ({reasons})"
            )
        if corrupt:
            return ContentCorrupt(quest.cid, " and ".join(corrupt))
        return ContentMissing(quest.cid, [one.name for one in quest.asked])


class _Gateway:
    """One gateway, how fast it is, and whether it is still trusted to answer."""

    def __init__(self, url: Url) -> None:
        self.name = f"the gateway {url}"
        self.client = Client(url, self.name)
        self.dropped = ""
        self._lock = Lock()
        self._running, self._failures, self._blocks, self._seconds = 0, 0, 0, 0.0

    @property
    def pace(self) -> float:
        """Seconds per block that it gave; more with each that it did not."""
        return self._seconds / (1 + self._blocks)

    def expected(self) -> float:
        """About how long another request would take."""
        return self.pace * (1 + self._running)

    def take(self) -> bool:
        """Begin a request, if it has not got `CONNECTIONS` of them."""
        with self._lock:
            free = self._running < CONNECTIONS
            self._running += free
            return free

    def give_back(self, seconds: float, got: bool) -> None:
        with self._lock:
            self._running -= 1
            self._seconds += seconds
            self._blocks += got

    def ask(self, method: str, cid: Cid, timeout: float) -> bytes:
        """The block, verified; nothing for HEAD."""
        path = f"/ipfs/{cid}?format=raw"
        answer = self.client.request(method, path, timeout=timeout, limit=BLOCK_LIMIT, headers=_RAW)
        if answer.status in _GONE:
            raise ContentMissing(cid, [self.name])
        if answer.status != 200:
            raise StoreUnreachable(
                f"{self.name} answered {answer.status} for {cid} ({answer.text})"
            )
        return verified(cid, answer.body, self.name) if method == "GET" else b""

    def judge(self, outcome: "_Outcome") -> bool:
        """Whether what it just did is the reason to drop it."""
        with self._lock:
            self._failures = self._failures + 1 if isinstance(outcome, StoreUnreachable) else 0
            reason = ""
            if isinstance(outcome, ContentCorrupt):
                reason = f"served bytes that do not hash to {outcome.cid}"
            elif isinstance(outcome, StoreUnreachable) and self._failures >= FAILURES:
                reason = f"failed {FAILURES} times in a row (at last: {outcome})"
            if self.dropped or not reason:
                return False
            self.dropped = f"{self.name} {reason}; it is not asked again"
            return True


_Outcome = bytes | Unreachable
_Heard = tuple[_Gateway, "_Quest", _Outcome]


@dataclass(slots=True, eq=False)
class _Quest:
    """One block that is looked for."""

    cid: Cid
    method: str
    asked: list[_Gateway] = field(default_factory=list)
    waiting: int = 0
    due: float = 0.0
    failures: list[Unreachable] = field(default_factory=list)
    outcome: _Outcome | None = None


def _url(text: str) -> Url:
    """The URL of a gateway; with `/ipfs` at its end, as lists of gateways have it, or without."""
    url = Url.parse(text, "a gateway")
    return url._replace(path=url.path.removesuffix("/ipfs"))


def _given(outcomes: Iterator[tuple[Cid, _Outcome]]) -> bytes:
    _, outcome = next(outcomes)
    if isinstance(outcome, Unreachable):
        raise outcome
    return outcome
