"""What tutorials say can be done, is done."""

from pathlib import Path

from docs.session import ROOT, run

SAFE = (ROOT / "docs/tutorials/safe.md").read_text(encoding="utf-8")


def test_an_organization_with_a_safe_does_what_the_tutorial_says(tmp_path: Path) -> None:
    done = run(SAFE, "$PWD/build/safe", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Quarry Press Co-op" in done.stdout
    assert "2 of 2 signatures; anybody can send it" in done.stdout
    assert "Everything agrees." in done.stdout
    for name in ("adoption.json", "apply.json", "ballot.json", "vote.json"):
        assert (tmp_path / name).exists()
