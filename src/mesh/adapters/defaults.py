"""What both platforms use for ports that need nothing of theirs."""

from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class NotJoined:
    """The mesh before sharing is set up: nobody has seen anything."""

    def seen_by(self, indicator_type: str, value: str) -> int | None:  # noqa: ARG002
        return None
