"""A meta-organization declared in `charter.yaml`; all faults are found at once, with their line."""

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from metaorg.errors import InvalidInput
from metaorg.ipfs import documents
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load as load_artifact
from metaorg.onchain.contract import padded
from metaorg.onchain.membership import admission_arguments, readoption_arguments
from metaorg.onchain.rulebook import rule_arguments
from metaorg.records import CharterDocument, Name, Pledge, Profile, Record, Text
from metaorg.rules.admission import Admission, AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import BASIS, METHODS, Method, Rule, no_weaker
from metaorg.types import DOCUMENT_LIMIT, ZERO_DIGEST, Address, Cid, Digest, Model

M = TypeVar("M", bound=Model)

SIZE_LIMIT = 1 << 20
DEPTH_LIMIT = 50
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def seconds(value: Any) -> Any:
    """A duration in seconds, from a number of seconds or words like "3 days"."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(r"(\d+) (second|minute|hour|day|week)s?", str(value).strip())
    if not found:
        raise ValueError('a duration is a number of seconds, or words like "3 days"')
    return int(found[1]) * _UNITS[found[2]]


def basis_points(value: Any) -> Any:
    """A share in basis points, from "50 %" or "66.67 %"."""
    found = re.fullmatch(r"(\d{1,3})(?:\.(\d{1,2}))? ?%", str(value).strip())
    if not found:
        raise ValueError('a share is written like "50 %", with at most two decimals')
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def percent(value: Any) -> Any:
    """A whole percentage, from "25 %"."""
    points = basis_points(value)
    if points % 100:
        raise ValueError('it is a whole percentage, like "20 %"')
    return points // 100


def _choice(options: type[AdmissionMethod] | type[Consequence]) -> Any:
    def choose(value: Any) -> Any:
        words = {option.words: option for option in options}
        if value not in words:
            raise ValueError(f"it is one of: {', '.join(words)}")
        return words[value]

    return BeforeValidator(choose)


def methods(value: Any) -> Any:
    """A set of methods, from words like "each class" or "weighted and each class"."""
    found = str(value).split(" and ")
    if not all(one in METHODS for one in found) or len(set(found)) != len(found):
        raise ValueError(f'it is one of: {", ".join(METHODS)}; or several, joined by "and"')
    return reduce(or_, (METHODS[one] for one in found))


def _fits(limit: int) -> Any:
    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value.encode()) > limit:
            raise ValueError(f"it has more than {limit} bytes in UTF-8")
        return value

    return BeforeValidator(check)


def _fitting(kind: type[M], **parts: Any) -> M:
    """The value that the contracts keep.

    Raises:
        ValueError: its parts do not fit together; one sentence for each fault.
    """
    try:
        return kind(**parts)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise ValueError("; ".join(map(_sentence, found))) from None


def _sentence(problem: Any) -> str:
    """What is wrong, with the field's name where pydantic words it."""
    said = str(problem["msg"])
    if said.startswith("Value error, "):
        return said.removeprefix("Value error, ")
    return f"{'.'.join(map(str, problem['loc']))}: {said}"


Duration = Annotated[int, BeforeValidator(seconds), Field(ge=0, lt=1 << 32)]
Share = Annotated[int, BeforeValidator(basis_points)]


class DeclaredRule(Model):
    """A decision rule as people write it."""

    method: Annotated[Method, BeforeValidator(methods)]
    approval: Share = 0
    quorum: Share
    objections: StrictInt = Field(default=0, ge=0, lt=1 << 16)
    closing: Annotated[int, BeforeValidator(percent)] = 0
    upgradable: StrictBool = False
    voting_period: Annotated[Duration, Field(ge=1)]
    delay: Duration

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        for name, limit in (("quorum", BASIS), ("closing", 100)):
            if getattr(self, name) > limit:
                raise ValueError(f"{name} is at most 100 %")
        if self.approval >= BASIS:
            raise ValueError("approval is at least 50 % and below 100 %; it must be exceeded")
        self.rule()
        return self

    def rule(self) -> Rule:
        parts = self.model_dump()
        return _fitting(Rule, methods=parts.pop("method"), **parts)


