"""There and back: what is imported, put down and imported again is the same, and Kubo agrees."""

import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaorg.ipfs import Embedded
from metaorg.ipfs.cid import PROFILES, V0_2015, V1_2025, Import, Profile
from metaorg.ipfs.dag import copy, missing
from metaorg.ipfs.unixfs import Entry, content, entries, extract, resolve
from metaorg.types import Cid
from tests.ipfs.adding import Adder
from tests.ipfs.shelf import Shelf

File = tuple[bytes, int]
"""Its bytes and its mode."""
Folder = tuple[dict[bytes, "Tree"], int]
Tree = File | Folder | str
"""A file, a folder, or a symlink's target."""

names = st.binary(min_size=1, max_size=12).filter(
    lambda name: not set(name) & set(b"/\0") and name not in (b".", b"..")
)
files: st.SearchStrategy[Tree] = st.tuples(
    st.binary(max_size=300), st.integers(0, 0o377).map(lambda mode: mode | 0o400)
)
folder_modes = st.integers(0, 0o77).map(lambda mode: mode | 0o700)
links: st.SearchStrategy[Tree] = st.sampled_from(["a", "x/y", "./ä"])
trees = st.recursive(
    files | links,
    lambda inner: st.tuples(st.dictionaries(names, inner, max_size=5), folder_modes),
    max_leaves=12,
)
folders = st.tuples(st.dictionaries(names, trees, max_size=6), folder_modes)
profiles = st.builds(
    Profile,
    name=st.just("any"),
    version=st.sampled_from((0, 1)),
    chunk=st.integers(1, 64),
    width=st.integers(2, 5),
    raw_leaves=st.booleans(),
    fanout=st.sampled_from((8, 16, 256)),
    threshold=st.integers(0, 400),
    estimate=st.sampled_from(("block", "links")),
)


def plant(path: bytes, tree: Tree) -> None:
    """Make a tree on disk."""
    if isinstance(tree, str):
        os.symlink(tree, path)
        return
    made, mode = tree
    if isinstance(made, bytes):
        with open(path, "wb") as file:
            file.write(made)
    else:
        os.mkdir(path)
        for name, inner in made.items():
            plant(os.path.join(path, name), inner)
    os.chmod(path, mode)


