"""The charter's reference names every field of the models, and no other, with its default."""

import re
from pathlib import Path

import pytest

from metaorg.charter import (
    Declaration,
    DeclaredAdmission,
    DeclaredFounder,
    DeclaredReadoption,
    DeclaredRule,
)
from metaorg.onchain.artifacts import load
from metaorg.records import Pledge, Profile
from metaorg.rules.admission import AdmissionMethod, Consequence
from metaorg.rules.decision import METHODS
from metaorg.types import Model

PAGE = (Path(__file__).parents[2] / "docs" / "charter.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[Model]] = {
    "The whole": Declaration,
    "`admission`": DeclaredAdmission,
    "`readoption`": DeclaredReadoption,
    "`rules`": DeclaredRule,
    "`founders`": DeclaredFounder,
}
DEFAULTS = {"none": ({},), "0": (0,), "0 %": (0,), "false": (False,)}


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Field -> default, as the section's table gives them."""
    found = re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \| [^|]+ \|$", section(title), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_field_has_its_row(title: str) -> None:
    assert [*rows(title)] == [*SECTIONS[title].model_fields]


@pytest.mark.parametrize("title", SECTIONS)
def test_the_defaults_are_those_of_the_models(title: str) -> None:
    for name, field in SECTIONS[title].model_fields.items():
        written = rows(title)[name]
        if field.is_required():
            assert written == "required", name
        else:
            assert field.get_default(call_default_factory=True) in DEFAULTS[written], name


def test_the_fields_of_profile_and_pledge_are_named() -> None:
    named = {name for kind in (Profile, Pledge) for name in kind.model_fields} - {"type"}

    assert named <= set(re.findall(r"`(\w+)`", section("`founders`")))


@pytest.mark.parametrize(
    "choice", [*(one.words for kind in (AdmissionMethod, Consequence) for one in kind), *METHODS]
)
def test_every_choice_is_named(choice: str) -> None:
    assert f"`{choice}`" in PAGE


def test_the_functions_that_change_fields_are_there() -> None:
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", PAGE)

    assert len(named) > 20
    for contract, function in named:
        assert function in load(contract).functions
