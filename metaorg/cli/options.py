"""Options that many commands share, declared once, and the functions that read their values.

A command receives them as one value: `ReadFlags` or `WriteFlags`. Nothing here is slow to import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from metaorg.errors import InvalidInput

if TYPE_CHECKING:
    from metaorg.types import Cid

CONNECTION, WRITING = "Connection", "Writing"


def reader(read: Callable[[str], Any], name: str) -> Callable[[str], Any]:
    """A function for `parser=`: what `read` refuses is a wrong use of the command."""

    def parse(text: str) -> Any:
        try:
            return read(text)
        except InvalidInput as error:
            raise typer.BadParameter(str(error)) from None

    parse.__name__ = name
    return parse


def _address(text: str) -> str:
    from metaorg.types import checksum_address

    return checksum_address(text)


def _cid(text: str) -> "Cid":
    from metaorg.types import Cid

    return Cid.parse(text)


def _text(text: str) -> str:
    from metaorg.records import TEXT_LIMIT

    if not text.strip() or len(text) > TEXT_LIMIT:
        raise InvalidInput(f"a text of 1 to {TEXT_LIMIT} characters is expected")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("this is not UTF-8") from None
    return text


def _split(text: str) -> tuple[int, int, int]:
    from metaorg.organization.assembly import split_from

    return split_from(text)


address = reader(_address, "address")
cid = reader(_cid, "cid")
text = reader(_text, "text")
split = reader(_split, "split")

AccountArgument = Annotated[
    str, typer.Argument(parser=address, metavar="ACCOUNT", help="The organization's account.")
]
AccountsArgument = Annotated[
    list[str] | None,
    typer.Argument(parser=address, metavar="ACCOUNT", help="Accounts of organizations."),
]
CidArgument = Annotated[
    Any, typer.Argument(parser=cid, metavar="CID", help="The resource's CID, or ipfs://CID.")
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file; - is stdin.")]
ProposalArgument = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER",
        help="Its number, the first digits of it (4 or more), or '#3' for the third proposal.",
    ),
]
Reason = Annotated[str, typer.Option(parser=text, metavar="TEXT", help="Why; it is public.")]
Split = Annotated[
    Any,
    typer.Option(
        parser=split,
        metavar="PARTS",
        help='In parts, exactly: "for=60 %, against=40 %"; 100 % together.',
    ),
]
SignOnly = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Only sign it, into this new file, which anybody can send: acting needs no ETH. "
        "For a Safe, its owners sign the file with `metaorg safe sign`.",
    ),
]
SignedFiles = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Send what --sign-only wrote; anybody may; repeatable."),
]
ProfileName = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="The organization's name, public.")
]
ProfileFile = Annotated[
    Path | None,
    typer.Option(
        "--profile", metavar="FILE", help="More about it as JSON: name, sector, locality, ..."
    ),
]
ActArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="What --sign-only wrote for a Safe.")
]
Constituency = Annotated[
    str | None, typer.Option(metavar="NAME", help="The class in which to join.")
]
PledgeText = Annotated[
    str | None,
    typer.Option("--pledge", parser=text, metavar="TEXT", help="What the organization gives."),
]
PledgeFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The pledge as a text file; - is stdin.")
]

_Rpc = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The node's address.", rich_help_panel=CONNECTION),
]
_ChainId = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Refuse any other chain than this.", rich_help_panel=CONNECTION
    ),
]
_Store = Annotated[
    str | None,
    typer.Option(
        metavar="STORE",
        help="Where documents are: embedded:FILE, kubo:MULTIADDR or a daemon's URL.",
        rich_help_panel=CONNECTION,
    ),
]
_Gateways = Annotated[
    list[str] | None,
    typer.Option(
        "--gateway",
        metavar="URL",
        help="A trustless gateway or a member's node, to read what the store lacks; repeatable.",
        rich_help_panel=CONNECTION,
    ),
]
_Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=86_400,
        metavar="SECONDS",
        help="How long one request may take.",
        rich_help_panel=CONNECTION,
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_Address = Annotated[
    str | None,
    typer.Option(
        parser=address,
        metavar="ADDRESS",
        help="The meta-organization's address.",
        rich_help_panel=CONNECTION,
    ),
]
_Account = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="Who acts: keystore:FILE, env:NAME of a variable, rpc:ADDRESS, or safe:ADDRESS for a "
        "Safe; never a key.",
        rich_help_panel=WRITING,
    ),
]
_PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The keystore's password; asked for when absent.",
        rich_help_panel=WRITING,
    ),
]
_DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Show what would be signed and sent, and the gas; send and store nothing.",
        rich_help_panel=WRITING,
    ),
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.", rich_help_panel=WRITING)]
_As = Annotated[
    Literal["send", "propose", "print", "safe"],
    typer.Option(
        "--as",
        help="Send it, propose it to the Assembly, print it for `assembly propose --actions`, or "
        "write a batch for the Transaction Builder of the Safe that --account names.",
        rich_help_panel=WRITING,
    ),
]
_SendOrPrint = Annotated[
    Literal["send", "print", "safe"],
    typer.Option(
        "--as",
        help="Send it, print it for others to send, or write a batch for the Transaction Builder "
        "of the Safe that --account names.",
        rich_help_panel=WRITING,
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="With --as safe or --as print: write to this new file, not to stdout.",
        rich_help_panel=WRITING,
    ),
]
_Title = Annotated[
    str | None,
    typer.Option(
        parser=text,
        metavar="TEXT",
        help="With --as propose: the proposal's title.",
        rich_help_panel=WRITING,
    ),
]
_Body = Annotated[
    str | None,
    typer.Option(
        parser=text,
        metavar="TEXT",
        help="With --as propose: its text, Markdown.",
        rich_help_panel=WRITING,
    ),
]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What every command has."""

    as_json: _Json = False


@dataclass(frozen=True, kw_only=True)
class KeyFlags(Flags):
    """What a command needs that makes a key."""

    password_file: _PasswordFile = None


@dataclass(frozen=True, kw_only=True)
class ChainFlags(Flags):
    """Where chain and documents are; None stands for "not said"."""

    rpc: _Rpc = None
    chain_id: _ChainId = None
    store: _Store = None
    gateways: _Gateways = None
    timeout: _Timeout = None


@dataclass(frozen=True, kw_only=True)
class ReadFlags(ChainFlags):
    """What a command needs that reads one meta-organization."""

    address: _Address = None


@dataclass(frozen=True, kw_only=True)
class SignFlags(ChainFlags):
    """What a command needs that signs and sends."""

    account: _Account = None
    password_file: _PasswordFile = None
    dry_run: _DryRun = False
    yes: _Yes = False


@dataclass(frozen=True, kw_only=True)
class AllFlags(SignFlags, ReadFlags):
    """Every setting that has a flag."""


@dataclass(frozen=True, kw_only=True)
class ActFlags(AllFlags):
    """What a command needs whose calls only an organization itself can send."""

    how: _SendOrPrint = "send"
    output: _Output = None


@dataclass(frozen=True, kw_only=True)
class WriteFlags(AllFlags):
    """What a command needs whose calls can be sent, proposed or printed."""

    how: _As = "send"
    output: _Output = None
    title: _Title = None
    body: _Body = None


@dataclass(frozen=True, kw_only=True)
class DecisionFlags(WriteFlags):
    """The same for what only a decision can do."""

    how: _As = "propose"
