"""Compile `contracts/` into `metaorg/artifacts/`, with the settings of brownie-config.yaml.

One JSON file per deployable contract, and one per interface and library with an ABI (no bytecode).
`--check` writes nothing and fails when the committed files differ from a fresh build. A build is
skipped when neither the inputs nor the artifacts changed since the last good one.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import solcx
import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES, ARTIFACTS = Path("contracts"), Path("metaorg/artifacts")
STAMP = Path("build/artifacts.sha256")
OUTPUTS = [
    "abi",
    "devdoc",
    "userdoc",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]


def compiler() -> dict[str, Any]:
    """The compiler's version and settings, as brownie-config.yaml states them."""
    config = yaml.safe_load(Path("brownie-config.yaml").read_text())["compiler"]
    solc = config["solc"]
    return {
        "version": solc["version"],
        "settings": {
            "evmVersion": config["evm_version"],
            "optimizer": solc["optimizer"],
            "remappings": solc["remappings"],
        },
    }


def standard_input(selection: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """solc's standard JSON input for every project source; `selection`: outputs of each file."""
    paths = sorted(SOURCES.rglob("*.sol"))
    return {
        "language": "Solidity",
        "sources": {path.as_posix(): {"content": path.read_text()} for path in paths},
        "settings": compiler()["settings"]
        | {"outputSelection": {"*": selection or {"*": OUTPUTS}}},
    }


def compiled(given: dict[str, Any]) -> dict[str, Any]:
    """What solc makes of a standard JSON input."""
    made: dict[str, Any] = solcx.compile_standard(
        given, solc_version=compiler()["version"], allow_paths="."
    )
    return made


def kind(source: str, name: str) -> str:
    """How `source` declares `name`: contract, abstract contract, interface or library."""
    found = re.search(rf"^(abstract contract|contract|interface|library)\s+{name}\b", source, re.M)
    return found[1] if found else "unknown"


def artifact(path: str, name: str, what: str, output: dict[str, Any]) -> dict[str, Any]:
    """What the library needs to know about one contract; bytecode only where it is deployable."""
    described = {
        "contractName": name,
        "sourceName": path,
        "compiler": compiler(),
        "abi": output["abi"],
        "userdoc": output["userdoc"],
        "devdoc": output["devdoc"],
    }
    if what != "contract":
        return described
    code, deployed = output["evm"]["bytecode"], output["evm"]["deployedBytecode"]
    return described | {
        "bytecode": "0x" + code["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": deployed["immutableReferences"],
    }


def build() -> dict[Path, str]:
    """The text of every artifact, by its path."""
    given = standard_input()
    if not given["sources"]:
        return {}
    output = compiled(given)
    for message in output.get("errors", []):
        if message["sourceLocation"]["file"] in given["sources"]:
            print(message["formattedMessage"], file=sys.stderr)
    built: dict[Path, str] = {}
    for path, name, what, made in project_contracts(given, output):
        target = ARTIFACTS / f"{name}.json"
        if target in built:
            raise SystemExit(f"{path}: there is another contract named {name}")
        described = artifact(path, name, what, made)
        built[target] = json.dumps(described, indent=1, sort_keys=True) + "\n"
    return built


def project_contracts(
    given: dict[str, Any], output: dict[str, Any]
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Path, name, kind and output of each contract, interface and library that has an ABI."""
    for path in given["sources"]:
        for name, made in output["contracts"].get(path, {}).items():
            what = kind(given["sources"][path]["content"], name)
            if what == "contract" or (what in ("interface", "library") and made["abi"]):
                yield path, name, what, made


def committed() -> dict[Path, str]:
    """The text of every artifact as it lies in the tree, by its path."""
    return {path: path.read_text() for path in sorted(ARTIFACTS.glob("*.json"))}


def fingerprint() -> str:
    """Hash of everything that a build reads and writes."""
    tools = [__file__, "package-lock.json"]
    state = [standard_input(), compiler(), list(map(str, committed().items()))]
    state += [Path(tool).read_text() for tool in tools]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def write(built: dict[Path, str]) -> None:
    """Make the tree's artifacts equal to `built`."""
    ARTIFACTS.mkdir(exist_ok=True)
    for path in committed().keys() - built.keys():
        path.unlink()
    for path, text in built.items():
        path.write_text(text)


def main() -> None:
    options = argparse.ArgumentParser(description="Compile contracts/ into metaorg/artifacts/.")
    options.add_argument("--check", action="store_true", help="fail when artifacts are stale")
    check = options.parse_args().check
    os.chdir(ROOT)
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / ".tools/bin"))
    if STAMP.exists() and STAMP.read_text() == fingerprint():
        return
    built, found = build(), committed()
    changed = sorted(p.stem for p in built.keys() | found if built.get(p) != found.get(p))
    if check and changed:
        raise SystemExit(f"stale artifacts, run `make contracts`: {', '.join(changed)}")
    write(built)
    STAMP.parent.mkdir(exist_ok=True)
    STAMP.write_text(fingerprint())
    print(f"artifacts: {len(built)} contracts, {len(changed)} changed")


if __name__ == "__main__":
    try:
        main()
    except solcx.exceptions.SolcError as error:
        raise SystemExit(error.message) from None
