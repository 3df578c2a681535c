"""What was replayed, as the rows of a statement."""

import re
from collections.abc import Iterator, Mapping

from metaorg.audit.documents import Content
from metaorg.audit.expectations import NOBODY, state
from metaorg.audit.public import Then
from metaorg.audit.replay import Proposed
from metaorg.audit.statement import (
    COUNTED,
    Change,
    Citation,
    Decision,
    Point,
    Resource,
    Seat,
    Tally,
    Text,
)
from metaorg.dao.governance import NAMED
from metaorg.errors import Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.commons import Access
from metaorg.onchain.contract import unpadded
from metaorg.onchain.modules import Modules
from metaorg.onchain.rulebook import describe_rule
from metaorg.onchain.words import admission_parts, ether, quoted, readoption_parts
from metaorg.records import read_description
from metaorg.rules.decision import BASIS, UNITS_PER_SEAT, decide
from metaorg.times import duration
from metaorg.types import RAW, Address, Cid

BODY = 2_000
"""Characters of a proposal's text that a statement has."""
_SHOWN = 300
"""Characters of a call that are shown."""


class Stating:
    """The rows of a statement as of one block."""

    def __init__(self, then: Then, content: Content) -> None:
        self._then, self._replay, self._content = then, then.replay, content
        self._kinds = contracts(then.replay.modules)

    def counts(self) -> dict[str, int]:
        """What was looked at -> how many."""
        replay = self._replay
        counts = (
            *(len(Modules.model_fields), replay.count, replay.texts.count),
            *(replay.register.seats, len(replay.register.active())),
            *(len(replay.decisions.found), replay.decisions.votes),
            *(len(replay.commons.resources), len(replay.commons.named)),
        )
        return dict(zip(COUNTED, counts, strict=True))

    def settings(self) -> dict[str, str]:
        """Rules and delays in force, in words."""
        front, book = self._replay.front, self._replay.book
        found = {}
        if front.admission:
            found["admission"] = _parts(admission_parts(front.admission))
        if front.readoption:
            found["readoption"] = _parts(readoption_parts(front.readoption))
        found["voting delay"] = duration(book.voting_delay)
        found["open proposals of a seat"] = str(book.open_proposals)
        for number, rule in enumerate(book.rules):
            found[_rule(number)] = describe_rule(rule)
        for (target, selector), number in sorted(book.assigned.items()):
            found[f"rule of {self._function(target, selector)}"] = _rule(number)
        if book.editions:
            shares = (f"{weight / 100:g} %" for weight in book.editions[-1])
            found["weights of the constituencies"] = ", ".join(shares)
        return found

    def texts(self) -> Iterator[Text]:
        """The versions of the text."""
        versions, active = self._replay.texts.versions, self._replay.register.active()
        for one, following in zip(versions, [*versions[1:], None], strict=False):
            adopted = self._replay.texts.adopted
            yield Text(
                number=one.number,
                cid=str(Cid(digest=one.digest, codec=one.codec)),
                since=one.since,
                until=following.since if following else 0,
                adopted_by=sum(one.number in adopted.get(account, {}) for account in active),
            )

    def seats(self) -> Iterator[Seat]:
        """Every seat, by number."""
        seats, register = self._replay.seats, self._replay.register
        for number in range(1, register.seats + 1):
            account = seats.holders.get(number, NOBODY)
            standing = register.standings.get(account)
            if standing is None:
                continue
            profile = self._profile(account)
            yield Seat(
                number=number,
                account=account,
                name=self._content.text(profile, "name"),
                constituency=standing.constituency,
                votes_in=standing.votes_in,
                kind=standing.kind,
                status=standing.status.words,
                since=standing.since,
                group=standing.group,
                text=max(self._replay.texts.adopted.get(account, {0: None})),
                profile=str(profile) if profile else "",
                history=tuple(self._changes(account)),
            )

    def _profile(self, account: Address) -> Cid | None:
        digest = self._replay.seats.profiles.get(account)
        return Cid(digest=digest) if digest and any(digest) else None

    def _changes(self, account: Address) -> Iterator[Change]:
        for step in self._replay.seats.steps.get(account, ()):
            yield Change(
                time=step.time,
                block=step.block,
                transaction=step.transaction,
                event=step.event,
                words=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", step.event).lower(),
            )

    def decisions(self) -> Iterator[Decision]:
        """Every proposal, in the order in which they were made."""
        for proposed in self._replay.decisions.found.values():
            if proposed.rule is not None:
                yield self._decision(proposed)

    def _decision(self, proposed: Proposed) -> Decision:
        poll = self._replay.decisions.poll_of(proposed)
        now = self._then.block.time
        title, body = read_description(proposed.description)
        tallies = poll.tallies
        seats = sum(one.seats for one in tallies)
        cast = sum(one.against + one.in_favour + one.abstain for one in tallies)
        ended = now > poll.deadline
        names = [*map(unpadded, self._replay.front.constituencies)]
        outcome = decide(poll.rule, poll.tallies, poll.weights, names)
        return Decision(
            number=str(proposed.number),
            title=self._content.text(body, "title") or title,
            body=_beginning(self._content.text(body, "body")),
            document=str(body) if body else "",
            proposer=proposed.proposer,
            seat=proposed.seat,
            proposed_at=proposed.time,
            snapshot=proposed.snapshot,
            deadline=poll.deadline,
            state=state(proposed, poll, now),
            rule=describe_rule(poll.rule),
            quorum=poll.rule.quorum,
            turnout=cast * BASIS // (seats * UNITS_PER_SEAT) if seats else 0,
            votes=proposed.votes,
            tallies=tuple(
                Tally(
                    against=one.against,
                    in_favour=one.in_favour,
                    abstain=one.abstain,
                    seats=one.seats,
                )
                for one in tallies
            ),
            passed=ended and outcome.passed,
            reasons=outcome.reasons if ended else (),
            calls=tuple(self._calls(proposed)),
            queued_at=proposed.queued_at,
            eta=proposed.eta,
            executed_at=proposed.executed_at,
            transaction=proposed.executed_in,
        )

    def _calls(self, proposed: Proposed) -> Iterator[str]:
        for to, value, data in zip(
            proposed.targets, proposed.values, proposed.calldatas, strict=True
        ):
            yield call_words(self._kinds, to, value, data)

    def resources(self) -> Iterator[Resource]:
        """Every resource, in order of publication."""
        holders = self._replay.seats.holders
        for digest, one in self._replay.commons.resources.items():
            cid = Cid(digest=digest, codec=one["codec"])
            described = Cid(digest=one["description"])
            yield Resource(
                cid=str(cid),
                title=self._content.text(described, "title"),
                steward=holders.get(one["steward"], NOBODY),
                licence=unpadded(one["licence"]),
                access=Access(one["access"]).name.lower(),
                published_at=one["publishedAt"],
                citations=one["citations"],
                retired_at=one["retiredAt"],
                previous=self._previous(one["previous"]),
                presence=self._content.presence(cid),
            )

    def _previous(self, digest: bytes) -> str:
        """The CID of the version before; of one that is no resource, as if it were a raw block."""
        before = self._replay.commons.resources.get(digest, {})
        return str(Cid(digest=digest, codec=before.get("codec", RAW))) if any(digest) else ""

    def citations(self) -> Iterator[Citation]:
        """Who cited what, in order."""
        holders, resources = self._replay.seats.holders, self._replay.commons.resources
        for one in self._replay.commons.citations:
            record = resources.get(one.digest)
            if record is not None:
                yield Citation(
                    time=one.time,
                    by=holders.get(one.seat, NOBODY),
                    cited=str(Cid(digest=one.digest, codec=record["codec"])),
                    steward=holders.get(record["steward"], NOBODY),
                )

    def timeline(self) -> Iterator[Point]:
        """Active votes of each constituency, whenever they changed."""
        count = len(self._replay.front.constituencies)
        for time, active in self._replay.seats.points:
            yield Point(time=time, active=tuple(active.get(index, 0) for index in range(count)))

    def _function(self, target: Address, selector: bytes) -> str:
        name = self._kinds.get(target)
        entry = load(name).selectors.get(selector) if name else None
        return f"{name}.{entry['name']}" if entry else f"0x{selector.hex()} on {target}"


