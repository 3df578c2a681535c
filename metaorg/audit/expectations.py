"""What each view of the contracts must answer, by what the events lead to: one function a topic."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from metaorg.audit.replay import Proposed, Replay
from metaorg.audit.replay.decisions import PAGE, name
from metaorg.onchain.assembly import tallies_of
from metaorg.onchain.chain import Block
from metaorg.onchain.contract import padded
from metaorg.onchain.membership import standing_of_raw
from metaorg.onchain.reverts import STATES
from metaorg.onchain.rulebook import describe_rule, rule_of
from metaorg.rules.decision import UNITS_PER_SEAT, ClassTally
from metaorg.rules.membership import Census, Standing
from metaorg.rules.voting import Poll
from metaorg.types import Address, Cid

NOBODY = "0x" + "0" * 40
DIGESTS = 500
"""Digests of resources that one answer lists."""


def _same(value: Any) -> Any:
    return value


class Expected(NamedTuple):
    """One answer that a view must give.

    Args:
        code: of the finding if it gives another one. module: field of `Modules`. value: what the
            events lead to. sees: from the view's answer to what is compared with it.
    """

    code: str
    subject: str
    module: str
    function: str
    arguments: Sequence[Any]
    value: Any
    sees: Callable[[Any], Any] = _same


class AtMost(int):
    """Equal to every number up to this one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and int(other) <= int(self)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    @property
    def words(self) -> str:
        """For findings."""
        return f"at most {int(self)}, as many as it can have signed"


class Placed(int):
    """A place as the contract gives it; see `packed`."""

    @property
    def words(self) -> str:
        """For findings."""
        return f"constituency {self >> 32 & 0xFF}, ordinal {self & 0xFFFFFFFF}" if self else "none"


Topic = Callable[[Replay, Block], Iterator[Expected]]


def settings(replay: Replay, _: Block) -> Iterator[Expected]:
    """Modules, names and the rules of membership are those that were last set."""
    front = replay.front
    door, register = "meta_organization", "membership"
    for module, address in front.registered.items():
        subject = f"module {module}"
        yield Expected("settings.module", subject, door, "module", (padded(module, 32),), address)
    yield Expected("settings.charter", "charter document", door, "charter", (), front.charter)
    subject = "URI of the public documents"
    yield Expected("settings.uri", subject, door, "daoURI", (), front.dao_uri)
    names, view = _names(front.constituencies), "constituencies"
    yield Expected("settings.constituencies", view, register, view, (), names, _names)
    names, view = _names(front.kinds), "kinds"
    yield Expected("settings.kinds", view, register, view, (), names, _names)
    admission = front.admission and front.admission.model_dump()
    yield Expected("settings.admission", "rule of admission", register, "admission", (), admission)
    readoption = front.readoption and front.readoption.model_dump()
    yield Expected("settings.readoption", "readoption", register, "readoption", (), readoption)


def texts(replay: Replay, _: Block) -> Iterator[Expected]:
    """The versions of the text are those that were put in force."""
    module, found = "inter_constitution", replay.texts.versions
    subject = "versions of the InterConstitution"
    yield Expected("texts.version", subject, module, "version", (), len(found))
    for one in found:
        record = {"digest": one.digest, "codec": one.codec, "since": one.since}
        subject = f"version {one.number} of the InterConstitution"
        yield Expected("texts.version", subject, module, "versionAt", (one.number,), record)


def adoptions(replay: Replay, _: Block) -> Iterator[Expected]:
    """Every adoption is recorded as it was signed."""
    for account, versions in replay.texts.adopted.items():
        for number, one in versions.items():
            record = {
                "recordedAt": one.time,
                "constituency": one.constituency,
                "count": one.signed,
                "pledge": one.pledge,
            }
            yield Expected(
                "adoptions.record",
                f"adoption of version {number} by {account}",
                "inter_constitution",
                "adoptionOf",
                (account, number),
                record,
            )


def seats(replay: Replay, _: Block) -> Iterator[Expected]:
    """Standings, profiles, accounts and certificates are those that the events lead to."""
    register, module = replay.register, "membership"
    for account, standing in register.standings.items():
        yield from _seat(replay, account, standing)
    for seat in range(1, register.seats + 1):
        holder = replay.seats.holders.get(seat, NOBODY)
        yield Expected(
            "seats.account", f"account of seat {seat}", module, "accountOf", (seat,), holder
        )
    yield Expected("seats.count", "seats", module, "seats", (), register.seats)
    active = len(register.active())
    yield Expected("seats.active", "active seats", module, "activeSeats", (), active)


