"""How fast it is, as ratios measured in one run: machines differ, ratios hardly do.

A ratio with a limit says whether it is kept, and nothing fails: a busy machine proves nothing.

python -m scripts.bench
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from metaorg.ipfs import Embedded, car, open_store
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.ipfs.cid import PROFILES, Import, Profile
from metaorg.onchain import transactions
from metaorg.onchain.accounts import LocalSigner
from metaorg.onchain.chain import Chain, logs_of
from metaorg.onchain.devnet import Devnet
from metaorg.onchain.transactions import Job
from metaorg.types import Call
from scripts import bench_audit
from scripts.gas import OPTIONS, Gauge
from scripts.timing import best, medians, show

METAORG = "import sys; from metaorg.cli.main import main; sys.exit(main())"
EMPTY = "import typer; app = typer.Typer({}); app.command()(lambda: None); app()"
PLAIN = "rich_markup_mode=None"
"""Help as metaorg gives it, which spares a program the import of rich."""


def help_against_an_empty_program() -> None:
    """Both in processes of the same interpreter, from its start to its end."""

    def help_of(program: str) -> Callable[[], object]:
        command = (sys.executable, "-c", program, "--help")
        return lambda: subprocess.run(command, check=True, capture_output=True)

    programs = (METAORG, EMPTY.format(""), EMPTY.format(PLAIN))
    ours, empty, plain = medians(*map(help_of, programs))
    show("metaorg --help / an empty Typer program's", ours, empty, 1.3)
    show("metaorg --help / an empty one's with help as plain as ours", ours, plain)


def putting_against_hashing() -> None:
    blocks = [index.to_bytes(8) * 30 for index in range(5_000)]
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        open_store(f"embedded:{folder}/commons").put_many(blocks)
        ours = time.perf_counter() - started
    theirs = best(lambda: [hashlib.sha256(block).digest() for block in blocks])
    show("embedded store, put 5,000 documents / sha256 of them", ours, theirs)


def storing_against_a_plain_file() -> None:
    """256 blocks of 1 MiB on disk for good, and from the page cache verified."""
    blocks = [Block(cid_of(data), data) for data in (n.to_bytes(8) * (1 << 17) for n in range(256))]
    with TemporaryDirectory() as folder:
        store, plain = Embedded(Path(folder, "commons")), Path(folder, "plain")
        ours, theirs = _time(lambda: store.write(blocks)), _time(lambda: _write(plain, blocks))
        show("embedded store, write 256 MiB / a file that is synced as often", ours, theirs)
        ours = best(lambda: [store.get(cid) for cid, _ in blocks])
        show(
            "embedded store, read and verify them / hash that file",
            ours,
            best(partial(_hash, plain)),
        )


def putting_late_against_early() -> None:
    """Whether a store becomes slower as it fills; with a million it is about as after these."""
    with TemporaryDirectory() as folder:
        store = Embedded(Path(folder, "commons"))
        times = []
        for start in range(0, 200_000, 20_000):
            data = [n.to_bytes(8) * 38 for n in range(start, start + 20_000)]
            times.append(_time(partial(store.put_many, data)))
    show("embedded store, the last 20,000 of 200,000 documents / first", times[-1], times[0])


def _time(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _write(path: Path, blocks: Sequence[Block]) -> None:
    with path.open("wb") as file:
        for number, block in enumerate(blocks, 1):
            file.write(block.data)
            if number % 16 == 0:
                file.flush()
                os.fsync(file.fileno())


def importing_against_hashing() -> None:
    """A file of 256 MiB that is in the page cache, to its CID, under both profiles."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "file")
        file.write_bytes(os.urandom(1 << 20) * 256)
        for profile in PROFILES.values():
            works: list[Callable[[], object]] = [partial(_cid, file, profile), partial(_hash, file)]
            add = _only_hash(Path(folder, profile.name), profile.name, file)
            if add is not None:
                assert add() == _cid(file, profile), "Kubo gives another CID"
                works.append(add)
            ours, bare, *kubo = medians(*works)
            show(f"{profile.name}, CID of 256 MiB / sha256 of them", ours, bare, 1.66)
            for theirs in kubo:
                show(f"{profile.name}, CID of 256 MiB / ipfs add --only-hash", ours, theirs)
            if not kubo:
                print("no ipfs on PATH nor in .tools/bin to compare with")


