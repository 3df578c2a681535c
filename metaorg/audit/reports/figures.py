"""What HTML and Markdown tell alike: sentences, and numbers that follow from several fields."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from metaorg.audit.findings import Finding, Kind
from metaorg.audit.reports.scales import bounded
from metaorg.audit.statement import Decision, Power, Provenance, Report, Statement, Tally
from metaorg.rules.decision import UNITS_PER_SEAT
from metaorg.types import Address

CHAINS = {
    1: "Ethereum",
    10: "OP Mainnet",
    100: "Gnosis Chain",
    137: "Polygon PoS",
    8453: "Base",
    31337: "Development chain",
    42161: "Arbitrum One",
    42220: "Celo",
    11155111: "Sepolia",
}
"""Names of some chains."""
LIMITS = (
    "This audit says what follows from the chain and from the documents that it names. It does not "
    "say whether what was decided is wise, lawful or good, and it gives no legal advice."
)
ENDED = ("canceled", "defeated", "executed")
"""States of a decision after which nothing comes."""
ALIKE = 10
"""Findings of one code that are shown at once; the others are folded, or in the JSON."""
ROWS = 200
"""Rows of a table; the JSON has all."""
SERIES = 8
"""Lines or layers in one chart, the last of which may stand for all others."""
STEWARDS = 12
"""Rows, and columns, of who cites whom, without those that stand for all others."""
OTHERS = "others"
BINS = 30
"""Bars of turnout; of more decisions, bars stand for spans of time."""


Found = tuple[str, Finding]
"""A finding, and where it is in the report."""


class View:
    """A report, and whose names its accounts have."""

    def __init__(self, report: Report) -> None:
        self.report, self.statement = report, report.statement
        self.digest = report.digest.hex()
        self.statement_digest = report.statement.digest.hex()
        self._names = {seat.account: seat.name for seat in report.statement.seats}

    def holder(self, account: Address) -> str:
        """The name of a seat's organization, or a short form of the account."""
        found = self._names.get(account, "")
        return found if found.strip() else f"{account[:8]}…{account[-6:]}"

    def constituency(self, index: int) -> str:
        names = self.statement.constituencies
        return names[index] if index < len(names) else f"constituency {index}"

    def kind(self, index: int) -> str:
        names = self.statement.kinds
        return names[index] if index < len(names) else f"kind {index}"

    def findings(self, kind: Kind) -> list[Found]:
        """Findings of a kind, and where they are in the report."""
        lists = {
            "provenance.findings": self.report.provenance.findings,
            "statement.findings": self.statement.findings,
        }
        return [
            (f"{path}.{place}", finding)
            for path, findings in lists.items()
            for place, finding in enumerate(findings)
            if finding.kind == kind
        ]


