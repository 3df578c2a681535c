"""The example in plain Python does what it says."""

from collections.abc import Callable
from subprocess import CompletedProcess


def test_the_first_session_ends_with_a_check_that_agrees(
    python: Callable[..., CompletedProcess[str]],
) -> None:
    done = python("examples/first_session.py")

    assert done.returncode == 0, done.stderr
    founded, joined, shared, decided, text, checked = done.stdout.splitlines()
    assert founded.startswith("founded at 0x")
    assert joined == "Redcap Orchard holds seat 4: Workers"
    assert shared.startswith("shared: Sourdough, step by step, ipfs://baf")
    assert decided == "Lend tools: succeeded"
    assert text == "the text in force is version 2"
    assert checked.endswith("all agrees")
