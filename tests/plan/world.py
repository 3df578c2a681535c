"""Charters, what is in force after their founding, and contracts that take or refuse calls."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from hypothesis import strategies as st

from metaorg.charter import Charter, Declaration, encode
from metaorg.onchain.artifacts import load
from metaorg.onchain.chain import Block
from metaorg.onchain.in_force import KINDS, InForce, Registration, after
from metaorg.onchain.inter_constitution import Version
from metaorg.onchain.modules import Modules
from metaorg.onchain.words import (
    admission_parts,
    decode_strictly,
    readoption_parts,
    rule_parts,
)
from metaorg.records import CharterDocument
from metaorg.rules.admission import Admission, AdmissionMethod, Consequence, Readoption
from metaorg.rules.decision import BASIS, METHODS, Method, Rule, no_weaker, percent, strictest
from metaorg.types import Call, Cid, checksum_address

MODULES = Modules(
    **{
        name: checksum_address("0x" + f"{number:x}" * 40)
        for number, name in enumerate(Modules.model_fields, 1)
    }
)
FOUNDER = {
    "account": "0x" + "1" * 40,
    "constituency": "Workers",
    "kind": "cooperative",
    "profile": {"name": "Lantern Bakery"},
    "pledge": {"text": "Bread."},
}
ORDINARY = Rule(
    methods=Method.MAJORITY, approval=5000, quorum=2000, closing=10, delay=60, voting_period=3600
)
AMENDMENT = Rule(
    methods=Method.EACH_CLASS, approval=6667, quorum=5000, closing=20, delay=90, voting_period=7200
)


def written(rule: Rule) -> dict[str, Any]:
    """A rule as a charter's YAML gives it."""
    parts: dict[str, Any] = dict(rule_parts(rule))
    return parts | {"objections": rule.objections, "upgradable": rule.upgradable}


def charter(**changed: Any) -> Charter:
    """A charter; fields of its declaration as YAML gives them, and `content`, the text."""
    content = changed.pop("content", b"We decide together.\n")
    declared = {
        "name": "Aurora Commons Network",
        "purpose": "Share tools.",
        "text": "text.md",
        "constituencies": ["Workers", "Users"],
        "kinds": ["cooperative", "trust"],
        "admission": {
            "method": "lazy consent",
            "window": "1 hour",
            "period": "2 hours",
            "share": "50 %",
            "floor": 3,
        },
        "readoption": {"grace": "90 days", "consequence": "suspended"},
        "voting_delay": "1 minute",
        "open_proposals": 3,
        "rules": {"ordinary": written(ORDINARY), "amendment": written(AMENDMENT)},
        "assignments": {"membership.decide": "ordinary"},
        "founders": [FOUNDER],
    }
    return Charter(declaration=Declaration(**(declared | changed)), text=content)


def founded(made: Charter) -> InForce:
    """What is in force right after a charter was founded."""
    declared, names = made.declaration, made.rule_names()
    kinds = {address: name for name, address in _contracts().items()}
    document = CharterDocument(name=declared.name, purpose=declared.purpose)
    addresses = {"membership": MODULES.membership, "commons": MODULES.commons}
    return InForce(
        block=Block(number=7, hash=bytes(32), time=1_700_000_000),
        modules=MODULES,
        registrations=tuple(
            Registration(name=name, address=_contracts()[KINDS[name]], block=7) for name in KINDS
        ),
        contracts=kinds,
        name=declared.name,
        charter=Cid.of(encode(document)).digest,
        version=Version(number=1, text=made.text_cid, since=1_700_000_000),
        constituencies=tuple(declared.constituencies),
        kinds=tuple(declared.kinds),
        admission=declared.admission.rule(),
        readoption=declared.readoption.rule(),
        voting_delay=declared.voting_delay,
        open_proposals=declared.open_proposals,
        weights=tuple(made.weights()),
        rules=tuple(declared.rules[name].rule() for name in names),
        assigned={
            (addresses[module], selector): names.index(rule)
            for (module, selector), rule in made.assignments().items()
        },
        minimum_delay=declared.rules["ordinary"].delay,
    )


def carried_out(now: InForce, calls: Sequence[Call]) -> InForce:
    """What is in force after all of these calls; fails where a contract would refuse one."""
    for call in calls:
        contract = now.contracts[call.to]
        entry = load(contract).selectors[call.data[:4]]
        given, extra = decode_strictly(entry, call.data)
        assert extra == 0
        function = f"{contract}.{entry['name']}"
        now = after(now, function, given)
        _CHECKS.get(function, lambda _now, _given: None)(now, given)
    return now


