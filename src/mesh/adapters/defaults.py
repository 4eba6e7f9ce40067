"""What both platforms use for ports that need nothing of theirs."""

import uuid
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """32 hexadecimal digits that nobody else has."""
    return uuid.uuid4().hex
