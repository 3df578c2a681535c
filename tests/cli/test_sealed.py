"""`metaorg commons` and `metaorg keys sharing`: what only some are to read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import BAKERY, FOOD_COOP, LOOM, Cli
from metaorg.ipfs import Embedded
from metaorg.ipfs.keys import new_sharing_key
from metaorg.onchain.accounts import NodeSigner
from metaorg.onchain.chain import Chain
from metaorg.organization import MetaOrganization
from metaorg.records import Envelope
from metaorg.types import Cid

MINUTES = b"We agreed on the wages of next year.\n" * 40_000
PUBLISH = ("commons", "publish", "minutes.md", "--title", "Minutes", "--licence", "LicenseRef-own")
SEALED = (*PUBLISH, "--access", "members", "--purpose", "Auditing", "--retention", "Two years")

Ready = Callable[[str], tuple[Path, str]]


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A folder with a sharing key for each organization, and its public part; each made once."""
    made: dict[str, tuple[Path, str]] = {}

    def give(account: str) -> tuple[Path, str]:
        if account not in made:
            folder = tmp_path_factory.mktemp("keys")
            made[account] = folder, new_sharing_key(folder, lambda: "of paper", now=1).recipient
        return made[account]

    return give


@pytest.fixture
def with_key(home: Path, ready: Ready) -> Callable[[Cli], Cli]:
    """Gives an organization a home of its own, with a sharing key that its profile names."""

    def give(cli: Cli) -> Cli:
        account = cli.environment["METAORG_ACCOUNT"]
        own = home / account[-6:]
        keys, recipient = ready(account)
        shutil.copytree(keys, own / "keys" / "sharing")
        (own / "password").write_text("of paper\n")
        here = Cli(cli.environment | {"METAORG_HOME": str(own)}, own)
        here.done("membership", "profile", "--sharing-key", recipient)
        return here

    return give


def new_key(cli: Cli, *more: str) -> str:
    made = cli.done("keys", "sharing", "new", *more, "--password-file", "password", "--json").json
    cli.done("membership", "profile", "--sharing-key", made["recipient"])
    return str(made["key"])


@pytest.fixture
def keyed_bakery(bakery: Cli, with_key: Callable[[Cli], Cli]) -> Cli:
    cli = with_key(bakery)
    (cli.folder / "minutes.md").write_bytes(MINUTES)
    return cli


@pytest.fixture
def keyed_loom(loom: Cli, with_key: Callable[[Cli], Cli]) -> Cli:
    return with_key(loom)


@pytest.fixture
def sealed(keyed_bakery: Cli, keyed_loom: Cli) -> str:
    """The CID of minutes that the bakery sealed to all members with a key: itself and the loom."""
    keyed_bakery.done(*SEALED)
    [found] = keyed_bakery.done("commons", "list", "--json").json
    return str(found["resource"]["cid"])


def envelopes(cli: Cli, cid: str) -> list[str]:
    deeds = cli.done("commons", "show", cid, "--json").json["deeds"]
    return [one["document"] for one in deeds if one["name"] == "Granted"]


def opened(cli: Cli, cid: str, output: str = "opened") -> bytes:
    cli.done("commons", "open", cid, "--output", output, "--sharing-password-file", "password")
    return (cli.folder / output).read_bytes()


