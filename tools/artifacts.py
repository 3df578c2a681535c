"""Compile `contracts/` into `metaorg/artifacts/`, with the settings of brownie-config.yaml.

One JSON file per deployable contract, and one per interface and library with an ABI (no bytecode).
`layouts.json` says where the deployable contracts keep what in storage; `source.json` is solc's
standard JSON input with the hashes of sources in place of their text, and names each contract's
metadata.
`--check` writes nothing and fails when the committed files differ from a fresh build. A build is
skipped when neither the inputs nor the artifacts changed since the last good one.
"""

import argparse
import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import solcx
import yaml

from metaorg.ipfs.cid import V0_2015, Import
from tools.layouts import layouts

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
    "metadata",
    "storageLayout",
]
SHIPPED = {"*": {"*": [name for name in OUTPUTS if name.startswith("evm.")]}}
"""What who compiles `source.json` compares with the artifacts."""


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
        | {"outputSelection": {"*": selection or {"*": OUTPUTS, "": ["ast"]}}},
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
    built: dict[str, Any] = {}
    deployable: dict[str, tuple[str, dict[str, Any]]] = {}
    for path, name, what, made in project_contracts(given, output):
        if name in built:
            raise SystemExit(f"{path}: there is another contract named {name}")
        built[name] = artifact(path, name, what, made)
        if what == "contract":
            deployable[name] = path, made
    built["layouts"] = layouts(deployable, output, laid_out)
    built["source"] = source(deployable)
    return {
        ARTIFACTS / f"{name}.json": json.dumps(described, indent=1, sort_keys=True) + "\n"
        for name, described in built.items()
    }


def laid_out(sources: dict[str, Any]) -> dict[str, Any]:
    """The storage layouts of contracts in sources that are not the project's."""
    given = standard_input({"*": ["storageLayout"]})
    return compiled(given | {"sources": sources})


def source(deployable: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """What it takes to make the same code again, without the text of sources.

    Returns:
        `compiler`: full version. `input`: solc's standard JSON input, with hashes and IPFS
        addresses of sources in place of their content. `contracts`: name -> path of its source,
        and CID of the metadata that its code names.
    """
    metadata = {name: json.loads(made["metadata"]) for name, (_, made) in deployable.items()}
    hashes = {
        path: {key: one[key] for key in ("keccak256", "urls")}
        for described in metadata.values()
        for path, one in described["sources"].items()
    }
    [version] = {described["compiler"]["version"] for described in metadata.values()}
    settings = compiler()["settings"] | {"outputSelection": SHIPPED}
    return {
        "compiler": version,
        "contracts": {
            name: {"path": path, "metadata": metadata_cid(made["metadata"])}
            for name, (path, made) in deployable.items()
        },
        "input": {"language": "Solidity", "settings": settings, "sources": hashes},
    }


def metadata_cid(metadata: str) -> str:
    """The CID of a contract's metadata, whose digest solc writes behind the code."""
    return str(Import.stream(io.BytesIO(metadata.encode()), profile=V0_2015).root.cid)


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
    tools = [__file__, "tools/layouts.py", "package-lock.json"]
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
