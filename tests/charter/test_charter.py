"""A charter's faults are all found at once, with their lines; a good one gives the arguments."""

from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaorg import charter
from metaorg.charter import SIZE_LIMIT, basis_points, methods, seconds, selector_of
from metaorg.errors import InvalidInput
from metaorg.rules.admission import AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import Method
from metaorg.types import DOCUMENT_LIMIT, Cid

GOOD = """\
name: Aurora Commons Network
purpose: Share tools and decide together.
text: text.md
constituencies: [Workers, Users]
kinds: [cooperative, trust]
admission:
  method: lazy consent
  window: 1 hour
  period: 2 hours
  share: 50 %
  floor: 3
readoption: {grace: 90 days, consequence: suspended}
voting_delay: 1 minute
open_proposals: 3
weights: {Workers: 60 %, Users: 40 %}
rules:
  ordinary:
    method: majority
    approval: 50 %
    quorum: 20 %
    closing: 10 %
    upgradable: true
    voting_period: 1 hour
    delay: 60
  amendment:
    method: each class
    approval: 66.67 %
    quorum: 50 %
    closing: 20 %
    voting_period: 2 hours
    delay: 1 hour
  hurried: {method: weighted, approval: 50 %, quorum: 0 %, voting_period: 1 minute, delay: 60}
  calm:
    {method: consent, objections: 2, quorum: 10 %, voting_period: 1 hour, delay: 1 hour}
assignments:
  membership.decide: ordinary
  commons.publish: hurried
founders:
  - account: "0x1111111111111111111111111111111111111111"
    constituency: Workers
    kind: cooperative
    profile: {name: Lantern Bakery}
    pledge: {text: Bread for every assembly.}
  - account: "0x2222222222222222222222222222222222222222"
    constituency: Users
    kind: trust
    profile: {name: Millbrook Food Co-op}
    pledge: {text: A tenth of our storage.}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "text.md").write_text("The text that binds all.\n")
    return tmp_path / "charter.yaml"


def problems(file: Path, content: str | bytes) -> list[str]:
    """What is wrong, as "line: message"."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInput) as refused:
        charter.load(file)
    for problem in refused.value.problems:
        assert problem.startswith(str(file)), problem
    return [problem.removeprefix(f"{file}:") for problem in refused.value.problems]


def changed(*changes: tuple[str, str]) -> str:
    content = GOOD
    for old, new in changes:
        assert content.count(old) >= 1, old
        content = content.replace(old, new, 1)
    return content


def line_of(content: str, part: str) -> int:
    return content[: content.index(part)].count("\n") + 1


# ---------------------------------------------------------------------- what is good


def test_a_good_charter_is_read(file: Path) -> None:
    file.write_text(GOOD)

    declared = charter.load(file).declaration

    assert declared.voting_delay == 60
    assert declared.admission.rule().method == AdmissionMethod.LAZY_CONSENT
    assert (declared.admission.window, declared.admission.period) == (3600, 7200)
    assert declared.rules["amendment"].rule().methods == Method.EACH_CLASS
    assert declared.rules["amendment"].approval == 6667
    assert declared.rules["ordinary"].delay == 60
    assert declared.rules["ordinary"].rule().closing == 10
    assert declared.rules["ordinary"].rule().upgradable
    assert declared.rules["calm"].rule().objections == 2
    assert declared.readoption.rule() == Readoption(
        grace=90 * 86_400, consequence=Consequence.SUSPENDED
    )
    assert declared.open_proposals == 3


def test_the_arguments_are_those_that_the_factory_takes(file: Path) -> None:
    file.write_text(GOOD)

    loaded = charter.load(file)
    given = loaded.arguments(valid_until=7)

    assert given["text"] == Cid.of(b"The text that binds all.\n").digest
    assert given["constituencies"][0] == b"Workers".ljust(28, b"\0")
    assert given["kinds"][1] == b"trust".ljust(32, b"\0")
    assert given["terms"]["votingDelay"] == 60
    assert given["terms"]["openProposals"] == 3
    assert given["terms"]["weights"] == [6000, 4000]
    assert given["readoption"] == (90 * 86_400, 1)
    assert given["terms"]["rules"][0] == {
        "methods": 1,
        "approval": 5000,
        "quorum": 2000,
        "objections": 0,
        "closing": 10,
        "upgradable": True,
        "delay": 60,
        "votingPeriod": 3600,
    }
    assert [rule["methods"] for rule in given["terms"]["rules"]] == [1, 5, 2, 8]
    assert [founder[:3] for founder in given["founders"]] == [
        ("0x" + "1" * 40, 0, 0),
        ("0x" + "2" * 40, 1, 1),
    ]
    assert all(founder[5] == 7 for founder in given["founders"])
    assert given["assignments"] == [
        (b"membership".ljust(32, b"\0"), selector_of("membership.decide")[1], 0),
        (b"commons".ljust(32, b"\0"), selector_of("commons.publish")[1], 2),
    ]


