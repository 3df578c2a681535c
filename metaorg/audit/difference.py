"""What is different between two statements about one meta-organization."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from metaorg.audit.statement import Citation, Seat, Statement
from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.onchain.chain import Block
from metaorg.rules.membership import Status
from metaorg.times import moment
from metaorg.types import Address, Model

_TIMES = frozenset({"since", "until", "queued_at", "eta", "executed_at", "retired_at", "ready_at"})
_ENDED = frozenset({Status.EXITED.words, Status.BARRED.words})
"""Standings of seats that have gone."""
_SHOWN = 60
"""Characters of a value that `words` shows."""


class Field(Model):
    """A field that has another value. Values are as in JSON, and texts as they are."""

    name: str
    before: str
    after: str


class Turn(Model):
    """What became of one thing.

    Args:
        topic: the field of `Statement` that it is of. key: what tells it from others there.
        subject: what it is, in words.
        turn: it *came*, *went*, or *changed*; a seat goes when it ends, and stays on the list.
        fields: what changed.
    """

    topic: str
    key: str
    subject: str
    turn: Literal["came", "went", "changed"]
    fields: tuple[Field, ...] = ()


class Difference(Model):
    """What is different between two dates of one meta-organization; no turns: nothing is.

    Args:
        earlier, later: the blocks. turns: by topic, in the order of `Statement`. unknown: fields
            that were not established in one of the two, so that their turns are not told.
    """

    chain_id: int
    address: Address
    name: str
    earlier: Block
    later: Block
    turns: tuple[Turn, ...]
    unknown: tuple[str, ...] = ()

    def words(self) -> Iterator[str]:
        """One sentence a turn, without a full stop."""
        for turn in self.turns:
            yield _sentence(turn)


class _Topic(NamedTuple):
    """A field that lists things: what tells one from another, and what it is called."""

    field: str
    key: Callable[[Any], Any]
    subject: Callable[[Any], str]


_TOPICS = (
    _Topic("code", lambda one: one.name, lambda one: f"code of {one.name}"),
    _Topic("texts", lambda one: one.number, lambda one: f"version {one.number} of the text"),
    _Topic("seats", lambda one: one.number, lambda one: f"seat {one.number}, {one.name or '?'}"),
    _Topic("decisions", lambda one: one.number, lambda one: f"decision “{one.title}”"),
    _Topic("resources", lambda one: one.cid, lambda one: f"resource “{one.title}”"),
    _Topic("documents", lambda one: (one.cid, one.what), lambda one: f"document {one.what}"),
    _Topic(
        "powers",
        lambda one: (one.contract, one.function),
        lambda one: f"power {one.contract}.{one.function}",
    ),
    _Topic(
        "roles",
        lambda one: (one.contract, one.role, one.account),
        lambda one: f"{one.role} of {one.contract} for {one.holder or one.account}",
    ),
    _Topic(
        "pending",
        lambda one: (one.contract, one.id.hex()),
        lambda one: f"operation of {one.contract}: {'; '.join(one.calls)}",
    ),
    _Topic("dao_index", lambda one: one.key, lambda one: one.question),
    _Topic("findings", lambda one: one.id, lambda one: f"{one.kind}: {one.subject}"),
)
_NAMED = ("constituencies", "kinds", "limits")
_SINGLE = ("name", "modules", "published", "software")


def difference(one: Statement, other: Statement) -> Difference:
    """What is different between two statements; the one at the lower block is the earlier.

    Raises:
        InvalidInput: they are about different meta-organizations, or on different chains.
    """
    _check_same(one, other)
    earlier, later = sorted((one, other), key=lambda statement: statement.block.number)
    unknown = tuple(sorted({*earlier.unknown, *later.unknown}))
    turns = (*_single(earlier, later), *_named(earlier, later), *_listed(earlier, later))
    return Difference(
        chain_id=later.chain_id,
        address=later.modules.meta_organization,
        name=later.name,
        earlier=earlier.block,
        later=later.block,
        turns=tuple(sorted((turn for turn in turns if turn.topic not in unknown), key=_place)),
        unknown=unknown,
    )


def _place(turn: Turn) -> int:
    return [*Statement.model_fields].index(turn.topic)


def _check_same(one: Statement, other: Statement) -> None:
    if one.chain_id != other.chain_id:
        raise InvalidInput(
            f"one statement is of chain {one.chain_id} and the other of chain {other.chain_id}: "
            "choose two of one meta-organization"
        )
    addresses = one.modules.meta_organization, other.modules.meta_organization
    if addresses[0] != addresses[1]:
        raise InvalidInput(
            f"one statement is about {addresses[0]} and the other about {addresses[1]}: choose two "
            "of one meta-organization"
        )


def _single(earlier: Statement, later: Statement) -> Iterator[Turn]:
    """Of fields that hold one value, and of settings, which are told by their names."""
    for name in _SINGLE:
        before, after = _plain(getattr(earlier, name)), _plain(getattr(later, name))
        yield from _compared(name, name, name.replace("_", " "), _fields(before, after))
    old, new = earlier.settings, later.settings
    for name in sorted({*old, *new}):
        fields = _fields(old.get(name, ""), new.get(name, ""))
        yield from _compared("settings", name, f"setting {name}", fields)


def _compared(topic: str, key: str, subject: str, fields: Sequence[Field]) -> Iterator[Turn]:
    if fields:
        yield Turn(topic=topic, key=key, subject=subject, turn="changed", fields=tuple(fields))


def _named(earlier: Statement, later: Statement) -> Iterator[Turn]:
    """Of fields that list names, and of citations, which are counted where they are equal."""
    for topic in _NAMED:
        old, new = getattr(earlier, topic), getattr(later, topic)
        yield from _met(topic, {name: name for name in old}, {name: name for name in new})
    yield from _met("citations", _numbered(earlier.citations), _numbered(later.citations))


def _met(topic: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Turn]:
    for key in [key for key in old if key not in new]:
        yield Turn(topic=topic, key=key, subject=old[key], turn="went")
    for key in [key for key in new if key not in old]:
        yield Turn(topic=topic, key=key, subject=new[key], turn="came")


def _numbered(citations: Iterable[Citation]) -> dict[str, str]:
    """Key -> what it says; the second of two equal ones has another key."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    for one in citations:
        said = f"{one.by} cited {one.cited} of {one.steward} at {moment(one.time)}"
        seen[said] = seen.get(said, 0) + 1
        found[f"{said} ({seen[said]})"] = said
    return found


