"""The check as a whole: what was looked at, at which block, and what was found."""

from collections.abc import Callable, Iterable, Mapping

from metaorg.audit import commons, dao, mandates, reconcile, replay
from metaorg.audit.dao import Published
from metaorg.audit.findings import Finding
from metaorg.audit.read import Evidence, read
from metaorg.errors import ContractReverted, Unreachable
from metaorg.ipfs import Store
from metaorg.onchain.chain import Block, Chain
from metaorg.onchain.modules import Modules, modules_at
from metaorg.rules.membership import Inconsistent, Register
from metaorg.types import Address, Model

Progress = Callable[[str], None]
"""Called with what is being looked at now."""


class Report(Model):
    """What a check established.

    Args:
        chain_id, block: where and when it holds. checked: what was looked at -> how many.
        published: the public documents; None when there are none, or nobody can say of when.
        findings: differences, and what could not be established; none means that all agrees.
    """

    chain_id: int
    block: Block
    modules: Modules
    checked: Mapping[str, int]
    published: Published | None = None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


def check(
    chain: Chain, address: Address, store: Store, progress: Progress = lambda _: None
) -> Report:
    """Read chain and commons, recompute by the rules, and compare; nothing is trusted or written.

    Raises:
        ChainUnreachable: the node does not answer. Misconfigured: no meta-organization there.
    """
    reading = chain.at()
    progress("reading events")
    evidence = read(reading, modules_at(reading, address))
    findings: list[Finding] = []
    published: list[Published] = []
    try:
        register = replay.register(evidence)
    except Inconsistent as error:
        register = Register([])
        findings.append(
            Finding(
                kind="difference",
                subject="events of the register",
                expected="a history that the rules allow",
                seen=str(error),
            )
        )
    topics: dict[str, Callable[[], Iterable[Finding]]] = {
        "code of the contracts": lambda: reconcile.code(evidence),
        "powers": lambda: reconcile.powers(evidence),
        "versions of the text": lambda: reconcile.constitution(evidence),
        "adoptions and their signatures": lambda: reconcile.adoptions(evidence),
        "seats": lambda: reconcile.seats(evidence, register),
        "seats rest on adoptions": lambda: reconcile.seats_rest_on_adoptions(evidence),
        "affiliations": lambda: reconcile.affiliations(evidence, register),
        "places at past times": lambda: reconcile.places_in_the_past(evidence, register),
        "pace of admission": lambda: reconcile.pace(evidence),
        "settings": lambda: reconcile.settings(evidence),
        "rulebook": lambda: reconcile.rulebook(evidence),
        "decisions": lambda: reconcile.decisions(evidence, register),
        "mandates": lambda: mandates.mandates(evidence),
        "commons": lambda: commons.commons(evidence, register.seats),
        "content": lambda: commons.content(evidence, store),
        "public documents": lambda: dao.documents(evidence, store, published.append),
    }
    for topic, look in topics.items():
        progress(topic)
        findings += _look(topic, look)
    return Report(
        chain_id=chain.id,
        block=reading.block,
        modules=evidence.modules,
        checked=_counts(evidence, register),
        published=published[0] if published else None,
        findings=tuple(findings),
    )


def _look(topic: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What one topic finds; an answer that does not come makes the topic unknown, not empty."""
    try:
        return list(look())
    except (Unreachable, ContractReverted) as error:
        return [Finding(kind="unknown", subject=topic, expected="an answer", seen=str(error))]
    except (LookupError, ValueError) as error:
        # answers that no contract of ours can give
        seen = f"{type(error).__name__}: {error}".splitlines()[0]
        return [Finding(kind="difference", subject=topic, expected="possible answers", seen=seen)]


def _counts(evidence: Evidence, register: Register) -> dict[str, int]:
    modules = evidence.modules
    return {
        "contracts": len(Modules.model_fields),
        "events": len(evidence.events),
        "adoptions": sum(1 for _ in evidence.of(modules.inter_constitution, "Adopted")),
        "seats": register.seats,
        "active seats": len(register.active()),
        "proposals": sum(1 for _ in evidence.of(modules.assembly, "ProposalCreated")),
        "votes": sum(1 for _ in evidence.of(modules.assembly, "VoteCast", "VoteCastWithParams")),
        "resources": sum(1 for _ in evidence.of(modules.commons, "Published")),
        "documents": len(commons.references(evidence)),
    }