class DeclaredAdmission(Model):
    """The rule of admission as people write it."""

    method: Annotated[AdmissionMethod, _choice(AdmissionMethod)]
    window: Duration = 0
    period: Annotated[Duration, Field(ge=1)]
    share: Share
    floor: StrictInt = Field(ge=1, lt=1 << 16)

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if self.method == AdmissionMethod.LAZY_CONSENT and not self.window:
            raise ValueError("lazy consent needs a window in which members can object")
        if self.share > BASIS:
            raise ValueError("share is at most 100 %")
        self.rule()
        return self

    def rule(self) -> Admission:
        return _fitting(Admission, **self.model_dump())


class DeclaredReadoption(Model):
    """What follows an amendment, as people write it."""

    grace: Duration
    consequence: Annotated[Consequence, _choice(Consequence)]

    def rule(self) -> Readoption:
        return Readoption(**self.model_dump())


class DeclaredFounder(Model):
    """An organization that takes one of the first seats."""

    account: Address
    constituency: str
    kind: str
    profile: Profile
    pledge: Pledge


class Declaration(Model):
    """What `charter.yaml` says."""

    name: Annotated[Name, _fits(200)]
    purpose: Text
    text: Annotated[str, StringConstraints(min_length=1)]
    constituencies: list[Annotated[Name, _fits(28)]] = Field(min_length=1, max_length=64)
    kinds: list[Annotated[Name, _fits(32)]] = Field(min_length=1, max_length=255)
    admission: DeclaredAdmission
    readoption: DeclaredReadoption
    voting_delay: Duration
    open_proposals: StrictInt = Field(ge=1, le=5)
    weights: dict[str, Share] = Field(default_factory=dict)
    rules: dict[Name, DeclaredRule] = Field(max_length=255)
    assignments: dict[str, str] = Field(default_factory=dict)
    founders: list[DeclaredFounder] = Field(min_length=1)


class Charter(Model):
    """A declaration with its text, ready to be founded.

    Args:
        declaration: as written.
        text: the InterConstitution, the bytes of one block.
    """

    declaration: Declaration
    text: bytes

    @property
    def text_cid(self) -> Cid:
        return Cid.of(self.text)

    @property
    def document(self) -> bytes:
        """The charter document, whose digest is on chain."""
        declared = self.declaration
        return encode(CharterDocument(name=declared.name, purpose=declared.purpose))

    def documents(self) -> list[bytes]:
        """Every block that the founding refers to."""
        blocks = [self.text, self.document]
        for founder in self.declaration.founders:
            blocks += [encode(founder.profile), encode(founder.pledge)]
        return blocks

    def rule_names(self) -> list[str]:
        """Names by number: ordinary, amendment, then the others as written."""
        others = [name for name in self.declaration.rules if name not in ("ordinary", "amendment")]
        return ["ordinary", "amendment", *others]

    def weights(self) -> list[int]:
        """The constituencies' weights in basis points, by index; none where none is declared."""
        declared = self.declaration
        if not declared.weights:
            return []
        return [declared.weights.get(name, 0) for name in declared.constituencies]

    def with_founders(self, founders: Sequence[DeclaredFounder]) -> "Charter":
        """The same charter, founded by others."""
        declaration = self.declaration.model_copy(update={"founders": list(founders)})
        return self.model_copy(update={"declaration": declaration})

    def arguments(self, valid_until: int) -> dict[str, Any]:
        """The factory's struct. `valid_until` is the last second of the founders' signatures."""
        declared = self.declaration
        names = self.rule_names()
        return {
            "name": declared.name,
            "charter": Cid.of(self.document).digest,
            "text": self.text_cid.digest,
            "codec": self.text_cid.codec,
            "constituencies": [padded(name, 28) for name in declared.constituencies],
            "kinds": [padded(name, 32) for name in declared.kinds],
            "admission": admission_arguments(declared.admission.rule()),
            "readoption": readoption_arguments(declared.readoption.rule()),
            "terms": {
                "votingDelay": declared.voting_delay,
                "openProposals": declared.open_proposals,
                "weights": self.weights(),
                "rules": [rule_arguments(declared.rules[name].rule()) for name in names],
            },
            "assignments": [
                (padded(module, 32), selector, names.index(rule))
                for (module, selector), rule in self.assignments().items()
            ],
            "founders": [
                (
                    founder.account,
                    declared.constituencies.index(founder.constituency),
                    declared.kinds.index(founder.kind),
                    Cid.of(encode(founder.profile)).digest,
                    pledge_digest(founder.pledge),
                    valid_until,
                )
                for founder in declared.founders
            ],
        }

    def assignments(self) -> dict[tuple[str, bytes], str]:
        """(module, selector) -> name of the rule."""
        return {
            selector_of(function): rule for function, rule in self.declaration.assignments.items()
        }


