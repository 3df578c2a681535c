"""`metaorg/audit/guards.json`: what guards each function of the shipped contracts.

It is all that an audit needs of the sources to say who may call what: the modifier, and what
NatSpec says where code does not. Who passes a modifier now is read from the chain.
"""

import json

from metaorg.onchain.artifacts import CONTRACTS
from tools.docs.contracts import Function, Sources

PATH = "metaorg/audit/guards.json"
_PARTS = ("who", "when", "stop")


def page() -> str:
    """The file's text: contract -> function -> guard, who, when, stop."""
    sources = Sources.of_the_project()
    guards = {
        name: {one.name: _guard(one) for one in sources.functions(name)} for name in CONTRACTS
    }
    return json.dumps(guards, indent=1, sort_keys=True) + "\n"


def _guard(function: Function) -> dict[str, str]:
    """Empty where code, or the absence of a tag, leaves a part to the audit."""
    parts = dict(zip(_PARTS[len(_PARTS) - len(function.tag) :], function.tag, strict=True))
    return {"guard": function.guard} | {part: parts.get(part, "") for part in _PARTS}
