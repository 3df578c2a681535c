"""Who may call what, as far as solc's syntax tree says it.

What it does not say stands in the contracts' NatSpec, in the tag `@custom:power`:

- at a function: `who; when it takes effect; who can stop it`, without `who` where a modifier says
  it already;
- at a contract, for functions that it inherits from elsewhere: the same after their names and a
  colon, `receive: anyone; at once; nobody`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools import artifacts

Node = Mapping[str, Any]

TAG = re.compile(r"@custom:power\s+(.*?)(?=\n\s*@|\Z)", re.S)
LISTED = re.compile(r"([\w ,]+):\s*(.*)", re.S)
CALLERS = {"restricted", "onlyAuthorized", "onlyGovernance", "onlyActive", "initializer"}
"""Modifiers that say who may call. `onlyRole` and its like say it by their argument."""


class PowerUnknown(SystemExit):
    """Neither the code nor the NatSpec of a function says who may call it."""


@dataclass(frozen=True)
class Function:
    """A function that can be called from outside.

    Args:
        guard: the modifier that says who may call, a role like `PROPOSER_ROLE`, `revert` for a
            function that always reverts, or empty.
        tag: the parts of its `@custom:power`; empty without one.
    """

    contract: str
    name: str
    guard: str
    tag: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.contract}.{self.name}"


class Sources:
    """Compiled sources. `trees` are solc's syntax trees, one a file."""

    def __init__(self, trees: Iterable[Node]) -> None:
        self._nodes = {node["id"]: node for tree in trees for node in _declarations(tree)}

    @classmethod
    def of_the_project(cls) -> "Sources":
        """Those of `contracts/` and what they import."""
        given = artifacts.standard_input({"": ["ast"]})
        return cls(source["ast"] for source in artifacts.compiled(given)["sources"].values())

    def functions(self, contract: str) -> list[Function]:
        """The functions of a contract that change something or always revert, by name.

        Raises:
            PowerUnknown: a tag cannot be read.
        """
        view = _View(contract, self._lineage(contract), self._nodes)
        return sorted(set(view.functions()), key=str)

    def _lineage(self, contract: str) -> list[Node]:
        """A contract and those that it inherits from, the most derived first."""
        declared = next(
            node
            for node in self._nodes.values()
            if node["nodeType"] == "ContractDefinition" and node["name"] == contract
        )
        return [self._nodes[number] for number in declared["linearizedBaseContracts"]]


class _View:
    """One contract, as its most derived functions make it."""

    def __init__(self, name: str, lineage: list[Node], nodes: Mapping[int, Node]) -> None:
        self._name, self._lineage, self._nodes = name, lineage, nodes

    def functions(self) -> Iterator[Function]:
        for node in self._bodies.values():
            outside = node["visibility"] in ("external", "public") and node["kind"] != "constructor"
            if outside and (_changes(node) or self._reverts(node)):
                name = node["name"] or node["kind"]
                yield Function(self._name, name, self._guard(node), self._tag(node, name))

    @cached_property
    def _bodies(self) -> dict[str, Node]:
        """Each function with a body, in its most derived form, by name and parameters."""
        found: dict[str, Node] = {}
        for contract in self._lineage:
            for node in contract["nodes"]:
                if node["nodeType"] == "FunctionDefinition" and node["implemented"]:
                    found.setdefault(_signature(node), node)
        return found

    def _guard(self, node: Node) -> str:
        if self._reverts(node):
            return "revert"
        for modifier in node["modifiers"]:
            name = modifier["modifierName"]["name"]
            if name in CALLERS:
                return str(name)
            if name.startswith("onlyRole"):
                return _role(modifier["arguments"][0])
        return ""

    def _reverts(self, node: Node, depth: int = 4) -> bool:
        """Whether it always reverts: itself, or in an own function that it calls in any case."""
        if node["body"] is None or depth == 0:
            return False
        return any(
            statement["nodeType"] == "RevertStatement"
            or any(self._reverts(called, depth - 1) for called in self._called(statement))
            for statement in node["body"]["statements"]
        )

    def _called(self, statement: Node) -> Iterator[Node]:
        """The own function that a statement calls, whatever happens; not those in its arguments."""
        call = statement.get("initialValue") or statement.get("expression") or {}
        called = call.get("expression", {})
        if call.get("nodeType") != "FunctionCall" or called["nodeType"] != "Identifier":
            return
        node = self._nodes.get(called["referencedDeclaration"])
        if node is not None and node["nodeType"] == "FunctionDefinition":
            derived = self._bodies.get(_signature(node))
            if derived is not None:
                yield derived

    def _tag(self, node: Node, name: str) -> tuple[str, ...]:
        for text in (_documentation(node), *map(_documentation, self._bases(node))):
            if found := TAG.search(text):
                return self._parts(name, found[1])
        for contract in self._lineage:
            for text in TAG.findall(_documentation(contract)):
                listed = LISTED.match(text)
                if listed and name in re.split(r"[ ,]+", listed[1]):
                    return self._parts(name, listed[2])
        return ()

    def _parts(self, name: str, text: str) -> tuple[str, ...]:
        parts = tuple(" ".join(part.split()) for part in text.split(";"))
        if len(parts) not in (2, 3) or not all(parts):
            raise PowerUnknown(
                f"{self._name}.{name}: @custom:power needs `who; when; who can stop it`, "
                f"and not {text!r}"
            )
        return parts

    def _bases(self, node: Node) -> Iterator[Node]:
        for number in node.get("baseFunctions", []):
            yield self._nodes[number]
            yield from self._bases(self._nodes[number])


def _declarations(tree: Node) -> Iterator[Node]:
    """A file's contracts and functions."""
    for node in tree["nodes"]:
        yield node
        yield from (below for below in node.get("nodes", ()) if "nodeType" in below)


def _signature(node: Node) -> str:
    kinds = [one["typeDescriptions"]["typeString"] for one in node["parameters"]["parameters"]]
    plain = ",".join(re.sub(r" (memory|calldata|storage \w+)$", "", kind) for kind in kinds)
    return f"{node['name'] or node['kind']}({plain})"


def _changes(node: Node) -> bool:
    return node["stateMutability"] in ("nonpayable", "payable")


def _role(argument: Node) -> str:
    """The role that a modifier names; the administrator's for `getRoleAdmin(role)`."""
    return str(argument["name"]) if "name" in argument else "DEFAULT_ADMIN_ROLE"


def _documentation(node: Node) -> str:
    documentation = node.get("documentation") or ""
    return documentation if isinstance(documentation, str) else str(documentation["text"])