def encode(record: Record) -> bytes:
    """A record as the bytes whose digest is on chain."""
    return documents.encode(record.content())


def pledge_digest(pledge: Pledge | None) -> Digest:
    """The digest of a pledge; zero for none."""
    return Cid.of(encode(pledge)).digest if pledge else ZERO_DIGEST


def selector_of(function: str) -> tuple[str, bytes]:
    """Module and selector of a function written like `membership.decide`.

    Raises:
        ValueError: there is no such module or function.
    """
    module, _, name = function.partition(".")
    artifacts = {"membership": "Membership", "commons": "Commons"}
    if module not in artifacts:
        raise ValueError(
            f"{function!r}: a rule can be given to functions of {' and '.join(artifacts)}; "
            "all others always need the amendment rule"
        )
    entry = load_artifact(artifacts[module]).functions.get(name)
    if entry is None or entry["stateMutability"] in ("view", "pure"):
        raise ValueError(f"{function!r}: {module} has no such function to decide about")
    return module, abi.selector(entry)


def load(path: Path) -> Charter:
    """Read a charter and its text.

    Raises:
        InvalidInput: with every problem of the file, each with its line.
    """
    lines, content = _parse(path, _read(path))
    try:
        declaration = Declaration(**content)
    except ValidationError as error:
        raise InvalidInput(*_problems(path, lines, error)) from None
    problems = [
        f"{path}:{_line(lines, place)}: {_place(place)}{message}"
        for place, message in _contradictions(declaration)
    ]
    if problems:
        raise InvalidInput(*problems)
    return Charter(declaration=declaration, text=_text(path, lines, declaration.text))


Place = tuple[str | int, ...]


def _contradictions(declared: Declaration) -> list[tuple[Place, str]]:
    """What is well formed and still cannot be."""
    found: list[tuple[Place, str]] = []
    for part in ("constituencies", "kinds"):
        names = getattr(declared, part)
        if len(set(names)) != len(names):
            found.append(((part,), "a name stands there twice"))
    for index, founder in enumerate(declared.founders):
        for one, many in (("constituency", "constituencies"), ("kind", "kinds")):
            if getattr(founder, one) not in getattr(declared, many):
                known = ", ".join(getattr(declared, many))
                message = f"{getattr(founder, one)!r} is not one of the {many}: {known}"
                found.append((("founders", index, one), message))
    accounts = [founder.account for founder in declared.founders]
    for index, account in enumerate(accounts):
        if account in accounts[:index]:
            found.append((("founders", index, "account"), f"{account} is a founder already"))
    return found + _weight_contradictions(declared) + _rule_contradictions(declared)


def _weight_contradictions(declared: Declaration) -> list[tuple[Place, str]]:
    known = ", ".join(declared.constituencies)
    found: list[tuple[Place, str]] = [
        (("weights", name), f"{name!r} is not one of the constituencies: {known}")
        for name in declared.weights
        if name not in declared.constituencies
    ]
    total = sum(declared.weights.values())
    if declared.weights and total != BASIS:
        found.append((("weights",), f"the weights are {total / 100:g} % together, not 100 %"))
    found += [
        (("rules", name), "a weighted rule needs the constituencies' `weights`")
        for name, rule in declared.rules.items()
        if Method.WEIGHTED in rule.method and not declared.weights
    ]
    return found


