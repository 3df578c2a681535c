"""Reports of meta-organizations that never were: rich, empty, unknown, hostile, and very large."""

import hashlib
import random
from collections.abc import Sequence
from typing import Any

from metaorg.audit.findings import Finding, Look, difference, unknown
from metaorg.audit.statement import (
    Change,
    Citation,
    Code,
    Decision,
    Document,
    Indicator,
    Pending,
    Point,
    Power,
    Presence,
    Provenance,
    PublicDocuments,
    Report,
    Resource,
    Role,
    Seat,
    Source,
    Statement,
    Tally,
    Text,
)
from metaorg.onchain.chain import Block
from metaorg.onchain.modules import Modules
from metaorg.types import Address, Cid, checksum_address

DAY = 86_400
EMPTIABLE = {
    "code", "settings", "texts", "seats", "decisions", "resources", "citations", "documents",
    "timeline", "powers", "roles", "pending", "dao_index", "published",
}  # fmt: skip
"""Fields that are empty where they could not be established."""
START = 1_704_100_000
END = 1_767_200_000
HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"quoted\" & 'single' <b>bold</b>",
    "\u202egnihtyna\u202c turned around",
    "תנועה שיתופית",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    "🌻🧑‍🌾 Growers",
    "null",
    "unknown",
    "]]> --> ${7*7} {{7*7}} | pipe | `tick` *star*",
    "line\nbreak\ttab\x00nul",
)
_WORDS = (
    "Lantern",
    "Loom",
    "Mill",
    "Orchard",
    "Harbour",
    "Tide",
    "Copper",
    "Willow",
    "Granite",
    "Meadow",
    "Beacon",
    "Ferry",
    "Sparrow",
    "Juniper",
    "Quarry",
    "Bramble",
    "Heron",
    "Saddle",
    "Foundry",
    "Larch",
    "Pebble",
    "Thistle",
    "Anchor",
    "Cedar",
)
_TRADES = (
    "Bakery",
    "Weavers",
    "Housing",
    "Press",
    "Energy",
    "Clinic",
    "Software",
    "Farm",
    "Transport",
    "School",
)
_TITLES = (
    "Raise the dues to 2 % of turnover",
    "Adopt the second version of the text",
    "Open the tool library on Saturdays",
    "Admit the Heron Clinic after objections",
    "Set weights of constituencies",
    "Expel a seat that copied our library and sold it",
    "Shorter delay for ordinary decisions",
)


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def account(name: str) -> Address:
    return checksum_address("0x" + digest(name)[:20].hex())


def cid(name: str) -> str:
    return str(Cid(digest=digest(name)))


