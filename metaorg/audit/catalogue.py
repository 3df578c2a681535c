"""What each kind of finding means, and what to do: the names that `Finding.code` has."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of finding. rule: what holds where it is not found. do: what to do about it."""

    rule: str
    do: str


_STORED = (
    "Storage and events tell different things. Either an event is missing or false (read from "
    "another node), or the node tells false state (--prove), or the code is not the shipped one "
    "(look for findings about code)."
)
_ALTERED = (
    "No contract that keeps its rules wrote this event. Read from another node; if that tells the "
    "same, look for findings about code."
)
_UNREAD = "Nothing is known, which is not the same as nothing being there."
_ANOTHER = "Read from another node, or from an archive node if the block is old."
_MADE_UP = "The endpoint makes it up, or is broken. Leave it out and name another."
_BACK = (
    "Whoever had it could act without a vote. Look what they did, and propose to take it back "
    "where it still is."
)
_UNVOTED = (
    "Contracts that keep their rules cannot do it. Read from another node; if that tells the same, "
    "look for findings about code and roles."
)
_KEEPER = "Ask its keepers for it: `metaorg commons mirror` and --gateway fetch from them."

UNKNOWN = Kind(
    "This version of metaorg does not know findings of this kind.",
    "Use the version that made the report; what was expected and seen is told all the same.",
)
"""Of a code that is not in the catalogue."""
CATALOGUE: Mapping[str, Kind] = {
    "adoptions.record": Kind("Each adoption is recorded as it was signed.", _STORED),
    "adoptions.signature": Kind(
        "Each adoption carries the signature of the organization's own key.",
        "The organization did not adopt the text. Ask it; then read from another node.",
    ),
    "adoptions.unconfirmed": Kind(
        "A contract account confirms the signatures that it gave (ERC-1271).",
        "It confirmed it when it was recorded, and its owners may have changed since. Ask them.",
    ),
    "code.arguments": Kind(
        "A clone carries the addresses of the contracts that it was founded with.",
        "It obeys or asks another contract, whatever its views answer. Do not use it.",
    ),
    "code.clone": Kind(
        "Each module is a minimal clone (EIP-1167) of a shipped contract.",
        "What it does is not known, so nothing that it answers is established. Do not use it "
        "before somebody has read its source.",
    ),
    "code.implementation": Kind(
        "A clone runs the shipped code, at the address where the factory puts it on every chain.",
        "If the code is said to be the same, only its address is another. Otherwise what it does "
        "is not known, and nothing that the clone answers is established.",
    ),
    "code.metadata": Kind(
        "Shipped code ends in the hash of the metadata that were recorded when it was compiled.",
        "This copy of metaorg is damaged or altered: install it again.",
    ),
    "commons.access": Kind("Seats have access as it was granted and revoked.", _STORED),
    "commons.count": Kind("There are as many resources as were published.", _STORED),
    "commons.order": Kind("Resources are listed in the order of their publication.", _STORED),
    "commons.resource": Kind(
        "A resource's record is what it was published with, cited, retired and entrusted.", _STORED
    ),
    "decision.deadline": Kind("Voting ends when the rule says.", _STORED),
    "decision.delay": Kind("What was decided waits for as long as its rule says.", _ALTERED),
    "decision.early": Kind("Nothing is executed before its time.", _ALTERED),
    "decision.eta": Kind("The time of execution is the one that was told.", _STORED),
    "decision.extension": Kind(
        "Only a late vote that changes the outcome extends the voting, and only once.", _ALTERED
    ),
    "decision.objection": Kind("Under consent, an objection gives a reason.", _ALTERED),
    "decision.page": Kind("A page of votes has the seats that voted, and their units.", _STORED),
    "decision.proposer": Kind("Who proposes holds an active seat.", _ALTERED),
    "decision.refusal": Kind("A signed vote is left out only for a reason that holds.", _ALTERED),
    "decision.request": Kind(
        "An upgrade is asked for by active seats of the constituency, each once, before voting.",
        _ALTERED,
    ),
    "decision.rule": Kind(
        "A proposal has the rule that its actions ask for by the rulebook in force.",
        "It was decided by another rule than it had to be: look whether it would have passed.",
    ),
    "decision.seat": Kind("The seat that proposed is the one that was told.", _STORED),
    "decision.state": Kind(
        "A proposal is what its votes and its rule make of it.",
        "It passed or failed otherwise than its votes say. Compare its tally, then read from "
        "another node.",
    ),
    "decision.tally": Kind("The tally is the sum of the votes that were told.", _STORED),
    "decision.time": Kind("Voting begins and ends when the rulebook says.", _ALTERED),
    "decision.turn": Kind("A seat has no more proposals open than it may.", _ALTERED),
    "decision.unknown": Kind("Events are about proposals that were made.", _ALTERED),
    "decision.upgrade": Kind(
        "*Each class* joins a rule when more than half of a constituency ask for it.", _ALTERED
    ),
    "decision.vote": Kind(
        "A vote is cast once, in time, by who held an active seat at the snapshot.", _ALTERED
    ),
    "decision.weight": Kind("One organization, one vote: 10,000 units.", _ALTERED),
    "decision.weights": Kind("A proposal has the weights that were in force.", _ALTERED),
    "document.damaged": Kind(
        "The bytes of a document hash to its CID.",
        "Somebody serves other bytes. They were not used: `metaorg commons repair`, or another "
        "keeper.",
    ),
    "document.missing": Kind("Every document that the chain names can be read.", _KEEPER),
    "document.schema": Kind(
        "A record is canonical JSON with the fields that it must have.",
        "Whoever recorded it wrote something else; only a new one can replace it.",
    ),
    "execution.calls": Kind("What is scheduled and executed is what was voted on.", _UNVOTED),
    "execution.early": Kind(
        "What passed is queued, and executed when the Timelock has waited.", _UNVOTED
    ),
    "execution.missing": Kind("All calls of a proposal are scheduled and executed.", _UNVOTED),
    "execution.twice": Kind("A proposal is made, queued and executed once.", _UNVOTED),
    "execution.unvoted": Kind("Nothing is scheduled or executed but what was proposed.", _UNVOTED),
    "mandate.arguments": Kind(
        "What only a decision can bring about is as the decision says.", _UNVOTED
    ),
    "mandate.missing": Kind(
        "What only a decision can bring about was decided and executed in the same transaction.",
        "Somebody had a power without a vote: look for findings about roles and code, then read "
        "from another node.",
    ),
    "past.census": Kind("Every past census is what the events led to by then.", _STORED),
    "past.place": Kind("Every past vote counts where it was.", _STORED),
    "past.votes": Kind("The votes of all seats add up at every past time.", _STORED),
    "powers.closed": Kind(
        "No contract is closed in the Authority.",
        "Decisions about it fail until one opens it: `Authority.setTargetClosed`.",
    ),
    "powers.function": Kind("What needs a decision can be called by no role.", _BACK),
    "powers.function-in-between": Kind(
        "What needs a decision could be called by no role since the founding.", _BACK
    ),
    "powers.initializable": Kind(
        "Every contract was initialized by the founding, and refuses to be again.",
        "Whoever does it takes the contract over. Do not use it.",
    ),
    "powers.pending": Kind(
        "What waits for its execution carries out a proposal.",
        "It can be executed when its time comes, and no vote stops it. Look who scheduled it.",
    ),
    "powers.role": Kind("Roles are held by those to whom the founding gave them.", _BACK),
    "powers.role-in-between": Kind("No role came and went since the founding.", _BACK),
    "powers.untold": Kind("Roles and waiting calls are those that events tell of.", _STORED),
    "proof.code": Kind(
        "The state of the block is proved to hold the code that is expected.",
        "The proof cannot be made up: what the node says of the code is false, or the code is "
        "another. Look for findings about code.",
    ),
    "proof.invalid": Kind(
        "A proof leads to the state root that the block's hash covers.", _MADE_UP
    ),
    "proof.unavailable": Kind(
        "The node proves accounts and storage (eth_getProof).", f"{_UNREAD} {_ANOTHER}"
    ),
    "proof.value": Kind(
        "The state of the block is proved to hold what events lead to.",
        "The proof cannot be made up: events are missing or false, whatever the node answers to "
        "calls. Read from another node.",
    ),
    "public.block": Kind(
        "The public documents name a block of this chain, after the founding.",
        "They were made from something else: propose new ones, `metaorg dao publish`.",
    ),
    "public.damaged": Kind(
        "The bytes of the public documents hash to their CID.",
        "Somebody serves other bytes. They were not used: ask another keeper.",
    ),
    "public.elsewhere": Kind(
        "The public documents are at an address that fixes their content.",
        "Whoever serves the address can change them any time: propose an ipfs:// address.",
    ),
    "public.field": Kind(
        "The public documents say what the chain said at their block.",
        "They tell readers something that was not so: propose new ones, `metaorg dao publish`.",
    ),
    "public.form": Kind(
        "The public documents are such as metaorg generates.",
        "Read them yourself, or propose new ones: `metaorg dao publish`.",
    ),
    "public.format": Kind(
        "The public documents are of a format that this version generates.",
        "Audit with the version of metaorg that made them.",
    ),
    "public.impossible": Kind(
        "What the chain said fits into public documents.",
        "The published ones cannot be complete. Read what is expected.",
    ),
    "public.missing": Kind("The public documents can be read.", _KEEPER),
    "public.replaced": Kind(
        "The public documents are about the contracts that are audited.",
        "A contract was replaced since; compare them with a reading of their block.",
    ),
    "reading.clock": Kind(
        "Time does not run backwards from one block to the next.",
        "Voting and delays are counted by it. Read from another node; if that tells the same, ask "
        "who makes the blocks.",
    ),
    "reading.disagreement": Kind(
        "Endpoints tell the same logs of a block.",
        "One of them lies or lags, and nothing proves which. Name one that gives receipts, or a "
        "third.",
    ),
    "reading.fork": Kind(
        "Endpoints have the same block by its number.",
        "One of them is on another fork. Run again; leave it out if it stays there.",
    ),
    "reading.header-forged": Kind("The header of a block hashes to its hash.", _MADE_UP),
    "reading.header-unlinked": Kind("Each block follows the one before it.", _MADE_UP),
    "reading.imported": Kind(
        "What is audited was read from an endpoint.",
        "No endpoint was asked for what was imported: read everything again into a new --store, or "
        "compare the log digest with another auditor's.",
    ),
    "reading.impossible": Kind(
        "Contracts answer and events tell what is possible.",
        "The node makes it up, or the code is not the shipped one. Read from another node, and "
        "look for findings about code.",
    ),
    "reading.lagging": Kind(
        "Endpoints have the block that is audited.",
        "It was not compared. Run again later, or name another.",
    ),
    "reading.log-dropped": Kind(
        "An endpoint tells all logs of a block.",
        "The receipts that the block's hash covers prove the log, and it was counted all the same. "
        "Do not rely on this endpoint.",
    ),
    "reading.log-forged": Kind(
        "An endpoint tells only logs that the block has.",
        "The true logs were counted where receipts prove them; else name another endpoint. Do not "
        "rely on this one.",
    ),
    "reading.log-malformed": Kind(
        "Logs are of the blocks and contracts that were asked for, in order, each once.", _MADE_UP
    ),
    "reading.other-chain": Kind(
        "Endpoints are of one chain.", "It was not compared. Correct its address."
    ),
    "reading.pruned": Kind(
        "An endpoint keeps the blocks that are asked for.", f"{_UNREAD} {_ANOTHER}"
    ),
    "reading.receipts-forged": Kind("Receipts hash to the root that the block has.", _MADE_UP),
    "reading.refused": Kind(
        "An endpoint answers what it is asked.", f"{_UNREAD} Read why it refuses, or name another."
    ),
    "reading.reorganized": Kind(
        "The chain stays as it is while it is read.",
        "Run again: what was replaced is read anew.",
    ),
    "reading.truncated": Kind(
        "An endpoint tells all logs of a window, or refuses.",
        "It cuts answers off without saying so. Smaller windows were read, so nothing is missing "
        "here; do not rely on it elsewhere.",
    ),
    "reading.unanswered": Kind(
        "Node and contracts answer what they are asked.", f"{_UNREAD} {_ANOTHER}"
    ),
    "reading.unknown-log": Kind(
        "Every log of a contract is an event of the shipped code.",
        "Look for findings about code; then read from another node.",
    ),
    "reading.unproved": Kind(
        "Filters or receipts prove that no log is missing.",
        "Blocks may have more logs than were told, and no endpoint gave receipts. Name one that "
        "does (eth_getBlockReceipts).",
    ),
    "reading.unreachable": Kind(
        "An endpoint answers in time.", "It was not compared, or not read any more. Try it later."
    ),
    "rulebook.assignment": Kind("A function has the rule that was assigned last.", _STORED),
    "rulebook.delay": Kind("The voting delay is the one that was set last.", _STORED),
    "rulebook.limit": Kind("A seat may have as many proposals open as was set last.", _STORED),
    "rulebook.rules": Kind("The rules of decision are those that were set last.", _STORED),
    "rulebook.weights": Kind("The constituencies' weights are those that were set.", _STORED),
    "seats.account": Kind("A seat is held by the account to which it was given.", _STORED),
    "seats.active": Kind("There are as many active seats as the events lead to.", _STORED),
    "seats.adoption": Kind(
        "Who gets a seat, a vote or a constituency has adopted the text in force so.", _ALTERED
    ),
    "seats.affiliation": Kind("Affiliations are declared as was told.", _STORED),
    "seats.certificate": Kind("Who holds a seat has one certificate, others have none.", _STORED),
    "seats.count": Kind("There are as many seats as were given.", _STORED),
    "seats.group": Kind("Affiliated seats share one vote, where it was told.", _STORED),
    "seats.history": Kind("The register changes only as the rules allow.", _ALTERED),
    "seats.lapse": Kind(
        "A vote lapses only when the text was not adopted within the grace period.", _ALTERED
    ),
    "seats.nonce": Kind(
        "No account has used up more signed acts than it can have signed.", _STORED
    ),
    "seats.pace": Kind("Silence admits no more seats than the pace allows.", _ALTERED),
    "seats.profile": Kind("An organization's profile is the one that was told last.", _STORED),
    "seats.standing": Kind("An organization's standing is what the events lead to.", _STORED),
    "settings.admission": Kind("The rule of admission is the one that was set last.", _STORED),
    "settings.charter": Kind("The charter document is the one that was set last.", _STORED),
    "settings.constituencies": Kind("The constituencies are those that were added.", _STORED),
    "settings.kinds": Kind("The kinds of organizations are those that were added.", _STORED),
    "settings.module": Kind("A module is the contract that was registered last.", _STORED),
    "settings.readoption": Kind("What follows an amendment is what was set last.", _STORED),
    "settings.uri": Kind("The public documents are where was told last.", _STORED),
    "texts.version": Kind("The versions of the text are those that were put in force.", _STORED),
}
"""By code, as "topic.problem"."""
