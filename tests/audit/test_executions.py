from audit.happened import happened
from audit.history import History
from metaorg.audit.executions import executions


def test_clean(history: History) -> None:
    assert list(executions(history.modules, happened(history))) == []