class Maker:
    """Makes the parts of one report; the same numbers give the same report."""

    def __init__(self, seats: int, decisions: int, resources: int, constituencies: int = 4) -> None:
        self.random = random.Random(7)
        self.counts = seats, decisions, resources
        names = ("Workers", "Users", "Friends & supporters", "Föderierte Knoten", "Investors")
        more = (f"Class {n}" for n in range(len(names), constituencies))
        self.constituencies = (*names, *more)[:constituencies]

    def report(self, **changes: Any) -> Report:
        seats = tuple(self.seat(number) for number in range(1, self.counts[0] + 1))
        resources = tuple(self.resource(number) for number in range(self.counts[2]))
        decisions = tuple(self.decision(number) for number in range(self.counts[1]))
        citations = tuple(self.citations(resources))
        values: dict[str, Any] = {
            "software": "0.1.0",
            "chain_id": 100,
            "block": Block(number=31_415_926, hash=digest("block"), time=END),
            "name": "Aurora Commons Network",
            "modules": Modules(**{name: account(name) for name in Modules.model_fields}),
            "counts": {
                "contracts": 8,
                "events": 18_213,
                "seats": len(seats),
                "active seats": sum(seat.status == "active" for seat in seats),
                "proposals": len(decisions),
                "resources": len(resources),
            },
            "code": tuple(self.code()),
            "constituencies": self.constituencies,
            "kinds": ("cooperative", "trust", "association"),
            "settings": {
                "admission": "lazy consent: 1 week for objections; at most 10 % of seats a year",
                "ordinary rule": "majority; more than 50 %; quorum 20 %; 1 week of voting",
                "amendment rule": "each class; more than 66.67 %; quorum 50 %; 2 weeks of voting",
                "voting delay": "2 days",
            },
            "texts": self.texts(),
            "seats": seats,
            "decisions": decisions,
            "resources": resources,
            "citations": citations,
            "documents": tuple(self.documents(resources)),
            "timeline": tuple(self.timeline(seats)),
            "powers": POWERS,
            "roles": ROLES,
            "pending": PENDING,
            "dao_index": INDICATORS,
            "published": PublicDocuments(
                uri="ipfs://" + cid("dao"), block=30_000_000, time=END - 60 * DAY, decisions_since=2
            ),
            "findings": FINDINGS,
            "limits": ("Balances of tokens were not looked at.", "Sealed documents stayed sealed."),
        }
        provenance = {name: changes.pop(name) for name in [*changes] if name in PROVENANCE}
        return Report(
            statement=Statement(**values | changes),
            provenance=Provenance(**PROVENANCE | provenance),
        )

    def name(self, number: int) -> str:
        if number % 4 == 3:
            return HOSTILE[number // 4 % len(HOSTILE)]
        if number % 17 == 5:
            return ""
        return f"{_WORDS[number % len(_WORDS)]} {_TRADES[number * 3 % len(_TRADES)]} Cooperative"

    def seat(self, number: int) -> Seat:
        status = ("active",) * 8 + ("suspended", "exited", "lapsed")
        since = START + number * (END - START) // (self.counts[0] + 2)
        return Seat(
            number=number,
            account=account(f"seat {number}"),
            name=self.name(number),
            constituency=number % len(self.constituencies),
            votes_in=number % len(self.constituencies),
            kind=number % 3,
            status=status[number % len(status)],
            since=since,
            group=1 if number in (4, 9) else 0,
            text=2 if number % 5 else 1,
            profile=cid(f"profile {number}") if number % 7 else "",
            history=(
                self.change(since - 8 * DAY, number, "Applied", "applied"),
                self.change(since, number, "Admitted", "was admitted without an objection"),
            ),
        )

    def change(self, time: int, number: int, event: str, words: str) -> Change:
        return Change(
            time=time,
            block=time // 5,
            transaction=digest(f"{event} {number}"),
            event=event,
            words=words,
        )

    def decision(self, index: int) -> Decision:
        states = ("executed",) * 5 + ("defeated", "succeeded", "queued", "canceled", "expired")
        last = self.counts[1] - 1
        state = {last: "pending", last - 1: "active"}.get(index, states[index % len(states)])
        made = START + (index + 1) * (END - START) // (self.counts[1] + 1)
        tallies = () if state == "pending" else tuple(self.tallies())
        voted = sum(one.in_favour + one.against + one.abstain for one in tallies)
        seats = sum(one.seats for one in tallies)
        turnout = voted // seats if seats else 0
        passed = state in ("executed", "succeeded", "queued", "expired")
        title = HOSTILE[index // 6 % len(HOSTILE)] if index % 6 == 4 else _TITLES[index % 7]
        return Decision(
            number=str(int.from_bytes(digest(f"decision {index}"))),
            title=title,
            body=f"We talked about it for {index} weeks.\n\n" + HOSTILE[index % len(HOSTILE)],
            proposer=account(f"seat {index + 1}"),
            seat=index + 1,
            proposed_at=made,
            snapshot=made + 2 * DAY,
            deadline=made + 9 * DAY,
            state=state,
            rule="majority; in favour are more than 50 % of all votes; quorum 20 %",
            quorum=2000 if index % 3 else 5000,
            turnout=turnout,
            votes=voted,
            tallies=tallies,
            passed=passed,
            reasons=() if passed or index >= last - 1 else ("Fewer than 20 % took part.",),
            calls=("Set the quorum of rule 3 to 20 %", "Send 12.5 xDAI to the bakery"),
            queued_at=made + 9 * DAY if state in ("queued", "executed") else 0,
            eta=made + 10 * DAY if state in ("queued", "executed") else 0,
            executed_at=made + 10 * DAY if state == "executed" else 0,
            transaction=digest(f"execution {index}") if state == "executed" else b"",
        )

    def tallies(self) -> Sequence[Tally]:
        made = []
        for index in range(len(self.constituencies)):
            seats = 3 + self.counts[0] // 5 - index
            votes = self.random.randrange(0, seats * 10_000, 2500)
            against = self.random.randrange(0, votes // 2 + 1)
            abstain = self.random.randrange(0, (votes - against) // 4 + 1)
            favour = votes - against - abstain
            made.append(Tally(against=against, in_favour=favour, abstain=abstain, seats=seats))
        return made

    def resource(self, number: int) -> Resource:
        presence: tuple[Presence, ...] = ("present",) * 6 + ("damaged", "unknown")
        made = START + number * (END - START) // (self.counts[2] + 1)
        return Resource(
            cid=cid(f"resource {number}"),
            title=f"Handbook {number}" if number % 9 else HOSTILE[number // 9 % len(HOSTILE)],
            steward=account(f"seat {number % 9 + 1}"),
            licence=("CC0-1.0", "CC-BY-SA-4.0", "")[number % 3],
            access="public" if number % 5 else "members",
            published_at=made,
            citations=number % 7,
            retired_at=min(made + 90 * DAY, END) if number % 8 == 2 else 0,
            previous=cid(f"resource {number - 1}") if number % 10 == 1 else "",
            presence=presence[number % len(presence)],
        )

    def citations(self, resources: Sequence[Resource]) -> Sequence[Citation]:
        return [
            Citation(
                time=min(one.published_at + (n + 1) * 9 * DAY, END),
                by=account(f"seat {(index * 5 + n * n) % 12 + 1}"),
                cited=one.cid,
                steward=one.steward,
            )
            for index, one in enumerate(resources)
            for n in range(one.citations)
        ]

    def timeline(self, seats: Sequence[Seat]) -> Sequence[Point]:
        active = [0] * len(self.constituencies)
        points = []
        for seat in seats:
            active[seat.constituency] += 1
            if seat.number % 6 == 0 and active[0] > 1:
                active[0] -= 1
            points.append(Point(time=seat.since, active=tuple(active)))
        return points

    def documents(self, resources: Sequence[Resource]) -> Sequence[Document]:
        named = [
            Document(cid=cid(f"text {n}"), what=f"text of version {n}", presence="present")
            for n in (1, 2)
        ]
        return named + [
            Document(cid=one.cid, what=f"resource “{one.title}”", presence=one.presence)
            for one in resources
        ]

    def code(self) -> Sequence[Code]:
        names = (
            "meta_organization",
            "timelock",
            "authority",
            "membership",
            "assembly",
            "implementation of Membership",
            "implementation of Assembly",
        )
        return [
            Code(
                name=name,
                address=account(name),
                code_hash=digest("other" if name == "authority" else name),
                expected=digest(name),
                metadata=cid("metadata " + name) if "implementation" in name else "",
                source={"timelock": None, "authority": False}.get(name, True),
            )
            for name in names
        ]

    def texts(self) -> tuple[Text, ...]:
        turn = START + 300 * DAY
        return (
            Text(number=1, cid=cid("text 1"), since=START, until=turn, adopted_by=8),
            Text(number=2, cid=cid("text 2"), since=turn, until=0, adopted_by=29),
        )


POWERS = (
    Power(contract="Membership", function="apply(uint16,uint16,bytes32)", who="any organization",
          when="at once", rule="", stop="an objection of any active seat"),
    Power(contract="Membership", function="expel(address,bytes32)", who="a decision",
          when="when it is executed, after voting and 1 day of delay",
          rule="each class; more than 66.67 %; quorum 50 %", stop="votes against"),
    Power(contract="Rulebook", function="setRule(uint16,(uint8,uint16,uint16,uint32,uint32))",
          who="a decision", when="when it is executed, after voting and 7 days of delay",
          rule="amendment", stop="votes against"),
)  # fmt: skip
ROLES = (
    Role(contract="Timelock", role="PROPOSER_ROLE", account=account("assembly"),
         holder="the Assembly"),
    Role(contract="Authority", role="ADMIN_ROLE", account=account("timelock"),
         holder="the Timelock"),
    Role(contract="Authority", role="role 17", account=account("stranger"), holder=""),
)  # fmt: skip
PENDING = (
    Pending(contract="Timelock", id=digest("pending 1"), ready_at=END + 3 * DAY,
            calls=("Set the quorum of rule 3 to 20 %",), proposal="77"),
    Pending(contract="Authority", id=digest("pending 2"), ready_at=END - DAY,
            calls=("Grant role 17 to a stranger",), proposal=""),
)  # fmt: skip
INDICATORS = (
    Indicator(key="gini", question="How equally are votes spread?", answer="Equal: every seat has "
              "one vote.", value="0.0000", evidence="Gini coefficient of votes of active seats."),
    Indicator(key="half", question="How many accounts hold half of the power?",
              answer="20 accounts", value="20", evidence="Largest votes first, until half."),
    Indicator(key="leaders", question="Are leaders accountable?", answer="needs a person",
              value=None, evidence="No contract says what leaders do."),
)  # fmt: skip
FINDINGS: tuple[Finding, ...] = (
    difference(
        "code.other",
        "code of the Authority",
        "the shipped code, keccak256 0x" + digest("authority").hex(),
        "code with keccak256 0x" + digest("other").hex(),
        [Look(what="code", address=account("authority"))],
    ),
    difference(
        "powers.stranger",
        "role 17 of the Authority " + HOSTILE[0],
        "nobody",
        account("stranger") + "; " + HOSTILE[1],
        [
            Look(what="call", address=account("authority"), function="hasRole(uint64,address)",
                 arguments=("17", account("stranger"))),
            Look(what="storage", address=account("authority"), arguments=("0x11",), block=31_000),
            Look(what="log", address=account("authority"), transaction=digest("grant"), index=12,
                 block=30_999_000),
        ],
    ),
    unknown(
        "documents.missing",
        "resource Handbook 7",
        "all of its blocks",
        "no store that was asked holds the block",
        [Look(what="document", cid=cid("resource 7"))],
    ),
)  # fmt: skip
PROVENANCE: dict[str, Any] = {
    "endpoints": (
        Source(where="http://127.0.0.1:8545", client="Geth/v1.17.8-stable"),
        Source(where="https://rpc.example.org", client="erigon/3.1 </script>"),
    ),
    "read_at": (END + 700, END + 1300),
    "first_block": 17_000_000,
    "windows": 1_442,
    "headers": 18_003,
    "proved": 17_950,
    "logs": 18_213,
    "log_digest": digest("logs"),
    "finality": "the block that the node calls finalized",
    "findings": (
        unknown(
            "reading.bloom",
            "logs of 53 blocks",
            "a bloom without a bit more",
            "blooms with bits of other contracts",
            [Look(what="block", block=30_000_001, endpoint="http://127.0.0.1:8545"),
             Look(what="receipt", transaction=digest("receipt"))],
        ),
    ),
}  # fmt: skip


def rich() -> Report:
    """Everything of everything: what a page has to show."""
    return Maker(40, 25, 60).report()


def small() -> Report:
    """Some of everything."""
    return Maker(8, 4, 5).report()


def clean() -> Report:
    """Everything was established."""
    return without_findings(Maker(12, 5, 8).report())


def young() -> Report:
    """A meta-organization that was founded a minute ago: nothing has happened."""
    return without_findings(
        Maker(3, 0, 0).report(published=None, pending=(), dao_index=(), limits=())
    )


def without_findings(report: Report) -> Report:
    return Report(
        statement=report.statement.model_copy(update={"findings": ()}),
        provenance=report.provenance.model_copy(update={"findings": ()}),
    )


def dark() -> Report:
    """Almost nothing could be established."""
    topics = tuple(name for name in Statement.model_fields if name in EMPTIABLE)
    findings = tuple(
        unknown("reading.pruned", f"{topic} of the meta-organization", "an answer", "missing trie")
        for topic in topics
    )
    nothing = {name: () for name in topics} | {"settings": {}, "published": None}
    return Maker(0, 0, 0).report(**nothing, unknown=topics, findings=findings)


def odd() -> Report:
    """Numbers and times that no contract of ours gives, and that a page must bear."""
    made = Maker(9, 3, 4).report()
    never = (1 << 48) - 1
    statement = made.statement
    tally = Tally(against=10**9, in_favour=0, abstain=5, seats=1)
    decisions = (
        statement.decisions[0].model_copy(
            update={"tallies": (tally,) * 7, "turnout": 123_456, "deadline": never, "title": " "}
        ),
        statement.decisions[1].model_copy(
            update={"tallies": (Tally(against=0, in_favour=0, abstain=0, seats=0),), "state": "?"}
        ),
    )
    seat = statement.seats[0].model_copy(
        update={"constituency": 99, "votes_in": 98, "kind": 97, "since": never, "history": ()}
    )
    resource = statement.resources[0].model_copy(update={"published_at": 0, "retired_at": never})
    timeline = (Point(time=0, active=(1,)), Point(time=never, active=(0,) * 11))
    changes = {"decisions": decisions, "seats": (seat,), "timeline": timeline}
    return Report(
        statement=statement.model_copy(update=changes | {"resources": (resource,)}),
        provenance=made.provenance.model_copy(update={"read_at": (never, 0), "endpoints": ()}),
    )


def vast(seats: int = 5000, decisions: int = 2000) -> Report:
    """As large as a page must bear."""
    return Maker(seats, decisions, 1500, 9).report()