def test_rules_are_numbered_ordinary_amendment_then_as_written(file: Path) -> None:
    shuffled = changed(("  ordinary:\n", "  zzz:\n"), ("  hurried:", "  ordinary:"))
    shuffled = shuffled.replace("publish: hurried", "publish: zzz")
    shuffled = shuffled.replace("method: each class", "method: weighted and each class")
    file.write_text(shuffled)

    assert charter.load(file).rule_names() == ["ordinary", "amendment", "zzz", "calm"]


def test_everything_that_the_founding_names_is_among_the_documents(file: Path) -> None:
    file.write_text(GOOD)

    loaded = charter.load(file)
    digests = {Cid.of(block).digest for block in loaded.documents()}

    given = loaded.arguments(0)
    named = {given["charter"], given["text"]}
    named |= {digest for founder in given["founders"] for digest in founder[3:5]}
    assert named == digests


# ---------------------------------------------------------------------- all faults at once


def test_six_faults_are_found_at_once_each_with_its_line(file: Path) -> None:
    content = changed(
        ("window: 1 hour", "window: 1 fortnight"),
        ("share: 50 %", "share: 50"),
        ("voting_delay: 1 minute", "voting_delay: -1"),
        ("method: each class", "method: each clas"),
        ("kind: trust", "kindd: trust"),
        ('"0x1111111111111111111111111111111111111111"', '"0x111"'),
    )

    found = problems(file, content)

    expected = {
        "window: 1 fort": "admission.window: a duration is a number of seconds",
        "share: 50": "admission.share: a share is written like",
        "voting_delay": "voting_delay: Input should be greater than or equal to 0",
        "method: each clas": "rules.amendment.method: it is one of: majority",
        "kindd": "founders.2.kindd: there is no such field",
        "0x111": "founders.1.account: '0x111' is not an address",
    }
    for part, message in expected.items():
        at = f"{line_of(content, part)}: {message}"
        assert any(problem.startswith(at) for problem in found), at
    missing = line_of(content, "0x222")
    assert f"{missing}: founders.2.kind: this field is missing" in found
    assert len(found) == 7
    lines = [int(problem.split(":")[0]) for problem in found]
    assert lines == sorted(lines)


def test_contradictions_are_found_at_once_each_with_its_line(file: Path) -> None:
    content = changed(
        ("[Workers, Users]", "[Workers, Users, Workers]"),
        ("constituency: Users", "constituency: Owners"),
        ("kind: cooperative", "kind: club"),
        ("0x2222222222222222222222222222222222222222", "0x" + "1" * 40),
        ("approval: 66.67 %", "approval: 50 %"),
        ("quorum: 50 %", "quorum: 1 %"),
        ("membership.decide: ordinary", "membership.decide: usual"),
        ("commons.publish", "commons.page"),
    )

    found = problems(file, content)

    assert sorted(found) == sorted(
        [
            "4: constituencies: a name stands there twice",
            f"{line_of(content, 'Owners')}: founders.2.constituency: "
            "'Owners' is not one of the constituencies: Workers, Users, Workers",
            f"{line_of(content, 'club')}: founders.1.kind: 'club' is not one of the kinds: "
            "cooperative, trust",
            f"{line_of(content, 'constituency: Owners') - 1}: founders.2.account: "
            f"0x{'1' * 40} is a founder already",
            f"{line_of(content, '  amendment:')}: rules.amendment: "
            "it may in no respect be weaker than the ordinary rule",
            f"{line_of(content, 'usual')}: assignments.membership.decide: there is no rule 'usual'",
            f"{line_of(content, 'commons.page')}: assignments.commons.page: "
            "'commons.page': commons has no such function to decide about",
        ]
    )


