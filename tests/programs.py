"""Programs that tests need for real."""

import os
import shutil
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / ".tools" / "bin"


def required(name: str, target: str) -> str:
    """A program, from PATH or `make target`; without it tests fail in CI and skip elsewhere."""
    found = shutil.which(name) or shutil.which(name, path=str(TOOLS))
    if found is not None:
        return found
    reason = f"no {name} on PATH nor in .tools/bin: run `make {target}`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
