"""`metaorg check`: exit code 6 unless everything agrees."""

from pathlib import Path

from cli.conftest import Cli


def test_a_sound_meta_organization_passes(bakery: Cli) -> None:
    shown = bakery.done("check", account=None).stdout

    assert "3 active seats" in shown
    assert "Everything agrees." in shown


def test_documents_that_nobody_holds_are_a_gap(bakery: Cli, home: Path) -> None:
    result = bakery.run("check", "--json", "--store", f"embedded:{home / 'empty'}")

    assert result.code == 6
    assert result.json["findings"][0]["kind"] == "unknown"
    assert "findings" in result.stderr