@pytest.mark.parametrize("missing", ["ordinary", "amendment"])
def test_a_charter_without_its_two_rules_says_which(file: Path, missing: str) -> None:
    found = problems(file, changed((f"  {missing}:", "  other:")))

    assert f"{line_of(GOOD, 'rules:')}: rules: the rule '{missing}' is missing" in found


@pytest.mark.parametrize(
    "function", ["timelock.schedule", "assembly.setRule", "membership", "commons.nothing", "."]
)
def test_only_functions_that_can_have_a_rule_are_assigned_one(file: Path, function: str) -> None:
    found = problems(file, changed(("membership.decide", f'"{function}"')))

    assert len(found) == 1 and f"assignments.{function}: " in found[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("window: 1 hour", "window: 50000 days", "less than 4294967296"),
        ("period: 2 hours", "period: 0", "greater than or equal to 1"),
        ("voting_period: 1 hour", "voting_period: 0", "greater than or equal to 1"),
        ("floor: 3", "floor: 0", "greater than or equal to 1"),
        ("floor: 3", "floor: 65536", "less than 65536"),
        ("method: lazy consent", "method: open", "'open' has no window: set it to 0"),
        ("method: lazy consent", "method: decision", "'decision' has no window: set it to 0"),
        ("window: 1 hour", "window: 0", "lazy consent needs a window"),
        ("method: lazy consent", "method: 1", "it is one of: open, lazy consent"),
        ("method: majority", "method: unanimity", "it is one of: majority, weighted, each class"),
        ("method: majority", "method: majority and majority", "it is one of: majority"),
        ("method: majority", "method: consent", "consent has no approval"),
        (
            "method: majority",
            "method: majority and consent",
            "consent needs a number of objections",
        ),
        ("objections: 2", "objections: 0", "consent needs a number of objections from 1"),
        ("objections: 2", "objections: 65536", "less than 65536"),
        ("objections: 2", "objections: 2, approval: 60 %", "consent has no approval"),
        ("method: weighted,", "method: weighted, objections: 1,", "no other method does"),
        ("closing: 10 %", "closing: 10.5 %", 'it is a whole percentage, like "20 %"'),
        ("closing: 10 %", "closing: 101 %", "closing is at most 100 %"),
        ("closing: 10 %", "closing: 10", "a share is written like"),
        ("upgradable: true", "upgradable: 1", "valid boolean"),
        ("open_proposals: 3", "open_proposals: 0", "greater than or equal to 1"),
        ("open_proposals: 3", "open_proposals: 6", "less than or equal to 5"),
        ("open_proposals: 3", "open_proposals: true", "valid integer"),
        ("consequence: suspended", "consequence: fined", "it is one of: shown, suspended, exited"),
        ("grace: 90 days", "grace: 50000 days", "less than 4294967296"),
        ("grace: 90 days, ", "", "readoption.grace: this field is missing"),
        ("weights: {Workers: 60 %", "weights: {Workers: 50 %", "the weights are 90 % together"),
        ("weights: {Workers", "weights: {Owners", "'Owners' is not one of the constituencies"),
        ("weights: {Workers: 60 %, Users: 40 %}", "weights: {}", "needs the constituencies'"),
        ("  hurried:", "  '':", "at least 1"),
        ("approval: 50 %", "approval: 49.99 %", "at least 50 % and below 100 %"),
        ("approval: 50 %", "approval: 100 %", "at least 50 % and below 100 %"),
        ("quorum: 20 %", "quorum: 101 %", "quorum is at most 100 %"),
        ("share: 50 %", "share: 101 %", "share is at most 100 %"),
        ("[Workers, Users]", "[]", "at least 1 item"),
        ("[Workers, Users]", "[Workers, '']", "at least 1"),
        ("[Workers, Users]", f"[Workers, {'ö' * 15}]", "more than 28 bytes in UTF-8"),
        ("[cooperative, trust]", f"[cooperative, {'ö' * 17}]", "more than 32 bytes in UTF-8"),
        ("name: Aurora Commons Network", "name: 7", "valid string"),
        ("name: Aurora Commons Network", "name: ''", "at least 1"),
        ("{name: Lantern Bakery}", "{name: ''}", "at least 1"),
        ("{text: Bread for every assembly.}", "nothing", "valid dictionary or instance of Pledge"),
    ],
)
def test_a_value_out_of_range_is_refused_with_a_sentence(
    file: Path, old: str, new: str, message: str
) -> None:
    content = changed((old, new))

    found = problems(file, content)

    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("approval: 66.67 %", "approval: 50 %"),
        ("quorum: 50 %", "quorum: 19 %"),
        ("voting_period: 2 hours", "voting_period: 59 minutes"),
        ("delay: 1 hour", "delay: 59"),
        ("closing: 20 %", "closing: 9 %"),
        ("method: each class", "method: majority"),
        ("method: weighted", "method: consent and majority\n    objections: 1"),
    ],
)
def test_the_amendment_rule_is_in_no_respect_weaker(file: Path, old: str, new: str) -> None:
    strict = changed(("approval: 50 %", "approval: 51 %"), ("method: majority", "method: weighted"))
    assert strict.count(old) >= 1

    found = problems(file, strict.replace(old, new, 1))

    assert "rules.amendment: it may in no respect be weaker than the ordinary rule" in found[0]