def _listed(earlier: Statement, later: Statement) -> Iterator[Turn]:
    for topic in _TOPICS:
        old = {topic.key(one): one for one in getattr(earlier, topic.field)}
        new = {topic.key(one): one for one in getattr(later, topic.field)}
        for key in (*old, *(key for key in new if key not in old)):
            yield from _turned(topic, key, old.get(key), new.get(key))


def _turned(topic: _Topic, key: Any, old: Model | None, new: Model | None) -> Iterator[Turn]:
    """What became of one thing, if anything did."""
    shown = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
    if old is not None and new is not None:
        fields = _fields(_plain(old), _plain(new)) if old != new else []
        for turn in _compared(topic.field, shown, topic.subject(new), fields):
            yield turn.model_copy(update={"turn": _seat_turn(old, new)})
    elif old is not None:
        subject = topic.subject(old)
        yield Turn(topic=topic.field, key=shown, subject=subject, turn="went")
    else:
        subject = topic.subject(new)
        yield Turn(topic=topic.field, key=shown, subject=subject, turn="came")


def _seat_turn(old: Model, new: Model) -> str:
    if not isinstance(old, Seat) or not isinstance(new, Seat):
        return "changed"
    before, after = old.status in _ENDED, new.status in _ENDED
    return "changed" if before == after else "went" if after else "came"


def _fields(before: Any, after: Any) -> list[Field]:
    """The members of two values that differ; a value that is no object is one member."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        before, after = {"": before}, {"": after}
    found = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            old, new = _rest(old, new), _rest(new, old)
            found.append(Field(name=name, before=_text(name, old), after=_text(name, new)))
    return found


def _rest(value: Any, other: Any) -> Any:
    """Of a list, what the other does not have."""
    if not isinstance(value, list) or not isinstance(other, list):
        return value
    return [one for one in value if one not in other]


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, Model) else value


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if name in _TIMES and isinstance(value, int):
        return moment(value)
    if name == "history":
        return "; ".join(one["words"] for one in value)
    return documents.encode(value).decode()


def _sentence(turn: Turn) -> str:
    said = f"{turn.subject} {turn.turn}"
    if not turn.fields:
        return said
    told = (f"{one.name} {_apart(one.before, one.after)}".strip() for one in turn.fields)
    return f"{said}: " + ", ".join(told)


def _apart(before: str, after: str) -> str:
    """Both texts; of long ones that begin alike, what comes shortly before they part."""
    old, new = (" ".join(text.split()) for text in (before, after))
    pairs = enumerate(zip(old, new, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    cut = max(same - _SHOWN // 3, 0) if max(len(old), len(new)) > _SHOWN else 0
    return f"{_short(old, cut)} -> {_short(new, cut)}"


def _short(line: str, cut: int) -> str:
    """A part of a line, from a place on."""
    part = line[cut : cut + _SHOWN]
    begin, end = "..." if cut else "", "..." if cut + _SHOWN < len(line) else ""
    return f"{begin}{part}{end}" or "none"
