"""Every document that the chain names: what a keeper of the commons holds, what an audit reads."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from metaorg.errors import InvalidInput, Unreachable
from metaorg.onchain import abi
from metaorg.onchain.artifacts import load
from metaorg.onchain.modules import Modules
from metaorg.records import read_description
from metaorg.types import CODECS, RAW, Address, Cid

Named = dict[Cid, str]
"""Documents, and what each of them is."""

PUBLIC = "public documents"
"""What the first of the public documents (ERC-4824) is called; it names the others."""
_PARTS = ("profile", "pledge", "reason", "envelope", "description")
"""Arguments that are the digest of a document in one raw block."""
_CALLS = ("InterConstitution", "Membership", "Commons", "MetaOrganization")
"""Contracts whose functions take digests of documents."""
_RECORDING = ("amend", "setCharter")
"""Functions of theirs that a proposal can call, whose `digest` is a document not on record yet."""


class Told(Protocol):
    """An event: whose it is, and what it says."""

    @property
    def contract(self) -> Address: ...
    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> Mapping[str, Any]: ...


def by_event(modules: Modules, event: Told) -> Named:
    """The documents that one event names."""
    known = _EVENTS.get(event.name)
    if known is not None and getattr(modules, known[0]) == event.contract:
        return known[1](event.arguments)
    if event.contract in (modules.membership, modules.inter_constitution, modules.commons):
        return _parts(event.arguments)
    return {}


def by_call(modules: Modules, to: Address, data: bytes) -> Named:
    """The documents that a call to one of the network's own contracts names; none if it is no such.

    What a proposal would bring into force is needed before it is.
    """
    for name, module in zip(_CALLS, _addresses(modules), strict=True):
        entry = load(name).selectors.get(data[:4])
        if module == to and entry is not None:
            try:
                given = abi.decode_values(entry["inputs"], data[4:])
            except Unreachable:
                return {}
            # Elsewhere a digest is that of something on record, of which the codec is not told.
            whole = given if entry["name"] in _RECORDING else {}
            uri = _public({"daoURI": given["uri"]}) if entry["name"] == "setDaoURI" else {}
            return uri | _whole(whole, f"what {entry['name']} would record") | _parts(given)
    return {}


def _addresses(modules: Modules) -> list[Address]:
    return [
        modules.inter_constitution,
        modules.membership,
        modules.commons,
        modules.meta_organization,
    ]


def _text(given: Mapping[str, Any]) -> Named:
    return _whole(given, f"text of version {given['version']}")


def _resource(given: Mapping[str, Any]) -> Named:
    [resource] = _whole(given, "resource")
    return {resource: "resource", Cid(digest=given["description"]): f"description of {resource}"}


def _charter(given: Mapping[str, Any]) -> Named:
    return _whole(given, "charter document")


def _proposal(given: Mapping[str, Any]) -> Named:
    _, body = read_description(given["description"])
    return {body: f"body of proposal {given['proposalId']}"} if body else {}


def _public(given: Mapping[str, Any]) -> Named:
    try:
        return {Cid.parse(given["daoURI"]): PUBLIC}
    except InvalidInput:
        return {}


def _whole(given: Mapping[str, Any], what: str) -> Named:
    digest = given.get("digest")
    named = isinstance(digest, bytes) and any(digest) and given.get("codec", RAW) in CODECS
    return {Cid(digest=digest, codec=given.get("codec", RAW)): what} if named else {}


def _parts(given: Mapping[str, Any]) -> Named:
    """Profile, pledge, reason or envelope, of the organization or the resource that it is about."""
    who = given.get("organization") or given.get("to")
    if isinstance(given.get("digest"), bytes):
        who = "a resource"
    digests = {part: given.get(part) for part in _PARTS}
    return {
        Cid(digest=one): f"{part} of {who}"
        for part, one in digests.items()
        if isinstance(one, bytes) and any(one)
    }


_EVENTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Named]]] = {
    "Amended": ("inter_constitution", _text),
    "Published": ("commons", _resource),
    "CharterChanged": ("meta_organization", _charter),
    "DAOURIUpdate": ("meta_organization", _public),
    "ProposalCreated": ("assembly", _proposal),
}
"""Events with more than parts: whose they are, and what they name."""
