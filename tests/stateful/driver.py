"""Draws the next step: mostly one that can be taken, now and then one that has to be refused.

Kinds of steps are dealt from a deck, so that short histories meet them all too; what takes several
steps (a decision, an admission) is a plan, which goes on between the others.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from metaorg.rules.decision import SPLIT, Method, Rule
from metaorg.rules.membership import BARRED, Status
from tests.stateful import deeds
from tests.stateful.assembly import Proposal, number_of
from tests.stateful.book import Book
from tests.stateful.network import ACTORS, CONSENT, RULES, START, account

ACTING = ACTORS - 1
"""Actors that take part; the last one of all only signs what it should not."""
FAR = 10_000
"""Seconds; what lies beyond is not waited for, such as an admission that only a decision brings."""
FEW = 6
"""Below so many active seats, organizations are helped to join."""
WEIGHTED = Rule(
    methods=Method.WEIGHTED,
    approval=5000,
    quorum=1000,
    upgradable=True,
    delay=30,
    voting_period=400,
)
SETS = [one for one in range(1, 16) if one & Method.EACH_CLASS != Method.IN_EACH_CLASS]


class Step(NamedTuple):
    """A step: seconds since the founding, kind, parameters."""

    time: int
    kind: str
    given: dict[str, Any]


Planned = tuple[int, str, dict[str, Any] | None]
"""Earliest time (Unix seconds), kind, parameters; without parameters the step falls away."""

VARIANTS: dict[str, tuple[str, ...]] = {
    "adopt": ("", "other", "version", "old", "text", "expired", "nonce", "signature", "nowhere"),
    "adopt_and_apply": ("", "", "kind", "profile", "sender", "nowhere", "seated", "signature"),
    "apply": ("", "", "kind", "profile", "seated", "anyone", "nowhere"),
    "apply_by_sig": ("", "late", "expired", "nonce", "signature", "kind"),
    "object": ("", "outsider", "closed", "anyone"),
    "admit": ("", "", "", "early", "anyone", "mismatched"),
    "leave": ("", "outsider"),
    "declare": ("", "answer", "anyone"),
    "change_profile": ("", "profile", "outsider"),
    "move": ("", "", "late", "expired", "nonce", "from", "to", "used", "unready"),
    "lapse": ("", "", "anyone"),
    "resume": ("", "anyone"),
    "bound": ("delegate", "transferFrom", "setApprovalForAll"),
    "decided": (
        *("suspend", "reinstate", "expel", "changeConstituency", "changeConstituency", "separate"),
        *("decide", "decide", "moveByDecision", "affiliate", "affiliate", "setAdmission"),
        *("setAdmission", "setReadoption", "addConstituency", "addKind", "setRule", "setRule"),
        *("setRule", "assignRule", "assignRule", "unassignRule", "setWeights", "setVotingDelay"),
        *("setOpenProposals", "amend", "setCharter", "updateDelay"),
    ),
    "trespass": ("", "updateDelay"),
    "propose": ("", "", "", "empty", "restricted", "named", "outsider", "again"),
    "cancel": ("", "stranger", "late"),
    "request_upgrade": ("", "", "again", "outsider", "late", "unavailable"),
    "vote": (
        *("", "", "", "", "anyone", "outsider", "recent", "support", "split", "unsplit", "params"),
        *("again", "late", "silent", "number"),
    ),
    "vote_by_sig": ("", "split", "reason", "signature"),
    "vote_batch": ("", ""),
    "count_votes": ("", "early"),
    "queue": ("", "early"),
    "execute": ("early", "again"),
}
"""Kind -> what is dealt of it."""
PLANS = (
    *("decision", "decision", "decision", "instituting", "instituting", "affiliating"),
    *("affiliating", "amending", "amending", "joining", "moving_on", "rushing", "wavering"),
    *("retracting", "crowding"),
)


class Driver:
    """Draws steps from `rng`, knowing the book."""

    def __init__(self, rng: Random, book: Book) -> None:
        self.rng, self.book = rng, book
        self._deck: list[tuple[str, str]] = []
        self._plans: list[tuple[Iterator[Planned], Planned | None]] = []
        """Each with its next step, once that is known."""
        self._agenda: list[str] = []
        self._labels = 0
        self._time = START

    def next(self) -> Step:
        """The next step; its time is never before that of the last one."""
        while True:
            time, kind, given = self._planned() or self._dealt()
            if given is not None and time <= self._time + FAR:
                self._time = max(self._time, time)
                return Step(self._time - START, kind, given)

    def _dealt(self) -> Planned:
        self._deck = self._deck or self._shuffled()
        kind, variant = self._deck.pop()
        self._earliest = self._moment()
        given = getattr(self, "_" + kind)(variant)
        waiting = min((step[0] for _, step in self._plans if step), default=self._earliest)
        if self.rng.random() < 0.85:  # mostly, no plan misses its moment
            self._earliest = min(self._earliest, max(waiting, self.now))
        return self._earliest, kind, given

    def _shuffled(self) -> list[tuple[str, str]]:
        deck = [(kind, variant) for kind, all_ in VARIANTS.items() for variant in all_]
        self.rng.shuffle(deck)
        if not self.book.rulebook.edition:  # a weighted rule has to be missed before it can be had
            deck.sort(key=lambda card: card != ("decided", "setWeights"))
        return deck

    # ------------------------------------------------------------------ time

    @property
    def now(self) -> int:
        return self._time

    def _moment(self) -> int:
        """Now, a little later, or one of the seconds around something that is going to happen."""
        chance = self.rng.random()
        if chance < 0.2:
            return self.now
        if chance < 0.7:
            return self.now + self.rng.randint(1, 20)
        coming = [m + self.rng.randint(-1, 1) for m in self._coming() if m > self.now]
        near = [moment for moment in coming if self.now <= moment <= self.now + 700]
        return self.rng.choice(near) if near else self.now + self.rng.randint(1, 200)

    def _coming(self) -> Iterator[int]:
        membership = self.book.membership
        for proposal in self._recent():
            yield from (proposal.start, proposal.deadline, proposal.watched_from)
            yield proposal.queued_until
        for standing in membership.register.standings.values():
            if standing.status == Status.APPLIED and standing.admissible_at < BARRED:
                yield standing.admissible_at
        yield membership.pace(self.now)[1]
        yield self.book.text.since + membership.readoption.grace

    # ------------------------------------------------------------------ plans

    def _planned(self) -> Planned | None:
        """The earliest step of all plans."""
        if len(self.book.membership.active()) < FEW and len(self._plans) < 4:
            self._plans.append((self._joining(), None))
        if len(self._plans) < 3:
            self._plans.append((self._plan(), None))
        waiting = [(plan, step or next(plan, None)) for plan, step in self._plans]
        self._plans = [(plan, step) for plan, step in waiting if step is not None]
        if not self._plans or self.rng.random() < 0.5:
            return None
        plan, step = min(self._plans, key=lambda one: one[1][0])
        self._plans[self._plans.index((plan, step))] = (plan, None)
        return step

    def _plan(self) -> Iterator[Planned]:
        if not self._agenda:
            self._agenda = list(PLANS)
            self.rng.shuffle(self._agenda)
        made: Iterator[Planned] = getattr(self, "_" + self._agenda.pop())()
        return made

    def _joining(self) -> Iterator[Planned]:
        """An organization adopts, applies, and is admitted as soon as it can be."""
        number = self._one(*_OUTSIDE)
        if number is None:
            return
        yield from self._applying(number, self.rng.randrange(self.book.membership.constituencies))
        standing = self._standing(number)
        if standing.status not in (Status.APPLIED, Status.OBJECTED):
            return
        if standing.status == Status.OBJECTED or standing.admissible_at >= BARRED:
            deed = {"deed": "decide", "account": number, "admitted": True}
            yield self.now, "decided", {"deed": deed}
            return
        for moment in (standing.admissible_at - 1, standing.admissible_at):
            yield moment, "admit", {"sender": self._anyone(), "account": number}

    def _applying(self, number: int, home: int) -> Iterator[Planned]:
        adopting, papers = self._adopting(number, home, number), self._papers("")
        route = self.rng.choice(("at once", "step by step", "by signature"))
        if route == "at once":
            yield self.now + 1, "adopt_and_apply", adopting | papers
            return
        yield self.now + 1, "adopt", adopting
        if route == "step by step":
            yield self.now + 1, "apply", {"account": number} | papers
            return
        given = {"sender": self._anyone(), "account": number} | papers
        faults = ("expired", "nonce", "signature")
        yield self.now + 1, "apply_by_sig", given | {"fault": self.rng.choice(faults)}
        yield self.now + 1, "apply_by_sig", given | {"fault": ""}

    def _rushing(self) -> Iterator[Planned]:
        """More apply at once than one period admits."""
        deed = {"deed": "setAdmission", "admission": [0, 0, 400, 1000, 1]}
        yield self.now + 1, "decided", {"deed": deed}
        applying = self._all(*_OUTSIDE)[:2]
        for number in applying:
            yield from self._applying(number, self.rng.randrange(3))
        for number in applying:
            yield self.now, "admit", {"sender": self._anyone(), "account": number}
        if not applying:
            return
        _, following = self.book.membership.pace(self.now)
        for moment in (following - 1, following):
            yield moment, "admit", {"sender": self._anyone(), "account": applying[-1]}

    def _wavering(self) -> Iterator[Planned]:
        """An applicant adopts again, in another constituency, while it waits."""
        method = self.rng.choice((1, 1, 2))
        deed = {"deed": "setAdmission", "admission": [method, 100 * (method == 1), 400, 5000, 3]}
        yield self.now + 1, "decided", {"deed": deed}
        number = self._one(*_OUTSIDE)
        if number is None:
            return
        yield from self._applying(number, 0)
        if method == 1:
            yield self.now + 1, "adopt", self._adopting(number, 1, self._anyone())
        standing = self._standing(number)
        if standing.status == Status.APPLIED:
            moment = self.now if method == 2 else standing.admissible_at
            yield moment, "admit", {"sender": self._anyone(), "account": number}
        member = self._one(Status.ACTIVE)
        if member is not None:
            yield self.now + 1, "object", {"sender": member, "account": number}
        for admitted in (True, False):
            deed = {"deed": "decide", "account": number, "admitted": admitted}
            yield self.now + 1, "decided", {"deed": deed}

    def _moving_on(self) -> Iterator[Planned]:
        """A seat changes its account, in the middle of everything."""
        number, to = self._one(*_HOLDING), self._one(Status.NONE)
        if number is None or to is None:
            return
        home = self._standing(number).constituency
        yield self.now + 1, "adopt", self._adopting(to, home, self._anyone())
        if self.rng.random() < 0.3:
            deed = {"deed": "moveByDecision", "account": number, "to": to}
            yield self.now, "decided", {"deed": deed}
            return
        given = {"sender": self._anyone(), "account": number, "to": to}
        fault = self.rng.choice(("expired", "nonce", "from", "to"))
        yield self.now + self.rng.randint(0, 1), "move", given | {"fault": fault}
        yield self.now, "move", given | {"fault": ""}

    def _affiliating(self) -> Iterator[Planned]:
        """Two or three find out that they are under one control; one may be set free again."""
        some = self._all(*_HOLDING)
        if len(some) < 3:
            return
        first, second, third = self.rng.sample(some, 3)
        yield self.now + 1, "declare", {"account": first, "other": second}
        yield self.now + 1, "declare", {"account": second, "other": first}
        yield from self._decision([{"deed": "ring"}], (first, second))
        if self.rng.random() < 0.5:
            deed = {"deed": "affiliate", "accounts": [third, first]}
            yield self.now + 1, "decided", {"deed": deed}
        yield self.now + 1, "decided", {"deed": {"deed": "separate", "account": second}}

    def _retracting(self) -> Iterator[Planned]:
        """A proposal is taken back; nobody else can do that, and it cannot come again."""
        given = self._propose("")
        if given is None:
            return
        yield self.now + 1, "propose", given
        owner, label = given["account"], given["label"]
        stranger = {"account": (owner + 1) % ACTING, "label": label}
        yield self.now, "cancel", stranger
        yield self.now, "cancel", stranger | {"account": owner}
        yield self.now, "propose", given
        vote = {"account": owner, "label": label, "support": 1, "params": "", "reason": ""}
        yield self.now + 100, "vote", vote

    def _crowding(self) -> Iterator[Planned]:
        """One seat proposes more than it may have open, and again when voting on one is over."""
        owner = self._one(Status.ACTIVE)
        if owner is None:
            return
        label = None
        for _ in range(self.book.rulebook.open_proposals + 1):
            given = self._propose("")
            if given is not None:
                label = label or given["label"]
                yield self.now, "propose", given | {"account": owner}
        proposal, given = self._proposal(label), self._propose("")
        if proposal is not None and given is not None:
            for moment in (proposal.deadline, proposal.deadline + 1):
                yield moment, "propose", given | {"account": owner}

    def _instituting(self) -> Iterator[Planned]:
        """One function gets a rule of its own, weighted or by consent, which then decides."""
        deed = {"deed": "setWeights", "weights": [5000, 3000, 2000]}
        yield self.now + 1, "decided", {"deed": deed}
        index = min(3, len(self.book.rulebook.rules))
        weighted = self.rng.random() < 0.5
        rule = deeds.parts(WEIGHTED if weighted else RULES[CONSENT])
        deed = {"deed": "setRule", "index": index, "rule": rule}
        yield self.now, "decided", {"deed": deed}
        deed = {"deed": "assignRule", "function": ["relay", "relay"], "index": index}
        yield self.now, "decided", {"deed": deed}
        yield from self._decision([{"deed": "ring"}])

    def _decision(
        self, wanted: list[dict[str, Any]] | None = None, asking: tuple[int, ...] = ()
    ) -> Iterator[Planned]:
        given = self._propose("")
        if given is None:
            return
        if wanted:
            given["deeds"] = wanted
        yield self.now + 1, "propose", given
        proposal, label = self._proposal(given["label"]), given["label"]
        if proposal is None:
            return
        for number in asking:
            yield self.now, "request_upgrade", {"account": number, "label": label}
        if self.rng.random() < (0.6 if proposal.frozen.upgradable else 0.2):
            yield from self._upgrading(label)
        yield from self._polling(proposal, label)
        yield proposal.deadline + self.rng.randint(0, 1), "queue", self._by(label)
        yield proposal.deadline + 1, "count_votes", self._by(label) | {"pages": 1}
        yield proposal.deadline + 1, "queue", self._by(label)
        if proposal.queued_until:
            yield proposal.queued_until - 1, "execute", self._by(label)
            yield proposal.queued_until, "execute", self._by(label)

    def _upgrading(self, label: int) -> Iterator[Planned]:
        """The largest constituency asks for the consent of each; some try twice."""
        members = self._active()
        self.rng.shuffle(members)
        sizes = Counter(self._standing(number).votes_in for number in members)
        members.sort(key=lambda number: -sizes[self._standing(number).votes_in])
        for number in members[:3]:
            for _ in range(self.rng.randint(1, 2)):
                yield self.now, "request_upgrade", {"account": number, "label": label}

    def _polling(self, proposal: Proposal, label: int) -> Iterator[Planned]:
        """Everybody has a say, at any time; early votes and late ones may disagree."""
        lean = self.rng.choice((0.95, 0.95, 0.6, 0.3))
        voters = [n for n in self._active() if self.rng.random() < 0.9]
        drawn = [self.rng.randint(proposal.start + 1, proposal.deadline) for _ in voters]
        if self.rng.random() < 0.3:
            drawn = [proposal.watched_from - 1 + self.rng.randint(0, 2) for _ in voters]
        if self.rng.random() < 0.4:  # all in one
            votes = [[number, 1 if self.rng.random() < lean else 2, False] for number in voters]
            yield max(drawn, default=0), "vote_batch", self._by(label) | {"votes": votes}
            return
        for moment, number in zip(sorted(drawn), voters, strict=True):
            support = 1 if self.rng.random() < lean else self.rng.choice((0, 0, 2))
            given = {"account": number, "label": label, "support": support, "params": ""}
            yield moment, "vote", given | {"reason": "Because." if support == 0 else ""}

    def _amending(self) -> Iterator[Planned]:
        """The text changes; some adopt in time, some later, some elsewhere, some never."""
        deed = {"deed": "amend", "content": f"text of {self.now}", "codec": 0x55}
        yield self.now + 1, "decided", {"deed": deed}
        for number in self._active():
            if self.rng.random() < 0.6:
                home = self._standing(number).constituency
                if self.rng.random() < 0.2:
                    home = self.rng.randrange(self.book.membership.constituencies)
                yield self.now + 1, "adopt", self._adopting(number, home, self._anyone())
        yield from self._returning()

    def _returning(self) -> Iterator[Planned]:
        """Who is late has no vote any more, adopts, and has it again."""
        late = [n for n in self._active() if not self._adopted(n)]
        end = self.book.text.since + self.book.membership.readoption.grace
        for moment in (end, end + 1):
            for number in late[:2]:
                yield moment, "lapse", {"sender": self._anyone(), "account": number}
        for number in late[:2]:
            home = self._standing(number).constituency
            yield self.now + 1, "adopt", self._adopting(number, home, number)
            yield self.now, "resume", {"sender": self._anyone(), "account": number}

    # ------------------------------------------------------------------ the text and the register

    def _adopt(self, variant: str) -> dict[str, Any] | None:
        number = self._anyone() if variant else self._one(Status.NONE, Status.EXITED, Status.BARRED)
        if number is None:
            return None
        home = self._standing(number).constituency if self._standing(number).status else 0
        if variant in ("", "other"):
            home = self.rng.randrange(self.book.membership.constituencies)
        if variant == "nowhere":
            number, home = self._one(Status.NONE, Status.EXITED, Status.BARRED, Status.ACTIVE), 9
        given = self._adopting(number, home, self._anyone())
        faults = {"old": "version", "other": "", "nowhere": ""}
        given["fault"] = faults.get(variant, variant)
        given["by"] = -1 if variant == "old" else 1
        return given

    def _adopt_and_apply(self, variant: str) -> dict[str, Any] | None:
        number = self._one(*((Status.ACTIVE,) if variant == "seated" else _OUTSIDE))
        if number is None:
            return None
        home = 9 if variant == "nowhere" else self.rng.randrange(3)
        sender = self._anyone() if variant == "sender" else number
        given = self._adopting(number, home, sender) | self._papers(variant)
        given["fault"] = "signature" if variant == "signature" else "life"
        return given

    def _apply(self, variant: str) -> dict[str, Any] | None:
        number = self._anyone()
        if variant == "seated":
            number = self._one(Status.ACTIVE, Status.APPLIED)
        elif variant != "anyone":
            ready = [n for n in self._all(*_OUTSIDE) if self._adopted(n)]
            if variant == "nowhere":
                ready = [n for n in ready if self._record(n).constituency > 8]
            number = self._choice(ready)
        return None if number is None else {"account": number} | self._papers(variant)

    def _apply_by_sig(self, variant: str) -> dict[str, Any] | None:
        ready = [n for n in self._all(*_OUTSIDE) if self._adopted(n)]
        number = self._choice(ready)
        if number is None:
            return None
        fault = {"late": "", "": "life", "kind": "life"}.get(variant, variant)
        given = {"sender": self._anyone(), "account": number, "fault": fault}
        return given | self._papers(variant)

    def _object(self, variant: str) -> dict[str, Any] | None:
        waiting = self._all(Status.APPLIED)
        member, applicant = self._one(Status.ACTIVE), self._choice(waiting)
        if variant == "outsider":
            member = self._one(Status.NONE, Status.EXITED, Status.SUSPENDED)
        if variant == "anyone":
            applicant = self._anyone()
        if variant == "closed" and applicant is not None:
            self._at_least(self._standing(applicant).admissible_at)
        return _complete({"sender": member, "account": applicant})

    def _admit(self, variant: str) -> dict[str, Any] | None:
        number = self._anyone() if variant == "anyone" else self._one(Status.APPLIED)
        if variant == "mismatched":
            waiting = self._all(Status.APPLIED)
            number = self._choice([n for n in waiting if self._elsewhere(n)])
        if variant in ("", "mismatched") and number is not None:
            self._at_least(self._standing(number).admissible_at)
        return _complete({"sender": self._anyone(), "account": number})

    def _leave(self, variant: str) -> dict[str, Any] | None:
        outside = (Status.NONE, Status.EXITED, Status.BARRED)
        inside = (Status.ACTIVE, Status.APPLIED, Status.OBJECTED, Status.SUSPENDED, Status.LAPSED)
        return _complete({"account": self._one(*(outside if variant else inside))})

    def _declare(self, variant: str) -> dict[str, Any] | None:
        number, other = self._one(Status.ACTIVE, Status.LAPSED), self._one(Status.ACTIVE)
        if variant == "anyone":
            number, other = self._anyone(), self._anyone()
        declared = {v: k for k, v in self.book.membership.declared.items()}
        asked = [n for n in self._active() if account(n) in declared]
        if variant == "answer" and asked:
            number = self.rng.choice(asked)
            other = next(n for n in range(ACTING) if account(n) == declared[account(number)])
        return _complete({"account": number, "other": other})

    def _change_profile(self, variant: str) -> dict[str, Any] | None:
        outside = (Status.NONE, Status.APPLIED, Status.SUSPENDED)
        number = self._one(*(outside if variant == "outsider" else (Status.ACTIVE,)))
        return _complete({"account": number, "profile": self._papers(variant)["profile"]})

    def _move(self, variant: str) -> dict[str, Any] | None:
        number, to = self._moving(variant)
        fault = {"": "life", "late": "", "used": "life", "unready": "life"}.get(variant, variant)
        given = {"sender": self._anyone(), "account": number, "to": to, "fault": fault}
        return _complete(given)

    def _moving(self, variant: str) -> tuple[int | None, int | None]:
        """A seat's account, and a fresh one that has adopted in the same constituency."""
        if variant == "used":
            return self._one(Status.ACTIVE), self._one(Status.EXITED, Status.APPLIED, Status.ACTIVE)
        fresh = [n for n in self._all(Status.NONE) if not self._standing(n).seat]
        if variant == "unready":
            return self._one(Status.ACTIVE), self._choice(fresh)
        ready = [n for n in fresh if self._adopted(n)]
        to = self._choice(ready)
        if to is None:
            return None, None
        home = self._record(to).constituency
        same = [n for n in self._all(*_HOLDING) if self._standing(n).constituency == home]
        return self._choice(same), to

    def _lapse(self, variant: str) -> dict[str, Any] | None:
        late = [n for n in self._active() if not self._adopted(n)]
        number = self._anyone() if variant else self._choice(late)
        if not variant and number is not None:
            end = self.book.text.since + self.book.membership.readoption.grace
            self._at_least(end + self.rng.randint(0, 1))
        return _complete({"sender": self._anyone(), "account": number})

    def _resume(self, variant: str) -> dict[str, Any] | None:
        number = self._anyone() if variant else self._one(Status.LAPSED)
        return _complete({"sender": self._anyone(), "account": number})

    def _bound(self, variant: str) -> dict[str, Any] | None:
        given = {"account": self._one(Status.ACTIVE), "other": self._anyone(), "function": variant}
        return _complete(given)

    # ------------------------------------------------------------------ deeds

    def _decided(self, variant: str) -> dict[str, Any] | None:
        deed = self._deed(variant)
        return None if deed is None else {"deed": deed}

    def _trespass(self, variant: str) -> dict[str, Any] | None:
        deed = self._deed(variant or self.rng.choice(VARIANTS["decided"]))
        return None if deed is None else {"account": self._anyone(), "deed": deed}

    def _deed(self, name: str) -> dict[str, Any] | None:
        if name in _SUBJECTS:
            found = self._one(*_SUBJECTS[name]) if self.rng.random() < 0.8 else self._anyone()
            return _complete({"deed": name, "account": found})
        more = getattr(self, "_deed_" + name)()
        return None if more is None else {"deed": name} | more

    def _deed_changeConstituency(self) -> dict[str, Any] | None:
        willing = [n for n in self._all(*_HOLDING) if self._elsewhere(n)]
        if self.rng.random() < 0.3:
            willing = [n for n in self._active() if self._adopted(n) and not self._elsewhere(n)]
        return _complete({"account": self._choice(willing) if willing else self._anyone()})

    def _deed_separate(self) -> dict[str, Any] | None:
        grouped = [n for n in range(ACTING) if self._standing(n).group]
        lucky = grouped and self.rng.random() < 0.8
        return {"account": self.rng.choice(grouped) if lucky else self._anyone()}

    def _deed_decide(self) -> dict[str, Any] | None:
        admitted = self.rng.random() < 0.7
        pending = self._all(Status.APPLIED, Status.OBJECTED)
        ready = [n for n in pending if self._adopted(n) and not self._elsewhere(n)]
        number = self._choice(ready or pending)
        return {"account": self._anyone() if number is None else number, "admitted": admitted}

    def _deed_moveByDecision(self) -> dict[str, Any] | None:
        variant = "unready" if self.rng.random() < 0.3 else ""
        number, to = self._moving(variant)
        return _complete({"account": number, "to": to})

    def _deed_affiliate(self) -> dict[str, Any] | None:
        some = self._all(*_HOLDING) if self.rng.random() < 0.8 else list(range(ACTING))
        size = min(len(some), self.rng.choice((1, 2, 2, 3)))
        return {"accounts": self.rng.sample(some, size)}

    def _deed_setAdmission(self) -> dict[str, Any] | None:
        method = self.rng.choice((0, 0, 1, 1, 2))
        window = self.rng.choice((100, 300)) if method == 1 else 0
        admission = [method, window, self.rng.choice((200, 900)), 3000, self.rng.choice((1, 2, 4))]
        if self.rng.random() < 0.3:
            place, value = self.rng.choice(((1, 50), (2, 0), (3, 10_001), (4, 0)))
            admission[place] = value
        return {"admission": admission}

    def _deed_setReadoption(self) -> dict[str, Any] | None:
        return {"readoption": [self.rng.choice((0, 100, 400)), self.rng.choice((0, 1, 1, 2))]}

    def _deed_addConstituency(self) -> dict[str, Any] | None:
        few = self.book.membership.constituencies < 5
        return {"name": "Makers" if few else ""}

    def _deed_addKind(self) -> dict[str, Any] | None:
        return {"name": self.rng.choice(("", "union"))}

    def _deed_setRule(self) -> dict[str, Any] | None:
        number = len(self.book.rulebook.rules)
        index = self.rng.choice((0, 1, 2, min(number, 6), number + 1))
        rule = deeds.parts(self.book.rulebook.rules[min(index, number - 1)])
        rule["methods"] = methods = self.rng.choice(SETS)
        rule["approval"] = 0 if methods == Method.CONSENT else self.rng.choice((5000, 6000, 7500))
        rule["objections"] = self.rng.choice((1, 2, 3)) if methods & Method.CONSENT else 0
        rule["quorum"] = self.rng.choice((0, 2000, 4000, 6000))
        rule["closing"] = self.rng.choice((0, 25, 60, 100))
        rule["upgradable"] = self.rng.random() < 0.6
        rule["delay"] = self.rng.choice((0, 60, 300))
        rule["voting_period"] = self.rng.choice((300, 600, 900))
        if index == 1 and self.rng.random() < 0.6:  # one that is no weaker than the ordinary rule
            ordinary = self.book.rulebook.rules[0]
            rule = deeds.parts(ordinary) | {"quorum": max(ordinary.quorum, 5000)}
        if self.rng.random() < 0.15:
            part, value = self.rng.choice((("methods", 4), ("approval", 4999), ("closing", 101)))
            rule[part] = value
        return {"index": index, "rule": rule}

    def _deed_assignRule(self) -> dict[str, Any] | None:
        numbers = len(self.book.rulebook.rules) + (self.rng.random() < 0.2)
        functions = [("membership", name) for name in ("suspend", "expel", "decide", "addKind")]
        functions += [("rulebook", "setWeights"), ("text", "amend"), ("relay", "relay")]
        return {
            "function": list(self.rng.choice(functions)),
            "index": self.rng.randrange(numbers),
        }

    def _deed_unassignRule(self) -> dict[str, Any] | None:
        names = ("suspend", "expel", "decide", "addKind")
        return {"function": ["membership", self.rng.choice(names)]}

    def _deed_setWeights(self) -> dict[str, Any] | None:
        weights = ([5000, 3000, 2000], [2500] * 4, [9999], [5000, 5001], [10_000])
        return {"weights": self.rng.choice(weights)}

    def _deed_setVotingDelay(self) -> dict[str, Any] | None:
        return {"seconds": self.rng.choice((0, 1, 60, 100))}

    def _deed_setOpenProposals(self) -> dict[str, Any] | None:
        return {"number": self.rng.choice((0, 1, 1, 2, 3, 5, 6))}

    def _deed_amend(self) -> dict[str, Any] | None:
        content = "" if self.rng.random() < 0.2 else f"text of {self.now}"
        return {"content": content, "codec": self.rng.choice((0x55, 0x70, 0x55, 0x71))}

    def _deed_setCharter(self) -> dict[str, Any] | None:
        return {"content": self.now}

    def _deed_updateDelay(self) -> dict[str, Any] | None:
        return {"seconds": self.rng.choice((0, 60, 400))}

    # ------------------------------------------------------------------ the Assembly

    def _propose(self, variant: str) -> dict[str, Any] | None:
        number = self._one(*(_OUTSIDE if variant == "outsider" else (Status.ACTIVE,)))
        if number is None:
            return None
        self._labels += 1
        label = self._labels
        if variant == "again" and self.book.motions:
            label = self.rng.choice(list(self.book.motions))
        named = {"restricted": (number + 1) % ACTING, "named": number}.get(variant)
        drawn = [] if variant == "empty" else [self._motion() for _ in range(self._some())]
        return {
            "account": number,
            "label": label,
            "named": named,
            "deeds": [deed for deed in drawn if deed is not None],
        }

    def _some(self) -> int:
        return self.rng.choice((1, 1, 2, 2, 3))

    def _motion(self) -> dict[str, Any] | None:
        harmless = self.rng.random() < 0.35
        names = ("ring", "nothing", "unknown") if harmless else VARIANTS["decided"]
        name = self.rng.choice(names)
        return {"deed": name} if harmless else self._deed(name)

    def _cancel(self, variant: str) -> dict[str, Any] | None:
        label = self._label("pending") if variant != "late" else self._label("active", "queued")
        proposal = self._proposal(label)
        if proposal is None:
            return None
        holder = self.book.membership.accounts[proposal.seat]
        owner = next((n for n in range(ACTING) if account(n) == holder), 0)
        return {"account": self._anyone() if variant == "stranger" else owner, "label": label}

    def _request_upgrade(self, variant: str) -> dict[str, Any] | None:
        label = self._label("active") if variant == "late" else self._label("pending")
        proposal, number = self._proposal(label), self._one(Status.ACTIVE)
        if variant == "outsider":
            number = self._one(*_OUTSIDE)
        if variant == "again" and proposal is not None:
            number = self._again(proposal)
        return _complete({"account": number, "label": label})

    def _again(self, proposal: Proposal) -> int | None:
        """One that has asked, or shares a vote with one that has."""
        asked = {(request.constituency, request.ordinal) for request in proposal.requests}
        seats = {request.seat for request in proposal.requests}
        return self._choice(
            [
                number
                for number in self._active()
                if self._standing(number).place in asked or self._standing(number).seat in seats
            ]
        )

    def _vote(self, variant: str) -> dict[str, Any] | None:
        label = self._open_label() if variant != "late" else self._label("defeated", "succeeded")
        proposal = self._proposal(label)
        number = self._voter(variant, proposal)
        if proposal is None or number is None:
            return None
        support = self.rng.choice((0, 1, 1, 2))
        given = {"account": number, "label": label, "support": support, "params": ""}
        given["reason"] = "Because." if self.rng.random() < 0.5 else ""
        if variant in ("split", "unsplit"):
            given |= {"support": SPLIT, "params": self._split(variant == "split")}
        if variant == "support":
            given["support"] = 3
        if variant == "params":
            given["params"] = "00"
        if variant == "silent":
            given |= {"support": 0, "reason": ""}
        if variant == "number":
            given["fault"] = "number"
        return given

    def _voter(self, variant: str, proposal: Proposal | None) -> int | None:
        if proposal is None or variant == "anyone":
            return self._anyone()
        has_voted = self.book.assembly.has_voted
        if variant == "again":
            return self._choice([n for n in range(ACTING) if has_voted(proposal, account(n))])
        if variant == "outsider":
            return self._one(*_OUTSIDE)
        register = self.book.membership.register
        voting = [n for n in range(ACTING) if register.votes_at(account(n), proposal.start)]
        if variant == "recent":
            return self._choice([n for n in self._active() if n not in voting])
        return self._choice([n for n in voting if not has_voted(proposal, account(n))])

    def _vote_by_sig(self, variant: str) -> dict[str, Any] | None:
        given = self._vote("split" if variant == "split" else "")
        if given is None:
            return None
        if variant == "":
            given |= {"reason": "", "support": self.rng.choice((1, 2))}
        fault = "signature" if variant == "signature" else "life"
        return given | {"sender": self._anyone(), "fault": fault}

    def _vote_batch(self, _: str) -> dict[str, Any] | None:
        label = self._open_label()
        votes = []
        for number in self.rng.sample(range(ACTING), self.rng.randint(1, 8)):
            wrong = self.rng.random() < 0.1
            support = self.rng.choice((0, 1, 1, 1, 2, 3))
            votes.append([number, support, wrong])
        if self.rng.random() < 0.3:
            votes.append(votes[0])
        return _complete({"sender": self._anyone(), "label": label, "votes": votes})

    def _count_votes(self, variant: str) -> dict[str, Any] | None:
        states = ("pending", "active", "queued") if variant else ("defeated", "succeeded")
        label = self._label(*states)
        return _complete(self._by(label) | {"pages": self.rng.choice((0, 1, 2, 9))})

    def _queue(self, variant: str) -> dict[str, Any] | None:
        states = ("pending", "active", "defeated", "queued") if variant else ("succeeded",)
        return _complete(self._by(self._label(*states)))

    def _execute(self, variant: str) -> dict[str, Any] | None:
        states = ("executed", "defeated") if variant == "again" else ("queued",)
        return _complete(self._by(self._label(*states)))

    # ------------------------------------------------------------------ proposals to choose from

    def _by(self, label: int | None) -> dict[str, Any]:
        return {"sender": self._anyone(), "label": label}

    def _recent(self) -> list[Proposal]:
        return list(self.book.assembly.proposals.values())[-4:]

    def _proposal(self, label: int | None) -> Proposal | None:
        if label is None or label not in self.book.motions:
            return None
        calls, description, _ = self.book.motions[label]
        return self.book.assembly.proposals.get(number_of(calls, description))

    def _label(self, *states: str) -> int | None:
        """One of the latest proposals that is in one of these states."""
        assembly = self.book.assembly
        found = []
        for label, (calls, description, _) in list(self.book.motions.items())[-6:]:
            if assembly.state(number_of(calls, description), self._earliest) in states:
                found.append(label)
        return self._choice(found)

    def _open_label(self) -> int | None:
        """A proposal that is open to votes, or soon will be."""
        label = self._label("active")
        if label is not None:
            return label
        label = self._label("pending")
        proposal = self._proposal(label)
        if proposal is not None and self.rng.random() < 0.9:
            self._at_least(proposal.start + 1)
        return label

    # ------------------------------------------------------------------ accounts to choose from

    def _anyone(self) -> int:
        return self.rng.randrange(ACTING)

    def _standing(self, number: int) -> Any:
        return self.book.membership.standing(account(number))

    def _all(self, *statuses: Status) -> list[int]:
        return [n for n in range(ACTING) if self._standing(n).status in statuses]

    def _one(self, *statuses: Status) -> int | None:
        return self._choice(self._all(*statuses))

    def _active(self) -> list[int]:
        return self._all(Status.ACTIVE)

    def _choice(self, options: list[int]) -> int | None:
        return self.rng.choice(options) if options else None

    def _record(self, number: int) -> Any:
        return self.book.text.record(account(number))

    def _adopted(self, number: int) -> bool:
        return bool(self._record(number).recorded_at)

    def _elsewhere(self, number: int) -> bool:
        """Whether it has adopted in another constituency than it is of."""
        own = self._standing(number).constituency
        return self._adopted(number) and self._record(number).constituency != own

    # ------------------------------------------------------------------ helpers

    def _at_least(self, moment: int) -> None:
        """The step is taken at `moment` or later, where that is not too far away."""
        if moment - self.now < 1000:
            self._earliest = max(self._earliest, moment)

    def _adopting(self, number: int | None, home: int, sender: int) -> dict[str, Any]:
        return {
            "sender": sender,
            "account": 0 if number is None else number,
            "constituency": home,
            "fault": self.rng.choice(("", "life")),
            "by": 1,
        }

    def _papers(self, variant: str) -> dict[str, Any]:
        kinds = self.book.membership.kinds
        kind = kinds if variant == "kind" else self.rng.randrange(kinds)
        return {"kind": kind, "profile": 0 if variant == "profile" else self.rng.randint(1, 9)}

    def _split(self, fits: bool) -> str:
        against = self.rng.choice((0, 1, 3333, 10_000))
        favour = self.rng.randint(0, 10_000 - against)
        parts = (against, favour, 10_000 - against - favour + (not fits))
        return b"".join(part.to_bytes(16) for part in parts).hex()


_OUTSIDE = (Status.NONE, Status.EXITED, Status.BARRED)
_HOLDING = (Status.ACTIVE, Status.SUSPENDED, Status.LAPSED)
_SUBJECTS = {
    "suspend": (Status.ACTIVE,),
    "reinstate": (Status.SUSPENDED,),
    "expel": _HOLDING,
}


def _complete(given: dict[str, Any]) -> dict[str, Any] | None:
    """The parameters, if nothing is missing."""
    return None if None in given.values() else given
