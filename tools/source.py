"""Write what a verifier of source asks for, as Sourcify, into build/source/.

That is solc's standard JSON input with the text of all sources, and the metadata of each contract.
Fails when these are not the sources that the shipped contracts were compiled from.
"""

import json
import os
from pathlib import Path
from typing import Any

from metaorg.audit.source import standard_input
from tools.artifacts import ARTIFACTS, ROOT, compiled, metadata_cid

FOLDER = Path("build/source")


def metadata(given: dict[str, Any], contracts: dict[str, dict[str, str]]) -> dict[str, str]:
    """The metadata of each contract, which must have the CID that its code names."""
    settings = given["settings"] | {"outputSelection": {"*": {"*": ["metadata"]}}}
    output = compiled(given | {"settings": settings})["contracts"]
    found: dict[str, str] = {}
    for name, recorded in contracts.items():
        text: str = output[recorded["path"]][name]["metadata"]
        if metadata_cid(text) != recorded["metadata"]:
            raise SystemExit(f"{name}: its metadata are not the recorded ones; `make contracts`")
        found[name] = text
    return found


def main() -> None:
    os.chdir(ROOT)
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / ".tools/bin"))
    recorded = json.loads((ARTIFACTS / "source.json").read_text())
    given, altered = standard_input(Path())
    if altered:
        raise SystemExit(f"not the sources of the shipped contracts: {', '.join(altered)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "standard-input.json").write_text(json.dumps(given, indent=1))
    for name, text in metadata(given, recorded["contracts"]).items():
        (FOLDER / f"{name}.metadata.json").write_text(text)
    print(
        f"source: {len(given['sources'])} files, {len(recorded['contracts'])} contracts, {FOLDER}/"
    )


if __name__ == "__main__":
    main()