def contracts(modules: Modules) -> dict[Address, str]:
    """The contracts' names by address, as "Membership"."""
    return {
        getattr(modules, field): field.title().replace("_", "") for field in Modules.model_fields
    }


def call_words(kinds: Mapping[Address, str], to: Address, value: int, data: bytes) -> str:
    """What a call is, whenever it was made: function and arguments, as its data say them."""
    name = kinds.get(to)
    entry = load(name).selectors.get(data[:4]) if name else None
    paid = f" with {ether(value)}" if value else ""
    if entry is None:
        called = f"call 0x{data[:4].hex()} ({len(data)} bytes) on {to}" if data else f"pay {to}"
        return f"{called}{paid}"
    try:
        given = abi.decode_values(entry["inputs"], data[4:])
    except Unreachable:
        return f"call {name}.{entry['name']} with data that are no arguments of it{paid}"
    shown = ", ".join(f"{key}={_argument(one)}" for key, one in given.items())
    return f"{name}.{entry['name']}({shown:.{_SHOWN}}){paid}"


def _argument(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list):
        return f"[{', '.join(map(_argument, value))}]"
    if isinstance(value, dict):
        return f"({', '.join(f'{key}={_argument(one)}' for key, one in value.items())})"
    return quoted(value) if isinstance(value, str) and not value.startswith("0x") else str(value)


def _beginning(text: str) -> str:
    return text if len(text) <= BODY else text[:BODY] + " […]"


def _rule(number: int) -> str:
    """The name of a rule: the first two have their own."""
    return NAMED[number] if number < len(NAMED) else f"rule {number}"


def _parts(parts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parts.items())
