"""The main job, end to end, on a chain of its own: found, join, share, decide, audit.

python -m scripts.demo --organizations examples/organizations.csv --limit 0
"""

import argparse
import shutil
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from eth_account import Account
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from metaorg import charter as charters
from metaorg import founding
from metaorg.audit import Report, check
from metaorg.audit.reports import markdown, page, read_report
from metaorg.errors import InvalidInput, MetaorgError
from metaorg.ipfs import (
    Embedded,
    Gateways,
    Import,
    Source,
    Store,
    holdings,
    keep,
    open_store,
    put_files,
)
from metaorg.ipfs.serving import Server
from metaorg.onchain import transactions
from metaorg.onchain.accounts import LocalSigner, NodeSigner, Signer
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, advance
from metaorg.onchain.transactions import Job
from metaorg.organization import MetaOrganization, ProposalView
from metaorg.records import Description, Pledge
from metaorg.tables import Row, read_organizations
from metaorg.types import Call, Cid, Model, Receipt

CHARTER = Path("examples/charter.yaml")
FOLDER = Path("build/demo")
AUDIT = FOLDER / "audit"
BLOCKS = ("--block-time", "0.1")
"""Many transactions to a block, as on a live chain; a block for each doubles the waiting."""
FEWEST = 3
"""One that is objected to, and two that share."""
FOR, AGAINST = 1, 0
LICENCE = "CC-BY-SA-4.0"
PLEDGE = Pledge(text="We share what we know with the other members, and cite what we use.")


class Member(Model):
    """One organization of the demo: its row, and its signer, whose key lives in memory only."""

    row: Row
    signer: LocalSigner


