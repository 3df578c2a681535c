"""Settings, resolved once: flags, environment (`METAORG_*`), `metaorg.toml`, defaults."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from metaorg.errors import Misconfigured
from metaorg.types import Address, Model

FILE = "metaorg.toml"
PREFIX = "METAORG_"
TOKEN = "METAORG_PINNING_TOKEN"  # noqa: S105 - its name
"""The variable with the pinning service's token, which stands in no file and on no command line."""
OTHERS = {"METAORG_HOME", "METAORG_DEBUG", TOKEN}
"""Variables of that prefix that are no settings: the folder for data, tracebacks, and the token."""


def data_folder() -> Path:
    """Where keys and the commons are: `METAORG_HOME`, or the platform's folder for user data."""
    home = os.environ.get("METAORG_HOME")
    if home:
        return Path(home).expanduser()
    from platformdirs import user_data_path

    return user_data_path("metaorg")


def _account(spec: str) -> str:
    """A key that stands here by mistake is found before anything repeats it."""
    if re.search(r"[0-9a-fA-F]{64}", spec) or not re.match(r"(keystore|env|rpc|safe):.", spec):
        raise ValueError(
            "it is none of keystore:FILE, env:NAME, rpc:ADDRESS and safe:ADDRESS (never the key "
            "itself)"
        )
    return spec


def _listed(value: Any) -> Any:
    """Addresses in one text, as a variable holds them, separated by spaces or commas."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


class Settings(Model):
    """Everything that a command needs to know about its surroundings.

    Args:
        rpc: the node's address.
        chain_id: the chain that is expected; any when absent.
        address: the meta-organization's front door.
        account: who acts: `keystore:FILE`, `env:NAME`, `rpc:ADDRESS` or `safe:ADDRESS`.
        password_file: a file with the keystore's password; asked on the terminal when absent.
        store: where the commons are: `embedded:FILE`, or `kubo:` and a multiaddress or URL.
        gateways: addresses of trustless gateways and members' nodes, to read what the store lacks.
        pinning: the address of a pinning service; its token is METAORG_PINNING_TOKEN.
        keys: the folder of keystores.
        timeout: seconds that one request may take.
    """

    rpc: str = "http://127.0.0.1:8545"
    chain_id: int | None = Field(default=None, ge=1)
    address: Address | None = None
    account: Annotated[str, AfterValidator(_account)] | None = None
    password_file: Path | None = None
    store: str = Field(default_factory=lambda: f"embedded:{data_folder() / 'commons'}")
    gateways: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    pinning: str | None = None
    keys: Path = Field(default_factory=lambda: data_folder() / "keys")
    timeout: float = Field(default=30, gt=0)


class Resolved(Model):
    """Settings and where each of them came from: a flag, a variable, the file, or the default."""

    settings: Settings
    origins: Mapping[str, str]


def resolve(
    flags: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Resolved:
    """Settle every setting.

    Args:
        flags: what was said on the command line; None stands for "not said".
        environment: the process's when absent.
        folder: where `metaorg.toml` may be; the current folder when absent.

    Raises:
        Misconfigured: a value cannot be used or a setting is not known; says where it came from.
    """
    environment = os.environ if environment is None else environment
    path = (folder or Path.cwd()) / FILE
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in (
        (str(path), _from_file(path)),
        ("environment", _from_environment(environment)),
        ("flag", {name: value for name, value in flags.items() if value is not None}),
    ):
        values |= layer
        origins |= dict.fromkeys(layer, origin)
    try:
        return Resolved(settings=Settings(**values), origins=origins)
    except ValidationError as error:
        raise Misconfigured("\n".join(_problems(error, origins))) from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHERS
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise Misconfigured(
            f"the environment sets {', '.join(unknown)}, and there is no such setting; "
            f"known are {', '.join(sorted(known))}"
        )
    return {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if PREFIX + name.upper() in environment
    }


def _problems(error: ValidationError, origins: Mapping[str, str]) -> list[str]:
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0])
        origin = origins.get(name, "")
        if problem["type"] == "extra_forbidden":
            known = ", ".join(Settings.model_fields)
            found.append(f"{origin}: there is no setting {name!r}; known are {known}")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            found.append(f"{name} (from {origin}): {message}")
    return found