def test_weights_are_those_of_the_constituencies_in_their_order(file: Path) -> None:
    file.write_text(changed(("Workers: 60 %, Users: 40 %", "Users: 100 %")))

    assert charter.load(file).weights() == [0, 10_000]


def test_a_charter_without_weights_has_none(file: Path) -> None:
    content = changed(("weights: {Workers: 60 %, Users: 40 %}\n", ""))
    file.write_text(content.replace("method: weighted", "method: majority"))

    assert charter.load(file).weights() == []


def test_every_fault_of_a_rule_stands_in_one_sentence(file: Path) -> None:
    found = problems(file, changed(("quorum: 20 %", "quorum: 20 %\n    objections: 1")))

    assert found == [
        f"{line_of(GOOD, '  ordinary:')}: rules.ordinary: consent needs a number of objections "
        "from 1; no other method does"
    ]


def test_more_rules_than_the_rulebook_holds_are_refused(file: Path) -> None:
    one = "{method: majority, approval: 50 %, quorum: 0 %, voting_period: 1, delay: 0}"
    many = "".join(f"  r{number}: {one}\n" for number in range(252))

    found = problems(file, changed(("assignments:\n", f"{many}assignments:\n")))

    assert len(found) == 1 and "at most 255" in found[0]


def test_the_example_is_a_charter() -> None:
    example = Path(__file__).parents[2] / "examples" / "charter.yaml"

    assert charter.load(example).declaration.open_proposals == 3


@pytest.mark.parametrize("words", ["majority", "weighted and each class", "consent and majority"])
def test_methods_are_read_in_any_order(words: str) -> None:
    expected = {Method[one.upper().replace(" ", "_")] for one in words.split(" and ")}

    assert methods(words) == reduce(or_, expected)


def test_more_constituencies_than_the_register_holds_are_refused(file: Path) -> None:
    many = ", ".join(f"c{number}" for number in range(65))

    found = problems(file, changed(("[Workers, Users]", f"[{many}]")))

    assert len(found) == 1 and "at most 64" in found[0]


def test_a_charter_without_founders_is_refused(file: Path) -> None:
    content = GOOD[: GOOD.index("founders:")] + "founders: []\n"

    assert "founders: List should have at least 1 item" in problems(file, content)[0]


# ---------------------------------------------------------------------- durations and shares


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0 seconds", 0),
        ("1 second", 1),
        ("90 seconds", 90),
        ("1 minute", 60),
        ("2 hours", 7200),
        ("1 day", 86_400),
        ("3 days", 259_200),
        ("2 weeks", 1_209_600),
        (" 3 days ", 259_200),
        ("1 days", 86_400),
        (90, 90),
        (-90, -90),  # refused by the range, with its own sentence
    ],
)
def test_a_duration_is_seconds_or_words(written: Any, read: int) -> None:
    assert seconds(written) == read


@pytest.mark.parametrize(
    "written", ["", "3", "days", "3days", "3.5 days", "-3 days", "3 months", "3 days 2 hours"]
)
def test_other_words_are_no_duration(written: str) -> None:
    with pytest.raises(ValueError, match="a duration is a number of seconds"):
        seconds(written)


