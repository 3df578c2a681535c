"""Times as people write them."""

from datetime import UTC, datetime

_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def moment(time: int) -> str:
    """Unix seconds as ISO 8601 in UTC; empty for 0, which stands for "never"."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""
    except (OverflowError, ValueError, OSError):
        return "beyond year 9999"


def duration(seconds: int) -> str:
    """Seconds in the largest units that say it exactly: "1 week", "2 days 12 hours"."""
    parts = []
    for name, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}" + ("s" if count > 1 else ""))
    return " ".join(parts) or "0 seconds"


def in_one_unit(seconds: int) -> str:
    """Seconds in the largest unit that says it exactly, as a charter writes it: "90 days"."""
    name, size = next(unit for unit in _UNITS if seconds % unit[1] == 0 or unit[1] == 1)
    count = seconds // size
    return f"{count} {name}" + ("" if count == 1 else "s") if seconds else "0 seconds"
