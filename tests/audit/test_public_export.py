from pathlib import Path
from audit.history import History
from metaorg.audit.dao import facts_of
from metaorg.audit.exports.public import *
from metaorg.audit.read import read


def test_round(history: History, tmp_path: Path) -> None:
    reading = history.chain.at()
    facts = facts_of(read(reading, history.modules), "Aurora")
    write_public(facts, "Share", tmp_path / "a")
    assert read_public(tmp_path / "a") == carried(facts, "Share")
