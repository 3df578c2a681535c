"""The small documents whose digests are on chain: profiles, pledges, reasons, proposals ...

Each is canonical JSON (RFC 8785) in one raw block, so that `sha256sum` of the file is the digest.
"""

from typing import Annotated, Any, Literal, TypeVar

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
    """Who an organization is. No personal data belong here: the document is public."""

    type: Literal["Profile"] = "Profile"
    name: Name
    identifier: Line = ""
    legal_form: Line = ""
    sector: Line = ""
    locality: Line = ""
    region: Line = ""
    country: Line = ""
    website: Line = ""


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


class Sealed(BaseModel):
    """Under which terms a sealed resource is shared: for what, how long, and what else holds."""

    model_config = ConfigDict(frozen=True, extra="allow")

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
