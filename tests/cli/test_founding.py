"""`metaorg found`: from a charter to a meta-organization, whoever signs where."""

import json
import shutil
from pathlib import Path

import pytest

from cli.conftest import BAKERY, CHARTER, FOOD_COOP, LOOM, Cli
from metaorg.onchain.chain import Chain
from metaorg.onchain.devnet import Devnet

FAULTY = """\
name: ""
purpose: Share tools.
text: text.md
constituencies: [Workers, A name that is far too long to fit]
kinds: [cooperative]
admission: {method: by chance, window: 7 days, period: 7 days, share: 50 %, floor: 1}
voting_delay: soon
rules:
  ordinary: {method: majority, approval: 40 %, quorum: 20 %, voting_period: 5 days, delay: 0}
  amendment: {method: majority, approval: 60 %, quorum: 20 %, voting_period: 5 days, delay: 0}
founders:
  - account: "0x1234"
    constituency: Workers
    kind: cooperative
    profile: {name: Lantern Bakery}
    pledge: {text: Bread.}
colour: green
"""


@pytest.fixture
def charter(home: Path) -> Path:
    """The example under another name, so that it is not founded yet."""
    shutil.copy(CHARTER.with_name("interconstitution.md"), home)
    text = CHARTER.read_text().replace("Aurora Commons Network", "Harbour Commons")
    (home / "charter.yaml").write_text(text)
    return home / "charter.yaml"


OTHERS = ("--sign-with", f"rpc:{FOOD_COOP}", "--sign-with", f"rpc:{LOOM}")


@pytest.mark.usefixtures("nothing_sent")
def test_founding_again_gives_the_same_addresses(bakery: Cli, founded: dict[str, str]) -> None:
    result = bakery.done("found", CHARTER, "--json")

    assert result.json["founded"] is False
    assert result.json["receipts"] == []
    assert result.json["modules"]["meta_organization"] == founded["METAORG_ADDRESS"]
    assert "founded already" in result.stderr


def test_founders_sign_at_different_places(
    bakery: Cli, food_coop: Cli, loom: Cli, charter: Path, home: Path
) -> None:
    for name, founder in (("a.json", food_coop), ("b.json", loom)):
        founder.done("found", charter, "--sign", name, "--initiator", BAKERY)

    files = ("--signed", "a.json", "--signed", "b.json")
    result = bakery.done("found", charter, *files, "--json")

    address = result.json["modules"]["meta_organization"]
    members = bakery.done("membership", "list", "--address", address, "--json").json
    assert [one["standing"]["seat"] for one in members] == [1, 2, 3]


@pytest.mark.usefixtures("nothing_sent")
def test_a_missing_signature_is_named(bakery: Cli, charter: Path) -> None:
    result = bakery.run("found", charter, "--sign-with", f"rpc:{LOOM}")

    assert result.code == 2
    assert "the signature of Millbrook Food Co-op" in result.stderr
    assert "the signature of Open Loom" not in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_an_altered_signature_is_refused(
    bakery: Cli, food_coop: Cli, charter: Path, home: Path
) -> None:
    food_coop.done("found", charter, "--sign", "a.json", "--initiator", BAKERY)
    signed = json.loads((home / "a.json").read_text())
    signed["signature"] = "0x" + "11" * 65
    (home / "a.json").write_text(json.dumps(signed))

    result = bakery.run("found", charter, "--signed", "a.json", "--sign-with", f"rpc:{LOOM}")

    assert result.code == 2
    assert f"the signature is not one of {FOOD_COOP}" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_who_is_no_founder_cannot_sign(outsider: Cli, charter: Path) -> None:
    result = outsider.run("found", charter, "--sign", "x.json", "--initiator", BAKERY)

    assert result.code == 1
    assert "is not one of the founders" in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_shows_where_it_will_stand(bakery: Cli, charter: Path) -> None:
    result = bakery.done("found", charter, *OTHERS, "--dry-run", "--json")

    assert result.json["deploys"] == []
    assert result.json["modules"]["assembly"].startswith("0x")


def test_a_dry_run_on_an_empty_chain_shows_what_is_deployed(
    bakery: Cli, charter: Path, chain: Chain
) -> None:
    with Devnet() as empty:
        result = bakery.done("found", charter, *OTHERS, "--dry-run", "--json", "--rpc", empty.url)

        assert len(result.json["deploys"]) == 10
        assert result.json["modules"] is None
        assert empty.chain.block().number == 0


def test_a_dry_run_without_the_deployer_shows_its_price_and_leaves_unknown_what_is_unknown(
    bakery: Cli, charter: Path
) -> None:
    with Devnet(options=["--disable-default-create2-deployer"]) as empty:
        arguments = ("found", charter, *OTHERS, "--dry-run", "--rpc", empty.url)
        first, *others = bakery.done(*arguments, "--json").json["deploys"]

        assert (first["says"], first["gas"]) == ("pay 0.01 ETH for the CREATE2 deployer", 21_000)
        assert [one["gas"] for one in others] == [None] * 10
        said = bakery.done(*arguments).stdout
        assert "will pay 0.01 ETH for the CREATE2 deployer, gas 21000\n" in said
        assert said.count(", gas unknown\n") == 10
        assert empty.chain.block().number == 0


@pytest.mark.usefixtures("nothing_sent")
def test_every_fault_of_a_charter_is_named_with_its_line(bakery: Cli, home: Path) -> None:
    (home / "charter.yaml").write_text(FAULTY)
    (home / "text.md").write_text("# Text\n")

    result = bakery.run("found", "charter.yaml")

    assert result.code == 2
    found = {line.split(": ")[0] for line in result.stderr.splitlines()}
    lines = (1, 4, 6, 7, 9, 12, 17)
    assert found == {f"charter.yaml:{line}" for line in lines}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a charter is a list of `field: value`"),
        (b"name: [", "this is not YAML"),
        (b"name: \xff\n", "charter.yaml:1: this is not UTF-8"),
        (b"a: 1\na: 2\n", "charter.yaml:2: 'a' stands here twice"),
        (b"a: &x 1\nb: *x\n", "anchors and aliases"),
        (b"#" * ((1 << 20) + 1), "is larger than 1048576 bytes"),
    ],
)
@pytest.mark.usefixtures("nothing_sent")
def test_what_is_no_charter_is_refused(
    bakery: Cli, home: Path, content: bytes, sentence: str
) -> None:
    (home / "charter.yaml").write_bytes(content)

    result = bakery.run("found", "charter.yaml")

    assert result.code == 2
    assert sentence in result.stderr


@pytest.mark.usefixtures("nothing_sent")
def test_options_that_contradict_each_other_are_refused(bakery: Cli, charter: Path) -> None:
    assert bakery.run("found", charter, "--initiator", BAKERY).code == 2
    assert bakery.run("found", charter, "--sign", "x.json").code == 2
    assert bakery.run("found", "nowhere.yaml").code == 2
    assert bakery.run("found", charter, "--sign-with", "env:NOWHERE").code == 3
    assert bakery.run("found", charter, account=None).code == 3