def _seat(replay: Replay, account: Address, standing: Standing) -> Iterator[Expected]:
    module, seats = "membership", replay.seats
    who = (account,)
    yield Expected(
        "seats.standing", f"standing of {account}", module, "standingOf", who, standing, _unsigned
    )
    signed = AtMost(seats.signed.get(account, 0))
    yield Expected("seats.nonce", f"nonce of {account}", module, "standingOf", who, signed, _nonce)
    profile = seats.profiles.get(account, bytes(32))
    yield Expected("seats.profile", f"profile of {account}", module, "profileOf", who, profile)
    held = int(standing.status.holds)
    subject = f"certificates of {account}"
    yield Expected("seats.certificate", subject, module, "balanceOf", who, held)
    if held:
        subject = f"holder of certificate {standing.seat}"
        key = (standing.seat,)
        yield Expected("seats.certificate", subject, module, "ownerOf", key, account)
        subject = f"whether certificate {standing.seat} is bound to its holder"
        yield Expected("seats.certificate", subject, module, "locked", key, True)
    declared = seats.declared.get(account, NOBODY)
    subject = f"affiliation declared by {account}"
    yield Expected("seats.affiliation", subject, module, "declaredBy", who, declared)


def affiliations(replay: Replay, _: Block) -> Iterator[Expected]:
    """Which seats share a vote is what the events lead to."""
    register = replay.register
    active = Counter(one.group for one in register.standings.values() if one.active)
    groups = {
        number: {"constituency": place[0], "ordinal": place[1], "active": active[number]}
        for number, place in register.groups.items()
    }
    groups[len(groups) + 1] = {"constituency": 0, "ordinal": 0, "active": 0}
    for number, group in groups.items():
        yield Expected("seats.group", f"group {number}", "membership", "groupOf", (number,), group)


def past(replay: Replay, block: Block) -> Iterator[Expected]:
    """Whenever the register changed, one active place was one vote, and all add up."""
    count, module = len(replay.front.constituencies), "membership"
    for time, by_constituency in replay.seats.points:
        if time >= block.time:
            continue
        active = [by_constituency.get(index, 0) for index in range(count)]
        units = sum(active) * UNITS_PER_SEAT
        subject = f"active votes at {time}"
        yield Expected("past.census", subject, module, "censusAt", (time,), active, _active)
        subject = f"votes at {time}"
        yield Expected("past.votes", subject, module, "getPastTotalSupply", (time,), units)
    census = replay.register.census_at(block.time, count)
    yield Expected("past.census", "census", module, "censusAt", (block.time,), census, _censuses)
    for account in replay.register.standings:
        yield from _places(replay, account, block.time)


def _places(replay: Replay, account: Address, now: int) -> Iterator[Expected]:
    """Each change of an account's standing, and the second before it."""
    for began, _ in replay.register.history(account):
        for time in (began - 1, began):
            if 0 <= time < now:
                yield Expected(
                    "past.place",
                    f"place of {account} at {time}",
                    "membership",
                    "placeAt",
                    (account, time),
                    Placed(packed(replay.register.standing_at(account, time))),
                    Placed,
                )


def rulebook(replay: Replay, _: Block) -> Iterator[Expected]:
    """Rules, weights, delays and assignments are those that were last set."""
    book, module = replay.book, "rulebook"
    rules = [describe_rule(rule) for rule in book.rules]
    yield Expected("rulebook.rules", "rules of decision", module, "rules", (), rules, _described)
    delay, limit = book.voting_delay, book.open_proposals
    yield Expected("rulebook.delay", "voting delay", module, "votingDelay", (), delay)
    subject = "open proposals of a seat"
    yield Expected("rulebook.limit", subject, module, "openProposals", (), limit)
    editions = len(book.editions)
    yield Expected("rulebook.weights", "editions of the weights", module, "edition", (), editions)
    for number, weights in enumerate(book.editions, 1):
        subject = f"weights of edition {number}"
        yield Expected("rulebook.weights", subject, module, "weights", (number,), [*weights])
    for target, selector in book.ever:
        index = book.assigned.get((target, selector))
        record = {"assigned": index is not None, "index": index or 0}
        subject = f"rule of 0x{selector.hex()} on {target}"
        key = target, selector
        yield Expected("rulebook.assignment", subject, module, "assignedRule", key, record)


def decisions(replay: Replay, block: Block) -> Iterator[Expected]:
    """Rule, votes, deadline and outcome of each proposal are those that events and rules give."""
    for proposed in replay.decisions.found.values():
        if proposed.rule is not None:
            yield from _decision(replay, proposed, block.time)


