"""Every planted wrong is found and named, and where nothing is wrong nothing is found."""

import json
import os
import subprocess
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from onchain.world import AGAINST, FOR

from audit.fault_proxy import FaultProxy
from audit.history import History, checked
from audit.lies import topic
from audit.planted import WRONGS, Wrong, audited, chain, documents, nodes, proofs, told
from metaorg.audit import Report, finality
from metaorg.audit.catalogue import CATALOGUE
from metaorg.audit.explain import explain
from metaorg.audit.findings import Finding
from metaorg.audit.index import Index, open_index
from metaorg.errors import ChainUnreachable, CheckFailed
from metaorg.onchain.devnet import advance
from tests.programs import required

TABLES = (chain, told, documents, nodes, proofs)
"""Importing them fills the catalogue."""
ELSEWHERE = {
    "code.metadata": "of a damaged installation: test_source.py",
    "public.impossible": "no chain leads to it",
    "public.replaced": "with what follows from a module that is another one: test_public.py",
    "reading.imported": "of an index that was imported: tests/cli/test_audit_export.py",
    "reading.reorganized": "stops the audit: here, below",
    "reading.unreachable": "of a node that is down: test_collect_wrongs.py",
}
"""Codes that no wrong of the catalogue has alone, and where they are tested."""


def by_name(name: str) -> Wrong:
    return next(wrong for wrong in WRONGS if wrong.name == name)


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.name)
def test_a_planted_wrong_is_found_and_named(history: History, wrong: Wrong) -> None:
    report, liar = wrong.plant(history) or (checked(history), "")

    found = report.findings
    assert {one.code for one in found if one.kind == "difference"} == wrong.differences
    assert {one.code for one in found if one.kind == "unknown"} == wrong.unknown
    for one in found:
        explained = explain(one, report.statement)
        assert (explained.id, explained.rule) == (one.id, CATALOGUE[one.code].rule)
    assert not wrong.names or any(liar in one.subject + one.seen for one in found)


def test_there_are_many_wrongs_each_with_a_name_of_its_own() -> None:
    assert len(WRONGS) >= 100
    assert len({wrong.name for wrong in WRONGS}) == len(WRONGS)


def test_every_kind_of_finding_is_planted() -> None:
    planted = {code for wrong in WRONGS for code in (*wrong.differences, *wrong.unknown)}

    assert CATALOGUE.keys() - planted == ELSEWHERE.keys()


# ---------------------------------------------------------------------- nothing is wrong


def test_a_clean_history_has_no_findings_whatever_is_looked_at(history: History) -> None:
    with FaultProxy(history.chain.url) as one, FaultProxy(history.chain.url) as other:
        urls = history.chain.url, one.url, other.url
        report = audited(history, *urls, prove=True, depth=nodes.EVERY)

    assert report.findings == ()
    assert report.statement.unknown == ()
    assert report.statement.limits == ()
    assert report.statement.encode() == checked(history).statement.encode()


def test_what_a_provider_leaves_out_changes_nothing_that_is_established(history: History) -> None:
    plant = by_name("a log dropped by a provider").plant
    report, _ = plant(history) or (None, "")

    assert report is not None
    assert report.statement.encode() == checked(history).statement.encode()
    assert report.provenance.log_digest == checked(history).provenance.log_digest


# ---------------------------------------------------------------------- reorganizations


@pytest.fixture
def index() -> Iterator[Index]:
    with open_index(":memory:") as index:
        yield index


def voted_otherwise(history: History, index: Index) -> Report:
    """A vote is audited; then the chain has another one in its place. What came first."""
    before = history.chain.request("evm_snapshot")
    history.vote(history.open, (history.founders[1], FOR))
    report = audited(history, index=index)
    assert history.chain.request("evm_revert", before)
    history.vote(history.open, (history.founders[1], AGAINST))
    return report


def test_a_reorganized_vote_is_read_again(history: History, index: Index) -> None:
    """On a chain whose last blocks are not final yet."""
    with patch.object(finality, "DEVELOPMENT", set()):
        earlier = voted_otherwise(history, index)
        report = audited(history, index=index)

        assert report.findings == ()
        assert report.statement == audited(history).statement
    assert [one.tallies[0].against for one in report.statement.decisions[-1:]] == [10_000]
    assert [one.tallies[0].against for one in earlier.statement.decisions[-1:]] == [0]


def test_a_vote_reorganized_beyond_finality_stops_the_audit(history: History, index: Index) -> None:
    voted_otherwise(history, index)

    with pytest.raises(CheckFailed, match="was final and is no longer in the chain"):
        audited(history, index=index)


def test_a_reorganization_in_the_middle_is_said(history: History) -> None:
    before = [history.chain.request("evm_snapshot")]
    advance(history.chain, 5)

    def move(method: str, _: list[object]) -> None:
        if method == "eth_getLogs" and before:
            assert history.chain.request("evm_revert", before.pop())
            advance(history.chain, 7)

    with (
        FaultProxy(history.chain.url, before=[move]) as node,
        pytest.raises(ChainUnreachable, match="reorganized while it was read"),
    ):
        audited(history, node.url)


# ---------------------------------------------------------------------- see it yourself


def shown(history: History, report: Report, finding: Finding) -> str:
    """What the commands of a finding print, run as they are told."""
    path = os.path.dirname(required("cast", "tools"))
    environment = {"PATH": f"{path}:/usr/bin:/bin", "RPC": history.chain.url, "HOME": path}
    printed = [
        subprocess.run(
            ["sh", "-c", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        for command in explain(finding, report.statement).commands
    ]
    assert printed
    return "\n".join(printed)


def planted(history: History, name: str) -> tuple[Report, Finding]:
    wrong = by_name(name)
    report, _ = wrong.plant(history) or (checked(history), "")
    return report, next(one for one in report.findings if one.code in wrong.differences)


def test_a_call_is_seen_with_cast(history: History) -> None:
    report, finding = planted(history, "two seats too many among the active")

    assert int(shown(history, report, finding)) == int(finding.seen)


def test_code_is_seen_with_cast(history: History) -> None:
    report, finding = planted(history, "an implementation of which one byte is another")

    assert shown(history, report, finding).strip() in finding.seen


def test_a_slot_is_seen_with_cast(history: History) -> None:
    report, finding = planted(history, "votes that calls hide and a proof shows")

    assert shown(history, report, finding).strip() == finding.seen


def test_a_log_is_seen_with_cast(history: History) -> None:
    report, finding = planted(history, "a member expelled without a decision")

    log = json.loads(shown(history, report, finding))
    assert log["address"] == history.modules.membership.lower()
    assert log["topics"][0] == topic("Membership", "Expelled")


def test_a_role_is_seen_with_cast(history: History) -> None:
    report, _ = planted(history, "a role of the authority granted")
    finding = next(one for one in report.findings if one.code == "powers.role")

    held, delay, granted = shown(history, report, finding).split("\n", 2)
    assert (held, delay) == ("true", "0")
    assert json.loads(granted)["topics"][0] == topic("Authority", "RoleGranted")
