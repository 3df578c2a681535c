"""Public documents and attestations against what an index leads to: what went out comes back equal.

They carry less than a journal, so that nothing is made of them: what was read says what they must
say, and any difference is told.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from metaorg.audit.decoding import Decoder
from metaorg.audit.events import Happened
from metaorg.audit.exports.attestations import Contribution, contributions, read_attestations
from metaorg.audit.exports.public import Carried, carried, content_of, read_public
from metaorg.audit.following import replayed
from metaorg.audit.index import Index
from metaorg.audit.public import facts_of
from metaorg.audit.statement import Statement
from metaorg.dao import FILES, Facts, purpose_of
from metaorg.ipfs import Store
from metaorg.onchain.modules import Modules
from metaorg.types import Cid, Model

What = Literal["public", "attestations"]
_SHOWN = 20
"""Attestations that are told one by one."""


class Returned(Model):
    """What came back.

    Args:
        block: as of which it was compared. differences: in sentences, none where it says what was
            read. left_out: contributions up to the last attested one that are not attested.
    """

    what: What
    block: int
    same: bool
    differences: tuple[str, ...]
    left_out: int = 0


def what_is(source: Path) -> What | None:
    """Whether these are public documents or attestations; None for neither."""
    if source.is_dir():
        return "public" if (source / FILES["dao"]).is_file() else None
    try:
        with source.open("rb") as file:
            return "attestations" if file.read(1) == b"[" else None
    except OSError:
        return None


def public_facts(index: Index, stated: Statement, store: Store) -> tuple[Facts, str]:
    """What the documents tell at the block of a statement, and the purpose in the charter."""
    facts = facts_of(replayed(index, stated), stated.name)
    if not any(facts.charter):
        return facts, ""
    return facts, purpose_of(store.get(Cid(digest=facts.charter)))


def contributions_in(index: Index, modules: Modules) -> tuple[Contribution, ...]:
    """Proposals and votes of all seats that an index holds."""
    return contributions(modules, _events(index, modules))


def public_returned(
    folder: Path, index: Index, stated_at: Callable[[int], Statement], store: Store
) -> Returned:
    """The documents of a folder, against what was read up to the block that they name.

    Args:
        stated_at: gives the statement on a block.

    Raises:
        InvalidInput: they are no such documents, or nothing is stated on that block.
    """
    told = read_public(folder)
    stated = stated_at(told.block)
    wanted = carried(*public_facts(index, stated, store))
    apart = tuple(
        f"{field.replace('_', ' ')}: they say something else than what was read leads to"
        for field in Carried.model_fields
        if getattr(told, field) != getattr(wanted, field)
    )
    return Returned(what="public", block=told.block, same=not apart, differences=apart)


def attestations_returned(file: Path, index: Index, stated: Statement) -> Returned:
    """The attestations in a file, against the contributions that an index holds.

    Raises:
        InvalidInput: it cannot be read, is too large, or holds something else.
    """
    modules, read = stated.modules, contributions_in(index, stated.modules)
    known, attested = frozenset(read), set[Contribution]()
    apart: list[str] = []
    about = stated.chain_id, modules.meta_organization, modules.assembly
    for one in read_attestations(content_of(file)):
        if (one.chain_id, one.front_door, one.assembly) != about:
            apart.append(f"{one.issuer} attests of {one.front_door} on chain {one.chain_id}")
            continue
        apart += _unknown(one.issuer, [done for done in one.contributions if done not in known])
        attested.update(one.contributions)
    last = max((done.block for done in attested), default=-1)
    left_out = sum(done.block <= last for done in known - attested)
    return Returned(
        what="attestations",
        block=stated.block.number,
        same=not apart,
        differences=tuple(apart),
        left_out=left_out,
    )


def _unknown(issuer: str, made_up: list[Contribution]) -> Iterator[str]:
    for done in made_up[:_SHOWN]:
        where = f"log {done.index} of 0x{done.transaction.hex()} in block {done.block}"
        yield f"{issuer} attests a {done.what} of seat {done.seat} that was not read: {where}"
    if len(made_up) > _SHOWN:
        yield f"{issuer} attests {len(made_up) - _SHOWN} more that were not read"


def _events(index: Index, modules: Modules) -> Iterator[Happened]:
    decoder = Decoder(modules)
    for part in index.rows():
        yield from decoder(part)
