"""Histories: taken step by step on a chain and in the book, compared, replayed, made shorter."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from random import Random
from typing import Any

from metaorg.errors import MetaorgError
from metaorg.rules.decision import METHODS
from metaorg.rules.membership import Transition
from tests.stateful.acts import Act, Maker
from tests.stateful.book import Book
from tests.stateful.driver import Driver, Step
from tests.stateful.network import START, Network
from tests.stateful.reads import LATEST, Reads
from tests.stateful.refusal import No

EVENTS = frozenset(
    ("Applied", "Objected", "Admitted", "Refused", "Withdrawn", "Exited", "Expelled", "Suspended")
) | {"Reinstated", "Lapsed", "Resumed", "Affiliated", "Separated", "ConstituencyChanged", "Moved"}
FIELDS = {
    "organization": "organization",
    "from": "organization",
    "to": "to",
    "seat": "seat",
    "constituency": "constituency",
    "kind": "kind",
    "admissibleAt": "admissible_at",
    "ordinal": "ordinal",
    "group": "group",
}
"""An event's argument -> the field of `Transition`; reasons are not compared."""


class Disagreement(AssertionError):
    """Contracts and book do not say the same."""


class Report:
    """What histories came to: kind of step or error -> how often."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.proposals: Counter[str] = Counter()
        self.reads = 0

    def note(self, kind: str, error: str) -> None:
        (self.refused if error else self.accepted)[kind] += 1
        if error:
            self.errors[error] += 1

    def look_back(self, book: Book) -> None:
        """Note what became of proposals."""
        for number, proposal in book.assembly.proposals.items():
            passed = proposal.poll is not None and proposal.poll.outcome.passed
            self.proposals[book.assembly.state(number, book.now)] += 1
            self.proposals["extended"] += proposal.extended
            self.proposals["upgraded"] += proposal.rule != proposal.frozen
            self.proposals["of several actions"] += len(proposal.calls) > 1
            for name, method in METHODS.items():
                self.proposals[f"passed by {name}"] += passed and method in proposal.rule.methods

    @property
    def steps(self) -> int:
        return self.accepted.total() + self.refused.total()

    def lines(self) -> Iterable[str]:
        yield f"{self.steps} steps, {self.reads} answers compared"
        yield f"{'accepted':>9} {'refused':>8}  step"
        for kind in sorted(self.accepted | self.refused):
            yield f"{self.accepted[kind]:>9} {self.refused[kind]:>8}  {kind}"
        yield f"{'refused':>9}  error"
        for error, times in sorted(self.errors.items()):
            yield f"{times:>9}  {error}"
        yield f"{'number':>9}  proposals"
        for what, times in sorted(self.proposals.items()):
            yield f"{times:>9}  {what}"


class History:
    """One history on a network that is as it was founded."""

    def __init__(self, network: Network, seed: int, report: Report) -> None:
        self.network, self.report = network, report
        network.begin()
        self.book = Book(network)
        self.maker = Maker(self.book, network)
        self.steps: list[Step] = []
        self._reads = Reads(self.book, network, Random(seed))
        self.driver = Driver(Random(seed), self.book)

    def run(self, steps: int) -> None:
        """Draw and take so many steps.

        Raises:
            Disagreement: with the step at which it showed.
        """
        until = self.report.steps + steps
        while self.report.steps < until:
            self.take(self.driver.next())
        self.report.look_back(self.book)

    def take(self, step: Step) -> None:
        """Take one step, and compare everything that can be read."""
        self.steps.append(step)
        self.book.now = START + step.time
        act = self.maker.act(step.kind, step.given)
        if act is None:
            return
        self.network.at(self.book.now)
        error, answer = self.network.ask(act.sender, act.contract, act.data)
        self.book.membership.followed.clear()
        expected, value = self._expect(act)
        if error != expected:
            raise Disagreement(f"{error or 'accepted'}; the book: {expected or 'accepted'}")
        self.report.note(_name(step), error)
        if not error:
            receipt = self.network.send(act.sender, act.contract, act.data)
            self._compare_events(receipt)
            if step.kind == "vote_batch":
                self._compare_batch(value, answer, receipt)
        self._compare()

    def _expect(self, act: Act) -> tuple[str, Any]:
        try:
            return "", act.follow()
        except No as no:
            return no.name, None

    def _compare(self) -> None:
        self._compare_turns()
        expected = list(self._reads.all())
        answers = self.network.answers([(name, call, given) for name, call, given, _ in expected])
        self.report.reads += len(answers)
        wrong = [
            f"{name}.{call}{given}: {answer}; the book: {value}"
            for (name, call, given, value), answer in zip(expected, answers, strict=True)
            if answer != value
        ]
        if wrong:
            raise Disagreement("\n    ".join(wrong[:8]))
        for value in {value for *_, value in expected if isinstance(value, str)}:
            if not value.startswith("0x"):
                self.report.errors[value] += 1

    def _compare_turns(self) -> None:
        """Whether those who proposed lately could propose again; nothing is sent."""
        network, assembly = self.network, self.book.assembly
        calls = [[self.network.addresses["relay"]], [0], [b""], "One more"]
        for proposal in list(assembly.proposals.values())[-LATEST:]:
            account = self.book.membership.accounts[proposal.seat]
            error, _ = network.ask(account, "assembly", network.data("assembly", "propose", calls))
            expected = assembly.may_propose(account, self.book.now)
            if error != expected:
                raise Disagreement(f"a proposal of {account}: {error}; the book: {expected}")

    def _compare_events(self, receipt: Any) -> None:
        """The register's events, from which anyone can write the same book."""
        events = [self.network.event(log) for log in receipt["logs"]]
        found = [
            (name, {FIELDS[key]: value for key, value in arguments.items() if key in FIELDS})
            for name, arguments in events
            if name in EVENTS
        ]
        shown = [fields for _, fields in found]
        expected = [
            (one.name, {field: getattr(one, field) for field in fields})
            for one, fields in zip_longest(self.book.membership.followed, shown, fillvalue={})
            if isinstance(one, Transition)
        ]
        if found != expected:
            raise Disagreement(f"events: {found}; the book: {expected}")

    def _compare_batch(self, faults: list[str], answer: bytes, receipt: Any) -> None:
        """How many votes were counted, and why the others were not."""
        counted, known = int.from_bytes(answer), self.network.artifact("assembly").errors
        events = [self.network.event(log) for log in receipt["logs"]]
        found = [
            str(known[arguments["reason"]]["name"])
            for name, arguments in events
            if name == "VoteRefused"
        ]
        if found != [one for one in faults if one] or counted != faults.count(""):
            raise Disagreement(f"{counted} counted, {found}; the book: {faults}")
        for error in found:
            self.report.errors[error] += 1


