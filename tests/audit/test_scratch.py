import time
from audit.history import History
from metaorg.audit import conclusions
from metaorg.audit.decoding import Decoder
from metaorg.audit.documents import Content
from metaorg.audit.events import Row
from metaorg.audit.expectations import TOPICS
from metaorg.audit.replay import Replay
from metaorg.audit.stating import Stating
from metaorg.audit.public import Then
from metaorg.audit.storage import Storage
from metaorg.onchain.modules import Modules
from metaorg.onchain.endpoint import Endpoint
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import NodeRefused, octets
from metaorg.rules.voting import Poll, Cast, Vote

if not hasattr(Poll, "add"):
    Poll.add = lambda self,t,c,o,u: self.count(Cast(time=t, ordinal=o, vote=Vote(constituency=c, units=tuple(u))))


def test_it(history: History) -> None:
    chain = Endpoint(history.chain.url)
    reading = chain.at()
    modules = history.modules
    logs = reading.logs([getattr(modules, f) for f in Modules.model_fields], [], 0)
    times = {n: chain.block(n).time for n in {l.block for l in logs}}
    rows = [(Row(l.block, l.index, l.transaction, 0, bytes.fromhex(l.address[2:]), b"".join(l.topics), l.data), times[l.block]) for l in logs]

    def governed(block, target, data):
        then = chain.at(block)
        if not then.code(target):
            return bool(data)
        asked = abi.selector(load("Commons").functions["authority"])
        try:
            answer = then.call(target, asked)
        except NodeRefused:
            return False
        return len(answer) >= 32 and answer[:32] == bytes.fromhex(modules.authority[2:]).rjust(32, b"\0")

    replay = Replay(modules, chain.id, governed)
    events = Decoder(modules)(rows)
    replay.follow(events)
    findings = conclusions.all_of(replay)
    print(findings)
    findings += conclusions.signatures(replay, reading)
    storage = Storage(reading, modules, set())
    for topic in TOPICS:
        t = time.time()
        new = list(storage.compared(topic, replay))
        print(topic, storage.read, time.time() - t)
        findings += new
    for f in findings: print(f)
    content = Content(history.store, replay.commons.named)
    findings += content.findings()
    stating = Stating(Then(replay, reading.block), content)
    for part in (stating.counts(), stating.settings(), [*stating.texts()][:2], [*stating.seats()][:2], [*stating.decisions()][:2], [*stating.resources()][:2], [*stating.citations()][:2], [*stating.timeline()][-2:]):
        print(part)
    for f in findings: print(f)
    assert not findings


def test_prove(history: History) -> None:
    from metaorg.audit import Audit, Options
    from metaorg.audit.index import open_index
    with open_index(":memory:") as index:
        report = Audit([Endpoint(history.chain.url)], history.modules.meta_organization, index, history.store).run(Options(at="latest", prove=True))
        for f in report.findings: print(f)
        assert not report.findings
        t = time.time()
        report2 = Audit([Endpoint(history.chain.url)], history.modules.meta_organization, index, history.store).run(Options(at="latest"))
        print(time.time() - t)
        assert report2.statement.encode() == report.statement.encode()
