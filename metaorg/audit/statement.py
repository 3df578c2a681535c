"""What an audit establishes, as a value: the same for everybody who reads the same.

A `Statement` holds what follows from a block and from the documents that it names, and nothing of
who read it, when and where: two auditors get the same bytes. That is in `Provenance`.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

import orjson
from pydantic import Field

from metaorg.audit.findings import Finding
from metaorg.ipfs import documents
from metaorg.onchain.chain import Block
from metaorg.onchain.modules import Modules
from metaorg.times import moment
from metaorg.types import Address, Digest, Hex, Model

FORMAT = 1
"""Of the report; another one when a field is renamed or means something else."""

COUNTED = (
    *("contracts", "events", "adoptions", "seats", "active seats"),
    *("proposals", "votes", "resources", "documents"),
)
"""What is counted, in the order in which people read it."""
LIMIT = 64 << 20
"""The largest report, in bytes (64 MiB)."""

CidText = Annotated[str, Field(pattern=r"^(b[a-z2-7]{58}|Qm[1-9A-HJ-NP-Za-km-z]{44})?$")]
"""A CID as text; empty for none."""

Verdict = Literal["established", "differences", "unknown"]
"""The result in a word: everything was established; something differs; or neither."""

Presence = Literal["present", "damaged", "unknown"]
"""Whether a document is there and hashes right; *unknown* is not *absent*."""


class Document(Model):
    """A document that the chain names.

    Args:
        cid: its CID. what: what it is, as "text of version 1". presence: of all its blocks.
    """

    cid: CidText
    what: str
    presence: Presence


class Code(Model):
    """The code of one contract.

    Args:
        name: of the module, as in `Modules`, or "implementation of Membership".
        code_hash: keccak256 of the code that is there. expected: of the shipped one.
        metadata: CID of the compiler's metadata that the shipped code ends in; empty for clones.
        source: whether compiling the source gave the shipped code, byte for byte; None when that
            was not tried.
    """

    name: str
    address: Address
    code_hash: Digest
    expected: Digest
    metadata: CidText = ""
    source: bool | None = None


class Text(Model):
    """A version of the InterConstitution. `until`: when the next one came into force, 0 for now."""

    number: int
    cid: CidText
    since: int
    until: int
    adopted_by: int
    """How many active seats have adopted it."""


class Change(Model):
    """Something that happened to a seat. `event` is the contract's name of it."""

    time: int
    block: int
    transaction: Hex
    event: str
    words: str


class Seat(Model):
    """A seat, and how it came to stand as it does.

    Args:
        number: from 1. account: that holds it, or held it last. name: as its profile says it,
            empty when that cannot be read. status: of the standing, in words. group: of affiliated
            seats that share a vote, 0 for none. text: the latest version that it adopted, 0: none.
    """

    number: int
    account: Address
    name: str
    constituency: int
    votes_in: int
    kind: int
    status: str
    since: int
    group: int
    text: int
    profile: CidText
    history: tuple[Change, ...]


class Tally(Model):
    """The votes of one constituency in units (10,000 a vote); seats: active at the snapshot."""

    against: int
    in_favour: int
    abstain: int
    seats: int


class Decision(Model):
    """A proposal, from its making to its end. Times in Unix seconds, 0 for not (yet).

    Args:
        number: as decimal digits, for JSON readers that round. body: the beginning of its text,
            empty where that cannot be read. document: the CID of it. rule: in words, as upgraded.
        turnout: basis points of active seats at the snapshot, rounded down. quorum: that the rule
            asks for. reasons: why it did not pass, none when it passed or voting goes on.
        calls: each in words. transaction: that executed it.
    """

    number: Annotated[str, Field(pattern=r"^[0-9]{1,78}$")]
    title: str
    body: str
    document: CidText = ""
    proposer: Address
    seat: int
    proposed_at: int
    snapshot: int
    deadline: int
    state: str
    rule: str
    quorum: int
    turnout: int
    votes: int
    tallies: tuple[Tally, ...]
    passed: bool
    reasons: tuple[str, ...]
    calls: tuple[str, ...]
    queued_at: int = 0
    eta: int = 0
    executed_at: int = 0
    transaction: Hex = b""


class Resource(Model):
    """A resource of the commons. access: in words. presence: of its content."""

    cid: CidText
    title: str
    steward: Address
    licence: str
    access: str
    published_at: int
    citations: int
    retired_at: int
    previous: CidText
    presence: Presence


class Citation(Model):
    """An organization cited a resource, perhaps for a use; who cites whom."""

    time: int
    by: Address
    cited: CidText
    steward: Address


class Point(Model):
    """Active votes of each constituency from a time on, until the next point."""

    time: int
    active: tuple[int, ...]


class Power(Model):
    """Who may call what.

    Args:
        contract: name of the module. function: with its types. who: may call it, in words. when:
            it takes effect. rule: the decision rule in words, where a decision is needed. stop:
            who can stop it.
    """

    contract: str
    function: str
    who: str
    when: str
    rule: str
    stop: str


class Role(Model):
    """A role in the Timelock or the Authority that an account holds."""

    contract: str
    role: str
    account: Address
    holder: str
    """The account in words, as "the Assembly"; empty for a stranger."""