class Demo:
    """The steps, each on what the one before left on chain."""

    def __init__(self, chain: Chain, store: Store, rows: Sequence[Row]) -> None:
        self.chain, self.store = chain, store
        self.members = [Member(row=row, signer=LocalSigner(Account.create())) for row in rows]
        self.console = Console(stderr=True)
        self.gas: dict[str, list[int]] = {}
        self.org: MetaOrganization
        self.founders: list[Signer]

    def run(self, table: Path) -> Report:
        """All of it, in order; the table of organizations is shared at the end."""
        self.found()
        contested = self.members[-1]
        self.apply()
        self.object(contested)
        self.admit([member for member in self.members if member is not contested])
        self.publish()
        self.decide(contested)
        self.keep(table)
        report = self.check()
        self.write(report)
        return report

    def found(self) -> None:
        """Found with the charter's founders; each signs the adoption."""
        charter = charters.load(CHARTER)
        declared = charter.declaration
        names = dict.fromkeys(member.row.constituency for member in self.members)
        constituencies = list(dict.fromkeys([*declared.constituencies, *names]))
        declaration = declared.model_copy(update={"constituencies": constituencies})
        charter = charter.model_copy(update={"declaration": declaration})
        self.founders = [NodeSigner(self.chain, f.account) for f in declared.founders]
        with self._progress("deploying the shared contracts", 1) as tick:
            tick(self._count("deploy (once per chain)", founding.deploy(self.chain, self._first)))
            plan = founding.plan(self.chain, charter, self._first.address)
        with self._progress("founding", 1) as tick:
            signed = [founding.sign(self.chain, plan, founder) for founder in self.founders]
            receipt = founding.found(self.chain, self.store, self._first, plan, signed)
            assert receipt is not None, "a new chain has nothing founded"
            tick(self._count(f"found with {len(signed)} founders", [receipt]))
        self.org = MetaOrganization(self.chain, plan.modules, self.store, self._first)
        self._fund()

    def apply(self) -> None:
        """Every organization adopts the text with its pledge, then applies."""
        org, reading = self.org, self.chain.at()
        first = org.constitution.adoption(self._first.address, "Workers", PLEDGE, reading=reading)
        indices = {name: i for i, name in enumerate(org.membership.constituencies(reading))}
        jobs = []
        with self._progress("signing adoptions", len(self.members)) as tick:
            for member in self.members:
                adoption = first.model_copy(
                    update={
                        "organization": member.signer.address,
                        "constituency": indices[member.row.constituency],
                        "nonce": 0,
                    }
                )
                signed = org.constitution.sign(adoption, member.signer)
                jobs.append(Job(signer=member.signer, call=org.constitution.adopt(signed, PLEDGE)))
                tick(1)
        self._send("adopt, with pledge", jobs)
        kinds = org.membership.kinds(reading)
        self._send(
            "apply",
            [
                Job(
                    signer=member.signer,
                    call=org.membership.apply(_kind(member.row), member.row.profile, kinds),
                )
                for member in self.members
            ],
        )

    def object(self, contested: Member) -> None:
        """A founder objects to one application: the Assembly will have to decide."""
        reason = "Two members share its name; we ask the Assembly to hear both before it joins."
        call = self.org.membership.object(contested.signer.address, reason)
        self._send("object", [Job(signer=self._first, call=call)])

    def admit(self, members: Sequence[Member]) -> None:
        """When the window is over, period by period, as many as the pace allows."""
        advance(self.chain, self.org.membership.admission().window)
        waiting = list(members)
        with self._progress("admitting at the pace of the charter", len(waiting)) as tick:
            while waiting:
                remaining, next_period = self.org.membership.pace()
                turn, waiting = waiting[:remaining], waiting[remaining:]
                jobs = [
                    Job(signer=self._first, call=self.org.membership.admit(m.signer.address))
                    for m in turn
                ]
                receipts = transactions.send_many(self.chain, jobs, tick)
                self._count("admit", receipts)
                if waiting:
                    advance(self.chain, next_period - self.chain.block().time)

    def publish(self) -> None:
        """Resources of the commons: a text, a table, a new version of it, a citation."""
        one, other = self.members[0], self.members[1 % len(self.members)]
        handbook = b"# Handbook\n\nHow we meet, decide and share. Copy it, change it, cite it.\n"
        table = self._by_region()
        text = self.org.commons.publish(
            handbook, Description(title="Handbook", media_type="text/markdown"), licence=LICENCE
        )
        draft = self.org.commons.publish(
            table[: len(table) // 2],
            Description(title="Members by region, draft", media_type="text/csv"),
            licence=LICENCE,
        )
        self._send("publish", [Job(signer=one.signer, call=text)])
        self._send("publish", [Job(signer=other.signer, call=draft)])
        former = self.org.commons.all()[-1].resource.cid
        final = self.org.commons.publish(
            table,
            Description(title="Members by region", media_type="text/csv"),
            licence=LICENCE,
            previous=former,
        )
        self._send("publish", [Job(signer=other.signer, call=final)])
        cited = self.org.commons.all()[0].resource.cid
        self._send("cite", [Job(signer=other.signer, call=self.org.commons.cite(cited))])

    def keep(self, table: Path) -> None:
        """A folder that one member publishes, another mirrors, damages and repairs."""
        folder = FOLDER / "shared"
        folder.mkdir()
        shutil.copyfile(table, folder / "organizations.csv")
        (folder / "README.md").write_text("# Organizations\n\nOne a row, as they were joined.\n")
        blocks = Import(folder)
        self.store.write(blocks)
        self.store.pin(blocks.root.cid)
        said = Description(title="Organizations")
        call = self.org.commons.publish(blocks.root, said, licence=LICENCE)
        self._send("publish", [Job(signer=self.members[0].signer, call=call)])
        named = self.org.commons.recorded()
        mirror = Embedded(FOLDER / "mirror")
        with Server(self.store, port=0).start() as node:
            source = Gateways([node.url])
            with self._progress("mirroring what is recorded", len(named)) as tick:
                self._hold(mirror, source, named, tick)
            _destroy(mirror, Cid.of((folder / "README.md").read_bytes()))
            lost = [one.cid for one in holdings(mirror, named, verify=True) if one.state != "held"]
            with self._progress("repairing one block of it", len(lost)) as tick:
                self._hold(mirror, source, {cid: named[cid] for cid in lost}, tick)
        assert all(one.state == "held" for one in holdings(mirror, named, verify=True))
        self.console.print(
            f"  kept: {len(named):,} documents by a second member; {len(lost)} damaged and repaired"
        )

    def decide(self, contested: Member) -> None:
        """One decision that passes and is executed, one that fails in a single constituency."""
        advance(self.chain, 1)
        admission = self.org.membership.decide(
            contested.signer.address, True, "Heard both; they are different organizations."
        )
        amendment = self.org.constitution.amend(
            self.org.constitution.text(self.org.constitution.version())
            + b"\n## Article 6: Levy\n\nEach member pays one per cent of its turnover.\n"
        )
        passing = self._propose([admission], "Admit the contested applicant")
        failing = self._propose([amendment], "Add a levy to the InterConstitution")
        advance(self.chain, 86_400 + 1)
        voters = [*self.founders, *(m.signer for m in self.members if m is not contested)]
        dissent = self._dissenters()
        self._vote(passing, voters, set())
        self._vote(failing, voters, dissent)
        self._close(passing)
        defeated = self.org.assembly.show(failing)
        assert defeated.state.state == "defeated" and defeated.outcome is not None
        self.console.print(f"  defeated: {defeated.title}: {'; '.join(defeated.outcome.reasons)}")

    def check(self) -> Report:
        """Read chain and commons again, by themselves, and recompute everything."""
        with self._progress("checking independently", None) as tick:
            address = self.org.modules.meta_organization
            return check(Chain(self.chain.url), address, self.store, lambda *_: tick(1))

    def write(self, report: Report) -> None:
        """The report as a page, as Markdown and as JSON, from which the others are made."""
        data = report.encode()
        read = read_report(data)
        forms = {"json": data, "html": page(read).encode(), "md": markdown(read).encode()}
        AUDIT.mkdir()
        for form, said in forms.items():
            (AUDIT / f"report.{form}").write_bytes(said)

    def _propose(self, calls: Sequence[Call], title: str) -> int:
        call = self.org.propose(calls, title, f"{title}. Discussed in the open before.")
        self._send("propose", [Job(signer=self._first, call=call)])
        return self.org.assembly.number(call)

    def _vote(self, number: int, voters: Sequence[Signer], against: set[str]) -> None:
        assembly = self.org.assembly
        jobs = [
            Job(
                signer=voter,
                call=assembly.vote(number, AGAINST if voter.address in against else FOR),
            )
            for voter in voters
        ]
        self._send("vote", jobs)

    def _close(self, number: int) -> None:
        proposal = self._after(number, "deadline")
        self._send("queue", [Job(signer=self._first, call=self.org.assembly.queue(proposal))])
        proposal = self._after(number, "eta")
        self._send("execute", [Job(signer=self._first, call=self.org.assembly.execute(proposal))])

    def _after(self, number: int, moment: str) -> ProposalView:
        state = self.org.assembly.show(number).state
        wait = getattr(state, moment) - self.chain.block().time + 1
        if wait > 0:
            advance(self.chain, wait)
        return self.org.assembly.show(number)

    def _hold(
        self, mirror: Store, source: Source, named: dict[Cid, str], tick: transactions.Progress
    ) -> None:
        for one in keep(mirror, source, named, verify=True):
            assert one.state == "held", one
            tick(1)

    def _dissenters(self) -> set[str]:
        """The smallest constituency that has seats: it alone will vote against."""
        active = [view for view in self.org.membership.all() if view.standing.active]
        groups: dict[str, set[str]] = {}
        for view in active:
            groups.setdefault(view.constituency, set()).add(view.account)
        return min(groups.values(), key=len)

    def _by_region(self) -> bytes:
        counts: dict[str, int] = {}
        for member in self.members:
            region = member.row.profile.region or "unknown"
            counts[region] = counts.get(region, 0) + 1
        lines = (f'"{region}",{count}' for region, count in sorted(counts.items()))
        return ("region,members\n" + "\n".join(lines) + "\n").encode()

    def _fund(self) -> None:
        self.chain.requests(
            [("anvil_setBalance", [m.signer.address, hex(10**20)]) for m in self.members]
        )

    def _send(self, operation: str, jobs: Sequence[Job]) -> None:
        put_files(self.store, (one for job in jobs for one in job.call.documents))
        with self._progress(operation, len(jobs)) as tick:
            self._count(operation, transactions.send_many(self.chain, jobs, tick))

    def _count(self, operation: str, receipts: Sequence[Receipt]) -> int:
        self.gas.setdefault(operation, []).extend(receipt.gas for receipt in receipts)
        return 1

    @contextmanager
    def _progress(self, what: str, total: int | None) -> Iterator[transactions.Progress]:
        columns = (TextColumn("  {task.description:38}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self.console) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, advance=done)
            progress.update(task, total=progress.tasks[task].completed)

    @property
    def _first(self) -> Signer:
        return self.founders[0]


def _kind(row: Row) -> str:
    return "trust" if "rust" in row.profile.legal_form else "cooperative"


def _destroy(mirror: Embedded, cid: Cid) -> None:
    """Damage a block on disk, behind the store's back."""
    mirror.close()
    with closing(sqlite3.connect(mirror.path)) as database:
        database.execute("UPDATE block SET data = x'00' WHERE digest = ?", (cid.digest,))
        database.commit()


def summary(demo: Demo, report: Report, seconds: float) -> None:
    """What happened, what it cost, and where to look next."""
    console = Console()
    table = Table(title=f"What happened, in {seconds:.0f} s", title_justify="left")
    for column in ("operation", "times", "gas, median", "gas, least", "gas, most"):
        table.add_column(column, justify="left" if column == "operation" else "right")
    for operation, gas in demo.gas.items():
        figures = (len(gas), statistics.median_high(gas), min(gas), max(gas))
        table.add_row(operation, *(f"{figure:,}" for figure in figures))
    console.print(table)
    seated = sum(view.standing.active for view in demo.org.membership.all())
    checked = ", ".join(f"{count:,} {what}" for what, count in report.statement.counts.items())
    console.print(f"{seated:,} organizations hold a seat, {len(demo.founders)} of them founders.")
    console.print(f"Checked at block {report.statement.block.number:,}: {checked}.")
    for finding in report.findings:
        console.print(f"{finding.kind}: {finding.subject}: {finding.expected} != {finding.seen}")
    console.print("Every check holds." if report.ok else "The check found what stands above.")
    address = demo.org.modules.meta_organization
    console.print(
        f"\nThe report, for a browser: {AUDIT}/report.html"
        "\nLook around: run `.venv/bin/metaorg devnet --state build/demo/chain.json`, and beside it"
        f"\n  .venv/bin/metaorg assembly list --address {address} --store embedded:{FOLDER}/commons"
        "\nNext: README.md, the first session.",
        highlight=False,
        soft_wrap=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--organizations", type=Path, default=Path("examples/organizations.csv"))
    parser.add_argument("--limit", type=int, default=0, help="rows to take; 0 takes all")
    given = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        rows = read_organizations(given.organizations, given.limit)
        if len(rows) < FEWEST:
            raise InvalidInput(f"the demo needs {FEWEST} organizations or more, not {len(rows)}")
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        options = ("--state", str(FOLDER / "chain.json"), "--gas-limit", "1000000000", *BLOCKS)
        with Devnet(options=options) as devnet:
            demo = Demo(devnet.chain, open_store(f"embedded:{FOLDER}/commons"), rows)
            report = demo.run(given.organizations)
            summary(demo, report, time.monotonic() - started)
    except MetaorgError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0 if report.ok else 6


if __name__ == "__main__":
    sys.exit(main())
