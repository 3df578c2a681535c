"""What a check finds."""

from collections.abc import Iterator
from typing import Literal

from metaorg.types import Model


class Finding(Model):
    """Something that is not as it must be, or that could not be established."""

    kind: Literal["difference", "unknown"]
    subject: str
    expected: str
    seen: str


Findings = Iterator[Finding]


def compare(subject: str, expected: object, seen: object) -> Findings:
    """A difference unless both are equal."""
    if expected != seen:
        yield differs(subject, str(expected), str(seen))


def differs(subject: str, expected: str, seen: str) -> Finding:
    """Something that is not as it must be."""
    return Finding(kind="difference", subject=subject, expected=expected, seen=seen)
