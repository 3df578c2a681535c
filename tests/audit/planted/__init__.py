"""Wrongs that an audit must find: each plants one in a lived history, and says what is found.

`chain.py` alters code, powers and storage; `told.py` what a node tells of events; `documents.py`
what a store holds; `nodes.py` plants endpoints that lie, lag or forget; `proofs.py` state that only
a proof gives away.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from audit.fault_proxy import Before, Fault, FaultProxy
from audit.history import History
from metaorg.audit import Audit, Options, Report
from metaorg.audit.index import Index, open_index
from metaorg.onchain.endpoint import Endpoint

PATIENCE = 2.0
"""Seconds for which a node that stopped answering is asked again."""


class Told(NamedTuple):
    """What an audit came to. `liar`: the address of the node with faults; empty for none."""

    report: Report
    liar: str = ""


Plant = Callable[[History], Told | None]
"""Plants a wrong, and audits unless the usual audit of the true node is meant."""


class Wrong(NamedTuple):
    """A wrong.

    Args:
        differences, unknown: the codes of all findings that it gives. names: whether each finding
            on the reading names the liar.
    """

    name: str
    plant: Plant
    differences: frozenset[str]
    unknown: frozenset[str]
    names: bool


WRONGS: list[Wrong] = []


def wrong(
    *differences: str, unknown: Sequence[str] = (), names: bool = False
) -> Callable[[Plant], Plant]:
    """Put a function into the catalogue under its own name."""

    def put(plant: Plant) -> Plant:
        name = getattr(plant, "__name__", "").replace("_", " ")
        WRONGS.append(Wrong(name, plant, frozenset(differences), frozenset(unknown), names))
        return plant

    return put


def audited(history: History, *urls: str, index: Index | None = None, **options: Any) -> Report:
    """What an audit of these endpoints comes to; of the true node without any."""
    endpoints = [
        Endpoint(url, timeout=10, patience=PATIENCE) for url in urls or (history.chain.url,)
    ]
    chosen = Options(**{"at": "latest"} | options)
    address = history.modules.meta_organization
    with ExitStack() as stack:
        kept = index or stack.enter_context(open_index(":memory:"))
        return Audit(endpoints, address, kept, history.store).run(chosen)


def through(
    history: History,
    *faults: Fault,
    before: Sequence[Before] = (),
    all_of_them: Sequence[Fault] = (),
    honest: int = 0,
    behind: int = 0,
    **options: Any,
) -> Told:
    """An audit that reads a node with faults, and others.

    Args:
        all_of_them: faults of every node. honest: nodes in front, of which the first is read.
        behind: nodes that take over when this one cannot be used.
    """
    with ExitStack() as stack:
        liar = FaultProxy(history.chain.url, *all_of_them, *faults, before=before)
        others = [FaultProxy(history.chain.url, *all_of_them) for _ in range(honest + behind)]
        nodes = [*others[:honest], liar, *others[honest:]]
        urls = [stack.enter_context(node).url for node in nodes]
        return Told(audited(history, *urls, **options), liar.url)