def _name(step: Step) -> str:
    """The kind of a step; for decisions, also what is decided."""
    return f"{step.kind} {step.given['deed']['deed']}" if step.kind == "decided" else step.kind


def replay(network: Network, seed: int, steps: Sequence[Step]) -> tuple[int, str] | None:
    """At which step book and contracts disagree, and how; None when they agree."""
    history = History(network, seed, Report())
    for number, step in enumerate(steps):
        try:
            history.take(step)
        except (Disagreement, ValueError, MetaorgError) as error:
            return number, f"{type(error).__name__}: {error}"
    return None


def shrink(
    steps: Sequence[Step], fails: Callable[[Sequence[Step]], bool], patience: int = 300
) -> list[Step]:
    """A history that still fails and is as short as `patience` attempts make it.

    Chunks of steps are taken away, ever smaller ones; times stay as they are.
    """
    kept, size = list(steps), max(len(steps) // 2, 1)
    while size and patience:
        place = 0
        while place < len(kept) and patience:
            patience -= 1
            shorter = kept[:place] + kept[place + size :]
            if fails(shorter):
                kept = shorter
            else:
                place += size
        size //= 2
    return kept


def explain(network: Network, seed: int, steps: Sequence[Step], shrinking: bool = True) -> str:
    """The shortest history found that disagrees, as JSON lines that can be replayed."""
    kept = list(steps)
    if shrinking:
        kept = shrink(kept, lambda shorter: replay(network, seed, shorter) is not None)
    found = replay(network, seed, kept)
    how = f"at step {found[0]} of {len(kept)}:\n    {found[1]}" if found else "not again"
    lines = "\n".join(json.dumps(step) for step in kept)
    return f"seed {seed}, {len(steps)} steps; they disagree {how}\n{lines}"


def parse(text: str) -> list[Step]:
    """A history from its JSON lines."""
    return [Step(*json.loads(line)) for line in text.splitlines() if line.startswith("[")]
