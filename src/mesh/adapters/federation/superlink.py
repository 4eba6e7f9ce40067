"""Flower's SuperLink inside this process, for the time of one training: sites on other machines come to it.

It is made of Flower's own parts: its state, its Fleet API with the check of each site's key, and its Grid.
What lets others start runs or send programs (the Control API) and what runs these (SuperExec) is left out:
whoever comes in can do what a site may and no more, and no program is started.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, cast

from flwr.app import Message
from flwr.app.message import remove_content_from_message
from flwr.common.constant import NOOP_ACCOUNT_NAME, NOOP_FLWR_AID, SubStatus
from flwr.server.superlink.linkstate import LinkStateFactory
from flwr.server.superlink.linkstate.in_memory_linkstate import InMemoryLinkState
from flwr.supercore.constant import FLWR_IN_MEMORY_DB_NAME, NOOP_FEDERATION_ID, TaskType
from flwr.supercore.heartbeat import HeartbeatSender
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    iterate_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents
from flwr.supercore.object_store import NoObjectInStoreError
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.superlink.config_loader import get_federation_manager, get_objectstore_linkstate_factories
from flwr.superlink.grid import InMemoryGrid

from mesh.adapters.federation.flower import name_this_process

# How often replies are looked for; Flower's Grid over the network does so every 3 s.
LOOK_S = 0.1
MOST_BYTES = 16 * 2**20


class SuperLink:
    """One run, and the sites that may come to it, each by its key (OpenSSH, elliptic curve)."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` by whatever the caller calls a site; `nodes` has Flower's numbers for them."""
        name_this_process()
        _, self._factory = get_objectstore_linkstate_factories(
            FLWR_IN_MEMORY_DB_NAME, get_federation_manager()
        )
        self._state = self._factory.state()
        self.nodes = {name: self._expected(key) for name, key in keys.items()}
        self._run = self._state.create_run(
            None, None, None, {}, NOOP_FEDERATION_ID, None, NOOP_FLWR_AID, TaskType.SERVER_APP
        )
        (run,) = self._state.get_run_info(run_ids=[self._run])
        self._task = cast(int, run.primary_task_id)
        self._state.claim_task(self._task)
        self._state.activate_task(self._task)
        # A run whose program shows no sign of life is ended.
        self._alive = HeartbeatSender(lambda: self._state.acknowledge_task_heartbeat(self._task))
        self._alive.start()
        self.grid = LinkGrid(self._factory)
        self.grid.set_run(run)

    def online(self) -> set[str]:
        """Who has come, and is still there as far as is known."""
        there = self._state.get_nodes(self._run)
        return {name for name, node in self.nodes.items() if node in there}

    def application(self) -> Any:
        """The Fleet API as an ASGI application."""
        from fastapi import FastAPI
        from flwr.supercore.error import http_error_translator
        from flwr.supercore.protobuf.translation import ProtobufTranslationMiddleware
        from flwr.superlink.routers.fleet.node_auth import NodeAuthMiddleware
        from flwr.superlink.routers.fleet.router import router
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware

        app = FastAPI(
            docs_url=None, redoc_url=None, openapi_url=None,
            middleware=[
                Middleware(NotTooLarge),
                Middleware(BaseHTTPMiddleware, dispatch=http_error_translator),
                Middleware(ProtobufTranslationMiddleware),
                Middleware(NodeAuthMiddleware),
            ],
        )  # fmt: skip
        app.state.linkstate_factory = self._factory
        app.state.enable_supernode_auth = True
        app.include_router(router)
        return app

    def close(self) -> None:
        self._alive.stop()
        self._state.finish_task(self._task, SubStatus.COMPLETED, "")

    def _expected(self, key: str) -> int:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_ssh_public_key

        public = load_ssh_public_key(key.encode())
        assert isinstance(public, ec.EllipticCurvePublicKey), "a site's key is an elliptic curve key"
        return self._state.create_node(NOOP_FLWR_AID, NOOP_ACCOUNT_NAME, public_key_to_bytes(public), 0)


class LinkGrid(InMemoryGrid):
    """Flower's Grid over a state in this process. Contents go through the store of objects, as sites that
    come over the network send and fetch them."""

    def __init__(self, factory: LinkStateFactory) -> None:
        super().__init__(factory, LOOK_S)
        self._coming: dict[str, Message] = {}

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        return [name for name in map(self._pushed, messages) if name]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The replies that are here as a whole: a site tells of one first, and then sends its parts."""
        for reply in super().pull_messages(set(message_ids) - set(self._coming)):
            self._coming[reply.metadata.reply_to_message_id] = reply
        whole = {asked: self._whole(self._coming[asked]) for asked in message_ids if asked in self._coming}
        return [self._coming.pop(asked) and found for asked, found in whole.items() if found]

    def replies(self, message_ids: Iterable[str], timeout: float | None) -> list[Message]:
        """What comes in until `timeout` seconds are over, or nothing is missing."""
        missing, found = set(message_ids), list[Message]()
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while missing:
            came = list(self.pull_messages(missing))
            found += came
            missing -= {one.metadata.reply_to_message_id for one in came}
            if time.monotonic() >= end:
                break
            time.sleep(LOOK_S if missing else 0)
        return found

    def _pushed(self, message: Message) -> str | None:
        # The constructor takes it from the process, which has other trainings as well.
        message.metadata.__dict__["_run_id"] = self.run.run_id
        parts = get_all_nested_objects(message)
        with no_object_id_recompute():
            message.metadata.__dict__["_message_id"] = message.object_id
            tree, alone = get_object_tree(message), remove_content_from_message(message)
        # A site that heard of it before its parts are there would wait for a second.
        with cast(InMemoryLinkState, self.state).lock:
            session = self.state.start_session(self.run.run_id)
            stored, missing = self.state.store_message_and_object_tree(alone, tree, session)
            for part in missing if stored else ():
                self.state.store_object(self.run.run_id, session, part, parts[part].deflate())
        return message.metadata.message_id if stored else None

    def _whole(self, reply: Message) -> Message | None:
        if reply.has_error():
            return reply
        name, store = reply.metadata.message_id, self.state.object_store
        try:
            names = [one.object_id for one in iterate_object_tree(store.get_object_tree(name))]
        except NoObjectInStoreError:  # its site was too slow to send the rest
            return None
        parts = {part: self.state.get_object(self.run.run_id, part) or b"" for part in names}
        if not all(parts.values()):
            return None
        store.delete(name)
        message = cast(Message, inflate_object_from_contents(name, parts))
        message.metadata.__dict__["_message_id"] = name
        return message


class NotTooLarge:
    """Refuses bodies that say nothing of their size or too much, before anything of them is read: whoever is
    not a site yet is asked for its key only afterwards."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.responses import PlainTextResponse

        if scope["type"] == "http":
            size = dict(scope["headers"]).get(b"content-length", b"")
            if not size.isdigit() or int(size) > MOST_BYTES:
                code, why = (413, "too large") if size.isdigit() else (411, "say how large it is")
                await PlainTextResponse(why, code)(scope, receive, send)
                return
        await self._app(scope, receive, send)
