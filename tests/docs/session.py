"""Runs what a page says, in order, as somebody who reads it would.

Blocks marked `sh` hold commands. Blocks marked `console` hold commands behind `$ ` and below them
what they print, which is compared: `...` stands for anything in a line, a line of its own for any
lines. Blocks marked `python` are run as programs; one that begins with a comment like `# name.py`
is saved under this name instead, for commands to run. Other blocks are only read.

Everything happens in one shell, in a temporary folder that looks like the checkout. The development
chain, and whoever serves a commons, get ports of their own.
"""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from metaorg.onchain.devnet import free_port

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("sh", "console", "python")
FENCE = re.compile(r"^```(.*)$")
MARK = "\x1e"
"""Stands in the output before what a step printed."""
PATIENCE = 300
"""Seconds for a page."""
PREPARED = f"""\
set -euo pipefail
trap 'kill ${{DEVNET:-}} 2>/dev/null || true' EXIT
step() {{ printf '{MARK}%d\\n' "$1"; }}
ended() {{ [ "$1" = 0 ] || exit "$1"; }}
"""
STARTED = "until cast chain-id >/dev/null 2>&1; do sleep 0.1; done"
SERVING = re.compile(r"^(.* serve) --port (\d+) &$", re.MULTILINE)
LISTENING = "until (: </dev/tcp/127.0.0.1/{0}) 2>/dev/null; do sleep 0.1; done"


class PageWrong(AssertionError):
    """Something on a page does not work, or does not print what the page shows."""


@dataclass(frozen=True)
class Step:
    """One command of a page; `expected` is None where output is not compared."""

    line: int
    command: str
    expected: str | None = None


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is where its content begins."""

    line: int
    kind: str
    text: str


def run(page: Path, folder: Path, kinds: Sequence[str] = KINDS) -> str:
    """Run a page in `folder`, which must be empty; what it printed.

    Raises:
        PageWrong: names file and line.
    """
    text = page.read_text(encoding="utf-8")
    steps = [step for block in blocks(text) if block.kind in kinds for step in steps_of(block)]
    if not steps:
        raise PageWrong(f"{page.name}: there is nothing to run")
    _furnish(folder)
    ports = {port: free_port() for _, port in SERVING.findall(text)}
    code, output = _execute(_with_servers(script(steps), ports), folder)
    printed = _by_step(output)
    last = max(printed, default=0)
    for number, step in enumerate(steps[: last + 1]):
        said = _as_written(printed.get(number, ""), ports)
        _compare(f"{page.name}:{step.line}", step, said)
    if code != 0 or last + 1 < len(steps):
        step, said = steps[last], printed.get(last, output)
        raise PageWrong(f"{page.name}:{step.line}: exit code {code}\n{step.command}\n{said}")
    return output


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    start, kind, lines = 0, "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and start:
            yield Block(start, kind, "\n".join(lines) + "\n")
            start = 0
        elif fence:
            start, kind, lines = number + 1, fence[1].strip(), []
        elif start:
            lines.append(line)


def steps_of(block: Block) -> Iterator[Step]:
    """The commands of a block."""
    if block.kind == "python":
        yield Step(block.line, _program(block.text))
    elif block.kind == "console":
        yield from _prompted(block)
    else:
        for line, command in _commands(block.line, block.text.splitlines()):
            yield Step(line, command)


def matches(expected: str, printed: str) -> bool:
    """Whether a text is what a page shows; see the module's docstring."""
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    pattern = ""
    for line in lines:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.split("..."))) + r"[ ]*\n"
    return re.fullmatch(pattern, printed.strip("\n") + "\n" if printed.strip() else "") is not None


def script(steps: Sequence[Step]) -> str:
    """All steps for one shell, which ends at the first that fails."""
    parts = [f"step {number}\n{step.command}\nended $?" for number, step in enumerate(steps)]
    return PREPARED + "\n".join(parts) + "\n"


def _program(text: str) -> str:
    """Save a program or run it, as a shell command."""
    named = re.match(r"# ([\w-]+\.py)\n", text)
    name = named[1] if named else "program.py"
    saving = f"printf '%s' {shlex.quote(text)} > {name}"
    return saving if named else f"{saving}; python {name}"


def _prompted(block: Block) -> Iterator[Step]:
    """Commands behind `$ ` with what they print; a command goes on while a shell wants more."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        given = [lines[start].removeprefix("$ "), *lines[start + 1 : end]]
        size = _length(given)
        expected = "\n".join(given[size:])
        yield Step(block.line + start, "\n".join(given[:size]), expected)


def _commands(line: int, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Whole commands, with the line on which each begins."""
    rest = list(lines)
    while rest:
        size = _length(rest)
        if rest[0].strip():
            yield line, "\n".join(rest[:size])
        line, rest = line + size, rest[size:]


def _length(lines: Sequence[str]) -> int:
    """How many lines the first command takes."""
    for size in range(1, len(lines) + 1):
        text = "\n".join(lines[:size])
        checked = subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False)
        quiet = not checked.stderr  # it warns of a here-document without its end
        if checked.returncode == 0 and quiet and not text.endswith("\\"):
            return size
    return len(lines)


def _furnish(folder: Path) -> None:
    """Make a folder look like the checkout, without writing there."""
    for entry in ROOT.iterdir():
        if entry.name != "build":
            (folder / entry.name).symlink_to(entry)


def _execute(text: str, folder: Path) -> tuple[int, str]:
    """Exit code and output of a script, as a terminal would show it; leaves nothing running."""
    port = free_port()
    text = text.replace(
        "metaorg devnet &", f"metaorg devnet --port {port} >/dev/null 2>&1 & DEVNET=$!\n{STARTED}"
    )
    url = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("METAORG_")}
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / ".data")}
    process = subprocess.Popen(
        ["bash", "-c", text],
        cwd=folder,
        env={**kept, **homes, "METAORG_RPC": url, "ETH_RPC_URL": url, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, output


def _with_servers(text: str, ports: Mapping[str, int]) -> str:
    """A script whose servers listen on free ports, and are waited for."""
    for port, free in ports.items():
        started = rf"\1 --port {free} >/dev/null 2>&1 &\n{LISTENING.format(free)}"
        text = re.sub(rf"^(.* serve) --port {port} &$", started, text, flags=re.MULTILINE)
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free}")
    return text


def _as_written(printed: str, ports: Mapping[str, int]) -> str:
    """What was printed, with the ports that the page has."""
    for port, free in ports.items():
        printed = printed.replace(f"127.0.0.1:{free}", f"127.0.0.1:{port}")
    return printed


def _by_step(output: str) -> dict[int, str]:
    """What each step that was begun has printed."""
    parts = output.split(MARK)[1:]
    return {int(number): said for number, _, said in (part.partition("\n") for part in parts)}


def _compare(where: str, step: Step, printed: str) -> None:
    if step.expected is not None and not matches(step.expected, printed):
        raise PageWrong(
            f"{where}: another output\n$ {step.command}\n"
            f"--- the page\n{step.expected}\n--- what came out\n{printed}"
        )
