"""Who may call what is read from storage and events, and nobody's power stays hidden."""

from audit.happened import happened
from audit.history import History
from metaorg.audit.powers import powers


def test_a_history_that_keeps_the_rules_has_no_findings(history: History) -> None:
    assert powers(history.chain.at(), history.modules, happened(history)).findings == ()
