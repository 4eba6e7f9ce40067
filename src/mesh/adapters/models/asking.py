"""Asking a paid service of AWS through boto3: whatever it or the way to it does wrong is Unavailable."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from mesh.kit.problem import Unavailable

T = TypeVar("T")
CONNECT_S, TRIES = 1.0, 2
# What botocore's own reader stumbles over where JSON is of another form than was promised.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
log = logging.getLogger("mesh.asking")


def made(service: str, region: str | None, read_s: float) -> Any:
    """boto3's client of a service, with short time-outs and one more try: who asks has another way."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=read_s,
        retries={"mode": "standard", "total_max_attempts": TRIES},
    )
    return boto3.Session(region_name=region).client(service, config=config)  # type: ignore[call-overload]


def asked(name: str, client: Callable[[], Any], ask: Callable[[Any], T]) -> T:
    """What `ask` gets of the client; `name` is how the service is called in words. Raises Unavailable."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError as error:
        raise Unavailable(f"boto3, which calls {name}, is not installed.") from error
    try:
        ready = client()
    except (BotoCoreError, ValueError) as error:
        log.warning("%s: %s", name, error)
        raise Unavailable(f"{name} cannot be asked: its region or address is wrong.") from error
    try:
        return ask(ready)
    except ClientError as error:
        log.warning("%s: %s", name, error)
        code = error.response.get("Error", {}).get("Code") or "an error"
        raise Unavailable(f"{name} answered {code}.") from error
    except (ResponseParserError, *UNREADABLE) as error:
        log.warning("%s: %s", name, error)
        raise Unavailable(f"{name}'s answer cannot be read.") from error
    except BotoCoreError as error:
        log.warning("%s: %s", name, error)
        raise Unavailable(f"{name} was not reached ({type(error).__name__}).") from error
