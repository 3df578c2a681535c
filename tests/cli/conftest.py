"""One development chain and one founding for all tests here; each test begins where that ended."""

import io
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from audit.fault_proxy import FaultProxy
from audit.history import History, slots_read
from onchain.world import actor

from metaorg.cli.main import main
from metaorg.onchain import devnet as devnets
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet, find_anvil

ROOT = Path(__file__).resolve().parents[2]
CHARTER = ROOT / "examples" / "charter.yaml"
BAKERY = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
FOOD_COOP = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
LOOM = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TRUST = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
OUTSIDER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
DAY = 86_400
ENTRY = "import sys; from metaorg.cli.main import main; sys.exit(main())"
PATH = f"{find_anvil().parent}{os.pathsep}{os.environ['PATH']}"


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Cli:
    """The command line, as one organization with its settings in the environment uses it."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment, self.folder = dict(environment), folder

    def run(self, *arguments: object, stdin: bytes = b"", **settings: object) -> Result:
        """Run a command in this process; `settings` are METAORG_* variables, None removes one."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("METAORG_")]:
                patch.delenv(name)
            for name, value in self._environment(settings).items():
                patch.setenv(name, value)
            patch.setenv("PATH", PATH)
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main([str(argument) for argument in arguments])
        return Result(code, *(one.buffer.getvalue().decode() for one in (out, err)))

    def done(self, *arguments: object, **settings: Any) -> Result:
        """Run a command that must succeed."""
        result = self.run(*arguments, **settings)
        assert result.code == 0, result
        return result

    def start(self, *arguments: object, **settings: object) -> subprocess.Popen[bytes]:
        """Start a command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", ENTRY, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={"PATH": PATH, "PYTHONPATH": str(ROOT), **self._environment(settings)},
        )

    def converse(
        self, *arguments: object, answers: Mapping[str, str], stdin: Path | None = None
    ) -> Result:
        """Run a command on a terminal of its own, and answer what it asks."""
        process, terminal = pty.fork()
        if process == 0:
            if stdin is not None:
                os.dup2(os.open(stdin, os.O_RDONLY), 0)
            os.chdir(self.folder)
            command = [sys.executable, "-c", ENTRY, *map(str, arguments)]
            own = {"PATH": PATH, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
            environment = own | self._environment({})
            os.execve(sys.executable, command, environment)
        said, position = b"", 0
        for question, answer in answers.items():
            while question.encode() not in said[position:]:
                said += os.read(terminal, 1000)
            position = len(said)
            os.write(terminal, f"{answer}\n".encode())
        with suppress(OSError):  # what a terminal gives when its program has ended
            while more := os.read(terminal, 1000):
                said += more
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        return Result(code, said.decode(), "")

    def _environment(self, settings: Mapping[str, object]) -> dict[str, str]:
        changed = {f"METAORG_{name.upper()}": value for name, value in settings.items()}
        merged = {**self.environment, **changed}
        return {name: str(value) for name, value in merged.items() if value is not None}


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    with Devnet() as running:
        yield running


@pytest.fixture(scope="session")
def chain(devnet: Devnet) -> Chain:
    return devnet.chain


@pytest.fixture(scope="session")
def founded(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a meta-organization that the command line founded."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        "METAORG_HOME": str(home),
        "METAORG_RPC": devnet.url,
        "METAORG_STORE": f"embedded:{home / 'commons'}",
    }
    others = ("--sign-with", f"rpc:{FOOD_COOP}", "--sign-with", f"rpc:{LOOM}")
    result = Cli(environment, home).done(
        "found", CHARTER, "--account", f"rpc:{BAKERY}", *others, "--json"
    )
    devnets.advance(devnet.chain, 1)  # a seat votes and proposes from the second after on
    return environment | {"METAORG_ADDRESS": result.json["modules"]["meta_organization"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def fresh(chain: Chain, founded: dict[str, str]) -> Iterator[None]:
    """Takes the chain back to what it was before the test."""
    snapshot = chain.request("evm_snapshot")
    yield
    chain.request("evm_setAutomine", True)
    chain.request("evm_revert", snapshot)


@pytest.fixture
def cli_of(founded: dict[str, str], fresh: None, home: Path) -> Callable[[str], Cli]:
    """The command line of an account."""
    return lambda account: Cli(
        founded | {"METAORG_HOME": str(home), "METAORG_ACCOUNT": f"rpc:{account}"}, home
    )


@pytest.fixture
def bakery(cli_of: Callable[[str], Cli]) -> Cli:
    return cli_of(BAKERY)


@pytest.fixture
def food_coop(cli_of: Callable[[str], Cli]) -> Cli:
    return cli_of(FOOD_COOP)


@pytest.fixture
def loom(cli_of: Callable[[str], Cli]) -> Cli:
    return cli_of(LOOM)


@pytest.fixture
def trust(cli_of: Callable[[str], Cli]) -> Cli:
    return cli_of(TRUST)


@pytest.fixture
def outsider(cli_of: Callable[[str], Cli]) -> Cli:
    return cli_of(OUTSIDER)


@pytest.fixture
def advance(chain: Chain) -> Callable[[int], None]:
    """Lets time pass."""
    return lambda seconds: devnets.advance(chain, seconds)


@pytest.fixture
def nothing_sent(chain: Chain) -> Iterator[None]:
    """Fails when a test that must send nothing has sent something."""
    before = _traces(chain)
    yield
    assert _traces(chain) == before


def _traces(chain: Chain) -> list[int]:
    accounts = (BAKERY, FOOD_COOP, LOOM, TRUST, OUTSIDER)
    return [int(chain.request("eth_getTransactionCount", a, "pending"), 16) for a in accounts]


JOINING = ("membership", "apply", "--kind", "trust", "--constituency", "Workers")


@pytest.fixture
def applied(trust: Cli) -> Cli:
    """The trust, which has applied for a seat."""
    trust.done(*JOINING, "--name", "Fernwood Trust", "--pledge", "Seeds for everyone.")
    return trust


@pytest.fixture
def seated(applied: Cli, advance: Callable[[int], None]) -> Cli:
    """The trust, which holds a seat."""
    advance(7 * DAY)
    applied.done("membership", "admit", "--due")
    return applied


@pytest.fixture
def proposed(bakery: Cli, home: Path) -> str:
    """The number of a proposal to amend the text."""
    (home / "new.md").write_text("# A new text\n")
    return made(bakery.done("constitution", "amend", "new.md", "--title", "A new text", "--json"))


Decide = Callable[..., str]


@pytest.fixture
def decide(bakery: Cli, food_coop: Cli, loom: Cli, advance: Callable[[int], None]) -> Decide:
    """Proposes what a command says, agrees to it, and executes it; gives the proposal's number."""

    def run(*arguments: object) -> str:
        advance(1)
        number = made(bakery.done(*arguments, "--json"))
        advance(DAY + 1)
        for voter in (bakery, food_coop, loom):
            voter.done("assembly", "vote", number, "for")
        advance(7 * DAY)
        bakery.done("assembly", "queue", number)
        advance(7 * DAY)
        bakery.done("assembly", "execute", number)
        return number

    return run


