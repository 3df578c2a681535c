"""The small documents whose digests are on chain: profiles, pledges, reasons, proposals ...

Each is canonical JSON (RFC 8785) in one raw block, so that `sha256sum` of the file is the digest.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from metaorg.errors import InvalidInput
from metaorg.types import Cid

NAME_LIMIT = 200
TEXT_LIMIT = 100_000
ENVELOPE_KEYS = 256
"""Sharing keys to which one envelope is sealed: opening takes a second, then four times as long."""
ENVELOPE_SIZE = 1 << 16
"""Characters of an envelope's sealed part."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has control characters or line breaks")
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=NAME_LIMIT),
    AfterValidator(_printable),
]
"""One line of text, at most 200 characters; may be empty."""
Name = Annotated[Line, Field(min_length=1)]
"""One line of text that is not empty."""
Text = Annotated[str, StringConstraints(max_length=TEXT_LIMIT)]
"""Markdown, at most 100,000 characters."""


def _recipient(text: str) -> str:
    import pyrage

    try:
        canonical = str(pyrage.x25519.Recipient.from_str(text))
    except pyrage.RecipientError:
        canonical = ""
    if canonical != text:  # what stands there is not repeated: it may be the secret key
        raise ValueError(
            "it is no public sharing key, which begins with age1: `metaorg keys sharing list` "
            "shows those there are"
        )
    return text


def _if_any(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda text: check(text) if text else text)


def _served(text: str) -> str:
    """An address to which a path can be added.

    Whatever passes here, `metaorg.ipfs.Gateways` takes: one profile must not stop who reads all.
    """
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    plain = text.isascii() and "@" not in text
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ValueError(
            "it is no address like https://commons.example.org, in ASCII and without a password"
        )
    if "?" in text or "#" in text or " " in text:
        raise ValueError("a path is added to it, so that it has no ?, # or space")
    return text


def _sorted(texts: tuple[str, ...]) -> tuple[str, ...]:
    if list(texts) != sorted(set(texts)):
        raise ValueError("they are not in order, or one stands there twice")
    return texts


def _cid(text: str) -> str:
    try:
        canonical = str(Cid.parse(text))
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    if canonical != text:
        raise ValueError(f"its canonical form is {canonical}")
    return text


Recipient = Annotated[str, AfterValidator(_recipient)]
"""An organization's public sharing key: an age X25519 recipient, "age1..."."""
CidText = Annotated[str, AfterValidator(_cid)]
"""A CID in its canonical text."""
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""What a sharing key is called: 16 hex digits of the sha256 of its public text."""


class Record(BaseModel):
    """A document. Fields that this version does not know are kept: later ones stay readable."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def content(self) -> dict[str, Any]:
        """What is written: every field that says something."""
        return self.model_dump(exclude_defaults=False, exclude_none=True)


R = TypeVar("R", bound=Record)


def made(kind: type[R], /, **fields: Any) -> R:
    """A record from what people wrote.

    Raises:
        InvalidInput: with every problem, each with its field.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise InvalidInput(
            *(
                f"{kind.__name__.lower()}: {'.'.join(map(str, one['loc']))}: "
                + one["msg"].removeprefix("Value error, ")
                for one in problems
            )
        ) from None


class Profile(Record):
    """Who an organization is. No personal data belong here: the document is public.

    Args:
        sharing_key: to which others seal what this organization may read.
        node: the address at which it serves its commons.
    """

    type: Literal["Profile"] = "Profile"
    name: Name
    identifier: Line = ""
    legal_form: Line = ""
    sector: Line = ""
    locality: Line = ""
    region: Line = ""
    country: Line = ""
    website: Line = ""
    sharing_key: Annotated[Line, _if_any(_recipient)] = ""
    node: Annotated[Line, _if_any(_served)] = ""

    def content(self) -> dict[str, Any]:
        """The fields that came later are left out when empty: older profiles keep their digests."""
        later = {name for name in ("sharing_key", "node") if not getattr(self, name)}
        return {name: value for name, value in super().content().items() if name not in later}


class Pledge(Record):
    """What an organization gives to the network: its patronage, in words."""

    type: Literal["Pledge"] = "Pledge"
    text: Annotated[Text, Field(min_length=1)]


class Reason(Record):
    """Why a step was taken."""

    type: Literal["Reason"] = "Reason"
    text: Annotated[Text, Field(min_length=1)]


class Proposal(Record):
    """The body of a proposal; `actions` say in words what each call does."""

    type: Literal["Proposal"] = "Proposal"
    title: Name
    body: Text = ""
    actions: tuple[str, ...] = ()


class Sealed(Record):
    """Under which terms a sealed resource is shared: for what, how long, and what else holds."""

    format: Literal["age+car"] = "age+car"
    purpose: Annotated[Text, Field(min_length=1)]
    retention: Line = ""
    terms: Text = ""


class Description(Record):
    """What a resource of the commons is.

    Args:
        size: bytes of its content, without the blocks that hold a large one together.
        kind: a file unless it says folder. profile: how its CID was made.
        sealed: when not everybody can read it; then type, name and kind are those of the envelope.
    """

    type: Literal["Description"] = "Description"
    title: Name
    text: Text = ""
    media_type: Line = "application/octet-stream"
    filename: Line = ""
    size: int = Field(default=0, ge=0)
    kind: Literal["folder"] | None = None
    profile: Line | None = None
    sealed: Sealed | None = None


class Envelope(Record):
    """Lets those who hold one of some sharing keys open a sealed resource. It is public.

    Args:
        resource: the sealed bytes.
        keys: who can open it, by key id, in order.
        age: base64 of an age file to these keys, whose content `metaorg.ipfs.sealing` describes.
    """

    type: Literal["Envelope"] = "Envelope"
    resource: CidText
    keys: Annotated[
        tuple[KeyId, ...], Field(min_length=1, max_length=ENVELOPE_KEYS), AfterValidator(_sorted)
    ]
    age: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=ENVELOPE_SIZE)
    ]


class CharterDocument(Record):
    """A meta-organization in words, as founded."""

    type: Literal["Charter"] = "Charter"
    name: Name
    purpose: Text


def read_description(description: str) -> tuple[str, Cid | None]:
    """Title and body link of a proposal's description."""
    lines = description.splitlines()
    title = lines[0].removeprefix("# ") if lines else ""
    for line in lines:
        if line.startswith("ipfs://"):
            try:
                return title, Cid.parse(line)
            except InvalidInput:
                break
    return title, None
