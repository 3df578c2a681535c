"""Runs what a document shows in its `sh session` blocks, as one shell session on a new chain."""

import os
import re
import subprocess
from pathlib import Path

from metaorg.onchain.devnet import free_port

ROOT = Path(__file__).parents[2]
READY = "until cast chain-id >/dev/null 2>&1; do sleep 0.1; done\n"


def run(document: str, folder: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Run a document's session from the repository's root.

    Args:
        folder: where the document keeps what it makes; `scratch` is used in its place.
    """
    port = free_port()
    blocks = re.findall(r"```sh session\n(.*?)```", document, re.S)
    script = READY.join((blocks[0], "".join(blocks[1:])))
    script = script.replace("metaorg devnet &", f"metaorg devnet --port {port} & DEVNET=$!")
    script = script.replace(folder, str(scratch))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("METAORG_")},
        "METAORG_RPC": f"http://127.0.0.1:{port}",
        "ETH_RPC_URL": f"http://127.0.0.1:{port}",
    }
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; trap 'kill $DEVNET' EXIT\n{script}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
