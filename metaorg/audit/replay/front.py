"""The front door and the lists of the register, as the events lead to them."""

from collections.abc import Callable, Mapping
from typing import Any

from metaorg.audit.events import Happened
from metaorg.onchain.contract import unpadded
from metaorg.rules.admission import Admission, Readoption
from metaorg.types import ZERO_DIGEST, Address

Handlers = Mapping[str, Callable[[Happened], None]]
"""What to do with an event, by its name."""


class Front:
    """What was last set.

    Args (attributes): registered: modules by name, in order of their first registration.
        constituencies, kinds: names, padded, by index.
    """

    PARTS = (
        *("registered", "charter", "dao_uri", "published_in", "constituencies", "kinds"),
        *("admission", "readoption"),
    )

    def __init__(self) -> None:
        self.registered: dict[str, Address] = {}
        self.charter, self.dao_uri = ZERO_DIGEST, ""
        self.published_in = b""
        """The transaction that set the URI of the public documents."""
        self.constituencies: list[bytes] = []
        self.kinds: list[bytes] = []
        self.admission: Admission | None = None
        self.readoption: Readoption | None = None

    def handlers(self) -> dict[str, Handlers]:
        """By module."""
        return {
            "meta_organization": {
                "ModuleRegistered": self._registered,
                "CharterChanged": self._charter_changed,
                "DAOURIUpdate": self._published,
            },
            "membership": {
                "ConstituencyAdded": lambda event: self.constituencies.append(_name(event)),
                "KindAdded": lambda event: self.kinds.append(_name(event)),
                "AdmissionChanged": self._admission_changed,
                "ReadoptionChanged": self._readoption_changed,
            },
        }

    def _registered(self, event: Happened) -> None:
        self.registered[unpadded(event.arguments["name"])] = event.arguments["module"]

    def _charter_changed(self, event: Happened) -> None:
        self.charter = event.arguments["digest"]

    def _published(self, event: Happened) -> None:
        self.dao_uri, self.published_in = event.arguments["daoURI"], event.transaction

    def _admission_changed(self, event: Happened) -> None:
        self.admission = Admission(**event.arguments["admission"])

    def _readoption_changed(self, event: Happened) -> None:
        self.readoption = Readoption(**event.arguments["readoption"])


def _name(event: Happened) -> Any:
    return event.arguments["name"]
