"""An MSP's side of a training that is coordinated elsewhere: Flower's connection to a SuperLink, and our own
ClientApp behind it.

Flower's own SuperNode runs the program that the coordinator sends it. This one runs none: messages go to the
code that is installed here, whatever comes with the run.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import httpx
from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import pull_and_inflate_object_from_tree, push_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode import fleet_http_connection

from mesh.adapters.federation.flower import name_this_process
from mesh.kit.problem import FieldError, Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

POLL_S = 0.1
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Link:
    """Where the SuperLink is, the certificates (PEM) to know it by, and this site's private key. A SuperLink
    that does not answer for `max_wait_s` seconds is gone; without a number it is waited for."""

    superlink: str
    certificates: str
    key: Path
    max_wait_s: float | None = None


class NotLetIn(Exception):
    """The reason as Flower tells it, in several lines."""


def _not_let_in(_code: int, message: str | None = None, *_more: object, **_other: object) -> NoReturn:
    """In the place of Flower's way out, which ends the process within seconds: a site has more trainings."""
    raise NotLetIn(message or "")


def new_key(path: Path) -> str:
    """Write a new private key (NIST P-256, OpenSSH) that its owner alone can read; the public one."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return public_key(path)


def public_key(path: Path) -> str:
    """Of a private key, as OpenSSH writes it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _private(path).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def _private(path: Path) -> "ec.EllipticCurvePrivateKey":
    """Raises Invalid for what is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        private = load_ssh_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        reason = "must hold an elliptic curve key as OpenSSH writes it, without a password"
        raise Invalid("This is no key of a site.", errors=[FieldError("--key", reason)])
    return private


def attend(app: ClientApp, link: Link, say: Say, stopped: Callable[[], bool] = lambda: False) -> None:
    """Answer the SuperLink's messages until `stopped` or it is gone, one after the other.

    Raises NotLetIn where it cannot be reached, is not who it should be, or does not know the key.
    """
    name_this_process()
    private = _private(link.key)
    contexts: dict[int, Context] = {}
    vars(fleet_http_connection)["flwr_exit"] = _not_let_in
    with fleet_http_connection.http_request_response(
        link.superlink,
        False,
        link.certificates.encode(),
        (private, private.public_key()),
        max_wait_time=link.max_wait_s,
    ) as (node, receive, send, _run, _program, pull, push, confirm):
        say(f"connected to {link.superlink} as node {node}")
        while not stopped():
            try:
                received = receive()
            except httpx.HTTPError:
                say("the SuperLink is gone")
                break
            if received is None:
                time.sleep(POLL_S)
                continue
            run = received[0].metadata.run_id
            message = pull_and_inflate_object_from_tree(
                received[1],
                lambda object_id, run=run: pull(run, object_id),  # type: ignore[misc]
                lambda object_id, run=run: confirm(run, object_id),  # type: ignore[misc]
                return_type=Message,
            )
            message.metadata.__dict__["_message_id"] = received[1].object_id
            context = contexts.setdefault(run, Context(run, node, {}, RecordDict(), {}))
            started = time.monotonic()
            reply = answered(app, message, context)
            say(f"{message.metadata.message_type}: {'failed' if reply.has_error() else 'answered'}")
            reply.metadata.__dict__["_message_id"] = reply.object_id
            try:
                with no_object_id_recompute():
                    wanted, session = send(reply, get_object_tree(reply), time.monotonic() - started)
                    push_objects(
                        get_all_nested_objects(reply),
                        lambda object_id, content, run=run, session=session: push(  # type: ignore[misc]
                            run, session, object_id, content
                        ),
                        object_ids_to_push=wanted,
                    )
            except RunNotRunningException:
                say("the run has ended")


def answered(app: ClientApp, message: Message, context: Context) -> Message:
    """The app's reply, or an error that says no more than that it failed."""
    try:
        return app(message, context)
    except Exception as fault:  # noqa: BLE001 - whatever fails here, the coordinator is told that it did
        return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, type(fault).__name__), reply_to=message)