def harvest(path: bytes) -> Tree:
    """The tree that is on disk."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return os.fsdecode(os.readlink(path))
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return {name: harvest(os.path.join(path, name)) for name in os.listdir(path)}, mode
    with open(path, "rb") as file:
        return file.read(), mode


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    store = Embedded(tmp_path_factory.mktemp("store") / "blocks.db")
    yield store
    store.close()


@given(folders, profiles)
@settings(max_examples=60)
def test_a_folder_comes_back_with_its_names_bytes_modes_and_cid(
    store: Embedded, tree: Tree, profile: Profile
) -> None:
    with TemporaryDirectory() as place:
        before, after = Path(place, "before"), Path(place, "after")
        plant(os.fsencode(before), tree)
        work = Import(before, profile=profile, hidden=True, preserve=True)
        store.write(work)

        extract(store, work.root.cid, after)

        assert harvest(os.fsencode(after)) == tree
        assert Import(after, profile=profile, hidden=True, preserve=True).root == work.root
        assert list(missing(store, work.root.cid)) == []


@given(st.binary(max_size=2_000), profiles)
@settings(max_examples=60)
def test_a_file_comes_back_with_its_bytes_and_its_size(
    store: Embedded, data: bytes, profile: Profile
) -> None:
    with TemporaryDirectory() as place:
        file = Path(place, "file")
        file.write_bytes(data)
        work = Import(file, profile=profile)
        store.write(work)

        assert b"".join(content(store, work.root.cid)) == data
        assert resolve(store, work.root.cid).size == work.root.size == len(data)


@given(folders, profiles)
@settings(max_examples=30)
def test_every_entry_of_a_folder_is_listed_and_found_by_its_path(
    store: Embedded, tree: Folder, profile: Profile
) -> None:
    with TemporaryDirectory() as place:
        folder = os.path.join(os.fsencode(place), b"folder")
        plant(folder, tree)
        work = Import(os.fsdecode(folder), profile=profile, hidden=True)
        store.write(work)

        listed = listing(store, work.root.cid)

        on_disk = set()
        for path, inner, leaves in os.walk(folder):
            on_disk |= {os.path.relpath(os.path.join(path, one), folder) for one in inner + leaves}
        assert {os.fsencode(path) for path in listed} == on_disk
        for path, entry in listed.items():
            assert resolve(store, work.root.cid, path) == entry


def listing(store: Embedded, cid: Cid, above: str = "") -> dict[str, Entry]:
    found = {}
    for entry in entries(store, cid):
        found[above + entry.name] = entry
        if entry.kind == "folder":
            found |= listing(store, entry.cid, f"{above}{entry.name}/")
    return found


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_large_folder_is_copied_put_down_and_imported_again(
    profile: Profile, embedded: Embedded, store: Embedded, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for index in range(3_000):
        (before / f"{index} {'ä' * 40}").write_bytes(b"%d" % index)
    (before / "large").write_bytes(random.Random(1).randbytes(3 << 20))
    work = Import(before, profile=profile)
    store.write(work)

    copy(work.root.cid, store, embedded)
    extract(embedded, work.root.cid, tmp_path / "after")

    assert Import(tmp_path / "after", profile=profile).root == work.root


@pytest.mark.parametrize("base", [V1_2025, V0_2015], ids=lambda profile: profile.name)
def test_generated_trees_have_kubos_cids(base: Profile, kubo_program: str, tmp_path: Path) -> None:
    adder, chance = Adder(kubo_program, tmp_path / "repo"), random.Random(base.name)
    profile = base.model_copy(update={"chunk": 50, "width": 3})
    adder.configure(profile)
    forest = tmp_path / "forest"
    plant(os.fsencode(forest), ({b"%d" % index: grown(chance, 4) for index in range(40)}, 0o755))

    said = adder.every(forest)

    assert len(said) > 200
    for name, cid in said.items():
        assert Import(tmp_path / name, profile=profile).root.text == cid, name


def grown(chance: random.Random, levels: int) -> Tree:
    """A tree with names of every kind that Kubo prints as they are, and no others."""
    kind = chance.choice(["file", "link", "folder", "folder"] if levels else ["file"])
    if kind == "file":
        return chance.randbytes(chance.choice([0, 1, 49, 50, 51, 150, 151, 450, 451, 5_000])), 0o644
    if kind == "link":
        return "elsewhere"
    alphabet = ["a", "B", " ", "ä", "\u0301", "日", "😀", "'", '"', "-"]
    made = {
        os.fsencode("".join(chance.choices(alphabet, k=chance.randint(1, 20)))): grown(
            chance, levels - 1
        )
        for _ in range(chance.randint(0, 6))
    }
    return made, 0o755


@pytest.mark.parametrize(
    "options",
    [
        "--trickle --chunker=size-1000",
        "--trickle --chunker=size-100 --max-file-links=3",
        "--chunker=rabin-16-64-128",
        "--chunker=buzhash",
        "--cid-version=1 --raw-leaves=false --chunker=size-500",
        "--cid-version=0 --raw-leaves --chunker=size-500 --max-file-links=2",
        "--preserve-mode --preserve-mtime",
    ],
)
def test_what_kubo_lays_out_otherwise_is_read_too(
    options: str, kubo_program: str, tmp_path: Path
) -> None:
    adder = Adder(kubo_program, tmp_path / "repo")
    before = tmp_path / "before"
    before.mkdir()
    (before / "file").write_bytes(random.Random(1).randbytes(300_000))
    (before / "small").write_bytes(b"small")
    (before / "link").symlink_to("file")

    cid, blocks = adder.kept(before, *options.split())
    extract(Shelf(blocks), cid, tmp_path / "after")

    assert harvest(os.fsencode(tmp_path / "after")) == harvest(os.fsencode(before))
