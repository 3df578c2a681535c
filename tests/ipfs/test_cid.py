"""The importer: the CID of everything is the one that `ipfs add` gives it."""

import io
import os
import random
import socket
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import mmh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.errors import InvalidInput
from metaorg.ipfs.cid import PROFILES, V1_2025, Import, Profile
from metaorg.ipfs.dag import links
from metaorg.ipfs.dagpb import Kind, Link, UnixFS, decode, encode
from tests.ipfs.adding import PRESERVE, Adder, deep_folder

SMALL_V1 = Profile(
    name="small-v1",
    version=1,
    chunk=7,
    width=3,
    raw_leaves=True,
    fanout=16,
    threshold=2_000,
    estimate="block",
)
SMALL_V0 = SMALL_V1.model_copy(
    update={"name": "small-v0", "version": 0, "raw_leaves": False, "width": 2, "estimate": "links"}
)
NAMED = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
SMALL = pytest.mark.parametrize("profile", [SMALL_V1, SMALL_V0], ids=lambda profile: profile.name)


@pytest.fixture(scope="module")
def kubo_add(kubo_program: str, tmp_path_factory: pytest.TempPathFactory) -> Adder:
    return Adder(kubo_program, tmp_path_factory.mktemp("adder") / "repo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def ours(path: Path, profile: Profile, **options: bool) -> str:
    return Import(path, profile=profile, **options).root.text


def same_as(kubo_add: Adder, folder: Path, profile: Profile) -> None:
    """Everything in a folder has the CID that Kubo gives it; one process for all."""
    said = kubo_add.every(folder)
    assert said == {name: ours(folder.parent / name, profile) for name in said}


def filled(size: int) -> bytes:
    return random.Random(size).randbytes(size)


# Files


@NAMED
def test_files_around_every_boundary_of_a_chunk_have_kubos_cids(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    sizes = {0, 1, 2} | {count * profile.chunk + more for count in (1, 2, 3) for more in (-1, 0, 1)}
    for size in sizes:
        (folder / str(size)).write_bytes(filled(size))

    same_as(kubo_add, folder, profile)


@NAMED
def test_a_file_of_one_byte_over_the_width_has_kubos_cid(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    with (folder / "large").open("wb") as file:
        file.truncate(profile.chunk * profile.width + 1)

    assert ours(folder / "large", profile) == kubo_add.root(folder / "large")


@SMALL
def test_trees_of_up_to_five_levels_have_kubos_cids(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.configure(profile)
    for size in range(32 * profile.chunk):
        (folder / str(size)).write_bytes(filled(size))

    same_as(kubo_add, folder, profile)


@given(st.binary(max_size=500), st.integers(1, 60), st.integers(1, 9))
def test_a_stream_has_the_cid_of_the_file_however_it_arrives(
    data: bytes, chunk: int, piece: int
) -> None:
    profile = SMALL_V1.model_copy(update={"chunk": chunk})

    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(piece, size or 0))

    from_pipe = Import.stream(Pipe(data), profile=profile)
    from_file = Import.stream(io.BytesIO(data), profile=profile)

    assert list(from_pipe) == list(from_file)
    assert from_pipe.root == from_file.root
    assert from_pipe.root.size == len(data)


def test_standard_input_has_the_cid_of_a_file(folder: Path, kubo_add: Adder) -> None:
    kubo_add.apply(V1_2025.name)
    (folder / "file").write_bytes(filled(3 << 20))

    with (folder / "file").open("rb") as file:
        root = Import.stream(file).root

    assert root.text == kubo_add.root(folder / "file")


# Folders


def test_names_that_are_hostile_have_kubos_cid(folder: Path, kubo_add: Adder) -> None:
    names = [
        b" ", b"  two  spaces ", b"-r", b"--help", b"new\nline", b"tab\t", b"quote\"'`", b"\\",
        b"$(x)", b"*", b"?", b"a:b", b"...", b"..a", "ä".encode(), "a\u0308".encode(),
        "日本語".encode(), "😀".encode(), b"\xff\xfe", b"\xc3\x28", b"\x01", b"\x7f", b"n" * 255,
        b"~", b"#", b"%2F", b"C:",
    ]  # fmt: skip
    for index, name in enumerate(names):
        path = os.path.join(os.fsencode(folder), name)
        if index % 3:
            with open(path, "wb") as file:
                file.write(name)
        else:
            os.mkdir(path)

    for profile in PROFILES.values():
        kubo_add.apply(profile.name)
        assert ours(folder, profile) == kubo_add.root(folder)
        assert ours(folder, profile, hidden=True) == kubo_add.root(folder, "--hidden")


@NAMED
def test_a_tree_has_kubos_cids(profile: Profile, kubo_add: Adder, folder: Path) -> None:
    kubo_add.apply(profile.name)
    (folder / "empty").mkdir()
    (folder / "only hidden").mkdir()
    (folder / "only hidden" / ".file").write_text("hidden")
    (folder / ".hidden").mkdir()
    (folder / "deep" / "deeper" / "deepest").mkdir(parents=True)
    (folder / "deep" / "deeper" / "file").write_bytes(filled(300_000))
    (folder / "to a file").symlink_to("deep/deeper/file")
    (folder / "to a folder").symlink_to("deep")
    (folder / "to nothing").symlink_to("/nowhere/ä")
    os.symlink(b"\xff", os.fsencode(folder / "to no text"))

    same_as(kubo_add, folder, profile)
    assert ours(folder, profile, hidden=True) == kubo_add.root(folder, "--hidden")


@NAMED
def test_a_symlink_and_a_hidden_folder_that_are_named_have_kubos_cids(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    (folder / "link").symlink_to("elsewhere")
    (folder / ".hidden").mkdir()

    assert ours(folder / "link", profile) == kubo_add.root(folder / "link")
    assert ours(folder / ".hidden", profile) == kubo_add.root(folder / ".hidden")
    assert Import(folder / "link", profile=profile).root.kind == "symlink"


def names_of_size(size: int, profile: Profile, mode: int | None = None) -> list[str]:
    """Names of empty files that make a folder of so many bytes, as its profile counts them."""
    empty = Import.stream(io.BytesIO(), profile=profile)
    link = Link(empty.root.cid.to_bytes()[0 if profile.version else 2 :], b"", 0)
    link = link._replace(size=len(next(iter(Import.stream(io.BytesIO(), profile=profile))).data))
    folder = UnixFS(Kind.FOLDER, mode=mode)

    def cost(length: int) -> int:
        if profile.estimate == "links":
            return len(link.hash) + length
        return len(encode([link._replace(name=bytes(length))], folder)) - len(encode([], folder))

    left = size - (len(encode([], folder)) if profile.estimate == "block" else 0)
    lengths = []
    while left >= cost(200) + 2 * cost(70):
        lengths.append(200)
        left -= cost(200)
    rest = left - 4 * cost(0)
    lengths += [rest // 4, rest // 4, rest // 4, rest // 4 + rest % 4]
    return [f"{index:04}".ljust(length, "n") for index, length in enumerate(lengths)]


@NAMED
@pytest.mark.parametrize("preserve", [False, True])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_folder_is_sharded_from_the_first_byte_over_256_kib(
    profile: Profile, preserve: bool, over: int, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    mode = stat.S_IMODE(folder.stat().st_mode) if preserve else None
    leaf = profile.model_copy(update={"raw_leaves": profile.raw_leaves and not preserve})
    for name in names_of_size((256 << 10) + over, leaf, mode):
        (folder / name).touch()
        (folder / name).chmod(0o000)  # which Kubo does not record

    blocks = list(Import(folder, profile=profile, preserve=preserve))

    assert (decode(blocks[-1]).unixfs.kind == Kind.SHARD) == (over == 1)
    options = PRESERVE if preserve else ()
    assert ours(folder, profile, preserve=preserve) == kubo_add.root(folder, *options)


@NAMED
def test_a_sharded_folder_of_folders_and_symlinks_has_kubos_cids(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    for index in range(1_200):
        name = folder / f"{index:04}{'ä' * 100}"
        if index % 3 == 0:
            name.symlink_to(str(index))
        elif index % 3 == 1:
            name.write_bytes(filled(index))
        else:
            (name / "inner").mkdir(parents=True)

    blocks = list(Import(folder, profile=profile))

    assert decode(blocks[-1]).unixfs.kind == Kind.SHARD
    assert ours(folder, profile) == kubo_add.root(folder)


@SMALL
@pytest.mark.parametrize("fanout", [8, 16, 256, 1024])
def test_shards_of_every_fanout_have_kubos_cids(
    profile: Profile, fanout: int, kubo_add: Adder, folder: Path
) -> None:
    profile = profile.model_copy(update={"fanout": fanout})
    kubo_add.configure(profile)
    for count in (0, 1, 10, 20, 30, 50, 100, 500):
        inner = folder / str(count)
        inner.mkdir()
        for index in range(count):
            (inner / f"{index} {'x' * (index % 50)}").write_bytes(filled(index % 30))
    for name in colliding_names():
        (folder / "500" / name).touch()

    roots = {name: cid for name, cid in kubo_add.every(folder).items() if name.count("/") < 2}

    assert roots == {name: ours(folder.parent / name, profile) for name in roots}


def colliding_names() -> list[str]:
    """Names of which some share the first three bytes of their hash."""
    places: dict[int, str] = {}
    found: list[str] = []
    for index in range(20_000):
        name = f"collision {index}"
        place = mmh3.hash64(name.encode(), signed=False)[0] >> 40
        if place in places:
            found += [name, places[place]]
        places[place] = name
    assert found
    return found


@NAMED
def test_permissions_that_are_kept_have_kubos_cids(
    profile: Profile, kubo_add: Adder, folder: Path
) -> None:
    kubo_add.apply(profile.name)
    for mode in (0o000, 0o400, 0o644, 0o755, 0o777, 0o4755, 0o2755, 0o7777):
        for name, size in (("empty", 0), ("small", 5), ("large", 3 * profile.chunk)):
            file = folder / f"{mode:o} {name}"
            file.write_bytes(filled(size))
            file.chmod(mode)
        inner = folder / f"{mode:o}"
        inner.mkdir()
        inner.chmod(mode)
    (folder / "link").symlink_to("elsewhere")

    said = kubo_add.every(folder, *PRESERVE)

    assert said == {name: ours(folder.parent / name, profile, preserve=True) for name in said}


# What cannot be imported


def test_folders_deeper_than_python_recurses_have_kubos_cid(
    kubo_add: Adder, tmp_path: Path
) -> None:
    kubo_add.apply(V1_2025.name)

    with deep_folder(tmp_path / "top", 1_500) as path:
        assert ours(path, V1_2025) == kubo_add.root(path)


def test_a_socket_a_pipe_and_a_device_are_refused_by_name(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket"))

    for path in (folder / "pipe", folder / "socket", folder, Path("/dev/zero")):
        with pytest.raises(InvalidInput, match=r"(pipe|socket|zero)' is neither a file nor"):
            ours(path, V1_2025)


def test_what_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'.*absent' cannot be read: No such file"):
        ours(folder / "absent", V1_2025)


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(InvalidInput, match="'/proc/self/mem' cannot be read: Input/output error"):
        ours(Path("/proc/self/mem"), V1_2025)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_must_not_be_read_is_named(make: Callable[[Path], None], folder: Path) -> None:
    make(folder / "secret")
    (folder / "secret").chmod(0)

    with pytest.raises(InvalidInput, match="secret' cannot be read: Permission denied"):
        ours(folder, V1_2025)


@pytest.mark.parametrize("size", [0, 7, 13, 14, 15, 100])
def test_a_file_that_changes_while_it_is_read_is_refused(size: int, folder: Path) -> None:
    file = folder / "file"
    file.write_bytes(bytes(14))

    with pytest.raises(InvalidInput, match="file' changed while it was read"):
        _ = Import(file, profile=SMALL_V1, advance=lambda _: change(file, size)).root


def change(file: Path, size: int) -> None:
    file.write_bytes(b"x" * size)
    os.utime(file, (1, 1))


def test_a_file_that_grows_without_end_is_read_no_further(folder: Path) -> None:
    file, read = folder / "file", []
    file.write_bytes(bytes(14))

    def grow(size: int) -> None:
        read.append(size)
        with file.open("ab") as opened:
            opened.write(bytes(1_000))

    with pytest.raises(InvalidInput, match="changed"):
        _ = Import(file, profile=SMALL_V1, advance=grow).root

    assert sum(read) == 14


def test_a_file_that_vanishes_is_named(folder: Path) -> None:
    (folder / "a").write_text("a")
    (folder / "b").write_text("b")

    with pytest.raises(InvalidInput, match="b' cannot be read"):
        _ = Import(folder, advance=lambda _: (folder / "b").unlink()).root


# What an import promises


@SMALL
def test_blocks_come_before_those_that_link_to_them(profile: Profile, folder: Path) -> None:
    for index in range(100):
        (folder / f"{index}").write_bytes(filled(index))

    work = Import(folder, profile=profile)
    seen = set()
    for block in work:
        assert block.cid.matches(block.data)
        assert seen.issuperset(links(block))
        seen.add(block.cid)

    assert block.cid == work.root.cid


def test_progress_counts_every_byte_once(folder: Path) -> None:
    (folder / "a").write_bytes(filled(100))
    (folder / "b").write_bytes(filled(50))
    read: list[int] = []

    root = Import(folder, profile=SMALL_V1, advance=read.append).root

    assert sum(read) == root.size == 150


@NAMED
def test_memory_does_not_grow_with_the_size_of_a_file(profile: Profile, folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        file.truncate(256 << 20)

    tracemalloc.start()
    _ = Import(folder / "large", profile=profile).root
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * profile.chunk + (1 << 20)
