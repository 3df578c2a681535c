from audit.happened import happened
from audit.history import History
from metaorg.audit.exports.attestations import *


def test_round(history: History) -> None:
    events = happened(history)
    done = contributions(history.modules, events)
    a = attest("did:web:auditor.example", history.chain.id, history.modules, done)
    data = encode(a)
    print(len(done), len(data), data[:1800])
    assert read_attestations(data) == (a,)
    assert 0
