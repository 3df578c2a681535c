"""Whether JSON has the shape that a command's help promises."""

import json
import re
from collections.abc import Callable
from typing import Any

REST = "and others"


def promised(command: Callable[..., None]) -> Any:
    """The example of JSON in a command's docstring; `...` stands for what is like it."""
    text = " ".join((command.__doc__ or "").partition("JSON: ")[2].split())
    marked = re.sub(r"\.\.\.(?=})", f'"{REST}": 0', text.replace("[...]", "[]"))
    example, _ = json.JSONDecoder().raw_decode(marked)
    return example


def shaped(found: Any, example: Any, where: str = "JSON") -> None:
    """Nothing, where the value has the members of the example, and values of the same kinds."""
    if found is None:
        return  # which the help says in words
    if isinstance(example, dict):
        assert isinstance(found, dict), where
        names = example.keys() - {REST}
        missing = names - found.keys()
        assert not missing and (REST in example or found.keys() == names), (where, found.keys())
        for name in names:
            shaped(found[name], example[name], f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(found, list), where
        for one in found[: len(found) if example else 0]:
            shaped(one, example[0], f"{where}[]")
    else:
        assert type(found) is type(example), (where, found)