def openings(cli: Cli) -> list[dict[str, str]]:
    lines = (cli.folder / "sharing.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if one["what"] == "opened"]


def test_those_to_whom_it_is_sealed_open_it_and_the_opening_is_logged(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str
) -> None:
    assert opened(keyed_bakery, sealed) == MINUTES
    assert opened(keyed_loom, sealed) == MINUTES

    [logged] = openings(keyed_loom)
    assert (logged["resource"], logged["output"]) == (sealed, "opened")
    assert (keyed_loom.folder / "sharing.jsonl").stat().st_mode & 0o077 == 0


def test_the_chain_shows_who_shared_for_whom_under_which_terms_and_not_the_content(
    keyed_bakery: Cli, sealed: str, founded: dict[str, str]
) -> None:
    found = keyed_bakery.done("commons", "show", sealed, "--json").json

    assert [deed["name"] for deed in found["deeds"]] == ["Published", "Granted"]
    assert found["deeds"][1]["seats"] == [1, 3]
    assert found["resource"]["access"] == "members"
    assert found["description"]["sealed"]["purpose"] == "Auditing"
    assert found["description"]["sealed"]["retention"] == "Two years"
    assert found["description"]["filename"] == ""
    store = Embedded(founded["METAORG_STORE"].removeprefix("embedded:"))
    raw = [store.get(cid) for cid in store.cids()]
    assert not any(b"wages" in data or b"minutes.md" in data for data in raw)


def test_who_has_no_key_is_left_out_and_told(keyed_bakery: Cli, keyed_loom: Cli) -> None:
    del keyed_loom
    result = keyed_bakery.done(*SEALED)

    assert "without a sharing key, and so left out" in result.stderr


def test_whose_profile_cannot_be_read_is_not_said_to_have_no_key(
    keyed_bakery: Cli, keyed_loom: Cli
) -> None:
    elsewhere = {"store": f"embedded:{keyed_bakery.folder / 'empty'}"}
    to = ("--access", "parties", "--purpose", "A joint bid", "--to", LOOM)

    left_out = keyed_bakery.run(*SEALED, **elsewhere)
    refused = keyed_bakery.run(*PUBLISH, *to, **elsewhere)

    assert left_out.code == 3 and refused.code == 5
    for result in (left_out, refused):
        assert "(seat 3) cannot be read here" in result.stderr
        assert "without a sharing key" not in result.stderr


def test_a_member_whom_it_is_not_sealed_to_cannot_open_it(
    food_coop: Cli, with_key: Callable[[Cli], Cli], sealed: str
) -> None:
    late = with_key(food_coop)

    refused = late.run(
        "commons", "open", sealed, "--output", "opened", "--sharing-password-file", "password"
    )

    assert refused.code == 1
    assert "metaorg commons grant" in refused.stderr
    assert not (late.folder / "opened").exists()


def test_who_joins_later_is_let_in_without_sealing_again(
    keyed_bakery: Cli, food_coop: Cli, with_key: Callable[[Cli], Cli], sealed: str
) -> None:
    late = with_key(food_coop)

    grant = ("commons", "grant", sealed, "--sharing-password-file", "password")
    granted = keyed_bakery.done(*grant)
    again = keyed_bakery.done(*grant, "--json")

    assert "(seat 2)" in granted.stderr
    assert again.json == [] and "can open it already" in again.stderr
    assert opened(late, sealed) == MINUTES
    assert len(keyed_bakery.done("commons", "list", "--json").json) == 1


def test_a_new_key_is_let_in_and_the_old_one_still_opens(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str
) -> None:
    old_opens = opened(keyed_loom, sealed, "before")
    new_key(keyed_loom, "--rotate")

    keyed_bakery.done("commons", "grant", sealed, "--sharing-password-file", "password")
    [old] = (keyed_loom.folder / "keys" / "sharing").glob(f"{openings(keyed_loom)[0]['keys'][0]}*")
    old.unlink()

    assert old_opens == opened(keyed_loom, sealed, "after") == MINUTES


def test_whose_access_was_revoked_is_refused_by_the_tool_with_the_reason(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str
) -> None:
    twice = ("--from", LOOM, "--from", LOOM)
    keyed_bakery.done("commons", "revoke", sealed, *twice, "--reason", "The audit is over.")

    refused = keyed_loom.run(
        "commons", "open", sealed, "--output", "opened", "--sharing-password-file", "password"
    )

    assert refused.code == 1
    assert "The audit is over." in refused.stderr
    assert opened(keyed_bakery, sealed) == MINUTES


def test_whose_access_was_revoked_is_let_in_again_only_by_name(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str
) -> None:
    grant = ("commons", "grant", sealed, "--sharing-password-file", "password", "--json")
    keyed_bakery.done("commons", "revoke", sealed, "--from", LOOM, "--reason", "The audit is over.")

    everybody = keyed_bakery.done(*grant)
    keyed_bakery.done(*grant, "--to", LOOM)

    assert everybody.json == [] and "(seat 3)" in everybody.stderr
    assert opened(keyed_loom, sealed) == MINUTES


def test_an_envelope_that_cannot_be_had_hides_no_other_one(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str
) -> None:
    new_key(keyed_loom, "--rotate")
    keyed_bakery.done("commons", "grant", sealed, "--sharing-password-file", "password")
    first, _ = envelopes(keyed_bakery, sealed)
    keyed_bakery.done("commons", "export", sealed, first, "--car", "some.car")
    keyed_bakery.environment["METAORG_STORE"] = f"embedded:{keyed_bakery.folder / 'other'}"
    keyed_bakery.done("commons", "import", "some.car")

    assert opened(keyed_bakery, sealed) == MINUTES


def test_another_member_cannot_shut_out_a_party_by_copying_its_public_key(
    keyed_bakery: Cli, keyed_loom: Cli, food_coop: Cli, sealed: str, ready: Ready
) -> None:
    _, recipient = ready(keyed_loom.environment["METAORG_ACCOUNT"])

    food_coop.done("membership", "profile", "--sharing-key", recipient)

    assert opened(keyed_loom, sealed) == MINUTES


def test_a_resource_is_sealed_to_some_parties_only(
    keyed_bakery: Cli, keyed_loom: Cli, food_coop: Cli, with_key: Callable[[Cli], Cli]
) -> None:
    third = with_key(food_coop)
    to = ("--access", "parties", "--purpose", "A joint bid")
    keyed_bakery.done(*PUBLISH, *to, "--to", LOOM)
    [found] = keyed_bakery.done("commons", "list", "--json").json
    cid = found["resource"]["cid"]

    everybody = keyed_bakery.run(
        "commons", "grant", cid, "--sharing-password-file", "password", "--dry-run"
    )
    refused = third.run(
        "commons", "open", cid, "--output", "x", "--sharing-password-file", "password"
    )

    assert found["resource"]["access"] == "parties"
    assert everybody.code == 2 and "--to" in everybody.stderr
    assert opened(keyed_loom, cid) == opened(keyed_bakery, cid) == MINUTES
    assert refused.code == 1


def test_the_same_content_is_sealed_anew_for_other_parties(
    keyed_bakery: Cli, keyed_loom: Cli, food_coop: Cli, with_key: Callable[[Cli], Cli]
) -> None:
    third = with_key(food_coop)
    to = ("--access", "parties", "--purpose", "A joint bid", "--to")

    for party in (LOOM, FOOD_COOP, LOOM):
        keyed_bakery.done(*PUBLISH, *to, party)

    first, second = keyed_bakery.done("commons", "list", "--json").json
    assert opened(keyed_loom, first["resource"]["cid"]) == MINUTES
    assert opened(third, second["resource"]["cid"]) == MINUTES


def test_publishing_again_tells_who_joined_since(
    keyed_bakery: Cli, food_coop: Cli, with_key: Callable[[Cli], Cli], sealed: str
) -> None:
    with_key(food_coop)

    again = keyed_bakery.done(*SEALED, "--json")

    assert again.json == []
    assert f"metaorg commons grant {sealed}" in again.stderr


def test_a_party_without_a_key_or_a_seat_is_refused(keyed_bakery: Cli) -> None:
    to = ("--access", "parties", "--purpose", "A joint bid", "--to")

    without = keyed_bakery.run(*PUBLISH, *to, FOOD_COOP)
    outside = keyed_bakery.run(*PUBLISH, *to, "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65")

    assert (without.code, outside.code) == (2, 2)
    assert "no sharing key" in without.stderr and "no active seat" in outside.stderr


def test_who_has_no_key_of_its_own_cannot_seal(bakery: Cli, keyed_loom: Cli, home: Path) -> None:
    del keyed_loom
    (home / "minutes.md").write_bytes(MINUTES)

    refused = bakery.run(*SEALED)

    assert refused.code == 3
    assert "metaorg keys sharing new" in refused.stderr


def test_sealing_goes_on_where_it_was_interrupted(keyed_bakery: Cli, keyed_loom: Cli) -> None:
    del keyed_loom
    printed = keyed_bakery.done(*SEALED, "--as", "print").json  # sealed and stored, nothing sent

    again = keyed_bakery.done(*SEALED, "--json")
    third = keyed_bakery.done(*SEALED, "--json")

    assert "going on with what was sealed before" in again.stderr
    assert [one["call"]["data"] for one in again.json] == [one["data"] for one in printed]
    assert third.json == []


def test_a_sealed_folder_comes_back_as_it_was(keyed_bakery: Cli) -> None:
    folder = keyed_bakery.folder / "archive"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "minutes.md").write_bytes(MINUTES)
    sealing = ("--access", "members", "--purpose", "Auditing", "--title", "Archive")
    keyed_bakery.done("commons", "publish", folder, "--licence", "CC0-1.0", *sealing)
    [found] = keyed_bakery.done("commons", "list", "--json").json

    keyed_bakery.done(
        "commons",
        "open",
        found["resource"]["cid"],
        "--output",
        "back",
        "--sharing-password-file",
        "password",
    )

    assert (keyed_bakery.folder / "back" / "2026" / "minutes.md").read_bytes() == MINUTES


