"""What the README says can be done, is done."""

import os
import re
import subprocess
from pathlib import Path

from metaorg.onchain.devnet import free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_session_runs_as_it_stands(tmp_path: Path) -> None:
    port = free_port()
    blocks = re.findall(r"```sh session\n(.*?)```", README, re.S)
    ready = "until cast chain-id >/dev/null 2>&1; do sleep 0.1; done\n"
    script = ready.join((blocks[0], "".join(blocks[1:])))
    script = script.replace("metaorg devnet &", f"metaorg devnet --port {port} & DEVNET=$!")
    script = script.replace("$PWD/build/session", str(tmp_path))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("METAORG_")},
        "METAORG_RPC": f"http://127.0.0.1:{port}",
        "ETH_RPC_URL": f"http://127.0.0.1:{port}",
    }

    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail; trap 'kill $DEVNET' EXIT\n{script}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "executed" in done.stdout
    assert "Ivy Lane Nursery Co-op" in done.stdout


def test_every_file_that_documents_name_is_there() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!http)([^)#]+)", text):
            assert (document.parent / link).exists(), f"{document.name} names {link}"
        for name in re.findall(
            r"`((?:contracts|metaorg|scripts|examples|docs|tests|snapshots)/[\w/.-]+)`", text
        ):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_the_figures_in_the_readme_are_those_of_the_snapshot() -> None:
    import json

    gas = json.loads((ROOT / "snapshots/gas.json").read_text(encoding="utf-8"))["gas"]

    assert f"{gas['vote, later in a page']:,} gas" in README