def made(result: Result) -> str:
    """The number of the proposal that a command made."""
    return next(
        str(event["arguments"]["proposalId"])
        for event in result.json[0]["events"]
        if event["name"] == "ProposalCreated"
    )


@pytest.fixture
def charter(bakery: Cli, home: Path, advance: Callable[[int], None]) -> Callable[..., None]:
    """Founds with another charter: the example's, with pieces replaced; for the given accounts."""

    def found(changes: Mapping[str, str], *others: Cli) -> None:
        text = CHARTER.read_text(encoding="utf-8")
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        (home / "charter.yaml").write_text(text)
        shutil.copy(CHARTER.parent / "interconstitution.md", home)
        signing = ("--sign-with", f"rpc:{FOOD_COOP}", "--sign-with", f"rpc:{LOOM}")
        result = bakery.done("found", "charter.yaml", *signing, "--json")
        for cli in (bakery, *others):
            address = result.json["modules"]["meta_organization"]
            cli.environment["METAORG_ADDRESS"] = address
        advance(1)

    return found


EARLIER = 100
"""The block of the audit before the last one, of two that were kept."""


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """A full history on a chain of its own."""
    with Devnet() as devnet:
        made = History.lived(devnet.chain, tmp_path_factory.mktemp("lived"))
        made.store.close()
        yield made


@pytest.fixture(scope="session")
def audits(lived: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for data of somebody who audited that history twice."""
    home = tmp_path_factory.mktemp("audits")
    shutil.copy(lived.store.path, home / "commons")
    cli = Cli(audited(lived, home), home)
    for at in (EARLIER, "latest"):
        cli.done("audit", "run", "--at", at)
    return home


@pytest.fixture
def auditor(lived: History, audits: Path, tmp_path: Path) -> Iterator[Cli]:
    """Their command line; what happens to the chain and in the folder ends with the test."""
    home = tmp_path / "home"
    shutil.copytree(audits, home)
    snapshot = lived.chain.request("evm_snapshot")
    yield Cli(audited(lived, home), tmp_path)
    lived.chain.request("evm_revert", snapshot)


@pytest.fixture
def node(lived: History) -> Iterator[FaultProxy]:
    """The same chain, behind a proxy that counts."""
    with FaultProxy(lived.chain.url) as proxy:
        yield proxy


def audited(lived: History, home: Path) -> dict[str, str]:
    """The environment of somebody who audits, and holds no key."""
    return {
        "METAORG_HOME": str(home),
        "METAORG_RPC": lived.chain.url,
        "METAORG_STORE": f"embedded:{home / 'commons'}",
        "METAORG_ADDRESS": lived.modules.meta_organization,
    }


def tamper(lived: History) -> None:
    """Alter the profile of the second founder in storage, where no event tells of it; or back."""
    address, account = lived.modules.membership, actor(2).address
    [slot] = slots_read(lived, "Membership", address, "profileOf", account)
    value = int(lived.chain.request("eth_getStorageAt", address, hex(slot), "latest"), 16)
    lived.chain.request("anvil_setStorageAt", address, f"0x{slot:064x}", f"0x{value ^ 1:064x}")
    lived.chain.request("evm_mine")


Answer = Callable[[bytes], tuple[int, str, bytes]]
"""From a request's body to status, content type and body of the answer."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A node on loopback that answers so; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, data = answer(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def forwarded(url: str, body: bytes) -> Any:
    """What the node at `url` answers."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def altered(url: str, alter: Callable[[str, Any], Any]) -> Answer:
    """A node like that at `url`, whose results `alter(method, result)` replaces."""

    def answer(body: bytes) -> tuple[int, str, bytes]:
        asked, found = json.loads(body), forwarded(url, body)
        pairs = zip(asked, found, strict=True) if isinstance(asked, list) else [(asked, found)]
        for one, reply in pairs:
            if "result" in reply:
                reply["result"] = alter(one["method"], reply["result"])
        return 200, "application/json", json.dumps(found).encode()

    return answer