def _rule_contradictions(declared: Declaration) -> list[tuple[Place, str]]:
    found: list[tuple[Place, str]] = [
        (("rules",), f"the rule {name!r} is missing")
        for name in ("ordinary", "amendment")
        if name not in declared.rules
    ]
    if not found:
        amendment, ordinary = declared.rules["amendment"], declared.rules["ordinary"]
        if not no_weaker(amendment.rule(), ordinary.rule()):
            message = "it may in no respect be weaker than the ordinary rule"
            found.append((("rules", "amendment"), message))
    for function, rule in declared.assignments.items():
        place = ("assignments", function)
        if rule not in declared.rules:
            found.append((place, f"there is no rule {rule!r}"))
        try:
            selector_of(function)
        except ValueError as error:
            found.append((place, str(error)))
    return found


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > SIZE_LIMIT:
        raise InvalidInput(f"{path} is larger than {SIZE_LIMIT} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidInput(f"{path}:{line}: this is not UTF-8") from None


def _text(path: Path, lines: Mapping[Place, int], name: str) -> bytes:
    file = path.parent / name
    where = f"{path}:{_line(lines, ('text',))}: text"
    try:
        text = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{where}: {file} cannot be read: {error.strerror}") from None
    if not text or len(text) > DOCUMENT_LIMIT:
        raise InvalidInput(f"{where}: {file} is empty or larger than {DOCUMENT_LIMIT} bytes")
    return text


def _parse(path: Path, text: str) -> tuple[dict[Place, int], dict[str, Any]]:
    """The file's lines by place, and its content."""
    if _depth(text) > DEPTH_LIMIT:
        raise InvalidInput(f"{path}:1: this is not YAML: brackets nest too deep")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise InvalidInput(f"{path}: anchors and aliases (&, *) are not used in a charter")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise InvalidInput(f"{path}:{line}: this is not YAML: {problem}") from None
    if not isinstance(node, yaml.MappingNode):
        raise InvalidInput(f"{path}:1: a charter is a list of `field: value`")
    lines: dict[Place, int] = {}
    content = _plain(path, node, (), lines)
    return lines, content


def _depth(text: str) -> int:
    """How deep brackets are nested; the parser's time grows with the square of it."""
    depth = deepest = 0
    for character in re.findall(r"[\[\]{}]", text):
        depth += 1 if character in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _plain(path: Path, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item, (*place, i), lines) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node, place, lines)
    if node.tag.endswith(("timestamp", "binary")) or "0x" in str(node.value)[:2]:
        return node.value
    constructor = yaml.SafeLoader("")
    try:
        return constructor.construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise InvalidInput(
            f"{path}:{line}: this value cannot be read: {node.value!r:.40}"
        ) from None


def _mapping(
    path: Path, node: yaml.MappingNode, place: Place, lines: dict[Place, int]
) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in content:
            raise InvalidInput(f"{path}:{line}: {name!r} stands here twice")
        lines[(*place, name)] = line
        content[name] = _plain(path, value, (*place, name), lines)
    return content


def _problems(path: Path, lines: Mapping[Place, int], error: ValidationError) -> list[str]:
    found = []
    for problem in error.errors(include_url=False):
        place = tuple(problem["loc"])
        message = {
            "extra_forbidden": "there is no such field",
            "missing": "this field is missing",
        }.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        found.append((_line(lines, place), f"{_place(place)}{message}"))
    return [f"{path}:{line}: {message}" for line, message in sorted(found)]


def _line(lines: Mapping[Place, int], place: Place) -> int:
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def _place(place: Place) -> str:
    shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    return f"{shown}: " if shown else ""