def apart(findings: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Findings of which each code has a few, and the others."""
    seen, few, rest = Counter[str](), list[Found](), list[Found]()
    for path, one in findings:
        seen[one.code] += 1
        (few if seen[one.code] <= ALIKE else rest).append((path, one))
    return few, rest


def chain(number: int) -> str:
    """A chain's name, where it is known."""
    return CHAINS.get(number, "Chain")


def count(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: 1 seat, 2,000 seats."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def counted(number: int, things: str) -> str:
    """A number with what is counted, a plural as in `Statement.counts`."""
    return f"{number:,} {noun(number, things)}"


def noun(number: int, things: str) -> str:
    """What is counted, for a number of it."""
    return things.removesuffix("s") if number == 1 else things


def proved(found: Provenance) -> str:
    """How far the bytes of logs and of storage were proved, in a sentence."""
    blocks = count(found.with_logs, "block")
    contracts, words = count(found.accounts, "contract"), count(found.slots, "word")
    state = f"{contracts} and {words} of storage" if found.accounts + found.slots else "no storage"
    return (
        f"of {blocks} with logs, the receipts of {found.by_receipts:,} proved every byte; {state} "
        "proved against the state root"
    )


def imported(found: Provenance) -> str:
    """That a part came from an export, as the rest of a sentence; nothing where none did."""
    if not found.imported:
        return ""
    return f"; of {count(found.imported, 'block')} this is an export's word, for they were imported"


def power(one: Power) -> tuple[str, str, str, str]:
    """Who may call a function, when it takes effect, the rule, and who can stop it, in words."""
    if one.who.startswith("nobody"):
        return one.who, "never", "none", "nothing to stop"
    return (
        one.who,
        one.when or "at once",
        one.rule or "no decision needed",
        one.stop or "nobody",
    )


def never(one: Decision) -> str:
    """What a step is called that was not taken: of a decision that has ended, it will not be."""
    return "never" if one.state in ENDED else "not yet"


def verdict(report: Report) -> str:
    """The result in a sentence."""
    kinds = Counter(finding.kind for finding in report.findings)
    differences, unknowns = kinds["difference"], kinds["unknown"]
    if not kinds:
        return "Everything was established: nothing differs, and nothing is unknown."
    found = f"{count(differences, 'difference')} {'was' if differences == 1 else 'were'} found"
    rest = f"{count(unknowns, 'thing')} could not be established"
    if not unknowns:
        return f"{found}; everything else was established."
    return f"{found}, and {rest}." if differences else f"Nothing differs, but {rest}."


# ------------------------------------------------------------------------------ in time


class Growth(NamedTuple):
    """Resources published until a time, and those of them that were not retired by then."""

    time: int
    published: int
    in_use: int


def growth(statement: Statement) -> list[Growth]:
    """How the commons grew, at each time at which it changed."""
    published = Counter(one.published_at for one in statement.resources)
    retired = Counter(one.retired_at for one in statement.resources if one.retired_at)
    made, all_published, in_use = [], 0, 0
    for time in sorted({*published, *retired}):
        all_published += published[time]
        in_use += published[time] - retired[time]
        made.append(Growth(time, all_published, in_use))
    return made


class Layers(NamedTuple):
    """Constituencies as a chart can tell them apart.

    Args:
        shown: indices of constituencies, the largest ones where there are too many; in order.
        rest: indices of all others, which one layer stands for.
    """

    shown: tuple[int, ...]
    rest: tuple[int, ...]

    def values(self, active: Sequence[int]) -> list[int]:
        """Votes of each layer; a constituency that was not there yet has none."""
        told = [active[index] if index < len(active) else 0 for index in self.shown]
        return told + ([sum(active[i] for i in self.rest if i < len(active))] if self.rest else [])


def layers(statement: Statement) -> Layers:
    """The layers of the chart of active votes."""
    points = statement.timeline
    width = max([len(statement.constituencies), *(len(one.active) for one in points)])
    if width <= SERIES:
        return Layers(tuple(range(width)), ())
    last = points[-1].active if points else ()
    ranked = sorted(range(width), key=lambda i: (-(last[i] if i < len(last) else 0), i))
    return Layers(tuple(sorted(ranked[: SERIES - 1])), tuple(sorted(ranked[SERIES - 1 :])))


# ------------------------------------------------------------------------------ decisions


def silent(tally: Tally) -> int:
    """Units of seats that did not vote. Affiliated seats share a vote, so it is never below 0."""
    return max(tally.seats * UNITS_PER_SEAT - tally.in_favour - tally.against - tally.abstain, 0)


def total(decision: Decision) -> Tally:
    """All constituencies together."""
    tallies = decision.tallies
    return Tally(
        against=sum(one.against for one in tallies),
        in_favour=sum(one.in_favour for one in tallies),
        abstain=sum(one.abstain for one in tallies),
        seats=sum(one.seats for one in tallies),
    )


class Bin(NamedTuple):
    """Decisions that were made one after the other; turnouts in basis points.

    Args:
        first, last: places in the list. median: the middle one, the lower of two.
        reached: how many of them had the turnout that their quorum asks for.
    """

    first: int
    last: int
    lowest: int
    median: int
    highest: int
    reached: int


def voted(statement: Statement) -> list[tuple[int, Decision]]:
    """Decisions on which voting began, with their places in the list."""
    return [(place, one) for place, one in enumerate(statement.decisions) if one.tallies]


def bins(decisions: Sequence[tuple[int, Decision]], most: int = BINS) -> list[Bin]:
    """Decisions in at most `most` parts of nearly the same length, in order."""
    size = -(-len(decisions) // most)
    return [_bin(decisions[start : start + size]) for start in range(0, len(decisions), size)]


def _bin(part: Sequence[tuple[int, Decision]]) -> Bin:
    turnouts = sorted(one.turnout for _, one in part)
    reached = sum(one.turnout >= one.quorum for _, one in part)
    middle = turnouts[(len(turnouts) - 1) // 2]
    return Bin(part[0][0], part[-1][0], turnouts[0], middle, turnouts[-1], reached)


# ------------------------------------------------------------------------------ citations


class Matrix(NamedTuple):
    """Who cites whom: stewards in rows, who cites in columns, `OTHERS` last where there are more.

    Args:
        cells: steward, citing organization -> how often.
    """

    stewards: tuple[str, ...]
    citing: tuple[str, ...]
    cells: Counter[tuple[str, str]]


def citations(statement: Statement) -> Matrix:
    """Who cites whom, those with the most citations first."""
    pairs = [(one.steward, one.by) for one in statement.citations]
    stewards = _most([steward for steward, _ in pairs])
    citing = _most([by for _, by in pairs])
    cells = Counter(
        (steward if steward in stewards else OTHERS, by if by in citing else OTHERS)
        for steward, by in pairs
    )
    return Matrix(stewards, citing, cells)


def _most(accounts: Sequence[Address]) -> tuple[str, ...]:
    counted = Counter(accounts)
    ranked = sorted(counted, key=lambda one: (-counted[one], one))
    if len(ranked) <= STEWARDS + 1:
        return tuple(ranked)
    return (*ranked[:STEWARDS], OTHERS)


def last_time(statement: Statement) -> int:
    """Where axes of time end: the audited block, or later where events say so."""
    return bounded(statement.block.time)
