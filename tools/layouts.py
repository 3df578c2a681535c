"""Where contracts keep what in storage: solc's layouts, and those of OpenZeppelin's namespaces.

A namespace (ERC-7201) begins at a hash of its name, and solc's layout of a contract leaves it out.
Its struct is laid out by compiling a contract that has nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

Node = Mapping[str, Any]
Compile = Callable[[dict[str, Any]], dict[str, Any]]
TAG = "@custom:storage-location erc7201:"


class Namespace(NamedTuple):
    """A namespace, and where its struct is declared."""

    name: str
    path: str
    contract: str
    struct: str

    @property
    def slot(self) -> int:
        """Source: ERC-7201."""
        inner = int.from_bytes(keccak(text=self.name)) - 1
        return int.from_bytes(keccak(inner.to_bytes(32))) & ~0xFF


def layouts(
    contracts: Mapping[str, tuple[str, Node]], output: Node, compiled: Compile
) -> dict[str, Any]:
    """Variables and types of storage.

    Args:
        contracts: name -> path and output of each deployable contract. output: solc's, with syntax
            trees. compiled: asks solc.

    Returns:
        `contracts`: name -> variable -> slot, offset in bytes, type. `types`: by solc's label; a
        struct has members like variables, a mapping a key and a value, an array a base.
    """
    trees = _Trees(source["ast"] for source in output["sources"].values())
    inherited = {name: trees.namespaces(path, name) for name, (path, _) in contracts.items()}
    spaces = _laid_out({one for found in inherited.values() for one in found}, compiled)
    types: dict[str, Any] = {}
    made = {}
    for name, (_, described) in contracts.items():
        own = described["storageLayout"]
        variables = _variables(own["storage"], own["types"] or {}, types)
        for space in inherited[name]:
            members = _members(space, spaces[space], types)
            if members.keys() & variables.keys():
                raise SystemExit(f"{name}: {space.name} has a variable of the same name as another")
            variables |= members
        made[name] = {label: one | {"slot": hex(one["slot"])} for label, one in variables.items()}
    return {"contracts": made, "types": types}


def _members(space: Namespace, layout: Node, types: dict[str, Any]) -> dict[str, Any]:
    """The variables of a namespace, at their places in storage."""
    [struct] = layout["storage"]
    members = layout["types"][struct["type"]]["members"]
    found = _variables(members, layout["types"], types)
    return {label: one | {"slot": one["slot"] + space.slot} for label, one in found.items()}


class _Trees:
    """Contracts in syntax trees."""

    def __init__(self, trees: Iterator[Node]) -> None:
        self._contracts: dict[int, tuple[str, Node]] = {
            node["id"]: (tree["absolutePath"], node)
            for tree in trees
            for node in tree["nodes"]
            if node["nodeType"] == "ContractDefinition"
        }

    def namespaces(self, path: str, name: str) -> list[Namespace]:
        """Those of a contract and of all that it inherits from."""
        bases = next(
            node["linearizedBaseContracts"]
            for where, node in self._contracts.values()
            if (where, node["name"]) == (path, name)
        )
        return [
            Namespace(space, where, node["name"], struct["name"])
            for where, node in map(self._contracts.__getitem__, bases)
            for struct in node["nodes"]
            for space in _tagged(struct)
        ]


def _tagged(struct: Node) -> list[str]:
    """The namespace that a struct is declared for; nothing for other nodes."""
    if struct["nodeType"] != "StructDefinition":
        return []
    text = (struct.get("documentation") or {}).get("text", "")
    return [line.split(TAG)[1].strip() for line in text.splitlines() if TAG in line]


def _laid_out(spaces: set[Namespace], compiled: Compile) -> dict[Namespace, Any]:
    """solc's layout of each namespace's struct, alone in a contract."""
    ordered = sorted(spaces)
    imports = {(space.path, space.contract) for space in ordered}
    lines = [f'import {{{name}}} from "{path}";' for path, name in sorted(imports)]
    lines += [
        f"abstract contract N{n} {{ {s.contract}.{s.struct} s; }}" for n, s in enumerate(ordered)
    ]
    output = compiled({"namespaces.sol": {"content": "\n".join(lines)}})
    found = output["contracts"]["namespaces.sol"]
    return {space: found[f"N{n}"]["storageLayout"] for n, space in enumerate(ordered)}


def _variables(listed: Any, described: Node, types: dict[str, Any]) -> dict[str, Any]:
    """Slot, offset and type of variables or members, by name; the types they need are added."""
    for variable in listed:
        _add(variable["type"], described, types)
    return {
        variable["label"]: {
            "slot": int(variable["slot"]),
            "offset": variable["offset"],
            "type": described[variable["type"]]["label"],
        }
        for variable in listed
    }


def _add(name: str, described: Node, types: dict[str, Any]) -> None:
    """Add a type and those that it is made of, by their labels."""
    one = described[name]
    label = one["label"]
    made: dict[str, Any] = {"encoding": one["encoding"], "bytes": int(one["numberOfBytes"])}
    types.setdefault(label, made)
    for part in ("key", "value", "base"):
        if part in one:
            _add(one[part], described, types)
            made[part] = described[one[part]]["label"]
    if "members" in one:
        made["members"] = _variables(one["members"], described, types)
    if types[label] != made:
        raise SystemExit(f"two types of storage are named {label}")