class Pending(Model):
    """What was scheduled and has not been executed: an operation of Timelock or Authority."""

    contract: str
    id: Hex
    ready_at: int
    calls: tuple[str, ...]
    proposal: str
    """The number of the proposal that it carries out; empty for none, which is a finding."""


class Indicator(Model):
    """One question of Ledgerback's DAO Index.

    Args:
        key: short name. question: as the index asks. answer: what was computed, or "needs a
            person". value: the number, as exact decimal text, where there is one. evidence: how
            it was computed and from what.
    """

    key: str
    question: str
    answer: str
    value: str | None
    evidence: str


class PublicDocuments(Model):
    """The ERC-4824 documents in force.

    Args:
        block, time: what they were generated from. decisions_since: proposals executed later,
            without the one that published them.
    """

    uri: str
    block: int
    time: int
    decisions_since: int

    @property
    def words(self) -> str:
        """How old they are: that is told, and no finding."""
        plural = "" if self.decisions_since == 1 else "s"
        when = f"block {self.block}, {moment(self.time)}"
        return f"as of {when}: {self.decisions_since} decision{plural} since"


class Statement(Model):
    """What was established about one meta-organization at one block.

    Args:
        software: version of metaorg that established it. constituencies, kinds: names by index.
        counts: what was looked at -> how many. settings: rules and delays in force, in words.
        timeline: of active votes. unknown: names of fields of this value that could not be
            established; they are empty or incomplete, and that does not mean none. findings: none
            means that everything was established. limits: what this audit was told not to look at,
            in sentences.
    """

    format: int = FORMAT
    software: str
    chain_id: int
    block: Block
    name: str
    modules: Modules
    counts: Mapping[str, int]
    code: tuple[Code, ...] = ()
    constituencies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    texts: tuple[Text, ...] = ()
    seats: tuple[Seat, ...] = ()
    decisions: tuple[Decision, ...] = ()
    resources: tuple[Resource, ...] = ()
    citations: tuple[Citation, ...] = ()
    documents: tuple[Document, ...] = ()
    timeline: tuple[Point, ...] = ()
    powers: tuple[Power, ...] = ()
    roles: tuple[Role, ...] = ()
    pending: tuple[Pending, ...] = ()
    dao_index: tuple[Indicator, ...] = ()
    published: PublicDocuments | None = None
    unknown: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def counted(self) -> list[tuple[str, int]]:
        """The counts in the order in which people read them."""
        known = [name for name in COUNTED if name in self.counts]
        return [(name, self.counts[name]) for name in (*known, *sorted({*self.counts} - {*known}))]

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785), the same bytes for everybody."""
        return _encode(self)

    @property
    def digest(self) -> bytes:
        """sha2-256 of `encode`."""
        return hashlib.sha256(self.encode()).digest()


class Source(Model):
    """A node that was read from, without a password; `client`: how it names itself, unverified."""

    where: str
    client: str


class Provenance(Model):
    """How a statement was arrived at: where and when it was read, and how far that was verified.

    Args:
        endpoints: first the one that was read, then those that it was compared with.
        read_at: when the first and the last window were read, Unix seconds.
        windows: of blocks that were read. first_block, last_block: of all windows; the last one may
            reach beyond the audited block.
        headers: how many block headers were hashed and linked. proved: of how many blocks the logs
            were proved complete by receipts, or by a bloom that has no bit more.
        with_logs: how many blocks have logs. by_receipts: of how many of them the receipts proved
            every byte of the logs; a bloom proves their topics only.
        imported: how many blocks came from an export: what is counted of them is its word.
        accounts, slots: contracts, and words of storage, that were proved against the state root.
        logs: how many. log_digest: sha2-256 over all of them, which two auditors can compare.
        finality: the rule that made the block final, in words.
        findings: about endpoints and reading, which another reader may not meet.
    """

    endpoints: tuple[Source, ...]
    read_at: tuple[int, int]
    first_block: int
    last_block: int = 0
    windows: int
    headers: int
    proved: int
    with_logs: int = 0
    by_receipts: int = 0
    imported: int = 0
    accounts: int = 0
    slots: int = 0
    logs: int
    log_digest: Digest
    finality: str
    findings: tuple[Finding, ...] = ()


class Report(Model):
    """A statement, and how it was arrived at."""

    statement: Statement
    provenance: Provenance

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785)."""
        return _encode(self)

    @property
    def digest(self) -> bytes:
        """sha2-256 of `encode`."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings: on the reading, then on what was read."""
        return (*self.provenance.findings, *self.statement.findings)

    @property
    def ok(self) -> bool:
        """Whether everything was established."""
        return not self.findings

    @property
    def verdict(self) -> Verdict:
        """What differs outweighs what is unknown."""
        kinds = {finding.kind for finding in self.findings}
        if "difference" in kinds:
            return "differences"
        return "unknown" if kinds else "established"


def _encode(value: Model) -> bytes:
    """What `documents.encode` gives, a hundred times faster where all keys are ASCII.

    In such a value without floats, canonical JSON is what orjson writes with its keys sorted.
    """
    plain = value.model_dump(mode="json")
    try:
        data = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except TypeError:  # a number or a text that JSON cannot carry, which is told below
        data = b""
    statement = plain.get("statement", plain)
    names = "".join((*statement["counts"], *statement["settings"]))
    if data and len(data) <= LIMIT and names.isascii():
        return data
    return documents.encode(plain, LIMIT)
