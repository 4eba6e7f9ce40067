"""What both platforms use for ports that need nothing of theirs."""

import base64
import secrets
import uuid
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """32 hexadecimal digits that nobody else has."""
    return uuid.uuid4().hex


def new_secret() -> str:
    """Base64 of 32 random bytes, as `Platform.secrets` gives them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()
