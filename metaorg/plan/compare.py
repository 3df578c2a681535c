"""A charter against what is in force: what changes, what cannot, and the calls in their order.

Names of rules are not on chain: the ordinary rule is number 0, the amendment rule number 1, the
others have numbers in the order in which the charter writes them. Renaming a rule therefore changes
nothing; rules that change places show as changes of both, and of what is assigned to them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from metaorg.charter import Charter, encode
from metaorg.errors import MetaorgError
from metaorg.ipfs import Store, documents
from metaorg.onchain.in_force import InForce
from metaorg.onchain.inter_constitution import InterConstitution
from metaorg.onchain.membership import Membership
from metaorg.onchain.meta_organization import MetaOrganization
from metaorg.onchain.words import Words, admission_parts, quoted, readoption_parts, shown
from metaorg.plan.difference import Change, Differences, Left, Step, parts_step, step
from metaorg.plan.rules import rule_differences
from metaorg.records import CharterDocument
from metaorg.types import Call, Cid, Model

FOUNDERS = (
    "Founders are not compared: who holds a seat since the founding stands in the register, and "
    "no charter changes it."
)


class Plan(Model):
    """How a charter and the chain differ.

    Args:
        block: number of the block at which the chain was read.
        changes: what the calls change. calls: in the order in which they work.
        left: differences that remain. notes: what was compared how, or not at all.
    """

    block: int
    changes: tuple[Change, ...]
    calls: tuple[Call, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the chain is what the charter declares."""
        return not self.changes and not self.left

    @property
    def title(self) -> str:
        """A title for the proposal."""
        parts = [*dict.fromkeys(change.field.partition(".")[0] for change in self.changes)]
        return f"Change the charter: {', '.join(parts).replace('_', ' ')}"

    @property
    def body(self) -> str:
        """The text of the proposal, Markdown: each change, each call, and what remains."""
        parts = ["This proposal brings the chain to the declared charter."]
        parts += _section("What changes", map(_changed, self.changes))
        parts += _section("What is called, in this order", (call.says for call in self.calls))
        parts += _section("What stays different", map(_remains, self.left))
        return "\n\n".join(parts)


def compare(now: InForce, charter: Charter, purpose: str | None = None) -> Plan:
    """How a charter and what is in force differ.

    Args:
        purpose: the one in force; None when it cannot be read.
    """
    found = [*_differences(now, charter, purpose)]
    steps = [one for one in found if isinstance(one, Step)]
    return Plan(
        block=now.block.number,
        changes=tuple(change for one in steps for change in one.changes),
        calls=_spoken(now, charter, [call for one in steps for call in one.calls]),
        left=tuple(one for one in found if isinstance(one, Left)),
        notes=tuple(_notes(now, charter)),
    )


def purpose_of(now: InForce, store: Store) -> str | None:
    """The purpose in the charter document in force; None when it cannot be read."""
    try:
        found: Any = documents.decode(store.get(Cid(digest=now.charter)))
        return CharterDocument(**found).purpose
    except (MetaorgError, ValueError, TypeError):
        return None


def _differences(now: InForce, charter: Charter, purpose: str | None) -> Differences:
    """Names before the weights that need them, weights before the rules."""
    membership = Membership(now.modules.membership)
    constituencies, kinds = charter.declaration.constituencies, charter.declaration.kinds
    yield from _name(now, charter)
    yield from _purpose(now, charter, purpose)
    yield from _text(now, charter)
    yield from _names(
        "constituencies", now.constituencies, constituencies, membership.add_constituency
    )
    yield from _names("kinds", now.kinds, kinds, membership.add_kind)
    yield from _admission(now, charter)
    grows = _grows(now.constituencies, constituencies)
    yield from rule_differences(now, charter, constituencies if grows else now.constituencies)


def _name(now: InForce, charter: Charter) -> Differences:
    if charter.declaration.name != now.name:
        yield Left(
            field="name",
            on_chain=shown(now.name),
            declared=charter.declaration.name,
            why="a name is given at the founding, for ever",
        )


def _purpose(now: InForce, charter: Charter, purpose: str | None) -> Differences:
    """The charter document: with the name on chain, which no decision changes."""
    declared = charter.declaration.purpose
    block = encode(CharterDocument.model_construct(name=now.name, purpose=declared))
    was, becomes = Cid(digest=now.charter), Cid.of(block)
    if was != becomes:
        call = MetaOrganization(now.modules.meta_organization).set_charter(becomes.digest)
        old = "unreadable" if purpose is None else quoted(purpose)
        new = f"{quoted(declared)} (document {becomes})"
        yield step("purpose", f"{old} (document {was})", new, _with(call, block))


def _text(now: InForce, charter: Charter) -> Differences:
    version, declared = now.version, charter.text_cid
    if declared != version.text:
        call = InterConstitution(now.modules.inter_constitution).amend(declared)
        was = f"version {version.number}, {version.text}"
        becomes = f"version {version.number + 1}, {declared}"
        yield step("text", was, becomes, _with(call, charter.text))


def _names(
    field: str, now: Sequence[str], declared: Sequence[str], add: Callable[[str], Call]
) -> Differences:
    """Names of which there can only be more."""
    if not _grows(now, declared):
        yield Left(
            field=field,
            on_chain=", ".join(map(shown, now)),
            declared=", ".join(declared),
            why="names stay for ever, in their order; none of the new ones is added either, as a "
            "renaming would look the same: declare those on chain first, then the new ones",
        )
        return
    for name in declared[len(now) :]:
        yield step(field, None, name, add(name))


def _grows(now: Sequence[str], declared: Sequence[str]) -> bool:
    return [*declared[: len(now)]] == [*now]


def _admission(now: InForce, charter: Charter) -> Differences:
    membership, declared = Membership(now.modules.membership), charter.declaration
    admission, readoption = declared.admission.rule(), declared.readoption.rule()
    if admission != now.admission:
        was, becomes = admission_parts(now.admission), admission_parts(admission)
        yield parts_step("admission", was, becomes, membership.set_admission(admission))
    if readoption != now.readoption:
        before, after = readoption_parts(now.readoption), readoption_parts(readoption)
        yield parts_step("readoption", before, after, membership.set_readoption(readoption))


def _spoken(now: InForce, charter: Charter, calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls, each with the words that its data have."""
    said = Words(now, rules=charter.rule_names()).of(calls)
    return tuple(
        call.model_copy(update={"says": one.text}) for call, one in zip(calls, said, strict=True)
    )


def _notes(now: InForce, charter: Charter) -> Iterator[str]:
    yield FOUNDERS
    others = [f"{name!r} is rule {at}" for at, name in enumerate(charter.rule_names()) if at > 1]
    if others:
        yield f"Names of rules are not on chain, their numbers are: {', '.join(others)}."
    for name, (founding, address) in now.replaced().items():
        was = f"{founding} at the founding" if founding else "none at the founding"
        yield f"Modules are not declared: {quoted(name)} is {address} by decision, {was}."


def _with(call: Call, block: bytes) -> Call:
    return call.model_copy(update={"documents": (block,)})


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"- {line}" for line in lines]
    return [f"## {title}", "\n".join(found)] if found else []


def _changed(change: Change) -> str:
    if change.was is None:
        return f"{change.field}: {change.becomes} is added"
    if change.becomes is None:
        return f"{change.field}: {change.was} is taken away"
    return f"{change.field}: {change.was} -> {change.becomes}"


def _remains(one: Left) -> str:
    return (
        f"{one.field}: {one.on_chain or 'nothing'} on chain, {one.declared or 'nothing'} declared; "
        f"{one.why}"
    )
