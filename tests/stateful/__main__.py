"""Long random histories: `python -m tests.stateful --steps 2000 --seed 1`.

With `--replay FILE` the steps of a printed history are taken again.
"""

import argparse
import sys
import time
from pathlib import Path

from metaorg.onchain.devnet import Devnet
from tests.stateful import history
from tests.stateful.history import Disagreement, History, Report
from tests.stateful.network import OPTIONS, Network


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, help="a file with the steps of a history")
    parser.add_argument("--no-shrink", action="store_true", help="print the whole history")
    given = parser.parse_args()
    with Devnet(options=OPTIONS) as devnet:
        network = Network(devnet.chain)
        if given.replay:
            found = history.replay(network, given.seed, history.parse(given.replay.read_text()))
            print("they agree" if found is None else f"step {found[0]}: {found[1]}")
            return int(found is not None)
        report, began = Report(), time.monotonic()
        made = History(network, given.seed, report)
        try:
            made.run(given.steps)
        except (Disagreement, ValueError) as error:
            print(f"{error}\n", file=sys.stderr)
            print(history.explain(network, given.seed, made.steps, not given.no_shrink))
            return 1
    print("\n".join(report.lines()))
    print(f"{time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