def _rule_taken(now: InForce, given: Mapping[str, Any]) -> None:
    """Rulebook._setRule, of what is in force with it."""
    Rule.model_validate(now.rules[given["index"]].model_dump())
    assert Method.WEIGHTED not in now.rules[given["index"]].methods or now.weights
    if given["index"] < 2:
        assert no_weaker(now.rules[1], now.rules[0]), given


def _weights_taken(now: InForce, given: Mapping[str, Any]) -> None:
    assert sum(given["weights_"]) == BASIS
    assert len(given["weights_"]) <= 64


def _assignment_taken(now: InForce, given: Mapping[str, Any]) -> None:
    assert given["index"] < len(now.rules)
    assert given["target"] in (MODULES.membership, MODULES.commons)


_CHECKS = {
    "Rulebook.setRule": _rule_taken,
    "Rulebook.setWeights": _weights_taken,
    "Rulebook.assignRule": _assignment_taken,
}


def _contracts() -> dict[str, str]:
    """Address by contract."""
    return {
        "MetaOrganization": MODULES.meta_organization,
        "Timelock": MODULES.timelock,
        "Authority": MODULES.authority,
        "InterConstitution": MODULES.inter_constitution,
        "Membership": MODULES.membership,
        "Commons": MODULES.commons,
        "Rulebook": MODULES.rulebook,
        "Assembly": MODULES.assembly,
    }


# ---------------------------------------------------------------------- anything that can stand

seconds = st.integers(0, (1 << 32) - 1)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule."""
    chosen = draw(st.sets(st.sampled_from([*METHODS.values()]), min_size=1))
    methods = reduce(or_, chosen)
    consent = Method.CONSENT in methods
    return Rule(
        methods=methods,
        approval=0 if methods == Method.CONSENT else draw(st.integers(5000, 9999)),
        quorum=draw(st.integers(0, BASIS)),
        objections=draw(st.integers(1, 65_535)) if consent else 0,
        closing=draw(st.integers(0, 100)),
        upgradable=draw(st.booleans()),
        delay=draw(seconds),
        voting_period=draw(st.integers(1, (1 << 31) - 1)),
    )


@st.composite
def first_two(draw: st.DrawFn) -> tuple[Rule, Rule]:
    """Any ordinary rule, with an amendment rule that is no weaker."""
    ordinary, other = draw(rules()), draw(rules())
    return ordinary, other if no_weaker(other, ordinary) else strictest([ordinary, other])


@st.composite
def charters(draw: st.DrawFn, constituencies: Sequence[str] = ("Workers", "Users")) -> Charter:
    """Any charter with these constituencies, or more."""
    more = draw(st.sampled_from([[], ["Friends"], ["Friends", "Towns"]]))
    names = [*constituencies, *(name for name in more if name not in constituencies)]
    others = draw(st.lists(rules(), max_size=3))
    declared = dict(zip(("ordinary", "amendment"), draw(first_two()), strict=True))
    declared |= {f"other{number}": rule for number, rule in enumerate(others)}
    shares = sorted(draw(st.lists(st.integers(0, BASIS), min_size=len(names) - 1,
                                  max_size=len(names) - 1)))  # fmt: skip
    edges = [0, *shares, BASIS]
    method = draw(st.sampled_from(AdmissionMethod))
    lazy = method == AdmissionMethod.LAZY_CONSENT
    admission = Admission(
        method=method,
        window=draw(st.integers(1, (1 << 32) - 1)) if lazy else 0,
        period=draw(st.integers(1, (1 << 32) - 1)),
        share=draw(st.integers(0, BASIS)),
        floor=draw(st.integers(1, 65_535)),
    )
    readoption = Readoption(grace=draw(seconds), consequence=draw(st.sampled_from(Consequence)))
    functions = st.sampled_from(["membership.decide", "membership.expel", "commons.publish"])
    return charter(
        purpose=draw(st.sampled_from(["Share tools.", "Share all.", ""])),
        content=draw(st.sampled_from([b"One.\n", b"Two.\n"])),
        constituencies=names,
        kinds=["cooperative", "trust", *draw(st.sampled_from([[], ["school"]]))],
        admission={**admission_parts(admission), "floor": admission.floor},
        readoption=readoption_parts(readoption),
        voting_delay=draw(seconds),
        open_proposals=draw(st.integers(1, 5)),
        weights={name: percent(edges[at + 1] - edges[at]) for at, name in enumerate(names)},
        rules={name: written(rule) for name, rule in declared.items()},
        assignments=draw(st.dictionaries(functions, st.sampled_from([*declared]), max_size=3)),
    )
