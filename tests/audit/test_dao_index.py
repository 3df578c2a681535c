from audit.happened import happened
from audit.history import History
from metaorg.audit.dao_index import dao_index
from metaorg.audit.powers import powers


def test_print(history: History) -> None:
    events = happened(history)
    reading = history.chain.at()
    for one in dao_index(
        reading, history.modules, events, powers(reading, history.modules, events)
    ):
        print(one.key, "|", one.answer, "|", one.value, "|", one.evidence)
    assert 0