@given(st.integers(0, 10_000))
def test_a_share_reads_back(points: int) -> None:
    assert basis_points(f"{points // 100}.{points % 100:02} %") == points


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("50 %", 5000),
        ("50%", 5000),
        ("66.67 %", 6667),
        ("66.6 %", 6660),
        ("0 %", 0),
        ("007 %", 700),
    ],
)
def test_a_share_has_at_most_two_decimals(written: str, read: int) -> None:
    assert basis_points(written) == read


@pytest.mark.parametrize(
    "written",
    [50, 0.5, "50", "", "%", ".5 %", "50. %", "66.667 %", "-1 %", "1000 %", "50 % ?", None],
)
def test_what_is_not_written_as_a_percentage_is_no_share(written: Any) -> None:
    with pytest.raises(ValueError, match="a share is written like"):
        basis_points(written)


# ---------------------------------------------------------------------- hostile files


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "1: a charter is a list of `field: value`"),
        ("just words", "1: a charter is a list of `field: value`"),
        ("- a\n- b\n", "1: a charter is a list of `field: value`"),
        ("a: [1,\nb: 2\n", "3: this is not YAML: "),
        ("a: b: c\n", "1: this is not YAML: "),
        ("a: 1\n\tb: 2\n", "2: this is not YAML: "),
        ("a: 1\n---\nb: 2\n", "2: this is not YAML: "),
        ("a: \0\n", "1: this is not YAML: "),
        (b"name: x\npurpose: \xff\n", "2: this is not UTF-8"),
        (b"\xff\xfen\0a\0", "1: this is not UTF-8"),
        ("name: x\nname: y\n", "2: 'name' stands here twice"),
        ("rules:\n  a: 1\n  'a': 2\n", "3: 'a' stands here twice"),
        ("name: !!python/object/apply:os.getcwd []\n", "1: "),
        ("name: !!python/name:os.getcwd x\n", "1: this value cannot be read"),
        ("name: !!int x\n", "1: this value cannot be read"),
        (f"voting_delay: {'9' * 5000}\n", "1: this value cannot be read"),
        ("a: " + "[" * 3000, "1: this is not YAML: "),
        ("a: " + "{b: " * 3000, "1: this is not YAML: "),
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_a_file_that_is_no_charter_is_refused_with_its_line(
    file: Path, content: str | bytes, problem: str
) -> None:
    assert problems(file, content)[0].startswith(problem)


@pytest.mark.parametrize(
    "content",
    [
        "a: &x [1, 2]\nb: *x\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "base: &base {name: x}\ncopy:\n  <<: *base\n",
    ],
)
def test_aliases_are_not_followed(file: Path, content: str) -> None:
    assert "anchors and aliases" in problems(file, content)[0]


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_however_deep_a_file_is_it_is_refused_and_not_followed(file: Path, opening: str) -> None:
    closing = {"[": "]", "{a: ": "}"}[opening]
    for depth in (1, 10, *range(150, 420, 9), 2000):
        found = problems(file, "x: " + opening * depth + closing * depth)
        assert found


def test_a_huge_file_is_not_parsed(file: Path) -> None:
    file.write_bytes(b"# " + b"x" * SIZE_LIMIT)

    with pytest.raises(InvalidInput, match="larger than"):
        charter.load(file)


def test_a_file_that_is_none_is_refused(file: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        charter.load(file)


def test_the_text_must_be_there(file: Path) -> None:
    found = problems(file, changed(("text.md", "nowhere.md")))

    assert found[0].startswith("3: text: ") and "No such file" in found[0]


@pytest.mark.parametrize("size", [0, DOCUMENT_LIMIT + 1])
def test_the_text_fits_one_block(file: Path, size: int) -> None:
    (file.parent / "text.md").write_bytes(b"x" * size)

    assert "is empty or larger than" in problems(file, GOOD)[0]


def test_an_account_without_quotes_stays_an_account(file: Path) -> None:
    file.write_text(GOOD.replace('"', ""))

    accounts = [founder.account for founder in charter.load(file).declaration.founders]

    assert accounts == ["0x" + "1" * 40, "0x" + "2" * 40]


@pytest.mark.parametrize("part", ["voting_delay: 1 minute", "floor: 3"])
def test_yes_is_not_a_number(file: Path, part: str) -> None:
    field = part.partition(":")[0]

    found = problems(file, changed((part, f"{field}: yes")))

    assert len(found) == 1 and field in found[0]