@pytest.mark.parametrize(
    "wrong",
    [
        ("--access", "members"),
        ("--purpose", "Auditing"),
        ("--access", "parties", "--purpose", "Auditing"),
        ("--access", "members", "--purpose", "Auditing", "--to", LOOM),
    ],
)
def test_access_purpose_and_parties_go_together(keyed_bakery: Cli, wrong: tuple[str, ...]) -> None:
    assert keyed_bakery.run(*PUBLISH, *wrong).code == 2


def test_an_envelope_that_was_tampered_with_hides_no_other_one(
    keyed_bakery: Cli, keyed_loom: Cli, sealed: str, chain: Chain
) -> None:
    """Its steward recorded one that names the right keys and holds nothing."""
    [first] = envelopes(keyed_bakery, sealed)
    junk = json.loads(keyed_bakery.done("commons", "fetch", first).stdout) | {"age": "AAAA"}
    here = keyed_bakery.environment
    store = Embedded(here["METAORG_STORE"].removeprefix("embedded:"))
    org = MetaOrganization.open(chain, here["METAORG_ADDRESS"], store, NodeSigner(chain, BAKERY))
    org.send(org.commons.grant(Cid.parse(sealed), [1, 3], Envelope(**junk)))

    assert opened(keyed_loom, sealed) == MINUTES


def test_a_wrong_password_opens_nothing(keyed_loom: Cli, sealed: str) -> None:
    (keyed_loom.folder / "wrong").write_text("guess\n")

    refused = keyed_loom.run(
        "commons", "open", sealed, "--output", "opened", "--sharing-password-file", "wrong"
    )

    assert refused.code == 3
    assert "guess" not in refused.stderr + refused.stdout
    assert openings_or_none(keyed_loom) == []


def openings_or_none(cli: Cli) -> list[dict[str, str]]:
    return openings(cli) if (cli.folder / "sharing.jsonl").exists() else []


def test_what_is_not_sealed_is_not_opened(keyed_bakery: Cli) -> None:
    keyed_bakery.done(*PUBLISH)

    result = keyed_bakery.run(
        "commons", "open", str(Cid.of(b"x")), "--output", "x", "--sharing-password-file", "password"
    )

    assert result.code == 2
    assert "metaorg commons fetch" in result.stderr