def _cid(file: Path, profile: Profile) -> str:
    return Import(file, profile=profile).root.text


def _hash(file: Path) -> bytes:
    digest = hashlib.sha256()
    with file.open("rb", buffering=0) as opened:
        while chunk := opened.read(1 << 20):
            digest.update(chunk)
    return digest.digest()


def _only_hash(repository: Path, profile: str, file: Path) -> Callable[[], str] | None:
    """A run of Kubo that gives the file's CID, if there is a Kubo."""
    tools = Path(__file__).parents[1] / ".tools" / "bin"
    program = shutil.which("ipfs") or shutil.which("ipfs", path=tools)
    if program is None:
        return None
    environment = {**os.environ, "IPFS_PATH": str(repository)}

    def run(*arguments: str) -> str:
        command = (program, *arguments)
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", f"--profile=test,{profile}")
    return lambda: run("add", "-Q", "--only-hash", str(file))


def cars_against_hashing() -> None:
    """A CAR of 256 MiB in the page cache, written and read with each block verified."""
    data = [index.to_bytes(8) * (1 << 17) for index in range(16)]
    blocks = [Block(cid_of(one), one) for one in data] * 16
    with TemporaryDirectory() as folder:
        path = Path(folder, "bench.car")

        def write() -> None:
            with path.open("wb") as file:
                car.write(file, [blocks[0].cid], blocks)

        def read() -> None:
            with path.open("rb") as file:
                for _ in car.read(file):
                    continue

        write()
        writing, reading, hashing = medians(
            write, read, lambda: [hashlib.sha256(block.data).digest() for block in blocks]
        )
    show("write a CAR of 256 MiB / sha256 of its blocks", writing, hashing)
    show("read and verify it / sha256 of its blocks", reading, hashing)


def sending_against_mining() -> None:
    """400 plain transfers through the library, against the same with nothing but raw requests."""
    signers = [LocalSigner.from_key((number + 1).to_bytes(32)) for number in range(400)]
    jobs = [
        Job(signer=signer, call=Call(to=signer.address, data=b"", says="send nothing"))
        for signer in signers
    ]
    with Devnet(options=("--block-time", "0.1")) as devnet:
        chain = devnet.chain
        chain.requests([("anvil_setBalance", [s.address, hex(10**20)]) for s in signers])
        started = time.perf_counter()
        transactions.send_many(chain, jobs)
        ours = time.perf_counter() - started
        show("send 400 transactions / have the node mine them", ours, _mine_bare(chain, jobs))


def _mine_bare(chain: Chain, jobs: list[Job]) -> float:
    raw = [
        job.signer.sign_transaction(
            {
                "type": 2,
                "chainId": chain.id,
                "nonce": 1,
                "to": job.call.to,
                "value": 0,
                "data": "0x",
                "gas": 21_000,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 0,
            }
        )
        for job in jobs
    ]
    started = time.perf_counter()
    hashes = chain.requests([("eth_sendRawTransaction", ["0x" + one.hex()]) for one in raw])
    while chain.request("eth_getTransactionReceipt", hashes[-1]) is None:
        time.sleep(0.01)
    return time.perf_counter() - started


def decoding_against_downloading() -> None:
    """Logs of the register, decoded, against their download as JSON."""
    with Devnet(options=OPTIONS) as devnet:
        with TemporaryDirectory() as folder:
            Gauge(devnet.chain, open_store(f"embedded:{folder}/commons")).run()
        window = {"fromBlock": "0x0", "toBlock": "latest"}
        download = best(lambda: devnet.chain.request("eth_getLogs", window))
        logs = logs_of(devnet.chain.request("eth_getLogs", window))
        show(
            f"decode {len(logs)} logs / download them",
            best(lambda: transactions.decode(logs)),
            download,
        )


def main() -> None:
    help_against_an_empty_program()
    sending_against_mining()
    decoding_against_downloading()
    putting_against_hashing()
    storing_against_a_plain_file()
    putting_late_against_early()
    importing_against_hashing()
    cars_against_hashing()
    bench_audit.main(())


if __name__ == "__main__":
    main()
