"""`ipfs add` of a real Kubo, as the judge of CIDs; and folders that are hard to remove."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metaorg.ipfs.blocks import Block
from metaorg.ipfs.cid import Profile
from metaorg.types import Cid


class Adder:
    """A repository without a daemon, whose import settings follow a profile."""

    def __init__(self, program: str, home: Path) -> None:
        self.program, self.home = program, home
        self.environment = {**os.environ, "IPFS_PATH": str(home)}
        self.run("init", "--profile=test")

    def run(self, *arguments: str) -> str:
        command = [self.program, *arguments]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return os.fsdecode(done.stdout)

    def apply(self, name: str) -> None:
        """Kubo's own profile of that name."""
        self.run("config", "profile", "apply", name)

    def configure(self, profile: Profile) -> None:
        """Any profile; the file is written, for a process for each setting would take long."""
        file = self.home / "config"
        settings = json.loads(file.read_text())
        settings["Import"] |= {
            "CidVersion": profile.version,
            "UnixFSRawLeaves": profile.raw_leaves,
            "UnixFSChunker": f"size-{profile.chunk}",
            "UnixFSFileMaxLinks": profile.width,
            "UnixFSHAMTDirectoryMaxFanout": profile.fanout,
            "UnixFSHAMTDirectorySizeThreshold": f"{profile.threshold}B",
            "UnixFSHAMTDirectorySizeEstimation": profile.estimate,
        }
        file.write_text(json.dumps(settings))

    def root(self, path: Path, *options: str) -> str:
        """The CID of a path."""
        return self.run("add", "-r", "-Q", *_only_hash(options), str(path)).strip()

    def every(self, path: Path, *options: str) -> dict[str, str]:
        """The CID of everything in a folder, by its path that begins with the folder's name."""
        said = self.run("add", "-r", "--progress=false", *_only_hash(options), str(path))
        lines = (line.split(" ", 2) for line in said.splitlines())
        return {name: cid for _, cid, name in lines}

    def kept(self, path: Path, *options: str) -> tuple[Cid, list[Block]]:
        """What Kubo makes of a path, as it exports it."""
        text = self.run("add", "-r", "-Q", "--pin=false", *options, str(path)).strip()
        command = [self.program, "dag", "export", "--progress=false", text]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return Cid.parse(text), list(_sections(done.stdout))


def _sections(car: bytes) -> Iterator[Block]:
    """The blocks of a CAR that can be trusted."""
    position = 0
    while position < len(car):
        size = shift = 0
        while True:
            byte = car[position]
            size |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if byte < 0x80:
                break
        section = car[position : position + size]
        position += size
        if section[0] in (0x01, 0x12):
            split = 36 if section[0] == 1 else 34
            yield Block(Cid.from_bytes(section[:split]), section[split:])


PRESERVE = ("--preserve-mode", "--raw-leaves=false")
"""Under unixfs-v1-2025 Kubo takes the one only with the other."""


def _only_hash(options: tuple[str, ...]) -> tuple[str, ...]:
    """Options with which nothing is stored; Kubo cannot do without where it keeps permissions."""
    return (*options, "--pin=false") if PRESERVE[0] in options else (*options, "--only-hash")


@contextmanager
def deep_folder(path: Path, depth: int) -> Iterator[Path]:
    """Folders in each other, deeper than Python, and pytest when it cleans up, can recurse."""
    path.mkdir()
    outer = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=outer)
        inner = os.open("d", os.O_RDONLY, dir_fd=outer)
        os.close(outer)
        outer = inner
    os.close(outer)
    try:
        yield path
    finally:
        subprocess.run(["rm", "-rf", path], check=True)
