"""The documents hold to ERC-4824 word for word, and are a function of the facts alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg.dao import (
    FILES,
    Activity,
    Assignment,
    Facts,
    ProposalFacts,
    generate,
    origin_of,
    purpose_of,
)
from metaorg.dao.facts import NEWEST, contracts
from metaorg.errors import InvalidInput
from metaorg.ipfs import Embedded, documents, put_files, read_file
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.assembly import Actions
from metaorg.onchain.chain import Block
from metaorg.onchain.inter_constitution import Version
from metaorg.onchain.meta_organization import MODULES
from metaorg.rules.admission import Admission, AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import Method, Rule
from metaorg.types import DAG_PB, DOCUMENT_LIMIT, Cid, checksum_address

CONTEXT = "https://www.daostar.org/schemas"
BODY = Cid.of(b"why")
MEMBER, OTHER = (checksum_address("0x" + digit * 40) for digit in "ab")
ADDRESSES = [checksum_address(f"0x{number:040x}") for number in range(0xC0, 0xC0 + len(MODULES))]
TIMELOCK, MEMBERSHIP, ASSEMBLY = (
    ADDRESSES[MODULES.index(name)] for name in ("timelock", "membership", "assembly")
)
ORDINARY = Rule(
    methods=Method.MAJORITY,
    approval=5000,
    quorum=2000,
    closing=20,
    upgradable=True,
    delay=172_800,
    voting_period=432_000,
)
AMENDMENT = Rule(
    methods=Method.EACH_CLASS, approval=6667, quorum=5000, delay=604_800, voting_period=604_800
)
CONSENT = AMENDMENT.model_copy(
    update={"methods": Method.CONSENT, "approval": 0, "objections": 3, "quorum": 0}
)
WEIGHTED = AMENDMENT.model_copy(
    update={"methods": Method.WEIGHTED | Method.CONSENT} | {"objections": 1}
)
FACTS = Facts(
    chain_id=1,
    block=Block(number=120, hash=b"\7" * 32, time=1_700_000_000),
    name="Aurora Commons Network",
    charter=b"\1" * 32,
    contracts=contracts(OTHER, zip(MODULES, ADDRESSES, strict=True)),
    members=(MEMBER, OTHER),
    constituencies=(("Workers", 2), ("Users", 1)),
    votes=(1, 1),
    affiliated=2,
    kinds=("cooperative", "trust"),
    version=Version(number=2, text=Cid.of(b"text"), since=1_600_000_000),
    admission=Admission(
        method=AdmissionMethod.LAZY_CONSENT, window=604_800, period=604_800, share=1000, floor=3
    ),
    readoption=Readoption(grace=7_776_000, consequence=Consequence.SUSPENDED),
    voting_delay=86_400,
    open_proposals=3,
    rules=(ORDINARY, AMENDMENT, CONSENT, WEIGHTED),
    weights=(7000, 3000),
    assignments=(
        Assignment(
            target=MEMBERSHIP, selector=abi.selector(load("Membership").functions["decide"]), rule=0
        ),
        Assignment(target=OTHER, selector=b"\1\2\3\4", rule=1),
    ),
    proposals=(
        ProposalFacts(
            number=7,
            description=f"# Share the tools\n\n{BODY.uri}\n\n#proposer={MEMBER}",
            state="executed",
            actions=Actions(targets=(OTHER,), values=(5,), calldatas=(b"\xab\xcd",)),
        ),
    ),
    activities=(
        Activity(what="proposal", proposal=7, member=MEMBER),
        Activity(what="vote", proposal=7, member=OTHER),
    ),
)
MADE = generate(FACTS, "Share tools.")


def read(name: str) -> Any:
    return documents.decode(getattr(MADE, name))


# ---------------------------------------------------------------------- word for word


def test_the_dao_document_has_the_fields_of_the_standard_and_its_origin() -> None:
    assert read("dao") == {
        "@context": CONTEXT,
        "type": "DAO",
        "name": "Aurora Commons Network",
        "description": "Share tools.",
        "membersURI": Cid.of(MADE.members).uri,
        "proposalsURI": Cid.of(MADE.proposals).uri,
        "activityLogURI": Cid.of(MADE.activity_log).uri,
        "governanceURI": Cid.of(MADE.governance).uri,
        "contractsURI": Cid.of(MADE.contracts).uri,
        "generatedFrom": {"block": 120, "format": 1, "hash": "0x" + "07" * 32},
    }
    assert MADE.uri == Cid.of(MADE.dao).uri


def test_members_are_caip10_accounts_with_the_older_type() -> None:
    assert read("members") == {
        "@context": CONTEXT,
        "type": "DAO",
        "members": [
            {"type": "EthereumAddress", "id": f"eip155:1:{MEMBER}"},
            {"type": "EthereumAddress", "id": f"eip155:1:{OTHER}"},
        ],
    }


def test_proposals_have_the_id_status_and_calls_of_the_standard() -> None:
    assert read("proposals") == {
        "@context": CONTEXT,
        "proposals": [
            {
                "type": "proposal",
                "id": f"eip155:1:{ASSEMBLY}?proposalId=7",
                "name": "Share the tools",
                "contentURI": BODY.uri,
                "status": "Executed",
                "calls": [
                    {
                        "type": "CallDataEVM",
                        "operation": "call",
                        "from": TIMELOCK,
                        "to": OTHER,
                        "value": "5",
                        "data": "0xabcd",
                    }
                ],
            }
        ],
    }


def test_activities_join_a_member_and_a_proposal() -> None:
    proposal = f"eip155:1:{ASSEMBLY}?proposalId=7"

    assert read("activity_log") == {
        "@context": CONTEXT,
        "activities": [
            {
                "id": f"{proposal}&activity={what}&member={member}",
                "type": "activity",
                "proposal": {"type": "proposal", "id": proposal},
                "member": {"id": f"eip155:1:{member}"},
            }
            for what, member in (("proposal", MEMBER), ("vote", OTHER))
        ],
    }


def test_every_contract_is_listed_the_front_door_first() -> None:
    listed = read("contracts")

    assert listed.keys() == {"@context", "contracts"}
    assert [one["name"] for one in listed["contracts"]] == ["metaOrganization", *MODULES]
    assert [one["id"] for one in listed["contracts"]] == [
        f"eip155:1:{address}" for address in (OTHER, *ADDRESSES)
    ]
    assert all(one["description"].endswith(".") for one in listed["contracts"])


def test_a_field_without_a_value_is_left_out_and_an_empty_list_is_not() -> None:
    bare = ProposalFacts(
        number=1, description="", state="pending", actions=FACTS.proposals[0].actions
    )
    facts = FACTS.model_copy(
        update={
            "proposals": (bare,),
            "activities": (),
            "contracts": (*FACTS.contracts, ("laundry", MEMBER)),
        }
    )

    made = generate(facts, "")

    assert "description" not in json.loads(made.dao)
    proposal = json.loads(made.proposals)["proposals"][0]
    assert proposal.keys() == {"type", "id", "status", "calls"}
    assert json.loads(made.contracts)["contracts"][-1] == {
        "id": f"eip155:1:{MEMBER}",
        "name": "laundry",
    }
    assert json.loads(made.activity_log)["activities"] == []
    assert b"null" not in b"".join(made.files.values())


def test_the_governance_says_rules_times_and_text_in_words() -> None:
    text = MADE.governance.decode()

    for said in (
        "# Governance of Aurora Commons Network\n",
        "Share tools.",
        "As of block 120 of chain 1, 2023-11-14T22:13:20Z.",
        f"Version 2 of the InterConstitution is in force since 2020-09-13T12:26:40Z: "
        f"<{FACTS.version.text.uri}>",
        "Active seats: 2, with 2 votes.",
        "Active seats of affiliated organizations: 2.",
        "- Workers: 2 seats, 1 vote\n- Users: 1 seat, 1 vote\n",
        "Who was expelled, or left while suspended, can come back by decision only.",
        "for 1 week after an application",
        "at most 10 % of the active seats, and at least 3, are admitted in 1 week",
        "every organization has 12 weeks 6 days to adopt it or leave",
        "anyone may have its vote suspended until it adopts",
        "have 3 proposals open at once; voting begins 1 day later",
        "A vote can be split",
        "- ordinary rule: majority; in favour are more than 50 % of all votes for and against; at "
        "least 20 % of the votes take part; 5 days of voting, 2 days of delay; a vote in the last "
        "1 day that changes the outcome extends the voting once, by 1 day; before voting begins",
        "- amendment rule: each class; in favour are more than 66.67 % of all votes for and "
        "against; in every constituency that has votes, more are for than against; at least 50 %",
        "- rule 2: consent; votes against, each with a reason, are fewer than 3; 1 week of",
        "- rule 3: weighted and consent; the shares in favour in the constituencies, each by its "
        "weight, are more than 66.67 % together; votes against, each",
        "- Workers: 70 %\n- Users: 30 %\n",
        "Calls to metaOrganization, interConstitution, rulebook, timelock, authority always need",
        "- `membership.decide`: ordinary rule",
        f"- `0x01020304 on {OTHER}`: amendment rule",
    ):
        assert said in text
    assert text.endswith("\n") and "\n\n\n" not in text


def test_a_name_cannot_begin_a_heading_of_its_own() -> None:
    facts = FACTS.model_copy(
        update={"name": "A\n# B", "constituencies": (("C\r\n## D", 1),), "votes": (1,)}
    )

    lines = generate(facts, "").governance.decode().splitlines()

    assert lines[0] == "# Governance of A # B"
    assert "- C ## D: 1 seat, 1 vote" in lines


@pytest.mark.parametrize(
    ("consequence", "said"),
    [
        (Consequence.SHOWN, "nothing follows but that it is shown"),
        (Consequence.EXITED, "anyone may have its seat ended"),
    ],
)
def test_what_follows_an_amendment_is_said(consequence: Consequence, said: str) -> None:
    facts = FACTS.model_copy(update={"readoption": Readoption(grace=0, consequence=consequence)})

    assert said in generate(facts, "").governance.decode()


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (AdmissionMethod.OPEN, "Admission is open: an applicant takes its seat at once."),
        (AdmissionMethod.DECISION, "the Assembly decides on every application"),
    ],
)
def test_every_way_of_admission_is_said(method: AdmissionMethod, said: str) -> None:
    rule = FACTS.admission.model_copy(update={"method": method, "window": 0})

    text = generate(FACTS.model_copy(update={"admission": rule}), "").governance.decode()
    assert said in text and "lazy consent" not in text


def test_without_weights_none_are_told() -> None:
    text = generate(FACTS.model_copy(update={"weights": ()}), "").governance.decode()

    assert "Weights of the constituencies" not in text


# ---------------------------------------------------------------------- a function of the facts


def test_the_format_has_a_new_number_when_its_bytes_change() -> None:
    """Who fails this test raises FORMAT: the check could not generate older documents again."""
    assert read("dao")["generatedFrom"]["format"] == 1
    assert MADE.uri == "ipfs://bafkreib3pa547aorz5lmqb6n375ruf2y53a2rqlvlzknyf46omw7zeex2q"


texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: checksum_address("0x" + raw.hex()))
made_proposals = st.builds(
    ProposalFacts,
    number=st.integers(0, 2**256 - 1),
    description=texts,
    state=st.sampled_from(["pending", "active", "executed"]),
    actions=st.builds(
        lambda to, value, data: Actions(targets=(to,), values=(value,), calldatas=(data,)),
        addresses,
        st.integers(0, 2**256 - 1),
        st.binary(max_size=40),
    ),
)
some_facts = st.fixed_dictionaries(
    {
        "name": texts.filter(bool),
        "members": st.lists(addresses, unique=True, max_size=5).map(tuple),
        "constituencies": st.tuples(*[st.tuples(texts, st.integers(0, 99))] * 2),
        "votes": st.tuples(*[st.integers(0, 99)] * 2),
        "proposals": st.lists(made_proposals, max_size=4).map(tuple),
        "voting_delay": st.integers(0, 2**32 - 1),
    }
).map(lambda changed: FACTS.model_copy(update=changed))


@given(some_facts, texts)
def test_the_same_facts_give_the_same_bytes_and_every_document_is_canonical(
    facts: Facts, purpose: str
) -> None:
    made = generate(facts, purpose)

    assert made == generate(Facts.model_validate(facts.model_dump()), purpose)
    for name, file in FILES.items():
        if file.endswith(".json"):
            read = documents.decode(getattr(made, name))
            assert isinstance(read, dict) and read["@context"] == CONTEXT
    assert origin_of(documents.decode(made.dao)).block == facts.block.number


CHANGED: dict[str, Any] = {
    "chain_id": 2,
    "block": FACTS.block.model_copy(update={"hash": b"\x08" * 32}),
    "name": "Another",
    "members": (OTHER, MEMBER),
    "constituencies": (("Workers", 1), ("Users", 1)),
    "kinds": ("trust",),
    "version": FACTS.version.model_copy(update={"text": Cid.of(b"other")}),
    "admission": FACTS.admission.model_copy(update={"floor": 4}),
    "votes": (2, 1),
    "affiliated": 0,
    "readoption": FACTS.readoption.model_copy(update={"grace": 1}),
    "voting_delay": 0,
    "open_proposals": 1,
    "rules": (AMENDMENT, AMENDMENT),
    "weights": (5000, 5000),
    "assignments": (),
    "contracts": (*FACTS.contracts, ("laundry", MEMBER)),
    "proposals": (FACTS.proposals[0].model_copy(update={"state": "queued"}),),
    "activities": FACTS.activities[:1],
    "earlier": NEWEST,
}


@pytest.mark.parametrize("part", [name for name in Facts.model_fields if name != "charter"])
def test_whatever_fact_changes_the_documents_change(part: str) -> None:
    """The charter is told by the purpose that it names."""
    assert generate(FACTS.model_copy(update={part: CHANGED[part]}), "Share tools.") != MADE


def test_another_purpose_gives_other_documents() -> None:
    assert generate(FACTS, "Share more.") != MADE


# ---------------------------------------------------------------------- limits


def members(count: int) -> tuple[str, ...]:
    return tuple(checksum_address(f"0x{number:040x}") for number in range(count))


def test_a_register_larger_than_a_block_is_a_file_of_several(tmp_path: Path) -> None:
    large = FACTS.model_copy(update={"members": members(11_275), "chain_id": 11_155_111})

    made = generate(large, "")

    assert len(made.members) > DOCUMENT_LIMIT
    uri = json.loads(made.dao)["membersURI"]
    store = Embedded(tmp_path / "commons")
    put_files(store, made.files.values())
    assert Cid.parse(uri).codec == DAG_PB
    assert read_file(store, Cid.parse(uri)) == made.members


def test_documents_that_nobody_could_hold_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("metaorg.dao.documents.FILE_LIMIT", 1 << 20)
    large = FACTS.model_copy(update={"members": members(11_275), "chain_id": 11_155_111})

    with pytest.raises(InvalidInput, match=r"document of the 11,275 members .* larger than 1 MiB"):
        generate(large, "")


def test_the_newest_activities_fit_whatever_their_ids_and_the_rest_is_owned_up_to() -> None:
    activity = Activity(what="proposal", proposal=2**256 - 1, member=MEMBER)
    activities = (FACTS.activities[0], *[activity] * NEWEST)
    facts = FACTS.model_copy(update={"chain_id": 2**53 - 1, "activities": activities})

    made = generate(facts, "")

    told = json.loads(made.activity_log)["activities"]
    assert len(told) == NEWEST
    assert told[0]["id"].endswith(f"proposalId={2**256 - 1}&activity=proposal&member={MEMBER}")
    assert "holds the newest 1,800 of 1,801" in made.governance.decode()


# ---------------------------------------------------------------------- what others wrote


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"purpose"',
        b'{"purpose":7}',
        b'{"purpose":"a","purpose":"b"}',
        b"[" * 100_000,
        b'{ "purpose": "spaces" }',
    ],
)
def test_a_charter_document_that_names_no_purpose_gives_none(content: bytes) -> None:
    assert purpose_of(content) == ""


def test_a_charter_document_names_the_purpose() -> None:
    assert purpose_of(b'{"name":"A","purpose":"B"}') == "B"


@pytest.mark.parametrize(
    "said",
    [
        None,
        7,
        [],
        {},
        {"block": 1, "format": 1},
        {"block": "1", "format": 1, "hash": "0x" + "07" * 32},
        {"block": True, "format": 1, "hash": "0x" + "07" * 32},
        {"block": 1.5, "format": 1, "hash": "0x" + "07" * 32},
        {"block": 1, "format": 1, "hash": "0x07"},
        {"block": 1, "format": 1, "hash": 7},
        {"block": 1, "format": 1, "hash": "0x" + "07" * 32, "more": 1},
    ],
)
def test_an_origin_of_another_shape_is_refused(said: Any) -> None:
    with pytest.raises(InvalidInput, match="from which block"):
        origin_of({"generatedFrom": said})


@pytest.mark.parametrize("content", [None, 7, "text", [], [{"generatedFrom": {}}]])
def test_what_is_no_object_has_no_origin(content: Any) -> None:
    with pytest.raises(InvalidInput):
        origin_of(content)