def _decision(replay: Replay, proposed: Proposed, now: int) -> Iterator[Expected]:
    subject, number = name(proposed), proposed.number
    poll = replay.decisions.poll_of(proposed)
    rule = poll.rule.model_copy(update={"voting_period": poll.deadline - poll.start})
    stored = {"rule": describe_rule(rule), "edition": proposed.edition}
    facts: Sequence[tuple[str, str, str, Any, Callable[[Any], Any]]] = (
        ("decision.seat", "seat that proposed", "proposalSeat", proposed.seat, _same),
        ("decision.proposer", "proposer of", "proposalProposer", proposed.proposer, _same),
        ("decision.time", "snapshot of", "proposalSnapshot", proposed.snapshot, _same),
        ("decision.deadline", "deadline of", "proposalDeadline", poll.deadline, _same),
        ("decision.eta", "time of execution of", "proposalEta", proposed.eta, _same),
        ("decision.rule", "stored rule of", "proposalRule", stored, _rule),
        (
            "decision.extension",
            "stored extension of",
            "proposalExtended",
            poll.extended_at is not None,
            _same,
        ),
        ("decision.state", "state of", "state", state(proposed, poll, now), STATES.__getitem__),
    )
    for code, what, function, value, sees in facts:
        yield Expected(code, f"{what} {subject}", "assembly", function, (number,), value, sees)
    asked = Counter(one.constituency for one in proposed.asked)
    for index in range(len(replay.front.constituencies)):
        what = f"requests for the upgrade of {subject} in constituency {index}"
        key = number, index
        yield Expected("decision.request", what, "assembly", "upgradeRequests", key, asked[index])
    if proposed.snapshot < now:
        yield Expected(
            "decision.tally",
            f"tally of {subject}",
            "assembly",
            "proposalTallies",
            (number,),
            _padded(poll.tallies, len(replay.front.constituencies)),
            tallies_of,
        )
        yield from _pages(replay, proposed)


def _padded(tallies: list[ClassTally], count: int) -> list[ClassTally]:
    """With those of constituencies that were added since."""
    return tallies + [ClassTally()] * (count - len(tallies))


def _pages(replay: Replay, proposed: Proposed) -> Iterator[Expected]:
    """Each page of votes has the places that voted, and their units."""
    count = len(replay.front.constituencies)
    pages = replay.decisions.poll_of(proposed).pages
    census = replay.register.census_at(proposed.snapshot, count)
    for index, one in enumerate(census):
        for page in range(-(-one.issued // PAGE)):
            word = pages.get((index, page), 0)
            yield Expected(
                "decision.page",
                f"page {page} of constituency {index} in {name(proposed)}",
                "assembly",
                "votePage",
                (proposed.number, index, page),
                hex(word),
                hex,
            )


def state(proposed: Proposed, poll: Poll, now: int) -> str:
    """The Governor's state at a time, as the votes came out."""
    if proposed.ending == "canceled":
        return "canceled"
    if now <= proposed.snapshot:
        return "pending"
    if now <= poll.deadline:
        return "active"
    return (proposed.ending or "succeeded") if poll.outcome.passed else "defeated"


def commons(replay: Replay, _: Block) -> Iterator[Expected]:
    """The resources are those that were published, cited, granted, retired and entrusted."""
    found, module = replay.commons.resources, "commons"
    digests = [*found]
    yield Expected("commons.count", "resources", module, "count", (), len(digests))
    for start in range(0, len(digests), DIGESTS):
        part = digests[start : start + DIGESTS]
        subject = f"resources in order, from number {start}"
        key = start, DIGESTS
        yield Expected("commons.order", subject, module, "page", key, part)
    for digest, record in found.items():
        subject = f"resource {Cid(digest=digest, codec=record['codec'])}"
        yield Expected("commons.resource", subject, module, "resource", (digest,), record)
    for (digest, page), bits in replay.commons.pages(replay.register.seats).items():
        subject = f"access to resource 0x{digest.hex()}"
        expected = _granted(page, bits)
        yield Expected(
            "commons.access",
            subject,
            module,
            "grants",
            (digest, page),
            expected,
            partial(_granted, page),
        )


TOPICS: Mapping[str, Topic] = {
    "settings": settings,
    "versions of the text": texts,
    "adoptions": adoptions,
    "seats": seats,
    "affiliations": affiliations,
    "places at past times": past,
    "rulebook": rulebook,
    "decisions": decisions,
    "commons": commons,
}


def packed(standing: Standing) -> int:
    """A place as the contract gives it; 0 without a vote. Source: IMembership.placeAt."""
    votes_in, ordinal = standing.place
    return 1 << 40 | votes_in << 32 | ordinal if standing.active else 0


def _names(raw: Sequence[bytes]) -> list[str]:
    """Padded names as text where they are some, else as they are."""
    texts = [one.rstrip(b"\0").decode(errors="replace") for one in raw]
    return [
        text if text.isprintable() and "\ufffd" not in text else f"0x{one.hex()}"
        for text, one in zip(texts, raw, strict=True)
    ]


def _unsigned(raw: Any) -> Standing:
    return standing_of_raw(raw).model_copy(update={"nonce": 0})


def _nonce(raw: Any) -> int:
    return int(raw["nonce"])


def _active(raw: Any) -> list[int]:
    return [one["active"] for one in raw]


def _censuses(raw: Any) -> list[Census]:
    return [Census(**one) for one in raw]


def _described(raw: Any) -> list[str]:
    return [describe_rule(rule_of(one)) for one in raw]


def _rule(raw: Any) -> dict[str, Any]:
    return {"rule": describe_rule(rule_of(raw["rule"])), "edition": raw["edition"]}


def _granted(page: int, bits: int) -> list[int]:
    """The seats whose bits are set."""
    return [256 * page + place for place in range(256) if bits >> place & 1]
